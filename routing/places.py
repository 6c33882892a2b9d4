"""The named places of an area, for those who look for one, and the grounds that no patrol is sent to."""

# osmium and parts of shapely carry few types: what they return is unknown until it is put into a typed name.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false, reportUnknownLambdaType=false

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import osmium
import osmium.filter
import osmium.geom
import osmium.osm
import shapely
from numpy.typing import ArrayLike, NDArray
from shapely.geometry.base import BaseGeometry

from routing import dangers
from routing.basemap_layers import PARKS, PLACES, POIS, Undrawable, drawn, first_match, names
from routing.contraction import Streets
from routing.geo import LocalPlane, haversine_m

type Shapes = NDArray[np.object_]

# Whose grounds are never a patrol's target: children, the sick and worshippers are to be left in peace.
LEFT_IN_PEACE = {
    "amenity": frozenset({
        "school", "kindergarten", "childcare", "clinic", "doctors", "hospital", "place_of_worship", "monastery",
    }),
    "healthcare": frozenset({"clinic", "doctor", "hospital", "centre", "hospice"}),
    "landuse": frozenset({"religious"}),
    "building": frozenset({
        "school", "kindergarten", "hospital", "clinic", "church", "chapel", "cathedral", "mosque", "temple",
        "shrine", "synagogue", "monastery",
    }),
}  # fmt: skip
AROUND_GROUNDS_M = 20.0
AROUND_POINT_M = 40.0
SAME_WITHIN_M = 200.0
KEYS = (
    "amenity",
    "healthcare",
    "landuse",
    "building",
    "leisure",
    "railway",
    "highway",
    "tourism",
    "shop",
    "place",
)


def shapes_of(found: Sequence[BaseGeometry]) -> Shapes:
    """The geometries as an array of them."""
    shapes = np.empty(len(found), dtype=object)
    shapes[:] = found
    return shapes


@dataclass(frozen=True, slots=True)
class Place:
    """A named place (WGS-84); `kind` is "street", "place", a park's or a point of interest's class on the map."""

    name: str
    name_en: str
    kind: str
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class Grounds:
    """Shapes (lon, lat) of what is left in peace, of open water and of railways."""

    sites: Shapes = field(default_factory=lambda: shapes_of(()))
    water: Shapes = field(default_factory=lambda: shapes_of(()))
    railways: Shapes = field(default_factory=lambda: shapes_of(()))


@dataclass(frozen=True, slots=True)
class PlaceBook:
    """What a file holds besides streets: named places, and the grounds beside the streets that matter to patrols."""

    places: tuple[Place, ...]
    grounds: Grounds


class Sites:
    """The grounds of schools, clinics, hospitals and places of worship."""

    def __init__(self, shapes: Shapes) -> None:
        self.shapes = shapes
        self._tree: shapely.STRtree | None = None
        if len(shapes):
            west, south, east, north = shapely.total_bounds(shapes)
            self._plane = LocalPlane.amid([west, east], [south, north])
            flat = shapely.transform(
                shapes, lambda at: np.column_stack(self._plane.to_metres(at[:, 0], at[:, 1]))
            )
            around_m = np.where(shapely.get_dimensions(flat) == 0, AROUND_POINT_M, AROUND_GROUNDS_M)
            self._tree = shapely.STRtree(shapely.buffer(flat, around_m))

    def near(self, lon: ArrayLike, lat: ArrayLike) -> NDArray[np.bool_]:
        """Per point (degrees, one-dimensional), whether it lies on such grounds or right beside them."""
        lon, lat = np.atleast_1d(lon), np.atleast_1d(lat)
        found = np.zeros(len(lon), dtype=np.bool_)
        if self._tree is not None and len(lon):
            points = shapely.points(*self._plane.to_metres(lon, lat))
            found[self._tree.query(points, predicate="intersects")[0]] = True
        return found


def is_left_in_peace(tags: Mapping[str, str]) -> bool:
    """Whether a thing with these tags is a school, a clinic, a hospital or a place of worship."""
    return any(tags.get(key) in values for key, values in LEFT_IN_PEACE.items())


