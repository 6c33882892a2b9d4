"""Wire types of patrols and live positions."""

import datetime as dt
import uuid
from typing import Annotated, Any, Literal

import msgspec

from backend.areas.schemas import AreaRef
from backend.tasks.schemas import AssignmentOut, TaskOut

Longitude = Annotated[float, msgspec.Meta(ge=-180, le=180)]
Latitude = Annotated[float, msgspec.Meta(ge=-90, le=90)]
Moment = Annotated[dt.datetime, msgspec.Meta(tz=True)]
Code = Annotated[str, msgspec.Meta(min_length=1, max_length=300)]
FIXES_MAX = 500
COMPANIONS_MAX = 20
LOGS_MAX = 100

type LogKind = Literal["persuade", "publicity", "help", "hazard", "dispute", "other"]


class PatrolStart(msgspec.Struct, forbid_unknown_fields=True):
    """Start the task of an assignment, or a free patrol in an area; `companions` are codes scanned off mates' phones."""

    id: uuid.UUID
    started_at: Moment
    assignment_id: uuid.UUID | None = None
    area_id: uuid.UUID | None = None
    companions: Annotated[list[Code], msgspec.Meta(max_length=COMPANIONS_MAX)] = []


class FixIn(msgspec.Struct, forbid_unknown_fields=True):
    id: uuid.UUID
    at: Moment
    lon: Longitude
    lat: Latitude
    accuracy_m: Annotated[float, msgspec.Meta(ge=0, le=100_000)]
    speed_m_s: Annotated[float, msgspec.Meta(ge=-1, le=1000)] | None = None
    heading_deg: Annotated[float, msgspec.Meta(ge=-1, le=360)] | None = None
    mocked: bool = False
    """The phone itself says that another app made this position up."""


class FixBatch(msgspec.Struct, forbid_unknown_fields=True):
    fixes: Annotated[list[FixIn], msgspec.Meta(min_length=1, max_length=FIXES_MAX)]


class RefusedFix(msgspec.Struct):
    id: uuid.UUID
    code: str


class FixReceipt(msgspec.Struct):
    """What became of a batch; `stored` ones are on disk."""

    stored: int
    duplicates: int
    refused: list[RefusedFix]


class PatrolFinish(msgspec.Struct, forbid_unknown_fields=True):
    finished_at: Moment
    note: Annotated[str, msgspec.Meta(max_length=500)] | None = None


class ReviewIn(msgspec.Struct, forbid_unknown_fields=True):
    decision: Literal["accepted", "partial", "rejected"]
    note: Annotated[str, msgspec.Meta(max_length=500)] | None = None
    accepted: "AcceptedPart | None" = None
    """With a decision of partial: what of the walk counts."""


class AcceptedPart(msgspec.Struct, forbid_unknown_fields=True):
    """What of a walk counts: stops by their place in the task's list from 0, or minutes, or metres."""

    stops: list[int] | None = None
    minutes: Annotated[int, msgspec.Meta(ge=0, le=1440)] | None = None
    length_m: Annotated[int, msgspec.Meta(ge=0, le=200_000)] | None = None


class AppealIn(msgspec.Struct, forbid_unknown_fields=True):
    id: uuid.UUID
    reason: Annotated[str, msgspec.Meta(min_length=5, max_length=500)]


class AppealVerdict(msgspec.Struct, forbid_unknown_fields=True):
    decision: Literal["upheld", "corrected"]
    note: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]


class AppealOut(msgspec.Struct):
    reason: str
    made_at: dt.datetime
    decision: str | None
    note: str | None


class GoOn(msgspec.Struct, forbid_unknown_fields=True):
    minutes: Literal[15, 30, 60]


class MemberOut(msgspec.Struct):
    user_id: uuid.UUID
    name: str
    leader: bool
    state: str
    points_awarded: int | None
    joined_at: dt.datetime | None = None
    finished_at: dt.datetime | None = None
    minutes: int | None = None
    """From joining until going home; None while walking."""


class PositionOut(msgspec.Struct):
    lon: float
    lat: float
    at: dt.datetime
    accuracy_m: float


class PatrolOut(msgspec.Struct):
    """A patrol; lengths in metres, times with offset."""

    id: uuid.UUID
    task_id: uuid.UUID | None
    task: TaskOut | None
    area_id: uuid.UUID
    area_name_zh: str
    area_name_en: str
    kind: str
    state: str
    night: bool
    started_at: dt.datetime
    finished_at: dt.datetime | None
    members: list[MemberOut]
    length_m: int
    minutes: int
    stops_dwelt: int
    stops_total: int
    last_position: PositionOut | None
    note: str | None
    review_note: str | None
    demo: bool
    person_minutes: int = 0
    """Minutes of everybody added up; `minutes` counts the team once."""
    logs: dict[str, int] = {}
    """Matters met on the way, by kind."""
    stops_done: list[int] = []
    """The stops done, by their place in the task's list from 0."""
    gaps: int | None = None
    """Interruptions of the positions; None before the walk was measured on the streets."""
    covered_m: int | None = None
    """Metres of different streets walked."""
    route_covered_share: float | None = None
    """The share of the planned route that was walked, 0 to 1."""
    findings: list["FindingOut"] = []
    """What is odd about the positions: for a second look, never a verdict."""
    doubt: int = 0
    """0 to 100: by this, reviewers see patrols first."""
    accepted_part: AcceptedPart | None = None
    """What of the walk counted, after a partial verdict."""
    appeal: AppealOut | None = None
    asked_at: dt.datetime | None = None
    """When the server asked whether somebody still walks; None when it has not, or was answered."""


