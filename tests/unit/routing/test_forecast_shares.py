"""A cell's own hours must count as much as the cells differ, and no more."""

import numpy as np
import pytest

from routing.forecast_shares import PULLS, cell_shares, kind_shares, likeliest_pull


def test_cells_alike_are_pulled_together_and_cells_apart_are_left() -> None:
    """Where all cells have the same shares the pull is strong, where each has its own it is weak."""
    dice = np.random.default_rng(1)
    prior = np.full((400, 2), 0.5)
    alike = np.stack([dice.multinomial(30, [0.5, 0.5]) for _ in range(400)]).astype(float)
    own = dice.beta(0.7, 0.7, 400)
    apart = np.stack([dice.multinomial(30, [share, 1 - share]) for share in own]).astype(float)
    assert likeliest_pull(alike, prior) >= 120
    assert likeliest_pull(apart, prior) <= 4


def test_pull_is_near_the_true_one() -> None:
    """Counts drawn with a pull of 15 reports are found to have one of 8 to 30."""
    dice = np.random.default_rng(2)
    shares = dice.dirichlet(15 * np.array([0.2, 0.3, 0.5]), 1500)
    count = np.stack([dice.multinomial(25, each) for each in shares]).astype(float)
    assert 8 <= likeliest_pull(count, np.tile([0.2, 0.3, 0.5], (1500, 1))) <= 30


def test_a_cell_without_reports_takes_its_surroundings() -> None:
    """Shares sum to 1; without own reports and surroundings they are the usual ones, with surroundings theirs."""
    usual = np.array([[0.25, 0.75], [0.25, 0.75]])
    around = np.array([[0.0, 0.0], [900.0, 100.0]])
    around_usual = np.array([[0.0, 0.0], [250.0, 750.0]])
    found = cell_shares(np.zeros((2, 2)), around, around_usual, usual)
    assert found.sum(axis=1) == pytest.approx(1.0)
    assert found[0] == pytest.approx([0.25, 0.75])
    assert found[1, 0] > 0.5


def test_nothing_known_is_no_error() -> None:
    """With no report at all the strongest pull is taken, and rare kinds share like all others."""
    assert likeliest_pull(np.zeros((3, 2)), np.full((3, 2), 0.5)) == PULLS[-1]
    assert kind_shares(np.zeros((2, 4))) == pytest.approx(0.25)
    common = kind_shares(np.array([[90.0, 10.0], [0.0, 1.0]]))
    assert common[0, 0] > 0.85
    assert 0.5 < common[1, 0] < 0.9
