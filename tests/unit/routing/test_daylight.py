"""Darkness by the sun's height."""

import datetime as dt

import pytest

from routing.daylight import is_night, night_within, solar_height_deg

BEIJING = (116.40, 39.90)
EAST8 = dt.timezone(dt.timedelta(hours=8))


@pytest.mark.parametrize(
    ("at", "lon", "lat"),
    [
        # Published sunrises and sunsets (sun's centre 0.833 degrees below the horizon), to the minute.
        (dt.datetime(2026, 6, 21, 19, 46, tzinfo=EAST8), *BEIJING),
        (dt.datetime(2026, 12, 21, 7, 32, tzinfo=EAST8), *BEIJING),
        (dt.datetime(2026, 3, 20, 6, 2, tzinfo=dt.UTC), 0.0, 51.48),
    ],
)
def test_the_sun_is_on_the_horizon_at_published_sunrise_and_sunset(
    at: dt.datetime, lon: float, lat: float
) -> None:
    """Within what a minute of time moves the sun."""
    assert solar_height_deg(at, lon, lat) == pytest.approx(-0.833, abs=0.3)


def test_noon_height_at_the_solstice() -> None:
    """On the June solstice the sun culminates at 90 - latitude + 23.44 degrees."""
    heights = [
        solar_height_deg(dt.datetime(2026, 6, 21, 4, minute, tzinfo=dt.UTC), *BEIJING) for minute in range(59)
    ]
    assert max(heights) == pytest.approx(90 - 39.90 + 23.44, abs=0.05)


def test_evening_is_dark_in_winter_and_light_in_summer() -> None:
    """18:30 in Beijing is night in December and day in June."""
    assert is_night(dt.datetime(2026, 12, 21, 18, 30, tzinfo=EAST8), *BEIJING)
    assert not is_night(dt.datetime(2026, 6, 21, 18, 30, tzinfo=EAST8), *BEIJING)


def test_a_window_is_night_when_any_part_of_it_is_dark() -> None:
    """A window that begins by day and ends in the dark counts as night; one by day does not."""
    start = dt.datetime(2026, 6, 21, 18, 0, tzinfo=EAST8)
    assert not night_within(start, start + dt.timedelta(hours=1), *BEIJING)
    assert night_within(start, start + dt.timedelta(hours=4), *BEIJING)
    assert night_within(start, start + dt.timedelta(hours=14), *BEIJING), "dark in the middle only"
