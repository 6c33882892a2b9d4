"""One evening's patrols, from past incidents and real streets: what the command and the web planner call."""

from dataclasses import dataclass
from datetime import datetime

from routing.words import Words


@dataclass(frozen=True, slots=True)
class TeamRequest:
    """A team that can walk tonight.

    `start` and `end` are (lon, lat) in WGS-84; `end` None means back to the start. `minutes` is the time
    from setting out to the end, walking and standing together.
    """

    name: str
    start: tuple[float, float]
    minutes: float
    end: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class NightRequest:
    """What the planner is asked for.

    `window_start` and `window_end` are aware datetimes at most 24 h apart; every team sets out at
    `window_start`. `dwell_min` minutes are spent at each stop. `pace_mps` is the walking pace in m/s.
    `avoid` are (lon, lat, radius_m) circles in which no stop is put (schools, clinics).
    """

    window_start: datetime
    window_end: datetime
    teams: tuple[TeamRequest, ...]
    dwell_min: float = 12.0
    pace_mps: float = 1.2
    avoid: tuple[tuple[float, float, float], ...] = ()


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

    `team` counts from 1 in the order of the request. `finish - start == walk_s + dwell_s`. A team for
    which no stop is left has no stops, and a geometry of its start twice.
    """

    team: int
    name: str
    start: datetime
    finish: datetime
    length_m: float
    walk_s: int
    dwell_s: int
    score: float
    geometry: tuple[tuple[float, float], ...]
    stops: tuple[PlannedStop, ...]


@dataclass(frozen=True, slots=True)
class NightPlan:
    """The plan of an evening: the hotspots found, best first, and what each team walks.

    Plain frozen dataclasses of numbers, text and aware datetimes throughout: picklable, and encodable
    by msgspec as they are. `score` is the sum over the teams; `hotspots_score` what visiting every
    hotspot would be worth, so their quotient is the share covered.
    """

    seed: int
    window_start: datetime
    window_end: datetime
    score: float
    hotspots_score: float
    hotspots: tuple["Hotspot", ...]
    teams: tuple[TeamPlan, ...]


@dataclass(frozen=True, slots=True)
class Hotspot:
    """A place on a street where a patrol is worth most in the window.

    `score` is 0 to 100 relative to the best; `expected` the weighted incidents expected in the window (for
    the optimiser and the officer, not for volunteers); `kinds` the main kinds as the file words them;
    `peak_hours` the hours 0-23 of its usual peak, in order; `reason` one sentence a volunteer can read,
    its counts bucketed.
    """

    id: str
    lon: float
    lat: float
    score: float
    expected: float
    kinds: tuple[str, ...]
    peak_hours: tuple[int, ...]
    reason: Words
    name: str = ""
    name_en: str = ""


# plan_night(
#     incidents: Sequence[Incident],
#     streets: Path | StreetGraph,      # a path is read once per process and kept
#     request: NightRequest,
#     *,
#     seed: int = 1,
#     iterations: int | None = None,
#     on_progress: Callable[[Progress], None] | None = None,
#     should_stop: Callable[[], bool] | None = None,
# ) -> NightPlan                        # raises RequestError, StreetFileError, NoPlanError
