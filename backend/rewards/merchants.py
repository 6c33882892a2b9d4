"""Merchants: asking to join with a licence, the area's yes or no, and what the area may do to one later."""

import uuid

from backend.areas import service as areas
from backend.areas.schemas import AreaOut
from backend.areas.service import Area
from backend.core import audit, clock
from backend.core.db import atomic, rows
from backend.core.problems import FieldError, InvalidFields, NotFound
from backend.core.roles import Role
from backend.core.sessions import Actor
from backend.notify import service as notify
from backend.people import service as people
from backend.rewards.models import Merchant, MerchantApplication, MerchantStaff
from backend.rewards.refusals import LicenceTaken, MerchantStateConflict, as_problems
from backend.rewards.schemas import (
    ApplicationOut,
    MerchantAdminOut,
    MerchantApply,
    MerchantChange,
    MyMerchant,
    Refunded,
)
from backend.rewards.shops import branch_out, branches_by_merchant, hire, merchant_ref, my_own_shop
from points import vouchers
from points.models import PointsOffer, PointsVoucher

REFUND_BATCH = 200


async def places_to_join() -> list[AreaOut]:
    """Where shops can join: every area, for whoever looks for theirs without a login."""
    return await areas.public()


async def apply(actor: Actor | None, wanted: MerchantApply) -> ApplicationOut:
    """Ask to join as a merchant. A stranger gets a login with it; its authenticator's address is given at once.

    Sending again answers the same. Raises `LicenceTaken`, `InvalidFields` for a place outside every district or a
    missing account, `ReauthenticationRequired` when a signed-in person has to set up an authenticator first.
    """
    area = await areas.containing(wanted.lon, wanted.lat)
    if area is None:
        message = "This place lies in no district that uses Lexun; move the pin"
        raise InvalidFields([FieldError("lon", "outside", message, [wanted.lon, wanted.lat])])
    if actor is None and wanted.account is None:
        raise InvalidFields([FieldError("account", "missing", "Give a phone number, a name and a password")])
    if actor is not None:
        return await _apply_as(wanted, area, actor.user_id, await _second_factor(actor))
    assert wanted.account is not None, "checked above"
    user_id, totp_uri = await people.open_login(
        phone=wanted.account.phone,
        name=wanted.account.name,
        password=wanted.account.password,
        birth_year=wanted.account.birth_year,
        area=area,
    )
    return await _apply_as(wanted, area, user_id, totp_uri)


async def _second_factor(actor: Actor) -> str | None:
    """The address for the authenticator of a person who has none yet; merchants need one."""
    if not await people.needs_second_factor(actor.user_id):
        return None
    actor.require_fresh()
    return await people.set_up_second_factor(actor.user_id)


@atomic
async def _apply_as(
    wanted: MerchantApply, area: Area, applicant_id: uuid.UUID, totp_uri: str | None
) -> ApplicationOut:
    sent = await MerchantApplication.filter(id=wanted.id).first()
    if sent is None:
        taken = (
            await Merchant.filter(licence_no=wanted.licence_no).exists()
            or await MerchantApplication.filter(licence_no=wanted.licence_no, state="applied").exists()
        )
        if taken:
            raise LicenceTaken(licence_no=wanted.licence_no)
        sent = await MerchantApplication.create(
            id=wanted.id,
            area_id=area.id,
            applicant_id=applicant_id,
            licence_no=wanted.licence_no,
            kind=wanted.kind,
            name_zh=wanted.name_zh,
            name_en=wanted.name_en or wanted.name_zh,
            address_zh=wanted.address_zh,
            address_en=wanted.address_en or wanted.address_zh,
            hours=wanted.hours,
            lon=wanted.lon,
            lat=wanted.lat,
            contact_name=wanted.contact_name,
            contact_phone=wanted.contact_phone,
            applied_at=clock.now(),
        )
        await audit.record(None, "merchant.apply", "merchant", sent.id, area_id=area.id)
    elif sent.applicant_id != applicant_id:
        raise InvalidFields([FieldError("id", "taken", "Use a new id; this one is taken", str(wanted.id))])
    return ApplicationOut(id=sent.id, state=sent.state, area=areas.ref(area), totp_uri=totp_uri)


