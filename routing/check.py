"""Checks a plan against its problem, from the problem alone: no other code of the optimiser is trusted."""

import math
from collections import Counter

from routing.problem import PatrolPlan, PatrolProblem, TeamRoute, Visit

TOLERANCE_S = 1e-6
LOAD_TOLERANCE = 1e-9


def check_plan(problem: PatrolProblem, plan: PatrolPlan) -> list[str]:
    """Everything wrong with a plan, in sentences; empty when it is sound.

    Every time, length and score is computed anew. Budgets and windows of teams and stops, who may visit what, second
    visits and their gaps, required stops, the districts' minimums and the cap on differences must hold.
    """
    wrong: list[str] = []
    if [route.team for route in plan.routes] != list(range(len(problem.teams))):
        return [f"teams {[route.team for route in plan.routes]} are not each team once, in order"]
    for route in plan.routes:
        name = f"team {problem.teams[route.team].id!r}"
        if unknown := [v.stop for v in route.visits if not 0 <= v.stop < len(problem.stops)]:
            return [f"{name} visits stops {unknown}, which do not exist"]
        wrong += [f"{name}: {fault}" for fault in _check_route(problem, route)]
    visits = [visit for route in plan.routes for visit in route.visits]
    wrong += _check_visits(problem, visits)
    wrong += _check_rules(problem, plan, visits)
    if not _same(plan.score, sum(_worth(problem, visit) for visit in visits)):
        wrong.append(f"the plan's score {plan.score} is not the sum over the stops it visits")
    return wrong


def _worth(problem: PatrolProblem, visit: Visit) -> float:
    stop = problem.stops[visit.stop]
    return stop.again_score if visit.again else stop.score


def _check_route(problem: PatrolProblem, route: TeamRoute) -> list[str]:
    team = problem.teams[route.team]
    matrix = problem.walk_s if problem.walk_s.ndim == 2 else problem.walk_s[team.profile]
    metres = problem.walk_m if problem.walk_m.ndim == 2 else problem.walk_m[team.profile]
    now, place, length_m = route.start_s, team.start_place, 0.0
    walk_s = dwell_s = wait_s = 0.0
    wrong: list[str] = []
    for visit in route.visits:
        stop = problem.stops[visit.stop]
        step_s = float(matrix[place, stop.place])
        walk_s, length_m = walk_s + step_s, length_m + float(metres[place, stop.place])
        dwell_s, begin_s = dwell_s + stop.dwell_s, visit.leave_s - stop.dwell_s
        wait_s += begin_s - now - step_s
        if not _same(visit.arrive_s, now + step_s) or begin_s < visit.arrive_s - TOLERANCE_S:
            wrong.append(f"stop {visit.stop} is reached at {now + step_s} s, not as told")
        if begin_s < stop.opens_s - TOLERANCE_S or visit.leave_s > stop.closes_s + TOLERANCE_S:
            wrong.append(
                f"stop {visit.stop} is visited from {begin_s} s to {visit.leave_s} s, outside its window"
            )
        if stop.team not in ("", team.id):
            wrong.append(f"stop {visit.stop} is for team {stop.team!r} only")
        now, place = visit.leave_s, stop.place
    home_s = float(matrix[place, team.end_place])
    expected = {
        "finish_s": now + home_s,
        "walk_s": walk_s + home_s,
        "dwell_s": dwell_s,
        "wait_s": wait_s,
        "length_m": length_m + float(metres[place, team.end_place]),
        "score": sum(_worth(problem, visit) for visit in route.visits),
    }
    told = {name: float(getattr(route, name)) for name in expected}
    wrong += [
        f"{name} is {value}, not {told[name]}"
        for name, value in expected.items()
        if not _same(told[name], value)
    ]
    return wrong + _check_hours(team.budget_s, team.window_s, route.start_s, now + home_s)


def _check_hours(
    budget_s: float, window_s: tuple[float, float], start_s: float, finish_s: float
) -> list[str]:
    if not math.isfinite(finish_s):
        return ["it takes a walk that does not exist"]
    if start_s < window_s[0] - TOLERANCE_S:
        return [f"it sets out at {start_s} s, before its window begins at {window_s[0]} s"]
    if finish_s - start_s > budget_s + TOLERANCE_S:
        return [f"it takes {finish_s - start_s} s of a budget of {budget_s} s"]
    if finish_s > window_s[1] + TOLERANCE_S:
        return [f"it ends at {finish_s} s, after its window ends at {window_s[1]} s"]
    return []


def _check_visits(problem: PatrolProblem, visits: list[Visit]) -> list[str]:
    """Once each, or twice with the gap between."""
    wrong: list[str] = []
    first = {visit.stop: visit for visit in visits if not visit.again}
    for (stop, again), count in Counter((visit.stop, visit.again) for visit in visits).items():
        if count > 1 or (again and not problem.stops[stop].again_score):
            wrong.append(f"stop {stop} is visited a second time")
    for visit in visits:
        stop = problem.stops[visit.stop]
        if not visit.again:
            continue
        if visit.stop not in first:
            wrong.append(f"stop {visit.stop} is visited again without having been visited")
        elif visit.leave_s - stop.dwell_s < first[visit.stop].leave_s + stop.again_after_s - TOLERANCE_S:
            wrong.append(f"stop {visit.stop} is visited again before {stop.again_after_s} s have passed")
    return wrong


def _check_rules(problem: PatrolProblem, plan: PatrolPlan, visits: list[Visit]) -> list[str]:
    """Required stops, the districts' minimums, and the cap on differences between teams."""
    seen = {visit.stop for visit in visits}
    wrong = [
        f"stop {index} is required and not visited"
        for index, stop in enumerate(problem.stops)
        if stop.required and index not in seen
    ]
    served = Counter(problem.stops[visit.stop].district for visit in visits)
    wrong += [
        f"district {name!r} gets {served[name]} visits of at least {least}"
        for name, least in problem.minimum.items()
        if served[name] < least
    ]
    loads = [
        (route.finish_s - route.start_s) / min(team.budget_s, team.window_s[1] - team.window_s[0])
        for route, team in zip(plan.routes, problem.teams, strict=True)
    ]
    if max(loads) - min(loads) > problem.load_gap_max + LOAD_TOLERANCE:
        wrong.append(f"teams' loads differ by {max(loads) - min(loads)}, more than {problem.load_gap_max}")
    return wrong


def _same(told: float, computed: float) -> bool:
    return math.isclose(told, computed, rel_tol=1e-9, abs_tol=TOLERANCE_S) or told == computed
