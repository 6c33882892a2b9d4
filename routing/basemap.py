"""Makes the base map of an .osm.pbf: one .pmtiles file of vector tiles that phones keep for use without a network."""

# shapely, pmtiles and mapbox_vector_tile carry few types: what they return is unknown until it is put into a typed name.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false, reportUnknownLambdaType=false, reportUnknownParameterType=false

import gzip
import hashlib
import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mapbox_vector_tile
import numpy as np
import shapely
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer
from shapely import LineString, MultiLineString, MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from routing.basemap_layers import LAYER_FIELDS, Feature, Properties, Source, read_source
from routing.town_plan import GENERATOR

EXTENT = 4096  # raster units along a tile's side
EDGE = 96  # units drawn beyond the side, so that lines show no seams
LEAST_AREA = {"building": 200, "landuse": 1200}  # square units; smaller ones are left out (256 are a pixel)
LEAST_AREA_ELSE = 2400
SIMPLIFY = 3.0  # units; a fifth of a pixel
SIMPLIFY_LAST = 1.2  # at the last zoom, which is also drawn enlarged
ATTRIBUTION = "© OpenStreetMap contributors"
ATTRIBUTION_DEMO = "演示数据 Lewan"

Bounds = tuple[float, float, float, float]


class BasemapError(ValueError):
    """The base map cannot be made; the message says what is wrong with the file and what to do."""


@dataclass(frozen=True)
class BasemapInfo:
    """What was written: frame and middle in WGS-84 (lon before lat), zooms, size and hash of the file."""

    bounds: Bounds
    center: tuple[float, float]
    min_zoom: int
    max_zoom: int
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Layered:
    """One layer's features as arrays, in units of the whole world's side (0..1, y down)."""

    name: str
    shapes: np.ndarray
    properties: list[Properties]
    min_zooms: np.ndarray


def build_basemap(
    osm_path: Path | str,
    out_path: Path | str,
    *,
    min_zoom: int = 11,
    max_zoom: int = 15,
    on_progress: Callable[[float], None] | None = None,
) -> BasemapInfo:
    """Draws `osm_path` into the tiles of `out_path` (replaced only when complete); the same file gives the same bytes.

    `on_progress` is called with the share done, 0..1. Raises BasemapError for a missing, unreadable or empty file.
    """
    if not 0 <= min_zoom <= max_zoom <= 16:
        raise BasemapError(f"zooms {min_zoom}..{max_zoom}: give 0 <= min_zoom <= max_zoom <= 16")
    source, target = Path(osm_path), Path(out_path)
    report = on_progress or (lambda share: None)
    data = load(source)
    report(0.2)
    layers = layered(data.features)
    jobs = list(tiles_of(data.bounds, min_zoom, max_zoom))
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.part")
    try:
        with draft.open("wb") as file:
            writer = Writer(file)
            written = 0
            for done, (z, x, y, visible) in enumerate(with_layers(jobs, layers, max_zoom), 1):
                if tile := encode_tile(visible):
                    writer.write_tile(zxy_to_tileid(z, x, y), gzip.compress(tile, mtime=0))
                    written += 1
                report(0.2 + 0.8 * done / len(jobs))
            if not written:
                raise BasemapError(f"{source.name} holds nothing that can be drawn; is it the right extract?")
            writer.finalize(*describe(source.stem, data, min_zoom, max_zoom))
        content = draft.read_bytes()
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    return BasemapInfo(
        data.bounds,
        middle(data.bounds),
        min_zoom,
        max_zoom,
        len(content),
        hashlib.sha256(content).hexdigest(),
    )


def load(source: Path) -> Source:
    """Reads the file, wording what can go wrong."""
    if not source.is_file():
        raise BasemapError(f"streets file {source} not found; give the path of an .osm.pbf file")
    try:
        return read_source(source)
    except (RuntimeError, ValueError, OSError) as error:
        raise BasemapError(
            f"{source.name} cannot be read as .osm.pbf ({error}); it may be truncated, download it again"
        ) from error


def middle(bounds: Bounds) -> tuple[float, float]:
    """The centre of a frame, 7 decimals."""
    west, south, east, north = bounds
    return (round((west + east) / 2, 7), round((south + north) / 2, 7))


