"""What is odd is found with its events, and what is ordinary is left alone."""

import datetime as dt
import uuid

from hypothesis import given
from hypothesis import strategies as st

from backend.rewards.noticing import Credited, Used, odd_credits, odd_uses, words_of

NOON = dt.datetime(2026, 6, 5, 4, 0, tzinfo=dt.UTC)  # noon in Shanghai
ZONE = "Asia/Shanghai"
SHOP, CLERK, NEIGHBOUR = (uuid.UUID(int=number) for number in (1, 2, 3))


def used(at: dt.datetime, user: uuid.UUID = NEIGHBOUR, staff: uuid.UUID = CLERK) -> Used:
    """One voucher at the shop."""
    return Used(SHOP, staff, user, at, 5)


def many(count: int, apart: dt.timedelta, start: dt.datetime = NOON, **who: uuid.UUID) -> list[Used]:
    """Several, so far apart."""
    return [used(start + number * apart, **who) for number in range(count)]


def test_a_busy_shop_is_not_odd() -> None:
    """Sixty people a week, each a few times, by day."""
    people = [uuid.UUID(int=100 + number) for number in range(60)]
    uses = [
        used(NOON + dt.timedelta(days=day, minutes=place), user)
        for day in range(4)
        for place, user in enumerate(people)
    ]
    assert odd_uses(uses, ZONE) == []


def test_each_oddity_is_found_at_its_threshold() -> None:
    """One less is ordinary; at the threshold there is one find, with its events in order and its hours counted."""
    day = dt.timedelta(days=1)
    cases = (
        ("same_pair", many(6, day)),
        ("velocity", many(5, dt.timedelta(minutes=2))),
        (
            "odd_hours",
            [
                used(NOON + dt.timedelta(hours=13) + number * day, uuid.UUID(int=50 + number))
                for number in range(3)
            ],
        ),
    )
    for kind, uses in cases:
        assert odd_uses(uses[:-1], ZONE) == [], kind
        (find,) = odd_uses(uses[::-1], ZONE)
        assert (find.kind, find.count, find.points) == (kind, len(uses), 5 * len(uses))
        assert [event.at for event in find.events] == sorted(each.at for each in uses)
        assert sum(find.hours) == len(uses) and all(words_of(find))
    assert find.hours[1] == 3


def test_a_burst_is_ten_minutes_wide() -> None:
    """Five uses over eleven minutes are none."""
    assert odd_uses(many(5, dt.timedelta(seconds=165)), ZONE) == []


def test_a_reviewer_of_one_person_is_looked_at() -> None:
    """Eight of ten judgements for one person; five of ten are ordinary, and so are a new reviewer's first six."""
    others = [uuid.UUID(int=100 + number) for number in range(10)]

    def judged(own: int, rest: int) -> list[Credited]:
        people = [NEIGHBOUR] * own + others[:rest]
        return [
            Credited(CLERK, user, NOON + dt.timedelta(days=number), 10) for number, user in enumerate(people)
        ]

    assert [find.count for find in odd_credits(judged(8, 2), ZONE)] == [8]
    assert odd_credits(judged(5, 5), ZONE) == [] and odd_credits(judged(6, 0), ZONE) == []


@given(st.lists(st.tuples(st.integers(0, 40_000), st.integers(0, 3), st.integers(0, 3)), max_size=60))
def test_whatever_is_found_was_really_there(rows: list[tuple[int, int, int]]) -> None:
    """Every event of a find is one of the uses, and its figures are those of its events."""
    uses = [
        used(NOON + dt.timedelta(minutes=at), uuid.UUID(int=10 + user), uuid.UUID(int=20 + staff))
        for at, user, staff in rows
    ]
    times = {each.at for each in uses}
    for find in odd_uses(uses, ZONE):
        assert {event.at for event in find.events} <= times
        assert find.count == len(find.events) == sum(find.hours) <= find.total
