"""Mends a plan after a change: a stop added, left out or locked, a team that drops out, a route that was grabbed.

Only the routes that must change, and some near them, are planned anew; all others stay as they are.
"""

from collections.abc import Collection, Sequence

from routing.annealing import WARM_TEMPERATURES, Annealing
from routing.budget import MoveBudget
from routing.check import check_plan
from routing.problem import PatrolPlan, PatrolProblem
from routing.refuse import require_a_visit, require_rules_kept, require_rules_possible
from routing.routes import Call, Routes, Step, steps_of, time_plan
from routing.solve import sound, standing_routes, trimmed
from routing.standing import put_together, rescored, without_standing

# So many teams nearest to each stop that has lost its team may take it over.
NEAREST_TEAMS = 3
# Moves for the few teams near the change; and for all, where those few find no plan that keeps the rules.
MOVES_NEAR, MOVES_ALL = 2_500, 10_000
POOL_MAX = 16

type Steps = Sequence[Sequence[Step]]


def repair(
    problem: PatrolProblem, routes: Routes, *, frozen: Collection[str] = (), seed: int = 1
) -> PatrolPlan:
    """The plan `routes`, changed as little as the problem as it is now demands; equal seeds give equal plans.

    What `routes` names and the problem no longer has is skipped: a team that is gone gives its stops to others near.
    Routes of `frozen` teams stay to the letter. NoPlanError names the constraint that leaves no plan.
    """
    require_a_visit(problem)
    require_rules_possible(problem)
    steps = steps_of(problem, routes)
    walked = [
        own if team.id in frozen else shorter
        for team, own, shorter in zip(problem.teams, steps, trimmed(problem, steps), strict=True)
    ]
    standing_routes(problem, walked, frozen)
    names = [team.id for team in problem.teams]
    free = _changed_teams(problem, routes, walked) | _near_teams(problem, routes, walked, frozen)
    free -= set(frozen)
    tries = [(free, MOVES_NEAR), (set(names) - set(frozen), MOVES_ALL)]
    plan = None
    for teams, moves in tries:
        plan = _planned_anew(problem, walked, [name for name in names if name not in teams], moves, seed)
        if not check_plan(problem, plan):
            return plan
    assert plan is not None
    require_rules_kept(problem, plan)
    return sound(problem, plan)


def _changed_teams(problem: PatrolProblem, routes: Routes, walked: Steps) -> set[str]:
    """Teams that lost a stop, and teams for which a required stop waits."""
    changed = {
        team.id
        for team, route in zip(problem.teams, walked, strict=True)
        if [Call(problem.stops[stop].id, again) for stop, again in route] != list(routes.get(team.id, ()))
    }
    return changed | {problem.stops[stop].team for stop in _waiting(problem, routes, walked)} - {""}


def _waiting(problem: PatrolProblem, routes: Routes, walked: Steps) -> list[int]:
    """Stops that were visited, or must be, and now are not."""
    visited = {stop for route in walked for stop, _ in route}
    before = {call.stop for route in routes.values() for call in route}
    return [
        index
        for index, stop in enumerate(problem.stops)
        if index not in visited and (stop.required or stop.id in before)
    ]


def _near_teams(problem: PatrolProblem, routes: Routes, walked: Steps, frozen: Collection[str]) -> set[str]:
    """For each stop that waits for a team, those that pass nearest."""
    near: set[str] = set()
    for index in _waiting(problem, routes, walked):
        stop = problem.stops[index]
        away_s: list[tuple[float, str]] = []
        for number, (team, route) in enumerate(zip(problem.teams, walked, strict=True)):
            if team.id in frozen or stop.team not in ("", team.id):
                continue
            places = [team.start_place, *(problem.stops[other].place for other, _ in route)]
            away_s.append((float(problem.seconds(number)[places, stop.place].min()), team.id))
        near |= {name for _, name in sorted(away_s)[:NEAREST_TEAMS]}
    return near


def _planned_anew(
    problem: PatrolProblem, walked: Steps, standing_teams: Sequence[str], moves: int, seed: int
) -> PatrolPlan:
    """The plan in which only the other teams' routes are searched again, from what they are."""
    standing = standing_routes(problem, walked, standing_teams)
    if len(standing) == len(problem.teams):
        return rescored(problem, standing)
    rest = without_standing(problem, standing)
    begun = trimmed(rest.problem, [rest.steps(walked[team]) for team in rest.teams])
    if not rest.stops:
        return put_together(problem, standing, rest, time_plan(rest.problem, begun))
    try:
        search = Annealing(rest.problem, seed, pool_max=POOL_MAX, loads=rest.loads)
    except ValueError:
        return put_together(problem, standing, rest, time_plan(rest.problem, begun))
    search.anneal(search.nodes(begun), MoveBudget(moves), WARM_TEMPERATURES)
    plan = time_plan(rest.problem, search.best_steps)
    together = put_together(problem, standing, rest, plan)
    if search.windows() is None or not check_plan(problem, together):
        return together
    return put_together(problem, standing, rest, time_plan(rest.problem, search.best_steps, search.windows()))
