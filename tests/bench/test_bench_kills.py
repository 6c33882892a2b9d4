"""A hundred processes killed while they store positions: every position that was acknowledged is there every time."""

import asyncio
import json
import signal
import time
import uuid
from pathlib import Path

from backend.core.db import rows, sql
from backend.settings import Settings
from tests.support.fixing import acknowledged, fork, running_walks

KILLS = 100
WALKS = 4
LATER_EACH_S = 0.003
FIRST_WITHIN_S = 60


async def test_acknowledged_positions_survive_kill_9(
    database: Settings, engine: str, record, tmp_path: Path
) -> None:
    """SIGKILL a little later each time, from the first acknowledgement on to a third of a second after it."""
    walks = await running_walks(WALKS)
    kept, lost, held = 0, 0, 0
    for number in range(KILLS):
        output = tmp_path / f"acknowledged-{number}"
        output.touch()
        victim = fork(database, walks, output)
        deadline = time.monotonic() + FIRST_WITHIN_S
        while b"\n" not in output.read_bytes():
            assert victim.is_alive() and time.monotonic() < deadline, "the process acknowledged nothing"
            await asyncio.sleep(0.005)
        await asyncio.sleep(number * LATER_EACH_S)
        victim.kill()
        victim.join()
        assert victim.exitcode == -signal.SIGKILL
        told = acknowledged(output.read_bytes())
        missing = told - await stored(told)
        kept, lost, held = kept + len(told) - len(missing), lost + len(missing), held + (not missing)
        victim.close()
    record(
        f"kill -9 while positions are stored, {engine}",
        f"{held} of {KILLS} times every acknowledged position was there: {kept:,} kept, {lost} lost",
        "make bench (test_bench_kills)",
    )
    assert held == KILLS


async def stored(ids: set[uuid.UUID]) -> set[uuid.UUID]:
    """Those of the positions that are in the database."""
    wanted = sql(
        sqlite="SELECT value FROM json_each(?)",
        postgres="SELECT value::uuid FROM json_array_elements_text(?::json)",
    )
    found = await rows(f"SELECT id FROM fix WHERE id IN ({wanted})", json.dumps([str(each) for each in ids]))
    return {uuid.UUID(str(each["id"])) for each in found}
