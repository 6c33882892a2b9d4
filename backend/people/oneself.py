"""What people see and change about themselves: profile, duty, devices."""

import datetime as dt
import uuid

from backend.areas import service as areas
from backend.core import audit, clock, sessions
from backend.core.db import atomic
from backend.core.problems import NotFound
from backend.core.roles import Grant
from backend.core.sessions import Actor
from backend.people.consents import consents_of
from backend.people.known import is_adult, masked, team_ref
from backend.people.models import Person, Team
from backend.people.schemas import (
    Consents,
    Device,
    Me,
    MePatch,
    RoleOut,
)


async def person_of(user_id: uuid.UUID) -> Person:
    """The account; `NotFound` when there is none."""
    found = await Person.filter(id=user_id).first()
    if found is None:
        raise NotFound(kind="person", id=str(user_id))
    return found


async def me(user_id: uuid.UUID, grants: tuple[Grant, ...], reauthenticated_at: dt.datetime | None) -> Me:
    """The signed-in person as their phone shows them."""
    person = await person_of(user_id)
    team = await Team.filter(id=person.team_id).first() if person.team_id else None
    area_ids = {grant.area_id for grant in grants if grant.area_id} | (
        {person.area_id} if person.area_id else set()
    )
    refs = await areas.refs(area_ids)
    granted = await consents_of(user_id)
    return Me(
        id=person.id,
        name=person.name,
        phone_masked=masked(person.phone),
        locale=person.locale,
        verified=person.verified,
        adult=is_adult(person),
        on_duty=person.on_duty,
        home_area=refs.get(person.area_id) if person.area_id else None,
        team=team_ref(team),
        roles=[
            RoleOut(
                id=None,
                role=grant.role.value,
                area=refs.get(grant.area_id) if grant.area_id else None,
                merchant_id=grant.merchant_id,
            )
            for grant in grants
        ],
        consents=Consents(**granted),
        reauthenticated_at=reauthenticated_at,
        demo=person.demo,
    )


@atomic
async def change_me(actor: Actor, patch: MePatch) -> None:
    """Change one's own name or language."""
    changes = {
        key: value for key, value in (("locale", patch.locale), ("name", patch.name)) if value is not None
    }
    if changes:
        await Person.filter(id=actor.user_id).update(**changes)


@atomic
async def set_duty(user_id: uuid.UUID, on_duty: bool) -> None:
    """Go on or off duty; off duty, no alert is sent to the person."""
    await Person.filter(id=user_id).update(on_duty=on_duty, duty_changed_at=clock.now())


async def devices(actor: Actor) -> list[Device]:
    """The person's signed-in devices, the latest used first."""
    found = await sessions.Session.filter(
        user_id=actor.user_id, revoked_at__isnull=True, expires_at__gt=clock.now()
    ).order_by("-last_seen_at")
    return [
        Device(
            id=session.id,
            device_name=session.device_name,
            created_at=session.created_at,
            last_seen_at=session.last_seen_at,
            current=session.id == actor.session_id,
        )
        for session in found
    ]


@atomic
async def revoke_device(actor: Actor, session_id: uuid.UUID) -> None:
    """Sign one of one's own devices out, from its next request on."""
    if await sessions.revoke_sessions(actor.user_id, session_id=session_id) == 0:
        raise NotFound(kind="device", id=str(session_id))
    await audit.record(actor, "session.revoke", "session", session_id)
