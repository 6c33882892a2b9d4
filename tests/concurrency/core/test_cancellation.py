"""Phones hang up at any moment: cancelled work neither hangs the database nor stays half-done."""

import asyncio
import random
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from tortoise.exceptions import IntegrityError

from backend.core import clock
from backend.core.db import (
    atomic,
    close_database,
    dialect,
    drain_units,
    execute,
    init_database,
    on_commit,
    row,
    rows,
)
from backend.core.ids import uuid7
from backend.core.models import JobRow
from backend.settings import Settings

pytestmark = pytest.mark.usefixtures("database")

CANCELLATIONS = 600
AT_ONCE = 12
LIMIT_S = 120


@pytest.fixture
async def pairs(database: Settings) -> None:
    """A table whose rows make sense in pairs only."""
    await execute(
        "CREATE TABLE pair (unit VARCHAR(36) NOT NULL, side INT NOT NULL, PRIMARY KEY (unit, side))"
    )


def free_to_go_on() -> bool:
    """Whether nothing is held any more: SQLite's one lock, or any of the pool's connections."""
    from backend.core.db import connection

    client: Any = connection()
    if dialect() == "sqlite":
        return not client._lock.locked() and not client._connection.in_transaction
    return all(holder._in_use is None or holder._in_use.done() for holder in client._pool._holders)


async def let_go_after_a_moment(task: "asyncio.Task[Any]", chance: random.Random) -> None:
    """Cancel at any moment: before it began, between two steps of the loop, or while the database works."""
    if chance.random() < 0.5:
        for _ in range(chance.randrange(60)):
            await asyncio.sleep(0)
    else:
        await asyncio.sleep(chance.random() * 0.006)
    task.cancel()


async def cancel_at_random(work: Callable[[int], Awaitable[Any]], times: int, seed: int) -> dict[int, str]:
    """Begin `work(n)` `times` times, a dozen at once, and cancel each; returns how each ended, as its caller saw it."""
    chance = random.Random(seed)
    endings: dict[int, str] = {}
    places = asyncio.Semaphore(AT_ONCE)

    async def one(n: int) -> None:
        async with places:
            task = asyncio.ensure_future(work(n))
            canceller = asyncio.create_task(let_go_after_a_moment(task, chance))
            (outcome,) = await asyncio.gather(task, return_exceptions=True)
            endings[n] = type(outcome).__name__ if isinstance(outcome, BaseException) else "done"
            await canceller

    async with asyncio.timeout(LIMIT_S):
        await asyncio.gather(*(one(n) for n in range(times)))
        await drain_units()
    return endings


@pytest.mark.usefixtures("pairs")
async def test_cancelled_units_of_work_are_whole_and_hold_nothing() -> None:
    """600 units, each cancelled at a random moment: every pair has both rows or none, every unit whose caller was
    told so is there, callbacks ran for exactly the committed ones, and the database serves the next."""
    names = [str(uuid.UUID(int=n)) for n in range(CANCELLATIONS)]
    committed: list[int] = []

    @atomic
    async def work(n: int) -> None:
        on_commit(lambda: committed.append(n))
        await execute("INSERT INTO pair (unit, side) VALUES (?, 1)", names[n])
        await asyncio.sleep(0)
        await execute("INSERT INTO pair (unit, side) VALUES (?, 2)", names[n])
        if n % 10 == 3:
            raise ArithmeticError

    endings = await cancel_at_random(work, CANCELLATIONS, seed=1)
    assert set(endings.values()) <= {"done", "CancelledError", "ArithmeticError"}
    assert sum(ending == "CancelledError" for ending in endings.values()) > CANCELLATIONS // 4
    sides = {
        each["unit"]: each["sides"]
        for each in await rows("SELECT unit, COUNT(*) AS sides FROM pair GROUP BY unit")
    }
    assert set(sides.values()) == {2}
    assert sorted(committed) == sorted(n for n in range(CANCELLATIONS) if names[n] in sides)
    assert {n for n, ending in endings.items() if ending == "done"} <= set(committed)
    assert not {n for n in committed if n % 10 == 3}
    assert free_to_go_on()
    async with asyncio.timeout(LIMIT_S):
        await asyncio.gather(
            *(work(n) for n in range(CANCELLATIONS) if n % 10 != 3 and n not in set(committed))
        )
    assert len(committed) == CANCELLATIONS * 9 // 10


