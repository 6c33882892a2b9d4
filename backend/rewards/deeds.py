"""Thanks for what was done apart from a patrol: finding who did it, crediting them once, and what was thanked for lately."""

import datetime as dt
import uuid
from collections import defaultdict

from backend.areas import service as areas
from backend.areas.service import Area
from backend.core import audit, clock
from backend.core.db import atomic, execute
from backend.core.problems import Conflict, FieldError, InvalidFields
from backend.core.roles import POLICE_ROLES, Role
from backend.core.sessions import Actor
from backend.notify import service as notify
from backend.people import service as people
from backend.rewards.crediting import Credit, credit
from backend.rewards.models import RewardDeed
from backend.rewards.schemas import DeedIn, DeedOut, DeedPerson, DeedShareOut
from points.models import PointsEarning
from points.rules import DeedFacts

DEED_ROLES = (*POLICE_ROLES, Role.POSTER)
"""Who settles disputes and hosts talks with volunteers: the police and the communities."""
LISTED = 20
FOUND_MAX = 12


async def people_to_thank(actor: Actor, area_id: uuid.UUID, text: str) -> list[DeedPerson]:
    """People of the district by two characters of their name or the last digits of their phone, whoever judges not among them."""
    area = await _judged(actor, area_id)
    district = await areas.district_of(area)
    found = await people.looked_up(await areas.descendant_ids(district), text, limit=FOUND_MAX + 1)
    return [
        DeedPerson(user_id=each.user_id, name=each.name, phone=each.phone, team=each.team)
        for each in found
        if each.user_id != actor.user_id
    ][:FOUND_MAX]


async def deeds_of(actor: Actor, area_id: uuid.UUID) -> list[DeedOut]:
    """What was thanked for lately in an area, latest first, for those who may thank."""
    area = await _judged(actor, area_id)
    ids = await areas.descendant_ids(area)
    return await _out(await RewardDeed.filter(area_id__in=ids).order_by("-at", "-id").limit(LISTED))


async def credit_deed(actor: Actor, wanted: DeedIn, *, day: dt.datetime | None = None) -> DeedOut:
    """Thank people for a handled matter, a mediation or a talk, shared as they agreed.

    Sending the same id again answers the same, and with other content raises `Conflict`. Raises `NotAllowed`,
    `ReviewerOfTheTeam`, and `InvalidFields` for people of another district, oneself, or somebody named twice.
    """
    area = await _judged(actor, wanted.area_id)
    await _check_shares(actor, area, wanted)
    return await _credit(actor, area, wanted, day or clock.now())


async def _judged(actor: Actor, area_id: uuid.UUID) -> Area:
    area = await areas.visible(actor, area_id)
    actor.require_any(DEED_ROLES, area.path)
    return area


async def _check_shares(actor: Actor, area: Area, wanted: DeedIn) -> None:
    ids = [share.user_id for share in wanted.shares]
    homes = await people.homes(set(ids))
    district = set(await areas.ids_within(areas.district_slug(area.path)))
    for number, user_id in enumerate(ids):
        if user_id == actor.user_id or user_id in ids[:number] or homes.get(user_id) not in district:
            message = "Name each person of the district once, and not yourself"
            raise InvalidFields([FieldError(f"shares.{number}.user_id", "invalid", message, str(user_id))])


@atomic
async def _credit(actor: Actor, area: Area, wanted: DeedIn, now: dt.datetime) -> DeedOut:
    title_zh = wanted.title_zh.strip()
    title_en = wanted.title_en.strip() or title_zh
    made = await execute(
        "INSERT INTO reward_deed (id, area_id, kind, title_zh, title_en, judged_by, at) VALUES (?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT DO NOTHING",
        wanted.id, area.id, wanted.kind, title_zh, title_en, actor.user_id, now,
    )  # fmt: skip
    stored = await RewardDeed.get(id=wanted.id)
    if not made:
        return await _same(stored, actor, wanted, title_zh)
    weights = tuple(share.weight for share in wanted.shares)
    facts = {
        share.user_id: DeedFacts(kind=wanted.kind, weights=weights, place=place)
        for place, share in enumerate(wanted.shares)
    }
    reason = Credit(wanted.id, area, actor.user_id, f"{wanted.kind}_reward", title_zh, title_en, now)
    awarded = await credit(reason, facts)
    await _tell(stored, awarded)
    details = {"kind": wanted.kind, "points": sum(awarded.values())}
    await audit.record(actor, "points.credit", "deed", wanted.id, area_id=area.id, details=details)
    return (await _out([stored]))[0]


async def _same(stored: RewardDeed, actor: Actor, wanted: DeedIn, title_zh: str) -> DeedOut:
    """The answer of before; `Conflict` where the id stands for something else."""
    thanked = set(await PointsEarning.filter(reference_id=stored.id).values_list("user_id", flat=True))
    before = (stored.area_id, stored.kind, stored.title_zh, stored.judged_by, thanked)
    again = (wanted.area_id, wanted.kind, title_zh, actor.user_id, {share.user_id for share in wanted.shares})
    if before != again:
        raise Conflict(id=str(wanted.id))
    return (await _out([stored]))[0]


async def _tell(deed: RewardDeed, awarded: dict[uuid.UUID, int]) -> None:
    for user_id, points in awarded.items():
        await notify.send(
            [user_id],
            "points.credited",
            ("points", deed.id),
            f"谢谢您：{deed.title_zh}",
            f"Thank you: {deed.title_en}",
            f"获得 {points} 分。" if points else "今天的积分已满，心意收到了。",
            f"You earned {points} points." if points else "Today’s points were full; the thanks stand.",
            push=True,
        )


async def _out(deeds: list[RewardDeed]) -> list[DeedOut]:
    """Deeds on the wire, in two queries however many there are; who got most comes first."""
    ids = [deed.id for deed in deeds]
    earned = await PointsEarning.filter(reference_id__in=ids).order_by("-points", "id") if ids else []
    names = await people.names({each.user_id for each in earned} | {deed.judged_by for deed in deeds})
    shares: defaultdict[uuid.UUID, list[DeedShareOut]] = defaultdict(list)
    for each in earned:
        share = DeedShareOut(user_id=each.user_id, name=names.get(each.user_id, ""), points=each.points)
        shares[each.reference_id].append(share)
    return [
        DeedOut(
            id=deed.id,
            kind=deed.kind,  # type: ignore[arg-type]  # a CHECK of the table holds it to the known kinds
            title_zh=deed.title_zh,
            title_en=deed.title_en,
            at=deed.at,
            by_name=names.get(deed.judged_by, ""),
            items=shares[deed.id],
        )
        for deed in deeds
    ]
