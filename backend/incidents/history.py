"""A district's past incidents as columns, read in pages, so that neither a request nor other readers wait for them."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backend.areas import service as areas
from backend.core import clock
from backend.core.db import row, rows
from routing.incident import Incident

PAGE_ROWS = 2_000
DESK_BATCH = "desk"
"""What brought the single incidents that officers told: they are no import, and say nothing of how old the rest is."""


@dataclass(frozen=True, slots=True)
class History:
    """Incidents by time, one entry each: `at_s` seconds since 1970 in UTC, places in WGS-84 degrees, `kind` an index
    into `kinds`, `is_report` False for what a patrol found. Quick to hand to another process, unlike as many objects."""

    at_s: NDArray[np.float64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    kind: NDArray[np.int32]
    kinds: tuple[str, ...]
    weight: NDArray[np.float64]
    clock_known: NDArray[np.bool_]
    is_report: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.at_s)

    def incidents(self) -> list[Incident]:
        """The same as objects; takes seconds for very many, so not to be called where requests are served."""
        columns = (self.at_s, self.lon, self.lat, self.kind, self.weight, self.clock_known, self.is_report)
        return [
            Incident(
                str(number), dt.datetime.fromtimestamp(at_s, dt.UTC), lon, lat, self.kinds[kind], weight, known,
                "report" if is_report else "patrol",
            )
            for number, (at_s, lon, lat, kind, weight, known, is_report) in enumerate(
                zip(*(column.tolist() for column in columns), strict=True)
            )
        ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class DataAge:
    """How old what is known is: when the newest incident happened and when the last import came (None: never), even one
    that added nothing, and whether that was longer ago than the district allows."""

    newest_at: dt.datetime | None
    imported_at: dt.datetime | None
    old_after_days: int
    old: bool


async def history(area: areas.Area, since: dt.datetime, until: dt.datetime) -> History:
    """The incidents of the area's district from `since` to before `until`, the earliest first."""
    district = await areas.district_of(area)
    numbers: dict[str, int] = {}
    pages: list[tuple[NDArray[Any], ...]] = []
    after: tuple[Any, Any] | None = None
    while True:
        page = await _page(district, since, until, after)
        pages.append(_columns(page, numbers))
        if len(page) < PAGE_ROWS:
            break
        after = (time_of(page[-1]["occurred_at"]), page[-1]["id"])
    at_s, lon, lat, kind, weight, clock_known, is_report = map(np.concatenate, zip(*pages, strict=True))
    return History(at_s, lon, lat, kind, tuple(numbers), weight, clock_known, is_report)


async def _page(
    district: areas.Area, since: dt.datetime, until: dt.datetime, after: tuple[Any, Any] | None
) -> list[dict[str, Any]]:
    begin, later, values = since, "", ()
    if after is not None:
        begin, later, values = after[0], "AND (occurred_at, id) > (?, ?)", after
    return await rows(
        "SELECT id, occurred_at, lon, lat, kind, weight, clock_known, source FROM incident"
        f" WHERE area_id = ? AND occurred_at >= ? AND occurred_at < ? {later} ORDER BY occurred_at, id LIMIT ?",
        district.id, begin, until, *values, PAGE_ROWS,
    )  # fmt: skip


def _columns(page: list[dict[str, Any]], numbers: dict[str, int]) -> tuple[NDArray[Any], ...]:
    """One page as arrays, in the order of `History`; new kinds get the next of `numbers`."""
    return (
        np.array([time_of(each["occurred_at"]).timestamp() for each in page], dtype=np.float64),
        np.array([each["lon"] for each in page], dtype=np.float64),
        np.array([each["lat"] for each in page], dtype=np.float64),
        np.array([numbers.setdefault(each["kind"], len(numbers)) for each in page], dtype=np.int32),
        np.array([each["weight"] for each in page], dtype=np.float64),
        np.array([bool(each["clock_known"]) for each in page], dtype=np.bool_),
        np.array([each["source"] == "report" for each in page], dtype=np.bool_),
    )


async def data_age(area: areas.Area) -> DataAge:
    """How old what is known of the area's district is."""
    district = await areas.district_of(area)
    newest = await row("SELECT MAX(occurred_at) AS at FROM incident WHERE area_id = ?", district.id)
    arrived = await row("SELECT at FROM incident_arrival WHERE area_id = ?", district.id)
    stored = await row(
        "SELECT imported_at AS at FROM incident WHERE area_id = ? AND batch <> ? ORDER BY imported_at DESC LIMIT 1",
        district.id,
        DESK_BATCH,
    )
    times = [time_of(found["at"]) for found in (arrived, stored) if found]
    imported = max(times, default=None)
    days = areas.settings_of(district).incidents_old_after_days
    return DataAge(
        newest_at=time_of(newest["at"]) if newest and newest["at"] else None,
        imported_at=imported,
        old_after_days=days,
        old=imported is not None and clock.now() - imported > dt.timedelta(days=days),
    )


async def imported_at(district: areas.Area) -> dt.datetime | None:
    """When the district's newest incidents were imported; None when none ever were."""
    found = await row("SELECT MAX(imported_at) AS at FROM incident WHERE area_id = ?", district.id)
    return time_of(found["at"]) if found and found["at"] else None


def time_of(value: Any) -> dt.datetime:
    """A database's time: SQLite gives text."""
    return value if isinstance(value, dt.datetime) else dt.datetime.fromisoformat(value)
