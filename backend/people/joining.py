"""Joining: an account of one's own, or one that an administrator makes."""

import uuid

from pyotp import random_base32
from tortoise.exceptions import IntegrityError

from backend.areas import service as areas
from backend.core import audit, clock, sessions
from backend.core.db import atomic, is_unique_violation
from backend.core.ids import uuid7
from backend.core.problems import FieldError, InvalidFields
from backend.core.roles import Role
from backend.core.sessions import Actor
from backend.people import passwords
from backend.people.known import AGE_WORK
from backend.people.models import Person, Team
from backend.people.refusals import PhoneTaken, TooYoung
from backend.people.schemas import (
    Registration,
)
from backend.people.signing_in import authenticator_address, open_session

AGE_MIN = 14


async def register(registration: Registration, *, days: int) -> tuple[Person, str]:
    """Join a team by its invite code and sign in.

    Raises `TooYoung`, `InvalidFields` for an unknown code, `PhoneTaken` when the phone has an account already.
    """
    if clock.now().year - registration.birth_year <= AGE_MIN:  # the birthday may be still to come
        raise TooYoung(age_min=AGE_MIN)
    password_hash = await passwords.hash_password(registration.password)
    try:
        person = await _create_member(registration, password_hash)
    except IntegrityError as error:
        if not is_unique_violation(error):
            raise
        raise phone_taken() from error
    return person, await open_session(person.id, registration.device_name, days)


def phone_taken() -> PhoneTaken:
    return PhoneTaken(field="phone")


@atomic
async def _create_member(registration: Registration, password_hash: str) -> Person:
    code = registration.invite_code.strip()
    team = await Team.filter(invite_code=code.upper()).first() if code.isascii() else None
    if team is None:
        raise InvalidFields(
            [
                FieldError(
                    "invite_code",
                    "unknown",
                    "No team has this code; ask your team leader for it",
                    registration.invite_code,
                )
            ]
        )
    if await Person.filter(phone=registration.phone).exists():
        raise phone_taken()
    area = await areas.get(team.area_id)
    return await create_person(
        phone=registration.phone,
        name=registration.name,
        password_hash=password_hash,
        birth_year=registration.birth_year,
        locale=registration.locale,
        team=team,
        area_id=team.area_id,
        area_path=area.path,
    )


async def create_person(
    *,
    phone: str,
    name: str,
    password_hash: str,
    birth_year: int,
    area_id: uuid.UUID | None,
    area_path: str,
    team: Team | None = None,
    locale: str = "zh-CN",
    verified: bool = False,
    roles: tuple[Role, ...] = (Role.VOLUNTEER,),
    merchant_id: uuid.UUID | None = None,
    totp_secret: str | None = None,
    demo: bool = False,
    added_by: Actor | None = None,
) -> Person:
    """Add an account with its roles in the area. Inside the caller's unit of work."""
    person = await Person.create(
        id=uuid7(),
        phone=phone,
        name=name,
        password_hash=password_hash,
        totp_secret=totp_secret,
        birth_year=birth_year,
        locale=locale,
        verified=verified,
        area_id=area_id,
        team_id=team.id if team else None,
        demo=demo,
        created_at=clock.now(),
    )
    for role in roles:
        await sessions.grant_role(
            person.id,
            role,
            area_id=area_id,
            area_path=area_path,
            merchant_id=merchant_id if role is Role.MERCHANT else None,
            granted_by=added_by.user_id if added_by else None,
        )
    await audit.record(added_by, "person.create", "person", person.id, area_id=area_id)
    return person


async def open_login(
    *, phone: str, name: str, password: str, birth_year: int, area: areas.Area
) -> tuple[uuid.UUID, str]:
    """An account without any role, for somebody who will work at a shop; its id and its authenticator's address.

    Asked again with the same phone and password, before the authenticator was ever used, it answers the same.
    Raises `PhoneTaken` when the number has another account, `TooYoung` below 16.
    """
    if clock.now().year - birth_year <= AGE_WORK:
        raise TooYoung(age_min=AGE_WORK)
    known = await Person.filter(phone=phone, disabled_at__isnull=True).first()
    if known is not None:
        fresh = known.totp_secret is not None and known.totp_step_used is None
        if not await passwords.matches(known.password_hash, password) or not fresh:
            raise phone_taken()
        assert known.totp_secret is not None, "checked above"
        return known.id, authenticator_address(known.totp_secret, phone)
    secret = random_base32()
    password_hash = await passwords.hash_password(password)
    try:
        person = await atomic(create_person)(
            phone=phone,
            name=name,
            password_hash=password_hash,
            birth_year=birth_year,
            area_id=area.id,
            area_path=area.path,
            roles=(),
            totp_secret=secret,
        )
    except IntegrityError as error:
        if not is_unique_violation(error):
            raise
        raise phone_taken() from error
    return person.id, authenticator_address(secret, phone)
