"""Sightings: what recipients report, and only the police of the area read."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Literal, cast

from tortoise.exceptions import IntegrityError

from backend.alerts.access import AlertWithdrawn, at_desk, was_recipient
from backend.alerts.audience import distance_m
from backend.alerts.kinds import KEEP_AWAY_EN, KEEP_AWAY_ZH
from backend.alerts.models import Alert, Sighting, SightingStep
from backend.alerts.receiving import shown_to
from backend.alerts.schemas import (
    MySighting,
    SightingIn,
    SightingList,
    SightingOut,
    SightingOutcome,
    SightingStepOut,
    StepName,
)
from backend.areas import service as areas
from backend.areas.service import Area
from backend.core import audit, clock, media
from backend.core.db import atomic, is_unique_violation
from backend.core.problems import Conflict, NotFound
from backend.core.roles import POLICE_ROLES
from backend.core.sessions import Actor, people_with
from backend.notify import service as notify
from backend.people import service as people

PHOTOS_KEPT = dt.timedelta(days=90)


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
    return _out(sighting, alert, {}, [])


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
        f"新的发现：{where_zh}", f"Sighting: {where_en}",
        f"{sighting.behaviour_zh}{heading_zh}。距最后出现地点约 {from_last_m:.0f} 米（{place}）",
        f"{from_last_m:.0f} m from where last seen ({place}){heading_en}. {sighting.behaviour_zh}",
        push=True, urgent=True,
    )  # fmt: skip


async def listed(actor: Actor, alert_id: uuid.UUID) -> SightingList:
    """The sightings of an alert, the latest first, for the police of its area."""
    alert, _ = await at_desk(actor, alert_id)
    found = await Sighting.filter(alert_id=alert_id).order_by("-received_at", "-id")
    steps = await steps_of([each.id for each in found])
    names = await people.names(
        {each.user_id for each in found} | {step.made_by for taken in steps.values() for step in taken}
    )
    return SightingList(items=[_out(each, alert, names, steps.get(each.id, [])) for each in found], next=None)


async def mine(actor: Actor, alert_id: uuid.UUID) -> list[MySighting]:
    """What the actor reported about an alert, the latest first, and how far each has come; nobody else's."""
    await was_recipient(actor, alert_id)
    found = await Sighting.filter(alert_id=alert_id, user_id=actor.user_id).order_by("-received_at", "-id")
    done = await steps_of([each.merged_into or each.id for each in found])
    return [
        MySighting(each.id, each.at, each.behaviour_zh, each.received_at, _progress(each, done))
        for each in found
    ]


def _progress(
    sighting: Sighting, done: Mapping[uuid.UUID, Sequence[SightingStep]]
) -> Literal["received", "read", "done"]:
    """What a reporter is told: whether it was read and whether it was dealt with, not what was done."""
    steps = done.get(sighting.merged_into or sighting.id, [])
    if steps and steps[-1].step == "outcome":
        return "done"
    return "read" if steps or sighting.merged_into else "received"


async def desk_view(sighting: Sighting, alert: Alert) -> SightingOut:
    """One sighting as the police see it."""
    steps = (await steps_of([sighting.id])).get(sighting.id, [])
    names = await people.names({sighting.user_id} | {step.made_by for step in steps})
    return _out(sighting, alert, names, steps)


async def steps_of(sighting_ids: list[uuid.UUID]) -> dict[uuid.UUID, list[SightingStep]]:
    """What the police did about each sighting, in order."""
    found: dict[uuid.UUID, list[SightingStep]] = defaultdict(list)
    if sighting_ids:
        for step in await SightingStep.filter(sighting_id__in=sighting_ids).order_by("at", "id"):
            found[step.sighting_id].append(step)
    return found


async def set_photo(actor: Actor, sighting_id: uuid.UUID, data: bytes) -> None:
    """Give one's own sighting its photo, re-encoded without metadata; sent again, the first stays.

    Raises `PhotosNotAgreed`, and what `media.store_photo` does.
    """
    sighting = await _own(actor, sighting_id)
    await people.require_photo_consent(actor.user_id)
    if sighting.photo_key is not None:
        return
    photo = await media.store_photo(data)
    if not await _keep_photo(sighting_id, photo.key):
        await atomic(media.delete)(photo.key)


@atomic
async def _keep_photo(sighting_id: uuid.UUID, key: str) -> bool:
    return bool(await Sighting.filter(id=sighting_id, photo_key__isnull=True).update(photo_key=key))


async def _own(actor: Actor, sighting_id: uuid.UUID) -> Sighting:
    sighting = await Sighting.filter(id=sighting_id, user_id=actor.user_id).first()
    if sighting is None:
        raise NotFound(kind="sighting", id=str(sighting_id))
    return sighting


async def sighting_at_desk(actor: Actor, sighting_id: uuid.UUID) -> tuple[Sighting, Alert, Area]:
    """The sighting, for the police of its alert's area; `NotFound` or `NotAllowed` for everybody else."""
    sighting = await Sighting.filter(id=sighting_id).first()
    if sighting is None:
        raise NotFound(kind="sighting", id=str(sighting_id))
    return sighting, *await at_desk(actor, sighting.alert_id)


async def photo_for(actor: Actor, sighting_id: uuid.UUID) -> bytes:
    """The sighting's photo marked for this viewer, who is police of the area; the view is in the log."""
    sighting, alert, area = await sighting_at_desk(actor, sighting_id)
    if sighting.photo_key is None:
        raise NotFound(kind="photo", id=str(sighting_id))
    return await shown_to(actor, alert, area, sighting.photo_key, sighting.id)


async def forget_old_photos() -> int:
    """Delete the photos of sightings three months after they came; returns how many."""
    old = await Sighting.filter(photo_key__isnull=False, received_at__lt=clock.now() - PHOTOS_KEPT)
    for sighting in old:
        await _forget_photo(sighting)
    return len(old)


@atomic
async def _forget_photo(sighting: Sighting) -> None:
    assert sighting.photo_key is not None
    await Sighting.filter(id=sighting.id).update(photo_key=None)
    await media.delete(sighting.photo_key)


def _out(
    sighting: Sighting, alert: Alert, names: Mapping[uuid.UUID, str], steps: Sequence[SightingStep]
) -> SightingOut:
    last = steps[-1].step if steps else sighting.state
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
        state="merged" if sighting.merged_into else last,
        by_name=names.get(sighting.user_id),
        distance_m=round(distance_m(alert.lon, alert.lat, sighting.lon, sighting.lat)),
        has_photo=sighting.photo_key is not None,
        merged_into=sighting.merged_into,
        steps=[
            SightingStepOut(
                cast(StepName, each.step),
                each.at,
                names.get(each.made_by),
                each.text_zh,
                cast("SightingOutcome | None", each.outcome),
            )
            for each in steps
        ],
    )
