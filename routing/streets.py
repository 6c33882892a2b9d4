"""The walking graph of an area: nearest street, walking distances, and the line a walk follows."""

# scipy and parts of shapely carry no types: what they return is unknown until it is put into an array.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false

import functools
import itertools
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components, dijkstra

from routing.geo import Bounds, LocalPlane, metres_per_degree
from routing.osm import PRIVATE, WalkedWays, read_walked_ways

type Floats = NDArray[np.float64]
type Ints = NDArray[np.int64]
type Position = tuple[float, float]

DEFAULT_PACE_MPS = 1.2
# Walks may leave the box around their points by this much.
WINDOW_MARGIN_M = 1500.0
# Pieces cut off from the rest are kept when they are a place of their own, dropped when they are debris.
PIECE_MIN_M = 1000.0
NAME_WITHIN_M = 150.0
SOURCES_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class Snapped:
    """Where points meet the streets; every array has one entry a point.

    `edge` is the street's index, `along_m` how far along it, `lon` and `lat` the place on the street,
    `distance_m` how far off the point lay.
    """

    edge: Ints
    along_m: Floats
    lon: Floats
    lat: Floats
    distance_m: Floats


class StreetGraph:
    """Walkable streets contracted to junctions and the edges between them.

    Lengths are in metres along the street on the WGS-84 ellipsoid; every way can be walked both ways.
    Private ways are known but neither walked nor snapped to.
    """

    def __init__(self, ways: WalkedWays) -> None:
        self._lon, self._lat, self._names = ways.lon, ways.lat, ways.names
        self._cumulated_m = _cumulated_metres(ways)
        first, last, way, junction = _edges_between_junctions(ways)
        length_m = self._cumulated_m[last] - self._cumulated_m[first]
        kept = (length_m > 0) & ((ways.flags[way] & PRIVATE) == 0)
        first, last, way, length_m = first[kept], last[kept], way[kept], length_m[kept]
        kept = _in_large_pieces(junction[first], junction[last], length_m)
        self._first, self._last, self.edge_m = first[kept], last[kept], length_m[kept]
        self.edge_flags, self._edge_name = ways.flags[way[kept]], ways.name[way[kept]]

        ends = np.concatenate([self._first, self._last])
        _, representative, node = np.unique(junction[ends], return_index=True, return_inverse=True)
        self.edge_from, self.edge_to = node[: len(self.edge_m)], node[len(self.edge_m) :]
        self.node_lon, self.node_lat = self._lon[ends[representative]], self._lat[ends[representative]]
        self._adjacency, self._edge_key, self._edge_by_key = self._index_edges()

        shown = _ranges(self._first, self._last)
        self.bounds = Bounds.around(self._lon[shown], self._lat[shown])
        self.length_km = float(self.edge_m.sum()) / 1000.0
        self._plane = LocalPlane.amid(self.node_lon, self.node_lat)
        self._lines = self._edge_lines()
        self._tree = shapely.STRtree(self._lines)

    @classmethod
    def from_osm(cls, path: Path) -> "StreetGraph":
        """Build the graph from an .osm.pbf file; StreetFileError, with the reason, when it cannot be."""
        return cls(read_walked_ways(path))

    def snap(self, lon: ArrayLike, lat: ArrayLike) -> Snapped:
        """The nearest place on a street for each point (degrees, one-dimensional)."""
        x_m, y_m = self._plane.to_metres(np.atleast_1d(lon), np.atleast_1d(lat))
        points = shapely.points(x_m, y_m)
        edge = np.asarray(self._tree.nearest(points), dtype=np.int64)
        lines = self._lines[edge]
        share = np.asarray(shapely.line_locate_point(lines, points, normalized=True))
        met = shapely.line_interpolate_point(lines, share, normalized=True)
        met_lon, met_lat = self._plane.to_degrees(shapely.get_x(met), shapely.get_y(met))
        distance_m = np.asarray(shapely.distance(points, met))
        return Snapped(edge, share * self.edge_m[edge], met_lon, met_lat, distance_m)

    def nearest(self, lon: float, lat: float) -> tuple[Position, float]:
        """The nearest (lon, lat) on a street, and how many metres away it is."""
        met = self.snap(lon, lat)
        return (float(met.lon[0]), float(met.lat[0])), float(met.distance_m[0])

    def street_name(self, lon: float, lat: float, within_m: float = NAME_WITHIN_M) -> tuple[str, str]:
        """The nearest named street's (local, English) name; ("", "") when none is within `within_m`."""
        tree, edges = self._named
        x_m, y_m = self._plane.to_metres(lon, lat)
        point = shapely.Point(float(x_m), float(y_m))
        found = tree.query_nearest(point, max_distance=within_m, all_matches=False)
        return self._names[self._edge_name[edges[found[0]]]] if len(found) else ("", "")

    def walks(self, lon: ArrayLike, lat: ArrayLike) -> "Walks":
        """The walks among these points (degrees, one-dimensional): distances, and the lines they follow."""
        return Walks(self, np.atleast_1d(lon), np.atleast_1d(lat))

    def walk_matrix(
        self, lon: ArrayLike, lat: ArrayLike, pace_mps: float = DEFAULT_PACE_MPS
    ) -> tuple[Floats, Floats]:
        """(seconds, metres), each n x n, of the shortest walk between any two points; inf when cut off."""
        metres = self.walks(lon, lat).metres
        return metres / pace_mps, metres

    def path(self, a: Position, b: Position) -> tuple[float, list[Position]]:
        """(metres, positions) of the shortest walk from a to b; metres is inf when there is none."""
        return self.walks([a[0], b[0]], [a[1], b[1]]).leg(0, 1)

    def route_geometry(self, stops: list[Position]) -> tuple[float, list[Position]]:
        """(metres, positions) of the walk through the stops in order."""
        walks = self.walks([stop[0] for stop in stops], [stop[1] for stop in stops])
        return walks.route(list(range(len(stops))))

    def edge_between(self, a: int, b: int) -> int:
        """The shortest edge joining two neighbouring nodes."""
        key = min(a, b) * len(self.node_lon) + max(a, b)
        return int(self._edge_by_key[np.searchsorted(self._edge_key, key)])

    def edge_positions(self, edge: int, from_m: float, to_m: float) -> list[Position]:
        """The positions along an edge from one distance to another, in either direction."""
        if from_m > to_m:
            return self.edge_positions(edge, to_m, from_m)[::-1]
        first, last = int(self._first[edge]), int(self._last[edge])
        along_m = self._cumulated_m[first : last + 1] - self._cumulated_m[first]
        inner = np.flatnonzero((along_m > from_m + 1e-6) & (along_m < to_m - 1e-6))
        wanted = np.concatenate([[from_m], along_m[inner], [to_m]])
        lon = np.interp(wanted, along_m, self._lon[first : last + 1])
        lat = np.interp(wanted, along_m, self._lat[first : last + 1])
        return list(zip(lon.tolist(), lat.tolist(), strict=True))

    def window(self, box: Bounds) -> tuple[Ints, csr_matrix]:
        """The nodes inside the box, and the weighted adjacency among them."""
        nodes = np.flatnonzero(box.contains(self.node_lon, self.node_lat))
        if len(nodes) == len(self.node_lon):
            return nodes, self._adjacency
        return nodes, csr_matrix(self._adjacency[nodes][:, nodes])

    def _index_edges(self) -> tuple[csr_matrix, Ints, Ints]:
        count = len(self.node_lon)
        low, high = np.minimum(self.edge_from, self.edge_to), np.maximum(self.edge_from, self.edge_to)
        key = low.astype(np.int64) * count + high
        order = np.lexsort((self.edge_m, key))
        order = order[low[order] != high[order]]
        edge_key, position = np.unique(key[order], return_index=True)
        edge = order[position]
        row, column = np.concatenate([low[edge], high[edge]]), np.concatenate([high[edge], low[edge]])
        length_m = np.concatenate([self.edge_m[edge], self.edge_m[edge]])
        return csr_matrix((length_m, (row, column)), shape=(count, count)), edge_key, edge

    def _edge_lines(self) -> NDArray[np.object_]:
        position = _ranges(self._first, self._last)
        owner = np.repeat(np.arange(len(self.edge_m)), self._last - self._first + 1)
        x_m, y_m = self._plane.to_metres(self._lon[position], self._lat[position])
        return np.asarray(shapely.linestrings(np.column_stack([x_m, y_m]), indices=owner), dtype=np.object_)

    @functools.cached_property
    def _named(self) -> tuple[shapely.STRtree, Ints]:
        edges = np.flatnonzero(self._edge_name > 0)
        return shapely.STRtree(self._lines[edges]), edges


