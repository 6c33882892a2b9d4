"""One evening's patrols, from past incidents and real streets: what the command and the web planner call."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from routing.forecast import find_hotspots
from routing.geo import haversine_m
from routing.incident import Incident
from routing.kinds import KindRule
from routing.moment import check_window
from routing.outlook_spots import Hotspot
from routing.problem import PatrolPlan, PatrolProblem, Stop, Team, TeamRoute
from routing.solve import DEFAULT_ITERATIONS, SolveProgress, solve
from routing.streets import DEFAULT_PACE_MPS, Position, StreetGraph, Walks, load_streets
from routing.vary import Drawn, draw, mix
from routing.words import NoPlanError, RequestError, Words

type Floats = NDArray[np.float64]
type Stage = Literal["streets", "hotspots", "distances", "routes", "lines"]

STAGES: tuple[Stage, ...] = ("streets", "hotspots", "distances", "routes", "lines")
TEAMS_MAX = 200
MINUTES_MAX = 720.0
PACE_RANGE_MPS = (0.3, 3.0)
# A start further than this from any street is not on this map.
START_WITHIN_M = 300.0
INSIDE_MARGIN_M = 200.0
# Stops nearer to each other than this look the same to somebody who watches.
SAME_PLACE_M = 120.0
# More hotspots than the teams can visit give the search a choice; too many only slow it down.
CANDIDATES_PER_VISIT = 1.6
CANDIDATES_MIN, CANDIDATES_MAX = 12, 200


@dataclass(frozen=True, slots=True)
class TeamRequest:
    """A team that can walk tonight.

    `start` and `end` are (lon, lat) in WGS-84; `end` None means back to the start. `minutes` is the time
    from setting out to the end, walking and standing together. `profile` is one of `routing.profiles.PROFILES`.
    """

    name: str
    start: Position
    minutes: float
    end: Position | None = None
    profile: str = "foot"


@dataclass(frozen=True, slots=True)
class NightRequest:
    """What the planner is asked for.

    `window_start` and `window_end` are aware datetimes at most 24 h apart; every team sets out at
    `window_start`. `dwell_min` minutes are spent at each stop. `pace_mps` is the walking pace in m/s.
    `avoid` are (lon, lat, radius_m) circles in which no stop is put; nor is one put at the schools, clinics
    and places of worship that the street file knows. `rules` is what the district decided about kinds of
    incidents, by their names; the usual rule holds for the others. `load_gap_max` is the greatest difference
    between the shares of their time that any two teams are out (1: any). With `draws` the plan is drawn from a mix
    over nearly best plans, the least like the stops of `last_night` ((lon, lat)) of so many draws; 0: the best plan.
    Kinds that are `unshown` are not named. `dark` evenings avoid ways that are known to be unlit where that is not
    much longer.
    """

    window_start: datetime
    window_end: datetime
    teams: tuple[TeamRequest, ...]
    dwell_min: float = 12.0
    pace_mps: float = DEFAULT_PACE_MPS
    avoid: tuple[tuple[float, float, float], ...] = ()
    rules: Mapping[str, KindRule] = field(default_factory=dict[str, KindRule])
    unshown: frozenset[str] = frozenset()
    load_gap_max: float = 1.0
    draws: int = 0
    last_night: tuple[Position, ...] = ()
    dark: bool = False


@dataclass(frozen=True, slots=True)
class PlannedStop:
    """One stop of a team: where, when (aware datetimes), what it is worth and why it is there.

    `hotspot` is the id of the Hotspot it serves; `name` the nearest street's name in the local language
    and `name_en` in English where the streets have it ("" when unnamed); `score` is 0 to 100.
    """

    order: int
    hotspot: str
    lon: float
    lat: float
    arrive: datetime
    leave: datetime
    score: float
    reason: Words
    name: str
    name_en: str


@dataclass(frozen=True, slots=True)
class TeamPlan:
    """One team's evening. `geometry` is the walk along the streets as (lon, lat) positions, start to end.

    `team` counts from 1 in the order of the request. `finish - start` is walk_s + dwell_s seconds. A team
    for which no stop is left has no stops, and a geometry of its start twice.
    """

    team: int
    name: str
    start: datetime
    finish: datetime
    length_m: float
    walk_s: int
    dwell_s: int
    score: float
    geometry: tuple[Position, ...]
    stops: tuple[PlannedStop, ...]


@dataclass(frozen=True, slots=True)
class NightPlan:
    """The plan of an evening: the hotspots found, best first, and what each team walks.

    Plain frozen dataclasses of numbers, text and aware datetimes throughout: picklable, and encodable
    by msgspec as they are. `score` is the sum over the teams; `hotspots_score` what visiting every
    hotspot would be worth, so their quotient is the share covered. `choices` is between how many next stops somebody
    has to guess who knows the mix that the plan was drawn from; None where it is not drawn.
    """

    seed: int
    window_start: datetime
    window_end: datetime
    score: float
    hotspots_score: float
    hotspots: tuple[Hotspot, ...]
    teams: tuple[TeamPlan, ...]
    choices: float | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """Where the planning is: the stage, how much of it is done, and the best score once routes are sought.

    `worth` is the best score's share of what all hotspots are worth; `sketch()` gives each team's stops in the best
    plan so far, as (lon, lat) in order.
    """

    stage: Stage
    done: float
    total: float
    score: float = 0.0
    worth: float = 0.0
    sketch: Callable[[], tuple[tuple[Position, ...], ...]] = tuple


def plan_night(
    incidents: Sequence[Incident],
    streets: Path | StreetGraph,
    request: NightRequest,
    *,
    seed: int = 1,
    iterations: int = DEFAULT_ITERATIONS,
    on_progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> NightPlan:
    """Find the window's hotspots and the teams' best walks among them.

    A path is read once per process and kept. The same incidents, streets, request, seed and iterations
    give the same plan. Raises RequestError (a parameter is impossible), StreetFileError, or NoPlanError
    (a named constraint leaves no plan), each with its words in Chinese and English.
    """
    tell = on_progress or _tell_nobody
    _check_request(request)
    tell(Progress("streets", 0, 1))
    graph = streets if isinstance(streets, StreetGraph) else load_streets(streets)
    for team in request.teams:
        _check_on_streets(graph, team.start, "start")
        _check_on_streets(graph, team.end or team.start, "end")
    tell(Progress("streets", 1, 1))
    hotspots = _hotspots(incidents, graph, request)
    tell(Progress("hotspots", 1, 1))
    problem, walks = _problem(graph, request, hotspots)
    tell(Progress("distances", 1, 1))

    everything = sum(hotspot.score for hotspot in hotspots)

    def tell_routes(progress: SolveProgress) -> None:
        def sketch() -> tuple[tuple[Position, ...], ...]:
            return tuple(
                tuple((hotspots[visit.stop].lon, hotspots[visit.stop].lat) for visit in route.visits)
                for route in progress.plan().routes
            )

        worth = progress.score / everything
        tell(Progress("routes", progress.done, progress.total, progress.score, worth, sketch))

    plan, choices = _plan(problem, hotspots, request, seed, iterations, tell_routes, should_stop)
    teams: list[TeamPlan] = []
    for route in plan.routes:
        teams.append(_team_plan(request, problem, hotspots, walks, route))
        tell(Progress("lines", len(teams), len(plan.routes)))
    return replace(_night_plan(seed, request, hotspots, plan, teams), choices=choices)


def _plan(
    problem: PatrolProblem,
    hotspots: Sequence[Hotspot],
    request: NightRequest,
    seed: int,
    iterations: int,
    on_progress: Callable[[SolveProgress], None],
    should_stop: Callable[[], bool] | None,
) -> tuple[PatrolPlan, float | None]:
    """The best plan, or one drawn from a mix over nearly best ones with the number of next stops to guess among."""
    if not request.draws:
        best = solve(
            problem, seed=seed, iterations=iterations, on_progress=on_progress, should_stop=should_stop
        )
        return best, None
    mixture = mix(problem, seed=seed, iterations=iterations, on_progress=on_progress, should_stop=should_stop)
    drawn = [draw(problem, mixture, seed=seed + number) for number in range(request.draws)]
    before = [
        any(
            float(haversine_m(spot.lon, spot.lat, lon, lat)) <= SAME_PLACE_M
            for lon, lat in request.last_night
        )
        for spot in hotspots
    ]

    def alike(each: Drawn) -> int:
        return sum(before[visit.stop] for route in each.plan.routes for visit in route.visits)

    return min(drawn, key=alike).plan, round(2**mixture.entropy_bits, 2)


def _tell_nobody(progress: Progress) -> None:
    """Take progress nobody asked for."""


def check_team_count(count: int) -> None:
    """RequestError unless so many teams can be planned for."""
    if not 1 <= count <= TEAMS_MAX:
        raise _bad_number("teams", count, f"在 1–{TEAMS_MAX} 之间", f"from 1 to {TEAMS_MAX}")


def _check_request(request: NightRequest) -> None:
    check_window(request.window_start, request.window_end)
    window_min = (request.window_end - request.window_start).total_seconds() / 60
    check_team_count(len(request.teams))
    if not (math.isfinite(request.dwell_min) and 0 < request.dwell_min <= MINUTES_MAX):
        raise _bad_number("dwell-min", request.dwell_min, "是大于 0 的分钟数", "a number of minutes above 0")
    low, high = PACE_RANGE_MPS
    if not low <= request.pace_mps <= high:
        raise _bad_number("pace", request.pace_mps, f"在 {low}–{high} 米/秒之间", f"from {low} to {high} m/s")
    for team in request.teams:
        if not (math.isfinite(team.minutes) and 0 < team.minutes <= MINUTES_MAX):
            raise _bad_number(
                "minutes", team.minutes, f"在 1–{MINUTES_MAX:g} 之间", f"from 1 to {MINUTES_MAX:g}"
            )
        if team.minutes < request.dwell_min:
            zh, en = f"不少于驻留时间 {request.dwell_min:g}", f"at least the dwell of {request.dwell_min:g}"
            raise _bad_number("minutes", team.minutes, zh, en)
        if team.minutes > window_min:
            zh, en = f"不超过时间窗的 {window_min:g} 分钟", f"at most the window's {window_min:g} min"
            raise _bad_number("minutes", team.minutes, zh, en)


def _bad_number(field: str, value: float, zh: str, en: str) -> RequestError:
    words = Words(zh=f"{field} 为 {value:.10g}，应{zh}。", en=f"{field} is {value:.10g}: it must be {en}.")
    return RequestError(f"bad_{field.replace('-', '_')}", words, field=field, value=value)


def _check_on_streets(graph: StreetGraph, place: Position, field: Literal["start", "end"]) -> None:
    lon, lat = place
    shown = f"{lon:g},{lat:g}"
    zh_name, en_name = ("起点", "start") if field == "start" else ("终点", "end")
    off_m = math.inf
    if abs(lon) <= 180 and abs(lat) <= 90:
        _, off_m = graph.nearest(lon, lat)
    if off_m <= START_WITHIN_M:
        return
    zh_far, en_far = "不是经纬度", "is not a longitude and latitude"
    if math.isfinite(off_m):
        far_km = float(haversine_m(lon, lat, *graph.nearest(lon, lat)[0])) / 1000
        zh_far, en_far = f"离最近的街道 {far_km:.1f} 公里", f"is {far_km:.1f} km from the nearest street"
    mirrored = bool(graph.bounds.padded(START_WITHIN_M).contains(lat, lon))
    zh_hint = (
        "经纬度似乎写反了，应为 经度,纬度"
        if mirrored
        else f"街道文件覆盖 {graph.bounds}，请在其中选择，或换街道文件"
    )
    en_hint = (
        "it looks like LAT,LON: write LON,LAT"
        if mirrored
        else f"choose one within {graph.bounds}, or another streets file"
    )
    words = Words(zh=f"{zh_name} {shown} {zh_far}：{zh_hint}。", en=f"{en_name} {shown} {en_far}: {en_hint}.")
    raise RequestError(f"{field}_off_streets", words, field=field, value=shown)


def _hotspots(
    incidents: Sequence[Incident], graph: StreetGraph, request: NightRequest
) -> tuple[Hotspot, ...]:
    inside = graph.bounds.padded(INSIDE_MARGIN_M).contains(
        [i.lon for i in incidents], [i.lat for i in incidents]
    )
    kept = [incident for incident, is_inside in zip(incidents, inside.tolist(), strict=True) if is_inside]
    if not kept:
        raise _none_inside(len(incidents), graph)
    visits = sum(team.minutes / request.dwell_min for team in request.teams)
    limit = min(CANDIDATES_MAX, max(CANDIDATES_MIN, math.ceil(CANDIDATES_PER_VISIT * visits)))

    def snap(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
        met = graph.snap(lon, lat)
        return met.lon, met.lat

    found = find_hotspots(
        kept,
        request.window_start,
        request.window_end,
        limit=limit,
        snapper=snap,
        avoid=request.avoid,
        rules=request.rules,
        barred=graph.never_a_target,
        unshown=request.unshown,
    )
    if not found:
        raise _none_before(request, len(kept))
    return tuple(_named(hotspot, graph) for hotspot in found)


def _named(hotspot: Hotspot, graph: StreetGraph) -> Hotspot:
    name, name_en = graph.street_name(hotspot.lon, hotspot.lat)
    return replace(hotspot, name=name, name_en=name_en)


def _none_inside(count: int, graph: StreetGraph) -> NoPlanError:
    words = Words(
        zh=f"{count} 条警情都不在街道文件覆盖的 {graph.bounds} 内；请换该区域的警情或街道文件，或检查坐标系。",
        en=f"none of the {count} incidents lies inside the streets' {graph.bounds}; "
        "use incidents and streets of the same area, or check the datum.",
    )
    return NoPlanError("no_incident_inside", words, field="incidents", value=count)


def _none_before(request: NightRequest, count: int) -> NoPlanError:
    shown = request.window_start.date().isoformat()
    zh_circles, en_circles = (
        ("且不在避让范围内", " and outside the places to avoid") if request.avoid else ("", "")
    )
    words = Words(
        zh=f"{count} 条警情中没有一条是 {shown} 之前{zh_circles}的居民报警；请导入更早的警情或改时间窗。",
        en=f"none of the {count} incidents is a residents' report from before {shown}{en_circles}; "
        "import earlier incidents or change the window.",
    )
    return NoPlanError("no_history", words, field="window", value=shown)


def _problem(
    graph: StreetGraph, request: NightRequest, hotspots: Sequence[Hotspot]
) -> tuple[PatrolProblem, dict[str, Walks]]:
    """The problem, and the walks of each profile among the teams.

    Places are the hotspots, then each different start or end; walks take whole seconds, rounded up.
    """
    gates = list(
        dict.fromkeys(place for team in request.teams for place in (team.start, team.end or team.start))
    )
    places = [*((hotspot.lon, hotspot.lat) for hotspot in hotspots), *gates]
    walks = {
        profile: graph.walks(
            [lon for lon, _ in places],
            [lat for _, lat in places],
            profile,
            night=request.dark,
            pace_mps=request.pace_mps if profile == "foot" else None,
        )
        for profile in dict.fromkeys(team.profile for team in request.teams)
    }
    profiles = list(walks)
    window_s = (request.window_end - request.window_start).total_seconds()
    row = {gate: len(hotspots) + index for index, gate in enumerate(gates)}
    dwell_s = float(round(request.dwell_min * 60))
    problem = PatrolProblem(
        stops=tuple(Stop(spot.id, index, spot.score, dwell_s) for index, spot in enumerate(hotspots)),
        teams=tuple(
            Team(
                f"{number} {team.name}".strip(),
                row[team.start],
                row[team.end or team.start],
                team.minutes * 60,
                (0.0, window_s),
                profiles.index(team.profile),
            )
            for number, team in enumerate(request.teams, start=1)
        ),
        walk_s=np.ceil(np.stack([each.seconds for each in walks.values()])),
        walk_m=np.stack([each.metres for each in walks.values()]),
        load_gap_max=request.load_gap_max,
    )
    return problem, walks


def _team_plan(
    request: NightRequest,
    problem: PatrolProblem,
    hotspots: Sequence[Hotspot],
    walks: dict[str, Walks],
    route: TeamRoute,
) -> TeamPlan:
    team, own_walks = problem.teams[route.team], walks[request.teams[route.team].profile]
    stops: list[PlannedStop] = []
    for order, visit in enumerate(route.visits, start=1):
        hotspot = hotspots[visit.stop]
        stops.append(
            PlannedStop(
                order=order,
                hotspot=hotspot.id,
                lon=hotspot.lon,
                lat=hotspot.lat,
                arrive=request.window_start + timedelta(seconds=visit.arrive_s),
                leave=request.window_start + timedelta(seconds=visit.leave_s),
                score=hotspot.score,
                reason=hotspot.reason,
                name=hotspot.name,
                name_en=hotspot.name_en,
            )
        )
    _, line = own_walks.route([team.start_place, *(visit.stop for visit in route.visits), team.end_place])
    return TeamPlan(
        team=route.team + 1,
        name=request.teams[route.team].name,
        start=request.window_start + timedelta(seconds=route.start_s),
        finish=request.window_start + timedelta(seconds=route.finish_s),
        length_m=round(route.length_m, 1),
        walk_s=round(route.walk_s),
        dwell_s=round(route.dwell_s),
        score=round(route.score, 1),
        geometry=tuple(line),
        stops=tuple(stops),
    )


def _night_plan(
    seed: int, request: NightRequest, hotspots: tuple[Hotspot, ...], plan: PatrolPlan, teams: list[TeamPlan]
) -> NightPlan:
    return NightPlan(
        seed=seed,
        window_start=request.window_start,
        window_end=request.window_end,
        score=round(plan.score, 1),
        hotspots_score=round(sum(hotspot.score for hotspot in hotspots), 1),
        hotspots=hotspots,
        teams=tuple(teams),
    )
