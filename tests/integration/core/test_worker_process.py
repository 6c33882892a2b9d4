"""`lexun worker` as its own process: it takes up work enqueued elsewhere and stops when told to."""

import asyncio
import contextlib
import signal
import sys
from pathlib import Path

from backend.core import bus, jobs
from backend.core.db import row
from backend.settings import Settings
from tests.support.processes import ROOT, project_environment, start, stop, tail

LIMIT_S = 60


async def _until_done(job_id: object, log: Path) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LIMIT_S):
            while await row("SELECT id FROM job WHERE id = ? AND state <> 'done'", job_id):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
            return
    raise AssertionError(f"the job was not done:\n{tail(log)}")


async def test_a_worker_process_does_the_jobs_and_stops_cleanly(
    database: Settings, redis_url: str, tmp_path: Path
) -> None:
    """It does what this process enqueues, ends with code 0 on SIGTERM and leaves no lease."""
    log = tmp_path / "worker.log"
    environment = project_environment(
        {
            "LEXUN_DATA_DIR": str(database.data_dir),
            "LEXUN_DATABASE_URL": database.database_url,
            "LEXUN_REDIS_URL": redis_url,
            "LEXUN_SECRET_KEY": database.secret_key,
        }
    )
    process = start(
        [sys.executable, "-m", "backend.cli", "worker"], log=log, environment=environment, cwd=ROOT
    )
    try:
        await bus.start_bus(redis_url)
        job_id = await jobs.enqueue("core.purge_jobs", {})
        await _until_done(job_id, log)
    finally:
        await bus.stop_bus()
        code = await asyncio.to_thread(stop, process, signal.SIGTERM)
    assert code == 0, tail(log)
    assert await row("SELECT id FROM job WHERE state = 'doing'") is None
    assert "Traceback" not in log.read_text("utf-8")
