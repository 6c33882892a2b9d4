"""Points end after a while, the oldest first: computed from the transfers, announced before, ended by a transfer.

What a person spends is taken from their oldest points; a reversed transfer counts as if neither it nor its reversal
had been. So a few figures a person tell which points are left of when, and nothing has to be kept about it.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from points import ledger
from points.accounts import account_id, expiry_account
from points.explanation import Line
from points.store import as_time, as_uuid, fetch, numbered, transaction, utc

type LastsFor = Callable[[Sequence[UUID]], Awaitable[Mapping[UUID, timedelta]]]
"""How long the points of each of these people last; what the caller knows of their districts."""

LASTS_MIN = timedelta(days=180)
"""No rules let points last shorter."""
ANNOUNCED_BEFORE = timedelta(days=30)
NOTICE_MIN = timedelta(days=7)
"""Points are ended no sooner than this after their end was announced, whenever the server was down."""
RETURNED_STAY = timedelta(days=30)
"""Points that come back from a voucher can be spent this long, however old they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """Points left of one earning, and when they end."""

    points: int
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Points of a person that are about to end, to be told to them: how many, and when the first of them do."""

    account: UUID
    user_id: UUID
    points: int
    first_at: datetime
    expires_until: datetime


_CREDITS = """
SELECT t.amount, t.created_at FROM points_transfer t
WHERE t.credit_account_id = $1 AND t.kind IN ('posted', 'post') AND t.reverses_id IS NULL
    AND NOT EXISTS (SELECT 1 FROM points_transfer r WHERE r.reverses_id = t.id)
ORDER BY t.seq
"""
_SPENT = """
SELECT CAST(coalesce(sum(t.amount), 0) AS BIGINT) AS points FROM points_transfer t
WHERE t.debit_account_id = $1 AND t.kind IN ('posted', 'post') AND t.reverses_id IS NULL
    AND NOT EXISTS (SELECT 1 FROM points_transfer r WHERE r.reverses_id = t.id)
"""
_PENDING = "SELECT debits_pending AS points FROM points_account WHERE id = $1"
_RETURNED = """
SELECT CAST(coalesce(sum(t.amount), 0) AS BIGINT) AS points FROM points_transfer t
WHERE t.debit_account_id = $1 AND t.kind = 'void' AND t.created_at > $2
"""
_CANDIDATES = """
SELECT a.id, a.owner_id FROM points_account a
WHERE a.kind = 'person' AND a.id > $1 AND a.credits_posted > a.debits_posted + a.debits_pending AND EXISTS (
    SELECT 1 FROM points_transfer t WHERE t.credit_account_id = a.id AND t.kind IN ('posted', 'post')
        AND t.created_at <= $2)
