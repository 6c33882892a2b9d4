"""From past incidents to the places where a patrol is worth most in a time window."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from routing.geo import LocalPlane, haversine_m
from routing.incident import Incident
from routing.moment import check_window
from routing.reason import reason
from routing.words import Words

type Floats = NDArray[np.float64]
type Ints = NDArray[np.int64]
# (lon, lat) arrays in, (lon, lat) arrays on the streets out.
type Snapper = Callable[[Floats, Floats], tuple[Floats, Floats]]

# A place is a square of three by three cells of a fine grid, centred on any of them, so that no line of the
# grid cuts a cluster in two.
CELL_M = 150.0
CELLS_ACROSS = 3
HISTORY = timedelta(days=365)
HALF_LIFE_DAYS = 180.0
# A cell's own hours and days count against the district's as if the district's were so many incidents.
HOUR_PRIOR = 12.0
DAY_PRIOR = 20.0
WEIGHT_MAX = 5.0
# Fewer reports would point at one household: such a cell is shown by its middle, and only for want of others.
COUNT_MIN = 3
APART_M = 110.0
PAST_YEAR = Words("近一年", "in the past year")
PEAK_HOURS = 3
PEAK_COUNT_MIN = 5
PEAK_DAY_RATIO = 1.35
MAIN_KIND_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class Hotspot:
    """A place on a street where a patrol is worth most in the window.

    `score` is 0 to 100 relative to the best; `expected` the weighted incidents expected in the window (for
    the optimiser and the officer, not for volunteers); `kinds` the main kinds as the file words them;
    `peak_hours` the hours 0-23 of its usual peak, in order; `reason` one sentence a volunteer can read,
    its counts bucketed; `name` and `name_en` its nearest street ("" when unnamed).
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


@dataclass(frozen=True, slots=True)
class _History:
    """The past year's residents' reports as arrays, one entry an incident; `cell` numbers their fine cells.

    `hour` is -1 where the clock is unknown. `column` and `row` have one entry a fine cell;
    `around` is cells x 9, the numbers of the cells of the square around each, -1 for empty ones.
    """

    x_m: Floats
    y_m: Floats
    weight: Floats
    hour: Ints
    day: Ints
    kind: Ints
    kinds: tuple[str, ...]
    cell: Ints
    column: Ints
    row: Ints
    around: Ints
    year: Words

    def per_square(self, incident_values: Floats | None = None) -> Floats:
        """The sum of a value (default: 1) over the incidents in the square around each cell."""
        per_cell = np.bincount(self.cell, weights=incident_values, minlength=len(self.column))
        return self.around_sum(per_cell.astype(np.float64))

    def around_sum(self, per_cell: Floats) -> Floats:
        """The sum of per-cell values (cells first) over the square around each cell."""
        padded = np.concatenate([per_cell, np.zeros((1, *per_cell.shape[1:]))])
        total = np.zeros_like(per_cell)
        for neighbour in self.around.T:
            total += padded[neighbour]
        return total


def find_hotspots(
    incidents: Sequence[Incident],
    window_start: datetime,
    window_end: datetime,
    *,
    limit: int = 60,
    cell_m: float = CELL_M,
    snapper: Snapper | None = None,
    avoid: Sequence[tuple[float, float, float]] = (),
) -> tuple[Hotspot, ...]:
    """The at most `limit` best places for the window (aware, at most 24 h), best first.

    Only what residents reported in the 365 days before the window counts, older reports less (half every
    180 days); where the newest report is older than that, the year up to it counts, and the reasons say
    so. A cell's expectation is its decayed count times its share of the window's hours and weekday, both
    shrunk to the district's own. `snapper` puts the places on streets; none is put into a circle of
    `avoid`, (lon, lat, radius_m) each. Empty when residents reported nothing before the window.
    ValueError when `limit` or `cell_m` is not positive.
    """
    check_window(window_start, window_end)
    if limit < 1 or cell_m <= 0:
        raise ValueError(f"limit {limit} and cell_m {cell_m} must be above 0")
    reports = [
        incident for incident in incidents if incident.source == "report" and incident.at < window_start
    ]
    if not reports:
        return ()
    newest = max(incident.at for incident in reports)
    until = window_start if newest >= window_start - HISTORY else newest
    used = [incident for incident in reports if incident.at >= until - HISTORY]
    plane = LocalPlane.amid([incident.lon for incident in used], [incident.lat for incident in used])
    history = _history(used, until, window_start, plane, cell_m)
    expected = _expected(history, window_start, window_end)
    lon, lat = plane.to_degrees(*_places(history, cell_m))
    if snapper:
        lon, lat = snapper(lon, lat)
    for avoid_lon, avoid_lat, radius_m in avoid:
        expected[haversine_m(lon, lat, avoid_lon, avoid_lat) <= radius_m] = 0.0
    chosen = _chosen_cells(history, expected, plane.to_metres(lon, lat), limit)
    covered_hours = np.flatnonzero(window_hours(window_start, window_end).sum(axis=0))
    return _described(history, expected, chosen, lon, lat, set(covered_hours.tolist()))