def describe(name: str, data: Source, min_zoom: int, max_zoom: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """The .pmtiles header and its metadata."""
    west, south, east, north = (round(value * 1e7) for value in data.bounds)
    lon, lat = middle(data.bounds)
    header = {
        "tile_type": TileType.MVT,
        "tile_compression": Compression.GZIP,
        "min_lon_e7": west,
        "min_lat_e7": south,
        "max_lon_e7": east,
        "max_lat_e7": north,
        "center_zoom": min(14, max_zoom),
        "center_lon_e7": round(lon * 1e7),
        "center_lat_e7": round(lat * 1e7),
    }
    zooms: dict[str, int] = {}
    for feature in data.features:
        zooms[feature.layer] = max(min_zoom, min(feature.min_zoom, zooms.get(feature.layer, max_zoom)))
    metadata = {
        "name": name,
        "type": "baselayer",
        "attribution": ATTRIBUTION_DEMO if data.generator == GENERATOR else ATTRIBUTION,
        "vector_layers": [
            {"id": layer, "fields": fields, "minzoom": zooms[layer], "maxzoom": max_zoom}
            for layer, fields in LAYER_FIELDS.items()
            if layer in zooms
        ],
    }
    return header, metadata


# From features to layers -------------------------------------------------------------------------------------------


def layered(features: list[Feature]) -> list[Layered]:
    """Features by layer, in drawing order, on the web map's square; pieces of one street's name are joined."""
    result: list[Layered] = []
    for name in LAYER_FIELDS:
        chosen = sorted((f for f in features if f.layer == name), key=lambda f: f.order)
        if name == "transportation_name":
            chosen = joined(chosen)
        if not chosen:
            continue
        shapes = shapely.transform(np.array([f.shape for f in chosen], dtype=object), world_units)
        result.append(
            Layered(name, shapes, [f.properties for f in chosen], np.array([f.min_zoom for f in chosen]))
        )
    return result


def joined(features: list[Feature]) -> list[Feature]:
    """One feature a street name and class, its pieces merged into the longest lines: room for the label."""
    groups: dict[tuple[tuple[str, str | int], ...], list[Feature]] = {}
    for feature in features:
        groups.setdefault(tuple(feature.properties.items()), []).append(feature)
    return [
        Feature(
            "transportation_name",
            shapely.line_merge(
                MultiLineString([f.shape for f in members if isinstance(f.shape, LineString)])
            ),
            dict(key),
            min(f.min_zoom for f in members),
        )
        for key, members in groups.items()
    ]


def world_units(lon_lat: np.ndarray) -> np.ndarray:
    """Web Mercator as shares of the world's side, y down."""
    lon, lat = lon_lat[:, 0], np.radians(np.clip(lon_lat[:, 1], -85.05, 85.05))
    return np.column_stack([lon / 360 + 0.5, 0.5 - np.arcsinh(np.tan(lat)) / math.tau])


# From layers to tiles ----------------------------------------------------------------------------------------------


def tiles_of(bounds: Bounds, min_zoom: int, max_zoom: int) -> Iterator[tuple[int, int, int]]:
    """Every tile (z, x, y) that touches the frame, in the order of the file."""
    west, south, east, north = bounds
    (left, top), (right, bottom) = world_units(np.array([[west, north], [east, south]]))
    for z in range(min_zoom, max_zoom + 1):
        side = 1 << z
        columns = range(int(left * side), min(side - 1, int(right * side)) + 1)
        rows = range(int(top * side), min(side - 1, int(bottom * side)) + 1)
        yield from sorted(
            ((z, x, y) for x, y in itertools.product(columns, rows)), key=lambda tile: zxy_to_tileid(*tile)
        )


def with_layers(
    jobs: list[tuple[int, int, int]], layers: list[Layered], max_zoom: int
) -> Iterator[tuple[int, int, int, list[tuple[str, np.ndarray, list[Properties]]]]]:
    """Each tile with its clipped layers in tile units; a zoom's shapes are simplified once for all its tiles."""
    for z, tiles in itertools.groupby(jobs, key=lambda job: job[0]):
        drawn = [simplified(layer, z, z == max_zoom) for layer in layers if (layer.min_zooms <= z).any()]
        for _, x, y in tiles:
            yield z, x, y, [(layer.name, *clipped(layer, x, y)) for layer in drawn]


def simplified(layer: Layered, z: int, last: bool) -> Layered:
    """A layer at one zoom, in units of EXTENT to a tile: without what is too small or comes later."""
    scale = float((1 << z) * EXTENT)
    shown = layer.min_zooms <= z
    shapes = shapely.transform(layer.shapes[shown], lambda points: points * scale)
    shapes = shapely.simplify(shapes, SIMPLIFY_LAST if last else SIMPLIFY)
    least = LEAST_AREA.get(layer.name, LEAST_AREA_ELSE) / (8 if last else 1)
    large = (shapely.get_dimensions(shapes) < 2) | (shapely.area(shapes) >= least)
    indices = np.flatnonzero(shown)[large]
    return Layered(
        layer.name, shapes[large], [layer.properties[i] for i in indices], layer.min_zooms[indices]
    )


def clipped(layer: Layered, x: int, y: int) -> tuple[np.ndarray, list[Properties]]:
    """What of a layer lies in tile (x, y), in the tile's own units."""
    west, north = x * EXTENT, y * EXTENT
    edge = 0 if layer.name in ("poi", "place", "water_name") else EDGE
    frame = (west - edge, north - edge, west + EXTENT + edge, north + EXTENT + edge)
    bounds = shapely.bounds(layer.shapes)
    near = (bounds[:, 0] <= frame[2]) & (bounds[:, 2] >= frame[0])
    near &= (bounds[:, 1] <= frame[3]) & (bounds[:, 3] >= frame[1])
    indices = np.flatnonzero(near)
    cut = shapely.clip_by_rect(layer.shapes[indices], *frame)
    return shapely.transform(cut, lambda points: points - (west, north)), [
        layer.properties[i] for i in indices
    ]


def encode_tile(layers: list[tuple[str, np.ndarray, list[Properties]]]) -> bytes:
    """One Mapbox Vector Tile; empty bytes when nothing lies in it."""
    contents: list[dict[str, Any]] = []
    for name, shapes, properties in layers:
        features = [
            {"geometry": shape, "properties": dict(key)} for key, shape in by_properties(shapes, properties)
        ]
        if features:
            contents.append({"name": name, "features": features})
    if not contents:
        return b""
    options = {"y_coord_down": True, "extents": EXTENT, "check_winding_order": False}
    return mapbox_vector_tile.encode(contents, default_options=options)


def by_properties(
    shapes: np.ndarray, properties: list[Properties]
) -> Iterator[tuple[tuple[tuple[str, str | int], ...], BaseGeometry]]:
    """Shapes on the tile's raster; lines and areas with equal attributes become one feature, which is much smaller."""
    shapes = shapely.force_2d(shapes)
    areas = shapely.get_dimensions(shapes) == 2
    whole = shapes.copy()
    whole[areas] = shapely.orient_polygons(shapely.set_precision(shapes[areas], 1.0), exterior_cw=False)
    whole[~areas] = shapely.set_precision(shapes[~areas], 1.0, mode="pointwise")
    groups: dict[tuple[tuple[str, str | int], ...], list[BaseGeometry]] = {}
    for shape, own in zip(whole.tolist(), properties, strict=True):
        parts = [part for part in shapely.get_parts(shape).tolist() if drawable(part)]
        if parts:
            groups.setdefault(tuple(own.items()), []).extend(parts)
    for key, parts in groups.items():
        if len(parts) == 1:
            yield key, parts[0]
        elif parts[0].geom_type == "Point":
            yield from ((key, part) for part in parts)
        elif parts[0].geom_type == "LineString":
            yield key, MultiLineString([part for part in parts if isinstance(part, LineString)])
        else:
            yield key, together([part for part in parts if isinstance(part, Polygon)])


def together(areas: list[Polygon]) -> BaseGeometry:
    """Areas as one; those that overlap or share a side are united, because a fill would leave holes there."""
    whole = MultiPolygon(areas)
    if whole.is_valid:
        return whole
    return shapely.orient_polygons(shapely.union_all(areas, grid_size=1.0), exterior_cw=False)


def drawable(part: BaseGeometry) -> bool:
    """Whether a part still has extent on the tile's raster."""
    if part.is_empty:
        return False
    if part.geom_type == "LineString":
        return part.length > 0
    return part.geom_type in ("Point", "Polygon")
