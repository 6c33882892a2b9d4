"""From ways to streets: junctions, and between them whole streets with their lines kept, however many ways they are made of."""

# scipy carries no types: what it returns is unknown until it is put into an array.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from routing.geo import metres_per_degree
from routing.osm import WalkedWays
from routing.profiles import passability
from routing.street_tags import PRIVATE, reversed_flags

type Floats = NDArray[np.float64]
type Ints = NDArray[np.int64]

# Pieces cut off from the rest are kept when they are a place of their own, dropped when they are debris.
PIECE_MIN_M = 1000.0


@dataclass(frozen=True, slots=True)
class Streets:
    """A contracted street network as flat arrays; edge e owns positions and pieces by their offsets.

    An edge runs from one junction to the next; the same people can go along all of it. Its line is
    `lon`, `lat` (degrees) at `along_m` (metres from its start on the WGS-84 ellipsoid), positions
    `position_offset[e]` up to `position_offset[e + 1]`. Its pieces, in order, are stretches of one way:
    up to position `piece_last`, `piece_m` long, with `piece_flags` (bits of `street_tags`), `piece_incline` (percent) and
    `piece_name` (index into `names`), all in the edge's direction.
    """

    lon: Floats
    lat: Floats
    along_m: Floats
    position_offset: Ints
    edge_from: Ints
    edge_to: Ints
    node_lon: Floats
    node_lat: Floats
    piece_offset: Ints
    piece_last: Ints
    piece_m: Floats
    piece_flags: NDArray[np.uint16]
    piece_incline: Floats
    piece_name: NDArray[np.int32]
    names: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class _Links:
    """Stretches of ways between nodes where ways meet: first and last position, way, end nodes, length."""

    first: Ints
    last: Ints
    way: Ints
    a: Ints
    b: Ints
    length_m: Floats
    node_count: int


def contract(ways: WalkedWays) -> Streets:
    """The streets of these ways; private ways and cut-off debris are left out."""
    cumulated_m = _cumulated_metres(ways)
    links = _links(ways, cumulated_m)
    order, backward, offset = _chains(links, _inner_nodes(links, ways))
    return _assembled(ways, cumulated_m, links, order, backward, offset)


def in_large_pieces(node_a: Ints, node_b: Ints, length_m: Floats) -> NDArray[np.bool_]:
    """Per edge, whether its connected piece is the largest or at least PIECE_MIN_M long."""
    if len(node_a) == 0:
        return np.zeros(0, dtype=np.bool_)
    _, node = np.unique(np.concatenate([node_a, node_b]), return_inverse=True)
    half, count = len(node_a), int(node.max()) + 1
    links = csr_matrix((np.ones(half), (node[:half], node[half:])), shape=(count, count))
    _, piece = connected_components(links, directed=False)
    edge_piece = piece[node[:half]]
    piece_m = np.bincount(edge_piece, weights=length_m)
    return piece_m[edge_piece] >= min(PIECE_MIN_M, float(piece_m.max()))


def _cumulated_metres(ways: WalkedWays) -> Floats:
    """Metres from the first position of the file to each, adding nothing from one way to the next."""
    middle = (ways.lat[1:] + ways.lat[:-1]) / 2
    metres_east, metres_north = metres_per_degree(middle)
    step_m = np.hypot(np.diff(ways.lon) * metres_east, np.diff(ways.lat) * metres_north)
    step_m[ways.offset[1:-1] - 1] = 0.0
    return np.concatenate([[0.0], np.cumsum(step_m)])


def _links(ways: WalkedWays, cumulated_m: Floats) -> _Links:
    """Ways cut where they end or meet another, without those that nobody may use or that lead nowhere."""
    _, node, count = np.unique(ways.node, return_inverse=True, return_counts=True)
    is_cut = count[node] > 1
    is_cut[ways.offset[:-1]] = True
    is_cut[ways.offset[1:] - 1] = True
    at = np.flatnonzero(is_cut)
    way_of = np.repeat(np.arange(len(ways.flags)), np.diff(ways.offset))
    same_way = way_of[at[:-1]] == way_of[at[1:]]
    first, last = at[:-1][same_way], at[1:][same_way]
    way = way_of[first]
    length_m = cumulated_m[last] - cumulated_m[first]
    kept = (length_m > 0) & ((ways.flags[way] & PRIVATE) == 0)
    first, last, way, length_m = first[kept], last[kept], way[kept], length_m[kept]
    kept = in_large_pieces(node[first], node[last], length_m)
    first, last, way, length_m = first[kept], last[kept], way[kept], length_m[kept]
    used, end = np.unique(np.concatenate([node[first], node[last]]), return_inverse=True)
    return _Links(first, last, way, end[: len(first)], end[len(first) :], length_m, len(used))


