"""The walking graph must measure what people walk, and draw it."""

import itertools
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.geo import haversine_m
from routing.profiles import PROFILES
from routing.street_tags import PRIVATE, STEPS
from routing.streets import StreetGraph
from routing.walks import Stretch
from routing.words import StreetFileError
from tests.support.streets import GRID_LAT, GRID_LON, SIDE, STEP_M, grid_place

FAR_M = (SIDE - 1) * STEP_M
places = st.tuples(st.floats(-30, FAR_M + 30), st.floats(-30, FAR_M + 30))


def line_m(line: list[tuple[float, float]]) -> float:
    return sum(float(haversine_m(*a, *b)) for a, b in itertools.pairwise(line))


def steps_m(grid: StreetGraph, stretches: list[Stretch]) -> float:
    """How much of a walk on the grid, whose steps are one street by themselves, is on steps."""
    first = grid.streets.piece_offset
    return sum(
        abs(each.to_m - each.from_m)
        for each in stretches
        if grid.streets.piece_flags[first[each.edge]] & STEPS
    )


def test_grid_is_contracted(grid: StreetGraph) -> None:
    """Nodes are the crossings, the steps' ends; a corner is part of one street round it; private ways,
    motorways and debris are left out."""
    assert len(grid.node_lon) == SIDE * SIDE + 1 - 3
    assert len(grid.edge_m) == 2 * SIDE * (SIDE - 1) + 1 - 3
    assert grid.length_km == pytest.approx((2 * SIDE * FAR_M + 50) / 1000, rel=1e-3)
    assert (grid.streets.piece_flags & STEPS).sum() == STEPS
    assert not (grid.streets.piece_flags & PRIVATE).any()
    assert grid.bounds.west == pytest.approx(GRID_LON)
    assert grid.bounds.south == pytest.approx(GRID_LAT)


def test_nearest_and_name(grid: StreetGraph) -> None:
    """A place 20 m off a street is snapped onto it and knows its name; far away there is no name."""
    (lon, lat), off_m = grid.nearest(*grid_place(250, 320))
    assert off_m == pytest.approx(20, abs=0.1)
    assert float(haversine_m(lon, lat, *grid_place(250, 300))) < 0.2
    assert grid.street_name(*grid_place(250, 320)) == ("东西3路", "East-west 3 Road")
    assert grid.street_name(*grid_place(250, 5000)) == ("", "")


@settings(max_examples=60, deadline=None)
@given(st.lists(places, min_size=2, max_size=5))
def test_walks_on_a_grid_are_city_blocks(grid: StreetGraph, spots: list[tuple[float, float]]) -> None:
    """Between places on streets the distance is the grid's, symmetric, and the line drawn is as long."""
    points = [grid_place(*spot) for spot in spots]
    walks = grid.walks([lon for lon, _ in points], [lat for _, lat in points])
    metres, indices = walks.metres, range(len(spots))
    on_steps = np.array([[steps_m(grid, walks.stretches(a, b)) for b in indices] for a in indices])
    share = PROFILES["foot"].steps_share
    assert np.allclose(walks.seconds, (metres - on_steps) / 1.2 + on_steps / (1.2 * share))
    assert np.allclose(metres, metres.T)
    assert np.allclose(np.diagonal(metres), 0, atol=1e-6)
    through = metres[:, :, None] + metres[None, :, :]
    assert (metres <= through.min(axis=1) + 1e-6).all(), "a detour was shorter"
    crow = haversine_m(
        walks.places.lon[:, None], walks.places.lat[:, None], walks.places.lon[None], walks.places.lat[None]
    )
    assert (metres >= crow * 0.997 - 0.1).all(), "a walk was shorter than the straight line"
    assert (metres <= crow * math.sqrt(2) * 1.003 + 2 * STEP_M).all(), "a walk went round more than a block"
    for a, b in itertools.pairwise(range(len(points))):
        length_m, line = walks.leg(a, b)
        assert length_m == metres[a, b]
        assert line_m(line) == pytest.approx(length_m, rel=4e-3, abs=0.2)
        assert float(haversine_m(*line[0], walks.places.lon[a], walks.places.lat[a])) < 0.05
        assert float(haversine_m(*line[-1], walks.places.lon[b], walks.places.lat[b])) < 0.05


def test_route_is_the_sum_of_its_legs(grid: StreetGraph) -> None:
    """A route through stops is as long as its legs, and a route that stays is its place twice."""
    stops = [grid_place(0, 50), grid_place(450, 300), grid_place(1000, 950), grid_place(0, 50)]
    length_m, line = grid.route_geometry(stops)
    seconds, metres = grid.walk_matrix([lon for lon, _ in stops], [lat for _, lat in stops])
    assert length_m == pytest.approx(metres[0, 1] + metres[1, 2] + metres[2, 3])
    assert seconds == pytest.approx(metres / 1.2)
    assert line_m(line) == pytest.approx(length_m, rel=4e-3)
    assert grid.route_geometry([stops[0], stops[0]]) == (0.0, [line[0], line[0]])


def test_path(grid: StreetGraph) -> None:
    """From a corner to the opposite one is both sides of the town."""
    length_m, line = grid.path(grid_place(0, 0), grid_place(FAR_M, FAR_M))
    assert length_m == pytest.approx(2 * FAR_M, rel=2e-3)
    assert len(line) >= 3


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda data: None, "streets_missing"),
        (lambda data: b"", "streets_empty"),
        (lambda data: data[: len(data) // 2], "streets_unreadable"),
        (lambda data: data[:-1], "streets_unreadable"),
        (lambda data: b"<osm version='0.6'/>" * 10, "streets_unreadable"),
        (lambda data: bytes(range(256)) * 4, "streets_unreadable"),
    ],
)
def test_bad_street_files(tmp_path: Path, grid_path: Path, make: object, code: str) -> None:
    """A missing, empty, truncated or foreign file is refused with its path, a reason and a remedy."""
    path = tmp_path / "bad.osm.pbf"
    data = make(grid_path.read_bytes())  # pyright: ignore[reportCallIssue]
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(StreetFileError) as caught:
        StreetGraph.from_osm(path)
    assert caught.value.code == code
    assert str(path) in caught.value.words.en
    assert str(path) in caught.value.words.zh
    assert "download" in caught.value.words.en


@pytest.mark.parametrize(("name", "km_min"), [("beijing-tsinghua", 80), ("baltimore", 500)])
def test_real_streets(shared_data: Path, name: str, km_min: float) -> None:
    """On real streets all walks are at least the straight line, possible both ways, and drawn as long as measured."""
    graph = StreetGraph.from_osm(shared_data / "streets" / f"{name}.osm.pbf")
    assert graph.length_km > km_min
    draw = np.random.default_rng(5)
    nodes = draw.choice(len(graph.node_lon), 40, replace=False)
    walks = graph.walks(graph.node_lon[nodes], graph.node_lat[nodes])
    lon, lat, metres = walks.places.lon, walks.places.lat, walks.metres
    assert (np.isfinite(metres) == np.isfinite(metres.T)).all()
    assert (metres >= haversine_m(lon[:, None], lat[:, None], lon[None], lat[None]) * 0.996 - 0.5).all()
    for a, b in itertools.pairwise(range(40)):
        length_m, line = walks.leg(a, b)
        if math.isfinite(length_m):
            assert line_m(line) == pytest.approx(length_m, rel=4e-3, abs=0.5)
