"""Shortest walks on a street network: Dijkstra's algorithm, compiled, stopping once everything asked for is reached."""

# numba carries few types: what its decorator returns is unknown until it is put into a typed name.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUntypedFunctionDecorator=false, reportUnknownParameterType=false, reportUnknownArgumentType=false
# pyright: reportMissingParameterType=false

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

type Floats = NDArray[np.float64]
type Ints = NDArray[np.int64]

# Below this many sources a second thread costs more than it saves.
SOURCES_PER_THREAD_MIN = 16


@dataclass(frozen=True, slots=True)
class Network:
    """A directed network by outgoing arcs: node v owns arcs `offset[v]` up to `offset[v + 1]`.

    Each arc leads to `head` along `edge`; `weight` is what is made least, `seconds` and `metres` are told.
    """

    offset: Ints
    head: Ints
    edge: Ints
    weight: Floats
    seconds: Floats
    metres: Floats


def network_of(
    node_count: int, tail: Ints, head: Ints, edge: Ints, weight: Floats, seconds: Floats, metres: Floats
) -> Network:
    """The network of these arcs."""
    order = np.argsort(tail, kind="stable")
    offset = np.searchsorted(tail[order], np.arange(node_count + 1)).astype(np.int64)
    return Network(
        offset,
        head[order].astype(np.int64),
        edge[order].astype(np.int64),
        weight[order],
        seconds[order],
        metres[order],
    )


def many_to_many(
    network: Network,
    entry: Ints,
    spent: tuple[Floats, Floats, Floats],
    wanted: Ints,
    usable: NDArray[np.bool_],
) -> tuple[Floats, Floats, Floats]:
    """(weight, seconds, metres), each sources x wanted, of the best walks to the nodes `wanted`.

    Source i begins at the two nodes `entry[i]`, where `spent` (weight, seconds, metres; sources x 2) is
    used up already (inf weight: not that one). Only nodes marked `usable` are passed. Runs in threads.
    """
    count = len(entry)
    found = tuple(np.full((count, len(wanted)), np.inf) for _ in range(3))
    if count == 0:
        return found[0], found[1], found[2]
    threads = max(1, min(os.process_cpu_count() or 1, count // SOURCES_PER_THREAD_MIN))
    parts = np.array_split(np.arange(count), threads)

    def run(part: Ints) -> None:
        _search_all(
            network.offset, network.head, network.weight, network.seconds, network.metres,
            entry[part], spent[0][part], spent[1][part], spent[2][part], wanted, usable, part,
            found[0], found[1], found[2],
        )  # fmt: skip

    if threads == 1:
        run(parts[0])
    else:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(run, parts))
    return found[0], found[1], found[2]


def path_between(
    network: Network,
    entry: Ints,
    entry_weight: Floats,
    exits: Ints,
    exit_weight: Floats,
    usable: NDArray[np.bool_],
) -> tuple[int, int, list[int]]:
    """(first node, last node, arcs in order) of the best walk from one of two entries to one of two exits.

    The arcs are indices into the network's arrays; first and last are -1 when there is no walk.
    """
    weight, arc_into, node_before = _search_one(
        network.offset, network.head, network.weight, entry, entry_weight, exits, usable
    )
    totals = weight[exits] + exit_weight
    if not np.isfinite(totals).any():
        return -1, -1, []
    last = node = int(exits[int(np.argmin(totals))])
    arcs: list[int] = []
    while arc_into[node] >= 0:
        arcs.append(int(arc_into[node]))
        node = int(node_before[node])
    return node, last, arcs[::-1]


@numba.njit(cache=True, nogil=True)
def _push(heap, place, weight, size, node):
    """Put a node into the heap, or lift it after its weight fell; returns the size."""
    at = place[node]
    if at < 0:
        at = size
        size += 1
    while at > 0:
        above = (at - 1) >> 1
        other = heap[above]
        if weight[other] <= weight[node]:
            break
        heap[at] = other
        place[other] = at
        at = above
    heap[at] = node
    place[node] = at
    return size


@numba.njit(cache=True, nogil=True)
def _pop(heap, place, weight, size):
    """Take the lightest node out of the heap; returns it and the size."""
    top = heap[0]
    size -= 1
    node = heap[size]
    at = 0
    while True:
        below = 2 * at + 1
        if below >= size:
            break
        if below + 1 < size and weight[heap[below + 1]] < weight[heap[below]]:
            below += 1
        other = heap[below]
        if weight[node] <= weight[other]:
            break
        heap[at] = other
        place[other] = at
        at = below
    if size > 0:
        heap[at] = node
        place[node] = at
    place[top] = -2  # settled
    return top, size


@numba.njit(cache=True, nogil=True)
def _search_all(
    offset, head, arc_weight, arc_s, arc_m, entry, entry_weight, entry_s, entry_m, wanted, usable, row,
    out_weight, out_s, out_m,
):  # fmt: skip
    count = len(offset) - 1
    weight, seconds, metres = np.empty(count), np.empty(count), np.empty(count)
    place, heap = np.empty(count, np.int64), np.empty(count, np.int64)
    is_wanted = np.zeros(count, np.bool_)
    wanted_count = 0
    for node in wanted:
        if not is_wanted[node]:
            is_wanted[node] = True
            wanted_count += 1
    for source in range(len(entry)):
        weight[:] = np.inf
        place[:] = -1
        size, left = 0, wanted_count
        for side in range(2):
            node = entry[source, side]
            if entry_weight[source, side] < weight[node]:
                weight[node] = entry_weight[source, side]
                seconds[node] = entry_s[source, side]
                metres[node] = entry_m[source, side]
                size = _push(heap, place, weight, size, node)
        while size > 0 and left > 0:
            node, size = _pop(heap, place, weight, size)
            if is_wanted[node]:
                left -= 1
            for arc in range(offset[node], offset[node + 1]):
                following = head[arc]
                through = weight[node] + arc_weight[arc]
                if through < weight[following] and usable[following]:
                    weight[following] = through
                    seconds[following] = seconds[node] + arc_s[arc]
                    metres[following] = metres[node] + arc_m[arc]
                    size = _push(heap, place, weight, size, following)
        for column in range(len(wanted)):
            node = wanted[column]
            if place[node] == -2:
                out_weight[row[source], column] = weight[node]
                out_s[row[source], column] = seconds[node]
                out_m[row[source], column] = metres[node]


@numba.njit(cache=True, nogil=True)
def _search_one(offset, head, arc_weight, entry, entry_weight, exits, usable):
    count = len(offset) - 1
    weight = np.full(count, np.inf)
    place, heap = np.full(count, -1, np.int64), np.empty(count, np.int64)
    arc_into, node_before = np.full(count, -1, np.int64), np.full(count, -1, np.int64)
    size = 0
    for side in range(2):
        node = entry[side]
        if entry_weight[side] < weight[node]:
            weight[node] = entry_weight[side]
            size = _push(heap, place, weight, size, node)
    while size > 0 and (place[exits[0]] != -2 or place[exits[1]] != -2):
        node, size = _pop(heap, place, weight, size)
        for arc in range(offset[node], offset[node + 1]):
            following = head[arc]
            through = weight[node] + arc_weight[arc]
            if through < weight[following] and usable[following]:
                weight[following] = through
                arc_into[following] = arc
                node_before[following] = node
                size = _push(heap, place, weight, size, following)
    return weight, arc_into, node_before
