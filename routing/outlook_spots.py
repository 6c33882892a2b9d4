"""The places of an outlook where a patrol is worth most in some hours, each with a reason that a volunteer can read."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from routing.geo import haversine_m
from routing.outlook import COUNT_MIN, Outlook
from routing.outlook_doubt import Sure, sureness
from routing.outlook_reports import STALE_AFTER
from routing.reason import NOTHING, reason
from routing.words import Words

type Floats = NDArray[np.float64]
type Ints = NDArray[np.int64]
type Bools = NDArray[np.bool_]
# (lon, lat) arrays in, (lon, lat) arrays on the streets out.
type Snapper = Callable[[Floats, Floats], tuple[Floats, Floats]]
# (lon, lat) arrays in; per place, whether no patrol may be sent there.
type Barred = Callable[[Floats, Floats], Bools]

# A place is a square of about this side: small cells are taken together, so that no line cuts a cluster in two.
SPOT_M = 200.0
APART_M = 110.0
PAST_YEAR = Words("近一年", "in the past year")
ONLY_AROUND = Words(
    "近一年这里没有报过，只在周围有。", "Nothing was reported here in the past year, only around it."
)
PEAK_HOURS = 3
PEAK_COUNT_MIN = 5
PEAK_DAY_RATIO = 1.35
MAIN_KIND_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class Hotspot:
    """A place where a patrol is worth most in the hours asked for.

    `score` is 0 to 100 relative to the best, by harm; `expected` the reports expected there in these hours, `low` to
    `high` their 80 % range and `sure` the range in a word (for the optimiser and the officer, not for volunteers);
    `kinds` the main kinds as the file words them; `peak_hours` the hours 0-23 of its usual peak in order and
    `peak_days` the weekdays that stand out (0 is Monday); `raised` whether something lately happened nearby;
    `reason` one sentence a volunteer can read, its counts bucketed; `name` and `name_en` its nearest street ("" when
    unnamed); `cell` the outlook's cell it lies in.
    """

    id: str
    lon: float
    lat: float
    score: float
    expected: float
    kinds: tuple[str, ...]
    peak_hours: tuple[int, ...]
    reason: Words
    name: str = ""
    name_en: str = ""
    low: float = 0.0
    high: float = 0.0
    sure: Sure = "thin"
    peak_days: tuple[int, ...] = ()
    raised: bool = False
    cell: int = 0


def window_hours(window_start: datetime, window_end: datetime) -> Floats:
    """How much of each hour of each weekday the window covers: 7 x 24 shares, Monday first, local time."""
    covered = np.zeros((7, 24))
    at = window_start
    while at < window_end:
        hour_end = at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        until = min(hour_end, window_end)
        covered[at.weekday(), at.hour] += (until - at).total_seconds() / 3600
        at = until
    return covered


def spots(
    outlook: Outlook,
    hours: Bools | Floats | tuple[datetime, datetime] | None = None,
    *,
    limit: int = 20,
    snapper: Snapper | None = None,
    avoid: Sequence[tuple[float, float, float]] = (),
    barred: Barred | None = None,
    unshown: Collection[str] = (),
) -> tuple[Hotspot, ...]:
    """The at most `limit` best places, best first.

    `hours` is a window of two aware times, or 168 booleans or shares for the hours of the week; None is the whole
    week. `snapper` puts the places on streets (else they are the outlook's own); none is put into a circle of `avoid`,
    (lon, lat, radius_m) each, nor where `barred` says so. Kinds that are `unshown` are not named. ValueError when
    `limit` is not positive.
    """
    if limit < 1:
        raise ValueError(f"limit {limit} must be above 0")
    covered = _covered(outlook, hours)
    squares = _Squares.of(outlook)
    share = outlook.share_in(covered)
    harm = squares.sum(outlook.harm * share)
    lon, lat = squares.places(outlook)
    if snapper:
        lon, lat = snapper(lon, lat)
    for avoid_lon, avoid_lat, radius_m in avoid:
        harm[haversine_m(lon, lat, avoid_lon, avoid_lat) <= radius_m] = 0.0
    if barred:
        harm[barred(lon, lat)] = 0.0
    chosen = _chosen(outlook, squares, harm, outlook.plane.to_metres(lon, lat), limit)
    patrol_hours = _hours_of_patrol(hours, covered)
    telling = _Telling(outlook, squares, share, patrol_hours, frozenset(unshown))
    best = max((float(harm[square]) for square in chosen), default=1.0)
    return tuple(
        telling.hotspot(
            rank, square, float(lon[square]), float(lat[square]), 100.0 * float(harm[square]) / best
        )
        for rank, square in enumerate(chosen, start=1)
    )


def spot_of(
    outlook: Outlook, cell: int, hours: Bools | Floats | tuple[datetime, datetime] | None = None
) -> Hotspot:
    """What `spots` would say of one cell, given by its number; `hours` as there. IndexError when there is no such cell."""
    if not 0 <= cell < len(outlook):
        raise IndexError(f"cell {cell} is not one of {len(outlook)}")
    covered = _covered(outlook, hours)
    squares = _Squares.of(outlook)
    share = outlook.share_in(covered)
    harm = squares.sum(outlook.harm * share)
    patrol_hours = _hours_of_patrol(hours, covered)
    place = float(outlook.place_lon[cell]), float(outlook.place_lat[cell])
    score = 100.0 * float(harm[cell]) / max(float(harm.max()), 1e-12)
    told = _Telling(outlook, squares, share, patrol_hours).hotspot(cell + 1, cell, *place, score)
    return told if squares.count[cell] else replace(told, reason=ONLY_AROUND, cell=cell)


def _hours_of_patrol(
    hours: Bools | Floats | tuple[datetime, datetime] | None, covered: Floats
) -> frozenset[int]:
    """The hours of day (0-23) of the patrol that is asked about, none where hours of the week are looked at."""
    if not isinstance(hours, tuple):
        return frozenset()
    return frozenset(np.flatnonzero(covered.reshape(7, 24).sum(axis=0)).tolist())


def _covered(outlook: Outlook, hours: Bools | Floats | tuple[datetime, datetime] | None) -> Floats:
    if hours is None:
        return np.ones(168)
    if isinstance(hours, tuple):
        zone = outlook.starts_at.tzinfo
        return window_hours(hours[0].astimezone(zone), hours[1].astimezone(zone)).ravel()
    if np.shape(hours) != (168,):
        raise ValueError(f"hours have the shape {np.shape(hours)}: 168 of the week are needed")
    return np.asarray(hours, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class _Squares:
    """Squares of one or more cells, one starting at each cell: `cells` is squares x (across x across), -1 for none."""

    across: int
    cells: Ints
    column: Ints
    row: Ints
    count: Floats

    @classmethod
    def of(cls, outlook: Outlook) -> "_Squares":
        """Squares of about SPOT_M."""
        across = max(1, round(SPOT_M / outlook.cell_m))
        column, row = outlook.column, outlook.row
        height = int(np.ptp(row)) + across + 1
        key = (column - column.min()) * height + (row - row.min())
        order = np.argsort(key)
        cells: list[Ints] = []
        for step_column in range(across):
            for step_row in range(across):
                wanted = key + step_column * height + step_row
                at = np.minimum(np.searchsorted(key[order], wanted), len(key) - 1)
                cells.append(np.where(key[order][at] == wanted, order[at], -1))
        made = cls(across, np.stack(cells, axis=1), column, row, np.zeros(0))
        return cls(across, made.cells, column, row, made.sum(outlook.year_count.astype(np.float64)))

    def sum(self, per_cell: Floats) -> Floats:
        """The sum of per-cell values (cells first) over each square."""
        return np.concatenate([per_cell, np.zeros((1, *per_cell.shape[1:]))])[self.cells].sum(axis=1)

    def members(self, square: int) -> Ints:
        """The cells of a square."""
        return self.cells[square][self.cells[square] >= 0]

    def places(self, outlook: Outlook) -> tuple[Floats, Floats]:
        """Where to stand: amid the square's reports, and in the middle where they are few."""
        if self.across == 1:
            return outlook.place_lon.copy(), outlook.place_lat.copy()
        half_m = outlook.cell_m * self.across / 2
        middle = outlook.plane.to_degrees(
            self.column * outlook.cell_m + half_m, self.row * outlook.cell_m + half_m
        )
        places: list[Floats] = []
        for amid, centre in zip((outlook.amid_lon, outlook.amid_lat), middle, strict=True):
            weighted = np.where(outlook.year_count > 0, np.nan_to_num(amid) * outlook.year_count, 0.0)
            mean = self.sum(weighted) / np.maximum(self.count, 1.0)
            places.append(np.where(self.count >= COUNT_MIN, mean, centre))
        return places[0], places[1]


def _chosen(
    outlook: Outlook, squares: _Squares, harm: Floats, place_m: tuple[Floats, Floats], limit: int
) -> list[int]:
    """The best squares that do not overlap and whose places lie APART_M from each other.

    Those with few reports come only for want of others, those without any never: nothing could be said of them.
    """
    few = squares.count < COUNT_MIN
    x_m, y_m = place_m
    taken: list[int] = []
    for square in np.lexsort((squares.row, squares.column, -harm, few)).tolist():
        if harm[square] <= 0 or squares.count[square] == 0:
            continue
        near = np.hypot(x_m[taken] - x_m[square], y_m[taken] - y_m[square]) < APART_M
        aside = np.maximum(
            np.abs(squares.column[taken] - squares.column[square]),
            np.abs(squares.row[taken] - squares.row[square]),
        )
        if not near.any() and not (aside < squares.across).any():
            taken.append(square)
            if len(taken) == limit:
                break
    return sorted(taken, key=lambda square: (-harm[square], squares.column[square], squares.row[square]))


@dataclass(frozen=True, slots=True)
class _Telling:
    """What can be said of the squares of an outlook."""

    outlook: Outlook
    squares: _Squares
    share: Floats
    patrol_hours: frozenset[int]
    unshown: frozenset[str] = frozenset()

    def hotspot(self, rank: int, square: int, lon: float, lat: float, score: float) -> Hotspot:
        """The square as a hotspot: main kinds, peaks and the reason from what the past year brought."""
        outlook, cells = self.outlook, self.squares.members(square)
        kinds = main_kinds(outlook, cells, self.unshown)
        hours = _peak_hours(outlook.hour_count[cells].sum(axis=0))
        days = _peak_days(outlook.day_count[cells].sum(axis=0))
        inside = set(cells.tolist())
        here = [each for each in outlook.raised if each.cell in inside and each.kind not in self.unshown]
        best = int(cells[np.argmax((outlook.harm * self.share)[cells])])
        low, high = (float((ends * self.share)[cells].sum()) for ends in (outlook.low, outlook.high))
        return Hotspot(
            id=f"h{rank:03}",
            lon=round(lon, 7),
            lat=round(lat, 7),
            score=max(0.1, round(score, 1)),
            expected=float((outlook.expected * self.share)[cells].sum()),
            kinds=kinds,
            peak_hours=hours,
            reason=reason(
                _year(outlook),
                kinds,
                int(self.squares.count[square]),
                days,
                hours,
                bool(self.patrol_hours & set(hours)),
                here[0].reason if here else NOTHING,
            ),
            name=outlook.name[best],
            name_en=outlook.name_en[best],
            low=low,
            high=high,
            sure=sureness(np.array([low]), np.array([high]))[0],
            peak_days=days,
            raised=bool(here),
            cell=best,
        )


def _year(outlook: Outlook) -> Words:
    """Which year the reports are from."""
    if outlook.starts_at - outlook.as_of < STALE_AFTER:
        return PAST_YEAR
    return Words(f"截至 {outlook.as_of:%Y-%m} 的一年里", f"in the year to {outlook.as_of:%Y-%m}")


def main_kinds(outlook: Outlook, cells: Ints, unshown: Collection[str] = ()) -> tuple[str, ...]:
    """The kinds that make up some cells' past year, at most two, the commonest first, none of them `unshown`."""
    here = np.isin(outlook.seen_cell, cells)
    count = np.bincount(
        outlook.seen_kind[here], weights=outlook.seen_count[here], minlength=len(outlook.seen_kinds)
    )
    order: list[int] = np.lexsort((np.arange(len(count)), -count))[:2].tolist()
    enough = MAIN_KIND_SHARE * float(count.sum())
    return tuple(
        outlook.seen_kinds[kind]
        for rank, kind in enumerate(order)
        if count[kind] > 0
        and (rank == 0 or count[kind] >= enough)
        and outlook.seen_kinds[kind] not in unshown
    )


def _peak_hours(count: Ints) -> tuple[int, ...]:
    """The three hours in a row with most reports, the busiest amid them; none when too few clocks are known."""
    if count.sum() < PEAK_COUNT_MIN:
        return ()
    in_row = sum(np.roll(count, -step) for step in range(PEAK_HOURS)) + 0.01 * np.roll(count, -1)
    first = int(np.argmax(in_row))
    return tuple((first + step) % 24 for step in range(PEAK_HOURS))


def _peak_days(count: Ints) -> tuple[int, ...]:
    """Up to two weekdays clearly above the rest; none when too few reports tell."""
    if count.sum() < 4 * PEAK_COUNT_MIN:
        return ()
    order: list[int] = np.lexsort((np.arange(7), -count)).tolist()
    high = [day for day in order if count[day] >= PEAK_DAY_RATIO * count.sum() / 7]
    return tuple(sorted(high[:2]))
