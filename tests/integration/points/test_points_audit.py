"""The audit finds what was done behind the database's back."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from backend.core.db import atomic, dialect, execute, rows
from backend.core.ids import uuid7
from points import budgets, ledger, vouchers
from points.audit import AuditResult, audit


@pytest.fixture
def tamper(raw) -> Callable[..., Awaitable[None]]:
    """Runs a statement with every guard of the tables taken away first, as only their owner can."""

    async def run(statement: str, *values: object) -> None:
        if dialect() == "postgres":
            for table in (
                "points_account",
                "points_transfer",
                "points_voucher",
                "points_budget",
                "points_budget_use",
            ):
                await raw(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
            for check in ("points_account_floor", "points_account_totals"):
                await raw(f"ALTER TABLE points_account DROP CONSTRAINT IF EXISTS {check}")
            await raw(statement, *values)
            return
        for row in await rows(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'points%'"
        ):
            await raw(f"DROP TRIGGER {row['name']}")
        for pragma in ("foreign_keys = OFF", "ignore_check_constraints = ON"):
            await execute(f"PRAGMA {pragma}")
        await raw(statement, *values)

    return run


@pytest.fixture
async def busy(bank):
    """A bank with every kind of movement in it; gives a person's account and the transfers behind it."""
    user = await bank.person()
    person, merchant = ledger.account_id("person", user), await bank.merchant()
    given = await bank.give(person, 100)
    moved, held = bank.movement(person, merchant, 10), bank.movement(person, merchant, 20)
    await bank.transfer(moved)
    await atomic(ledger.reserve)(held, now=bank.now)
    posted = await atomic(ledger.post)(held.id, now=bank.now, code="taken")
    reversal = await atomic(ledger.reverse)(moved.id, "a mistake", now=bank.now)
    voucher = await atomic(vouchers.buy)((await bank.offer()).id, user, uuid7(), now=bank.now)

    @atomic
    async def fund() -> UUID:
        area_id, later = uuid7(), bank.now + timedelta(days=9)
        fields: dict[str, Any] = {
            "funder": "街道",
            "points": 500,
            "kept_for_posted": 0,
            "note": "",
            "by": user,
        }
        await budgets.add(uuid7(), area_id, starts_at=bank.now, ends_at=later, now=bank.now, **fields)
        held = await budgets.covering(area_id, bank.now, hold=True)
        await budgets.take(held, given.id, 100, posted=True, now=bank.now)
        return held[0].id

    return {
        "budget": await fund(),
        "person": person,
        "merchant": merchant,
        "given": given.id,
        "posted": posted.id,
        "reversal": reversal.id,
        "voucher": voucher.id,
    }


async def test_a_right_ledger_is_right(busy) -> None:
    """All of it is counted and nothing is found."""
    assert await audit() == AuditResult(
        accounts=4, transfers=6, vouchers=1, blocks=0, head_hash="", first_wrong=None
    )
    assert (await audit()).ok


async def test_an_empty_ledger_is_right(database) -> None:
    """Nothing to check is nothing wrong."""
    assert await audit() == AuditResult(
        accounts=0, transfers=0, vouchers=0, blocks=0, head_hash="", first_wrong=None
    )


