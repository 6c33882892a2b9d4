"""One signature for a missing child or elder: sent at once by its composer, reviewed by a second person in half an hour."""

import datetime as dt
import uuid
from typing import Any

from backend.alerts import drafting, publishing
from backend.alerts.access import (
    FRESH_LOGIN_MINUTES,
    AlertState,
    NotAlone,
    NotComposer,
    SamePerson,
    alert_and_area,
    as_composer,
    at_desk,
    ends_at,
)
from backend.alerts.audience import Reached, nearest_of
from backend.alerts.kinds import ALERT_KINDS, titles
from backend.alerts.models import Alert
from backend.alerts.schemas import AlertAlone, AlertOut, AlertReview
from backend.alerts.wire import desk_view
from backend.areas import service as areas
from backend.areas.service import Area
from backend.core import audit, clock
from backend.core.db import atomic
from backend.core.problems import NotAllowed, ReauthenticationRequired
from backend.core.roles import Role
from backend.core.sessions import Actor, people_with
from backend.notify import service as notify

REVIEW_WITHIN = dt.timedelta(minutes=30)
REMIND_BEFORE = dt.timedelta(minutes=15)
UNREVIEWED_ZH = "30 分钟内没有人复核，自动撤回"


async def send_alone(actor: Actor, alert_id: uuid.UUID, reason: AlertAlone) -> AlertOut:
    """Send an alert about a missing child or elder on the composer's own signature, with a fresh log-in.

    The area's approvers are asked to review it within half an hour; without a review it is then taken back. Every
    refused try is in the audit log.
    """
    alert, area = await alert_and_area(actor, alert_id)
    try:
        alert, area = await as_composer(actor, alert_id)
        actor.require(Role.OFFICER, area.path)
        if alert.subject not in ALERT_KINDS[alert.kind].alone:
            raise NotAlone(subject=alert.subject)
        actor.require_fresh(FRESH_LOGIN_MINUTES)
    except (NotAllowed, NotAlone, NotComposer, ReauthenticationRequired) as refusal:
        await audit.record(
            actor, "alert.sign_alone_refused", "alert", alert_id, area_id=area.id, details={"code": refusal.code}
        )  # fmt: skip
        raise
    if alert.state not in ("draft", "submitted"):
        raise AlertState(state=alert.state)
    drafting.require_ready(alert)
    reached = await nearest_of(alert, area)
    now = clock.now()
    signed = {
        "signed_alone_at": now,
        "signed_alone_why": reason.why,
        "review_due_at": now + REVIEW_WITHIN,
        "submitted_at": alert.submitted_at or now,
    }
    return await _go_alone(actor, alert, area, reached, signed)


@atomic
async def _go_alone(
    actor: Actor, alert: Alert, area: Area, reached: list[Reached], signed: dict[str, Any]
) -> AlertOut:
    sent = await publishing.go_live(actor, alert.id, area, reached, alert.state, signed)
    await ask_for_review(await Alert.get(id=alert.id), area)
    return sent


@atomic
async def ask_for_review(alert: Alert, area: Area) -> None:
    """Tell the area's approvers that an alert is out on one signature."""
    title_zh, title_en = titles(alert.kind, exercise=alert.exercise)
    await notify.send(
        [each for each in await people_with(Role.APPROVER, area.path) if each != alert.composed_by],
        "review.waiting", ("alert", alert.id),
        f"{title_zh}已先行发出，请在 30 分钟内复核", f"{title_en} is out on one signature: review within 30 minutes",
        f"{area.name_zh} · {alert.last_seen_place} · {alert.signed_alone_why}",
        f"{area.name_en} · {alert.last_seen_place} · {alert.signed_alone_why}",
        push=True, urgent=True,
    )  # fmt: skip


@atomic
async def review(actor: Actor, alert_id: uuid.UUID, said: AlertReview) -> AlertOut:
    """Second person's word on an alert that is out on one signature: it stays, or is taken back from everyone."""
    alert, area = await at_desk(actor, alert_id)
    actor.require(Role.APPROVER, area.path)
    if alert.composed_by == actor.user_id:
        raise SamePerson
    actor.require_fresh(FRESH_LOGIN_MINUTES)
    now = clock.now()
    if alert.state != "live" or alert.approved_by is not None or ends_at(alert) <= now:
        raise AlertState(state=alert.state)
    if said.verdict == "withdrawn":
        if not await publishing.close_and_recall(actor, alert, "withdrawn", said.note):
            raise AlertState(state=alert.state)
        return await desk_view(alert, area)
    moved = await Alert.filter(id=alert_id, state="live", approved_by__isnull=True).update(
        approved_by=actor.user_id, approved_at=now, version=alert.version + 1
    )
    if moved == 0:
        raise AlertState(state=alert.state)
    await alert.refresh_from_db()
    await audit.record(actor, "alert.review", "alert", alert_id, area_id=area.id, details={"note": said.note})
    return await desk_view(alert, area)


async def review_due() -> int:
    """Take back every alert whose single signature nobody reviewed in time, and remind of those that wait.

    Returns how many were taken back.
    """
    now = clock.now()
    waiting = Alert.filter(state="live", approved_by__isnull=True)
    closed = 0
    for alert in await waiting.filter(review_due_at__lte=now).order_by("review_due_at"):
        closed += await atomic(publishing.close_and_recall)(None, alert, "withdrawn", UNREVIEWED_ZH)
    soon = waiting.filter(review_due_at__gt=now, review_due_at__lte=now + REMIND_BEFORE)
    for alert in await soon.filter(review_reminded_at__isnull=True):
        await _remind(alert)
    return closed


@atomic
async def _remind(alert: Alert) -> None:
    moved = await Alert.filter(id=alert.id, review_reminded_at__isnull=True).update(
        review_reminded_at=clock.now()
    )
    if moved:
        await ask_for_review(alert, await areas.get(alert.area_id))
