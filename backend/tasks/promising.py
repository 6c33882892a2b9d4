"""The points that open tasks promise, for the budgets that have to hold them."""

import datetime as dt

from backend.areas.service import Area
from backend.core.db import rows
from backend.rewards import service as rewards
from backend.tasks.models import Task

_PROMISED = """
SELECT CAST(coalesce(sum(t.points * CASE WHEN t.state = 'published' THEN t.seats ELSE (
    SELECT count(*) FROM assignment s
    WHERE s.task_id = t.id AND s.state IN ('held', 'started', 'paused', 'finished')
) END), 0) AS BIGINT) AS points
FROM task t JOIN area a ON a.id = t.area_id
WHERE t.state IN ('published', 'active', 'awaiting_review') AND t.ends_at < ?
    AND (a.path = ? OR substr(a.path, 1, ?) = ?)
"""


@rewards.counts_promises
async def promised(district: Area, until: dt.datetime) -> int:
    """Every seat of a task that can be grabbed, and afterwards every seat that was not judged yet."""
    below = f"{district.path}/"
    (found,) = await rows(_PROMISED, until, district.path, len(below), below)
    return found["points"]


async def keep_promise(task: Task, area: Area, *, before: int = 0) -> None:
    """See that the budgets hold what the task promises beyond `before`, which is counted already; or `BudgetShort`."""
    more = task.points * task.seats - before
    if more > 0:
        await rewards.require_budget(area, more, task.ends_at)
