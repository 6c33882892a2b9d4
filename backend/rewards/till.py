"""The till: what was scanned or typed is honoured once, and a mistake is taken back within five minutes."""

import datetime as dt
import uuid

from backend.areas import service as areas
from backend.core import audit, clock
from backend.core.db import atomic_shared
from backend.core.problems import FieldError, InvalidFields, NotFound
from backend.core.sessions import Actor
from backend.notify import service as notify
from backend.people import service as people
from backend.rewards.crediting import midnight_of
from backend.rewards.models import Merchant, MerchantBranch
from backend.rewards.refusals import BranchClosed, MerchantNotOpen, VoucherOfAnotherShop, as_problems
from backend.rewards.schemas import MerchantHome, MerchantToday, RedeemedOut, Redemption
from backend.rewards.shops import branch_out, merchant_ref, my_shop, offer_out, post_of
from points import errors, vouchers
from points.models import PointsRedemption, PointsVoucher

CODE_DIGITS = 8
RECENT = 20


async def merchant_home(actor: Actor, merchant_id: uuid.UUID | None) -> MerchantHome:
    """The shop's offers, what was redeemed today and lately."""
    shop = await my_shop(actor, merchant_id)
    post = await post_of(actor, shop)
    area = await areas.get(shop.area_id)
    now = clock.now()
    found = await vouchers.list_offers(now=now, merchant_ids=[shop.id], open_only=False)
    today = await PointsRedemption.filter(merchant_id=shop.id, redeemed_at__gte=midnight_of(area, now))
    standing = [redemption for redemption in today if redemption.undone_at is None]
    costs = await _costs(standing)
    recent = await PointsRedemption.filter(merchant_id=shop.id).order_by("-redeemed_at", "-id").limit(RECENT)
    ref = merchant_ref(shop)
    owns = post is not None and post.owner
    return MerchantHome(
        merchant=ref,
        state=shop.state,
        role="owner" if owns else "staff",
        branches=[
            branch_out(branch) for branch in await MerchantBranch.filter(merchant_id=shop.id).order_by("id")
        ],
        offers=[offer_out(offer, ref, 0) for offer in found],
        today=MerchantToday(
            redeemed=len(standing), points=sum(costs.values()), undone=len(today) - len(standing)
        ),
        recent=await _redeemed_out(recent),
        contact_name=shop.contact_name if owns else None,
        contact_phone=shop.contact_phone if owns else None,
    )


async def _costs(redemptions: list[PointsRedemption]) -> dict[uuid.UUID, int]:
    ids = [redemption.voucher_id for redemption in redemptions]
    return dict(await PointsVoucher.filter(id__in=ids).values_list("id", "cost")) if ids else {}  # type: ignore[arg-type]


async def _redeemed_out(redemptions: list[PointsRedemption]) -> list[RedeemedOut]:
    """Redemptions on the wire, in three queries however many there are."""
    ids = [redemption.voucher_id for redemption in redemptions]
    bought = {voucher.id: voucher for voucher in await PointsVoucher.filter(id__in=ids)} if ids else {}
    names = await people.names({redemption.staff_id for redemption in redemptions})
    return [
        _one_out(redemption, bought[redemption.voucher_id], names.get(redemption.staff_id, ""))
        for redemption in redemptions
    ]


def _one_out(redemption: PointsRedemption, voucher: PointsVoucher, staff_name: str) -> RedeemedOut:
    return RedeemedOut(
        redemption_id=redemption.id,
        voucher_id=voucher.id,
        title_zh=voucher.title_zh,
        title_en=voucher.title_en,
        terms_zh=voucher.terms_zh,
        terms_en=voucher.terms_en,
        cost=voucher.cost,
        code_end=voucher.code[-4:],
        redeemed_at=redemption.redeemed_at,
        undo_until=redemption.redeemed_at + vouchers.UNDO_FOR,
        state="redeemed" if redemption.undone_at is None else "undone",
        staff_name=staff_name,
        branch_id=redemption.branch_id,
    )


def _shown(wanted: Redemption, now: dt.datetime, key: bytes) -> uuid.UUID | str:
    """What the QR code stands for, or the eight digits; no other number of digits is a voucher's."""
    if wanted.token is not None:
        return vouchers.read_qr_token(wanted.token, now, key)
    digits = "".join(each for each in wanted.code or "" if each not in " -\u3000")
    if len(digits) != CODE_DIGITS or not digits.isascii() or not digits.isdigit():
        raise errors.VoucherUnknown
    return digits