def _inner_nodes(links: _Links, ways: WalkedWays) -> NDArray[np.bool_]:
    """Per node, whether exactly two links meet there, along which the same people can go on."""
    count = len(links.a)
    along, against = passability(ways.flags[links.way], ways.incline[links.way].astype(np.float64))
    # A half is one end of a link: half h < count leaves its a, half h >= count leaves its b.
    node = np.concatenate([links.a, links.b])
    leaving, arriving = np.concatenate([along, against]), np.concatenate([against, along])
    order = np.argsort(node, kind="stable")
    start = np.searchsorted(node[order], np.arange(links.node_count))
    two = np.flatnonzero(np.bincount(node, minlength=links.node_count) == 2)
    one, other = order[start[two]], order[start[two] + 1]
    goes_on = (leaving[one] == arriving[other]) & (arriving[one] == leaving[other])
    inner = np.zeros(links.node_count, dtype=np.bool_)
    inner[two[goes_on & (one % count != other % count)]] = True
    return inner


def _chains(links: _Links, is_inner: NDArray[np.bool_]) -> tuple[Ints, NDArray[np.bool_], Ints]:
    """Links in the order of chains, whether each is followed from its b to its a, and where each chain begins."""
    count = len(links.a)
    node = np.concatenate([links.a, links.b]).tolist()
    inner: list[bool] = is_inner.tolist()
    following = _other_halves(links, is_inner)
    seen = bytearray(count)
    halves: list[int] = []
    offset: list[int] = [0]

    def walk(half: int) -> None:
        """Follow links from a half's node until a node that is none's inside, or round to the start."""
        while True:
            link = half % count
            seen[link] = 1
            halves.append(half)
            arrived = (half + count) % (2 * count)
            if not inner[node[arrived]]:
                break
            half = following[arrived]
            if seen[half % count]:
                break
        offset.append(len(halves))

    for half in range(2 * count):
        if not seen[half % count] and not inner[node[half]]:
            walk(half)
    for half in range(count):  # rings that no other street touches
        if not seen[half]:
            walk(half)
    followed = np.array(halves, dtype=np.int64)
    return followed % count, followed >= count, np.array(offset, dtype=np.int64)


def _other_halves(links: _Links, is_inner: NDArray[np.bool_]) -> list[int]:
    """Per half at an inner node, the other half there; -1 elsewhere."""
    node = np.concatenate([links.a, links.b])
    at = np.flatnonzero(is_inner[node])
    paired = at[np.argsort(node[at], kind="stable")]
    other = np.full(len(node), -1, dtype=np.int64)
    other[paired[0::2]], other[paired[1::2]] = paired[1::2], paired[0::2]
    return other.tolist()


def _assembled(
    ways: WalkedWays,
    cumulated_m: Floats,
    links: _Links,
    order: Ints,
    backward: NDArray[np.bool_],
    offset: Ints,
) -> Streets:
    """The chains with their lines laid end to end."""
    first, last, way = links.first[order], links.last[order], links.way[order]
    from_node = np.where(backward, links.b[order], links.a[order])[offset[:-1]]
    to_node = np.where(backward, links.a[order], links.b[order])[offset[1:] - 1]
    piece_m = links.length_m[order]
    begins = np.zeros(len(order), dtype=np.bool_)
    begins[offset[:-1]] = True

    # Each link gives its positions in the direction of the chain, without the one it shares with the link before.
    count = last - first + np.where(begins, 1, 0)
    start = np.concatenate([[0], np.cumsum(count)])
    step = np.arange(int(start[-1])) - np.repeat(start[:-1], count) + np.repeat(np.where(begins, 0, 1), count)
    position = np.where(
        np.repeat(backward, count), np.repeat(last, count) - step, np.repeat(first, count) + step
    )
    before_m = np.cumsum(piece_m) - piece_m
    before_m -= np.repeat(before_m[offset[:-1]], np.diff(offset))
    origin = np.where(backward, last, first)
    in_link_m = np.abs(cumulated_m[position] - np.repeat(cumulated_m[origin], count))

    used, node = np.unique(np.concatenate([from_node, to_node]), return_inverse=True)
    node_lon, node_lat = np.empty(links.node_count), np.empty(links.node_count)
    for end, at in ((links.a, links.first), (links.b, links.last)):
        node_lon[end], node_lat[end] = ways.lon[at], ways.lat[at]
    flags = ways.flags[way]
    turned = np.array(
        [reversed_flags(each) for each in range(int(flags.max(initial=0)) + 1)], dtype=np.uint16
    )
    incline = ways.incline[way].astype(np.float64)
    return Streets(
        lon=ways.lon[position],
        lat=ways.lat[position],
        along_m=np.repeat(before_m, count) + in_link_m,
        position_offset=np.concatenate([start[offset[:-1]], start[-1:]]),
        edge_from=node[: len(from_node)],
        edge_to=node[len(from_node) :],
        node_lon=node_lon[used],
        node_lat=node_lat[used],
        piece_offset=offset,
        piece_last=start[1:] - 1,
        piece_m=piece_m,
        piece_flags=np.where(backward, turned[flags], flags),
        piece_incline=np.where(backward, -incline, incline),
        piece_name=ways.name[way],
        names=ways.names,
    )


def ranges(first: Ints, last: Ints) -> Ints:
    """All numbers first[0]..last[0], first[1]..last[1], ... one after the other."""
    counts = last - first + 1
    starts = np.repeat(first - np.concatenate([[0], np.cumsum(counts)[:-1]]), counts)
    return starts + np.arange(int(counts.sum()))
