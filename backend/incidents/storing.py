"""Writing incidents: a block at a time, each of them once."""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

from backend.core import clock
from backend.core.db import execute, row
from backend.core.ids import uuid7
from backend.core.jobs import enqueue
from routing.incident import Incident

ARRIVED_JOB = "incidents.arrived"
"""Done whenever incidents arrived that happened lately: with `area_id` of the district, and `since` when they did."""
FRESH = dt.timedelta(hours=12)
KIND_LENGTH_MAX = 80
BATCH_LENGTH_MAX = 80


async def add_block(
    district_id: uuid.UUID, block: Sequence[tuple[str, Incident]], *, batch: str, demo: bool
) -> int:
    """Add incidents, each with what names it, in the caller's transaction; returns how many were new.

    Those that the district has already, whoever brought them, are left as they are. At most some hundreds at once.
    """
    now = clock.now()
    values: list[Any] = []
    for external_id, each in block:
        values += [
            uuid7(), district_id, external_id, each.at, each.clock_known, each.lon, each.lat,
            each.kind[:KIND_LENGTH_MAX], each.weight, each.source, batch[:BATCH_LENGTH_MAX], demo, now,
        ]  # fmt: skip
    marks = ", ".join(["(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"] * len(block))
    added = await execute(
        "INSERT INTO incident (id, area_id, external_id, occurred_at, clock_known, lon, lat, kind, weight, source,"
        f" batch, demo, imported_at) VALUES {marks} ON CONFLICT (area_id, external_id) DO NOTHING",
        *values,
    )
    if added and any(each.at >= now - FRESH for _, each in block):
        await enqueue(ARRIVED_JOB, {"area_id": district_id, "since": now})
    return added


async def known_among(district_id: uuid.UUID, external_ids: Sequence[str]) -> int:
    """How many of these the district has already."""
    if not external_ids:
        return 0
    marks = ", ".join("?" * len(external_ids))
    found = await row(
        f"SELECT COUNT(*) AS known FROM incident WHERE area_id = ? AND external_id IN ({marks})",
        district_id,
        *external_ids,
    )
    return found["known"] if found else 0
