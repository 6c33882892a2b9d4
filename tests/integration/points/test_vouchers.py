"""Offers bought with points, vouchers redeemed once, points given back."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from tortoise.exceptions import IntegrityError

from backend.core.db import atomic, rows
from backend.core.ids import uuid7
from points import ledger, vouchers
from points.audit import audit
from points.errors import (
    CapReached,
    InvalidPoints,
    NotEnoughPoints,
    OfferNotAvailable,
    OfferNotFound,
    OutOfStock,
    QrUsed,
    VoucherAlreadyRedeemed,
    VoucherConflict,
    VoucherNotUsable,
    VoucherOtherMerchant,
    VoucherUnknown,
)
from points.models import PointsOffer, PointsVoucher

STAFF = uuid7()


def account(user_id: UUID) -> UUID:
    """The account of a person."""
    return ledger.account_id("person", user_id)


@pytest.fixture
def buy(bank):
    """Buys one of an offer for a person."""

    async def run(offer: PointsOffer, user_id: UUID, voucher_id: UUID | None = None) -> PointsVoucher:
        return await atomic(vouchers.buy)(offer.id, user_id, voucher_id or uuid7(), now=bank.now)

    return run


@pytest.fixture
def redeem(bank):
    """Redeems a voucher at its merchant, unless another is named."""

    async def run(voucher: PointsVoucher, by: str | UUID | None = None, **more: Any) -> PointsVoucher:
        merchant_id = more.pop("merchant_id", voucher.merchant_id)
        return await atomic(vouchers.redeem)(
            by or voucher.transfer_id, merchant_id, STAFF, now=bank.now, **more
        )

    return run


async def stock(offer: PointsOffer) -> int:
    """What is left of an offer."""
    return (await PointsOffer.get(id=offer.id)).stock


async def test_from_offer_to_counter(bank, buy, redeem) -> None:
    """Buying sets the points aside, redeeming gives them to the merchant, and both statements say so."""
    user, offer = await bank.person(25), await bank.offer()
    voucher = await buy(offer, user)
    assert (voucher.state, voucher.cost, voucher.title_zh) == ("issued", 10, "热汤面一碗")
    assert len(voucher.code) == 8
    assert voucher.code.isdigit()
    assert voucher.expires_at == bank.now + timedelta(days=30)
    shop = ledger.account_id("merchant", offer.merchant_id)
    assert await ledger.balance(account(user)) == ledger.Balance(available=15, set_aside=10, incoming=0)
    assert await ledger.balance(shop) == ledger.Balance(available=0, set_aside=0, incoming=10)
    bank.now += timedelta(hours=1)
    used = await redeem(voucher, by=voucher.code)
    assert (used.state, used.redeemed_at, used.redeemed_by) == ("redeemed", bank.now, STAFF)
    assert await bank.available(shop) == 10
    (row, _) = await ledger.statement(account(user))
    assert (row.points, row.code, row.reference_id) == (-10, "voucher_purchase", voucher.id)
    assert row.lines[0].params == {"title_zh": "热汤面一碗", "title_en": "A bowl of noodle soup"}
    assert await stock(offer) == 4
    assert (await audit()).ok


async def test_buying_twice_with_one_id_buys_once(bank, buy) -> None:
    """A phone that sends again gets its voucher, also after the stock ran out; nobody else's id works."""
    user, other, offer = await bank.person(30), await bank.person(30), await bank.offer(stock=1)
    voucher = await buy(offer, user)
    assert (await buy(offer, user, voucher.id)).code == voucher.code
    assert await bank.available(account(user)) == 20
    with pytest.raises(VoucherConflict):
        await buy(offer, other, voucher.id)
    with pytest.raises(VoucherConflict):
        await buy(await bank.offer(), user, voucher.id)


async def test_one_purchase_sent_five_times_at_once_buys_once(bank, buy) -> None:
    """All five answers are the same voucher, paid once."""
    user, offer = await bank.person(100), await bank.offer()
    voucher_id = uuid7()
    results = await asyncio.gather(*[buy(offer, user, voucher_id) for _ in range(5)])
    assert {voucher.code for voucher in results} == {results[0].code}
    assert (await bank.available(account(user)), await stock(offer)) == (90, 4)


async def test_fifty_people_and_five_bowls(bank, buy) -> None:
    """Exactly five get one, the others are told that it is sold out and keep their points."""
    offer = await bank.offer(stock=5)
    people = [await bank.person(10) for _ in range(50)]
    results = await asyncio.gather(*[buy(offer, user) for user in people], return_exceptions=True)
    assert Counter(type(result) for result in results) == {PointsVoucher: 5, OutOfStock: 45}
    assert await stock(offer) == 0
    left = Counter([await bank.available(account(user)) for user in people])
    assert left == {10: 45, 0: 5}
    assert (await audit()).ok


