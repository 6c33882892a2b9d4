"""How long people served: what certificates of service count."""

import datetime as dt
import uuid

import msgspec

from backend.core.db import rows


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
