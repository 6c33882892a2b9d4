"""Signals: looking every night for what is odd, showing it to administrators, and what came of it. Nothing is blocked."""

import datetime as dt
import uuid

import msgspec

from backend.areas import service as areas
from backend.areas.service import Area
from backend.core import audit, clock, sessions
from backend.core.db import atomic, execute
from backend.core.ids import uuid7
from backend.core.pools import in_thread
from backend.core.problems import Conflict, NotFound, Problem
from backend.core.roles import Role
from backend.core.sessions import Actor
from backend.notify import service as notify
from backend.people import service as people
from backend.rewards.models import Merchant, RewardSignal
from backend.rewards.noticing import Credited, Find, Used, odd_credits, odd_uses, words_of
from backend.rewards.oversight_schemas import Outcome, SignalClose, SignalList, SignalOut, SignalPerson
from points.models import PointsEarning, PointsRedemption, PointsVoucher

LOOKED_BACK = dt.timedelta(days=30)
LISTED = 200


class OwnSignal(Problem):
    """Nobody decides about a signal they are in."""

    status, code, title = 403, "own-signal", "Somebody who is not in it must look at this"


class SignalClosed(Conflict):
    """Somebody looked at it before, with another outcome: params outcome."""

    code, title = "signal-closed", "Somebody has looked at this already"


class _Facts(msgspec.Struct):
    """What is kept of a find, and which days were looked at."""

    find: Find
    since: dt.datetime
    until: dt.datetime


# --- looking --------------------------------------------------------------------------------------------------------


async def find_signals() -> int:
    """Look at the last 30 days of every district; returns how many new signals there are."""
    found = 0
    for district in await areas.districts():
        found += await _look_at(district)
    return found


async def _look_at(district: Area) -> int:
    now = clock.now()
    since = now - LOOKED_BACK
    used = await _used(district, since)
    earned = await PointsEarning.filter(area_id=district.id, at__gt=since, points__gt=0)
    credited = [Credited(each.reviewer_id, each.user_id, each.at, each.points) for each in earned]
    finds = [
        *await in_thread(odd_uses, used, district.time_zone),
        *await in_thread(odd_credits, credited, district.time_zone),
    ]
    return await _keep(district, finds, since, now)


async def _used(district: Area, since: dt.datetime) -> list[Used]:
    shops = await Merchant.filter(area_id__in=await areas.descendant_ids(district)).values_list(
        "id", flat=True
    )
    if not shops:
        return []
    standing = await PointsRedemption.filter(
        merchant_id__in=list(shops), redeemed_at__gt=since, undone_at__isnull=True
    )
    redeemed = PointsVoucher.filter(merchant_id__in=list(shops), redeemed_at__gt=since)
    costs = {voucher.id: voucher.cost for voucher in await redeemed.only("id", "cost")}
    return [
        Used(each.merchant_id, each.staff_id, each.user_id, each.redeemed_at, costs.get(each.voucher_id, 0))
        for each in standing
    ]


@atomic
async def _keep(district: Area, finds: list[Find], since: dt.datetime, now: dt.datetime) -> int:
    """Write finds down, the same one once a month; those still open show today's figures."""
    fresh = 0
    for find in finds:
        subject = f"{now:%Y-%m} {find.subject}"
        facts = msgspec.json.encode(_Facts(find=find, since=since, until=now)).decode()
        made = await execute(
            "INSERT INTO reward_signal (id, area_id, kind, subject, facts, at) VALUES (?, ?, ?, ?, ?, ?) "
            "ON CONFLICT DO NOTHING",
            uuid7(), district.id, find.kind, subject, facts, now,
        )  # fmt: skip
        fresh += made
        if not made:
            await RewardSignal.filter(
                area_id=district.id, kind=find.kind, subject=subject, state="open"
            ).update(facts=facts)
    if fresh:
        await notify.send(
            await sessions.people_with(Role.ADMIN, district.path),
            "signals.new",
            ("area", district.id),
            f"有 {fresh} 条核销或积分情况请看一看",
            f"{fresh} things about points to look at",
            "不一定有问题，系统也没有限制任何人。",
            "They may well be fine; nobody was restricted.",
        )
    return fresh


# --- showing and closing --------------------------------------------------------------------------------------------


