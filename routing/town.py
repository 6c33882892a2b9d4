"""The demo town "乐湾区 (Lewan)": made-up streets, buildings and places in open sea, written as a real .osm.pbf.

The same seed gives the same bytes. The drawing is in `town_plan`; `town_ground`, `town_streets` and `town_blocks`
turn it into streets and buildings; this module names places, parts the land into communities and writes the file.
"""

import hashlib
import math
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import osmium
import shapely
from osmium.osm import mutable
from shapely import LineString, Point, Polygon, STRtree
from shapely.geometry.base import BaseGeometry
from shapely.ops import polygonize, unary_union

from routing import town_plan as plan
from routing.town_blocks import Site, buildings_in, street_blocks, take_sites
from routing.town_ground import (
    Block,
    Ground,
    blocks_between,
    lay_ground,
    main_lines,
    paths,
    polygons,
    side_streets,
    with_bridges,
)
from routing.town_plan import CheckpointKind, Metres, PlaceKind
from routing.town_streets import Line, Segment, curve, cut_at_crossings, drop_some, join_loose_ends

LonLat = tuple[float, float]

METRES_PER_DEGREE_LAT = 110_850.0
METRES_PER_DEGREE_LON = 111_412.0 * math.cos(math.radians(plan.CENTER[1]))


@dataclass(frozen=True)
class TownArea:
    """A district, sub-district or community: `path` as in "lewan/rongqiao/rongdong", `geometry` GeoJSON."""

    path: str
    kind: str  # "district" | "street" | "community"
    name_zh: str
    name_en: str
    geometry: dict[str, Any]
    center: LonLat
    population: int


@dataclass(frozen=True)
class TownPlace:
    """A named place of the town."""

    kind: PlaceKind
    name_zh: str
    name_en: str
    lon: float
    lat: float
    community: str  # path of the community it lies in


@dataclass(frozen=True)
class TownCheckpoint:
    """A plate at which a patrol can sign in."""

    name_zh: str
    name_en: str
    lon: float
    lat: float
    kind: CheckpointKind
    community: str


@dataclass(frozen=True)
class Junction:
    """A street corner, for whatever must lie on a street."""

    lon: float
    lat: float
    community: str


@dataclass(frozen=True)
class Town:
    """What the written file holds, for those who set up a demo over it (WGS-84, lon before lat)."""

    path: Path
    name_zh: str
    name_en: str
    bounds: tuple[float, float, float, float]
    center: LonLat
    areas: tuple[TownArea, ...]
    places: tuple[TownPlace, ...]
    checkpoints: tuple[TownCheckpoint, ...]
    junctions: tuple[Junction, ...]
    river: tuple[LonLat, ...]
    bar_street: tuple[LonLat, ...]
    water: dict[str, Any]  # GeoJSON: sea, river, lake and pond, where nothing can happen on foot
    sha256: str

    @property
    def communities(self) -> tuple[TownArea, ...]:
        """The twelve communities."""
        return tuple(area for area in self.areas if area.kind == "community")

    def places_of(self, *kinds: PlaceKind) -> tuple[TownPlace, ...]:
        """The places of these kinds, in the plan's order."""
        return tuple(place for place in self.places if place.kind in kinds)


def to_lon_lat(point: Metres) -> LonLat:
    """A point of the plan's sheet as WGS-84, 7 decimals."""
    east, north = point[0] - plan.SHEET_CENTER[0], point[1] - plan.SHEET_CENTER[1]
    return (
        round(plan.CENTER[0] + east / METRES_PER_DEGREE_LON, 7),
        round(plan.CENTER[1] + north / METRES_PER_DEGREE_LAT, 7),
    )


def write_town(path: Path | str, *, seed: int = 20260801) -> Town:
    """Writes the town to `path` (replaced only when complete) and returns what lies in it."""
    target = Path(path)
    dice = random.Random(seed)
    ground = lay_ground()
    mains = main_lines(ground)
    blocks = blocks_between(mains, ground)
    lines = [part for line in mains for part in with_bridges(line, ground)] + side_streets(blocks, dice)
    join_loose_ends(lines)
    lines += paths(ground, lines, dice)
    segments = drop_some(cut_at_crossings(lines), dice)
    sites, cells = take_sites(street_blocks(segments, blocks))
    areas, shapes = part_land(ground, mains)
    places = set_places(sites, segments, shapes)

    sheet = Sheet()
    write_streets(sheet, segments, dice)
    write_ground(sheet, ground, blocks)
    write_buildings(sheet, ground, sites, cells, dice)
    write_points(sheet, places)
    sheet.save(target)

    named = {line.tags.get("name"): line.points for line in mains}
    corners = sorted({point for s in segments for point in (s.first, s.last) if s.line.kind != "path"})
    corners = [p for p in corners if ground.built_up.buffer(5).contains(Point(p))]
    west, south = to_lon_lat((plan.SHEET[0], plan.SHEET[1]))
    east, north = to_lon_lat((plan.SHEET[2], plan.SHEET[3]))
    return Town(
        path=target,
        name_zh="乐湾区",
        name_en="Lewan",
        bounds=(west, south, east, north),
        center=plan.CENTER,
        areas=tuple(areas),
        places=tuple(places),
        checkpoints=tuple(set_checkpoints(segments, shapes)),
        junctions=tuple(Junction(*to_lon_lat(p), within(shapes, p)) for p in corners),
        river=tuple(to_lon_lat(p) for p in ground.river_line),
        bar_street=tuple(to_lon_lat(p) for p in named["新渡酒吧街"]),
        water=geojson_of(ground.water & Polygon.from_bounds(*plan.SHEET)),
        sha256=hashlib.sha256(target.read_bytes()).hexdigest(),
    )


