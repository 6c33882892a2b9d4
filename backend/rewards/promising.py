"""What open tasks promise their walkers, and keeping it: nothing else is thanked from those points, and no more is promised."""

import datetime as dt
from collections.abc import Awaitable, Callable

from backend.areas import service as areas
from backend.areas.service import Area
from backend.core.problems import Conflict
from points.budgets import covering, room_in

type Promised = Callable[[Area, dt.datetime], Awaitable[int]]
"""(district, until) -> the points promised by what ends before `until` and was not judged yet."""

_sources: list[Promised] = []


class BudgetShort(Conflict):
    """The budgets do not hold what would be promised: params points (of this), promised (before), left, missing."""

    code, title = "budget-short", "The points budget does not hold what this promises"


def counts_promises(source: Promised) -> Promised:
    """Let a feature that promises points say how many are promised."""
    if source not in _sources:
        _sources.append(source)
    return source


async def promised_until(district: Area, until: dt.datetime) -> int:
    """The points that are promised in the district for what ends before `until`."""
    return sum([await source(district, until) for source in _sources])


async def require_budget(area: Area, points: int, ends_at: dt.datetime) -> None:
    """See, in the caller's unit of work, that the budgets hold a new promise on top of all earlier ones.

    `points` are promised for something that ends at `ends_at` and is not counted by a source yet. The budgets that
    cover that moment are held until the unit of work ends, so that two promises at once count each other; a moment
    without a budget promises freely. Raises `BudgetShort`.
    """
    if not points:
        return
    district = await areas.district_of(area)
    room = room_in(await covering(district.id, ends_at, hold=True))
    if room is None:
        return
    promised = await promised_until(district, room.ends_at)
    missing = promised + points - room.left
    if missing > 0:
        raise BudgetShort(
            "The budgets do not hold this promise: lower the points or the seats, or ask for a budget",
            points=points,
            promised=promised,
            left=room.left,
            missing=missing,
        )
