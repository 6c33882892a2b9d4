"""Background work of alerts: ending those whose time has come, and deleting what is left of those that are over."""

import uuid
from typing import Any

from backend.alerts import service
from backend.alerts.escalating import SMS_JOB
from backend.core.jobs import every, handler
from backend.notify import service as notify


@every(15, "alerts.expire")
async def expire(payload: dict[str, object]) -> None:
    """Close and recall every alert past its time."""
    await service.expire_due()


@every(15, "alerts.review")
async def review(payload: dict[str, object]) -> None:
    """Take back what went out on one signature and was not reviewed in time."""
    await service.review_due()


@every(15, "alerts.escalate")
async def escalate(payload: dict[str, object]) -> None:
    """Go the next way to whoever has not heard of a live alert."""
    await service.escalate_due()


@handler(SMS_JOB)
async def send_text(payload: dict[str, Any]) -> None:
    """Text one person; what the gateway does not take is tried again."""
    await service.text_one(uuid.UUID(payload["delivery_id"]), recall=payload["recall"])


@every(60, "alerts.purge")
async def purge(payload: dict[str, object]) -> None:
    """Delete the photos of recalled alerts, and of drafts that can no longer be sent."""
    await service.purge_due()


@every(86_400, "alerts.forget_proposals")
async def forget_proposals(payload: dict[str, object]) -> None:
    """Delete warnings of other systems that are a month old."""
    await service.forget_old_proposals()


@every(86_400, "alerts.forget_sighting_photos")
async def forget_sighting_photos(payload: dict[str, object]) -> None:
    """Delete photos of sightings after three months."""
    await service.forget_old_photos()


notify.when_pushed(service.note_pushed)