@pytest.mark.usefixtures("pairs")
async def test_cancelled_single_statements_hold_nothing() -> None:
    """Reads, writes and writes that return rows, outside a unit of work, cancelled while they run."""
    names = [str(uuid.UUID(int=n)) for n in range(CANCELLATIONS)]

    async def work(n: int) -> None:
        match n % 4:
            case 0:
                await execute("INSERT INTO pair (unit, side) VALUES (?, 1)", names[n])
            case 1:
                await rows(
                    "INSERT INTO pair (unit, side) VALUES (?, 1), (?, 2) RETURNING unit", names[n], names[n]
                )
            case 2:
                await rows("SELECT a.unit FROM pair a, pair b LIMIT 500")
            case 3:
                await execute("UPDATE pair SET side = side + 2 WHERE side < 3 AND unit < ?", names[n])

    endings = await cancel_at_random(work, CANCELLATIONS, seed=2)
    assert set(endings.values()) <= {"done", "CancelledError"}
    written = {each["unit"] for each in await rows("SELECT DISTINCT unit FROM pair")}
    assert {names[n] for n, ending in endings.items() if ending == "done" and n % 4 in (0, 1)} <= written
    assert (
        await rows(
            "SELECT unit FROM pair WHERE unit IN (SELECT unit FROM pair GROUP BY unit HAVING COUNT(*) > 2)"
        )
        == []
    )
    async with asyncio.timeout(LIMIT_S):
        assert await row("SELECT COUNT(*) AS n FROM pair") is not None
    assert free_to_go_on()


async def test_a_cancelled_bulk_write_is_whole_and_holds_nothing() -> None:
    """A bulk_create that is cancelled leaves all of its rows or none, and no transaction open behind it."""
    each = 200

    async def work(n: int) -> None:
        now = clock.now()
        await JobRow.bulk_create(
            [
                JobRow(id=uuid7(), name=f"bulk {n}", payload={}, run_at=now, created_at=now, keep_until=now)
                for _ in range(each)
            ]
        )

    endings = await cancel_at_random(work, 60, seed=3)
    assert set(endings.values()) <= {"done", "CancelledError"}
    counts = {
        found["name"]: found["jobs"]
        for found in await rows("SELECT name, COUNT(*) AS jobs FROM job GROUP BY name")
    }
    assert set(counts.values()) <= {each}
    assert {f"bulk {n}" for n, ending in endings.items() if ending == "done"} <= set(counts)
    assert free_to_go_on()
    async with asyncio.timeout(LIMIT_S):
        await atomic(work)(1000)


async def test_a_first_statement_that_is_cancelled_does_not_lock_the_others_out(database: Settings) -> None:
    """The connection is made by whoever comes first; that one may hang up as well."""
    for ticks in range(1, 25):
        await close_database()
        await init_database(database)
        task = asyncio.create_task(row("SELECT 1 AS one"))
        for _ in range(ticks):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        async with asyncio.timeout(20):
            assert await row("SELECT 1 AS one") == {"one": 1}


async def test_a_unit_goes_on_when_its_caller_is_gone_and_close_waits_for_it(database: Settings) -> None:
    """Stopping the server does not cut off what is being written."""
    begun = asyncio.Event()

    @atomic
    async def work() -> None:
        begun.set()
        await asyncio.sleep(0.2)
        now = clock.now()
        await JobRow.create(id=uuid7(), name="late", payload={}, run_at=now, created_at=now, keep_until=now)

    task = asyncio.create_task(work())
    await begun.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await close_database()
    await init_database(database)
    assert await JobRow.filter(name="late").count() == 1


@pytest.mark.usefixtures("pairs")
async def test_a_unit_that_stops_waiting_for_its_own_statement_holds_nothing() -> None:
    """A time limit inside the work: the unit ends with the error and the next ones find everything free."""
    chance = random.Random(4)

    @atomic
    async def work(n: int, limit_s: float) -> None:
        await execute("INSERT INTO pair (unit, side) VALUES (?, 1)", str(uuid.UUID(int=n)))
        async with asyncio.timeout(limit_s):
            for _ in range(20):
                await rows("SELECT COUNT(*) AS n FROM pair a, pair b")
        await execute("INSERT INTO pair (unit, side) VALUES (?, 2)", str(uuid.UUID(int=n)))

    async with asyncio.timeout(LIMIT_S):
        endings = await asyncio.gather(
            *(work(n, chance.random() * 0.03) for n in range(150)), return_exceptions=True
        )
    assert {type(ending) for ending in endings} <= {type(None), TimeoutError}
    assert TimeoutError in {type(ending) for ending in endings}
    sides = await rows("SELECT unit, COUNT(*) AS sides FROM pair GROUP BY unit")
    assert {each["sides"] for each in sides} <= {2} and len(sides) == endings.count(None)
    assert free_to_go_on()


async def test_a_failed_unit_leaves_nothing_and_the_error_is_the_callers() -> None:
    """An error in the middle, and one of the database itself, roll back and arrive as they were."""

    @atomic
    async def work(twice: bool) -> None:
        now = clock.now()
        for key in ("a", "a") if twice else ("b",):
            await JobRow.create(
                id=uuid7(), name="x", key=key, payload={}, run_at=now, created_at=now, keep_until=now
            )
        raise ArithmeticError("mine")

    with pytest.raises(ArithmeticError, match="mine"):
        await work(False)
    with pytest.raises(IntegrityError):
        await work(True)
    assert await JobRow.all().count() == 0
    assert free_to_go_on()
