"""Valhalla must answer over tiles built from our files, offline, one actor a thread."""

import threading
from pathlib import Path

import pytest
from shapely.geometry import Point, shape

from routing.street_engine import COSTING, actor, build_tiles, isochrone
from routing.words import RequestError, StreetFileError
from tests.support.streets import grid_place

MIDDLE = grid_place(500, 500)


def test_tiles_are_one_file_and_leave_nothing_beside(grid_tiles: Path) -> None:
    """The archive is there; the scratch folder it was built in is gone."""
    assert grid_tiles.stat().st_size > 10_000
    assert [path.name for path in grid_tiles.parent.iterdir()] == [grid_tiles.name]


def test_bad_file_is_refused_and_old_tiles_stay(grid_path: Path, tmp_path: Path) -> None:
    """A truncated file ends in a reason; the tiles that were there are untouched."""
    tiles, cut = tmp_path / "tiles.tar", tmp_path / "cut.osm.pbf"
    tiles.write_bytes(b"old")
    cut.write_bytes(grid_path.read_bytes()[:-20])
    with pytest.raises(StreetFileError) as refused:
        build_tiles(cut, tiles)
    assert refused.value.code == "streets_unreadable"
    assert str(cut) in refused.value.words.zh
    assert tiles.read_bytes() == b"old"


def test_a_thread_keeps_its_own_actor(grid_tiles: Path) -> None:
    """The same thread gets the same actor, another thread another one, and both answer."""
    mine = actor(grid_tiles)
    assert actor(grid_tiles) is mine
    seen: list[object] = []

    def elsewhere() -> None:
        seen.append(actor(grid_tiles))
        seen.append(isochrone(grid_tiles, *MIDDLE, [5]))

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert seen[0] is not mine
    assert seen[1] == isochrone(grid_tiles, *MIDDLE, [5])


def test_actor_matches_a_walk(grid_tiles: Path) -> None:
    """A trace along a street is matched to that street."""
    shape_ = [
        {"lon": lon, "lat": lat, "time": 30 * n}
        for n, (lon, lat) in enumerate(grid_place(100 + 36 * n, 302) for n in range(12))
    ]
    found = actor(grid_tiles).trace_attributes(
        {"shape": shape_, "costing": "pedestrian", "shape_match": "map_snap"}
    )
    names = {name for edge in found["edges"] for name in edge.get("names", [])}
    assert "东西3路" in names


@pytest.mark.parametrize("profile", COSTING)
def test_isochrones_widen(grid_tiles: Path, profile: str) -> None:
    """The longer, the farther; the widest comes first and holds the place itself."""
    found = isochrone(grid_tiles, *MIDDLE, [2, 5], profile)
    minutes = [each["properties"]["minutes"] for each in found["features"]]
    areas = [shape(each["geometry"]) for each in found["features"]]
    assert minutes == [5, 2]
    assert areas[0].area > areas[1].area > 0
    assert areas[0].buffer(1e-4).covers(Point(MIDDLE))


def test_slow_people_come_less_far(grid_tiles: Path) -> None:
    """The area within six minutes shrinks with the pace."""
    size = {p: shape(isochrone(grid_tiles, *MIDDLE, [6], p)["features"][0]["geometry"]).area for p in COSTING}
    assert size["slow"] < size["foot"] <= size["ebike"]


@pytest.mark.parametrize(
    ("place", "minutes", "profile", "code"),
    [
        ((0.0, 0.0), [5], "foot", "place_off_streets"),
        (MIDDLE, [], "foot", "bad_minutes"),
        (MIDDLE, [5000], "foot", "bad_minutes"),
        (MIDDLE, [5], "horse", "bad_profile"),
    ],
)
def test_impossible_questions(
    grid_tiles: Path, place: tuple[float, float], minutes: list[float], profile: str, code: str
) -> None:
    """A place without streets and impossible numbers are named, in both languages."""
    with pytest.raises(RequestError) as refused:
        isochrone(grid_tiles, *place, minutes, profile)
    assert refused.value.code == code
    assert refused.value.words.zh
    assert refused.value.words.en