async def _branch(shop: Merchant, branch_id: uuid.UUID | None, actor: Actor) -> uuid.UUID | None:
    """The branch that was named, or the one the person works at while it is open; a voucher is good at any of them."""
    if branch_id is None:
        post = await post_of(actor, shop)
        works_at = post.branch_id if post is not None else None
        return works_at if await MerchantBranch.filter(id=works_at, is_open=True).exists() else None
    branch = await MerchantBranch.get_or_none(id=branch_id, merchant_id=shop.id)
    if branch is None:
        raise NotFound(kind="branch", id=str(branch_id))
    if not branch.is_open:
        raise BranchClosed(branch_id=str(branch_id))
    return branch_id


async def _shop_of(transfer_id: uuid.UUID | str) -> VoucherOfAnotherShop:
    """Where the voucher that was scanned can be used."""
    voucher = await PointsVoucher.get(transfer_id=transfer_id)
    shop = await Merchant.get(id=voucher.merchant_id)
    return VoucherOfAnotherShop(
        shop_zh=shop.name_zh,
        shop_en=shop.name_en,
        address_zh=shop.address_zh,
        address_en=shop.address_en,
    )


@atomic_shared
async def redeem(actor: Actor, wanted: Redemption, key: bytes) -> RedeemedOut:
    """Use a voucher at the person's shop, by what was scanned or typed: once, whoever else tries meanwhile."""
    shop = await my_shop(actor, wanted.merchant_id)
    if (wanted.token is None) == (wanted.code is None):
        raise InvalidFields(
            [FieldError("code", "missing", "Scan the QR code or type the eight digits, one of the two")]
        )
    now = clock.now()
    repeated = await PointsRedemption.filter(id=wanted.id, merchant_id=shop.id).exists()
    if shop.state != "open" and not repeated:
        raise MerchantNotOpen(state=shop.state)
    branch_id = await _branch(shop, wanted.branch_id, actor)
    with as_problems():
        shown = _shown(wanted, now, key)
        try:
            voucher = await vouchers.redeem(
                shown, shop.id, actor.user_id, now=now, redemption_id=wanted.id, branch_id=branch_id
            )
        except errors.VoucherOtherMerchant as error:  # only of what was scanned: digits are each shop's own
            raise await _shop_of(shown) from error
    redemption = await PointsRedemption.get(id=wanted.id)
    if not repeated:  # else its answer was lost on the way, and everybody knows already
        await audit.record(actor, "voucher.redeem", "voucher", voucher.id, area_id=shop.area_id)
        await notify.send(
            [voucher.user_id],
            "voucher.redeemed",
            ("voucher", voucher.id),
            f"已使用：{voucher.title_zh}",
            f"Used: {voucher.title_en}",
            shop.name_zh,
            shop.name_en,
            push=False,
        )
    return (await _redeemed_out([redemption]))[0]


@atomic_shared
async def undo(
    actor: Actor, redemption_id: uuid.UUID, reason: str, merchant_id: uuid.UUID | None
) -> RedeemedOut:
    """Take a redemption back within five minutes; the voucher can be used again, and its holder is told why."""
    shop = await my_shop(actor, merchant_id)
    before = await PointsRedemption.filter(id=redemption_id, undone_at__isnull=False).exists()
    with as_problems():
        redemption = await vouchers.undo(redemption_id, shop.id, actor.user_id, reason, now=clock.now())
    if not before:
        await audit.record(
            actor,
            "voucher.undo",
            "voucher",
            redemption.voucher_id,
            area_id=shop.area_id,
            details={"reason": redemption.undo_reason},
        )
        voucher = await PointsVoucher.get(id=redemption.voucher_id)
        await notify.send(
            [redemption.user_id],
            "voucher.undone",
            ("voucher", voucher.id),
            f"撤销使用：{voucher.title_zh}",
            f"Not used after all: {voucher.title_en}",
            f"{shop.name_zh}：{redemption.undo_reason}。兑换券可以再用。",
            f"{shop.name_en}: {redemption.undo_reason}. You can use the voucher again.",
            push=False,
        )
    return (await _redeemed_out([redemption]))[0]
