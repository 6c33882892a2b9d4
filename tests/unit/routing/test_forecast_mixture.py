"""The mixture must find out of the reports alone whether places, neighbourhoods or recent weeks tell what comes."""

from functools import partial

import numpy as np
import pytest

from routing.forecast_ground import Ground, Spread
from routing.forecast_mixture import Learned, learn

WEEKS, SIDE, SIZE_M = 104, 20, 250.0


def ground() -> Ground:
    middles = (np.arange(SIDE) + 0.5) * SIZE_M
    x_m, y_m = np.meshgrid(middles, middles)
    return Ground.of_centres(x_m.ravel(), y_m.ravel(), SIZE_M)


def learned(x_m: np.ndarray, y_m: np.ndarray, week: np.ndarray) -> Learned:
    cells = ground()
    spread = Spread(cells, x_m, y_m)
    smooth = partial(spread.per_week, chosen=np.arange(len(week)), week=week, weeks=WEEKS)
    return learn(smooth, WEEKS, 52, 13)


def steady_world(dice: np.random.Generator, rates: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Reports that come to each cell at its own steady rate a week, anywhere in the cell."""
    count = dice.poisson(rates, (WEEKS, SIDE * SIDE))
    week, cell = np.nonzero(count)
    week, cell = np.repeat(week, count[week, cell]), np.repeat(cell, count[week, cell])
    cells = ground()
    inside = dice.uniform(-SIZE_M / 2, SIZE_M / 2, (2, len(week)))
    return cells.x_m[cell] + inside[0], cells.y_m[cell] + inside[1], week


def test_steady_places_are_told_by_their_own_past() -> None:
    """Where every cell keeps its own rate, the expectation is close to the rates and the near repeat is small."""
    dice = np.random.default_rng(1)
    rates = dice.gamma(0.3, 1.0, SIDE * SIDE)
    found = learned(*steady_world(dice, rates))
    assert np.corrcoef(found.next, rates)[0, 1] > 0.97
    assert found.next.sum() == pytest.approx(rates.sum(), rel=0.15)
    assert found.mixture.near_repeat() < 0.1
    assert found.mixture.weight.sum() + found.mixture.everywhere == pytest.approx(1.0)


def test_near_repeats_are_measured() -> None:
    """Where a report brings another within 150 m in the next two weeks, that share is found and the place is raised."""
    dice = np.random.default_rng(2)
    x_m, y_m, week = (list(each) for each in steady_world(dice, np.full(SIDE * SIDE, 0.05)))
    for parent in range(10**9):
        if parent == len(week):
            break
        if dice.random() < 0.6:
            when = week[parent] + int(dice.integers(1, 3))
            if when < WEEKS:
                x_m.append(x_m[parent] + dice.normal(0, 100))
                y_m.append(y_m[parent] + dice.normal(0, 100))
                week.append(when)
    found = learned(np.array(x_m), np.array(y_m), np.array(week))
    assert found.mixture.near_repeat() > 0.25
    cells = ground()
    fresh = cells.cells_at(
        np.array(x_m)[np.array(week) >= WEEKS - 2], np.array(y_m)[np.array(week) >= WEEKS - 2]
    )
    near_fresh = np.isin(np.arange(len(cells)), fresh)
    assert found.next[near_fresh].mean() > 2 * found.next[~near_fresh].mean()


def test_the_test_weeks_teach_nothing_to_their_own_forecast() -> None:
    """What is forecast for the first test week does not change with what happens in the test weeks."""
    dice = np.random.default_rng(3)
    x_m, y_m, week = steady_world(dice, np.full(SIDE * SIDE, 0.2))
    before = learned(x_m, y_m, week)
    kept = week < WEEKS - 13
    after = learned(x_m[kept], y_m[kept], week[kept])
    assert before.tested.shape == (13, SIDE * SIDE)
    assert after.tested[0] == pytest.approx(before.tested[0], rel=1e-3)


def test_no_reports_expect_none() -> None:
    """A kind of which nothing was reported is expected nowhere, and nothing divides by zero."""
    found = learned(np.zeros(1), np.zeros(1), np.zeros(1, np.int64))
    assert np.isfinite(found.next).all()
    assert found.next.sum() < 0.1
