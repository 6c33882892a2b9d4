"""How many positions a second are stored, in micro-batches and one by one, and how soon "who is near?" is answered."""

import asyncio
import datetime as dt
import json
import os
import random
import statistics
import sys
import time
import uuid
from typing import Any

from backend.core import clock
from backend.core.db import atomic, execute, sql
from backend.core.ids import uuid7
from backend.patrols import service
from backend.patrols.models import LivePosition, Patrol, PatrolMember
from backend.settings import Settings
from routing.track import StopPlace, distance_m
from tests.support.district import CENTER, make_district
from tests.support.processes import ROOT, project_environment

PHONES = 64
PROCESSES = {"sqlite": 1, "postgres": 2}
"""On SQLite one process serves."""
SECONDS = 4
WANTED_A_SECOND = 15_000
RATIO_WANTED = {"sqlite": 4, "postgres": 15}
HOW = "make bench (test_bench_positions)"
POSITIONS, ASKED, RADIUS_M, CITY_M = 50_000, 300, 1_000.0, 40_000.0


async def walks_of(area_id: uuid.UUID, people: list[uuid.UUID]) -> list[tuple[str, str]]:
    """A running patrol of each of these people."""
    began_at = clock.now() - dt.timedelta(hours=2)
    found: list[tuple[str, str]] = []
    for user_id in people:
        patrol = await Patrol.create(
            id=uuid7(), area_id=area_id, kind="free_patrol", started_by=user_id, started_at=began_at
        )
        await PatrolMember.create(
            id=uuid7(), patrol_id=patrol.id, user_id=user_id, leader=True, joined_at=began_at
        )
        found.append((str(user_id), str(patrol.id)))
    return found


async def stored(
    settings: Settings, walks: list[tuple[str, str]], way: str, count: int
) -> list[dict[str, Any]]:
    """What each of the processes reports after all stored at once in this way."""
    environ = {"LEXUN_DATA_DIR": str(settings.data_dir), "LEXUN_DATABASE_URL": settings.database_url}
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.bench.storing_process",
            json.dumps({"walks": walks[number::count], "way": way, "seconds": SECONDS}),
            cwd=ROOT, env=project_environment({**environ, "PYTHONPATH": os.fspath(ROOT)}),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )
        for number in range(count)
    ]  # fmt: skip
    for process in processes:
        assert process.stdout is not None and await process.stdout.readline() == b"ready\n"
    answers = await asyncio.gather(*(process.communicate(b"go\n") for process in processes))
    return [json.loads(output) for output, _ in answers]


async def test_positions_a_second(database: Settings, engine: str, record) -> None:
    """64 phones, ten positions a batch, acknowledged after its commit: against the same, and less, position by position."""
    district = await make_district()
    walks = await walks_of(district.district.id, [(await district.volunteer()).id for _ in range(PHONES)])
    count = PROCESSES[engine]
    together = await stored(database, walks, "together", count)
    fast, alone, inserted = (
        sum(each["a_second"] for each in found)
        for found in (together, *[await stored(database, walks, way, count) for way in ("alone", "rows")])
    )
    p99_ms = max(each["p99_ms"] for each in together)
    record(
        f"positions stored a second, {engine}, {count} process{'es' if count > 1 else ''}, commits durable",
        f"{fast:,.0f} in micro-batches (p99 of a batch {p99_ms:.0f} ms); the same work one position at a time {alone:,.0f}: "
        f"ratio {fast / alone:.1f}, wanted {RATIO_WANTED[engine]}; a bare insert each {inserted:,.0f}: ratio {fast / inserted:.1f}",
        HOW,
    )
    assert fast >= WANTED_A_SECOND and fast / alone >= RATIO_WANTED[engine]


async def test_positions_nearby(database: Settings, engine: str, record) -> None:
    """Among 50,000 people across 40 x 40 km, those within a kilometre are the same as by looking at every one."""
    district = await make_district()
    dice, now, area_path = random.Random(7), clock.now(), district.communities[0].path
    half = CITY_M / 2 / 111_000
    places = [
        (uuid7(), CENTER[0] + dice.uniform(-half, half) * 1.13, CENTER[1] + dice.uniform(-half, half))
        for _ in range(POSITIONS)
    ]

    @atomic
    async def put(part: list[tuple[uuid.UUID, float, float]]) -> None:
        await LivePosition.bulk_create(
            [
                LivePosition(
                    user_id=user_id,
                    patrol_id=user_id,
                    area_path=area_path,
                    lon=lon,
                    lat=lat,
                    accuracy_m=8.0,
                    at=now,
                )
                for user_id, lon, lat in part
            ],
            batch_size=1_000,
        )

    # a city of patrols is not needed to ask for their places
    await execute(
        sql(
            sqlite="PRAGMA foreign_keys = OFF",
            postgres="ALTER TABLE live_position DROP CONSTRAINT live_position_user_id_fkey",
        )
    )
    await execute(
        sql(
            sqlite="SELECT 1",
            postgres="ALTER TABLE live_position DROP CONSTRAINT live_position_patrol_id_fkey",
        )
    )
    await put(places)
    await execute("ANALYZE")
    taken_ms, counts = [], []
    for number in range(ASKED):
        _, lon, lat = dice.choice(places)
        began = time.perf_counter()
        found = await service.nearby(lon, lat, RADIUS_M, area_path)
        taken_ms.append(1000 * (time.perf_counter() - began))
        counts.append(len(found))
        if number < 20:
            here = StopPlace(lon, lat, 0.0)
            away = [(distance_m(here, StopPlace(x, y, 0.0)), user_id) for user_id, x, y in places]
            wanted = {user_id for metres, user_id in away if metres <= RADIUS_M}
            assert {each.user_id for each in found} == wanted
    record(
        f"who is within 1 km, of {POSITIONS:,} across 40 x 40 km, {engine}",
        f"p50 {statistics.median(taken_ms):.2f} ms, p95 {sorted(taken_ms)[int(0.95 * ASKED)]:.2f} ms "
        f"({statistics.mean(counts):.0f} people on average); equal to brute force",
        HOW,
    )
