"""A process that stores positions of many phones for some seconds, in micro-batches or one by one, and prints how many.

Usage: python -m tests.bench.storing_process PLAN_JSON, with the database in LEXUN_ variables. The plan has `walks` (pairs
of a person's and a patrol's id), `way` ("together", "alone", "rows"), and `seconds`. It prints "ready", waits for a line, stores, and
prints how many positions were acknowledged each second and how many milliseconds a batch took at the 50th and 99th percentile.
"""

import asyncio
import datetime as dt
import json
import sys
import time
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import numpy as np

from backend.core import clock
from backend.core.db import close_database, init_database
from backend.core.ids import uuid7
from backend.patrols import ingest
from backend.patrols.ingest import FixWriter, Walking
from backend.patrols.models import Fix
from backend.patrols.schemas import FixIn
from backend.settings import load_settings

FIXES_A_BATCH = 10

type Store = Callable[[Walking, list[FixIn]], Awaitable[object]]


async def main(plan: dict[str, Any]) -> None:
    """Store until the time is over."""
    await init_database(load_settings())
    began_at = clock.now() - dt.timedelta(hours=2)
    walks = [
        Walking(uuid.UUID(patrol), uuid.UUID(user), "lewan", began_at, None) for user, patrol in plan["walks"]
    ]
    writer = FixWriter()
    store: Store = {"together": writer.store, "alone": one_at_a_time, "rows": one_row_at_a_time}[plan["way"]]
    print("ready", flush=True)
    sys.stdin.readline()
    began = time.perf_counter()
    taken_ms = [
        each
        for phone in await asyncio.gather(*(send(walk, store, began + plan["seconds"]) for walk in walks))
        for each in phone
    ]
    elapsed_s = time.perf_counter() - began
    await writer.close()
    median_ms, slow_ms = np.percentile(taken_ms, [50, 99])
    result = {"a_second": len(taken_ms) * FIXES_A_BATCH / elapsed_s, "p50_ms": median_ms, "p99_ms": slow_ms}
    print(json.dumps(result), flush=True)
    await close_database()


async def send(walking: Walking, store: Store, until: float) -> list[float]:
    """One phone: a batch, its acknowledgement, the next batch; the milliseconds each took."""
    taken_ms: list[float] = []
    at = walking.started_at
    while (began := time.perf_counter()) < until:
        fixes = [
            FixIn(uuid7(), at + dt.timedelta(milliseconds=5 * number), 120.7, 28.0, 8.0)
            for number in range(FIXES_A_BATCH)
        ]
        at = fixes[-1].at
        await store(walking, fixes)
        taken_ms.append(1000 * (time.perf_counter() - began))
    return taken_ms


async def one_at_a_time(walking: Walking, fixes: list[FixIn]) -> None:
    """The same work for every position by itself: its insert, its walker's last place, its commit."""
    for fix in fixes:
        await ingest.write([(walking, [fix])])


async def one_row_at_a_time(walking: Walking, fixes: list[FixIn]) -> None:
    """Less work for every position: an insert and its commit, as an ORM does it."""
    for fix in fixes:
        await Fix.create(
            id=fix.id,
            patrol_id=walking.patrol_id,
            user_id=walking.user_id,
            at=fix.at,
            lon=fix.lon,
            lat=fix.lat,
            accuracy_m=fix.accuracy_m,
            received_at=clock.now(),
        )


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
