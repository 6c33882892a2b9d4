"""Buying an offer with points, and giving the points back when the voucher is not used.

Buying sets the points aside for the merchant; redeeming (redemptions.py) posts them; a refund or an expiry gives
them back. Everything works inside the caller's transaction and holds rows in one order: voucher, offer, accounts.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from points import ledger
from points.errors import (
    CapReached,
    InvalidPoints,
    OfferNotAvailable,
    OfferNotFound,
    OutOfStock,
    VoucherAlreadyRedeemed,
    VoucherConflict,
    VoucherNotUsable,
    VoucherUnknown,
)
from points.explanation import Line
from points.models import PointsOffer, PointsVoucher
from points.offers import OfferChange, change_offer, create_offer, list_offers
from points.qr import qr_token, qr_valid_until, read_qr_token
from points.redemptions import UNDO_FOR, redeem, undo
from points.store import as_uuid, fetch, transaction, utc

__all__ = [
    "UNDO_FOR",
    "OfferChange",
    "buy",
    "change_offer",
    "create_offer",
    "expire_due",
    "list_offers",
    "qr_token",
    "qr_valid_until",
    "read_qr_token",
    "redeem",
    "refund",
    "refund_all",
    "undo",
]

_CODE_TRIES = 20

_TAKE_ONE = """
UPDATE points_offer SET stock = stock - 1
WHERE id = $1 AND state = 'open' AND stock > 0 AND starts_at <= $2 AND (ends_at IS NULL OR ends_at > $2)
RETURNING stock
"""
_PUT_BACK = "UPDATE points_offer SET stock = stock + $2 WHERE id = $1 RETURNING stock"
_ISSUE = """
INSERT INTO points_voucher (id, offer_id, merchant_id, user_id, transfer_id, title_zh, title_en, terms_zh,
    terms_en, hours, cost, state, code, issued_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'issued', $12, $13, $14)
ON CONFLICT (code) WHERE state = 'issued' DO NOTHING
RETURNING id
"""
_REFUND = """
UPDATE points_voucher SET state = 'refunded', returned_at = $2, return_reason = $3
WHERE id = $1 AND state = 'issued'
RETURNING id, transfer_id, offer_id
"""
_REFUND_ALL = """
UPDATE points_voucher SET state = 'refunded', returned_at = $2, return_reason = $3
WHERE state = 'issued' AND id IN (
    SELECT id FROM points_voucher WHERE state = 'issued' AND merchant_id = $1 ORDER BY id LIMIT $4)
RETURNING id, transfer_id, offer_id
"""
_EXPIRE = """
UPDATE points_voucher SET state = 'expired', returned_at = $1, return_reason = 'expired'
WHERE state = 'issued' AND id IN (
    SELECT id FROM points_voucher WHERE state = 'issued' AND expires_at <= $1 ORDER BY expires_at, id LIMIT $2)
