"""Refuses what no search can plan, naming the constraint that makes it so, in Chinese and English."""

import math
from collections import Counter

import numpy as np

from routing.problem import PatrolPlan, PatrolProblem
from routing.words import NoPlanError, Words


def require_a_visit(problem: PatrolProblem) -> None:
    """Refuse a problem without stops, without a way home, or without a stop that any team has the time for."""
    if not problem.stops:
        words = Words(
            zh="没有可去的点位：请扩大区域，或补充更多警情。",
            en="there is no stop to visit: widen the area or add incidents.",
        )
        raise NoPlanError("no_stops", words, field="stops", value=0)
    for index, team in enumerate(problem.teams):
        home_s = float(problem.seconds(index)[team.start_place, team.end_place])
        if home_s > team.allowed_s:
            raise _too_far(team.id, home_s, team.allowed_s, "起点到终点", "from its start to its end")
    over_s = _over_s(problem)
    if (over_s <= 0).any():
        return
    index = int(np.argmin(over_s.min(axis=1)))
    least_s = float(over_s[index].min())
    team = problem.teams[index]
    if not math.isfinite(least_s) and (np.isfinite(_round_s(problem, index)) & _is_for(problem, index)).any():
        words = Words(
            zh=f"没有队伍能在点位的开放时段内到达（队伍 {team.id} 最早出发，仍赶不上）；请改队伍或点位的时段。",
            en=f"no team reaches any stop within its hours (not even team {team.id}, which sets out first); "
            "change the hours of the teams or the stops.",
        )
        raise NoPlanError("too_little_time", words, field="window", value=team.id)
    zh, en = "到最近点位往返并驻留", "to the nearest stop and back with its dwell"
    raise _too_far(team.id, least_s + team.allowed_s, team.allowed_s, zh, en)


def require_rules_possible(problem: PatrolProblem) -> None:
    """Refuse a required stop that nobody can visit, and a district's minimum above what can be visited there."""
    can = (_over_s(problem) <= 0).any(axis=0)
    for index, stop in enumerate(problem.stops):
        if stop.required and not can[index]:
            raise required_stop(problem, index)
    possible: Counter[str] = Counter()
    for index in np.flatnonzero(can).tolist():
        possible[problem.stops[index].district] += 2 if problem.stops[index].again_score else 1
    for district, least in problem.minimum.items():
        if possible[district] < least:
            raise district_minimum(district, least, possible[district])


def require_rules_kept(problem: PatrolProblem, plan: PatrolPlan) -> None:
    """Refuse when the best plan found leaves out a required stop, starves a district, or differs too much."""
    visits = [visit.stop for route in plan.routes for visit in route.visits]
    for index, stop in enumerate(problem.stops):
        if stop.required and index not in visits:
            raise required_stop(problem, index)
    served = Counter(problem.stops[stop].district for stop in visits)
    for district, least in problem.minimum.items():
        if served[district] < least:
            raise district_minimum(district, least, served[district])
    loads = [
        (route.finish_s - route.start_s) / team.allowed_s
        for route, team in zip(plan.routes, problem.teams, strict=True)
    ]
    gap = max(loads) - min(loads)
    if gap > problem.load_gap_max + 1e-9:
        asked, reached = f"{problem.load_gap_max:.0%}", f"{gap:.0%}"
        words = Words(
            zh=f"各队在外时间占比的差距最多允许 {asked}，而能做到的最好结果是 {reached}；请放宽公平要求，或调整队数与时长。",
            en=f"teams' shares of their time may differ by {asked}, but the best found differs by {reached}; "
            "loosen the cap, or change the number of teams or their minutes.",
        )
        raise NoPlanError("load_gap", words, field="load_gap_max", value=problem.load_gap_max)


def required_stop(problem: PatrolProblem, index: int) -> NoPlanError:
    """That a required stop cannot be in any plan."""
    stop = problem.stops[index]
    whom_zh, whom_en = (f"队伍 {stop.team}", f"team {stop.team}") if stop.team else ("任何队伍", "any team")
    words = Words(
        zh=f"必去点位 {stop.id} 无法排进{whom_zh}的时间；请延长时间、放宽时段、换队伍，或取消必去。",
        en=f"the required stop {stop.id} does not fit into the time of {whom_en}; give more minutes, "
        "wider hours or another team, or do not require it.",
    )
    return NoPlanError("required_stop", words, field="stops", value=stop.id)


def district_minimum(district: str, least: int, possible: int) -> NoPlanError:
    """That a district cannot get as many visits as wanted."""
    words = Words(
        zh=f"辖区 {district} 至少要 {least} 次到访，但最多只能安排 {possible} 次；请降低要求、增加队伍或时间。",
        en=f"district {district} is to get at least {least} visits, but {possible} are possible; "
        "ask for fewer, or give more teams or minutes.",
    )
    return NoPlanError("district_minimum", words, field="minimum", value=district)


def frozen_route(team: str, fault_zh: str, fault_en: str) -> NoPlanError:
    """That a route which must stay as it is cannot be walked."""
    words = Words(
        zh=f"队伍 {team} 的路线不能照原样保留：{fault_zh}；请改动该路线，或解除锁定。",
        en=f"the route of team {team} cannot stay as it is: {fault_en}; change the route, or unlock it.",
    )
    return NoPlanError("frozen_route", words, field="routes", value=team)


def _round_s(problem: PatrolProblem, index: int) -> np.ndarray:
    """Seconds of a team's walk to each stop alone and home, dwell included."""
    team, walk = problem.teams[index], problem.seconds(index)
    places = [stop.place for stop in problem.stops]
    dwell_s = np.array([stop.dwell_s for stop in problem.stops])
    return walk[team.start_place, places] + walk[places, team.end_place] + dwell_s


def _is_for(problem: PatrolProblem, index: int) -> np.ndarray:
    team = problem.teams[index].id
    return np.array([stop.team in ("", team) for stop in problem.stops], dtype=np.bool_)


def _over_s(problem: PatrolProblem) -> np.ndarray:
    """Teams x stops: how many seconds too long a visit to that stop alone is; inf where it is not to be had at all."""
    over_s = np.full((len(problem.teams), len(problem.stops)), math.inf)
    opens_s = np.array([stop.opens_s for stop in problem.stops])
    closes_s = np.array([stop.closes_s for stop in problem.stops])
    dwell_s = np.array([stop.dwell_s for stop in problem.stops])
    places = [stop.place for stop in problem.stops]
    for index, team in enumerate(problem.teams):
        walk = problem.seconds(index)
        leave_s = np.maximum(team.window_s[0] + walk[team.start_place, places], opens_s) + dwell_s
        late = (leave_s > closes_s + 1e-6) | (
            leave_s + walk[places, team.end_place] > team.window_s[1] + 1e-6
        )
        alone_s = _round_s(problem, index) - team.allowed_s
        # Too long beats too late: the first can be told in minutes.
        alone_s[(late & (alone_s <= 0)) | ~_is_for(problem, index)] = math.inf
        over_s[index] = alone_s
    return over_s


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
