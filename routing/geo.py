"""Places on the earth: datums, distances in metres, bounds, and GeoJSON in and out."""

# The geojson package carries no types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false

import json
import math
import os
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, cast

import geojson
import geojson.utils
import numpy as np
from numpy.typing import ArrayLike, NDArray

type Datum = Literal["wgs84", "gcj02", "bd09"]
type Floats = NDArray[np.float64]

DATUMS: tuple[Datum, ...] = ("wgs84", "gcj02", "bd09")

# WGS-84 ellipsoid, for distances in metres.
WGS84_SEMI_MAJOR_M = 6378137.0
WGS84_ECCENTRICITY_SQUARED = 0.0066943799901413165
EARTH_RADIUS_M = 6371008.8

# The ellipsoid of Krasovsky 1940 and the constants that published GCJ-02 and BD-09 converters share.
KRASOVSKY_SEMI_MAJOR_M = 6378245.0
KRASOVSKY_ECCENTRICITY_SQUARED = 0.00669342162296594323
BD09_ANGLE = math.pi * 3000.0 / 180.0
# GCJ-02 is defined inside this box only; outside it is WGS-84.
CHINA_WEST, CHINA_EAST, CHINA_SOUTH, CHINA_NORTH = 72.004, 137.8347, 0.8293, 55.8271


class Region(Protocol):
    """What can say which places lie inside it: `Bounds`, `routing.outline.Outline`."""

    def contains(self, lon: ArrayLike, lat: ArrayLike) -> NDArray[np.bool_]:
        """Per place (WGS-84 degrees), whether it lies inside; NaN lies outside."""
        ...


@dataclass(frozen=True, slots=True)
class Bounds:
    """A box of longitudes and latitudes in degrees; edges belong to it."""

    west: float
    south: float
    east: float
    north: float

    def __post_init__(self) -> None:
        if not (self.west <= self.east and self.south <= self.north):
            raise ValueError(f"bounds {self} must have west <= east and south <= north")

    @classmethod
    def around(cls, lon: ArrayLike, lat: ArrayLike) -> "Bounds":
        """The smallest box holding all points; ValueError when there is none."""
        lon, lat = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
        if lon.size == 0:
            raise ValueError("bounds of no points: give at least one")
        return cls(float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max()))

    def contains(self, lon: ArrayLike, lat: ArrayLike) -> NDArray[np.bool_]:
        """Per point, whether it lies inside; NaN lies outside."""
        lon, lat = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
        inside = (lon >= self.west) & (lon <= self.east) & (lat >= self.south) & (lat <= self.north)
        return np.asarray(inside, dtype=np.bool_)

    def padded(self, margin_m: float) -> "Bounds":
        """The box grown by `margin_m` metres on every side."""
        metres_east, metres_north = metres_per_degree((self.south + self.north) / 2)
        east, north = margin_m / float(metres_east), margin_m / float(metres_north)
        return Bounds(self.west - east, self.south - north, self.east + east, self.north + north)

    def __str__(self) -> str:
        return f"{self.west:.4f},{self.south:.4f} .. {self.east:.4f},{self.north:.4f}"


def metres_per_degree(lat: ArrayLike) -> tuple[Floats, Floats]:
    """Metres of one degree of longitude and of latitude at latitude `lat` (degrees), on WGS-84."""
    phi = np.radians(np.asarray(lat, dtype=np.float64))
    curvature = 1.0 - WGS84_ECCENTRICITY_SQUARED * np.sin(phi) ** 2
    east = np.radians(1.0) * WGS84_SEMI_MAJOR_M * np.cos(phi) / np.sqrt(curvature)
    north = np.radians(1.0) * WGS84_SEMI_MAJOR_M * (1.0 - WGS84_ECCENTRICITY_SQUARED) / curvature**1.5
    return east, north


def haversine_m(lon_a: ArrayLike, lat_a: ArrayLike, lon_b: ArrayLike, lat_b: ArrayLike) -> Floats:
    """Great-circle metres between points (degrees; arrays broadcast), on a sphere of mean radius."""
    lam_a, phi_a, lam_b, phi_b = (
        np.radians(np.asarray(degrees, dtype=np.float64)) for degrees in (lon_a, lat_a, lon_b, lat_b)
    )
    half_chord = np.sin((phi_b - phi_a) / 2) ** 2
    half_chord = half_chord + np.cos(phi_a) * np.cos(phi_b) * np.sin((lam_b - lam_a) / 2) ** 2
    return np.asarray(2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.clip(half_chord, 0.0, 1.0))))