RETURNING id, transfer_id, offer_id
"""


async def buy(offer_id: UUID, user_id: UUID, voucher_id: UUID, *, now: datetime) -> PointsVoucher:
    """Take one of an offer for a person and set its cost aside; the same voucher id again returns the same.

    Raises OfferNotFound, OfferNotAvailable, OutOfStock, CapReached, NotEnoughPoints, and VoucherConflict
    when the id belongs to another purchase.
    """
    transaction()
    offer = await PointsOffer.filter(id=offer_id).select_for_update().first()
    if offer is None:
        raise OfferNotFound(offer_id)
    bought = await PointsVoucher.get_or_none(id=voucher_id)
    if bought is not None:
        if (bought.offer_id, bought.user_id) != (offer_id, user_id):
            raise VoucherConflict(voucher_id)
        return bought
    await _require_below_cap(offer, user_id)
    if not await fetch(_TAKE_ONE, offer_id, now):
        raise _why_not(offer, now)
    expires_at = utc(now) + timedelta(days=offer.voucher_days)
    setting_aside = ledger.Transfer(
        id=ledger.derived_id(voucher_id, "purchase"),
        debit=await ledger.person_account(user_id, now=now),
        credit=await ledger.merchant_account(offer.merchant_id, now=now),
        amount=offer.cost,
        code="voucher_purchase",
        reference_id=voucher_id,
        lines=(_line("voucher_purchase", -offer.cost, offer.title_zh, offer.title_en),),
    )
    receipt = await ledger.reserve(setting_aside, now=now, timeout_at=expires_at)
    await _issue(offer, user_id, voucher_id, receipt.id, now, expires_at)
    return await PointsVoucher.get(id=voucher_id)


async def refund(voucher_id: UUID, reason: str, *, now: datetime) -> PointsVoucher:
    """Give an unused voucher's points back and put the thing back in stock; refunding twice changes nothing.

    Raises VoucherUnknown, VoucherAlreadyRedeemed, VoucherNotUsable (expired) and InvalidPoints without a reason.
    """
    transaction()
    if not 1 <= len(reason.strip()) <= 200:
        raise InvalidPoints("reason", reason, "say why in 1 to 200 characters")
    won = await fetch(_REFUND, voucher_id, now, reason.strip())
    if won:
        await _give_back(won, "voucher_refund", now)
        return await PointsVoucher.get(id=voucher_id)
    voucher = await PointsVoucher.get_or_none(id=voucher_id)
    if voucher is None:
        raise VoucherUnknown
    if voucher.redeemed_at is not None:
        raise VoucherAlreadyRedeemed(voucher.redeemed_at)
    if voucher.state == "expired":
        raise VoucherNotUsable("expired", voucher.expires_at)
    return voucher


async def refund_all(merchant_id: UUID, reason: str, *, now: datetime, limit: int = 200) -> list[UUID]:
    """Give the points of a merchant's unused vouchers back, as when a shop closes; returns the ids of those ended.

    Call again while it returns `limit` of them. Raises InvalidPoints without a reason.
    """
    transaction()
    if not 1 <= len(reason.strip()) <= 200:
        raise InvalidPoints("reason", reason, "say why in 1 to 200 characters")
    ended = await fetch(_REFUND_ALL, merchant_id, now, reason.strip(), limit)
    await _give_back(ended, "voucher_refund", now)
    return sorted(as_uuid(row["id"]) for row in ended)


async def expire_due(now: datetime, limit: int = 200) -> list[UUID]:
    """End the vouchers whose time is over and give their points back; returns the ids of those ended.

    Call again while it returns `limit` of them.
    """
    transaction()
    ended = await fetch(_EXPIRE, now, limit)
    await _give_back(ended, "voucher_expired", now)
    return sorted(as_uuid(row["id"]) for row in ended)


async def _require_below_cap(offer: PointsOffer, user_id: UUID) -> None:
    if offer.per_person_cap is None:
        return
    held = await PointsVoucher.filter(
        offer_id=offer.id, user_id=user_id, state__in=["issued", "redeemed"]
    ).count()
    if held >= offer.per_person_cap:
        raise CapReached(offer.id, offer.per_person_cap)


def _why_not(offer: PointsOffer, now: datetime) -> OfferNotAvailable | OutOfStock:
    if offer.state != "open":
        return OfferNotAvailable(offer.id, offer.state)
    if offer.starts_at > now:
        return OfferNotAvailable(offer.id, "not_started")
    if offer.ends_at is not None and offer.ends_at <= now:
        return OfferNotAvailable(offer.id, "ended")
    return OutOfStock(offer.id)


async def _issue(
    offer: PointsOffer,
    user_id: UUID,
    voucher_id: UUID,
    transfer_id: UUID,
    now: datetime,
    expires_at: datetime,
) -> None:
    """Write the voucher with a code that no other usable voucher has."""
    for _ in range(_CODE_TRIES):
        code = f"{secrets.randbelow(10**8):08d}"
        words = (offer.title_zh, offer.title_en, offer.terms_zh, offer.terms_en, offer.hours)
        ids = (voucher_id, offer.id, offer.merchant_id, user_id, transfer_id)
        if await fetch(_ISSUE, *ids, *words, offer.cost, code, now, expires_at):
            return
    raise RuntimeError(f"no free eight-digit code found in {_CODE_TRIES} tries; too many vouchers are open")


async def _give_back(ended: Sequence[dict[str, Any]], code: str, now: datetime) -> None:
    """Put the things of ended vouchers back in stock, and void what was set aside for them."""
    things: dict[UUID, int] = {}
    for row in ended:
        offer_id = as_uuid(row["offer_id"])
        things[offer_id] = things.get(offer_id, 0) + 1
    for offer_id in sorted(things):
        await fetch(_PUT_BACK, offer_id, things[offer_id])
    await ledger.void_many([as_uuid(row["transfer_id"]) for row in ended], now=now, code=code)


def _line(code: str, points: int, title_zh: str, title_en: str) -> Line:
    return Line(code=code, points=points, params={"title_zh": title_zh, "title_en": title_en})
