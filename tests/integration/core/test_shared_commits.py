"""Short units that wait at the same moment share a commit on SQLite, fail alone, and are over only when it is done."""

import asyncio

import pytest
from tortoise.exceptions import IntegrityError

from backend.core.db import atomic, atomic_shared, connection, dialect, drain_units, execute, on_commit, rows
from backend.core.db.sqlite import GROUP_UNITS_MAX

SCRATCH = "CREATE TABLE scratch (id INT NOT NULL PRIMARY KEY, parent INT REFERENCES scratch (id) DEFERRABLE INITIALLY DEFERRED)"
TOLD: list[int] = []


@atomic_shared
async def add(number: int, parent: int | None = None) -> int:
    """One row; twice the same number is refused."""
    await execute("INSERT INTO scratch (id, parent) VALUES (?, ?)", number, parent)
    on_commit(lambda: TOLD.append(number))
    return number


async def stored() -> list[int]:
    """Which numbers are there."""
    return [each["id"] for each in await rows("SELECT id FROM scratch ORDER BY id")]


@pytest.fixture
async def said(database: object) -> list[str]:
    """What SQLite is told from now on, statement by statement; nothing of PostgreSQL, which shares by itself."""
    TOLD.clear()
    await execute(SCRATCH)
    statements: list[str] = []
    if dialect() == "sqlite":
        await connection()._connection.set_trace_callback(statements.append)  # type: ignore[attr-defined]
    return statements


async def test_units_that_wait_together_are_written_together(said: list[str]) -> None:
    """All are there, and far fewer commits than units were needed; none is too long a wait for other processes."""
    count = GROUP_UNITS_MAX + 20
    assert await asyncio.gather(*[add(number) for number in range(count)]) == list(range(count))
    assert await stored() == sorted(TOLD) == list(range(count))
    if dialect() == "sqlite":
        assert 2 <= said.count("COMMIT") <= 10
        assert said.count("BEGIN IMMEDIATE") == said.count("COMMIT")


async def test_a_unit_that_fails_fails_alone(said: list[str]) -> None:
    """The others of its group are stored; a unit that ran nothing, and one that waits alone, are no trouble."""

    @atomic_shared
    async def nothing() -> int:
        return -1

    @atomic_shared
    async def half(number: int) -> None:
        await add(number)
        raise ValueError(number)

    await add(3)
    work = [add(1), nothing(), half(2), add(3), nothing(), half(5), add(4)]
    results = await asyncio.gather(*work, return_exceptions=True)
    kinds = [type(result) for result in results]
    assert kinds == [int, int, ValueError, IntegrityError, int, ValueError, int]
    assert await stored() == sorted(TOLD) == [1, 3, 4]


async def test_others_see_only_what_is_committed(said: list[str]) -> None:
    """A reader and an ordinary unit that come between the units of a group find it committed."""

    @atomic
    async def ordinary() -> list[int]:
        return await stored()

    work = [add(1), add(2), stored(), add(3), ordinary(), add(4)]
    await asyncio.gather(*work)
    if dialect() == "sqlite":
        order = [
            each for each in said if each in ("COMMIT", "BEGIN IMMEDIATE") or each.startswith("SELECT id")
        ]
        inside = [
            order[:place].count("BEGIN IMMEDIATE") - order[:place].count("COMMIT")
            for place in range(len(order))
        ]
        reads = [
            open for statement, open in zip(order, inside, strict=True) if statement.startswith("SELECT id")
        ]
        assert reads == [0, 1]  # the ordinary unit reads in a transaction of its own
        assert order.count("BEGIN IMMEDIATE") == order.count("COMMIT")
    assert await stored() == [1, 2, 3, 4]


async def test_a_commit_that_fails_fails_whose_fault_it_was(said: list[str]) -> None:
    """A row whose parent is missing is refused only at the commit: its unit is told so, the others are stored."""
    results = await asyncio.gather(add(1), add(2, parent=99), add(3), return_exceptions=True)
    assert results[0] == 1 and results[2] == 3
    assert isinstance(results[1], Exception)
    assert await stored() == sorted(TOLD) == [1, 3]


async def test_a_caller_that_hangs_up_leaves_nobody_waiting(said: list[str]) -> None:
    """Its unit is done all the same, and so are the others."""
    tasks = [asyncio.ensure_future(add(number)) for number in range(12)]
    await asyncio.sleep(0)
    for task in tasks[::3]:
        task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert sum(isinstance(result, asyncio.CancelledError) for result in results) == 4
    await drain_units()
    assert await stored() == sorted(TOLD) == list(range(12))
