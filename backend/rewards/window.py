"""The shop window: what can be had for points, buying it, and the vouchers one holds."""

import uuid
from collections import Counter
from collections.abc import Callable
from typing import Any, Literal

from backend.areas import service as areas
from backend.core import clock, media
from backend.core.db import atomic_shared
from backend.core.problems import NotFound
from backend.core.sessions import Actor
from backend.rewards.models import Merchant
from backend.rewards.refusals import as_problems
from backend.rewards.schemas import KindCount, OfferList, OfferOut, VoucherOut
from backend.rewards.shops import branches_by_merchant, merchant_ref, offer_out
from points import ledger, vouchers
from points.models import PointsOffer, PointsVoucher
from routing.track import StopPlace

type Sort = Literal["near", "new", "cost"]


async def offers(
    actor: Actor,
    area_id: uuid.UUID,
    lon: float | None,
    lat: float | None,
    *,
    sort: Sort | None = None,
    kind: str | None = None,
    affordable: bool = False,
) -> OfferList:
    """What can be had for points in the district of the area: nearest, newest or cheapest first, sold out last.

    Without `sort`, nearest first when a place is given, else cheapest. `kinds` counts what there is before `kind` is
    applied.
    """
    area = await areas.visible(actor, area_id)
    district = await areas.district_of(area)
    shops = {
        shop.id: shop
        for shop in await Merchant.filter(area_id__in=await areas.descendant_ids(district), state="open")
    }
    here = StopPlace(lon, lat, 0.0) if lon is not None and lat is not None else None
    balance = (await ledger.balance(ledger.account_id("person", actor.user_id))).available
    branches = await branches_by_merchant(shops)
    refs = {shop.id: merchant_ref(shop, here, branches.get(shop.id, ())) for shop in shops.values()}
    found = await vouchers.list_offers(now=clock.now(), merchant_ids=list(shops)) if shops else []
    items = [offer_out(offer, refs[offer.merchant_id], balance) for offer in found]
    if affordable:
        items = [item for item in items if item.affordable]
    kinds = Counter(item.merchant.kind for item in items)
    if kind is not None:
        items = [item for item in items if item.merchant.kind == kind]
    items.sort(key=_order(sort or ("near" if here else "cost"), here is not None))
    return OfferList(
        items=items,
        balance=balance,
        kinds=[KindCount(kind=name, count=count) for name, count in sorted(kinds.items())],
    )


def _order(sort: Sort, placed: bool) -> Callable[[OfferOut], Any]:
    """What to sort by; what is sold out comes last however near, new or cheap it is."""
    if sort == "new":
        return lambda item: (item.stock == 0, -item.starts_at.timestamp(), item.cost)
    if sort == "near" and placed:
        return lambda item: (item.stock == 0, item.merchant.distance_m, item.cost)
    return lambda item: (item.stock == 0, item.cost)


async def _offer_seen(actor: Actor, offer_id: uuid.UUID) -> tuple[PointsOffer, Merchant]:
    """The offer and its merchant, if they belong to the actor's district."""
    offer = await PointsOffer.filter(id=offer_id).first()
    shop = await Merchant.filter(id=offer.merchant_id).first() if offer else None
    if offer is None or shop is None or not areas.sees(actor, (await areas.get(shop.area_id)).path):
        raise NotFound(kind="offer", id=str(offer_id))
    return offer, shop


async def one_offer(actor: Actor, offer_id: uuid.UUID, lon: float | None, lat: float | None) -> OfferOut:
    """One offer, also one that is over, so that a link to it can say so; while its shop rests, it is paused."""
    found, shop = await _offer_seen(actor, offer_id)
    here = StopPlace(lon, lat, 0.0) if lon is not None and lat is not None else None
    balance = (await ledger.balance(ledger.account_id("person", actor.user_id))).available
    branches = (await branches_by_merchant([shop.id])).get(shop.id, ())
    out = offer_out(found, merchant_ref(shop, here, branches), balance)
    if shop.state != "open" and out.state == "open":
        out.state = "paused"
    return out


async def offer_image(actor: Actor, offer_id: uuid.UUID) -> bytes:
    """The offer's picture, as WebP."""
    offer, _ = await _offer_seen(actor, offer_id)
    if offer.image_key is None:
        raise NotFound(kind="photo")
    return await media.read(offer.image_key)


@atomic_shared
async def buy(actor: Actor, offer_id: uuid.UUID, voucher_id: uuid.UUID, key: bytes) -> VoucherOut:
    """Take one of the offer: stock and points in one transaction. The same voucher id again answers the same."""
    _, shop = await _offer_seen(actor, offer_id)
    bought = await PointsVoucher.filter(id=voucher_id, offer_id=offer_id, user_id=actor.user_id).exists()
    if shop.state != "open" and not bought:
        raise NotFound(kind="offer", id=str(offer_id))
    with as_problems():
        voucher = await vouchers.buy(offer_id, actor.user_id, voucher_id, now=clock.now())
    return _voucher_out(voucher, shop, key)


async def my_vouchers(actor: Actor, key: bytes) -> list[VoucherOut]:
    """The person's vouchers, usable ones first, then the latest."""
    found = await PointsVoucher.filter(user_id=actor.user_id).order_by("-issued_at").limit(100)
    ids = list({voucher.merchant_id for voucher in found})
    shops = {shop.id: shop for shop in await Merchant.filter(id__in=ids)} if ids else {}
    ordered = sorted(found, key=lambda voucher: voucher.state != "issued")
    return [_voucher_out(voucher, shops[voucher.merchant_id], key) for voucher in ordered]


async def my_voucher(actor: Actor, voucher_id: uuid.UUID, key: bytes) -> VoucherOut:
    """One of the person's vouchers, with the QR token of this minute."""
    voucher = await PointsVoucher.filter(id=voucher_id, user_id=actor.user_id).first()
    if voucher is None:
        raise NotFound(kind="voucher", id=str(voucher_id))
    return _voucher_out(voucher, await Merchant.get(id=voucher.merchant_id), key)


def _voucher_out(voucher: PointsVoucher, shop: Merchant, key: bytes) -> VoucherOut:
    now = clock.now()
    usable = voucher.state == "issued" and voucher.expires_at > now
    over = voucher.state == "issued" and not usable  # its job has not run yet
    return VoucherOut(
        id=voucher.id,
        state="expired" if over else voucher.state,
        title_zh=voucher.title_zh,
        title_en=voucher.title_en,
        terms_zh=voucher.terms_zh,
        terms_en=voucher.terms_en,
        hours=voucher.hours,
        cost=voucher.cost,
        code=voucher.code,
        merchant=merchant_ref(shop),
        issued_at=voucher.issued_at,
        expires_at=voucher.expires_at,
        redeemed_at=voucher.redeemed_at,
        returned_at=voucher.expires_at if over else voucher.returned_at,
        return_reason="expired" if over else voucher.return_reason,
        qr_token=vouchers.qr_token(voucher.transfer_id, now, key) if usable else None,
        qr_valid_until=vouchers.qr_valid_until(now) if usable else None,
    )
