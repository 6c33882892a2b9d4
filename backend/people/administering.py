"""Administration of the people of an area: listing, verifying, roles, disabling, and the audit log."""

import uuid

import msgspec

from backend.areas import service as areas
from backend.core import audit, clock, sessions
from backend.core.db import atomic
from backend.core.models import AuditEntry
from backend.core.problems import Conflict, NotFound
from backend.core.roles import SECOND_FACTOR_ROLES, Grant, Role
from backend.core.sessions import Actor
from backend.people.known import masked, names, team_ref
from backend.people.models import Person, Team
from backend.people.refusals import NeedsSecondFactor
from backend.people.schemas import (
    AuditEntryOut,
    PersonList,
    PersonOut,
    RoleChange,
    RoleOut,
)


async def administered(actor: Actor, user_id: uuid.UUID) -> tuple[Person, str]:
    """The person and their area's path, if the actor administers it; else `NotFound`."""
    person = await Person.filter(id=user_id).first()
    area = await areas.get(person.area_id) if person and person.area_id else None
    if person is None or area is None or not actor.may(Role.ADMIN, area.path):
        raise NotFound(kind="person", id=str(user_id))
    return person, area.path


async def listed(
    actor: Actor, area_id: uuid.UUID, query: str, *, to_verify: bool = False, limit: int = 50
) -> PersonList:
    """People of the area whose name or phone contains `query`, for its administrators.

    With `to_verify`, only those whose identity nobody has seen yet, the latest to join first.
    """
    area = await areas.visible(actor, area_id)
    actor.require(Role.ADMIN, area.path)
    wanted = Person.filter(area_id__in=await areas.descendant_ids(area))
    if query:
        wanted = (
            wanted.filter(name__contains=query)
            if not query.isdigit()
            else wanted.filter(phone__contains=query)
        )
    if to_verify:
        wanted = wanted.filter(verified=False, disabled_at__isnull=True)
    people = await wanted.order_by(*(("-created_at",) if to_verify else ("name", "id"))).limit(limit)
    return PersonList(items=await _people_out(people), next=None)


async def person_out(person: Person) -> PersonOut:
    """The person as an administrator sees them."""
    return (await _people_out([person]))[0]


async def _people_out(people: list[Person]) -> list[PersonOut]:
    """The wire forms, in a handful of queries however many there are."""
    ids = [person.id for person in people]
    grants = (
        await sessions.RoleGrant.filter(user_id__in=ids, revoked_at__isnull=True).order_by("id")
        if ids
        else []
    )
    team_ids = {person.team_id for person in people if person.team_id}
    teams = {team.id: team for team in await Team.filter(id__in=list(team_ids))} if team_ids else {}
    refs = await areas.refs(
        {grant.area_id for grant in grants if grant.area_id}
        | {person.area_id for person in people if person.area_id}
    )
    return [
        _as_seen_by_admins(
            person,
            teams.get(person.team_id) if person.team_id else None,
            [grant for grant in grants if grant.user_id == person.id],
            refs,
        )
        for person in people
    ]


def _as_seen_by_admins(
    person: Person, team: Team | None, grants: list[sessions.RoleGrant], refs: dict[uuid.UUID, areas.AreaRef]
) -> PersonOut:
    return PersonOut(
        id=person.id,
        name=person.name,
        phone_masked=masked(person.phone),
        verified=person.verified,
        on_duty=person.on_duty,
        disabled_at=person.disabled_at,
        second_factor=person.totp_secret is not None,
        area=refs.get(person.area_id) if person.area_id else None,
        team=team_ref(team),
        roles=[
            RoleOut(
                id=grant.id,
                role=grant.role,
                area=refs.get(grant.area_id) if grant.area_id else None,
                merchant_id=grant.merchant_id,
            )
            for grant in grants
        ],
    )


@atomic
async def disable(actor: Actor, user_id: uuid.UUID, reason: str) -> PersonOut:
    """Suspend an account: every session ends at once. One who is above the actor is not the actor's to suspend."""
    person, _ = await administered(actor, user_id)
    if user_id == actor.user_id:
        raise Conflict("You cannot suspend your own account", id=str(user_id))
    for grant in await sessions.grants_of(user_id):
        if grant.role is Role.ADMIN:
            actor.require(Role.ADMIN, grant.area_path)
    person.disabled_at = clock.now()
    person.on_duty = False
    await person.save(update_fields=["disabled_at", "on_duty"])
    await sessions.revoke_sessions(user_id)
    await audit.record(
        actor, "person.disable", "person", user_id, area_id=person.area_id, details={"reason": reason}
    )
    return await person_out(person)


