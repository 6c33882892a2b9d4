"""Walks among a fixed set of points: times, distances, lines, and who cannot get where."""

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from routing.directions import Manoeuvre, RouteHazards, directions, hazards
from routing.geo import Bounds
from routing.profiles import profile_named
from routing.shortest import many_to_many, path_between
from routing.words import Words

if TYPE_CHECKING:
    from routing.streets import StreetGraph

type Floats = NDArray[np.float64]
type Ints = NDArray[np.int64]
type Position = tuple[float, float]

# Walks may leave the box around their points by this much; only where that finds no way, further.
WINDOW_MARGIN_M = 1500.0
# A place further than this from any way of the profile is not reached by it.
REACHED_WITHIN_M = 150.0


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


@dataclass(frozen=True, slots=True)
class Stretch:
    """A walk along one edge, from one distance along it to another (metres; against it when falling)."""

    edge: int
    from_m: float
    to_m: float


@dataclass(frozen=True, slots=True)
class CutOff:
    """A place (index of the point) that cannot be reached, and why, in Chinese and English."""

    place: int
    words: Words


class Walks:
    """Walking among points: `seconds` and `metres` are n x n, from row to column; inf where there is no way.

    They are those of the way that the profile would choose, so neither need be symmetric. `places` is
    where the points meet the streets.
    """

    def __init__(
        self,
        graph: "StreetGraph",
        lon: Floats,
        lat: Floats,
        profile: str,
        night: bool,
        pace_mps: float | None,
    ) -> None:
        self._graph, self.profile = graph, profile_named(profile)
        self._going = graph.going(profile, night=night)
        self._slower = self.profile.pace_mps / pace_mps if pace_mps else 1.0
        self.places = graph.snap(lon, lat, profile)
        self._usable = self._window()
        edge = self.places.edge
        self._end_node = np.column_stack([graph.edge_from[edge], graph.edge_to[edge]])
        self._leaving, self._arriving = self._end_costs()
        self._weight, self.seconds, self.metres = self._all()

    def leg(self, a: int, b: int) -> tuple[float, list[Position]]:
        """(metres, positions) of the walk from point a to point b; (inf, []) when there is none."""
        line: list[Position] = []
        for stretch in self.stretches(a, b):
            line += self._graph.edge_positions(stretch.edge, stretch.from_m, stretch.to_m)
        return float(self.metres[a, b]), without_repeats(line)

    def route(self, order: list[int]) -> tuple[float, list[Position]]:
        """(metres, positions) of the walk through points in this order; at least two positions."""
        length_m, line = 0.0, [self._position(order[0])]
        for a, b in itertools.pairwise(order):
            leg_m, leg_line = self.leg(a, b)
            length_m += leg_m
            line += leg_line
        line = without_repeats(line)
        return length_m, line if len(line) >= 2 else [line[0], line[0]]

    def stretches(self, a: int, b: int) -> list[Stretch]:
        """The edges that the walk from point a to point b follows, in order; none when there is no way."""
        graph, going, places = self._graph, self._going, self.places
        if not np.isfinite(self._weight[a, b]):
            return []
        edge_a, edge_b = int(places.edge[a]), int(places.edge[b])
        start, end = float(places.along_m[a]), float(places.along_m[b])
        if edge_a == edge_b and self._weight[a, b] >= self._direct(a, b)[0] - 1e-9:
            return [Stretch(edge_a, start, end)]
        first, last, arcs = path_between(
            going.network, self._end_node[a], self._leaving[0][a], self._end_node[b], self._arriving[0][b], self._usable
        )  # fmt: skip
        side_a = self._side(self._end_node[a], self._leaving[0][a], first)
        side_b = self._side(self._end_node[b], self._arriving[0][b], last)
        found = [Stretch(edge_a, start, float(graph.edge_m[edge_a]) if side_a else 0.0)]
        node = first
        for arc in arcs:
            edge, following = int(going.network.edge[arc]), int(going.network.head[arc])
            length_m = float(graph.edge_m[edge])
            along = bool(graph.edge_from[edge] == node)
            found.append(Stretch(edge, 0.0, length_m) if along else Stretch(edge, length_m, 0.0))
            node = following
        found.append(Stretch(edge_b, float(graph.edge_m[edge_b]) if side_b else 0.0, end))
        return [each for each in found if each.from_m != each.to_m]

    def directions(self, order: list[int]) -> list[Manoeuvre]:
        """How to walk through points in this order, step by step, in Chinese and English."""
        return directions(self._graph, self, order)

    def hazards(self, order: list[int]) -> RouteHazards:
        """How many metres of the walk through points in this order are steps, unlit, steep and rough."""
        return hazards(self._graph, self, order)

    def cut_off(self) -> list[CutOff]:
        """The points that this profile cannot reach: too far from any way of its own, or with no way there and back."""
        reached = np.isfinite(self._weight)
        together = reached & reached.T
        home = int(np.argmax(together.sum(axis=1)))
        name = self.profile.words
        found: list[CutOff] = []
        for place, distance_m in enumerate(self.places.distance_m.tolist()):
            if distance_m > REACHED_WITHIN_M:
                zh, en = (
                    f"{name.zh}可走的路最近在 {distance_m:.0f} 米外",
                    f"the nearest way {name.en} is {distance_m:.0f} m away",
                )
                found.append(CutOff(place, Words(f"{zh}。", f"{en}.")))
            elif not together[home, place]:
                words = Words(
                    f"从其他点位{name.zh}无法往返此处。", f"There is no way there and back {name.en}."
                )
                found.append(CutOff(place, words))
        return found

    def _position(self, place: int) -> Position:
        return float(self.places.lon[place]), float(self.places.lat[place])

    def _window(self) -> NDArray[np.bool_]:
        """The nodes within reach: those near the box around all points, and the ends of the streets they lie on."""
        graph, edge = self._graph, self.places.edge
        box = Bounds.around(self.places.lon, self.places.lat).padded(WINDOW_MARGIN_M)
        usable = box.contains(graph.node_lon, graph.node_lat)
        usable[graph.edge_from[edge]] = usable[graph.edge_to[edge]] = True
        return usable

    def _end_costs(self) -> tuple[list[Floats], list[Floats]]:
        """(weight, seconds, metres), points x 2, from each point to its street's ends, and from the ends to it."""
        going, streets, edge = self._going, self._graph.streets, self.places.edge
        along_m, length_m = self.places.along_m, self._graph.edge_m[edge]
        along_s, against_s = self._spent(going.along_s, going.against_s)
        along_w, against_w = self._spent(going.along_weight, going.against_weight)
        first, end = streets.piece_offset[edge], streets.piece_offset[edge + 1]
        whole = [total[end] - total[first] for total in (going.along_weight, going.along_s)]
        back = [total[end] - total[first] for total in (going.against_weight, going.against_s)]
        no_along, no_against = ~going.allowed_along[edge], ~going.allowed_against[edge]
        metres = np.column_stack([along_m, length_m - along_m])
        leaving_w = np.column_stack([against_w, whole[0] - along_w])
        arriving_w = np.column_stack([along_w, back[0] - against_w])
        leaving_w[no_against, 0] = leaving_w[no_along, 1] = np.inf
        arriving_w[no_along, 0] = arriving_w[no_against, 1] = np.inf
        leaving = [leaving_w, np.column_stack([against_s, whole[1] - along_s]), metres]
        return leaving, [arriving_w, np.column_stack([along_s, back[1] - against_s]), metres]

    def _spent(self, along: Floats, against: Floats) -> tuple[Floats, Floats]:
        """What is spent from a street's start to each point, going along it, and from the point to the start."""
        streets, edge = self._graph.streets, self.places.edge
        first = streets.piece_offset[edge]
        piece_end_m = np.cumsum(streets.piece_m)
        at_m = piece_end_m[first] - streets.piece_m[first] + self.places.along_m
        last = streets.piece_offset[edge + 1] - 1
        piece = np.clip(np.searchsorted(piece_end_m, at_m), first, last)
        share = (at_m - (piece_end_m[piece] - streets.piece_m[piece])) / streets.piece_m[piece]
        share = np.clip(share, 0.0, 1.0)

        def upto(total: Floats) -> Floats:
            return total[piece] - total[first] + share * (total[piece + 1] - total[piece])

        return upto(along), upto(against)

    def _all(self) -> tuple[Floats, Floats, Floats]:
        wanted, column = np.unique(self._end_node, return_inverse=True)
        column = column.reshape(self._end_node.shape)
        best = self._among(wanted, column, self._usable)
        if np.isinf(best[0]).any() and not self._usable.all():
            # Somebody is cut off inside the window; there may be a way round outside of it.
            self._usable = np.ones_like(self._usable)
            best = self._among(wanted, column, self._usable)
        weight, seconds, metres = best
        return weight, seconds * self._slower, metres

    def _among(self, wanted: Ints, column: Ints, usable: NDArray[np.bool_]) -> tuple[Floats, Floats, Floats]:
        leaving = (self._leaving[0], self._leaving[1], self._leaving[2])
        to_nodes = many_to_many(self._going.network, self._end_node, leaving, wanted, usable)
        best = self._direct_among()
        for side in (0, 1):
            through = [
                total[:, column[:, side]] + end[None, :, side]
                for total, end in zip(to_nodes, self._arriving, strict=True)
            ]
            better = through[0] < best[0]
            best = [np.where(better, new, old) for new, old in zip(through, best, strict=True)]
        best[1][np.isinf(best[0])] = best[2][np.isinf(best[0])] = np.inf
        return best[0], best[1], best[2]

    def _direct_among(self) -> list[Floats]:
        """(weight, seconds, metres), n x n, of walks that stay on one street; inf elsewhere."""
        count = len(self.places.edge)
        best = [np.full((count, count), np.inf) for _ in range(3)]
        order = np.argsort(self.places.edge, kind="stable")
        for group in np.split(order, np.flatnonzero(np.diff(self.places.edge[order])) + 1):
            for a, b in itertools.product(group.tolist(), repeat=2):
                for values, value in zip(best, self._direct(a, b), strict=True):
                    values[a, b] = value
        return best

    def _direct(self, a: int, b: int) -> tuple[float, float, float]:
        """(weight, seconds, metres) from a to b on the street that both lie on; inf where it cannot be gone so."""
        metres = float(self.places.along_m[b] - self.places.along_m[a])
        if metres == 0:
            return 0.0, 0.0, 0.0
        # Towards the far end one spends what is left of the street; towards the start, what lies behind.
        side = 1 if metres > 0 else 0
        if not np.isfinite(self._leaving[0][a, side]):
            return np.inf, np.inf, np.inf
        weight, seconds = (float(self._leaving[n][a, side] - self._leaving[n][b, side]) for n in (0, 1))
        return weight, seconds, abs(metres)

    @staticmethod
    def _side(nodes: Ints, weight: Floats, node: int) -> int:
        """Which end of a street the way goes through; of a ring's two, the nearer."""
        if nodes[0] == nodes[1]:
            return int(np.argmin(weight))
        return int(nodes[1] == node)


def without_repeats(line: list[Position]) -> list[Position]:
    """The line without positions that repeat the one before to a centimetre."""
    kept: list[Position] = []
    for lon, lat in line:
        rounded = (round(lon, 7), round(lat, 7))
        if not kept or kept[-1] != rounded:
            kept.append(rounded)
    return kept
