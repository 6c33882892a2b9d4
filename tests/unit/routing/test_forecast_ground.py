"""Reports must spread over the cells as bells do, and nothing may be lost or counted twice."""

import numpy as np
import pytest
from scipy.special import ndtr

from routing.forecast_ground import Ground, Spread


def square_ground(side: int = 40, size_m: float = 100.0) -> Ground:
    middles = (np.arange(side) + 0.5) * size_m
    x_m, y_m = np.meshgrid(middles, middles)
    return Ground.of_centres(x_m.ravel(), y_m.ravel(), size_m)


def direct(ground: Ground, x_m: np.ndarray, y_m: np.ndarray, width_m: float) -> np.ndarray:
    """The share of each bell in each cell by the error function, summed over the bells."""
    half = ground.size_m / 2
    in_x = ndtr((ground.x_m[:, None] + half - x_m) / width_m) - ndtr(
        (ground.x_m[:, None] - half - x_m) / width_m
    )
    in_y = ndtr((ground.y_m[:, None] + half - y_m) / width_m) - ndtr(
        (ground.y_m[:, None] - half - y_m) / width_m
    )
    return (in_x * in_y).sum(axis=1)


@pytest.mark.parametrize(("width_m", "off"), [(50.0, 0.08), (100.0, 0.15), (200.0, 0.05), (400.0, 0.02)])
def test_bells_are_those_of_the_error_function(width_m: float, off: float) -> None:
    """Narrow and wide bells agree with the exact integral but for the rounding of a report's place in its cell."""
    ground = square_ground()
    dice = np.random.default_rng(1)
    x_m, y_m = dice.uniform(1500, 2500, (2, 200))
    weeks = Spread(ground, x_m, y_m).per_week(width_m, np.arange(200), np.zeros(200, np.int64), 1)
    exact = direct(ground, x_m, y_m, width_m)
    assert np.abs(weeks[0] - exact).max() <= off * exact.max()
    assert weeks.sum() == pytest.approx(200, rel=0.01)


def test_a_bell_of_no_width_is_the_count() -> None:
    """At width 0 every report counts in the cell it lies in and in its own week, and nowhere else."""
    ground = square_ground(side=10)
    dice = np.random.default_rng(2)
    x_m, y_m = dice.uniform(0, 1000, (2, 300))
    week = dice.integers(0, 3, 300)
    weeks = Spread(ground, x_m, y_m).per_week(0.0, np.arange(300), week, 3)
    cell = ground.cells_at(x_m, y_m)
    for each in range(3):
        assert (weeks[each] == np.bincount(cell[week == each], minlength=100)).all()


def test_only_chosen_reports_count() -> None:
    """Reports that were not chosen, and those beyond the ground, weigh on no cell."""
    ground = square_ground(side=10)
    spread = Spread(ground, np.array([50.0, 250.0, 90_000.0]), np.array([50.0, 250.0, 90_000.0]))
    chosen = np.array([1, 2])
    for width_m in (0.0, 50.0, 400.0):
        weeks = spread.per_week(width_m, chosen, np.zeros(2, np.int64), 1)
        alone = spread.per_week(width_m, np.array([1]), np.zeros(1, np.int64), 1)
        assert (weeks == alone).all()
        assert weeks.sum() > 0


def test_ground_around_holds_every_report() -> None:
    """Every report lies in a cell, and its eight neighbours exist too."""
    dice = np.random.default_rng(3)
    x_m, y_m = dice.normal(0, 900, (2, 100))
    ground = Ground.around(x_m, y_m, 150.0)
    for step_x in (-150, 0, 150):
        for step_y in (-150, 0, 150):
            assert (ground.cells_at(x_m + step_x, y_m + step_y) >= 0).all()
    assert (ground.cells_at(ground.x_m, ground.y_m) == np.arange(len(ground))).all()


def test_cells_that_are_no_grid_are_refused() -> None:
    """Two middles in one square, no cell at all, or no size is a ValueError that says so."""
    with pytest.raises(ValueError, match="two cells"):
        Ground.of_centres(np.array([0.0, 30.0]), np.array([0.0, 0.0]), 100.0)
    with pytest.raises(ValueError, match="needs cells"):
        Ground.of_centres(np.zeros(0), np.zeros(0), 100.0)
    with pytest.raises(ValueError, match="needs cells"):
        Ground.of_centres(np.zeros(1), np.zeros(1), 0.0)
