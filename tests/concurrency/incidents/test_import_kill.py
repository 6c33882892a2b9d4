"""An import whose process is killed between two steps goes on where it was: no row is lost, none is there twice."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator

import pytest

from backend.core import clock
from backend.core.ids import uuid7
from backend.core.roles import Grant, Role
from backend.core.sessions import Actor
from backend.incidents import importing, jobs, uploads
from backend.incidents.models import Incident, IncidentImport
from backend.settings import Settings, use
from tests.integration.incidents.conftest import export
from tests.support.district import make_district
from tests.support.processes import ROOT, project_environment
from tests.support.workers import run_due_jobs

ROWS = 2_300
JOBS = jobs.look, jobs.check, jobs.carry
"""Their handlers are known from the import on."""


@pytest.fixture
async def officer(database: Settings) -> AsyncIterator[Actor]:
    """An officer of a district, with this test's data folder in use."""
    use(database)
    place = await make_district()
    person = await place.person(Role.OFFICER)
    yield Actor(person.id, uuid7(), (Grant(Role.OFFICER, place.district.id, "lewan"),), clock.now())
    use(None)


async def in_chunks(data: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(data), 4096):
        yield data[start : start + 4096]


async def died(settings: Settings, import_id: object, blocks: int) -> int:
    """Carry over in a process that dies after so many blocks; how it ended."""
    environ = {"LEXUN_DATA_DIR": str(settings.data_dir), "LEXUN_DATABASE_URL": settings.database_url}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.concurrency.incidents.carrying_process", str(import_id), str(blocks),
        cwd=ROOT, env=project_environment({**environ, "PYTHONPATH": os.fspath(ROOT)}),
    )  # fmt: skip
    return await asyncio.wait_for(process.wait(), 120)


async def test_a_killed_import_goes_on(officer: Actor, database: Settings) -> None:
    """Killed after each step: what the officer was told is there, what was begun is ended by the next process."""
    import_id, area_id = uuid7(), officer.grants[0].area_id
    assert area_id is not None
    await importing.receive(officer, import_id, area_id, "june.csv", in_chunks(export(ROWS, bad=())))
    # The upload was acknowledged: its rows and the word of it are on the disk before anything reads them.
    assert uploads.rows_of(import_id).stat().st_size > 0
    await run_due_jobs("incidents.look")
    await importing.check(officer, import_id, "gcj02")
    await run_due_jobs("incidents.check")
    tried = await importing.get(officer, import_id)
    await importing.confirm(officer, import_id, tried.run)
    for expected in (1_000, 2_000):
        assert await died(database, import_id, 2) == -signal.SIGKILL
        found = await IncidentImport.get(id=import_id)
        assert (found.state, found.done_rows, found.added) == ("importing", expected, expected)
        assert await Incident.all().count() == expected
    await run_due_jobs("incidents.carry")
    ended = await importing.get(officer, import_id)
    assert (ended.state, ended.added, await Incident.all().count()) == ("imported", ROWS, ROWS)
    assert not uploads.rows_of(import_id).exists()
