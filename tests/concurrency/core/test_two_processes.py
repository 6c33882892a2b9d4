"""Two processes on one database: no error, no lost write, one chain."""

import asyncio
import json
import sys

from backend.core import audit
from backend.core.db import execute, row
from backend.settings import Settings
from tests.support.processes import ROOT, project_environment

PROCESSES = 2
SECONDS = 2.0
LIMIT_S = 120


async def hammer(settings: Settings) -> dict[str, object]:
    """One process's report."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.concurrency.core.hammering_process", str(SECONDS),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        env=project_environment(
            {
                "LEXUN_DATA_DIR": str(settings.data_dir),
                "LEXUN_DATABASE_URL": settings.database_url,
                "LEXUN_SECRET_KEY": settings.secret_key,
                "LEXUN_SQLITE_SYNCHRONOUS": "NORMAL",
            }
        ),
    )  # fmt: skip
    try:
        output, _ = await asyncio.wait_for(process.communicate(), LIMIT_S)
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode == 0
    return json.loads(output)


async def test_readers_that_become_writers_never_meet_a_locked_database(
    database: Settings, engine: str
) -> None:
    """Two processes of six tasks, each unit reading before it writes: 0 errors, every unit counted exactly once, and
    the audit chain that they all append to has no fork. On SQLite no unit even had to be run again."""
    await execute("CREATE TABLE hammered (id INT NOT NULL PRIMARY KEY, n INT NOT NULL)")
    await execute("INSERT INTO hammered (id, n) VALUES (1, 0)")
    reports = await asyncio.gather(*(hammer(database) for _ in range(PROCESSES)))
    assert [report["errors"] for report in reports] == [{}] * PROCESSES
    total = sum(int(str(report["done"])) for report in reports)
    assert all(int(str(report["done"])) > 10 for report in reports), "both processes got their turns"
    if engine == "sqlite":
        assert sum(int(str(report["attempts"])) for report in reports) == total
    assert await row("SELECT n FROM hammered") == {"n": total}
    assert await audit.verify() == audit.VerifyReport(ok=True, checked=total)
