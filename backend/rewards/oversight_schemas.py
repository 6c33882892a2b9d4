"""Wire types of what watches over rewards: budgets, signals, the leaderboard and the switch for security scenes."""

import datetime as dt
import uuid
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, UnsetType

from backend.rewards.schemas import Reason

Points = Annotated[int, msgspec.Meta(ge=1, le=1_000_000_000)]
SignalKind = Literal["same_pair", "odd_hours", "velocity", "reviewer_pair"]
Outcome = Literal["fine", "acted"]
BudgetState = Literal["coming", "running", "used_up", "over", "ended"]


class BudgetIn(msgspec.Struct, forbid_unknown_fields=True):
    """Points that a funder gives for a period; both days count, by the district's calendar."""

    id: uuid.UUID
    area_id: uuid.UUID
    funder: Annotated[str, msgspec.Meta(min_length=1, max_length=60, pattern=r"\S")]
    starts_on: dt.date
    ends_on: dt.date
    points: Points
    kept_for_posted: Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)] = 0
    note: Annotated[str, msgspec.Meta(max_length=200)] = ""


class BudgetOut(msgspec.Struct):
    """A budget and what is left of it."""

    id: uuid.UUID
    funder: str
    starts_on: dt.date
    ends_on: dt.date
    points: int
    kept_for_posted: int
    used: int
    left: int
    state: BudgetState
    note: str
    created_at: dt.datetime
    ended_at: dt.datetime | None


class BudgetNow(msgspec.Struct):
    """All budgets that cover today, together; `runs_out_on` at the pace of the last 28 days, null where they last.

    `promised` is the part of `left` that open tasks promise to those who walk them.
    """

    points: int
    used: int
    left: int
    promised: int
    ends_on: dt.date
    runs_out_on: dt.date | None


class BudgetList(msgspec.Struct):
    """A district's budgets, those in force first; `now` null means that points are not limited today."""

    items: list[BudgetOut]
    now: BudgetNow | None


class SignalPerson(msgspec.Struct):
    """Somebody a signal is about."""

    user_id: uuid.UUID
    name: str
    role: Literal["staff", "reviewer", "person"]


class SignalEvent(msgspec.Struct):
    """One use of a voucher, or one credit."""

    at: dt.datetime
    points: int


class SignalOut(msgspec.Struct):
    """What was seen, in words and as figures to draw: the events, and how many fell in each hour of the day."""

    id: uuid.UUID
    kind: SignalKind
    state: Literal["open", "closed"]
    at: dt.datetime
    text_zh: str
    text_en: str
    people: list[SignalPerson]
    merchant_name_zh: str
    merchant_name_en: str
    events: list[SignalEvent]
    hours: list[int]
    count: int
    points: int
    since: dt.datetime
    until: dt.datetime
    outcome: Outcome | None
    note: str
    closed_at: dt.datetime | None
    closed_by_name: str


class SignalList(msgspec.Struct):
    """Signals, newest first."""

    items: list[SignalOut]


class SignalClose(msgspec.Struct, forbid_unknown_fields=True):
    """What came of looking at it."""

    outcome: Outcome
    note: Annotated[str, msgspec.Meta(max_length=300)] = ""


class SecurityScene(msgspec.Struct):
    """A time for which the district declared a security scene, and why."""

    until: dt.datetime
    reason: str
    declared_at: dt.datetime
    declared_by_name: str


class SceneIn(msgspec.Struct, forbid_unknown_fields=True):
    """A security scene to declare."""

    until: Annotated[dt.datetime, msgspec.Meta(tz=True)]
    reason: Reason


class RewardSettings(msgspec.Struct):
    """What the district decided about its rewards."""

    leaderboard: bool
    security_scene: SecurityScene | None


class RewardSettingsPatch(msgspec.Struct, forbid_unknown_fields=True):
    """What to change; what is left out stays, a scene of null ends it."""

    leaderboard: bool | UnsetType = UNSET
    security_scene: SceneIn | UnsetType | None = UNSET


class LeaderboardChoiceOut(msgspec.Struct):
    """Whether the district has a leaderboard, and whether one is on it."""

    available: bool
    shown: bool


class LeaderboardChoiceIn(msgspec.Struct, forbid_unknown_fields=True):
    shown: bool


class LeaderboardMe(msgspec.Struct):
    rank: int
    points: int


class LeaderboardRow(msgspec.Struct):
    rank: int
    name: str
    points: int
    me: bool


class LeaderboardTeam(msgspec.Struct):
    team_id: uuid.UUID
    name_zh: str
    name_en: str
    people: int
    points: int


class Leaderboard(msgspec.Struct):
    """A month among those who wanted to be seen: oneself and those near, and teams of three or more by name."""

    month: str
    people: int
    me: LeaderboardMe | None
    around: list[LeaderboardRow]
    teams: list[LeaderboardTeam]


class TeamActivity(msgspec.Struct):
    """How many of a team's members walked; `share` from 0 to 1."""

    team_id: uuid.UUID
    name_zh: str
    name_en: str
    members: int
    walked: int
    share: float


class ActivityOut(msgspec.Struct):
    """Activity by team while a security scene holds."""

    until: dt.datetime
    items: list[TeamActivity]
