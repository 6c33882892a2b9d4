"""Sightings: what recipients report, and only the police of the area read."""

import uuid

from tortoise.exceptions import IntegrityError

from backend.alerts.access import AlertWithdrawn, at_desk, was_recipient
from backend.alerts.audience import distance_m
from backend.alerts.kinds import KEEP_AWAY_EN, KEEP_AWAY_ZH
from backend.alerts.models import Alert, Sighting
from backend.alerts.schemas import SightingIn, SightingList, SightingOut
from backend.areas import service as areas
from backend.areas.service import Area
from backend.core import audit, clock
from backend.core.db import atomic, is_unique_violation
from backend.core.problems import Conflict
from backend.core.roles import POLICE_ROLES
from backend.core.sessions import Actor, people_with
from backend.notify import service as notify
from backend.people import service as people


async def report(actor: Actor, alert_id: uuid.UUID, seen: SightingIn) -> SightingOut:
    """Keep a recipient's sighting and tell the police of the area; sent again with its id, it changes nothing.

    What was seen before the alert was closed is taken afterwards too: the phone may have been without a network.
    """
    alert, area = await was_recipient(actor, alert_id)
    over_at = alert.closed_at or alert.expires_at
    if seen.at > over_at or (alert.closed_at is None and alert.live_at is None):
        raise AlertWithdrawn(kind=alert.kind, at=over_at.isoformat())
    try:
        sighting = await _keep(actor, alert, area, seen)
    except IntegrityError as error:
        if not is_unique_violation(error):
            raise
        sighting = await Sighting.get(id=seen.id)
        if (sighting.user_id, sighting.alert_id) != (actor.user_id, alert_id):
            raise Conflict("This id is in use; make a new one", id=str(seen.id)) from None
    return _out(sighting, alert, None)


@atomic
async def _keep(actor: Actor, alert: Alert, area: Area, seen: SightingIn) -> Sighting:
    now = clock.now()
    sighting = await Sighting.create(
        id=seen.id, alert_id=alert.id, user_id=actor.user_id, at=min(seen.at, now), lon=seen.lon, lat=seen.lat,
        behaviour_zh=seen.behaviour_zh, direction=seen.direction, certainty=seen.certainty, received_at=now,
    )  # fmt: skip
    await _tell_police(actor, alert, area, sighting)
    await notify.send(
        [actor.user_id], "sighting.received", ("alert", alert.id),
        "警方已收到", "The police have your report", f"请保持距离。{KEEP_AWAY_ZH}", f"Keep your distance. {KEEP_AWAY_EN}",
    )  # fmt: skip
    await audit.record(actor, "sighting.report", "sighting", sighting.id, area_id=area.id)
    return sighting


async def _tell_police(actor: Actor, alert: Alert, area: Area, sighting: Sighting) -> None:
    police: list[uuid.UUID] = []
    for role in POLICE_ROLES:
        police += await people_with(role, area.path)
    community = await areas.containing(sighting.lon, sighting.lat)
    from_last_m = round(distance_m(alert.lon, alert.lat, sighting.lon, sighting.lat), -1)
    where_zh, where_en = (community.name_zh, community.name_en) if community else (area.name_zh, area.name_en)
    heading_zh = f"，去向：{sighting.direction}" if sighting.direction else ""
    heading_en = f", heading: {sighting.direction}" if sighting.direction else ""
    place = f"{sighting.lat:.5f}, {sighting.lon:.5f}"
    await notify.send(
        [user_id for user_id in police if user_id != actor.user_id], "sighting.new", ("alert", alert.id),
        f"发现线索：{where_zh}", f"Sighting: {where_en}",
        f"{sighting.behaviour_zh}{heading_zh}。距最后出现地点约 {from_last_m:.0f} 米（{place}）",
        f"{from_last_m:.0f} m from where last seen ({place}){heading_en}. {sighting.behaviour_zh}",
        push=True, urgent=True,
    )  # fmt: skip


async def listed(actor: Actor, alert_id: uuid.UUID) -> SightingList:
    """The sightings of an alert, the latest first, for the police of its area."""
    alert, _ = await at_desk(actor, alert_id)
    found = await Sighting.filter(alert_id=alert_id).order_by("-received_at", "-id")
    names = await people.names({sighting.user_id for sighting in found})
    return SightingList(items=[_out(each, alert, names.get(each.user_id)) for each in found], next=None)


def _out(sighting: Sighting, alert: Alert, by_name: str | None) -> SightingOut:
    return SightingOut(
        id=sighting.id,
        alert_id=sighting.alert_id,
        at=sighting.at,
        lon=sighting.lon,
        lat=sighting.lat,
        behaviour_zh=sighting.behaviour_zh,
        direction=sighting.direction,
        certainty=sighting.certainty,
        received_at=sighting.received_at,
        state=sighting.state,
        by_name=by_name,
        distance_m=round(distance_m(alert.lon, alert.lat, sighting.lon, sighting.lat)),
    )
