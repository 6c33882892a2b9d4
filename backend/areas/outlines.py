"""Outlines of areas as rings of points, as documents for other systems write them."""

from collections.abc import Iterable, Sequence

from shapely.geometry import MultiPolygon, Polygon, shape
from shapely.ops import unary_union

from backend.areas.models import Area

type Ring = tuple[tuple[float, float], ...]
"""Longitude and latitude (WGS-84 degrees) of each corner; the last is the first again."""

TOLERANCE_DEGREES = 0.00005
"""Corners that change the outline by less than some five metres are left out."""
SAME_GROUND = 0.9
"""Two outlines mean one area when they share so much of what either covers."""


def outer_rings(area: Area) -> tuple[Ring, ...]:
    """The outline of each part of the area; holes count as inside."""
    outline = shape(area.geometry).simplify(TOLERANCE_DEGREES)
    parts = outline.geoms if isinstance(outline, MultiPolygon) else [outline]
    return tuple(
        tuple((lon, lat) for lon, lat, *_ in part.exterior.coords)
        for part in parts
        if isinstance(part, Polygon)
    )


def same_ground(candidates: Iterable[Area], rings: Sequence[Ring]) -> Area | None:
    """The candidate that covers what the rings cover, if there is one."""
    wanted = unary_union([Polygon(ring).buffer(0) for ring in rings])
    best, most = None, SAME_GROUND
    for area in candidates:
        outline = shape(area.geometry)
        shared = outline.intersection(wanted).area / (outline.union(wanted).area or 1.0)
        if shared >= most:
            best, most = area, shared
    return best
