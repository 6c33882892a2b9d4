"""`lexun audit verify`, run as an operator runs it."""

import asyncio
import sys
from pathlib import Path

from backend.core import audit
from backend.core.db import execute, sql
from backend.core.ids import uuid7
from backend.settings import Settings
from tests.support.processes import ROOT, project_environment


async def verify(settings: Settings, *options: str, database_url: str | None = None) -> tuple[int, str]:
    """The exit code and everything printed."""
    environment = project_environment(
        {
            "LEXUN_DATA_DIR": str(settings.data_dir),
            "LEXUN_DATABASE_URL": settings.database_url if database_url is None else database_url,
        }
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "backend.cli", "audit", "verify", *options,
        cwd=ROOT, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, output.decode()


async def test_a_whole_log_and_a_broken_one(database: Settings) -> None:
    """Code 0 and the number of entries; code 1 and the entry that is wrong, by number and id."""
    entry_ids = [await audit.record(None, "task.publish", "task", uuid7()) for _ in range(3)]
    code, text = await verify(database)
    assert (code, text.strip()) == (0, "The audit log is whole: 3 entries checked.")
    await execute(f"DROP TRIGGER audit_entry_no_update{sql(sqlite='', postgres=' ON audit_entry')}")
    await execute("UPDATE audit_entry SET action = 'task.cancel' WHERE position = 2")
    code, text = await verify(database)
    assert code == 1 and "entry 2" in text and str(entry_ids[1]) in text and "altered" in text
    assert (await verify(database, "--district", "other"))[0] == 0


async def test_a_database_that_is_not_there_yet(make_settings: object, tmp_path: Path, engine: str) -> None:
    """One line with what to do, and no traceback."""
    folder = tmp_path / "empty"
    folder.mkdir()
    settings: Settings = make_settings(data_dir=folder)  # type: ignore[operator]
    url = "" if engine == "sqlite" else settings.database_url
    if engine == "sqlite":
        code, text = await verify(settings, database_url=url)
        assert code == 1 and "lexun migrate" in text and "Traceback" not in text
    code, text = await verify(settings, database_url="mysql://nowhere/x")
    assert code == 1 and "mysql" in text and "Traceback" not in text
