"""How well the forecast would have done, week by week, and against the plain count of the past year.

A week's map is made only from what was known before the week, and then met with what was reported in it. Measures are
those of the field: the hit rate (the share of the reports that fell into the best cells), PAI (the hit rate over the
share of the area: Chainey, Tompson and Uhlig 2008) and PEI (the hits over the most that so many cells could have met:
Hunt 2016), at 1, 2 and 5 % of the area.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from routing.forecast_choice import Choice, Tested
from routing.forecast_ground import Ground
from routing.forecast_hits import cells_in, hits
from routing.forecast_map import forecast
from routing.forecast_past import Reports, past_year_count
from routing.words import Words

type Floats = NDArray[np.float64]
type Bools = NDArray[np.bool_]

SHARES = (0.01, 0.02, 0.05)
WEEK_DAYS = 7.0
# Neighbouring weeks are alike, so they are drawn in pairs.
BLOCK_WEEKS = 2
DRAWS = 1000
# Fewer pairs of weeks drawn anew are always the same: their range is narrow, and says nothing.
SURE_WEEKS_MIN = 8
_FLOOR = 1e-9


@dataclass(frozen=True, slots=True)
class Walked:
    """What each week's map met. `met`, `met_by_count` and `best` are weeks x SHARES: the hits of the forecast, of the
    past-year count, and of the best cells as they turned out; `happened` the reports of each week; `choices` the way
    that each week's map was made; `cells` how many cells the ground has."""

    met: Floats
    met_by_count: Floats
    best: Floats
    happened: Floats
    choices: tuple[Choice, ...]
    cells: int


@dataclass(frozen=True, slots=True)
class Figures:
    """The measures at one share of the area over all weeks, with 95 % intervals; those of the past-year count begin
    with `count`.

    `against_count` is the forecast's hits over the count's.
    """

    share: float
    hit_rate: float
    hit_rate_range: tuple[float, float]
    count_hit_rate: float
    pai: float
    pai_range: tuple[float, float]
    count_pai: float
    pei: float
    pei_range: tuple[float, float]
    count_pei: float
    against_count: float
    against_count_range: tuple[float, float]


def walk_forward(
    ground: Ground,
    reports: Reports,
    weeks: int,
    hours: Bools | None = None,
    on_week: Callable[[int, int], None] | None = None,
) -> Walked:
    """Make the map of each of the last `weeks` weeks before the reports' ages begin, and meet it with its week.

    `hours` (168 of the week) limits both; `on_week` is told how many of how many weeks are done. ValueError when
    `weeks` is not positive.
    """
    if weeks < 1:
        raise ValueError(f"weeks is {weeks}: at least one is needed")
    met: list[Floats] = []
    met_by_count: list[Floats] = []
    best: list[Floats] = []
    totals: list[float] = []
    choices: list[Choice] = []
    inside = np.ones(len(reports), dtype=np.bool_)
    if hours is not None:
        inside = (reports.hour >= 0) & hours[reports.hour]
    cell = ground.cells_at(reports.x_m, reports.y_m)
    for back in range(weeks, 0, -1):
        start_days, end_days = back * WEEK_DAYS, (back - 1) * WEEK_DAYS
        now = inside & (cell >= 0) & (reports.age_days <= start_days) & (reports.age_days > end_days)
        happened = np.bincount(cell[now], minlength=len(ground)).astype(np.float64)
        made = forecast(ground, _before(reports, start_days), hours)
        choices.append(made.choice)
        met.append(hits(made.score, happened, SHARES))
        met_by_count.append(hits(past_year_count(ground, reports, start_days), happened, SHARES))
        best.append(hits(happened, happened, SHARES))
        totals.append(float(happened.sum()))
        if on_week:
            on_week(weeks - back + 1, weeks)
    return Walked(
        np.array(met), np.array(met_by_count), np.array(best), np.array(totals), tuple(choices), len(ground)
    )


def walked_of(tested: Tested, choice: Choice) -> Walked:
    """The same measures of the weeks that a forecast tested itself on; at least one week."""
    return Walked(
        met=np.array(
            [hits(at, came, SHARES) for at, came in zip(tested.score, tested.happened, strict=True)]
        ),
        met_by_count=np.array(
            [hits(at, came, SHARES) for at, came in zip(tested.count, tested.happened, strict=True)]
        ),
        best=np.array([hits(came, came, SHARES) for came in tested.happened]),
        happened=tested.happened.sum(axis=1),
        choices=(choice,) * len(tested.happened),
        cells=tested.happened.shape[1],
    )


