"""Hits among the best cells must be what all orders of equal cells give on average."""

import itertools

import numpy as np
import pytest

from routing.forecast_hits import cells_in, hits


def test_ties_are_the_mean_over_all_orders() -> None:
    """With equal scores the hits are the mean over every order of the equal cells."""
    score = np.array([2.0, 1.0, 1.0, 1.0, 0.0])
    happened = np.array([5.0, 1.0, 0.0, 3.0, 7.0])
    shares = (0.2, 0.4, 0.6, 0.8, 1.0)
    orders = [(0, *middle, 4) for middle in itertools.permutations((1, 2, 3))]
    mean = [np.mean([happened[list(order[:many])].sum() for order in orders]) for many in range(1, 6)]
    assert hits(score, happened, shares) == pytest.approx(mean)


def test_a_share_is_at_least_one_cell() -> None:
    """However small the share of a small area, one cell belongs to it."""
    assert cells_in(0.02, 10) == 1
    assert cells_in(0.02, 2095) == 42
