"""What of an .osm.pbf goes on the base map, in which layer, as what class and from which zoom.

Layers and classes follow the OpenMapTiles manner. Chinese names are in `name`, English ones in `name_en`.
"""

# osmium and parts of shapely carry few types: what they return is unknown until it is put into a typed name.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false, reportUnknownLambdaType=false, reportUnknownParameterType=false

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import osmium
import osmium.filter
import osmium.geom
import osmium.osm
import shapely
from shapely.geometry.base import BaseGeometry

Properties = dict[str, str | int]

# layer -> its attributes, as the file's metadata lists them
LAYER_FIELDS: dict[str, dict[str, str]] = {
    "landcover": {"class": "String"},
    "landuse": {"class": "String"},
    "park": {"class": "String", "name": "String", "name_en": "String"},
    "water": {"class": "String"},
    "waterway": {"class": "String", "name": "String", "name_en": "String"},
    "building": {},
    "transportation": {
        "class": "String",
        "subclass": "String",
        "name": "String",
        "bridge": "Number",
        "tunnel": "Number",
    },
    "transportation_name": {"class": "String", "name": "String", "name_en": "String"},
    "water_name": {"class": "String", "name": "String", "name_en": "String"},
    "poi": {"class": "String", "rank": "Number", "name": "String", "name_en": "String"},
    "place": {"class": "String", "rank": "Number", "name": "String", "name_en": "String"},
}


@dataclass(frozen=True)
class Feature:
    """One thing on the map; `order` says what is drawn first within its layer."""

    layer: str
    shape: BaseGeometry  # lon, lat
    properties: Properties
    min_zoom: int
    order: int = 0


@dataclass
class Source:
    """A read .osm.pbf: its features, frame (west, south, east, north) and the program that wrote it."""

    generator: str
    bounds: tuple[float, float, float, float]
    features: list[Feature] = field(default_factory=list)


# highway value -> (class, first zoom, drawing order)
ROADS: dict[str, tuple[str, int, int]] = {
    "motorway": ("motorway", 11, 9), "motorway_link": ("motorway", 12, 9),
    "trunk": ("motorway", 11, 9), "trunk_link": ("motorway", 12, 9),
    "primary": ("primary", 11, 8), "primary_link": ("primary", 12, 8),
    "secondary": ("secondary", 11, 7), "secondary_link": ("secondary", 12, 7),
    "tertiary": ("tertiary", 12, 6), "tertiary_link": ("tertiary", 13, 6),
    "residential": ("minor", 13, 5), "unclassified": ("minor", 13, 5), "living_street": ("minor", 13, 5),
    "road": ("minor", 13, 5), "pedestrian": ("minor", 13, 5),
    "service": ("service", 14, 4), "track": ("service", 14, 4),
    "footway": ("path", 14, 3), "path": ("path", 14, 3), "steps": ("path", 14, 3), "cycleway": ("path", 14, 3),
    "bridleway": ("path", 14, 3), "corridor": ("path", 15, 3),
}  # fmt: skip
RAILS = {"rail", "light_rail", "subway", "tram", "narrow_gauge", "monorail"}
WATERWAYS = {"river": 11, "canal": 12, "stream": 13, "drain": 14, "ditch": 14}
LANDCOVER: dict[tuple[str, str], str] = {
    ("natural", "wood"): "wood", ("landuse", "forest"): "wood", ("natural", "scrub"): "scrub",
    ("natural", "grassland"): "grass", ("landuse", "grass"): "grass", ("landuse", "meadow"): "grass",
    ("landuse", "village_green"): "grass", ("natural", "heath"): "grass", ("landuse", "recreation_ground"): "grass",
    ("landuse", "farmland"): "farmland", ("landuse", "orchard"): "farmland", ("landuse", "vineyard"): "farmland",
    ("landuse", "allotments"): "farmland", ("natural", "sand"): "sand", ("natural", "beach"): "sand",
    ("natural", "wetland"): "wetland", ("natural", "bare_rock"): "rock",
}  # fmt: skip
PARKS = {("leisure", "park"): "park", ("leisure", "garden"): "garden", ("leisure", "nature_reserve"): "reserve",
         ("leisure", "golf_course"): "golf", ("landuse", "cemetery"): "cemetery"}  # fmt: skip
