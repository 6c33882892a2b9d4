"""Figures of tasks for the desk: how many wait, are open or planned, and how fast they are taken."""

import datetime as dt
import statistics
import uuid

import msgspec

from backend.core.sessions import Actor
from backend.tasks.models import Assignment, Task
from backend.tasks.schemas import TaskOut
from backend.tasks.wire import tasks_out

SHORT_MAX = 10


class DeskCounts(msgspec.Struct, frozen=True):
    """Counts of tasks that begin in a window; `patrols` are those published or later."""

    patrols: int
    open: int
    drafts: int
    grab_seconds_p50: float | None
    """The median time from publishing to the first grab; None without any."""


async def desk_counts(area_ids: list[uuid.UUID], since: dt.datetime, until: dt.datetime) -> DeskCounts:
    """What the areas' tasks amount to between two times."""
    window = Task.filter(area_id__in=area_ids, starts_at__gte=since, starts_at__lte=until)
    found = await window.only("id", "kind", "state", "ends_at", "published_at")
    published_at = {task.id: task.published_at for task in found if task.published_at}
    first_grabs: dict[uuid.UUID, dt.datetime] = {}
    seats = (
        Assignment.filter(task_id__in=list(published_at)).order_by("-grabbed_at") if published_at else None
    )
    for task_id, grabbed_at in await seats.values_list("task_id", "grabbed_at") if seats is not None else []:
        first_grabs[task_id] = grabbed_at
    waits = [max(0.0, (at - published_at[task_id]).total_seconds()) for task_id, at in first_grabs.items()]
    return DeskCounts(
        patrols=sum(
            task.kind == "patrol" and task.state not in ("draft", "in_review", "cancelled") for task in found
        ),
        open=sum(task.state == "published" for task in found),
        drafts=sum(task.state in ("draft", "in_review") for task in found),
        grab_seconds_p50=statistics.median(waits) if waits else None,
    )


async def short_of_people(
    area_ids: list[uuid.UUID], since: dt.datetime, until: dt.datetime, actor: Actor
) -> list[TaskOut]:
    """Published tasks that begin in a window and that nobody has taken yet, the earliest first."""
    found = (
        await Task.filter(
            area_id__in=area_ids, state="published", seats_taken=0, starts_at__gte=since, starts_at__lte=until
        )
        .order_by("starts_at")
        .limit(SHORT_MAX)
    )
    return await tasks_out(found, actor)
