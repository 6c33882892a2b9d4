"""The base map must hold what the streets file holds, cut without seams, in the same bytes every time."""

import gzip
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mapbox_vector_tile
import osmium
import pytest
from osmium.osm import mutable
from pmtiles.reader import MmapSource, Reader
from shapely.geometry import box, shape
from shapely.ops import unary_union

from routing.basemap import EDGE, EXTENT, BasemapError, BasemapInfo, build_basemap
from routing.basemap_layers import LAYER_FIELDS
from routing.town import Town, write_town

REAL = Path(__file__).parents[4] / "shared" / "data" / "streets" / "beijing-tsinghua.osm.pbf"
Tile = dict[str, Any]


class Tiles:
    """Reads a written base map back."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        self.reader = Reader(MmapSource(self._file))
        self.header, self.metadata = self.reader.header(), self.reader.metadata()

    def at(self, z: int, x: int, y: int) -> Tile:
        data = self.reader.get(z, x, y)
        if not data:
            return {}
        return mapbox_vector_tile.decode(gzip.decompress(data), default_options={"y_coord_down": True})

    def all(self, z: int) -> Iterator[tuple[int, int, Tile]]:
        west, north = tile_of(self.header["min_lon_e7"] / 1e7, self.header["max_lat_e7"] / 1e7, z)
        east, south = tile_of(self.header["max_lon_e7"] / 1e7, self.header["min_lat_e7"] / 1e7, z)
        for x in range(west, east + 1):
            for y in range(north, south + 1):
                yield x, y, self.at(z, x, y)

    def features(self, z: int, layer: str) -> list[dict[str, Any]]:
        return [f for _, _, tile in self.all(z) for f in tile.get(layer, {}).get("features", [])]


def tile_of(lon: float, lat: float, z: int) -> tuple[int, int]:
    x = (lon + 180) / 360
    y = 0.5 - math.asinh(math.tan(math.radians(lat))) / math.tau
    return int(x * 2**z), int(y * 2**z)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    return write_town(tmp_path_factory.mktemp("town") / "lewan.osm.pbf")


@pytest.fixture(scope="module")
def built(town: Town) -> tuple[Path, BasemapInfo]:
    target = town.path.with_name("lewan.pmtiles")
    return target, build_basemap(town.path, target)


@pytest.fixture(scope="module")
def tiles(built: tuple[Path, BasemapInfo]) -> Tiles:
    return Tiles(built[0])


def test_header_and_metadata(town: Town, built: tuple[Path, BasemapInfo], tiles: Tiles) -> None:
    """Frame, zooms, size and layers are told by both the file and the returned info; demo data calls itself so."""
    path, info = built
    assert info.bytes == path.stat().st_size < 600_000
    assert info.bounds == pytest.approx(town.bounds)
    assert (info.min_zoom, info.max_zoom) == (11, 15) == (tiles.header["min_zoom"], tiles.header["max_zoom"])
    assert tiles.header["min_lon_e7"] == round(info.bounds[0] * 1e7)
    assert tiles.metadata["attribution"] == "演示数据 Lewan"
    named = {layer["id"]: layer for layer in tiles.metadata["vector_layers"]}
    assert {"landcover", "park", "water", "waterway", "building", "transportation", "transportation_name", "poi",
            "place"} <= set(named)  # fmt: skip
    for layer in named.values():
        assert layer["fields"] == LAYER_FIELDS[layer["id"]]


def test_same_file_same_bytes(town: Town, built: tuple[Path, BasemapInfo], tmp_path: Path) -> None:
    """Drawing again gives the same file, so that phones need not fetch it again."""
    again = build_basemap(town.path, tmp_path / "again.pmtiles")
    assert again.sha256 == built[1].sha256
    assert (tmp_path / "again.pmtiles").read_bytes() == built[0].read_bytes()


def test_every_attribute_is_announced(tiles: Tiles) -> None:
    """No tile holds a layer or an attribute that the metadata does not name."""
    for z in range(11, 16):
        for _, _, tile in tiles.all(z):
            for name, layer in tile.items():
                for feature in layer["features"]:
                    assert set(feature["properties"]) <= set(LAYER_FIELDS[name]), (
                        name,
                        feature["properties"],
                    )


def test_places_and_names(town: Town, tiles: Tiles) -> None:
    """Every police post, school and market is a named point in both languages, and so is every community."""
    pois = {f["properties"]["name"]: f["properties"] for f in tiles.features(15, "poi")}
    for place in town.places_of("police_post", "police_station", "school", "market", "hospital"):
        expected = {"police_station": "police"}.get(place.kind, place.kind)
        assert pois[place.name_zh]["class"] == expected
        assert pois[place.name_zh]["name_en"] == place.name_en
    labels = {f["properties"]["name"] for f in tiles.features(14, "place")}
    assert {area.name_zh for area in town.areas} <= labels


def test_points_appear_in_one_tile_only(tiles: Tiles) -> None:
    """A label that two tiles held would be written twice on the map."""
    names = [
        f["properties"]["name"] for f in tiles.features(15, "poi") if f["properties"]["class"] != "bus_stop"
    ]
    assert len(names) == len(set(names))


def test_classes_by_zoom(tiles: Tiles) -> None:
    """Zoomed out only the main streets are drawn; buildings come with zoom 14; bridges say so."""
    far = {f["properties"]["class"] for f in tiles.features(11, "transportation")}
    near = {f["properties"]["class"] for f in tiles.features(15, "transportation")}
    assert far <= {"motorway", "primary", "secondary"}
    assert {"primary", "secondary", "tertiary", "minor", "path", "rail"} <= near
    assert not tiles.features(13, "building")
    assert tiles.features(14, "building")
    assert any(f["properties"].get("bridge") == 1 for f in tiles.features(15, "transportation"))


def test_polygons_are_valid_and_wound_for_drawing(tiles: Tiles) -> None:
    """Areas are valid on the tile's raster and their outer rings run clockwise on the screen, or holes get filled."""
    for z in (12, 15):
        for _, _, tile in tiles.all(z):
            for layer in ("water", "park", "building", "landcover"):
                for feature in tile.get(layer, {}).get("features", []):
                    ground = shape(feature["geometry"])
                    assert ground.is_valid
                    for polygon in getattr(ground, "geoms", [ground]):
                        assert polygon.exterior.is_ccw  # with y down this is clockwise to the eye


