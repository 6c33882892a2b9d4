"""Wire types of areas."""

import datetime as dt
import uuid
from typing import Annotated, Any, Literal

import msgspec

STREETS_BYTES_MAX = 2 * 1024**3


class AreaRef(msgspec.Struct):
    """An area as other things name it."""

    id: uuid.UUID
    path: str
    name_zh: str
    name_en: str


class BaseMap(msgspec.Struct):
    """The vector base map of a district: one file, fetched whole."""

    url: str
    sha256: str
    min_zoom: int
    max_zoom: int


class AreaOut(msgspec.Struct):
    """An area with what a map needs; `bounds` is west, south, east, north."""

    id: uuid.UUID
    parent_id: uuid.UUID | None
    path: str
    kind: str
    name_zh: str
    name_en: str
    center: tuple[float, float]
    bounds: tuple[float, float, float, float]
    time_zone: str
    demo: bool
    basemap: BaseMap | None


class NamedPlaceOut(msgspec.Struct):
    """A named place: an area, a street or what else the map knows; no patrol is sent to those never a target."""

    name: str
    name_en: str
    kind: str
    lon: float
    lat: float
    never_a_target: bool


class MapImportNew(msgspec.Struct):
    """Which area gets a map, and of what file.

    `path` is the area's path ("lucheng", "lucheng/nanpu"); the area above it must be there. Names may be left out for
    an area that is there. The outline is a boundary relation of the file, a GeoJSON polygon, or, without both, the box
    of the streets for a new area and what it was for another.
    """

    id: uuid.UUID
    path: Annotated[str, msgspec.Meta(min_length=1, max_length=180)]
    file_name: Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
    bytes: Annotated[int, msgspec.Meta(ge=1, le=STREETS_BYTES_MAX)]
    name_zh: Annotated[str, msgspec.Meta(max_length=60)] = ""
    name_en: Annotated[str, msgspec.Meta(max_length=80)] = ""
    time_zone: Annotated[str, msgspec.Meta(max_length=40)] = ""
    relation: Annotated[int, msgspec.Meta(ge=1, le=2**62)] | None = None
    boundary: dict[str, Any] | None = None


class MapFailure(msgspec.Struct):
    """Why a map could not be brought in, in both languages."""

    code: str
    zh: str
    en: str


class MapImportOut(msgspec.Struct):
    """A map on its way: what has arrived, how far building is (0 to 1), and how it ended."""

    id: uuid.UUID
    path: str
    file_name: str
    bytes: int
    received_bytes: int
    state: Literal["uploading", "building", "done", "failed"]
    stage: str
    progress: float
    failure: MapFailure | None
    area_id: uuid.UUID | None
    created_at: dt.datetime
    finished_at: dt.datetime | None


Longitude = Annotated[float, msgspec.Meta(ge=-180, le=180)]
Latitude = Annotated[float, msgspec.Meta(ge=-90, le=90)]


class DirectionsAsk(msgspec.Struct):
    """Places (lon, lat) in the order they are walked to, and who walks; at night unlit ways are avoided."""

    area_id: uuid.UUID
    places: Annotated[list[tuple[Longitude, Latitude]], msgspec.Meta(min_length=2, max_length=40)]
    profile: Literal["foot", "slow", "wheelchair", "ebike"] = "foot"
    night: bool = False


class DirectionStep(msgspec.Struct):
    """One thing to do at a place, said in both languages, and how far it is then to the next."""

    kind: str
    lon: float
    lat: float
    length_m: float
    zh: str
    en: str


class Directions(msgspec.Struct):
    """A walk step by step: its length, its time, and how much of it is stairs and without street lamps."""

    length_m: float
    walk_s: int
    steps_m: float
    unlit_m: float
    steps: list[DirectionStep]


class ReachAsk(msgspec.Struct):
    """A place (lon, lat), within how many minutes, and who goes there."""

    area_id: uuid.UUID
    place: tuple[Longitude, Latitude]
    minutes: Annotated[
        list[Annotated[int, msgspec.Meta(ge=1, le=60)]], msgspec.Meta(min_length=1, max_length=4)
    ]
    profile: Literal["foot", "slow", "wheelchair", "ebike"] = "foot"


class ReachArea(msgspec.Struct):
    """The area that is within `minutes` of a place: its rings, (lon, lat) each; a place inside an odd number of them is
    in it."""

    minutes: int
    rings: list[list[tuple[float, float]]]


class Reach(msgspec.Struct):
    """Areas around a place, the smallest first."""

    areas: list[ReachArea]


class AreaSettings(msgspec.Struct):
    """What an area's administrators decide about it: how many people live there (None: not told), after how many days
    without an import its incidents count as old, and its station's telephone ("": none of its own)."""

    residents: int | None = None
    incidents_old_after_days: int = 3
    station_phone: str = ""


class AreaSettingsPatch(msgspec.Struct, forbid_unknown_fields=True):
    """A change of an area's settings; what is left out stays. `residents` null means not told."""

    residents: Annotated[int, msgspec.Meta(ge=0, le=100_000_000)] | msgspec.UnsetType | None = msgspec.UNSET
    incidents_old_after_days: Annotated[int, msgspec.Meta(ge=1, le=365)] | msgspec.UnsetType = msgspec.UNSET
    station_phone: (
        Annotated[str, msgspec.Meta(max_length=20, pattern=r"^(\+?[0-9][0-9 -]{2,})?$")] | msgspec.UnsetType
    ) = msgspec.UNSET
