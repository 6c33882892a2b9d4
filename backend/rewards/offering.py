"""A merchant's own offers: putting one in the window, changing it, its picture."""

import datetime as dt
import uuid

import msgspec

from backend.core import audit, clock, media
from backend.core.db import atomic
from backend.core.problems import FieldError, InvalidFields, NotFound
from backend.core.sessions import Actor
from backend.rewards.models import Merchant
from backend.rewards.refusals import as_problems
from backend.rewards.schemas import OfferIn, OfferOut, OfferPatch
from backend.rewards.shops import merchant_ref, my_shop, offer_out
from points import vouchers
from points.models import PointsOffer

OFFER_LASTS_MAX = dt.timedelta(days=3650)
IMAGE_PIXELS = 480_000


def _check_end(ends_at: object) -> None:
    if isinstance(ends_at, dt.datetime) and not clock.now() < ends_at < clock.now() + OFFER_LASTS_MAX:
        message = "Choose a time from now on, within ten years"
        raise InvalidFields([FieldError("ends_at", "invalid", message, ends_at.isoformat())])


def _check_start(starts_at: object) -> None:
    if isinstance(starts_at, dt.datetime) and abs(starts_at - clock.now()) > OFFER_LASTS_MAX:
        message = "Choose a time within ten years"
        raise InvalidFields([FieldError("starts_at", "invalid", message, starts_at.isoformat())])


@atomic
async def add_offer(actor: Actor, wanted: OfferIn, merchant_id: uuid.UUID | None) -> OfferOut:
    """Put an offer in the window."""
    shop = await my_shop(actor, merchant_id)
    _check_start(wanted.starts_at)
    _check_end(wanted.ends_at)
    with as_problems():
        offer = await vouchers.create_offer(
            offer_id=wanted.id,
            merchant_id=shop.id,
            area_id=shop.area_id,
            title_zh=wanted.title_zh,
            title_en=wanted.title_en,
            terms_zh=wanted.terms_zh,
            terms_en=wanted.terms_en,
            cost=wanted.cost,
            stock=wanted.stock,
            per_person_cap=wanted.per_person_cap,
            hours=wanted.hours,
            voucher_days=wanted.voucher_days,
            starts_at=wanted.starts_at,
            ends_at=wanted.ends_at,
            now=clock.now(),
        )
    await audit.record(actor, "offer.create", "offer", offer.id, area_id=shop.area_id)
    return offer_out(offer, merchant_ref(shop), 0)


@atomic
async def change_offer(
    actor: Actor, offer_id: uuid.UUID, patch: OfferPatch, merchant_id: uuid.UUID | None
) -> OfferOut:
    """Change an offer; vouchers bought before keep their terms."""
    shop = await my_shop(actor, merchant_id)
    _check_start(patch.starts_at)
    _check_end(patch.ends_at)
    return await _change(actor, shop, offer_id, vouchers.OfferChange(**msgspec.structs.asdict(patch)))


async def _change(
    actor: Actor, shop: Merchant, offer_id: uuid.UUID, change: vouchers.OfferChange
) -> OfferOut:
    with as_problems():
        offer = await vouchers.change_offer(offer_id, shop.id, change)
    await audit.record(actor, "offer.change", "offer", offer_id, area_id=shop.area_id)
    return offer_out(offer, merchant_ref(shop), 0)


async def set_offer_image(
    actor: Actor, offer_id: uuid.UUID, data: bytes | None, merchant_id: uuid.UUID | None
) -> OfferOut:
    """Give the offer a picture (JPEG, PNG or WebP bytes) in place of one it had, or take it away with None."""
    shop = await my_shop(actor, merchant_id)
    if not await PointsOffer.filter(id=offer_id, merchant_id=shop.id).exists():
        raise NotFound(kind="offer", id=str(offer_id))
    key = (await media.store_photo(data, IMAGE_PIXELS)).key if data is not None else None
    return await _set_image(actor, shop, offer_id, key)


@atomic
async def _set_image(actor: Actor, shop: Merchant, offer_id: uuid.UUID, key: str | None) -> OfferOut:
    before = await PointsOffer.filter(id=offer_id).select_for_update().first()
    if before is not None and before.image_key is not None:
        await media.delete(before.image_key)
    return await _change(actor, shop, offer_id, vouchers.OfferChange(image_key=key))
