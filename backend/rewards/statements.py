"""Monthly statements of merchants: frozen by the month of the district, agreed upon or disputed, paid and recorded."""

import datetime as dt
import re
import uuid
import zoneinfo

from backend.areas import service as areas
from backend.areas.service import Area
from backend.core import audit, clock, sessions
from backend.core.db import atomic
from backend.core.ids import uuid7
from backend.core.pools import in_thread
from backend.core.problems import FieldError, InvalidFields, NotFound
from backend.core.roles import Role
from backend.core.sessions import Actor
from backend.notify import service as notify
from backend.rewards import exporting
from backend.rewards.models import Merchant, MerchantStaff
from backend.rewards.refusals import as_problems
from backend.rewards.schemas import (
    DisputeIn,
    DisputeOut,
    OpenMonth,
    PaidIn,
    PaymentOut,
    ResolveIn,
    SettlementDetail,
    SettlementLineOut,
    SettlementOut,
)
from backend.rewards.shops import merchant_ref, my_own_shop
from points import settlement
from points.models import PointsSettlement, PointsSettlementLine, PointsVoucher

PERIOD = re.compile(r"^(20[0-9]{2})-(0[1-9]|1[0-2])$")


def month_of(period: str, time_zone: str) -> tuple[dt.datetime, dt.datetime]:
    """When a month ("2026-10") begins and ends in a zone; raises `InvalidFields` for anything else."""
    if not PERIOD.match(period):
        message = "Give a month as year and month, such as 2026-10"
        raise InvalidFields([FieldError("period", "invalid", message, period)])
    zone = zoneinfo.ZoneInfo(time_zone)
    year, month = int(period[:4]), int(period[5:])
    following = (year + month // 12, month % 12 + 1)
    starts_at, ends_at = dt.datetime(year, month, 1, tzinfo=zone), dt.datetime(*following, 1, tzinfo=zone)
    return starts_at.astimezone(dt.UTC), ends_at.astimezone(dt.UTC)


def last_month(now: dt.datetime, time_zone: str) -> str:
    """The month before the current one in a zone."""
    first = now.astimezone(zoneinfo.ZoneInfo(time_zone)).replace(day=1)
    return f"{first - dt.timedelta(days=1):%Y-%m}"


# --- freezing -------------------------------------------------------------------------------------------------------


async def freeze_last_month() -> int:
    """Freeze the month that is over, of every merchant, by the calendar of its district; returns how many."""
    frozen = 0
    for shop in await Merchant.all().order_by("id"):
        area = await areas.get(shop.area_id)
        frozen += await _freeze(shop, area, last_month(clock.now(), area.time_zone))
    return frozen


async def freeze_period(actor: Actor, area_id: uuid.UUID, period: str) -> list[SettlementOut]:
    """Freeze a month of the area's merchants, for its administrators; those frozen before stay as they are."""
    area = await _administered_area(actor, area_id)
    month_of(period, area.time_zone)
    shops = await Merchant.filter(area_id__in=await areas.descendant_ids(area)).order_by("id")
    for shop in shops:
        await _freeze(shop, await areas.get(shop.area_id), period)
    return await settlements_of_area(actor, area_id, period)


@atomic
async def _freeze(shop: Merchant, area: Area, period: str) -> int:
    starts_at, ends_at = month_of(period, area.time_zone)
    if await PointsSettlement.filter(merchant_id=shop.id, period=period).exists():
        return 0
    district = await areas.district_of(area)
    with as_problems():
        statement = await settlement.freeze(
            uuid7(),
            shop.id,
            district.id,
            period,
            starts_at=starts_at,
            ends_at=ends_at,
            now=clock.now(),
        )
    if statement is None:
        return 0
    total = (await settlement.totals(statement.id)).total
    await _tell_owners(
        shop.id,
        statement,
        f"{period} 对账单：{total} 分",
        f"Statement for {period}: {total} points",
        "请核对并确认。",
        "Please check and confirm it.",
    )
    return 1


async def _tell_owners(
    merchant_id: uuid.UUID, statement: PointsSettlement, zh: str, en: str, body_zh: str, body_en: str
) -> None:
    owners = await MerchantStaff.filter(merchant_id=merchant_id, owner=True, until__isnull=True)
    await notify.send(
        [post.user_id for post in owners],
        "settlement.changed",
        ("settlement", statement.id),
        zh,
        en,
        body_zh,
        body_en,
    )


async def _tell_administrators(
    actor: Actor, shop: Merchant, statement: PointsSettlement, zh: str, en: str, body_zh: str, body_en: str
) -> None:
    """Tell those who administer the shop's area what its owner decided; not the owner, where they are one of them."""
    admins = await sessions.people_with(Role.ADMIN, (await areas.get(shop.area_id)).path)
    await notify.send(
        [user_id for user_id in admins if user_id != actor.user_id],
        "settlement.answered",
        ("settlement", statement.id),
        zh,
        en,
        body_zh,
        body_en,
    )


# --- reading --------------------------------------------------------------------------------------------------------


async def _administered_area(actor: Actor, area_id: uuid.UUID) -> Area:
    area = await areas.visible(actor, area_id)
    actor.require(Role.ADMIN, area.path)
    return area


async def _seen(actor: Actor, settlement_id: uuid.UUID) -> tuple[PointsSettlement, Merchant, bool]:
    """A statement, its merchant, and whether the asker administers its area; its owner sees it too."""
    statement = await PointsSettlement.filter(id=settlement_id).first()
    shop = await Merchant.filter(id=statement.merchant_id).first() if statement else None
    if statement is None or shop is None:
        raise NotFound(kind="settlement", id=str(settlement_id))
    if actor.may(Role.ADMIN, (await areas.get(shop.area_id)).path):
        return statement, shop, True
    if shop.id in actor.merchant_ids:
        await my_own_shop(actor, shop.id)
        return statement, shop, False
    raise NotFound(kind="settlement", id=str(settlement_id))


async def my_settlements(actor: Actor, merchant_id: uuid.UUID | None) -> list[SettlementOut]:
    """The statements of one's shop, latest month first."""
    shop = await my_own_shop(actor, merchant_id)
    found = await PointsSettlement.filter(merchant_id=shop.id).order_by("-period").limit(120)
    return [await _out(statement, shop) for statement in found]


async def open_month(actor: Actor, merchant_id: uuid.UUID | None) -> OpenMonth:
    """What has come in since the last statement."""
    shop = await my_own_shop(actor, merchant_id)
    area = await areas.get(shop.area_id)
    total, redeemed = await settlement.open_points(shop.id, clock.now() + dt.timedelta(seconds=1))
    period = f"{clock.now().astimezone(zoneinfo.ZoneInfo(area.time_zone)):%Y-%m}"
    return OpenMonth(period=period, total=total, redeemed=redeemed)


async def settlements_of_area(actor: Actor, area_id: uuid.UUID, period: str | None) -> list[SettlementOut]:
    """The statements of the area's merchants, for its administrators: of one month, or the latest of all."""
    area = await _administered_area(actor, area_id)
    shops = {shop.id: shop for shop in await Merchant.filter(area_id__in=await areas.descendant_ids(area))}
    if not shops:
        return []
    wanted = PointsSettlement.filter(merchant_id__in=list(shops))
    if period is not None:
        month_of(period, area.time_zone)
        wanted = wanted.filter(period=period)
    found = await wanted.order_by("-period", "merchant_id").limit(500)
    return [await _out(statement, shops[statement.merchant_id]) for statement in found]


async def settlement_detail(actor: Actor, settlement_id: uuid.UUID) -> SettlementDetail:
    """A statement with all its lines, for its merchant's owner and the area's administrators."""
    statement, shop, _ = await _seen(actor, settlement_id)
    return await _detail(statement, shop)


async def _detail(statement: PointsSettlement, shop: Merchant) -> SettlementDetail:
    return SettlementDetail(settlement=await _out(statement, shop), lines=await _lines(statement.id))


async def _out(statement: PointsSettlement, shop: Merchant) -> SettlementOut:
    sums = await settlement.totals(statement.id)
    return SettlementOut(
        id=statement.id,
        merchant=merchant_ref(shop),
        period=statement.period,
        starts_at=statement.starts_at,
        ends_at=statement.ends_at,
        state=statement.state,
        total=sums.total,
        redeemed=sums.redeemed,
        lines_count=sums.lines,
        disputed=sums.disputed,
        frozen_at=statement.frozen_at,
        confirmed_at=statement.confirmed_at,
        paid_at=statement.paid_at,
        payment=PaymentOut(reference=statement.payment_reference or "", amount_cents=statement.payment_cents)
        if statement.paid_at
        else None,
    )


async def _lines(settlement_id: uuid.UUID) -> list[SettlementLineOut]:
    found = await settlement.lines(settlement_id)
    ids = list({line.voucher_id for line in found if line.voucher_id is not None})
    bought: dict[uuid.UUID, PointsVoucher] = {}
    for start in range(0, len(ids), 500):
        bought |= {
            voucher.id: voucher for voucher in await PointsVoucher.filter(id__in=ids[start : start + 500])
        }
    return [_line_out(line, bought.get(line.voucher_id) if line.voucher_id else None) for line in found]


def _line_out(line: PointsSettlementLine, voucher: PointsVoucher | None) -> SettlementLineOut:
    dispute = None
    if line.dispute is not None:
        dispute = DisputeOut(state=line.dispute, note=line.dispute_note or "", answer=line.dispute_answer)
    return SettlementLineOut(
        id=line.transfer_id,
        at=line.at,
        kind=line.kind,
        title_zh=voucher.title_zh if voucher else "",
        title_en=voucher.title_en if voucher else "",
        voucher_end=voucher.code[-4:] if voucher else "",  # as the till showed it
        points=line.points,
        dispute=dispute,
    )


# --- steps ----------------------------------------------------------------------------------------------------------


async def _as_owner(actor: Actor, settlement_id: uuid.UUID) -> Merchant:
    _, shop, admin = await _seen(actor, settlement_id)
    if admin and shop.id not in actor.merchant_ids:
        raise NotFound(kind="settlement", id=str(settlement_id))
    return await my_own_shop(actor, shop.id)


@atomic
async def confirm_settlement(actor: Actor, settlement_id: uuid.UUID) -> SettlementDetail:
    """The owner agrees with the statement, and the administrators hear that it can be paid; again changes nothing."""
    shop = await _as_owner(actor, settlement_id)
    agreed_before = (await PointsSettlement.get(id=settlement_id)).confirmed_at is not None
    with as_problems():
        statement = await settlement.confirm(settlement_id, actor.user_id, now=clock.now())
    if not agreed_before:
        total = (await settlement.totals(settlement_id)).total
        await _tell_administrators(
            actor,
            shop,
            statement,
            f"{shop.name_zh}已确认 {statement.period} 对账单",
            f"{shop.name_en} confirmed the statement for {statement.period}",
            f"共 {total} 分，可以付款了。",
            f"{total} points; it can be paid now.",
        )
        await audit.record(actor, "settlement.confirm", "settlement", settlement_id, area_id=shop.area_id)
    return await _detail(statement, shop)


@atomic
async def dispute_settlement(actor: Actor, settlement_id: uuid.UUID, wanted: DisputeIn) -> SettlementDetail:
    """The owner says which lines are wrong, and why; the administrators hear of it."""
    shop = await _as_owner(actor, settlement_id)
    notes = {line.id: line.note for line in wanted.lines}
    with as_problems():
        statement = await settlement.dispute(settlement_id, notes, now=clock.now())
    first = next(iter(notes.values()))
    await _tell_administrators(
        actor,
        shop,
        statement,
        f"{shop.name_zh}对 {statement.period} 对账单有异议",
        f"{shop.name_en} disputes the statement for {statement.period}",
        f"{len(notes)} 行，请答复。第一行：{first}",
        f"Lines: {len(notes)}; please answer. The first: {first}",
    )
    await audit.record(
        actor,
        "settlement.dispute",
        "settlement",
        settlement_id,
        area_id=shop.area_id,
        details={"lines": len(notes)},
    )
    return await _detail(statement, shop)


async def _as_admin(actor: Actor, settlement_id: uuid.UUID) -> Merchant:
    _, shop, admin = await _seen(actor, settlement_id)
    if not admin or shop.id in actor.merchant_ids:
        raise NotFound(kind="settlement", id=str(settlement_id))
    return shop


@atomic
async def resolve_line(
    actor: Actor, settlement_id: uuid.UUID, line_id: uuid.UUID, wanted: ResolveIn
) -> SettlementDetail:
    """The area answers a dispute: the line stands, or its points go back to the person. Not about one's own shop."""
    shop = await _as_admin(actor, settlement_id)
    with as_problems():
        statement = await settlement.resolve(
            settlement_id, line_id, wanted.decision, wanted.note, now=clock.now()
        )
    await _tell_owners(
        shop.id,
        statement,
        f"{statement.period} 对账单：异议已答复",
        f"Statement for {statement.period}: your dispute was answered",
        wanted.note,
        wanted.note,
    )
    await audit.record(
        actor,
        "settlement.resolve",
        "settlement",
        settlement_id,
        area_id=shop.area_id,
        details={"line": str(line_id), "decision": wanted.decision},
    )
    return await _detail(statement, shop)


@atomic
async def pay_settlement(actor: Actor, settlement_id: uuid.UUID, wanted: PaidIn) -> SettlementDetail:
    """Record that a confirmed statement was paid outside. Not for one's own shop."""
    shop = await _as_admin(actor, settlement_id)
    with as_problems():
        statement = await settlement.pay(
            settlement_id, actor.user_id, wanted.reference, cents=wanted.amount_cents, now=clock.now()
        )
    await _tell_owners(
        shop.id,
        statement,
        f"{statement.period} 对账单已付款",
        f"Statement for {statement.period} was paid",
        wanted.reference,
        wanted.reference,
    )
    await audit.record(actor, "settlement.pay", "settlement", settlement_id, area_id=shop.area_id)
    return await _detail(statement, shop)


async def export_settlement(actor: Actor, settlement_id: uuid.UUID, kind: str) -> tuple[str, bytes]:
    """The statement as a file ("xlsx" or "pdf"): its name and its bytes."""
    statement, shop, _ = await _seen(actor, settlement_id)
    detail = await _detail(statement, shop)
    zone = (await areas.get(shop.area_id)).time_zone
    write = exporting.statement_xlsx if kind == "xlsx" else exporting.statement_pdf
    return f"lexun-{statement.period}-{str(shop.id)[-6:]}.{kind}", await in_thread(write, detail, zone)
