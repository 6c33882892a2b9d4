"""Who holds points: accounts made on demand, what is in them, and what moved through them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID, uuid5

from points.explanation import Line, load_lines
from points.store import as_time, as_uuid, as_uuid_or_none, fetch, lock_clause, numbered, transaction

AccountKind = Literal["person", "team", "merchant", "issue", "expiry", "settlement"]

_NAMESPACE = UUID("5b0d4f6e-3c4b-5f0e-9d0a-7c1b8f2e6a11")

_ENSURE_ACCOUNT = """
INSERT INTO points_account (id, kind, owner_id, area_id, may_overdraw, created_at)
VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """What an account holds, in points: free to spend, set aside for others, and announced by others."""

    available: int
    set_aside: int
    incoming: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementRow:
    """One change of what an account can spend: `points` with its sign, and what was there after it."""

    seq: int
    id: UUID
    at: datetime
    points: int
    balance_after: int
    kind: str
    code: str
    lines: tuple[Line, ...]
    reference_id: UUID | None
    reason: str | None
    other_account_id: UUID


def account_id(kind: AccountKind, owner_id: UUID | None) -> UUID:
    """The id of an account, derived from whose it is; the account need not exist yet.

    owner_id is the person, team or merchant; for the other kinds the area, or None for the whole installation.
    """
    return uuid5(_NAMESPACE, f"{kind}:{owner_id or ''}")


async def person_account(user_id: UUID, *, now: datetime) -> UUID:
    """The account of a person, made now if this is its first use."""
    return await _ensure("person", user_id, now)


async def team_account(team_id: UUID, *, now: datetime) -> UUID:
    """The account of a team, made now if this is its first use."""
    return await _ensure("team", team_id, now)


async def merchant_account(merchant_id: UUID, *, now: datetime) -> UUID:
    """The account of a merchant, made now if this is its first use."""
    return await _ensure("merchant", merchant_id, now)


async def issue_account(area_id: UUID | None = None, *, now: datetime) -> UUID:
    """The account that an area's points are issued from, the only kind that may overdraw."""
    return await _ensure("issue", area_id, now)


async def expiry_account(*, now: datetime) -> UUID:
    """The account that points go to when their time is over."""
    return await _ensure("expiry", None, now)


async def settlement_account(area_id: UUID | None = None, *, now: datetime) -> UUID:
    """The account that an area's merchants' points go to when they are paid for."""
    return await _ensure("settlement", area_id, now)


async def balance(account: UUID) -> Balance:
    """What is in an account now; one that was never used holds nothing."""
    rows = await fetch(
        "SELECT debits_posted, debits_pending, credits_posted, credits_pending FROM points_account WHERE id = $1",
        account,
    )
    if not rows:
        return Balance(available=0, set_aside=0, incoming=0)
    row = rows[0]
    return Balance(
        available=row["credits_posted"] - row["debits_posted"] - row["debits_pending"],
        set_aside=row["debits_pending"],
        incoming=row["credits_pending"],
    )


async def earned(account: UUID, since: datetime | None = None, until: datetime | None = None) -> int:
    """Points that came into an account in [since, until), without what was reversed later.

    Callers that apply a cap to it hold the account with `lock` first.
    """
    conditions = ""
    values: list[object] = [account]
    for moment, comparison in ((since, ">="), (until, "<")):
        if moment is not None:
            values.append(moment)
            conditions += f" AND t.created_at {comparison} ${len(values)}"
    rows = await fetch(
        "SELECT CAST(coalesce(sum(t.amount), 0) AS BIGINT) AS points FROM points_transfer t "
        "WHERE t.credit_account_id = $1 AND t.kind IN ('posted', 'post') AND t.reverses_id IS NULL "
        f"AND NOT EXISTS (SELECT 1 FROM points_transfer r WHERE r.reverses_id = t.id){conditions}",
        *values,
    )
    return rows[0]["points"]


async def lock(accounts: Collection[UUID]) -> list[dict[str, Any]]:
    """Hold accounts until the transaction ends, always in the order of their ids, and return their rows.

    Holding them in one order is what keeps two batches from waiting for each other.
    """
    transaction()
    ordered = sorted(set(accounts))
    if not ordered:
        return []
    return await fetch(
        "SELECT id, may_overdraw, debits_posted, debits_pending, credits_posted FROM points_account "
        f"WHERE id IN ({numbered(1, len(ordered))}) ORDER BY id{lock_clause()}",
        *ordered,
    )


async def statement(account: UUID, limit: int = 50, before: int | None = None) -> list[StatementRow]:
    """What changed an account's spendable points, newest first; `before` is the last seq of the page above.

    Rows that only settle what was set aside earlier (a redeemed voucher) are not repeated.
    """
    newest = 2**62 if before is None else before
    rows = await fetch(
        f"SELECT * FROM ({_EFFECTS}) e WHERE seq < $2 ORDER BY seq DESC LIMIT $3", account, newest, limit
    )
    if not rows:
        return []
    older = await fetch(
        f"SELECT CAST(coalesce(sum(points), 0) AS BIGINT) AS points FROM ({_EFFECTS}) e WHERE seq < $2",
        account,
        rows[-1]["seq"],
    )
    running: int = older[0]["points"]
    result: list[StatementRow] = []
    for row in reversed(rows):
        running += row["points"]
        result.append(_statement_row(row, running))
    result.reverse()
    return result


_COLUMNS = "seq, id, created_at, kind, code, explanation, reference_id, reason"
_EFFECTS = f"""
SELECT {_COLUMNS}, credit_account_id AS other_account_id,
    CASE kind WHEN 'void' THEN amount ELSE -amount END AS points
FROM points_transfer WHERE debit_account_id = $1 AND kind <> 'post'
UNION ALL
SELECT {_COLUMNS}, debit_account_id AS other_account_id, amount AS points
FROM points_transfer WHERE credit_account_id = $1 AND kind IN ('posted', 'post')
"""


def _statement_row(row: dict[str, Any], balance_after: int) -> StatementRow:
    return StatementRow(
        seq=row["seq"],
        id=as_uuid(row["id"]),
        at=as_time(row["created_at"]),
        points=row["points"],
        balance_after=balance_after,
        kind=row["kind"],
        code=row["code"],
        lines=load_lines(row["explanation"]),
        reference_id=as_uuid_or_none(row["reference_id"]),
        reason=row["reason"],
        other_account_id=as_uuid(row["other_account_id"]),
    )


async def _ensure(kind: AccountKind, owner_id: UUID | None, now: datetime) -> UUID:
    transaction()
    account = account_id(kind, owner_id)
    if await fetch("SELECT 1 AS found FROM points_account WHERE id = $1", account):
        return account
    owned = kind in ("person", "team", "merchant")
    await fetch(
        _ENSURE_ACCOUNT,
        account,
        kind,
        owner_id if owned else None,
        None if owned else owner_id,
        kind == "issue",
        now,
    )
    return account
