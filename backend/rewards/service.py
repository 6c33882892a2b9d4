"""Use cases of rewards: crediting a patrol, the volunteer's points, the shop window, vouchers, the till."""

import contextlib
import datetime as dt
import uuid
import zoneinfo
from collections.abc import Iterator

import msgspec

from backend.areas import service as areas
from backend.areas.service import Area
from backend.core import audit, clock
from backend.core.db import atomic
from backend.core.problems import FieldError, InvalidFields, NotFound, Problem
from backend.core.sessions import Actor
from backend.notify import service as notify
from backend.patrols.track import StopPlace, distance_m
from backend.rewards.models import Merchant
from backend.rewards.schemas import (
    LineOut,
    MerchantHome,
    MerchantRef,
    MerchantToday,
    OfferIn,
    OfferList,
    OfferOut,
    OfferPatch,
    PointsOut,
    PointsRow,
    RedeemedOut,
    Redemption,
    VoucherOut,
)
from points import errors, ledger, vouchers
from points.explanation import Line
from points.models import PointsOffer, PointsVoucher
from points.rules import PatrolFacts, earn_patrol

STATUS_BY_CODE = {
    "offer-not-found": 404,
    "voucher-unknown": 404,
    "transfer-not-found": 404,
    "points-account-not-found": 404,
    "qr-expired": 410,
    "qr-invalid": 422,
}


CODE_DIGITS = 8
OFFER_LASTS_MAX = dt.timedelta(days=3650)


@contextlib.contextmanager
def as_problems() -> Iterator[None]:
    """Turn the ledger's refusals into problems of the same code; most are conflicts (409)."""
    try:
        yield
    except errors.InvalidPoints as error:
        field, remedy = str(error.params["field"]), str(error.params["remedy"])
        raise InvalidFields([FieldError(field, "invalid", remedy, error.params["value"])]) from error
    except errors.PointsError as error:
        status = STATUS_BY_CODE.get(error.code, 409)
        problem = Problem.of(error.code, status, error.code.replace("-", " ").capitalize(), **error.params)
        problem.detail = str(error)
        raise problem from error


# --- crediting ------------------------------------------------------------------------------------------------------


async def credit_patrol(
    *,
    patrol_id: uuid.UUID,
    area: Area,
    user_ids: list[uuid.UUID],
    facts: PatrolFacts,
    reviewer_id: uuid.UUID,
    title_zh: str,
    title_en: str,
    day: dt.datetime | None = None,
) -> dict[uuid.UUID, int]:
    """Credit each person of an accepted patrol, inside the caller's unit of work; returns points by person.

    The daily cap counts what was earned since midnight in the area's zone, of today or of `day` where past patrols
    are entered. Crediting the same patrol again changes nothing.
    """
    now = day or clock.now()
    midnight = _midnight(area, now)
    issue = await ledger.issue_account(None, now=now)
    accounts = {user_id: await ledger.person_account(user_id, now=now) for user_id in user_ids}
    await ledger.lock([issue, *accounts.values()])
    ids = {user_id: ledger.derived_id(patrol_id, f"reward:{user_id}") for user_id in user_ids}
    credited = await ledger.receipts(list(ids.values()))
    awarded: dict[uuid.UUID, int] = {}
    transfers: list[ledger.Transfer] = []
    for user_id, account in accounts.items():
        if (receipt := credited.get(ids[user_id])) is not None:
            awarded[user_id] = receipt.amount
            continue
        earned_today = await ledger.earned(account, since=midnight, until=midnight + dt.timedelta(days=1))
        earning = earn_patrol(facts, already_earned_today=earned_today)
        awarded[user_id] = earning.total
        if earning.total == 0:
            continue
        title = Line(
            code="title",
            points=0,
            params={"title_zh": title_zh, "title_en": title_en, "rules": earning.version},
        )
        transfers.append(
            ledger.Transfer(
                id=ids[user_id],
                debit=issue,
                credit=account,
                amount=earning.total,
                code="patrol_reward",
                reference_id=patrol_id,
                lines=(title, *earning.lines),
            )
        )
    if transfers:
        await ledger.transfer_many(transfers, now=now)
    return awarded


def _midnight(area: Area, now: dt.datetime) -> dt.datetime:
    local = now.astimezone(zoneinfo.ZoneInfo(area.time_zone))
    return local.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(dt.UTC)


# --- the volunteer's points -----------------------------------------------------------------------------------------


async def my_points(actor: Actor, before: int | None, *, limit: int = 30) -> PointsOut:
    """What the person can spend, and a page of how it came and went."""
    account = ledger.account_id("person", actor.user_id)
    balance = await ledger.balance(account)
    found = await ledger.statement(account, limit=limit, before=before)
    return PointsOut(
        balance=balance.available,
        set_aside=balance.set_aside,
        earned_total=await ledger.earned(account),
        items=[_points_row(entry) for entry in found],
        next=str(found[-1].seq) if len(found) == limit else None,
    )


