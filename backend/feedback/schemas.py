"""Wire types of feedback."""

import datetime as dt
import uuid
from typing import Annotated, Literal

import msgspec

FeedbackKind = Literal["suggestion", "complaint"]
FeedbackState = Literal["received", "answered", "closed"]
Words = Annotated[str, msgspec.Meta(min_length=2, max_length=500, pattern=r"\S\s*\S")]
Screen = Annotated[str, msgspec.Meta(max_length=120, pattern=r"^(/[^?#\s]*)?$")]


class FeedbackIn(msgspec.Struct, forbid_unknown_fields=True):
    """A suggestion or a complaint, and the path of the screen it was sent from ("/tasks")."""

    id: uuid.UUID
    kind: FeedbackKind
    text: Words
    screen: Screen = ""


class FeedbackAnswer(msgspec.Struct, forbid_unknown_fields=True):
    """What its author is answered."""

    answer: Words


class FeedbackOut(msgspec.Struct):
    """Feedback and where it stands; `due_on` is the last day to answer it, `due_at` that day's end.

    `by_name` is told to those who answer, `mine` says that one sent it oneself.
    """

    id: uuid.UUID
    kind: FeedbackKind
    text: str
    screen: str
    state: FeedbackState
    area_name_zh: str
    area_name_en: str
    sent_at: dt.datetime
    due_on: dt.date
    due_at: dt.datetime
    mine: bool
    by_name: str | None
    answer: str | None
    answered_at: dt.datetime | None
    answered_by_name: str | None


class FeedbackList(msgspec.Struct):
    """Feedback; `waiting` has no answer yet, `late` of it is past its day."""

    items: list[FeedbackOut]
    waiting: int
    late: int
