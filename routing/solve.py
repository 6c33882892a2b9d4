"""Solves a patrol problem: a compiled search makes good routes, OR-Tools recombines them, a checker agrees."""

import functools
import itertools
import math
import os
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from routing.annealing import Annealing
from routing.budget import Budget, ClockBudget, Interruptible, MoveBudget
from routing.check import TOLERANCE_S, check_plan
from routing.master import Effort
from routing.parts import PartsSearch, is_for_parts
from routing.problem import PatrolPlan, PatrolProblem, TeamRoute
from routing.recombine import is_recombinable, recombine
from routing.refuse import (
    district_minimum,
    frozen_route,
    require_a_visit,
    require_rules_kept,
    require_rules_possible,
)
from routing.routes import Routes, Step, Windows, score_of, steps_of, time_plan
from routing.standing import Remainder, put_together, rescored, without_standing

DEFAULT_ITERATIONS = 60_000
THREADS_MAX = 8
# Routes are recombined when so much of the budget is spent, in so much of it at most.
RECOMBINE_AT = (0.4, 0.8)
RECOMBINE_SHARE = 0.08
# Progress is told when the best so far is better, and else so often.
TELL_EVERY_SHARE = 0.05
WITHIN_S = 1e-7

type Steps = Sequence[Sequence[Step]]


@dataclass(frozen=True, slots=True)
class SolveProgress:
    """How far the search is: iterations (or seconds) done of those granted, and the best sum of scores so far.

    `plan()` is the best plan so far, timed and checked.
    """

    done: float
    total: float
    score: float
    plan: Callable[[], PatrolPlan]