def _points_row(entry: ledger.StatementRow) -> PointsRow:
    titles = next((line.params for line in entry.lines if "title_zh" in line.params), {})
    return PointsRow(
        id=entry.id,
        seq=entry.seq,
        at=entry.at,
        amount=entry.points,
        balance_after=entry.balance_after,
        code=entry.code,
        title_zh=str(titles.get("title_zh", "")),
        title_en=str(titles.get("title_en", "")),
        lines=[
            LineOut(code=line.code, points=line.points, params=dict(line.params))
            for line in entry.lines
            if line.points
        ],
        reference_id=entry.reference_id,
        reason=entry.reason,
    )


# --- the shop window ------------------------------------------------------------------------------------------------


async def offers(actor: Actor, area_id: uuid.UUID, lon: float | None, lat: float | None) -> OfferList:
    """What can be had for points in the district of the area, nearest shop first when a place is given."""
    area = await areas.visible(actor, area_id)
    district = await areas.district_of(area)
    shops = {
        shop.id: shop
        for shop in await Merchant.filter(area_id__in=await areas.descendant_ids(district), state="open")
    }
    here = StopPlace(lon, lat, 0.0) if lon is not None and lat is not None else None
    balance = (await ledger.balance(ledger.account_id("person", actor.user_id))).available
    found = await vouchers.list_offers(now=clock.now(), merchant_ids=list(shops)) if shops else []
    items = [_offer_out(offer, shops[offer.merchant_id], here, balance) for offer in found]
    items.sort(key=lambda item: (item.stock == 0, item.merchant.distance_m if here else item.cost, item.cost))
    return OfferList(items=items, balance=balance)


def _offer_out(offer: PointsOffer, shop: Merchant, here: StopPlace | None, balance: int) -> OfferOut:
    return OfferOut(
        id=offer.id,
        merchant=_merchant_ref(shop, here),
        title_zh=offer.title_zh,
        title_en=offer.title_en,
        terms_zh=offer.terms_zh,
        terms_en=offer.terms_en,
        cost=offer.cost,
        stock=offer.stock,
        per_person_cap=offer.per_person_cap,
        ends_at=offer.ends_at,
        state=offer.state,
        affordable=offer.stock > 0 and balance >= offer.cost,
    )


def _merchant_ref(shop: Merchant, here: StopPlace | None = None) -> MerchantRef:
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
        distance_m=round(distance_m(here, StopPlace(shop.lon, shop.lat, 0.0))) if here else None,
    )


@atomic
async def buy(actor: Actor, offer_id: uuid.UUID, voucher_id: uuid.UUID, key: bytes) -> VoucherOut:
    """Take one of the offer: stock and points in one transaction. The same voucher id again answers the same."""
    offer = await PointsOffer.filter(id=offer_id).first()
    shop = await Merchant.filter(id=offer.merchant_id).first() if offer else None
    if shop is None or not areas.sees(actor, (await areas.get(shop.area_id)).path):
        raise NotFound(kind="offer", id=str(offer_id))
    bought = await PointsVoucher.filter(id=voucher_id, offer_id=offer_id, user_id=actor.user_id).exists()
    if shop.state != "open" and not bought:
        raise NotFound(kind="offer", id=str(offer_id))
    with as_problems():
        voucher = await vouchers.buy(offer_id, actor.user_id, voucher_id, now=clock.now())
    return _voucher_out(voucher, shop, key)


async def my_vouchers(actor: Actor, key: bytes) -> list[VoucherOut]:
    """The person's vouchers, usable ones first, then the latest."""
    found = await PointsVoucher.filter(user_id=actor.user_id).order_by("-issued_at").limit(100)
    shops = (
        {
            shop.id: shop
            for shop in await Merchant.filter(id__in=list({voucher.merchant_id for voucher in found}))
        }
        if found
        else {}
    )
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
    return VoucherOut(
        id=voucher.id,
        state="expired"
        if voucher.state == "issued" and not usable
        else voucher.state,  # before its job has run
        title_zh=voucher.title_zh,
        title_en=voucher.title_en,
        terms_zh=voucher.terms_zh,
        terms_en=voucher.terms_en,
        cost=voucher.cost,
        code=voucher.code,
        merchant=_merchant_ref(shop),
        issued_at=voucher.issued_at,
        expires_at=voucher.expires_at,
        redeemed_at=voucher.redeemed_at,
        qr_token=vouchers.qr_token(voucher.id, now, key) if usable else None,
        qr_valid_until=vouchers.qr_valid_until(now) if usable else None,
    )


# --- the till -------------------------------------------------------------------------------------------------------


