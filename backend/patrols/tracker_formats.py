"""What trackers send, exactly as each program writes it, turned into positions; pure functions of bytes and fields.

- OwnTracks in HTTP mode: one JSON object a request; only `_type` location is a position, and bodies may be empty.
- The OsmAnd protocol: query or form fields (OsmAnd, Traccar Client up to 8 and from 10), or JSON (Traccar Client 9).
- GPSLogger for Android: a custom URL, in which the app fills in %LAT and the like.
- GPX 1.1, written by nearly everything.

What is no position is left out, never an error: these programs send the same again until they hear 200, and would
never come to the next one.
"""

import datetime as dt
import json
import math
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

import gpxpy
import gpxpy.gpx
import msgspec

KNOT_M_S = 0.514444
KM_H_M_S = 1 / 3.6
ACCURACY_UNKNOWN_M = 25.0
"""What is assumed where the program does not say how good a position is."""
POSITIONS_MAX = 20_000


class TrackerFix(msgspec.Struct, frozen=True):
    """One position of a tracker: aware time, degrees, metres, metres a second, degrees."""

    at: dt.datetime
    lon: float
    lat: float
    accuracy_m: float = ACCURACY_UNKNOWN_M
    speed_m_s: float | None = None
    heading_deg: float | None = None
    mocked: bool = False

    def id_for(self, member_id: uuid.UUID) -> uuid.UUID:
        """The same position sent again has the same id: trackers repeat what they are not sure has arrived."""
        return uuid.uuid5(member_id, f"{self.at.timestamp():.3f}")


class NotATrack(ValueError):
    """The file cannot be read; the text says why."""


def owntracks(body: bytes) -> list[TrackerFix]:
    """The position in an OwnTracks message, if it is one; speed comes in km/h."""
    message = _json(body)
    if message.get("_type") != "location":
        return []
    return _one(
        at=message.get("tst"), lon=message.get("lon"), lat=message.get("lat"), accuracy_m=message.get("acc"),
        speed=message.get("vel"), speed_unit_m_s=KM_H_M_S, heading=message.get("cog"),
    )  # fmt: skip


def osmand_fields(fields: Mapping[str, str]) -> list[TrackerFix]:
    """The position in the fields of an OsmAnd request; time comes in s, ms or ISO 8601, speed in knots.

    OsmAnd itself calls its accuracy in metres "hdop", and gives speed in m/s.
    """
    if str(fields.get("valid", "true")).lower() in ("false", "0"):
        return []
    by_osmand = "hdop" in fields and "accuracy" not in fields
    lat, lon = fields.get("lat"), fields.get("lon")
    if "location" in fields:
        lat, _, lon = fields["location"].partition(",")
    return _one(
        at=fields.get("timestamp") or fields.get("time"), lon=lon, lat=lat,
        accuracy_m=fields.get("hdop") if by_osmand else fields.get("accuracy"),
        speed=fields.get("speed"), speed_unit_m_s=1.0 if by_osmand else KNOT_M_S, heading=fields.get("bearing") or fields.get("heading"),
        mocked=str(fields.get("mock", "")).lower() in ("true", "1"),
    )  # fmt: skip


def osmand_json(body: bytes) -> tuple[str, list[TrackerFix]]:
    """(device id, positions) of the JSON of Traccar Client 9; unknown speed and heading are -1."""
    message = _json(body)
    found: list[TrackerFix] = []
    locations = message.get("location")
    for location in locations if isinstance(locations, list) else [locations]:
        coords = location.get("coords") if isinstance(location, dict) else None
        if not isinstance(location, dict) or not isinstance(coords, dict):
            continue
        found += _one(
            at=location.get("timestamp"), lon=coords.get("longitude"), lat=coords.get("latitude"),
            accuracy_m=coords.get("accuracy"), speed=coords.get("speed"), speed_unit_m_s=1.0,
            heading=coords.get("heading"), mocked=location.get("mock") is True,
        )  # fmt: skip
    return str(message.get("device_id", "")), found


