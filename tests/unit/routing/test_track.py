"""A walk is credited for what was walked: not for noise, gaps or jumps, and for stops only while they last."""

import datetime as dt
import itertools
import math
import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing import track
from routing.track import Point, StopPlace

NOON = dt.datetime(2026, 6, 5, 12, tzinfo=dt.UTC)
LON, LAT = 120.7, 28.0
EVERY_S = 5
PACE_M_S = 1.15


def at(x_m: float, y_m: float, second: float, accuracy_m: float = 10.0) -> Point:
    """A position some metres east and north of the origin."""
    lat = LAT + y_m / track.EARTH_M_PER_DEGREE
    lon = LON + x_m / track.EARTH_M_PER_DEGREE / math.cos(math.radians(LAT))
    return Point(NOON + dt.timedelta(seconds=second), lon, lat, accuracy_m)


def walked(
    places: Sequence[tuple[float, float]], noise_m: float = 0.0, seed: int = 0, start_s: float = 0
) -> list[Point]:
    """One position every five seconds at these places, each off by some noise."""
    dice = random.Random(seed)
    return [
        at(x + dice.gauss(0, noise_m), y + dice.gauss(0, noise_m), start_s + EVERY_S * number)
        for number, (x, y) in enumerate(places)
    ]


def east(count: int, from_m: float = 0.0) -> list[tuple[float, float]]:
    """Places along a straight line at walking pace."""
    return [(from_m + PACE_M_S * EVERY_S * number, 0.0) for number in range(count)]


def stop(x_m: float, y_m: float, dwell_s: float = 600) -> StopPlace:
    """A stop some metres from the origin."""
    place = at(x_m, y_m, 0)
    return StopPlace(place.lon, place.lat, dwell_s)


@pytest.mark.parametrize(("noise_m", "most_m"), [(4, 15), (8, 30), (12, 100)])
@pytest.mark.parametrize("seed", range(5))
def test_noise_does_not_make_a_standing_person_walk(noise_m: float, most_m: float, seed: int) -> None:
    """Half an hour on one spot is a few metres at most, where the raw positions would make kilometres."""
    still = walked([(0, 0)] * 360, noise_m, seed)
    raw_m = sum(track.distance_m(a, b) for a, b in itertools.pairwise(still))
    assert raw_m > 1000
    assert track.measure(still, []).length_m < most_m


@pytest.mark.parametrize("seed", range(5))
def test_noise_changes_the_length_of_a_walk_little(seed: int) -> None:
    """A kilometre and a half with eight metres of noise is within a tenth of itself, also round corners."""
    length_m = PACE_M_S * EVERY_S * 260
    straight = track.measure(walked(east(261), 8, seed), []).length_m
    corner = [(min(x, length_m / 2), max(0.0, x - length_m / 2)) for x, _ in east(261)]
    assert straight == pytest.approx(length_m, rel=0.1)
    assert track.measure(walked(corner, 8, seed), []).length_m == pytest.approx(length_m, rel=0.1)


def test_a_pause_on_the_way_adds_nothing_and_takes_nothing() -> None:
    """Walk, stand for twelve minutes, walk on: the length is that of the two walks."""
    there = east(90)
    places = there + [there[-1]] * 144 + east(90, from_m=there[-1][0])
    assert track.measure(walked(places, 6, 1), []).length_m == pytest.approx(2 * there[-1][0], rel=0.08)


def test_a_gap_earns_neither_metres_nor_minutes() -> None:
    """A phone that was silent for ten minutes while a kilometre was covered is credited for the two ends only."""
    first = walked(east(60))
    second = walked(east(60, from_m=1300), start_s=60 * EVERY_S + 600)
    walk = track.measure(first + second, [])
    one_end_m = PACE_M_S * EVERY_S * 59
    assert walk.length_m == pytest.approx(2 * one_end_m, rel=0.05)
    assert walk.seconds == 2 * 59 * EVERY_S
    assert len(track.segments(first + second)) == 2


def test_a_gap_of_just_two_minutes_is_none() -> None:
    """The limit itself still joins."""
    assert len(track.segments([at(0, 0, 0), at(50, 0, track.GAP_S)])) == 1
    assert len(track.segments([at(0, 0, 0), at(50, 0, track.GAP_S + 1)])) == 2


