"""Use cases of tasks: what the API and the other features may ask for. Each lives in the module it is taken from."""

import datetime as dt
import uuid
from collections.abc import Collection

from backend.core.sessions import Actor
from backend.tasks import wire
from backend.tasks.drafting import RouteTaken, create_drafts, reroute_planned
from backend.tasks.expiring import expire_unwalked
from backend.tasks.figures import DeskCounts, desk_counts, short_of_people
from backend.tasks.grabbing import grab, miss, release, release_expired
from backend.tasks.joining import NoSeatFree, pass_lead, seat_beside, seat_holders
from backend.tasks.listing import listed, my_assignments
from backend.tasks.models import Assignment, Task
from backend.tasks.posting import create, edit, kinds
from backend.tasks.publishing import cancel, discard_planned, publish, publish_planned, submit
from backend.tasks.reading import seat_by_id, task_by_id, visible_task, walks_in
from backend.tasks.schemas import DraftRoute, TaskOut
from backend.tasks.states import AdultsOnly, NotVerified
from backend.tasks.walking import (
    finish_assignment,
    pause_assignment,
    resume_assignment,
    settle_assignment,
    start_assignment,
)
from backend.tasks.weather import call_off_outdoors

__all__ = [
    "AdultsOnly", "Assignment", "DeskCounts", "DraftRoute", "NoSeatFree", "NotVerified", "RouteTaken", "Task", "assignment", "by_ids", "call_off_outdoors", "cancel", "create", "create_drafts", "desk_counts", "discard_planned", "edit",
    "ends_of", "expire_unwalked", "finish_assignment", "get", "grab", "kinds", "listed", "miss", "my_assignments",
    "pass_lead", "pause_assignment", "planned", "publish", "publish_planned", "release", "release_expired", "reroute_planned", "resume_assignment",
    "seat_beside", "seat_holders", "settle_assignment", "short_of_people", "start_assignment", "submit", "task", "task_out", "walks_in",
]  # fmt: skip


async def get(actor: Actor, task_id: uuid.UUID, near: wire.LonLat | None = None) -> TaskOut:
    """The task as the actor sees it; `NotFound` when it is none of theirs."""
    found, _ = await visible_task(actor, task_id)
    return await wire.task_out(found, actor, near)


async def task(task_id: uuid.UUID) -> TaskOut:
    """The task for another feature, which has checked who asks; `NotFound` when there is none."""
    return await wire.task_out(await task_by_id(task_id), None)


async def task_out(task_id: uuid.UUID, actor: Actor) -> TaskOut:
    """The task with the actor's own seat, for another feature, which has checked who asks."""
    return await wire.task_out(await task_by_id(task_id), actor)


async def by_ids(task_ids: Collection[uuid.UUID], actor: Actor | None) -> dict[uuid.UUID, TaskOut]:
    """Several tasks at once, with the actor's own seats, for another feature, which has checked who asks."""
    found = await Task.filter(id__in=list(task_ids)) if task_ids else []
    return {task.id: task for task in await wire.tasks_out(found, actor)}


async def ends_of(task_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, dt.datetime]:
    """When the windows of these tasks end."""
    found = await Task.filter(id__in=list(task_ids)).values_list("id", "ends_at") if task_ids else []
    return dict(found)  # type: ignore[arg-type]


async def planned(plan_id: uuid.UUID, actor: Actor | None) -> list[TaskOut]:
    """The tasks made from a plan, by team, for planning, which has checked who asks."""
    return await wire.tasks_out(await Task.filter(plan_id=plan_id).order_by("plan_team"), actor)


async def assignment(assignment_id: uuid.UUID) -> Assignment:
    """One seat, for another feature, which has checked who asks; `NotFound` when there is none."""
    return await seat_by_id(assignment_id)
