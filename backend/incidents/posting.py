"""A single incident, told at the desk minutes after it happened, so that tonight can answer to it."""

import datetime as dt

from backend.areas import service as areas
from backend.core import audit, clock
from backend.core.db import atomic
from backend.core.problems import FieldError, InvalidFields
from backend.core.roles import Role
from backend.core.sessions import Actor
from backend.incidents.harm import rules
from backend.incidents.history import DESK_BATCH
from backend.incidents.identity import KIND_LENGTH_MAX
from backend.incidents.schemas import IncidentNew, IncidentPosted
from backend.incidents.storing import add_block
from routing.geo import Bounds
from routing.incident import Incident
from routing.kinds import is_grave, rule_of

PAST_MAX = dt.timedelta(hours=12)
AHEAD_MAX = dt.timedelta(minutes=5)
"""Clocks differ by as much."""
OUTSIDE_MAX_M = 500.0


@atomic
async def post(actor: Actor, new: IncidentNew) -> IncidentPosted:
    """Keep the incident; what follows from it for plans is thought over in the background.

    Sent again with the same id, it is one incident. Raises `InvalidFields`, `NotAllowed` to others than the area's
    officers.
    """
    area = await areas.visible(actor, new.area_id)
    actor.require(Role.OFFICER, area.path)
    district = await areas.district_of(area)
    if errors := _errors(new, district):
        raise InvalidFields(errors)
    kind = new.kind.strip()
    number = f"desk-{new.id}"
    incident = Incident(number, new.at, new.lon, new.lat, kind)
    written = await add_block(district.id, [(number, incident)], batch=DESK_BATCH, demo=district.demo)
    if written.added:
        await audit.record(
            actor, "incident.post", "incident", new.id, area_id=district.id, details={"kind": kind}
        )
    rule = rule_of(kind, await rules(district))
    return IncidentPosted(id=new.id, grave=rule.used and is_grave(kind, rule))


def _errors(new: IncidentNew, district: areas.Area) -> list[FieldError]:
    found: list[FieldError] = []
    if not 1 <= len(new.kind.strip()) <= KIND_LENGTH_MAX:
        found.append(FieldError("kind", "missing", "Name its kind, such as 抢劫", new.kind))
    now = clock.now()
    if new.at.tzinfo is None:
        found.append(FieldError("at", "no-offset", "Write the time with its offset, such as +08:00"))
    elif new.at > now + AHEAD_MAX:
        found.append(
            FieldError("at", "in-future", "Say when it happened; this is yet to come", new.at.isoformat())
        )
    elif new.at < now - PAST_MAX:
        hours = PAST_MAX.total_seconds() / 3600
        message = f"Older than {hours:.0f} hours: import it with a file instead"
        found.append(FieldError("at", "too-long-ago", message, new.at.isoformat()))
    box = Bounds(district.west, district.south, district.east, district.north).padded(OUTSIDE_MAX_M)
    if not bool(box.contains(new.lon, new.lat)):
        message = f"Choose a place in {district.name_zh}"
        found.append(FieldError("lon", "outside-area", message, [new.lon, new.lat]))
    return found
