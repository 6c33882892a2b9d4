"""A process that dies in the middle of storing positions loses none that it acknowledged, and leaves none half-done."""

import asyncio
import json
import os
import signal
import sys
import uuid

import pytest

from backend.core import clock
from backend.core.db import atomic, execute, rows
from backend.core.ids import uuid7
from backend.patrols import service
from backend.patrols.models import Fix, LivePosition, Patrol, PatrolMember
from backend.patrols.schemas import FixBatch, FixIn
from backend.people import service as people
from backend.settings import Settings
from tests.support.district import make_district
from tests.support.processes import ROOT, project_environment

PHONES = 12
ACKNOWLEDGED_MIN = 60


async def test_a_kill_loses_no_acknowledged_position(database: Settings) -> None:
    """Killed with SIGKILL while a dozen phones send, with another process sending too: every acknowledged one is there."""
    walks = await running_walks(2 * PHONES)
    victim, survivor = await start(database, walks[:PHONES]), await start(database, walks[PHONES:])
    try:
        assert victim.stdout is not None and survivor.stdout is not None
        seen = [await asyncio.wait_for(victim.stdout.readline(), 60) for _ in range(ACKNOWLEDGED_MIN)]
        beside = [await asyncio.wait_for(survivor.stdout.readline(), 60) for _ in range(10)]
        victim.send_signal(signal.SIGKILL)
        seen.append(await victim.stdout.read())
        beside += [await asyncio.wait_for(survivor.stdout.readline(), 60) for _ in range(10)]
    finally:
        for process in (victim, survivor):
            if process.returncode is None:
                process.kill()
            await process.wait()
    assert victim.returncode == -signal.SIGKILL
    acknowledged = {uuid.UUID(text) for line in [*seen, *beside] for text in whole_lines(line).split()}
    assert len(acknowledged) >= ACKNOWLEDGED_MIN * 8
    stored = set(await Fix.all().values_list("id", flat=True))
    assert acknowledged - stored == set()
    # Batches are whole or not at all, and last positions are those of stored ones.
    odd = await rows("SELECT patrol_id FROM fix GROUP BY patrol_id HAVING count(*) % 8 <> 0")
    assert odd == []
    for position in await LivePosition.all():
        assert await Fix.filter(patrol_id=position.patrol_id, at=position.at).exists()


@pytest.mark.slow
@pytest.mark.parametrize("attempt", range(100))
async def test_a_hundred_kills_lose_nothing(database: Settings, attempt: int) -> None:
    """Killed a hundred times, each time a little later: every acknowledged position is there every time."""
    victim = await start(database, await running_walks(4))
    assert victim.stdout is not None
    seen = [await asyncio.wait_for(victim.stdout.readline(), 60)]
    await asyncio.sleep(attempt * 0.003)
    victim.send_signal(signal.SIGKILL)
    seen.append(await victim.stdout.read())
    await victim.wait()
    acknowledged = {uuid.UUID(text) for line in seen for text in whole_lines(line).split()}
    assert acknowledged and acknowledged - set(await Fix.all().values_list("id", flat=True)) == set()


async def test_the_next_process_goes_on_where_the_killed_one_was(database: Settings) -> None:
    """No lock is left behind: positions are stored at once, a repeated batch is recognised."""
    walks = await running_walks(PHONES)
    victim = await start(database, walks)
    assert victim.stdout is not None
    line = await asyncio.wait_for(victim.stdout.readline(), 60)
    victim.kill()
    await victim.wait()
    user_id, patrol_id = walks[0]
    from backend.core.sessions import Actor

    actor = Actor(user_id, uuid7(), (), None)
    again = uuid.UUID(line.split()[0].decode())
    fixes = [FixIn(each, clock.now(), 120.7, 28.0, 5.0) for each in (again, uuid7())]
    receipt = await asyncio.wait_for(service.add_fixes(actor, patrol_id, FixBatch(fixes)), 30)
    assert (receipt.stored, receipt.duplicates) == (1, 1)
    assert await execute("UPDATE patrol SET note = 'still writable'") == PHONES


def whole_lines(output: bytes) -> str:
    """The lines that were printed to their end: the kill may have cut the last one."""
    return output.decode().rpartition("\n")[0]


async def running_walks(count: int) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """So many people who agreed, each on a free patrol."""
    district = await make_district()
    walks: list[tuple[uuid.UUID, uuid.UUID]] = []

    @atomic
    async def begin(user_id: uuid.UUID) -> None:
        await people.set_consent(user_id, "whereabouts", granted=True, version=1)
        patrol = await Patrol.create(
            id=uuid7(),
            area_id=district.communities[0].id,
            kind="free_patrol",
            started_by=user_id,
            started_at=clock.now(),
        )
        await PatrolMember.create(
            id=uuid7(), patrol_id=patrol.id, user_id=user_id, leader=True, joined_at=clock.now()
        )
        walks.append((user_id, patrol.id))

    for _ in range(count):
        await begin((await district.volunteer()).id)
    return walks


async def start(settings: Settings, walks: list[tuple[uuid.UUID, uuid.UUID]]) -> asyncio.subprocess.Process:
    """A process that sends for these people."""
    plan = {"walks": [[str(user_id), str(patrol_id)] for user_id, patrol_id in walks]}
    environ = {"LEXUN_DATA_DIR": str(settings.data_dir), "LEXUN_DATABASE_URL": settings.database_url}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.concurrency.patrols.fixing_process",
        json.dumps(plan),
        cwd=ROOT,
        env=project_environment({**environ, "PYTHONPATH": os.fspath(ROOT)}),
        stdout=asyncio.subprocess.PIPE,
    )
