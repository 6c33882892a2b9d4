"""What expected reports weigh by their harm, without letting one rare offence own a cell."""

import numpy as np
from numpy.typing import NDArray

from routing.forecast_hours import SURROUNDINGS_M
from routing.forecast_past import Past

type Floats = NDArray[np.float64]

# A cell's own mixture of harms counts against the district's as if the district's were so many reports.
HARM_PULL = 5.0


def harm_of(past: Past, kind_expected: Floats, weight: Floats) -> Floats:
    """Each cell's expected harm a week: `kind_expected` (kinds x cells) by the weights of the reports behind it.

    `weight` has one entry a report. What a kind gains by weighing more than 1 is at most what all reports expected in
    the cell are together, so that a cell with little but one grave offence does not outrank a busy one.
    """
    expected = kind_expected.sum(axis=0)
    harm = np.zeros_like(expected)
    for rank, chosen in enumerate(past.groups.values()):
        mean = _mean_weight(past, chosen, weight)
        gain = np.minimum(np.maximum(mean - 1.0, 0.0) * kind_expected[rank], expected)
        harm += np.minimum(mean, 1.0) * kind_expected[rank] + gain
    return harm


def _mean_weight(past: Past, chosen: NDArray[np.int64], weight: Floats) -> Floats:
    """The mean weight of a group of kinds in each cell and around it, pulled to the group's in the district."""
    # To a tenth, so that there are few different ones.
    own = np.round(weight[chosen], 1)
    if len(own) == 0 or np.ptp(own) == 0:
        return np.full(len(past.ground), float(own[0]) if len(own) else 1.0)
    usual = float(own.mean())
    levels, level = np.unique(own, return_inverse=True)
    near = past.spread.per_week(SURROUNDINGS_M, chosen, level.reshape(-1).astype(np.int64), len(levels))
    total = near.sum(axis=0, dtype=np.float64)
    return (levels @ near.astype(np.float64) + HARM_PULL * usual) / (total + HARM_PULL)
