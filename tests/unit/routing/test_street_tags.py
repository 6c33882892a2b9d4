"""What a way's tags allow, and how fast each kind of team goes along it."""

import numpy as np
import pytest

from routing.profiles import PROFILES, UNLIT_PENALTY, passability, profile_named, rates
from routing.street_tags import (
    BRIDGE,
    LANE,
    MAIN_ROAD,
    NOT_ON_FOOT,
    NOT_STEP_FREE,
    PRIVATE,
    RIDE_BACKWARD,
    RIDE_FORWARD,
    ROUGH,
    STEEP,
    STEPS,
    TUNNEL,
    UNLIT,
    incline_percent,
    reversed_flags,
    way_traits,
)
from routing.words import RequestError

RIDE = RIDE_FORWARD | RIDE_BACKWARD


@pytest.mark.parametrize(
    ("tags", "flags"),
    [
        ({"highway": "footway"}, LANE),
        ({"highway": "steps"}, STEPS | NOT_STEP_FREE),
        ({"highway": "motorway"}, None),
        ({"highway": "cycleway"}, NOT_ON_FOOT | RIDE),
        ({"highway": "cycleway", "foot": "yes"}, RIDE),
        ({"highway": "residential", "foot": "no", "bicycle": "no"}, None),
        ({"highway": "residential", "foot": "no"}, NOT_ON_FOOT | RIDE),
        ({"highway": "service", "access": "no"}, None),
        ({"highway": "track", "access": "agricultural"}, None),
        ({"highway": "path", "sac_scale": "alpine_hiking"}, None),
        ({"highway": "path", "sac_scale": "hiking"}, LANE | UNLIT | RIDE),
        ({"highway": "service", "access": "no", "foot": "designated"}, 0),
        ({"highway": "service", "access": "private"}, PRIVATE),
        ({"highway": "service", "access": "private", "foot": "permissive"}, 0),
        ({"highway": "trunk", "motorroad": "yes"}, None),
        ({"building": "yes"}, None),
        ({"highway": "residential"}, RIDE),
        ({"highway": "residential", "oneway": "yes"}, RIDE_FORWARD),
        ({"highway": "residential", "oneway": "-1"}, RIDE_BACKWARD),
        ({"highway": "residential", "oneway": "yes", "oneway:bicycle": "no"}, RIDE),
        ({"highway": "residential", "oneway": "yes", "cycleway": "opposite_lane"}, RIDE),
        ({"highway": "residential", "junction": "roundabout"}, RIDE_FORWARD),
        ({"highway": "residential", "bicycle": "dismount"}, 0),
        ({"highway": "pedestrian", "bicycle": "yes"}, LANE | RIDE),
        ({"highway": "service", "service": "alley"}, LANE | RIDE),
        ({"highway": "residential", "lit": "no"}, UNLIT | RIDE),
        ({"highway": "track", "lit": "yes", "surface": "gravel"}, ROUGH | RIDE),
        ({"highway": "track"}, UNLIT | RIDE),
        ({"highway": "primary", "bridge": "yes"}, MAIN_ROAD | BRIDGE | RIDE),
        ({"highway": "footway", "tunnel": "yes"}, LANE | TUNNEL),
        ({"highway": "footway", "tunnel": "building_passage"}, LANE),
        ({"highway": "residential", "incline": "12%"}, STEEP | RIDE),
        ({"highway": "footway", "wheelchair": "no"}, LANE | NOT_STEP_FREE),
    ],
)
def test_tags(tags: dict[str, str], flags: int | None) -> None:
    """Who may go where, and what is to be known of it, follows the tags."""
    traits = way_traits(tags)
    assert (None if traits is None else traits.flags) == flags


@pytest.mark.parametrize(
    ("text", "percent"),
    [("10%", 10), ("-5 %", -5), ("8", 8), ("up", 8), ("down", -8), ("steep", 12), ("45°", 60), ("5,5%", 5.5),
     ("", 0), ("rather", 0), ("1:10", 0), ("900%", 60)],
)  # fmt: skip
def test_incline(text: str, percent: float) -> None:
    """Slopes are read in percent, words and degrees included; what cannot be understood is no slope."""
    assert incline_percent(text) == pytest.approx(percent)


