"""Writing incidents: a block at a time, each of them once, corrected ones in the place of what they correct."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from backend.core import clock
from backend.core.db import execute, rows
from backend.core.ids import uuid7
from backend.core.jobs import enqueue
from backend.incidents.history import time_of
from backend.incidents.identity import KIND_LENGTH_MAX, another_name, compare
from routing.incident import Incident

ARRIVED_JOB = "incidents.arrived"
"""Done whenever incidents arrived that happened lately: with `area_id` of the district, and `since` when they did."""
FRESH = dt.timedelta(hours=12)
BATCH_LENGTH_MAX = 80

type Named = tuple[str, Incident]


@dataclass(frozen=True, slots=True)
class Sorted:
    """A block held against what the district has. `corrected` are those it has otherwise, each with what stands there;
    `renamed` counts the new and known ones whose number another incident has."""

    new: list[Named] = field(default_factory=list[Named])
    corrected: list[tuple[str, Incident, Incident]] = field(
        default_factory=list[tuple[str, Incident, Incident]]
    )
    known: int = 0
    renamed: int = 0


@dataclass(frozen=True, slots=True)
class Written:
    """How many of a block were added, and how many corrected what was there."""

    added: int
    corrected: int


async def sort_block(district_id: uuid.UUID, block: Sequence[Named]) -> Sorted:
    """Hold incidents, each with what names it, against what the district has. At most some hundreds at once."""
    stored = await _stored(district_id, [name for name, _ in block])
    others = [
        (another_name(name, each), each)
        for name, each in block
        if name in stored and compare(stored[name], each) == "another"
    ]
    stored_others = await _stored(district_id, [name for name, _ in others])
    new = [(name, each) for name, each in block if name not in stored]
    new += [(name, each) for name, each in others if name not in stored_others]
    corrected = [
        (name, each, stored[name])
        for name, each in block
        if name in stored and compare(stored[name], each) == "corrected"
    ]
    return Sorted(new, corrected, len(block) - len(new) - len(corrected), len(others))


async def add_block(district_id: uuid.UUID, block: Sequence[Named], *, batch: str, demo: bool) -> Written:
    """Add incidents, each with what names it, in the caller's transaction.

    Those that the district has already, whoever brought them, are left as they are, or corrected where they come with
    another kind, place or time. At most some hundreds at once.
    """
    now = clock.now()  # before they are written: who looks since then finds them
    found = await sort_block(district_id, block)
    added = await _insert(district_id, found.new, batch, demo, "DO NOTHING")
    corrected = await _insert(
        district_id,
        [(name, each) for name, each, _ in found.corrected],
        batch,
        demo,
        "DO UPDATE SET occurred_at = excluded.occurred_at, clock_known = excluded.clock_known, lon = excluded.lon,"
        " lat = excluded.lat, kind = excluded.kind, weight = excluded.weight, source = excluded.source,"
        " batch = excluded.batch, imported_at = excluded.imported_at",
    )
    if added and any(each.at >= now - FRESH for _, each in found.new):
        await enqueue(ARRIVED_JOB, {"area_id": district_id, "since": now})
    return Written(added, corrected)


async def _insert(
    district_id: uuid.UUID, block: Sequence[Named], batch: str, demo: bool, when_there: str
) -> int:
    if not block:
        return 0
    now = clock.now()
    values: list[Any] = []
    for external_id, each in block:
        values += [
            uuid7(), district_id, external_id, each.at, each.clock_known, each.lon, each.lat,
            each.kind[:KIND_LENGTH_MAX], each.weight, each.source, batch[:BATCH_LENGTH_MAX], demo, now,
        ]  # fmt: skip
    marks = ", ".join(["(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"] * len(block))
    return await execute(
        "INSERT INTO incident (id, area_id, external_id, occurred_at, clock_known, lon, lat, kind, weight, source,"
        f" batch, demo, imported_at) VALUES {marks} ON CONFLICT (area_id, external_id) {when_there}",
        *values,
    )


async def _stored(district_id: uuid.UUID, external_ids: Sequence[str]) -> dict[str, Incident]:
    """Those of these that the district has, by name."""
    if not external_ids:
        return {}
    marks = ", ".join("?" * len(external_ids))
    found = await rows(
        "SELECT external_id, occurred_at, lon, lat, kind, weight, clock_known, source FROM incident"
        f" WHERE area_id = ? AND external_id IN ({marks})",
        district_id,
        *external_ids,
    )
    return {
        each["external_id"]: Incident(
            each["external_id"], time_of(each["occurred_at"]), each["lon"], each["lat"], each["kind"],
            each["weight"], bool(each["clock_known"]), each["source"],
        )
        for each in found
    }  # fmt: skip


async def note_arrival(district_id: uuid.UUID) -> None:
    """Note that the district was given incidents now, new ones or not."""
    await execute(
        "INSERT INTO incident_arrival (area_id, at) VALUES (?, ?)"
        " ON CONFLICT (area_id) DO UPDATE SET at = excluded.at",
        district_id, clock.now(),
    )  # fmt: skip
