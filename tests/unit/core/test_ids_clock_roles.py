"""The small things that everything stands on: identifiers that sort, a clock that tests move, roles that reach down."""

import datetime as dt
import itertools
import threading
import time
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core import clock as the_clock
from backend.core import ids
from backend.core.problems import NotAllowed, ReauthenticationRequired
from backend.core.roles import Grant, Role
from backend.core.sessions import Actor

NOON = dt.datetime(2026, 6, 5, 12, tzinfo=dt.UTC)


def test_identifiers_are_version_7_of_now() -> None:
    """Version and variant of RFC 9562, and the time in the first 48 bits."""
    made = ids.uuid7()
    assert made.version == 7 and made.variant == uuid.RFC_4122
    assert abs((made.int >> 80) - time.time_ns() // 1_000_000) < 1000


def test_identifiers_always_sort_after_earlier_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten thousand in a row, while the machine's clock stands still and then runs backwards."""
    stopped = time.time_ns()
    times = itertools.chain([stopped] * 6000, itertools.count(stopped, -50_000_000))
    monkeypatch.setattr(ids.time, "time_ns", lambda: next(times))
    made = [ids.uuid7() for _ in range(10_000)]
    assert made == sorted(made) and len(set(made)) == len(made)
    assert all(each.version == 7 and each.variant == uuid.RFC_4122 for each in made)


def test_identifiers_of_many_threads_differ() -> None:
    """No two are the same."""
    made: list[uuid.UUID] = []
    threads = [
        threading.Thread(target=lambda: made.extend(ids.uuid7() for _ in range(2000))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 16_000


def test_a_phones_time_is_past_or_now(clock: object) -> None:
    """The future is now, and so is what no calendar holds once the zone is taken off."""
    with the_clock.frozen(NOON):
        hour = dt.timedelta(hours=1)
        assert the_clock.until_now(NOON - hour) == NOON - hour
        assert the_clock.until_now(NOON + hour) == NOON
        first = dt.datetime(1, 1, 1, tzinfo=dt.timezone(14 * hour))
        assert the_clock.until_now(first) == NOON


def test_the_clock_moves_only_when_told(clock: object) -> None:
    """It can stand, be moved on standing and running, and be put right."""
    before = dt.datetime.now(dt.UTC)
    assert before <= the_clock.now() <= dt.datetime.now(dt.UTC)
    the_clock.advance(dt.timedelta(hours=1))
    assert the_clock.now() - before >= dt.timedelta(hours=1)
    with the_clock.frozen(NOON.astimezone(dt.timezone(dt.timedelta(hours=8)))):
        assert the_clock.now() == NOON and the_clock.now().tzinfo is dt.UTC
        the_clock.advance(dt.timedelta(minutes=5))
        assert the_clock.now() == NOON + dt.timedelta(minutes=5)
    assert the_clock.now() - before < dt.timedelta(minutes=1)
    with pytest.raises(ValueError, match="zone"):
        the_clock.freeze(dt.datetime(2026, 6, 5))


@pytest.mark.parametrize(
    ("granted", "area", "covers"),
    [
        ("lewan", "lewan", True),
        ("lewan", "lewan/rongqiao", True),
        ("lewan", "lewan/street/community", True),
        ("lewan/rongqiao", "lewan", False),
        ("lewan/rongqiao", "lewan/rongqiao-2", False),
        ("lewan", "lewan2", False),
        ("lewan", "lewan-north/rongqiao", False),
        ("", "anything/at/all", True),
        ("lewan", "", False),
    ],
)
def test_a_grant_reaches_down_and_nowhere_else(granted: str, area: str, covers: bool) -> None:
    """Its area and what lies below, never a neighbour whose name begins alike."""
    assert Grant(Role.OFFICER, None, granted).covers(area) is covers


SLUGS = st.lists(st.text("ab-", min_size=1, max_size=3), min_size=1, max_size=4)


@given(SLUGS, SLUGS)
def test_covering_is_being_a_beginning_of_the_chain(granted: list[str], area: list[str]) -> None:
    """For any two chains of slugs."""
    expected = area[: len(granted)] == granted
    assert Grant(Role.ADMIN, None, "/".join(granted)).covers("/".join(area)) is expected


def actor(*grants: Grant, given_at: dt.datetime | None = None) -> Actor:
    """Someone with these grants."""
    return Actor(uuid.UUID(int=1), uuid.UUID(int=2), grants, given_at)


def test_an_actor_may_what_one_grant_allows() -> None:
    """The role and the place must come from the same grant; the refusal names the roles that would do."""
    someone = actor(Grant(Role.OFFICER, None, "a/b"), Grant(Role.VOLUNTEER, None, "a"))
    assert someone.may(Role.OFFICER, "a/b/c") and not someone.may(Role.OFFICER, "a/c")
    assert someone.may_any((Role.ADMIN, Role.VOLUNTEER), "a/c")
    with pytest.raises(NotAllowed) as refused:
        someone.require_any((Role.ADMIN, Role.OFFICER), "a")
    assert refused.value.params == {"need": ["admin", "officer"]}
    assert someone.area_paths([Role.OFFICER, Role.VOLUNTEER]) == ["a", "a/b"]
    assert someone.has(Role.OFFICER) and not someone.has(Role.ADMIN)


def test_a_fresh_password_ages(clock: object) -> None:
    """Five minutes to the second; never given is never fresh."""
    the_clock.freeze(NOON)
    with pytest.raises(ReauthenticationRequired):
        actor().require_fresh()
    someone = actor(given_at=NOON)
    the_clock.advance(dt.timedelta(minutes=5))
    someone.require_fresh()
    the_clock.advance(dt.timedelta(seconds=1))
    with pytest.raises(ReauthenticationRequired) as refused:
        someone.require_fresh()
    assert refused.value.params == {"minutes": 5}
