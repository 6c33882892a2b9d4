"""The only writer of balances: insert-only transfers, two-phase transfers and reversals.

Everything here works inside the caller's transaction. After a refusal the caller lets that transaction
roll back. Transfers hold their accounts until it ends, so they come last in it.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal
from uuid import UUID, uuid5

import msgspec
from tortoise.exceptions import IntegrityError

from points.accounts import (
    Balance,
    StatementRow,
    account_id,
    balance,
    earned,
    issue_account,
    lock,
    merchant_account,
    person_account,
    statement,
    team_account,
)
from points.errors import (
    AccountNotFound,
    AlreadyResolved,
    AlreadyReversed,
    InvalidPoints,
    NotEnoughPoints,
    NotReversible,
    PendingTimedOut,
    TransferConflict,
    TransferNotFound,
)
from points.explanation import Line, dump_lines, load_lines
from points.store import (
    as_time,
    as_time_or_none,
    as_uuid,
    as_uuid_or_none,
    execute_many,
    fetch,
    numbered,
    on_postgres,
    sqlite_time,
    transaction,
    utc,
)

__all__ = [
    "Balance",
    "Receipt",
    "StatementRow",
    "Transfer",
    "account_id",
    "balance",
    "derived_id",
    "earned",
    "issue_account",
    "lock",
    "merchant_account",
    "person_account",
    "post",
    "receipts",
    "reserve",
    "reverse",
    "statement",
    "team_account",
    "transfer",
    "transfer_many",
    "void",
    "void_many",
]

BATCH_MAX = 5_000
AMOUNT_MAX = 1_000_000_000

TransferKind = Literal["posted", "pending", "post", "void"]

_COLUMNS = (
    "id, debit_account_id, credit_account_id, amount, kind, pending_id, reverses_id, code, reference_id, "
    "explanation, reason, timeout_at, created_at"
)
_INSERT_ALL_ON_SQLITE = f"""
INSERT INTO points_transfer ({_COLUMNS})
SELECT {", ".join(f"value ->> {place}" for place in range(12))}, $2 FROM json_each($1)
"""
_INSERT = f"INSERT INTO points_transfer ({_COLUMNS}) VALUES ({numbered(1, 13)})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """Points from the debited account to the credited one, and why.

    The sender makes the id, so that sending twice stores once. `reference_id` is what it is for, such as a
    patrol or a voucher. The fields from `kind` on are set by `reserve`, `post`, `void` and `reverse`.
    """

    id: UUID
    debit: UUID
    credit: UUID
    amount: int
    code: str
    reference_id: UUID | None = None
    lines: tuple[Line, ...] = ()
    kind: TransferKind = "posted"
    pending_id: UUID | None = None
    reverses_id: UUID | None = None
    reason: str | None = None
    timeout_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What is stored under a transfer's id, and whether it was there before (`replayed`)."""

    id: UUID
    amount: int
    created_at: datetime
    replayed: bool


def derived_id(origin: UUID, purpose: str) -> UUID:
    """The id of a transfer that follows from something else, the same however often it is asked for."""
    return uuid5(origin, purpose)


async def transfer(new: Transfer, *, now: datetime) -> Receipt:
    """Store one transfer; see `transfer_many`."""
    return (await transfer_many([new], now=now))[0]


