"""How well and how fast an hour's walk is found on the streets, and how long the event loop waits meanwhile."""

import asyncio
import statistics
import time
from pathlib import Path

import numpy as np
import pytest

from backend.core.pools import in_thread, stop_pools
from routing.street_engine import build_tiles
from routing.streets import StreetGraph
from routing.town import write_town
from routing.track_match import match_walk
from tests.support.synthetic_walks import SyntheticWalk

WALKS = 12
TICK_S = 0.005


async def longest_wait_s(stop: asyncio.Event) -> float:
    """How late the event loop was at worst until `stop`."""
    worst = 0.0
    while not stop.is_set():
        began = time.perf_counter()
        await asyncio.sleep(TICK_S)
        worst = max(worst, time.perf_counter() - began - TICK_S)
    return worst


@pytest.mark.parametrize("name", ["demo town", "beijing-tsinghua", "baltimore", "liechtenstein"])
async def test_walks_found_again(name: str, tmp_path: Path, record, request: pytest.FixtureRequest) -> None:
    """A position every five seconds with eight metres of noise, white and drifting: recall, precision, length, time."""
    if name == "demo town":
        streets = tmp_path / "town.osm.pbf"
        write_town(streets)
    else:
        streets = request.getfixturevalue("shared_data") / "streets" / f"{name}.osm.pbf"
    tiles = tmp_path / "tiles.tar"
    build_tiles(streets, tiles)
    graph = StreetGraph.from_osm(streets)
    for noise, correlation in (("white", 0.0), ("drifting", 0.9)):
        walks = [SyntheticWalk(graph, 1000 + n, noise_m=8.0, correlation=correlation) for n in range(WALKS)]
        stop = asyncio.Event()
        waiting = asyncio.create_task(longest_wait_s(stop))
        found, times_ms = [], []
        for made in walks:
            began = time.perf_counter()
            found.append(await in_thread(match_walk, made.points, tiles))
            times_ms.append(1000 * (time.perf_counter() - began))
        stop.set()
        late_ms = 1000 * await waiting
        lines = [[made.metres(line) for line in each.lines] for made, each in zip(walks, found, strict=True)]
        recall = [made.share_on(made.truth, each) for made, each in zip(walks, lines, strict=True)]
        precision = [
            float(
                np.average(
                    [made.share_on(line, [made.truth]) for line in each], weights=[len(line) for line in each]
                )
            )
            for made, each in zip(walks, lines, strict=True)
        ]
        ratio = [each.credited_m / made.length_m for made, each in zip(walks, found, strict=True)]
        record(
            f"an hour's walk on the streets of {name}, {noise} noise",
            f"median recall {statistics.median(recall):.3f}, precision {statistics.median(precision):.3f}, "
            f"length ratio {statistics.median(ratio):.3f}; {statistics.median(times_ms):.0f} ms, event loop late by "
            f"{late_ms:.0f} ms at most",
            "make bench",
        )
    assert all(len(each.lines) > 0 for each in found)
    await stop_pools()
