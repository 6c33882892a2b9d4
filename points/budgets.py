"""How many points a funder gives for a period, and taking what is credited from it, never more than it holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from points.errors import InvalidPoints
from points.models import PointsBudget
from points.store import fetch, transaction

BUDGET_MAX = 1_000_000_000
TOLD_PERCENTS = (80, 95, 100)
TOLD_BEFORE_END = timedelta(days=14)
PACE_OVER = timedelta(days=28)

_USE = "INSERT INTO points_budget_use (transfer_id, budget_id, points, at) VALUES ($1, $2, $3, $4) RETURNING points"
_USED_SINCE = """
SELECT CAST(coalesce(sum(u.points), 0) AS BIGINT) AS points FROM points_budget_use u
JOIN points_budget b ON b.id = u.budget_id WHERE b.area_id = $1 AND u.at > $2
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What is left of the budgets that cover a moment, of how much, until when the last of them runs."""

    points: int
    used: int
    left: int
    ends_at: datetime


async def add(
    budget_id: UUID,
    area_id: UUID,
    *,
    funder: str,
    starts_at: datetime,
    ends_at: datetime,
    points: int,
    kept_for_posted: int,
    note: str,
    by: UUID,
    now: datetime,
) -> PointsBudget:
    """Write a budget down; the same id again returns what is there. Raises InvalidPoints naming the field."""
    transaction()
    stored = await PointsBudget.get_or_none(id=budget_id)
    if stored is not None:
        if stored.area_id != area_id:
            raise InvalidPoints("id", budget_id, "use a new id; this one is taken")
        return stored
    if not 1 <= points <= BUDGET_MAX:
        raise InvalidPoints("points", points, f"give a whole number from 1 to {BUDGET_MAX}")
    if not 0 <= kept_for_posted <= points:
        raise InvalidPoints("kept_for_posted", kept_for_posted, "keep no more than the budget holds")
    if ends_at <= max(starts_at, now):
        raise InvalidPoints("ends_on", ends_at, "choose a last day from today on, and not before the first")
    return await PointsBudget.create(
        id=budget_id,
        area_id=area_id,
        funder=funder.strip(),
        starts_at=starts_at,
        ends_at=ends_at,
        points=points,
        kept_for_posted=kept_for_posted,
        note=note.strip(),
        created_by=by,
        created_at=now,
    )


async def end(budget_id: UUID, *, now: datetime) -> PointsBudget | None:
    """Take nothing more from a budget; ending twice changes nothing. None when there is none."""
    transaction()
    stored = await PointsBudget.filter(id=budget_id).select_for_update().first()
    if stored is not None and stored.ended_at is None:
        stored.ended_at = now
        await stored.save(update_fields=["ended_at"])
    return stored


async def covering(area_id: UUID, now: datetime, *, hold: bool = False) -> list[PointsBudget]:
    """The budgets that cover a moment, soonest end first; with `hold`, kept until the transaction ends."""
    found = PointsBudget.filter(area_id=area_id, starts_at__lte=now, ends_at__gt=now, ended_at__isnull=True)
    ordered = found.order_by("ends_at", "id")
    return await (ordered.select_for_update() if hold else ordered)


def room_in(budgets: Sequence[PointsBudget]) -> Room | None:
    """What is left of all of these together; None without any: then points are not limited."""
    if not budgets:
        return None
    return Room(
        points=sum(each.points for each in budgets),
        used=sum(each.used for each in budgets),
        left=sum(each.points - each.used for each in budgets),
        ends_at=max(each.ends_at for each in budgets),
    )


def spendable(budgets: Sequence[PointsBudget], *, posted: bool, promised: int = 0) -> int | None:
    """How many points these budgets may still give a posted patrol, or anything else; None: as many as you like.

    What is promised to posted patrols is left for them, and so is what each budget keeps for them.
    """
    if not budgets:
        return None
    most = sum(_open(each, posted=posted) for each in budgets)
    if posted:
        return most
    return min(most, max(0, sum(each.points - each.used for each in budgets) - promised))


def _open(budget: PointsBudget, *, posted: bool) -> int:
    kept = 0 if posted else budget.kept_for_posted
    return max(0, budget.points - budget.used - kept)


async def take(
    budgets: Sequence[PointsBudget], transfer_id: UUID, points: int, *, posted: bool, now: datetime
) -> None:
    """Take what a transfer credits from held budgets, soonest end first; `spendable` said there is enough."""
    transaction()
    for budget in budgets:
        part = min(points, _open(budget, posted=posted))
        if part:
            await fetch(_USE, transfer_id, budget.id, part, now)
            budget.used += part
            points -= part
    if points and budgets:
        raise InvalidPoints("points", points, "no budget holds this much")


def newly_reached(budget: PointsBudget) -> int | None:
    """The highest of 80, 95 and 100 % that was used up and not told yet."""
    reached = [percent for percent in TOLD_PERCENTS if budget.used * 100 >= budget.points * percent]
    return reached[-1] if reached and reached[-1] > budget.told_percent else None


async def note_told(budget: PointsBudget, *, percent: int | None = None, end_is_near: bool = False) -> None:
    """Remember what was told about a budget, so that it is told once."""
    transaction()
    if percent is not None:
        budget.told_percent = percent
    budget.told_end = budget.told_end or end_is_near
    await budget.save(update_fields=["told_percent", "told_end"])


async def runs_out_at(area_id: UUID, room: Room, now: datetime) -> datetime | None:
    """When what is left will be gone at the pace of the last 28 days; None where it lasts to its end."""
    used = (await fetch(_USED_SINCE, area_id, now - PACE_OVER))[0]["points"]
    if not used:
        return None
    gone_at = now + PACE_OVER * (room.left / used)
    return gone_at if gone_at < room.ends_at else None
