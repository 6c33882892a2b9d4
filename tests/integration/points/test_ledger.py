"""Transfers, two-phase transfers, reversals, statements."""

import asyncio
import itertools
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from tortoise.transactions import in_transaction

from backend.core.db import atomic
from backend.core.ids import uuid7
from points import ledger
from points.audit import audit
from points.errors import (
    AccountNotFound,
    AlreadyResolved,
    AlreadyReversed,
    InvalidPoints,
    NotEnoughPoints,
    NotReversible,
    PendingTimedOut,
    PointsError,
    TransferConflict,
    TransferNotFound,
)
from points.explanation import Line


async def test_points_move_and_nothing_is_lost(bank) -> None:
    """What one account loses the other gains, and the audit agrees."""
    person, merchant = await bank.account(30), await bank.merchant()
    (receipt,) = await bank.transfer(bank.movement(person, merchant, 12))
    assert (receipt.amount, receipt.created_at, receipt.replayed) == (12, bank.now, False)
    assert await bank.available(person) == 18
    assert await bank.available(merchant) == 12
    assert await bank.available(bank.issue) == -30
    assert (await audit()).ok


async def test_nobody_spends_what_is_not_there(bank) -> None:
    """The refusal says how much there is and how much was needed, and nothing has moved."""
    person, merchant = await bank.account(10), await bank.merchant()
    with pytest.raises(NotEnoughPoints) as refused:
        await bank.transfer(bank.movement(person, merchant, 6), bank.movement(person, merchant, 5))
    assert (refused.value.code, refused.value.params) == ("not-enough-points", {"balance": 4, "needed": 5})
    assert await bank.available(person) == 10


async def test_points_received_in_a_batch_can_be_spent_in_it(bank) -> None:
    """A batch is stored in its order."""
    person, merchant = await bank.account(), await bank.merchant()
    await bank.transfer(bank.movement(bank.issue, person, 5), bank.movement(person, merchant, 5))
    assert await bank.available(merchant) == 5


async def test_sending_twice_stores_once(bank) -> None:
    """The same id with the same content gets the first receipt again, also inside one batch."""
    person, merchant = await bank.account(10), await bank.merchant()
    new = bank.movement(person, merchant, 7, lines=(Line(code="x", points=7, params={"b": 1, "a": "二"}),))
    (first,) = await bank.transfer(new)
    bank.now += timedelta(hours=1)
    again, twice = await bank.transfer(new, new)
    assert again == twice == replace(first, replayed=True)
    assert await ledger.receipts([new.id, uuid7()]) == {new.id: again}
    assert await ledger.receipts([]) == {}
    assert await bank.available(person) == 3


@pytest.mark.parametrize(
    "change",
    [{"amount": 6}, {"code": "other"}, {"reference_id": UUID(int=1)}, {"lines": (Line(code="y", points=1),)}],
)
async def test_an_id_stands_for_one_content(bank, change) -> None:
    """The same id with other content is refused, and the first stays as it was."""
    person, merchant = await bank.account(20), await bank.merchant()
    new = bank.movement(person, merchant, 7)
    await bank.transfer(new)
    with pytest.raises(TransferConflict) as refused:
        await bank.transfer(replace(new, **change))
    assert refused.value.params == {"id": str(new.id)}
    with pytest.raises(TransferConflict):
        await bank.transfer(replace(new, debit=merchant, credit=person))
    assert await bank.available(person) == 13


