"""The expected reports of the coming week in every cell, by whichever way did better lately.

Two ways are compared: the learned mixture, and the plain count of the past year, which is hard to beat where much is
reported. The learned one is used only where it was not worse over the last weeks; the choice and its figures are kept.
"""

from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from routing.forecast_ground import Ground, Spread
from routing.forecast_hits import hits
from routing.forecast_mixture import Learned, Mixture, learn
from routing.forecast_shares import cell_shares, kind_shares

type Floats = NDArray[np.float64]
type Ints = NDArray[np.int64]
type Bools = NDArray[np.bool_]
type Way = Literal["mixture", "shaped_count", "count"]
type Why = Literal["not_worse", "worse", "short_history", "nothing_to_compare"]

TRAIN_WEEKS = 52
TEST_WEEKS = 13
WEEKS_MIN, WEEKS_MAX = 52, 208
COUNT_DAYS = 365
KINDS_MAX = 8
KIND_REPORTS_MIN = 300
SURROUNDINGS_M = 100.0
# The comparison looks at several shares of the cells, because a single one is noisy.
COMPARED_SHARES = (0.01, 0.02, 0.03, 0.04, 0.05)
# A way is worse when it met fewer reports by more than so many standard errors: thirteen weeks tell little more.
CHANCE_SIGMAS = 1.0
# Far less than one report: it only orders cells of equal counts.
TIE_BREAK = 1e-6
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
class Choice:
    """Which way was chosen and why. The figures are the shares of the reports of the last `weeks` weeks that fell
    into the first 1-5 % of the cells, on average; None where nothing was compared. `near_repeat` is the share of the
    expectation that comes from the last weeks' reports around a cell."""

    way: Way
    why: Why
    weeks: int = 0
    mixture_hit_rate: float | None = None
    count_hit_rate: float | None = None
    near_repeat: float = 0.0


@dataclass(frozen=True, slots=True)
class Forecast:
    """The coming week. `expected` is the reports of a whole week, kinds x cells, and `kinds` names its rows (REST for
    the rare ones together); `share` is the part of a cell's reports that falls into the hours asked for; `score`
    ranks the cells for these hours; `mixtures` is what was learned of each kind."""

    expected: Floats
    kinds: tuple[str, ...]
    share: Floats
    score: Floats
    choice: Choice
    mixtures: dict[str, Mixture]


@dataclass(frozen=True, slots=True)
class _Past:
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
    def wanted(self) -> Bools:
        """Per report, whether it fell into the hours asked for."""
        if self.hours is None:
            return np.ones(len(self.reports), dtype=np.bool_)
        return (self.reports.hour >= 0) & self.hours[self.reports.hour]

    def per_cell(self, chosen: Bools) -> Floats:
        """How many of the chosen reports each cell saw."""
        cell = self.cell[chosen & (self.cell >= 0)]
        return np.bincount(cell, minlength=len(self.ground)).astype(np.float64)


def forecast(ground: Ground, reports: Reports, hours: Bools | None = None) -> Forecast:
    """Forecast the week that begins where the reports' ages are counted from.

    `hours` (168 of the week, from Monday's first) limits the score to some of them; None is all. With under a year
    of history the count is used. ValueError when an age is not above 0.
    """
    if len(reports) and float(np.min(reports.age_days)) <= 0:
        raise ValueError("reports must lie before the forecast begins: an age_days is 0 or less")
    past = _past(ground, reports, hours)
    count = past_year_count(ground, reports)
    if past.weeks < WEEKS_MIN:
        expected = np.stack([past.per_cell(_is_in(past, chosen)) for chosen in past.groups.values()])
        expected /= max(1, past.weeks)
        share = _share_of_hours(past, expected, 0)
        score = count * share + TIE_BREAK * _around(past)
        return Forecast(expected, tuple(past.groups), share, score, Choice("count", "short_history"), {})
    learned = {name: _learned(past, chosen) for name, chosen in past.groups.items()}
    expected = np.stack([each.next for each in learned.values()]).astype(np.float64)
    share = _share_of_hours(past, expected, 0)
    choice = _chosen(past, learned)
    score = expected.sum(axis=0) * share
    if choice.way != "mixture":
        score = count * (share if choice.way == "shaped_count" else 1.0) + TIE_BREAK * score
    mixtures = {name: each.mixture for name, each in learned.items()}
    return Forecast(expected, tuple(past.groups), share, score, choice, mixtures)


def past_year_count(ground: Ground, reports: Reports, days_ago: float = 0.0) -> Floats:
    """How many reports each cell saw in the 365 days up to `days_ago`: the yardstick, at any hour."""
    age_days = reports.age_days - days_ago
    cell = ground.cells_at(reports.x_m, reports.y_m)[(age_days > 0) & (age_days <= COUNT_DAYS)]
    return np.bincount(cell[cell >= 0], minlength=len(ground)).astype(np.float64)