def test_jumps_and_blurred_positions_are_left_out() -> None:
    """One leap of five kilometres and back, and one position that knows only the quarter, change nothing."""
    plain = walked(east(100))
    disturbed = sorted(
        [*plain, at(5000, 0, 202.5), at(200, 900, 302.5, accuracy_m=500)], key=lambda point: point.at
    )
    assert track.measure(disturbed, []) == track.measure(plain, [])


def test_three_agreeing_positions_move_the_walk() -> None:
    """After a wrong start the true place is believed, but three leaps that disagree are not."""
    wrong_start = [at(9000, 0, 0), *walked(east(20), start_s=5)]
    assert [len(segment) for segment in track.segments(wrong_start)] == [1, 20]
    leaps = [at(4000, 0, 102), at(-4000, 0, 104), at(0, 4000, 106)]
    assert [len(segment) for segment in track.segments([*walked(east(40)), *leaps])] == [40]


def test_order_and_repeats_do_not_matter() -> None:
    """Positions arrive in any order and twice."""
    plain = walked(east(80), 5, 3)
    mixed = [*plain, *plain]
    random.Random(1).shuffle(mixed)
    assert track.measure(mixed, [stop(100, 0)]) == track.measure(plain, [stop(100, 0)])


def test_a_stop_counts_while_one_is_there() -> None:
    """Twelve of fifteen planned minutes are enough, eleven are not; passing by is no dwelling."""
    place = stop(500, 0, dwell_s=900)
    for minutes, dwelt in ((12.5, 1), (10, 0), (0, 0)):
        there = east(88)
        places = there + [(505.0, 0.0)] * int(minutes * 60 / EVERY_S) + east(60, from_m=505)
        walk = track.measure(walked(places, 3, 2), [place])
        assert walk.stops_dwelt == dwelt, (minutes, walk.dwell_s)


def test_dwelling_needs_to_come_near_and_then_forgives_a_stroll() -> None:
    """Sixty metres away is no arrival; after arriving, sixty metres is still there; eighty is gone."""
    place = stop(0, 0)
    outside = [walked([(60, 0)] * 100)]
    stroll = [walked([(20, 0)] * 10 + [(60, 0)] * 90)]
    gone = [walked([(20, 0)] * 10 + [(80, 0)] * 10 + [(60, 0)] * 80)]
    assert track.dwell_s(outside, place) == 0
    assert track.dwell_s(stroll, place) == 99 * EVERY_S
    assert track.dwell_s(gone, place) == 10 * EVERY_S


def test_nothing_walked_is_nothing() -> None:
    """No position, one position, only useless ones."""
    assert track.measure([], [stop(0, 0)]) == track.Walk(0.0, 0.0, 0, (0.0,))
    assert track.measure([at(0, 0, 0)], []) == track.Walk(0.0, 0.0, 0, (), positions=1)
    assert track.measure([at(0, 0, 0, 900), at(90, 0, 60, 900)], []).length_m == 0


POINTS = st.lists(
    st.builds(
        at,
        st.floats(-3000, 3000),
        st.floats(-3000, 3000),
        st.integers(0, 7200),
        st.floats(0, 200),
    ),
    max_size=60,
)


@given(POINTS)
def test_no_walk_is_faster_or_longer_than_what_was_sent(points: list[Point]) -> None:
    """Whatever arrives: no more seconds than between first and last, no faster than the limit, never below zero."""
    walk = track.measure(points, [stop(0, 0), stop(500, 500)])
    times = [point.at for point in points]
    span_s = (max(times) - min(times)).total_seconds() if times else 0.0
    assert 0 <= walk.seconds <= span_s
    assert 0 <= walk.length_m <= track.SPEED_M_S_MAX * walk.seconds + 1e-6
    assert all(0 <= seconds <= walk.seconds for seconds in walk.dwell_s)
    for segment in track.segments(points):
        assert all(a.at < b.at for a, b in itertools.pairwise(segment))


@given(POINTS, st.randoms(use_true_random=False))
def test_the_order_of_arrival_never_matters(points: list[Point], dice: random.Random) -> None:
    """The same positions give the same walk, however the network mixed them."""
    distinct = list({point.at: point for point in points}.values())
    mixed = distinct[:]
    dice.shuffle(mixed)
    assert track.measure(mixed, [stop(0, 0)]) == track.measure(distinct, [stop(0, 0)])