async def test_two_tills_at_once_redeem_once(bank, buy, redeem) -> None:
    """Whichever way the voucher is named, one till wins and the other is told when it was used."""
    user, offer = await bank.person(100), await bank.offer(stock=10)
    for _ in range(10):
        voucher = await buy(offer, user)
        tills = [redeem(voucher, by=by) for by in (voucher.transfer_id, voucher.code) * 2]
        results = await asyncio.gather(*tills, return_exceptions=True)
        assert Counter(type(result) for result in results) == {PointsVoucher: 1, VoucherAlreadyRedeemed: 3}
        (refused, *_) = [result for result in results if isinstance(result, VoucherAlreadyRedeemed)]
        assert refused.params == {"at": bank.now.isoformat()}
    assert await bank.available(ledger.account_id("merchant", offer.merchant_id)) == 100
    assert (await audit()).ok


async def test_a_till_that_sends_again_gets_its_answer(bank, buy, redeem) -> None:
    """The till that lost the answer asks with its own id; another till's id is refused."""
    user, offer = await bank.person(10), await bank.offer()
    voucher, till = await buy(offer, user), uuid7()
    first = await redeem(voucher, redemption_id=till)
    bank.now += timedelta(minutes=1)
    assert (await redeem(voucher, redemption_id=till)).redeemed_at == first.redeemed_at
    with pytest.raises(VoucherAlreadyRedeemed):
        await redeem(voucher, redemption_id=uuid7())


async def test_redeeming_and_refunding_at_once_has_one_outcome(bank, buy, redeem) -> None:
    """The points are with the merchant or with the person, never both, never lost."""
    user, offer = await bank.person(10), await bank.offer()
    voucher = await buy(offer, user)
    refund = atomic(vouchers.refund)(voucher.id, "changed my mind", now=bank.now)
    results = await asyncio.gather(refund, redeem(voucher), return_exceptions=True)
    assert sum(isinstance(result, PointsVoucher) for result in results) == 1
    shop = ledger.account_id("merchant", offer.merchant_id)
    assert sorted([await bank.available(account(user)), await bank.available(shop)]) == [0, 10]
    assert (await audit()).ok


async def test_a_voucher_counts_at_its_own_merchant(bank, buy, redeem) -> None:
    """Another merchant learns nothing from digits, and from a scan only that it is not theirs."""
    user, offer, other = await bank.person(10), await bank.offer(), await bank.offer()
    voucher = await buy(offer, user)
    with pytest.raises(VoucherOtherMerchant):
        await redeem(voucher, merchant_id=other.merchant_id)
    for digits, merchant_id in ((voucher.code, other.merchant_id), ("", offer.merchant_id)):
        with pytest.raises(VoucherUnknown):
            await atomic(vouchers.redeem)(digits, merchant_id, STAFF, now=bank.now)
    with pytest.raises(QrUsed):
        await redeem(voucher, by=uuid7())
    typed = f" {voucher.code[:4]} {voucher.code[4:]} "
    assert (await redeem(voucher, by=typed)).state == "redeemed"
    with pytest.raises(VoucherAlreadyRedeemed):
        await redeem(voucher, by=typed)


async def test_a_purchase_that_cannot_be_says_why(bank, buy) -> None:
    """Each reason is its own refusal, and nothing is taken."""
    user = await bank.person(25)
    hour = timedelta(hours=1)
    for more, why in (
        ({"starts_at": bank.now + hour}, "not_started"),
        ({"ends_at": bank.now}, "ended"),
    ):
        with pytest.raises(OfferNotAvailable) as refused:
            await buy(await bank.offer(**more), user)
        assert refused.value.params["why"] == why
    paused = await bank.offer()
    change = vouchers.OfferChange(state="paused")
    await atomic(vouchers.change_offer)(paused.id, paused.merchant_id, change)
    with pytest.raises(OfferNotAvailable):
        await buy(paused, user)
    with pytest.raises(OutOfStock):
        await buy(await bank.offer(stock=0), user)
    dear = await bank.offer(cost=26)
    with pytest.raises(NotEnoughPoints) as short:
        await buy(dear, user)
    assert short.value.params == {"balance": 25, "needed": 26}
    with pytest.raises(OfferNotFound):
        await atomic(vouchers.buy)(uuid7(), user, uuid7(), now=bank.now)
    assert (await bank.available(account(user)), await stock(dear)) == (25, 5)


