"""A process that dies in the middle of storing positions loses none that it acknowledged, and leaves none half-done."""

import asyncio
import signal
import uuid

from backend.core import clock
from backend.core.db import execute, rows
from backend.core.ids import uuid7
from backend.core.sessions import Actor
from backend.patrols import service
from backend.patrols.models import Fix, LivePosition
from backend.patrols.schemas import FixBatch, FixIn
from backend.settings import Settings
from tests.support.fixing import FIXES_A_BATCH, acknowledged, running_walks, start

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
    told = acknowledged(b"".join(seen)) | acknowledged(b"".join(beside))
    assert len(told) >= ACKNOWLEDGED_MIN * FIXES_A_BATCH
    stored = set(await Fix.all().values_list("id", flat=True))
    assert told - stored == set()
    # Batches are whole or not at all, and last positions are those of stored ones.
    odd = await rows("SELECT patrol_id FROM fix GROUP BY patrol_id HAVING count(*) % ? <> 0", FIXES_A_BATCH)
    assert odd == []
    for position in await LivePosition.all():
        assert await Fix.filter(patrol_id=position.patrol_id, at=position.at).exists()


async def test_the_next_process_goes_on_where_the_killed_one_was(database: Settings) -> None:
    """No lock is left behind: positions are stored at once, a repeated batch is recognised."""
    walks = await running_walks(PHONES)
    victim = await start(database, walks)
    assert victim.stdout is not None
    line = await asyncio.wait_for(victim.stdout.readline(), 60)
    victim.kill()
    await victim.wait()
    user_id, patrol_id = walks[0]
    actor = Actor(user_id, uuid7(), (), None)
    again = uuid.UUID(line.split()[0].decode())
    fixes = [FixIn(each, clock.now(), 120.7, 28.0, 5.0) for each in (again, uuid7())]
    receipt = await asyncio.wait_for(service.add_fixes(actor, patrol_id, FixBatch(fixes)), 30)
    assert (receipt.stored, receipt.duplicates) == (1, 1)
    assert await execute("UPDATE patrol SET note = 'still writable'") == PHONES
