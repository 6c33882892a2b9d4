"""What merchants offer for points: putting an offer in the window, changing it, finding what is open."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType
from tortoise.expressions import Q

from points.errors import InvalidPoints, OfferNotFound
from points.models import PointsOffer
from points.store import transaction, utc


class OfferChange(msgspec.Struct, kw_only=True):
    """The fields of an offer to change; those left UNSET stay. Vouchers bought before keep their terms."""

    title_zh: str | UnsetType = UNSET
    title_en: str | UnsetType = UNSET
    terms_zh: str | UnsetType = UNSET
    terms_en: str | UnsetType = UNSET
    cost: int | UnsetType = UNSET
    stock: int | UnsetType = UNSET
    per_person_cap: int | UnsetType | None = UNSET
    voucher_days: int | UnsetType = UNSET
    hours: str | UnsetType = UNSET
    starts_at: datetime | UnsetType = UNSET
    ends_at: datetime | UnsetType | None = UNSET
    state: str | UnsetType = UNSET
    image_key: str | UnsetType | None = UNSET


async def create_offer(
    *,
    offer_id: UUID,
    merchant_id: UUID,
    title_zh: str,
    title_en: str,
    cost: int,
    stock: int,
    now: datetime,
    terms_zh: str = "",
    terms_en: str = "",
    area_id: UUID | None = None,
    per_person_cap: int | None = None,
    voucher_days: int = 30,
    hours: str = "",
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    image_key: str | None = None,
) -> PointsOffer:
    """Put an offer in the window from starts_at (now, if not given); the same id again returns what is there.

    Raises InvalidPoints naming the field; also when the id belongs to another merchant's offer.
    """
    transaction()
    stored = await PointsOffer.get_or_none(id=offer_id)
    if stored is not None:
        if stored.merchant_id != merchant_id:
            raise InvalidPoints("offer_id", offer_id, "use a new id; this one is taken")
        return stored
    offer = PointsOffer(
        id=offer_id,
        merchant_id=merchant_id,
        area_id=area_id,
        title_zh=title_zh.strip(),
        title_en=title_en.strip() or title_zh.strip(),
        terms_zh=terms_zh.strip(),
        terms_en=terms_en.strip() or terms_zh.strip(),
        cost=cost,
        stock=stock,
        per_person_cap=per_person_cap,
        voucher_days=voucher_days,
        hours=hours.strip(),
        starts_at=utc(starts_at or now),
        ends_at=utc(ends_at) if ends_at else None,
        state="open",
        image_key=image_key,
        created_at=utc(now),
    )
    _check(offer)
    await offer.save(force_create=True)
    return offer


async def change_offer(offer_id: UUID, merchant_id: UUID, change: OfferChange) -> PointsOffer:
    """Change a merchant's own offer; setting `stock` says what is left from now on.

    Raises OfferNotFound (also for another merchant's offer) and InvalidPoints.
    """
    transaction()
    offer = await PointsOffer.filter(id=offer_id, merchant_id=merchant_id).select_for_update().first()
    if offer is None:
        raise OfferNotFound(offer_id)
    changed = {name: value for name, value in msgspec.structs.asdict(change).items() if value is not UNSET}
    for name, value in changed.items():
        setattr(offer, name, utc(value) if isinstance(value, datetime) else value)
    _check(offer)
    if changed:
        await offer.save(update_fields=list(changed))
    return offer


async def list_offers(
    *,
    now: datetime,
    merchant_ids: Collection[UUID] | None = None,
    area_ids: Collection[UUID] | None = None,
    open_only: bool = True,
    limit: int = 200,
) -> list[PointsOffer]:
    """Offers by cost: those that can be bought now, or with open_only=False all, for the merchant's own list."""
    query = PointsOffer.all()
    if open_only:
        query = query.filter(Q(ends_at=None) | Q(ends_at__gt=utc(now)), state="open", starts_at__lte=utc(now))
    if merchant_ids is not None:
        query = query.filter(merchant_id__in=list(merchant_ids))
    if area_ids is not None:
        query = query.filter(area_id__in=list(area_ids))
    return await query.order_by("cost", "id").limit(limit)


def _check(offer: PointsOffer) -> None:
    whole = "give a whole number"
    for field, value in (("title_zh", offer.title_zh), ("title_en", offer.title_en)):
        if not value.strip():
            raise InvalidPoints(field, value, "give the offer a title")
    if len(offer.title_zh) > 80:
        raise InvalidPoints("title_zh", offer.title_zh, "use at most 80 characters")
    if len(offer.title_en) > 120:
        raise InvalidPoints("title_en", offer.title_en, "use at most 120 characters")
    if not 1 <= offer.cost <= 1_000_000_000:
        raise InvalidPoints("cost", offer.cost, f"{whole} of points, at least 1")
    if not 0 <= offer.stock <= 1_000_000_000:
        raise InvalidPoints("stock", offer.stock, f"{whole}, 0 or more")
    if offer.per_person_cap is not None and not 1 <= offer.per_person_cap <= 1_000_000:
        raise InvalidPoints("per_person_cap", offer.per_person_cap, f"{whole} of at least 1, or leave it out")
    if len(offer.hours) > 60:
        raise InvalidPoints("hours", offer.hours, "use at most 60 characters")
    if not 1 <= offer.voucher_days <= 3650:
        raise InvalidPoints("voucher_days", offer.voucher_days, f"{whole} of days from 1 to 3650")
    if offer.ends_at is not None and offer.ends_at <= offer.starts_at:
        raise InvalidPoints("ends_at", offer.ends_at.isoformat(), "choose a time after starts_at")
    if offer.state not in ("open", "paused", "closed"):
        raise InvalidPoints("state", offer.state, "choose open, paused or closed")
