"""An area's outline: from a GeoJSON file, from a boundary relation of the street file, or the box of its streets."""

# osmium and shapely carry few types: what they return is unknown until it is put into a typed name.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false

import json
from pathlib import Path
from typing import Any, cast

import osmium
import osmium.filter
import osmium.geom
import osmium.osm
import shapely
from shapely.errors import ShapelyError
from shapely.geometry import box, mapping, shape
from shapely.geometry.base import BaseGeometry

from routing.geo import Bounds
from routing.osm import broken_file
from routing.words import RequestError, Words


def boundary_from_file(path: Path) -> dict[str, Any]:
    """The outline in a GeoJSON file: a geometry, a Feature, or a FeatureCollection of one; RequestError when it is none."""
    try:
        return checked_boundary(json.loads(path.read_text("utf-8-sig")))
    except OSError as error:
        raise _bad(str(path), "文件读不出来", f"it cannot be read ({error.strerror})") from None
    except ValueError as error:
        raise _bad(str(path), "不是 GeoJSON", f"it is not GeoJSON ({error})") from None


def checked_boundary(found: Any) -> dict[str, Any]:
    """The outline as a GeoJSON Polygon or MultiPolygon in WGS-84; RequestError when `found` is none."""
    while isinstance(found, dict):
        part = cast("dict[str, Any]", found)
        if part.get("type") == "Feature":
            found = part.get("geometry")
        elif part.get("type") == "FeatureCollection" and len(part.get("features") or []) == 1:
            found = part["features"][0]
        else:
            break
    try:
        outline = shape(found)
    except (ShapelyError, ValueError, TypeError, AttributeError, KeyError, IndexError):
        raise _bad("boundary", "不是 GeoJSON 面", "it is not a GeoJSON Polygon or MultiPolygon") from None
    if outline.geom_type not in ("Polygon", "MultiPolygon") or outline.is_empty:
        raise _bad("boundary", "不是面", "it is not a Polygon or MultiPolygon")
    west, south, east, north = outline.bounds
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise _bad(
            "boundary", "坐标不是 WGS-84 经纬度", "its coordinates are not WGS-84 degrees, lon before lat"
        )
    if not outline.is_valid:
        raise _bad("boundary", "边界自相交", "it crosses itself")
    return _as_geojson(outline)


def boundary_from_relation(streets: Path, relation: int) -> dict[str, Any]:
    """The outline of a boundary relation in an .osm.pbf.

    RequestError when the file has no such closed relation, StreetFileError when it cannot be read.
    """
    factory = osmium.geom.WKBFactory()
    try:
        for found in osmium.FileProcessor(str(streets)).with_areas(osmium.filter.KeyFilter("boundary")):
            if isinstance(found, osmium.osm.Area) and not found.from_way() and found.orig_id() == relation:
                return _as_geojson(shapely.from_wkb(factory.create_multipolygon(found)))
    except RuntimeError as error:
        raise broken_file(streets, error) from error
    zh, en = (
        "街道文件里没有这个闭合的边界关系",
        "the street file has no closed boundary relation of this number",
    )
    raise _bad(f"relation {relation}", zh, en)


def boundary_of_box(bounds: Bounds) -> dict[str, Any]:
    """The box as an outline."""
    return _as_geojson(box(bounds.west, bounds.south, bounds.east, bounds.north))


def _as_geojson(outline: BaseGeometry) -> dict[str, Any]:
    whole: BaseGeometry = shapely.set_precision(outline, 1e-7)
    return json.loads(json.dumps(mapping(whole)))


def _bad(value: str, zh: str, en: str) -> RequestError:
    words = Words(
        zh=f"边界 {value} 无法使用：{zh}；请给出 WGS-84 的 GeoJSON 面，或留空用街道的范围。",
        en=f"boundary {value} cannot be used: {en}; give a GeoJSON polygon in WGS-84, or leave it out for the streets' box.",
    )
    return RequestError("bad_boundary", words, field="boundary", value=value)
