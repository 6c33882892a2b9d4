"""Incidents as residents reported them, and the reader for the files that police offices have."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Literal

import numpy as np

from routing.columns import Columns, Field, find_columns
from routing.geo import Datum, Region, to_wgs84
from routing.moment import CLOCK_ONLY, Moment, month_first, read_moment
from routing.person import without_persons
from routing.pileup import midnight_pileup, station_pileups, without_clock
from routing.table_file import Row, Table, read_rows

type Source = Literal["report", "patrol"]
# A row has at most one of the error codes: the first that applies, in this order.
type FindingCode = Literal[
    "missing_coordinates", "bad_coordinates", "zero_coordinates", "swapped_coordinates", "outside_area",
    "bad_time", "future_time", "missing_category", "duplicate",
    "person_column", "person_text", "free_text_column", "no_category_column", "no_source_column", "bad_weight",
    "midnight_pileup", "station_pileup", "wrong_datum",
]  # fmt: skip

ERROR_CODES: tuple[FindingCode, ...] = (
    "missing_coordinates", "bad_coordinates", "zero_coordinates", "swapped_coordinates", "outside_area",
    "bad_time", "future_time", "missing_category", "duplicate",
)  # fmt: skip
PATROL_WORDS = (
    "巡逻", "巡查", "巡防", "盘查", "设卡", "民警发现", "工作发现", "工作中发现", "执法发现", "自行发现",
    "patrol", "officer", "self-initiated", "proactive", "onview", "on-view", "on view",
)  # fmt: skip
UNKNOWN_KIND = "其他"


@dataclass(frozen=True, slots=True)
class Incident:
    """One past incident: `at` is aware, place in WGS-84 degrees, `weight` its harm (1 is usual).

    `clock_known` is False when only the day is known. `source` is "patrol" for what a patrol found
    itself; such incidents never train a forecast, or patrols would send themselves where they already go.
    """

    id: str
    at: datetime
    lon: float
    lat: float
    kind: str
    weight: float = 1.0
    clock_known: bool = True
    source: Source = "report"

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise ValueError(f"incident {self.id!r}: at {self.at} must have a time zone")
        if not (abs(self.lon) <= 180 and abs(self.lat) <= 90):
            raise ValueError(f"incident {self.id!r}: lon {self.lon}, lat {self.lat} is not a place on earth")
        if not (math.isfinite(self.weight) and self.weight >= 0):
            raise ValueError(f"incident {self.id!r}: weight {self.weight} must be finite and not negative")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about the file worth saying: `line` counts from 1 (0 when it is about the whole file).

    `code` in ERROR_CODES means that the row was left out; the others only inform. `value` never holds
    what stood in a column about persons. `rows` is how many rows it is about, `line` the first of them.
    """

    line: int
    column: str
    value: str
    code: FindingCode
    rows: int = 1

    @property
    def is_error(self) -> bool:
        """Whether the row was left out because of it."""
        return self.code in ERROR_CODES


@dataclass(frozen=True, slots=True)
class IncidentFile:
    """What a file gave: the good incidents, the findings, and how it was read.

    `row_count` counts the rows below the header; `columns` says which header was taken for which field. `header` and
    `refused` are the file's columns and the rows that were left out, without those about persons.
    """

    incidents: list[Incident]
    findings: list[Finding]
    row_count: int
    columns: dict[Field, str]
    header: tuple[str, ...] = ()
    refused: tuple[Row, ...] = ()

    @property
    def dropped_columns(self) -> list[str]:
        """The headers of columns about persons."""
        return [finding.column for finding in self.findings if finding.code == "person_column"]


@dataclass(slots=True)
class _Draft:
    """A row on its way to a verdict."""

    row: Row
    lon: float = math.nan
    lat: float = math.nan
    moment: Moment | None = None
    finding: Finding | None = None


