"""Statements: every transfer of a merchant in exactly one, sums that equal the ledger to the point."""

import random
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from tortoise.exceptions import IntegrityError

from backend.core.db import atomic, rows
from backend.core.ids import uuid7
from points import ledger, settlement, vouchers
from points.audit import audit
from points.errors import InvalidPoints, SettlementState
from points.models import PointsRedemption, PointsSettlement

STAFF = UUID("01890000-0000-7000-8000-000000000001")
AREA = UUID("01890000-0000-7000-8000-000000000002")
MONTH = timedelta(days=30)


async def freeze(bank, merchant_id: UUID, number: int, ends_at: datetime) -> PointsSettlement | None:
    """Freeze the month that ends there."""
    return await atomic(settlement.freeze)(
        uuid7(),
        merchant_id,
        AREA,
        f"2026-{number:02}",
        starts_at=ends_at - MONTH,
        ends_at=ends_at,
        now=bank.now,
    )


async def sell(bank, offer, user: UUID) -> PointsRedemption:
    """Buy and redeem one."""
    voucher = await atomic(vouchers.buy)(offer.id, user, uuid7(), now=bank.now)
    redemption = uuid7()
    await atomic(vouchers.redeem)(
        voucher.code, offer.merchant_id, STAFF, now=bank.now, redemption_id=redemption
    )
    return await PointsRedemption.get(id=redemption)


@pytest.mark.parametrize("seed", range(4))
async def test_statements_sum_to_the_ledger(bank, seed: int) -> None:
    """Whatever is sold, undone, disputed and corrected around the months' ends: nothing is lost, nothing twice."""
    dice = random.Random(seed)
    user, start, merchant_id = await bank.person(5_000), bank.now, uuid7()
    offers = [
        await bank.offer(merchant_id=merchant_id, cost=cost, stock=200, voucher_days=365) for cost in (3, 10)
    ]
    account = ledger.account_id("merchant", merchant_id)
    paid = 0
    for number in range(1, 4):
        ends_at = start + number * MONTH
        for _ in range(8):
            bank.now = ends_at - timedelta(seconds=dice.choice((20, 200, 90_000)))
            redemption = await sell(bank, dice.choice(offers), user)
            if dice.random() < 0.4:
                bank.now += timedelta(seconds=dice.randrange(300))
                await atomic(vouchers.undo)(redemption.id, merchant_id, STAFF, "wrong", now=bank.now)
        bank.now = ends_at + settlement.GRACE
        statement = await freeze(bank, merchant_id, number, ends_at)
        if statement is None:
            continue
        lines = [line for line in await settlement.lines(statement.id) if line.kind == "redeemed"]
        standing = [
            line
            for line in lines
            if not await rows("SELECT 1 FROM points_transfer WHERE reverses_id = ?", line.transfer_id)
        ]
        if standing and dice.random() < 0.7:
            line = dice.choice(standing)
            await atomic(settlement.dispute)(statement.id, {line.transfer_id: "not ours"}, now=bank.now)
            decision = dice.choice(("stands", "corrected"))
            await atomic(settlement.resolve)(
                statement.id, line.transfer_id, decision, "looked at", now=bank.now
            )
        if dice.random() < 0.7:
            await atomic(settlement.confirm)(statement.id, STAFF, now=bank.now)
            await atomic(settlement.pay)(statement.id, STAFF, f"bank {number}", cents=None, now=bank.now)
            paid += (await settlement.totals(statement.id)).total
    sums = [(await settlement.totals(each.id)).total for each in await PointsSettlement.all()]
    rest, _ = await settlement.open_points(merchant_id, bank.now + timedelta(seconds=1))
    assert min(sums) >= 0 and rest == 0
    assert sum(sums) - paid == await bank.available(account)
    assert paid == await bank.available(ledger.account_id("settlement", AREA))
    assert (await audit()).ok


