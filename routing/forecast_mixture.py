"""Learns, for one kind of report, how the past weeks around a cell tell its next week.

The expected number of reports in a cell and week is a mixture: past reports, each faded exponentially with its age
and spread by a Gaussian bell, plus a part that is the same everywhere. Its weights are not negative and can be read:
so much comes from the cell's own year, so much from what happened within 200 m in the last fortnight (the near
repeat). They are found by expectation maximisation for a Poisson regression, whose steps are multiplicative
(Richardson 1972; as for self-exciting processes, Mohler et al. 2011). A cell's own reports then pull the mixture
towards what the cell has seen: the mean of a gamma prior with Poisson counts (Clayton and Kaldor 1987).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.forecast_ground import Smoother

type Floats = NDArray[np.float64]
type Singles = NDArray[np.float32]
type Ints = NDArray[np.int64]


WIDTHS_M = (0.0, 50.0, 100.0, 200.0, 400.0)
FADE_DAYS = (14.0, 45.0, 150.0, 500.0, 1500.0)
OWN_FADE_DAYS = (150.0, 500.0, 1500.0)
OWN_PRIORS = (0.6, 1.5, 4.0, 8.0, 20.0)
EM_STEPS = 60
_FLOOR = 1e-9


@dataclass(frozen=True, slots=True)
class Mixture:
    """What was learned: `weight` is fades x widths, the share of the expectation that comes from each; they and
    `everywhere` sum to 1. `pull` is how the cell's own reports correct it (None: not at all)."""

    weight: Floats
    everywhere: float
    pull: "Pull | None"

    def near_repeat(self, within_days: float = 45.0) -> float:
        """The share of the expectation that comes from the last weeks around the cell, beyond the cell itself."""
        recent = np.array(FADE_DAYS) <= within_days
        return float(self.weight[np.ix_(recent, np.array(WIDTHS_M) > 0)].sum())


@dataclass(frozen=True, slots=True)
class Pull:
    """How a cell's own reports correct the mixture: they fade with `fade_days`, and the mixture counts for `prior`
    reports against them."""

    fade_days: float
    prior: float


@dataclass(frozen=True, slots=True)
class Learned:
    """A kind's forecast: `tested` is weeks x cells for the last weeks of the history, learned only from those before
    them; `next` is for each cell the week after the history; `mixture` is what the latter was learned to be."""

    tested: Singles
    next: Singles
    mixture: Mixture


