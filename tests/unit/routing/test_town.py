"""The demo town must be a real, connected, deterministic .osm.pbf that looks like the plan says."""

from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path

import numpy as np
import osmium
import pytest
from shapely.geometry import Point, shape
from shapely.ops import unary_union

from routing.geo import haversine_m
from routing.streets import StreetGraph
from routing.town import Town, write_town

WALKED = {"primary", "secondary", "tertiary", "residential", "unclassified", "living_street", "pedestrian",
          "footway", "steps"}  # fmt: skip


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    return write_town(tmp_path_factory.mktemp("town") / "lewan.osm.pbf")


@pytest.fixture(scope="module")
def ways(town: Town) -> list[tuple[dict[str, str], list[int]]]:
    return [
        (dict(way.tags), [node.ref for node in way.nodes])
        for way in osmium.FileProcessor(str(town.path))
        if isinstance(way, osmium.osm.Way)
    ]


def test_same_seed_same_bytes(town: Town, tmp_path: Path) -> None:
    """Writing again with the same seed gives the same file; another seed gives another town."""
    again = write_town(tmp_path / "again.osm.pbf")
    other = write_town(tmp_path / "other.osm.pbf", seed=7)
    assert again.path.read_bytes() == town.path.read_bytes()
    assert again.sha256 == town.sha256 != other.sha256
    assert again.areas == town.areas


def test_streets_are_one_walkable_whole(ways: list[tuple[dict[str, str], list[int]]]) -> None:
    """More than 98 % of the nodes of walkable ways hang together."""
    neighbours: dict[int, set[int]] = defaultdict(set)
    for tags, nodes in ways:
        if tags.get("highway") in WALKED and tags.get("area") != "yes":
            for a, b in pairwise(nodes):
                neighbours[a].add(b)
                neighbours[b].add(a)
    seen: set[int] = set()
    largest = 0
    for start in neighbours:
        if start in seen:
            continue
        queue, size = [start], 0
        seen.add(start)
        while queue:
            here = queue.pop()
            size += 1
            fresh = neighbours[here] - seen
            seen |= fresh
            queue.extend(fresh)
        largest = max(largest, size)
    assert len(neighbours) > 2000
    assert largest / len(neighbours) > 0.98


def test_police_posts_can_be_walked_between(town: Town) -> None:
    """The walking graph that serves real cities reads the town: posts on both sides of river and rail are joined,
    by walks longer than the bee line and not absurdly so."""
    graph = StreetGraph.from_osm(town.path)
    posts = town.places_of("police_post", "police_station")
    lon, lat = np.array([p.lon for p in posts]), np.array([p.lat for p in posts])
    _, walk_m = graph.walk_matrix(lon, lat)
    bee_m = haversine_m(lon[:, None], lat[:, None], lon[None, :], lat[None, :])
    apart = bee_m > 300
    assert np.isfinite(walk_m).all()
    assert (walk_m[apart] / bee_m[apart]).min() > 0.95
    assert (walk_m[apart] / bee_m[apart]).max() < 2.6


def test_crossings_are_few(ways: list[tuple[dict[str, str], list[int]]]) -> None:
    """Three bridges and two underpasses carry the main streets over the river and under the rail."""
    bridges = [tags for tags, _ in ways if tags.get("bridge") == "yes" and "highway" in tags]
    tunnels = [tags for tags, _ in ways if tags.get("tunnel") == "yes"]
    assert sorted(tags["name"] for tags in bridges) == ["新渡路", "榕桥大道", "迎宾路"]
    assert sorted(tags["name"] for tags in tunnels) == ["安澜大道", "望江大道"]
    assert any("railway" in tags for tags, _ in ways)


def test_streets_carry_names_lamps_and_slopes(ways: list[tuple[dict[str, str], list[int]]]) -> None:
    """Streets have Chinese and English names; about 85 % of their pieces are lit; some lanes have steps or are steep."""
    streets = [
        (tags, nodes) for tags, nodes in ways if tags.get("highway") in WALKED and tags.get("area") != "yes"
    ]
    named = [tags for tags, _ in streets if "name" in tags]
    assert all("name:en" in tags for tags in named)
    assert len({tags["name"] for tags in named}) > 200
    lit = sum(len(nodes) - 1 for tags, nodes in streets if tags["lit"] == "yes")
    assert 0.78 < lit / sum(len(nodes) - 1 for _, nodes in streets) < 0.92
    assert sum(tags["highway"] == "steps" for tags, _ in streets) > 10
    assert sum("incline" in tags for tags, _ in streets) > 5


