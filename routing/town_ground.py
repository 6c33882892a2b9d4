"""The demo town's ground: water, parks, built-up land, and all street lines before they are cut at crossings."""

# shapely carry few types: what they return is unknown until it is put into a typed name.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false, reportUnknownLambdaType=false, reportUnknownParameterType=false

import itertools
import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import shapely
from shapely import LineString, MultiPolygon, Point, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.ops import polygonize, unary_union

from routing import town_plan as plan
from routing.town_plan import Metres
from routing.town_streets import Line, beside, curve, join_loose_ends, lattice, line_parts, rounded

RIVERSIDE_ROAD_M = 42.0  # from the water's edge
GREENWAY_M = 13.0
RAIL_ROAD_M = 55.0
COAST_ROAD_M = 70.0


@dataclass(frozen=True)
class Block:
    """A piece of land between main streets, with the manner in which it is built over."""

    shape: Polygon
    fabric: str  # "modern" | "old" | "harbour"


@dataclass(frozen=True)
class Ground:
    """Everything that is where it is before a single side street is drawn."""

    river_line: list[Metres]
    river: Polygon
    sea: BaseGeometry
    lake: Polygon
    pond: Polygon
    water: BaseGeometry
    rail: LineString
    coast: list[Metres]
    coast_road: list[Metres]
    built_up: Polygon
    old_town: Polygon
    banyan_park: Polygon
    lake_park: BaseGeometry
    square: Polygon
    beach: BaseGeometry


def lay_ground() -> Ground:
    """Draws the fixed things of the plan as shapes."""
    river_line = curve(plan.RIVER)
    widths = river_widths(river_line)
    river = Polygon(beside(river_line, widths) + beside(river_line, [-w for w in widths])[::-1]).buffer(0)
    coast = curve(plan.COAST)
    breakwaters = unary_union([LineString(curve(points)).buffer(11) for points in plan.BREAKWATERS])
    piers = unary_union([LineString(points).buffer(6) for points in plan.PIERS])
    open_sea = Polygon([*coast, (20_000.0, coast[-1][1]), (20_000.0, coast[0][1])])
    sea = (
        open_sea.union(river.intersection(Polygon.from_bounds(3700, 1400, 4400, 2000))) - breakwaters - piers
    )
    lake = Polygon(curve(plan.LAKE, closed=True), [curve(plan.LAKE_ISLAND, closed=True)])
    pond = Polygon(curve(plan.BANYAN_POND, closed=True))
    coast_road = beside(coast, [COAST_ROAD_M] * len(coast))
    inland = Polygon([*coast_road, (-20_000.0, coast_road[-1][1]), (-20_000.0, coast_road[0][1])]).buffer(0)
    built_up = Polygon(curve(plan.BUILT_UP, closed=True)).intersection(inland)
    assert isinstance(built_up, Polygon)
    return Ground(
        river_line=river_line,
        river=river,
        sea=sea,
        lake=lake,
        pond=pond,
        water=unary_union([river, sea, lake, pond]),
        rail=LineString(curve(plan.RAIL)),
        coast=coast,
        coast_road=coast_road,
        built_up=built_up,
        old_town=Polygon(old_town_ring()),
        banyan_park=Polygon(curve(plan.BANYAN_PARK, closed=True)),
        lake_park=Polygon(lake.exterior).buffer(plan.MOON_LAKE_PARK_WIDTH_M),
        beach=strand(coast) - breakwaters,
        square=Polygon([(1886, 1205), (1986, 1200), (1982, 1325), (1882, 1328)]),
    )


def strand(coast: list[Metres]) -> BaseGeometry:
    """The beach south of the river mouth: between the sea and the promenade."""
    width = [1 + 13 * min(1.0, max(0.0, (1250 - y) / 300)) for _, y in coast]
    shape = Polygon([*coast, *reversed(beside(coast, width))]).buffer(0)
    return shape & Polygon.from_bounds(3000, -2600, 4300, 1250)


def river_widths(line: list[Metres]) -> list[float]:
    """Half the river's width at each point of its middle line: it widens towards the sea."""
    narrow, wide = plan.RIVER_HALF_WIDTH_M
    return [narrow + (wide - narrow) * min(1.0, max(0.0, (x - 1400) / 2500)) ** 1.3 for x, _ in line]


