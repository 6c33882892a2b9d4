"""Laying a walk onto the streets: credited metres, the streets covered, and the line that was walked.

A gap ends a piece: nothing is credited across it. Where the streets say nothing (a park, a square, a map without the
path), the averaged line itself is credited.
"""

# parts of shapely carry no types: what they return is unknown until it is put into an array.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

import itertools
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
import shapely

from routing.geo import LocalPlane
from routing.streets import StreetGraph, load_streets
from routing.track import Point, length_m, segments, smoothed
from routing.track_streets import Laid, lay

type Position = tuple[float, float]
type Line = list[Position]

MATCHED_MIN_M = 20.0
"""A shorter piece says nothing about which street it was on."""
LONGER_MAX, LONGER_MAX_M = 1.35, 60.0
"""A way this much longer than what was walked went round a block that nobody walked round."""
ON_ROUTE_M = 20.0
SAMPLED_EVERY_M = 10.0


class MatchedWalk(msgspec.Struct, frozen=True):
    """What was walked: metres credited, those on streets, distinct street metres, the lines, and honest gaps.

    `streets` are the edges of the street graph that were walked, with the metres walked on each; `gaps` counts
    interruptions between pieces.
    """

    credited_m: float
    on_streets_m: float
    covered_m: float
    lines: list[Line]
    streets: dict[int, float]
    gaps: int


def match_walk(points: Sequence[Point], streets: StreetGraph | Path | None) -> MatchedWalk:
    """Match one person's positions to the streets of an .osm.pbf file; without one the averaged lines are credited.

    Takes 30-100 ms for an hour, once the streets are loaded.
    """
    graph = load_streets(streets) if isinstance(streets, Path) else streets
    pieces = segments(points)
    lines: list[Line] = []
    laid: list[Laid] = []
    elsewhere_m = 0.0
    for piece in pieces:
        calm = smoothed(piece)
        walked_m = length_m(calm)
        found = lay(graph, piece) if graph and walked_m >= MATCHED_MIN_M else None
        if found is None or found.length_m > walked_m * LONGER_MAX + LONGER_MAX_M:
            lines.append(_line(calm))
            elsewhere_m += walked_m
            continue
        laid.append(found)
        lines += found.lines
        for part in found.elsewhere:
            lines.append(_line(part))
            elsewhere_m += length_m(part)
    on_streets_m = sum(each.length_m for each in laid)
    return MatchedWalk(
        credited_m=on_streets_m + elsewhere_m,
        on_streets_m=on_streets_m,
        covered_m=_covered_m(laid),
        lines=[line for line in lines if len(line) > 1],
        streets=_by_street(laid),
        gaps=max(0, len(pieces) - 1),
    )


def _covered_m(laid: Sequence[Laid]) -> float:
    """The length of the streets walked, each stretch counted once, however often and in whichever direction."""
    if not laid:
        return 0.0
    cells = np.column_stack(
        [np.concatenate([each.edge for each in laid]), np.concatenate([each.from_m for each in laid])]
    )
    first = np.unique(cells, axis=0, return_index=True)[1]
    return float(np.concatenate([each.cell_m for each in laid])[first].sum())


def _by_street(laid: Sequence[Laid]) -> dict[int, float]:
    found: dict[int, float] = {}
    for each in laid:
        edges, at = np.unique(each.edge, return_inverse=True)
        for edge, metres in zip(edges.tolist(), np.bincount(at, each.cell_m).tolist(), strict=True):
            found[edge] = found.get(edge, 0.0) + metres
    return found


def _line(piece: Sequence[Point]) -> Line:
    return [(each.lon, each.lat) for each in piece]


def route_covered(route: Line, walked: Sequence[Line], within_m: float = ON_ROUTE_M) -> float:
    """The share (0..1) of a planned line that lies within `within_m` of what was walked; 0.0 without a line."""
    lines = [line for line in walked if len(line) > 1]
    if len(route) < 2 or not lines:
        return 0.0
    plane = LocalPlane.amid([lon for lon, _ in route], [lat for _, lat in route])
    planned = shapely.linestrings(np.column_stack(plane.to_metres(*_columns(route))))
    tree = shapely.STRtree(
        np.array([shapely.linestrings(np.column_stack(plane.to_metres(*_columns(line)))) for line in lines])
    )
    count = max(2, int(float(shapely.length(planned)) / SAMPLED_EVERY_M) + 1)
    samples = shapely.line_interpolate_point(planned, np.linspace(0.0, 1.0, count), normalized=True)
    near = tree.query(samples, predicate="dwithin", distance=within_m)[0]
    return len(np.unique(near)) / count


def _columns(line: Line) -> tuple[list[float], list[float]]:
    return [lon for lon, _ in line], [lat for _, lat in line]


def simplified(lines: Sequence[Line], tolerance_m: float) -> list[Line]:
    """The lines without corners that lie closer than `tolerance_m` to the straight way between the others."""
    places = list(itertools.chain.from_iterable(lines))
    if not places:
        return []
    plane = LocalPlane.amid(*_columns(places))
    result: list[Line] = []
    for line in lines:
        if len(line) < 2:
            continue
        drawn = shapely.linestrings(np.column_stack(plane.to_metres(*_columns(line))))
        kept = shapely.get_coordinates(shapely.simplify(drawn, tolerance_m, preserve_topology=False))
        lon, lat = plane.to_degrees(kept[:, 0], kept[:, 1])
        result.append([(round(float(x), 6), round(float(y), 6)) for x, y in zip(lon, lat, strict=True)])
    return result
