"""A little map of one's own as a real .osm.pbf, for tests of what streets are like."""

from pathlib import Path

import osmium
from osmium.osm import mutable

from tests.support.streets import grid_place


def write_map(
    path: Path, places: list[tuple[float, float]], ways: list[tuple[list[int], dict[str, str]]]
) -> Path:
    """Places in metres east and north of the grid's corner, ways by the places' numbers; replaces what is there."""
    path.unlink(missing_ok=True)
    with osmium.SimpleWriter(str(path)) as writer:
        for number, place in enumerate(places, 1):
            writer.add_node(mutable.Node(id=number, location=grid_place(*place)))
        for number, (nodes, tags) in enumerate(ways, 1):
            writer.add_way(mutable.Way(id=number, nodes=[n + 1 for n in nodes], tags=tags))
    return path
