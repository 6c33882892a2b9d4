"""Checks a plan against its problem, from the problem alone: no other code of the optimiser is trusted."""

import math

import numpy as np

from routing.problem import PatrolPlan, PatrolProblem, TeamRoute

TOLERANCE_S = 1e-6


def check_plan(problem: PatrolProblem, plan: PatrolPlan) -> list[str]:
    """Everything wrong with a plan, in sentences; empty when it is sound.

    Every time, length and score is computed anew; each stop may be visited once, each team's budget and
    window must hold.
    """
    wrong: list[str] = []
    if [route.team for route in plan.routes] != list(range(len(problem.teams))):
        return [f"teams {[route.team for route in plan.routes]} are not each team once, in order"]
    visited: set[int] = set()
    for route in plan.routes:
        name = f"team {problem.teams[route.team].id!r}"
        stops = [visit.stop for visit in route.visits]
        if unknown := [stop for stop in stops if not 0 <= stop < len(problem.stops)]:
            wrong.append(f"{name} visits stops {unknown}, which do not exist")
            continue
        if again := sorted({stop for stop in stops if stops.count(stop) > 1 or stop in visited}):
            wrong.append(f"{name} visits stops {again} a second time")
        visited.update(stops)
        wrong += [f"{name}: {fault}" for fault in _check_route(problem, route, stops)]
    if not _same(plan.score, sum(problem.stops[stop].score for stop in visited)):
        wrong.append(f"the plan's score {plan.score} is not the sum over the stops it visits")
    return wrong


def _check_route(problem: PatrolProblem, route: TeamRoute, stops: list[int]) -> list[str]:
    team = problem.teams[route.team]
    places = np.array([team.start_place, *(problem.stops[stop].place for stop in stops), team.end_place])
    dwell_s = np.array([problem.stops[stop].dwell_s for stop in stops])
    walk_s = problem.walk_s[places[:-1], places[1:]]
    leave_s = team.window_s[0] + np.cumsum(walk_s[:-1]) + np.cumsum(dwell_s)
    finish_s = team.window_s[0] + float(walk_s.sum()) + float(dwell_s.sum())
    expected = {
        "start_s": team.window_s[0],
        "finish_s": finish_s,
        "walk_s": float(walk_s.sum()),
        "dwell_s": float(dwell_s.sum()),
        "length_m": float(problem.walk_m[places[:-1], places[1:]].sum()),
        "score": sum(problem.stops[stop].score for stop in stops),
    }
    told = {name: float(getattr(route, name)) for name in expected}
    wrong = [
        f"{name} is {value}, not {told[name]}"
        for name, value in expected.items()
        if not _same(told[name], value)
    ]
    for visit, left_s, stayed_s in zip(route.visits, leave_s.tolist(), dwell_s.tolist(), strict=True):
        if not (_same(visit.leave_s, left_s) and _same(visit.arrive_s, left_s - stayed_s)):
            wrong.append(f"stop {visit.stop} is from {left_s - stayed_s} s to {left_s} s, not as told")
    if not math.isfinite(finish_s):
        wrong.append("it takes a walk that does not exist")
    elif finish_s - team.window_s[0] > team.budget_s + TOLERANCE_S:
        wrong.append(f"it takes {finish_s - team.window_s[0]} s of a budget of {team.budget_s} s")
    elif finish_s > team.window_s[1] + TOLERANCE_S:
        wrong.append(f"it ends at {finish_s} s, after its window ends at {team.window_s[1]} s")
    return wrong


def _same(told: float, computed: float) -> bool:
    return math.isclose(told, computed, rel_tol=1e-9, abs_tol=TOLERANCE_S)
