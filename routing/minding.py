"""What is to be minded on routes: what the street map knows of each, and which warnings of people lie beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from shapely.geometry import LineString, Point

from routing.directions import RouteHazards
from routing.geo import metres_per_degree
from routing.redo import RedoRoute
from routing.streets import Position, StreetGraph, load_streets

BESIDE_M = 50.0
"""A warning so near to a route is told with it."""


@dataclass(frozen=True, slots=True)
class Minded:
    """A team's route: metres of steps, unlit, steep and rough ways, and the indices of the warnings beside it."""

    number: int
    hazards: RouteHazards
    beside: tuple[int, ...]


def minded(
    streets: Path | StreetGraph, routes: Sequence[RedoRoute], warnings: Sequence[Position]
) -> tuple[Minded, ...]:
    """What is to be minded on each route that has stops; `warnings` are (lon, lat) places."""
    graph = streets if isinstance(streets, StreetGraph) else load_streets(streets)
    return tuple(_minded(graph, route, warnings) for route in routes if route.stops)


def _minded(graph: StreetGraph, route: RedoRoute, warnings: Sequence[Position]) -> Minded:
    places = [route.start, *((stop.lon, stop.lat) for stop in route.stops), route.end]
    walks = graph.walks(
        [lon for lon, _ in places], [lat for _, lat in places], route.profile, night=route.dark
    )
    order = list(range(len(places)))
    _, line = walks.route(order)
    east_m, north_m = (float(each) for each in metres_per_degree(route.start[1]))
    walked = LineString([(lon * east_m, lat * north_m) for lon, lat in line])
    beside = tuple(
        index
        for index, (lon, lat) in enumerate(warnings)
        if walked.distance(Point(lon * east_m, lat * north_m)) <= BESIDE_M
    )
    return Minded(route.number, walks.hazards(order), beside)
