"""What both engines must do alike, where the stock ones do not: counts, retries, addresses and constraints."""

import asyncio
import importlib
import re
import sqlite3
from pathlib import Path

import pytest
from tortoise.exceptions import IntegrityError

from backend.core import clock
from backend.core.db import (
    atomic,
    close_database,
    connection,
    dialect,
    execute,
    init_database,
    is_unique_violation,
    row,
    rows,
    sql,
)
from backend.core.db.connection import connection_config_for
from backend.core.ids import uuid7
from backend.core.models import JobRow
from backend.settings import Settings, SettingsError, load_settings
from tests.support.processes import ROOT

SCRATCH = "CREATE TABLE scratch (id INT NOT NULL PRIMARY KEY, n INT NOT NULL DEFAULT 0)"


async def add_job(name: str = "test") -> JobRow:
    """A bare job row."""
    now = clock.now()
    return await JobRow.create(id=uuid7(), name=name, payload={}, run_at=now, created_at=now, keep_until=now)


@pytest.mark.usefixtures("database")
async def test_a_write_counts_its_own_rows_and_not_those_of_its_triggers() -> None:
    """One row changed is 1, none is 0, also where a trigger changes three others each time; conditional updates
    (who got the last seat?) rest on this number."""
    await execute(SCRATCH)
    await execute("INSERT INTO scratch (id) VALUES (1), (2), (3)")
    if dialect() == "sqlite":
        for event in ("INSERT", "UPDATE", "DELETE"):
            await execute(
                f"CREATE TRIGGER count_{event} AFTER {event} ON job BEGIN UPDATE scratch SET n = n + 1; END"
            )
    else:
        await connection().execute_script(
            "CREATE FUNCTION count_jobs() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN UPDATE scratch SET n = n + 1; RETURN NULL; END $$;"
            "CREATE TRIGGER count_jobs AFTER INSERT OR UPDATE OR DELETE ON job"
            " FOR EACH ROW EXECUTE FUNCTION count_jobs()"
        )
    job = await add_job()
    await add_job()

    @atomic
    async def inside() -> list[int]:
        return [
            await JobRow.filter(id=job.id, attempts=0).update(attempts=1),
            await JobRow.filter(id=job.id, attempts=0).update(attempts=1),
            await execute("UPDATE job SET attempts = 2 WHERE id = ?", job.id),
            await execute("UPDATE job SET attempts = 3"),
        ]

    assert await inside() == [1, 0, 1, 2]
    assert await JobRow.filter(id=job.id, attempts=3).update(attempts=4) == 1
    assert await JobRow.filter(id=job.id, attempts=3).update(attempts=4) == 0
    assert await execute("UPDATE job SET attempts = 5 WHERE id = ?", job.id) == 1
    assert await execute("INSERT INTO scratch (id) SELECT 9 WHERE 1 = 0") == 0
    assert await JobRow.filter(id=job.id).delete() == 1
    assert await execute("DELETE FROM job WHERE id = ?", job.id) == 0
    found = await row("SELECT MIN(n) AS least, MAX(n) AS most FROM scratch")
    assert found == {"least": 9, "most": 9}, "the triggers did run"


@pytest.mark.usefixtures("database")
async def test_an_upsert_says_whether_it_wrote() -> None:
    """ON CONFLICT DO NOTHING gives 1 for the first and 0 for the second; a refused write is told from other errors."""
    await execute(SCRATCH)
    statement = "INSERT INTO scratch (id) VALUES (1) ON CONFLICT DO NOTHING"
    assert [await execute(statement), await execute(statement)] == [1, 0]
    for write, is_unique in (
        ("INSERT INTO scratch (id) VALUES (1)", True),
        ("INSERT INTO scratch (id, n) VALUES (2, NULL)", False),
    ):
        with pytest.raises(IntegrityError) as refused:
            await execute(write)
        assert is_unique_violation(refused.value) is is_unique


@pytest.mark.usefixtures("database")
async def test_two_units_that_lock_each_other_out_both_succeed(engine: str) -> None:
    """PostgreSQL ends one of two deadlocked transactions; the unit is run again and nobody notices. On SQLite
    writers queue, so the second simply waits."""
    await execute(SCRATCH)
    await execute("INSERT INTO scratch (id) VALUES (1), (2)")
    attempts: list[int] = []
    both_hold_one = asyncio.Barrier(2)

    @atomic
    async def work(first: int, second: int) -> None:
        attempts.append(first)
        await execute("UPDATE scratch SET n = n + 1 WHERE id = ?", first)
        if engine == "postgres" and len(attempts) <= 2:
            await both_hold_one.wait()
        await execute("UPDATE scratch SET n = n + 1 WHERE id = ?", second)

    async with asyncio.timeout(30):
        await asyncio.gather(work(1, 2), work(2, 1))
    assert await rows("SELECT n FROM scratch ORDER BY id") == [{"n": 2}, {"n": 2}]
    assert len(attempts) == (3 if engine == "postgres" else 2)


@pytest.mark.usefixtures("database")
async def test_units_that_cannot_be_put_in_order_are_run_again(engine: str) -> None:
    """Two serializable transactions that read what the other writes: one fails, is run again and sees the other."""
    await execute(SCRATCH)
    await execute("INSERT INTO scratch (id, n) VALUES (1, 1), (2, 1)")
    attempts: list[int] = []
    both_have_read = asyncio.Barrier(2)

    @atomic
    async def leave(person: int) -> bool:
        attempts.append(person)
        if engine == "postgres":
            await execute("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE")
        on_duty = await row("SELECT SUM(n) AS n FROM scratch")
        if engine == "postgres" and len(attempts) <= 2:
            await both_have_read.wait()
        if on_duty is None or on_duty["n"] < 2:
            return False
        await execute("UPDATE scratch SET n = 0 WHERE id = ?", person)
        return True

    async with asyncio.timeout(30):
        assert sorted(await asyncio.gather(leave(1), leave(2))) == [False, True]