async def test_the_cap_of_a_person_holds_under_haste(bank, buy) -> None:
    """One person buying eight at once under a cap of two gets two; a refunded one makes room again."""
    user, offer = await bank.person(100), await bank.offer(stock=20, per_person_cap=2)
    results = await asyncio.gather(*[buy(offer, user) for _ in range(8)], return_exceptions=True)
    assert Counter(type(result) for result in results) == {PointsVoucher: 2, CapReached: 6}
    (first, *_) = [result for result in results if isinstance(result, PointsVoucher)]
    await atomic(vouchers.refund)(first.id, "changed my mind", now=bank.now)
    assert (await buy(offer, user)).state == "issued"
    with pytest.raises(CapReached) as refused:
        await buy(offer, user)
    assert refused.value.params["cap"] == 2


async def test_a_refund_gives_everything_back_once(bank, buy, redeem) -> None:
    """Points and stock return; refunding again changes nothing; a refunded voucher is worth nothing."""
    user, offer = await bank.person(10), await bank.offer()
    voucher = await buy(offer, user)
    for _ in range(2):
        refunded = await atomic(vouchers.refund)(voucher.id, "shop closed", now=bank.now)
        assert (refunded.state, refunded.return_reason) == ("refunded", "shop closed")
    assert (await bank.available(account(user)), await stock(offer)) == (10, 5)
    with pytest.raises(VoucherNotUsable) as refused:
        await redeem(voucher)
    assert refused.value.params["state"] == "refunded"
    with pytest.raises(InvalidPoints):
        await atomic(vouchers.refund)(voucher.id, " ", now=bank.now)
    with pytest.raises(VoucherUnknown):
        await atomic(vouchers.refund)(uuid7(), "shop closed", now=bank.now)
    used = await buy(offer, user)
    await redeem(used)
    with pytest.raises(VoucherAlreadyRedeemed):
        await atomic(vouchers.refund)(used.id, "shop closed", now=bank.now)
    assert (await audit()).ok


async def test_vouchers_expire_at_their_moment_and_give_points_back(bank, buy, redeem) -> None:
    """Up to the last microsecond it can be used; then it ends, even before the expiry job has run."""
    user, offer = await bank.person(30), await bank.offer(voucher_days=1)
    used, late, later = [await buy(offer, user) for _ in range(3)]
    start = bank.now
    bank.now = start + timedelta(days=1) - timedelta(microseconds=1)
    assert await atomic(vouchers.expire_due)(bank.now) == []
    assert (await redeem(used)).state == "redeemed"
    bank.now = start + timedelta(days=1)
    with pytest.raises(VoucherNotUsable) as refused:
        await redeem(late)
    assert refused.value.params["state"] == "expired"
    assert await atomic(vouchers.expire_due)(bank.now, limit=1) in ([late.id], [later.id])
    await atomic(vouchers.expire_due)(bank.now)
    assert await atomic(vouchers.expire_due)(bank.now) == []
    assert {(await PointsVoucher.get(id=each.id)).state for each in (late, later)} == {"expired"}
    assert (await bank.available(account(user)), await stock(offer)) == (20, 4)
    with pytest.raises(VoucherNotUsable):
        await atomic(vouchers.refund)(late.id, "too late", now=bank.now)
    assert (await audit()).ok


async def test_two_expiry_jobs_at_once_end_each_voucher_once(bank, buy) -> None:
    """Whoever is first ends it; no points come back twice."""
    user, offer = await bank.person(80), await bank.offer(voucher_days=1, stock=8)
    for _ in range(8):
        await buy(offer, user)
    due = bank.now + timedelta(days=2)
    results = await asyncio.gather(*[atomic(vouchers.expire_due)(due) for _ in range(4)])
    ended = [voucher_id for result in results for voucher_id in result]
    assert len(ended) == len(set(ended)) == 8
    assert (await bank.available(account(user)), await stock(offer)) == (80, 8)
    assert (await audit()).ok


async def test_the_terms_at_purchase_stay(bank, buy) -> None:
    """Changing an offer changes what is sold next, not what was sold."""
    user, offer = await bank.person(30), await bank.offer()
    voucher = await buy(offer, user)
    change = vouchers.OfferChange(title_zh="凉面", cost=20, terms_zh="外带", per_person_cap=3, stock=1)
    changed = await atomic(vouchers.change_offer)(offer.id, offer.merchant_id, change)
    assert (changed.cost, changed.stock, changed.title_en) == (20, 1, offer.title_en)
    kept = await PointsVoucher.get(id=voucher.id)
    assert (kept.title_zh, kept.cost, kept.terms_zh) == ("热汤面一碗", 10, "堂食")
    assert (await buy(offer, user)).cost == 20
    with pytest.raises(OfferNotFound):
        await atomic(vouchers.change_offer)(offer.id, uuid7(), change)


