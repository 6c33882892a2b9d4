"""Finding tasks and seats, and who may see and edit them."""

import uuid

from backend.areas import service as areas
from backend.core.db import row, sql
from backend.core.problems import NotFound
from backend.core.roles import DESK_ROLES, Role
from backend.core.sessions import Actor
from backend.tasks.models import Assignment, Task
from backend.tasks.states import BEFORE_PUBLISHED

POSTING_ROLES = (Role.POSTER, Role.OFFICER)
WALKING_ROLES = (Role.VOLUNTEER, Role.LEADER)


async def task_by_id(task_id: uuid.UUID) -> Task:
    """The task; `NotFound` when there is none."""
    task = await Task.filter(id=task_id).first()
    if task is None:
        raise NotFound(kind="task", id=str(task_id))
    return task


async def seat_by_id(assignment_id: uuid.UUID) -> Assignment:
    """The assignment; `NotFound` when there is none."""
    seat = await Assignment.filter(id=assignment_id).first()
    if seat is None:
        raise NotFound(kind="assignment", id=str(assignment_id))
    return seat


async def visible_task(actor: Actor, task_id: uuid.UUID) -> tuple[Task, areas.Area]:
    """The task with its area, if the actor may see it.

    `NotFound` for another district's, and for a draft to all but the desk, so that ids cannot be guessed.
    """
    task = await task_by_id(task_id)
    area = await areas.get(task.area_id)
    hidden = task.state in BEFORE_PUBLISHED and not actor.may_any(DESK_ROLES, area.path)
    if hidden or not areas.sees(actor, area.path):
        raise NotFound(kind="task", id=str(task_id))
    return task, area


async def editable_task(actor: Actor, task_id: uuid.UUID) -> tuple[Task, areas.Area]:
    """The task with its area, if the actor may change it: a planned route is the police's, others the posters' too."""
    task, area = await visible_task(actor, task_id)
    actor.require_any((Role.OFFICER,) if task.plan_id else POSTING_ROLES, area.path)
    return task, area


def walks_in(actor: Actor, area_path: str) -> bool:
    """Whether the actor is a volunteer of the district that `area_path` lies in."""
    district = areas.district_slug(area_path)
    return any(
        grant.role in WALKING_ROLES
        and (grant.area_path == "" or areas.district_slug(grant.area_path) == district)
        for grant in actor.grants
    )


async def locked_task(task_id: uuid.UUID) -> Task:
    """The task, which no other transaction changes until this one ends; first step of every move with seats."""
    # SQLite's transactions begin with the write lock and need no more.
    await row(f"SELECT id FROM task WHERE id = ? {sql(sqlite='', postgres='FOR UPDATE')}", task_id)
    return await task_by_id(task_id)


async def locked_seat(assignment_id: uuid.UUID) -> tuple[Assignment, Task]:
    """The assignment as it is once its task is locked, and the task."""
    seat = await seat_by_id(assignment_id)
    task = await locked_task(seat.task_id)
    return await seat_by_id(assignment_id), task