ORDER BY a.id LIMIT $3
"""
_ANNOUNCED = """
SELECT max(expires_until) AS until FROM points_expiry_notice WHERE account_id = $1 AND lasts_days = $2
"""
_ANNOUNCED_LONG_AGO = """
SELECT max(expires_until) AS until FROM points_expiry_notice
WHERE account_id = $1 AND lasts_days = $2 AND announced_at <= $3
"""
_NOTE = """
INSERT INTO points_expiry_notice (account_id, expires_until, announced_at, points, lasts_days)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT DO NOTHING RETURNING points
"""


async def lots(account: UUID, lasts: timedelta) -> list[Lot]:
    """What is left of each earning of an account, soonest end first, if points last `lasts`."""
    credits = await fetch(_CREDITS, account)
    gone = (await fetch(_SPENT, account))[0]["points"]
    pending = await fetch(_PENDING, account)
    return _left(credits, gone + (pending[0]["points"] if pending else 0), lasts)


def _left(credits: Sequence[dict[str, Any]], gone: int, lasts: timedelta) -> list[Lot]:
    """Take what is gone from the oldest earnings."""
    left: list[Lot] = []
    for credit in credits:
        taken = min(gone, credit["amount"])
        gone -= taken
        if credit["amount"] > taken:
            ends_at = utc(as_time(credit["created_at"])) + lasts
            left.append(Lot(points=credit["amount"] - taken, expires_at=ends_at))
    return sorted(left, key=lambda lot: lot.expires_at)


async def announce_due(
    now: datetime, lasts_for: LastsFor, *, after: UUID | None = None, limit: int = 100
) -> tuple[list[Notice], UUID | None]:
    """Note whose points end within the next 30 days and was not told so yet, and return whom to tell of what.

    Works through the accounts `limit` at a time: call again with the second value until it is None.
    """
    transaction()
    horizon = now + ANNOUNCED_BEFORE
    accounts = await fetch(_CANDIDATES, after or UUID(int=0), horizon - LASTS_MIN, limit)
    lasts_by_user = await lasts_for([as_uuid(row["owner_id"]) for row in accounts])
    notices: list[Notice] = []
    for row in accounts:
        account, user_id = as_uuid(row["id"]), as_uuid(row["owner_id"])
        lasts = lasts_by_user[user_id]
        told = (await fetch(_ANNOUNCED, account, lasts.days))[0]["until"]
        since = as_time(told) if told is not None else None
        due = [
            lot
            for lot in await lots(account, lasts)
            if lot.expires_at <= horizon and (since is None or lot.expires_at > since)
        ]
        points = sum(lot.points for lot in due)
        if not points or not await fetch(_NOTE, account, horizon, now, points, lasts.days):
            continue
        notices.append(
            Notice(
                account=account,
                user_id=user_id,
                points=points,
                first_at=max(due[0].expires_at, now + NOTICE_MIN),
                expires_until=horizon,
            )
        )
    return notices, as_uuid(accounts[-1]["id"]) if len(accounts) == limit else None


async def expire_due(
    now: datetime, lasts_for: LastsFor, *, after: UUID | None = None, limit: int = 100
) -> tuple[int, UUID | None]:
    """End the points whose time is over and was announced; returns how many, and where to go on, or None.

    Running it again ends nothing more: what was ended counts as spent.
    """
    transaction()
    accounts = await fetch(_CANDIDATES, after or UUID(int=0), now - LASTS_MIN, limit)
    lasts_by_user = await lasts_for([as_uuid(row["owner_id"]) for row in accounts])
    transfers: list[ledger.Transfer] = []
    if accounts:
        expiry = await expiry_account(now=now)
        held = await ledger.lock([as_uuid(row["id"]) for row in accounts] + [expiry])
        seqs = await _last_seqs([as_uuid(row["id"]) for row in held])
        for row in accounts:
            account, lasts = as_uuid(row["id"]), lasts_by_user[as_uuid(row["owner_id"])]
            points = await _over(account, now, lasts)
            if points:
                transfers.append(
                    ledger.Transfer(
                        id=ledger.derived_id(account, f"expiry after {seqs[account]}"),
                        debit=account,
                        credit=expiry,
                        amount=points,
                        code="points_expired",
                        lines=(Line(code="points_expired", points=-points, params={"days": lasts.days}),),
                    )
                )
    if transfers:
        await ledger.transfer_many(transfers, now=now)
    ended = sum(transfer.amount for transfer in transfers)
    return ended, as_uuid(accounts[-1]["id"]) if len(accounts) == limit else None


async def _over(account: UUID, now: datetime, lasts: timedelta) -> int:
    """How many points of a held account are to be ended now."""
    told = (await fetch(_ANNOUNCED_LONG_AGO, account, lasts.days, now - NOTICE_MIN))[0]["until"]
    if told is None:
        return 0
    until = min(now, as_time(told))
    over = sum(lot.points for lot in await lots(account, lasts) if lot.expires_at <= until)
    returned = (await fetch(_RETURNED, account, now - RETURNED_STAY))[0]["points"]
    return max(0, over - returned)


async def _last_seqs(accounts: Sequence[UUID]) -> dict[UUID, int]:
    rows = await fetch(
        f"SELECT id, last_seq FROM points_account WHERE id IN ({numbered(1, len(accounts))})", *accounts
    )
    return {as_uuid(row["id"]): row["last_seq"] for row in rows}


async def expiring(user_id: UUID, lasts: timedelta, *, limit: int = 24) -> list[Lot]:
    """A person's points by the day they end, soonest first, at most `limit` days."""
    days: dict[date, Lot] = {}
    for lot in await lots(account_id("person", user_id), lasts):
        day = lot.expires_at.date()
        first = days.get(day)
        points, ends_at = (0, lot.expires_at) if first is None else (first.points, first.expires_at)
        days[day] = Lot(points=points + lot.points, expires_at=ends_at)
    return list(days.values())[:limit]