def old_town_ring() -> list[Metres]:
    """The round of the vanished town wall, a little uneven, as a closed line."""
    (cx, cy), (rx, ry) = plan.OLD_TOWN_CENTER, plan.OLD_TOWN_RADII
    points: list[Metres] = []
    for step in range(20):
        angle = math.tau * step / 20
        reach = 1 + 0.025 * math.sin(3 * angle + 0.7) + 0.02 * math.sin(5 * angle)
        points.append((cx + rx * reach * math.cos(angle), cy + ry * reach * math.sin(angle)))
    return curve(points, closed=True)


def named(name_zh: str, name_en: str, highway: str, **more: str) -> dict[str, str]:
    """Tags of a named street."""
    return {"highway": highway, "name": name_zh, "name:zh": name_zh, "name:en": name_en, **more}


def main_lines(ground: Ground) -> list[Line]:
    """The streets drawn by hand and those that follow river, rail, coast and old town, not yet split at bridges."""
    walks = {"sidewalk": "both", "lit": "yes"}
    lines: list[Line] = []
    for street in plan.MAIN_STREETS:
        more = {} if street.highway in ("pedestrian", "living_street") else {"sidewalk": "both"}
        tags = named(street.name_zh, street.name_en, street.highway, lit="yes", **more)
        lines.append(Line(curve(street.points), tags, snap_m=45))
    ring = Line(old_town_ring(), named("环城路", "Old Town Ring", "tertiary", **walks))
    lines.append(ring)
    corridor = ground.river.buffer(RIVERSIDE_ROAD_M, join_style="mitre")
    beyond_rail = ground.rail.buffer(RAIL_ROAD_M)
    widths = river_widths(ground.river_line)
    for side, name, english in (
        (1, "河滨北路", "North Riverside Road"),
        (-1, "河滨南路", "South Riverside Road"),
    ):
        bank = LineString(beside(ground.river_line, [side * (w + RIVERSIDE_ROAD_M) for w in widths]))
        for part in line_parts(bank.intersection(ground.built_up.buffer(1)).difference(beyond_rail)):
            lines.append(Line(part_points(part), named(name, english, "tertiary", **walks), snap_m=25))
    rail = part_points(ground.rail)
    for side, name, english in ((1, "铁路西路", "Rail Road West"), (-1, "铁路东路", "Rail Road East")):
        shape = LineString(beside(rail, [side * RAIL_ROAD_M] * len(rail)))
        for part in line_parts(shape.intersection(ground.built_up).difference(corridor)):
            lines.append(Line(part_points(part), named(name, english, "tertiary", **walks), snap_m=25))
    quay = (
        LineString(ground.coast_road)
        .intersection(Polygon.from_bounds(3000, 55, 4300, 3650))
        .difference(corridor)
    )
    for part in line_parts(quay):
        name, english = ("滨海路", "Coast Road") if part.centroid.y < 1700 else ("渔港路", "Harbour Road")
        lines.append(Line(part_points(part), named(name, english, "secondary", **walks), snap_m=25))
    join_loose_ends(lines)
    return lines


def part_points(part: LineString) -> list[Metres]:
    """A line's coordinates on the junction raster."""
    return [rounded(x, y) for x, y in part.coords]


def with_bridges(line: Line, ground: Ground) -> Iterator[Line]:
    """Splits a line where it crosses the river (a bridge) or the rail (an underpass)."""
    over = ground.river.buffer(RIVERSIDE_ROAD_M - 18)
    under = ground.rail.buffer(32)
    shape = line.shape
    for part in line_parts(shape.difference(over).difference(under)):
        yield replace(line, points=part_points(part), snap_m=0)
    if shape.intersects(ground.river):
        for part in line_parts(shape.intersection(over)):
            yield replace(line, points=part_points(part), snap_m=0, level=1, kind="bridge",
                          tags={**line.tags, "bridge": "yes", "layer": "1"})  # fmt: skip
    if shape.intersects(ground.rail):
        for part in line_parts(shape.intersection(under)):
            yield replace(line, points=part_points(part), snap_m=0, level=-1, kind="underpass",
                          tags={**line.tags, "tunnel": "yes", "layer": "-1"})  # fmt: skip


