"""What the database refuses, whoever asks: a bug in a handler cannot create points."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from tortoise.exceptions import BaseORMException, IntegrityError

from backend.core.db import atomic, connection, rows
from backend.core.ids import uuid7
from points import ledger
from points.audit import audit
from points.models import PointsAccount, PointsOffer, PointsTransfer, PointsVoucher

COLUMNS = (
    "id, debit_account_id, credit_account_id, amount, kind, pending_id, reverses_id, code, explanation, reason, "
    "timeout_at, created_at"
)


class RawTransfers:
    """Rows written past the ledger, as SQL."""

    def __init__(self, bank: Any, raw: Any) -> None:
        self._bank, self._raw = bank, raw

    async def insert(
        self, debit: UUID, credit: UUID, amount: object, verb: str = "INSERT", **more: Any
    ) -> UUID:
        """Write one row; its fields are right unless said otherwise."""
        row: dict[str, Any] = {
            "id": uuid7(),
            "debit_account_id": debit,
            "credit_account_id": credit,
            "amount": amount,
            "kind": "posted",
            "pending_id": None,
            "reverses_id": None,
            "code": "raw",
            "explanation": "[]",
            "reason": None,
            "timeout_at": None,
            "created_at": self._bank.now,
            **more,
        }
        values = ", ".join("?" * len(row))
        await self._raw(f"{verb} INTO points_transfer ({COLUMNS}) VALUES ({values})", *row.values())
        return row["id"]


@pytest.fixture
def sql(bank, raw) -> RawTransfers:
    """Writes transfers past the ledger."""
    return RawTransfers(bank, raw)


async def test_a_row_written_by_hand_moves_points_too(bank, sql) -> None:
    """The balances follow the journal, whoever writes it."""
    person, merchant = await bank.account(10), await bank.merchant()
    await sql.insert(person, merchant, 4)
    assert await bank.available(person) == 6
    assert (await audit()).ok


async def test_the_journal_only_grows(bank, raw) -> None:
    """No row is changed or deleted, not even to the same values."""
    person = await bank.account(10)
    for statement in (
        "UPDATE points_transfer SET amount = 100",
        "UPDATE points_transfer SET code = code",
        "DELETE FROM points_transfer",
        "DELETE FROM points_account",
    ):
        with pytest.raises(IntegrityError):
            await raw(statement)
    assert await bank.available(person) == 10


async def test_the_journal_is_not_emptied(bank, raw, engine) -> None:
    """TRUNCATE, which fires no row trigger on PostgreSQL, is refused; so is REPLACE on SQLite (below)."""
    if engine == "sqlite":
        pytest.skip("SQLite has no TRUNCATE")
    await bank.account(10)
    for table in (
        "points_redemption",
        "points_voucher CASCADE",
        "points_transfer CASCADE",
        "points_account CASCADE",
    ):
        with pytest.raises(IntegrityError):
            await raw(f"TRUNCATE {table}")


@pytest.mark.parametrize("verb", ["INSERT OR REPLACE", "REPLACE"])
async def test_a_row_is_not_replaced(bank, raw, sql, engine, verb) -> None:
    """REPLACE deletes without firing delete triggers on SQLite: it would apply a transfer twice."""
    if engine == "postgres":
        pytest.skip("PostgreSQL has no REPLACE")
    person, merchant = await bank.account(20), await bank.merchant()
    held = await sql.insert(person, merchant, 5, kind="pending")
    ended = await sql.insert(person, merchant, 5, kind="post", pending_id=held)
    for again in (
        {"id": ended, "kind": "post", "pending_id": held},
        {"kind": "void", "pending_id": held},
    ):
        with pytest.raises(IntegrityError):
            await sql.insert(person, merchant, 5, verb=verb, **again)
    with pytest.raises(IntegrityError):
        await raw(
            f"{verb} INTO points_account (id, kind, owner_id, created_at) "
            "SELECT id, kind, owner_id, created_at FROM points_account WHERE id = ?",
            person,
        )
    assert await bank.available(person) == 15
    assert (await audit()).ok


async def test_no_statement_makes_a_balance(bank, raw, sql) -> None:
    """Totals change by stored transfers alone, each once; owners and the right to overdraw never change."""
    person, merchant = await bank.account(10), await bank.merchant()
    await sql.insert(person, merchant, 5)
    for change in (
        "credits_posted = credits_posted + 1",
        "credits_posted = 1000, last_seq = last_seq + 1",
        "debits_posted = 0",
        "debits_posted = debits_posted + 5, last_seq = last_seq",
        "debits_pending = 0, credits_posted = credits_posted + 5, last_seq = last_seq + 1",
        "last_seq = 0",
        "may_overdraw = NOT may_overdraw",
        f"owner_id = '{uuid7()}'",
        "kind = 'team'",
    ):
        with pytest.raises(BaseORMException):
            await raw(f"UPDATE points_account SET {change} WHERE id = ?", person)
    assert await bank.available(person) == 5
    assert (await audit()).ok


async def test_an_account_starts_with_nothing(bank, raw) -> None:
    """An account cannot be opened with points in it, nor opened twice, nor may a person's overdraw."""
    insert = "INSERT INTO points_account (id, kind, owner_id, area_id, may_overdraw, credits_posted, created_at) VALUES "
    owner, no = uuid7(), False
    await raw(f"{insert} (?, 'person', ?, NULL, ?, 0, ?)", uuid7(), owner, no, bank.now)
    for values in (
        (uuid7(), "person", uuid7(), None, no, 50, bank.now),
        (uuid7(), "person", uuid7(), None, True, 0, bank.now),
        (uuid7(), "person", owner, None, no, 0, bank.now),
        (uuid7(), "person", None, None, no, 0, bank.now),
        (uuid7(), "issue", uuid7(), None, True, 0, bank.now),
        (uuid7(), "purse", uuid7(), None, no, 0, bank.now),
    ):
        with pytest.raises(IntegrityError):
            await raw(f"{insert} (?, ?, ?, ?, ?, ?, ?)", *values)
    await bank.account()
    with pytest.raises(IntegrityError):
        await raw(f"{insert} (?, 'issue', NULL, NULL, ?, 0, ?)", uuid7(), True, bank.now)


