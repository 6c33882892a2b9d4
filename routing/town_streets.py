"""Turning drawn lines into a street network: curves, crossings, dead ends, one connected whole (all in metres)."""

# shapely carry few types: what they return is unknown until it is put into a typed name.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false, reportUnknownLambdaType=false, reportUnknownParameterType=false

import math
import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
from shapely import LineString, Point, Polygon, STRtree
from shapely.affinity import rotate
from shapely.geometry.base import BaseGeometry

from routing.town_plan import Metres


@dataclass
class Line:
    """A drawn line that will become ways; lines cross only on the same `level` (bridges and tunnels differ)."""

    points: list[Metres]
    tags: dict[str, str]
    level: int = 0
    drop_share: float = 0.0
    snap_m: float = 0.0
    kind: str = "main"

    @property
    def shape(self) -> LineString:
        return LineString(self.points)


@dataclass(frozen=True)
class Segment:
    """The piece of a line between two neighbouring crossings; `first` and `last` are junction keys."""

    line: Line
    order: int
    points: tuple[Metres, ...]

    @property
    def first(self) -> Metres:
        return self.points[0]

    @property
    def last(self) -> Metres:
        return self.points[-1]

    @property
    def length_m(self) -> float:
        return float(sum(math.dist(a, b) for a, b in pairwise(self.points)))


def rounded(x: float, y: float) -> Metres:
    """A point on the 5 cm raster on which junctions are recognised."""
    return (round(x * 20) / 20, round(y * 20) / 20)


def curve(points: Sequence[Metres], *, closed: bool = False, spacing_m: float = 24.0) -> list[Metres]:
    """A smooth line through `points` (centripetal enough for a town plan: Catmull-Rom), simplified to 0.5 m."""
    given = np.array(points, dtype=float)
    if closed:
        control = np.vstack([given[-1:], given, given[:2]])
    else:
        control = np.vstack([2 * given[0] - given[1], given, 2 * given[-1] - given[-2]])
    pieces: list[np.ndarray] = []
    for a, b, c, d in zip(control, control[1:], control[2:], control[3:], strict=False):
        steps = max(2, round(float(np.hypot(*(c - b))) / spacing_m))
        t = np.linspace(0, 1, steps, endpoint=False)[:, None]
        pieces.append(
            0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
        )
    pieces.append(given[:1] if closed else given[-1:])
    line = LineString(np.vstack(pieces)).simplify(0.5)
    return [rounded(x, y) for x, y in line.coords]


def beside(points: Sequence[Metres], distances_m: Sequence[float]) -> list[Metres]:
    """The line that runs `distances_m[i]` metres to the left of each point (negative: to the right)."""
    given = np.array(points, dtype=float)
    heading = np.gradient(given, axis=0)
    normal = np.column_stack([-heading[:, 1], heading[:, 0]]) / np.linalg.norm(heading, axis=1)[:, None]
    return [rounded(x, y) for x, y in given + normal * np.array(distances_m)[:, None]]


def line_parts(shape: BaseGeometry) -> list[LineString]:
    """The single lines inside a clip's result, in a stable order."""
    return [part for part in shapely.get_parts(shape) if part.geom_type == "LineString" and part.length > 0.5]


def lattice(
    block: Polygon,
    step_m: float,
    *,
    turn_deg: float | None,
    jitter_m: float,
    dice: random.Random,
) -> list[list[Metres]]:
    """Streets that divide a block into cells of about `step_m`, along its longest side unless `turn_deg` is given.

    Lines that would run close beside the block's own border are left out.
    """
    angle = longest_side_deg(block) if turn_deg is None else turn_deg
    middle = block.centroid
    upright = rotate(block, -angle, origin=middle)
    west, south, east, north = upright.bounds
    columns, rows = max(1, round((east - west) / step_m)), max(1, round((north - south) / step_m))
    wave = dice.uniform(0, math.tau)

    def knot(i: int, j: int) -> Metres:
        x, y = west + (east - west) * i / columns, south + (north - south) * j / rows
        bend = 5.0 if jitter_m == 0 else 0.0
        x += bend * math.sin(y / 160 + wave) + dice.uniform(-jitter_m, jitter_m)
        y += bend * math.sin(x / 190 + wave) + dice.uniform(-jitter_m, jitter_m)
        return x, y

    knots = [[knot(i, j) for j in range(-1, rows + 2)] for i in range(-1, columns + 2)]
    lines = [LineString(column) for column in knots[2:-2]]
    lines += [LineString([column[j] for column in knots]) for j in range(2, rows + 1)]
    core = upright.buffer(-0.33 * step_m)
    result: list[list[Metres]] = []
    for line in lines:
        for part in line_parts(line.intersection(upright)):
            if part.length < 0.35 * step_m or part.intersection(core).length < 0.3 * part.length:
                continue
            turned = rotate(part, angle, origin=middle)
            result.append([rounded(x, y) for x, y in turned.coords])
    return result


def longest_side_deg(block: Polygon) -> float:
    """The direction of the longer side of the smallest rectangle round `block`, within -45..45 degrees."""
    rectangle = block.minimum_rotated_rectangle
    assert isinstance(rectangle, Polygon)
    corners = list(rectangle.exterior.coords)
    a, b = max(pairwise(corners), key=lambda side: math.dist(*side))
    angle = math.degrees(math.atan2(b[1] - a[1], b[0] - a[0])) % 90
    return angle - 90 if angle > 45 else angle


