"""How a track went over time: few steps, and what matters in each is not lost."""

import datetime as dt

from routing.track import Point
from routing.track_series import STEPS_MAX, series_of
from tests.support.streets import grid_place

BEGAN = dt.datetime(2026, 6, 5, 12, tzinfo=dt.UTC)


def track(count: int, metres_a_step: float, accuracy_m: float = 6.0, every_s: float = 5.0) -> list[Point]:
    """Positions on a line to the east."""
    return [
        Point(BEGAN + dt.timedelta(seconds=every_s * n), *grid_place(metres_a_step * n, 0), accuracy_m)
        for n in range(count)
    ]


def test_a_long_walk_is_drawn_in_few_steps_and_keeps_its_peaks() -> None:
    """One made-up position and one long wait among thousands are still there; walking pace is walking pace."""
    points = track(3000, 6.5)
    points = [
        *points[:1500],
        *(Point(p.at + dt.timedelta(seconds=300), p.lon, p.lat, p.accuracy_m) for p in points[1500:]),
    ]
    found = series_of(points, [n == 700 for n in range(3000)])
    assert len(found.at_s) == STEPS_MAX == len(found.wait_s) == len(found.made_up)
    assert sum(found.made_up) == 1 and max(found.wait_s) == 305.0
    assert 4.5 < max(found.speed_km_h) < 5.0
    assert set(found.accuracy_m) == {6.0}


def test_a_ride_and_a_jump_are_seen_and_vague_positions_are_not() -> None:
    """Speed is that over half a minute; a position that the phone itself doubts makes none."""
    ride = series_of(track(60, 50.0), [False] * 60)
    assert 35 < max(ride.speed_km_h) < 37
    walked = track(60, 6.5)
    jump = [p if n < 30 else Point(p.at, p.lon + 0.01, p.lat, p.accuracy_m) for n, p in enumerate(walked)]
    assert max(series_of(jump, [False] * 60).speed_km_h) > 100
    vague = [p if n != 30 else Point(p.at, p.lon + 0.01, p.lat, 400.0) for n, p in enumerate(walked)]
    assert max(series_of(vague, [False] * 60).speed_km_h) < 6


def test_nothing_and_one() -> None:
    """No positions make no steps, one makes one."""
    assert series_of([], []).at_s == []
    assert series_of(track(1, 1), [True]).made_up == [True]
