"""Thanking people with points: what a patrol earns, credited once, within the caps of the rules."""

import datetime as dt
import uuid
import zoneinfo

from backend.areas.service import Area
from backend.core import clock
from points import ledger
from points.explanation import Line
from points.rules import PatrolFacts, earn_patrol


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
    midnight = midnight_of(area, now)
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


def midnight_of(area: Area, now: dt.datetime) -> dt.datetime:
    local = now.astimezone(zoneinfo.ZoneInfo(area.time_zone))
    return local.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(dt.UTC)