async def test_one_id_sent_at_once_with_two_contents_is_stored_once(bank) -> None:
    """Two senders who share an id but no account do not both succeed."""
    payers = [await bank.account(10), await bank.account(10)]
    shops = [await bank.merchant(), await bank.merchant()]
    first = bank.movement(payers[0], shops[0], 5)
    second = replace(first, debit=payers[1], credit=shops[1])
    results = await asyncio.gather(bank.transfer(first), bank.transfer(second), return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["TransferConflict", "list"]
    assert sum([await bank.available(payer) for payer in payers]) == 15


async def test_impossible_transfers_are_refused_by_name(bank) -> None:
    """Each wrong field is named with its value; an unknown account is named too."""
    person, merchant = await bank.account(20), await bank.merchant()
    wrong = {
        "amount": bank.movement(person, merchant, 0),
        "credit": bank.movement(person, person, 5),
        "code": bank.movement(person, merchant, 5, code=""),
    }
    for field, new in wrong.items():
        with pytest.raises(InvalidPoints) as refused:
            await bank.transfer(new)
        assert refused.value.params["field"] == field
    with pytest.raises(AccountNotFound):
        await bank.transfer(bank.movement(person, uuid7(), 5))


async def test_points_move_only_inside_a_transaction(bank) -> None:
    """A caller who forgot its transaction is told, before anything is written."""
    person, merchant = await bank.account(20), await bank.merchant()
    with pytest.raises(RuntimeError, match="inside a transaction"):
        await ledger.transfer(bank.movement(person, merchant, 5), now=bank.now)
    with pytest.raises(RuntimeError, match="inside a transaction"):
        await ledger.person_account(uuid7(), now=bank.now)
    assert await bank.available(person) == 20


async def test_the_callers_rollback_takes_the_transfer_with_it(bank) -> None:
    """Points and the reason for them happen together or not at all."""
    person, merchant = await bank.account(20), await bank.merchant()

    @atomic
    async def fails_afterwards() -> None:
        await ledger.transfer(bank.movement(person, merchant, 5), now=bank.now)
        raise LookupError

    with pytest.raises(LookupError):
        await fails_afterwards()
    assert await bank.available(person) == 20


async def test_a_reserved_amount_is_neither_here_nor_there(bank) -> None:
    """Set aside it cannot be spent; posted it arrives; voided it comes back."""
    person, merchant = await bank.account(20), await bank.merchant()
    held, dropped = bank.movement(person, merchant, 15), bank.movement(person, merchant, 5)
    await atomic(ledger.reserve)(held, now=bank.now)
    await atomic(ledger.reserve)(dropped, now=bank.now)
    assert await ledger.balance(person) == ledger.Balance(available=0, set_aside=20, incoming=0)
    assert await ledger.balance(merchant) == ledger.Balance(available=0, set_aside=0, incoming=20)
    with pytest.raises(NotEnoughPoints):
        await bank.transfer(bank.movement(person, merchant, 1))
    await atomic(ledger.post)(held.id, now=bank.now, code="taken")
    await atomic(ledger.void)(dropped.id, now=bank.now, code="dropped")
    assert await ledger.balance(person) == ledger.Balance(available=5, set_aside=0, incoming=0)
    assert await ledger.balance(merchant) == ledger.Balance(available=15, set_aside=0, incoming=0)
    assert (await audit()).ok


async def test_a_pending_transfer_ends_once(bank) -> None:
    """The same end again is harmless; the other end is refused and says how it ended."""
    person, merchant = await bank.account(20), await bank.merchant()
    held = bank.movement(person, merchant, 15)
    await atomic(ledger.reserve)(held, now=bank.now)
    first = await atomic(ledger.post)(held.id, now=bank.now, code="taken")
    again = await atomic(ledger.post)(held.id, now=bank.now, code="taken")
    assert again == replace(first, replayed=True)
    with pytest.raises(AlreadyResolved) as refused:
        await atomic(ledger.void)(held.id, now=bank.now, code="dropped")
    assert refused.value.params == {"id": str(held.id), "resolution": "post"}
    with pytest.raises(AlreadyResolved):
        await bank.transfer(replace(held, id=uuid7(), kind="void", pending_id=held.id))
    assert await bank.available(person) == 5


async def test_posting_and_voiding_at_once_has_one_winner(bank) -> None:
    """Whoever comes first decides; the others are told, and the points are where they say."""
    person, merchant = await bank.account(10), await bank.merchant()
    held = bank.movement(person, merchant, 10)
    await atomic(ledger.reserve)(held, now=bank.now)
    moves = [atomic(ledger.post)(held.id, now=bank.now, code="taken")]
    moves += [atomic(ledger.void)(held.id, now=bank.now, code="dropped")]
    results = await asyncio.gather(*moves, return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["AlreadyResolved", "Receipt"]
    assert sorted([await bank.available(person), await bank.available(merchant)]) == [0, 10]


async def test_after_its_time_out_a_pending_transfer_can_only_be_voided(bank) -> None:
    """The last moment is before timeout_at; giving back is always possible."""
    person, merchant = await bank.account(20), await bank.merchant()
    held, late = bank.movement(person, merchant, 5), bank.movement(person, merchant, 5)
    timeout_at = bank.now + timedelta(minutes=5)
    for new in (held, late):
        await atomic(ledger.reserve)(new, now=bank.now, timeout_at=timeout_at)
    await atomic(ledger.post)(held.id, now=timeout_at - timedelta(microseconds=1), code="taken")
    with pytest.raises(PendingTimedOut):
        await atomic(ledger.post)(late.id, now=timeout_at, code="taken")
    assert (await atomic(ledger.post)(held.id, now=timeout_at, code="taken")).replayed
    await atomic(ledger.void)(late.id, now=timeout_at, code="timed_out")
    assert await bank.available(person) == 15


async def test_only_what_is_pending_can_be_posted(bank) -> None:
    """An unknown id and a posted transfer are both no pending transfer."""
    person = await bank.account()
    given = await bank.give(person, 5)
    for wrong in (uuid7(), given.id):
        with pytest.raises(TransferNotFound):
            await atomic(ledger.post)(wrong, now=bank.now, code="taken")


async def test_a_reversal_is_a_new_row_with_its_reason(bank) -> None:
    """The points go back, the first row stays, and the statement shows both."""
    person = await bank.account()
    given = await bank.give(person, 10)
    receipt = await atomic(ledger.reverse)(given.id, "credited twice", now=bank.now)
    assert (await atomic(ledger.reverse)(given.id, "credited twice", now=bank.now)).replayed
    assert await bank.available(person) == 0
    assert await ledger.earned(person) == 0
    rows = await ledger.statement(person)
    assert [(row.points, row.code, row.reason) for row in rows] == [
        (-10, "reversal", "credited twice"),
        (10, "patrol_reward", None),
    ]
    assert rows[0].id == receipt.id
    assert rows[0].lines == (
        Line(code="reversal", points=-10, params={"of": "patrol_reward", "reason": "credited twice"}),
    )
    with pytest.raises(AlreadyReversed):
        await atomic(ledger.reverse)(given.id, "another reason", now=bank.now)
    assert (await audit()).ok


async def test_spent_points_cannot_be_reversed(bank) -> None:
    """A reversal never makes a balance negative."""
    person, merchant = await bank.account(), await bank.merchant()
    given = await bank.give(person, 10)
    await bank.transfer(bank.movement(person, merchant, 4))
    with pytest.raises(NotEnoughPoints):
        await atomic(ledger.reverse)(given.id, "credited twice", now=bank.now)


async def test_what_moved_nothing_cannot_be_reversed(bank) -> None:
    """A pending transfer is voided, not reversed; a reversal needs its reason."""
    person, merchant = await bank.account(10), await bank.merchant()
    held = bank.movement(person, merchant, 10)
    await atomic(ledger.reserve)(held, now=bank.now)
    with pytest.raises(NotReversible):
        await atomic(ledger.reverse)(held.id, "no", now=bank.now)
    with pytest.raises(InvalidPoints):
        await atomic(ledger.reverse)(held.id, "  ", now=bank.now)
    with pytest.raises(TransferNotFound):
        await atomic(ledger.reverse)(uuid7(), "no", now=bank.now)


async def test_a_statement_shows_every_change_of_what_can_be_spent(bank) -> None:
    """Newest first, page by page, each with the balance after it; settling what was set aside is no new row."""
    person, merchant = await bank.account(50), await bank.merchant()
    held, dropped = bank.movement(person, merchant, 20), bank.movement(person, merchant, 5)
    await atomic(ledger.reserve)(held, now=bank.now)
    await atomic(ledger.reserve)(dropped, now=bank.now)
    await atomic(ledger.post)(held.id, now=bank.now, code="taken")
    await atomic(ledger.void)(dropped.id, now=bank.now, code="dropped")
    patrol_id = uuid7()
    line = Line(code="night", points=5, params={"from": "22:00"})
    await bank.transfer(bank.movement(bank.issue, person, 5, reference_id=patrol_id, lines=(line,)))
    rows = await ledger.statement(person)
    assert [(row.points, row.balance_after) for row in rows] == [
        (5, 35),
        (5, 30),
        (-5, 25),
        (-20, 30),
        (50, 50),
    ]
    assert (rows[0].reference_id, rows[0].lines, rows[0].at) == (patrol_id, (line,), bank.now)
    assert rows[0].other_account_id == bank.issue
    first_page = await ledger.statement(person, limit=2)
    second_page = await ledger.statement(person, limit=3, before=first_page[-1].seq)
    assert first_page + second_page == rows
    assert [(row.points, row.balance_after) for row in await ledger.statement(merchant)] == [(20, 20)]
    assert await ledger.statement(uuid7()) == []


async def test_what_was_earned_on_a_day(bank) -> None:
    """Only what came in within the time, from its start up to before its end."""
    person = await bank.account(10)
    bank.now += timedelta(hours=2)
    await bank.give(person, 7)
    assert await ledger.earned(person) == 17
    assert await ledger.earned(person, since=bank.now) == 7
    assert await ledger.earned(person, until=bank.now) == 10
    assert await ledger.earned(person, since=bank.now + timedelta(microseconds=1)) == 0


async def test_everybody_has_one_account_of_a_kind(bank) -> None:
    """Asking again, also at the same time, gives the same account; an unused one holds nothing."""
    owner = uuid7()
    ids = await asyncio.gather(*[atomic(ledger.person_account)(owner, now=bank.now) for _ in range(8)])
    assert set(ids) == {ledger.account_id("person", owner)}
    assert await atomic(ledger.team_account)(owner, now=bank.now) not in ids
    area = uuid7()
    for issuer in (None, area):
        accounts = [await atomic(ledger.issue_account)(issuer, now=bank.now) for _ in range(2)]
        assert accounts == [ledger.account_id("issue", issuer)] * 2
    assert await bank.available(ledger.account_id("person", uuid7())) == 0


async def test_opposite_batches_do_not_wait_for_each_other(bank) -> None:
    """Batches over the same accounts in opposite orders all succeed, and the sums are right."""
    accounts = [await bank.account(1_000) for _ in range(6)]
    there = [bank.movement(a, b, 1) for a, b in itertools.pairwise(accounts)]
    back = [bank.movement(b, a, 1) for a, b in reversed(list(itertools.pairwise(accounts)))]

    async def send(batch: list[ledger.Transfer]) -> None:
        # Not `atomic`, which would try a deadlock again and so hide it.
        async with in_transaction("default"):
            await ledger.transfer_many([replace(new, id=uuid7()) for new in batch], now=bank.now)

    results = await asyncio.gather(
        *[send(there if turn % 2 else back) for turn in range(40)], return_exceptions=True
    )
    assert [result for result in results if isinstance(result, BaseException)] == []
    assert [await bank.available(account) for account in accounts] == [1_000] * 6
    assert (await audit()).ok


async def test_people_spending_at_once_never_spend_too_much(bank) -> None:
    """Thirty purchases of 10 against 100 points at the same moment: ten succeed."""
    person, merchant = await bank.account(100), await bank.merchant()
    results = await asyncio.gather(
        *[bank.transfer(bank.movement(person, merchant, 10)) for _ in range(30)], return_exceptions=True
    )
    refused = [result for result in results if isinstance(result, BaseException)]
    assert {type(result) for result in refused} == {NotEnoughPoints}
    assert len(refused) == 20
    assert await bank.available(person) == 0
    assert await bank.available(merchant) == 100


def test_every_refusal_has_a_code_of_its_own() -> None:
    """Clients word refusals by their code: stable, in one spelling, never shared."""

    def below(kind: type[PointsError]) -> list[type[PointsError]]:
        return [kind, *[deeper for child in kind.__subclasses__() for deeper in below(child)]]

    leaves = [kind for kind in below(PointsError) if not kind.__subclasses__()]
    codes = [kind.code for kind in leaves]
    assert len(codes) == len(set(codes)) > 15
    assert all(code == code.lower() and " " not in code and "_" not in code for code in codes)