async def test_nobody_overdraws_by_sql(bank, sql) -> None:
    """More than there is cannot be moved or set aside; the issuer may."""
    person, merchant = await bank.account(10), await bank.merchant()
    await sql.insert(person, merchant, 6, kind="pending")
    for kind in ("posted", "pending"):
        with pytest.raises(IntegrityError, match="points_account_floor"):
            await sql.insert(person, merchant, 5, kind=kind)
    with pytest.raises(IntegrityError, match="points_account_floor"):
        await sql.insert(merchant, person, 1)
    await sql.insert(bank.issue, person, 1_000)
    assert await bank.available(person) == 1_004


async def test_impossible_rows_are_refused(bank, sql) -> None:
    """Amounts, sides, kinds and the fields that belong together."""
    person, merchant = await bank.account(10), await bank.merchant()
    given = (await rows("SELECT id FROM points_transfer"))[0]["id"]
    for wrong in (
        {"amount": 0},
        {"amount": -5},
        {"amount": 2_000_000_000},
        {"credit": person},
        {"credit": uuid7()},
        {"kind": "gift"},
        {"code": ""},
        {"kind": "post"},
        {"pending_id": given},
        {"timeout_at": bank.now},
        {"reason": "no reversal"},
        {"reverses_id": given},
    ):
        fields: dict[str, Any] = {"debit": person, "credit": merchant, "amount": 1, **wrong}
        with pytest.raises(IntegrityError):
            await sql.insert(**fields)
    assert await bank.available(person) == 10


async def test_words_are_no_amounts(bank, raw, sql, engine) -> None:
    """SQLite keeps any type in any column: text, which compares as more than every number, is refused."""
    if engine == "postgres":
        pytest.skip("PostgreSQL types its columns")
    person, merchant = await bank.account(10), await bank.merchant()
    for amount in ("many", 1.5):
        with pytest.raises(IntegrityError):
            await sql.insert(person, merchant, amount)
    with pytest.raises(IntegrityError, match="points_transfer_utc"):
        await raw(
            f"INSERT INTO points_transfer ({COLUMNS}) VALUES (?, ?, ?, 1, 'posted', NULL, NULL, 'raw', '[]', NULL, "
            "NULL, '2026-06-05T20:00:00+08:00')",
            uuid7(),
            person,
            merchant,
        )


async def test_a_pending_row_ends_once_as_it_began(bank, sql) -> None:
    """Only a pending row ends, with its own accounts and amount, in time, once."""
    person, merchant, other = await bank.account(20), await bank.merchant(), await bank.merchant()
    held = await sql.insert(person, merchant, 5, kind="pending", timeout_at=bank.now + timedelta(minutes=1))
    posted = await sql.insert(person, merchant, 1)
    for wrong in (
        {"credit": other, "amount": 5, "pending_id": held},
        {"credit": merchant, "amount": 4, "pending_id": held},
        {"credit": merchant, "amount": 1, "pending_id": posted},
        {"credit": merchant, "amount": 5, "pending_id": uuid7()},
        {"credit": merchant, "amount": 5, "pending_id": held, "created_at": bank.now + timedelta(minutes=1)},
    ):
        with pytest.raises(IntegrityError):
            await sql.insert(person, kind="post", **wrong)
    await sql.insert(
        person, merchant, 5, kind="void", pending_id=held, created_at=bank.now + timedelta(hours=1)
    )
    for kind in ("post", "void"):
        with pytest.raises(IntegrityError, match="points_transfer_one_resolution"):
            await sql.insert(person, merchant, 5, kind=kind, pending_id=held)
    assert await bank.available(person) == 19


