"""Writes the demo town's streets, ground, buildings and labels into one .osm.pbf."""

# osmium and shapely carry few types: what they return is unknown until it is put into a typed name.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false, reportUnknownLambdaType=false, reportUnknownParameterType=false

import math
import random
from collections.abc import Iterable, Sequence
from pathlib import Path

import osmium
import osmium.io
import osmium.osm
from osmium.osm import mutable
from shapely import LineString, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.ops import unary_union

from routing import town_plan as plan
from routing.town_blocks import Site, buildings_in
from routing.town_ground import Block, Ground, polygons
from routing.town_plan import Metres, PlacePlan
from routing.town_streets import Segment, curve, line_parts

LonLat = tuple[float, float]

METRES_PER_DEGREE_LAT = 110_850.0
METRES_PER_DEGREE_LON = 111_412.0 * math.cos(math.radians(plan.CENTER[1]))


def to_lon_lat(point: Metres) -> LonLat:
    """A point of the plan's sheet as WGS-84, 7 decimals."""
    east, north = point[0] - plan.SHEET_CENTER[0], point[1] - plan.SHEET_CENTER[1]
    return (
        round(plan.CENTER[0] + east / METRES_PER_DEGREE_LON, 7),
        round(plan.CENTER[1] + north / METRES_PER_DEGREE_LAT, 7),
    )


class Sheet:
    """Collects nodes, ways and relations and saves them as one .osm.pbf."""

    def __init__(self) -> None:
        self._nodes: dict[Metres, int] = {}
        self._points: list[tuple[Metres, dict[str, str]]] = []
        self._ways: list[tuple[list[int], dict[str, str]]] = []
        self._relations: list[tuple[list[tuple[str, int, str]], dict[str, str]]] = []

    def way(self, points: Iterable[Sequence[float]], tags: dict[str, str]) -> int:
        """Adds a way and returns its id; equal points share one node."""
        ids = [self._nodes.setdefault((round(x, 2), round(y, 2)), len(self._nodes) + 1) for x, y in points]
        ids = [node for index, node in enumerate(ids) if index == 0 or node != ids[index - 1]]
        self._ways.append((ids, tags))
        return len(self._ways)

    def area(self, shape: BaseGeometry, tags: dict[str, str]) -> None:
        """Adds each polygon as a closed way, or as a multipolygon relation when it has holes."""
        for polygon in polygons(shape):
            if not polygon.interiors:
                self.way(polygon.exterior.coords, tags)
                continue
            members = [("w", self.way(polygon.exterior.coords, {}), "outer")]
            members += [("w", self.way(ring.coords, {}), "inner") for ring in polygon.interiors]
            self._relations.append((members, {"type": "multipolygon", **tags}))

    def point(self, at: Metres, tags: dict[str, str]) -> None:
        """Adds a tagged node."""
        self._points.append((at, tags))

    def save(self, target: Path) -> None:
        """Writes everything beside `target` first, then puts it in its place."""
        header = osmium.io.Header()
        header.set("generator", plan.GENERATOR)
        west, south = to_lon_lat((plan.SHEET[0], plan.SHEET[1]))
        east, north = to_lon_lat((plan.SHEET[2], plan.SHEET[3]))
        header.add_box(osmium.osm.Box(west, south, east, north))
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_name(f".{target.name}.part.osm.pbf")
        draft.unlink(missing_ok=True)
        try:
            with osmium.SimpleWriter(str(draft), header=header) as writer:
                for point, identifier in self._nodes.items():
                    writer.add_node(mutable.Node(id=identifier, version=1, location=to_lon_lat(point)))
                for offset, (point, tags) in enumerate(self._points, len(self._nodes) + 1):
                    writer.add_node(mutable.Node(id=offset, version=1, location=to_lon_lat(point), tags=tags))
                for identifier, (nodes, tags) in enumerate(self._ways, 1):
                    writer.add_way(mutable.Way(id=identifier, version=1, nodes=nodes, tags=tags))
                for identifier, (members, tags) in enumerate(self._relations, 1):
                    writer.add_relation(
                        mutable.Relation(id=identifier, version=1, members=members, tags=tags)
                    )
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)


def write_streets(sheet: Sheet, segments: list[Segment], dice: random.Random) -> None:
    """Streets as ways: neighbouring segments with the same tags together; some lanes climb by steps or steeply."""
    run: list[Metres] = []
    tags: dict[str, str] = {}
    previous: Segment | None = None
    for segment in segments:
        own = segment.line.tags
        if segment.line.kind == "lane" and dice.random() < 0.06:
            own = {**own, "highway": "steps"} if dice.random() < 0.5 else {**own, "incline": "14%"}
        joins = previous is not None and previous.line is segment.line and previous.last == segment.first
        if joins and own == tags:
            run.extend(segment.points[1:])
        else:
            if run:
                sheet.way(run, tags)
            run, tags = list(segment.points), own
        previous = segment
    sheet.way(run, tags)