def read_incidents(
    source: Path | Table,
    *,
    datum: Datum,
    time_zone: tzinfo,
    columns: Mapping[str, str] | None = None,
    area: Region | None = None,
    now: datetime | None = None,
    on_progress: Callable[[float], None] | None = None,
) -> IncidentFile:
    """Read incidents from CSV (UTF-8, GB18030), xlsx or GeoJSON into WGS-84, with a finding for every row left out.

    `source` is the file, or its rows where they were read before; `datum` is what the file's coordinates are in; `time_zone` holds for times without an offset;
    `columns` maps a field (id, time, date, lon, lat, kind, weight, source) to a header where the usual names do
    not fit; rows outside `area` (WGS-84) or later than `now` (default: the clock) are left out. `on_progress` is told
    the share done, 0 to 1. IncidentFileError when the file as a whole cannot be read.
    """
    tell = on_progress or _tell_nobody
    table = source if isinstance(source, Table) else Table(read_rows(source))
    tell(0.3)
    found = find_columns(table, columns)
    drafts = [_Draft(row) for row in table.rows[found.first_row :]]
    top = table.rows[found.first_row - 1].cells
    header = tuple(top[column] for column in found.others)
    cut = [Finding(each.line, top[n], "", "person_text", each.rows) for n, each in table.cut.items()]
    del table, source
    _read_places(drafts, found, datum, area)
    tell(0.5)
    _read_times(drafts, found, time_zone, now or datetime.now(UTC))
    tell(0.8)
    accepted, notes = _accept(drafts, found)
    incidents, piles = _piled_up(accepted, found)
    about_file = [Finding(0, header, "", "person_column") for header in found.persons]
    about_file += [Finding(0, header, "", "free_text_column") for header in found.sentences]
    if "kind" not in found.index:
        about_file.append(Finding(0, "", "", "no_category_column"))
    if "source" not in found.index:
        about_file.append(Finding(0, "", "", "no_source_column"))
    about_rows = [draft.finding for draft in drafts if draft.finding]
    by_line = sorted([*about_rows, *notes, *piles, *cut], key=lambda finding: finding.line)
    refused = tuple(_without_persons(draft.row, found) for draft in drafts if draft.finding)
    tell(1.0)
    return IncidentFile(incidents, [*about_file, *by_line], len(drafts), found.header, header, refused)


def _tell_nobody(share: float) -> None:
    """Take progress nobody asked for."""


def _without_persons(row: Row, columns: Columns) -> Row:
    cells = (row.cells[column] if column < len(row.cells) else "" for column in columns.others)
    return Row(row.line, tuple(without_persons(cell) for cell in cells))


def _piled_up(
    accepted: Sequence[tuple[int, Incident]], columns: Columns
) -> tuple[list[Incident], list[Finding]]:
    """The incidents, those piled up at midnight without their clock, and a warning for each pile."""
    incidents = [incident for _, incident in accepted]
    warnings: list[Finding] = []
    if pile := midnight_pileup(incidents):
        column = columns.header.get("time", columns.header.get("date", ""))
        warnings.append(Finding(accepted[pile.first][0], column, pile.value, "midnight_pileup", pile.rows))
        incidents = without_clock(incidents)
    for pile in station_pileups(incidents):
        line, column = accepted[pile.first][0], columns.header.get("lon", "")
        warnings.append(Finding(line, column, pile.value, "station_pileup", pile.rows))
    return incidents, warnings


def _cell(draft: _Draft, columns: Columns, field: Field) -> str:
    index = columns.index.get(field)
    return draft.row.cells[index] if index is not None and index < len(draft.row.cells) else ""


def _refuse(draft: _Draft, columns: Columns, field: Field, value: str, code: FindingCode) -> None:
    draft.finding = Finding(draft.row.line, columns.header.get(field, ""), value, code)


def _read_places(drafts: Sequence[_Draft], columns: Columns, datum: Datum, area: Region | None) -> None:
    for draft in drafts:
        lon_text, lat_text = _cell(draft, columns, "lon"), _cell(draft, columns, "lat")
        draft.lon, draft.lat = _number(lon_text), _number(lat_text)
        if not lon_text or not lat_text:
            _refuse(draft, columns, "lat" if lon_text else "lon", "", "missing_coordinates")
        elif not _on_earth(draft.lon, draft.lat) and not _on_earth(draft.lat, draft.lon):
            field = "lat" if abs(draft.lon) <= 180 else "lon"
            _refuse(draft, columns, field, lat_text if field == "lat" else lon_text, "bad_coordinates")
        elif draft.lon == 0 and draft.lat == 0:
            _refuse(draft, columns, "lon", lon_text, "zero_coordinates")
        elif not _on_earth(draft.lon, draft.lat):
            _refuse(draft, columns, "lon", f"{lon_text}, {lat_text}", "swapped_coordinates")
    _convert(drafts, columns, datum, area)