def _history(
    used: Sequence[Incident], until: datetime, window_start: datetime, plane: LocalPlane, cell_m: float
) -> _History:
    """Local time is the window's: an evening patrol is about evenings there."""
    local = [incident.at.astimezone(window_start.tzinfo) for incident in used]
    age_days = np.array([(until - incident.at).total_seconds() / 86400 for incident in used])
    harm = np.minimum([incident.weight for incident in used], WEIGHT_MAX)
    x_m, y_m = plane.to_metres([incident.lon for incident in used], [incident.lat for incident in used])
    fine_m = cell_m / CELLS_ACROSS
    square = np.stack([np.floor(x_m / fine_m), np.floor(y_m / fine_m)]).astype(np.int64)
    (column, row), cell = np.unique(square, axis=1, return_inverse=True)
    kinds, kind = np.unique([incident.kind for incident in used], return_inverse=True)
    known = [incident.clock_known for incident in used]
    return _History(
        x_m=x_m,
        y_m=y_m,
        weight=harm * 0.5 ** (age_days / HALF_LIFE_DAYS),
        hour=np.where(known, [at.hour for at in local], -1),
        day=np.array([at.weekday() for at in local]),
        kind=kind.astype(np.int64),
        kinds=tuple(kinds.tolist()),
        cell=cell.reshape(-1).astype(np.int64),
        column=column,
        row=row,
        around=_neighbours(column, row),
        year=PAST_YEAR
        if until == window_start
        else Words(f"截至 {until:%Y-%m} 的一年里", f"in the year to {until:%Y-%m}"),
    )


def _neighbours(column: Ints, row: Ints) -> Ints:
    """cells x 9: the number of each cell in the square around a cell, -1 where nothing was reported."""
    height = int(row.max() - row.min()) + 3
    key = (column - column.min() + 1) * height + (row - row.min() + 1)
    order = np.argsort(key)
    around: list[Ints] = []
    for step_column in (-1, 0, 1):
        for step_row in (-1, 0, 1):
            wanted = key + step_column * height + step_row
            at = np.minimum(np.searchsorted(key[order], wanted), len(key) - 1)
            around.append(np.where(key[order][at] == wanted, order[at], -1))
    return np.stack(around, axis=1)


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


def _expected(history: _History, window_start: datetime, window_end: datetime) -> Floats:
    """Weighted incidents expected in the window, per cell's square."""
    covered = window_hours(window_start, window_end)
    total = history.per_square(history.weight)
    # The decayed count of an even stream, so that the quotient is incidents a week.
    decayed_weeks = HALF_LIFE_DAYS / np.log(2) * (1 - 0.5 ** (HISTORY.days / HALF_LIFE_DAYS)) / 7
    hour_share = _shares(history, history.hour, 24, HOUR_PRIOR)
    day_share = _shares(history, history.day, 7, DAY_PRIOR)
    in_window = np.einsum("cd,dh,ch->c", day_share, covered, hour_share)
    return total / decayed_weeks * in_window


def _shares(history: _History, slot: Ints, slots: int, prior: float) -> Floats:
    """Each square's share of its incidents in each slot, shrunk to the district's: cells x slots, rows sum to 1."""
    known = slot >= 0
    cells = len(history.column)
    if not known.any():
        return np.full((cells, slots), 1.0 / slots)
    flat = history.cell[known] * slots + slot[known]
    per_cell = np.bincount(flat, minlength=cells * slots).reshape(cells, slots)
    district_count = per_cell.sum(axis=0)
    count = history.around_sum(per_cell.astype(np.float64))
    # One incident a slot keeps hours that never saw any from being impossible.
    district = (district_count + 1.0) / (district_count.sum() + slots)
    smooth = (np.roll(district, 1) + 2 * district + np.roll(district, -1)) / 4 if slots == 24 else district
    return (count + prior * smooth) / (count.sum(axis=1, keepdims=True) + prior)


