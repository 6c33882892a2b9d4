"""How well and how fast an hour's walk is found on the streets, and how long the event loop waits meanwhile."""

import asyncio
import statistics
import time
from pathlib import Path

import numpy as np
import pytest

from backend.core.pools import in_thread, stop_pools
from routing.streets import StreetGraph, load_streets
from routing.town import write_town
from routing.track_match import MatchedWalk, match_walk
from routing.warm import warm_up_matching
from tests.support.synthetic_walks import SyntheticWalk

WALKS = 12
TICK_S = 0.005
HOW = "make bench (test_bench_tracks)"
KINDS: dict[str, dict[str, float]] = {
    "white noise": {"correlation": 0.0},
    "drifting noise": {"correlation": 0.9},
    "drifting noise, uneven pace, four halts, a position every 10 s": {
        "correlation": 0.9,
        "uneven": 0.3,
        "halts": 4,
        "every_s": 10.0,
    },
}

REQUIRED = ("white noise", "drifting noise")


async def longest_wait_s(stop: asyncio.Event) -> float:
    """How late the event loop was at worst until `stop`."""
    worst = 0.0
    while not stop.is_set():
        began = time.perf_counter()
        await asyncio.sleep(TICK_S)
        worst = max(worst, time.perf_counter() - began - TICK_S)
    return worst


async def found_again(walks: list[SyntheticWalk], graph: StreetGraph) -> tuple[list[MatchedWalk], float]:
    """The walks found, one after the other in a thread, and the median milliseconds each took."""
    found, times_ms = [], []
    for made in walks:
        began = time.perf_counter()
        found.append(await in_thread(match_walk, made.points, graph))
        times_ms.append(1000 * (time.perf_counter() - began))
    return found, statistics.median(times_ms)


def precision_of(made: SyntheticWalk, found: MatchedWalk) -> float:
    """The share of what was found that was walked."""
    lines = [made.metres(line) for line in found.lines]
    shares = [made.share_on(line, [made.truth]) for line in lines]
    lengths_m = [float(np.hypot(*np.diff(line, axis=0).T).sum()) for line in lines]
    return float(np.average(shares, weights=lengths_m))


@pytest.mark.parametrize("name", ["demo town", "beijing-tsinghua", "baltimore", "liechtenstein"])
async def test_walks_found_again(name: str, tmp_path: Path, record, request: pytest.FixtureRequest) -> None:
    """A position every five seconds with eight metres of noise, white and drifting: recall, precision, length, time."""
    if name == "demo town":
        streets = tmp_path / "town.osm.pbf"
        write_town(streets)
    else:
        streets = request.getfixturevalue("shared_data") / "streets" / f"{name}.osm.pbf"
    graph = load_streets(streets)
    warm_up_matching()
    await found_again([SyntheticWalk(graph, 999, noise_m=8.0, correlation=0.0)], graph)
    for kind, options in KINDS.items():
        walks = [SyntheticWalk(graph, 1000 + number, noise_m=8.0, **options) for number in range(WALKS)]
        stop = asyncio.Event()
        waiting = asyncio.create_task(longest_wait_s(stop))
        found, taken_ms = await found_again(walks, graph)
        stop.set()
        late_ms = 1000 * await waiting
        pairs = list(zip(walks, found, strict=True))
        recall = [
            made.share_on(made.truth, [made.metres(line) for line in each.lines]) for made, each in pairs
        ]
        precision = [precision_of(made, each) for made, each in pairs]
        ratio = [each.credited_m / made.length_m for made, each in pairs]
        record(
            f"an hour's walk on the streets of {name}, {kind}",
            f"recall {statistics.median(recall):.3f} (worst of {WALKS}: {min(recall):.3f}), precision "
            f"{statistics.median(precision):.3f} ({min(precision):.3f}), length ratio {statistics.median(ratio):.3f} "
            f"({min(ratio):.3f} to {max(ratio):.3f}); {taken_ms:.0f} ms, event loop late by {late_ms:.0f} ms at most",
            HOW,
        )
        if kind in REQUIRED:
            assert statistics.median(recall) >= 0.97 and statistics.median(precision) >= 0.97
            assert 0.95 <= statistics.median(ratio) <= 1.05
    await stop_pools()
