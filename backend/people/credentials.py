"""What opens an account: changing one's own password, and what an administrator renews for who stands before them."""

import secrets
import uuid

from pyotp import random_base32
from tortoise.exceptions import IntegrityError

from backend.areas import service as areas
from backend.core import audit, clock, sessions
from backend.core.db import atomic, is_unique_violation
from backend.core.problems import Conflict, FieldError, InvalidFields
from backend.core.roles import SECOND_FACTOR_ROLES, Role
from backend.core.sessions import Actor
from backend.people import passwords
from backend.people.administering import administered, person_out
from backend.people.joining import AGE_MIN, create_person, phone_taken
from backend.people.models import Person
from backend.people.oneself import person_of
from backend.people.refusals import TooYoung
from backend.people.schemas import NewAuthenticator, NewPassword, PasswordChange, PersonAdded, PersonNew
from backend.people.signing_in import authenticator_address

TEMPORARY_DIGITS = 10
"""Digits can be read over the telephone and typed with a wet thumb; sign-in allows ten tries in ten minutes."""


def temporary_password() -> str:
    """A password to be told once and replaced."""
    return "".join(secrets.choice("0123456789") for _ in range(TEMPORARY_DIGITS))


async def change_password(actor: Actor, change: PasswordChange) -> None:
    """Change one's own password; every other device is signed out.

    Raises `InvalidFields` when the present password is not right.
    """
    person = await person_of(actor.user_id)
    if not await passwords.matches(person.password_hash, change.current_password):
        raise InvalidFields(
            [FieldError("current_password", "wrong-password", "This is not your present password")]
        )
    password_hash = await passwords.hash_password(change.new_password)
    await _store_own_password(actor, password_hash)


@atomic
async def _store_own_password(actor: Actor, password_hash: str) -> None:
    person = await person_of(actor.user_id)
    await Person.filter(id=person.id).update(password_hash=password_hash)
    await (
        sessions.Session.filter(user_id=person.id, revoked_at__isnull=True)
        .exclude(id=actor.session_id)
        .update(revoked_at=clock.now())
    )
    await audit.record(actor, "person.password", "person", person.id, area_id=person.area_id)


async def reset_password(actor: Actor, user_id: uuid.UUID) -> NewPassword:
    """Give somebody who forgot theirs a password to tell them; all their devices are signed out. Needs a fresh password."""
    actor.require_fresh()
    password = temporary_password()
    await _store_reset(actor, user_id, await passwords.hash_password(password))
    return NewPassword(password=password)


@atomic
async def _store_reset(actor: Actor, user_id: uuid.UUID, password_hash: str) -> None:
    person = await _below(actor, user_id)
    await Person.filter(id=user_id).update(password_hash=password_hash)
    await sessions.revoke_sessions(user_id)
    await audit.record(actor, "person.password_reset", "person", user_id, area_id=person.area_id)


@atomic
async def renew_second_factor(actor: Actor, user_id: uuid.UUID) -> NewAuthenticator:
    """Give somebody a new authenticator to scan here and now; the one before ends, and all their devices are signed out.

    Needs a fresh password.
    """
    actor.require_fresh()
    person = await _below(actor, user_id)
    secret = random_base32()
    await Person.filter(id=user_id).update(totp_secret=secret, totp_step_used=None)
    await sessions.revoke_sessions(user_id)
    await audit.record(actor, "person.second_factor", "person", user_id, area_id=person.area_id)
    return NewAuthenticator(totp_uri=authenticator_address(secret, person.phone))


async def add_person(actor: Actor, area_id: uuid.UUID, new: PersonNew) -> PersonAdded:
    """Add a verified account for somebody whose document the administrator has seen.

    The answer holds a password to tell them and, for police and administrators, an authenticator to scan. Needs a
    fresh password. Raises `PhoneTaken`, `TooYoung`.
    """
    area = await areas.visible(actor, area_id)
    actor.require(Role.ADMIN, area.path)
    actor.require_fresh()
    if clock.now().year - new.birth_year <= AGE_MIN:
        raise TooYoung(age_min=AGE_MIN)
    roles = tuple(Role(role) for role in dict.fromkeys(new.roles))
    secret = random_base32() if set(roles) & set(SECOND_FACTOR_ROLES) else None
    password = temporary_password()
    password_hash = await passwords.hash_password(password)

    @atomic
    async def add() -> Person:
        if await Person.filter(phone=new.phone).exists():
            raise phone_taken()
        return await create_person(
            phone=new.phone,
            name=new.name,
            password_hash=password_hash,
            birth_year=new.birth_year,
            area_id=area.id,
            area_path=area.path,
            roles=roles,
            verified=True,
            totp_secret=secret,
            added_by=actor,
        )

    try:
        person = await add()
    except IntegrityError as error:
        if not is_unique_violation(error):
            raise
        raise phone_taken() from error
    return PersonAdded(
        person=await person_out(person),
        password=password,
        totp_uri=authenticator_address(secret, person.phone) if secret else None,
    )


async def _below(actor: Actor, user_id: uuid.UUID) -> Person:
    """The person, if the actor administers every area in which they hold a role; never the actor."""
    person, _ = await administered(actor, user_id)
    if user_id == actor.user_id:
        raise Conflict("Another administrator, or the command line, does this for you", id=str(user_id))
    for grant in await sessions.grants_of(user_id):
        actor.require(Role.ADMIN, grant.area_path)
    return person
