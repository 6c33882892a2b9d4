"""The walking graph of an area: nearest street, walking times and distances, and the line a walk follows."""

# parts of shapely carry no types: what they return is unknown until it is put into an array.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false

import functools
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from routing import street_cache
from routing.contraction import Streets, contract, in_large_pieces, ranges
from routing.dangers import RAILWAY_WITHIN_M, WATER_WITHIN_M, Beside
from routing.geo import Bounds, LocalPlane
from routing.osm import nothing_to_walk, read_walked_ways
from routing.places import Grounds, Sites, read_places
from routing.profiles import DEFAULT_PACE_MPS, profile_named, rates
from routing.shortest import Network, network_of
from routing.walks import Position, Snapped, Walks
from routing.words import RequestError, Words

type Floats = NDArray[np.float64]
type Ints = NDArray[np.int64]

__all__ = ["DEFAULT_PACE_MPS", "Position", "Snapped", "StreetGraph", "Walks", "load_streets"]

NAME_WITHIN_M = 150.0


@dataclass(frozen=True, slots=True)
class Going:
    """How one profile goes along the streets, by day or by night.

    `spent_*` (pieces + 1) are sums over all pieces from the first of the file, along and against their
    direction; `allowed_*` says per edge whether one can go along or against it. `edges` are those that
    points are put on, and `tree` finds them.
    """

    network: Network
    along_s: Floats
    against_s: Floats
    along_weight: Floats
    against_weight: Floats
    allowed_along: NDArray[np.bool_]
    allowed_against: NDArray[np.bool_]
    edges: Ints
    tree: shapely.STRtree