async def _my_shop(actor: Actor, merchant_id: uuid.UUID | None) -> Merchant:
    """The shop the person works for; named, when they work for several."""
    own = actor.merchant_ids
    wanted = merchant_id or (own[0] if own else None)
    shop = await Merchant.filter(id=wanted).first() if wanted in own else None
    if shop is None:
        raise NotFound(kind="merchant", id=str(merchant_id or ""))
    return shop


async def merchant_home(actor: Actor, merchant_id: uuid.UUID | None) -> MerchantHome:
    """The shop's offers, what was redeemed today and lately."""
    shop = await _my_shop(actor, merchant_id)
    area = await areas.get(shop.area_id)
    now = clock.now()
    found = await vouchers.list_offers(now=now, merchant_ids=[shop.id], open_only=False)
    today = await PointsVoucher.filter(merchant_id=shop.id, redeemed_at__gte=_midnight(area, now))
    recent = (
        await PointsVoucher.filter(merchant_id=shop.id, state="redeemed").order_by("-redeemed_at").limit(20)
    )
    return MerchantHome(
        merchant=_merchant_ref(shop),
        state=shop.state,
        offers=[_offer_out(offer, shop, None, 0) for offer in found],
        today=MerchantToday(redeemed=len(today), points=sum(voucher.cost for voucher in today)),
        recent=[_redeemed_out(voucher) for voucher in recent],
    )


def _redeemed_out(voucher: PointsVoucher) -> RedeemedOut:
    assert voucher.redeemed_at is not None, "only redeemed vouchers are shown at the till"
    return RedeemedOut(
        voucher_id=voucher.id,
        title_zh=voucher.title_zh,
        title_en=voucher.title_en,
        terms_zh=voucher.terms_zh,
        terms_en=voucher.terms_en,
        cost=voucher.cost,
        code_end=voucher.code[-4:],
        redeemed_at=voucher.redeemed_at,
    )


def _which_voucher(wanted: Redemption, now: dt.datetime, key: bytes) -> uuid.UUID | str:
    """The id that the QR code stands for, or the eight digits; no other number of digits is a voucher's."""
    if wanted.token is not None:
        return vouchers.read_qr_token(wanted.token, now, key)
    digits = "".join(each for each in wanted.code or "" if each not in " -\u3000")
    if len(digits) != CODE_DIGITS or not digits.isascii() or not digits.isdigit():
        raise errors.VoucherUnknown
    return digits


@atomic
async def redeem(actor: Actor, wanted: Redemption, key: bytes) -> RedeemedOut:
    """Use a voucher at the person's shop, by what was scanned or typed: once, whoever else tries meanwhile."""
    shop = await _my_shop(actor, wanted.merchant_id)
    if (wanted.token is None) == (wanted.code is None):
        raise InvalidFields(
            [FieldError("code", "missing", "Scan the QR code or type the eight digits, one of the two")]
        )
    now = clock.now()
    repeated = await PointsVoucher.filter(redemption_id=wanted.id, merchant_id=shop.id).exists()
    with as_problems():
        which = _which_voucher(wanted, now, key)
        voucher = await vouchers.redeem(which, shop.id, actor.user_id, now=now, redemption_id=wanted.id)
    if repeated:  # its answer was lost on the way; everybody knows already
        return _redeemed_out(voucher)
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
    return _redeemed_out(voucher)


@atomic
async def add_offer(actor: Actor, wanted: OfferIn, merchant_id: uuid.UUID | None) -> OfferOut:
    """Put an offer in the window."""
    shop = await _my_shop(actor, merchant_id)
    if wanted.ends_at is not None and not clock.now() < wanted.ends_at < clock.now() + OFFER_LASTS_MAX:
        message = "Choose a time from now on, within ten years"
        raise InvalidFields([FieldError("ends_at", "invalid", message, wanted.ends_at.isoformat())])
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
            ends_at=wanted.ends_at,
            now=clock.now(),
        )
    await audit.record(actor, "offer.create", "offer", offer.id, area_id=shop.area_id)
    return _offer_out(offer, shop, None, 0)


@atomic
async def change_offer(
    actor: Actor, offer_id: uuid.UUID, patch: OfferPatch, merchant_id: uuid.UUID | None
) -> OfferOut:
    """Change an offer; vouchers bought before keep their terms."""
    shop = await _my_shop(actor, merchant_id)
    with as_problems():
        offer = await vouchers.change_offer(
            offer_id, shop.id, vouchers.OfferChange(**msgspec.structs.asdict(patch))
        )
    await audit.record(actor, "offer.change", "offer", offer_id, area_id=shop.area_id)
    return _offer_out(offer, shop, None, 0)


@atomic
async def expire_vouchers() -> int:
    """Give the points of vouchers back whose time is over; returns how many ended."""
    return len(await vouchers.expire_due(clock.now()))
