"""What the tags of an OpenStreetMap way say to those who walk, roll or ride along it."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

# Bits of a way's flags. The riding bits are those of a bicycle in the way's own direction and against it.
STEPS = 1
PRIVATE = 2
STEEP = 4
UNLIT = 8
LANE = 16
BRIDGE = 32
TUNNEL = 64
ROUGH = 128
NOT_STEP_FREE = 256
NOT_ON_FOOT = 512
RIDE_FORWARD = 1024
RIDE_BACKWARD = 2048
MAIN_ROAD = 4096

STEEP_FROM_PERCENT = 8.0
# "up", "down" and "steep" without a number are written where people notice a slope.
INCLINE_WORDS = {"up": 8.0, "down": -8.0, "steep": 12.0}
INCLINE_MAX_PERCENT = 60.0

MAIN_ROADS = frozenset({"trunk", "trunk_link", "primary", "primary_link", "secondary", "secondary_link"})
WALKED = MAIN_ROADS | {
    "tertiary", "tertiary_link", "unclassified", "residential", "living_street", "road", "service", "track",
    "path", "steps", "pedestrian", "footway", "corridor", "pier",
}  # fmt: skip
WALKED_IF_SIGNED = frozenset({"cycleway", "bridleway"})
# Where bicycles may be ridden only if a sign says so.
RIDDEN_IF_SIGNED = frozenset({"steps", "pedestrian", "footway", "corridor", "pier", "bridleway"})
LANES = frozenset({"living_street", "footway", "path", "pedestrian"})
# No street lamp is expected along these unless it is tagged.
DARK_UNLESS_TAGGED = frozenset({"track", "path", "bridleway"})
ROUGH_SURFACES = frozenset({
    "unpaved", "gravel", "dirt", "earth", "ground", "grass", "mud", "sand", "pebblestone", "rock", "stone",
    "cobblestone", "unhewn_cobblestone", "woodchips",
})  # fmt: skip
# Mountain paths on which a patrol has no business: SAC scale T2 and above.
ALPINE = frozenset({
    "mountain_hiking", "demanding_mountain_hiking", "alpine_hiking", "demanding_alpine_hiking",
    "difficult_alpine_hiking",
})  # fmt: skip
# Not for the public unless signed.
CLOSED = frozenset({"no", "agricultural", "forestry", "military"})
ALLOWED = frozenset({"yes", "designated", "permissive", "official"})
ONEWAY = frozenset({"yes", "true", "1"})
NUMBER = re.compile(r"([+-]?\d+(?:\.\d+)?)\s*(%|°)?")


@dataclass(frozen=True, slots=True)
class WayTraits:
    """Flag bits, and the slope in percent in the way's own direction (0 where none is known)."""

    flags: int
    incline_percent: float = 0.0


def way_traits(tags: Mapping[str, str]) -> WayTraits | None:
    """What one must know of a way with these tags; None when nobody may go along it on foot or by bicycle."""
    highway = tags.get("highway", "")
    on_foot, private = _on_foot(highway, tags)
    riding = _riding(highway, tags)
    if not on_foot and not riding:
        return None
    incline = incline_percent(tags.get("incline", ""))
    flags = riding
    for flag, holds in (
        (STEPS, highway == "steps"),
        (PRIVATE, private),
        (STEEP, abs(incline) >= STEEP_FROM_PERCENT and highway != "steps"),
        (UNLIT, _is_unlit(highway, tags)),
        (LANE, highway in LANES or tags.get("service") == "alley"),
        (BRIDGE, tags.get("bridge", "no") != "no"),
        (TUNNEL, tags.get("tunnel", "no") not in ("no", "building_passage")),
        (ROUGH, tags.get("surface") in ROUGH_SURFACES),
        (NOT_STEP_FREE, highway == "steps" or tags.get("wheelchair") == "no"),
        (NOT_ON_FOOT, not on_foot),
        (MAIN_ROAD, highway in MAIN_ROADS),
    ):
        flags |= flag if holds else 0
    return WayTraits(flags, incline)


def reversed_flags(flags: int) -> int:
    """The flags as they are when the way is followed against its direction."""
    kept = flags & ~(RIDE_FORWARD | RIDE_BACKWARD)
    forward, backward = flags & RIDE_FORWARD, flags & RIDE_BACKWARD
    return kept | (RIDE_BACKWARD if forward else 0) | (RIDE_FORWARD if backward else 0)


def incline_percent(text: str) -> float:
    """The slope of an `incline` tag in percent, positive uphill; 0 where it says nothing that can be understood."""
    if (known := INCLINE_WORDS.get(text.strip().lower())) is not None:
        return known
    found = NUMBER.fullmatch(text.strip().replace(",", "."))
    if found is None:
        return 0.0
    value = float(found.group(1))
    if found.group(2) == "°":
        value = 100.0 * math.tan(math.radians(max(-45.0, min(45.0, value))))
    return max(-INCLINE_MAX_PERCENT, min(INCLINE_MAX_PERCENT, value))


def _on_foot(highway: str, tags: Mapping[str, str]) -> tuple[bool, bool]:
    """(whether one can walk there, whether only those who belong there may)."""
    foot, access = tags.get("foot", ""), tags.get("access", "")
    signed = foot in ALLOWED
    private = foot == "private" or (access == "private" and not signed)
    if highway not in WALKED and not (highway in WALKED_IF_SIGNED and signed):
        return False, private
    closed = access in CLOSED or tags.get("motorroad") == "yes"
    refused = foot in ("no", "use_sidepath") or (closed and not signed) or tags.get("sac_scale") in ALPINE
    return not refused, private


def _riding(highway: str, tags: Mapping[str, str]) -> int:
    """In which directions a bicycle may be ridden, as flag bits."""
    bicycle, access = tags.get("bicycle", ""), tags.get("access", "")
    signed = bicycle in ALLOWED
    known = highway in WALKED or highway in WALKED_IF_SIGNED
    if not known or highway == "steps" or (highway in RIDDEN_IF_SIGNED and not signed):
        return 0
    closed = access in CLOSED or access == "private" or tags.get("motorroad") == "yes"
    if bicycle in ("no", "private", "dismount", "use_sidepath") or (closed and not signed):
        return 0
    if tags.get("sac_scale") in ALPINE:
        return 0
    oneway = tags.get("oneway:bicycle") or tags.get("oneway", "")
    if not oneway and tags.get("junction") in ("roundabout", "circular"):
        oneway = "yes"
    if tags.get("cycleway", "").startswith("opposite"):
        oneway = "no"
    if oneway in ONEWAY:
        return RIDE_FORWARD
    return RIDE_BACKWARD if oneway in ("-1", "reverse") else RIDE_FORWARD | RIDE_BACKWARD


def _is_unlit(highway: str, tags: Mapping[str, str]) -> bool:
    lit = tags.get("lit", "")
    return lit in ("no", "disused") or (not lit and highway in DARK_UNLESS_TAGGED)
