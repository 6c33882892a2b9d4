"""Wire types of patrols and live positions."""

import datetime as dt
import uuid
from typing import Annotated, Any, Literal

import msgspec

from backend.tasks.schemas import TaskOut

Longitude = Annotated[float, msgspec.Meta(ge=-180, le=180)]
Latitude = Annotated[float, msgspec.Meta(ge=-90, le=90)]
Moment = Annotated[dt.datetime, msgspec.Meta(tz=True)]
FIXES_MAX = 500


class PatrolStart(msgspec.Struct, forbid_unknown_fields=True):
    """Start the task of an assignment, or a free patrol in an area."""

    id: uuid.UUID
    started_at: Moment
    assignment_id: uuid.UUID | None = None
    area_id: uuid.UUID | None = None


class FixIn(msgspec.Struct, forbid_unknown_fields=True):
    id: uuid.UUID
    at: Moment
    lon: Longitude
    lat: Latitude
    accuracy_m: Annotated[float, msgspec.Meta(ge=0, le=100_000)]
    speed_m_s: Annotated[float, msgspec.Meta(ge=-1, le=1000)] | None = None
    heading_deg: Annotated[float, msgspec.Meta(ge=-1, le=360)] | None = None


class FixBatch(msgspec.Struct, forbid_unknown_fields=True):
    fixes: Annotated[list[FixIn], msgspec.Meta(min_length=1, max_length=FIXES_MAX)]


class RefusedFix(msgspec.Struct):
    id: uuid.UUID
    code: str


class FixReceipt(msgspec.Struct):
    """What became of a batch; `stored` ones are on disk."""

    stored: int
    duplicates: int
    refused: list[RefusedFix]


class PatrolFinish(msgspec.Struct, forbid_unknown_fields=True):
    finished_at: Moment
    note: Annotated[str, msgspec.Meta(max_length=500)] | None = None


class ReviewIn(msgspec.Struct, forbid_unknown_fields=True):
    decision: Literal["accepted", "partial", "rejected"]
    note: Annotated[str, msgspec.Meta(max_length=500)] | None = None


class MemberOut(msgspec.Struct):
    user_id: uuid.UUID
    name: str
    leader: bool
    state: str
    points_awarded: int | None


class PositionOut(msgspec.Struct):
    lon: float
    lat: float
    at: dt.datetime
    accuracy_m: float


class PatrolOut(msgspec.Struct):
    """A patrol; lengths in metres, times with offset."""

    id: uuid.UUID
    task_id: uuid.UUID | None
    task: TaskOut | None
    area_id: uuid.UUID
    area_name_zh: str
    area_name_en: str
    kind: str
    state: str
    night: bool
    started_at: dt.datetime
    finished_at: dt.datetime | None
    members: list[MemberOut]
    length_m: int
    minutes: int
    stops_dwelt: int
    stops_total: int
    last_position: PositionOut | None
    note: str | None
    review_note: str | None
    demo: bool


class PatrolList(msgspec.Struct):
    items: list[PatrolOut]
    next: str | None


class LivePatrol(msgspec.Struct):
    """A patrol on the desk's map; `stale` when its last position is older than two minutes."""

    patrol_id: uuid.UUID
    task_title_zh: str
    task_title_en: str
    people: int
    position: PositionOut | None
    stale: bool
    stops_total: int
    route: dict[str, Any] | None
    trail: list[tuple[float, float]]
    started_at: dt.datetime
    demo: bool


class LiveOut(msgspec.Struct):
    patrols: list[LivePatrol]
    on_duty: int
    as_of: dt.datetime


class MaybePatrol(msgspec.Struct):
    """The asker's running patrol, if there is one."""

    patrol: PatrolOut | None
