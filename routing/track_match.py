"""Laying a walk onto the streets with Valhalla: credited metres, the streets covered, and the line that was walked.

Positions wander by some metres, so they are averaged first and stays become points; what is then matched is the most
likely walk on the streets (Newson and Krumm 2009, "Hidden Markov map matching through noise and sparseness"). A gap
ends a piece: nothing is credited across it. Where the streets say nothing (a park, a square, a map without the path),
the smoothed line itself is credited.
"""

# pyvalhalla carries few types.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import shapely

from routing.geo import Floats, LocalPlane, haversine_m
from routing.street_engine import actor
from routing.track import Point, Segment, length_m, segments, smoothed, stays_as_points

type Position = tuple[float, float]
type Line = list[Position]

OPTIONS = {
    "gps_accuracy": 5.0,
    "search_radius": 40.0,
    "turn_penalty_factor": 100.0,
    "interpolation_distance": 5.0,
}
WANTED = (
    "edge.id", "edge.way_id", "edge.begin_shape_index", "edge.end_shape_index", "shape", "matched.type",
    "matched.edge_index", "matched.distance_from_trace_point",
)  # fmt: skip
MATCHED_MIN_M = 20.0
"""A shorter piece says nothing about which street it was on."""
LONGER_MAX, LONGER_MAX_M = 1.35, 60.0
"""A match this much longer than what was walked went round a block that nobody walked round."""
ON_ROUTE_M = 20.0
SAMPLED_EVERY_M = 10.0
POLYLINE_PRECISION = 1e6
UNION_GRID_M = 0.5


class MatchedWalk(msgspec.Struct, frozen=True):
    """What was walked: metres credited, those on streets, distinct street metres, the lines, and honest gaps.

    `ways` are the OSM ways walked with the metres walked on each; `gaps` counts interruptions between pieces.
    """

    credited_m: float
    on_streets_m: float
    covered_m: float
    lines: list[Line]
    ways: dict[int, float]
    gaps: int


def match_walk(points: Sequence[Point], tiles: Path | None) -> MatchedWalk:
    """Match one person's positions; without tiles the smoothed lines are credited as they are.

    Runs in a pool's thread: `tiles` are read by an actor of this thread. Takes 20-100 ms for an hour.
    """
    pieces = [smoothed(piece) for piece in segments(points)]
    lines: list[Line] = []
    credited_m, on_streets_m, ways = 0.0, 0.0, dict[int, float]()
    on_streets: list[Line] = []
    for piece in pieces:
        walked_m = length_m(piece)
        matched = (
            _matched(stays_as_points(piece), tiles, walked_m) if tiles and walked_m >= MATCHED_MIN_M else None
        )
        if matched is None:
            lines.append(_line(piece))
            credited_m += walked_m
            continue
        lines += matched.lines
        credited_m += matched.length_m
        on_streets_m += matched.length_m
        on_streets += matched.lines
        for way, metres in matched.ways.items():
            ways[way] = ways.get(way, 0.0) + metres
    return MatchedWalk(
        credited_m=credited_m,
        on_streets_m=on_streets_m,
        covered_m=_different_m(on_streets),
        lines=[line for line in lines if len(line) > 1],
        ways=ways,
        gaps=max(0, len(pieces) - 1),
    )


class _Matched(msgspec.Struct):
    lines: list[Line]
    length_m: float
    ways: dict[int, float]


def _matched(piece: Segment, tiles: Path, walked_m: float) -> _Matched | None:
    """The piece on the streets, or None when the streets do not explain it."""
    from valhalla import ValhallaError  # pyright: ignore[reportMissingTypeStubs]

    began = piece[0].at.timestamp()
    request = {
        "shape": [
            {"lon": each.lon, "lat": each.lat, "time": round(each.at.timestamp() - began)} for each in piece
        ],
        "costing": "pedestrian",
        "shape_match": "map_snap",
        "trace_options": OPTIONS,
        "filters": {"attributes": WANTED, "action": "include"},
    }
    try:
        answer: dict[str, Any] = actor(tiles).trace_attributes(request)
    except ValhallaError:
        return None
    found = _read(answer)
    return found if found.length_m <= walked_m * LONGER_MAX + LONGER_MAX_M else None


def _read(answer: dict[str, Any]) -> _Matched:
    """Lines from edge to edge, cut where an edge does not begin where the last one ended."""
    shape = decoded(answer["shape"])
    steps_m = haversine_m(shape[:-1, 0], shape[:-1, 1], shape[1:, 0], shape[1:, 1])
    along_m = np.concatenate([[0.0], np.cumsum(steps_m)])
    lines: list[Line] = []
    ways: dict[int, float] = {}
    total_m, at = 0.0, -1
    for edge in answer["edges"]:
        begin, end = edge["begin_shape_index"], edge["end_shape_index"]
        if end <= begin:
            continue
        metres = float(along_m[end] - along_m[begin])
        corners: Line = [(float(lon), float(lat)) for lon, lat in shape[begin : end + 1]]
        if begin == at and lines:
            lines[-1] += corners[1:]
        else:
            lines.append(corners)
        at = end
        total_m += metres
        ways[int(edge["way_id"])] = ways.get(int(edge["way_id"]), 0.0) + metres
    return _Matched(lines, total_m, ways)


def _different_m(lines: Sequence[Line]) -> float:
    """The length of the lines where each stretch counts once, however often and in whichever direction it was walked."""
    if not lines:
        return 0.0
    plane = LocalPlane.amid(*_columns(list(itertools.chain.from_iterable(lines))))
    drawn = np.array(
        [shapely.linestrings(np.column_stack(plane.to_metres(*_columns(line)))) for line in lines]
    )
    return float(shapely.length(shapely.union_all(drawn, grid_size=UNION_GRID_M)))


def decoded(text: str) -> Floats:
    """An encoded polyline of six digits as an array of (lon, lat) rows."""
    values = np.frombuffer(text.encode("ascii"), dtype=np.uint8).astype(np.int64) - 63
    last = values < 32
    group = np.concatenate([[0], np.cumsum(last)[:-1]])
    first = np.concatenate([[0], np.flatnonzero(last)[:-1] + 1])
    place = np.arange(len(values)) - first[group]
    whole = np.zeros(int(last.sum()), dtype=np.int64)
    np.add.at(whole, group, (values & 31) << (5 * place))
    signed = np.where(whole & 1, ~(whole >> 1), whole >> 1)
    lat, lon = np.cumsum(signed[0::2]), np.cumsum(signed[1::2])
    return np.column_stack([lon, lat]) / POLYLINE_PRECISION


def _line(piece: Segment) -> Line:
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