def _convert(drafts: Sequence[_Draft], columns: Columns, datum: Datum, area: Region | None) -> None:
    """Turn all places into WGS-84 at once, and refuse those outside the area."""
    placed = [draft for draft in drafts if draft.finding is None]
    given_lon, given_lat = np.array([d.lon for d in placed]), np.array([d.lat for d in placed])
    lon, lat = to_wgs84(given_lon, given_lat, datum)
    for draft, draft_lon, draft_lat in zip(placed, lon.tolist(), lat.tolist(), strict=True):
        draft.lon, draft.lat = draft_lon, draft_lat
    if area is None:
        return
    inside = area.contains(lon, lat)
    with np.errstate(invalid="ignore"):
        mirrored = area.contains(*to_wgs84(given_lat, np.clip(given_lon, -90, 90), datum))
    for draft, is_inside, is_mirrored in zip(placed, inside.tolist(), mirrored.tolist(), strict=True):
        if not is_inside:
            value = f"{_cell(draft, columns, 'lon')}, {_cell(draft, columns, 'lat')}"
            _refuse(draft, columns, "lon", value, "swapped_coordinates" if is_mirrored else "outside_area")


def _read_times(drafts: Sequence[_Draft], columns: Columns, zone: tzinfo, now: datetime) -> None:
    field: Field = "time" if "time" in columns.index else "date"
    texts = [_time_text(draft, columns) for draft in drafts]
    months_lead = month_first(texts)
    for draft, text in zip(drafts, texts, strict=True):
        draft.moment = read_moment(text, zone, months_lead=months_lead)
        if draft.finding is not None:
            continue
        if draft.moment is None:
            _refuse(draft, columns, field, text, "bad_time")
        elif draft.moment.at > now:
            _refuse(draft, columns, field, text, "future_time")


def _time_text(draft: _Draft, columns: Columns) -> str:
    """The time's text; a column that holds only the clock is joined to the date's."""
    clock, day = _cell(draft, columns, "time"), _cell(draft, columns, "date")
    if not day or (clock and not CLOCK_ONLY.fullmatch(clock)):
        return clock
    return f"{day.split()[0]} {clock}".strip() if clock else day


def _accept(drafts: Iterable[_Draft], columns: Columns) -> tuple[list[tuple[int, Incident]], list[Finding]]:
    """The rows that are good incidents, each with its line, and what is worth saying about them."""
    accepted: list[tuple[int, Incident]] = []
    notes: list[Finding] = []
    seen: set[tuple[object, ...]] = set()
    for draft in drafts:
        if draft.finding is not None or draft.moment is None:
            continue
        kind, identity = _cell(draft, columns, "kind"), _cell(draft, columns, "id")
        if not kind and "kind" in columns.index:
            _refuse(draft, columns, "kind", "", "missing_category")
            continue
        key = (identity, draft.moment.at, draft.lon, draft.lat, kind)
        # Without a number of its own, only an incident with a clock can be told from another like it.
        if key in seen and (identity or draft.moment.clock_known):
            _refuse(
                draft,
                columns,
                "id" if identity else "time",
                identity or _time_text(draft, columns),
                "duplicate",
            )
            continue
        seen.add(key)
        weight, note = _weight(draft, columns)
        notes += note
        if (told := without_persons(kind)) != kind:
            notes.append(Finding(draft.row.line, columns.header["kind"], "", "person_text"))
        incident = Incident(
            id=identity or f"line-{draft.row.line}",
            at=draft.moment.at,
            lon=round(draft.lon, 7),
            lat=round(draft.lat, 7),
            kind=told or UNKNOWN_KIND,
            weight=weight,
            clock_known=draft.moment.clock_known,
            source=_source(_cell(draft, columns, "source")),
        )
        accepted.append((draft.row.line, incident))
    return accepted, notes


def _weight(draft: _Draft, columns: Columns) -> tuple[float, list[Finding]]:
    text = _cell(draft, columns, "weight")
    if not text:
        return 1.0, []
    weight = _number(text)
    if math.isfinite(weight) and weight >= 0:
        return weight, []
    return 1.0, [Finding(draft.row.line, columns.header["weight"], text, "bad_weight")]


def _source(text: str) -> Source:
    return "patrol" if any(word in text.lower() for word in PATROL_WORDS) else "report"


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _on_earth(lon: float, lat: float) -> bool:
    return abs(lon) <= 180 and abs(lat) <= 90
