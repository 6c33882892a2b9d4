"""The cells that are raised for a week or two after a burglary or a vehicle theft near them, where data show it."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from routing.forecast_ground import Ground
from routing.forecast_past import Reports
from routing.kinds import kind_words, may_repeat_nearby
from routing.near_repeat import DECIDING_DAYS, DISTANCES_M, NearRepeat, measure_near_repeat
from routing.words import Words

type Floats = NDArray[np.float64]

# Less would not be worth a word.
RATIO_MIN = 1.15
FADES = timedelta(days=DECIDING_DAYS[1])


@dataclass(frozen=True, slots=True)
class Raised:
    """A cell near which a kind was lately reported: `ratio` times as many are expected as usual, since the report of
    `since` until `fades_on`. `reason` is for volunteers and names no day."""

    cell: int
    kind: str
    ratio: float
    since: date
    fades_on: date
    reason: Words

    def in_cell(self, cell: int) -> "Raised":
        """The same, with the cell numbered anew."""
        return replace(self, cell=cell)


def measure_kinds(reports: Reports) -> tuple[NearRepeat, ...]:
    """Each kind that may repeat nearby, measured, in the order of their names."""
    found: list[NearRepeat] = []
    for kind, name in enumerate(reports.kinds):
        if may_repeat_nearby(name):
            of_kind = reports.kind == kind
            found.append(
                measure_near_repeat(
                    name, reports.x_m[of_kind], reports.y_m[of_kind], reports.age_days[of_kind]
                )
            )
    return tuple(sorted(found, key=lambda each: each.kind))


def raise_cells(
    ground: Ground, reports: Reports, measured: tuple[NearRepeat, ...], as_of: datetime
) -> tuple[tuple[Raised, ...], dict[str, Floats]]:
    """The cells that are raised now, and each kind's ratio in every cell (only kinds that repeat).

    Several reports near a cell raise it as much as the one that raises it most.
    """
    raised: list[Raised] = []
    ratios: dict[str, Floats] = {}
    for each in (one for one in measured if one.used):
        kind = reports.kinds.index(each.kind)
        ratio, newest_days = np.ones(len(ground)), np.full(len(ground), np.inf)
        for at in np.flatnonzero((reports.kind == kind) & (reports.age_days <= DECIDING_DAYS[1])).tolist():
            away_m = np.hypot(ground.x_m - reports.x_m[at], ground.y_m - reports.y_m[at])
            # A cell is as near as its nearer half.
            near_m = np.maximum(away_m - ground.size_m / 4, 0.0)
            cells = np.flatnonzero(near_m <= DISTANCES_M[-1])
            now = each.ratio(near_m[cells], np.full(len(cells), float(reports.age_days[at])))
            more = now > ratio[cells]
            ratio[cells] = np.maximum(ratio[cells], now)
            newest_days[cells[more]] = np.minimum(newest_days[cells[more]], reports.age_days[at])
        ratios[each.kind] = ratio
        for cell in np.flatnonzero(ratio >= RATIO_MIN).tolist():
            since = (as_of - timedelta(days=float(newest_days[cell]))).date()
            raised.append(
                Raised(cell, each.kind, float(ratio[cell]), since, since + FADES, _reason(each.kind))
            )
    raised.sort(key=lambda one: (-one.ratio, one.cell, one.kind))
    return tuple(raised), ratios


def _reason(kind: str) -> Words:
    what = kind_words(kind)
    return Words(
        f"附近近两周有过{what.zh}，这段时间更容易再发生。",
        f"There was {what.en} nearby in the last two weeks, and for a while it is likelier to happen again.",
    )
