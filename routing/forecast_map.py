"""The expected reports of the coming week in every cell, by whichever way did better lately.

Two ways are compared: the learned mixture, and the plain count of the past year, which is hard to beat where much is
reported. The learned one is used only where it was not worse over the last weeks; the choice and its figures are kept.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.forecast_choice import (
    REPORTS_MIN,
    TEST_WEEKS,
    WEEKS_MIN,
    Choice,
    Tested,
    choose,
    tested_by_count,
)
from routing.forecast_ground import Ground
from routing.forecast_hours import SURROUNDINGS_M, share_of_hours
from routing.forecast_mixture import Learned, Mixture, learn
from routing.forecast_past import COUNT_DAYS, Past, Reports, past_of, past_year_count

type Floats = NDArray[np.float64]
type Ints = NDArray[np.int64]
type Bools = NDArray[np.bool_]

TRAIN_WEEKS = 52
# Far less than one report: it only orders cells of equal counts, by what lately happened around them.
TIE_BREAK = 1e-6
TIE_FADE_DAYS = 150.0


@dataclass(frozen=True, slots=True)
class Forecast:
    """The coming week. `expected` is the reports of a whole week by the way that was chosen, kinds x cells, and
    `kinds` names its rows (REST for the rare ones together); `share` is the part of a cell's reports that falls into
    the hours asked for; `score` ranks the cells for these hours; `tested` is how the chosen way would have seen the
    last weeks (none with very little history); `mixtures` is what was learned of each kind."""

    expected: Floats
    kinds: tuple[str, ...]
    share: Floats
    score: Floats
    choice: Choice
    tested: Tested
    mixtures: dict[str, Mixture]


def forecast(ground: Ground, reports: Reports, hours: Bools | None = None) -> Forecast:
    """Forecast the week that begins where the reports' ages are counted from.

    `hours` (168 of the week, from Monday's first) limits the score to some of them; None is all. With under a year
    of history, or very few reports, the count is used. ValueError when an age is not above 0.
    """
    if len(reports) and float(np.min(reports.age_days)) <= 0:
        raise ValueError("reports must lie before the forecast begins: an age_days is 0 or less")
    return forecast_of(past_of(ground, reports, hours))


def forecast_of(past: Past, tell: Callable[[float], None] | None = None) -> Forecast:
    """The same from a sorted past; `tell` is told the share done."""
    count = past_year_count(past.ground, past.reports)
    if past.weeks < WEEKS_MIN or past.recent.sum() < REPORTS_MIN:
        expected = _counted(past)
        share = share_of_hours(past, expected, 0)
        score = count * share + TIE_BREAK * _lately_around(past)
        way = "count" if past.hours is None else "shaped_count"
        why = "short_history" if past.weeks < WEEKS_MIN else "few_reports"
        tested = tested_by_count(past, share, min(TEST_WEEKS, past.weeks // 2))
        return Forecast(expected, tuple(past.groups), share, score, Choice(way, why), tested, {})
    learned: dict[str, Learned] = {}
    for name, chosen in past.groups.items():
        learned[name] = _learned(past, chosen)
        if tell:
            tell(len(learned) / (len(past.groups) + 1))
    directly = _learned(past, np.flatnonzero(past.wanted & past.recent)) if past.hours is not None else None
    expected = np.stack([each.next for each in learned.values()]).astype(np.float64)
    share = share_of_hours(past, expected, 0, directly.next if directly else None)
    choice, tested = _choice(past, learned, directly)
    score = expected.sum(axis=0) * share
    if choice.way != "mixture":
        score = count * (share if choice.way == "shaped_count" else 1.0) + TIE_BREAK * score
        expected = _counted(past)
    mixtures = {name: each.mixture for name, each in learned.items()}
    return Forecast(expected, tuple(past.groups), share, score, choice, tested, mixtures)


def _learned(past: Past, chosen: Ints) -> Learned:
    return learn(past.smoother(chosen), past.weeks, TRAIN_WEEKS, TEST_WEEKS)


def _choice(past: Past, learned: dict[str, Learned], directly: Learned | None) -> tuple[Choice, Tested]:
    by_kind = np.stack([each.tested for each in learned.values()]).astype(np.float64)
    share = share_of_hours(past, by_kind[:, 0], TEST_WEEKS, directly.tested[0] if directly else None)
    many = np.array([float(each.next.sum()) for each in learned.values()])
    near = np.array([each.mixture.near_repeat() for each in learned.values()])
    return choose(past, by_kind.sum(axis=0), share, float((many * near).sum() / max(many.sum(), 1e-12)))


def _counted(past: Past) -> Floats:
    """The past year's reports a week, kinds x cells."""
    lately = past.recent & (past.reports.age_days <= COUNT_DAYS)
    weeks = max(1.0, min(float(past.weeks), COUNT_DAYS / 7))
    by_kind: list[Floats] = []
    for chosen in past.groups.values():
        inside = np.zeros(len(past.reports), dtype=np.bool_)
        inside[chosen] = True
        by_kind.append(past.per_cell(inside & lately) / weeks)
    return np.stack(by_kind)


def _lately_around(past: Past) -> Floats:
    """The reports in each cell's surroundings, the latest counting most."""
    everything = np.flatnonzero(past.recent)
    weeks = max(1, past.weeks)
    week = np.maximum(0, weeks - 1 - past.weeks_ago[everything])
    spread = past.spread.per_week(SURROUNDINGS_M, everything, week, weeks)
    fade = np.exp(-7.0 * np.arange(weeks)[::-1] / TIE_FADE_DAYS)
    return np.asarray(fade @ spread, dtype=np.float64)
