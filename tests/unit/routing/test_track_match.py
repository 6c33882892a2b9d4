"""A walk laid onto the streets: its metres, its streets, its gaps, and the share of the plan that was walked."""

import datetime as dt
from pathlib import Path

import numpy as np
import pytest

from routing.street_engine import build_tiles
from routing.streets import StreetGraph
from routing.track import Point
from routing.track_match import decoded, match_walk, route_covered, simplified
from tests.support.streets import STEP_M, grid_place, write_grid
from tests.support.synthetic_walks import SyntheticWalk

BEGAN = dt.datetime(2026, 6, 5, 12, tzinfo=dt.UTC)
PACE_M_S = 1.3


@pytest.fixture(scope="module")
def tiles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Valhalla's tiles of the grid town."""
    folder = tmp_path_factory.mktemp("grid")
    build_tiles(write_grid(folder / "grid.osm.pbf"), folder / "tiles.tar")
    return folder / "tiles.tar"


def walk(corners: list[tuple[float, float]], noise_m: float = 4.0, began: dt.datetime = BEGAN) -> list[Point]:
    """Positions every five seconds along corners in metres of the grid."""
    draw = np.random.default_rng(3)
    x, y = np.array(corners, dtype=float).T
    along = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(x), np.diff(y)))])
    seconds = np.arange(0.0, along[-1] / PACE_M_S, 5.0)
    places = zip(
        np.interp(seconds * PACE_M_S, along, x), np.interp(seconds * PACE_M_S, along, y), strict=True
    )
    return [
        Point(
            began + dt.timedelta(seconds=float(at)),
            *grid_place(*(np.array(place) + draw.normal(0, noise_m, 2))),
            6.0,
        )
        for at, place in zip(seconds, places, strict=True)
    ]


def test_metres_and_streets_of_a_walk(tiles: Path) -> None:
    """Four blocks east and three north are seven blocks, on the streets, in one line."""
    found = match_walk(walk([(200, 200), (600, 200), (600, 500)]), tiles)
    assert found.credited_m == pytest.approx(700, rel=0.04) and found.on_streets_m == found.credited_m
    assert (found.gaps, len(found.lines), len(found.ways)) == (0, 1, 2)


def test_the_same_street_twice_is_walked_twice_and_covered_once(tiles: Path) -> None:
    """There and back: credited both ways, one street's metres covered."""
    found = match_walk(walk([(200, 300), (600, 300), (200, 300)]), tiles)
    assert found.credited_m == pytest.approx(800, rel=0.08)
    assert found.covered_m == pytest.approx(400, abs=STEP_M)


def test_nothing_is_credited_across_a_gap(tiles: Path) -> None:
    """A locked phone for ten minutes in which half a kilometre passed: two pieces, one honest gap."""
    first = walk([(0, 100), (300, 100)])
    second = walk([(800, 100), (1000, 100)], began=first[-1].at + dt.timedelta(minutes=10))
    found = match_walk(first + second, tiles)
    assert (found.gaps, len(found.lines)) == (1, 2)
    assert found.credited_m == pytest.approx(500, rel=0.07)


def test_standing_about_earns_no_metres(tiles: Path) -> None:
    """A quarter of an hour at a stop, wandering by eight metres, adds next to nothing."""
    draw = np.random.default_rng(5)
    stay = [
        Point(
            BEGAN + dt.timedelta(seconds=5 * n),
            *grid_place(*(np.array([400.0, 400.0]) + draw.normal(0, 8, 2))),
            8.0,
        )
        for n in range(180)
    ]
    assert match_walk(stay, tiles).credited_m < 20


def test_off_the_map_the_smoothed_line_counts(tiles: Path) -> None:
    """Three kilometres from any street, and where there are no tiles at all."""
    away = walk([(3000, 3000), (3400, 3000)], noise_m=1.0)
    for map_tiles in (tiles, None):
        found = match_walk(away, map_tiles)
        assert (
            found.credited_m == pytest.approx(400, rel=0.05) and found.on_streets_m == 0 and found.ways == {}
        )


def test_the_share_of_the_route(tiles: Path) -> None:
    """Half of the plan walked is a half; nothing walked is nothing."""
    route = [grid_place(x, 200) for x in (0, 500, 1000)]
    found = match_walk(walk([(0, 200), (500, 200)]), tiles)
    assert route_covered(route, found.lines) == pytest.approx(0.52, abs=0.04)
    assert route_covered(route, []) == 0.0 and route_covered([], found.lines) == 0.0


def test_an_hour_of_noise_is_found_again(tiles: Path, tmp_path: Path) -> None:
    """Eight metres of noise that forgets or drifts: nearly all of the way is found, and little else."""
    graph = StreetGraph.from_osm(write_grid(tmp_path / "grid.osm.pbf"))
    for correlation in (0.0, 0.9):
        made = SyntheticWalk(graph, 7, noise_m=8.0, correlation=correlation)
        found = match_walk(made.points, tiles)
        lines = [made.metres(line) for line in found.lines]
        assert made.share_on(made.truth, lines) > 0.95
        assert min(made.share_on(line, [made.truth]) for line in lines) > 0.9
        assert found.credited_m == pytest.approx(made.length_m, rel=0.05)


def test_encoded_lines_are_read_like_their_specification() -> None:
    """Two places with large, small and negative steps."""
    assert decoded("_izlhA~rlgdF_{geC~ywl@").tolist() == [[-120.2, 38.5], [-120.95, 40.7]]


def test_coarse_lines_keep_their_ends() -> None:
    """A wobble of ten metres is gone at fifty; the ends stay."""
    line = [grid_place(x, 10 * (x % 200 == 100)) for x in range(0, 1001, 100)]
    (coarse,) = simplified([line], 50.0)
    assert len(coarse) == 2 and coarse[0] == pytest.approx(line[0], abs=2e-6)