async def transfer_many(batch: Sequence[Transfer], *, now: datetime) -> list[Receipt]:
    """Store transfers in order, all or none; their receipts come in the same order.

    A transfer whose id is stored already with the same content changes nothing and gets the first receipt
    again. Times are no content: a time-out counted from now differs at every try.

    Raises NotEnoughPoints, TransferConflict (the id has other content), AccountNotFound, TransferNotFound
    (nothing pending there), AlreadyResolved, PendingTimedOut, AlreadyReversed and InvalidPoints.
    """
    transaction()
    if len(batch) > BATCH_MAX:
        raise InvalidPoints("batch", len(batch), f"send at most {BATCH_MAX} transfers at a time")
    for new in batch:
        _check_fields(new)
    if not on_postgres() and await _stored_at_once(batch, now):
        at = utc(now)
        return [Receipt(id=new.id, amount=new.amount, created_at=at, replayed=False) for new in batch]
    purses = await _hold_purses(batch)
    known = await _stored(batch)
    receipts: list[Receipt] = []
    fresh: list[Transfer] = []
    for new in batch:
        earlier = known.by_id.get(new.id)
        if earlier is not None:
            _require_same(new, earlier[0])
            receipts.append(Receipt(id=new.id, amount=new.amount, created_at=earlier[1], replayed=True))
            continue
        known.require_open(new, now)
        _move(purses, new)
        known.add(new, now)
        fresh.append(new)
        receipts.append(Receipt(id=new.id, amount=new.amount, created_at=utc(now), replayed=False))
    if fresh:
        await _insert(fresh, now)
    return receipts


async def receipts(ids: Collection[UUID]) -> dict[UUID, Receipt]:
    """What is stored under these ids, by id; those never stored are left out.

    For callers whose amounts depend on what was earned before: look here first, then compute only what is new.
    """
    if not ids:
        return {}
    rows = await fetch(
        f"SELECT id, amount, created_at FROM points_transfer WHERE id IN ({numbered(1, len(ids))})", *ids
    )
    stored = [
        Receipt(
            id=as_uuid(row["id"]), amount=row["amount"], created_at=as_time(row["created_at"]), replayed=True
        )
        for row in rows
    ]
    return {receipt.id: receipt for receipt in stored}


async def reserve(new: Transfer, *, now: datetime, timeout_at: datetime | None = None) -> Receipt:
    """Set the amount of a transfer aside until `post` or `void` ends it; after timeout_at only void can."""
    return await transfer(replace(new, kind="pending", timeout_at=timeout_at), now=now)


async def post(pending_id: UUID, *, now: datetime, code: str) -> Receipt:
    """Let a pending transfer move its points. Posting twice changes nothing; a voided one is AlreadyResolved."""
    pending = (await _pending([pending_id]))[0]
    return await transfer(_resolution(pending, "post", code), now=now)


async def void(pending_id: UUID, *, now: datetime, code: str, lines: tuple[Line, ...] = ()) -> Receipt:
    """Give back what a pending transfer set aside. Voiding twice changes nothing."""
    return (await void_many([pending_id], now=now, code=code, lines=lines))[0]


async def void_many(
    pending_ids: Sequence[UUID], *, now: datetime, code: str, lines: tuple[Line, ...] = ()
) -> list[Receipt]:
    """Give back what several pending transfers set aside, all or none."""
    pendings = await _pending(pending_ids)
    return await transfer_many([_resolution(p, "void", code, lines) for p in pendings], now=now)


async def reverse(transfer_id: UUID, reason: str, *, now: datetime) -> Receipt:
    """Move a transfer's points back with a new row that says why; the first row stays.

    Raises NotEnoughPoints when the receiver has spent them, and AlreadyReversed if another reason was given.
    """
    if not reason.strip():
        raise InvalidPoints("reason", reason, "say why the points are taken back")
    first = await _one(transfer_id)
    if first.kind not in ("posted", "post"):
        raise NotReversible(transfer_id, first.kind)
    back = Transfer(
        id=derived_id(transfer_id, "reversal"),
        debit=first.credit,
        credit=first.debit,
        amount=first.amount,
        code="reversal",
        reference_id=first.reference_id,
        lines=(Line(code="reversal", points=-first.amount, params={"of": first.code, "reason": reason}),),
        reverses_id=transfer_id,
        reason=reason,
    )
    return await transfer(back, now=now)


