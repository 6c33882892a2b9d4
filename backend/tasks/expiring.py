"""Tasks whose time is over although nobody set out."""

import uuid

from backend.core import clock
from backend.core.db import atomic
from backend.tasks.models import Assignment, Task
from backend.tasks.publishing import cancel_locked
from backend.tasks.reading import locked_task
from backend.tasks.states import WALKING

AT_ONCE = 200
EXPIRABLE = ("draft", "in_review", "published")


async def expire_unwalked() -> int:
    """Cancel tasks that ended before anybody set out; returns how many."""
    over = await Task.filter(state__in=EXPIRABLE, ends_at__lt=clock.now()).order_by("ends_at").limit(AT_ONCE)
    return sum([await _expire(task.id) for task in over])


@atomic
async def _expire(task_id: uuid.UUID) -> bool:
    task = await locked_task(task_id)
    walked = await Assignment.filter(task_id=task_id, state__in=WALKING).exists()
    if task.state not in EXPIRABLE or task.ends_at >= clock.now() or walked:
        return False
    await cancel_locked(task, "expired")
    return True