async def my_merchants(actor: Actor) -> list[MyMerchant]:
    """The shops the person works for, and those they asked to join with."""
    posts = await MerchantStaff.filter(user_id=actor.user_id, until__isnull=True).order_by("since")
    ids = [post.merchant_id for post in posts]
    shops = {shop.id: shop for shop in await Merchant.filter(id__in=ids)} if ids else {}
    found = [
        MyMerchant(
            id=post.merchant_id,
            name_zh=shops[post.merchant_id].name_zh,
            name_en=shops[post.merchant_id].name_en,
            state=shops[post.merchant_id].state,
            state_reason=shops[post.merchant_id].state_reason,
            role="owner" if post.owner else "staff",
            branch_id=post.branch_id,
        )
        for post in posts
    ]
    for asked in await MerchantApplication.filter(applicant_id=actor.user_id, state__not="approved").order_by(
        "applied_at"
    ):
        found.append(
            MyMerchant(
                id=asked.id,
                name_zh=asked.name_zh,
                name_en=asked.name_en,
                state=asked.state,
                state_reason=asked.state_reason,
                role="owner",
                branch_id=None,
            )
        )
    return found


# --- for the area's administrators ----------------------------------------------------------------------------------


async def listed(actor: Actor, area_id: uuid.UUID, state: str | None) -> list[MerchantAdminOut]:
    """The merchants of the area and those who ask to join, for its administrators; who asks comes first."""
    area = await areas.visible(actor, area_id)
    actor.require(Role.ADMIN, area.path)
    ids = await areas.descendant_ids(area)
    asking = await MerchantApplication.filter(area_id__in=ids, state__not="approved").order_by("applied_at")
    shops = await Merchant.filter(area_id__in=ids).order_by("name_zh", "id")
    found = [_asking_out(each) for each in asking] + await _shops_out(shops)
    return [each for each in found if state is None or each.state == state]


def _asking_out(asked: MerchantApplication) -> MerchantAdminOut:
    shop = Merchant(
        **{
            name: getattr(asked, name)
            for name in ("id", "kind", "name_zh", "name_en", "address_zh", "address_en", "hours")
        },
        lon=asked.lon,
        lat=asked.lat,
    )
    return MerchantAdminOut(
        merchant=merchant_ref(shop),
        state=asked.state,
        state_reason=asked.state_reason,
        licence_no=asked.licence_no,
        contact_name=asked.contact_name,
        contact_phone=asked.contact_phone,
        branches=[],
        applied_at=asked.applied_at,
        offers=0,
        open_vouchers=0,
        owed=0,
    )


async def _shops_out(shops: list[Merchant]) -> list[MerchantAdminOut]:
    ids = [shop.id for shop in shops]
    branches = await branches_by_merchant(ids)
    offers = await _counts(PointsOffer.Meta.table, "state = 'open'")
    open_vouchers = await _counts(PointsVoucher.Meta.table, "state = 'issued'")
    owed = {
        row["owner_id"]: row["owed"]
        for row in await rows(
            "SELECT CAST(owner_id AS VARCHAR(36)) AS owner_id, credits_posted - debits_posted AS owed "
            "FROM points_account WHERE kind = 'merchant'"
        )
    }
    asked = {each.id: each.applied_at for each in await MerchantApplication.filter(id__in=ids)} if ids else {}
    return [
        MerchantAdminOut(
            merchant=merchant_ref(shop),
            state=shop.state,
            state_reason=shop.state_reason,
            licence_no=shop.licence_no,
            contact_name=shop.contact_name,
            contact_phone=shop.contact_phone,
            branches=[branch_out(branch) for branch in branches.get(shop.id, ())],
            applied_at=asked.get(shop.id),
            offers=offers.get(str(shop.id), 0),
            open_vouchers=open_vouchers.get(str(shop.id), 0),
            owed=owed.get(str(shop.id), 0),
        )
        for shop in shops
    ]


async def _counts(table: str, condition: str) -> dict[str, int]:
    """Rows of a table by merchant."""
    found = await rows(
        f"SELECT CAST(merchant_id AS VARCHAR(36)) AS merchant_id, count(*) AS n FROM {table} "
        f"WHERE {condition} GROUP BY merchant_id"
    )
    return {row["merchant_id"]: row["n"] for row in found}


async def _application(actor: Actor, merchant_id: uuid.UUID) -> tuple[MerchantApplication, Area]:
    asked = await MerchantApplication.filter(id=merchant_id).select_for_update().first()
    area = await areas.get(asked.area_id) if asked else None
    if asked is None or area is None or not actor.may(Role.ADMIN, area.path):
        raise NotFound(kind="merchant", id=str(merchant_id))
    return asked, area