@dataclass(frozen=True, slots=True)
class LocalPlane:
    """A flat map around one point: metres east and north of it, good to 0.1 % within some 30 km."""

    lon0: float
    lat0: float

    @classmethod
    def amid(cls, lon: ArrayLike, lat: ArrayLike) -> "LocalPlane":
        """The plane around the median of the points."""
        return cls(float(np.median(np.asarray(lon))), float(np.median(np.asarray(lat))))

    def to_metres(self, lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
        """Degrees to metres east and north."""
        east, north = metres_per_degree(self.lat0)
        x = (np.asarray(lon, dtype=np.float64) - self.lon0) * east
        y = (np.asarray(lat, dtype=np.float64) - self.lat0) * north
        return x, y

    def to_degrees(self, x_m: ArrayLike, y_m: ArrayLike) -> tuple[Floats, Floats]:
        """Metres east and north back to longitude and latitude."""
        east, north = metres_per_degree(self.lat0)
        lon = self.lon0 + np.asarray(x_m, dtype=np.float64) / east
        lat = self.lat0 + np.asarray(y_m, dtype=np.float64) / north
        return lon, lat


def from_wgs84(lon: ArrayLike, lat: ArrayLike, datum: Datum) -> tuple[Floats, Floats]:
    """WGS-84 degrees to `datum`; arrays keep their shape."""
    lon, lat = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    if datum == "wgs84":
        return lon, lat
    if datum == "gcj02":
        return _wgs84_to_gcj02(lon, lat)
    if datum == "bd09":
        return _gcj02_to_bd09(*_wgs84_to_gcj02(lon, lat))
    raise ValueError(f"datum {datum!r} is unknown: use one of {', '.join(DATUMS)}")


def to_wgs84(lon: ArrayLike, lat: ArrayLike, datum: Datum) -> tuple[Floats, Floats]:
    """`datum` degrees to WGS-84, within a millimetre; arrays keep their shape.

    The forward formulas have no closed inverse; they are inverted by fixed-point steps, which converge
    because the offsets change by less than 1 % of any movement.
    """
    lon, lat = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    if datum == "wgs84":
        return lon, lat
    if datum == "gcj02":
        return _inverted(_wgs84_to_gcj02, lon, lat)
    if datum == "bd09":
        gcj_lon, gcj_lat = _inverted(_gcj02_to_bd09, lon, lat)
        return _inverted(_wgs84_to_gcj02, gcj_lon, gcj_lat)
    raise ValueError(f"datum {datum!r} is unknown: use one of {', '.join(DATUMS)}")


def _inverted(
    forward: Callable[[Floats, Floats], tuple[Floats, Floats]], lon: Floats, lat: Floats
) -> tuple[Floats, Floats]:
    guess_lon, guess_lat = lon, lat
    for _ in range(6):
        seen_lon, seen_lat = forward(guess_lon, guess_lat)
        guess_lon, guess_lat = guess_lon + (lon - seen_lon), guess_lat + (lat - seen_lat)
    return guess_lon, guess_lat


def _wgs84_to_gcj02(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    x, y = lon - 105.0, lat - 35.0
    wave = (20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x)) + wave
    north += (20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi)) * 2.0 / 3.0
    north += (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x)) + wave
    east += (20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi)) * 2.0 / 3.0
    east += (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * 2.0 / 3.0

    phi = np.radians(lat)
    curvature = 1.0 - KRASOVSKY_ECCENTRICITY_SQUARED * np.sin(phi) ** 2
    prime_vertical_m = KRASOVSKY_SEMI_MAJOR_M / np.sqrt(curvature)
    meridian_m = prime_vertical_m * (1.0 - KRASOVSKY_ECCENTRICITY_SQUARED) / curvature
    in_china = (lon >= CHINA_WEST) & (lon <= CHINA_EAST) & (lat >= CHINA_SOUTH) & (lat <= CHINA_NORTH)
    shift_lon = np.where(in_china, np.degrees(east / (prime_vertical_m * np.cos(phi))), 0.0)
    shift_lat = np.where(in_china, np.degrees(north / meridian_m), 0.0)
    return lon + shift_lon, lat + shift_lat


def _gcj02_to_bd09(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * BD09_ANGLE)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * BD09_ANGLE)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


def point(lon: float, lat: float) -> geojson.Point:
    """A GeoJSON Point in lon-lat order with 7 decimals (a centimetre)."""
    return geojson.Point((lon, lat), precision=7)


def line_string(positions: Iterable[tuple[float, float]]) -> geojson.LineString:
    """A GeoJSON LineString over lon-lat positions with 7 decimals; ValueError under two positions."""
    held = [(lon, lat) for lon, lat in positions]
    if len(held) < 2:
        raise ValueError(f"a line needs two positions, got {len(held)}")
    return geojson.LineString(held, precision=7)


def feature_collection(features: list[geojson.Feature]) -> geojson.FeatureCollection:
    """An RFC 7946 FeatureCollection with its bbox (left out when nothing has a position)."""
    positions = [position for feature in features for position in _positions(feature)]
    if not positions:
        return geojson.FeatureCollection(features)
    box = Bounds.around([p[0] for p in positions], [p[1] for p in positions])
    return geojson.FeatureCollection(features, bbox=[box.west, box.south, box.east, box.north])


def _positions(feature: geojson.Feature) -> list[tuple[float, float]]:
    return list(cast("Iterable[tuple[float, float]]", geojson.utils.coords(feature)))


def read_feature_collection(path: Path) -> geojson.FeatureCollection:
    """Read a FeatureCollection; ValueError, naming the file, when it is anything else."""
    try:
        found = geojson.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is not JSON: {error}") from error
    if not isinstance(found, geojson.FeatureCollection):
        raise ValueError(f"{path} is not a GeoJSON FeatureCollection")
    return found


def write_feature_collection(path: Path, collection: geojson.FeatureCollection) -> None:
    """Write the collection whole or not at all: a reader never meets half a file.

    The text depends on the collection alone, so equal collections give equal bytes.
    """
    text = json.dumps(collection, ensure_ascii=False, separators=(",", ":"), allow_nan=False) + "\n"
    handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(beside).chmod(0o666 & ~_umask())
        Path(beside).replace(path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise


def _umask() -> int:
    held = os.umask(0)
    os.umask(held)
    return held
