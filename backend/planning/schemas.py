"""Wire types of plans."""

import datetime as dt
import uuid
from typing import Any

import msgspec

from backend.tasks.schemas import LonLat, Said, TaskOut


class PlanNew(msgspec.Struct, forbid_unknown_fields=True):
    """What an officer asks for: an evening's window, how many teams from where, for how long. `id` is the desk's."""

    id: uuid.UUID
    area_id: uuid.UUID
    starts_at: dt.datetime
    ends_at: dt.datetime
    team_count: int
    minutes: int
    dwell_min: int
    start: LonLat
    seed: int | None = None


class PlanPublish(msgspec.Struct, forbid_unknown_fields=True):
    """The drafts that an officer looked at and wants to open."""

    task_ids: list[uuid.UUID]


class Failure(msgspec.Struct):
    """Why there is no plan: a code, and the words, field and value that say which constraint."""

    code: str
    params: dict[str, Any]


class HotspotOut(msgspec.Struct):
    """A place worth a patrol; `score` is 0 to 100 relative to the best."""

    lon: float
    lat: float
    score: float
    reason: Said
    name: str
    name_en: str
    kinds: list[str]
    peak_hours: list[int]


class PlanFigures(msgspec.Struct):
    """The plan in numbers; `coverage_share` is what the routes are worth of what all hotspots are worth."""

    incidents: int
    incidents_as_of: dt.datetime | None
    hotspots: int
    routes: int
    stops: int
    length_m: float
    coverage_share: float


class PlanOut(msgspec.Struct):
    """A plan; hotspots, figures and tasks are there once it is ready."""

    id: uuid.UUID
    area_id: uuid.UUID
    area_name_zh: str
    area_name_en: str
    state: str
    starts_at: dt.datetime
    ends_at: dt.datetime
    team_count: int
    minutes: int
    dwell_min: int
    start: LonLat
    seed: int
    progress: float
    failure: Failure | None
    hotspots: list[HotspotOut]
    figures: PlanFigures | None
    tasks: list[TaskOut]
    created_by_name: str
    created_at: dt.datetime
    demo: bool


class PlanSummary(msgspec.Struct):
    """What a ready plan keeps."""

    hotspots: list[HotspotOut]
    figures: PlanFigures


class PlanList(msgspec.Struct):
    """Plans without their tasks and hotspots, the latest first."""

    items: list[PlanOut]
    next: str | None
