"""At the till: a use is undone within five minutes, once, and nothing shown or sent before works again."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from tortoise.exceptions import IntegrityError

from backend.core.db import atomic
from backend.core.ids import uuid7
from points import ledger, vouchers
from points.audit import audit
from points.errors import (
    InvalidPoints,
    QrUsed,
    RedemptionUnknown,
    UndoTooLate,
    VoucherAlreadyRedeemed,
    VoucherConflict,
    VoucherNotUsable,
    VoucherUnknown,
)
from points.models import PointsOffer, PointsRedemption, PointsVoucher

STAFF = UUID("01890000-0000-7000-8000-000000000001")


@pytest.fixture
async def used(bank):
    """A voucher of ten points that was redeemed a moment ago: its person, offer, voucher, redemption."""
    user, offer = await bank.person(25), await bank.offer()
    voucher = await atomic(vouchers.buy)(offer.id, user, uuid7(), now=bank.now)
    redemption = uuid7()
    await redeem(bank, voucher.transfer_id, offer, redemption)
    return user, offer, voucher, redemption


async def redeem(bank, shown: Any, offer: PointsOffer, redemption: UUID | None = None) -> PointsVoucher:
    """Redeem at the offer's merchant."""
    return await atomic(vouchers.redeem)(
        shown, offer.merchant_id, STAFF, now=bank.now, redemption_id=redemption
    )


async def undo(bank, redemption: UUID, offer: PointsOffer, reason: str = "wrong dish") -> PointsRedemption:
    """Undo at the offer's merchant."""
    return await atomic(vouchers.undo)(redemption, offer.merchant_id, STAFF, reason, now=bank.now)


async def purses(user: UUID, offer: PointsOffer) -> tuple[int, int, int]:
    """What the person can spend and has set aside, and what the merchant has."""
    person = await ledger.balance(ledger.account_id("person", user))
    shop = await ledger.balance(ledger.account_id("merchant", offer.merchant_id))
    return person.available, person.set_aside, shop.available


async def test_an_undone_voucher_can_be_used_again(bank, used) -> None:
    """The points go back and are set aside again; other digits, another QR; both uses stay on record."""
    user, offer, voucher, redemption = used
    assert await purses(user, offer) == (15, 0, 10)
    bank.now += timedelta(minutes=5)
    undone = await undo(bank, redemption, offer)
    assert (undone.undone_at, undone.undone_by, undone.undo_reason) == (bank.now, STAFF, "wrong dish")
    assert await purses(user, offer) == (15, 10, 0)
    again = await PointsVoucher.get(id=voucher.id)
    assert (again.state, again.redeemed_at, again.cost) == ("issued", None, 10)
    assert again.code != voucher.code and again.transfer_id != voucher.transfer_id
    assert (await redeem(bank, again.code, offer)).state == "redeemed"
    assert await purses(user, offer) == (15, 0, 10)
    assert await PointsRedemption.filter(voucher_id=voucher.id).count() == 2
    assert (await audit()).ok


async def test_undoing_twice_changes_nothing_and_too_late_is_refused(bank, used) -> None:
    """The same answer for a repeated undo; after five minutes, elsewhere or without a reason: refused."""
    user, offer, _, redemption = used
    with pytest.raises(InvalidPoints):
        await undo(bank, redemption, offer, " ")
    with pytest.raises(RedemptionUnknown):
        await atomic(vouchers.undo)(redemption, uuid7(), STAFF, "x", now=bank.now)
    first = await undo(bank, redemption, offer)
    bank.now += timedelta(hours=1)
    assert (await undo(bank, redemption, offer, "another word")).undo_reason == first.undo_reason
    bank.now -= timedelta(hours=1)
    other, late = await atomic(vouchers.buy)(offer.id, user, uuid7(), now=bank.now), uuid7()
    await redeem(bank, other.code, offer, late)
    bank.now += timedelta(minutes=5, microseconds=1)
    with pytest.raises(UndoTooLate):
        await undo(bank, late, offer)
    assert (await audit()).ok


async def test_what_was_shown_or_sent_before_an_undo_is_dead(bank, used) -> None:
    """The photographed QR, the old digits, and the till's repeated request redeem nothing."""
    user, offer, voucher, redemption = used
    await undo(bank, redemption, offer)
    with pytest.raises(QrUsed):
        await redeem(bank, voucher.transfer_id, offer)
    with pytest.raises(VoucherUnknown):
        await redeem(bank, voucher.code, offer)
    assert (await redeem(bank, voucher.transfer_id, offer, redemption)).state == "issued"
    assert await purses(user, offer) == (15, 10, 0)