def join_loose_ends(lines: list[Line]) -> None:
    """Pulls each end that lies within `snap_m` of another line onto that line, as a T-junction."""
    shapes = [line.shape for line in lines]
    tree = STRtree(shapes)
    for index, line in enumerate(lines):
        if line.snap_m <= 0:
            continue
        for at_start in (True, False):
            end = Point(line.points[0 if at_start else -1])
            near = [
                (shapes[other].distance(end), other)
                for other in tree.query(end.buffer(line.snap_m)).tolist()
                if other != index and lines[other].level == line.level
            ]
            if not near or min(near)[0] > line.snap_m:
                continue
            target = shapes[min(near)[1]]
            landing = target.interpolate(target.project(end))
            point = rounded(landing.x, landing.y)
            if point == line.points[0 if at_start else -1]:
                continue
            line.points = [point, *line.points] if at_start else [*line.points, point]


class Junctions:
    """Points where lines meet; a point within 0.8 m of a known junction is that junction."""

    REACH_M = 0.8

    def __init__(self) -> None:
        self._cells: dict[tuple[int, int], list[Metres]] = defaultdict(list)

    def at(self, x: float, y: float) -> Metres:
        """The junction at (x, y), made if there is none yet."""
        point = rounded(x, y)
        column, row = math.floor(x), math.floor(y)
        for i in (column - 1, column, column + 1):
            for j in (row - 1, row, row + 1):
                for known in self._cells[i, j]:
                    if math.dist(known, point) < self.REACH_M:
                        return known
        self._cells[column, row].append(point)
        return point


def cut_at_crossings(lines: list[Line]) -> list[Segment]:
    """Every line cut wherever it meets another of its level; ends that touch become shared junctions."""
    junctions = Junctions()
    for line in lines:
        line.points = [junctions.at(*line.points[0]), *line.points[1:-1], junctions.at(*line.points[-1])]
    shapes = [line.shape for line in lines]
    cuts: dict[int, list[tuple[float, Metres]]] = defaultdict(list)
    first, second = STRtree(shapes).query(shapes, predicate="dwithin", distance=Junctions.REACH_M)
    for a, b in sorted(zip(first.tolist(), second.tolist(), strict=True)):
        if a >= b or lines[a].level != lines[b].level:
            continue
        for x, y in meeting_points(shapes[a], shapes[b]):
            point = junctions.at(x, y)
            for line in (a, b):
                cuts[line].append((shapes[line].project(Point(point)), point))
    return [
        segment for index, line in enumerate(lines) for segment in cut_line(line, shapes[index], cuts[index])
    ]


def meeting_points(a: LineString, b: LineString) -> list[Metres]:
    """The ends of either line that lie on the other, and where the two cross."""
    found: list[Metres] = []
    for end, other in ((a.coords[0], b), (a.coords[-1], b), (b.coords[0], a), (b.coords[-1], a)):
        if other.distance(Point(end)) < Junctions.REACH_M:
            found.append((end[0], end[1]))
    crossings = [p for p in shapely.get_parts(a.intersection(b)) if p.geom_type == "Point"]
    return found + [(p.x, p.y) for p in crossings]


def cut_line(line: Line, shape: LineString, cuts: list[tuple[float, Metres]]) -> list[Segment]:
    """One line's segments between its cuts; a bend within 0.8 m of a cut gives way to it."""
    ends = (line.points[0], line.points[-1])
    crossings = dict(sorted((point, along) for along, point in cuts if point not in ends))
    stations = [(along, point, True) for point, along in crossings.items()]
    for bend in line.points[1:-1]:
        if all(math.dist(bend, point) > Junctions.REACH_M for point in (*crossings, *ends)):
            stations.append((shape.project(Point(bend)), bend, False))
    segments: list[Segment] = []
    run = [line.points[0]]
    for _, point, is_crossing in [*sorted(stations), (shape.length, line.points[-1], True)]:
        if point != run[-1]:
            run.append(point)
        if is_crossing and len(run) > 1:
            segments.append(Segment(line, len(segments), tuple(run)))
            run = [point]
    return segments


def drop_some(segments: list[Segment], dice: random.Random) -> list[Segment]:
    """Leaves out the share of segments each line asks for (missing links, dead ends), then keeps the largest whole."""
    kept = [s for s in segments if dice.random() >= s.line.drop_share]
    return largest_component(kept)


def largest_component(segments: Iterable[Segment]) -> list[Segment]:
    """The segments of the connected component with the most junctions."""
    listed = list(segments)
    parent: dict[Metres, Metres] = {}

    def root(point: Metres) -> Metres:
        parent.setdefault(point, point)
        while parent[point] != point:
            parent[point] = parent[parent[point]]
            point = parent[point]
        return point

    for segment in listed:
        parent[root(segment.first)] = root(segment.last)
    sizes: dict[Metres, int] = defaultdict(int)
    for point in sorted(parent):
        sizes[root(point)] += 1
    main = max(sorted(sizes), key=lambda point: sizes[point])
    return [segment for segment in listed if root(segment.first) == main]
