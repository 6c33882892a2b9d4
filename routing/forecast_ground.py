"""The cells that a forecast is about, and how far a report spreads over the cells around it."""

# scipy carries no types: what it returns is unknown until it is put into an array.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import ndtr

type Floats = NDArray[np.float64]
type Singles = NDArray[np.float32]
type Ints = NDArray[np.int64]
# A bell's width in metres in, weeks x cells out: the reports of each week so spread.
type Smoother = Callable[[float], Singles]

# Reports are told apart within a cell by a grid this many times finer.
FINER = 5
# A bell is cut off where 0.3 % of it are left.
REACH_SIGMAS = 3.0
# From this many cells on, where in its cell a report lies no longer matters to a bell.
WIDE_CELLS = 0.6
# How many numbers are worked on at once, which bounds the memory (float32).
BLOCK = 16_000_000


@dataclass(frozen=True, slots=True)
class Ground:
    """Square cells of `size_m` metres on one lattice: `column` and `row` number them (int64, one entry a cell).

    The middle of lattice square (0, 0) lies at `x0_m`, `y0_m`; `lookup` gives a lattice square's cell, -1 for none.
    """

    size_m: float
    x0_m: float
    y0_m: float
    column: Ints
    row: Ints
    lookup: Ints

    @classmethod
    def of_centres(cls, x_m: Floats, y_m: Floats, size_m: float) -> "Ground":
        """The ground of cells with these middles (metres), in this order.

        ValueError when there is none, or when two lie in the same lattice square.
        """
        if len(x_m) == 0 or not size_m > 0:
            raise ValueError(f"a ground needs cells of a size above 0, got {len(x_m)} of {size_m} m")
        x0_m, y0_m = float(np.min(x_m)), float(np.min(y_m))
        column = np.rint((x_m - x0_m) / size_m).astype(np.int64)
        row = np.rint((y_m - y0_m) / size_m).astype(np.int64)
        lookup = np.full((int(row.max()) + 1, int(column.max()) + 1), -1, dtype=np.int64)
        lookup[row, column] = np.arange(len(column))
        if (lookup[row, column] != np.arange(len(column))).any():
            raise ValueError(f"two cells lie in one square of {size_m} m: the cells must be one square grid")
        return cls(size_m, x0_m, y0_m, column, row, lookup)

    @classmethod
    def around(cls, x_m: Floats, y_m: Floats, size_m: float, margin_cells: int = 1) -> "Ground":
        """The ground of all cells with a report in them (metres), and of those up to `margin_cells` beside them."""
        column = np.floor(np.asarray(x_m) / size_m).astype(np.int64)
        row = np.floor(np.asarray(y_m) / size_m).astype(np.int64)
        steps = np.arange(-margin_cells, margin_cells + 1)
        squares = np.unique(np.stack([column, row]), axis=1)
        grown = (squares[:, :, None, None] + np.stack(np.meshgrid(steps, steps))[:, None]).reshape(2, -1)
        column, row = np.unique(grown, axis=1)
        return cls.of_centres((column + 0.5) * size_m, (row + 0.5) * size_m, size_m)

    def __len__(self) -> int:
        return len(self.column)

    @property
    def x_m(self) -> Floats:
        """Middles of the cells, metres east."""
        return np.asarray(self.x0_m + self.column * self.size_m, dtype=np.float64)

    @property
    def y_m(self) -> Floats:
        """Middles of the cells, metres north."""
        return np.asarray(self.y0_m + self.row * self.size_m, dtype=np.float64)

    def cells_at(self, x_m: Floats, y_m: Floats) -> Ints:
        """The cell at each place (metres), -1 outside."""
        column = np.floor((np.asarray(x_m) - self.x0_m) / self.size_m + 0.5).astype(np.int64)
        row = np.floor((np.asarray(y_m) - self.y0_m) / self.size_m + 0.5).astype(np.int64)
        return self.cells_of_squares(column, row)

    def cells_of_squares(self, column: Ints, row: Ints) -> Ints:
        """The cell of each lattice square, -1 where there is none."""
        rows, columns = self.lookup.shape
        inside = (column >= 0) & (column < columns) & (row >= 0) & (row < rows)
        return np.where(inside, self.lookup[np.where(inside, row, 0), np.where(inside, column, 0)], -1)


