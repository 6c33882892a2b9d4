"""The demo town "乐湾区 (Lewan)": made-up streets, buildings and places in open sea, written as a real .osm.pbf.

The same seed gives the same bytes. The drawing is in `town_plan`; `town_ground`, `town_streets` and `town_blocks`
turn it into streets and buildings; this module names places, parts the land into communities and writes the file.
"""

# shapely and osmium carry few types: what they return is unknown until it is put into a typed name.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false, reportUnknownLambdaType=false, reportUnknownParameterType=false

import hashlib
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import shapely
from shapely import LineString, Point, Polygon, STRtree
from shapely.geometry.base import BaseGeometry
from shapely.ops import polygonize, unary_union

from routing import town_plan as plan
from routing.town_blocks import Site, street_blocks, take_sites
from routing.town_file import (
    LonLat,
    Sheet,
    to_lon_lat,
    write_buildings,
    write_ground,
    write_points,
    write_streets,
)
from routing.town_ground import (
    Ground,
    blocks_between,
    lay_ground,
    main_lines,
    paths,
    polygons,
    side_streets,
    with_bridges,
)
from routing.town_plan import CheckpointKind, Metres, PlaceKind, PlacePlan
from routing.town_streets import Line, Segment, cut_at_crossings, drop_some, join_loose_ends


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
    placed = set_places(sites, segments)

    sheet = Sheet()
    write_streets(sheet, segments, dice)
    write_ground(sheet, ground, blocks)
    write_buildings(sheet, ground, sites, cells, dice)
    write_points(sheet, placed)
    sheet.save(target)

    named = {line.tags.get("name"): line.points for line in mains}
    corners = sorted({point for s in segments for point in (s.first, s.last) if s.line.kind != "path"})
    corners = [p for p in corners if ground.built_up.buffer(5).contains(Point(p))]
    west, south = to_lon_lat((plan.SHEET[0], plan.SHEET[1]))
    east, north = to_lon_lat((plan.SHEET[2], plan.SHEET[3]))
    return Town(
        path=target,
        name_zh=plan.NAME_ZH,
        name_en=plan.NAME_EN,
        bounds=(west, south, east, north),
        center=plan.CENTER,
        areas=tuple(areas),
        places=tuple(
            TownPlace(p.kind, p.name_zh, p.name_en, *to_lon_lat(at), within(shapes, at)) for p, at in placed
        ),
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
    district = area_of(
        "lewan", "district", plan.NAME_ZH, plan.NAME_EN, whole, sum(a.population for a in areas)
    )
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


def set_places(sites: list[Site], segments: list[Segment]) -> list[tuple[PlacePlan, Metres]]:
    """Where every named place is: in the middle of its ground, or beside the nearest street."""
    grounds = {site.place.name_zh: site.shape for site in sites}
    curb = Curb(segments)
    places: list[tuple[PlacePlan, Metres]] = []
    for place in plan.PLACES:
        if place.name_zh in grounds:
            inside = grounds[place.name_zh].representative_point()
            at = (inside.x, inside.y)
        elif place.kind in ("park", "station", "station_square", "ferry"):
            at = place.at
        else:
            at = curb.beside(place.at, 0.0 if place.kind in ("bar_street", "night_market") else 9.0)
        places.append((place, at))
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
