"""The journal sealed in hashed blocks after the fact, so that writers never wait for a chain.

Each transfer has a digest, each block a hash over the block before it and its transfers' digests. What is sealed can
be checked for ever, down to the row that was changed.
"""

import asyncio
import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from points.store import fetch, on_postgres, transaction

BLOCK_MAX = 1_000
DIGEST_BYTES = 16
GENESIS = ""
SETTLE_TRIES = 100
SETTLE_PAUSE_S = 0.05

COLUMNS = (
    "seq, id, debit_account_id, credit_account_id, amount, kind, pending_id, reverses_id, code, reference_id, "
    "explanation, reason, timeout_at, created_at"
)
_HEAD = "SELECT number, last_seq, hash FROM points_block ORDER BY number DESC LIMIT 1"
_INSERT = """
INSERT INTO points_block (number, first_seq, last_seq, transfers, row_digests, previous_hash, hash, sealed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING number
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """The first sealed thing that is not as it was: a transfer (its id, if it is there) or a whole block."""

    what: str
    id: str
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainResult:
    """How many blocks were checked, the hash of the last, and what is wrong first."""

    blocks: int
    head_hash: str
    first_wrong: Wrong | None


def row_digest(row: dict[str, Any]) -> bytes:
    """What the seal keeps of a transfer's row: the same on both engines."""
    texts = [None if value is None else str(value) for value in row.values()]
    return hashlib.sha256(msgspec.json.encode(texts)).digest()[:DIGEST_BYTES]


def block_hash(previous_hash: str, digests: bytes) -> str:
    """The hash of a block after `previous_hash`."""
    return hashlib.sha256(previous_hash.encode() + digests).hexdigest()


async def last_settled_seq() -> int:
    """The highest number below which no transfer can appear any more; call it outside a transaction.

    PostgreSQL gives numbers before it commits, so a lower one may become visible after a higher one: this waits
    until every transaction has ended that was running when the number was read. If one lasts too long, 0.
    """
    if not on_postgres():
        rows = await fetch("SELECT coalesce(max(seq), 0) AS seq FROM points_transfer")
        return rows[0]["seq"]
    given = await fetch("SELECT last_value AS seq, is_called FROM points_transfer_seq_seq")
    after = await fetch("SELECT pg_snapshot_xmax(pg_current_snapshot())::TEXT::BIGINT AS xid")
    for _ in range(SETTLE_TRIES):
        oldest = await fetch("SELECT pg_snapshot_xmin(pg_current_snapshot())::TEXT::BIGINT AS xid")
        if oldest[0]["xid"] >= after[0]["xid"]:
            return given[0]["seq"] if given[0]["is_called"] else 0
        await asyncio.sleep(SETTLE_PAUSE_S)
    return 0


async def seal_next(until_seq: int, *, now: datetime) -> int:
    """Seal the next transfers up to `until_seq` in one block; returns how many, 0 when there are none.

    Two sealers at once are harmless: the second is refused by the table and tries again.
    """
    transaction()
    if on_postgres():
        await fetch("LOCK TABLE points_block IN SHARE ROW EXCLUSIVE MODE")
    head = await fetch(_HEAD)
    number, last_seq, previous = (
        (head[0]["number"], head[0]["last_seq"], head[0]["hash"]) if head else (0, 0, GENESIS)
    )
    rows = await fetch(
        f"SELECT {COLUMNS} FROM points_transfer WHERE seq > $1 AND seq <= $2 ORDER BY seq LIMIT {BLOCK_MAX}",
        last_seq,
        until_seq,
    )
    if not rows:
        return 0
    digests = b"".join(row_digest(_plain(row)) for row in rows)
    values = (number + 1, rows[0]["seq"], rows[-1]["seq"], len(rows), digests, previous)
    await fetch(_INSERT, *values, block_hash(previous, digests), now)
    return len(rows)


async def check_chain() -> ChainResult:
    """Compute every digest and every hash anew; reads only, a block at a time.

    Sealed rows never change, so this needs no transaction however many others write.
    """
    previous, number, last_seq = GENESIS, 0, 0
    while blocks := await fetch(
        "SELECT number, first_seq, last_seq, transfers, row_digests, previous_hash, hash FROM points_block "
        "WHERE number > $1 ORDER BY number LIMIT 20",
        number,
    ):
        rows = await fetch(
            f"SELECT {COLUMNS} FROM points_transfer WHERE seq > $1 AND seq <= $2 ORDER BY seq",
            last_seq,
            blocks[-1]["last_seq"],
        )
        wrong = await asyncio.to_thread(_first_wrong, blocks, rows, previous, number)
        if wrong is not None:
            return ChainResult(blocks=number, head_hash=previous, first_wrong=wrong)
        previous, number, last_seq = blocks[-1]["hash"], blocks[-1]["number"], blocks[-1]["last_seq"]
    return ChainResult(blocks=number, head_hash=previous, first_wrong=None)


def _first_wrong(
    blocks: list[dict[str, Any]], rows: list[dict[str, Any]], previous: str, number: int
) -> Wrong | None:
    """Compare a stretch of blocks with the transfers they seal."""
    start = 0
    for block in blocks:
        number += 1
        digests = bytes(block["row_digests"])
        name = f"block {block['number']}"
        if block["number"] != number:
            return Wrong(what="block", id=str(number), problem=f"block {number} is missing")
        if block["previous_hash"] != previous or block["hash"] != block_hash(previous, digests):
            return Wrong(what="block", id=str(number), problem=f"{name} does not follow the one before it")
        end = start
        while end < len(rows) and rows[end]["seq"] <= block["last_seq"]:
            end += 1
        if wrong := _wrong_row(rows[start:end], digests, name):
            return wrong
        start, previous = end, block["hash"]
    return None


def _wrong_row(rows: list[dict[str, Any]], digests: bytes, name: str) -> Wrong | None:
    sealed = [digests[start : start + DIGEST_BYTES] for start in range(0, len(digests), DIGEST_BYTES)]
    known = set(sealed)
    for row, digest in zip(rows, sealed, strict=False):
        found = row_digest(_plain(row))
        if found == digest:
            continue
        how = "was moved" if found in known else "is not as it was sealed"
        return Wrong(what="transfer", id=str(row["id"]), problem=f"seq {row['seq']}: it {how} in {name}")
    if len(rows) < len(sealed):
        problem = f"{len(sealed) - len(rows)} of its transfers are missing at the end of {name}"
        return Wrong(what="block", id=name.removeprefix("block "), problem=problem)
    if len(rows) > len(sealed):
        extra = rows[len(sealed)]
        problem = f"seq {extra['seq']}: it was added after {name} was sealed"
        return Wrong(what="transfer", id=str(extra["id"]), problem=problem)
    return None


_TIMES = ("timeout_at", "created_at")


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """The row with times as both engines print them; ids and numbers print alike."""
    for name in _TIMES:
        value = row[name]
        if isinstance(value, datetime):
            row[name] = value.isoformat(" ")
    return row
