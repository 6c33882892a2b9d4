"""How many of the reports that then came a ranking of cells would have met."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

type Floats = NDArray[np.float64]


def cells_in(share: float, cells: int) -> int:
    """How many cells a share of the area is: at least one."""
    return max(1, round(share * cells))


def hits(score: Floats, happened: Floats, shares: Sequence[float]) -> Floats:
    """For each share of the cells, how many reports lie in the best of them by `score`.

    `score` and `happened` (reports) have one entry a cell. Among cells of equal score it is the mean over all orders.
    """
    order = np.argsort(-score, kind="stable")
    so_far = np.concatenate([[0.0], np.cumsum(happened[order])])
    found: list[float] = []
    for share in shares:
        many = cells_in(share, len(score))
        last_taken = float(score[order[many - 1]])
        better, at_least = int((score > last_taken).sum()), int((score >= last_taken).sum())
        tied = (so_far[at_least] - so_far[better]) * (many - better) / (at_least - better)
        found.append(float(so_far[better] + tied))
    return np.array(found)