class _Known:
    """The stored transfers that matter to a batch, and those of the batch itself as they are accepted."""

    def __init__(self) -> None:
        self.by_id: dict[UUID, tuple[Transfer, datetime]] = {}
        self.resolutions: dict[UUID, str] = {}
        self.reversals: dict[UUID, str] = {}

    def add(self, stored: Transfer, created_at: datetime) -> None:
        self.by_id[stored.id] = (stored, utc(created_at))
        if stored.pending_id is not None:
            self.resolutions[stored.pending_id] = stored.kind
        if stored.reverses_id is not None:
            self.reversals[stored.reverses_id] = stored.reason or ""

    def require_open(self, new: Transfer, now: datetime) -> None:
        """Refuse to end a pending transfer, or to reverse one, twice or with other figures."""
        if new.reverses_id is not None and new.reverses_id in self.reversals:
            raise AlreadyReversed(new.reverses_id, self.reversals[new.reverses_id])
        if new.pending_id is None:
            return
        if new.pending_id in self.resolutions:
            raise AlreadyResolved(new.pending_id, self.resolutions[new.pending_id])
        pending = self.by_id.get(new.pending_id)
        if pending is None or pending[0].kind != "pending":
            raise TransferNotFound(new.pending_id)
        timeout_at = pending[0].timeout_at
        if new.kind == "post" and timeout_at is not None and now >= timeout_at:
            raise PendingTimedOut(new.pending_id, timeout_at)


def _check_fields(new: Transfer) -> None:
    if not 1 <= new.amount <= AMOUNT_MAX:
        raise InvalidPoints("amount", new.amount, f"give a whole number of points from 1 to {AMOUNT_MAX}")
    if new.debit == new.credit:
        raise InvalidPoints("credit", new.credit, "choose another account than the debited one")
    if not 1 <= len(new.code) <= 40:
        raise InvalidPoints("code", new.code, "give a code of 1 to 40 letters")


@dataclass(slots=True)
class _Purse:
    available: int
    may_overdraw: bool


async def _hold_purses(batch: Iterable[Transfer]) -> dict[UUID, _Purse]:
    wanted = {account for new in batch for account in (new.debit, new.credit)}
    purses = {
        as_uuid(row["id"]): _Purse(
            available=row["credits_posted"] - row["debits_posted"] - row["debits_pending"],
            may_overdraw=bool(row["may_overdraw"]),
        )
        for row in await lock(wanted)
    }
    for missing in sorted(wanted - purses.keys()):
        raise AccountNotFound(missing)
    return purses


def _move(purses: dict[UUID, _Purse], new: Transfer) -> None:
    """Do in memory what the database will do, so that a refusal can say how much is missing."""
    payer, payee = purses[new.debit], purses[new.credit]
    if new.kind in ("posted", "pending"):
        if not payer.may_overdraw and payer.available < new.amount:
            raise NotEnoughPoints(payer.available, new.amount)
        payer.available -= new.amount
    if new.kind == "void":
        payer.available += new.amount
    if new.kind in ("posted", "post"):
        payee.available += new.amount


async def _stored(batch: Sequence[Transfer]) -> _Known:
    ids = {new.id for new in batch}
    ids |= {new.pending_id for new in batch if new.pending_id is not None}
    pending_ids = [new.pending_id for new in batch if new.pending_id is not None]
    reverses_ids = [new.reverses_id for new in batch if new.reverses_id is not None]
    condition, values = "", list[UUID]()
    for column, wanted in (("id", ids), ("pending_id", pending_ids), ("reverses_id", reverses_ids)):
        if wanted:
            condition += (
                f"{' OR ' if condition else ''}{column} IN ({numbered(len(values) + 1, len(wanted))})"
            )
            values.extend(wanted)
    known = _Known()
    if condition:
        for row in await fetch(f"SELECT {_COLUMNS} FROM points_transfer WHERE {condition}", *values):
            known.add(_decode(row), as_time(row["created_at"]))
    return known


