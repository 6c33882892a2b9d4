"""Recompute every balance from the journal, check its seals, and name the first thing that is wrong.

The database refuses wrong rows as they come; this finds what was done to it behind its back.
"""

from dataclasses import dataclass
from typing import Any

from points.sealing import check_chain
from points.store import as_uuid, fetch


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One wrong thing: what kind (account, transfer, voucher, budget, block), which one, and what is wrong in words."""

    what: str
    id: str
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditResult:
    """How much was checked, and the first wrong thing found, if any."""

    accounts: int
    transfers: int
    vouchers: int
    blocks: int
    head_hash: str
    first_wrong: Finding | None

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return self.first_wrong is None


_COUNTS = """
SELECT (SELECT count(*) FROM points_account) AS accounts, (SELECT count(*) FROM points_transfer) AS transfers,
    (SELECT count(*) FROM points_voucher) AS vouchers
"""

_WRONG_TRANSFER = """
SELECT t.seq, t.id, t.kind, t.amount, t.pending_id, t.reverses_id,
    CASE
        WHEN t.amount < 1 THEN 'its amount is below 1'
        WHEN d.id IS NULL OR c.id IS NULL THEN 'one of its accounts is missing'
        WHEN t.pending_id IS NOT NULL AND p.id IS NULL THEN 'it ends a pending transfer that does not exist'
        WHEN t.pending_id IS NOT NULL AND (p.kind <> 'pending' OR p.amount <> t.amount
            OR p.debit_account_id <> t.debit_account_id OR p.credit_account_id <> t.credit_account_id)
            THEN 'it differs from the pending transfer it ends'
        WHEN t.reverses_id IS NOT NULL AND r.id IS NULL THEN 'it reverses a transfer that does not exist'
        ELSE 'it differs from the transfer it reverses'
    END AS problem
FROM points_transfer t
LEFT JOIN points_account d ON d.id = t.debit_account_id
LEFT JOIN points_account c ON c.id = t.credit_account_id
LEFT JOIN points_transfer p ON p.id = t.pending_id
LEFT JOIN points_transfer r ON r.id = t.reverses_id
WHERE t.amount < 1 OR d.id IS NULL OR c.id IS NULL
    OR (t.pending_id IS NOT NULL AND (p.id IS NULL OR p.kind <> 'pending' OR p.amount <> t.amount
        OR p.debit_account_id <> t.debit_account_id OR p.credit_account_id <> t.credit_account_id))
    OR (t.reverses_id IS NOT NULL AND (r.id IS NULL OR r.kind NOT IN ('posted', 'post')
        OR r.amount <> t.amount OR r.debit_account_id <> t.credit_account_id
        OR r.credit_account_id <> t.debit_account_id))
ORDER BY t.seq LIMIT 1
"""

_WRONG_ACCOUNT = """
WITH sides AS (
    SELECT debit_account_id AS id, seq,
        CASE WHEN kind IN ('posted', 'post') THEN amount ELSE 0 END AS debits_posted,
        CASE kind WHEN 'pending' THEN amount WHEN 'posted' THEN 0 ELSE -amount END AS debits_pending,
        0 AS credits_posted, 0 AS credits_pending
    FROM points_transfer
    UNION ALL
    SELECT credit_account_id, seq, 0, 0,
        CASE WHEN kind IN ('posted', 'post') THEN amount ELSE 0 END,
        CASE kind WHEN 'pending' THEN amount WHEN 'posted' THEN 0 ELSE -amount END
    FROM points_transfer
), sums AS (
    SELECT id, max(seq) AS last_seq,
        CAST(sum(debits_posted) AS BIGINT) AS debits_posted, CAST(sum(debits_pending) AS BIGINT) AS debits_pending,
        CAST(sum(credits_posted) AS BIGINT) AS credits_posted, CAST(sum(credits_pending) AS BIGINT) AS credits_pending
    FROM sides GROUP BY id
)
SELECT a.id, a.kind,
    a.debits_posted AS stored_debits_posted, coalesce(s.debits_posted, 0) AS debits_posted,
    a.debits_pending AS stored_debits_pending, coalesce(s.debits_pending, 0) AS debits_pending,
    a.credits_posted AS stored_credits_posted, coalesce(s.credits_posted, 0) AS credits_posted,
    a.credits_pending AS stored_credits_pending, coalesce(s.credits_pending, 0) AS credits_pending,
    a.last_seq AS stored_last_seq, coalesce(s.last_seq, 0) AS last_seq,
    a.may_overdraw