@dataclass
class _Reader:
    """Collects places and sites thing by thing."""

    places: list[Place] = field(default_factory=list[Place])
    sites: list[BaseGeometry] = field(default_factory=list[BaseGeometry])
    water: list[BaseGeometry] = field(default_factory=list[BaseGeometry])
    railways: list[BaseGeometry] = field(default_factory=list[BaseGeometry])

    def take(self, tags: Mapping[str, str], shape: Callable[[], BaseGeometry]) -> None:
        """Keep of a thing what there is to keep; a shape that does not close is nothing."""
        kind = _kind(tags)
        peace = is_left_in_peace(tags)
        if not peace and kind is None:
            return
        try:
            ground = shape()
        except Undrawable:
            return
        if peace:
            self.sites.append(ground)
        name = names(tags)
        if kind is not None and "name" in name:
            middle = shapely.point_on_surface(ground)
            self.places.append(
                Place(
                    str(name["name"]),
                    str(name.get("name_en", "")),
                    kind,
                    round(middle.x, 7),
                    round(middle.y, 7),
                )
            )

    def take_danger(
        self, tags: Mapping[str, str], shape: Callable[[], BaseGeometry], *, is_line: bool
    ) -> None:
        """Keep open water and tracks."""
        wet = dangers.is_water_line(tags) if is_line else dangers.is_water_area(tags)
        if not wet and not (is_line and dangers.is_railway_line(tags)):
            return
        try:
            found = dangers.simpler(shape())
        except Undrawable:
            return
        (self.water if wet else self.railways).append(found)


def _kind(tags: Mapping[str, str]) -> str | None:
    if "name" not in tags and "name:zh" not in tags:
        return None
    if tags.get("place") in PLACES:
        return "place"
    if (poi := first_match(tags, POIS)) is not None:
        return "police_post" if tags.get("police") == "checkpoint" else poi[0]
    return first_match(tags, PARKS)


def read_places(path: Path) -> PlaceBook:
    """Read places, sites and dangers of an .osm.pbf that can be read; osmium's errors pass through as RuntimeError."""
    factory = osmium.geom.WKBFactory()
    wanted = osmium.filter.KeyFilter(*KEYS, *dangers.KEYS)
    reader = _Reader()
    for thing in osmium.FileProcessor(str(path)).with_areas(wanted).with_filter(wanted):
        if isinstance(thing, osmium.osm.Node):
            tags = dict(thing.tags)
            if any(key in tags for key in KEYS):
                reader.take(tags, lambda e=thing: shapely.Point(e.lon, e.lat))
        elif isinstance(thing, osmium.osm.Area):
            tags = dict(thing.tags)
            reader.take_danger(tags, lambda e=thing: drawn(factory.create_multipolygon, e), is_line=False)
            if any(key in tags for key in KEYS):
                reader.take(tags, lambda e=thing: drawn(factory.create_multipolygon, e))
        elif isinstance(thing, osmium.osm.Way):
            reader.take_danger(
                dict(thing.tags), lambda e=thing: drawn(factory.create_linestring, e), is_line=True
            )
    return PlaceBook(
        tuple(_without_doubles(reader.places)),
        Grounds(shapes_of(reader.sites), shapes_of(reader.water), shapes_of(reader.railways)),
    )


def street_places(streets: Streets) -> list[Place]:
    """Each named street once, at the place on it that is nearest to its middle."""
    begin = np.concatenate([[0], streets.piece_last[:-1]])
    begin[streets.piece_offset[:-1]] = streets.position_offset[:-1]
    middle = (begin + streets.piece_last) // 2
    lon, lat = streets.lon[middle], streets.lat[middle]
    order = np.argsort(streets.piece_name, kind="stable")
    found: list[Place] = []
    for group in np.split(order, np.flatnonzero(np.diff(streets.piece_name[order])) + 1):
        if len(group) == 0 or streets.piece_name[group[0]] == 0:
            continue
        weight = streets.piece_m[group] / streets.piece_m[group].sum()
        center = float((lon[group] * weight).sum()), float((lat[group] * weight).sum())
        nearest = group[int(np.argmin(haversine_m(lon[group], lat[group], *center)))]
        name, name_en = streets.names[int(streets.piece_name[nearest])]
        found.append(
            Place(name, name_en, "street", round(float(lon[nearest]), 7), round(float(lat[nearest]), 7))
        )
    return _without_doubles(found)


def _without_doubles(places: list[Place]) -> list[Place]:
    """One entry for what is drawn twice, as an area and as a point in it; sorted by name."""
    kept: list[Place] = []
    ordered = sorted(places, key=lambda each: (each.name, each.kind, each.lon, each.lat))
    for _, same in itertools.groupby(ordered, key=lambda each: (each.name, each.kind)):
        chosen: list[Place] = []
        for place in same:
            if all(
                float(haversine_m(place.lon, place.lat, other.lon, other.lat)) > SAME_WITHIN_M
                for other in chosen
            ):
                chosen.append(place)
        kept += chosen
    return kept
