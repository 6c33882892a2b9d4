"""By when feedback is answered: so many working days, with the holidays and moved working days of the state's calendar."""

import datetime as dt
import functools
import zoneinfo
from typing import TYPE_CHECKING

from backend.feedback.schemas import FeedbackKind

if TYPE_CHECKING:
    from holidays import HolidayBase

WORKING_DAYS: dict[FeedbackKind, int] = {"complaint": 5, "suggestion": 10}
"""How many working days an answer may take, counted from the day after it was sent."""


@functools.cache
def _calendar() -> "HolidayBase":
    from holidays import country_holidays

    return country_holidays("CN")


def due_on(kind: FeedbackKind, sent_on: dt.date) -> dt.date:
    """The last day to answer. The first call loads the calendar, which takes some 150 ms: not on the event loop."""
    return _calendar().get_nth_working_day(sent_on, WORKING_DAYS[kind])


def due_at(kind: FeedbackKind, sent_at: dt.datetime, time_zone: str) -> dt.datetime:
    """The end of the last day to answer in a zone, in UTC; as `due_on`, not on the event loop."""
    zone = zoneinfo.ZoneInfo(time_zone)
    following = due_on(kind, sent_at.astimezone(zone).date()) + dt.timedelta(days=1)
    return dt.datetime.combine(following, dt.time(), tzinfo=zone).astimezone(dt.UTC)


def last_day(end: dt.datetime, time_zone: str) -> dt.date:
    """The day in a zone that ends at this moment."""
    return (end - dt.timedelta(seconds=1)).astimezone(zoneinfo.ZoneInfo(time_zone)).date()