def _require_same(new: Transfer, earlier: Transfer) -> None:
    if replace(new, timeout_at=None) == replace(earlier, timeout_at=None):
        return
    if new.pending_id is not None and new.pending_id == earlier.pending_id and new.kind != earlier.kind:
        raise AlreadyResolved(new.pending_id, earlier.kind)
    if (
        new.reverses_id is not None
        and new.reverses_id == earlier.reverses_id
        and new.reason != earlier.reason
    ):
        raise AlreadyReversed(new.reverses_id, earlier.reason or "")
    raise TransferConflict(new.id)


async def _stored_at_once(batch: Sequence[Transfer], now: datetime) -> bool:
    """Let SQLite judge a batch of new transfers: one statement, all or none; False when it refused any of them.

    A writing transaction is alone there, so nothing is to be held before. Its tables refuse whatever the checks in
    this module refuse; those then say why, or find that the transfers are stored already.
    """
    rows = [
        (
            new.id,
            new.debit,
            new.credit,
            new.amount,
            new.kind,
            new.pending_id,
            new.reverses_id,
            new.code,
            new.reference_id,
            dump_lines(new.lines),
            new.reason,
            sqlite_time(new.timeout_at) if new.timeout_at else None,
        )
        for new in batch
    ]
    try:
        await fetch(_INSERT_ALL_ON_SQLITE, msgspec.json.encode(rows).decode(), now)
    except IntegrityError:
        return False
    return True


async def _insert(fresh: Sequence[Transfer], now: datetime) -> None:
    try:
        await execute_many(_INSERT, [_encode(new, now) for new in fresh])
    except IntegrityError as error:
        # Two senders of one id with different accounts do not wait for each other before this point.
        if '"points_transfer_id"' in str(error):
            raise TransferConflict(fresh[0].id) from error
        raise


def _encode(new: Transfer, now: datetime) -> list[object]:
    return [
        new.id,
        new.debit,
        new.credit,
        new.amount,
        new.kind,
        new.pending_id,
        new.reverses_id,
        new.code,
        new.reference_id,
        dump_lines(new.lines),
        new.reason,
        new.timeout_at,
        now,
    ]


def _decode(row: dict[str, Any]) -> Transfer:
    return Transfer(
        id=as_uuid(row["id"]),
        debit=as_uuid(row["debit_account_id"]),
        credit=as_uuid(row["credit_account_id"]),
        amount=row["amount"],
        code=row["code"],
        reference_id=as_uuid_or_none(row["reference_id"]),
        lines=load_lines(row["explanation"]),
        kind=row["kind"],
        pending_id=as_uuid_or_none(row["pending_id"]),
        reverses_id=as_uuid_or_none(row["reverses_id"]),
        reason=row["reason"],
        timeout_at=as_time_or_none(row["timeout_at"]),
    )


async def _one(transfer_id: UUID) -> Transfer:
    rows = await fetch(f"SELECT {_COLUMNS} FROM points_transfer WHERE id = $1", transfer_id)
    if not rows:
        raise TransferNotFound(transfer_id)
    return _decode(rows[0])


async def _pending(pending_ids: Sequence[UUID]) -> list[Transfer]:
    if not pending_ids:
        return []
    rows = await fetch(
        f"SELECT {_COLUMNS} FROM points_transfer WHERE kind = 'pending' "
        f"AND id IN ({numbered(1, len(pending_ids))})",
        *pending_ids,
    )
    found = {as_uuid(row["id"]): _decode(row) for row in rows}
    for missing in pending_ids:
        if missing not in found:
            raise TransferNotFound(missing)
    return [found[pending_id] for pending_id in pending_ids]


def _resolution(pending: Transfer, kind: TransferKind, code: str, lines: tuple[Line, ...] = ()) -> Transfer:
    """The row that ends a pending transfer; its id follows from it, so that there can be only one."""
    return Transfer(
        id=derived_id(pending.id, "resolution"),
        debit=pending.debit,
        credit=pending.credit,
        amount=pending.amount,
        code=code,
        reference_id=pending.reference_id,
        lines=lines,
        kind=kind,
        pending_id=pending.id,
    )
