"""The moves that others see: approving, adding, closing, expiring and purging. Each is one function."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import structlog

from backend.alerts import drafting, escalating, feed
from backend.alerts.access import (
    FRESH_LOGIN_MINUTES,
    AlertExpired,
    AlertState,
    SamePerson,
    alert_and_area,
    at_desk,
    ends_at,
    listeners,
    recipients,
)
from backend.alerts.audience import AUDIENCE_MAX, Reached, audience_of, nearest_of
from backend.alerts.kinds import ALERT_KINDS, KEEP_AWAY_EN, KEEP_AWAY_ZH, titles
from backend.alerts.models import Alert, AlertUpdate, Delivery
from backend.alerts.schemas import AlertEnd, AlertOut, AlertText, Audience
from backend.alerts.wire import desk_view
from backend.alerts.wording import wording_errors
from backend.areas import service as areas
from backend.areas.service import Area
from backend.core import audit, clock, media
from backend.core.db import atomic, execute
from backend.core.ids import uuid7
from backend.core.jobs import enqueue
from backend.core.problems import InvalidFields, NotAllowed, ReauthenticationRequired
from backend.core.roles import Role
from backend.core.sessions import Actor
from backend.integrations import service as integrations
from backend.notify import service as notify
from backend.people import service as people
from backend.settings import current

log = structlog.get_logger(__name__)

PURGE_JOB = "alerts.purge"


async def preview_audience(actor: Actor, alert_id: uuid.UUID) -> Audience:
    """Whom the alert would reach if it were approved now."""
    alert, area = await at_desk(actor, alert_id)
    reached = await audience_of(alert, area)
    return Audience(
        count=min(len(reached), AUDIENCE_MAX),
        nearest_m=round(min(each.distance_m for each in reached)) if reached else None,
        cap=AUDIENCE_MAX,
        left_out=max(0, len(reached) - AUDIENCE_MAX),
    )


# --- submitted -> live ----------------------------------------------------------------------------------------------


async def approve(actor: Actor, alert_id: uuid.UUID) -> AlertOut:
    """Approve a submitted alert, which sends it at once to everyone near who is on duty.

    Only an approver of the area, who is not its composer and gave the password within the last minutes; every
    refused try is in the audit log.
    """
    alert, area = await alert_and_area(actor, alert_id)
    try:
        _require_right_to_approve(actor, alert, area)
    except (NotAllowed, SamePerson, ReauthenticationRequired) as refusal:
        await audit.record(
            actor, "alert.approve_refused", "alert", alert_id, area_id=area.id, details={"code": refusal.code}
        )
        raise
    reached = await nearest_of(alert, area)
    now = clock.now()
    signed = {"approved_by": actor.user_id, "approved_at": now}
    return await go_live(actor, alert_id, area, reached, "submitted", signed)


def _require_right_to_approve(actor: Actor, alert: Alert, area: Area) -> None:
    actor.require(Role.APPROVER, area.path)
    if alert.composed_by == actor.user_id:
        raise SamePerson
    actor.require_fresh(FRESH_LOGIN_MINUTES)


@atomic
async def go_live(
    actor: Actor, alert_id: uuid.UUID, area: Area, reached: list[Reached], before: str, signed: dict[str, Any]
) -> AlertOut:
    """From the state `before` to live with the signature `signed`, and out to those of `reached` still on duty."""
    alert = await Alert.get(id=alert_id)
    now = clock.now()
    if alert.state == before and alert.expires_at <= now:
        raise AlertExpired(expires_at=alert.expires_at.isoformat())
    moved = await Alert.filter(id=alert_id, state=before, version=alert.version).update(
        state="live", live_at=now, version=alert.version + 1, **signed
    )
    if moved == 0:
        raise AlertState(state=alert.state)
    await alert.refresh_from_db()
    still_on_duty = await people.on_duty_among({each.user_id for each in reached})
    sent_to = [each for each in reached if each.user_id in still_on_duty]
    await _send(alert, sent_to)
    await audit.record(
        actor,
        "alert.approve" if "approved_by" in signed else "alert.sign_alone",
        "alert",
        alert_id,
        area_id=area.id,
        details={"audience": len(sent_to)},
    )
    await _tell_systems(alert, area, "alert.live", str(alert.id))
    return await desk_view(alert, area)


async def _send(alert: Alert, sent_to: list[Reached]) -> None:
    now = clock.now()
    subscribed = await notify.subscribed_people(each.user_id for each in sent_to)
    rows = [
        Delivery(
            id=uuid7(), alert_id=alert.id, user_id=each.user_id, channel=channel, distance_m=round(each.distance_m),
            sent_at=now if channel == "in_app" else None,
        )
        for each in sent_to
        for channel in ("in_app", "web_push")
        if channel == "in_app" or each.user_id in subscribed
    ]  # fmt: skip
    await Delivery.bulk_create(rows, batch_size=500)
    look_for = "；".join(text for text in (alert.clothing_zh, alert.behaviour_zh, alert.direction_zh) if text)
    await tell(alert, "alert.live", [each.user_id for each in sent_to], f"{look_for}。{KEEP_AWAY_ZH}")


async def tell(alert: Alert, kind: str, user_ids: list[uuid.UUID], body_zh: str, body_en: str = "") -> None:
    """Texts of place, clothing and behaviour: the headline, which may name someone, stays inside the app."""
    title_zh, title_en = titles(alert.kind, exercise=alert.exercise)
    await notify.send(
        user_ids, kind, ("alert", alert.id),
        f"{title_zh}：{alert.last_seen_place}", f"{title_en}: {alert.last_seen_place}",
        body_zh, f"{body_en or ALERT_KINDS[alert.kind].what_to_look_for_en} {KEEP_AWAY_EN}",
        push=True, urgent=True, duty_only=True,
        ttl_s=max(1, int((alert.expires_at - clock.now()).total_seconds())),
    )  # fmt: skip


async def _tell_systems(alert: Alert, area: Area, event: str, document: str) -> None:
    """Other systems are told that there is something, and where it can be read with a key; not what it says."""
    await integrations.emit(
        area,
        event,
        {
            "alert_id": str(alert.id),
            "area": area.path,
            "kind": alert.kind,
            "outcome": alert.outcome,
            "expires_at": alert.expires_at.isoformat(),
            "cap_url": f"{current().origin()}/api/feeds/alerts/{document}",
        },
    )


async def note_pushed(pushed: Sequence[notify.Pushed]) -> None:
    """A push service has taken alerts for these people."""
    by_alert: defaultdict[uuid.UUID, list[notify.Pushed]] = defaultdict(list)
    for each in pushed:
        if each.kind == "alert.live":
            by_alert[each.ref_id].append(each)
    for alert_id, taken in by_alert.items():
        waiting = Delivery.filter(alert_id=alert_id, channel="web_push", sent_at__isnull=True)
        await waiting.filter(user_id__in=sorted(each.user_id for each in taken)).update(sent_at=taken[0].at)


# --- while live -----------------------------------------------------------------------------------------------------


@atomic
async def add_update(actor: Actor, alert_id: uuid.UUID, addition: AlertText) -> AlertOut:
    """Tell the same people something more about a live alert, or that it lasts longer or less long.

    Whoever said that it is not for them is left out. A search that was stood down goes on with it.
    """
    alert, area = await at_desk(actor, alert_id)
    if errors := wording_errors({"text_zh": addition.text_zh}):
        raise InvalidFields(errors)
    if alert.state != "live" or ends_at(alert) <= clock.now():
        raise AlertState(state=alert.state)
    await _follow(alert, addition.expires_at)
    await AlertUpdate.create(
        id=uuid7(), alert_id=alert_id, text_zh=addition.text_zh, made_by=actor.user_id, at=clock.now()
    )
    await tell(alert, "alert.update", await listeners(alert_id), f"{addition.text_zh}。{KEEP_AWAY_ZH}")
    await audit.record(actor, "alert.update", "alert", alert_id, area_id=area.id)
    made = await AlertUpdate.filter(alert_id=alert_id).count()
    await _tell_systems(alert, area, "alert.updated", f"{alert.id}.{made}")
    return await desk_view(alert, area)


async def _follow(alert: Alert, expires_at: dt.datetime | None) -> None:
    """An addition reopens the search, and may move its end."""
    changes: dict[str, Any] = {"stood_down_at": None, "version": alert.version + 1}
    if expires_at is not None:
        if errors := drafting.end_errors(expires_at, alert.created_at):
            raise InvalidFields(errors)
        changes["expires_at"] = expires_at
    moved = await Alert.filter(id=alert.id, state="live").update(**changes)
    if moved == 0:
        raise AlertState(state=alert.state)
    await alert.refresh_from_db()


@atomic
async def stand_down(actor: Actor, alert_id: uuid.UUID) -> AlertOut:
    """Tell everyone who has the alert to stop looking: the police are there. Said twice, they are told once."""
    alert, area = await at_desk(actor, alert_id)
    if alert.state != "live":
        raise AlertState(state=alert.state)
    await note_stand_down(actor, alert)
    return await desk_view(alert, area)


STAND_DOWN_ZH = "民警已到场，请停止寻找，回到原来的巡逻"
STAND_DOWN_EN = "The police are there. Please stop looking and return to your patrol."
GO_ON_ZH = "刚才看到的不是，请继续留意"
GO_ON_EN = "It was a mistake. Please keep looking out."


async def note_stand_down(actor: Actor, alert: Alert) -> None:
    """In the caller's unit of work: from now on nobody needs to look."""
    moved = await Alert.filter(id=alert.id, state="live", stood_down_at__isnull=True).update(
        stood_down_at=clock.now()
    )
    if moved == 0:
        return
    await alert.refresh_from_db()
    await tell(alert, "alert.update", await listeners(alert.id), f"{STAND_DOWN_ZH}。", STAND_DOWN_EN)
    await audit.record(actor, "alert.stand_down", "alert", alert.id, area_id=alert.area_id)