def gpslogger(fields: Mapping[str, str]) -> list[TrackerFix]:
    """The position in the fields that our custom URL names; GPSLogger gives speed in m/s and time in s and ISO 8601."""
    return _one(
        at=fields.get("timestamp") or fields.get("time"), lon=fields.get("lon"), lat=fields.get("lat"),
        accuracy_m=fields.get("acc"), speed=fields.get("spd"), speed_unit_m_s=1.0, heading=fields.get("dir"),
        mocked=fields.get("prov", "").lower() == "mock",
    )  # fmt: skip


def gpx(body: bytes) -> list[TrackerFix]:
    """The timed points of a GPX file's tracks.

    Raises NotATrack for what is no GPX, has no timed points, or brings definitions of its own (which may be a bomb).
    """
    head = body[:4096].upper()
    if b"<!DOCTYPE" in head or b"<!ENTITY" in body.upper():
        raise NotATrack("The file defines entities of its own; export the track anew as plain GPX 1.1")
    try:
        read = gpxpy.parse(body.decode("utf-8-sig"))
    except (gpxpy.gpx.GPXException, UnicodeDecodeError, ValueError) as error:
        raise NotATrack(f"This is no GPX file: {str(error)[:120]}") from None
    found: list[TrackerFix] = []
    for point in _gpx_points(read):
        if len(found) >= POSITIONS_MAX:
            raise NotATrack(f"The file has more than {POSITIONS_MAX} points; export this walk alone")
        dilution = point.horizontal_dilution
        found += _one(
            at=point.time, lon=point.longitude, lat=point.latitude,
            accuracy_m=dilution * 5.0 if dilution else None, speed=point.speed, speed_unit_m_s=1.0, heading=point.course,
        )  # fmt: skip
    if not found:
        raise NotATrack("The file has no points with a time; a route is not a recorded track")
    return found


def _gpx_points(read: gpxpy.gpx.GPX) -> Iterator[gpxpy.gpx.GPXTrackPoint]:
    for track in read.tracks:
        for segment in track.segments:
            yield from segment.points


def _json(body: bytes) -> dict[str, Any]:
    try:
        message = json.loads(body) if body.strip() else {}
    except (ValueError, RecursionError):
        return {}
    return message if isinstance(message, dict) else {}


def _one(
    *, at: Any, lon: Any, lat: Any, accuracy_m: Any, speed: Any, speed_unit_m_s: float, heading: Any,
    mocked: bool = False,
) -> list[TrackerFix]:  # fmt: skip
    """The position as a list of one, or none when time or place make no sense."""
    when, east, north = _time(at), _number(lon), _number(lat)
    if when is None or east is None or north is None or abs(east) > 180 or abs(north) > 90:
        return []
    accuracy, fast, towards = _number(accuracy_m), _number(speed), _number(heading)
    return [
        TrackerFix(
            at=when,
            lon=east,
            lat=north,
            accuracy_m=min(accuracy, 100_000.0)
            if accuracy is not None and accuracy > 0
            else ACCURACY_UNKNOWN_M,
            speed_m_s=min(fast * speed_unit_m_s, 1000.0) if fast is not None and fast >= 0 else None,
            heading_deg=towards if towards is not None and 0 <= towards <= 360 else None,
            mocked=mocked,
        )
    ]


def _number(value: Any) -> float | None:
    """A finite number out of what was sent, which may write its comma as one."""
    if value is None or isinstance(value, bool):
        return None
    try:
        number = float(str(value).strip().replace(",", "."))
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _time(value: Any) -> dt.datetime | None:
    """An aware time out of seconds, milliseconds or ISO 8601; a text without a zone is UTC."""
    if isinstance(value, dt.datetime):
        return value if value.tzinfo else value.replace(tzinfo=dt.UTC)
    number = _number(value)
    try:
        if number is not None:
            return dt.datetime.fromtimestamp(number / 1000 if number > 1e11 else number, dt.UTC)
        moment = dt.datetime.fromisoformat(str(value).strip().replace(" ", "T", 1))
    except (ValueError, OverflowError, OSError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
