"""Nothing that others see of a walk shows a door or a home."""

import datetime as dt
import math
import uuid

import numpy as np

from backend.patrols.homes import _cell_of, _hashed, hidden_by, nowhere
from backend.patrols.shown import averaged_lines, coarse_lines, shown_lines
from backend.patrols.walked_cells import cell_degrees, cells_of
from routing.geo import haversine_m
from routing.track import Point
from routing.track_privacy import HIDDEN_M
from tests.support.streets import grid_place

BEGAN = dt.datetime(2026, 6, 5, 12, tzinfo=dt.UTC)
ROUNDED_M = 0.2


def test_a_thousand_random_walks_show_nobodys_home_nor_any_door() -> None:
    """The same of everything others ever see: lines of positions with gaps and vague ones among them, exact or to 50 m."""
    draw = np.random.default_rng(12)
    walker = uuid.uuid4()
    for _ in range(1000):
        count = int(draw.integers(2, 60))
        steps = draw.normal(0, draw.uniform(3, 25), (count, 2)).cumsum(axis=0)
        seconds = draw.choice([5, 5, 5, 5, 200], count).cumsum()
        points = [
            Point(
                BEGAN + dt.timedelta(seconds=int(second)),
                *grid_place(x, y),
                float(draw.choice([8, 8, 8, 90])),
            )
            for second, (x, y) in zip(seconds, steps.tolist(), strict=True)
        ]
        home = grid_place(*(steps[draw.integers(count)] + draw.normal(0, 60, 2)).tolist())
        hidden = hidden_by(walker, _hashed(walker, _cell_of(*home)))
        doors = [(points[0].lon, points[0].lat), (points[-1].lon, points[-1].lat), home]
        for lines in (shown_lines(points, hidden), coarse_lines(points, hidden)):
            for line in lines:
                lon, lat = np.array(line).T
                for door in doors:
                    assert float(haversine_m(lon, lat, *door).min()) > HIDDEN_M - ROUNDED_M


def test_a_lone_position_at_the_door_counts_as_the_door() -> None:
    """The phone was locked after one position at home, and gave the next around the corner: that one is near the door too."""
    door, corner = Point(BEGAN, *grid_place(0, 0)), BEGAN + dt.timedelta(minutes=5)
    walked = [Point(corner + dt.timedelta(seconds=5 * n), *grid_place(100 + 6 * n, 0)) for n in range(100)]
    assert len(averaged_lines([door, *walked])) == 1
    (line,) = shown_lines([door, *walked], nowhere)
    lon, lat = np.array(line).T
    assert float(haversine_m(lon, lat, door.lon, door.lat).min()) > HIDDEN_M


def test_squares_are_nowhere_narrower_than_250_m() -> None:
    """In any latitude a district lies in, a degree to either side; a kilometre crosses four or five, each counted once."""
    for middle in (0.3, 18.2, 28.0, 39.9, 52.9):
        wide, high = cell_degrees(middle)
        for lat in (middle - 0.9, middle, middle + 0.9):
            assert wide * 111_195 * math.cos(math.radians(lat)) >= 250.0 - 0.01 and high * 111_194 >= 249.99
    line = [grid_place(x, 0) for x in (*range(0, 1001, 5), *range(1000, -1, -5))]
    assert len(cells_of([line, line], line[0][1])) in (4, 5)
    assert cells_of([], 28.0) == []
