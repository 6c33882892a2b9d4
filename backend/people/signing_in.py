"""Signing in and out: by password and, for roles of weight, six digits that open one session only."""

import uuid

from pyotp import random_base32
from pyotp.totp import TOTP
from pyotp.utils import strings_equal

from backend.core import audit, clock, sessions
from backend.core.db import atomic, execute, row, sql
from backend.core.problems import NotFound
from backend.core.roles import SECOND_FACTOR_ROLES
from backend.core.sessions import Actor
from backend.people import passwords
from backend.people.models import Person
from backend.people.oneself import person_of
from backend.people.refusals import DigitsUsed, SecondFactorMissing, SecondFactorRequired, WrongCredentials
from backend.people.schemas import (
    Login,
)


async def sign_in(login: Login, *, days: int) -> tuple[Person, str]:
    """Check phone, password and second factor; returns the person and the token for the cookie."""
    person = await Person.filter(phone=login.phone, disabled_at__isnull=True).first()
    if not await passwords.matches(person.password_hash if person else None, login.password):
        raise WrongCredentials
    assert person is not None
    step = await _check_second_factor(person, login.totp)
    return person, await open_session(person.id, login.device_name, days, totp_step=step)


@atomic
async def open_session(
    user_id: uuid.UUID, device_name: str, days: int, *, totp_step: int | None = None
) -> str:
    """A session, unless the account was suspended while its password was being checked; returns the token.

    `totp_step` is the 30-second step of the six digits that were given: each opens one session at most.
    """
    await _require_enabled(user_id)
    if totp_step is not None:
        await _use_up(user_id, totp_step)
    session, token = await sessions.open_session(user_id, device_name=device_name, days=days)
    await audit.record(None, "session.open", "session", session.id, details={"user_id": str(user_id)})
    return token


async def _require_enabled(user_id: uuid.UUID) -> None:
    """Hold the account's row, so that a suspension comes before this or sees what this makes."""
    # SQLite's transactions begin with the write lock and need no more.
    query = "SELECT id FROM person WHERE id = ? AND disabled_at IS NULL " + sql(
        sqlite="", postgres="FOR SHARE"
    )
    if await row(query, user_id) is None:
        raise WrongCredentials


async def _check_second_factor(person: Person, totp: str | None) -> int | None:
    """The 30-second step the digits belong to, one before or after now at most; None where none are asked for."""
    if person.totp_secret is None:
        needs = any(grant.role in SECOND_FACTOR_ROLES for grant in await sessions.grants_of(person.id))
        if needs and not person.demo:
            raise SecondFactorMissing
        return None
    if totp is None:
        raise SecondFactorRequired
    authenticator = TOTP(person.totp_secret)
    now_step = authenticator.timecode(clock.now())
    for step in (now_step, now_step - 1, now_step + 1):
        if strings_equal(totp, authenticator.generate_otp(step)):
            return step
    raise WrongCredentials


async def _use_up(user_id: uuid.UUID, step: int) -> None:
    """Let the digits of a step, and of any before it, never open a session again (RFC 6238, section 5.2)."""
    used = await execute(
        "UPDATE person SET totp_step_used = ? WHERE id = ? AND (totp_step_used IS NULL OR totp_step_used < ?)",
        step, user_id, step,
    )  # fmt: skip
    if used == 0:
        raise DigitsUsed


async def sign_in_demo(person_id: uuid.UUID, *, device_name: str, days: int) -> tuple[Person, str]:
    """Open a session for a demo person, without a password."""
    person = await Person.filter(id=person_id, demo=True, disabled_at__isnull=True).first()
    if person is None:
        raise NotFound(kind="demo login", id=str(person_id))
    return person, await open_session(person.id, device_name, days)


@atomic
async def sign_out(actor: Actor) -> None:
    """End this session."""
    await sessions.revoke_sessions(actor.user_id, session_id=actor.session_id)


async def reauthenticate(actor: Actor, password: str) -> None:
    """Give the password once more, for steps that need a fresh login."""
    person = await person_of(actor.user_id)
    if not await passwords.matches(person.password_hash, password):
        raise WrongCredentials
    await sessions.note_password_given(actor.session_id)


async def needs_second_factor(user_id: uuid.UUID) -> bool:
    """Whether the person has no authenticator, which a merchant must have."""
    person = await person_of(user_id)
    return person.totp_secret is None and not person.demo


@atomic
async def set_up_second_factor(user_id: uuid.UUID) -> str:
    """Give the person an authenticator; returns the address that its app reads as a QR code."""
    person = await person_of(user_id)
    if person.totp_secret is None:
        person.totp_secret = random_base32()
        await person.save(update_fields=["totp_secret"])
        await audit.record(None, "person.second_factor", "person", user_id, area_id=person.area_id)
    return authenticator_address(person.totp_secret, person.phone)


def authenticator_address(secret: str, phone: str) -> str:
    return TOTP(secret).provisioning_uri(name=phone, issuer_name="平安乐巡")