FROM points_account a LEFT JOIN sums s ON s.id = a.id
WHERE a.debits_posted <> coalesce(s.debits_posted, 0) OR a.debits_pending <> coalesce(s.debits_pending, 0)
    OR a.credits_posted <> coalesce(s.credits_posted, 0) OR a.credits_pending <> coalesce(s.credits_pending, 0)
    OR a.last_seq <> coalesce(s.last_seq, 0)
    OR (a.kind <> 'issue' AND a.debits_posted + a.debits_pending > a.credits_posted)
ORDER BY a.created_at, a.id LIMIT 1
"""

_WRONG_VOUCHER = """
SELECT v.id, v.state, v.cost, t.kind, t.amount, e.kind AS resolution
FROM points_voucher v
LEFT JOIN points_transfer t ON t.id = v.transfer_id
LEFT JOIN points_transfer e ON e.pending_id = v.transfer_id
WHERE t.id IS NULL OR t.kind <> 'pending' OR t.amount <> v.cost
    OR coalesce(e.kind, 'none') <> CASE v.state WHEN 'issued' THEN 'none' WHEN 'redeemed' THEN 'post' ELSE 'void' END
ORDER BY v.issued_at, v.id LIMIT 1
"""


_WRONG_BUDGET = """
SELECT b.id, b.funder, b.used, CAST(coalesce(sum(u.points), 0) AS BIGINT) AS taken
FROM points_budget b LEFT JOIN points_budget_use u ON u.budget_id = b.id
GROUP BY b.id, b.funder, b.used HAVING b.used <> coalesce(sum(u.points), 0)
ORDER BY b.id LIMIT 1
"""

_WRONG_USE = """
SELECT u.transfer_id AS id, CAST(sum(u.points) AS BIGINT) AS taken, max(t.amount) AS amount
FROM points_budget_use u LEFT JOIN points_transfer t ON t.id = u.transfer_id
GROUP BY u.transfer_id HAVING max(t.amount) IS NULL OR sum(u.points) <> max(t.amount)
ORDER BY u.transfer_id LIMIT 1
"""


async def audit() -> AuditResult:
    """Check every transfer, account, voucher, budget and sealed block against the journal; reads only.

    Each statement sees one moment, so this needs no transaction, and nobody waits for it.
    """
    counts = (await fetch(_COUNTS))[0]
    chain = await check_chain()
    wrong = chain.first_wrong
    sealed_wrong = Finding(what=wrong.what, id=wrong.id, problem=wrong.problem) if wrong is not None else None
    return AuditResult(
        accounts=counts["accounts"],
        transfers=counts["transfers"],
        vouchers=counts["vouchers"],
        blocks=chain.blocks,
        head_hash=chain.head_hash,
        first_wrong=await _first_wrong() or sealed_wrong,
    )


async def _first_wrong() -> Finding | None:
    for row in await fetch(_WRONG_TRANSFER):
        return Finding(
            what="transfer", id=str(as_uuid(row["id"])), problem=f"seq {row['seq']}: {row['problem']}"
        )
    for row in await fetch(_WRONG_ACCOUNT):
        return Finding(what="account", id=str(as_uuid(row["id"])), problem=_account_problem(row))
    for row in await fetch(_WRONG_VOUCHER):
        ended = row["resolution"] or "still set aside"
        problem = (
            f"it is {row['state']} and costs {row['cost']}, but its transfer of {row['amount']} is {ended}"
        )
        return Finding(what="voucher", id=str(as_uuid(row["id"])), problem=problem)
    return await _first_wrong_budget()


async def _first_wrong_budget() -> Finding | None:
    for row in await fetch(_WRONG_BUDGET):
        problem = f"the budget of {row['funder']} says {row['used']} are used, its uses say {row['taken']}"
        return Finding(what="budget", id=str(as_uuid(row["id"])), problem=problem)
    for row in await fetch(_WRONG_USE):
        moved = "no such transfer is there" if row["amount"] is None else f"it moved {row['amount']}"
        problem = f"budgets gave {row['taken']} points for it, but {moved}"
        return Finding(what="transfer", id=str(as_uuid(row["id"])), problem=problem)
    return None


def _account_problem(row: dict[str, Any]) -> str:
    totals = ("debits_posted", "debits_pending", "credits_posted", "credits_pending", "last_seq")
    wrong = [
        f"{total} is {row[f'stored_{total}']}, the journal says {row[total]}"
        for total in totals
        if row[f"stored_{total}"] != row[total]
    ]
    return f"{row['kind']} account: {'; '.join(wrong) or 'it is overdrawn'}"
