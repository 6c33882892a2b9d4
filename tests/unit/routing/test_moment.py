"""Times must be read as offices write them, and a window must have its hours."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from routing.moment import month_first, read_moment, read_window
from routing.words import RequestError

SHANGHAI = ZoneInfo("Asia/Shanghai")
EVENING = datetime(2026, 6, 5, 20, 30, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    "text",
    [
        "2026-06-05 20:30", "2026-06-05 20:30:00", "2026/6/5 20:30", "2026.06.05 20:30", "2026-06-05T20:30:00.000",
        "2026年6月5日 20:30", "2026年06月05日20时30分", "2026年6月5日20时30分00秒", "20260605203000", "20260605T2030",
        "2026-06-05T12:30:00Z", "2026-06-05 20:30:00+08:00", "2026-06-05T08:30-04", "46178.854166666664",
        "2026/6/5 下午8:30", "2026年6月5日 下午 8:30:00", "1780662600", "1780662600000",
    ],
)  # fmt: skip
def test_the_same_evening(text: str) -> None:
    """All these are half past eight on the fifth of June in Shanghai."""
    moment = read_moment(text, SHANGHAI)
    assert moment is not None
    assert (moment.at, moment.clock_known) == (EVENING, True)


@pytest.mark.parametrize("text", ["2026-06-05", "2026/6/5", "2026年6月5日", "20260605", "46178"])
def test_a_day_without_a_clock(text: str) -> None:
    """A bare day is that day's noon, and says that its clock is unknown."""
    moment = read_moment(text, SHANGHAI)
    assert moment is not None
    assert (moment.at, moment.clock_known) == (datetime(2026, 6, 5, 12, tzinfo=SHANGHAI), False)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "昨晚",
        "2026-02-30",
        "2031-02-30 25:61",
        "2026-06-05 24:00",
        "2026-13-01 10:00",
        "20:30",
        "13/6/2026 13:00 PM",
        "2026-06-05 下午13:00",
        "2026-06-05 下午",
    ],
)
def test_what_is_no_time(text: str) -> None:
    """Impossible days and clocks are no times."""
    assert read_moment(text, SHANGHAI, months_lead=False) is None


def test_american_and_british_dates() -> None:
    """Which number is the month is told by the column, never guessed from one ambiguous cell."""
    assert month_first(["6/5/2026", "6/25/2026"]) is True
    assert month_first(["5/6/2026", "25/6/2026"]) is False
    assert month_first(["5/6/2026", "6/5/2026"]) is None
    assert month_first(["25/6/2026", "6/25/2026"]) is None
    american = read_moment("6/5/2026 8:30 PM", SHANGHAI, months_lead=True)
    assert american is not None
    assert american.at == EVENING
    midnight = read_moment("5/6/2026 12:05 am", SHANGHAI, months_lead=False)
    assert midnight is not None
    assert midnight.at == EVENING.replace(hour=0, minute=5)
    assert read_moment("6/5/2026", SHANGHAI) is None


def test_window() -> None:
    """A window is two RFC 3339 times, kept with their offsets."""
    start, end = read_window("2026-06-05T20:00+08:00/2026-06-05T23:00+08:00")
    assert start == datetime(2026, 6, 5, 12, tzinfo=UTC)
    assert start.tzinfo == timezone(timedelta(hours=8))
    assert end - start == timedelta(hours=3)
    assert read_window("2026-06-05T20:00Z/2026-06-06T02:00Z")[1].day == 6


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2026-06-05/2026-06-05", "no time of day"),
        ("2026-06-05T20:00+08:00", "no '/'"),
        ("2026-06-05T20:00+08:00/", "no time of day"),
        ("2026-06-05T20:00/2026-06-05T23:00", "no offset"),
        ("2026-06-05T20:00+08:00/2026-06-05T20:00+08:00", "does not end after"),
        ("2026-06-05T23:00+08:00/2026-06-05T20:00+08:00", "does not end after"),
        ("2026-06-05T20:00+08:00/2026-06-07T20:00+08:00", "longer than 24 hours"),
        ("2026-06-35T20:00+08:00/2026-06-05T23:00+08:00", "not a time"),
    ],
)
def test_bad_windows(text: str, said: str) -> None:
    """A window that is none says what is wrong with it and shows a good one."""
    with pytest.raises(RequestError, match=said) as caught:
        read_window(text)
    assert caught.value.field == "window"
    assert caught.value.value == text or said in ("does not end after", "longer than 24 hours")
    assert "2026-06-05T20:00+08:00/2026-06-05T23:00+08:00" in caught.value.words.zh