class Walks:
    """Walking among a fixed set of points; `metres` is the n x n matrix of shortest distances.

    Distances and lines are found on the same part of the graph, so a route's length is the sum of its
    legs in `metres`. Unreachable pairs are inf.
    """

    def __init__(self, graph: StreetGraph, lon: Floats, lat: Floats) -> None:
        self._graph = graph
        self.places = graph.snap(lon, lat)
        box = Bounds.around(self.places.lon, self.places.lat).padded(WINDOW_MARGIN_M)
        self._nodes, self._adjacency = self._window_with_ends(box)
        length_m = graph.edge_m[self.places.edge]
        self._exit_node = np.column_stack(
            [self._local_ends(graph.edge_from), self._local_ends(graph.edge_to)]
        )
        self._exit_m = np.column_stack([self.places.along_m, length_m - self.places.along_m])
        self.metres = self._all_metres()

    def leg(self, a: int, b: int) -> tuple[float, list[Position]]:
        """(metres, positions) of the shortest walk from point a to point b; (inf, []) when there is none."""
        length_m = float(self.metres[a, b])
        start, end = self.places.along_m[[a, b]].tolist()
        edge_a, edge_b = self.places.edge[[a, b]].tolist()
        if np.isinf(length_m):
            return length_m, []
        if edge_a == edge_b and abs(start - end) <= length_m + 1e-6:
            return length_m, self._graph.edge_positions(edge_a, start, end)
        from_node_m, before = dijkstra(
            self._adjacency, directed=False, indices=self._exit_node[a], return_predecessors=True
        )
        totals = self._exit_m[a][:, None] + from_node_m[:, self._exit_node[b]] + self._exit_m[b][None, :]
        side_a, side_b = divmod(int(np.argmin(totals)), 2)
        nodes = [int(self._exit_node[b, side_b])]
        while nodes[-1] != self._exit_node[a, side_a]:
            nodes.append(int(before[side_a, nodes[-1]]))
        edge_ends_m = (0.0, self._graph.edge_m)
        line = self._graph.edge_positions(
            edge_a, start, 0.0 if side_a == 0 else float(edge_ends_m[1][edge_a])
        )
        for node, following in zip(nodes[:0:-1], nodes[-2::-1], strict=True):
            line += self._edge_line(int(self._nodes[node]), int(self._nodes[following]))
        line += self._graph.edge_positions(edge_b, 0.0 if side_b == 0 else float(edge_ends_m[1][edge_b]), end)
        return length_m, _without_repeats(line)

    def route(self, order: list[int]) -> tuple[float, list[Position]]:
        """(metres, positions) of the walk through points in this order; at least two positions."""
        length_m, line = 0.0, [self._position(order[0])]
        for a, b in itertools.pairwise(order):
            leg_m, leg_line = self.leg(a, b)
            length_m += leg_m
            line += leg_line
        line = _without_repeats(line)
        return length_m, line if len(line) >= 2 else [line[0], line[0]]

    def _position(self, place: int) -> Position:
        return float(self.places.lon[place]), float(self.places.lat[place])

    def _window_with_ends(self, box: Bounds) -> tuple[Ints, csr_matrix]:
        """A long edge may end outside the padded box: widen it until the ends of all edges used are in."""
        ends = np.concatenate(
            [self._graph.edge_from[self.places.edge], self._graph.edge_to[self.places.edge]]
        )
        lon, lat = self._graph.node_lon[ends], self._graph.node_lat[ends]
        widened = Bounds(
            min(box.west, float(lon.min())), min(box.south, float(lat.min())),
            max(box.east, float(lon.max())), max(box.north, float(lat.max())),
        )  # fmt: skip
        return self._graph.window(widened)

    def _local_ends(self, end: Ints) -> Ints:
        return np.searchsorted(self._nodes, end[self.places.edge])

    def _all_metres(self) -> Floats:
        sources, back = np.unique(self._exit_node, return_inverse=True)
        back = back.reshape(self._exit_node.shape)
        among_m = np.empty((len(sources), len(sources)))
        for first in range(0, len(sources), SOURCES_AT_ONCE):
            some = sources[first : first + SOURCES_AT_ONCE]
            found = np.asarray(dijkstra(self._adjacency, directed=False, indices=some))
            among_m[first : first + SOURCES_AT_ONCE] = found[:, sources]
        best = np.full((len(back), len(back)), np.inf)
        for side_a in (0, 1):
            for side_b in (0, 1):
                via = among_m[np.ix_(back[:, side_a], back[:, side_b])]
                via = self._exit_m[:, side_a, None] + via + self._exit_m[None, :, side_b]
                best = np.minimum(best, via)
        same = self.places.edge[:, None] == self.places.edge[None, :]
        direct = np.abs(self.places.along_m[:, None] - self.places.along_m[None, :])
        return np.where(same, np.minimum(best, direct), best)

    def _edge_line(self, a: int, b: int) -> list[Position]:
        edge = self._graph.edge_between(a, b)
        length_m = float(self._graph.edge_m[edge])
        if self._graph.edge_from[edge] == a:
            return self._graph.edge_positions(edge, 0.0, length_m)
        return self._graph.edge_positions(edge, length_m, 0.0)