def learn(smooth: Smoother, weeks: int, train_weeks: int, test_weeks: int) -> Learned:
    """Learn from `weeks` weeks of one kind's reports, the last of which end where the forecast begins.

    `train_weeks` weeks teach; for the test these are the ones before the last `test_weeks`.
    """
    first = max(1, weeks - train_weeks - test_weeks)
    smoothed = [smooth(width_m) for width_m in WIDTHS_M]
    seen = smoothed[0].astype(np.float64)
    target = seen[first:]
    in_week, in_cell = np.nonzero(target)
    columns: list[Singles] = []
    exposure: list[Floats] = []
    for at_width in smoothed:
        for fade_days in FADE_DAYS:
            rate = _faded(at_width, fade_days, first)
            columns.append(rate[in_week, in_cell])
            exposure.append(rate.sum(axis=1, dtype=np.float64))
    even = max(float(target.mean()), _FLOOR)
    columns.append(np.full(len(in_week), even, dtype=np.float32))
    exposure.append(np.full(len(target) + 1, even * seen.shape[1]))
    taught = _Taught(np.stack(columns, axis=1), np.stack(exposure, axis=1), in_week, target[in_week, in_cell])
    early, late = (
        slice(0, max(1, len(target) - test_weeks)),
        slice(max(0, len(target) - train_weeks), len(target)),
    )
    before = taught.weights(early)
    after = taught.weights(late, begin=before)
    tested_rate, next_rate = _rates(smoothed, first, [before, after], even)
    own = {fade_days: _faded_totals(smoothed[0], fade_days, first) for fade_days in OWN_FADE_DAYS}
    pull = _likeliest_pull(tested_rate, own, target, early)
    tested, coming = (
        _pulled(rate, own, pull, target, taught) for rate, taught in ((tested_rate, early), (next_rate, late))
    )
    share = after * taught.exposure[late].sum(axis=0)
    share /= max(share.sum(), _FLOOR)
    weight = share[:-1].reshape(len(WIDTHS_M), len(FADE_DAYS)).T
    return Learned(
        tested=tested[len(target) - test_weeks : len(target)],
        next=coming[-1],
        mixture=Mixture(weight, float(share[-1]), pull),
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

    def weights(self, weeks: slice, begin: Floats | None = None) -> Floats:
        """The weights of the terms that make the reports of these weeks likeliest, sought from `begin` on."""
        now = (self.week >= weeks.start) & (self.week < weeks.stop)
        columns, count = self.columns[now], self.count[now].astype(np.float32)
        exposure = np.maximum(self.exposure[weeks].sum(axis=0), _FLOOR)
        weight = np.full(len(exposure), count.sum() / len(exposure)) / exposure if begin is None else begin
        for _ in range(EM_STEPS if begin is None else EM_STEPS // 2):
            expected = columns @ weight.astype(np.float32) + np.float32(_FLOOR)
            weight = weight * (columns.T @ (count / expected)) / exposure
        return weight


def _faded(smoothed: Singles, fade_days: float, first: int) -> Singles:
    """(Weeks - first + 1) x cells: the faded mean number a week, as known before each week from `first` on."""
    total, weight = _faded_totals(smoothed, fade_days, first)
    return np.divide(total, weight[:, None], out=total)


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
            so_far *= keep
            so_far += smoothed[week] * fresh
            so_much = so_much * keep + fresh
    return total, weight


def _rates(smoothed: list[Singles], first: int, weights: list[Floats], even: float) -> list[Singles]:
    """For each set of weights, the expectation for each week from `first` to the one after the last, and cell."""
    weeks, cells = smoothed[0].shape
    rates = [np.full((weeks - first + 1, cells), weight[-1] * even, dtype=np.float32) for weight in weights]
    for number, at_width in enumerate(smoothed):
        for rank, fade_days in enumerate(FADE_DAYS):
            faded = _faded(at_width, fade_days, first)
            for rate, weight in zip(rates, weights, strict=True):
                rate += np.float32(weight[number * len(FADE_DAYS) + rank]) * faded
    return rates


def _likeliest_pull(
    rate: Singles, own: dict[float, tuple[Singles, Singles]], target: Floats, taught: slice
) -> Pull | None:
    """The pull that makes the weeks `taught` likeliest: first how fast the own reports fade, then how much they count."""
    tried: dict[Pull | None, float] = {None: _likelihood(rate, target, taught)}
    for fade_days in own:
        pull = Pull(fade_days, OWN_PRIORS[len(OWN_PRIORS) // 2])
        tried[pull] = _likelihood(_pulled(rate, own, pull, target, taught), target, taught)
    best_fade = max((pull for pull in tried if pull), key=lambda pull: tried[pull]).fade_days
    for prior in OWN_PRIORS:
        pull = Pull(best_fade, prior)
        if pull not in tried:
            tried[pull] = _likelihood(_pulled(rate, own, pull, target, taught), target, taught)
    return max(tried, key=lambda pull: tried[pull])


def _pulled(
    rate: Singles,
    own: dict[float, tuple[Singles, Singles]],
    pull: Pull | None,
    target: Floats,
    taught: slice,
) -> Singles:
    """The expectation corrected by the cells' own reports, its sum over the weeks `taught` that of the reports."""
    if pull is None:
        return rate
    count, weight = own[pull.fade_days]
    prior = np.float32(pull.prior)
    pulled = rate * (count + prior) / (rate * weight[:, None] + prior)
    scale = target[taught].sum() / max(float(pulled[:-1][taught].sum(dtype=np.float64)), _FLOOR)
    return (pulled * np.float32(scale)).astype(np.float32, copy=False)


def _likelihood(rate: Singles, target: Floats, taught: slice) -> float:
    """The Poisson log-likelihood of the weeks `taught`, but for a constant."""
    expected, count = rate[:-1][taught], target[taught]
    some = np.flatnonzero(count)
    logs = np.log(expected.ravel()[some] + _FLOOR)
    return float((count.ravel()[some] * logs).sum() - expected.sum(dtype=np.float64))
