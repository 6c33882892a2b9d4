"""Composing an alert: the draft, its photo, and handing it to an approver."""

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any

import msgspec
from tortoise.exceptions import IntegrityError

from backend.alerts import proposals
from backend.alerts.access import (
    FRESH_LOGIN_MINUTES,
    AlertExpired,
    AlertState,
    alert_and_area,
    as_composer,
    at_desk,
)
from backend.alerts.kinds import ALERT_KINDS, titles
from backend.alerts.models import Alert
from backend.alerts.schemas import AlertChange, AlertDraft, AlertNote, AlertOut
from backend.alerts.wire import desk_view
from backend.alerts.wording import wording_errors
from backend.areas import service as areas
from backend.areas.service import Area
from backend.core import audit, clock, media
from backend.core.db import atomic, is_unique_violation
from backend.core.problems import Conflict, FieldError, InvalidFields, StaleVersion
from backend.core.roles import Role
from backend.core.sessions import Actor, people_with
from backend.notify import service as notify

LIFE_MAX = dt.timedelta(hours=24)
CLOCK_TOLERANCE = dt.timedelta(minutes=5)
WORDED_FIELDS = (
    "headline_zh",
    "headline_en",
    "clothing_zh",
    "behaviour_zh",
    "direction_zh",
    "last_seen_place",
)


async def create_draft(actor: Actor, draft: AlertDraft) -> AlertOut:
    """Begin an alert; sent again with the same id by the same officer, it changes nothing.

    Raises `NotAllowed` for anyone but an officer of the area, and `InvalidFields` naming every field in the way.
    """
    area = await areas.visible(actor, draft.area_id)
    actor.require(Role.OFFICER, area.path)
    values = {
        name: value
        for name, value in msgspec.structs.asdict(draft).items()
        if name not in ("id", "proposal_id")
    }
    now = clock.now()
    if draft.kind not in ALERT_KINDS:
        raise InvalidFields(
            [FieldError("kind", "unknown", f"Known kinds are {', '.join(ALERT_KINDS)}", draft.kind)]
        )
    await _require_sound(values, area, now)
    try:
        alert = await _insert(actor, draft.id, values, now, draft.proposal_id)
    except IntegrityError as error:
        if not is_unique_violation(error):
            raise
        existing = await Alert.get(id=draft.id)
        if existing.composed_by != actor.user_id or existing.area_id != draft.area_id:
            raise Conflict("This id is in use; make a new one", id=str(draft.id)) from None
        alert = existing
    return await desk_view(alert, area)


@atomic
async def _insert(
    actor: Actor,
    alert_id: uuid.UUID,
    values: dict[str, Any],
    now: dt.datetime,
    proposal_id: uuid.UUID | None,
) -> Alert:
    alert = await Alert.create(id=alert_id, composed_by=actor.user_id, created_at=now, **values)
    if proposal_id is not None:
        await proposals.use(actor, proposal_id, alert_id)
    await audit.record(
        actor, "alert.draft", "alert", alert_id, area_id=alert.area_id, details={"kind": alert.kind}
    )
    return alert


async def change_draft(actor: Actor, alert_id: uuid.UUID, change: AlertChange) -> AlertOut:
    """Change a draft before it is submitted; `StaleVersion` when it is another version by now."""
    alert, area = await as_composer(actor, alert_id)
    changes = {
        name: value
        for name, value in msgspec.structs.asdict(change).items()
        if value is not None and value is not msgspec.UNSET and name != "version"
    }
    if change.audience_area_id is None:
        changes["audience_area_id"] = None
    current = {name: getattr(alert, name) for name in AlertDraft.__struct_fields__ if name != "proposal_id"}
    await _require_sound({**current, **changes}, area, alert.created_at)
    return await _change(actor, alert, area, changes, change.version)


@atomic
async def _change(
    actor: Actor, alert: Alert, area: Area, changes: dict[str, Any], version: int | None
) -> AlertOut:
    expected = alert.version if version is None else version
    moved = await Alert.filter(id=alert.id, state="draft", version=expected).update(
        version=expected + 1, **changes
    )
    if moved == 0:
        await alert.refresh_from_db()
        raise AlertState(state=alert.state) if alert.state != "draft" else StaleVersion(version=alert.version)
    await alert.refresh_from_db()
    await audit.record(
        actor, "alert.change", "alert", alert.id, area_id=area.id, details={"fields": sorted(changes)}
    )
    return await desk_view(alert, area)


async def set_photo(actor: Actor, alert_id: uuid.UUID, data: bytes) -> AlertOut:
    """Give the draft a photo, in place of one it had: re-encoded, without metadata, at most 2 megapixels."""
    alert, area = await as_composer(actor, alert_id)
    if alert.state != "draft":
        raise AlertState(state=alert.state)
    photo = await media.store_photo(data)
    return await _set_photo(actor, alert, area, photo.key)


@atomic
async def _set_photo(actor: Actor, alert: Alert, area: Area, key: str | None) -> AlertOut:
    await alert.refresh_from_db()
    moved = await Alert.filter(id=alert.id, state="draft", version=alert.version).update(
        photo_key=key, version=alert.version + 1
    )
    if moved == 0:
        raise AlertState(state=alert.state)
    if alert.photo_key is not None:
        await media.delete(alert.photo_key)
    await alert.refresh_from_db()
    await audit.record(actor, "alert.photo", "alert", alert.id, area_id=area.id)
    return await desk_view(alert, area)