async def test_a_busy_file_is_tried_again(
    make_settings: object, monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    """A unit that meets another program's lock beyond the busy time-out is run again until it is let in."""
    if engine != "sqlite":
        pytest.skip("only SQLite locks the whole file")
    monkeypatch.setattr(importlib.import_module("backend.core.db.connection"), "SQLITE_BUSY_TIMEOUT_MS", 20)
    settings: Settings = make_settings()  # type: ignore[operator]
    await init_database(settings)
    try:
        other = sqlite3.connect(settings.data_dir / "lexun.sqlite3", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        unit = asyncio.create_task(atomic(add_job)("waited"))
        await asyncio.sleep(0.15)
        assert not unit.done()
        other.execute("COMMIT")
        other.close()
        async with asyncio.timeout(30):
            await unit
        assert await JobRow.filter(name="waited").count() == 1
    finally:
        await close_database()


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("?ssl=false", False),
        ("?sslmode=disable", False),
        ("?ssl=off", False),
        ("?ssl=true", "require"),
        ("?sslmode=verify-full", "verify-full"),
        ("", "prefer"),
    ],
)
def test_the_addresss_ssl_option_means_what_it_says(query: str, wanted: object) -> None:
    """The text "false" switches encryption off instead of counting as true; secrets may hold any character."""
    settings = load_settings(
        {}, secret_key="k" * 32, database_url=f"postgresql://lexun:p%40ss%2Fword@db.example:5433/lexun{query}"
    )
    credentials = connection_config_for(settings)["credentials"]
    assert credentials["ssl"] == wanted
    assert (credentials["host"], credentials["port"], credentials["password"]) == (
        "db.example",
        5433,
        "p@ss/word",
    )


@pytest.mark.parametrize("query", ["?sslmode=maybe", "?min_size=3"])
def test_an_unknown_option_of_the_address_is_refused(query: str) -> None:
    """The error names it."""
    settings = load_settings({}, secret_key="k" * 32, database_url=f"postgresql://u@h/d{query}")
    with pytest.raises(SettingsError, match=r"maybe|min_size"):
        connection_config_for(settings)


async def test_the_ssl_option_reaches_the_server(
    make_settings: object, database_url: str, engine: str
) -> None:
    """A server without encryption is reached with ssl=false and not with ssl=true."""
    if engine != "postgres":
        pytest.skip("SQLite is a file")
    await init_database(make_settings(database_url=f"{database_url}?ssl=false"))  # type: ignore[operator]
    try:
        assert await row("SELECT 1 AS one") == {"one": 1}
    finally:
        await close_database()
    await init_database(make_settings(database_url=f"{database_url}?ssl=true"))  # type: ignore[operator]
    try:
        with pytest.raises(Exception, match=r"(?i)ssl"):
            await row("SELECT 1 AS one")
    finally:
        await close_database()


def checks_in_files(engine: str) -> set[str]:
    """The names of the CHECK constraints that the migration files create for an engine."""
    folders: list[Path] = [ROOT / "backend" / "migrations" / engine, ROOT / "points" / "sql" / engine]
    texts = [path.read_text("utf-8") for folder in folders for path in sorted(folder.glob("*.sql"))]
    return {name for text in texts for name in re.findall(r"CONSTRAINT\s+(\w+)\s+CHECK", text)}


@pytest.mark.usefixtures("database")
async def test_every_check_exists_in_the_database(engine: str) -> None:
    """What the files promise is enforced, on both engines: the ORM itself would leave every CHECK out."""
    if engine == "sqlite":
        tables = await rows("SELECT sql FROM sqlite_master WHERE type = 'table' AND sql IS NOT NULL")
        existing = {
            name for table in tables for name in re.findall(r"CONSTRAINT\s+(\w+)\s+CHECK", table["sql"])
        }
    else:
        existing = {
            each["conname"] for each in await rows("SELECT conname FROM pg_constraint WHERE contype = 'c'")
        }
    wanted = checks_in_files(engine)
    assert wanted <= existing, f"missing: {sorted(wanted - existing)}"
    # SQLite has more: there a CHECK also has to hold what a column's type holds on PostgreSQL.
    assert checks_in_files("postgres") <= checks_in_files("sqlite")
    assert {
        "job_state_known",
        "job_lease_while_doing",
        "audit_entry_position_positive",
        "media_size_positive",
    } <= wanted


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE job SET state = 'lost'",
        "UPDATE audit_head SET position = -1",
        "INSERT INTO media (key, content_type, width, height, bytes, sha256, created_at)"
        " VALUES ('k', 'image/webp', 0, 1, 1, '', '2026-01-01 00:00:00+00:00')",
    ],
)
async def test_a_check_refuses_what_python_would_let_through(statement: str) -> None:
    """One of each table, tried with SQL that no model has seen."""
    await add_job()
    await execute("INSERT INTO audit_head (tenant, position, hash) VALUES ('', 0, '')")
    with pytest.raises(IntegrityError, match=r"(?i)check constraint"):
        await connection().execute_query(sql(sqlite=statement, postgres=statement))