def test_lane_names_do_not_repeat_across_the_town(ways: list[tuple[dict[str, str], list[int]]]) -> None:
    """A Chinese street name stands for one English name, so that people can say where they are."""
    english: dict[str, set[str]] = defaultdict(set)
    for tags, _ in ways:
        if tags.get("highway") in WALKED and "name" in tags:
            english[tags["name"]].add(tags["name:en"])
    assert [name for name, found in english.items() if len(found) > 1] == []


def test_communities_part_the_district(town: Town) -> None:
    """Twelve communities in three sub-districts, valid, without overlap, together the whole district."""
    kinds = Counter(area.kind for area in town.areas)
    assert kinds == {"district": 1, "street": 3, "community": 12}
    shapes = {area.path: shape(area.geometry) for area in town.areas}
    for area in town.areas:
        assert shapes[area.path].is_valid, area.path
        assert shapes[area.path].contains(Point(area.center)), area.path
        assert area.geometry["type"] == "Polygon", area.path
    whole = shapes["lewan"].area
    communities = [shapes[area.path] for area in town.communities]
    assert unary_union(communities).area == pytest.approx(whole, rel=1e-4)
    assert sum(community.area for community in communities) == pytest.approx(whole, rel=1e-4)
    for area in town.areas:
        if area.kind == "street":
            parts = [shapes[c.path].area for c in town.communities if c.path.startswith(area.path + "/")]
            assert len(parts) == 4
            assert sum(parts) == pytest.approx(shapes[area.path].area, rel=1e-4)


def test_places_are_those_of_the_plan(town: Town) -> None:
    """Nine police posts, three stations, six schools, four markets, two parks and one of each special place."""
    kinds = Counter(place.kind for place in town.places)
    expected = {"police_station": 3, "police_post": 9, "school": 6, "market": 4, "park": 2, "hospital": 1,
                "bar_street": 1, "night_market": 1, "station_square": 1, "station": 1}  # fmt: skip
    assert {kind: kinds[kind] for kind in expected} == expected
    water = shape(town.water)
    for place in town.places:
        assert not water.contains(Point(place.lon, place.lat)) or place.kind == "park", place.name_zh
    assert {place.community for place in town.places} <= {area.path for area in town.communities}


def test_checkpoints(town: Town) -> None:
    """36 checkpoints: 24 QR, 8 NFC, 4 both; every community has at least two."""
    assert Counter(point.kind for point in town.checkpoints) == {"qr": 24, "nfc": 8, "both": 4}
    by_community = Counter(point.community for point in town.checkpoints)
    assert len(by_community) == 12
    assert min(by_community.values()) >= 2
    assert len({(point.lon, point.lat) for point in town.checkpoints}) == 36


def test_everything_lies_in_open_sea(town: Town) -> None:
    """The town is where no real street is: round 27.50 N 122.60 E."""
    west, south, east, north = town.bounds
    assert (west + east) / 2 == pytest.approx(122.60, abs=0.01)
    assert (south + north) / 2 == pytest.approx(27.50, abs=0.01)
    assert all(west < j.lon < east and south < j.lat < north for j in town.junctions)
    assert len(town.junctions) > 800


def test_lake_has_an_island(town: Town) -> None:
    """The lake is a multipolygon relation whose inner ring is the island."""
    rings = [
        area.num_rings()
        for area in osmium.FileProcessor(str(town.path)).with_areas()
        if isinstance(area, osmium.osm.Area) and area.tags.get("water") == "lake"
    ]
    assert rings == [(1, 1)]


def test_nothing_half_written(town: Town, tmp_path: Path) -> None:
    """A town that cannot be put in its place leaves no draft behind."""
    target = tmp_path / "taken.osm.pbf"
    (target / "inside").mkdir(parents=True)
    with pytest.raises(OSError):
        write_town(target)
    assert [path.name for path in tmp_path.iterdir()] == ["taken.osm.pbf"]
