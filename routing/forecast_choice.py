"""Chooses the way a map is made: the learned mixture, or the plain count where the mixture did worse lately."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from routing.forecast_hits import hits
from routing.forecast_past import Past, past_year_count
from routing.words import Words

type Floats = NDArray[np.float64]
type Way = Literal["mixture", "shaped_count", "count"]
type Why = Literal["not_worse", "worse", "short_history", "few_reports", "nothing_to_compare"]

TEST_WEEKS = 13
# So much history, and so many reports, are needed before anything is learned.
WEEKS_MIN, REPORTS_MIN = 52, 100
# The comparison looks at several shares of the cells, because thirteen weeks of a single one are mostly chance.
COMPARED_SHARES = tuple(percent / 100 for percent in range(1, 11))


@dataclass(frozen=True, slots=True)
class Choice:
    """Which way was chosen and why. The figures are the shares of the reports of the last `weeks` weeks that fell
    into the first 1-10 % of the cells, on average; None where nothing was compared. `near_repeat` is the share of the
    expectation that comes from the last weeks' reports around a cell."""

    way: Way
    why: Why
    weeks: int = 0
    mixture_hit_rate: float | None = None
    count_hit_rate: float | None = None
    near_repeat: float = 0.0


@dataclass(frozen=True, slots=True)
class Tested:
    """The last weeks as they were forecast from what was known before them, oldest first, and as they came: weeks x
    cells each. `score` is by the way that was chosen, `count` by the past-year count at that time."""

    score: Floats
    count: Floats
    happened: Floats


def tested_by_count(past: Past, share: Floats, weeks: int) -> Tested:
    """The last `weeks` weeks by the past-year count, each cell's times its `share`."""
    count = np.empty((weeks, len(past.ground)))
    came = np.empty_like(count)
    for rank, back in enumerate(range(weeks, 0, -1)):
        count[rank] = past_year_count(past.ground, past.reports, 7 * back)
        came[rank] = past.per_cell((past.weeks_ago == back - 1) & past.wanted)
    return Tested(count * share, count, came)


def choose(past: Past, tested: Floats, share: Floats, near_repeat: float) -> tuple[Choice, Tested]:
    """Walk through the last weeks with what was known before them, and see which way met more reports.

    The mixture is chosen when it met as many as the past-year count, or more; else the better one of the count and
    the count times `share`. `tested` is the mixture's expectation, TEST_WEEKS x cells, and `share` the part of it
    that falls into the hours asked for, both learned before these weeks.
    """
    shaped = tested_by_count(past, share, TEST_WEEKS)
    scores: dict[Way, Floats] = {
        "mixture": tested * share,
        "shaped_count": shaped.score,
        "count": shaped.count,
    }
    happened_total = float(shaped.happened.sum())
    if happened_total == 0:
        return Choice("count", "nothing_to_compare"), replace(shaped, score=shaped.count)
    rate = {way: _mean_hits(score, shaped.happened) / happened_total for way, score in scores.items()}
    not_worse = rate["mixture"] >= rate["count"]
    way: Way = "mixture" if not_worse else max(("count", "shaped_count"), key=lambda plain: rate[plain])
    choice = Choice(
        way, "not_worse" if not_worse else "worse", TEST_WEEKS, rate["mixture"], rate["count"], near_repeat
    )
    return choice, replace(shaped, score=scores[way])


def _mean_hits(score: Floats, happened: Floats) -> float:
    """The reports that the first 1-10 % of the cells met, on average, over all weeks."""
    return sum(
        float(hits(at, came, COMPARED_SHARES).mean()) for at, came in zip(score, happened, strict=True)
    )


def choice_words(choice: Choice) -> Words:
    """What was chosen and why, in one sentence."""
    if choice.why == "short_history":
        return Words(
            "警情不足一年，采用近一年计数。",
            "Under a year of history: the plain count of the past year is used.",
        )
    if choice.why == "few_reports":
        return Words(
            f"警情不足 {REPORTS_MIN} 起，采用近一年计数。",
            f"Under {REPORTS_MIN} reports: the plain count of the past year is used.",
        )
    if choice.why == "nothing_to_compare":
        return Words(
            "最近几周没有警情可比较，采用近一年计数。",
            "No reports in the last weeks to compare with: the plain count of the past year is used.",
        )
    mixture, count = choice.mixture_hit_rate or 0.0, choice.count_hit_rate or 0.0
    used_zh, used_en = (
        ("采用模型", "the model is used") if choice.way == "mixture" else ("采用计数", "the count is used")
    )
    return Words(
        f"最近 {choice.weeks} 周，模型的前 1–10% 网格命中 {mixture:.1%} 的警情，近一年计数命中 {count:.1%}；{used_zh}。",
        f"In the last {choice.weeks} weeks the model's best 1-10 % of cells met {mixture:.1%} of the reports, "
        f"the past year's count {count:.1%}; {used_en}.",
    )
