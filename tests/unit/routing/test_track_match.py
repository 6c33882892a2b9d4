"""A walk laid onto the streets: its metres, its streets, its gaps, and the share of the plan that was walked."""

import datetime as dt

import numpy as np
import pytest

from routing.streets import StreetGraph
from routing.track import Point
from routing.track_match import match_walk, route_covered, simplified
from tests.support.streets import STEP_M, grid_place, write_grid
from tests.support.synthetic_walks import SyntheticWalk

BEGAN = dt.datetime(2026, 6, 5, 12, tzinfo=dt.UTC)
PACE_M_S = 1.3


@pytest.fixture(scope="module")
def streets(tmp_path_factory: pytest.TempPathFactory) -> StreetGraph:
    """The streets of the grid town."""
    return StreetGraph.from_osm(write_grid(tmp_path_factory.mktemp("grid") / "grid.osm.pbf"))


def walk(
    corners: list[tuple[float, float]],
    noise_m: float = 4.0,
    began: dt.datetime = BEGAN,
    every_s: float = 5.0,
    pace_m_s: float = PACE_M_S,
) -> list[Point]:
    """Positions along corners in metres of the grid."""
    draw = np.random.default_rng(3)
    x, y = np.array(corners, dtype=float).T
    along = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(x), np.diff(y)))])
    seconds = np.arange(0.0, along[-1] / pace_m_s, every_s)
    places = zip(
        np.interp(seconds * pace_m_s, along, x), np.interp(seconds * pace_m_s, along, y), strict=True
    )
    return [
        Point(
            began + dt.timedelta(seconds=float(at)),
            *grid_place(*(np.array(place) + draw.normal(0, noise_m, 2))),
            6.0,
        )
        for at, place in zip(seconds, places, strict=True)
    ]


def test_metres_and_streets_of_a_walk(streets: StreetGraph) -> None:
    """Four blocks east and three north are seven blocks, on the streets, in one line."""
    found = match_walk(walk([(200, 200), (600, 200), (600, 500)]), streets)
    assert found.credited_m == pytest.approx(700, rel=0.04) and found.on_streets_m == found.credited_m
    assert (found.gaps, len(found.lines), len(found.streets)) == (0, 1, 7)


def test_the_same_street_twice_is_walked_twice_and_covered_once(streets: StreetGraph) -> None:
    """There and back: credited both ways, one street's metres covered."""
    found = match_walk(walk([(200, 300), (600, 300), (200, 300)]), streets)
    assert found.credited_m == pytest.approx(800, rel=0.08)
    assert found.covered_m == pytest.approx(400, abs=STEP_M)


def test_nothing_is_credited_across_a_gap(streets: StreetGraph) -> None:
    """A locked phone for ten minutes in which half a kilometre passed: two pieces, one honest gap."""
    first = walk([(0, 100), (300, 100)])
    second = walk([(800, 100), (1000, 100)], began=first[-1].at + dt.timedelta(minutes=10))
    found = match_walk(first + second, streets)
    assert (found.gaps, len(found.lines)) == (1, 2)
    assert found.credited_m == pytest.approx(500, rel=0.07)


def test_standing_about_earns_no_metres(streets: StreetGraph) -> None:
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
    assert match_walk(stay, streets).credited_m < 20


def test_off_the_map_the_smoothed_line_counts(streets: StreetGraph) -> None:
    """Three kilometres from any street, and where there is no map at all."""
    away = walk([(3000, 3000), (3400, 3000)], noise_m=1.0)
    for known in (streets, None):
        found = match_walk(away, known)
        assert (
            found.credited_m == pytest.approx(400, rel=0.05)
            and found.on_streets_m == 0
            and found.streets == {}
        )


def test_the_share_of_the_route(streets: StreetGraph) -> None:
    """Half of the plan walked is a half; nothing walked is nothing."""
    route = [grid_place(x, 200) for x in (0, 500, 1000)]
    found = match_walk(walk([(0, 200), (500, 200)]), streets)
    assert route_covered(route, found.lines) == pytest.approx(0.52, abs=0.04)
    assert route_covered(route, []) == 0.0 and route_covered([], found.lines) == 0.0


def test_an_hour_of_noise_is_found_again(streets: StreetGraph) -> None:
    """Eight metres of noise that forgets or drifts: nearly all of the way is found, and little else."""
    for correlation in (0.0, 0.9):
        made = SyntheticWalk(streets, 7, noise_m=8.0, correlation=correlation)
        found = match_walk(made.points, streets)
        lines = [made.metres(line) for line in found.lines]
        assert made.share_on(made.truth, lines) > 0.95
        assert min(made.share_on(line, [made.truth]) for line in lines) > 0.9
        assert found.credited_m == pytest.approx(made.length_m, rel=0.05)


@pytest.mark.parametrize(("every_s", "pace_m_s"), [(1.0, 1.3), (20.0, 1.3), (60.0, 1.0), (5.0, 5.0)])
def test_other_rates_and_paces(streets: StreetGraph, every_s: float, pace_m_s: float) -> None:
    """A position a second or a minute, and an e-bike: the same seven blocks."""
    found = match_walk(walk([(200, 200), (600, 200), (600, 500)], 4.0, BEGAN, every_s, pace_m_s), streets)
    assert found.credited_m == pytest.approx(700, rel=0.1) and len(found.streets) <= 9
    assert sum(found.streets.values()) == pytest.approx(found.on_streets_m)


def test_a_dead_end_is_walked_and_a_stop_is_not(streets: StreetGraph) -> None:
    """Into the steps of fifty metres and back counts both ways; ten minutes' wait at their foot adds nothing."""
    into = walk([(700, 1000), (1050, 1000), (700, 1000)])
    draw = np.random.default_rng(8)
    waited = [
        Point(
            into[-1].at + dt.timedelta(seconds=5.0 * number),
            *grid_place(*(np.array([700.0, 1000.0]) + draw.normal(0, 4, 2))),
            6.0,
        )
        for number in range(1, 120)
    ]
    away = walk([(700, 1000), (700, 700)], began=waited[-1].at + dt.timedelta(seconds=5))
    found = match_walk(into + waited + away, streets)
    assert found.credited_m == pytest.approx(1000, rel=0.05)
    assert found.covered_m == pytest.approx(650, abs=30) and found.gaps == 0


def test_a_park_between_two_streets_is_drawn_as_it_was_walked(streets: StreetGraph) -> None:
    """Off the edge of the map for 300 m and back to it: streets where there are some, the averaged line between."""
    found = match_walk(
        walk([(0, 900), (0, 1000), (-150, 1100), (-150, 1200), (0, 1000), (0, 900)], 2.0), streets
    )
    assert found.on_streets_m == pytest.approx(250, abs=110)
    assert found.credited_m == pytest.approx(730, rel=0.15) and len(found.lines) == 3


def test_coarse_lines_keep_their_ends() -> None:
    """A wobble of ten metres is gone at fifty; the ends stay."""
    line = [grid_place(x, 10 * (x % 200 == 100)) for x in range(0, 1001, 100)]
    (coarse,) = simplified([line], 50.0)
    assert len(coarse) == 2 and coarse[0] == pytest.approx(line[0], abs=2e-6)
