"""Chooses the way a map is made: the learned mixture, or the plain count where the mixture did worse lately."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from routing.forecast_hits import hits
from routing.forecast_past import Past, past_year_count

type Floats = NDArray[np.float64]
type Way = Literal["mixture", "shaped_count", "count"]
type Why = Literal["not_worse", "worse", "short_history", "nothing_to_compare"]

TEST_WEEKS = 13
# The comparison looks at several shares of the cells, because a single one is noisy.
COMPARED_SHARES = (0.01, 0.02, 0.03, 0.04, 0.05)
# A way is worse when it met fewer reports by more than so many standard errors: thirteen weeks tell little more.
CHANCE_SIGMAS = 1.0


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


def choose(past: Past, tested: Floats, share: Floats, near_repeat: float) -> Choice:
    """Walk through the last weeks with what was known before them, and see which way met more reports.

    `tested` is the mixture's expectation, TEST_WEEKS x cells, and `share` the part of it that falls into the hours
    asked for, both learned before these weeks.
    """
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
