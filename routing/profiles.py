"""Who is on the way: how fast each kind of team goes along each kind of way, and where it cannot go."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.street_tags import (
    MAIN_ROAD,
    NOT_ON_FOOT,
    NOT_STEP_FREE,
    RIDE_BACKWARD,
    RIDE_FORWARD,
    ROUGH,
    STEPS,
    UNLIT,
)
from routing.words import RequestError, Words

type Floats = NDArray[np.float64]
type Flags = NDArray[np.uint16]

DEFAULT_PACE_MPS = 1.2
# At night an unlit way is taken only where the lit one is longer than twice as long.
UNLIT_PENALTY = 2.0
SLOWEST_UPHILL = 0.4
PUSHING_PACE_MPS = 1.0
# Riders are sent along lanes rather than among cars, up to this much further.
MAIN_ROAD_PENALTY = 1.25


@dataclass(frozen=True, slots=True)
class Profile:
    """A way of being out on patrol.

    `pace_mps` is the pace on the flat in m/s; on steps it is times `steps_share` (0: steps cannot be taken),
    uphill it falls by `uphill_share` per percent, on rough ground it is times `rough_share`. Slopes above
    `incline_max_percent`, up or down, cannot be taken. `rides` is riding where that is allowed, else pushing;
    `step_free` keeps off what is signed as closed to wheelchairs.
    """

    name: str
    words: Words
    pace_mps: float
    steps_share: float
    uphill_share: float
    rough_share: float
    incline_max_percent: float
    rides: bool = False
    step_free: bool = False


PROFILES: dict[str, Profile] = {
    profile.name: profile
    for profile in (
        Profile("foot", Words("步行", "on foot"), DEFAULT_PACE_MPS, 0.6, 0.03, 1.0, np.inf),
        Profile("slow", Words("慢行（老年人）", "on foot, slowly"), 0.85, 0.5, 0.04, 0.85, np.inf),
        Profile("wheelchair", Words("轮椅", "by wheelchair"), 0.9, 0.0, 0.06, 0.6, 6.0, step_free=True),
        Profile("ebike", Words("电动自行车", "by e-bike"), 4.2, 0.0, 0.02, 0.6, np.inf, rides=True),
    )
}


@dataclass(frozen=True, slots=True)
class Rates:
    """Per piece of street and direction: seconds a metre, and the weight a metre that the choice of way goes by.

    Both are inf where the profile cannot go.
    """

    forward_s: Floats
    backward_s: Floats
    forward_weight: Floats
    backward_weight: Floats


def profile_named(name: str) -> Profile:
    """The profile; RequestError, naming those that exist, when there is none."""
    if (found := PROFILES.get(name)) is not None:
        return found
    words = Words(
        zh=f"profile 为 {name}，应为 {'、'.join(PROFILES)} 之一。",
        en=f"profile is {name}: give one of {', '.join(PROFILES)}.",
    )
    raise RequestError("bad_profile", words, field="profile", value=name)


def rates(profile: Profile, flags: Flags, incline_percent: Floats, *, night: bool = False) -> Rates:
    """How the profile goes along pieces with these flags and slopes (in the piece's own direction)."""
    forward = _seconds_per_metre(profile, flags, incline_percent, RIDE_FORWARD)
    backward = _seconds_per_metre(profile, flags, -incline_percent, RIDE_BACKWARD)
    weight = np.where(night & ((flags & UNLIT) != 0), UNLIT_PENALTY, 1.0)
    if profile.rides:
        weight = weight * np.where((flags & MAIN_ROAD) != 0, MAIN_ROAD_PENALTY, 1.0)
    return Rates(forward, backward, forward * weight, backward * weight)


def passability(flags: Flags, incline_percent: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Which profiles can go (along, against) each piece, as bits; pieces that agree can be one street."""
    along, against = np.zeros(len(flags), dtype=np.int64), np.zeros(len(flags), dtype=np.int64)
    for bit, profile in enumerate(PROFILES.values()):
        found = rates(profile, flags, incline_percent)
        along |= np.isfinite(found.forward_s).astype(np.int64) << bit
        against |= np.isfinite(found.backward_s).astype(np.int64) << bit
    return along, against


def _seconds_per_metre(profile: Profile, flags: Flags, rise_percent: Floats, ride_bit: int) -> Floats:
    pace_mps = np.full(len(flags), profile.pace_mps)
    on_steps, on_foot = (flags & STEPS) != 0, (flags & NOT_ON_FOOT) == 0
    if profile.rides:
        riding = (flags & ride_bit) != 0
        pace_mps = np.where(riding, pace_mps, np.where(on_foot, PUSHING_PACE_MPS, 0.0))
    else:
        pace_mps = np.where(on_foot, pace_mps, 0.0)
    # The slope of steps is in their own pace already.
    uphill = np.clip(1.0 - profile.uphill_share * np.maximum(rise_percent, 0.0), SLOWEST_UPHILL, 1.0)
    pace_mps = pace_mps * np.where(on_steps, profile.steps_share, uphill)
    pace_mps = np.where((flags & ROUGH) != 0, pace_mps * profile.rough_share, pace_mps)
    if profile.step_free:
        pace_mps = np.where((flags & NOT_STEP_FREE) != 0, 0.0, pace_mps)
    too_steep = ~on_steps & (np.abs(rise_percent) > profile.incline_max_percent)
    pace_mps = np.where(too_steep, 0.0, pace_mps)
    return np.divide(1.0, pace_mps, out=np.full(len(flags), np.inf), where=pace_mps > 0)
