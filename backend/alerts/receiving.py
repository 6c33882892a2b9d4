"""What recipients do with an alert: read the card, look at the photo, confirm, and report what they saw."""

import datetime as dt
import uuid
import zoneinfo
from collections import defaultdict
from collections.abc import Iterable
from typing import cast

from backend.alerts.access import as_recipient, at_desk, ends_at, is_recipient, was_recipient
from backend.alerts.models import Alert, Delivery, PhotoView
from backend.alerts.schemas import (
    AlertList,
    AlertOut,
    Channel,
    PhotoViewOut,
    ReceiptIn,
    RecipientOut,
    RecipientWay,
)
from backend.alerts.watermark import marked
from backend.alerts.wire import card_view, desk_view
from backend.areas import service as areas
from backend.areas.service import Area
from backend.core import clock, media, sessions
from backend.core.db import atomic, execute
from backend.core.ids import uuid7
from backend.core.pools import in_thread
from backend.core.problems import NotFound
from backend.core.roles import POLICE_ROLES
from backend.core.sessions import Actor
from backend.people import service as people

PAGE = 50
VIEWS_MAX = 500


async def read(actor: Actor, alert_id: uuid.UUID) -> AlertOut:
    """The desk's view for the police of the area, the card for a recipient on duty while the alert is live."""
    alert, area, is_desk = await _for_reading(actor, alert_id)
    return await (desk_view(alert, area) if is_desk else card_view(alert, area, actor.user_id))


async def _for_reading(actor: Actor, alert_id: uuid.UUID) -> tuple[Alert, Area, bool]:
    if await is_recipient(actor.user_id, alert_id):
        alert, area = await was_recipient(actor, alert_id)
        if actor.may_any(POLICE_ROLES, area.path):
            return alert, area, True
        return *await as_recipient(actor, alert_id), False
    return *await at_desk(actor, alert_id), True


async def live_for(actor: Actor) -> list[AlertOut]:
    """The cards of every alert that is live for the actor now; none off duty, and none they said is not for them."""
    if not await people.on_duty_among({actor.user_id}):
        return []
    sent = await Delivery.filter(
        user_id=actor.user_id, channel="in_app", declined_at__isnull=True
    ).values_list("alert_id", flat=True)
    live = await Alert.filter(id__in=list(sent), state="live", expires_at__gt=clock.now()).order_by(
        "-live_at", "-id"
    )
    return [
        await card_view(alert, await areas.get(alert.area_id), actor.user_id)
        for alert in live
        if ends_at(alert) > clock.now()
    ]


async def listed(actor: Actor, area_id: uuid.UUID, state: str | None, before: uuid.UUID | None) -> AlertList:
    """A page of an area's alerts for its police, the latest first."""
    area = await areas.visible(actor, area_id)
    actor.require_any(POLICE_ROLES, area.path)
    within = {found.id: found for found in await areas.within(area.path)}
    wanted = Alert.filter(area_id__in=list(within))
    if state is not None:
        wanted = wanted.filter(state=state)
    if before is not None:
        last = await Alert.filter(id=before, area_id__in=list(within)).first()
        if last is None:
            raise NotFound(kind="alert", id=str(before))
        wanted = wanted.filter(created_at__lt=last.created_at)
    found = await wanted.order_by("-created_at", "-id").limit(PAGE)
    return AlertList(
        items=[await desk_view(alert, within[alert.area_id]) for alert in found],
        next=str(found[-1].id) if len(found) == PAGE else None,
    )


async def photo_for(actor: Actor, alert_id: uuid.UUID) -> bytes:
    """The photo marked for this viewer; the view is in the log before there is anything to see."""
    alert, area, _ = await _for_reading(actor, alert_id)
    if alert.photo_key is None:
        raise NotFound(kind="photo", id=str(alert_id))
    return await shown_to(actor, alert, area, alert.photo_key)


async def shown_to(
    actor: Actor, alert: Alert, area: Area, photo_key: str, sighting_id: uuid.UUID | None = None
) -> bytes:
    """A stored photo with this viewer's mark; the view is in the log before there is anything to see."""
    photo = await media.read(photo_key)
    await _note_view(actor, alert.id, sighting_id)
    local = clock.now().astimezone(zoneinfo.ZoneInfo(area.time_zone))
    return await in_thread(marked, photo, f"{viewer_mark(actor.user_id)} {local:%Y-%m-%d %H:%M:%S}")


