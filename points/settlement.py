"""What each merchant is owed for a month: frozen, confirmed or disputed line by line, paid outside and recorded.

A line is one transfer of the merchant's account, and every such transfer is in exactly one statement, so the
statements sum to the ledger to the point. Everything works inside the caller's transaction and holds the statement
before any account.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from points import ledger
from points.accounts import account_id, settlement_account
from points.errors import InvalidPoints, SettlementNotFound, SettlementState
from points.explanation import Line
from points.models import PointsSettlement, PointsSettlementLine
from points.store import as_time, as_uuid, as_uuid_or_none, execute_many, fetch, transaction

GRACE = timedelta(minutes=10)
"""A month is frozen no sooner than this after its end, when nothing of it can be undone any more."""

_OPEN = """
SELECT t.id, t.reverses_id, t.reference_id, t.created_at,
    CASE WHEN t.credit_account_id = $1 THEN t.amount ELSE -t.amount END AS points
FROM points_transfer t LEFT JOIN points_settlement_line l ON l.transfer_id = t.id
WHERE l.transfer_id IS NULL
    AND ((t.credit_account_id = $1 AND t.kind = 'post' AND t.created_at < $2)
        OR (t.debit_account_id = $1 AND t.reverses_id IS NOT NULL AND (t.created_at < $2 OR EXISTS (
            SELECT 1 FROM points_transfer r WHERE r.id = t.reverses_id AND r.created_at < $2))))
ORDER BY t.seq
"""
_CLAIM = """
INSERT INTO points_settlement_line (transfer_id, settlement_id, kind, voucher_id, points, at)
VALUES ($1, $2, $3, $4, $5, $6)
"""
_FREEZE = """
INSERT INTO points_settlement (id, merchant_id, area_id, period, starts_at, ends_at, state, frozen_at)
VALUES ($1, $2, $3, $4, $5, $6, 'frozen', $7) ON CONFLICT DO NOTHING RETURNING id
"""
_CORRECT = """
INSERT INTO points_settlement_line (transfer_id, settlement_id, kind, voucher_id, points, at)
VALUES ($1, $2, 'corrected', $3, $4, $5) RETURNING points
"""
_TOTALS = """
SELECT CAST(coalesce(sum(points), 0) AS BIGINT) AS total, count(*) AS lines,
    coalesce(sum(CASE WHEN kind = 'redeemed' THEN 1 ELSE 0 END), 0) AS redeemed,
    coalesce(sum(CASE WHEN dispute = 'open' THEN 1 ELSE 0 END), 0) AS disputed
FROM points_settlement_line WHERE settlement_id = $1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """The sums of a statement: points owed, its lines, how many redemptions, how many lines in open dispute."""

    total: int
    lines: int
    redeemed: int
    disputed: int


async def open_points(merchant_id: UUID, until: datetime) -> tuple[int, int]:
    """The points before `until` that are in no statement yet, and how many redemptions they come from."""
    rows = await fetch(_OPEN, account_id("merchant", merchant_id), until)
    return sum(row["points"] for row in rows), sum(1 for row in rows if row["points"] > 0)


async def freeze(
    settlement_id: UUID,
    merchant_id: UUID,
    area_id: UUID,
    period: str,
    *,
    starts_at: datetime,
    ends_at: datetime,
    now: datetime,
) -> PointsSettlement | None:
    """Put everything before `ends_at` that is in no statement yet into the statement of `period`.

    Freezing again returns the same statement. None when there is nothing to settle. Raises InvalidPoints before
    the month has been over for ten minutes.
    """
    transaction()
    if now < ends_at + GRACE:
        raise InvalidPoints("period", period, "wait until the month has been over for ten minutes")
    stored = await PointsSettlement.get_or_none(merchant_id=merchant_id, period=period)
    if stored is not None:
        return stored
    account = account_id("merchant", merchant_id)
    await ledger.lock([account])
    found = await fetch(_OPEN, account, ends_at)
    if not found:
        return None
    values = (settlement_id, merchant_id, area_id, period, starts_at, ends_at, now)
    if await fetch(_FREEZE, *values):
        await execute_many(_CLAIM, [_line(settlement_id, row) for row in found])
    return await PointsSettlement.get(merchant_id=merchant_id, period=period)


async def totals(settlement_id: UUID) -> Totals:
    """The sums of a statement."""
    row = (await fetch(_TOTALS, settlement_id))[0]
    return Totals(total=row["total"], lines=row["lines"], redeemed=row["redeemed"], disputed=row["disputed"])


async def lines(settlement_id: UUID) -> list[PointsSettlementLine]:
    """The lines of a statement, in order of time."""
    return await PointsSettlementLine.filter(settlement_id=settlement_id).order_by("at", "transfer_id")


