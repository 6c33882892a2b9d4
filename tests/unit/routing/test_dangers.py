"""Open water and railways beside a walk are told by the metre, and what cannot be met on foot is not."""

import pytest
from shapely.geometry import LineString, Polygon

from routing.dangers import Beside, is_railway_line, is_water_area, is_water_line
from routing.geo import metres_per_degree
from routing.minding import beside
from routing.places import shapes_of

LON, LAT = 120.0, 28.0


def at(east_m: float, north_m: float) -> tuple[float, float]:
    """The place so many metres off the middle."""
    east, north = metres_per_degree(LAT)
    return LON + east_m / float(east), LAT + north_m / float(north)


@pytest.mark.parametrize(
    ("tags", "known"),
    [
        ({"natural": "water"}, (True, False, False)),
        ({"natural": "water", "intermittent": "yes"}, (False, False, False)),
        ({"waterway": "river"}, (False, True, False)),
        ({"waterway": "stream", "tunnel": "culvert"}, (False, False, False)),
        ({"natural": "coastline"}, (False, True, False)),
        ({"railway": "rail"}, (False, False, True)),
        ({"railway": "rail", "bridge": "yes"}, (False, False, False)),
        ({"railway": "rail", "tunnel": "yes"}, (False, False, False)),
        ({"railway": "abandoned"}, (False, False, False)),
    ],
)
def test_what_counts_is_known_by_its_tags(tags: dict[str, str], known: tuple[bool, bool, bool]) -> None:
    """Water that is there all year and open, and trains at the height of the street."""
    assert (is_water_area(tags), is_water_line(tags), is_railway_line(tags)) == known


def test_metres_beside_a_shape() -> None:
    """A walk along a bank is beside the water for as long as it is near, and a walk elsewhere is not."""
    pond = Polygon([at(0, 10), at(100, 10), at(100, 60), at(0, 60)])
    water = Beside(shapes_of([pond, LineString([at(1000, 0), at(1000, 50)])]), within_m=15.0)
    past = water.metres_of([at(-200, 0), at(300, 0)])
    assert past == pytest.approx(100 + 2 * (15**2 - 10**2) ** 0.5, abs=1.0)
    assert water.metres_of([at(-200, -40), at(300, -40)]) == 0
    assert water.metres_of([at(0, 0)]) == 0
    assert Beside(shapes_of(()), within_m=15.0).metres_of([at(0, 0), at(10, 0)]) == 0


def test_warnings_come_in_the_order_of_the_walk() -> None:
    """Those within fifty metres, the one that is met first before the others."""
    line = [at(0, 0), at(1000, 0)]
    assert beside(line, [at(900, 20), at(500, 60), at(100, -40)]) == [2, 0]
    assert beside([at(0, 0)], [at(0, 0)]) == []
