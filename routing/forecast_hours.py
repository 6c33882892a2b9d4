"""Which part of a cell's expected reports falls into which hours."""

import numpy as np
from numpy.typing import NDArray

from routing.forecast_past import Past
from routing.forecast_shares import cell_shares, kind_shares

type Floats = NDArray[np.float64]
type Singles = NDArray[np.float32]
type Ints = NDArray[np.int64]

SURROUNDINGS_M = 100.0
_FLOOR = 1e-12


def share_of_hours(
    past: Past, expected: Floats, weeks_left_out: int, directly: Singles | None = None
) -> Floats:
    """The part of each cell's reports that falls into the hours asked for, learned without the last weeks.

    `directly` is the reports of these hours as learned from the hours' own reports alone: the mean of both ways is
    steadier than either.
    """
    if past.hours is None:
        return np.ones(len(past.ground))
    slot = np.where(past.reports.hour >= 0, np.where(past.wanted, 1, 0), -1)
    share = slot_shares(past, expected, slot, 2, weeks_left_out)[:, 1]
    if directly is None:
        return share
    # Reports without a clock are missing from what was learned directly.
    told = (slot >= 0).sum() / max(1, len(slot))
    directly_share = directly / np.maximum(expected.sum(axis=0) * told, _FLOOR)
    return np.minimum(1.0, (share + directly_share) / 2)


def slot_shares(past: Past, expected: Floats, slot: Ints, slots: int, weeks_left_out: int = 0) -> Floats:
    """How each cell's reports are shared among slots of time: cells x slots, rows sum to 1.

    `slot` is each report's slot, -1 unknown; `expected` (kinds x cells) tells a cell's mix of kinds.
    """
    told = (slot >= 0) & (past.weeks_ago >= weeks_left_out)
    by_kind = [chosen[told[chosen]] for chosen in past.groups.values()]
    of_kind = kind_shares(
        np.stack([np.bincount(slot[chosen], minlength=slots) for chosen in by_kind]).astype(np.float64)
    )
    mix = expected / np.maximum(expected.sum(axis=0), _FLOOR)
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
