"""What is left to plan when the routes of some teams stand as they are: grabbed, walking, or simply not in question."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from routing.problem import PatrolPlan, PatrolProblem, Stop, TeamRoute, Visit
from routing.routes import Step

type Loads = tuple[float, float]
"""The least and the greatest share of their time that teams outside the problem are out."""

NO_LOADS: Loads = (1.0, 0.0)


@dataclass(frozen=True, slots=True)
class Remainder:
    """The smaller problem, and what its teams and stops are in the whole one; `missing` districts have no stop left."""

    problem: PatrolProblem
    teams: tuple[int, ...]
    stops: tuple[int, ...]
    # Stops (of the whole) that a standing route visits: one more visit is the second.
    second: frozenset[int]
    loads: Loads
    missing: tuple[str, ...]

    def steps(self, route: Sequence[Step]) -> list[Step]:
        """A route of the whole as one of the smaller problem, without what is not in it."""
        number = {stop: index for index, stop in enumerate(self.stops)}
        return [(number[stop], again and stop not in self.second) for stop, again in route if stop in number]

    def route(self, route: TeamRoute) -> TeamRoute:
        """A timed route of the smaller problem as one of the whole."""
        visits = [
            replace(v, stop=self.stops[v.stop], again=v.again or self.stops[v.stop] in self.second)
            for v in route.visits
        ]
        return replace(route, team=self.teams[route.team], visits=tuple(visits))


def without_standing(problem: PatrolProblem, standing: Sequence[TeamRoute]) -> Remainder:
    """The problem of the other teams: what the standing routes do is done, and may be followed by a second visit."""
    by_stop: dict[int, list[Visit]] = {}
    for visit in (visit for route in standing for visit in route.visits):
        by_stop.setdefault(visit.stop, []).append(visit)
    kept = {
        index: after
        for index, stop in enumerate(problem.stops)
        if (after := _after(stop, by_stop.get(index, ()))) is not None
    }
    gone = {route.team for route in standing}
    free = tuple(team for team in range(len(problem.teams)) if team not in gone)
    names = {problem.teams[team].id for team in free}
    stops = {index: stop for index, stop in kept.items() if stop.team in ("", *names)}
    served = Counter(problem.stops[index].district for index, visits in by_stop.items() for _ in visits)
    left = {name: max(0, least - served[name]) for name, least in problem.minimum.items()}
    reachable = {stop.district for stop in stops.values()}
    return Remainder(
        problem=replace(
            problem,
            stops=tuple(stops.values()),
            teams=tuple(problem.teams[team] for team in free),
            minimum={name: least for name, least in left.items() if name in reachable},
        ),
        teams=free,
        stops=tuple(stops),
        second=frozenset(stops.keys() & by_stop.keys()),
        loads=loads_of(problem, standing),
        missing=tuple(name for name, least in left.items() if least and name not in reachable),
    )


def _after(stop: Stop, visits: Collection[Visit]) -> Stop | None:
    """What a stop still is once it has been visited so; None when it is done with."""
    if not visits:
        return stop
    only = min(visits, key=lambda visit: visit.leave_s)
    opens_s = max(stop.opens_s, only.leave_s + stop.again_after_s)
    if len(visits) > 1 or not stop.again_score or opens_s + stop.dwell_s > stop.closes_s:
        return None
    return replace(stop, score=stop.again_score, again_score=0.0, opens_s=opens_s, required=False)


def loads_of(problem: PatrolProblem, routes: Sequence[TeamRoute]) -> Loads:
    """The least and the greatest share of their time that these teams are out."""
    loads = [(route.finish_s - route.start_s) / problem.teams[route.team].allowed_s for route in routes]
    return min((*loads, NO_LOADS[0])), max((*loads, NO_LOADS[1]))


def put_together(
    problem: PatrolProblem, standing: Sequence[TeamRoute], remainder: Remainder, plan: PatrolPlan
) -> PatrolPlan:
    """The whole plan: the standing routes and those planned for the other teams."""
    routes = [*standing, *(remainder.route(route) for route in plan.routes)]
    return rescored(problem, routes)


def rescored(problem: PatrolProblem, routes: Sequence[TeamRoute]) -> PatrolPlan:
    """These routes as a plan, in the order of the teams, each worth what its visits are."""
    scored = [replace(route, score=_worth(problem, route)) for route in routes]
    scored.sort(key=lambda route: route.team)
    return PatrolPlan(tuple(scored), sum(route.score for route in scored))


def _worth(problem: PatrolProblem, route: TeamRoute) -> float:
    return sum(
        problem.stops[v.stop].again_score if v.again else problem.stops[v.stop].score for v in route.visits
    )
