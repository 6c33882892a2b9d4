"""A small grid town as a real .osm.pbf, and incident files beside its streets, for tests of planning."""

import csv
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import osmium
from osmium.osm import mutable

from routing.geo import Datum, LocalPlane, from_wgs84
from routing.streets import StreetGraph

GRID_LON, GRID_LAT = 116.30, 40.00
STEP_M = 100.0
SIDE = 11
PLANE = LocalPlane(GRID_LON, GRID_LAT)
HEADER = ("警情编号", "报警时间", "警情类别", "经度", "纬度", "报警人", "联系电话")
KINDS = ("盗窃电动车", "纠纷", "酒后滋事")


def grid_place(x_m: float, y_m: float) -> tuple[float, float]:
    """The (lon, lat) of a place so many metres east and north of the grid's south-west corner."""
    lon, lat = PLANE.to_degrees(x_m, y_m)
    return float(lon), float(lat)


def write_grid(path: Path) -> Path:
    """Eleven named streets each way, 100 m apart, and four ways of which only the steps can be walked.

    From the north-east corner: steps 50 m east; a motorway 100 m north; a private drive 100 m north of the
    north-west corner; a lone footpath of 80 m, 500 m east of everything.
    """
    writer = osmium.SimpleWriter(str(path))
    places = [(i * STEP_M, j * STEP_M) for j in range(SIDE) for i in range(SIDE)]
    far = (SIDE - 1) * STEP_M
    places += [(far + 50, far), (far, far + 100), (0, far + 100), (far + 500, 0), (far + 500, 80)]
    for number, place in enumerate(places, start=1):
        writer.add_node(mutable.Node(id=number, location=grid_place(*place)))
    corner, first_extra = SIDE * SIDE, SIDE * SIDE + 1
    ways: list[tuple[list[int], dict[str, str]]] = []
    for line in range(SIDE):
        across = [line * SIDE + i + 1 for i in range(SIDE)]
        along = [i * SIDE + line + 1 for i in range(SIDE)]
        ways.append(
            (across, {"highway": "residential", "name": f"东西{line}路", "name:en": f"East-west {line} Road"})
        )
        ways.append((along, {"highway": "residential", "name": f"南北{line}街"}))
    ways.append(([corner, first_extra], {"highway": "steps"}))
    ways.append(([corner, first_extra + 1], {"highway": "motorway"}))
    ways.append(([corner - SIDE + 1, first_extra + 2], {"highway": "service", "access": "private"}))
    ways.append(([first_extra + 3, first_extra + 4], {"highway": "footway"}))
    for number, (nodes, tags) in enumerate(ways, start=1):
        writer.add_way(mutable.Way(id=number, nodes=nodes, tags=tags))
    writer.close()
    return path


def write_incidents(
    path: Path, streets: Path, *, count: int = 600, seed: int = 1, datum: Datum = "wgs84", year: int = 2025
) -> Path:
    """A year of incidents from June `year` on, most of them near twelve places on the streets, as CSV."""
    graph = StreetGraph.from_osm(streets)
    draw = np.random.default_rng(seed)
    share = graph.edge_m / graph.edge_m.sum()
    favourites = draw.choice(len(graph.edge_m), 12, p=share)
    rows: list[tuple[object, ...]] = []
    for number in range(count):
        edge = int(
            draw.choice(favourites) if draw.random() < 0.7 else draw.choice(len(graph.edge_m), p=share)
        )
        lon, lat = graph.edge_positions(edge, 0.0, float(graph.edge_m[edge] * draw.random()))[-1]
        lon, lat = LocalPlane(lon, lat).to_degrees(draw.normal(0, 8), draw.normal(0, 8))
        lon, lat = from_wgs84(lon, lat, datum)
        at = datetime(year, 6, 1) + timedelta(days=int(draw.integers(365)), minutes=int(draw.integers(60)))
        at = at.replace(hour=int(draw.choice([2, 10, 15, 20, 21, 22])))
        kind = KINDS[int(draw.integers(len(KINDS)))]
        rows.append(
            (f"J{number:06}", f"{at:%Y-%m-%d %H:%M}", kind, f"{lon:.6f}", f"{lat:.6f}", "某某", "13800000000")
        )
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([HEADER, *rows])
    return path