def load_streets(path: Path) -> StreetGraph:
    """The graph of an .osm.pbf file, kept in this process until the file changes."""
    if not path.is_file():
        return StreetGraph.from_osm(path)
    stat = path.stat()
    return _load_streets(path.resolve(), stat.st_size, stat.st_mtime_ns)


@functools.lru_cache(maxsize=4)
def _load_streets(path: Path, size: int, changed_ns: int) -> StreetGraph:
    return StreetGraph.from_osm(path)


def _cumulated_metres(ways: WalkedWays) -> Floats:
    """Metres from the first position of the file to each, adding nothing from one way to the next."""
    middle = (ways.lat[1:] + ways.lat[:-1]) / 2
    metres_east, metres_north = metres_per_degree(middle)
    step_m = np.hypot(np.diff(ways.lon) * metres_east, np.diff(ways.lat) * metres_north)
    step_m[ways.offset[1:-1] - 1] = 0.0
    return np.concatenate([[0.0], np.cumsum(step_m)])


def _edges_between_junctions(ways: WalkedWays) -> tuple[Ints, Ints, Ints, Ints]:
    """(first, last) position and way of each edge, and the node number of each position.

    A junction is an end of a way or a node met more than once.
    """
    _, junction, count = np.unique(ways.node, return_inverse=True, return_counts=True)
    is_junction = count[junction] > 1
    is_junction[ways.offset[:-1]] = True
    is_junction[ways.offset[1:] - 1] = True
    at = np.flatnonzero(is_junction)
    way_of = np.repeat(np.arange(len(ways.flags)), np.diff(ways.offset))
    same_way = way_of[at[:-1]] == way_of[at[1:]]
    first, last = at[:-1][same_way], at[1:][same_way]
    return first, last, way_of[first], junction