def test_island_is_not_water(tiles: Tiles) -> None:
    """The lake's island is a hole in the water, so multipolygon relations are read."""
    lakes = [shape(f["geometry"]) for f in tiles.features(14, "water") if f["properties"]["class"] == "lake"]
    assert lakes
    assert any(polygon.interiors for lake in lakes for polygon in getattr(lake, "geoms", [lake]))


def test_neighbouring_tiles_meet_without_seams(tiles: Tiles) -> None:
    """Main streets and water reach beyond the tile's side, and both tiles draw the crossing at the same height."""
    z = 15
    met = 0
    for x, y, tile in tiles.all(z):
        east = tiles.at(z, x + 1, y)
        if not tile or not east:
            continue
        for kind in ("primary", "secondary"):
            left = crossings(tile, kind, EXTENT)
            right = crossings(east, kind, 0)
            assert len(left) == len(right)
            for here, there in zip(left, right, strict=True):
                assert abs(here - there) <= 3
                met += 1
        for feature in tile.get("water", {}).get("features", []):
            bounds = shape(feature["geometry"]).bounds
            assert bounds[0] >= -EDGE - 1 and bounds[2] <= EXTENT + EDGE + 1
    assert met >= 8


def crossings(tile: Tile, kind: str, at_x: int) -> list[float]:
    """The heights at which streets of a class cross a vertical line, top down."""
    side = box(at_x - 0.01, 0, at_x + 0.01, EXTENT)
    lines = [shape(f["geometry"]) for f in tile.get("transportation", {}).get("features", [])
             if f["properties"]["class"] == kind]  # fmt: skip
    hits = unary_union(lines).intersection(side)
    parts = [part for part in getattr(hits, "geoms", [hits]) if not part.is_empty]
    return sorted(part.centroid.y for part in parts)