class FindingOut(msgspec.Struct):
    """One oddity of a track, in words, with its figures and where it was."""

    kind: str
    severity: int
    params: dict[str, Any]
    title_zh: str
    title_en: str
    user_id: uuid.UUID | None
    place: tuple[float, float] | None


class EvidenceSeries(msgspec.Struct):
    """How somebody's track went over time: an entry a step, `at_s` seconds after `began_at`."""

    user_id: uuid.UUID
    began_at: dt.datetime
    at_s: list[float]
    accuracy_m: list[float]
    speed_km_h: list[float]
    wait_s: list[float]
    made_up: list[bool]


class Repeated(msgspec.Struct):
    """Somebody's walk beside the earlier one that it repeats, both without their ends; (lon, lat) in WGS-84."""

    user_id: uuid.UUID
    of: uuid.UUID
    of_began_at: dt.datetime
    lines: list[list[tuple[float, float]]]
    of_lines: list[list[tuple[float, float]]]


class Evidence(msgspec.Struct):
    """What lies behind a patrol's findings; empty once its positions are deleted."""

    series: list[EvidenceSeries]
    repeated: list[Repeated]


class MatePosition(msgspec.Struct):
    """Somebody who walks along, and where they were last."""

    user_id: uuid.UUID
    name: str
    position: PositionOut


class MateList(msgspec.Struct):
    items: list[MatePosition]
    as_of: dt.datetime


class PatrolList(msgspec.Struct):
    items: list[PatrolOut]
    next: str | None


class LivePatrol(msgspec.Struct):
    """A patrol on the desk's map; `stale` when its last position is older than two minutes. Metres and stops are so far."""

    patrol_id: uuid.UUID
    task_title_zh: str
    task_title_en: str
    people: int
    position: PositionOut | None
    stale: bool
    stops_total: int
    route: dict[str, Any] | None
    trail: list[tuple[float, float]]
    started_at: dt.datetime
    demo: bool
    length_m: int = 0
    stops_done: int = 0


class LiveOut(msgspec.Struct):
    patrols: list[LivePatrol]
    on_duty: int
    as_of: dt.datetime


class MaybePatrol(msgspec.Struct):
    """The asker's running patrol, if there is one."""

    patrol: PatrolOut | None


class Chip(msgspec.Struct, frozen=True):
    """A kind of matter for the quick log."""

    kind: LogKind
    title_zh: str
    title_en: str


class LogIn(msgspec.Struct, forbid_unknown_fields=True):
    id: uuid.UUID
    kind: LogKind
    at: Moment
    lon: Longitude | None = None
    lat: Latitude | None = None
    note: Annotated[str, msgspec.Meta(max_length=200)] | None = None


class LogBatch(msgspec.Struct, forbid_unknown_fields=True):
    items: Annotated[list[LogIn], msgspec.Meta(min_length=1, max_length=LOGS_MAX)]


class LogReceipt(msgspec.Struct):
    """What became of logged matters, and how many there are of each kind by now."""

    stored: int
    duplicates: int
    refused: list[RefusedFix]
    counts: dict[str, int]


class VisitIn(msgspec.Struct, forbid_unknown_fields=True):
    """One was at a checkpoint or stop: `code` for qr and nfc, `for_user_id` for the leader's attestation."""

    id: uuid.UUID
    at: Moment
    method: Literal["qr", "nfc", "photo", "attested"]
    code: Code | None = None
    checkpoint_id: uuid.UUID | None = None
    stop_order: Annotated[int, msgspec.Meta(ge=0, le=1000)] | None = None
    for_user_id: uuid.UUID | None = None
    lon: Longitude | None = None
    lat: Latitude | None = None
    accuracy_m: Annotated[float, msgspec.Meta(ge=0, le=100_000)] | None = None


class VisitOut(msgspec.Struct):
    """A visit; `why` holds codes of what makes it more or less sure."""

    id: uuid.UUID
    at: dt.datetime
    method: str
    checkpoint_id: uuid.UUID | None
    stop_order: int | None
    user_id: uuid.UUID
    name: str
    sureness: str
    why: list[str]
    photo: bool


class VisitList(msgspec.Struct):
    items: list[VisitOut]


class CheckpointOut(msgspec.Struct):
    id: uuid.UUID
    area_id: uuid.UUID
    name_zh: str
    name_en: str
    lon: float
    lat: float
    qr: bool
    nfc: bool
    screen: bool


class CheckpointList(msgspec.Struct):
    items: list[CheckpointOut]