async def dispute(settlement_id: UUID, notes: Mapping[UUID, str], *, now: datetime) -> PointsSettlement:
    """Say of which lines the merchant thinks otherwise, and why; a line is disputed once.

    Raises SettlementNotFound, SettlementState once it is confirmed, InvalidPoints for a line that is not there,
    has no note, or was answered already.
    """
    statement = await _held(settlement_id)
    _require(statement, "frozen", "disputed")
    if not notes:
        raise InvalidPoints("lines", [], "name at least one line")
    known = {line.transfer_id: line for line in await lines(settlement_id)}
    for line_id, note in notes.items():
        line = known.get(line_id)
        if line is None or line.dispute not in (None, "open") or line.kind != "redeemed":
            raise InvalidPoints(
                "lines", line_id, "name a redemption of this statement that was not answered yet"
            )
        if not 1 <= len(note.strip()) <= 200:
            raise InvalidPoints("note", note, "say why in 1 to 200 characters")
        line.dispute, line.dispute_note = "open", note.strip()
        await line.save(update_fields=["dispute", "dispute_note"])
    statement.state = "disputed"
    await statement.save(update_fields=["state"])
    return statement


async def resolve(
    settlement_id: UUID, line_id: UUID, decision: str, note: str, *, now: datetime
) -> PointsSettlement:
    """Answer a dispute: the line stands, or it is corrected, which gives its points back to the person.

    The same decision again changes nothing. Raises SettlementNotFound, SettlementState, InvalidPoints.
    """
    statement = await _held(settlement_id)
    line = await PointsSettlementLine.get_or_none(transfer_id=line_id, settlement_id=settlement_id)
    if line is not None and line.dispute == decision:
        return statement
    _require(statement, "disputed")
    if line is None or line.dispute != "open":
        raise InvalidPoints("line_id", line_id, "choose a line whose dispute is open")
    if decision not in ("stands", "corrected"):
        raise InvalidPoints("decision", decision, "choose stands or corrected")
    if not 1 <= len(note.strip()) <= 200:
        raise InvalidPoints("note", note, "say why in 1 to 200 characters")
    line.dispute, line.dispute_answer = decision, note.strip()
    await line.save(update_fields=["dispute", "dispute_answer"])
    if decision == "corrected":
        back = await ledger.reverse(line_id, note.strip(), now=now)
        await fetch(_CORRECT, back.id, settlement_id, line.voucher_id, -line.points, back.created_at)
    return statement


async def confirm(settlement_id: UUID, by: UUID, *, now: datetime) -> PointsSettlement:
    """The merchant agrees; again changes nothing. Raises SettlementState while a dispute is open."""
    statement = await _held(settlement_id)
    if statement.state in ("confirmed", "paid"):
        return statement
    if (await totals(settlement_id)).disputed:
        raise SettlementState(settlement_id, "disputed")
    statement.state, statement.confirmed_at, statement.confirmed_by = "confirmed", now, by
    await statement.save(update_fields=["state", "confirmed_at", "confirmed_by"])
    return statement


async def pay(
    settlement_id: UUID, by: UUID, reference: str, *, cents: int | None, now: datetime
) -> PointsSettlement:
    """Record that a confirmed statement was paid outside; its points leave the merchant's account.

    The same reference again changes nothing. Raises SettlementState before it is confirmed or when it was paid
    with another reference, InvalidPoints without a reference.
    """
    statement = await _held(settlement_id)
    if not 1 <= len(reference.strip()) <= 80:
        raise InvalidPoints("reference", reference, "give the payment's reference, 1 to 80 characters")
    if statement.state == "paid" and statement.payment_reference == reference.strip():
        return statement
    _require(statement, "confirmed")
    statement.state, statement.paid_at, statement.paid_by = "paid", now, by
    statement.payment_reference, statement.payment_cents = reference.strip(), cents
    await statement.save(update_fields=["state", "paid_at", "paid_by", "payment_reference", "payment_cents"])
    total = (await totals(settlement_id)).total
    if total > 0:
        payment = ledger.Transfer(
            id=ledger.derived_id(settlement_id, "paid"),
            debit=account_id("merchant", statement.merchant_id),
            credit=await settlement_account(statement.area_id, now=now),
            amount=total,
            code="settlement_paid",
            reference_id=settlement_id,
            lines=(Line(code="settlement_paid", points=-total, params={"period": statement.period}),),
        )
        await ledger.transfer(payment, now=now)
    return statement


def _line(settlement_id: UUID, row: dict[str, Any]) -> list[object]:
    kind = "redeemed" if row["points"] > 0 else "undone"
    voucher_id, at = as_uuid_or_none(row["reference_id"]), as_time(row["created_at"])
    return [as_uuid(row["id"]), settlement_id, kind, voucher_id, row["points"], at]


async def _held(settlement_id: UUID) -> PointsSettlement:
    transaction()
    statement = await PointsSettlement.filter(id=settlement_id).select_for_update().first()
    if statement is None:
        raise SettlementNotFound(settlement_id)
    return statement


def _require(statement: PointsSettlement, *states: str) -> None:
    if statement.state not in states:
        raise SettlementState(statement.id, statement.state)
