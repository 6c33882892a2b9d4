"""Which part of a cell's expected reports falls into which hours, shifts and weekdays."""

import numpy as np
from numpy.typing import NDArray

from routing.forecast_past import Past
from routing.forecast_shares import cell_shares, kind_shares

type Floats = NDArray[np.float64]
type Singles = NDArray[np.float32]
type Ints = NDArray[np.int64]

SURROUNDINGS_M = 100.0
SHIFT_HOURS = 8
SLOTS = 7 * 24 // SHIFT_HOURS
# Shift and weekday (0 is Monday) of each slot of the week; nights and days of the weekend, and the evenings before.
_SHIFT, _DAY = np.arange(SLOTS) % 3, np.arange(SLOTS) // 3
_IS_LEISURE = np.where(_SHIFT == 2, (_DAY == 4) | (_DAY == 5), _DAY >= 5).astype(np.int64)
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


def week_shares(past: Past, expected: Floats) -> Floats:
    """How each cell's reports are shared among the weekdays and shifts: cells x 21, Monday's first shift first.

    A cell's own reports tell its shares of the shifts on working days and in leisure time, six in all; they are too
    few to tell single weekdays apart (trying to met fewer reports), which go by the kinds' days in the whole area.
    """
    slot = np.where(past.reports.hour >= 0, past.reports.hour // SHIFT_HOURS, -1)
    group = _SHIFT + 3 * _IS_LEISURE
    by_group = slot_shares(past, expected, np.where(slot >= 0, group[slot], -1), 6)
    usual = _usual_shares(past, expected, slot, SLOTS)
    in_group = np.stack([usual[:, group == each].sum(axis=1) for each in range(6)], axis=1)
    return by_group[:, group] * usual / in_group[:, group]


def hour_shares(past: Past, expected: Floats) -> Floats:
    """How each shift of a cell is shared among its hours: cells x 24, each eight hours sum to 1."""
    hour = past.reports.hour
    by_hour = slot_shares(past, expected, np.where(hour >= 0, hour % 24, -1), 24)
    by_shift = by_hour.reshape(len(by_hour), -1, SHIFT_HOURS)
    return (by_shift / by_shift.sum(axis=2, keepdims=True)).reshape(by_hour.shape)


def slot_shares(past: Past, expected: Floats, slot: Ints, slots: int, weeks_left_out: int = 0) -> Floats:
    """How each cell's reports are shared among slots of time: cells x slots, rows sum to 1.

    `slot` is each report's slot, -1 unknown; `expected` (kinds x cells) tells a cell's mix of kinds.
    """
    told = (slot >= 0) & (past.weeks_ago >= weeks_left_out)
    by_kind = [chosen[told[chosen]] for chosen in past.groups.values()]
    of_kind = _shares_of_kinds(by_kind, slot, slots)
    usual = _mixed(of_kind, expected)
    own = np.stack([past.per_cell(told & (slot == each)) for each in range(slots)], axis=1)
    around = np.zeros_like(usual)
    around_usual = np.zeros_like(usual)
    for chosen, shares in zip(by_kind, of_kind, strict=True):
        near = past.spread.per_week(SURROUNDINGS_M, chosen, slot[chosen], slots).T.astype(np.float64)
        around += near
        around_usual += near.sum(axis=1, keepdims=True) * shares
    return cell_shares(own, around, around_usual, usual)


def _usual_shares(past: Past, expected: Floats, slot: Ints, slots: int) -> Floats:
    """The shares that each cell would have if every kind came when it usually does in the area: cells x slots."""
    by_kind = [chosen[slot[chosen] >= 0] for chosen in past.groups.values()]
    return _mixed(_shares_of_kinds(by_kind, slot, slots), expected)


def _shares_of_kinds(by_kind: list[Ints], slot: Ints, slots: int) -> Floats:
    count = np.stack([np.bincount(slot[chosen], minlength=slots) for chosen in by_kind])
    return kind_shares(count.astype(np.float64))


def _mixed(of_kind: Floats, expected: Floats) -> Floats:
    """Kinds x slots shares, mixed as the cells' kinds (kinds x cells) are: cells x slots, rows sum to 1."""
    mix = expected / np.maximum(expected.sum(axis=0), _FLOOR)
    usual = np.maximum(mix.T @ of_kind, 1e-9)
    return usual / usual.sum(axis=1, keepdims=True)
