"""Solves a patrol problem: a seeded search makes good routes, OR-Tools recombines them, a checker agrees."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from routing.check import check_plan
from routing.master import recombine
from routing.problem import PatrolPlan, PatrolProblem, TeamRoute, Visit
from routing.search import Network, Routes, Search
from routing.words import NoPlanError, Words

DEFAULT_ITERATIONS = 2400
# Many short runs beat one long one; after every few, the routes of all are recombined.
ITERATIONS_PER_RUN = 400
RUNS_PER_ROUND = 3


@dataclass(frozen=True, slots=True)
class SolveProgress:
    """How far the search is: iterations done of those granted, and the best sum of scores so far."""

    done: int
    total: int
    score: float


def solve(
    problem: PatrolProblem,
    *,
    seed: int,
    iterations: int = DEFAULT_ITERATIONS,
    on_progress: Callable[[SolveProgress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> PatrolPlan:
    """The best plan found with so many iterations; the same seed and iterations give the same plan.

    `should_stop` is asked often; once it says yes, the best plan so far is returned. NoPlanError names
    the constraint when no team can visit any stop; ValueError when `iterations` is below 1.
    """
    if iterations < 1:
        raise ValueError(f"iterations {iterations} must be at least 1")
    _require_a_visit(problem)
    search = Search(problem, seed)
    done = run = 0
    while done < iterations and not (done and should_stop and should_stop()):
        granted = min(ITERATIONS_PER_RUN, iterations - done)
        search.anneal(granted, warm=run % RUNS_PER_ROUND == RUNS_PER_ROUND - 1, should_stop=should_stop)
        done, run = done + granted, run + 1
        if run % RUNS_PER_ROUND == 0 or done == iterations:
            recombined = recombine(search.network, search.pool, search.best_value, seed)
            if recombined:
                search.offer(recombined)
        if on_progress:
            on_progress(SolveProgress(done, iterations, search.best_value))
    return _sound_plan(problem, _shared_out(search.network, search.best))


def _require_a_visit(problem: PatrolProblem) -> None:
    """Refuse what no search can solve, naming the team or the time that is missing."""
    if not problem.stops:
        words = Words(
            zh="没有可去的点位：请扩大区域，或补充更多警情。",
            en="there is no stop to visit: widen the area or add incidents.",
        )
        raise NoPlanError("no_stops", words, field="stops", value=0)
    for team in problem.teams:
        home_s = float(problem.walk_s[team.start_place, team.end_place])
        if home_s > team.allowed_s:
            raise _too_far(team.id, home_s, team.allowed_s, "起点到终点", "from its start to its end")
    least_s, team_id, allowed_s = min(
        (
            float(problem.walk_s[team.start_place, stop.place] + problem.walk_s[stop.place, team.end_place])
            + stop.dwell_s
            - team.allowed_s,
            team.id,
            team.allowed_s,
        )
        for team in problem.teams
        for stop in problem.stops
    )
    if least_s > 0:
        zh, en = "到最近点位往返并驻留", "to the nearest stop and back with its dwell"
        raise _too_far(team_id, least_s + allowed_s, allowed_s, zh, en)


def _too_far(team: str, needed_s: float, allowed_s: float, zh: str, en: str) -> NoPlanError:
    allowed = math.floor(allowed_s / 60)
    if math.isinf(needed_s):
        words = Words(
            zh=f"队伍 {team} {zh}没有步行道路相通；请换一个起点或终点。",
            en=f"team {team} has no walkable way {en}; choose another start or end.",
        )
        return NoPlanError("cut_off", words, field="start", value=team)
    needed = math.ceil(needed_s / 60)
    words = Words(
        zh=f"队伍 {team} {zh}需要 {needed} 分钟，而可用时间只有 {allowed} 分钟；请增加时间、缩短驻留或换一个起点。",
        en=f"team {team} needs {needed} min {en}, but has {allowed} min; "
        "give it more minutes, a shorter dwell or another start.",
    )
    return NoPlanError("too_little_time", words, field="minutes", value=allowed)


def _shared_out(network: Network, routes: Routes) -> Routes:
    """Let idle teams take over part of the longest routes: as many stops, seen by more people."""
    shared = [list(route) for route in routes]
    for team, route in enumerate(shared):
        if route:
            continue
        longest = max(range(len(shared)), key=lambda other: len(shared[other]))
        half = len(shared[longest]) // 2
        if (
            half
            and network.fits(team, shared[longest][half:])
            and network.fits(longest, shared[longest][:half])
        ):
            shared[team], shared[longest] = shared[longest][half:], shared[longest][:half]
    return shared


def _sound_plan(problem: PatrolProblem, routes: Routes) -> PatrolPlan:
    timed = tuple(time_route(problem, team, route) for team, route in enumerate(routes))
    plan = PatrolPlan(timed, sum(route.score for route in timed))
    if wrong := check_plan(problem, plan):
        raise AssertionError(f"the optimiser made an unsound plan: {'; '.join(wrong)}")
    return plan


def time_route(problem: PatrolProblem, team_index: int, stops: list[int]) -> TeamRoute:
    """Walk a team through stops (indices) in order, setting out as early as its window allows."""
    team = problem.teams[team_index]
    now, place = team.window_s[0], team.start_place
    walk_s = dwell_s = length_m = 0.0
    visits: list[Visit] = []
    for index in stops:
        stop = problem.stops[index]
        step_s = float(problem.walk_s[place, stop.place])
        length_m += float(problem.walk_m[place, stop.place])
        walk_s, dwell_s = walk_s + step_s, dwell_s + stop.dwell_s
        visits.append(Visit(index, now + step_s, now + step_s + stop.dwell_s))
        now, place = visits[-1].leave_s, stop.place
    home_s = float(problem.walk_s[place, team.end_place])
    length_m += float(problem.walk_m[place, team.end_place])
    score = sum(problem.stops[index].score for index in stops)
    return TeamRoute(
        team_index, tuple(visits), team.window_s[0], now + home_s, walk_s + home_s, dwell_s, length_m, score
    )
