"""The streets around a walk, cut into short cells that can be gone along both ways: what a walk is decoded on."""

# parts of shapely carry no types: what they return is unknown until it is put into an array.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.contraction import ranges
from routing.geo import Floats
from routing.streets import Position, StreetGraph

type Ints = NDArray[np.int64]

CELL_M = 4.0
AROUND_M = 70.0
"""Streets further than this from every position are not looked at."""


@dataclass(frozen=True, slots=True)
class Lattice:
    """Cells of streets; state 2c goes along cell c, 2c + 1 against it, and each ends at the place `x_m`, `y_m`.

    State s leads on to `onward[onward_offset[s]:onward_offset[s + 1]]`, among them `s ^ 1`, which turns round;
    `dead_end` says where there is nothing else. Cell c is the part `from_m` to `to_m` of `edge`, `cell_m` long.
    """

    x_m: Floats
    y_m: Floats
    onward_offset: Ints
    onward: Ints
    dead_end: NDArray[np.bool_]
    cell_m: Floats
    edge: Ints
    from_m: Floats
    to_m: Floats

    def line_of(self, graph: StreetGraph, states: Ints) -> list[Position]:
        """The positions along a way of states that follow on one another."""
        cell, against = states >> 1, (states & 1).astype(np.bool_)
        begins = np.where(against, self.to_m[cell], self.from_m[cell])
        ends = np.where(against, self.from_m[cell], self.to_m[cell])
        apart = (np.diff(self.edge[cell]) != 0) | (np.diff(against) != 0) | (begins[1:] != ends[:-1])
        cuts = np.concatenate([[0], np.flatnonzero(apart) + 1, [len(states)]])
        line: list[Position] = []
        for first, past in zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True):
            edge = int(self.edge[cell[first]])
            part = graph.edge_positions(edge, float(begins[first]), float(ends[past - 1]))
            line += part[1:] if line else part
        return line


def lattice_around(graph: StreetGraph, lon: Floats, lat: Floats) -> Lattice | None:
    """The lattice of all streets within `AROUND_M` of a line of positions; None where there is no street."""
    edges = graph.edges_near(lon, lat, AROUND_M)
    if len(edges) == 0:
        return None
    length_m = graph.edge_m[edges]
    count = np.maximum(1, np.ceil(length_m / CELL_M)).astype(np.int64)
    owner = np.repeat(np.arange(len(edges)), count)
    number = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
    share = length_m / count
    from_m, to_m = number * share[owner], (number + 1) * share[owner]
    to_m[np.cumsum(count) - 1] = length_m
    x_m, y_m = _places(graph, edges, owner, to_m)
    junction, ends = np.unique(
        np.concatenate([graph.edge_from[edges], graph.edge_to[edges]]), return_inverse=True
    )
    junction_x_m, junction_y_m = graph.plane.to_metres(graph.node_lon[junction], graph.node_lat[junction])
    inner = len(junction) + np.arange(len(owner))
    last = number == count[owner] - 1
    after = np.where(last, ends[len(edges) :][owner], inner)
    before = np.where(number == 0, ends[: len(edges)][owner], inner - 1)
    head, tail = np.column_stack([after, before]).ravel(), np.column_stack([before, after]).ravel()
    nodes = len(junction) + len(owner)
    leaving = np.argsort(tail, kind="stable")
    offset = np.searchsorted(tail[leaving], np.arange(nodes + 1))
    onward_count = offset[head + 1] - offset[head]
    node_x_m, node_y_m = np.concatenate([junction_x_m, x_m]), np.concatenate([junction_y_m, y_m])
    return Lattice(
        node_x_m[head],
        node_y_m[head],
        np.concatenate([[0], np.cumsum(onward_count)]).astype(np.int64),
        leaving[ranges(offset[head], offset[head + 1] - 1)].astype(np.int64),
        onward_count == 1,
        share[owner],
        edges[owner],
        from_m,
        to_m,
    )


def _places(graph: StreetGraph, edges: Ints, owner: Ints, along_m: Floats) -> tuple[Floats, Floats]:
    """Where (metres on the graph's plane) the distances `along_m` lie on the edges `edges[owner]`."""
    streets = graph.streets
    first, past = streets.position_offset[edges], streets.position_offset[edges + 1]
    position = ranges(first, past - 1)
    base_m = np.cumsum(graph.edge_m[edges] + 1.0) - graph.edge_m[edges]
    known_m = streets.along_m[position] + np.repeat(base_m, past - first)
    x_m, y_m = graph.plane.to_metres(streets.lon[position], streets.lat[position])
    wanted_m = base_m[owner] + along_m
    return np.interp(wanted_m, known_m, x_m), np.interp(wanted_m, known_m, y_m)
