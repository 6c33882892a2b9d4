"""What a posted task must be like: every wrong field is found, not only the first."""

import datetime as dt
import re
from typing import Any

from backend.areas import service as areas
from backend.core import clock
from backend.core.problems import FieldError
from backend.tasks.schemas import PlaceIn
from routing.geo import Bounds

SEATS_MAX = 50
POINTS_MAX = 100
HOURS_MAX = 12
DAYS_AHEAD_MAX = 30
OUTSIDE_MAX_M = 500.0
TITLE_ZH_MAX, TITLE_EN_MAX, BRIEF_MAX, NAME_MAX = 80, 120, 2000, 80


def text_errors(field: str, value: str | None, longest: int, *, needed: bool = False) -> list[FieldError]:
    """A text that is missing, though it is needed, or too long."""
    if needed and not (value or "").strip():
        return [FieldError(field, "missing", "Write a few words", value)]
    if value is not None and len(value) > longest:
        return [
            FieldError(field, "too-long", f"Use at most {longest} characters, not {len(value)}", value[:40])
        ]
    return []


_DOOR = re.compile(
    r"\d\s*(号楼|幢|栋|单元|室|户)|\b(flat|apartment|apt|unit|room)\.?\s*\d|(?<!\d)1[3-9]\d{9}(?!\d)",
    re.IGNORECASE,
)
"""A door, or somebody's telephone."""


def door_errors(texts: dict[str, str | None]) -> list[FieldError]:
    """Texts, by field, that lead every reader to somebody's door or telephone."""
    return [
        FieldError(
            field,
            "names-a-door",
            "Name where people meet, not whose door or number it is; tell that to those who took it",
            text,
        )
        for field, text in texts.items()
        if text and _DOOR.search(text)
    ]


def number_errors(field: str, value: int | None, least: int, most: int) -> list[FieldError]:
    """A number outside its range."""
    if value is None or least <= value <= most:
        return []
    return [FieldError(field, "out-of-range", f"Use a whole number from {least} to {most}", value)]


def window_errors(starts_at: dt.datetime, ends_at: dt.datetime) -> list[FieldError]:
    """A window that is over, backwards, too long or too far ahead."""
    naive = [name for name, at in (("starts_at", starts_at), ("ends_at", ends_at)) if at.tzinfo is None]
    if naive:
        return [
            FieldError(name, "no-offset", "Write the time with its offset, such as +08:00", None)
            for name in naive
        ]
    found: list[FieldError] = []
    now = clock.now()
    if starts_at > now + dt.timedelta(days=DAYS_AHEAD_MAX):
        found.append(_wrong("starts_at", "too-far-ahead", f"Begin within {DAYS_AHEAD_MAX} days", starts_at))
    if ends_at <= now:
        found.append(_wrong("ends_at", "past", "End after the present time", ends_at))
    if ends_at <= starts_at:
        found.append(_wrong("ends_at", "before-start", "End after the start", ends_at))
    elif ends_at - starts_at > dt.timedelta(hours=HOURS_MAX):
        found.append(_wrong("ends_at", "too-long", f"End at most {HOURS_MAX} hours after the start", ends_at))
    return found


def place_errors(place: PlaceIn, district: areas.Area) -> list[FieldError]:
    """A place without a name, or outside the district."""
    found = text_errors("place.name", place.name, NAME_MAX, needed=True)
    if not near_district(place.lon, place.lat, district):
        found.append(
            FieldError(
                "place.lon",
                "outside-area",
                f"Choose a place within {OUTSIDE_MAX_M:.0f} m of {district.name_zh}",
                [place.lon, place.lat],
            )
        )
    return found


def near_district(lon: float, lat: float, district: areas.Area) -> bool:
    """Whether the point (WGS-84 degrees) lies in the district's box or at most 500 m outside."""
    box = Bounds(district.west, district.south, district.east, district.north).padded(OUTSIDE_MAX_M)
    return bool(box.contains(lon, lat))


def _wrong(field: str, code: str, message: str, value: Any) -> FieldError:
    return FieldError(field, code, message, value.isoformat())
