"""Where a walk began and ended is in nothing that others may see."""

import numpy as np

from routing.geo import haversine_m
from routing.track_privacy import HIDDEN_M, without_ends
from tests.support.streets import grid_place


def test_a_thousand_random_walks_keep_their_doors_hidden() -> None:
    """No place within 150 m of either end is left, whatever the walk looks like and however often it passes its door."""
    draw = np.random.default_rng(11)
    for _ in range(1000):
        steps = draw.normal(0, draw.uniform(5, 80), (int(draw.integers(2, 200)), 2)).cumsum(axis=0)
        places = [grid_place(float(x), float(y)) for x, y in steps]
        cut = int(draw.integers(0, len(places)))
        shown = without_ends([places[:cut], places[cut:]])
        for line in shown:
            lon, lat = np.array(line).T
            for end in (places[0], places[-1]):
                assert float(haversine_m(lon, lat, *end).min()) > HIDDEN_M


def test_nothing_else_is_lost() -> None:
    """A straight kilometre keeps its middle; nothing stays nothing."""
    line = [grid_place(x, 0) for x in range(0, 1001, 10)]
    (shown,) = without_ends([line])
    assert len(shown) in (69, 70) and without_ends([]) == [] == without_ends([[]])
