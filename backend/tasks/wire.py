"""Tasks and assignments in their wire form, many at once so that a list costs a handful of queries."""

import uuid
from collections.abc import Sequence
from typing import Any

import msgspec

from backend.areas import service as areas
from backend.core.sessions import Actor
from backend.people import service as people
from backend.tasks.models import Assignment, Task
from backend.tasks.schemas import AssignmentOut, PlaceOut, RouteOut, StopOut, TaskBrief, TaskOut
from backend.tasks.states import SEATED
from routing.geo import haversine_m

type LonLat = tuple[float, float]


async def tasks_out(tasks: Sequence[Task], actor: Actor | None, near: LonLat | None = None) -> list[TaskOut]:
    """The tasks as `actor` sees them, with their own seat in each and the metres from `near`."""
    refs = await areas.refs({task.area_id for task in tasks})
    names = await people.names({task.posted_by for task in tasks})
    mine = await _seats_of(actor.user_id, [task.id for task in tasks]) if actor else {}
    return [_task_out(task, refs[task.area_id], names, mine.get(task.id), near) for task in tasks]


async def task_out(task: Task, actor: Actor | None, near: LonLat | None = None) -> TaskOut:
    """One task as `actor` sees it."""
    return (await tasks_out([task], actor, near))[0]


async def _seats_of(user_id: uuid.UUID, task_ids: list[uuid.UUID]) -> dict[uuid.UUID, Assignment]:
    """The person's seat in each task: the open one, else the latest."""
    found = (
        await Assignment.filter(user_id=user_id, task_id__in=task_ids).order_by("grabbed_at")
        if task_ids
        else []
    )
    closed_first = sorted(found, key=lambda seat: seat.state in SEATED)
    return {seat.task_id: seat for seat in closed_first}


def _task_out(
    task: Task, area: Any, names: dict[uuid.UUID, str], seat: Assignment | None, near: LonLat | None
) -> TaskOut:
    return TaskOut(
        id=task.id,
        area_id=task.area_id,
        area_name_zh=area.name_zh,
        area_name_en=area.name_en,
        kind=task.kind,
        state=task.state,
        outcome=task.outcome,
        title_zh=task.title_zh,
        title_en=task.title_en,
        brief_zh=task.brief_zh,
        brief_en=task.brief_en,
        starts_at=task.starts_at,
        ends_at=task.ends_at,
        night=task.night,
        seats=task.seats,
        seats_taken=task.seats_taken,
        full=task.seats_taken >= task.seats,
        points=task.points,
        place=_place(task),
        start=start_of(task),
        route=msgspec.convert(task.route, RouteOut) if task.route else None,
        stops=msgspec.convert(task.stops, list[StopOut]),
        plan_id=task.plan_id,
        plan_team=task.plan_team,
        version=task.version,
        my_assignment=assignment_out(seat) if seat else None,
        distance_m=distance_m(task, near),
        posted_by_name=names.get(task.posted_by, ""),
        created_at=task.created_at,
        demo=task.demo,
    )


def start_of(task: Task) -> LonLat | None:
    """Where the task's people meet (WGS-84 degrees)."""
    return (
        (task.start_lon, task.start_lat)
        if task.start_lon is not None and task.start_lat is not None
        else None
    )


def _place(task: Task) -> PlaceOut | None:
    start = start_of(task)
    return PlaceOut(task.place_name, *start) if start and task.place_name is not None else None


def distance_m(task: Task, near: LonLat | None) -> float | None:
    """Metres in a straight line from `near` to the task's start."""
    start = start_of(task)
    return round(float(haversine_m(*near, *start))) if near and start else None


def brief(task: Task, near: LonLat | None) -> TaskBrief:
    """The task in one line."""
    return TaskBrief(
        id=task.id, kind=task.kind, title_zh=task.title_zh, title_en=task.title_en, starts_at=task.starts_at,
        ends_at=task.ends_at, night=task.night, seats=task.seats, seats_taken=task.seats_taken, points=task.points,
        distance_m=distance_m(task, near),
    )  # fmt: skip


def assignment_out(assignment: Assignment, task: TaskOut | None = None) -> AssignmentOut:
    """A seat in its wire form."""
    return AssignmentOut(
        id=assignment.id,
        task_id=assignment.task_id,
        user_id=assignment.user_id,
        state=assignment.state,
        leader=assignment.leader,
        grabbed_at=assignment.grabbed_at,
        hold_until=assignment.hold_until,
        release_reason=assignment.release_reason,
        patrol_id=assignment.patrol_id,
        points_awarded=assignment.points_awarded,
        review_note=assignment.review_note,
        task=task,
    )


async def assignments_out(assignments: Sequence[Assignment], actor: Actor) -> list[AssignmentOut]:
    """Seats with their tasks."""
    tasks = await Task.filter(id__in=[seat.task_id for seat in assignments]) if assignments else []
    by_id = {task.id: task for task in await tasks_out(tasks, actor)}
    return [assignment_out(seat, by_id[seat.task_id]) for seat in assignments]
