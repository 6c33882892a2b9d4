"""Jobs of areas: building a map that was brought in, and tidying up after maps that are no longer used."""

import uuid

from backend.areas import importing
from backend.core.jobs import every, handler

BUILD_LIMIT_S = 3600.0


@handler(importing.IMPORT_JOB, attempts_max=3, time_limit_s=BUILD_LIMIT_S)
async def import_map(payload: dict) -> None:
    """Build one map and let its area use it."""
    await importing.carry_out(uuid.UUID(payload["import_id"]))


@every(6 * 3600, "areas.tidy_maps")
async def tidy_maps(payload: dict) -> None:
    """Delete maps that no area uses any more."""
    await importing.tidy()
