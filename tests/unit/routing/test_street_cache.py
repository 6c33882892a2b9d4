"""A kept street network must be used only for the file it was made of, and only when it is whole."""

import os
from pathlib import Path

import numpy as np
import pytest

from routing import street_cache, streets
from routing.places import is_left_in_peace, read_places, street_places
from routing.street_cache import ARRAYS, BESIDE, KEPT_MAX, content_hash, keep, load, write
from routing.streets import StreetGraph, load_streets
from routing.town import Town, write_town


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Each test's own cache folder, and a process that has read nothing yet."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    streets._load_streets.cache_clear()
    return tmp_path / "cache" / "lexun" / "streets"


@pytest.fixture
def source(tmp_path: Path, grid_path: Path) -> Path:
    (tmp_path / "files").mkdir()
    path = tmp_path / "files" / "town.osm.pbf"
    path.write_bytes(grid_path.read_bytes())
    return path


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Which files were read whole instead of being taken from the cache."""
    seen: list[Path] = []
    real = StreetGraph.from_osm

    def noted(path: Path) -> StreetGraph:
        seen.append(path)
        return real(path)

    monkeypatch.setattr(StreetGraph, "from_osm", noted)
    return seen


def begin_anew() -> None:
    """As in another process: what this one keeps in memory is gone."""
    streets._load_streets.cache_clear()


def same(a: StreetGraph, b: StreetGraph) -> bool:
    equal = all(np.array_equal(getattr(a.streets, name), getattr(b.streets, name)) for name in ARRAYS)
    return equal and a.streets.names == b.streets.names


def test_kept_networks_are_the_same(source: Path, reads: list[Path], own_cache: Path) -> None:
    """The second process takes the first one's network, array for array; within a process it is one object."""
    first = load_streets(source)
    assert load_streets(source) is first
    begin_anew()
    second = load_streets(source)
    assert reads == [source]
    assert same(first, second)
    assert [path.suffix for path in own_cache.iterdir()] == [".graph"]
    assert [path.name for path in source.parent.iterdir()] == [source.name]


def test_a_changed_file_is_read_again(source: Path, reads: list[Path]) -> None:
    """Other content is another network, even under the same name; a mere touch changes nothing."""
    load_streets(source)
    stat = source.stat()
    os.utime(source, ns=(stat.st_atime_ns, stat.st_mtime_ns + 10**9))
    load_streets(source)
    assert len(reads) == 1
    source.unlink()
    write_town(source)
    assert load_streets(source).length_km > 100
    assert len(reads) == 2


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: b"",
        lambda data: data[: len(data) // 2],
        lambda data: data[:-1],
        lambda data: b"no archive at all",
        lambda data: data[: len(data) // 3] + b"\0\1\2\3" + data[len(data) // 3 + 4 :],
    ],
)
def test_a_spoilt_cache_is_built_again(
    source: Path, reads: list[Path], own_cache: Path, spoil: object
) -> None:
    """An empty, cut, foreign or flipped file is never an error and never a wrong network: it is made anew."""
    first = load_streets(source)
    (kept,) = own_cache.iterdir()
    whole = kept.read_bytes()
    kept.write_bytes(spoil(whole))  # pyright: ignore[reportCallIssue]
    begin_anew()
    assert same(load_streets(source), first)
    assert len(reads) == 2
    assert kept.read_bytes() == whole


def test_another_format_is_built_again(
    source: Path, reads: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A network kept by another version of the program is not used."""
    load_streets(source)
    begin_anew()
    monkeypatch.setattr(street_cache, "FORMAT", street_cache.FORMAT + 1)
    load_streets(source)
    assert len(reads) == 2


def test_a_network_beside_the_file_comes_first(source: Path, reads: list[Path]) -> None:
    """A built map brings its network along; one of another file lying there is not used."""
    graph = StreetGraph.from_osm(source)
    write(source.with_name(BESIDE), content_hash(source), graph.streets, graph.grounds)
    begin_anew()
    load_streets(source)
    assert len(reads) == 1
    write(source.with_name(BESIDE), "0" * 64, graph.streets, graph.grounds)
    begin_anew()
    load_streets(source)
    assert len(reads) == 2


def test_without_a_place_to_keep_it_everything_works(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no cache can be written the network is simply made."""
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert load_streets(source).length_km > 20


def test_only_the_latest_are_kept(source: Path, own_cache: Path) -> None:
    """Old networks make room."""
    graph = StreetGraph.from_osm(source)
    for number in range(KEPT_MAX + 3):
        keep(f"{number:032}" + "0" * 32, graph.streets, graph.grounds)
    assert len(list(own_cache.iterdir())) == KEPT_MAX
    assert load(source, f"{KEPT_MAX + 2:032}" + "0" * 32) is not None


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    return write_town(tmp_path_factory.mktemp("town") / "lewan.osm.pbf")


def test_no_stop_at_schools_clinics_and_temples(town: Town) -> None:
    """Every school, clinic, hospital and temple of the town is off limits, kept networks included; markets are not."""
    peace = town.places_of("school", "hospital", "clinic", "temple")
    others = town.places_of("market", "station_square", "night_market", "police_station")
    for graph in (load_streets(town.path), (begin_anew(), load_streets(town.path))[1]):
        assert graph.never_a_target([p.lon for p in peace], [p.lat for p in peace]).all()
        assert not graph.never_a_target([p.lon for p in others], [p.lat for p in others]).all()
        assert graph.never_a_target([], []).tolist() == []


def test_places_are_named_once(town: Town) -> None:
    """The town's places and communities are found by name, each once, where they are; streets too."""
    book = read_places(town.path)
    named = {(place.name, place.kind): place for place in book.places}
    assert len(named) == len(book.places)
    hospital = next(p for p in town.places_of("hospital"))
    found = named[hospital.name_zh, "hospital"]
    assert found.name_en == hospital.name_en
    assert abs(found.lon - hospital.lon) + abs(found.lat - hospital.lat) < 2e-3
    assert {area.name_zh for area in town.communities} <= {p.name for p in book.places if p.kind == "place"}
    graph = StreetGraph.from_osm(town.path)
    roads = street_places(graph.streets)
    assert "新渡酒吧街" in {road.name for road in roads}
    assert all(graph.nearest(road.lon, road.lat)[1] < 1 for road in roads)


def test_water_and_railways_are_known_and_kept(town: Town) -> None:
    """A walk over the town's bridges passes water and one through its middle does not, also from the kept network."""
    for graph in (load_streets(town.path), (begin_anew(), load_streets(town.path))[1]):
        assert len(graph.grounds.water) > 2 and len(graph.grounds.railways) > 0
        west, south, east, north = town.bounds
        across = [((west + east) / 2, south), ((west + east) / 2, north)]
        assert 50 < graph.water.metres_of(across) < 5_000
        assert graph.railways.metres_of([(east, south), (east, north)]) < 200


def test_tags_of_what_is_left_in_peace() -> None:
    """Children, the sick and worshippers; a university's campus is a part of town."""
    assert is_left_in_peace({"amenity": "kindergarten"})
    assert is_left_in_peace({"healthcare": "clinic"})
    assert is_left_in_peace({"building": "mosque"})
    assert not is_left_in_peace({"amenity": "university"})
    assert not is_left_in_peace({"amenity": "pharmacy", "building": "yes"})
