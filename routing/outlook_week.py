"""How one week's map did against what was then reported, and against the plain count."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from routing.forecast_choice import Tested
from routing.forecast_hits import cells_in, hits
from routing.words import Words

type Floats = NDArray[np.float64]

SHARE = 0.02
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Week:
    """The week from `starts_on` to `ends_on` (its last day): of its `reports`, `hit_rate` fell into the best 2 % of
    the map's cells and `count_hit_rate` into those of the past-year count. `pai` is the hit rate over the share of the
    area, `pei` the hits over the most that so many cells could have met."""

    starts_on: date
    ends_on: date
    reports: int
    hit_rate: float
    count_hit_rate: float
    pai: float
    pei: float
    words: Words


def week_of(score: Floats, count: Floats, happened: Floats, starts_on: date, outside: int = 0) -> Week | None:
    """Meet a map with its week: scores, past-year counts and what happened, each one entry a cell.

    `outside` is how many more were reported outside all cells. None when nothing was reported.
    """
    total = float(happened.sum()) + outside
    if total == 0:
        return None
    met, met_by_count, best = (float(hits(at, happened, (SHARE,))[0]) for at in (score, count, happened))
    cells = len(score)
    ends_on = starts_on + WEEK - timedelta(days=1)
    return Week(
        starts_on=starts_on,
        ends_on=ends_on,
        reports=round(total),
        hit_rate=met / total,
        count_hit_rate=met_by_count / total,
        pai=met / total * cells / cells_in(SHARE, cells),
        pei=met / max(best, 1e-9),
        words=_words(starts_on, ends_on, total, met, met_by_count, best),
    )


def last_tested_week(tested: Tested, as_of: datetime) -> Week | None:
    """The last whole week before `as_of`, as it was forecast from what was known before it; None without a test."""
    if not len(tested.happened):
        return None
    return week_of(tested.score[-1], tested.count[-1], tested.happened[-1], (as_of - WEEK).date())


def _words(
    starts_on: date, ends_on: date, total: float, met: float, met_by_count: float, best: float
) -> Words:
    more = round(met) - round(met_by_count)
    than_zh = (
        "与按近一年计数相同" if more == 0 else f"比按近一年计数{'多' if more > 0 else '少'} {abs(more)} 起"
    )
    than_en = (
        "as many as the past year's count"
        if more == 0
        else f"{abs(more)} {'more' if more > 0 else 'fewer'} than the past year's count"
    )
    return Words(
        f"{starts_on:%m-%d} 至 {ends_on:%m-%d} 报来 {total:.0f} 起，地图上 2% 的地方命中 {met:.0f} 起"
        f"（{met / total:.0%}），{than_zh}；这么多格子最多能命中 {best:.0f} 起。",
        f"From {starts_on:%m-%d} to {ends_on:%m-%d}, {total:.0f} were reported; 2 % of the map met {met:.0f} "
        f"({met / total:.0%}), {than_en}; at best, so many cells could have met {best:.0f}.",
    )