LANDUSE = {
    ("landuse", "residential"): "residential", ("landuse", "commercial"): "commercial",
    ("landuse", "retail"): "commercial", ("landuse", "industrial"): "industrial", ("landuse", "railway"): "railway",
    ("landuse", "construction"): "construction", ("landuse", "military"): "military",
    ("amenity", "school"): "school", ("amenity", "kindergarten"): "school", ("amenity", "university"): "school",
    ("amenity", "college"): "school", ("amenity", "hospital"): "hospital", ("amenity", "marketplace"): "market",
    ("amenity", "parking"): "parking", ("leisure", "pitch"): "pitch", ("leisure", "track"): "pitch",
    ("leisure", "stadium"): "pitch", ("leisure", "playground"): "playground", ("highway", "pedestrian"): "pedestrian",
    ("place", "square"): "pedestrian",
}  # fmt: skip
WATER = {("natural", "water"): "", ("waterway", "riverbank"): "river", ("landuse", "reservoir"): "lake",
         ("landuse", "basin"): "pond", ("waterway", "dock"): "dock", ("natural", "bay"): "sea"}  # fmt: skip
# (key, value) -> (class, rank); rank 1 is shown from zoom 13, 2 from 14, 3 from 15
POIS: dict[tuple[str, str], tuple[str, int]] = {
    ("amenity", "police"): ("police", 1), ("amenity", "hospital"): ("hospital", 1), ("railway", "station"): ("station", 1),
    ("railway", "halt"): ("station", 1), ("amenity", "townhall"): ("public", 1), ("amenity", "fire_station"): ("fire", 1),
    ("amenity", "school"): ("school", 2), ("amenity", "kindergarten"): ("school", 2),
    ("amenity", "university"): ("school", 1), ("amenity", "college"): ("school", 2),
    ("amenity", "marketplace"): ("market", 2), ("leisure", "park"): ("park", 2), ("place", "square"): ("square", 2),
    ("amenity", "ferry_terminal"): ("ferry", 2), ("railway", "subway_entrance"): ("station", 3),
    ("amenity", "bus_station"): ("bus_stop", 2), ("highway", "bus_stop"): ("bus_stop", 3),
    ("amenity", "clinic"): ("clinic", 3), ("amenity", "doctors"): ("clinic", 3), ("amenity", "pharmacy"): ("pharmacy", 3),
    ("amenity", "bar"): ("bar", 2), ("amenity", "pub"): ("bar", 3), ("amenity", "nightclub"): ("bar", 3),
    ("amenity", "restaurant"): ("restaurant", 3), ("amenity", "fast_food"): ("restaurant", 3),
    ("amenity", "cafe"): ("cafe", 3), ("amenity", "library"): ("library", 2),
    ("amenity", "place_of_worship"): ("worship", 2), ("amenity", "bank"): ("bank", 3),
    ("amenity", "post_office"): ("post", 3), ("amenity", "toilets"): ("toilets", 3),
    ("amenity", "parking"): ("parking", 3), ("amenity", "bicycle_parking"): ("bicycle", 3),
    ("amenity", "community_centre"): ("community", 2), ("amenity", "social_centre"): ("community", 3),
    ("amenity", "cinema"): ("culture", 3), ("amenity", "theatre"): ("culture", 3), ("tourism", "museum"): ("culture", 2),
    ("tourism", "attraction"): ("culture", 3), ("tourism", "hotel"): ("hotel", 3), ("shop", "supermarket"): ("shop", 3),
    ("shop", "mall"): ("shop", 2), ("shop", "convenience"): ("shop", 3), ("leisure", "stadium"): ("sport", 2),
    ("leisure", "sports_centre"): ("sport", 3),
}  # fmt: skip
# place value -> (rank, first zoom)
PLACES = {"city": (1, 11), "town": (1, 11), "suburb": (2, 12), "village": (2, 12), "quarter": (3, 13),
          "neighbourhood": (3, 13), "hamlet": (3, 13), "locality": (4, 14)}  # fmt: skip


def read_source(path: Path) -> Source:
    """Reads every feature of the file. osmium's errors (truncated, not a .pbf) pass through as RuntimeError."""
    factory = osmium.geom.WKBFactory()
    processor = osmium.FileProcessor(str(path)).with_areas().with_filter(osmium.filter.EmptyTagFilter())
    header = processor.header
    features: list[Feature] = []
    for entity in processor:
        tags = dict(entity.tags)
        try:
            if isinstance(entity, osmium.osm.Node):
                features += point_features(tags, lambda e=entity: shapely.Point(e.lon, e.lat))
            elif isinstance(entity, osmium.osm.Way):
                features += line_features(tags, lambda e=entity: drawn(factory.create_linestring, e))
            elif isinstance(entity, osmium.osm.Area):
                features += area_features(tags, lambda e=entity: drawn(factory.create_multipolygon, e))
        except Undrawable:
            continue
    box = header.box()
    if box.valid():
        bounds = (box.bottom_left.lon, box.bottom_left.lat, box.top_right.lon, box.top_right.lat)
    else:
        bounds = frame_of(features)
    return Source(header.get("generator", ""), bounds, features)


class Undrawable(Exception):
    """A way cut off at the extract's edge, or a ring that does not close."""


