"""Budgets of a district: who gives how many points for which period, and telling before they run out."""

import datetime as dt
import uuid
import zoneinfo
from collections.abc import Iterable

from backend.areas import service as areas
from backend.areas.service import Area
from backend.core import audit, clock, sessions
from backend.core.db import atomic
from backend.core.problems import NotFound
from backend.core.roles import Role
from backend.core.sessions import Actor
from backend.notify import service as notify
from backend.rewards.oversight_schemas import BudgetIn, BudgetList, BudgetNow, BudgetOut, BudgetState
from backend.rewards.promising import promised_until
from backend.rewards.refusals import as_problems
from points import budgets
from points.models import PointsBudget

LISTED = 200


async def budgets_of(actor: Actor, area_id: uuid.UUID) -> BudgetList:
    """The district's budgets and what is left of those in force, for its administrators."""
    district = await _funded(actor, area_id)
    now = clock.now()
    found = await PointsBudget.filter(area_id=district.id).order_by("-ends_at", "-id").limit(LISTED)
    shown = [_out(each, district, now) for each in found]
    order = ("running", "used_up", "coming", "over", "ended")
    shown.sort(key=lambda each: order.index(each.state))
    return BudgetList(items=shown, now=await _now(district, now))


async def add_budget(actor: Actor, wanted: BudgetIn) -> BudgetOut:
    """Write a budget down, for administrators; it holds from its first day."""
    district = await _funded(actor, wanted.area_id)
    return await _add(actor, district, wanted)


@atomic
async def _add(actor: Actor, district: Area, wanted: BudgetIn) -> BudgetOut:
    now = clock.now()
    with as_problems():
        stored = await budgets.add(
            wanted.id,
            district.id,
            funder=wanted.funder,
            starts_at=_midnight(wanted.starts_on, district),
            ends_at=_midnight(wanted.ends_on + dt.timedelta(days=1), district),
            points=wanted.points,
            kept_for_posted=wanted.kept_for_posted,
            note=wanted.note,
            by=actor.user_id,
            now=now,
        )
    if stored.created_at == now:
        details = {"funder": stored.funder, "points": stored.points}
        await audit.record(actor, "budget.add", "budget", stored.id, area_id=district.id, details=details)
    return _out(stored, district, now)


async def end_budget(actor: Actor, budget_id: uuid.UUID) -> BudgetOut:
    """Take nothing more from a budget, for administrators; what was credited from it stays."""
    stored = await PointsBudget.get_or_none(id=budget_id)
    if stored is None:
        raise NotFound(kind="budget", id=str(budget_id))
    district = await _funded(actor, stored.area_id)
    return await _end(actor, district, budget_id)


@atomic
async def _end(actor: Actor, district: Area, budget_id: uuid.UUID) -> BudgetOut:
    now = clock.now()
    stored = await budgets.end(budget_id, now=now)
    if stored is None:
        raise NotFound(kind="budget", id=str(budget_id))
    if stored.ended_at == now:
        await audit.record(actor, "budget.end", "budget", budget_id, area_id=district.id)
    return _out(stored, district, now)


async def _funded(actor: Actor, area_id: uuid.UUID) -> Area:
    """The district of the area, for those who administer it as a whole."""
    district = await areas.district_of(await areas.visible(actor, area_id))
    actor.require(Role.ADMIN, district.path)
    return district


def _midnight(day: dt.date, district: Area) -> dt.datetime:
    zone = zoneinfo.ZoneInfo(district.time_zone)
    return dt.datetime.combine(day, dt.time(), tzinfo=zone).astimezone(dt.UTC)


def _day(moment: dt.datetime, district: Area) -> dt.date:
    return moment.astimezone(zoneinfo.ZoneInfo(district.time_zone)).date()


def _out(stored: PointsBudget, district: Area, now: dt.datetime) -> BudgetOut:
    return BudgetOut(
        id=stored.id,
        funder=stored.funder,
        starts_on=_day(stored.starts_at, district),
        ends_on=_day(stored.ends_at - dt.timedelta(seconds=1), district),
        points=stored.points,
        kept_for_posted=stored.kept_for_posted,
        used=stored.used,
        left=stored.points - stored.used,
        state=_state(stored, now),
        note=stored.note,
        created_at=stored.created_at,
        ended_at=stored.ended_at,
    )


def _state(stored: PointsBudget, now: dt.datetime) -> BudgetState:
    if stored.ended_at is not None:
        return "ended"
    if now >= stored.ends_at:
        return "over"
    if now < stored.starts_at:
        return "coming"
    return "used_up" if stored.used == stored.points else "running"


async def _now(district: Area, now: dt.datetime) -> BudgetNow | None:
    room = budgets.room_in(await budgets.covering(district.id, now))
    if room is None:
        return None
    gone_at = await budgets.runs_out_at(district.id, room, now)
    return BudgetNow(
        points=room.points,
        used=room.used,
        left=room.left,
        promised=await promised_until(district, room.ends_at),
        ends_on=_day(room.ends_at - dt.timedelta(seconds=1), district),
        runs_out_on=_day(gone_at, district) if gone_at else None,
    )


# --- telling before it is too late ----------------------------------------------------------------------------------


async def tell_what_is_used(district: Area, held: Iterable[PointsBudget]) -> None:
    """Tell the administrators, once each, when 80, 95 and 100 % of a budget are used; in the caller's unit of work."""
    for budget in held:
        percent = budgets.newly_reached(budget)
        if percent is None:
            continue
        await budgets.note_told(budget, percent=percent)
        left = budget.points - budget.used
        await _tell(
            district,
            budget,
            f"{budget.funder}的积分预算已用 {percent}%",
            f"{percent} % of the budget of {budget.funder} is used",
            f"还剩 {left} 分。用完以后，新的感谢积分会少给或不给，请及时补充。"
            if left
            else "已经用完，请补充预算。",
            f"{left} points are left. After them, thanks grow smaller or stop; please add a budget in time.",
        )


async def watch_budgets() -> int:
    """Tell the administrators of budgets that end within two weeks with none to follow; returns how many."""
    told = 0
    for district in await areas.districts():
        told += await _watch(district)
    return told


@atomic
async def _watch(district: Area) -> int:
    now = clock.now()
    held = await budgets.covering(district.id, now, hold=True)
    if not held:
        return 0
    last = held[-1]
    followed = await PointsBudget.filter(
        area_id=district.id, starts_at__lte=last.ends_at, ends_at__gt=last.ends_at, ended_at__isnull=True
    ).exists()
    if last.told_end or followed or last.ends_at - now > budgets.TOLD_BEFORE_END:
        return 0
    await budgets.note_told(last, end_is_near=True)
    day = _day(last.ends_at - dt.timedelta(seconds=1), district)
    await _tell(
        district,
        last,
        f"{last.funder}的积分预算到 {day} 结束",
        f"The budget of {last.funder} ends on {day}",
        "之后没有新的预算。没有预算的日子，积分不受限制。",
        "No budget follows. On days without one, points are not limited.",
    )
    return 1


async def _tell(district: Area, budget: PointsBudget, zh: str, en: str, body_zh: str, body_en: str) -> None:
    admins = await sessions.people_with(Role.ADMIN, district.path)
    await notify.send(admins, "budget.low", ("budget", budget.id), zh, en, body_zh, body_en, push=True)
