"""Thanking people with points: what a patrol earns, credited once, within the caps of the rules."""

import datetime as dt
import uuid
import zoneinfo
from collections.abc import Mapping
from typing import NamedTuple

from backend.areas import service as areas
from backend.areas.service import Area
from backend.core import clock
from backend.core.problems import Problem
from backend.people import service as people
from backend.rewards.budgeting import tell_what_is_used
from backend.rewards.promising import promised_until
from points import ledger, rulebook
from points.budgets import covering, spendable, take
from points.explanation import Line
from points.rules import DeedFacts, Earning, PatrolFacts, PatrolRules, earn_deed, earn_patrol, within_budget


class ReviewerOfTheTeam(Problem):
    """Nobody credits their own team: params team_ids."""

    status, code, title = 403, "reviewer-of-the-team", "Somebody outside the team must judge this"


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
    are entered. Crediting the same patrol again changes nothing. Raises `ReviewerOfTheTeam` when the reviewer is of
    the same team as one of them.
    """
    reason = Credit(patrol_id, area, reviewer_id, "patrol_reward", title_zh, title_en, day or clock.now())
    return await credit(reason, dict.fromkeys(user_ids, facts))


class Credit(NamedTuple):
    """What points are given for, where, by whose judgement, and when it was."""

    reference_id: uuid.UUID
    area: Area
    reviewer_id: uuid.UUID
    code: str
    title_zh: str
    title_en: str
    at: dt.datetime


async def credit(reason: Credit, facts: Mapping[uuid.UUID, PatrolFacts | DeedFacts]) -> dict[uuid.UUID, int]:
    """Credit each person what their facts earn, once, inside the caller's unit of work; returns points by person."""
    now = reason.at
    await _require_outsider(reason.reviewer_id, set(facts))
    district = await areas.district_of(reason.area)
    rules = await rulebook.rules_of(district.id)
    issue = await ledger.issue_account(None, now=now)
    accounts = {user_id: await ledger.person_account(user_id, now=now) for user_id in facts}
    await ledger.lock([issue, *accounts.values()])
    ids = {user_id: ledger.derived_id(reason.reference_id, f"reward:{user_id}") for user_id in facts}
    budgets = await covering(district.id, now, hold=True)
    promised = await promised_until(district, max(each.ends_at for each in budgets)) if budgets else 0
    known = await rulebook.earned_for(reason.reference_id)
    credited = await ledger.receipts(list(ids.values()))
    awarded: dict[uuid.UUID, int] = {}
    transfers: list[ledger.Transfer] = []
    for user_id, account in accounts.items():
        if user_id in known or ids[user_id] in credited:
            awarded[user_id] = credited[ids[user_id]].amount if ids[user_id] in credited else 0
            continue
        earning = await _earning(reason, user_id, account, facts[user_id], rules)
        posted = _is_posted(facts[user_id])
        earning = within_budget(earning, spendable(budgets, posted=posted, promised=promised))
        awarded[user_id] = earning.total
        if earning.total:
            await take(budgets, ids[user_id], earning.total, posted=posted, now=now)
            transfers.append(_transfer(reason, ids[user_id], issue, account, earning))
        await rulebook.note_earning(
            ids[user_id],
            area_id=district.id,
            reference_id=reason.reference_id,
            user_id=user_id,
            reviewer_id=reason.reviewer_id,
            facts=facts[user_id],
            earning=earning,
            now=now,
        )
    if transfers:
        await ledger.transfer_many(transfers, now=now)
    await tell_what_is_used(district, budgets)
    return awarded


def _is_posted(facts: PatrolFacts | DeedFacts) -> bool:
    return isinstance(facts, PatrolFacts) and facts.posted


async def _require_outsider(reviewer_id: uuid.UUID, user_ids: set[uuid.UUID]) -> None:
    teams = await people.teams_of({reviewer_id, *user_ids})
    own = teams.pop(reviewer_id, None)
    if own is not None and own in teams.values():
        raise ReviewerOfTheTeam(team_id=str(own))


async def _earning(
    reason: Credit,
    user_id: uuid.UUID,
    account: uuid.UUID,
    facts: PatrolFacts | DeedFacts,
    rules: PatrolRules,
) -> Earning:
    midnight = midnight_of(reason.area, reason.at)
    today = await ledger.earned(account, since=midnight, until=midnight + dt.timedelta(days=1))
    by_reviewer = await rulebook.earned_from(user_id, reason.reviewer_id, reason.at)
    if isinstance(facts, PatrolFacts):
        return earn_patrol(facts, already_earned_today=today, rules=rules, earned_from_reviewer=by_reviewer)
    return earn_deed(facts, already_earned_today=today, rules=rules, earned_from_reviewer=by_reviewer)


def _transfer(
    reason: Credit, transfer_id: uuid.UUID, issue: uuid.UUID, account: uuid.UUID, earning: Earning
) -> ledger.Transfer:
    params = {"title_zh": reason.title_zh, "title_en": reason.title_en, "rules": earning.version}
    title = Line(code="title", points=0, params={**params})
    return ledger.Transfer(
        id=transfer_id,
        debit=issue,
        credit=account,
        amount=earning.total,
        code=reason.code,
        reference_id=reason.reference_id,
        lines=(title, *earning.lines),
    )


def midnight_of(area: Area, now: dt.datetime) -> dt.datetime:
    local = now.astimezone(zoneinfo.ZoneInfo(area.time_zone))
    return local.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(dt.UTC)