async def test_an_offer_that_cannot_be_is_refused_by_name(bank) -> None:
    """Each wrong field is named with its value and what to do."""
    for wrong in (
        {"cost": 0},
        {"stock": -1},
        {"per_person_cap": 0},
        {"voucher_days": 0},
        {"title_zh": " "},
        {"title_en": "x" * 121},
        {"ends_at": bank.now - timedelta(days=2)},
    ):
        with pytest.raises(InvalidPoints) as refused:
            await bank.offer(**wrong)
        assert refused.value.params["field"] == next(iter(wrong))
    offer = await bank.offer()
    assert (await bank.offer(offer_id=offer.id, merchant_id=offer.merchant_id)).id == offer.id
    with pytest.raises(InvalidPoints):
        await bank.offer(offer_id=offer.id)


async def test_the_shop_window_shows_what_can_be_bought_now(bank) -> None:
    """Open offers by cost; the merchant's own list has all of them."""
    merchant_id, area_id = uuid7(), uuid7()
    dear = await bank.offer(merchant_id=merchant_id, cost=50, area_id=area_id)
    cheap = await bank.offer(cost=5, ends_at=bank.now + timedelta(microseconds=1))
    ended = await bank.offer(merchant_id=merchant_id, ends_at=bank.now)
    await bank.offer(starts_at=bank.now + timedelta(microseconds=1))
    assert [offer.id for offer in await vouchers.list_offers(now=bank.now)] == [cheap.id, dear.id]
    own = await vouchers.list_offers(now=bank.now, merchant_ids=[merchant_id], open_only=False)
    assert [offer.id for offer in own] == [ended.id, dear.id]
    assert [offer.id for offer in await vouchers.list_offers(now=bank.now, area_ids=[area_id])] == [dear.id]
    assert await vouchers.list_offers(now=bank.now, merchant_ids=[]) == []


async def test_codes_of_usable_vouchers_differ(bank, buy, redeem, monkeypatch) -> None:
    """A code that is taken is drawn again; a used voucher's code is free."""
    drawn = iter([7, 7, 8, 7])
    monkeypatch.setattr("points.vouchers.secrets.randbelow", lambda bound: next(drawn))
    user, offer = await bank.person(30), await bank.offer()
    first, second = await buy(offer, user), await buy(offer, user)
    assert (first.code, second.code) == ("00000007", "00000008")
    await redeem(first)
    assert (await buy(offer, user)).code == "00000007"


async def test_sql_cannot_bend_a_voucher(bank, buy, redeem, raw) -> None:
    """Only the legal moves, once; no voucher without its points; nothing about it changes; none is deleted."""
    user, offer = await bank.person(30), await bank.offer()
    voucher, used = await buy(offer, user), await buy(offer, user)
    await redeem(used)
    for change, which in (
        ("state = 'issued', redeemed_at = NULL, redeemed_by = NULL", used),
        (
            "state = 'refunded', returned_at = redeemed_at, return_reason = 'x', redeemed_at = NULL, redeemed_by = NULL",
            used,
        ),
        ("redeemed_by = user_id", used),
        ("state = 'redeemed'", voucher),
        ("state = 'spent'", voucher),
        ("cost = 1", voucher),
        ("code = '12345678'", voucher),
        ("merchant_id = user_id", voucher),
        ("state = 'redeemed', redeemed_at = expires_at, redeemed_by = user_id", voucher),
        ("state = 'expired', returned_at = expires_at, return_reason = 'x', cost = 1", voucher),
    ):
        with pytest.raises(IntegrityError):
            await raw(f"UPDATE points_voucher SET {change} WHERE id = ?", which.id)
    with pytest.raises(IntegrityError):
        await raw("DELETE FROM points_voucher WHERE id = ?", voucher.id)
    with pytest.raises(IntegrityError):
        await raw("UPDATE points_offer SET stock = -1 WHERE id = ?", offer.id)
    columns = (
        "offer_id, merchant_id, user_id, title_zh, title_en, terms_zh, terms_en, cost, issued_at, expires_at"
    )
    free = await bank.give(account(user), 10)
    for transfer_id in (free.id, voucher.transfer_id, uuid7()):
        with pytest.raises(IntegrityError):
            await raw(
                f"INSERT INTO points_voucher (id, transfer_id, code, {columns}) "
                f"SELECT ?, ?, '87654321', {columns} FROM points_voucher WHERE id = ?",
                uuid7(),
                transfer_id,
                voucher.id,
            )
    assert len(await rows("SELECT id FROM points_voucher")) == 2
    assert (await audit()).ok
