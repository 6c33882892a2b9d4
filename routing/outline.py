"""Which places lie in an area, by its boundary, with a margin for places just beyond it."""

# shapely's vectorised predicates are typed loosely.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from typing import Any

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from shapely.geometry import shape

from routing.geo import metres_per_degree


class Outline:
    """A GeoJSON Polygon or MultiPolygon (WGS-84), grown by `margin_m` metres."""

    def __init__(self, geometry: dict[str, Any], margin_m: float) -> None:
        outline = shape(geometry)
        middle = (outline.bounds[1] + outline.bounds[3]) / 2
        metres_east, metres_north = (float(each) for each in metres_per_degree(middle))
        self._scale = metres_east, metres_north
        grown = shapely.transform(outline, lambda at: at * self._scale).buffer(margin_m)
        shapely.prepare(grown)
        self._grown = grown

    def contains(self, lon: ArrayLike, lat: ArrayLike) -> NDArray[np.bool_]:
        """Per place, whether it lies inside or within the margin; NaN lies outside."""
        east, north = self._scale
        x_m, y_m = np.asarray(lon, dtype=np.float64) * east, np.asarray(lat, dtype=np.float64) * north
        return np.asarray(shapely.intersects_xy(self._grown, x_m, y_m), dtype=np.bool_)