async def note_go_on(actor: Actor, alert: Alert) -> None:
    """In the caller's unit of work: what the police went to see was a mistake, so the search goes on."""
    moved = await Alert.filter(id=alert.id, state="live", stood_down_at__isnull=False).update(
        stood_down_at=None
    )
    if moved == 0:
        return
    await alert.refresh_from_db()
    await tell(alert, "alert.update", await listeners(alert.id), f"{GO_ON_ZH}。{KEEP_AWAY_ZH}", GO_ON_EN)
    await audit.record(actor, "alert.go_on", "alert", alert.id, area_id=alert.area_id)


# --- live -> closed -> recalled -> purged ---------------------------------------------------------------------------


@atomic
async def close(actor: Actor, alert_id: uuid.UUID, end: AlertEnd) -> AlertOut:
    """End a live alert and take every copy back."""
    alert, area = await at_desk(actor, alert_id)
    if not await close_and_recall(actor, alert, end.outcome, end.note):
        raise AlertState(state=alert.state)
    return await desk_view(alert, area)


async def expire_due() -> int:
    """End every live alert whose time has come, as its composer set it; returns how many."""
    due = await Alert.filter(state="live", expires_at__lte=clock.now()).order_by("expires_at")
    closed = 0
    for alert in due:
        closed += await atomic(close_and_recall)(None, alert, "expired", "")
    return closed


