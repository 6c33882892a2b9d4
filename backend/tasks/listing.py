"""Lists of tasks: what is open near me, what is mine, what the desk has; a page at a time."""

import base64
import binascii
import datetime as dt
import math
import uuid
from typing import Any

import msgspec

from backend.areas import service as areas
from backend.core import clock
from backend.core.db import rows
from backend.core.problems import FieldError, InvalidFields, NotAllowed
from backend.core.roles import DESK_ROLES
from backend.core.sessions import Actor
from backend.tasks.models import Assignment, Task
from backend.tasks.reading import WALKING_ROLES
from backend.tasks.schemas import AssignmentList, Scope, TaskBrief, TaskList
from backend.tasks.states import SEATED
from backend.tasks.wire import LonLat, assignments_out, brief, tasks_out

PAGE = 50
FAR = 1e9
"""Stands for the distance of a task without a place, which comes last."""
BOX_DEG = 0.3
"""Open tasks further than this from the asker (some 30 km) are left out."""

TOO_LATE = dt.timedelta(minutes=10)
"""A task that ends sooner than this is not offered any more."""


class Cursor(msgspec.Struct, array_like=True, frozen=True):
    """Where the next page begins: after this row, for the time and the place that the first page was asked for."""

    now: str
    begins: str
    far: float
    id: uuid.UUID
    near: LonLat | None


async def listed(
    actor: Actor,
    *,
    scope: Scope,
    area_id: uuid.UUID | None = None,
    near: LonLat | None = None,
    kind: str | None = None,
    state: str | None = None,
    after: str | None = None,
) -> TaskList:
    """A page of tasks: the nearest of those under way, then those that begin first, the nearest first among equals.

    "open": published, not about to end, in the actor's district; "mine": those in which the actor has an open seat;
    "desk": every state, for desk roles, the latest first.
    """
    cursor = _decoded(after) if after else None
    near = cursor.near if cursor else near
    now = dt.datetime.fromisoformat(cursor.now) if cursor else clock.now()
    terms, values = await _scope_terms(actor, scope, area_id, near)
    if kind:
        terms, values = [*terms, "kind = ?"], [*values, kind]
    if state:
        terms, values = [*terms, "state = ?"], [*values, state]
    found = await _page(terms, values, near, now, cursor, descending=scope == "desk")
    by_id = (
        {task.id: task for task in await Task.filter(id__in=[_uuid(each["id"]) for each in found])}
        if found
        else {}
    )
    page = [by_id[_uuid(each["id"])] for each in found[:PAGE]]
    last = found[PAGE - 1] if len(found) > PAGE else None
    following = (
        _encoded(Cursor(now.isoformat(), _time_text(last["begins"]), last["far"], _uuid(last["id"]), near))
        if last
        else None
    )
    return TaskList(items=await tasks_out(page, actor, near), next=following)


async def _scope_terms(
    actor: Actor, scope: Scope, area_id: uuid.UUID | None, near: LonLat | None
) -> tuple[list[str], list[Any]]:
    """The conditions of the list, and their values."""
    if scope == "mine":
        marks = ", ".join("?" * len(SEATED))
        term = f"id IN (SELECT task_id FROM assignment WHERE user_id = ? AND state IN ({marks}))"
        return [term], [actor.user_id, *SEATED]
    wanted = await areas.visible(actor, area_id) if area_id else None
    if scope == "desk":
        paths = [wanted.path] if wanted else actor.area_paths(DESK_ROLES)
        if wanted:
            actor.require_any(DESK_ROLES, wanted.path)
        if not paths:
            raise NotAllowed(need=[role.value for role in DESK_ROLES])
        return _in_areas(await _area_ids(paths))
    paths = (
        [wanted.path] if wanted else sorted({areas.district_slug(grant.area_path) for grant in actor.grants})
    )
    terms, values = _in_areas(await _area_ids(paths))
    terms, values = [*terms, "state = 'published'", "ends_at > ?"], [*values, clock.now() + TOO_LATE]
    if near is not None:
        wide = BOX_DEG / max(0.1, math.cos(math.radians(near[1])))
        terms.append("(start_lon IS NULL OR (start_lon BETWEEN ? AND ? AND start_lat BETWEEN ? AND ?))")
        values += [near[0] - wide, near[0] + wide, near[1] - BOX_DEG, near[1] + BOX_DEG]
    return terms, values


async def _area_ids(paths: list[str]) -> list[uuid.UUID]:
    return sorted({area.id for path in paths for area in await areas.within(path)})


def _in_areas(area_ids: list[uuid.UUID]) -> tuple[list[str], list[Any]]:
    if not area_ids:
        return ["1 = 0"], []
    return [f"area_id IN ({', '.join('?' * len(area_ids))})"], list(area_ids)


