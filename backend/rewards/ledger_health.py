"""Keeping the ledger honest: sealing its journal, auditing it every day, ending points whose time is over."""

import time
import uuid

import structlog

from backend.areas import service as areas
from backend.core import clock, sessions
from backend.core.db import atomic
from backend.core.ids import uuid7
from backend.core.roles import Role
from backend.core.sessions import Actor
from backend.notify import service as notify
from backend.rewards.purse import lasts_for
from backend.rewards.schemas import LedgerAudit, LedgerFinding, LedgerHealth
from points import expiry, sealing
from points.audit import audit
from points.models import PointsAudit

log = structlog.get_logger(__name__)


async def seal_journal() -> int:
    """Seal the transfers that are settled; returns how many."""
    until_seq, sealed = await sealing.last_settled_seq(), 0
    while count := await atomic(sealing.seal_next)(until_seq, now=clock.now()):
        sealed += count
    return sealed


async def audit_ledger() -> LedgerAudit:
    """Audit the whole ledger and keep the result; administrators are told when something is wrong."""
    await seal_journal()
    began = time.perf_counter()
    found = await audit()
    wrong = found.first_wrong
    result = LedgerAudit(
        at=clock.now(),
        ok=found.ok,
        accounts=found.accounts,
        transfers=found.transfers,
        vouchers=found.vouchers,
        blocks=found.blocks,
        head_hash=found.head_hash,
        seconds=round(time.perf_counter() - began, 3),
        first_wrong=LedgerFinding(what=wrong.what, id=wrong.id, problem=wrong.problem) if wrong else None,
    )
    await _keep(result)
    # The hash in the log is a note that nobody who changes the database can change as well.
    log.info("ledger_audited", ok=result.ok, transfers=result.transfers, head_hash=result.head_hash)
    return result


@atomic
async def _keep(result: LedgerAudit) -> None:
    wrong = result.first_wrong
    stored = await PointsAudit.create(
        id=uuid7(),
        at=result.at,
        ok=result.ok,
        accounts=result.accounts,
        transfers=result.transfers,
        vouchers=result.vouchers,
        blocks=result.blocks,
        head_hash=result.head_hash,
        wrong_what=wrong.what if wrong else None,
        wrong_id=wrong.id if wrong else None,
        problem=wrong.problem if wrong else None,
        seconds=result.seconds,
    )
    if wrong is not None:
        await notify.send(
            await sessions.people_with_role(Role.ADMIN),
            "ledger.wrong",
            ("ledger", stored.id),
            "积分账本对不上",
            "The points ledger is wrong",
            f"{wrong.what} {wrong.id}: {wrong.problem}",
            f"{wrong.what} {wrong.id}: {wrong.problem}",
            push=True,
        )


async def ledger_health(actor: Actor, area_id: uuid.UUID) -> LedgerHealth:
    """What the latest audit found, for administrators."""
    await _require_admin(actor, area_id)
    last = await PointsAudit.all().order_by("-at").first()
    return LedgerHealth(last=_audit_out(last) if last else None)


async def audit_now(actor: Actor, area_id: uuid.UUID) -> LedgerHealth:
    """Audit the ledger at once, for administrators."""
    await _require_admin(actor, area_id)
    return LedgerHealth(last=await audit_ledger())


async def _require_admin(actor: Actor, area_id: uuid.UUID) -> None:
    area = await areas.visible(actor, area_id)
    actor.require(Role.ADMIN, area.path)


def _audit_out(stored: PointsAudit) -> LedgerAudit:
    wrong = None
    if stored.wrong_what is not None:
        wrong = LedgerFinding(what=stored.wrong_what, id=stored.wrong_id or "", problem=stored.problem or "")
    return LedgerAudit(
        at=stored.at,
        ok=stored.ok,
        accounts=stored.accounts,
        transfers=stored.transfers,
        vouchers=stored.vouchers,
        blocks=stored.blocks,
        head_hash=stored.head_hash,
        seconds=stored.seconds,
        first_wrong=wrong,
    )


# --- points whose time is over --------------------------------------------------------------------------------------


async def end_points() -> int:
    """Tell people of points that end soon, then end those whose time is over; returns how many points ended."""
    after: uuid.UUID | None = None
    while (after := await _announce(after)) is not None:
        pass
    ended = 0
    while True:
        points, after = await atomic(expiry.expire_due)(clock.now(), lasts_for, after=after)
        ended += points
        if after is None:
            return ended


@atomic
async def _announce(after: uuid.UUID | None) -> uuid.UUID | None:
    notices, further = await expiry.announce_due(clock.now(), lasts_for, after=after)
    for notice in notices:
        day = f"{notice.first_at:%Y-%m-%d}"
        await notify.send(
            [notice.user_id],
            "points.expiring",
            ("points", notice.account),
            f"{notice.points} 分快到期了",
            f"{notice.points} of your points end soon",
            f"最早 {day} 到期，先换点什么吧。",
            f"The first end on {day}. Have a look at the shop window.",
            push=True,
        )
    return further