def test_street_names_have_room(tiles: Tiles) -> None:
    """A street that the file holds in pieces is one long line in the layer for labels."""
    drawn = [f for f in tiles.features(14, "transportation_name") if f["properties"]["name"] == "榕桥大道"]
    assert drawn
    assert all(f["properties"]["name_en"] == "Rongqiao Avenue" for f in drawn)
    assert max(shape(f["geometry"]).length for f in drawn) > 3000


def test_progress_rises_to_one(town: Town, tmp_path: Path) -> None:
    """Progress never falls and ends at 1."""
    shares: list[float] = []
    build_basemap(town.path, tmp_path / "map.pmtiles", max_zoom=13, on_progress=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1.0)


@pytest.mark.parametrize("share", [0.9, 0.5, 0.02])
def test_truncated_file_is_refused(town: Town, tmp_path: Path, share: float) -> None:
    """A cut-off download is named as such; an older map stays untouched and no draft stays behind."""
    content = town.path.read_bytes()
    cut = tmp_path / "cut.osm.pbf"
    cut.write_bytes(content[: int(len(content) * share)])
    target = tmp_path / "map.pmtiles"
    target.write_bytes(b"older map")
    with pytest.raises(BasemapError, match=r"cut\.osm\.pbf cannot be read"):
        build_basemap(cut, target)
    assert target.read_bytes() == b"older map"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cut.osm.pbf", "map.pmtiles"]


def test_missing_and_foreign_files_are_refused(tmp_path: Path) -> None:
    """A missing file, an empty one and one of another kind each give a clear error and no output."""
    with pytest.raises(BasemapError, match="not found"):
        build_basemap(tmp_path / "none.osm.pbf", tmp_path / "map.pmtiles")
    for content in (b"", b"this is a letter, not a map"):
        letter = tmp_path / "letter.osm.pbf"
        letter.write_bytes(content)
        with pytest.raises(BasemapError, match=r"letter\.osm\.pbf"):
            build_basemap(letter, tmp_path / "map.pmtiles")
    assert not (tmp_path / "map.pmtiles").exists()


def test_zooms_are_checked(town: Town, tmp_path: Path) -> None:
    """Zooms that make no sense are refused with what is allowed."""
    with pytest.raises(BasemapError, match=r"15\.\.11"):
        build_basemap(town.path, tmp_path / "map.pmtiles", min_zoom=15, max_zoom=11)


def test_surveyed_streets_name_their_source(tmp_path: Path) -> None:
    """A file that the demo did not write is credited to OpenStreetMap; without a frame in its header it is still drawn,
    and a way whose nodes lie outside the extract is left out."""
    source = tmp_path / "plain.osm.pbf"
    with osmium.SimpleWriter(str(source)) as writer:
        for number, place in enumerate([(120.0, 28.0), (120.003, 28.001), (120.004, 28.004)], 1):
            writer.add_node(mutable.Node(id=number, version=1, location=place))
        writer.add_way(
            mutable.Way(id=1, version=1, nodes=[1, 2, 3], tags={"highway": "primary", "name": "Main"})
        )
        writer.add_way(
            mutable.Way(id=2, version=1, nodes=[3, 99], tags={"highway": "primary", "name": "Lost"})
        )
    info = build_basemap(source, tmp_path / "plain.pmtiles")
    plain = Tiles(tmp_path / "plain.pmtiles")
    assert plain.metadata["attribution"] == "© OpenStreetMap contributors"
    assert info.bounds == pytest.approx((120.0, 28.0, 120.004, 28.004))
    assert {f["properties"]["name"] for f in plain.features(15, "transportation")} == {"Main"}


@pytest.mark.skipif(not REAL.exists(), reason=f"no surveyed streets at {REAL}")
def test_surveyed_streets(tmp_path: Path) -> None:
    """Real streets with Chinese names are drawn: names in Chinese, English beside them, buildings, water and parks."""
    build_basemap(REAL, tmp_path / "real.pmtiles")
    real = Tiles(tmp_path / "real.pmtiles")
    names = {f["properties"]["name"] for f in real.features(15, "transportation_name")}
    assert sum(any("\u4e00" <= letter <= "\u9fff" for letter in name) for name in names) > 10
    assert any("name_en" in f["properties"] for f in real.features(15, "transportation_name"))
    for layer in ("building", "transportation", "poi"):
        assert real.features(15, layer), layer