def solve(
    problem: PatrolProblem,
    *,
    seed: int,
    iterations: int | None = None,
    seconds: float | None = None,
    begin: Routes | None = None,
    frozen: Collection[str] = (),
    on_progress: Callable[[SolveProgress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> PatrolPlan:
    """The best plan found with so many iterations, or seconds on the wall; DEFAULT_ITERATIONS unless told.

    The same seed and iterations give the same plan. `begin` are routes to begin from; those of the `frozen` teams
    (ids) stay to the letter. `should_stop` is asked often; once it says yes, the best plan so far is returned.
    NoPlanError names the constraint that leaves no plan; ValueError an impossible budget or an unknown team.
    """
    budget, total = _granted(iterations, seconds)
    if should_stop:
        budget = Interruptible(budget, should_stop)
    require_a_visit(problem)
    steps = steps_of(problem, begin or {})
    standing = standing_routes(problem, steps, frozen)
    if len(standing) == len(problem.teams):
        return _all_standing(problem, standing)
    rest = without_standing(problem, standing)
    if rest.missing:
        name = rest.missing[0]
        raise district_minimum(name, problem.minimum[name], 0)
    require_rules_possible(rest.problem)
    begun = [rest.steps(steps[team]) for team in rest.teams] if begin else None

    def whole(found: Steps, windows: Windows | None) -> PatrolPlan:
        plan = time_plan(rest.problem, shared_out(rest.problem, found))
        if windows is not None and _is_late(rest.problem, plan):
            plan = time_plan(rest.problem, found, windows)
        if _is_late(rest.problem, plan):
            plan = time_plan(rest.problem, without_late(rest.problem, found, plan))
        return put_together(problem, standing, rest, plan)

    tell = _Teller(budget, total, whole, on_progress) if on_progress else None
    found, windows = _search(rest, seed, budget, begun, tell)
    plan = whole(found, windows)
    require_rules_kept(problem, plan)
    return sound(problem, plan)


def _granted(iterations: int | None, seconds: float | None) -> tuple[Budget, float]:
    if seconds is None:
        iterations = DEFAULT_ITERATIONS if iterations is None else iterations
        if iterations < 1:
            raise ValueError(f"iterations {iterations} must be at least 1")
        return MoveBudget(iterations), iterations
    if iterations is not None:
        raise ValueError(f"iterations {iterations} and seconds {seconds}: give one of them")
    if not 0 < seconds < 1e6:
        raise ValueError(f"seconds {seconds} must be above 0 and finite")
    return ClockBudget(seconds), seconds


def _all_standing(problem: PatrolProblem, standing: Sequence[TeamRoute]) -> PatrolPlan:
    plan = rescored(problem, standing)
    require_rules_kept(problem, plan)
    return sound(problem, plan)


def standing_routes(problem: PatrolProblem, steps: Steps, frozen: Collection[str]) -> list[TeamRoute]:
    """The routes of the frozen teams, timed; NoPlanError says why one cannot be walked as it is.

    A second visit whose first is in no frozen route becomes the only one.
    """
    names = {team.id for team in problem.teams}
    if unknown := sorted(set(frozen) - names):
        raise ValueError(f"frozen: {unknown[0]!r} is none of the teams")
    together = time_plan(problem, steps).routes
    alone = time_plan(
        problem,
        [route if team.id in frozen else () for team, route in zip(problem.teams, steps, strict=True)],
    ).routes
    routes: list[TeamRoute] = []
    for index, team in enumerate(problem.teams):
        if team.id in frozen:
            faults = [_fault(problem, route) for route in (together[index], alone[index])]
            if faults[1] is not None:
                raise frozen_route(team.id, *faults[1])
            routes.append(alone[index] if faults[0] else together[index])
    firsts = {visit.stop for route in routes for visit in route.visits if not visit.again}
    return [
        replace(route, visits=tuple(replace(v, again=v.again and v.stop in firsts) for v in route.visits))
        for route in routes
    ]


def _is_late(problem: PatrolProblem, plan: PatrolPlan) -> bool:
    """Whether second visits, walked as early as possible, bring a team past its time; the search's windows do not."""
    return any(_fault(problem, route) for route in plan.routes)


def without_late(problem: PatrolProblem, steps: Steps, plan: PatrolPlan) -> Steps:
    """The routes without the second visits that hold a late team to an early first one; trimmed where that is not
    enough."""
    late = {visit.stop for route in plan.routes if _fault(problem, route) for visit in route.visits}
    freed = [[step for step in route if not (step[1] and step[0] in late)] for route in steps]
    if not _is_late(problem, time_plan(problem, freed)):
        return freed
    return trimmed(problem, [[step for step in route if not step[1]] for route in freed])


def _fault(problem: PatrolProblem, route: TeamRoute) -> tuple[str, str] | None:
    """Why a team cannot walk its route, in Chinese and English."""
    team = problem.teams[route.team]
    over_s = max(route.finish_s - route.start_s - team.budget_s, route.finish_s - team.window_s[1])
    if over_s > TOLERANCE_S:
        minutes = math.ceil(over_s / 60) if math.isfinite(over_s) else over_s
        return f"超时 {minutes} 分钟", f"it is {minutes} min too long"
    for visit in route.visits:
        stop = problem.stops[visit.stop]
        if visit.leave_s > stop.closes_s + TOLERANCE_S:
            return f"到达点位 {stop.id} 太晚", f"it comes too late to the stop {stop.id}"
        if stop.team not in ("", team.id):
            return f"点位 {stop.id} 只归队伍 {stop.team}", f"the stop {stop.id} is for team {stop.team}"
    return None


def _search(
    rest: Remainder, seed: int, budget: Budget, begun: Steps | None, tell: "_Teller | None"
) -> tuple[Steps, Windows | None]:
    """The best routes found for the teams that are free, and the windows that their second visits need."""
    nothing: Steps = [[] for _ in rest.teams]
    if not rest.teams or not rest.stops:
        return nothing, None
    if is_for_parts(rest.problem):
        parts = PartsSearch(rest.problem, seed, begun)
        threads = min(THREADS_MAX, os.process_cpu_count() or 1)
        parts.run(budget, threads, on_round=lambda: tell and tell(parts.score, lambda: (parts.steps, None)))
        return parts.steps, None
    try:
        search = Annealing(rest.problem, seed, loads=rest.loads)
    except ValueError:
        return nothing, None
    if begun is not None:
        search.offer(search.nodes(trimmed(rest.problem, begun)))

    def on_chunk() -> None:
        if tell:
            tell(search.best_score, lambda: (search.best_steps, search.windows()))

    search.run(budget, on_chunk=on_chunk, after_run=_Recombiner(search, seed, budget))
    on_chunk()
    return search.best_steps, search.windows()


class _Recombiner:
    """Called after every run of a search: recombines routes a few times in the whole budget."""

    def __init__(self, search: Annealing, seed: int, budget: Budget) -> None:
        self._search, self._seed, self._budget = search, seed, budget
        self._due = list(RECOMBINE_AT) if is_recombinable(search) and search.team_count > 1 else []

    def __call__(self) -> None:
        if not self._due or self._budget.share_done < self._due[0]:
            return
        self._due.pop(0)
        left_s = self._budget.seconds_left
        effort = Effort(
            work=0.3,
            columns_max=2000,
            seconds=None if left_s is None else max(0.01, RECOMBINE_SHARE * left_s),
        )
        routes = recombine(self._search, seed=self._seed, effort=effort)
        if routes:
            self._search.offer(routes)


class _Teller:
    """Tells progress: when the best so far is better, and else after every TELL_EVERY_SHARE of the budget."""

    def __init__(
        self,
        budget: Budget,
        total: float,
        make_plan: Callable[[Steps, Windows | None], PatrolPlan],
        listener: Callable[[SolveProgress], None],
    ) -> None:
        self._budget, self._total, self._make_plan, self._listener = budget, total, make_plan, listener
        self._share, self._value = 0.0, -math.inf

    def __call__(self, value: float, best: Callable[[], tuple[Steps, Windows | None]]) -> None:
        """`value` grows with the best so far, which `best` hands over."""
        share = self._budget.share_done
        is_due = share > self._share and share >= min(1.0, self._share + TELL_EVERY_SHARE)
        if value <= self._value and not is_due:
            return
        self._share, self._value = share, value
        plan = functools.cache(functools.partial(self._make_plan, *best()))
        self._listener(SolveProgress(share * self._total, self._total, plan().score, plan))


def shared_out(problem: PatrolProblem, steps: Steps) -> Steps:
    """Let idle teams take over part of the longest routes: as many stops, seen by more people.

    Where hours or a cap on differences matter, the search's own choice stands.
    """
    if problem.is_timed or problem.load_gap_max < 1:
        return steps
    shared = [list(route) for route in steps]
    for team, route in enumerate(shared):
        if route:
            continue
        longest = max(range(len(shared)), key=lambda other: len(shared[other]))
        half = len(shared[longest]) // 2
        mine, theirs = shared[longest][half:], shared[longest][:half]
        if half and fits(problem, team, mine) and fits(problem, longest, theirs):
            shared[team], shared[longest] = mine, theirs
    return shared


def trimmed(problem: PatrolProblem, steps: Steps) -> Steps:
    """Routes without the stops worth least for their time, until each team can walk its own."""
    kept: list[list[Step]] = []
    for team, route in enumerate(steps):
        left = [step for step in route if problem.stops[step[0]].team in ("", problem.teams[team].id)]
        while left and _lateness_s(problem, team, left) > WITHIN_S:
            without = [left[:at] + left[at + 1 :] for at in range(len(left))]
            worth = [
                (
                    _lateness_s(problem, team, shorter),
                    score_of(problem, step) + 1e9 * problem.stops[step[0]].required,
                )
                for shorter, step in zip(without, left, strict=True)
            ]
            late_s = _lateness_s(problem, team, left)
            left = without[
                min(range(len(left)), key=lambda n: worth[n][1] / max(WITHIN_S, late_s - worth[n][0]))
            ]
        kept.append(left)
    return kept


def _lateness_s(problem: PatrolProblem, team: int, route: Sequence[Step]) -> float:
    """How much too long or too late the route is, in seconds; 0 when the team can walk it."""
    alone = [route if other == team else () for other in range(len(problem.teams))]
    timed = time_plan(problem, alone).routes[team]
    over_s = max(0.0, timed.finish_s - timed.start_s - problem.teams[team].budget_s)
    over_s = max(over_s, timed.finish_s - problem.teams[team].window_s[1])
    return over_s + sum(max(0.0, v.leave_s - problem.stops[v.stop].closes_s) for v in timed.visits)


def fits(problem: PatrolProblem, team_index: int, route: Sequence[Step]) -> bool:
    """Whether the team may and can walk the route in its time, its windows left aside."""
    team, walk = problem.teams[team_index], problem.seconds(team_index)
    stops = [problem.stops[index] for index, _ in route]
    places = [team.start_place, *(stop.place for stop in stops), team.end_place]
    seconds = sum(float(walk[a, b]) for a, b in itertools.pairwise(places)) + sum(s.dwell_s for s in stops)
    return seconds <= team.allowed_s + WITHIN_S and all(stop.team in ("", team.id) for stop in stops)


def sound(problem: PatrolProblem, plan: PatrolPlan) -> PatrolPlan:
    """The plan, which the checker has found nothing wrong with."""
    if wrong := check_plan(problem, plan):
        raise AssertionError(f"the optimiser made an unsound plan: {'; '.join(wrong)}")
    return plan