async def _administered(actor: Actor, merchant_id: uuid.UUID) -> tuple[Merchant, Area]:
    shop = await Merchant.filter(id=merchant_id).select_for_update().first()
    area = await areas.get(shop.area_id) if shop else None
    if shop is None or area is None or not actor.may(Role.ADMIN, area.path):
        raise NotFound(kind="merchant", id=str(merchant_id))
    return shop, area


@atomic
async def approve(actor: Actor, merchant_id: uuid.UUID) -> MerchantAdminOut:
    """Let a shop join; whoever asked becomes its owner. Approving twice changes nothing."""
    asked, area = await _application(actor, merchant_id)
    if asked.state == "approved":
        return (await _shops_out([await Merchant.get(id=merchant_id)]))[0]
    if asked.state != "applied" or asked.applicant_id == actor.user_id:
        raise MerchantStateConflict(state=asked.state)
    if await Merchant.filter(licence_no=asked.licence_no).exists():
        raise LicenceTaken(licence_no=asked.licence_no)
    asked.state, asked.decided_at, asked.decided_by = "approved", clock.now(), actor.user_id
    await asked.save(update_fields=["state", "decided_at", "decided_by"])
    copied = ("id", "area_id", "kind", "name_zh", "name_en", "address_zh", "address_en", "hours")
    shop = await Merchant.create(
        **{name: getattr(asked, name) for name in copied},
        lon=asked.lon,
        lat=asked.lat,
        licence_no=asked.licence_no,
        contact_name=asked.contact_name,
        contact_phone=asked.contact_phone,
    )
    await hire(asked.applicant_id, shop, area_path=area.path, owner=True, granted_by=actor.user_id)
    await _tell(
        [asked.applicant_id], shop, "merchant.approved", "已加入平安合伙人", "Your shop has joined", ""
    )
    await audit.record(actor, "merchant.approve", "merchant", shop.id, area_id=area.id)
    return (await _shops_out([shop]))[0]


@atomic
async def refuse(actor: Actor, merchant_id: uuid.UUID, reason: str) -> MerchantAdminOut:
    """Say no to a shop that asks to join, and why."""
    asked, area = await _application(actor, merchant_id)
    if asked.state != "applied":
        raise MerchantStateConflict(state=asked.state)
    asked.state, asked.state_reason = "refused", reason.strip()
    asked.decided_at, asked.decided_by = clock.now(), actor.user_id
    await asked.save(update_fields=["state", "state_reason", "decided_at", "decided_by"])
    await notify.send(
        [asked.applicant_id],
        "merchant.refused",
        ("merchant", asked.id),
        f"{asked.name_zh}：未能加入",
        f"{asked.name_en}: not accepted",
        reason.strip(),
        reason.strip(),
    )
    await audit.record(
        actor, "merchant.refuse", "merchant", asked.id, area_id=area.id, details={"reason": reason.strip()}
    )
    return _asking_out(asked)


@atomic
async def suspend(actor: Actor, merchant_id: uuid.UUID, reason: str) -> MerchantAdminOut:
    """Take a shop out of the window; it redeems nothing until it is reopened. Vouchers stay as they are."""
    return await _set_state(actor, merchant_id, ("open",), "suspended", reason)


@atomic
async def reopen(actor: Actor, merchant_id: uuid.UUID) -> MerchantAdminOut:
    """Let a suspended shop go on."""
    return await _set_state(actor, merchant_id, ("suspended",), "open", None)


async def _set_state(
    actor: Actor, merchant_id: uuid.UUID, before: tuple[str, ...], state: str, reason: str | None
) -> MerchantAdminOut:
    shop, area = await _administered(actor, merchant_id)
    if shop.state not in before:
        raise MerchantStateConflict(state=shop.state)
    shop.state, shop.state_reason = state, reason.strip() if reason else None  # type: ignore[assignment]
    await shop.save(update_fields=["state", "state_reason"])
    owners = await _owners(shop)
    names = {"open": ("恢复营业", "reopened"), "suspended": ("已暂停", "suspended")}[state]
    await _tell(owners, shop, f"merchant.{state}", names[0], names[1], reason or "")
    verb = {"open": "reopen", "suspended": "suspend"}[state]
    await audit.record(
        actor, f"merchant.{verb}", "merchant", shop.id, area_id=area.id, details={"reason": reason}
    )
    return (await _shops_out([shop]))[0]


