"""Jobs of planning: solving, and an end to waiting."""

import uuid

from backend.core.jobs import every, handler
from backend.planning import night
from backend.planning.service import SOLVE_JOB


@handler(SOLVE_JOB, attempts_max=3)
async def solve(payload: dict) -> None:
    """Solve one plan."""
    await night.solve(uuid.UUID(payload["plan_id"]))


@every(300, "planning.fail_stuck")
async def fail_stuck(payload: dict) -> None:
    """Fail plans that no job will finish any more."""
    await night.fail_stuck()
