"""Reading Common Alerting Protocol 1.2: what another system warns of, as something an officer can decide on."""

import datetime as dt
import math
import re
from collections.abc import Sequence
from typing import Any, Literal
from xml.etree.ElementTree import Element, ParseError

import msgspec
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from backend.alerts.cap import NAMESPACE
from backend.areas.service import Ring
from backend.core.problems import FieldError, InvalidFields

BYTES_MAX = 256 * 1024
EARTH_RADIUS_M = 6_371_008.8
LISTS = {
    "status": ("Actual", "Exercise", "System", "Test", "Draft"),
    "msgType": ("Alert", "Update", "Cancel", "Ack", "Error"),
    "scope": ("Public", "Restricted", "Private"),
    "urgency": ("Immediate", "Expected", "Future", "Past", "Unknown"),
    "severity": ("Extreme", "Severe", "Moderate", "Minor", "Unknown"),
    "certainty": ("Observed", "Likely", "Possible", "Unlikely", "Unknown"),
}
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[+-]\d\d:\d\d|Z)")


class CapMessage(msgspec.Struct, frozen=True):
    """What a document says. Positions are WGS-84; a document about a code area only has none."""

    identifier: str
    sender: str
    sent_at: dt.datetime
    message_type: Literal["Alert", "Update", "Cancel"]
    exercise: bool
    references: tuple[str, ...] = ()
    event: str = ""
    headline: str = ""
    description: str = ""
    place: str = ""
    contact: str = ""
    severity: str = ""
    expires_at: dt.datetime | None = None
    lon: float | None = None
    lat: float | None = None
    radius_m: int | None = None
    rings: tuple[Ring, ...] = ()