def test_reversing_swaps_riding_only() -> None:
    """Against its direction a way allows what it allowed along it, the other way round."""
    assert reversed_flags(RIDE_FORWARD | STEPS) == RIDE_BACKWARD | STEPS
    assert all(reversed_flags(reversed_flags(flags)) == flags for flags in range(2 * MAIN_ROAD))


def seconds(profile: str, flags: int, incline: float = 0.0) -> tuple[float, float]:
    found = rates(PROFILES[profile], np.array([flags], np.uint16), np.array([incline]))
    return float(found.forward_s[0]), float(found.backward_s[0])


def test_everyone_has_a_pace() -> None:
    """On a flat residential street each profile goes at its pace, both ways alike."""
    for profile in PROFILES.values():
        assert seconds(profile.name, RIDE) == pytest.approx((1 / profile.pace_mps,) * 2)


def test_steps() -> None:
    """Steps are slower on foot, and closed to wheelchairs and e-bikes."""
    assert seconds("foot", STEPS)[0] > seconds("foot", 0)[0]
    assert seconds("slow", STEPS)[0] > seconds("foot", STEPS)[0]
    assert seconds("wheelchair", STEPS | NOT_STEP_FREE) == (np.inf, np.inf)
    assert seconds("ebike", STEPS) == (np.inf, np.inf)


def test_slopes() -> None:
    """Uphill is slower than downhill; a wheelchair takes gentle slopes only, in either direction."""
    up, down = seconds("foot", 0, 10.0)
    assert up > down == pytest.approx(1 / 1.2)
    assert seconds("wheelchair", 0, 5.0)[0] < np.inf
    assert seconds("wheelchair", 0, 7.0) == seconds("wheelchair", 0, -7.0) == (np.inf, np.inf)


def test_an_ebike_is_pushed_where_it_may_not_be_ridden() -> None:
    """Against a one-way street and on a footway the rider walks; a cycleway is for riding only."""
    along, against = seconds("ebike", RIDE_FORWARD)
    assert along < against == pytest.approx(1.0)
    assert seconds("ebike", LANE) == pytest.approx((1.0, 1.0))
    assert seconds("ebike", NOT_ON_FOOT | RIDE)[0] == along
    assert seconds("ebike", NOT_ON_FOOT | RIDE_FORWARD)[1] == np.inf
    assert seconds("foot", NOT_ON_FOOT | RIDE) == (np.inf, np.inf)


def test_night_and_lanes_weigh_but_take_no_longer() -> None:
    """An unlit way counts more at night and a main road more by e-bike, while the seconds told stay the real ones."""
    flags, flat = np.array([UNLIT | RIDE, MAIN_ROAD | RIDE], np.uint16), np.zeros(2)
    by_day, by_night = (rates(PROFILES["foot"], flags, flat, night=night) for night in (False, True))
    assert (by_day.forward_s == by_night.forward_s).all()
    assert (by_night.forward_weight / by_day.forward_weight).tolist() == [UNLIT_PENALTY, 1.0]
    riding = rates(PROFILES["ebike"], flags, flat)
    assert riding.forward_weight[1] > riding.forward_weight[0] == riding.forward_s[0] == riding.forward_s[1]


def test_passability_tells_directions_apart() -> None:
    """A cycleway with one direction can be gone along by somebody, against it by nobody."""
    along, against = passability(np.array([NOT_ON_FOOT | RIDE_FORWARD], np.uint16), np.zeros(1))
    assert along[0] > 0 == against[0]


def test_unknown_profile() -> None:
    """A profile that does not exist is named with those that do."""
    with pytest.raises(RequestError) as refused:
        profile_named("horse")
    assert refused.value.code == "bad_profile"
    assert "wheelchair" in refused.value.words.en