@pytest.mark.parametrize(
    ("what", "statement", "which", "words"),
    [
        (
            "account",
            "UPDATE points_account SET credits_posted = credits_posted + 5 WHERE id = ?",
            "person",
            "person account: credits_posted is 115, the journal says 110",
        ),
        (
            "account",
            "UPDATE points_account SET debits_pending = 0 WHERE id = ?",
            "person",
            "person account: debits_pending is 0, the journal says 10",
        ),
        (
            "account",
            "UPDATE points_account SET last_seq = last_seq - 1 WHERE id = ?",
            "merchant",
            "merchant account: last_seq is 4, the journal says 5",
        ),
        (
            "transfer",
            "UPDATE points_transfer SET amount = 19 WHERE id = ?",
            "posted",
            "seq 4: it differs from the pending transfer it ends",
        ),
        (
            "transfer",
            "UPDATE points_transfer SET amount = 9 WHERE id = ?",
            "reversal",
            "seq 5: it differs from the transfer it reverses",
        ),
        (
            "transfer",
            "UPDATE points_transfer SET debit_account_id = id WHERE id = ?",
            "given",
            "seq 1: one of its accounts is missing",
        ),
        (
            "transfer",
            "UPDATE points_transfer SET pending_id = id WHERE id = ?",
            "posted",
            "seq 4: it differs from the pending transfer it ends",
        ),
        (
            "voucher",
            "UPDATE points_voucher SET state = 'redeemed', redeemed_at = issued_at, redeemed_by = id WHERE id = ?",
            "voucher",
            "it is redeemed and costs 10, but its transfer of 10 is still set aside",
        ),
        (
            "voucher",
            "UPDATE points_voucher SET cost = 9 WHERE id = ?",
            "voucher",
            "it is issued and costs 9, but its transfer of 10 is still set aside",
        ),
        (
            "budget",
            "UPDATE points_budget SET used = 90 WHERE id = ?",
            "budget",
            "the budget of 街道 says 90 are used, its uses say 100",
        ),
    ],
)
async def test_the_first_wrong_thing_is_named(busy, tamper, what, statement, which, words) -> None:
    """Each kind of tampering is found, with what was found and what the journal says."""
    await tamper(statement, busy[which])
    wrong = (await audit()).first_wrong
    assert wrong is not None
    assert (wrong.what, wrong.id, wrong.problem) == (what, str(busy[which]), words)


async def test_a_use_of_a_budget_is_what_its_transfer_moved(busy, tamper) -> None:
    """A use made smaller together with its budget no longer fits the transfer it paid for."""
    await tamper("UPDATE points_budget_use SET points = 90 WHERE budget_id = ?", busy["budget"])
    await execute("UPDATE points_budget SET used = 90 WHERE id = ?", busy["budget"])
    wrong = (await audit()).first_wrong
    assert wrong is not None
    assert (wrong.what, wrong.id) == ("transfer", str(busy["given"]))
    assert wrong.problem == "budgets gave 90 points for it, but it moved 100"


async def test_a_changed_amount_shows_in_the_balances(busy, tamper) -> None:
    """A row changed to another possible amount no longer fits the accounts it moved."""
    await tamper("UPDATE points_transfer SET amount = 200 WHERE id = ?", busy["given"])
    wrong = (await audit()).first_wrong
    assert wrong is not None
    assert wrong.what == "account"
    assert "the journal says" in wrong.problem


async def test_a_deleted_row_shows_in_the_balances(busy, tamper) -> None:
    """A row that is gone leaves balances without a reason."""
    await tamper("DELETE FROM points_transfer WHERE id = ?", busy["reversal"])
    assert not (await audit()).ok


async def test_an_overdraft_is_found_also_when_the_sums_agree(busy, bank, tamper) -> None:
    """With the floor taken away and a row written through it, the account is named as overdrawn."""
    columns = "id, debit_account_id, credit_account_id, amount, kind, code, explanation, created_at"
    await tamper(
        f"INSERT INTO points_transfer ({columns}) VALUES (?, ?, ?, 500, 'posted', 'theft', '[]', ?)",
        uuid7(),
        busy["merchant"],
        busy["person"],
        bank.now,
    )
    for side, account in (("debits_posted", busy["merchant"]), ("credits_posted", busy["person"])):
        await tamper(
            f"UPDATE points_account SET {side} = {side} + 500, last_seq = (SELECT max(seq) FROM points_transfer) "
            "WHERE id = ?",
            account,
        )
    wrong = (await audit()).first_wrong
    assert wrong is not None
    assert (wrong.id, wrong.problem) == (str(busy["merchant"]), "merchant account: it is overdrawn")
