"""Datums must invert, distances must be metres, and GeoJSON must be whole or absent."""

import json
import math
from pathlib import Path

import geojson
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.geo import (
    DATUMS,
    Bounds,
    Datum,
    LocalPlane,
    feature_collection,
    from_wgs84,
    haversine_m,
    line_string,
    metres_per_degree,
    point,
    read_feature_collection,
    to_wgs84,
    write_feature_collection,
)

chinese_lon = st.floats(73.5, 135.0)
chinese_lat = st.floats(3.9, 53.5)


@given(chinese_lon, chinese_lat, st.sampled_from(DATUMS))
def test_datum_round_trip(lon: float, lat: float, datum: Datum) -> None:
    """To a datum and back ends within a centimetre of the start, both ways round."""
    back = to_wgs84(*from_wgs84(lon, lat, datum), datum)
    forth = from_wgs84(*to_wgs84(lon, lat, datum), datum)
    assert float(haversine_m(lon, lat, *back)) < 0.01
    assert float(haversine_m(lon, lat, *forth)) < 0.01


def test_datums_against_known_pairs() -> None:
    """Beijing in the three datums as the common open converters give it, to a centimetre."""
    gcj = from_wgs84(116.404, 39.915, "gcj02")
    assert float(haversine_m(116.41024449916938, 39.91640428150164, *gcj)) < 0.01
    bd = from_wgs84(*to_wgs84(116.404, 39.915, "gcj02"), "bd09")
    assert float(haversine_m(116.41036949371029, 39.92133699351022, *bd)) < 0.01


def test_outside_china_gcj02_is_wgs84() -> None:
    """In Baltimore the Chinese datum changes nothing."""
    lon, lat = from_wgs84(-76.59, 39.28, "gcj02")
    assert (float(lon), float(lat)) == (-76.59, 39.28)


def test_unknown_datum_is_named() -> None:
    """A datum word that does not exist is refused with the known ones."""
    with pytest.raises(ValueError, match=r"cgcs.*wgs84, gcj02, bd09"):
        to_wgs84(116.0, 40.0, "cgcs")  # pyright: ignore[reportArgumentType]


def test_metres_per_degree() -> None:
    """At the equator and at 40 degrees north, the ellipsoid's published values."""
    east, north = metres_per_degree([0.0, 40.0])
    assert east == pytest.approx([111319.5, 85393.8], abs=1)
    assert north == pytest.approx([110574.3, 111034.7], abs=1)


@given(st.floats(-2000, 2000), st.floats(-2000, 2000))
def test_plane_round_trip(x_m: float, y_m: float) -> None:
    """Metres to degrees and back are the same metres, and agree with great-circle distance to 0.5 %."""
    plane = LocalPlane(116.3, 40.0)
    lon, lat = plane.to_degrees(x_m, y_m)
    assert plane.to_metres(lon, lat) == (pytest.approx(x_m, abs=1e-6), pytest.approx(y_m, abs=1e-6))
    assert float(haversine_m(116.3, 40.0, lon, lat)) == pytest.approx(
        math.hypot(x_m, y_m), rel=5e-3, abs=1e-3
    )


def test_bounds() -> None:
    """A box holds its edges, not NaN, and grows by metres on every side."""
    box = Bounds.around([1.0, 3.0], [2.0, 5.0])
    assert box == Bounds(1.0, 2.0, 3.0, 5.0)
    assert box.contains([1.0, 3.1, np.nan], [2.0, 3.0, 3.0]).tolist() == [True, False, False]
    grown = Bounds(116.3, 40.0, 116.3, 40.0).padded(1000)
    assert float(haversine_m(grown.west, 40.0, grown.east, 40.0)) == pytest.approx(2000, rel=5e-3)
    with pytest.raises(ValueError, match="at least one"):
        Bounds.around([], [])


def test_feature_collection_has_lonlat_bbox() -> None:
    """The bbox is west, south, east, north over all features; without positions there is none."""
    features = [
        geojson.Feature(geometry=line_string([(116.3, 40.0), (116.4, 39.9)])),
        geojson.Feature(geometry=point(116.5, 40.1)),
    ]
    assert feature_collection(features)["bbox"] == [116.3, 39.9, 116.5, 40.1]
    assert "bbox" not in feature_collection([])
    with pytest.raises(ValueError, match="two positions"):
        line_string([(116.3, 40.0)])


def test_write_and_read(tmp_path: Path) -> None:
    """What is written is read again the same, Chinese as it is, and nothing else is left in the folder."""
    path = tmp_path / "out.geojson"
    collection = feature_collection(
        [geojson.Feature(geometry=point(116.3, 40.0), properties={"street": "近春路"})]
    )
    write_feature_collection(path, collection)
    assert "近春路" in path.read_text(encoding="utf-8")
    assert read_feature_collection(path) == collection
    assert list(tmp_path.iterdir()) == [path]


def test_failed_write_keeps_the_old_file(tmp_path: Path) -> None:
    """A collection that is no JSON leaves the old file as it was, and no part of a new one."""
    path = tmp_path / "out.geojson"
    path.write_text("old")
    with pytest.raises(ValueError, match="JSON"):
        write_feature_collection(path, geojson.FeatureCollection([], bbox=[math.nan]))
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("text", ["{", json.dumps({"type": "Point", "coordinates": [1, 2]})])
def test_read_refuses_other_things(tmp_path: Path, text: str) -> None:
    """Broken JSON and other GeoJSON are refused by the file's name."""
    path = tmp_path / "in.geojson"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"in\.geojson"):
        read_feature_collection(path)