async def close_and_recall(actor: Actor | None, alert: Alert, outcome: str, note: str) -> bool:
    """From live to recalled in one step: there is no moment in which an alert is over and still with someone.

    The recall goes to exactly those the alert was sent to. False when the alert was not live (any more).
    """
    now = clock.now()
    moved = await execute(
        "UPDATE alert SET state = 'recalled', outcome = ?, close_note = ?, closed_by = ?, closed_at = ?,"
        " recalled_at = ?, version = version + 1 WHERE id = ? AND state = 'live'",
        outcome, note, actor.user_id if actor else None, now, now, alert.id,
    )  # fmt: skip
    if moved == 0:
        return False
    await alert.refresh_from_db()
    told = await recipients(alert.id)
    await notify.recall(told, ("alert", alert.id))
    await escalating.recall(alert)
    await enqueue(PURGE_JOB, {})
    await audit.record(
        actor, "alert.close", "alert", alert.id, area_id=alert.area_id, details={"outcome": outcome}
    )
    await audit.record(
        None, "alert.recall", "alert", alert.id, area_id=alert.area_id, details={"recipients": len(told)}
    )
    await _tell_systems(alert, await areas.get(alert.area_id), "alert.ended", f"{alert.id}.{feed.END}")
    return True


async def purge_due() -> int:
    """Delete the photo of every recalled alert from the store; returns how many alerts were purged.

    A draft that can no longer be sent loses its photo too.
    """
    stale = Alert.filter(state__in=("draft", "submitted"), photo_key__isnull=False)
    for alert in await stale.filter(created_at__lt=clock.now() - drafting.LIFE_MAX):
        await _forget_photo_of_draft(alert)
    due = await Alert.filter(state="recalled").order_by("recalled_at")
    for alert in due:
        await _purge(alert.id)
    return len(due)


@atomic
async def _forget_photo_of_draft(alert: Alert) -> None:
    assert alert.photo_key is not None
    moved = await Alert.filter(id=alert.id, state__in=("draft", "submitted"), photo_key=alert.photo_key).update(
        photo_key=None, version=alert.version + 1
    )  # fmt: skip
    if moved:
        await media.delete(alert.photo_key)


@atomic
async def _purge(alert_id: uuid.UUID) -> None:
    alert = await Alert.get(id=alert_id)
    moved = await Alert.filter(id=alert_id, state="recalled").update(
        state="purged", purged_at=clock.now(), photo_key=None
    )
    if moved == 0:
        return
    if alert.photo_key is not None:
        await media.delete(alert.photo_key)
    await audit.record(
        None,
        "alert.purge",
        "alert",
        alert_id,
        area_id=alert.area_id,
        details={"photo": alert.photo_key is not None},
    )


# --- for the desk's overview ----------------------------------------------------------------------------------------


async def live_count(area_path: str) -> int:
    """How many alerts are live in the area."""
    return await _count(area_path, "live")


async def submitted_count(area_path: str) -> int:
    """How many alerts of the area wait for an approver."""
    return await _count(area_path, "submitted")


async def _count(area_path: str, state: str) -> int:
    area_ids = [area.id for area in await areas.within(area_path)]
    return await Alert.filter(area_id__in=area_ids, state=state, expires_at__gt=clock.now()).count()
