"""Seats of people who join a patrol that is about to start or under way, and the lead that passes among them."""

import uuid

from tortoise.exceptions import IntegrityError

from backend.core import clock
from backend.core.db import atomic, execute, is_unique_violation
from backend.core.ids import uuid7
from backend.core.problems import Conflict
from backend.tasks.models import Assignment
from backend.tasks.reading import locked_task
from backend.tasks.states import SEATED


class NoSeatFree(Conflict):
    """Everybody the task was meant for is there already."""

    code, title = "no-seat-free", "This task has no free seat any more"


@atomic
async def seat_beside(user_id: uuid.UUID, task_id: uuid.UUID) -> Assignment:
    """The person's seat in the task: the one they hold, or a free one, which they get now, beside those who walk.

    Unlike a grab this works in an active task too. Raises `NoSeatFree`.
    """
    task = await locked_task(task_id)
    held = await Assignment.filter(task_id=task_id, user_id=user_id, state__in=SEATED).first()
    if held is not None:
        return held
    now = clock.now()
    taken = await execute(
        "UPDATE task SET seats_taken = seats_taken + 1"
        " WHERE id = ? AND state IN ('published', 'active') AND seats_taken < seats",
        task_id,
    )
    if taken == 0:
        raise NoSeatFree
    try:
        return await Assignment.create(
            id=uuid7(), task_id=task_id, user_id=user_id, state="held", leader=False, grabbed_at=now,
            hold_until=max(now, task.ends_at), demo=task.demo,
        )  # fmt: skip
    except IntegrityError as error:
        if is_unique_violation(error):
            raise NoSeatFree from None
        raise


async def seat_holders(task_id: uuid.UUID) -> list[Assignment]:
    """Everyone who sits in the task, the leader first."""
    return await Assignment.filter(task_id=task_id, state__in=SEATED).order_by("-leader", "grabbed_at", "id")


@atomic
async def pass_lead(task_id: uuid.UUID, to_user_id: uuid.UUID) -> None:
    """Let one of those who sit in the task lead it."""
    await locked_task(task_id)
    await Assignment.filter(task_id=task_id, leader=True).update(leader=False)
    await Assignment.filter(task_id=task_id, user_id=to_user_id, state__in=SEATED).update(leader=True)