def _past(ground: Ground, reports: Reports, hours: Bools | None) -> _Past:
    weeks_ago = (reports.age_days / 7).astype(np.int64)
    # A few strays from long ago do not make a history.
    oldest_days = float(np.quantile(reports.age_days, 0.998)) if len(reports) else 0.0
    weeks = min(WEEKS_MAX, round(oldest_days / 7))
    recent = weeks_ago < max(weeks, 1)
    groups = _groups(reports, recent)
    cell = ground.cells_at(reports.x_m, reports.y_m)
    return _Past(
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


def _is_in(past: _Past, chosen: Ints) -> Bools:
    inside = np.zeros(len(past.reports), dtype=np.bool_)
    inside[chosen] = True
    return inside


def _learned(past: _Past, chosen: Ints) -> Learned:
    week = past.weeks - 1 - past.weeks_ago[chosen]
    smooth = partial(past.spread.per_week, chosen=chosen, week=week, weeks=past.weeks)
    return learn(smooth, past.weeks, TRAIN_WEEKS, TEST_WEEKS)


def _around(past: _Past) -> Floats:
    """The reports in each cell's surroundings."""
    everything = np.arange(len(past.reports))
    spread = past.spread.per_week(SURROUNDINGS_M, everything, np.zeros_like(everything), 1)
    return spread[0].astype(np.float64)


def _share_of_hours(past: _Past, expected: Floats, weeks_left_out: int) -> Floats:
    """The part of each cell's reports that falls into the hours asked for, learned without the last weeks."""
    if past.hours is None:
        return np.ones(len(past.ground))
    slot = np.where(past.reports.hour >= 0, np.where(past.wanted, 1, 0), -1)
    return slot_shares(past, expected, slot, 2, weeks_left_out)[:, 1]


def slot_shares(past: _Past, expected: Floats, slot: Ints, slots: int, weeks_left_out: int = 0) -> Floats:
    """How each cell's reports are shared among slots of time: cells x slots, rows sum to 1.

    `slot` is each report's slot, -1 unknown; `expected` (kinds x cells) tells a cell's mix of kinds.
    """
    told = (slot >= 0) & (past.weeks_ago >= weeks_left_out)
    by_kind = [chosen[told[chosen]] for chosen in past.groups.values()]
    of_kind = kind_shares(
        np.stack([np.bincount(slot[chosen], minlength=slots) for chosen in by_kind]).astype(np.float64)
    )
    mix = expected / np.maximum(expected.sum(axis=0), 1e-12)
    usual = np.maximum(mix.T @ of_kind, 1e-9)
    usual /= usual.sum(axis=1, keepdims=True)
    own = np.stack([past.per_cell(told & (slot == each)) for each in range(slots)], axis=1)
    around = np.zeros_like(usual)
    around_usual = np.zeros_like(usual)
    for chosen, shares in zip(by_kind, of_kind, strict=True):
        near = past.spread.per_week(SURROUNDINGS_M, chosen, slot[chosen], slots).T.astype(np.float64)
        around += near
        around_usual += near.sum(axis=1, keepdims=True) * shares
    return cell_shares(own, around, around_usual, usual)


def _chosen(past: _Past, learned: dict[str, Learned]) -> Choice:
    """Walk through the last weeks with what was known before them, and see which way met more reports."""
    tested = np.sum([each.tested for each in learned.values()], axis=0, dtype=np.float64)
    share = _share_of_hours(
        past, np.stack([each.tested[0] for each in learned.values()]).astype(np.float64), TEST_WEEKS
    )
    met: dict[Way, list[float]] = {"mixture": [], "shaped_count": [], "count": []}
    happened_total = 0.0
    for back in range(TEST_WEEKS, 0, -1):
        happened = past.per_cell((past.weeks_ago == back - 1) & past.wanted)
        count = past_year_count(past.ground, past.reports, 7 * back)
        scores: dict[Way, Floats] = {
            "mixture": tested[TEST_WEEKS - back] * share,
            "shaped_count": count * share,
            "count": count,
        }
        for way, score in scores.items():
            met[way].append(float(hits(score, happened, COMPARED_SHARES).mean()))
        happened_total += float(happened.sum())
    if happened_total == 0:
        return Choice("count", "nothing_to_compare")
    rate = {way: sum(each) / happened_total for way, each in met.items()}
    plain = max(("count", "shaped_count"), key=lambda way: rate[way])
    not_worse = not _clearly_below(np.array(met["mixture"]), np.array(met["count"]))
    weighed = [(float(each.next.sum()), each.mixture.near_repeat()) for each in learned.values()]
    near_repeat = sum(many * part for many, part in weighed) / max(sum(many for many, _ in weighed), 1e-12)
    return Choice(
        "mixture" if not_worse else plain,
        "not_worse" if not_worse else "worse",
        TEST_WEEKS,
        rate["mixture"],
        rate["count"],
        near_repeat,
    )


def _clearly_below(met: Floats, met_by_other: Floats) -> bool:
    """Whether one way met fewer reports than the other by more than their weekly differences scatter."""
    difference = met - met_by_other
    return bool(difference.sum() < -CHANCE_SIGMAS * difference.std() * np.sqrt(len(difference)))