async def test_a_time_out_is_exact_to_the_microsecond(bank, sql) -> None:
    """Times compare as times also where one has a fraction of a second and the other has none."""
    person, merchant = await bank.account(20), await bank.merchant()
    for timeout_us, at_us, in_time in (
        (0, -1, True),
        (0, 0, False),
        (1, 0, True),
        (1, 1, False),
        (500_000, 0, True),
    ):
        held = await sql.insert(
            person, merchant, 1, kind="pending", timeout_at=bank.now + timedelta(microseconds=timeout_us)
        )
        late = {"kind": "post", "pending_id": held, "created_at": bank.now + timedelta(microseconds=at_us)}
        if in_time:
            await sql.insert(person, merchant, 1, **late)
        else:
            with pytest.raises(IntegrityError, match="points_transfer_pending_match"):
                await sql.insert(person, merchant, 1, **late)


async def test_a_reversal_mirrors_what_it_reverses(bank, sql) -> None:
    """The same amount the other way, of something that moved, once."""
    person, merchant = await bank.account(20), await bank.merchant()
    moved = await sql.insert(person, merchant, 5)
    held = await sql.insert(person, merchant, 5, kind="pending")
    why = {"reason": "a mistake"}
    for debit, credit, amount, of in (
        (person, merchant, 5, moved),
        (merchant, person, 4, moved),
        (merchant, person, 5, held),
        (merchant, person, 5, uuid7()),
    ):
        with pytest.raises(IntegrityError):
            await sql.insert(debit, credit, amount, reverses_id=of, **why)
    await sql.insert(merchant, person, 5, reverses_id=moved, **why)
    await sql.insert(person, merchant, 5)
    with pytest.raises(IntegrityError, match="points_transfer_one_reversal"):
        await sql.insert(merchant, person, 5, reverses_id=moved, **why)


@pytest.mark.parametrize("model", [PointsAccount, PointsTransfer, PointsOffer, PointsVoucher])
async def test_the_models_are_the_tables(database, engine, model) -> None:
    """Every column of the SQL is a field of the model and back, with the same type and the same NULLs."""
    table = model._meta.db_table
    if engine == "sqlite":
        found = await rows(f"SELECT name, type, \"notnull\" AS required FROM pragma_table_info('{table}')")
    else:
        found = await rows(
            "SELECT column_name AS name, udt_name AS type, is_nullable = 'NO' AS required "
            "FROM information_schema.columns WHERE table_name = ?",
            table,
        )
    stored = {row["name"]: (_type(row["type"]), bool(row["required"])) for row in found}
    dialect = connection().capabilities.dialect
    expected = {}
    for name, field in model._meta.fields_map.items():
        expected[name] = (_type(field.get_for_dialect(dialect, "SQL_TYPE")), not field.null)
    assert stored == expected


def _type(name: str) -> str:
    """One spelling for the names a type goes by; lengths are compared by inserting, not here."""
    plain = name.split("(")[0].upper()
    aliases = {"INT8": "BIGINT", "INT4": "INT", "INTEGER": "BIGINT", "BIGSERIAL": "BIGINT", "BOOLEAN": "BOOL"}
    return aliases.get(plain, plain)


async def test_every_guard_is_there(database, engine) -> None:
    """The guards that the invariants rest on exist by name: dropping one must be noticed."""
    if engine == "sqlite":
        found = await rows(
            "SELECT sql, name FROM sqlite_master WHERE name LIKE 'points%' OR tbl_name LIKE 'points%'"
        )
        present = " ".join(f"{row['name']} {row['sql']}" for row in found)
    else:
        found = await rows(
            "SELECT tgname AS name FROM pg_trigger UNION ALL SELECT conname FROM pg_constraint"
        )
        present = " ".join(row["name"] for row in found)
    common = (
        "points_account_floor points_account_issuer points_account_totals points_account_owner "
        "points_transfer_amount points_transfer_two_sides points_transfer_kind points_transfer_resolves "
        "points_transfer_reversal points_transfer_timeout points_transfer_matches points_transfer_apply "
        "points_offer_stock points_voucher_state points_voucher_born points_voucher_moves points_voucher_redeemed"
    )
    assert [name for name in common.split() if name not in present] == []


async def test_the_ledger_reads_back_what_sql_wrote(bank, sql) -> None:
    """A replay is recognised also when the first row did not come through the ledger."""
    person, merchant = await bank.account(10), await bank.merchant()
    new = bank.movement(person, merchant, 3, code="raw")
    await sql.insert(person, merchant, 3, id=new.id)
    receipt = await atomic(ledger.transfer)(new, now=bank.now)
    assert receipt.replayed
    assert await bank.available(person) == 7