async def signals_of(actor: Actor, area_id: uuid.UUID, state: str) -> SignalList:
    """The district's signals, newest first, for its administrators."""
    district = await _watched(actor, area_id)
    found = await RewardSignal.filter(area_id=district.id, state=state).order_by("-at", "-id").limit(LISTED)
    return SignalList(items=await _out(found))


async def close_signal(actor: Actor, signal_id: uuid.UUID, wanted: SignalClose) -> SignalOut:
    """Say what came of looking at it, once; the same answer again changes nothing.

    Raises `OwnSignal` for somebody who is in it, `SignalClosed` where another outcome is there.
    """
    stored = await RewardSignal.get_or_none(id=signal_id)
    if stored is None:
        raise NotFound(kind="signal", id=str(signal_id))
    await _watched(actor, stored.area_id)
    if actor.user_id in _people_in(_facts(stored).find):
        raise OwnSignal
    return await _close(actor, signal_id, wanted)


@atomic
async def _close(actor: Actor, signal_id: uuid.UUID, wanted: SignalClose) -> SignalOut:
    stored = await RewardSignal.filter(id=signal_id).select_for_update().get()
    if stored.state == "closed" and stored.outcome != wanted.outcome:
        raise SignalClosed(outcome=stored.outcome)
    if stored.state == "open":
        stored.state, stored.outcome, stored.note = "closed", wanted.outcome, wanted.note.strip()
        stored.closed_at, stored.closed_by = clock.now(), actor.user_id
        await stored.save()
        details = {"kind": stored.kind, "outcome": wanted.outcome}
        await audit.record(
            actor, "signal.close", "signal", signal_id, area_id=stored.area_id, details=details
        )
    return (await _out([stored]))[0]


async def _watched(actor: Actor, area_id: uuid.UUID) -> Area:
    district = await areas.district_of(await areas.visible(actor, area_id))
    actor.require(Role.ADMIN, district.path)
    return district


def _facts(stored: RewardSignal) -> _Facts:
    return msgspec.json.decode(stored.facts, type=_Facts)


def _people_in(find: Find) -> list[uuid.UUID]:
    return [each for each in (find.staff_id, find.reviewer_id, find.user_id) if each is not None]


async def _out(found: list[RewardSignal]) -> list[SignalOut]:
    facts = {stored.id: _facts(stored) for stored in found}
    ids = {each for fact in facts.values() for each in _people_in(fact.find)}
    names = await people.names(ids | {stored.closed_by for stored in found if stored.closed_by})
    shop_ids = [fact.find.merchant_id for fact in facts.values() if fact.find.merchant_id]
    shops = {shop.id: shop for shop in await Merchant.filter(id__in=shop_ids)} if shop_ids else {}
    return [_one_out(stored, facts[stored.id], names, shops) for stored in found]


_OUTCOMES: dict[str, Outcome] = {"fine": "fine", "acted": "acted"}


def _named(find: Find, names: dict[uuid.UUID, str]) -> list[SignalPerson]:
    named: list[SignalPerson] = []
    if find.staff_id is not None:
        named.append(SignalPerson(user_id=find.staff_id, name=names.get(find.staff_id, ""), role="staff"))
    if find.reviewer_id is not None:
        reviewer = names.get(find.reviewer_id, "")
        named.append(SignalPerson(user_id=find.reviewer_id, name=reviewer, role="reviewer"))
    if find.user_id is not None:
        named.append(SignalPerson(user_id=find.user_id, name=names.get(find.user_id, ""), role="person"))
    return named


def _one_out(
    stored: RewardSignal, facts: _Facts, names: dict[uuid.UUID, str], shops: dict[uuid.UUID, Merchant]
) -> SignalOut:
    find = facts.find
    shop = shops.get(find.merchant_id) if find.merchant_id else None
    text_zh, text_en = words_of(find)
    return SignalOut(
        id=stored.id,
        kind=find.kind,
        state="closed" if stored.state == "closed" else "open",
        at=stored.at,
        text_zh=text_zh,
        text_en=text_en,
        people=_named(find, names),
        merchant_name_zh=shop.name_zh if shop else "",
        merchant_name_en=shop.name_en if shop else "",
        events=find.events,
        hours=find.hours,
        count=find.count,
        points=find.points,
        since=facts.since,
        until=facts.until,
        outcome=_OUTCOMES.get(stored.outcome or ""),
        note=stored.note,
        closed_at=stored.closed_at,
        closed_by_name=names.get(stored.closed_by, "") if stored.closed_by else "",
    )
