"""Which places lie in an area: inside its boundary or within a margin of it, not merely in its box."""

import numpy as np

from routing.outline import Outline

# Half of a box: its north-east half lies outside.
TRIANGLE = {"type": "Polygon", "coordinates": [[[120.0, 30.0], [120.1, 30.0], [120.0, 30.1], [120.0, 30.0]]]}


def test_places_beyond_the_boundary_are_outside() -> None:
    """The far corner of the box is outside; a place 300 m beyond an edge lies within a margin of 500 m, not of 100 m."""
    lon, lat = np.array([120.01, 120.09, 120.05, np.nan]), np.array([30.01, 30.09, 29.9973, 30.0])
    assert Outline(TRIANGLE, 500.0).contains(lon, lat).tolist() == [True, False, True, False]
    assert Outline(TRIANGLE, 100.0).contains(lon, lat).tolist() == [True, False, False, False]
