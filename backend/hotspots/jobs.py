"""Jobs of hotspots: making a map, and seeing to it that every district has a new one."""

import uuid

from backend.core.jobs import every, handler
from backend.hotspots import making


@handler(making.MAKE_JOB, attempts_max=3)
async def make(payload: dict) -> None:
    """Make one map."""
    await making.make(uuid.UUID(payload["outlook_id"]))


@every(60, "hotspots.refresh")
async def refresh(payload: dict) -> None:
    """Begin maps where incidents were imported since the last one, and once a night everywhere."""
    await making.refresh()
