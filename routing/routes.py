"""Routes as lists of stops, and when each of their visits happens: waiting, windows and second visits included."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from routing.problem import PatrolPlan, PatrolProblem, TeamRoute, Visit

type Step = tuple[int, bool]
"""A visit to a stop (index into the problem's), and whether it is the second one there."""
type Windows = Mapping[Step, tuple[float, float]]
"""When dwelling may begin, and when it must have begun."""

# Waiting shorter than this is what adding floats makes.
WAIT_LEAST_S = 1e-6


@dataclass(frozen=True, slots=True)
class Call:
    """A visit to the stop of this id; `again` marks the second one there."""

    stop: str
    again: bool = False


type Routes = Mapping[str, Sequence[Call]]
"""By the id of each team that goes out, what it visits, in order."""


def routes_of(problem: PatrolProblem, plan: PatrolPlan) -> dict[str, list[Call]]:
    """A plan by ids, which stay valid when the problem changes; teams that go nowhere are left out."""
    return {
        problem.teams[route.team].id: [Call(problem.stops[v.stop].id, v.again) for v in route.visits]
        for route in plan.routes
        if route.visits
    }


def steps_of(problem: PatrolProblem, routes: Routes) -> list[list[Step]]:
    """One list a team, in the problem's order, without what is not in the problem and what is visited twice alike."""
    number = {stop.id: index for index, stop in enumerate(problem.stops)}
    seen: set[Step] = set()
    steps: list[list[Step]] = []
    for team in problem.teams:
        known = [(number[c.stop], c.again) for c in routes.get(team.id, ()) if c.stop in number]
        steps.append([step for step in dict.fromkeys(known) if step not in seen])
        seen.update(known)
    return steps


def time_plan(
    problem: PatrolProblem, routes: Sequence[Sequence[Step]], windows: Windows | None = None
) -> PatrolPlan:
    """Walk every team through its route, as early as possible, setting out as late as that allows to save waiting.

    `windows` narrow those of the stops; without them a second visit waits for the end of its gap after the first.
    Nothing is refused here: `check_plan` says what does not hold.
    """
    opens_s = {step: problem.stops[step[0]].opens_s for route in routes for step in route}
    if windows is not None:
        opens_s |= {step: max(open_s, windows[step][0]) for step, open_s in opens_s.items()}
    begins = _earliest(problem, routes, opens_s, is_coupled=windows is None)
    timed = [
        _timed_route(problem, team, route, begins, opens_s, windows) for team, route in enumerate(routes)
    ]
    return PatrolPlan(tuple(timed), sum(route.score for route in timed))


def _earliest(
    problem: PatrolProblem, routes: Sequence[Sequence[Step]], opens_s: dict[Step, float], *, is_coupled: bool
) -> dict[Step, float]:
    """When each visit begins at the earliest; a second visit opens after its first, in `opens_s` too."""
    seconds = [stop for stop, again in opens_s if again and (stop, False) in opens_s]
    begins: dict[Step, float] = {}
    for _ in range(1 + len(seconds)):
        for team, route in enumerate(routes):
            start_s = problem.teams[team].window_s[0]
            begins |= zip(route, _begins(problem, team, route, start_s, opens_s), strict=True)
        late = False
        for index in seconds if is_coupled else ():
            stop = problem.stops[index]
            after_s = begins[index, False] + stop.dwell_s + stop.again_after_s
            if opens_s[index, True] < after_s:
                opens_s[index, True], late = after_s, True
        if not late:
            break
    return begins


def _begins(
    problem: PatrolProblem, team: int, route: Sequence[Step], start_s: float, opens_s: Mapping[Step, float]
) -> list[float]:
    """When each visit begins if the team sets out then."""
    walk, place, now = problem.seconds(team), problem.teams[team].start_place, start_s
    begins: list[float] = []
    for step in route:
        stop = problem.stops[step[0]]
        begins.append(max(now + float(walk[place, stop.place]), opens_s[step]))
        now, place = begins[-1] + stop.dwell_s, stop.place
    return begins


def _sets_out_s(
    problem: PatrolProblem,
    team: int,
    route: Sequence[Step],
    begins: Mapping[Step, float],
    windows: Windows | None,
) -> float:
    """As late as possible without ending later, and as early as that costs no waiting."""
    walk, earliest_s = problem.seconds(team), problem.teams[team].window_s[0]
    latest_s, place = math.inf, -1
    for step in reversed(route):
        stop = problem.stops[step[0]]
        closes_s = stop.closes_s - stop.dwell_s if windows is None else windows[step][1]
        if windows is None and not step[1] and (second_s := begins.get((step[0], True))) is not None:
            closes_s = min(closes_s, second_s - stop.again_after_s - stop.dwell_s)
        step_s = 0.0 if place < 0 else float(walk[stop.place, place]) + stop.dwell_s
        own_s = begins[step] if place < 0 else latest_s - step_s
        latest_s, place = min(own_s, max(closes_s, begins[step])), stop.place
    if place < 0:
        return earliest_s
    later_s = latest_s - float(walk[problem.teams[team].start_place, place]) - earliest_s
    return earliest_s + later_s if later_s > WAIT_LEAST_S else earliest_s


def _timed_route(
    problem: PatrolProblem,
    team_index: int,
    route: Sequence[Step],
    begins: dict[Step, float],
    opens_s: Mapping[Step, float],
    windows: Windows | None,
) -> TeamRoute:
    team, walk, metres = problem.teams[team_index], problem.seconds(team_index), problem.metres(team_index)
    start_s = (
        _sets_out_s(problem, team_index, route, begins, windows) if problem.is_timed else team.window_s[0]
    )
    begins |= zip(route, _begins(problem, team_index, route, start_s, opens_s), strict=True)
    now, place, walk_s, length_m = start_s, team.start_place, 0.0, 0.0
    visits: list[Visit] = []
    for step in route:
        stop = problem.stops[step[0]]
        step_s = float(walk[place, stop.place])
        length_m += float(metres[place, stop.place])
        visits.append(Visit(step[0], now + step_s, begins[step] + stop.dwell_s, step[1]))
        now, place, walk_s = visits[-1].leave_s, stop.place, walk_s + step_s
    home_s = float(walk[place, team.end_place])
    dwell_s = sum(problem.stops[index].dwell_s for index, _ in route)
    return TeamRoute(
        team=team_index,
        visits=tuple(visits),
        start_s=start_s,
        finish_s=now + home_s,
        walk_s=walk_s + home_s,
        dwell_s=dwell_s,
        length_m=length_m + float(metres[place, team.end_place]),
        score=sum(score_of(problem, step) for step in route),
        wait_s=sum(v.leave_s - v.arrive_s - problem.stops[v.stop].dwell_s for v in visits),
    )


def score_of(problem: PatrolProblem, step: Step) -> float:
    """What a visit is worth."""
    return problem.stops[step[0]].again_score if step[1] else problem.stops[step[0]].score
