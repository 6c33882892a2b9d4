"""Points end the oldest first, were announced before, and never end twice."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.db import atomic
from backend.core.ids import uuid7
from points import expiry, ledger, vouchers
from points.audit import audit
from points.expiry import Lot

YEAR = timedelta(days=365)
DAY = timedelta(days=1)


async def a_year(user_ids: Sequence[UUID]) -> dict[UUID, timedelta]:
    """Everybody's points last a year."""
    return dict.fromkeys(user_ids, YEAR)


async def announce(bank) -> list[tuple[UUID, int]]:
    """Tell everybody; an account at a time, so that the paging is used."""
    told, after = [], None
    while True:
        notices, after = await atomic(expiry.announce_due)(bank.now, a_year, after=after, limit=1)
        told += [(notice.user_id, notice.points) for notice in notices]
        if after is None:
            return told


async def expire(bank) -> int:
    """End what is due, an account at a time."""
    ended, after = 0, None
    while True:
        points, after = await atomic(expiry.expire_due)(bank.now, a_year, after=after, limit=1)
        ended += points
        if after is None:
            return ended


async def test_the_oldest_points_end_first_after_a_word(bank) -> None:
    """What was spent came from the oldest; the rest is announced a month before, once, and ends on its day."""
    user = await bank.person(30)
    account, shop, start = ledger.account_id("person", user), await bank.merchant(), bank.now
    bank.now = start + 100 * DAY
    await bank.give(account, 50)
    await bank.transfer(bank.movement(account, shop, 10))
    assert await expiry.lots(account, YEAR) == [
        Lot(points=20, expires_at=start + YEAR),
        Lot(points=50, expires_at=start + YEAR + 100 * DAY),
    ]
    bank.now = start + YEAR - 31 * DAY
    assert await announce(bank) == []
    bank.now += 2 * DAY
    assert await announce(bank) == [(user, 20)]
    assert await announce(bank) == []
    assert await expire(bank) == 0
    bank.now = start + YEAR
    assert (await expire(bank), await expire(bank)) == (20, 0)
    assert await bank.available(account) == 50
    (row, *_) = await ledger.statement(account)
    assert (row.points, row.code) == (-20, "points_expired")
    assert await bank.available(ledger.account_id("expiry", None)) == 20
    assert [lot.points for lot in await expiry.lots(account, YEAR)] == [50]
    assert (await audit()).ok


async def test_no_points_end_without_a_week_of_warning(bank) -> None:
    """A server that was down for long tells first, and ends them a week later."""
    account = await bank.account(30)
    bank.now += YEAR + 50 * DAY
    assert await expire(bank) == 0
    assert len(await announce(bank)) == 1
    bank.now += 6 * DAY
    assert await expire(bank) == 0
    bank.now += DAY
    assert await expire(bank) == 30
    assert await bank.available(account) == 0


async def test_what_is_set_aside_or_came_back_lately_stays(bank) -> None:
    """A voucher's points are not ended under it; given back, they can be spent for a month more."""
    user = await bank.person(10)
    offer, account, start = await bank.offer(voucher_days=60), ledger.account_id("person", user), bank.now
    bank.now = start + YEAR - 20 * DAY
    await announce(bank)
    voucher = await atomic(vouchers.buy)(offer.id, user, uuid7(), now=bank.now)
    bank.now = start + YEAR + DAY
    assert await expire(bank) == 0
    await atomic(vouchers.refund)(voucher.id, "shop closed", now=bank.now)
    await announce(bank)
    bank.now += 29 * DAY
    assert (await expire(bank), await bank.available(account)) == (0, 10)
    bank.now += 2 * DAY
    assert (await expire(bank), await bank.available(account)) == (10, 0)
    assert (await audit()).ok


async def test_reversed_earnings_and_spendings_count_as_if_they_had_not_been(bank) -> None:
    """A taken-back reward takes its own points, a taken-back purchase gives the old ones back."""
    user = await bank.person(10)
    account, shop, start = ledger.account_id("person", user), await bank.merchant(), bank.now
    bank.now += 10 * DAY
    wrong = await bank.give(account, 40)
    spent = bank.movement(account, shop, 5)
    await bank.transfer(spent)
    for transfer_id in (wrong.id, spent.id):
        await atomic(ledger.reverse)(transfer_id, "a mistake", now=bank.now)
    assert await expiry.lots(account, YEAR) == [Lot(points=10, expires_at=start + YEAR)]


async def test_a_day_is_shown_once(bank) -> None:
    """The person sees days, soonest first, each with the first moment at which points end."""
    user = await bank.person(3)
    account, start = ledger.account_id("person", user), bank.now
    bank.now += timedelta(hours=2)
    await bank.give(account, 4)
    bank.now += 3 * DAY
    await bank.give(account, 5)
    assert await expiry.expiring(user, YEAR) == [
        Lot(points=7, expires_at=start + YEAR),
        Lot(points=5, expires_at=bank.now + YEAR),
    ]


@pytest.mark.parametrize("count", [1, 5])
@given(amounts=st.lists(st.integers(1, 50), max_size=12), gone=st.integers(0, 300))
def test_what_is_left_adds_up(count: int, amounts: list[int], gone: int) -> None:
    """Whatever was earned and spent: lots are positive, the newest, and sum to what was not spent."""
    from backend.core.clock import now

    start = now()
    credits = [
        {"amount": amount, "created_at": start + number * DAY / count}
        for number, amount in enumerate(amounts)
    ]
    left = expiry._left(credits, gone, YEAR)  # pyright: ignore[reportPrivateUsage]
    assert sum(lot.points for lot in left) == max(0, sum(amounts) - gone)
    assert all(lot.points > 0 for lot in left)
    assert [lot.points for lot in left[1:]] == amounts[len(amounts) - len(left) + 1 :] if left else True