async def test_a_statement_walks_its_way(bank) -> None:
    """Frozen, disputed, answered, confirmed, paid; each step repeated changes nothing, none comes out of turn."""
    user, offer = await bank.person(100), await bank.offer(stock=20)
    first, second = [await sell(bank, offer, user) for _ in range(2)]
    ends_at = bank.now + timedelta(hours=1)
    with pytest.raises(InvalidPoints):
        await freeze(bank, offer.merchant_id, 6, ends_at)
    bank.now = ends_at + settlement.GRACE
    statement = await freeze(bank, offer.merchant_id, 6, ends_at)
    assert statement is not None
    await sell(bank, offer, user)
    again = await freeze(bank, offer.merchant_id, 6, ends_at)
    assert again is not None and again.id == statement.id
    assert (await settlement.totals(statement.id)).total == 20
    with pytest.raises(SettlementState):
        await atomic(settlement.pay)(statement.id, STAFF, "bank 1", cents=None, now=bank.now)
    notes = {first.transfer_id: "not ours", second.transfer_id: "nor this"}
    await atomic(settlement.dispute)(statement.id, notes, now=bank.now)
    with pytest.raises(SettlementState):
        await atomic(settlement.confirm)(statement.id, STAFF, now=bank.now)
    for _ in range(2):
        await atomic(settlement.resolve)(statement.id, first.transfer_id, "corrected", "true", now=bank.now)
        await atomic(settlement.resolve)(statement.id, second.transfer_id, "stands", "yours", now=bank.now)
    with pytest.raises(InvalidPoints):
        await atomic(settlement.dispute)(statement.id, {second.transfer_id: "again"}, now=bank.now)
    assert (await settlement.totals(statement.id)).total == 10
    for _ in range(2):
        assert (await atomic(settlement.confirm)(statement.id, STAFF, now=bank.now)).state == "confirmed"
    for _ in range(2):
        done = await atomic(settlement.pay)(statement.id, STAFF, "bank 1", cents=900, now=bank.now)
        assert (done.state, done.payment_cents) == ("paid", 900)
    with pytest.raises(SettlementState):
        await atomic(settlement.pay)(statement.id, STAFF, "bank 2", cents=900, now=bank.now)
    assert await bank.available(ledger.account_id("merchant", offer.merchant_id)) == 10
    assert await bank.available(ledger.account_id("person", user)) == 80
    assert (await audit()).ok


async def test_sql_cannot_bend_a_statement(bank, raw) -> None:
    """No line without its transfer or with another sum, none in two statements, none changed or deleted."""
    user, offer = await bank.person(100), await bank.offer(stock=20)
    sold = await sell(bank, offer, user)
    bank.now += MONTH
    statement = await freeze(bank, offer.merchant_id, 6, bank.now - timedelta(hours=1))
    assert statement is not None
    other = await sell(bank, offer, user)
    insert = (
        "INSERT INTO points_settlement_line (transfer_id, settlement_id, kind, points, at) "
        "VALUES (?, ?, 'redeemed', ?, ?)"
    )
    for transfer_id, points in ((other.transfer_id, 11), (sold.transfer_id, 10), (uuid7(), 10)):
        with pytest.raises(IntegrityError):
            await raw(insert, transfer_id, statement.id, points, bank.now)
    for change in (
        "UPDATE points_settlement_line SET points = 9",
        "DELETE FROM points_settlement_line",
        "UPDATE points_settlement SET period = '2026-07'",
        "UPDATE points_settlement SET state = 'paid', paid_at = frozen_at, paid_by = merchant_id, "
        "payment_reference = 'x', confirmed_at = frozen_at, confirmed_by = merchant_id",
        "DELETE FROM points_settlement",
    ):
        with pytest.raises(IntegrityError):
            await raw(change)
    await atomic(settlement.confirm)(statement.id, STAFF, now=bank.now)
    with pytest.raises(IntegrityError):
        await raw(insert, other.transfer_id, statement.id, 10, bank.now)
