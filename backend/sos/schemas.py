"""Wire types of calls for help."""

import datetime as dt
import uuid
from typing import Annotated, Literal

import msgspec

Longitude = Annotated[float, msgspec.Meta(ge=-180, le=180)]
Latitude = Annotated[float, msgspec.Meta(ge=-90, le=90)]
Moment = Annotated[dt.datetime, msgspec.Meta(tz=True)]


class SosIn(msgspec.Struct, forbid_unknown_fields=True):
    """A call for help; everything but the id and the time may be missing. `test` tells nobody but oneself."""

    id: uuid.UUID
    at: Moment
    lon: Longitude | None = None
    lat: Latitude | None = None
    accuracy_m: Annotated[float, msgspec.Meta(ge=0, le=100_000)] | None = None
    position_at: Moment | None = None
    patrol_id: uuid.UUID | None = None
    silent: bool = False
    test: bool = False
    note: Annotated[str, msgspec.Meta(max_length=200)] | None = None


class SosCancel(msgspec.Struct, forbid_unknown_fields=True):
    """`duress`: the answer looks cancelled, the call stays live."""

    at: Moment
    duress: bool = False


class SosReceipt(msgspec.Struct, forbid_unknown_fields=True):
    kind: Literal["delivered", "opened"]


class SosEnd(msgspec.Struct, forbid_unknown_fields=True):
    outcome: Literal["safe", "handed_over", "false_alarm"]
    note: Annotated[str, msgspec.Meta(max_length=200)] | None = None


class SosPosition(msgspec.Struct):
    """Where the caller was; `age_s` is how old that was when the call came in."""

    lon: float
    lat: float
    accuracy_m: float | None
    at: dt.datetime
    age_s: int


class SosPerson(msgspec.Struct):
    """Somebody whom the call reached: of the team, of a patrol nearby, of the station, or oneself in a test."""

    user_id: uuid.UUID
    name: str
    role: str
    at: dt.datetime


class SosContact(msgspec.Struct, frozen=True):
    kind: str
    name_zh: str
    name_en: str
    phone: str


class SosOut(msgspec.Struct):
    """A call as its caller, those told, and the police see it; `duress` is for the police only."""

    id: uuid.UUID
    state: str
    mine: bool
    caller_name: str
    at: dt.datetime
    received_at: dt.datetime
    silent: bool
    test: bool
    note: str | None
    patrol_id: uuid.UUID | None
    position: SosPosition | None
    told: int
    delivered: list[SosPerson]
    acknowledged: list[SosPerson]
    contacts: list[SosContact]
    outcome: str | None
    duress: bool = False


class SosList(msgspec.Struct):
    items: list[SosOut]