def blocks_between(lines: list[Line], ground: Ground) -> list[Block]:
    """The built-up land between main streets, without water, parks, rail and square; west to east."""
    shapes: list[BaseGeometry] = [line.shape for line in lines]
    faces = polygonize(unary_union([*shapes, ground.built_up.boundary]))
    closed = unary_union([
        ground.water.buffer(GREENWAY_M + 4), ground.rail.buffer(RAIL_ROAD_M - 1), ground.banyan_park,
        ground.lake_park, ground.square,
    ])  # fmt: skip
    blocks: list[Block] = []
    for face in sorted(faces, key=lambda face: (round(face.centroid.x), round(face.centroid.y))):
        if face.intersects(ground.river) or not ground.built_up.buffer(1).contains(
            face.representative_point()
        ):
            continue
        for piece in shapely.get_parts(face.difference(closed)):
            if isinstance(piece, Polygon) and piece.area > 2500:
                blocks.append(Block(piece, fabric_of(piece, ground)))
    return blocks


def fabric_of(piece: Polygon, ground: Ground) -> str:
    """How a piece of land is built over."""
    inside = piece.representative_point()
    if ground.old_town.contains(inside):
        return "old"
    if inside.x > ground.rail.interpolate(ground.rail.project(inside)).x and inside.y > 1850:
        return "harbour"
    return "modern"


STEP_M = {"modern": 140.0, "old": 70.0, "harbour": 200.0}
JITTER_M = {"modern": 0.0, "old": 9.0, "harbour": 4.0}
DROP_SHARE = {"modern": 0.03, "old": 0.17, "harbour": 0.04}


def side_streets(blocks: list[Block], dice: random.Random) -> list[Line]:
    """The grid of each block, named."""
    names = {"modern": street_names(plan.MODERN_NAMES, dice), "harbour": street_names(plan.HARBOUR_NAMES, dice),
             "old": lane_names(dice)}  # fmt: skip
    lines: list[Line] = []
    for block in blocks:
        fabric = block.fabric
        turn = dice.uniform(-9, 14) if fabric == "old" else None
        for points in lattice(
            block.shape, STEP_M[fabric], turn_deg=turn, jitter_m=JITTER_M[fabric], dice=dice
        ):
            name_zh, name_en = next(names[fabric])
            highway = dice.choice({"old": ["living_street", "footway", "pedestrian", "footway"],
                                   "modern": ["residential", "residential", "unclassified"],
                                   "harbour": ["residential", "unclassified"]}[fabric])  # fmt: skip
            lit = "yes" if dice.random() < (0.76 if fabric == "old" else 0.9) else "no"
            lines.append(Line(points, named(name_zh, name_en, highway, lit=lit), drop_share=DROP_SHARE[fabric],
                              snap_m=14, kind="lane" if fabric == "old" else "side"))  # fmt: skip
    return lines


def street_names(characters: tuple[str, str], dice: random.Random) -> Iterator[tuple[str, str]]:
    """Endless (Chinese, English) names from two sets of characters; none twice before all were used."""
    firsts, seconds = ([(word[0], word[1:]) for word in part.split()] for part in characters)
    endings = (("路", "Road"), ("街", "Street"))
    for zh_end, en_end in itertools.cycle(endings):
        pairs = list(itertools.product(firsts, seconds))
        dice.shuffle(pairs)
        for (zh_a, en_a), (zh_b, en_b) in pairs:
            yield zh_a + zh_b + zh_end, f"{en_a}{en_b} {en_end}"


def lane_names(dice: random.Random) -> Iterator[tuple[str, str]]:
    """Endless lane names of the old town; after the first round they are numbered."""
    lanes = [(word[:3], word[3:]) for word in plan.LANE_NAMES.split()]
    dice.shuffle(lanes)
    numbers = ["", *(f"{n}" for n in "二三四五六七八九")]
    for turn in itertools.count():
        for zh, en in lanes:
            number = numbers[turn % len(numbers)]
            ordinal = "" if turn == 0 else f" {turn % len(numbers) + 1}"
            yield zh[:-1] + number + zh[-1], f"{en} Lane{ordinal}"


