"""The audit log: appended in the caller's transaction, chained per district, and telling when it was changed."""

import asyncio
import datetime as dt
import uuid
from types import SimpleNamespace

import pytest
from tortoise.exceptions import BaseORMException

from backend.areas.models import Area
from backend.core import audit, clock
from backend.core.db import atomic, dialect, execute, row, sql
from backend.core.ids import uuid7
from backend.core.models import AuditEntry

pytestmark = pytest.mark.usefixtures("database")


async def add_area(path: str) -> uuid.UUID:
    """A bare area; its parents are not needed here."""
    area_id = uuid7()
    await Area.create(
        id=area_id, path=path, slug=path.rsplit("/", 1)[-1], kind="district", name_zh="区", name_en="District",
        geometry={}, west=120.0, south=27.9, east=120.1, north=28.0, center_lon=120.05, center_lat=27.95,
        time_zone="Asia/Shanghai",
    )  # fmt: skip
    return area_id


async def record_some(count: int, area_id: uuid.UUID | None = None) -> list[uuid.UUID]:
    """Entries about tasks."""
    return [
        await audit.record(
            None, "task.publish", "task", uuid7(), area_id=area_id, details={"seats": n, "why": "平安"}
        )
        for n in range(count)
    ]


async def unprotected(statement: str, *values: object) -> None:
    """Do what a forger with the owner's password would: take the triggers away, change, put nothing back."""
    for name in ("no_update", "no_delete", "follows"):
        await execute(f"DROP TRIGGER audit_entry_{name}{sql(sqlite='', postgres=' ON audit_entry')}")
    assert await execute(statement, *values) == 1


async def test_an_entry_says_who_did_what(database: object) -> None:
    """Actor, action, thing, place, details and time are kept, and the whole log verifies."""
    area_id = await add_area("lewan/rongqiao")
    actor = SimpleNamespace(user_id=uuid7())
    entry_id = await audit.record(
        actor, "alert.approve", "alert", uuid7(), area_id=area_id, details={"to": "live"}
    )
    entry = await AuditEntry.get(id=entry_id)
    assert (entry.tenant, entry.position, entry.actor_id) == ("lewan", 1, actor.user_id)
    assert (entry.action, entry.kind, entry.details) == ("alert.approve", "alert", '{"to":"live"}')
    assert clock.now() - entry.at < dt.timedelta(minutes=1)
    assert await audit.verify() == audit.VerifyReport(ok=True, checked=1)


async def test_each_district_has_a_chain_of_its_own() -> None:
    """Positions count within the district; what belongs to none is in the chain ""."""
    lewan, other = await add_area("lewan"), await add_area("other")
    await record_some(2, lewan)
    await record_some(1, other)
    await record_some(3)
    found = await AuditEntry.all().order_by("id").values_list("tenant", "position")
    assert list(found) == [("lewan", 1), ("lewan", 2), ("other", 1), ("", 1), ("", 2), ("", 3)]
    assert await audit.verify() == audit.VerifyReport(ok=True, checked=6)
    assert await audit.verify("lewan") == audit.VerifyReport(ok=True, checked=2)


async def test_a_rolled_back_unit_leaves_no_entry_and_no_gap() -> None:
    """The entry shares the fate of what it tells of, and the next one follows the last that stayed."""

    @atomic
    async def fail() -> None:
        await record_some(2)
        raise ArithmeticError

    await record_some(1)
    with pytest.raises(ArithmeticError):
        await fail()
    await record_some(1)
    assert await audit.verify() == audit.VerifyReport(ok=True, checked=2)