async def test_one_redemption_id_is_one_voucher(bank, used) -> None:
    """A till that mixes up its ids is told so, and uses nothing."""
    user, offer, _, redemption = used
    other = await atomic(vouchers.buy)(offer.id, user, uuid7(), now=bank.now)
    with pytest.raises(VoucherConflict):
        await redeem(bank, other.code, offer, redemption)
    assert (await PointsVoucher.get(id=other.id)).state == "issued"


async def test_a_voucher_that_expired_meanwhile_returns_its_points(bank) -> None:
    """Undone after its last moment it cannot be used again; the expiry job gives the points back."""
    user, offer, redemption = await bank.person(10), await bank.offer(voucher_days=1), uuid7()
    voucher = await atomic(vouchers.buy)(offer.id, user, uuid7(), now=bank.now)
    bank.now = voucher.expires_at - timedelta(minutes=1)
    await redeem(bank, voucher.code, offer, redemption)
    bank.now += timedelta(minutes=2)
    await undo(bank, redemption, offer)
    again = await PointsVoucher.get(id=voucher.id)
    with pytest.raises(VoucherNotUsable):
        await redeem(bank, again.code, offer)
    assert await atomic(vouchers.expire_due)(bank.now) == [voucher.id]
    assert await purses(user, offer) == (10, 0, 0)
    assert (await audit()).ok


async def test_undone_by_two_tills_at_once_is_undone_once(bank, used) -> None:
    """Points move back once, whoever presses first."""
    user, offer, voucher, redemption = used
    results = await asyncio.gather(*[undo(bank, redemption, offer) for _ in range(6)])
    assert {result.undone_at for result in results} == {bank.now}
    assert await purses(user, offer) == (15, 10, 0)
    again = await PointsVoucher.get(id=voucher.id)
    tills = [redeem(bank, again.transfer_id, offer) for _ in range(6)]
    ends = Counter(type(end) for end in await asyncio.gather(*tills, return_exceptions=True))
    assert ends == {PointsVoucher: 1, VoucherAlreadyRedeemed: 5}
    assert (await audit()).ok


async def test_a_closing_shop_refunds_all(bank, used) -> None:
    """Every unused voucher gives its points and its thing back, in portions; used ones stay used."""
    user, offer, voucher, _ = used
    other = await bank.person(10)
    bought = {(await atomic(vouchers.buy)(offer.id, who, uuid7(), now=bank.now)).id for who in (user, other)}
    first = await atomic(vouchers.refund_all)(offer.merchant_id, "shop closed", now=bank.now, limit=1)
    rest = await atomic(vouchers.refund_all)(offer.merchant_id, "shop closed", now=bank.now)
    assert {*first, *rest} == bought and len(first) == 1
    assert await purses(user, offer) == (15, 0, 10)
    assert (await PointsOffer.get(id=offer.id)).stock == 4
    assert (await PointsVoucher.get(id=voucher.id)).state == "redeemed"
    assert (await audit()).ok


async def test_sql_cannot_bend_a_redemption(bank, used, raw) -> None:
    """No redemption without its posted points; none undone late, or before its points went back; none deleted."""
    _, offer, voucher, redemption = used
    for statement in (
        "UPDATE points_redemption SET undone_at = redeemed_at, undone_by = staff_id, undo_reason = 'x' WHERE id = ?",
        "UPDATE points_redemption SET user_id = staff_id WHERE id = ?",
        "DELETE FROM points_redemption WHERE id = ?",
    ):
        with pytest.raises(IntegrityError):
            await raw(statement, redemption)
    with pytest.raises(IntegrityError):
        await raw(
            "INSERT INTO points_redemption (id, voucher_id, merchant_id, staff_id, user_id, transfer_id, redeemed_at) "
            "SELECT ?, voucher_id, merchant_id, staff_id, user_id, ?, redeemed_at FROM points_redemption WHERE id = ?",
            uuid7(),
            voucher.transfer_id,
            redemption,
        )
    await undo(bank, redemption, offer)
    with pytest.raises(IntegrityError):
        await raw("UPDATE points_redemption SET undo_reason = 'y' WHERE id = ?", redemption)
