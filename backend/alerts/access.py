"""Who may see and move which alert, and the refusals that tell them why not."""

import datetime as dt
import uuid

from backend.alerts.models import Alert, Delivery
from backend.areas import service as areas
from backend.areas.service import Area
from backend.core import clock
from backend.core.problems import Conflict, Gone, NotAllowed, NotFound, Problem
from backend.core.roles import POLICE_ROLES
from backend.core.sessions import Actor
from backend.people import service as people

FRESH_LOGIN_MINUTES = 5
"""How long ago whoever signs an alert may have given the password."""


class AlertWithdrawn(Gone):
    """Over for its recipients: closed, expired or taken back."""

    code, title = "alert-withdrawn", "This alert was withdrawn"


class AlertState(Conflict):
    """The alert is not in the state that the step begins from."""

    code, title = "alert-state", "The alert is at another step already; look again"


class AlertExpired(Conflict):
    """The alert's time ended before it went out."""

    code, title = "alert-expired", "The time set for this alert has passed; compose a new one"


class SamePerson(Problem):
    """Whoever composed an alert may not approve it."""

    status, code, title = 403, "same-person", "Someone else must approve an alert that you composed"


class NotComposer(Problem):
    """A draft is changed by whoever composed it, so that the approver is somebody else than any author."""

    status, code, title = 403, "not-composer", "Only the officer who composed this alert may change it"


class NotAlone(Problem):
    """One signature is enough for a missing child or elder only."""

    status, code, title = (
        403,
        "not-alone",
        "Only an alert about a missing child or elder may go out on one signature",
    )


async def alert_and_area(actor: Actor, alert_id: uuid.UUID) -> tuple[Alert, Area]:
    """An alert of a district that the actor has to do with; `NotFound` for every other."""
    alert = await Alert.filter(id=alert_id).first()
    if alert is None:
        raise NotFound(kind="alert", id=str(alert_id))
    area = await areas.get(alert.area_id)
    if not areas.sees(actor, area.path):
        raise NotFound(kind="alert", id=str(alert_id))
    return alert, area


async def at_desk(actor: Actor, alert_id: uuid.UUID) -> tuple[Alert, Area]:
    """The alert, for the police of its area; `NotAllowed` for its recipients, `NotFound` for everybody else."""
    alert, area = await alert_and_area(actor, alert_id)
    if not actor.may_any(POLICE_ROLES, area.path):
        if await is_recipient(actor.user_id, alert_id):
            raise NotAllowed(need=[role.value for role in POLICE_ROLES])
        raise NotFound(kind="alert", id=str(alert_id))
    return alert, area


async def as_composer(actor: Actor, alert_id: uuid.UUID) -> tuple[Alert, Area]:
    """The alert, for the officer who composed it."""
    alert, area = await at_desk(actor, alert_id)
    if alert.composed_by != actor.user_id:
        raise NotComposer
    return alert, area


async def as_recipient(actor: Actor, alert_id: uuid.UUID) -> tuple[Alert, Area]:
    """The live alert, for someone it was sent to and who is on duty.

    `AlertWithdrawn` from the moment it is over, whatever the job that cleans up has done; `NotFound` for others.
    """
    alert, area = await was_recipient(actor, alert_id)
    require_live(alert)
    if not await people.on_duty_among({actor.user_id}):
        raise NotFound(kind="alert", id=str(alert_id))
    return alert, area


async def was_recipient(actor: Actor, alert_id: uuid.UUID) -> tuple[Alert, Area]:
    """The alert, live or over, for someone it was sent to; `NotFound` for others."""
    alert = await Alert.filter(id=alert_id).first()
    if alert is None or not await is_recipient(actor.user_id, alert_id):
        raise NotFound(kind="alert", id=str(alert_id))
    return alert, await areas.get(alert.area_id)


def require_live(alert: Alert) -> None:
    """Raise `AlertWithdrawn` unless the alert is live now."""
    if alert.state != "live" or ends_at(alert) <= clock.now():
        raise AlertWithdrawn(kind=alert.kind, at=(alert.closed_at or ends_at(alert)).isoformat())


def ends_at(alert: Alert) -> dt.datetime:
    """When the alert is over by itself: at its end, or where nobody reviewed a single signature in time."""
    if alert.approved_by is None and alert.review_due_at is not None:
        return min(alert.expires_at, alert.review_due_at)
    return alert.expires_at


async def is_recipient(user_id: uuid.UUID, alert_id: uuid.UUID) -> bool:
    """Whether the alert was sent to the person."""
    return await Delivery.filter(alert_id=alert_id, user_id=user_id).exists()


async def listeners(alert_id: uuid.UUID) -> list[uuid.UUID]:
    """Those the alert was sent to who have not said that it is not for them."""
    declined = await Delivery.filter(alert_id=alert_id, declined_at__isnull=False).values_list(
        "user_id", flat=True
    )
    return [user_id for user_id in await recipients(alert_id) if user_id not in set(declined)]


async def recipients(alert_id: uuid.UUID) -> list[uuid.UUID]:
    """Everyone the alert was sent to, each once."""
    found = (
        await Delivery.filter(alert_id=alert_id, channel="in_app")
        .order_by("id")
        .values_list("user_id", flat=True)
    )
    return list(found)  # type: ignore[arg-type]
