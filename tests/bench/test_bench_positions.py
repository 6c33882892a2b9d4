"""How many positions a second one process stores: micro-batches against one insert a position, in one run."""

import asyncio
import datetime as dt
import time
import uuid

from backend.core import clock
from backend.core.ids import uuid7
from backend.patrols.ingest import FixWriter, Walking
from backend.patrols.models import Fix, Patrol, PatrolMember
from backend.patrols.schemas import FixIn
from tests.support.district import make_district

PHONES = 64
FIXES_A_BATCH = 10
BATCHES = 20
SINGLE = 600


def fixes(started_at: dt.datetime, count: int) -> list[FixIn]:
    """Positions of one phone."""
    return [
        FixIn(
            id=uuid7(), at=started_at + dt.timedelta(seconds=5 * number), lon=120.7, lat=28.0, accuracy_m=8.0
        )
        for number in range(count)
    ]


async def walk(user_id: uuid.UUID, area_id: uuid.UUID) -> Walking:
    """A running patrol of one person."""
    started_at = clock.now() - dt.timedelta(hours=2)
    patrol = await Patrol.create(
        id=uuid7(), area_id=area_id, kind="free_patrol", started_by=user_id, started_at=started_at
    )
    await PatrolMember.create(
        id=uuid7(), patrol_id=patrol.id, user_id=user_id, leader=True, joined_at=started_at
    )
    return Walking(patrol.id, user_id, "lewan", started_at, None)


async def test_positions_a_second(database: object, engine: str, record) -> None:
    """Batches of many phones written together store several times as much as one insert a position."""
    district = await make_district()
    people = [await district.volunteer() for _ in range(PHONES)]
    walks = [await walk(person.id, district.district.id) for person in people]
    writer = FixWriter()

    async def phone(walking: Walking) -> None:
        for batch in range(BATCHES):
            await writer.store(
                walking, fixes(walking.started_at + dt.timedelta(minutes=batch), FIXES_A_BATCH)
            )

    began = time.perf_counter()
    await asyncio.gather(*(phone(walking) for walking in walks))
    together = PHONES * BATCHES * FIXES_A_BATCH / (time.perf_counter() - began)
    await writer.close()

    began = time.perf_counter()
    for fix in fixes(walks[0].started_at + dt.timedelta(hours=1), SINGLE):
        await Fix.create(
            id=fix.id,
            patrol_id=walks[0].patrol_id,
            user_id=walks[0].user_id,
            at=fix.at,
            lon=fix.lon,
            lat=fix.lat,
            accuracy_m=fix.accuracy_m,
            received_at=clock.now(),
        )
    alone = SINGLE / (time.perf_counter() - began)
    record(
        f"positions stored a second, {engine}",
        f"{together:,.0f} in micro-batches, {alone:,.0f} one by one: ratio {together / alone:.1f}",
        "make bench",
    )
    assert together > alone