async def test_many_writers_at_once_do_not_fork_the_chain() -> None:
    """Forty transactions on one chain, each with two entries: eighty entries in one line."""
    lewan = await add_area("lewan")

    @atomic
    async def work() -> None:
        await audit.record(None, "task.grab", "task", uuid7(), area_id=lewan)
        await asyncio.sleep(0)
        await audit.record(None, "task.release", "task", uuid7(), area_id=lewan)

    await asyncio.gather(*(work() for _ in range(40)))
    assert await audit.verify() == audit.VerifyReport(ok=True, checked=80)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET action = 'task.cancel'",
        "DELETE FROM audit_entry",
        "INSERT INTO audit_entry SELECT id, tenant, 9, at, actor_id, action, kind, object_id, area_id, details,"
        " previous_hash, hash FROM audit_entry WHERE position = 1",
    ],
)
async def test_the_database_refuses_changes(statement: str) -> None:
    """Whoever writes SQL past our code cannot change, remove or misplace an entry."""
    await record_some(2)
    with pytest.raises(BaseORMException, match=r"append-only|does not follow"):
        await execute(statement)
    assert await audit.verify() == audit.VerifyReport(ok=True, checked=2)


async def test_the_database_refuses_the_ways_round_the_triggers() -> None:
    """Neither SQLite's INSERT OR REPLACE nor PostgreSQL's TRUNCATE removes entries."""
    await record_some(2)
    statement = (
        "INSERT OR REPLACE INTO audit_entry SELECT id, tenant, position, at, actor_id, 'x', kind, object_id, area_id,"
        " details, previous_hash, hash FROM audit_entry WHERE position = 2"
        if dialect() == "sqlite"
        else "TRUNCATE audit_entry"
    )
    with pytest.raises(BaseORMException, match=r"append-only|does not follow"):
        await execute(statement)
    assert await audit.verify() == audit.VerifyReport(ok=True, checked=2)


@pytest.mark.parametrize("column", ["at", "actor_id", "action", "kind", "object_id", "area_id", "details"])
async def test_verify_names_an_altered_entry(column: str) -> None:
    """A change of any column is found, and the row is named."""
    entry_ids = await record_some(5)
    new: object = {"at": clock.now() - dt.timedelta(days=1), "actor_id": uuid7(), "area_id": uuid7()}.get(
        column, "{}"
    )
    await unprotected(f"UPDATE audit_entry SET {column} = ? WHERE position = 3", new)
    report = await audit.verify()
    assert report == audit.VerifyReport(False, 3, audit.Broken("", 3, audit.ALTERED, entry_ids[2]))


async def test_verify_names_a_missing_and_a_cut_off_entry() -> None:
    """An entry taken from the middle, and the last one, leave a trace."""
    await record_some(5)
    await unprotected("DELETE FROM audit_entry WHERE position = 2")
    assert (await audit.verify()).first_bad == audit.Broken("", 2, audit.MISSING)
    await execute("DELETE FROM audit_entry")
    assert (await audit.verify()).first_bad == audit.Broken("", 1, audit.CUT)


async def test_verify_names_a_forged_chain() -> None:
    """An entry altered together with its own hash breaks the link of the next; the last one, the head's."""
    await record_some(3)
    second, third = await AuditEntry.get(position=2), await AuditEntry.get(position=3)
    second.action = third.action = "task.cancel"
    await unprotected(
        "UPDATE audit_entry SET action = ?, hash = ? WHERE position = 3", "task.cancel", audit.hash_of(third)
    )
    assert (await audit.verify()).first_bad == audit.Broken("", 3, audit.OTHER_END)
    await execute(
        "UPDATE audit_entry SET action = ?, hash = ? WHERE position = 2", "task.cancel", audit.hash_of(second)
    )
    assert (await audit.verify()).first_bad == audit.Broken("", 3, audit.UNLINKED, third.id)


async def test_verify_reads_chains_longer_than_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the chain's length is exactly the page's."""
    monkeypatch.setattr(audit, "PAGE", 3)
    for length in range(1, 8):
        await record_some(1)
        assert await audit.verify() == audit.VerifyReport(ok=True, checked=length)


async def test_an_unknown_area_does_not_lose_the_entry() -> None:
    """An entry about an area that is gone is still kept, in the chain of no district."""
    await audit.record(None, "area.delete", "area", uuid7(), area_id=uuid7())
    head = await row("SELECT tenant, position FROM audit_head")
    assert head == {"tenant": "", "position": 1}
