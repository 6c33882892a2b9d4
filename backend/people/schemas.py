"""Wire types of people, logins and devices."""

import datetime as dt
import uuid
from typing import Annotated, Literal

import msgspec

from backend.areas.schemas import AreaRef

type Locale = Literal["zh-CN", "en"]
Phone = Annotated[str, msgspec.Meta(pattern=r"^\+?[0-9]{5,15}$", description="Digits, with an optional +")]
Password = Annotated[str, msgspec.Meta(min_length=8, max_length=200)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=60)]


class Login(msgspec.Struct, forbid_unknown_fields=True):
    phone: Phone
    password: Annotated[str, msgspec.Meta(max_length=200)]
    totp: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{6}$")] | None = None
    device_name: Annotated[str, msgspec.Meta(max_length=80)] = ""


class PasswordAgain(msgspec.Struct, forbid_unknown_fields=True):
    password: Annotated[str, msgspec.Meta(max_length=200)]


class PasswordChange(msgspec.Struct, forbid_unknown_fields=True):
    current_password: Annotated[str, msgspec.Meta(max_length=200)]
    new_password: Password


class NewPassword(msgspec.Struct):
    """A password to be told to its owner once; it is kept nowhere."""

    password: str


class NewAuthenticator(msgspec.Struct):
    """What an authenticator app scans, shown once."""

    totp_uri: str


class Registration(msgspec.Struct, forbid_unknown_fields=True):
    phone: Phone
    name: Name
    password: Password
    birth_year: Annotated[int, msgspec.Meta(ge=1900, le=2100)]
    invite_code: Annotated[str, msgspec.Meta(min_length=4, max_length=12)]
    locale: Locale = "zh-CN"
    device_name: Annotated[str, msgspec.Meta(max_length=80)] = ""


class DutyChange(msgspec.Struct, forbid_unknown_fields=True):
    on_duty: bool


class ConsentChange(msgspec.Struct, forbid_unknown_fields=True):
    granted: bool
    version: Annotated[int, msgspec.Meta(ge=1)]


class MePatch(msgspec.Struct, forbid_unknown_fields=True):
    locale: Locale | None = None
    name: Name | None = None


class TeamRef(msgspec.Struct):
    id: uuid.UUID
    name_zh: str
    name_en: str


class RoleOut(msgspec.Struct):
    """A role in an area; `id` is given to administrators, who may withdraw it."""

    id: uuid.UUID | None
    role: str
    area: AreaRef | None
    merchant_id: uuid.UUID | None


class Consents(msgspec.Struct):
    whereabouts: bool
    photos: bool


class Me(msgspec.Struct):
    """The signed-in person, for their own phone."""

    id: uuid.UUID
    name: str
    phone_masked: str
    locale: str
    verified: bool
    adult: bool
    on_duty: bool
    home_area: AreaRef | None
    team: TeamRef | None
    roles: list[RoleOut]
    consents: Consents
    reauthenticated_at: dt.datetime | None
    demo: bool


class SessionOut(msgspec.Struct):
    """What a page needs when it opens; `user` is null when nobody is signed in."""

    user: Me | None
    server_time: dt.datetime
    demo: bool
    version: str
    consent_versions: dict[str, int]


class Device(msgspec.Struct):
    id: uuid.UUID
    device_name: str
    created_at: dt.datetime
    last_seen_at: dt.datetime
    current: bool


class PersonOut(msgspec.Struct):
    """A person as an administrator of their district sees them."""

    id: uuid.UUID
    name: str
    phone_masked: str
    verified: bool
    on_duty: bool
    disabled_at: dt.datetime | None
    second_factor: bool
    area: AreaRef | None
    team: TeamRef | None
    roles: list[RoleOut]


class PersonList(msgspec.Struct):
    items: list[PersonOut]
    next: str | None


GivenRole = Literal["volunteer", "leader", "poster", "officer", "approver", "admin"]


class PersonNew(msgspec.Struct, forbid_unknown_fields=True):
    """An account that an administrator makes for somebody whose document they have seen."""

    phone: Phone
    name: Name
    birth_year: Annotated[int, msgspec.Meta(ge=1900, le=2100)]
    roles: Annotated[list[GivenRole], msgspec.Meta(min_length=1, max_length=6)]


class PersonAdded(msgspec.Struct):
    """The account, with what its owner is told once: a first password and, for roles of weight, an authenticator."""

    person: PersonOut
    password: str
    totp_uri: str | None


class TeamNew(msgspec.Struct, forbid_unknown_fields=True):
    id: uuid.UUID
    area_id: uuid.UUID
    name_zh: Name
    name_en: Annotated[str, msgspec.Meta(max_length=80)] = ""


class TeamChange(msgspec.Struct, forbid_unknown_fields=True):
    name_zh: Name | None = None
    name_en: Annotated[str, msgspec.Meta(min_length=1, max_length=80)] | None = None


class TeamOut(msgspec.Struct):
    """A team as its administrators see it."""

    id: uuid.UUID
    area: AreaRef
    name_zh: str
    name_en: str
    invite_code: str
    members: int


class MyTeam(msgspec.Struct):
    """One's own team; `invite_code` is given to those who lead it."""

    team: TeamRef
    members: int
    invite_code: str | None


class TeamChoice(msgspec.Struct, forbid_unknown_fields=True):
    team_id: uuid.UUID | None


class DisableReason(msgspec.Struct, forbid_unknown_fields=True):
    reason: Annotated[str, msgspec.Meta(min_length=2, max_length=200)]


class RoleChange(msgspec.Struct, forbid_unknown_fields=True):
    role: GivenRole
    area_id: uuid.UUID


class AuditEntryOut(msgspec.Struct):
    seq: int
    at: dt.datetime
    action: str
    kind: str
    subject_id: str
    actor_name: str | None
    details: dict


class AuditList(msgspec.Struct):
    items: list[AuditEntryOut]
    next: str | None


class AuditVerdict(msgspec.Struct):
    ok: bool
    checked: int
    first_bad: dict | None