# Areas -------------------------------------------------------------------------------------------------------------


def part_land(ground: Ground, mains: list[Line]) -> tuple[list[TownArea], dict[str, BaseGeometry]]:
    """The district, its three sub-districts and twelve communities; also each community's shape in metres."""
    borders: list[BaseGeometry] = [LineString(points) for points in plan.BORDER_LINES]
    borders += [LineString(ground.river_line), ground.rail, ground.built_up.boundary]
    borders += [line.shape for line in mains if line.tags.get("name") in plan.BORDER_STREETS]
    faces = [
        f for f in polygonize(unary_union(borders)) if ground.built_up.contains(f.representative_point())
    ]
    faces.sort(key=lambda face: face.bounds)
    by_slug: dict[str, list[Polygon]] = {c.slug: [] for c in plan.COMMUNITIES}
    homes = {c.slug: next(f for f in faces if f.contains(Point(c.label))) for c in plan.COMMUNITIES}
    for face in faces:  # a sliver between two borders goes to the community it shares most of its border with
        owner = next((slug for slug, home in homes.items() if home is face), None)
        owner = owner or max(homes, key=lambda slug: face.boundary.intersection(homes[slug].boundary).length)
        by_slug[owner].append(face)
    shapes: dict[str, BaseGeometry] = {}
    areas: list[TownArea] = []
    for community in plan.COMMUNITIES:
        shape = unary_union(by_slug[community.slug])
        path = f"lewan/{community.street}/{community.slug}"
        shapes[path] = shape
        areas.append(
            area_of(path, "community", community.name_zh, community.name_en, shape, community.population)
        )
    streets: list[TownArea] = []
    for slug, (name_zh, name_en) in plan.STREETS_OFFICES.items():
        members = [path for path in shapes if path.startswith(f"lewan/{slug}/")]
        people = sum(area.population for area in areas if area.path in members)
        shape = unary_union([shapes[path] for path in members])
        streets.append(area_of(f"lewan/{slug}", "street", name_zh, name_en, shape, people))
    whole = unary_union(list(shapes.values()))
    district = area_of("lewan", "district", "乐湾区", "Lewan", whole, sum(a.population for a in areas))
    return [district, *streets, *areas], shapes


def area_of(
    path: str, kind: str, name_zh: str, name_en: str, shape: BaseGeometry, population: int
) -> TownArea:
    """An area with its GeoJSON boundary; the centre is a point surely inside it."""
    middle = shape.centroid if shape.contains(shape.centroid) else shape.representative_point()
    return TownArea(
        path, kind, name_zh, name_en, geojson_of(shape), to_lon_lat((middle.x, middle.y)), population
    )


def geojson_of(shape: BaseGeometry) -> dict[str, Any]:
    """A Polygon or MultiPolygon of the sheet as GeoJSON geometry, outer rings counter-clockwise (RFC 7946)."""
    parts = [shapely.orient_polygons(part) for part in polygons(shape)]
    rings = [
        [[list(to_lon_lat((x, y))) for x, y in ring.coords] for ring in (p.exterior, *p.interiors)]
        for p in parts
    ]
    if len(rings) == 1:
        return {"type": "Polygon", "coordinates": rings[0]}
    return {"type": "MultiPolygon", "coordinates": rings}


def within(shapes: dict[str, BaseGeometry], point: Metres) -> str:
    """The path of the community a point lies in, or of the nearest one."""
    return min(shapes, key=lambda path: shapes[path].distance(Point(point)))


# Places ------------------------------------------------------------------------------------------------------------


