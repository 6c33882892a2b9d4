"""Which warnings of people lie beside a walk, in the order in which it passes them."""

from collections.abc import Sequence

from shapely.geometry import LineString, Point

from routing.geo import metres_per_degree
from routing.streets import Position

BESIDE_M = 50.0
"""A warning so near to a route is told with it."""


def beside(line: Sequence[Position], warnings: Sequence[Position]) -> list[int]:
    """The indices of the warnings ((lon, lat) places) within `BESIDE_M` of the line, those met first coming first."""
    if len(line) < 2:
        return []
    east_m, north_m = (float(each) for each in metres_per_degree(line[0][1]))
    walked = LineString([(lon * east_m, lat * north_m) for lon, lat in line])
    places = [Point(lon * east_m, lat * north_m) for lon, lat in warnings]
    near = [index for index, place in enumerate(places) if walked.distance(place) <= BESIDE_M]
    return sorted(near, key=lambda index: walked.project(places[index]))
