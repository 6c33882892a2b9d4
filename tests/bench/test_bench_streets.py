"""How long 200 x 200 walks take, on a town and on a city, and how far they agree with Valhalla's shortest."""

import resource
import time
from pathlib import Path

import numpy as np
import pytest

from routing.contraction import contract
from routing.osm import read_walked_ways
from routing.street_engine import actor, build_tiles
from routing.streets import StreetGraph
from routing.town import write_town
from tests.support.wide_streets import repeated

POINTS = 200
COMPARED = 50
REPEATS = 5
TOWN_MS_MAX, CITY_MS_MAX = 300, 2000
MEDIAN_PERCENT_MAX, P95_PERCENT_MAX = 0.3, 6.0
HOW = "make bench (test_bench_streets)"


def places_on(graph: StreetGraph, count: int, seed: int = 11) -> tuple[np.ndarray, np.ndarray]:
    """Places along the streets, each street as likely as it is long, all of which can reach each other."""
    draw = np.random.default_rng(seed)
    edges = graph.going("foot").edges
    chosen = draw.choice(edges, 3 * count, p=graph.edge_m[edges] / graph.edge_m[edges].sum())
    spots = [graph.edge_positions(int(e), 0.0, float(graph.edge_m[e] * draw.random()))[-1] for e in chosen]
    lon, lat = np.array(spots).T
    walks = graph.walks(lon, lat)
    reached = np.isfinite(walks.seconds)
    together = np.flatnonzero(reached[int(reached.sum(axis=1).argmax())])[:count]
    assert len(together) == count
    return lon[together], lat[together]


def matrix_ms(graph: StreetGraph) -> float:
    """The median time of one 200 x 200 matrix, snapping included, compiled code loaded."""
    lon, lat = places_on(graph, POINTS)
    times: list[float] = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        walks = graph.walks(lon, lat)
        times.append((time.perf_counter() - began) * 1000)
        assert np.isfinite(walks.seconds).all()
    return float(np.median(times))


def town(folder: Path) -> Path:
    return write_town(folder / "town.osm.pbf").path


def test_a_towns_matrix(tmp_path: Path, record) -> None:
    """The demo town's 200 x 200 walks, read from its file."""
    began = time.perf_counter()
    graph = StreetGraph.from_osm(town(tmp_path))
    read_ms = (time.perf_counter() - began) * 1000
    found_ms = matrix_ms(graph)
    record(
        f"walks 200 x 200, demo town, {graph.length_km:,.0f} km of streets",
        f"{found_ms:.0f} ms; town written and read in {read_ms:.0f} ms",
        HOW,
    )
    assert found_ms < TOWN_MS_MAX


def test_a_citys_matrix(tmp_path: Path, record) -> None:
    """The demo town laid side by side until it has 6,000 km of streets, and 200 places all over it."""
    ways = read_walked_ways(town(tmp_path))
    once_km = StreetGraph(contract(ways)).length_km
    side = int(np.ceil(np.sqrt(6000 / once_km)))
    wide = repeated(ways, side, side)
    began = time.perf_counter()
    graph = StreetGraph(contract(wide))
    built_s = time.perf_counter() - began
    found_ms = matrix_ms(graph)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    record(
        f"walks 200 x 200, a city of {round(graph.length_km, -2):,.0f} km of streets",
        f"{found_ms:.0f} ms ({len(graph.node_lon):,} junctions); graph made in {built_s:.1f} s, process peak {peak_mb} MB",
        HOW,
    )
    assert graph.length_km > 6000
    assert found_ms < CITY_MS_MAX


@pytest.mark.parametrize("name", ["demo town", "beijing-tsinghua", "baltimore", "liechtenstein"])
def test_agreement_with_valhalla(name: str, tmp_path: Path, record, request: pytest.FixtureRequest) -> None:
    """Among 50 places the metres differ from Valhalla's shortest walks by 0.3 % in the middle, 6 % at the 95th percentile."""
    if name == "demo town":
        streets = town(tmp_path)
    else:
        streets = request.getfixturevalue("shared_data") / "streets" / f"{name}.osm.pbf"
    graph = StreetGraph.from_osm(streets)
    tiles = tmp_path / "tiles.tar"
    build_tiles(streets, tiles)
    lon, lat = places_on(graph, COMPARED)
    locations = [{"lon": x, "lat": y} for x, y in zip(lon.tolist(), lat.tolist(), strict=True)]
    asked = {
        "sources": locations, "targets": locations, "costing": "pedestrian",
        "costing_options": {"pedestrian": {"shortest": True}}, "shape_format": "no_shape",
    }  # fmt: skip
    began = time.perf_counter()
    answer = actor(tiles).matrix(asked)
    valhalla_ms = (time.perf_counter() - began) * 1000
    theirs = np.full((COMPARED, COMPARED), np.nan)
    for row in answer["sources_to_targets"]:
        for cell in row:
            if cell["distance"] is not None:
                theirs[cell["from_index"], cell["to_index"]] = cell["distance"] * 1000
    began = time.perf_counter()
    ours = graph.walks(lon, lat).metres
    ours_ms = (time.perf_counter() - began) * 1000
    compared = np.isfinite(theirs) & (theirs > 100)
    assert compared.mean() > 0.9
    percent = 100 * np.abs(ours - theirs)[compared] / theirs[compared]
    middle, high = np.percentile(percent, [50, 95])
    record(
        f"walks beside Valhalla's shortest, {name}",
        f"differ by {middle:.2f} % (median), {high:.2f} % (95th percentile); {ours_ms:.0f} ms against {valhalla_ms:.0f} ms for 50 x 50",
        HOW,
    )
    assert middle <= MEDIAN_PERCENT_MAX
    assert high <= P95_PERCENT_MAX
