"""Wire types of plans."""

import datetime as dt
import uuid
from typing import Any, Literal

import msgspec

from backend.tasks.schemas import DraftRoute, LonLat, RouteOut, Said, StopOut, TaskOut

type Profile = Literal["foot", "slow", "wheelchair", "ebike"]
type Step = Literal["loose", "some", "strict"]
"""How strictly something is held: not much, to some degree, strictly."""
type WhyNot = Literal["covered", "far", "taken", "left-in-peace", "no-way", "full"]
"""Why nothing is proposed after an incident: a stop is beside it, it is too far from every open route, the routes near it
are somebody's, no stop may be put there, no way leads there, or all stops near it are locked and fill the time."""
type EditKind = Literal["move", "add", "remove", "lock", "unlock", "choose", "replan"]


class PlanTeamsIn(msgspec.Struct, forbid_unknown_fields=True):
    """`count` equal teams: how they go about, for how long, from where; `end` None: back to the start."""

    count: int
    profile: Profile
    minutes: int
    start: LonLat
    end: LonLat | None = None


class PlanNew(msgspec.Struct, forbid_unknown_fields=True):
    """What an officer asks for: an evening's window, which teams, and how strictly two things are held.

    `fairness`: how alike the teams' time out is; `variety`: how hard to foresee the routes are. `id` is the desk's.
    """

    id: uuid.UUID
    area_id: uuid.UUID
    starts_at: dt.datetime
    ends_at: dt.datetime
    dwell_min: int
    teams: list[PlanTeamsIn]
    fairness: Step = "some"
    variety: Step = "some"
    seed: int | None = None


class PlanAsked(msgspec.Struct):
    """What the area's last plan was asked with; `clock_from` and `clock_to` are the window on the wall clock ("20:00")."""

    clock_from: str
    clock_to: str
    dwell_min: int
    teams: list[PlanTeamsIn]
    fairness: Step
    variety: Step


class PlanDefaults(msgspec.Struct):
    """How the area asks for a plan; None before its first."""

    asked: PlanAsked | None


class PlanPublish(msgspec.Struct, forbid_unknown_fields=True):
    """The drafts that an officer looked at and wants to open."""

    task_ids: list[uuid.UUID]


class PlanEditIn(msgspec.Struct, forbid_unknown_fields=True):
    """One change of the routes of the plan's `version` the officer was looking at. `id` is the desk's.

    move: `stop` to `team` at `position` (from 0). add: a place (`lon`, `lat`) to `team` (None: whichever loses least)
    at `position` (None: where it costs least). remove, lock, unlock: `stop`. choose: `team` walks `stops` instead, from
    now on as `profile` where that is given. replan: every route that is nobody's yet is sought anew.
    """

    id: uuid.UUID
    version: int
    kind: EditKind
    stop: str | None = None
    team: int | None = None
    position: int | None = None
    lon: float | None = None
    lat: float | None = None
    stops: list[str] | None = None
    profile: Profile | None = None


class PlanUndo(msgspec.Struct, forbid_unknown_fields=True):
    """Takes back the newest change; `id` is the desk's."""

    id: uuid.UUID
    version: int


class PlanStopName(msgspec.Struct, frozen=True):
    """A stop as a sentence names it."""

    id: str
    name: str
    name_en: str


class HandedOn(msgspec.Struct, frozen=True):
    """A stop that another team took over."""

    stop: PlanStopName
    team: int


class PlanEditTold(msgspec.Struct):
    """What an edit did: to which stop and teams, and what had to give way for it. `choices_before` and
    `choices_most_before` are those figures before routes were planned again."""

    stop: PlanStopName | None = None
    team: int | None = None
    from_team: int | None = None
    left_out: list[PlanStopName] = []
    handed_on: list[HandedOn] = []
    undone_kind: str | None = None
    choices_before: float | None = None
    choices_most_before: float | None = None


class PlanEditOut(msgspec.Struct):
    """A change of the plan: the `version` it made, who made it and what it did."""

    id: uuid.UUID
    version: int
    kind: str
    by_name: str
    mine: bool
    at: dt.datetime
    told: PlanEditTold
    undone: bool


class PlanTeamOut(msgspec.Struct):
    """One team as it was asked for; `number` counts from 1."""

    number: int
    profile: str
    minutes: int
    start: LonLat
    end: LonLat


class Failure(msgspec.Struct):
    """Why there is no plan: a code, and the words, field and value that say which constraint."""

    code: str
    params: dict[str, Any]


class HotspotOut(msgspec.Struct):
    """A place worth a patrol; `score` is 0 to 100 relative to the best."""

    lon: float
    lat: float
    score: float
    reason: Said
    name: str
    name_en: str
    kinds: list[str]
    peak_hours: list[int]
    id: str = ""


