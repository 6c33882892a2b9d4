"""Use cases of people: signing in and out, joining a team, consents, duty, devices and roles."""

import datetime as dt
import uuid

import msgspec
from pyotp import random_base32
from pyotp.totp import TOTP
from pyotp.utils import strings_equal
from tortoise.exceptions import IntegrityError

from backend.areas import service as areas
from backend.core import audit, clock, sessions
from backend.core.db import atomic, execute, is_unique_violation, row, sql
from backend.core.ids import uuid7
from backend.core.models import AuditEntry
from backend.core.problems import Conflict, FieldError, InvalidFields, NotFound, Problem
from backend.core.roles import SECOND_FACTOR_ROLES, Grant, Role
from backend.core.sessions import Actor
from backend.people import passwords
from backend.people.models import Consent, Person, Team
from backend.people.schemas import (
    AuditEntryOut,
    Consents,
    Device,
    Login,
    Me,
    MePatch,
    PersonList,
    PersonOut,
    Registration,
    RoleChange,
    RoleOut,
    TeamRef,
)

CONSENT_VERSIONS = {"whereabouts": 1, "photos": 1}
"""The current text of each consent; an answer to an older text no longer holds."""

AGE_MIN = 14
AGE_ADULT = 18


class WrongCredentials(Problem):
    status, code, title = 401, "wrong-credentials", "Phone number or password is wrong"


class SecondFactorRequired(Problem):
    status, code, title = 401, "second-factor-required", "Enter the six digits of your authenticator app"


class DigitsUsed(Problem):
    """The six digits were right, but opened a session before: whoever looked over a shoulder has them too."""

    status, code, title = 401, "digits-used", "These six digits were used already; wait for the next ones"


class SecondFactorMissing(Problem):
    """Police, merchants and administrators may not sign in with a password alone."""

    status, code, title = (
        403,
        "second-factor-missing",
        "This account needs an authenticator app; ask your administrator",
    )


class NeedsSecondFactor(Conflict):
    """A role of weight is not given to an account that a password alone opens."""

    code, title = "needs-second-factor", "This account has no authenticator app yet"


class TooYoung(Problem):
    status, code, title = 403, "too-young", "You must be at least 14"


# --- signing in -----------------------------------------------------------------------------------------------------


async def sign_in(login: Login, *, days: int) -> tuple[Person, str]:
    """Check phone, password and second factor; returns the person and the token for the cookie."""
    person = await Person.filter(phone=login.phone, disabled_at__isnull=True).first()
    if not await passwords.matches(person.password_hash if person else None, login.password):
        raise WrongCredentials
    assert person is not None
    step = await _check_second_factor(person, login.totp)
    return person, await _open_session(person.id, login.device_name, days, totp_step=step)


@atomic
async def _open_session(
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
    return person, await _open_session(person.id, device_name, days)


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


async def register(registration: Registration, *, days: int) -> tuple[Person, str]:
    """Join a team by its invite code and sign in.

    Raises `TooYoung`, `InvalidFields` for an unknown code, `Conflict` when the phone has an account already.
    """
    if clock.now().year - registration.birth_year <= AGE_MIN:  # the birthday may be still to come
        raise TooYoung(age_min=AGE_MIN)
    password_hash = await passwords.hash_password(registration.password)
    try:
        person = await _create_member(registration, password_hash)
    except IntegrityError as error:
        if not is_unique_violation(error):
            raise
        raise _phone_taken() from error
    return person, await _open_session(person.id, registration.device_name, days)


def _phone_taken() -> Conflict:
    return Conflict("This phone number has an account already; sign in instead", field="phone")


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
        raise _phone_taken()
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
        )
    await audit.record(None, "person.create", "person", person.id, area_id=area_id)
    return person


