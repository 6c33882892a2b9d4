"""Opening tasks to volunteers and calling them off, and telling those concerned."""

import uuid
from collections.abc import Sequence

from backend.areas import service as areas
from backend.core import audit, clock
from backend.core.db import atomic, execute
from backend.core.problems import FieldError, InvalidFields, StaleVersion
from backend.core.roles import Role
from backend.core.sessions import Actor
from backend.notify import service as notify
from backend.people import service as people
from backend.tasks.models import Assignment, Task
from backend.tasks.promising import keep_promise
from backend.tasks.reading import editable_task, locked_task
from backend.tasks.schemas import TaskOut
from backend.tasks.states import BEFORE_PUBLISHED, SEATED, task_after
from backend.tasks.wire import task_out


@atomic
async def submit(actor: Actor, task_id: uuid.UUID) -> TaskOut:
    """Draft -> in review: ask somebody else to look before it is published."""
    await editable_task(actor, task_id)
    task = await locked_task(task_id)
    task.state = task_after("submit", task)
    await task.save(update_fields=["state"])
    await audit.record(actor, "task.submit", "task", task.id, area_id=task.area_id)
    return await task_out(task, actor)


@atomic
async def publish(actor: Actor, task_id: uuid.UUID, version: int) -> TaskOut:
    """Draft or in review -> published: people may grab seats from now on, and those on duty are told."""
    _, area = await editable_task(actor, task_id)
    task = await locked_task(task_id)
    if task.version != version:
        raise StaleVersion(version=task.version, yours=version)
    await publish_locked(actor, task, area)
    await tell_on_duty([task], area)
    return await task_out(task, actor)


@atomic
async def publish_planned(
    actor: Actor, plan_id: uuid.UUID, task_ids: Sequence[uuid.UUID], area: areas.Area
) -> int:
    """Publish drafts of a plan together; those published before stay. Returns how many were published now.

    Raises `InvalidFields` when a task is not one of the plan's, `TaskState` when one can no longer be published,
    `BudgetShort` when the points budget does not hold what all of them promise together.
    """
    own = set(await Task.filter(plan_id=plan_id).values_list("id", flat=True))
    foreign = [
        FieldError(f"task_ids.{index}", "unknown", "This is no task of the plan", str(task_id))
        for index, task_id in enumerate(task_ids)
        if task_id not in own
    ]
    if foreign:
        raise InvalidFields(foreign)
    published: list[Task] = []
    for task_id in sorted(set(task_ids)):
        task = await locked_task(task_id)
        if task.state != "published":
            await publish_locked(actor, task, area)
            published.append(task)
    await tell_on_duty(published, area)
    return len(published)


async def publish_locked(actor: Actor, task: Task, area: areas.Area) -> None:
    """The move itself; the caller has locked the task and checked the actor. `BudgetShort` where none can pay for it."""
    state = task_after("publish", task)
    if task.ends_at <= clock.now():
        raise InvalidFields(
            [FieldError("ends_at", "past", "Move the window before publishing", task.ends_at.isoformat())]
        )
    await keep_promise(task, area)
    task.state, task.published_at, task.version = state, clock.now(), task.version + 1
    await task.save(update_fields=["state", "published_at", "version"])
    await audit.record(
        actor, "task.publish", "task", task.id, area_id=task.area_id, details={"seats": task.seats}
    )


@atomic
async def cancel(actor: Actor, task_id: uuid.UUID, reason: str) -> TaskOut:
    """Any open state -> cancelled; held seats are given back and everyone seated is told why.

    "police" is an officer's reason, "expired" holds for a task whose time is over.
    """
    _, area = await editable_task(actor, task_id)
    task = await locked_task(task_id)
    if reason == "police":
        actor.require(Role.OFFICER, area.path)
    if reason == "expired" and task.ends_at > clock.now():
        raise InvalidFields(
            [FieldError("reason", "not-expired", "The task is not over yet; say weather or poster", reason)]
        )
    await cancel_locked(task, reason)
    await audit.record(
        actor, "task.cancel", "task", task.id, area_id=task.area_id, details={"reason": reason}
    )
    return await task_out(task, actor)


async def cancel_locked(task: Task, reason: str) -> None:
    """The move itself; people who walk already finish and are reviewed as always."""
    task.state, task.outcome, task.over_at = task_after("cancel", task), reason, clock.now()
    zh, en = _CANCEL_WORDS[reason]
    await tell_seated(
        task, "task.cancelled", "任务取消", "A task of yours was cancelled",
        f"“{task.title_zh}”取消了：{zh}。", f"“{task.title_en or task.title_zh}” was cancelled: {en}.",
        push=True, urgent=reason in PRESSING,
    )  # fmt: skip
    freed = await execute(
        "UPDATE assignment SET state = 'released', release_reason = 'admin', released_at = ?, leader = ?"
        " WHERE task_id = ? AND state = 'held'",
        clock.now(), False, task.id,
    )  # fmt: skip
    task.seats_taken -= freed
    await task.save(update_fields=["state", "outcome", "over_at", "seats_taken"])


PRESSING = ("weather", "police")
"""Reasons that a sleeping phone is woken for: otherwise it may tell only when it is next looked at."""

_CANCEL_WORDS = {
    "weather": ("天气原因", "the weather"),
    "police": ("公安机关通知", "the police asked for it"),
    "poster": ("发布人取消", "the poster called it off"),
    "expired": ("时间已过，没有人出发", "its time is over and nobody set out"),
}


@atomic
async def discard_planned(plan_id: uuid.UUID) -> int:
    """Cancel what is still a draft of the plan; returns how many there were."""
    drafts = await Task.filter(plan_id=plan_id, state__in=BEFORE_PUBLISHED).values_list("id", flat=True)
    for task_id in drafts:
        await cancel_locked(await locked_task(task_id), "police")  # type: ignore[arg-type]
    return len(drafts)


async def tell_on_duty(published: Sequence[Task], area: areas.Area) -> None:
    """Tell the volunteers on duty in `area` what is open now: one message, however many tasks."""
    if not published:
        return
    duty = await people.on_duty_people(area.path)
    first = published[0]
    if len(published) == 1:
        zh, en, ref = first.title_zh, first.title_en or first.title_zh, ("task", first.id)
    else:
        zh, en, ref = f"{len(published)} 条新路线", f"{len(published)} new routes", ("area", area.id)
    await notify.send(
        duty, "task.published", ref, f"可以抢：{zh}", f"Open now: {en}",
        f"{area.name_zh}，来看看离您最近的。", f"{area.name_en}: see what is near you.", push=True, duty_only=True,
    )  # fmt: skip


async def tell_seated(
    task: Task,
    kind: str,
    title_zh: str,
    title_en: str,
    body_zh: str,
    body_en: str,
    *,
    push: bool = False,
    urgent: bool = False,
) -> None:
    """Tell everyone who sits in the task."""
    await notify.send(
        await seated_people(task), kind, ("task", task.id), title_zh, title_en, body_zh, body_en,
        push=push, urgent=urgent,
    )  # fmt: skip


async def seated_people(task: Task) -> list[uuid.UUID]:
    """Everyone who sits in the task, walking or about to."""
    return await Assignment.filter(task_id=task.id, state__in=SEATED).values_list("user_id", flat=True)  # type: ignore[return-value]