def write_ground(sheet: Sheet, ground: Ground, blocks: list[Block]) -> None:
    """Water, parks, hills, fields, the rail line and the use of the land."""
    frame = Polygon.from_bounds(*plan.SURROUNDINGS)
    river_names = {"name": "柳河", "name:zh": "柳河", "name:en": "Liu River"}
    sheet.area(
        ground.sea & frame, {"natural": "water", "water": "sea", "name": "乐湾", "name:en": "Lewan Bay"}
    )
    upstream = frame & Polygon.from_bounds(-9000, 0, 3890, 4100)
    sheet.area(ground.river & upstream, {"natural": "water", "water": "river", **river_names})
    for part in line_parts(LineString(ground.river_line) & (frame - ground.sea.buffer(-30))):
        sheet.way(part.coords, {"waterway": "river", **river_names})
    sheet.area(ground.lake, {"natural": "water", "water": "lake", "name": "月湖", "name:en": "Moon Lake"})
    sheet.area(ground.pond, {"natural": "water", "water": "pond", "name": "榕池", "name:en": "Banyan Pond"})
    park = {"leisure": "park"}
    sheet.area(ground.lake_park, {**park, "name": "月湖公园", "name:en": "Moon Lake Park"})
    sheet.area(ground.banyan_park, {**park, "name": "榕园", "name:en": "Banyan Park"})
    sheet.area(
        ground.square,
        {"highway": "pedestrian", "area": "yes", "name": "站前广场", "name:en": "Station Square"},
    )
    banks = ground.river.buffer(36) - ground.river
    sheet.area((banks & ground.built_up.buffer(40)) - ground.sea, {"landuse": "grass"})
    for outline in plan.HILLS:
        sheet.area(Polygon(curve(outline, closed=True)).buffer(0) & frame, {"natural": "wood"})
    for outline in plan.FIELDS:
        sheet.area(Polygon(curve(outline, closed=True)).buffer(0) & frame, {"landuse": "farmland"})
    for block in blocks:
        sheet.area(block.shape.simplify(1), {"landuse": "residential"})
    rail_land = ground.rail.buffer(26) & ground.built_up.buffer(200)
    sheet.area(rail_land - ground.river.buffer(45), {"landuse": "railway"})
    sheet.area(ground.beach, {"natural": "beach"})
    over = ground.river.buffer(45)
    for part in line_parts((ground.rail & frame) - over):
        sheet.way(part.coords, {"railway": "rail", "name": "乐湾铁路", "name:en": "Lewan Railway"})
    for part in line_parts(ground.rail & over):
        sheet.way(part.coords, {"railway": "rail", "bridge": "yes", "layer": "2", "name": "乐湾铁路"})


SITE_TAGS: dict[str, dict[str, str]] = {
    "school": {"amenity": "school"},
    "hospital": {"amenity": "hospital"},
    "market": {"amenity": "marketplace"},
    "temple": {"amenity": "place_of_worship", "religion": "confucian"},
    "library": {"amenity": "library"},
}
POINT_TAGS: dict[str, dict[str, str]] = {
    "police_station": {"amenity": "police"},
    "police_post": {"amenity": "police", "police": "checkpoint"},
    "bar_street": {"amenity": "bar"},
    "night_market": {"amenity": "marketplace", "marketplace": "night_market"},
    "station_square": {"place": "square"},
    "station": {"railway": "station"},
    "bus_stop": {"highway": "bus_stop"},
    "clinic": {"amenity": "clinic"},
    "community_center": {"amenity": "community_centre"},
    "ferry": {"amenity": "ferry_terminal"},
    "parking": {"amenity": "parking"},
    "charging": {"amenity": "bicycle_parking"},
}


def write_buildings(
    sheet: Sheet, ground: Ground, sites: list[Site], cells: list[tuple[Polygon, str]], dice: random.Random
) -> None:
    """Buildings of every block; schools, markets and the like with their ground."""
    for site in sites:
        names = {"name": site.place.name_zh, "name:zh": site.place.name_zh, "name:en": site.place.name_en}
        sheet.area(site.shape, {**SITE_TAGS[site.place.kind], **names})
        for shape in buildings_in(site.shape, "site", dice):
            sheet.area(shape, {"building": site.place.kind})
    open_ground = unary_union([ground.square, *(ground.banyan_park, ground.lake_park)])
    for cell, fabric in cells:
        for shape in buildings_in(cell, fabric, dice):
            if not shape.intersects(open_ground):
                sheet.area(shape, {"building": "yes"})
    station = Polygon([(2020, 1215), (2046, 1215), (2044, 1318), (2018, 1318)])
    sheet.area(station, {"building": "train_station"})


def write_points(sheet: Sheet, places: Sequence[tuple[PlacePlan, Metres]]) -> None:
    """Named places without ground of their own, and the labels of communities and sub-districts."""
    for place, at in places:
        if place.kind in POINT_TAGS and not place.site:
            sheet.point(at, {**POINT_TAGS[place.kind], "name": place.name_zh, "name:en": place.name_en})
    for community in plan.COMMUNITIES:
        tags = {"place": "neighbourhood", "name": community.name_zh, "name:en": community.name_en}
        sheet.point(community.label, tags)
    for slug, (name_zh, name_en) in plan.STREETS_OFFICES.items():
        labels = [c.label for c in plan.COMMUNITIES if c.street == slug]
        middle = (sum(x for x, _ in labels) / len(labels), sum(y for _, y in labels) / len(labels))
        sheet.point(middle, {"place": "suburb", "name": name_zh, "name:en": name_en})
    sheet.point(plan.SHEET_CENTER, {"place": "city", "name": plan.NAME_ZH, "name:en": plan.NAME_EN})