class Spread:
    """How reports at fixed places weigh on the cells of a ground, through Gaussian bells of several widths.

    `x_m` and `y_m` are the reports' places. A width of 0 m means: on the own cell only.
    """

    def __init__(self, ground: Ground, x_m: Floats, y_m: Floats) -> None:
        self.ground = ground
        fine_m = ground.size_m / FINER
        fine_column = np.floor((np.asarray(x_m) - ground.x0_m) / fine_m + FINER / 2).astype(np.int64)
        fine_row = np.floor((np.asarray(y_m) - ground.y0_m) / fine_m + FINER / 2).astype(np.int64)
        height = int(fine_row.max(initial=0) - fine_row.min(initial=0)) + 1
        key = (fine_column - fine_column.min(initial=0)) * height + (fine_row - fine_row.min(initial=0))
        _, first, place = np.unique(key, return_index=True, return_inverse=True)
        self._place = place.reshape(-1).astype(np.int64)
        self._place_column, self._place_row = fine_column[first], fine_row[first]
        self._operators: dict[float, sparse.csr_array] = {}

    def per_week(self, width_m: float, chosen: Ints, week: Ints, weeks: int) -> Singles:
        """Weeks x cells: the reports `chosen` (indices) of each week, each spread by a bell of `width_m`.

        `week` holds the week of each chosen report, 0 to `weeks` - 1.
        """
        if width_m >= WIDE_CELLS * self.ground.size_m:
            return self._wide(width_m, chosen, week, weeks)
        counts = sparse.csr_array(
            (np.ones(len(chosen), dtype=np.float32), (self._place[chosen], week)),
            shape=(len(self._place_column), weeks),
        )
        spread = sparse.csr_array(self._operator(width_m) @ counts).toarray()
        return np.ascontiguousarray(spread.T, dtype=np.float32)

    def _operator(self, width_m: float) -> sparse.csr_array:
        """Cells x places: the share of a bell around the place that falls into the cell."""
        if width_m not in self._operators:
            self._operators[width_m] = self._new_operator(width_m)
        return self._operators[width_m]

    def _new_operator(self, width_m: float) -> sparse.csr_array:
        size_m = self.ground.size_m
        reach = math.ceil(REACH_SIGMAS * width_m / size_m) if width_m else 0
        steps = np.arange(-reach, reach + 1)
        home_column, x_cells = _home(self._place_column)
        home_row, y_cells = _home(self._place_row)
        share_x = _shares_of_bell(x_cells, steps, width_m / size_m)
        share_y = _shares_of_bell(y_cells, steps, width_m / size_m)
        at: list[Ints] = []
        number: list[Ints] = []
        share: list[Singles] = []
        for step_x in range(len(steps)):
            for step_y in range(len(steps)):
                cell = self.ground.cells_of_squares(home_column + steps[step_x], home_row + steps[step_y])
                weight = share_x[:, step_x] * share_y[:, step_y]
                kept = np.flatnonzero((cell >= 0) & (weight > 1e-4))
                at.append(cell[kept])
                number.append(kept)
                share.append(weight[kept].astype(np.float32))
        entries = (np.concatenate(share), (np.concatenate(at), np.concatenate(number)))
        return sparse.csr_array(entries, shape=(len(self.ground), len(home_column)))

    def _wide(self, width_m: float, chosen: Ints, week: Ints, weeks: int) -> Singles:
        """The same by two products with bell matrices, one an axis, of a raster of whole cells."""
        ground = self.ground
        pad = math.ceil(REACH_SIGMAS * width_m / ground.size_m)
        rows, columns = (side + 2 * pad for side in ground.lookup.shape)
        home_column, _ = _home(self._place_column[self._place[chosen]])
        home_row, _ = _home(self._place_row[self._place[chosen]])
        column, row = home_column + pad, home_row + pad
        near = (column >= 0) & (column < columns) & (row >= 0) & (row < rows)
        column, row, week = column[near], row[near], week[near]
        over_x, over_y = (_bell_matrix(side, pad, width_m / ground.size_m) for side in (columns, rows))
        spread = np.empty((weeks, len(ground)), dtype=np.float32)
        step = max(1, BLOCK // (rows * columns))
        for first in range(0, weeks, step):
            many = min(step, weeks - first)
            now = (week >= first) & (week < first + many)
            flat = ((week[now] - first) * rows + row[now]) * columns + column[now]
            raster = np.bincount(flat, minlength=many * rows * columns).astype(np.float32)
            across = raster.reshape(many * rows, columns) @ over_x
            both = over_y.T @ across.reshape(many, rows, -1)
            spread[first : first + many] = both[:, ground.row, ground.column]
        return spread


def _home(fine: Ints) -> tuple[Ints, Floats]:
    """The lattice number of the cell that holds a fine square, and how far off the cell's middle it is, in cells."""
    home = np.floor_divide(fine, FINER)
    return home, (fine - home * FINER + 0.5) / FINER - 0.5


def _shares_of_bell(off_cells: Floats, steps: Ints, sigma_cells: float) -> Floats:
    """Places x steps: the share, along one axis, of a bell around each place in the cell so many steps away."""
    low = steps[None, :] - 0.5 - off_cells[:, None]
    if sigma_cells == 0:
        return ((low <= 0) & (low + 1 > 0)).astype(np.float64)
    return ndtr((low + 1) / sigma_cells) - ndtr(low / sigma_cells)


def _bell_matrix(side: int, pad: int, sigma_cells: float) -> Singles:
    """Side x (side - 2 pad): the share of a bell around each cell's middle in each cell that is not padding."""
    steps = np.arange(side)[:, None] - (pad + np.arange(side - 2 * pad))[None, :]
    shares = ndtr((steps + 0.5) / sigma_cells) - ndtr((steps - 0.5) / sigma_cells)
    return np.where(np.abs(steps) <= pad, shares, 0.0).astype(np.float32)