@atomic
async def enable(actor: Actor, user_id: uuid.UUID) -> PersonOut:
    """Lift a suspension."""
    person, _ = await administered(actor, user_id)
    person.disabled_at = None
    await person.save(update_fields=["disabled_at"])
    await audit.record(actor, "person.enable", "person", user_id, area_id=person.area_id)
    return await person_out(person)


@atomic
async def verify(actor: Actor, user_id: uuid.UUID) -> PersonOut:
    """The desk has seen the person's document: they are who they say."""
    person, _ = await administered(actor, user_id)
    person.verified = True
    await person.save(update_fields=["verified"])
    await audit.record(actor, "person.verify", "person", user_id, area_id=person.area_id)
    return await person_out(person)


@atomic
async def give_role(actor: Actor, user_id: uuid.UUID, change: RoleChange) -> PersonOut:
    """Give a role in an area that the actor administers; holds from the person's next request on."""
    person, _ = await administered(actor, user_id)
    area = await areas.visible(actor, change.area_id)
    actor.require(Role.ADMIN, area.path)
    if change.role in SECOND_FACTOR_ROLES and person.totp_secret is None and not person.demo:
        raise NeedsSecondFactor(role=change.role)
    await sessions.grant_role(
        user_id, Role(change.role), area_id=area.id, area_path=area.path, granted_by=actor.user_id
    )
    await audit.record(actor, "role.give", "person", user_id, area_id=area.id, details={"role": change.role})
    return await person_out(person)


@atomic
async def take_role(actor: Actor, user_id: uuid.UUID, grant_id: uuid.UUID) -> PersonOut:
    """Withdraw a role; holds from the person's next request on. The last administrator stays."""
    person, _ = await administered(actor, user_id)
    grant = await sessions.RoleGrant.filter(id=grant_id, user_id=user_id, revoked_at__isnull=True).first()
    if grant is None or not actor.may(Role.ADMIN, grant.area_path):
        raise NotFound(kind="role", id=str(grant_id))
    if grant.role == Role.ADMIN:
        await _require_another_admin(grant)
    await sessions.RoleGrant.filter(id=grant_id).update(revoked_at=clock.now())
    await audit.record(
        actor, "role.take", "person", user_id, area_id=grant.area_id, details={"role": grant.role}
    )
    return await person_out(person)


async def _require_another_admin(grant: sessions.RoleGrant) -> None:
    """Somebody else must remain who administers the area of the grant; two cannot withdraw each other at once."""
    others = [other for other in await sessions.lock_grants(Role.ADMIN) if other.user_id != grant.user_id]
    reaching = {other.user_id for other in others if _covers(other.area_path, grant.area_path)}
    if not await Person.filter(id__in=list(reaching), disabled_at__isnull=True).exists():
        raise Conflict("The last administrator of an area cannot be removed", id=str(grant.id))


def _covers(granted_path: str, area_path: str) -> bool:
    return Grant(Role.ADMIN, None, granted_path).covers(area_path)


async def audit_entries(
    actor: Actor, area_id: uuid.UUID, before: int | None, *, limit: int = 50
) -> tuple[list[AuditEntryOut], str | None]:
    """A page of the area's audit log, latest first, with the cursor of the next page."""
    area = await areas.visible(actor, area_id)
    actor.require(Role.ADMIN, area.path)
    wanted = AuditEntry.filter(tenant=areas.district_slug(area.path))
    if area.kind != "district":
        wanted = wanted.filter(area_id__in=await areas.descendant_ids(area))
    if before is not None:
        wanted = wanted.filter(position__lt=before)
    found = await wanted.order_by("-position").limit(limit)
    known = await names({entry.actor_id for entry in found if entry.actor_id})
    page = [
        AuditEntryOut(
            seq=entry.position,
            at=entry.at,
            action=entry.action,
            kind=entry.kind,
            subject_id=entry.object_id,
            actor_name=known.get(entry.actor_id) if entry.actor_id else None,
            details=msgspec.json.decode(entry.details),
        )
        for entry in found
    ]
    return page, str(found[-1].position) if len(found) == limit else None


async def verify_audit(actor: Actor, area_id: uuid.UUID) -> audit.VerifyReport:
    """Check the chain of the district's audit log."""
    area = await areas.visible(actor, area_id)
    actor.require(Role.ADMIN, area.path)
    return await audit.verify(areas.district_slug(area.path))
