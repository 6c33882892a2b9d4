"""Where walking takes care: open water and railways beside the streets, as the street map knows them."""

# osmium and parts of shapely carry few types: what they return is unknown until it is put into a typed name.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false

from collections.abc import Mapping, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from routing.geo import LocalPlane

type Shapes = NDArray[np.object_]
type Position = tuple[float, float]

KEYS = ("natural", "waterway", "landuse", "railway")
WATER_AREAS = {
    "natural": frozenset({"water"}),
    "waterway": frozenset({"riverbank", "dock"}),
    "landuse": frozenset({"reservoir", "basin"}),
}
WATER_LINES = {"waterway": frozenset({"river", "canal", "stream"}), "natural": frozenset({"coastline"})}
RAILWAY_LINES = {"railway": frozenset({"rail", "light_rail", "narrow_gauge"})}
# So near to the water's edge or to the tracks that a step aside in the dark could end there.
WATER_WITHIN_M = 15.0
RAILWAY_WITHIN_M = 15.0
# A bank is drawn with a point every few centimetres by some; nobody walks so exactly.
SIMPLER_M = 2.0
METRES_PER_DEGREE = 111_320.0


def is_water_area(tags: Mapping[str, str]) -> bool:
    """Whether an area with these tags is open water."""
    return _is_one_of(tags, WATER_AREAS) and tags.get("intermittent") != "yes"


def is_water_line(tags: Mapping[str, str]) -> bool:
    """Whether a line with these tags is open water or a coast, and not in a pipe."""
    return _is_one_of(tags, WATER_LINES) and tags.get("tunnel", "no") == "no"


def is_railway_line(tags: Mapping[str, str]) -> bool:
    """Whether a line with these tags is a track at the height of the street, with trains."""
    on_the_ground = tags.get("tunnel", "no") == "no" and tags.get("bridge", "no") == "no"
    return _is_one_of(tags, RAILWAY_LINES) and on_the_ground


def _is_one_of(tags: Mapping[str, str], wanted: Mapping[str, frozenset[str]]) -> bool:
    return any(tags.get(key) in values for key, values in wanted.items())


def simpler(shape: BaseGeometry) -> BaseGeometry:
    """The shape (degrees) without what is finer than `SIMPLER_M`."""
    return shape.simplify(SIMPLER_M / METRES_PER_DEGREE)


class Beside:
    """Shapes (lon, lat) that a walk may come near to: how much of it does."""

    def __init__(self, shapes: Shapes, within_m: float) -> None:
        self.shapes, self._within_m = shapes, within_m
        self._tree: shapely.STRtree | None = None
        if len(shapes):
            west, south, east, north = shapely.total_bounds(shapes)
            self._plane = LocalPlane.amid([west, east], [south, north])
            self._tree = shapely.STRtree(
                shapely.transform(
                    shapes, lambda at: np.column_stack(self._plane.to_metres(at[:, 0], at[:, 1]))
                )
            )

    def metres_of(self, line: Sequence[Position]) -> float:
        """So many metres of the line ((lon, lat) positions) lie within reach of a shape."""
        if self._tree is None or len(line) < 2:
            return 0.0
        lon, lat = np.array(line).T
        walked = shapely.linestrings(np.column_stack(self._plane.to_metres(lon, lat)))
        found = self._tree.query(walked, predicate="dwithin", distance=self._within_m)
        if len(found) == 0:
            return 0.0
        near = shapely.union_all(shapely.buffer(self._tree.geometries.take(found), self._within_m))
        return float(shapely.length(shapely.intersection(walked, near)))