def paths(ground: Ground, streets: list[Line], dice: random.Random) -> list[Line]:
    """Footpaths by the water and in the parks, tied to the streets every few hundred metres."""
    lines: list[Line] = []
    web = unary_union([line.shape for line in streets])
    widths = river_widths(ground.river_line)
    for side in (1, -1):
        bank = beside(ground.river_line, [side * (w + GREENWAY_M) for w in widths])
        lines += waterside("柳河步道", "Liu River Greenway", LineString(bank), side, ground, web, dice)
    promenade = LineString(beside(ground.coast, [16.0] * len(ground.coast)))
    promenade = promenade.intersection(Polygon.from_bounds(3000, 55, 4300, 3640)).difference(
        ground.river.buffer(20)
    )
    for part in line_parts(promenade):
        lines += waterside("海滨步道", "Sea Promenade", part, 1, ground, web, dice)
    for shape, name, english in (
        (Polygon(ground.lake.exterior).buffer(22), "月湖环湖步道", "Moon Lake Path"),
        (ground.banyan_park.buffer(-30), "榕园环路", "Banyan Park Loop"),
    ):
        loop = [rounded(x, y) for x, y in shape.exterior.simplify(0.5).coords]
        lines.append(Line(loop, named(name, english, "footway", lit="yes"), kind="path"))
        for step in range(7):
            start = shape.exterior.interpolate(step / 7, normalized=True)
            away = (start.x - shape.centroid.x, start.y - shape.centroid.y)
            lines += spoke((start.x, start.y), away, web, 330, {"highway": "footway", "lit": "yes"})
    for start, end in (((995, 600), (1405, 620)), ((1150, 400), (1200, 775))):
        chord = LineString([start, end]).intersection(ground.banyan_park.buffer(-30)) - ground.pond.buffer(8)
        lines += [Line(part_points(p), {"highway": "footway", "lit": "yes"}, snap_m=20, kind="path")
                  for p in line_parts(chord)]  # fmt: skip
    lines.append(Line(curve(shapely_ring(ground.pond.buffer(8)), closed=True), {"highway": "footway", "lit": "yes"},
                      kind="path"))  # fmt: skip
    for a, b in (((1880, 1262), (2012, 1262)), ((1934, 1190), (1934, 1345))):
        lines += spoke(
            (1934, 1262), (a[0] - 1934, a[1] - 1262), web, 150, {"highway": "pedestrian", "lit": "yes"}
        )
        lines += spoke(
            (1934, 1262), (b[0] - 1934, b[1] - 1262), web, 150, {"highway": "pedestrian", "lit": "yes"}
        )
    return lines


def shapely_ring(shape: Polygon) -> list[Metres]:
    """Twelve evenly spread points of a shape's border."""
    ring = shape.exterior
    return [(p.x, p.y) for p in (ring.interpolate(step / 12, normalized=True) for step in range(12))]


def waterside(
    name: str,
    english: str,
    line: LineString,
    side: int,
    ground: Ground,
    web: BaseGeometry,
    dice: random.Random,
) -> list[Line]:
    """A path along the water (on the built-up side) with steps or ramps up to the streets; landward is `side`."""
    lines: list[Line] = []
    for part in line_parts(line.intersection(ground.built_up.buffer(62))):
        lit = "yes" if dice.random() < 0.6 else "no"
        lines.append(Line(part_points(part), named(name, english, "footway", lit=lit), kind="path"))
        count = max(2, round(part.length / 260))
        for step in range(count):
            at = part.interpolate((step + 0.5) / count, normalized=True)
            ahead = part.interpolate(part.project(at) + 2)
            away = (-side * (ahead.y - at.y), side * (ahead.x - at.x))
            tags = {"highway": "steps" if dice.random() < 0.4 else "footway", "lit": lit}
            lines += spoke((at.x, at.y), away, web, 130, tags)
    return lines


def spoke(start: Metres, away: Metres, web: BaseGeometry, reach_m: float, tags: dict[str, str]) -> list[Line]:
    """A straight path from `start` in the direction `away` to the first street within `reach_m`, if there is one."""
    length = float(np.hypot(*away)) or 1.0
    far = (start[0] + away[0] / length * reach_m, start[1] + away[1] / length * reach_m)
    hits = [p for p in shapely.get_parts(LineString([start, far]).intersection(web)) if isinstance(p, Point)]
    if not hits:
        return []
    goal = min(hits, key=lambda p: math.dist(start, (p.x, p.y)))
    if math.dist(start, (goal.x, goal.y)) < 4:
        return []
    return [Line([rounded(*start), rounded(goal.x, goal.y)], tags, snap_m=2, kind="path")]


def polygons(shape: BaseGeometry) -> list[Polygon]:
    """The polygons inside a shape."""
    if isinstance(shape, MultiPolygon):
        return list(shape.geoms)
    return [part for part in shapely.get_parts(shape) if isinstance(part, Polygon)]
