"""The quick log: matters met on the way, counted by kind, each with an undo."""

import datetime as dt
import uuid
from collections.abc import Collection, Sequence
from typing import Any

from backend.core import clock
from backend.core.db import atomic, execute, rows
from backend.core.problems import NotFound
from backend.core.sessions import Actor
from backend.patrols.measuring import locked_patrol
from backend.patrols.models import Patrol, PatrolLog, PatrolMember
from backend.patrols.schemas import Chip, LogBatch, LogIn, LogReceipt, RefusedFix

CHIPS = (
    Chip("persuade", "劝导", "Advice given"),
    Chip("publicity", "宣传", "Awareness"),
    Chip("help", "求助", "Helped someone"),
    Chip("hazard", "隐患", "Hazard"),
    Chip("dispute", "纠纷", "Dispute calmed"),
    Chip("other", "其他", "Other"),
)
A_MINUTE_MAX = 6
"""More of one kind within a minute is a thumb that slipped, not matters."""
LATE = dt.timedelta(seconds=60)
HANDLED = ("persuade", "help", "hazard", "dispute")
"""What counts as a matter handled; telling people something, and the rest, does not."""


@atomic
async def add_logs(actor: Actor, patrol_id: uuid.UUID, batch: LogBatch) -> LogReceipt:
    """Keep what a member logged; sending it again changes nothing."""
    patrol, member = await _own(actor, patrol_id)
    known = await PatrolLog.filter(id__in=[item.id for item in batch.items])
    existing = {each.id: each for each in known}
    logged = await PatrolLog.filter(patrol_id=patrol_id, user_id=actor.user_id, undone_at__isnull=True)
    stored, duplicates, refused = 0, 0, list[RefusedFix]()
    for item in {item.id: item for item in batch.items}.values():
        if (there := existing.get(item.id)) is not None:
            await _complete(there, item, patrol_id, actor)
            duplicates += 1
        elif (code := _refusal(item, patrol, member, logged)) is not None:
            refused.append(RefusedFix(item.id, code))
        else:
            logged.append(await PatrolLog.create(**_values(item, patrol_id, actor)))
            stored += 1
    return LogReceipt(stored, duplicates, refused, await counts_of(patrol_id))


def _refusal(item: LogIn, patrol: Patrol, member: PatrolMember, logged: Sequence[PatrolLog]) -> str | None:
    over = member.finished_at or patrol.finished_at
    if item.at < patrol.started_at - LATE:
        return "before-start"
    if item.at > (over or clock.now()) + LATE:
        return "after-finish" if over else "future"
    same = [each for each in logged if each.kind == item.kind and abs(each.at - item.at) < LATE]
    return "too-many" if len(same) >= A_MINUTE_MAX else None


def _values(item: LogIn, patrol_id: uuid.UUID, actor: Actor) -> dict[str, Any]:
    return {
        "id": item.id, "patrol_id": patrol_id, "user_id": actor.user_id, "kind": item.kind, "at": item.at,
        "lon": item.lon, "lat": item.lat, "note": (item.note or "").strip() or None, "received_at": clock.now(),
    }  # fmt: skip


async def _complete(there: PatrolLog, item: LogIn, patrol_id: uuid.UUID, actor: Actor) -> None:
    """An undo came first: fill its row, which stays undone. Somebody else's id is nothing of the asker's."""
    if there.patrol_id != patrol_id or there.user_id != actor.user_id:
        raise NotFound(kind="log", id=str(item.id))
    if there.kind is None:
        there.kind, there.at = item.kind, item.at
        await there.save(update_fields=["kind", "at"])


@atomic
async def undo_log(actor: Actor, patrol_id: uuid.UUID, log_id: uuid.UUID) -> LogReceipt:
    """Take a tap back, also one that has not arrived yet."""
    await _own(actor, patrol_id)
    now = clock.now()
    await execute(
        "INSERT INTO patrol_log (id, patrol_id, user_id, at, undone_at, received_at) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO NOTHING",
        log_id, patrol_id, actor.user_id, now, now, now,
    )  # fmt: skip
    changed = await PatrolLog.filter(
        id=log_id, patrol_id=patrol_id, user_id=actor.user_id, undone_at__isnull=True
    ).update(undone_at=now)
    if (
        not changed
        and not await PatrolLog.filter(id=log_id, patrol_id=patrol_id, user_id=actor.user_id).exists()
    ):
        raise NotFound(kind="log", id=str(log_id))
    return LogReceipt(0, 0, [], await counts_of(patrol_id))


async def _own(actor: Actor, patrol_id: uuid.UUID) -> tuple[Patrol, PatrolMember]:
    patrol = await locked_patrol(patrol_id)
    member = await PatrolMember.filter(patrol_id=patrol_id, user_id=actor.user_id).first()
    if patrol is None or member is None:
        raise NotFound(kind="patrol", id=str(patrol_id))
    return patrol, member


async def counts_of(patrol_id: uuid.UUID) -> dict[str, int]:
    """How many matters of each kind a patrol logged."""
    return (await counts_by_patrol([patrol_id])).get(patrol_id, {})


async def counts_by_patrol(patrol_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, dict[str, int]]:
    """The same for several patrols at once."""
    if not patrol_ids:
        return {}
    found = await rows(
        "SELECT patrol_id, kind, count(*) AS many FROM patrol_log WHERE undone_at IS NULL AND kind IS NOT NULL"
        f" AND patrol_id IN ({', '.join('?' * len(patrol_ids))}) GROUP BY patrol_id, kind",
        *patrol_ids,
    )
    counts: dict[uuid.UUID, dict[str, int]] = {}
    for each in found:
        counts.setdefault(uuid.UUID(str(each["patrol_id"])), {})[each["kind"]] = int(each["many"])
    return counts


async def handled_matters(patrol_id: uuid.UUID) -> int:
    """How many matters count as handled, for the points."""
    return sum(count for kind, count in (await counts_of(patrol_id)).items() if kind in HANDLED)
