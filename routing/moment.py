"""Reads dates and times as offices write them, and the time window of a plan."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from routing.words import RequestError, Words

# 2026-06-05, 2026/6/5, 2026.6.5, 2026年6月5日, each with or without a clock and an offset.
YEAR_FIRST = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?"
    r"(?:[T\s]*(\d{1,2})[:：时点](\d{1,2})分?(?:[:：]?(\d{1,2})(?:[.,]\d+)?秒?)?)?\s*(Z|[+-]\d{2}:?\d{2}|[+-]\d{2})?"
)
DIGITS = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T?(\d{2})(\d{2})(\d{2})?)?")
# 6/5/2026 8:30 PM: which number is the month is told by the whole column, see `month_first`.
YEAR_LAST = re.compile(
    r"(\d{1,2})/(\d{1,2})/(\d{4})(?:\s+(\d{1,2}):(\d{2})(?::(\d{2}))?\s*([AaPp][Mm])?)?",
)
# A spreadsheet's day number, for cells that lost their date format; day 0 is 1899-12-30.
DAY_NUMBER = re.compile(r"\d{5}(\.\d+)?")
# Seconds or milliseconds since 1970, as map servers write times; from 2001 on.
EPOCH = re.compile(r"1\d{9}(\d{3})?")
HALF_DAY = re.compile(r"\s*(上午|下午)\s*")
CLOCK_ONLY = re.compile(r"\d{1,2}[:：]\d{2}([:：]\d{2})?")
WINDOW_MAX = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Moment:
    """An aware time; `clock_known` is False when only the day was written (then it is noon)."""

    at: datetime
    clock_known: bool


def month_first(texts: Iterable[str]) -> bool | None:
    """Whether 5/6/2026 means May in this column: told by numbers over 12, None when nothing tells."""
    first_over = second_over = False
    for text in texts:
        if found := YEAR_LAST.fullmatch(text):
            first_over |= int(found[1]) > 12
            second_over |= int(found[2]) > 12
    return second_over if first_over != second_over else None


def read_moment(text: str, zone: tzinfo, *, months_lead: bool | None = None) -> Moment | None:
    """Read one cell; a time without an offset is in `zone`. None when it is no possible time."""
    if half := HALF_DAY.search(text):
        return _of_half_day(text, half, zone)
    if EPOCH.fullmatch(text):
        return Moment(datetime.fromtimestamp(int(text[:10]), zone), True)
    if found := YEAR_FIRST.fullmatch(text) or DIGITS.fullmatch(text):
        offset = found[7] if found.re is YEAR_FIRST else None
        return _moment(found.group(1, 2, 3), found.group(4, 5, 6), _offset(offset) if offset else zone)
    if (found := YEAR_LAST.fullmatch(text)) and months_lead is not None:
        month, day = (1, 2) if months_lead else (2, 1)
        hour = found[4]
        if hour and found[7]:
            if not 1 <= int(hour) <= 12:
                return None
            hour = str(int(hour) % 12 + (12 if found[7].lower() == "pm" else 0))
        return _moment((found[3], found[month], found[day]), (hour, found[5], found[6]), zone)
    if DAY_NUMBER.fullmatch(text):
        at = datetime(1899, 12, 30) + timedelta(seconds=round(float(text) * 86400))
        return Moment(at.replace(tzinfo=zone), True) if "." in text else Moment(_noon(at, zone), False)
    return None


def _of_half_day(text: str, half: re.Match[str], zone: tzinfo) -> Moment | None:
    """A time with 上午 or 下午 in it, as Chinese spreadsheets show the twelve-hour clock."""
    found = YEAR_FIRST.fullmatch(text[: half.start()] + " " + text[half.end() :])
    if found is None or found[4] is None or int(found[4]) > 12:
        return None
    hour = int(found[4]) % 12 + (12 if half[1] == "下午" else 0)
    return _moment(found.group(1, 2, 3), (str(hour), found[5], found[6]), zone)


def _moment(day: tuple[str, ...], clock: tuple[str | None, ...], zone: tzinfo) -> Moment | None:
    year, month, date = (int(part) for part in day)
    try:
        if clock[0] is None:
            return Moment(_noon(datetime(year, month, date), zone), False)
        hour, minute, second = (int(part or 0) for part in clock)
        return Moment(datetime(year, month, date, hour, minute, second, tzinfo=zone), True)
    except ValueError:
        return None


def _noon(day: datetime, zone: tzinfo) -> datetime:
    return day.replace(hour=12, tzinfo=zone)


def _offset(text: str) -> tzinfo:
    if text == "Z":
        return UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    span = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-span if text[0] == "-" else span) if span < timedelta(hours=24) else UTC


def read_window(text: str) -> tuple[datetime, datetime]:
    """Read START/END, both RFC 3339 with a time and an offset; RequestError, saying what is wrong, if not."""
    start_text, slash, end_text = text.partition("/")
    if not slash:
        raise _bad_window(text, "缺少“/”", "it has no '/'")
    ends: list[datetime] = []
    for zh, en, part in (("开始", "start", start_text), ("结束", "end", end_text)):
        if not re.search(r"\d[T ]\d{1,2}", part):
            raise _bad_window(
                text, f"{zh} {part or '（空）'} 没有钟点", f"the {en} {part or '(empty)'} has no time of day"
            )
        try:
            at = datetime.fromisoformat(part.strip())
        except ValueError:
            raise _bad_window(text, f"{zh} {part} 不是时间", f"the {en} {part} is not a time") from None
        if at.tzinfo is None:
            raise _bad_window(text, f"{zh} {part} 没有时区", f"the {en} {part} has no offset such as +08:00")
        ends.append(at)
    check_window(ends[0], ends[1])
    return ends[0], ends[1]


def check_window(start: datetime, end: datetime) -> None:
    """RequestError unless both are aware, the end is after the start and at most a day later."""
    shown = f"{start.isoformat()}/{end.isoformat()}"
    if start.tzinfo is None or end.tzinfo is None:
        raise _bad_window(shown, "没有时区", "it has no offset such as +08:00")
    if end <= start:
        raise _bad_window(shown, "结束不晚于开始", "it does not end after it starts")
    if end - start > WINDOW_MAX:
        raise _bad_window(shown, "超过 24 小时", "it is longer than 24 hours")


def _bad_window(value: str, zh: str, en: str) -> RequestError:
    example = "2026-06-05T20:00+08:00/2026-06-05T23:00+08:00"
    words = Words(
        zh=f"时间窗 {value} 无效：{zh}；请写成 {example}。",
        en=f"window {value} is not usable: {en}; write it as {example}.",
    )
    return RequestError("bad_window", words, field="window", value=value)