def set_places(
    sites: list[Site], segments: list[Segment], shapes: dict[str, BaseGeometry]
) -> list[TownPlace]:
    """Every named place: in the middle of its ground, or beside the nearest street."""
    grounds = {site.place.name_zh: site.shape for site in sites}
    curb = Curb(segments)
    places: list[TownPlace] = []
    for place in plan.PLACES:
        if place.name_zh in grounds:
            inside = grounds[place.name_zh].representative_point()
            at = (inside.x, inside.y)
        elif place.kind in ("park", "station", "station_square", "ferry"):
            at = place.at
        else:
            at = curb.beside(place.at, 0.0 if place.kind in ("bar_street", "night_market") else 9.0)
        places.append(
            TownPlace(place.kind, place.name_zh, place.name_en, *to_lon_lat(at), within(shapes, at))
        )
    return places


def set_checkpoints(segments: list[Segment], shapes: dict[str, BaseGeometry]) -> list[TownCheckpoint]:
    """The sign-in plates, each on the nearest street."""
    curb = Curb(segments)
    result: list[TownCheckpoint] = []
    for name_zh, name_en, planned, kind in plan.CHECKPOINTS:
        at = curb.beside(planned, 0.0)
        result.append(TownCheckpoint(name_zh, name_en, *to_lon_lat(at), kind, within(shapes, at)))
    return result


class Curb:
    """Finds the nearest street and a point beside it."""

    def __init__(self, segments: Sequence[Segment]) -> None:
        self._lines = [LineString(s.points) for s in segments if s.line.level == 0]
        self._tree = STRtree(self._lines)

    def beside(self, point: Metres, distance_m: float) -> Metres:
        """The point `distance_m` off the street nearest to `point`, on the side where `point` lies."""
        here = Point(point)
        line = self._lines[int(self._tree.nearest(here))]
        foot = line.interpolate(line.project(here))
        gap = math.dist(point, (foot.x, foot.y))
        if distance_m == 0 or gap < 0.1:
            return (foot.x, foot.y)
        return (
            foot.x + (point[0] - foot.x) / gap * distance_m,
            foot.y + (point[1] - foot.y) / gap * distance_m,
        )


# The file ----------------------------------------------------------------------------------------------------------


class Sheet:
    """Collects nodes, ways and relations and saves them as one .osm.pbf."""

    def __init__(self) -> None:
        self._nodes: dict[Metres, int] = {}
        self._points: list[tuple[Metres, dict[str, str]]] = []
        self._ways: list[tuple[list[int], dict[str, str]]] = []
        self._relations: list[tuple[list[tuple[str, int, str]], dict[str, str]]] = []

    def way(self, points: Iterable[Metres], tags: dict[str, str]) -> int:
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
    for part in polygons_lines(LineString(ground.river_line) & (frame - ground.sea.buffer(-30))):
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
    for part in polygons_lines((ground.rail & frame) - over):
        sheet.way(part.coords, {"railway": "rail", "name": "乐湾铁路", "name:en": "Lewan Railway"})
    for part in polygons_lines(ground.rail & over):
        sheet.way(part.coords, {"railway": "rail", "bridge": "yes", "layer": "2", "name": "乐湾铁路"})


def polygons_lines(shape: BaseGeometry) -> list[LineString]:
    """The lines inside a clip's result."""
    return [part for part in shapely.get_parts(shape) if isinstance(part, LineString)]


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


def write_points(sheet: Sheet, places: list[TownPlace]) -> None:
    """Named places without ground of their own, and the labels of communities and sub-districts."""
    planned = {place.name_zh: place for place in plan.PLACES}
    for place in places:
        tags = POINT_TAGS.get(place.kind)
        if tags is None or planned[place.name_zh].site:
            continue
        sheet.point(
            to_sheet((place.lon, place.lat)), {**tags, "name": place.name_zh, "name:en": place.name_en}
        )
    for community in plan.COMMUNITIES:
        sheet.point(
            community.label,
            {"place": "neighbourhood", "name": community.name_zh, "name:en": community.name_en},
        )
    for slug, (name_zh, name_en) in plan.STREETS_OFFICES.items():
        labels = [c.label for c in plan.COMMUNITIES if c.street == slug]
        middle = (sum(x for x, _ in labels) / len(labels), sum(y for _, y in labels) / len(labels))
        sheet.point(middle, {"place": "suburb", "name": name_zh, "name:en": name_en})
    sheet.point(plan.SHEET_CENTER, {"place": "city", "name": "乐湾区", "name:en": "Lewan"})


def to_sheet(point: LonLat) -> Metres:
    """The inverse of `to_lon_lat`."""
    return (
        plan.SHEET_CENTER[0] + (point[0] - plan.CENTER[0]) * METRES_PER_DEGREE_LON,
        plan.SHEET_CENTER[1] + (point[1] - plan.CENTER[1]) * METRES_PER_DEGREE_LAT,
    )