def viewer_mark(user_id: uuid.UUID) -> str:
    """The short form of a person's id that is drawn on photos."""
    return user_id.hex[-8:].upper()


@atomic
async def _note_view(actor: Actor, alert_id: uuid.UUID, sighting_id: uuid.UUID | None) -> None:
    now = clock.now()
    await PhotoView.create(
        id=uuid7(), alert_id=alert_id, user_id=actor.user_id, session_id=actor.session_id, at=now,
        sighting_id=sighting_id,
    )  # fmt: skip


async def photo_views(actor: Actor, alert_id: uuid.UUID) -> list[PhotoViewOut]:
    """Who looked at the photos of an alert and when, the latest first; for the police of its area."""
    await at_desk(actor, alert_id)
    views = await PhotoView.filter(alert_id=alert_id).order_by("-at", "-id").limit(VIEWS_MAX)
    names = await people.names({view.user_id for view in views})
    devices = await sessions.device_names({view.session_id for view in views})
    return [
        PhotoViewOut(
            view.at,
            names.get(view.user_id, ""),
            devices.get(view.session_id, ""),
            viewer_mark(view.user_id),
            view.sighting_id,
        )
        for view in views
    ]


async def deliveries(actor: Actor, alert_id: uuid.UUID) -> list[RecipientOut]:
    """Everyone the alert was sent to and what became of it by each way, the nearest first; for its area's police."""
    await at_desk(actor, alert_id)
    by_person: defaultdict[uuid.UUID, list[Delivery]] = defaultdict(list)
    for each in await Delivery.filter(alert_id=alert_id).order_by("channel", "id"):
        by_person[each.user_id].append(each)
    names = await people.names(set(by_person))
    found = [_recipient_out(user_id, names.get(user_id, ""), ways) for user_id, ways in by_person.items()]
    return sorted(found, key=lambda each: (each.distance_m or 0, each.user_id))


def _recipient_out(user_id: uuid.UUID, name: str, ways: list[Delivery]) -> RecipientOut:
    return RecipientOut(
        user_id=user_id,
        name=name,
        distance_m=ways[0].distance_m,
        declined_at=_first(way.declined_at for way in ways),
        purged_at=_first(way.purged_at for way in ways),
        ways=[
            RecipientWay(
                cast(Channel, way.channel), way.sent_at, way.delivered_at, way.opened_at, way.acknowledged_at
            )
            for way in ways
        ],
    )


def _first(moments: Iterable[dt.datetime | None]) -> dt.datetime | None:
    return min((at for at in moments if at is not None), default=None)


@atomic
async def note_receipt(actor: Actor, alert_id: uuid.UUID, receipt: ReceiptIn) -> None:
    """A recipient's phone has shown, opened, answered or removed its copy. Said twice, the first time counts.

    Taken also after the recall: that is when phones confirm that they have removed everything.
    """
    alert, _ = await was_recipient(actor, alert_id)
    at = _between(alert.live_at or alert.created_at, receipt.at, clock.now())
    if receipt.kind == "acknowledged":
        await Delivery.filter(alert_id=alert_id, user_id=actor.user_id).update(declined_at=None)
    columns = {
        "delivered": ("delivered_at",),
        "opened": ("delivered_at", "opened_at"),
        "acknowledged": ("delivered_at", "opened_at", "acknowledged_at"),
        "declined": ("delivered_at", "opened_at", "declined_at"),
        "purged": ("purged_at",),
    }[receipt.kind]
    changes = ", ".join(f"{column} = COALESCE({column}, ?)" for column in columns)
    values = (*(at for _ in columns), alert_id, actor.user_id)
    reached = await execute(
        f"UPDATE delivery SET {changes} WHERE alert_id = ? AND user_id = ? AND channel = ?",
        *values,
        receipt.channel,
    )
    if reached == 0:  # pushed to a browser that subscribed after the alert went out
        await execute(f"UPDATE delivery SET {changes} WHERE alert_id = ? AND user_id = ?", *values)


def _between(earliest: dt.datetime, at: dt.datetime, latest: dt.datetime) -> dt.datetime:
    """The phone's time, as far as its clock can be believed."""
    return min(max(at, earliest), latest)
