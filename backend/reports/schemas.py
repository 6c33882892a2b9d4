"""Wire types of reports."""

import datetime as dt
import uuid
from typing import Annotated, Literal

import msgspec

PHOTOS_MAX = 4

type Category = Literal["hazard", "order", "charging", "cards", "lighting", "other"]
type ReportState = Literal["received", "triaged", "handed_over", "acted", "closed", "withdrawn"]
type Outcome = Literal["solved", "not_fixed", "unfounded", "duplicate"]


class ReportIn(msgspec.Struct, forbid_unknown_fields=True):
    """Something seen: what kind, in a sentence, when and where (WGS-84; without a place the sentence says it).

    `text` is what was done or what is wrong; `description`, what it looked like, comes after it.
    """

    id: uuid.UUID
    category: Category
    text: Annotated[str, msgspec.Meta(min_length=2, max_length=300)]
    at: Annotated[dt.datetime, msgspec.Meta(tz=True)]
    lon: Annotated[float, msgspec.Meta(ge=-180, le=180)] | None = None
    lat: Annotated[float, msgspec.Meta(ge=-90, le=90)] | None = None
    accuracy_m: Annotated[float, msgspec.Meta(ge=0, le=100_000)] | None = None
    patrol_id: uuid.UUID | None = None
    description: Annotated[str, msgspec.Meta(max_length=300)] | None = None


class ReportMove(msgspec.Struct, forbid_unknown_fields=True):
    """The next step at the desk; closing needs an `outcome`. The reporter reads `answer`."""

    to: Literal["triaged", "handed_over", "acted", "closed"]
    outcome: Outcome | None = None
    answer: Annotated[str, msgspec.Meta(max_length=300)] | None = None


class ReportOut(msgspec.Struct):
    """A report as its reporter and the desk see it; `by_name`, `near` are for the desk only.

    `near` is how many other reports came from within 50 m in the day around it: perhaps the same thing. `hurtful` are words
    in it that judge people by where they come from: such a report is taken up before it is handed over.
    """

    id: uuid.UUID
    area_id: uuid.UUID
    area_name_zh: str
    area_name_en: str
    category: Category
    text: str
    description: str | None
    hurtful: list[str]
    at: dt.datetime
    received_at: dt.datetime
    changed_at: dt.datetime
    lon: float | None
    lat: float | None
    state: ReportState
    outcome: Outcome | None
    answer: str | None
    photos: list[uuid.UUID]
    mine: bool
    withdrawable_until: dt.datetime | None
    by_name: str | None
    near: int | None


class ReportList(msgspec.Struct):
    items: list[ReportOut]


class ListedWord(msgspec.Struct):
    """A word that is looked for in reports; `own` when the district added it."""

    word: str
    own: bool


class WordList(msgspec.Struct):
    items: list[ListedWord]


class WordChange(msgspec.Struct, forbid_unknown_fields=True):
    """A word to look for in a district's reports from now on, or no longer."""

    area_id: uuid.UUID
    word: Annotated[str, msgspec.Meta(min_length=2, max_length=40)]
    looked_for: bool
