"""The reports that a forecast learns from, sorted by cell, week and kind, and the plain count of the past year."""

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from routing.forecast_ground import Ground, Smoother, Spread

type Floats = NDArray[np.float64]
type Ints = NDArray[np.int64]
type Bools = NDArray[np.bool_]

WEEKS_MAX = 208
COUNT_DAYS = 365
KINDS_MAX = 8
KIND_REPORTS_MIN = 300
REST = ""


@dataclass(frozen=True, slots=True)
class Reports:
    """Residents' reports as arrays, one entry each: the place in metres, `age_days` before the forecast begins
    (above 0), `kind` an index into `kinds`, `hour` the hour of the week by local time (0 is Monday's first), -1 where
    the clock is unknown."""

    x_m: Floats
    y_m: Floats
    age_days: Floats
    kind: Ints
    kinds: tuple[str, ...]
    hour: Ints

    def __len__(self) -> int:
        return len(self.age_days)


@dataclass(frozen=True, slots=True)
class Past:
    """What all steps of one forecast share: the reports with their cells and kinds, and the hours asked for."""

    ground: Ground
    spread: Spread
    reports: Reports
    cell: Ints
    weeks_ago: Ints
    weeks: int
    groups: dict[str, Ints]
    hours: Bools | None

    @property
    def recent(self) -> Bools:
        """Per report, whether it lies in the history that is learned from."""
        return self.weeks_ago < max(self.weeks, 1)

    @property
    def wanted(self) -> Bools:
        """Per report, whether it fell into the hours asked for."""
        if self.hours is None:
            return np.ones(len(self.reports), dtype=np.bool_)
        return (self.reports.hour >= 0) & self.hours[self.reports.hour]

    def per_cell(self, chosen: Bools) -> Floats:
        """How many of the chosen reports each cell saw."""
        cell = self.cell[chosen & (self.cell >= 0)]
        return np.bincount(cell, minlength=len(self.ground)).astype(np.float64)

    def smoother(self, chosen: Ints) -> Smoother:
        """The chosen reports, all recent, per week of the history, as widely spread as is asked for."""
        week = self.weeks - 1 - self.weeks_ago[chosen]
        return partial(self.spread.per_week, chosen=chosen, week=week, weeks=self.weeks)


def past_of(ground: Ground, reports: Reports, hours: Bools | None) -> Past:
    """The reports as a forecast for these hours of the week (168; None for all) needs them."""
    weeks_ago = (reports.age_days / 7).astype(np.int64)
    # A few strays from long ago do not make a history.
    oldest_days = float(np.quantile(reports.age_days, 0.998)) if len(reports) else 0.0
    weeks = min(WEEKS_MAX, round(oldest_days / 7))
    recent = weeks_ago < max(weeks, 1)
    groups = _groups(reports, recent)
    cell = ground.cells_at(reports.x_m, reports.y_m)
    return Past(
        ground, Spread(ground, reports.x_m, reports.y_m), reports, cell, weeks_ago, weeks, groups, hours
    )


def _groups(reports: Reports, recent: Bools) -> dict[str, Ints]:
    """The recent reports by kind: the commonest kinds on their own, the rest together."""
    many = np.bincount(reports.kind[recent], minlength=len(reports.kinds))
    common = [kind for kind in np.argsort(-many, kind="stable").tolist() if many[kind] >= KIND_REPORTS_MIN]
    groups = {
        reports.kinds[kind]: np.flatnonzero(recent & (reports.kind == kind)) for kind in common[:KINDS_MAX]
    }
    rest = np.flatnonzero(recent & ~np.isin(reports.kind, common[:KINDS_MAX]))
    return {**groups, REST: rest} if len(rest) or not groups else groups


def past_year_count(ground: Ground, reports: Reports, days_ago: float = 0.0) -> Floats:
    """How many reports each cell saw in the 365 days up to `days_ago`: the yardstick, at any hour."""
    age_days = reports.age_days - days_ago
    cell = ground.cells_at(reports.x_m, reports.y_m)[(age_days > 0) & (age_days <= COUNT_DAYS)]
    return np.bincount(cell[cell >= 0], minlength=len(ground)).astype(np.float64)