def drawn(create: Callable[[Any], str], entity: Any) -> BaseGeometry:
    """The entity's geometry, or Undrawable."""
    try:
        return shapely.from_wkb(create(entity))
    except (osmium.InvalidLocationError, RuntimeError, shapely.errors.GEOSException) as error:
        raise Undrawable(str(error)) from error


def frame_of(features: list[Feature]) -> tuple[float, float, float, float]:
    """The rectangle round all features, for files whose header has none; ValueError when there are none."""
    if not features:
        raise ValueError("the file holds nothing that can be drawn")
    west, south, east, north = shapely.total_bounds([feature.shape for feature in features])
    return (float(west), float(south), float(east), float(north))


Shape = Callable[[], BaseGeometry]


def names(tags: Mapping[str, str]) -> Properties:
    """The Chinese (or local) name and the English one."""
    found: Properties = {}
    name = tags.get("name:zh") or tags.get("name:zh-Hans") or tags.get("name")
    if name:
        found["name"] = name
    if english := tags.get("name:en") or tags.get("int_name"):
        found["name_en"] = english
    return found


def first_match[V](tags: Mapping[str, str], table: Mapping[tuple[str, str], V]) -> V | None:
    """The table's entry for the first of its (key, value) pairs that the tags carry."""
    return next((found for pair in tags.items() if (found := table.get(pair)) is not None), None)


def line_features(tags: Mapping[str, str], shape: Shape) -> Iterator[Feature]:
    """Streets, rails and waterways."""
    if tags.get("area") == "yes":
        return
    highway, railway, waterway = tags.get("highway", ""), tags.get("railway", ""), tags.get("waterway", "")
    if highway in ROADS:
        kind, zoom, order = ROADS[highway]
        properties: Properties = {"class": kind}
        if kind == "path" or highway in ("pedestrian", "living_street"):
            properties["subclass"] = highway
        yield from street(tags, shape(), properties, zoom, order)
    elif railway in RAILS:
        yield from street(tags, shape(), {"class": "rail", "subclass": railway}, 12, 2)
    elif waterway in WATERWAYS:
        line = shape()
        yield Feature("waterway", line, {"class": waterway, **names(tags)}, WATERWAYS[waterway])


def street(
    tags: Mapping[str, str], line: BaseGeometry, properties: Properties, zoom: int, order: int
) -> Iterator[Feature]:
    """A street or rail line, and its name in the layer for labels."""
    name = names(tags)
    properties = dict(properties)
    if "name" in name:
        properties["name"] = name["name"]
    if tags.get("tunnel", "no") != "no":
        properties["tunnel"] = 1
        order -= 20
    if tags.get("bridge", "no") != "no":
        properties["bridge"] = 1
        order += 20
    yield Feature("transportation", line, properties, zoom, order)
    if "name" in name:
        yield Feature(
            "transportation_name", line, {"class": properties["class"], **name}, max(zoom, 12), -order
        )


def area_features(tags: Mapping[str, str], shape: Shape) -> Iterator[Feature]:
    """Buildings, water, parks, land cover, land use; and the points that label them."""
    if tags.get("building", "no") != "no":
        yield Feature("building", shape(), {}, 14)
    elif (water := first_match(tags, WATER)) is not None:
        ground, kind = shape(), tags.get("water") or water or "lake"
        yield Feature("water", ground, {"class": kind}, 11)
        if (name := names(tags)) and kind not in ("river", "canal"):
            yield Feature("water_name", shapely.point_on_surface(ground), {"class": kind, **name}, 13)
    elif kind := first_match(tags, PARKS):
        yield Feature("park", shape(), {"class": kind, **names(tags)}, 11)
    elif kind := first_match(tags, LANDCOVER):
        yield Feature("landcover", shape(), {"class": kind}, 11)
    elif (kind := first_match(tags, LANDUSE)) and (tags.get("area") == "yes" or "highway" not in tags):
        yield Feature("landuse", shape(), {"class": kind}, 12)
    if first_match(tags, POIS) is not None:
        yield from point_features(tags, lambda: shapely.point_on_surface(shape()))


def point_features(tags: Mapping[str, str], shape: Shape) -> Iterator[Feature]:
    """Named points of interest and names of places."""
    name = names(tags)
    if "name" not in name:
        return
    if place := PLACES.get(tags.get("place", "")):
        rank, zoom = place
        yield Feature("place", shape(), {"class": tags["place"], "rank": rank, **name}, zoom, rank)
    elif poi := first_match(tags, POIS):
        kind, rank = poi
        if tags.get("police") == "checkpoint":
            kind, rank = "police_post", 2
        yield Feature("poi", shape(), {"class": kind, "rank": rank, **name}, 12 + rank, rank)
