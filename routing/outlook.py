"""The coming seven days of a district: the expected reports of each cell and hour, and how far to trust them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

import numpy as np
from numpy.typing import NDArray

from routing.evaluate import Figures, figures, in_words, walked_of
from routing.forecast_choice import Choice, choice_words
from routing.forecast_ground import Ground
from routing.forecast_hours import SHIFT_HOURS, hour_shares, week_shares
from routing.forecast_map import TIE_BREAK, Forecast, forecast_of
from routing.forecast_past import COUNT_DAYS, Past, past_of
from routing.geo import Bounds, LocalPlane
from routing.incident import Incident
from routing.kinds import KindRule
from routing.near_repeat import NearRepeat
from routing.outlook_doubt import Sure, doubt, sureness
from routing.outlook_harm import harm_of
from routing.outlook_raised import Raised, measure_kinds, raise_cells
from routing.outlook_reports import Known, LeftOut, known_reports
from routing.outlook_week import Week, last_tested_week
from routing.streets import StreetGraph
from routing.words import Words

type Floats = NDArray[np.float64]
type Ints = NDArray[np.int64]
type Bools = NDArray[np.bool_]

CELL_RANGE_M = (50.0, 250.0)
# Fewer reports would point at one household: such a cell is shown by its middle.
COUNT_MIN = 3
# Naming a cell's street takes a while; those where next to nothing is expected go without.
NAMED_MAX = 4000
# A near repeat is told where it adds so much to what is expected in the cell.
NOTICED_SHARE = 0.03


@dataclass(frozen=True, slots=True, eq=False)
class Outlook:
    """The seven days from `starts_at` (aware, in the district's zone), learned as of `as_of`.

    Arrays have one entry a cell, the cell of most harm first. `column` and `row` number the squares of `cell_m`
    metres on `plane`; `lon`, `lat` is the middle, `place_lon`, `place_lat` where to stand (on a street, where streets
    were given), `name`, `name_en` the nearest street ("" for none). `expected` is the reports of the week; its 80 %
    range is `low` to `high`, and `sure` says it in a word. `harm` is `expected` by the kinds' weights. `slot_share`
    (cells x 21) is how the week falls into weekdays and shifts, Monday's first eight hours first; `hour_share`
    (cells x 24) how each shift falls into its hours. `kind_expected` is kinds x cells, `kinds` its rows ("" is the rare
    kinds together).

    What was seen in the past year: `year_count` a cell, `hour_count` (x 24), `day_count` (x 7), `amid_lon`, `amid_lat`
    the mean place (never to be shown where `year_count` is under COUNT_MIN), and `seen_count` reports of kind
    `seen_kind` (of `seen_kinds`) in cell `seen_cell`.

    `last_week` and `thirteen_weeks` compare the way chosen with the plain count; None and empty with too little history.
    """

    starts_at: datetime
    as_of: datetime
    zone_name: str
    plane: LocalPlane
    cell_m: float
    column: Ints
    row: Ints
    lon: Floats
    lat: Floats
    place_lon: Floats
    place_lat: Floats
    name: tuple[str, ...]
    name_en: tuple[str, ...]
    expected: Floats
    low: Floats
    high: Floats
    sure: tuple[Sure, ...]
    harm: Floats
    slot_share: Floats
    hour_share: Floats
    kinds: tuple[str, ...]
    kind_expected: Floats
    year_count: Ints
    hour_count: Ints
    day_count: Ints
    amid_lon: Floats
    amid_lat: Floats
    seen_kinds: tuple[str, ...]
    seen_cell: Ints
    seen_kind: Ints
    seen_count: Ints
    raised: tuple[Raised, ...]
    near_repeat: tuple[NearRepeat, ...]
    choice: Choice
    choice_words: Words
    last_week: Week | None
    thirteen_weeks: tuple[Figures, ...]
    thirteen_weeks_words: Words
    newest_at: datetime
    oldest_at: datetime
    learned_from: int
    left_out: tuple[LeftOut, ...]

    def __len__(self) -> int:
        return len(self.expected)

    @property
    def age_days(self) -> float:
        """How old the newest report was when the outlook began."""
        return (self.starts_at - self.newest_at) / timedelta(days=1)

    def per_hour(self, cells: Ints | None = None) -> Floats:
        """Expected reports in each hour of the week, Monday's first hour first: cells x 168."""
        chosen = np.arange(len(self)) if cells is None else cells
        hour = np.arange(168)
        shares = self.slot_share[chosen][:, hour // SHIFT_HOURS] * self.hour_share[chosen][:, hour % 24]
        return self.expected[chosen][:, None] * shares

    def share_in(self, hours: Bools | Floats) -> Floats:
        """The part of each cell's week in some hours of the week (168 booleans, or the share of each that counts)."""
        hour = np.arange(168)
        wanted = np.flatnonzero(hours)
        shares = self.slot_share[:, hour[wanted] // SHIFT_HOURS] * self.hour_share[:, hour[wanted] % 24]
        return shares @ np.asarray(hours, dtype=np.float64)[wanted]

    def in_hours(self, hours: Bools | Floats) -> Floats:
        """Expected reports of each cell in these hours of the week (168)."""
        return self.expected * self.share_in(hours)


def make_outlook(
    incidents: Sequence[Incident],
    at: datetime,
    zone: tzinfo,
    *,
    cell_m: float = 200.0,
    bounds: Bounds | None = None,
    streets: StreetGraph | None = None,
    rules: Mapping[str, KindRule] | None = None,
    progress: Callable[[float], None] | None = None,
) -> Outlook:
    """The outlook for the seven days from `at` (aware), with hours by the clocks of `zone`.

    Learned only from what residents reported before `at`, inside `bounds` where given, of kinds that `rules` (kind as
    stored to its rule; else the usual one by its name) let be learned from. Where the newest report is weeks old, it is
    learned as of that report. `progress` is told the share done, 0 to 1. ValueError when `cell_m` is out of
    CELL_RANGE_M or `at` has no zone; RequestError "no_incidents" when there is nothing to learn from.
    """
    low_m, high_m = CELL_RANGE_M
    if not low_m <= cell_m <= high_m:
        raise ValueError(f"cell_m is {cell_m}: it must be from {low_m:g} to {high_m:g}")
    if at.tzinfo is None:
        raise ValueError(f"at {at} must have a time zone")
    tell = progress or _tell_nobody
    known = known_reports(incidents, at.astimezone(zone), bounds, rules or {})
    tell(0.15)
    ground = Ground.around(known.reports.x_m, known.reports.y_m, cell_m)
    past = past_of(ground, known.reports, None)
    made = forecast_of(past, lambda share: tell(0.15 + 0.55 * share))
    near_repeat = measure_kinds(known.reports)
    raised, raising = raise_cells(ground, known.reports, near_repeat, known.as_of)
    tell(0.8)
    outlook = _outlook(known, past, made, near_repeat, raised, raising, streets)
    tell(1.0)
    return outlook


def _tell_nobody(share: float) -> None:
    """Take progress nobody asked for."""


def _outlook(
    known: Known,
    past: Past,
    made: Forecast,
    near_repeat: tuple[NearRepeat, ...],
    raised: tuple[Raised, ...],
    raising: dict[str, Floats],
    streets: StreetGraph | None,
) -> Outlook:
    ground, reports = past.ground, past.reports
    kind_expected = _to_singles(made.expected)
    if made.choice.way != "mixture":
        # The mixture has its own, learned part for what lately happened around a cell; the count has none.
        for rank, name in enumerate(made.kinds):
            kind_expected[rank] = _to_singles(kind_expected[rank] * raising.get(name, 1.0))
    expected = kind_expected.sum(axis=0)
    # Where counts are equal, the score knows what lately happened around.
    harm = harm_of(past, kind_expected, known.weight) + TIE_BREAK * made.score
    order = np.lexsort((ground.row, ground.column, -expected, -harm))
    rank_of = np.empty(len(order), dtype=np.int64)
    rank_of[order] = np.arange(len(order))
    low, high = doubt(expected, past, made.tested)
    told = [each for each in raised if _is_noticed(each, made.kinds, kind_expected, expected)]
    seen = _Seen.of(known, past, rank_of)
    lon, lat = known.plane.to_degrees(ground.x_m[order], ground.y_m[order])
    # Cells are numbered on the plane, so that the next week's map has the same ones.
    column = np.floor(ground.x_m[order] / ground.size_m).astype(np.int64)
    row = np.floor(ground.y_m[order] / ground.size_m).astype(np.int64)
    place_lon = np.where(seen.year_count >= COUNT_MIN, seen.amid_lon, lon)
    place_lat = np.where(seen.year_count >= COUNT_MIN, seen.amid_lat, lat)
    names: list[tuple[str, str]] = [("", "")] * len(order)
    if streets:
        met = streets.snap(place_lon, place_lat)
        near = met.distance_m <= ground.size_m
        place_lon, place_lat = np.where(near, met.lon, place_lon), np.where(near, met.lat, place_lat)
        for cell in np.flatnonzero(seen.year_count[:NAMED_MAX]).tolist():
            names[cell] = streets.street_name(float(place_lon[cell]), float(place_lat[cell]))
    weeks = walked_of(made.tested, made.choice) if len(made.tested.happened) else None
    measured = figures(weeks) if weeks else ()
    return Outlook(
        starts_at=known.starts_at,
        as_of=known.as_of,
        zone_name=str(known.starts_at.tzinfo),
        plane=known.plane,
        cell_m=ground.size_m,
        column=column,
        row=row,
        lon=lon,
        lat=lat,
        place_lon=place_lon,
        place_lat=place_lat,
        name=tuple(name for name, _ in names),
        name_en=tuple(name_en for _, name_en in names),
        expected=expected[order],
        low=low[order],
        high=high[order],
        sure=sureness(low[order], high[order]),
        harm=harm[order],
        slot_share=_to_singles(week_shares(past, made.expected))[order],
        hour_share=_to_singles(hour_shares(past, made.expected))[order],
        kinds=made.kinds,
        kind_expected=kind_expected[:, order],
        year_count=seen.year_count,
        hour_count=seen.hour_count,
        day_count=seen.day_count,
        amid_lon=seen.amid_lon,
        amid_lat=seen.amid_lat,
        seen_kinds=reports.kinds,
        seen_cell=seen.cell,
        seen_kind=seen.kind,
        seen_count=seen.count,
        raised=tuple(each.in_cell(int(rank_of[each.cell])) for each in told),
        near_repeat=near_repeat,
        choice=made.choice,
        choice_words=choice_words(made.choice),
        last_week=last_tested_week(made.tested, known.as_of),
        thirteen_weeks=measured,
        thirteen_weeks_words=in_words(measured, len(made.tested.happened)),
        newest_at=known.newest_at,
        oldest_at=known.oldest_at,
        learned_from=len(reports),
        left_out=known.left_out,
    )


def _is_noticed(raised: Raised, kinds: tuple[str, ...], kind_expected: Floats, expected: Floats) -> bool:
    """Whether what is raised is a part of the cell's business that matters; rare kinds are told wherever they are."""
    if raised.kind not in kinds:
        return True
    of_kind = float(kind_expected[kinds.index(raised.kind), raised.cell])
    return of_kind * (1.0 - 1.0 / raised.ratio) >= NOTICED_SHARE * float(expected[raised.cell])


def _to_singles(values: Floats) -> Floats:
    """The values rounded to single precision, which is finer than anything is known, and half the bytes to keep."""
    return values.astype(np.float32).astype(np.float64)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the past year brought, by cells in the outlook's order."""

    year_count: Ints
    hour_count: Ints
    day_count: Ints
    amid_lon: Floats
    amid_lat: Floats
    cell: Ints
    kind: Ints
    count: Ints

    @classmethod
    def of(cls, known: Known, past: Past, rank_of: Ints) -> "_Seen":
        """Count the reports of the 365 days before the outlook was learned."""
        reports, cells = past.reports, len(past.ground)
        lately = np.flatnonzero((reports.age_days <= COUNT_DAYS) & (past.cell >= 0))
        cell, hour = rank_of[past.cell[lately]], reports.hour[lately]
        timed = hour >= 0
        count = np.bincount(cell, minlength=cells)
        hour_count = np.bincount(cell[timed] * 24 + hour[timed] % 24, minlength=cells * 24)
        day_count = np.bincount(cell * 7 + known.weekday[lately], minlength=cells * 7)
        middle_x = np.bincount(cell, weights=reports.x_m[lately], minlength=cells) / np.maximum(count, 1)
        middle_y = np.bincount(cell, weights=reports.y_m[lately], minlength=cells) / np.maximum(count, 1)
        lon, lat = known.plane.to_degrees(middle_x, middle_y)
        key, many = np.unique(cell * len(reports.kinds) + reports.kind[lately], return_counts=True)
        return cls(
            year_count=count.astype(np.int64),
            hour_count=hour_count.reshape(cells, 24).astype(np.int64),
            day_count=day_count.reshape(cells, 7).astype(np.int64),
            amid_lon=np.where(count > 0, lon, np.nan),
            amid_lat=np.where(count > 0, lat, np.nan),
            cell=(key // len(reports.kinds)).astype(np.int64),
            kind=(key % len(reports.kinds)).astype(np.int64),
            count=many.astype(np.int64),
        )