class StreetGraph:
    """Streets between junctions, for people on foot, in wheelchairs and on e-bikes.

    Lengths are in metres along the street on the WGS-84 ellipsoid. Private ways are left out.
    """

    def __init__(self, streets: Streets, grounds: Grounds | None = None) -> None:
        self.streets, self.grounds = streets, grounds or Grounds()
        self.sites = Sites(self.grounds.sites)
        self.water = Beside(self.grounds.water, WATER_WITHIN_M)
        self.railways = Beside(self.grounds.railways, RAILWAY_WITHIN_M)
        self.edge_from, self.edge_to = streets.edge_from, streets.edge_to
        self.node_lon, self.node_lat = streets.node_lon, streets.node_lat
        self.edge_m = streets.along_m[streets.position_offset[1:] - 1]
        self.bounds = Bounds.around(streets.lon, streets.lat)
        self.length_km = float(self.edge_m.sum()) / 1000.0
        self.plane = LocalPlane.amid(self.node_lon, self.node_lat)
        self._going: dict[tuple[str, bool], Going] = {}

    @classmethod
    def from_osm(cls, path: Path) -> "StreetGraph":
        """Build the graph from an .osm.pbf file; StreetFileError, with the reason, when it cannot be."""
        streets = contract(read_walked_ways(path))
        if len(streets.edge_from) == 0:
            raise nothing_to_walk(path)
        return cls(streets, read_places(path).grounds)

    def snap(self, lon: ArrayLike, lat: ArrayLike, profile: str = "foot") -> Snapped:
        """The nearest place on a street that the profile can use, for each point (degrees, one-dimensional)."""
        going = self.going(profile)
        if len(going.edges) == 0:
            raise _no_way(profile)
        x_m, y_m = self.plane.to_metres(np.atleast_1d(lon), np.atleast_1d(lat))
        points = shapely.points(x_m, y_m)
        edge = going.edges[np.asarray(going.tree.nearest(points), dtype=np.int64)]
        lines = self._lines[edge]
        share = np.asarray(shapely.line_locate_point(lines, points, normalized=True))
        met = shapely.line_interpolate_point(lines, share, normalized=True)
        met_lon, met_lat = self.plane.to_degrees(shapely.get_x(met), shapely.get_y(met))
        distance_m = np.asarray(shapely.distance(points, met))
        return Snapped(edge, share * self.edge_m[edge], met_lon, met_lat, distance_m)

    def nearest(self, lon: float, lat: float) -> tuple[Position, float]:
        """The nearest (lon, lat) on a street, and how many metres away it is."""
        met = self.snap(lon, lat)
        return (float(met.lon[0]), float(met.lat[0])), float(met.distance_m[0])

    def street_name(self, lon: float, lat: float, within_m: float = NAME_WITHIN_M) -> tuple[str, str]:
        """The nearest named street's (local, English) name; ("", "") when none is within `within_m`."""
        tree, name = self._named
        x_m, y_m = self.plane.to_metres(lon, lat)
        point = shapely.Point(float(x_m), float(y_m))
        found = tree.query_nearest(point, max_distance=within_m, all_matches=False)
        return self.streets.names[name[found[0]]] if len(found) else ("", "")

    def edges_near(self, lon: Floats, lat: Floats, within_m: float) -> Ints:
        """All edges, whoever may go along them, within `within_m` of a line of positions (degrees)."""
        x_m, y_m = self.plane.to_metres(lon, lat)
        if len(x_m) == 1:
            x_m, y_m = np.repeat(x_m, 2), np.repeat(y_m, 2)
        line = shapely.linestrings(np.column_stack([x_m, y_m]))
        return np.sort(np.asarray(self._tree.query(line, "dwithin", within_m), dtype=np.int64))

    def never_a_target(self, lon: ArrayLike, lat: ArrayLike) -> NDArray[np.bool_]:
        """Per point, whether it lies at a school, a clinic, a hospital or a place of worship: no stop is put there."""
        return self.sites.near(lon, lat)

    def walks(
        self,
        lon: ArrayLike,
        lat: ArrayLike,
        profile: str = "foot",
        *,
        night: bool = False,
        pace_mps: float | None = None,
    ) -> Walks:
        """The walks among these points (degrees, one-dimensional): times, distances, and the lines they follow.

        `profile` is one of `routing.profiles.PROFILES`; `pace_mps` is its pace on the flat where it differs
        from the profile's own. At night ways that are known to be unlit are avoided where that is not much
        longer. Raises RequestError for an unknown profile.
        """
        return Walks(self, np.atleast_1d(lon), np.atleast_1d(lat), profile, night, pace_mps)

    def walk_matrix(
        self, lon: ArrayLike, lat: ArrayLike, pace_mps: float = DEFAULT_PACE_MPS
    ) -> tuple[Floats, Floats]:
        """(seconds, metres), each n x n, of the best walk on foot between any two points; inf when cut off."""
        walks = self.walks(lon, lat, pace_mps=pace_mps)
        return walks.seconds, walks.metres

    def path(self, a: Position, b: Position) -> tuple[float, list[Position]]:
        """(metres, positions) of the best walk from a to b; metres is inf when there is none."""
        return self.walks([a[0], b[0]], [a[1], b[1]]).leg(0, 1)

    def route_geometry(self, stops: list[Position]) -> tuple[float, list[Position]]:
        """(metres, positions) of the walk through the stops in order."""
        walks = self.walks([stop[0] for stop in stops], [stop[1] for stop in stops])
        return walks.route(list(range(len(stops))))

    def edge_positions(self, edge: int, from_m: float, to_m: float) -> list[Position]:
        """The positions along an edge from one distance to another, in either direction."""
        if from_m > to_m:
            return self.edge_positions(edge, to_m, from_m)[::-1]
        own = slice(int(self.streets.position_offset[edge]), int(self.streets.position_offset[edge + 1]))
        along_m = self.streets.along_m[own]
        inner = np.flatnonzero((along_m > from_m + 1e-6) & (along_m < to_m - 1e-6))
        wanted = np.concatenate([[from_m], along_m[inner], [to_m]])
        lon = np.interp(wanted, along_m, self.streets.lon[own])
        lat = np.interp(wanted, along_m, self.streets.lat[own])
        return list(zip(lon.tolist(), lat.tolist(), strict=True))

    def going(self, profile: str, *, night: bool = False) -> Going:
        """How a profile goes along these streets; made once and kept."""
        key = (profile, night)
        if key not in self._going:
            self._going[key] = self._made_going(profile, night)
        return self._going[key]

    def _made_going(self, profile: str, night: bool) -> Going:
        streets, starts = self.streets, self.streets.piece_offset[:-1]
        found = rates(profile_named(profile), streets.piece_flags, streets.piece_incline, night=night)
        along, against = np.isfinite(found.forward_s[starts]), np.isfinite(found.backward_s[starts])

        def spent(per_m: Floats) -> Floats:
            each = np.where(np.isfinite(per_m), per_m, 0.0) * streets.piece_m
            return np.concatenate([[0.0], np.cumsum(each)])

        sums = [
            spent(per_m)
            for per_m in (found.forward_s, found.backward_s, found.forward_weight, found.backward_weight)
        ]
        edge_sums = [total[streets.piece_offset[1:]] - total[starts] for total in sums]
        one, other = np.flatnonzero(along), np.flatnonzero(against)
        network = network_of(
            len(self.node_lon),
            np.concatenate([self.edge_from[one], self.edge_to[other]]),
            np.concatenate([self.edge_to[one], self.edge_from[other]]),
            np.concatenate([one, other]),
            np.concatenate([edge_sums[2][one], edge_sums[3][other]]),
            np.concatenate([edge_sums[0][one], edge_sums[1][other]]),
            np.concatenate([self.edge_m[one], self.edge_m[other]]),
        )
        edges = np.flatnonzero(along | against)
        edges = edges[in_large_pieces(self.edge_from[edges], self.edge_to[edges], self.edge_m[edges])]
        return Going(
            network,
            sums[0],
            sums[1],
            sums[2],
            sums[3],
            along,
            against,
            edges,
            shapely.STRtree(self._lines[edges]),
        )

    @functools.cached_property
    def _lines(self) -> NDArray[np.object_]:
        """Each edge's line in metres on the plane."""
        owner = np.repeat(np.arange(len(self.edge_m)), np.diff(self.streets.position_offset))
        x_m, y_m = self.plane.to_metres(self.streets.lon, self.streets.lat)
        return np.asarray(shapely.linestrings(np.column_stack([x_m, y_m]), indices=owner), dtype=np.object_)

    @functools.cached_property
    def _tree(self) -> shapely.STRtree:
        return shapely.STRtree(self._lines)

    @functools.cached_property
    def _named(self) -> tuple[shapely.STRtree, NDArray[np.int32]]:
        """The lines of all named pieces, and their names."""
        streets = self.streets
        named = np.flatnonzero(streets.piece_name > 0)
        last = streets.piece_last
        first = np.concatenate([[0], last[:-1]])
        first[streets.piece_offset[:-1]] = streets.position_offset[:-1]
        position = ranges(first[named], last[named])
        owner = np.repeat(np.arange(len(named)), last[named] - first[named] + 1)
        x_m, y_m = self.plane.to_metres(streets.lon[position], streets.lat[position])
        lines = shapely.linestrings(np.column_stack([x_m, y_m]), indices=owner)
        return shapely.STRtree(np.asarray(lines, dtype=np.object_)), streets.piece_name[named]


def _no_way(profile: str) -> RequestError:
    name = profile_named(profile).words
    words = Words(
        zh=f"此地图上没有可以{name.zh}通行的路：请换一种方式。",
        en=f"this map has no way that can be taken {name.en}: choose another profile.",
    )
    return RequestError("no_way_for_profile", words, field="profile", value=profile)


def load_streets(path: Path) -> StreetGraph:
    """The graph of an .osm.pbf file, kept in this process until the file changes, and on disk under its content's hash.

    Raises StreetFileError when the file cannot be used.
    """
    if not path.is_file():
        return StreetGraph.from_osm(path)
    stat = path.stat()
    return _load_streets(path.resolve(), stat.st_size, stat.st_mtime_ns)


@functools.lru_cache(maxsize=4)
def _load_streets(path: Path, size: int, changed_ns: int) -> StreetGraph:
    sha256 = street_cache.content_hash(path)
    if (kept := street_cache.load(path, sha256)) is not None:
        return StreetGraph(*kept)
    graph = StreetGraph.from_osm(path)
    street_cache.keep(sha256, graph.streets, graph.grounds)
    return graph
