"""Whether it is dark: the sun's height by the equations of NOAA's solar calculator.

Source: NOAA Global Monitoring Laboratory, "Solar Calculation Details" (after J. Meeus, Astronomical Algorithms,
2nd edition, 1998, chapters 25 and 28). Good to a few hundredths of a degree for years 1950-2050, refraction left out.
"""

import datetime as dt
import math

DUSK_DEG = -6.0
"""Civil twilight: below this height of the sun, what is done outdoors needs lamps."""
STEP = dt.timedelta(minutes=10)
J2000 = dt.datetime(2000, 1, 1, 12, tzinfo=dt.UTC)


def is_night(at: dt.datetime, lon: float, lat: float) -> bool:
    """Whether it is dark at `at` (aware) at the place (WGS-84 degrees)."""
    return solar_height_deg(at, lon, lat) < DUSK_DEG


def night_within(starts_at: dt.datetime, ends_at: dt.datetime, lon: float, lat: float) -> bool:
    """Whether any part of the window (aware times) lies in the dark at the place."""
    at = starts_at
    while at < ends_at:
        if is_night(at, lon, lat):
            return True
        at += STEP
    return is_night(ends_at, lon, lat)


def solar_height_deg(at: dt.datetime, lon: float, lat: float) -> float:
    """Degrees of the sun's centre above the horizon at `at` (aware) and the place; refraction is left out."""
    century = (at - J2000).total_seconds() / (86_400 * 36_525)
    declination, equation_of_time_min = _sun(century)
    utc = at.astimezone(dt.UTC)
    minutes = utc.hour * 60 + utc.minute + utc.second / 60
    hour_angle = math.radians((minutes + equation_of_time_min + 4 * lon) / 4 - 180)
    latitude = math.radians(lat)
    sine = math.sin(latitude) * math.sin(declination)
    sine += math.cos(latitude) * math.cos(declination) * math.cos(hour_angle)
    return math.degrees(math.asin(max(-1.0, min(1.0, sine))))


def _sun(century: float) -> tuple[float, float]:
    """(declination in radians, equation of time in minutes) so many Julian centuries after J2000."""
    mean_longitude = math.radians((280.46646 + century * (36000.76983 + century * 0.0003032)) % 360)
    anomaly = math.radians(357.52911 + century * (35999.05029 - 0.0001537 * century))
    eccentricity = 0.016708634 - century * (0.000042037 + 0.0000001267 * century)
    center_deg = (
        math.sin(anomaly) * (1.914602 - century * (0.004817 + 0.000014 * century))
        + math.sin(2 * anomaly) * (0.019993 - 0.000101 * century)
        + math.sin(3 * anomaly) * 0.000289
    )
    node = math.radians(125.04 - 1934.136 * century)
    apparent = mean_longitude + math.radians(center_deg - 0.00569 - 0.00478 * math.sin(node))
    arc_seconds = 21.448 - century * (46.815 + century * (0.00059 - century * 0.001813))
    obliquity = math.radians(23 + (26 + arc_seconds / 60) / 60 + 0.00256 * math.cos(node))
    declination = math.asin(math.sin(obliquity) * math.sin(apparent))
    y = math.tan(obliquity / 2) ** 2
    equation_of_time = (
        y * math.sin(2 * mean_longitude)
        - 2 * eccentricity * math.sin(anomaly)
        + 4 * eccentricity * y * math.sin(anomaly) * math.cos(2 * mean_longitude)
        - 0.5 * y * y * math.sin(4 * mean_longitude)
        - 1.25 * eccentricity * eccentricity * math.sin(2 * anomaly)
    )
    return declination, 4 * math.degrees(equation_of_time)
