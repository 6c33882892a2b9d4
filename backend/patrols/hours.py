"""How long people served: what certificates of service count."""

import datetime as dt
import uuid

import msgspec

from backend.core.db import rows
from backend.patrols.models import Patrol, PatrolMember


class Served(msgspec.Struct, frozen=True):
    """A person's accepted patrols in a stretch of time, and their minutes."""

    patrols: int
    minutes: int


async def served(user_id: uuid.UUID, since: dt.datetime, until: dt.datetime) -> Served:
    """The patrols a person walked that began in [since, until) and were accepted, also in part."""
    found = await rows(
        "SELECT count(*) AS patrols, coalesce(sum(p.minutes), 0) AS minutes FROM patrol_member m "
        "JOIN patrol p ON p.id = m.patrol_id WHERE m.user_id = ? AND p.state IN ('accepted', 'partial') "
        "AND p.started_at >= ? AND p.started_at < ?",
        user_id,
        since,
        until,
    )
    return Served(patrols=found[0]["patrols"], minutes=int(found[0]["minutes"]))


class PastWalk(msgspec.Struct, frozen=True):
    """An accepted patrol of a person: when it began, its minutes, whether it was at night."""

    started_at: dt.datetime
    minutes: int
    night: bool


async def past_walks(user_id: uuid.UUID) -> list[PastWalk]:
    """Every patrol a person walked that was accepted, also in part, oldest first."""
    walked = await PatrolMember.filter(user_id=user_id).values_list("patrol_id", flat=True)
    found = Patrol.filter(id__in=list(walked), state__in=["accepted", "partial"]).order_by("started_at", "id")
    return [PastWalk(each.started_at, each.minutes, each.night) for each in (await found if walked else [])]
