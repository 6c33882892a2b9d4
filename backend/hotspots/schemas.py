"""Wire types of hotspots, their map and the fairness of patrols."""

import datetime as dt
import uuid
from typing import Any, Literal

import msgspec

from backend.areas.schemas import AreaRef
from backend.tasks.schemas import Said

type Sure = Literal["firm", "fair", "thin"]
type Level = Literal["above", "below", "usual", "unknown"]


class OutlookNew(msgspec.Struct, forbid_unknown_fields=True):
    """An officer asks for a new map; `id` is the desk's."""

    id: uuid.UUID
    area_id: uuid.UUID


class SpotOut(msgspec.Struct):
    """A place worth a patrol, for officers. `expected` reports in the hours asked about, `low` to `high` their 80 %
    range; `score` is 0 to 100 relative to the best; `cell` is its number on the map; `reason` tells no exact count."""

    cell: int
    lon: float
    lat: float
    name: str
    name_en: str
    score: float
    expected: float
    low: float
    high: float
    sure: Sure
    kinds: list[str]
    peak_hours: list[int]
    peak_days: list[int]
    reason: Said
    raised: bool


class HotspotKind(msgspec.Struct):
    """A kind of incident on the map: as the file words it, in both languages, and its expected reports a week."""

    kind: str
    words: Said
    expected: float


class ChoiceOut(msgspec.Struct):
    """Which way the map was made, and why: the learned mixture, or the past year's count."""

    way: str
    why: str
    weeks: int
    mixture_hit_rate: float | None
    count_hit_rate: float | None
    words: Said


class MetOut(msgspec.Struct):
    """How a former week's map did: shares of the week's reports that fell into the first 2 % of the cells, and what
    the plain count of the past year would have met."""

    starts_on: dt.date
    ends_on: dt.date
    reports: int
    hit_rate: float
    count_hit_rate: float
    pai: float
    pei: float
    words: Said


class MetCell(msgspec.Struct):
    """A cell of last week's map: whether it was among the first 2 %, and how many reports then came there."""

    lon: float
    lat: float
    shown: bool
    reports: int


class RaisedOut(msgspec.Struct):
    """A cell whose surroundings saw something lately, so that more is expected there for a while."""

    cell: int
    fades_on: dt.date
    reason: Said


class LeftOutOut(msgspec.Struct):
    """Reports of a kind that teach the map nothing, and why."""

    kind: Said
    reports: int
    why: Said


class Spots(msgspec.Struct):
    """The first places for a whole week, and for each shift of eight hours from midnight."""

    week: list[SpotOut]
    night: list[SpotOut]
    day: list[SpotOut]
    evening: list[SpotOut]


class OutlookSummary(msgspec.Struct):
    """What a ready outlook says, but for its map."""

    starts_at: dt.datetime
    cell_m: float
    cells: int
    learned_from: int
    oldest_at: dt.datetime
    newest_at: dt.datetime
    kinds: list[HotspotKind]
    spots: Spots
    choice: ChoiceOut
    last_week: MetOut | None
    last_week_cells: list[MetCell]
    season: Said | None
    near_repeat: list[Said]
    raised: list[RaisedOut]
    left_out: list[LeftOutOut]


class OutlookOut(msgspec.Struct):
    """The coming week as it is expected now."""

    id: uuid.UUID
    made_at: dt.datetime
    summary: OutlookSummary


class MakingOut(msgspec.Struct):
    """A new map being made."""

    id: uuid.UUID
    progress: float
    since: dt.datetime


class OutlookFailure(msgspec.Struct):
    """Why the last map was not made: a code, and the words, field and value that say what was in the way."""

    code: str
    params: dict[str, Any]


class DataAgeOut(msgspec.Struct):
    """How old the incidents are: the newest one, the newest import, and whether that was more than so many days ago."""

    newest_at: dt.datetime | None
    imported_at: dt.datetime | None
    old_after_days: int
    old: bool


class HotspotsOut(msgspec.Struct):
    """What is known of an area's hotspots; `outlook` is null before the first map."""

    area_id: uuid.UUID
    outlook: OutlookOut | None
    making: MakingOut | None
    failure: OutlookFailure | None
    data: DataAgeOut


class NameOut(msgspec.Struct):
    zh: str
    en: str


class CellsOut(msgspec.Struct):
    """The map's cells, best first, as columns in base64, little-endian: `lon`, `lat` (middles, float32 degrees from
    `west`, `south`) and `expected` (float32, reports in the week); `sure` (uint8: 0 thin, 1 fair, 2 firm); `slots` (uint8,
    cells x 21: weekday, Monday first, times three shifts) and `hours` (uint8, cells x 24), each relative to the
    largest of its row or shift; `kinds` (uint8, kinds x cells, in 255ths of the cell's expectation); `name` (uint16, an
    index into `names`). A cell's reports in an hour are its expectation times its slot's share times its hour's share
    of the shift. A cell is known by its number in `cell` (uint32)."""

    outlook_id: uuid.UUID
    cell_m: float
    half_lon: float
    half_lat: float
    west: float
    south: float
    cell: str
    lon: str
    lat: str
    expected: str
    sure: str
    slots: str
    hours: str
    kinds: str
    name: str
    names: list[NameOut]


class CommunityShare(msgspec.Struct):
    """What one community got of the patrols."""

    area: AreaRef
    residents: int | None
    incidents: int
    patrols: int
    minutes: int
    per_1000_residents: float | None
    per_incident: float | None
    residents_level: Level
    incident_level: Level


class FairnessOut(msgspec.Struct):
    """Patrol minutes per resident and per incident by community; `elsewhere_minutes` are those of patrols that belong
    to no single community."""

    since: dt.datetime
    until: dt.datetime
    days: int
    communities: list[CommunityShare]
    median_per_1000_residents: float | None
    median_per_incident: float | None
    elsewhere_minutes: int
