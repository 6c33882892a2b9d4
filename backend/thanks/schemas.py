"""Wire types of badges, thanks to teams, and the days on which it rained."""

import datetime as dt
import uuid
from typing import Annotated, Literal

import msgspec

BadgeCode = Literal["first_patrol", "first_night", "rain", "year_of_fridays", "hundred_hours"]


class BadgeOut(msgspec.Struct):
    """One badge: when it was earned, or how far one is (`have` of `need`)."""

    code: BadgeCode
    title_zh: str
    title_en: str
    text_zh: str
    text_en: str
    earned_at: dt.datetime | None
    have: int
    need: int


class ThankedTeam(msgspec.Struct):
    """A team to choose."""

    id: uuid.UUID
    name_zh: str
    name_en: str


class TeamThanksIn(msgspec.Struct, forbid_unknown_fields=True):
    """Words of thanks to a team."""

    id: uuid.UUID
    team_id: uuid.UUID
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=300, pattern=r"\S")]


class TeamThanksOut(msgspec.Struct):
    """Words of thanks as the team reads them."""

    id: uuid.UUID
    team_name_zh: str
    team_name_en: str
    text: str
    from_name: str
    at: dt.datetime


class RainIn(msgspec.Struct, forbid_unknown_fields=True):
    """Whether it rained on a day; a night counts to the day it began."""

    area_id: uuid.UUID
    day: dt.date
    rained: bool


class RainOut(msgspec.Struct):
    """The days of a month on which it rained."""

    days: list[dt.date]
