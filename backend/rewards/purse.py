"""A volunteer's points: what there is to spend, and how it came and went."""

import datetime as dt
import uuid
from collections.abc import Sequence

from backend.areas import service as areas
from backend.areas.service import Area
from backend.core import clock
from backend.core.sessions import Actor
from backend.people import service as people
from backend.rewards.schemas import ExpiringOut, LineOut, PointsOut, PointsRow
from points import expiry, ledger, rulebook
from points.explanation import Line
from points.rules import CURRENT
from points.wording import words_of


async def my_points(actor: Actor, before: int | None, *, limit: int = 30) -> PointsOut:
    """What the person can spend, and a page of how it came and went."""
    account = ledger.account_id("person", actor.user_id)
    balance = await ledger.balance(account)
    found = await ledger.statement(account, limit=limit, before=before)
    ending = await expiry.expiring(actor.user_id, (await lasts_for([actor.user_id]))[actor.user_id])
    return PointsOut(
        balance=balance.available,
        set_aside=balance.set_aside,
        earned_total=await ledger.earned(account),
        expiring=[
            ExpiringOut(points=lot.points, expires_at=max(lot.expires_at, clock.now())) for lot in ending
        ],
        items=[_points_row(entry) for entry in found],
        next=str(found[-1].seq) if len(found) == limit else None,
    )


async def home_district(user_id: uuid.UUID) -> Area | None:
    """The district a person lives in."""
    area_id = (await people.homes({user_id})).get(user_id)
    return await areas.district_of(await areas.get(area_id)) if area_id is not None else None


async def lasts_for(user_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, dt.timedelta]:
    """How long each person's points last: by the rules of the district they live in, else the built-in ones."""
    homes = await people.homes(set(user_ids))
    paths = {ref.id: ref.path for ref in (await areas.refs(set(homes.values()))).values()}
    by_slug: dict[str, dt.timedelta] = {}
    lasts = dict.fromkeys(user_ids, dt.timedelta(days=CURRENT.points_last_days))
    for user_id, area_id in homes.items():
        slug = areas.district_slug(paths[area_id])
        if slug not in by_slug:
            district = await areas.district_of(await areas.get(area_id))
            by_slug[slug] = dt.timedelta(days=(await rulebook.rules_of(district.id)).points_last_days)
        lasts[user_id] = by_slug[slug]
    return lasts


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
        lines=[_line_out(line) for line in entry.lines if line.points],
        reference_id=entry.reference_id,
        reason=entry.reason,
    )


def _line_out(line: Line) -> LineOut:
    text_zh, text_en = words_of(line)
    return LineOut(
        code=line.code, points=line.points, params=dict(line.params), text_zh=text_zh, text_en=text_en
    )
