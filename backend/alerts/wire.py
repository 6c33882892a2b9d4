"""Alerts as they go over the wire: the card for recipients, and the desk's view with counts and timeline."""

import uuid
from typing import Any, cast

from backend.alerts.kinds import ALERT_KINDS, KEEP_AWAY_EN, KEEP_AWAY_ZH, titles
from backend.alerts.models import Alert, AlertUpdate, Delivery, Sighting, SightingStep
from backend.alerts.schemas import AlertCounts, AlertMoment, AlertOut, AlertState, AlertUpdateOut, Subject
from backend.areas.service import Area
from backend.core.db import row
from backend.people import service as people


async def card_view(alert: Alert, area: Area, user_id: uuid.UUID) -> AlertOut:
    """What a recipient sees; no names of the police, no counts."""
    deliveries = await Delivery.filter(alert_id=alert.id, user_id=user_id)
    return _out(
        alert,
        area,
        await _updates(alert),
        distance_m=deliveries[0].distance_m if deliveries else None,
        declined=any(each.declined_at for each in deliveries),
    )


async def desk_view(alert: Alert, area: Area) -> AlertOut:
    """What the police of the area see."""
    names = await people.names(
        {each for each in (alert.composed_by, alert.approved_by, alert.closed_by, alert.returned_by) if each}
    )
    updates = await _updates(alert)
    return _out(
        alert,
        area,
        updates,
        published_by_name=names.get(alert.approved_by) if alert.approved_by else None,
        composed_by=alert.composed_by,
        composed_by_name=names.get(alert.composed_by),
        close_note=alert.close_note,
        return_note=alert.return_note if alert.state == "draft" and alert.returned_at else None,
        signed_alone_at=alert.signed_alone_at,
        review_due_at=alert.review_due_at if alert.approved_by is None else None,
        guardian_consent=alert.guardian_consent,
        may_sign_alone=alert.subject in ALERT_KINDS[alert.kind].alone,
        counts=await _counts(alert.id),
        timeline=await _timeline(alert, updates, names),
    )


def _out(alert: Alert, area: Area, updates: list[AlertUpdate], **desk: Any) -> AlertOut:
    title_zh, title_en = titles(alert.kind, exercise=alert.exercise)
    values: dict[str, Any] = {
        "distance_m": None,
        "declined": False,
        "published_by_name": None,
        "composed_by": None,
        "composed_by_name": None,
        "close_note": None,
        "return_note": None,
        "signed_alone_at": None,
        "review_due_at": None,
        "guardian_consent": False,
        "may_sign_alone": False,
        "counts": None,
        "timeline": None,
        **desk,
    }
    return AlertOut(
        id=alert.id,
        area_id=area.id,
        area_name_zh=area.name_zh,
        area_name_en=area.name_en,
        audience_area_id=alert.audience_area_id,
        kind=alert.kind,
        kind_title_zh=title_zh,
        kind_title_en=title_en,
        state=cast(AlertState, alert.state),
        headline_zh=alert.headline_zh,
        headline_en=alert.headline_en,
        clothing_zh=alert.clothing_zh,
        behaviour_zh=alert.behaviour_zh,
        direction_zh=alert.direction_zh,
        last_seen_at=alert.last_seen_at,
        last_seen_place=alert.last_seen_place,
        lon=alert.lon,
        lat=alert.lat,
        radius_m=alert.radius_m,
        expires_at=alert.expires_at,
        contact_phone=alert.contact_phone,
        keep_away_zh=KEEP_AWAY_ZH,
        keep_away_en=KEEP_AWAY_EN,
        has_photo=alert.photo_key is not None,
        subject=cast("Subject | None", alert.subject),
        exercise=alert.exercise,
        stood_down_at=alert.stood_down_at,
        live_at=alert.live_at,
        updates=[AlertUpdateOut(at=update.at, text_zh=update.text_zh) for update in updates],
        outcome=alert.outcome,
        version=alert.version,
        demo=area.demo,
        **values,
    )


async def _updates(alert: Alert) -> list[AlertUpdate]:
    if alert.live_at is None:
        return []
    return await AlertUpdate.filter(alert_id=alert.id).order_by("at", "id")


async def _counts(alert_id: uuid.UUID) -> AlertCounts:
    columns = ("sent_at", "delivered_at", "opened_at", "acknowledged_at", "declined_at", "purged_at")
    counted = ", ".join(
        f"COUNT(DISTINCT CASE WHEN {column} IS NOT NULL THEN user_id END) AS {column}" for column in columns
    )
    found = await row(
        f"SELECT COUNT(DISTINCT user_id) AS audience, {counted} FROM delivery WHERE alert_id = ?", alert_id
    )
    assert found is not None, "an aggregate has one row"
    return AlertCounts(
        audience=found["audience"],
        sent=found["sent_at"],
        delivered=found["delivered_at"],
        opened=found["opened_at"],
        acknowledged=found["acknowledged_at"],
        declined=found["declined_at"],
        purged=found["purged_at"],
    )


async def _timeline(
    alert: Alert, updates: list[AlertUpdate], names: dict[uuid.UUID, str]
) -> list[AlertMoment]:
    moments = [
        AlertMoment(at, code, {"by_name": names.get(by)} if by else {})
        for at, code, by in (
            (alert.created_at, "composed", alert.composed_by),
            (alert.submitted_at, "submitted", alert.composed_by),
            (alert.returned_at, "returned", alert.returned_by),
            (alert.signed_alone_at, "signed-alone", alert.composed_by),
            (alert.approved_at, "reviewed" if alert.signed_alone_at else "approved", alert.approved_by),
            (alert.groups_told_at, "groups-told", None),
            (alert.stood_down_at, "stood-down", None),
            (alert.closed_at, f"closed-{alert.outcome}", alert.closed_by),
            (alert.recalled_at, "recalled", None),
            (alert.purged_at, "purged", None),
        )
        if at is not None
    ]
    moments += [AlertMoment(update.at, "updated", {"text_zh": update.text_zh}) for update in updates]
    if alert.live_at is not None:
        moments += await _sighting_moments(alert)
    return sorted(moments, key=lambda moment: moment.at)


async def _sighting_moments(alert: Alert) -> list[AlertMoment]:
    """When each sighting came in and what the police did about it; sightings have the numbers the desk shows."""
    moments: list[AlertMoment] = []
    numbers: dict[uuid.UUID, int] = {}
    for number, sighting in enumerate(
        await Sighting.filter(alert_id=alert.id).order_by("received_at", "id"), 1
    ):
        numbers[sighting.id] = number
        params = {"certainty": sighting.certainty, "number": number}
        moments.append(AlertMoment(sighting.received_at, "sighting", params))
    steps = await SightingStep.filter(sighting_id__in=list(numbers)).order_by("at", "id") if numbers else []
    names = await people.names({step.made_by for step in steps})
    for step in steps:
        params = {"number": numbers[step.sighting_id], "by_name": names.get(step.made_by)}
        code = f"sighting-{step.outcome}" if step.outcome else f"sighting-{step.step}"
        moments.append(AlertMoment(step.at, code, {**params, "text_zh": step.text_zh}))
    return moments