def _places(history: _History, cell_m: float) -> tuple[Floats, Floats]:
    """Where to stand in each square: amid its incidents; where they are few, in a place that blurs theirs."""
    few = history.per_square() < COUNT_MIN
    weight = history.per_square(history.weight)
    places: list[Floats] = []
    for metres, line in ((history.x_m, history.column), (history.y_m, history.row)):
        amid = history.per_square(history.weight * metres) / np.maximum(weight, 1e-12)
        middle = (np.floor(line / CELLS_ACROSS) + 0.5) * cell_m
        places.append(np.where(few | (weight <= 0), middle, amid))
    return places[0], places[1]


def _chosen_cells(
    history: _History, expected: Floats, place_m: tuple[Floats, Floats], limit: int
) -> list[int]:
    """The best squares that do not overlap and whose places lie APART_M from each other.

    Those with few reports come only for want of others.
    """
    few = history.per_square() < COUNT_MIN
    x_m, y_m = place_m
    taken: list[int] = []
    for cell in np.lexsort((np.arange(len(expected)), -expected, few)).tolist():
        near = np.hypot(x_m[taken] - x_m[cell], y_m[taken] - y_m[cell]) < APART_M
        aside = np.maximum(
            np.abs(history.column[taken] - history.column[cell]),
            np.abs(history.row[taken] - history.row[cell]),
        )
        if expected[cell] > 0 and not near.any() and not (aside < CELLS_ACROSS).any():
            taken.append(cell)
            if len(taken) == limit:
                break
    return sorted(taken, key=lambda cell: (-expected[cell], cell))


def _described(
    history: _History, expected: Floats, chosen: list[int], lon: Floats, lat: Floats, covered_hours: set[int]
) -> tuple[Hotspot, ...]:
    found: list[Hotspot] = []
    for rank, cell in enumerate(chosen, start=1):
        members = np.flatnonzero(np.isin(history.cell, history.around[cell]))
        kinds, hours = _main_kinds(history, members), _peak_hours(history.hour[members])
        why = reason(
            history.year,
            kinds,
            len(members),
            _peak_days(history.day[members]),
            hours,
            bool(covered_hours & set(hours)),
        )
        found.append(
            Hotspot(
                id=f"h{rank:03}",
                lon=round(float(lon[cell]), 7),
                lat=round(float(lat[cell]), 7),
                score=max(0.1, round(100.0 * float(expected[cell] / expected[chosen[0]]), 1)),
                expected=float(expected[cell]),
                kinds=kinds,
                peak_hours=hours,
                reason=why,
            )
        )
    return tuple(found)


def _main_kinds(history: _History, members: Ints) -> tuple[str, ...]:
    """The kinds that make up the cell, at most two, the commonest first."""
    count = np.bincount(history.kind[members], minlength=len(history.kinds))
    order: list[int] = np.lexsort((np.arange(len(count)), -count))[:2].tolist()
    enough = MAIN_KIND_SHARE * len(members)
    return tuple(history.kinds[kind] for rank, kind in enumerate(order) if rank == 0 or count[kind] >= enough)


def _peak_hours(hours: Ints) -> tuple[int, ...]:
    """The three hours in a row with most incidents, the busiest amid them; none when too few clocks are known."""
    known = hours[hours >= 0]
    if len(known) < PEAK_COUNT_MIN:
        return ()
    count = np.bincount(known, minlength=24)
    in_row = sum(np.roll(count, -step) for step in range(PEAK_HOURS)) + 0.01 * np.roll(count, -1)
    first = int(np.argmax(in_row))
    return tuple((first + step) % 24 for step in range(PEAK_HOURS))


def _peak_days(days: Ints) -> tuple[int, ...]:
    """Up to two weekdays clearly above the rest; none when too few incidents tell."""
    if len(days) < 4 * PEAK_COUNT_MIN:
        return ()
    count = np.bincount(days, minlength=7)
    high = [
        day
        for day in np.lexsort((np.arange(7), -count)).tolist()
        if count[day] >= PEAK_DAY_RATIO * len(days) / 7
    ]
    return tuple(sorted(high[:2]))
