"""kill -9 in the middle of work loses nothing that was acknowledged, and no job."""

import asyncio
import datetime as dt
import random
import signal
import sys
import time
from pathlib import Path
from typing import Any

from backend.core import audit, jobs
from backend.core.db import row, rows
from backend.settings import Settings
from tests.support.processes import ROOT, project_environment, start, tail

JOB = "test.acknowledged"
KILLS = 4
LINES_BEFORE_KILL = 30
LIMIT_S = 120


def killed_in_the_middle(settings: Settings, log: Path, chance: random.Random) -> list[list[str]]:
    """Run the acknowledging process, kill it at a random moment, and return the whole lines it printed."""
    environment = project_environment(
        {
            "LEXUN_DATA_DIR": str(settings.data_dir),
            "LEXUN_DATABASE_URL": settings.database_url,
            "LEXUN_SECRET_KEY": settings.secret_key,
        }
    )
    command = [sys.executable, "-m", "tests.concurrency.core.acknowledging_process"]
    process = start(command, log=log, environment=environment, cwd=ROOT)
    try:
        deadline = time.monotonic() + LIMIT_S
        while log.read_bytes().count(b"\njob ") < LINES_BEFORE_KILL:
            assert process.poll() is None, tail(log)
            assert time.monotonic() < deadline, f"the process does not write:\n{tail(log)}"
            time.sleep(0.01)
        time.sleep(chance.random() * 0.3)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    text = log.read_text("utf-8")
    return [line.split() for line in text[: text.rfind("\n") + 1].splitlines()]


async def test_kill_9_loses_nothing_acknowledged_and_its_jobs_are_run_again(
    database: Settings, tmp_path: Path, clock: Any
) -> None:
    """Every job acknowledged before a kill is there with its audit entry; the chains are whole; every job that a
    killed process had begun is run again by the next worker, and in the end all are done."""
    chance = random.Random(9)
    lines: list[list[str]] = []
    for n in range(KILLS):
        lines += await asyncio.to_thread(killed_in_the_middle, database, tmp_path / f"killed-{n}.log", chance)
    acknowledged = {words[1] for words in lines if words[0] == "job"}
    begun = {words[1] for words in lines if words[0] == "begun"}
    assert len(acknowledged) >= KILLS * LINES_BEFORE_KILL and begun

    kept = {str(each["id"]) for each in await rows("SELECT id FROM job WHERE name = ?", JOB)}
    recorded = {
        each["object_id"] for each in await rows("SELECT object_id FROM audit_entry WHERE kind = 'job'")
    }
    assert acknowledged <= kept
    assert kept == recorded, "a job without its audit entry, or the other way round: half a unit of work"
    assert (await audit.verify()).ok

    leased = await rows("SELECT payload FROM job WHERE name = ? AND state = 'doing'", JOB)
    assert leased, "nothing was being worked on when the processes were killed"
    await _finish_with_a_new_worker(clock)
    assert await row("SELECT id FROM job WHERE name = ? AND state <> 'done'", JOB) is None


async def _finish_with_a_new_worker(clock: Any) -> None:
    """A worker in this process, an hour later, whose handler ends at once."""
    ran: list[str] = []
    jobs.registry._handlers.pop(JOB, None)

    @jobs.handler(JOB)
    async def work(payload: dict[str, Any]) -> None:
        ran.append(payload["token"])

    left = await row("SELECT COUNT(*) AS jobs FROM job WHERE name = ? AND state <> 'done'", JOB)
    clock.advance(dt.timedelta(hours=1))
    stop = asyncio.Event()
    worker = asyncio.create_task(jobs.run_worker(stop))
    async with asyncio.timeout(LIMIT_S):
        while await _some_left():  # noqa: ASYNC110 - the condition is in the database
            await asyncio.sleep(0.05)
    stop.set()
    await worker
    assert left is not None and len(ran) == len(set(ran)) == left["jobs"]


async def _some_left() -> bool:
    return (
        await row("SELECT id FROM job WHERE name = ? AND state IN ('todo', 'doing') LIMIT 1", JOB) is not None
    )
