"""Directions must say the turns that the streets make, in both languages, and what to mind on the way."""

from pathlib import Path

import pytest

from routing.directions import Manoeuvre
from routing.streets import StreetGraph
from routing.town import write_town
from tests.support.streets import SIDE, STEP_M, grid_place
from tests.support.town_map import write_map

FAR_M = (SIDE - 1) * STEP_M
NORTH = {"highway": "residential", "name": "北街", "name:en": "North Street"}
EAST = {"highway": "residential", "name": "东路", "name:en": "East Road"}


def told(graph: StreetGraph, *spots: tuple[float, float]) -> list[Manoeuvre]:
    places = [grid_place(*spot) for spot in spots]
    walks = graph.walks([lon for lon, _ in places], [lat for _, lat in places])
    return walks.directions(list(range(len(spots))))


@pytest.mark.parametrize(
    ("end", "kind", "zh", "en"),
    [
        ((400.0, 400.0), "right", "右转进入东路，走 400 米", "Turn right into East Road for 400 m"),
        ((-400.0, 400.0), "left", "左转进入西路，走 400 米", "Turn left into West Road for 400 m"),
        ((0.0, 800.0), "straight", "直行进入新街，走 400 米（没有路灯）", "Go straight on along New Street for 400 m (no street lamps)"),
        ((300.0, 700.0), "slight_right", "向右前方走进入斜巷，走 424 米（有台阶）", "Bear right into Slant Lane for 424 m (steps)"),
    ],
)  # fmt: skip
def test_turns(tmp_path: Path, end: tuple[float, float], kind: str, zh: str, en: str) -> None:
    """At a crossing each street is entered with its own turn, its name, its length and what is special about it."""
    places = [(0.0, 0.0), (0.0, 400.0), (400.0, 400.0), (-400.0, 400.0), (0.0, 800.0), (300.0, 700.0)]
    ways = [
        ([0, 1], NORTH),
        ([1, 2], EAST),
        ([1, 3], {"highway": "residential", "name": "西路", "name:en": "West Road"}),
        ([1, 4], {"highway": "residential", "name": "新街", "name:en": "New Street", "lit": "no"}),
        ([1, 5], {"highway": "steps", "name": "斜巷", "name:en": "Slant Lane"}),
    ]
    graph = StreetGraph.from_osm(write_map(tmp_path / "map.osm.pbf", places, ways))
    depart, turn, arrive = told(graph, (0.0, 0.0), end)
    assert (depart.kind, depart.words.zh) == ("depart", "沿北街向北走 400 米")
    assert depart.words.en == "Go north along North Street for 400 m"
    assert (turn.kind, turn.words.zh, turn.words.en) == (kind, zh, en)
    assert (arrive.kind, arrive.words.zh, arrive.words.en) == ("arrive", "到达第 1 站", "Arrive at stop 1")


def test_a_bend_is_no_turn_and_a_bridge_is_told(tmp_path: Path) -> None:
    """A street that bends without a crossing is one walk; its bridge is named; the way back says the mirrored turns."""
    places = [
        (0.0, 0.0),
        (0.0, 200.0),
        (100.0, 300.0),
        (300.0, 300.0),
        (500.0, 300.0),
        (500.0, 0.0),
        (300.0, 600.0),
    ]
    ways = [
        ([0, 1, 2], NORTH),
        ([2, 3], {**NORTH, "bridge": "yes"}),
        ([3, 4], NORTH),
        ([4, 5], EAST),
        ([3, 6], EAST),
    ]
    graph = StreetGraph.from_osm(write_map(tmp_path / "map.osm.pbf", places, ways))
    out = told(graph, (0.0, 0.0), (500.0, 0.0))
    assert [each.kind for each in out] == ["depart", "slight_right", "straight", "right", "arrive"]
    assert "过桥" in out[1].words.zh
    assert "bridge" in out[1].words.en
    back = told(graph, (500.0, 0.0), (0.0, 0.0))
    assert back[1].kind == "left"


def test_lengths_add_up_on_the_demo_town(tmp_path: Path) -> None:
    """On any route the manoeuvres are as long as the walk, each leg ends in an arrival, and no bit of junction is told."""
    town = write_town(tmp_path / "town.osm.pbf")
    graph = StreetGraph.from_osm(town.path)
    stops = [(corner.lon, corner.lat) for corner in town.junctions[::97]][:8]
    walks = graph.walks([lon for lon, _ in stops], [lat for _, lat in stops])
    order = list(range(len(stops)))
    found = walks.directions(order)
    length_m, _ = walks.route(order)
    assert sum(each.length_m for each in found) == pytest.approx(length_m, rel=1e-3)
    assert [each.kind for each in found].count("arrive") == len(stops) - 1
    assert all(each.words.zh and each.words.en for each in found)
    assert len(found) < length_m / 60
    minded = walks.hazards(order)
    assert 0 <= minded.unlit_m < length_m
    assert minded.steps_m <= length_m


def test_hazards_are_metres_along_the_walk(grid: StreetGraph) -> None:
    """The grid's steps of 50 m are minded only by who takes them."""
    corner, foot = grid_place(FAR_M, FAR_M), grid_place(FAR_M + 50, FAR_M)
    home = grid_place(0, 0)
    walks = grid.walks([p[0] for p in (home, corner, foot)], [p[1] for p in (home, corner, foot)])
    assert walks.hazards([0, 1]).steps_m == 0
    assert walks.hazards([0, 1, 2]).steps_m == pytest.approx(50, abs=0.5)