class PlanFigures(msgspec.Struct):
    """The plan in numbers.

    `coverage_share` is what the routes are worth of what all hotspots are worth, `score` the sum itself; `minutes`
    the teams' time out together, `spread_min` the difference between the longest and the shortest.
    `same_as_last_share` is the share of tonight's stops at which last night's published routes stood too (None: there
    was no such night), `choices` between how many next stops an outsider has to guess (None: not known), `choices_most`
    between how many at most, were other routes drawn among the good ones.
    """

    incidents: int
    incidents_as_of: dt.datetime | None
    hotspots: int
    routes: int
    stops: int
    length_m: float
    coverage_share: float
    score: float = 0.0
    minutes: int = 0
    spread_min: int = 0
    same_as_last_share: float | None = None
    choices: float | None = None
    choices_most: float | None = None


class PlanBestRoute(msgspec.Struct):
    """A team's stops in the best plan so far, in order, and its walk along the streets."""

    team: int
    stops: list[LonLat]
    line: list[LonLat] = []


class PlanBestOut(msgspec.Struct):
    """The best plan found so far: what it is worth of what all hotspots are worth, and its routes."""

    score: float
    coverage_share: float
    routes: list[PlanBestRoute]


class ProposalCause(msgspec.Struct):
    """The incident that made somebody think again: its kind in words, when and where; `named` is whether volunteers may
    be told of which kind it was."""

    kind: Said
    at: dt.datetime
    lon: float
    lat: float
    named: bool = True


class PlanProposalOut(msgspec.Struct):
    """Routes that would be walked instead, and what that would do; nothing changes before an officer accepts. With
    `why_not` there are none, and this is only to be known."""

    id: uuid.UUID
    plan_version: int
    cause: ProposalCause
    told: PlanEditTold
    routes: list[DraftRoute]
    created_at: dt.datetime
    why_not: WhyNot | None = None


class PlanDecision(msgspec.Struct, forbid_unknown_fields=True):
    """An officer's yes to a proposal; `id` is the desk's."""

    id: uuid.UUID


class PlanOut(msgspec.Struct):
    """A plan; hotspots, figures and tasks are there once it is ready, `edits` are its latest changes, newest first."""

    id: uuid.UUID
    area_id: uuid.UUID
    area_name_zh: str
    area_name_en: str
    state: str
    version: int
    starts_at: dt.datetime
    ends_at: dt.datetime
    team_count: int
    dwell_min: int
    start: LonLat
    teams: list[PlanTeamOut]
    fairness: str
    variety: str
    seed: int
    progress: float
    best: PlanBestOut | None
    failure: Failure | None
    hotspots: list[HotspotOut]
    figures: PlanFigures | None
    tasks: list[TaskOut]
    edits: list[PlanEditOut]
    proposal: PlanProposalOut | None
    created_by_name: str
    created_at: dt.datetime
    demo: bool


class PlanSummary(msgspec.Struct):
    """What a ready plan keeps; `choices` comes from the mix its routes were drawn from."""

    hotspots: list[HotspotOut]
    figures: PlanFigures


class PlanList(msgspec.Struct):
    """Plans without their tasks and hotspots, the latest first."""

    items: list[PlanOut]
    next: str | None


class RouteCandidate(msgspec.Struct):
    """A route that a team could walk instead; `key` is short, medium, long or accessible, `score` what it is worth."""

    key: str
    profile: str
    score: float
    stops: list[PlanStopName]
    route: RouteOut


class RouteCandidates(msgspec.Struct):
    """What a team of the plan's `plan_version` can choose among; `now` are the ids of its stops as they are."""

    plan_version: int
    now: list[str]
    items: list[RouteCandidate]


class HazardNoteNew(msgspec.Struct, forbid_unknown_fields=True):
    """A warning about a place of the area's district; `id` is the desk's."""

    id: uuid.UUID
    area_id: uuid.UUID
    kind: Literal["water", "railway", "unlit", "other"]
    lon: float
    lat: float
    note: str


class HazardNoteOut(msgspec.Struct):
    """A warning about a place, and whose it is."""

    id: uuid.UUID
    kind: str
    lon: float
    lat: float
    note: str
    created_by_name: str
    created_at: dt.datetime


class NotesBeside(msgspec.Struct):
    """The warnings beside a team's route, by id."""

    team: int
    notes: list[uuid.UUID]


class PlanHazards(msgspec.Struct):
    """Every warning of a plan's district, and which lie beside which route; the routes know the map's own."""

    notes: list[HazardNoteOut]
    routes: list[NotesBeside]


class RouteNote(msgspec.Struct):
    """A warning beside a route, for those who walk it."""

    id: uuid.UUID
    kind: str
    lon: float
    lat: float
    note: str


class RouteNotes(msgspec.Struct):
    """The warnings beside a route, in the order in which it passes them."""

    items: list[RouteNote]


class RouteBefore(msgspec.Struct):
    """A route as it was before an edit; `profile` is the team's, where the edit changed it."""

    team: int
    starts_at: dt.datetime
    ends_at: dt.datetime
    start: LonLat
    route: RouteOut
    stops: list[StopOut]
    profile: str | None = None
