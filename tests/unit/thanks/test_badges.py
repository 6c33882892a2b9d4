"""Badges count what they say: Fridays by the day an evening began, hours in full."""

import datetime as dt

from backend.patrols.service import PastWalk
from backend.thanks.badges import badges_of

FRIDAY = dt.datetime(2025, 6, 6, 21, 0, tzinfo=dt.UTC)
WEEK = dt.timedelta(days=7)


def test_fifty_two_fridays_and_not_one_less() -> None:
    """Two walks of one Friday are one, a walk at two on Saturday is Friday's; the badge is dated by the last."""
    walks = [PastWalk(FRIDAY + number * WEEK, 30, False) for number in range(51)]
    walks.insert(1, PastWalk(FRIDAY + dt.timedelta(hours=1), 30, False))
    before = {badge.code: badge for badge in badges_of(walks, set())}["year_of_fridays"]
    assert (before.have, before.earned_at) == (51, None)
    last = FRIDAY + 51 * WEEK + dt.timedelta(hours=5)
    after = {badge.code: badge for badge in badges_of([*walks, PastWalk(last, 30, True)], set())}
    assert (after["year_of_fridays"].have, after["year_of_fridays"].earned_at) == (52, last)


def test_a_hundred_hours_are_six_thousand_minutes() -> None:
    """The walk that completes them dates the badge; what is earned comes first, latest first."""
    walks = [PastWalk(FRIDAY + number * WEEK, 3_000, False) for number in range(3)]
    badges = badges_of(walks, set())
    assert [badge.code for badge in badges][:2] == ["hundred_hours", "first_patrol"]
    assert badges[0].earned_at == FRIDAY + WEEK and badges[0].have == 100