async def _page(
    terms: list[str],
    values: list[Any],
    near: LonLat | None,
    now: dt.datetime,
    cursor: Cursor | None,
    *,
    descending: bool,
) -> list[dict[str, Any]]:
    """One row more than a page: id, `begins` and `far`, the squared degrees (of latitude) from `near`.

    What is under way begins now, so that nearness decides among it; the desk has its own order, the latest first.
    """
    lon, lat = near or (0.0, 0.0)
    narrow = math.cos(math.radians(lat)) ** 2 if near else 0.0
    far = "COALESCE((start_lon - ?) * (start_lon - ?) * ? + (start_lat - ?) * (start_lat - ?) * ?, ?)"
    far_values = [lon, lon, narrow, lat, lat, 1.0 if near else 0.0, FAR if near else 0.0]
    begins = "starts_at" if descending else "CASE WHEN starts_at < ? THEN ? ELSE starts_at END"
    begins_values = [] if descending else [now, now]
    ranked = f"SELECT id, {begins} AS begins, {far} AS far FROM task WHERE {' AND '.join(terms)}"
    query = f"SELECT id, begins, far FROM ({ranked}) AS ranked"
    values = [*begins_values, *far_values, *values]
    if cursor is not None:
        sign = "<" if descending else ">"
        query += f" WHERE begins {sign} ? OR (begins = ? AND (far > ? OR (far = ? AND id > ?)))"
        at = dt.datetime.fromisoformat(cursor.begins)
        values += [at, at, cursor.far, cursor.far, cursor.id]
    query += f" ORDER BY begins {'DESC' if descending else 'ASC'}, far, id LIMIT {PAGE + 1}"
    return await rows(query, *values)


def _encoded(cursor: Cursor) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(cursor)).decode().rstrip("=")


def _decoded(text: str) -> Cursor:
    try:
        padded = text + "=" * (-len(text) % 4)
        cursor = msgspec.json.decode(base64.urlsafe_b64decode(padded), type=Cursor)
        dt.datetime.fromisoformat(cursor.begins)
        dt.datetime.fromisoformat(cursor.now)
        return cursor
    except (msgspec.DecodeError, binascii.Error, ValueError):
        raise InvalidFields(
            [FieldError("after", "invalid", "Use the cursor that the last page gave", text[:80])]
        ) from None


def _time_text(value: Any) -> str:
    return (
        value.isoformat() if isinstance(value, dt.datetime) else dt.datetime.fromisoformat(value).isoformat()
    )


def _uuid(value: Any) -> uuid.UUID:
    return value if isinstance(value, uuid.UUID) else uuid.UUID(value)


async def nearest_open(actor: Actor, instead_of: Task, near: LonLat | None, count: int) -> list[TaskBrief]:
    """The nearest tasks with a free seat that the actor might take in place of `instead_of`."""
    paths = sorted(
        {areas.district_slug(grant.area_path) for grant in actor.grants if grant.role in WALKING_ROLES}
    )
    found = await Task.filter(
        area_id__in=await _area_ids(paths), state="published", ends_at__gt=clock.now()
    ).exclude(id=instead_of.id).order_by("starts_at").limit(500)  # fmt: skip
    free = [brief(task, near) for task in found if task.seats_taken < task.seats]
    apart = [(_apart_s(task, instead_of), task) for task in free]
    ranked = sorted(
        apart, key=lambda each: (math.inf if each[1].distance_m is None else each[1].distance_m, each[0])
    )
    return [task for _, task in ranked[:count]]


def _apart_s(task: TaskBrief, other: Task) -> float:
    return abs((task.starts_at - other.starts_at).total_seconds())


async def my_assignments(actor: Actor, state: str, after: str | None = None) -> AssignmentList:
    """The actor's seats with their tasks: the open ones by when they begin, or the past ones, the latest first."""
    if state == "open":
        found = await assignments_out(await Assignment.filter(user_id=actor.user_id, state__in=SEATED), actor)
        return AssignmentList(
            items=sorted(found, key=lambda seat: seat.task.starts_at if seat.task else seat.grabbed_at),
            next=None,
        )
    wanted = Assignment.filter(user_id=actor.user_id).exclude(state__in=SEATED)
    if after:
        wanted = wanted.filter(id__lt=_cursor_id(after))
    seats = await wanted.order_by("-id").limit(PAGE + 1)
    following = str(seats[PAGE - 1].id) if len(seats) > PAGE else None
    return AssignmentList(items=await assignments_out(seats[:PAGE], actor), next=following)


def _cursor_id(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise InvalidFields(
            [FieldError("after", "invalid", "Use the cursor that the last page gave", text[:80])]
        ) from None
