"""Which version of the rules holds in a district, what was earned by it, and what another would have earned."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from points.errors import InvalidPoints
from points.models import PointsEarning, PointsRules
from points.rules import (
    CURRENT,
    RULES,
    DeedFacts,
    Earning,
    PatrolFacts,
    PatrolRules,
    check_rules,
    earn_deed,
    earn_patrol,
)
from points.store import fetch, transaction

REVIEWER_WINDOW = timedelta(days=30)
PREVIEW_MAX = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What last month's deeds earned, and what they would have earned: sums, and how many people get more or less."""

    credits: int
    people: int
    points_now: int
    points_then: int
    more: int
    fewer: int
    same: int
    by_kind: dict[str, tuple[int, int]]


async def rules_of(area_id: UUID) -> PatrolRules:
    """The rules that hold in a district: the version switched on last, or the built-in one."""
    stored = (
        await PointsRules.filter(area_id=area_id, switched_on_at__isnull=False)
        .order_by("-switched_on_at", "-version")
        .first()
    )
    return load_rules(stored) if stored is not None else CURRENT


def load_rules(stored: PointsRules) -> PatrolRules:
    """The figures of a stored version."""
    return msgspec.json.decode(stored.figures, type=PatrolRules)


async def draft(
    rules_id: UUID, area_id: UUID, figures: dict[str, int], note: str, by: UUID, *, now: datetime
) -> PointsRules:
    """Write down a new version, not yet in force; the same id again returns what is there.

    Raises InvalidPoints naming the figure that cannot be.
    """
    transaction()
    stored = await PointsRules.get_or_none(id=rules_id)
    if stored is not None:
        if stored.area_id != area_id:
            raise InvalidPoints("id", rules_id, "use a new id; this one is taken")
        return stored
    last = await PointsRules.filter(area_id=area_id).order_by("-version").first()
    version = max(last.version if last is not None else 0, *RULES) + 1
    rules = rules_from(figures, version)
    return await PointsRules.create(
        id=rules_id,
        area_id=area_id,
        version=version,
        figures=msgspec.json.encode(rules).decode(),
        note=note.strip(),
        created_by=by,
        created_at=now,
    )


def rules_from(figures: dict[str, int], version: int) -> PatrolRules:
    """Rules with the given figures, each of which must be there; raises InvalidPoints naming the wrong one."""
    wanted = set(PatrolRules.__dataclass_fields__) - {"version"}
    for name in sorted(wanted ^ figures.keys()):
        remedy = "give this figure too" if name in wanted else "leave it out; there is no such figure"
        raise InvalidPoints(name, figures.get(name), remedy)
    rules = PatrolRules(version=version, **figures)
    check_rules(rules)
    return rules


async def switch_on(area_id: UUID, version: int, by: UUID, *, now: datetime) -> PointsRules | None:
    """Let a drafted version hold from now on; None when there is none. One that held before stays as it is."""
    transaction()
    stored = await PointsRules.filter(area_id=area_id, version=version).select_for_update().first()
    if stored is not None and stored.switched_on_at is None:
        stored.switched_on_at, stored.switched_on_by = now, by
        await stored.save(update_fields=["switched_on_at", "switched_on_by"])
    return stored


async def earned_from(user_id: UUID, reviewer_id: UUID, now: datetime) -> int:
    """Points a person earned by one reviewer's judgement within the last 30 days."""
    rows = await fetch(
        "SELECT CAST(coalesce(sum(points), 0) AS BIGINT) AS points FROM points_earning "
        "WHERE user_id = $1 AND reviewer_id = $2 AND at > $3 AND at <= $4",
        user_id,
        reviewer_id,
        now - REVIEWER_WINDOW,
        now,
    )
    return rows[0]["points"]


async def earned_for(reference_id: UUID) -> set[UUID]:
    """The people who were judged for this already, also those who earned nothing."""
    rows = await PointsEarning.filter(reference_id=reference_id)
    return {entry.user_id for entry in rows}


async def note_earning(
    earning_id: UUID,
    *,
    area_id: UUID,
    reference_id: UUID,
    user_id: UUID,
    reviewer_id: UUID,
    facts: PatrolFacts | DeedFacts,
    earning: Earning,
    now: datetime,
) -> None:
    """Keep what an earning was computed from; the person's account is held by the caller."""
    transaction()
    await fetch(
        "INSERT INTO points_earning (id, area_id, kind, reference_id, user_id, reviewer_id, facts, at, rules_version, "
        "points) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING RETURNING id",
        earning_id,
        area_id,
        "patrol" if isinstance(facts, PatrolFacts) else facts.kind,
        reference_id,
        user_id,
        reviewer_id,
        msgspec.json.encode(facts).decode(),
        now,
        earning.version,
        earning.total,
    )


async def preview(
    area_id: UUID, rules: PatrolRules, *, since: datetime, until: datetime, time_zone: str
) -> Preview:
    """What the deeds of [since, until) earned, and would have earned by other rules, caps and all."""
    stored = (
        await PointsEarning.filter(area_id=area_id, at__gte=since, at__lt=until)
        .order_by("at", "id")
        .limit(PREVIEW_MAX)
    )
    return _compare(stored, rules, ZoneInfo(time_zone))


def _compare(stored: Iterable[PointsEarning], rules: PatrolRules, zone: ZoneInfo) -> Preview:
    today: Counter[tuple[UUID, date]] = Counter()
    pairs: Counter[tuple[UUID, UUID]] = Counter()
    changes: Counter[UUID] = Counter()
    by_kind: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
    credits = 0
    for entry in stored:
        day, pair = (
            (entry.user_id, entry.at.astimezone(zone).date()),
            (entry.user_id, entry.reviewer_id),
        )
        caps: dict[str, Any] = {
            "already_earned_today": today[day],
            "earned_from_reviewer": pairs[pair],
            "rules": rules,
        }
        if entry.kind == "patrol":
            then = earn_patrol(msgspec.json.decode(entry.facts, type=PatrolFacts), **caps).total
        else:
            then = earn_deed(msgspec.json.decode(entry.facts, type=DeedFacts), **caps).total
        today[day] += then
        pairs[pair] += then
        changes[entry.user_id] += then - entry.points
        by_kind[entry.kind][0] += entry.points
        by_kind[entry.kind][1] += then
        credits += 1
    return Preview(
        credits=credits,
        people=len(changes),
        points_now=sum(sums[0] for sums in by_kind.values()),
        points_then=sum(sums[1] for sums in by_kind.values()),
        more=sum(1 for change in changes.values() if change > 0),
        fewer=sum(1 for change in changes.values() if change < 0),
        same=sum(1 for change in changes.values() if change == 0),
        by_kind={kind: (sums[0], sums[1]) for kind, sums in sorted(by_kind.items())},
    )
