"""Answers are due after so many working days of the state's calendar, at the end of the day in the district."""

import datetime as dt

import pytest

from backend.feedback.deadlines import due_at, due_on, last_day
from backend.feedback.schemas import FeedbackKind


@pytest.mark.parametrize(
    ("kind", "sent_on", "wanted"),
    [
        ("complaint", dt.date(2026, 6, 1), dt.date(2026, 6, 8)),  # a Monday, over one weekend
        ("complaint", dt.date(2026, 6, 6), dt.date(2026, 6, 12)),  # a Saturday counts from Monday
        ("suggestion", dt.date(2026, 6, 1), dt.date(2026, 6, 15)),
        # The first week of October is free, and the Saturday after it is worked on instead.
        ("complaint", dt.date(2026, 9, 30), dt.date(2026, 10, 13)),
    ],
)
def test_working_days_are_counted(kind: FeedbackKind, sent_on: dt.date, wanted: dt.date) -> None:
    """Weekends and holidays do not count, weekends that are worked on do."""
    assert due_on(kind, sent_on) == wanted


def test_the_day_is_the_districts() -> None:
    """At 17:00 UTC it is the next day in the district, and its last day ends at the district's midnight."""
    sent_at = dt.datetime(2026, 6, 1, 17, tzinfo=dt.UTC)
    end = due_at("complaint", sent_at, "Asia/Shanghai")
    assert end == dt.datetime(2026, 6, 9, 16, tzinfo=dt.UTC)
    assert last_day(end, "Asia/Shanghai") == dt.date(2026, 6, 9)
