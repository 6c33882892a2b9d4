"""Wire types of alerts."""

import datetime as dt
import uuid
from typing import Annotated, Any, Literal

import msgspec

Instant = Annotated[dt.datetime, msgspec.Meta(tz=True)]
Longitude = Annotated[float, msgspec.Meta(ge=-180, le=180)]
Latitude = Annotated[float, msgspec.Meta(ge=-90, le=90)]
Headline = Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
HeadlineEn = Annotated[str, msgspec.Meta(max_length=120)]
Needed = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Optional200 = Annotated[str, msgspec.Meta(max_length=200)]
Direction = Annotated[str, msgspec.Meta(max_length=80)]
Place = Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
Radius = Annotated[int, msgspec.Meta(ge=50, le=5000, description="Metres around the point")]
Phone = Annotated[str, msgspec.Meta(pattern=r"^\+?[0-9][0-9 -]{1,18}$")]
type Channel = Literal["in_app", "web_push", "sms"]
type Subject = Literal["child", "elder", "adult"]
type StepName = Literal["read", "instructed", "acknowledged", "arrived", "outcome"]
type SightingOutcome = Literal["found", "mistaken", "gone", "duplicate"]
type ProposalState = Literal["waiting", "used", "dismissed", "replaced", "cancelled"]
type AlertState = Literal["draft", "submitted", "approved", "live", "closed", "recalled", "purged"]


class AlertDraft(msgspec.Struct, forbid_unknown_fields=True):
    """A new alert: clothing, behaviour, direction and place rather than a name; `id` is made by the client.

    `clothing_zh` is how it looks: a person's clothes, a vehicle's make, colour and plate, what a danger is. With
    `audience_area_id` it goes to those inside that area, not to those within `radius_m`. `subject` is whom a missing
    person is; a child's photo needs `guardian_consent`. An `exercise` is a practice alert.
    `proposal_id` names the warning of another system that it is made of.
    """

    id: uuid.UUID
    area_id: uuid.UUID
    kind: str
    headline_zh: Headline
    clothing_zh: Needed
    last_seen_at: Instant
    last_seen_place: Place
    lon: Longitude
    lat: Latitude
    radius_m: Radius
    expires_at: Instant
    contact_phone: Phone
    headline_en: HeadlineEn = ""
    behaviour_zh: Optional200 = ""
    direction_zh: Direction = ""
    subject: Subject | None = None
    exercise: bool = False
    guardian_consent: bool = False
    audience_area_id: uuid.UUID | None = None
    proposal_id: uuid.UUID | None = None


class AlertChange(msgspec.Struct, forbid_unknown_fields=True):
    """Changes to a draft; what is left out stays. With `version`, only that version is changed.

    `audience_area_id` null means: within the radius again.
    """

    version: int | None = None
    headline_zh: Headline | None = None
    headline_en: HeadlineEn | None = None
    clothing_zh: Needed | None = None
    behaviour_zh: Optional200 | None = None
    direction_zh: Direction | None = None
    last_seen_at: Instant | None = None
    last_seen_place: Place | None = None
    lon: Longitude | None = None
    lat: Latitude | None = None
    radius_m: Radius | None = None
    expires_at: Instant | None = None
    contact_phone: Phone | None = None
    subject: Subject | None = None
    exercise: bool | None = None
    guardian_consent: bool | None = None
    audience_area_id: uuid.UUID | msgspec.UnsetType | None = msgspec.UNSET


class AlertText(msgspec.Struct, forbid_unknown_fields=True):
    """An addition to a live alert; with `expires_at` it also ends at another time, and the text says why."""

    text_zh: Annotated[str, msgspec.Meta(min_length=1, max_length=300)]
    expires_at: Instant | None = None


class AlertNote(msgspec.Struct, forbid_unknown_fields=True):
    """Why a draft goes back to its composer."""

    note: Annotated[str, msgspec.Meta(min_length=1, max_length=300)]


class AlertAlone(msgspec.Struct, forbid_unknown_fields=True):
    """Why there is no time to wait for a second signature."""

    why: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class AlertReview(msgspec.Struct, forbid_unknown_fields=True):
    """What the second person says of an alert that went out on one signature: it stays, or is taken back."""

    verdict: Literal["confirmed", "withdrawn"]
    note: Annotated[str, msgspec.Meta(max_length=200)] = ""


class AlertEnd(msgspec.Struct, forbid_unknown_fields=True):
    """Why the alert is over."""

    outcome: Literal["found", "cleared", "withdrawn"]
    note: Annotated[str, msgspec.Meta(max_length=200)] = ""


class AlertCounts(msgspec.Struct):
    """People, each counted once however many devices they have."""

    audience: int
    sent: int
    delivered: int
    opened: int
    acknowledged: int
    declined: int
    purged: int


class AlertMoment(msgspec.Struct):
    """One step of the alert's life; `params` has `by_name` where a person did it."""

    at: dt.datetime
    code: str
    params: dict[str, Any]


class AlertUpdateOut(msgspec.Struct):
    at: dt.datetime
    text_zh: str