def read_cap(data: bytes) -> CapMessage:
    """The message in `data`; `InvalidFields` names every element that is missing or wrong.

    `references` are the identifiers of earlier messages. Where there are several languages the Chinese one counts.
    A circle is taken as it is; polygons are kept as rings, with the circle around their middle.
    """
    if len(data) > BYTES_MAX:
        raise InvalidFields([FieldError("body", "too-large", f"At most {BYTES_MAX // 1024} KB", len(data))])
    try:
        root = fromstring(data, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise InvalidFields([FieldError("body", "not-xml", f"This is not plain XML: {error}")]) from None
    if root.tag != f"{{{NAMESPACE}}}alert":
        message = f"The outermost element must be <alert> of {NAMESPACE}"
        raise InvalidFields([FieldError("body", "not-cap", message, root.tag[:80])])
    reader = _Reader()
    message = reader.alert(root)
    if reader.errors:
        raise InvalidFields(reader.errors)
    return message


class _Reader:
    """Goes through one document and collects everything that is wrong in it."""

    def __init__(self) -> None:
        self.errors: list[FieldError] = []

    def alert(self, root: Element) -> CapMessage:
        identifier, sender = self.needed(root, "identifier", "alert"), self.needed(root, "sender", "alert")
        sent_at = self.time(root, "sent", "alert")
        status, kind = self.listed(root, "status", "alert"), self.listed(root, "msgType", "alert")
        self.listed(root, "scope", "alert")
        if status in ("System", "Draft") or kind in ("Ack", "Error"):
            given = f"{status} {kind}"
            self.wrong(
                "alert.msgType", "not-a-warning", "Only warnings are taken here, not acknowledgements", given
            )
        references = tuple(
            part.split(",")[1] for part in _text(root, "references").split() if part.count(",") == 2
        )
        if kind in ("Update", "Cancel") and not references:
            self.wrong(
                "alert.references", "missing", "Name the messages before this one: sender,identifier,sent"
            )
        values = {} if kind == "Cancel" else self.info(root)
        return CapMessage(
            identifier=identifier[:200],
            sender=sender[:200],
            sent_at=sent_at or dt.datetime.now(dt.UTC),
            message_type=kind if kind in ("Update", "Cancel") else "Alert",  # type: ignore[arg-type]
            exercise=status in ("Exercise", "Test"),
            references=references,
            **values,
        )

    def info(self, root: Element) -> dict[str, Any]:
        infos = root.findall(f"{{{NAMESPACE}}}info")
        if not infos:
            self.wrong("alert.info", "missing", "A warning needs an <info> that says what it is about")
            return {}
        info = next((each for each in infos if _text(each, "language").lower().startswith("zh")), infos[0])
        event = self.needed(info, "event", "alert.info")
        for name in ("urgency", "certainty"):
            self.listed(info, name, "alert.info")
        area = info.find(f"{{{NAMESPACE}}}area")
        rings = self.rings(area) if area is not None else ()
        lon, lat, radius_m = self.circle(area, rings) if area is not None else (None, None, None)
        return {
            "event": event[:120],
            "headline": _text(info, "headline")[:200],
            "description": _text(info, "description")[:2000],
            "contact": _text(info, "contact")[:80],
            "severity": self.listed(info, "severity", "alert.info"),
            "place": _text(area, "areaDesc")[:120] if area is not None else "",
            "expires_at": self.time(info, "expires", "alert.info", needed=False),
            "lon": lon,
            "lat": lat,
            "radius_m": radius_m,
            "rings": rings,
        }

    def circle(self, area: Element, rings: Sequence[Ring]) -> tuple[float | None, float | None, int | None]:
        if circle := _text(area, "circle"):
            point, _, radius_km = circle.partition(" ")
            found = self.points("alert.info.area.circle", [point])
            if found and (radius := _number(radius_km)) is not None and radius >= 0:
                return found[0][1], found[0][0], round(radius * 1000)
            if found:
                self.wrong("alert.info.area.circle", "invalid", "Write it as lat,lon radius-in-km", circle)
        if corners := [corner for ring in rings for corner in ring]:
            lons, lats = zip(*corners, strict=True)
            lon, lat = (min(lons) + max(lons)) / 2, (min(lats) + max(lats)) / 2
            return lon, lat, round(max(_distance_m(lat, lon, *reversed(corner)) for corner in corners))
        return None, None, None

    def rings(self, area: Element) -> tuple[Ring, ...]:
        found: list[Ring] = []
        for polygon in area.iterfind(f"{{{NAMESPACE}}}polygon"):
            text = (polygon.text or "").strip()
            corners = self.points("alert.info.area.polygon", text.split())
            if text and (len(corners) >= 4 and corners[0] == corners[-1]):
                found.append(tuple((lon, lat) for lat, lon in corners))
            elif corners or not text:
                message = "A polygon has four or more points, and its last is its first again"
                self.wrong("alert.info.area.polygon", "not-closed", message, text)
        return tuple(found)

    def points(self, place: str, texts: list[str]) -> list[tuple[float, float]]:
        """Latitude and longitude of each "lat,lon"; none when one of them is wrong."""
        found: list[tuple[float, float]] = []
        for text in texts:
            lat, lon = (_number(part) for part in text.split(",")) if text.count(",") == 1 else (None, None)
            if lat is None or lon is None or abs(lat) > 90 or abs(lon) > 180:
                self.wrong(place, "invalid", "Write points as lat,lon in degrees, latitude first", text)
                return []
            found.append((lat, lon))
        return found

    def needed(self, parent: Element, name: str, place: str) -> str:
        text = _text(parent, name)
        if not text:
            self.wrong(f"{place}.{name}", "missing", f"<{name}> is needed here")
        return text

    def listed(self, parent: Element, name: str, place: str) -> str:
        text = self.needed(parent, name, place)
        if text and text not in LISTS[name]:
            self.wrong(f"{place}.{name}", "unknown", f"Known are {', '.join(LISTS[name])}", text)
        return text

    def time(self, parent: Element, name: str, place: str, *, needed: bool = True) -> dt.datetime | None:
        text = self.needed(parent, name, place) if needed else _text(parent, name)
        if not text:
            return None
        try:
            if _TIME.fullmatch(text):
                return dt.datetime.fromisoformat(text)
        except ValueError:
            pass
        message = "Write it with the zone's offset, such as 2026-06-05T20:00:00+08:00"
        self.wrong(f"{place}.{name}", "bad-time", message, text)
        return None

    def wrong(self, field: str, code: str, message: str, value: str | None = None) -> None:
        self.errors.append(FieldError(field, code, message, value[:80] if value else value))


def _text(parent: Element, name: str) -> str:
    return (parent.findtext(f"{{{NAMESPACE}}}{name}") or "").strip()


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _distance_m(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """On a sphere, good enough over a district."""
    east = math.radians(other_lon - lon) * math.cos(math.radians(lat))
    return EARTH_RADIUS_M * math.hypot(math.radians(other_lat - lat), east)