class CheckpointIn(msgspec.Struct, forbid_unknown_fields=True):
    id: uuid.UUID
    area_id: uuid.UUID
    name_zh: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
    lon: Longitude
    lat: Latitude
    name_en: Annotated[str, msgspec.Meta(max_length=80)] | None = None
    qr: bool = True
    nfc: bool = False
    screen: bool = False


class CheckpointChange(msgspec.Struct, forbid_unknown_fields=True):
    """What is left out stays; `renew_codes` makes every code given out so far worthless."""

    name_zh: Annotated[str, msgspec.Meta(min_length=1, max_length=60)] | None = None
    name_en: Annotated[str, msgspec.Meta(min_length=1, max_length=80)] | None = None
    renew_codes: bool = False
    in_use: bool | None = None


class CheckpointCode(msgspec.Struct):
    """The text of a code: to print, to write on a tag as its one address record, or to show until `renews_at`."""

    kind: str
    text: str
    renews_at: dt.datetime | None


class CompanionCode(msgspec.Struct):
    """One's own code for mates to scan; `qr_text` is what the QR code holds."""

    token: str
    qr_text: str
    valid_until: dt.datetime


class JoinIn(msgspec.Struct, forbid_unknown_fields=True):
    """A scanned companion code (the QR's whole text will do), and when it was scanned."""

    token: Code
    at: Moment


class HandOver(msgspec.Struct, forbid_unknown_fields=True):
    to_user_id: uuid.UUID


class NightTeam(msgspec.Struct):
    """How a team stands to the rule that at night two walk, one of them experienced; `ok` when they may set out."""

    needed: bool
    people: int
    people_min: int
    experienced: int
    experienced_min: int
    ok: bool


class TeamMate(msgspec.Struct):
    user_id: uuid.UUID
    name: str
    leader: bool
    state: str
    experienced: bool


class Contact(msgspec.Struct, frozen=True):
    """Whom to call or write to when the app cannot help."""

    kind: str
    name_zh: str
    name_en: str
    phone: str


class WalkRules(msgspec.Struct, frozen=True):
    """The figures a phone needs to judge for its own screen what the server will judge for the record."""

    fix_every_s: int
    batch_every_s: int
    fixes_max: int
    gap_s: int
    arrive_m: int
    leave_m: int
    dwell_share: float
    accuracy_m_max: int
    off_route_m: int
    undo_s: int


class WalkPackage(msgspec.Struct):
    """Everything a phone needs to walk with no network."""

    made_at: dt.datetime
    valid_until: dt.datetime
    assignment: AssignmentOut | None
    task: TaskOut | None
    area: AreaRef
    center: tuple[float, float]
    night: bool
    team: list[TeamMate]
    night_team: NightTeam
    companion: CompanionCode
    checkpoints: list[CheckpointOut]
    chips: list[Chip]
    rules: WalkRules
    contacts: list[Contact]


class TrackerClient(msgspec.Struct):
    """One program: its address, a QR code that sets it up where it can read one, and three steps in both languages."""

    client: str
    name: str
    url: str
    qr_text: str | None
    steps_zh: list[str]
    steps_en: list[str]


class TrackerOut(msgspec.Struct):
    """The address of one walk's tracker; it ends with the walk."""

    token: str
    last_fix_at: dt.datetime | None
    clients: list[TrackerClient]


class TrackerReceipt(msgspec.Struct):
    """What became of what a tracker sent."""

    stored: int
    duplicates: int
    refused: int


class WalkedCell(msgspec.Struct):
    """A square by its middle, and how many patrols crossed it at the least: 5, 10, 20 or 50."""

    lon: float
    lat: float
    at_least: int


class WalkedCells(msgspec.Struct):
    """Where patrols walked since a day: squares of at least `side_m` that at least `patrols_min` crossed, and no others."""

    since: dt.date
    side_m: float
    patrols_min: int
    half_lon: float
    half_lat: float
    cells: list[WalkedCell]


class QuietHomeIn(msgspec.Struct, forbid_unknown_fields=True):
    """Where one lives; only a keyed hash of its surroundings is kept."""

    lon: Longitude
    lat: Latitude


class QuietHomeOut(msgspec.Struct):
    """Since when one's home is left out of what others see; None when none is named."""

    set_at: dt.datetime | None


class StoredCounts(msgspec.Struct):
    fixes: int
    logs: int
    visits: int
    photos: int
    first_at: dt.datetime | None
    last_at: dt.datetime | None


class SeenBy(msgspec.Struct):
    """Somebody who looked: `live` while it was walked, else at the track afterwards."""

    name: str
    live: bool
    first_at: dt.datetime
    last_at: dt.datetime
    times: int


class KeptUntil(msgspec.Struct):
    what: str
    until: dt.datetime
    then_zh: str
    then_en: str


class SeesWhat(msgspec.Struct, frozen=True):
    who: str
    sees_zh: str
    sees_en: str


class PrivacyReceipt(msgspec.Struct):
    """What is kept of one's own part of a patrol, who saw it, and when it is deleted."""

    patrol_id: uuid.UUID
    stored: StoredCounts
    seen_by: list[SeenBy]
    kept: list[KeptUntil]
    audience: list[SeesWhat]