class AlertOut(msgspec.Struct):
    """An alert. Recipients get the card; the police of the area also get counts, timeline and who did what.

    `keep_away_zh` and `keep_away_en` are shown with every alert.
    """

    id: uuid.UUID
    area_id: uuid.UUID
    area_name_zh: str
    area_name_en: str
    kind: str
    kind_title_zh: str
    kind_title_en: str
    state: AlertState
    headline_zh: str
    headline_en: str
    clothing_zh: str
    behaviour_zh: str
    direction_zh: str
    last_seen_at: dt.datetime
    last_seen_place: str
    lon: float
    lat: float
    radius_m: int
    expires_at: dt.datetime
    contact_phone: str
    keep_away_zh: str
    keep_away_en: str
    has_photo: bool
    subject: Subject | None
    exercise: bool
    guardian_consent: bool
    audience_area_id: uuid.UUID | None
    may_sign_alone: bool
    signed_alone_at: dt.datetime | None
    review_due_at: dt.datetime | None
    return_note: str | None
    stood_down_at: dt.datetime | None
    live_at: dt.datetime | None
    distance_m: int | None
    declined: bool
    updates: list[AlertUpdateOut]
    published_by_name: str | None
    composed_by: uuid.UUID | None
    composed_by_name: str | None
    outcome: str | None
    close_note: str | None
    version: int
    counts: AlertCounts | None
    timeline: list[AlertMoment] | None
    demo: bool


class AlertList(msgspec.Struct):
    items: list[AlertOut]
    next: str | None


class Audience(msgspec.Struct):
    """Whom the alert would reach now: at most `cap` people, the nearest first."""

    count: int
    nearest_m: int | None
    cap: int
    left_out: int


class ReceiptIn(msgspec.Struct, forbid_unknown_fields=True):
    """What a phone has done with its copy, or its owner with the alert.

    `acknowledged`: looked around; `declined`: not for me, which `acknowledged` takes back.
    """

    kind: Literal["delivered", "opened", "acknowledged", "declined", "purged"]
    at: Instant
    channel: Channel = "in_app"


class SightingIn(msgspec.Struct, forbid_unknown_fields=True):
    """What someone saw; `id` is made by the phone, which may send it twice."""

    id: uuid.UUID
    at: Instant
    lon: Longitude
    lat: Latitude
    behaviour_zh: Annotated[str, msgspec.Meta(min_length=1, max_length=300)]
    direction: Direction = ""
    certainty: Literal["sure", "likely", "unsure"] = "likely"


class SightingOut(msgspec.Struct):
    """A sighting; `by_name` and `steps` only for the police. `state` is the last step, or "merged" or "received"."""

    id: uuid.UUID
    alert_id: uuid.UUID
    at: dt.datetime
    lon: float
    lat: float
    behaviour_zh: str
    direction: str
    certainty: str
    received_at: dt.datetime
    state: str
    by_name: str | None
    distance_m: int
    has_photo: bool
    merged_into: uuid.UUID | None
    steps: list["SightingStepOut"]


class MySighting(msgspec.Struct):
    """One's own sighting and how far it has come: received, read by the police, or done."""

    id: uuid.UUID
    at: dt.datetime
    behaviour_zh: str
    received_at: dt.datetime
    state: Literal["received", "read", "done"]


class SightingStepOut(msgspec.Struct):
    """One thing the police did about a sighting, and when."""

    step: StepName
    at: dt.datetime
    by_name: str | None
    text_zh: str
    outcome: SightingOutcome | None


class SightingStepIn(msgspec.Struct, forbid_unknown_fields=True):
    """The next thing done: an instruction needs its text, an outcome says which."""

    step: StepName
    text_zh: Annotated[str, msgspec.Meta(max_length=200)] = ""
    outcome: SightingOutcome | None = None


class SightingMerge(msgspec.Struct, forbid_unknown_fields=True):
    """The sighting that this one is the same as."""

    into: uuid.UUID


class PhotoViewOut(msgspec.Struct):
    """Somebody looked at the photo, on which device; `mark` is what stood on it."""

    at: dt.datetime
    by_name: str
    device_name: str
    mark: str
    sighting_id: uuid.UUID | None


class RecipientOut(msgspec.Struct):
    """One person the alert was sent to: how far away, and by each way what became of it."""

    user_id: uuid.UUID
    name: str
    distance_m: int | None
    declined_at: dt.datetime | None
    purged_at: dt.datetime | None
    ways: list["RecipientWay"]


class RecipientWay(msgspec.Struct):
    """One way to a person; nothing was `sent_at` while it waits."""

    channel: Channel
    sent_at: dt.datetime | None
    delivered_at: dt.datetime | None
    opened_at: dt.datetime | None
    acknowledged_at: dt.datetime | None


class SightingList(msgspec.Struct):
    items: list[SightingOut]
    next: str | None


class ProposalReceipt(msgspec.Struct):
    """What became of a warning that was handed in."""

    id: uuid.UUID
    state: ProposalState


class ProposalOut(msgspec.Struct):
    """A warning of another system; a place without a point has neither `lon`, `lat` nor `radius_m`.

    `audience_area_id` is the community that the warning's outline is drawn around, if it is one.
    """

    id: uuid.UUID
    area_id: uuid.UUID
    state: ProposalState
    sender: str
    exercise: bool
    event: str
    headline: str
    description: str
    place: str
    contact: str
    severity: str
    sent_at: dt.datetime
    received_at: dt.datetime
    expires_at: dt.datetime | None
    lon: float | None
    lat: float | None
    radius_m: int | None
    alert_id: uuid.UUID | None
    audience_area_id: uuid.UUID | None
