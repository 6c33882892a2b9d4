"""One evening's patrols, from past incidents and real streets: what the command and the web planner call."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from routing.directions import RouteHazards
from routing.geo import haversine_m
from routing.incident import Incident
from routing.kinds import KindRule
from routing.moment import check_window
from routing.night_spots import spots_of_incidents, spots_of_outlook
from routing.outlook import Outlook
from routing.outlook_spots import Hotspot
from routing.problem import PatrolPlan, PatrolProblem, Stop, Team, TeamRoute
from routing.solve import DEFAULT_ITERATIONS, SolveProgress
from routing.streets import DEFAULT_PACE_MPS, Position, StreetGraph, Walks, load_streets
from routing.tonight import Choices, plan_tonight
from routing.words import RequestError, Words

type Floats = NDArray[np.float64]
type Stage = Literal["streets", "hotspots", "distances", "routes", "lines"]

STAGES: tuple[Stage, ...] = ("streets", "hotspots", "distances", "routes", "lines")
TEAMS_MAX = 200
MINUTES_MAX = 720.0
PACE_RANGE_MPS = (0.3, 3.0)
# A start further than this from any street is not on this map.
START_WITHIN_M = 300.0


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
    hazards: RouteHazards


@dataclass(frozen=True, slots=True)
class NightPlan:
    """The plan of an evening: the hotspots found, best first, and what each team walks.

    Plain frozen dataclasses of numbers, text and aware datetimes throughout: picklable, and encodable
    by msgspec as they are. `score` is the sum over the teams; `hotspots_score` what visiting every
    hotspot would be worth, so their quotient is the share covered. `choices` is how hard the mix that the plan was
    drawn from is to guess; None where it is not drawn.
    """

    seed: int
    window_start: datetime
    window_end: datetime
    score: float
    hotspots_score: float
    hotspots: tuple[Hotspot, ...]
    teams: tuple[TeamPlan, ...]
    choices: Choices | None = None


@dataclass(frozen=True, slots=True)
class RouteSketch:
    """A team's stops in order and its walk along the streets from start to end, each as (lon, lat)."""

    stops: tuple[Position, ...]
    line: tuple[Position, ...]


@dataclass(frozen=True, slots=True)
class Progress:
    """Where the planning is: the stage, how much of it is done, and the best score once routes are sought.

    `worth` is the best score's share of what all hotspots are worth; `sketch()` draws each team's route in the best plan
    so far.
    """

    stage: Stage
    done: float
    total: float
    score: float = 0.0
    worth: float = 0.0
    sketch: Callable[[], tuple[RouteSketch, ...]] = tuple


def plan_night(
    incidents: Sequence[Incident],
    streets: Path | StreetGraph,
    request: NightRequest,
    *,
    seed: int = 1,
    iterations: int = DEFAULT_ITERATIONS,
    outlook: Outlook | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> NightPlan:
    """Find the window's hotspots and the teams' best walks among them.

    With an `outlook` of the same district the hotspots are its own and the incidents are left aside. A path is read once per process and kept. The same incidents, streets, request, seed and iterations
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
    hotspots = (
        spots_of_incidents(incidents, graph, request)
        if outlook is None
        else spots_of_outlook(outlook, graph, request)
    )
    tell(Progress("hotspots", 1, 1))
    problem, walks = _problem(graph, request, hotspots)
    tell(Progress("distances", 1, 1))

    everything = sum(hotspot.score for hotspot in hotspots)

    def drawn(route: TeamRoute) -> RouteSketch:
        stops = tuple((hotspots[visit.stop].lon, hotspots[visit.stop].lat) for visit in route.visits)
        return RouteSketch(stops, _line(request, problem, walks, route))

    def tell_routes(progress: SolveProgress) -> None:
        def sketch() -> tuple[RouteSketch, ...]:
            return tuple(drawn(route) for route in progress.plan().routes)

        worth = progress.score / everything
        tell(Progress("routes", progress.done, progress.total, progress.score, worth, sketch))

    plan, choices = plan_tonight(
        problem,
        [(hotspot.lon, hotspot.lat) for hotspot in hotspots],
        seed=seed,
        iterations=iterations,
        draws=request.draws,
        last_night=request.last_night,
        on_progress=tell_routes,
        should_stop=should_stop,
    )
    teams: list[TeamPlan] = []
    for route in plan.routes:
        teams.append(_team_plan(request, problem, hotspots, walks, route))
        tell(Progress("lines", len(teams), len(plan.routes)))
    return replace(_night_plan(seed, request, hotspots, plan, teams), choices=choices)


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
    return TeamPlan(
        team=route.team + 1,
        name=request.teams[route.team].name,
        start=request.window_start + timedelta(seconds=route.start_s),
        finish=request.window_start + timedelta(seconds=route.finish_s),
        length_m=round(route.length_m, 1),
        walk_s=round(route.walk_s),
        dwell_s=round(route.dwell_s),
        score=round(route.score, 1),
        geometry=_line(request, problem, walks, route),
        stops=tuple(stops),
        hazards=walks[request.teams[route.team].profile].hazards(_order(problem, route)),
    )


def _order(problem: PatrolProblem, route: TeamRoute) -> list[int]:
    """The places of a route, from the team's start by its stops to its end."""
    team = problem.teams[route.team]
    return [team.start_place, *(visit.stop for visit in route.visits), team.end_place]


def _line(
    request: NightRequest, problem: PatrolProblem, walks: dict[str, Walks], route: TeamRoute
) -> tuple[Position, ...]:
    """The walk along the streets."""
    _, line = walks[request.teams[route.team].profile].route(_order(problem, route))
    return tuple(line)


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
