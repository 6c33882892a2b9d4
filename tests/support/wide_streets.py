"""A city of any size out of one town: its streets laid side by side and joined, for measuring."""

import itertools

import numpy as np

from routing.osm import WalkedWays

JOINTS = 12
"""So many streets lead from a copy to the next."""


def repeated(ways: WalkedWays, columns: int, rows: int) -> WalkedWays:
    """`columns` x `rows` copies of the streets, each joined to its neighbours by streets from border to border."""
    width, height = float(np.ptp(ways.lon)) * 1.02, float(np.ptp(ways.lat)) * 1.02
    count = int(ways.node.max()) + 1
    joints = list(_joints(ways, count, columns, rows, width, height))
    copies = list(itertools.product(range(columns), range(rows)))
    node = [ways.node + count * n for n in range(len(copies))]
    lon = [ways.lon + width * column for column, _ in copies]
    lat = [ways.lat + height * row for _, row in copies]
    size = len(ways.node)
    offset = np.concatenate([ways.offset[:-1] + size * n for n in range(len(copies))])
    ends = size * len(copies) + 2 * np.arange(len(joints) + 1)
    more = len(joints)
    return WalkedWays(
        node=np.concatenate([*node, np.array([j[0] for pair in joints for j in pair], dtype=np.int64)]),
        lon=np.concatenate([*lon, [j[1] for pair in joints for j in pair]]),
        lat=np.concatenate([*lat, [j[2] for pair in joints for j in pair]]),
        offset=np.concatenate([offset, ends]),
        flags=np.concatenate([np.tile(ways.flags, len(copies)), np.zeros(more, np.uint16)]),
        incline=np.concatenate([np.tile(ways.incline, len(copies)), np.zeros(more, np.float32)]),
        name=np.concatenate([np.tile(ways.name, len(copies)), np.zeros(more, np.int32)]),
        names=ways.names,
    )


def _joints(ways: WalkedWays, count: int, columns: int, rows: int, width: float, height: float):
    """Pairs of (node, lon, lat): the outermost nodes of a copy and those of its right or upper neighbour."""
    sides = {
        (1, 0): (_outermost(ways.lon, ways.lat, -1), _outermost(ways.lon, ways.lat, 1)),
        (0, 1): (_outermost(ways.lat, ways.lon, -1), _outermost(ways.lat, ways.lon, 1)),
    }
    for column, row in itertools.product(range(columns), range(rows)):
        for (right, up), (outer, inner) in sides.items():
            if column + right >= columns or row + up >= rows:
                continue
            for a, b in zip(outer, inner, strict=True):
                yield (
                    (int(ways.node[a]) + count * (column * rows + row), ways.lon[a] + width * column, ways.lat[a] + height * row),
                    (
                        int(ways.node[b]) + count * ((column + right) * rows + row + up),
                        ways.lon[b] + width * (column + right),
                        ways.lat[b] + height * (row + up),
                    ),
                )  # fmt: skip


def _outermost(outward: np.ndarray, across: np.ndarray, sign: int) -> np.ndarray:
    """The positions at a border, in order along it."""
    found = np.argsort(sign * outward)[:JOINTS]
    return found[np.argsort(across[found])]