def _in_large_pieces(node_a: Ints, node_b: Ints, length_m: Floats) -> NDArray[np.bool_]:
    """Per edge, whether its connected piece is the largest or at least PIECE_MIN_M long."""
    _, node = np.unique(np.concatenate([node_a, node_b]), return_inverse=True)
    half = len(node_a)
    count = int(node.max()) + 1 if half else 0
    links = csr_matrix((np.ones(half), (node[:half], node[half:])), shape=(count, count))
    _, piece = connected_components(links, directed=False)
    edge_piece = piece[node[:half]]
    piece_m = np.bincount(edge_piece, weights=length_m)
    return piece_m[edge_piece] >= min(PIECE_MIN_M, float(piece_m.max()))


def _ranges(first: Ints, last: Ints) -> Ints:
    """All positions first[0]..last[0], first[1]..last[1], ... one after the other."""
    counts = last - first + 1
    starts = np.repeat(first - np.concatenate([[0], np.cumsum(counts)[:-1]]), counts)
    return starts + np.arange(int(counts.sum()))


def _without_repeats(line: list[Position]) -> list[Position]:
    """The line without positions that repeat the one before to a centimetre."""
    kept: list[Position] = []
    for lon, lat in line:
        rounded = (round(lon, 7), round(lat, 7))
        if not kept or kept[-1] != rounded:
            kept.append(rounded)
    return kept
