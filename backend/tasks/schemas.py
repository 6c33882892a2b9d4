"""Wire types of tasks and assignments."""

import datetime as dt
import uuid
from typing import Annotated, Any, Literal

import msgspec

type LonLat = tuple[float, float]
type Scope = Literal["open", "mine", "desk"]
type CancelReason = Literal["weather", "police", "poster", "expired"]


class Said(msgspec.Struct, frozen=True):
    """One sentence in both languages."""

    zh: str
    en: str


class StopOut(msgspec.Struct):
    """A place of the route to stand at, when, and why there."""

    order: int
    name: str
    lon: float
    lat: float
    arrive: dt.datetime
    leave: dt.datetime
    dwell_s: int
    reason: Said
    name_en: str = ""
    """The name in English, "" where the street has none."""
    id: str = ""
    """What the plan knows the stop by; "" for a route of no plan."""
    locked: bool = False
    """An officer wants it kept when the route is repaired."""


class RouteHazards(msgspec.Struct):
    """How many metres of a walk are steps, without lamps, steep, rough, by open water and by a railway."""

    steps_m: float
    unlit_m: float
    steep_m: float
    rough_m: float
    water_m: float
    railway_m: float


class RouteOut(msgspec.Struct):
    """The walk: `geometry` is a GeoJSON LineString in WGS-84; `hazards` is what the street map warns of."""

    length_m: float
    walk_s: int
    dwell_s: int
    geometry: dict[str, Any]
    hazards: RouteHazards | None = None


class PlaceOut(msgspec.Struct):
    name: str
    lon: float
    lat: float


class AssignmentOut(msgspec.Struct):
    """One person's seat; `task` is given where the seat is shown by itself."""

    id: uuid.UUID
    task_id: uuid.UUID
    user_id: uuid.UUID
    state: str
    leader: bool
    grabbed_at: dt.datetime
    hold_until: dt.datetime
    release_reason: str | None
    patrol_id: uuid.UUID | None
    points_awarded: int | None
    review_note: str | None
    task: "TaskOut | None" = None


class TaskOut(msgspec.Struct):
    """A task as a phone or the desk shows it; `start` is where to meet, `distance_m` from the place asked about."""

    id: uuid.UUID
    area_id: uuid.UUID
    area_name_zh: str
    area_name_en: str
    kind: str
    state: str
    outcome: str | None
    title_zh: str
    title_en: str
    brief_zh: str
    brief_en: str
    starts_at: dt.datetime
    ends_at: dt.datetime
    night: bool
    seats: int
    seats_taken: int
    full: bool
    points: int
    place: PlaceOut | None
    start: LonLat | None
    route: RouteOut | None
    stops: list[StopOut]
    plan_id: uuid.UUID | None
    plan_team: int | None
    version: int
    my_assignment: AssignmentOut | None
    distance_m: float | None
    posted_by_name: str
    created_at: dt.datetime
    demo: bool


class TaskBrief(msgspec.Struct):
    """A task in one line, offered in place of one whose last seat was taken."""

    id: uuid.UUID
    kind: str
    title_zh: str
    title_en: str
    starts_at: dt.datetime
    ends_at: dt.datetime
    night: bool
    seats: int
    seats_taken: int
    points: int
    distance_m: float | None


class TaskList(msgspec.Struct):
    items: list[TaskOut]
    next: str | None


class AssignmentList(msgspec.Struct):
    items: list[AssignmentOut]
    next: str | None


class PlaceIn(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    lon: float
    lat: float


class TaskNew(msgspec.Struct, forbid_unknown_fields=True):
    """A task posted by hand; what is left out comes from the kind and its template."""

    id: uuid.UUID
    area_id: uuid.UUID
    kind: str
    starts_at: dt.datetime
    ends_at: dt.datetime
    title_zh: str | None = None
    title_en: str | None = None
    brief_zh: str | None = None
    brief_en: str | None = None
    seats: int | None = None
    points: int | None = None
    place: PlaceIn | None = None
    route_of: uuid.UUID | None = None
    template: str | None = None
    publish: bool = False


class TaskPatch(msgspec.Struct, forbid_unknown_fields=True):
    """Changes to the `version` the editor was looking at; what is left out stays."""

    version: int
    title_zh: str | None = None
    title_en: str | None = None
    brief_zh: str | None = None
    brief_en: str | None = None
    starts_at: dt.datetime | None = None
    ends_at: dt.datetime | None = None
    seats: int | None = None
    points: int | None = None


class VersionSeen(msgspec.Struct, forbid_unknown_fields=True):
    version: int


class Cancellation(msgspec.Struct, forbid_unknown_fields=True):
    reason: CancelReason


class WeatherStop(msgspec.Struct, forbid_unknown_fields=True):
    """Until when the weather is too bad to be outdoors."""

    until: Annotated[dt.datetime, msgspec.Meta(tz=True)]


class CalledOff(msgspec.Struct):
    """How many tasks were called off, and how many people sat in them and are told."""

    tasks: int
    people: int


class Grab(msgspec.Struct, forbid_unknown_fields=True):
    """`id` is the new assignment's, made by the phone; sent twice, it is one seat."""

    id: uuid.UUID


class Release(msgspec.Struct, forbid_unknown_fields=True):
    reason: Annotated[str, msgspec.Meta(max_length=200)] = ""


class TemplateOut(msgspec.Struct):
    key: str
    title_zh: str
    title_en: str
    do_zh: str
    do_en: str


class KindOut(msgspec.Struct):
    """A kind of task and what a new one begins with."""

    kind: str
    title_zh: str
    title_en: str
    needs_route: bool
    needs_place: bool
    at_homes: bool
    default_minutes: int
    default_seats: int
    default_points: int
    templates: list[TemplateOut]


class DraftRoute(msgspec.Struct, frozen=True):
    """One team's planned evening, from which a draft task is made; `team` counts from 1."""

    team: int
    starts_at: dt.datetime
    ends_at: dt.datetime
    route: RouteOut
    stops: list[StopOut]
    start: LonLat