# --- oneself --------------------------------------------------------------------------------------------------------


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
    granted = await _consents_of(user_id)
    return Me(
        id=person.id,
        name=person.name,
        phone_masked=masked(person.phone),
        locale=person.locale,
        verified=person.verified,
        adult=is_adult(person),
        on_duty=person.on_duty,
        home_area=refs.get(person.area_id) if person.area_id else None,
        team=_team_ref(team),
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


def _team_ref(team: Team | None) -> TeamRef | None:
    return TeamRef(id=team.id, name_zh=team.name_zh, name_en=team.name_en) if team else None


def masked(phone: str) -> str:
    """The phone number with its middle hidden."""
    return f"{phone[:3]}****{phone[-2:]}"


def is_adult(person: Person) -> bool:
    """Whether the person is at least 18, counted by the year of birth on the safe side."""
    return clock.now().year - person.birth_year > AGE_ADULT


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


@atomic
async def set_consent(user_id: uuid.UUID, kind: str, *, granted: bool, version: int) -> None:
    """Answer a consent question; only the current text can be agreed to."""
    if kind not in CONSENT_VERSIONS:
        raise NotFound(kind="consent", id=kind)
    if granted and version != CONSENT_VERSIONS[kind]:  # one may always say no
        raise InvalidFields(
            [
                FieldError(
                    "version",
                    "outdated",
                    f"The text is now version {CONSENT_VERSIONS[kind]}; read it again",
                    version,
                )
            ]
        )
    await Consent.create(
        id=uuid7(), user_id=user_id, kind=kind, version=version, granted=granted, at=clock.now()
    )


async def has_consent(user_id: uuid.UUID, kind: str) -> bool:
    """Whether the person's last answer is yes, and to the current text of `kind`."""
    return user_id in await consenting({user_id}, kind)


async def consenting(user_ids: set[uuid.UUID], kind: str) -> set[uuid.UUID]:
    """Those of the people whose last answer is yes, and to the current text of `kind`."""
    answers = (
        await Consent.filter(user_id__in=list(user_ids), kind=kind).order_by("at", "id") if user_ids else []
    )
    last = {answer.user_id: answer for answer in answers}
    return {
        user_id
        for user_id, answer in last.items()
        if answer.granted and answer.version == CONSENT_VERSIONS[kind]
    }


async def _consents_of(user_id: uuid.UUID) -> dict[str, bool]:
    return {kind: await has_consent(user_id, kind) for kind in CONSENT_VERSIONS}


async def may_walk(user_ids: set[uuid.UUID]) -> set[uuid.UUID]:
    """Those of the people whose positions may be kept: not suspended, and agreed to it."""
    enabled = (
        await Person.filter(id__in=list(user_ids), disabled_at__isnull=True).values_list("id", flat=True)
        if user_ids
        else []
    )
    return await consenting(set(enabled), "whereabouts")  # type: ignore[arg-type]


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


# --- for other features ---------------------------------------------------------------------------------------------


async def names(user_ids: set[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Names of several people at once."""
    if not user_ids:
        return {}
    return dict(await Person.filter(id__in=list(user_ids)).values_list("id", "name"))  # type: ignore[arg-type]


async def with_phone(phone: str) -> uuid.UUID | None:
    """Whose phone this is, if anybody's who may sign in."""
    found = await Person.filter(phone=phone, disabled_at__isnull=True).first()
    return found.id if found else None


async def is_verified_adult(user_id: uuid.UUID) -> bool:
    """Whether the person may receive alerts and walk at night."""
    person = await Person.filter(id=user_id, disabled_at__isnull=True).first()
    return person is not None and person.verified and is_adult(person)


async def on_duty_people(area_path: str) -> list[uuid.UUID]:
    """Verified adults on duty whose home lies in the area."""
    area_ids = await areas.ids_within(area_path)
    found = await Person.filter(area_id__in=area_ids, on_duty=True, verified=True, disabled_at__isnull=True)
    return [person.id for person in found if is_adult(person)]


async def on_duty_among(user_ids: set[uuid.UUID]) -> set[uuid.UUID]:
    """Those of the people who are verified adults on duty now."""
    found = (
        await Person.filter(id__in=list(user_ids), on_duty=True, verified=True, disabled_at__isnull=True)
        if user_ids
        else []
    )
    return {person.id for person in found if is_adult(person)}


async def on_duty_count(area_path: str) -> int:
    """How many people of the area are on duty."""
    area_ids = await areas.ids_within(area_path)
    return await Person.filter(area_id__in=area_ids, on_duty=True, disabled_at__isnull=True).count()


AGE_WORK = 16


async def contacts(user_ids: set[uuid.UUID]) -> dict[uuid.UUID, tuple[str, str]]:
    """Name and masked phone number of several people at once."""
    found = await Person.filter(id__in=list(user_ids)) if user_ids else []
    return {person.id: (person.name, masked(person.phone)) for person in found}


async def phones(user_ids: set[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Whole phone numbers, to send to and not to show."""
    found = await Person.filter(id__in=sorted(user_ids), disabled_at__isnull=True)
    return {person.id: person.phone for person in found}


async def homes(user_ids: set[uuid.UUID]) -> dict[uuid.UUID, uuid.UUID]:
    """The area that each of the people lives in, of those who are not suspended."""
    found = await Person.filter(id__in=list(user_ids), disabled_at__isnull=True) if user_ids else []
    return {person.id: person.area_id for person in found if person.area_id is not None}


async def teams_of(user_ids: set[uuid.UUID]) -> dict[uuid.UUID, uuid.UUID]:
    """The team of each of the people who has one."""
    found = await Person.filter(id__in=list(user_ids), team_id__isnull=False) if user_ids else []
    return {person.id: person.team_id for person in found if person.team_id is not None}


async def teams_named(team_ids: set[uuid.UUID]) -> list[TeamRef]:
    """Name tags of several teams, in the order of their names."""
    found = await Team.filter(id__in=list(team_ids)).order_by("name_zh", "id") if team_ids else []
    return [TeamRef(id=team.id, name_zh=team.name_zh, name_en=team.name_en) for team in found]


async def team_members(area_ids: list[uuid.UUID]) -> dict[uuid.UUID, set[uuid.UUID]]:
    """The people of each team of the areas who are not suspended; teams without anybody are left out."""
    teams = await Team.filter(area_id__in=area_ids).values_list("id", flat=True)
    found = await Person.filter(team_id__in=list(teams), disabled_at__isnull=True) if teams else []
    members: dict[uuid.UUID, set[uuid.UUID]] = {}
    for person in found:
        if person.team_id is not None:
            members.setdefault(person.team_id, set()).add(person.id)
    return members


async def area_of_team(team_id: uuid.UUID) -> uuid.UUID:
    """The area a team belongs to; `NotFound` when there is no such team."""
    team = await Team.filter(id=team_id).first()
    if team is None:
        raise NotFound(kind="team", id=str(team_id))
    return team.area_id


async def open_login(
    *, phone: str, name: str, password: str, birth_year: int, area: areas.Area
) -> tuple[uuid.UUID, str]:
    """An account without any role, for somebody who will work at a shop; its id and its authenticator's address.

    Asked again with the same phone and password, before the authenticator was ever used, it answers the same.
    Raises `Conflict` when the number has another account, `TooYoung` below 16.
    """
    if clock.now().year - birth_year <= AGE_WORK:
        raise TooYoung(age_min=AGE_WORK)
    known = await Person.filter(phone=phone, disabled_at__isnull=True).first()
    if known is not None:
        fresh = known.totp_secret is not None and known.totp_step_used is None
        if not await passwords.matches(known.password_hash, password) or not fresh:
            raise _phone_taken()
        assert known.totp_secret is not None, "checked above"
        return known.id, _authenticator_address(known.totp_secret, phone)
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
        raise _phone_taken() from error
    return person.id, _authenticator_address(secret, phone)


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
    return _authenticator_address(person.totp_secret, person.phone)


def _authenticator_address(secret: str, phone: str) -> str:
    return TOTP(secret).provisioning_uri(name=phone, issuer_name="平安乐巡")


# --- administration -------------------------------------------------------------------------------------------------


async def _administered(actor: Actor, user_id: uuid.UUID) -> tuple[Person, str]:
    """The person and their area's path, if the actor administers it; else `NotFound`."""
    person = await Person.filter(id=user_id).first()
    area = await areas.get(person.area_id) if person and person.area_id else None
    if person is None or area is None or not actor.may(Role.ADMIN, area.path):
        raise NotFound(kind="person", id=str(user_id))
    return person, area.path


async def listed(actor: Actor, area_id: uuid.UUID, query: str, *, limit: int = 50) -> PersonList:
    """People of the area whose name or phone contains `query`, for its administrators."""
    area = await areas.visible(actor, area_id)
    actor.require(Role.ADMIN, area.path)
    wanted = Person.filter(area_id__in=await areas.descendant_ids(area))
    if query:
        wanted = (
            wanted.filter(name__contains=query)
            if not query.isdigit()
            else wanted.filter(phone__contains=query)
        )
    people = await wanted.order_by("name", "id").limit(limit)
    return PersonList(items=await _people_out(people), next=None)


async def _person_out(person: Person) -> PersonOut:
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
        area=refs.get(person.area_id) if person.area_id else None,
        team=_team_ref(team),
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
    person, _ = await _administered(actor, user_id)
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
    return await _person_out(person)


@atomic
async def enable(actor: Actor, user_id: uuid.UUID) -> PersonOut:
    """Lift a suspension."""
    person, _ = await _administered(actor, user_id)
    person.disabled_at = None
    await person.save(update_fields=["disabled_at"])
    await audit.record(actor, "person.enable", "person", user_id, area_id=person.area_id)
    return await _person_out(person)


@atomic
async def verify(actor: Actor, user_id: uuid.UUID) -> PersonOut:
    """The desk has seen the person's document: they are who they say."""
    person, _ = await _administered(actor, user_id)
    person.verified = True
    await person.save(update_fields=["verified"])
    await audit.record(actor, "person.verify", "person", user_id, area_id=person.area_id)
    return await _person_out(person)


@atomic
async def give_role(actor: Actor, user_id: uuid.UUID, change: RoleChange) -> PersonOut:
    """Give a role in an area that the actor administers; holds from the person's next request on."""
    person, _ = await _administered(actor, user_id)
    area = await areas.visible(actor, change.area_id)
    actor.require(Role.ADMIN, area.path)
    if change.role in SECOND_FACTOR_ROLES and person.totp_secret is None and not person.demo:
        raise NeedsSecondFactor(role=change.role)
    await sessions.grant_role(
        user_id, Role(change.role), area_id=area.id, area_path=area.path, granted_by=actor.user_id
    )
    await audit.record(actor, "role.give", "person", user_id, area_id=area.id, details={"role": change.role})
    return await _person_out(person)


@atomic
async def take_role(actor: Actor, user_id: uuid.UUID, grant_id: uuid.UUID) -> PersonOut:
    """Withdraw a role; holds from the person's next request on. The last administrator stays."""
    person, _ = await _administered(actor, user_id)
    grant = await sessions.RoleGrant.filter(id=grant_id, user_id=user_id, revoked_at__isnull=True).first()
    if grant is None or not actor.may(Role.ADMIN, grant.area_path):
        raise NotFound(kind="role", id=str(grant_id))
    if grant.role == Role.ADMIN:
        await _require_another_admin(grant)
    await sessions.RoleGrant.filter(id=grant_id).update(revoked_at=clock.now())
    await audit.record(
        actor, "role.take", "person", user_id, area_id=grant.area_id, details={"role": grant.role}
    )
    return await _person_out(person)


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
