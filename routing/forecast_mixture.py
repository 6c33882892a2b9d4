"""Learns, for one kind of report, how the past weeks around a cell tell its next week.

The expected number of reports in a cell and week is a mixture: past reports, each faded exponentially with its age
and spread by a Gaussian bell, plus a part that is the same everywhere. Its weights are not negative and can be read:
so much comes from the cell's own year, so much from what happened within 200 m in the last fortnight (the near
repeat). They are found by expectation maximisation for a Poisson regression, whose steps are multiplicative
(Richardson 1972; as for self-exciting processes, Mohler et al. 2011). A cell's own reports then pull the mixture
towards what the cell has seen: the mean of a gamma prior with Poisson counts (Clayton and Kaldor 1987).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

type Floats = NDArray[np.float64]
type Singles = NDArray[np.float32]
type Ints = NDArray[np.int64]
# A bell's width in metres in, weeks x cells out: the reports of each week so spread.
type Smoother = Callable[[float], Singles]

WIDTHS_M = (0.0, 50.0, 100.0, 200.0, 400.0)
FADE_DAYS = (14.0, 45.0, 150.0, 500.0, 1500.0)
OWN_FADE_DAYS = (150.0, 500.0, 1500.0)
OWN_PRIORS = (0.6, 1.5, 4.0, 8.0, 20.0)
EM_STEPS = 60
_FLOOR = 1e-9


@dataclass(frozen=True, slots=True)
class Mixture:
    """What was learned: `weight` is fades x widths, the share of the expectation that comes from each; they and
    `everywhere` sum to 1. `own_prior` reports are what the mixture counts against the cell's own, which fade with
    `own_fade_days` (None: its own change nothing)."""

    weight: Floats
    everywhere: float
    own_prior: float | None
    own_fade_days: float | None

    def near_repeat(self, within_days: float = 45.0) -> float:
        """The share of the expectation that comes from the last weeks around the cell, beyond the cell itself."""
        recent = np.array(FADE_DAYS) <= within_days
        return float(self.weight[np.ix_(recent, np.array(WIDTHS_M) > 0)].sum())


@dataclass(frozen=True, slots=True)
class Learned:
    """A kind's forecast: `tested` is weeks x cells for the last weeks of the history, learned only from those before
    them; `next` is for each cell the week after the history; `mixture` is what the latter was learned to be."""

    tested: Floats
    next: Floats
    mixture: Mixture


def learn(smooth: Smoother, weeks: int, train_weeks: int, test_weeks: int) -> Learned:
    """Learn from `weeks` weeks of one kind's reports, the last of which end where the forecast begins.

    `train_weeks` weeks teach; for the test these are the ones before the last `test_weeks`.
    """
    first = max(1, weeks - train_weeks - test_weeks)
    seen = smooth(0.0).astype(np.float64)
    target = seen[first:]
    in_week, in_cell = np.nonzero(target)
    columns: list[Singles] = []
    exposure: list[Floats] = []
    for width_m in WIDTHS_M:
        smoothed = smooth(width_m)
        for fade_days in FADE_DAYS:
            rate = _faded(smoothed, fade_days, first)
            columns.append(rate[in_week, in_cell])
            exposure.append(rate.sum(axis=1, dtype=np.float64))
    even = max(float(target.mean()), _FLOOR)
    columns.append(np.full(len(in_week), even, dtype=np.float32))
    exposure.append(np.full(len(target) + 1, even * seen.shape[1]))
    taught = _Taught(np.stack(columns, axis=1), np.stack(exposure, axis=1), in_week, target[in_week, in_cell])
    before, after = (
        taught.weights(0, max(1, len(target) - test_weeks)),
        taught.weights(max(0, len(target) - train_weeks), len(target)),
    )
    tested_rate, next_rate = _rates(smooth, first, [before, after], even, seen.shape[1])
    own = {fade_days: _faded_sums(seen, fade_days, first) for fade_days in OWN_FADE_DAYS}
    tested = _corrected(tested_rate, own, target, slice(0, max(1, len(target) - test_weeks)))
    coming = _corrected(next_rate, own, target, slice(max(0, len(target) - train_weeks), len(target)))
    share = after * taught.exposure[max(0, len(target) - train_weeks) : len(target)].sum(axis=0)
    share /= max(share.sum(), _FLOOR)
    weight = share[:-1].reshape(len(WIDTHS_M), len(FADE_DAYS)).T
    return Learned(
        tested=tested.rate[len(target) - test_weeks : len(target)],
        next=coming.rate[-1],
        mixture=Mixture(weight, float(share[-1]), coming.prior, coming.fade_days),
    )


@dataclass(frozen=True, slots=True)
class _Taught:
    """The Poisson regression: `columns` (reports' rows x terms) and `count` where something was reported, in weeks
    `week`, and `exposure` (weeks x terms), the sums of the terms over all cells, which is all that cells without
    reports contribute."""

    columns: Singles
    exposure: Floats
    week: Ints
    count: Floats

    def weights(self, first: int, last: int) -> Floats:
        """The weights of the terms that make the reports of weeks `first` to `last` - 1 likeliest."""
        now = (self.week >= first) & (self.week < last)
        columns, count = self.columns[now], self.count[now].astype(np.float32)
        exposure = np.maximum(self.exposure[first:last].sum(axis=0), _FLOOR)
        weight = np.full(len(exposure), count.sum() / len(exposure)) / exposure
        for _ in range(EM_STEPS):
            expected = columns @ weight.astype(np.float32) + np.float32(_FLOOR)
            weight *= (columns.T @ (count / expected)) / exposure
        return weight


def _faded(smoothed: Singles, fade_days: float, first: int) -> Singles:
    """(Weeks - first + 1) x cells: the faded mean number a week, as known before each week from `first` on."""
    total, weight = _faded_totals(smoothed, fade_days, first)
    return total / weight[:, None]


def _faded_totals(smoothed: Singles, fade_days: float, first: int) -> tuple[Singles, Singles]:
    """The faded sums before each week from `first` to the one after the last, and the sums for one report a week."""
    keep, fresh = np.float32(np.exp(-7.0 / fade_days)), np.float32(np.exp(-3.5 / fade_days))
    weeks = len(smoothed)
    total = np.empty((weeks - first + 1, smoothed.shape[1]), dtype=np.float32)
    weight = np.empty(weeks - first + 1, dtype=np.float32)
    so_far, so_much = np.zeros(smoothed.shape[1], dtype=np.float32), np.float32(0)
    for week in range(weeks + 1):
        if week >= first:
            total[week - first], weight[week - first] = so_far, max(so_much, np.float32(_FLOOR))
        if week < weeks:
            so_far = so_far * keep + smoothed[week] * fresh
            so_much = so_much * keep + fresh
    return total, weight


def _faded_sums(seen: Floats, fade_days: float, first: int) -> tuple[Floats, Floats]:
    total, weight = _faded_totals(seen.astype(np.float32), fade_days, first)
    return total.astype(np.float64), weight.astype(np.float64)


def _rates(smooth: Smoother, first: int, weights: list[Floats], even: float, cells: int) -> list[Floats]:
    """For each set of weights, the expectation for each week from `first` to the one after the last, and cell."""
    rates: list[Floats] = []
    for number, width_m in enumerate(WIDTHS_M):
        smoothed = smooth(width_m)
        for rank, fade_days in enumerate(FADE_DAYS):
            faded = _faded(smoothed, fade_days, first)
            if not rates:
                rates = [np.full(faded.shape, weight[-1] * even) for weight in weights]
            for rate, weight in zip(rates, weights, strict=True):
                rate += weight[number * len(FADE_DAYS) + rank] * faded
    return rates


@dataclass(frozen=True, slots=True)
class _Corrected:
    rate: Floats
    prior: float | None
    fade_days: float | None


def _corrected(
    rate: Floats, own: dict[float, tuple[Floats, Floats]], target: Floats, taught: slice
) -> _Corrected:
    """The expectation pulled to the cell's own reports as strongly as makes the weeks `taught` likeliest."""
    best, chosen = _likelihood(rate, target, taught), _Corrected(rate, None, None)
    for fade_days, (count, weight) in own.items():
        for prior in OWN_PRIORS:
            pulled = rate * (count + prior) / (rate * weight[:, None] + prior)
            pulled *= target[taught].sum() / max(pulled[:-1][taught].sum(), _FLOOR)
            if (likelihood := _likelihood(pulled, target, taught)) > best:
                best, chosen = likelihood, _Corrected(pulled, prior, fade_days)
    return chosen


def _likelihood(rate: Floats, target: Floats, taught: slice) -> float:
    """The Poisson log-likelihood of the weeks `taught`, but for a constant."""
    expected, count = rate[:-1][taught], target[taught]
    some = count > 0
    return float((count[some] * np.log(expected[some] + _FLOOR)).sum() - expected.sum())