async def _owners(shop: Merchant) -> list[uuid.UUID]:
    return [
        post.user_id
        for post in await MerchantStaff.filter(merchant_id=shop.id, owner=True, until__isnull=True)
    ]


async def _tell(user_ids: list[uuid.UUID], shop: Merchant, kind: str, zh: str, en: str, reason: str) -> None:
    await notify.send(
        user_ids,
        kind,
        ("merchant", shop.id),
        f"{shop.name_zh}：{zh}",
        f"{shop.name_en}: {en}",
        reason,
        reason,
    )


# --- closing --------------------------------------------------------------------------------------------------------


async def close_as_admin(actor: Actor, merchant_id: uuid.UUID, reason: str) -> Refunded:
    """Close a shop of the area for good, as its owner could."""
    await _mark_closed_by_admin(actor, merchant_id, reason)
    return Refunded(refunded=await refund_closed(merchant_id, reason))


@atomic
async def _mark_closed_by_admin(actor: Actor, merchant_id: uuid.UUID, reason: str) -> None:
    shop, _ = await _administered(actor, merchant_id)
    await _mark_closed(actor, shop, reason)


async def close_as_owner(actor: Actor, merchant_id: uuid.UUID | None, reason: str) -> Refunded:
    """Close one's own shop for good: nothing more is sold, unused vouchers are refunded, their holders are told."""
    shop = await _mark_closed_by_owner(actor, merchant_id, reason)
    return Refunded(refunded=await refund_closed(shop.id, reason))


@atomic
async def _mark_closed_by_owner(actor: Actor, merchant_id: uuid.UUID | None, reason: str) -> Merchant:
    shop = await my_own_shop(actor, merchant_id)
    await _mark_closed(actor, shop, reason)
    return shop


async def _mark_closed(actor: Actor, shop: Merchant, reason: str) -> None:
    """Close the shop and its offers; from this commit on nothing is sold, so that the refunds come to an end."""
    if shop.state == "closed":
        return
    shop.state, shop.state_reason = "closed", reason.strip()
    await shop.save(update_fields=["state", "state_reason"])
    await PointsOffer.filter(merchant_id=shop.id).update(state="closed")
    await audit.record(
        actor,
        "merchant.close",
        "merchant",
        shop.id,
        area_id=shop.area_id,
        details={"reason": reason.strip()},
    )


async def refund_closed(merchant_id: uuid.UUID, reason: str) -> int:
    """Refund the unused vouchers of a closed shop, a portion at a time; how many. A job finishes what was begun."""
    refunded = 0
    while ended := await _refund_some(merchant_id, reason):
        refunded += ended
    return refunded


@atomic
async def _refund_some(merchant_id: uuid.UUID, reason: str) -> int:
    shop = await Merchant.get(id=merchant_id)
    with as_problems():
        ended = await vouchers.refund_all(merchant_id, reason, now=clock.now(), limit=REFUND_BATCH)
    for voucher in await PointsVoucher.filter(id__in=ended) if ended else ():
        await notify.send(
            [voucher.user_id],
            "voucher.refunded",
            ("voucher", voucher.id),
            f"已退回 {voucher.cost} 分：{voucher.title_zh}",
            f"{voucher.cost} points back: {voucher.title_en}",
            f"{shop.name_zh} 已停业。",
            f"{shop.name_en} has closed.",
        )
    return len(ended)


async def finish_refunds() -> int:
    """Refund what is left of shops whose closing was interrupted."""
    refunded = 0
    for shop in await Merchant.filter(state="closed"):
        refunded += await refund_closed(shop.id, shop.state_reason or "closed")
    return refunded


# --- the owner's own words ------------------------------------------------------------------------------------------


@atomic
async def change_merchant(
    actor: Actor, change: MerchantChange, merchant_id: uuid.UUID | None
) -> MerchantAdminOut:
    """Change what the window says of one's shop; name, licence and place are the area's to change."""
    shop = await my_own_shop(actor, merchant_id)
    changed = {
        name: getattr(change, name)
        for name in ("kind", "hours", "address_zh", "address_en", "contact_name", "contact_phone")
        if getattr(change, name) is not None
    }
    if changed:
        await Merchant.filter(id=shop.id).update(**changed)
        await audit.record(
            actor,
            "merchant.change",
            "merchant",
            shop.id,
            area_id=shop.area_id,
            details={"fields": sorted(changed)},
        )
    return (await _shops_out([await Merchant.get(id=shop.id)]))[0]
