"""What stands between the demo town's streets: buildings by the manner of each block, and school or market grounds."""

# shapely carry few types: what they return is unknown until it is put into a typed name.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false, reportUnknownLambdaType=false, reportUnknownParameterType=false

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely import LineString, Polygon, STRtree
from shapely.affinity import rotate
from shapely.ops import polygonize

from routing import town_plan as plan
from routing.town_ground import Block
from routing.town_plan import PlacePlan
from routing.town_streets import Segment, longest_side_deg


@dataclass(frozen=True)
class Site:
    """The ground of a named place: a whole block."""

    place: PlacePlan
    shape: Polygon


@dataclass(frozen=True)
class Fabric:
    """Sizes of one manner of building, metres: plot width and depth, gaps, set-back from the street."""

    width_m: tuple[float, float]
    depth_m: tuple[float, float]
    gap_m: tuple[float, float]
    row_gap_m: tuple[float, float]
    set_back_m: float
    empty_share: float


FABRICS = {
    "modern": Fabric((34, 58), (12, 15), (12, 18), (20, 26), 11, 0.06),
    "old": Fabric((10, 17), (9, 13), (1.5, 4), (3.5, 6), 4.5, 0.18),
    "harbour": Fabric((28, 62), (14, 22), (14, 24), (24, 34), 13, 0.10),
    "tower": Fabric((24, 28), (21, 24), (30, 36), (32, 40), 15, 0.0),
    "site": Fabric((46, 64), (14, 16), (18, 24), (34, 40), 14, 0.35),
}


def street_blocks(segments: Sequence[Segment], blocks: Sequence[Block]) -> list[tuple[Polygon, str]]:
    """Every face between streets that lies on built-up land, with its fabric; west to east."""
    cells = sorted(polygonize([LineString(s.points) for s in segments]), key=lambda c: c.bounds)
    shapes = [block.shape for block in blocks]
    tree = STRtree(shapes)
    found: list[tuple[Polygon, str]] = []
    for cell in cells:
        for index in sorted(tree.query(cell.representative_point(), predicate="within").tolist()):
            land = max(shapely.get_parts(cell.intersection(shapes[index])), key=lambda part: part.area)
            if isinstance(land, Polygon) and land.area > 500:
                found.append((land, blocks[index].fabric))
    return found


def take_sites(cells: list[tuple[Polygon, str]]) -> tuple[list[Site], list[tuple[Polygon, str]]]:
    """Gives each place that needs ground the nearest free block; returns the sites and the blocks left over."""
    left = list(cells)
    sites: list[Site] = []
    for place in plan.PLACES:
        if not place.site:
            continue
        point = shapely.Point(place.at)
        fitting = [i for i, (cell, _) in enumerate(left) if cell.area > 2000]
        index = min(fitting, key=lambda i: left[i][0].distance(point) + 1e-4 * left[i][0].area ** 0.5)
        cell, _ = left.pop(index)
        sites.append(Site(place, cell.buffer(-6, join_style="mitre")))
    return sites, left


def buildings_in(cell: Polygon, fabric: str, dice: random.Random) -> list[Polygon]:
    """Rows of buildings inside a block, set back from its streets."""
    style = FABRICS["tower"] if fabric in ("modern", "harbour") and dice.random() < 0.14 else FABRICS[fabric]
    ground = cell.buffer(-style.set_back_m, join_style="mitre")
    if ground.is_empty or ground.area < 120:
        return []
    angle = longest_side_deg(cell)
    middle = cell.centroid
    upright = rotate(ground, -angle, origin=middle)
    boxes = rows(upright.bounds, style, dice)
    if not boxes:
        return []
    shapes = shapely.box(*np.array(boxes).T)
    room = upright.buffer(3.5)
    shapely.prepare(room)
    fitting = shapes[shapely.contains(room, shapes)]
    return [rotate(shape, angle, origin=middle) for shape in fitting.tolist()]


def rows(bounds: tuple[float, float, float, float], style: Fabric, dice: random.Random) -> list[list[float]]:
    """Boxes [west, south, east, north] in rows that fill `bounds`, spread so that the last row touches the edge."""
    west, south, east, north = bounds
    boxes: list[list[float]] = []
    depth = dice.uniform(*style.depth_m)
    pitch = depth + dice.uniform(*style.row_gap_m)
    count = max(1, int((north - south - depth) // pitch) + 1)
    spare = (north - south - depth) / max(1, count - 1) if count > 1 else 0.0
    for row in range(count):
        y = south + row * spare if count > 1 else (south + north - depth) / 2
        x = west
        while x < east:
            width = min(dice.uniform(*style.width_m), east - x)
            if width >= style.width_m[0] * 0.7 and dice.random() >= style.empty_share:
                boxes.append([x, y, x + width, y + depth * dice.uniform(0.92, 1.0)])
            x += width + dice.uniform(*style.gap_m)
    return boxes
