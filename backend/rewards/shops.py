"""A merchant as others see it, who works there, and where its shops are."""

import datetime as dt
import uuid
from collections.abc import Collection

from backend.core import clock, sessions
from backend.core.ids import uuid7
from backend.core.problems import NotFound
from backend.core.roles import Role
from backend.core.sessions import Actor
from backend.rewards.models import Merchant, MerchantBranch, MerchantStaff
from backend.rewards.refusals import NotOwner
from backend.rewards.schemas import BranchOut, MerchantRef, OfferOut
from points.models import PointsOffer
from routing.track import StopPlace, distance_m

NEW_FOR = dt.timedelta(days=14)


def merchant_ref(
    shop: Merchant, here: StopPlace | None = None, branches: Collection[MerchantBranch] = ()
) -> MerchantRef:
    """The merchant; the distance is that of its nearest open shop, in metres."""
    places = [shop, *(branch for branch in branches if branch.is_open)]
    nearest = (
        min(distance_m(here, StopPlace(place.lon, place.lat, 0.0)) for place in places) if here else None
    )
    return MerchantRef(
        id=shop.id,
        kind=shop.kind,
        name_zh=shop.name_zh,
        name_en=shop.name_en,
        address_zh=shop.address_zh,
        address_en=shop.address_en,
        hours=shop.hours,
        lon=shop.lon,
        lat=shop.lat,
        distance_m=None if nearest is None else round(nearest),
    )


def offer_out(offer: PointsOffer, merchant: MerchantRef, balance: int) -> OfferOut:
    """An offer in its merchant's window, for somebody who has `balance` points to spend."""
    return OfferOut(
        id=offer.id,
        merchant=merchant,
        title_zh=offer.title_zh,
        title_en=offer.title_en,
        terms_zh=offer.terms_zh,
        terms_en=offer.terms_en,
        cost=offer.cost,
        stock=offer.stock,
        per_person_cap=offer.per_person_cap,
        starts_at=offer.starts_at,
        ends_at=offer.ends_at,
        hours=offer.hours,
        voucher_days=offer.voucher_days,
        image_url=f"/api/offers/{offer.id}/image?{offer.image_key[-12:-5]}" if offer.image_key else None,
        is_new=clock.now() - offer.starts_at < NEW_FOR,
        state=offer.state,
        affordable=offer.stock > 0 and balance >= offer.cost,
    )


def branch_out(branch: MerchantBranch) -> BranchOut:
    """A branch on the wire."""
    return BranchOut(
        id=branch.id,
        name_zh=branch.name_zh,
        name_en=branch.name_en,
        address_zh=branch.address_zh,
        address_en=branch.address_en,
        hours=branch.hours,
        lon=branch.lon,
        lat=branch.lat,
        open=branch.is_open,
    )


async def branches_by_merchant(merchant_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, list[MerchantBranch]]:
    """The branches of several merchants."""
    found: dict[uuid.UUID, list[MerchantBranch]] = {}
    if merchant_ids:
        for branch in await MerchantBranch.filter(merchant_id__in=list(merchant_ids)).order_by("id"):
            found.setdefault(branch.merchant_id, []).append(branch)
    return found


async def my_shop(actor: Actor, merchant_id: uuid.UUID | None) -> Merchant:
    """The shop the person works for; named, when they work for several."""
    own = actor.merchant_ids
    wanted = merchant_id or (own[0] if own else None)
    shop = await Merchant.filter(id=wanted).first() if wanted in own else None
    if shop is None:
        raise NotFound(kind="merchant", id=str(merchant_id or ""))
    return shop


async def post_of(actor: Actor, shop: Merchant) -> MerchantStaff | None:
    """The person's place at the merchant."""
    return await MerchantStaff.filter(merchant_id=shop.id, user_id=actor.user_id, until__isnull=True).first()


async def my_own_shop(actor: Actor, merchant_id: uuid.UUID | None) -> Merchant:
    """The shop the person owns; raises `NotOwner` for its other staff."""
    shop = await my_shop(actor, merchant_id)
    post = await post_of(actor, shop)
    if post is None or not post.owner:
        raise NotOwner
    return shop


async def hire(
    user_id: uuid.UUID,
    shop: Merchant,
    *,
    area_path: str,
    owner: bool,
    post_id: uuid.UUID | None = None,
    branch_id: uuid.UUID | None = None,
    granted_by: uuid.UUID | None = None,
) -> MerchantStaff:
    """Let a person work for a merchant, inside the caller's unit of work; twice changes nothing."""
    post = await MerchantStaff.filter(merchant_id=shop.id, user_id=user_id, until__isnull=True).first()
    if post is None:
        post = await MerchantStaff.create(
            id=post_id or uuid7(),
            merchant_id=shop.id,
            user_id=user_id,
            branch_id=branch_id,
            owner=owner,
            since=clock.now(),
        )
    await sessions.grant_role(
        user_id,
        Role.MERCHANT,
        area_id=shop.area_id,
        area_path=area_path,
        merchant_id=shop.id,
        granted_by=granted_by,
    )
    return post