@atomic
async def submit(actor: Actor, alert_id: uuid.UUID) -> AlertOut:
    """Hand the draft to the approvers of its area, who are told; from now on it is not changed any more.

    The composer signs it with it: the password was given within the last minutes.
    """
    alert, area = await as_composer(actor, alert_id)
    actor.require_fresh(FRESH_LOGIN_MINUTES)
    require_ready(alert)
    moved = await Alert.filter(id=alert_id, state="draft").update(
        state="submitted", submitted_at=clock.now(), version=alert.version + 1
    )
    if moved == 0:
        raise AlertState(state=alert.state)
    await alert.refresh_from_db()
    approvers = [
        user_id for user_id in await people_with(Role.APPROVER, area.path) if user_id != actor.user_id
    ]
    title_zh, title_en = titles(alert.kind, exercise=alert.exercise)
    await notify.send(
        approvers, "review.waiting", ("alert", alert.id),
        f"{title_zh}待审批", f"{title_en}: approval needed",
        f"{area.name_zh} · {alert.last_seen_place}", f"{area.name_en} · {alert.last_seen_place}",
        push=True, urgent=True,
    )  # fmt: skip
    await audit.record(actor, "alert.submit", "alert", alert_id, area_id=area.id)
    return await desk_view(alert, area)


def require_ready(alert: Alert) -> None:
    """Raise unless the draft could go out as it is: in time, and with consent to a child's photo."""
    if alert.expires_at <= clock.now():
        raise AlertExpired(expires_at=alert.expires_at.isoformat())
    if alert.subject == "child" and alert.photo_key is not None and not alert.guardian_consent:
        message = "A child's photo is sent only when a guardian agreed; note that, or take the photo out"
        raise InvalidFields([FieldError("guardian_consent", "consent-needed", message, False)])


async def remove_photo(actor: Actor, alert_id: uuid.UUID) -> AlertOut:
    """Take the photo out of a draft again; without one, nothing changes."""
    alert, area = await as_composer(actor, alert_id)
    if alert.state != "draft":
        raise AlertState(state=alert.state)
    return await _set_photo(actor, alert, area, None)


@atomic
async def send_back(actor: Actor, alert_id: uuid.UUID, why: AlertNote) -> AlertOut:
    """Give a submitted alert back to its composer, who is told why and changes it; for the area's approvers."""
    alert, area = await alert_and_area(actor, alert_id)
    actor.require(Role.APPROVER, area.path)
    await at_desk(actor, alert_id)
    moved = await Alert.filter(id=alert_id, state="submitted").update(
        state="draft", submitted_at=None, returned_at=clock.now(), returned_by=actor.user_id, return_note=why.note,
        version=alert.version + 1,
    )  # fmt: skip
    if moved == 0:
        raise AlertState(state=alert.state)
    await alert.refresh_from_db()
    title_zh, title_en = titles(alert.kind, exercise=alert.exercise)
    await notify.send(
        [alert.composed_by], "review.returned", ("alert", alert.id),
        f"{title_zh}被退回", f"{title_en}: sent back", why.note, why.note, push=True, urgent=True,
    )  # fmt: skip
    await audit.record(actor, "alert.return", "alert", alert_id, area_id=area.id)
    return await desk_view(alert, area)


async def _require_sound(values: Mapping[str, Any], area: Area, begun_at: dt.datetime) -> None:
    """Raise `InvalidFields` with everything that is wrong in an alert's content."""
    errors = wording_errors({field: values[field] for field in WORDED_FIELDS})
    errors += _subject_errors(values["kind"], values["subject"])
    errors += await _audience_errors(values["audience_area_id"], area)
    errors += _time_errors(values["last_seen_at"], values["expires_at"], begun_at)
    district = await areas.district_of(area)
    lon, lat = values["lon"], values["lat"]
    if not (district.west <= lon <= district.east and district.south <= lat <= district.north):
        message = f"The point lies outside {district.name_zh}; choose one inside"
        errors.append(FieldError("lon", "outside-area", message, [lon, lat]))
    if errors:
        raise InvalidFields(errors)


def _subject_errors(kind: str, subject: str | None) -> list[FieldError]:
    known = ALERT_KINDS[kind].subjects
    if subject is None or subject in known:
        return []
    message = f"Known are {', '.join(known)}" if known else "This kind of alert is not about a child or elder"
    return [FieldError("subject", "unknown", message, subject)]


async def _audience_errors(area_id: uuid.UUID | None, area: Area) -> list[FieldError]:
    if area_id is None:
        return []
    found = await Area.filter(id=area_id).first()
    if found is not None and areas.district_slug(found.path) == areas.district_slug(area.path):
        return []
    return [FieldError("audience_area_id", "unknown", "Choose an area of this district", str(area_id))]


def _time_errors(
    last_seen_at: dt.datetime, expires_at: dt.datetime, begun_at: dt.datetime
) -> list[FieldError]:
    errors: list[FieldError] = []
    now = clock.now()
    if last_seen_at > now + CLOCK_TOLERANCE:
        errors.append(
            FieldError("last_seen_at", "in-future", "This lies in the future", last_seen_at.isoformat())
        )
    errors += end_errors(expires_at, begun_at)
    return errors


def end_errors(expires_at: dt.datetime, begun_at: dt.datetime) -> list[FieldError]:
    """What is wrong with an alert's end: it has passed, or lies more than a day after the alert was begun."""
    now = clock.now()
    errors: list[FieldError] = []
    if expires_at <= now:
        errors.append(
            FieldError(
                "expires_at", "in-past", "This has passed; choose a later time", expires_at.isoformat()
            )
        )
    elif expires_at > begun_at + LIFE_MAX:
        latest = (begun_at + LIFE_MAX).isoformat()
        errors.append(
            FieldError(
                "expires_at", "too-late", f"At most 24 hours: {latest} or earlier", expires_at.isoformat()
            )
        )
    return errors