def _before(reports: Reports, days_ago: float) -> Reports:
    known = reports.age_days > days_ago
    return replace(
        reports,
        x_m=reports.x_m[known],
        y_m=reports.y_m[known],
        age_days=reports.age_days[known] - days_ago,
        kind=reports.kind[known],
        hour=reports.hour[known],
    )


def figures(walked: Walked) -> tuple[Figures, ...]:
    """The measures at each of SHARES; empty when nothing was reported in the weeks."""
    total = float(walked.happened.sum())
    if total == 0:
        return ()
    draws = _drawn_weeks(len(walked.happened))
    found: list[Figures] = []
    for column, share in enumerate(SHARES):
        met, by_count, best = (each[:, column] for each in (walked.met, walked.met_by_count, walked.best))
        per_area = walked.cells / cells_in(share, walked.cells)
        hit_rate, count_hit_rate = (float(each.sum()) / total for each in (met, by_count))
        low, high = _range95(_quotients(met, walked.happened, draws))
        found.append(
            Figures(
                share=share,
                hit_rate=hit_rate,
                hit_rate_range=(low, high),
                count_hit_rate=count_hit_rate,
                pai=hit_rate * per_area,
                pai_range=(low * per_area, high * per_area),
                count_pai=count_hit_rate * per_area,
                pei=float(met.sum()) / max(float(best.sum()), _FLOOR),
                pei_range=_range95(_quotients(met, best, draws)),
                count_pei=float(by_count.sum()) / max(float(best.sum()), _FLOOR),
                against_count=float(met.sum()) / max(float(by_count.sum()), _FLOOR),
                against_count_range=_range95(_quotients(met, by_count, draws)),
            )
        )
    return tuple(found)


def _quotients(above: Floats, below: Floats, draws: NDArray[np.int64]) -> Floats:
    """For each draw of weeks, the sum of one over the sum of the other."""
    return above[draws].sum(axis=1) / np.maximum(below[draws].sum(axis=1), _FLOOR)


def _drawn_weeks(weeks: int) -> NDArray[np.int64]:
    """Draws x weeks: blocks of neighbouring weeks drawn with replacement (Künsch 1989), the same every time."""
    dice = np.random.default_rng(0)
    blocks = -(-weeks // BLOCK_WEEKS)
    first = dice.integers(0, blocks, (DRAWS, blocks)) * BLOCK_WEEKS
    drawn = (first[:, :, None] + np.arange(BLOCK_WEEKS)).reshape(DRAWS, -1)[:, :weeks]
    return np.minimum(drawn, weeks - 1)


def _range95(values: Floats) -> tuple[float, float]:
    low, high = np.quantile(values, [0.025, 0.975]).tolist()
    return float(low), float(high)


def in_words(measured: tuple[Figures, ...], weeks: int) -> Words:
    """One sentence for an officer: how the maps did, and against the plain count."""
    if not measured:
        return Words(
            f"这 {weeks} 周没有警情，无从比较。",
            f"Nothing was reported in these {weeks} weeks, so nothing can be said.",
        )
    at = next(each for each in measured if each.share == 0.02)
    low, high = at.against_count_range
    if low > 1:
        than_zh, than_en = "明显好于按近一年计数", "clearly more than the plain count of the past year"
    elif high < 1:
        than_zh, than_en = (
            "不如按近一年计数，请直接用计数",
            "fewer than the plain count of the past year: use the count",
        )
    else:
        than_zh, than_en = "与按近一年计数相当", "about as many as the plain count of the past year"
    range_zh, range_en = f"，95% 区间 {low:.2f}–{high:.2f}", f", 95 % range {low:.2f}-{high:.2f}"
    if weeks < SURE_WEEKS_MIN:
        than_zh, than_en = (
            "周数太少，还说不准比按近一年计数好还是差",
            "too few weeks to tell whether that is more than the plain count of the past year",
        )
        range_zh = range_en = ""
    return Words(
        f"{weeks} 周里，地图上 2% 的地方命中了 {at.hit_rate:.0%} 的警情，按面积是平均的 {at.pai:.0f} 倍（PAI），"
        f"是这么多格子最多能命中的 {at.pei:.0%}（PEI）；{than_zh}（{at.against_count:.2f} 倍{range_zh}）。",
        f"Over {weeks} weeks, 2 % of the map met {at.hit_rate:.0%} of the reports, {at.pai:.0f} times the area's "
        f"average (PAI) and {at.pei:.0%} of the most that so many cells could have met (PEI): {than_en} "
        f"({at.against_count:.2f} times{range_en}).",
    )
