"""How a track went over time, in few enough steps to draw: how sure, how fast, how often positions came, which were made up."""

from collections.abc import Sequence

import msgspec
import numpy as np

from routing.track import Point, distance_m

STEPS_MAX = 240
SPEED_OVER_S = 30.0
"""Speeds are taken over so long: from one position to the next, errors of the receiver look like running."""
GOOD_M = 50.0


class Series(msgspec.Struct, frozen=True):
    """One entry a step: seconds since the first position, and of the positions in the step the accuracy in the middle, the
    highest speed, the longest wait before one of them, and whether the phone called one of them made up."""

    at_s: list[float]
    accuracy_m: list[float]
    speed_km_h: list[float]
    wait_s: list[float]
    made_up: list[bool]


def series_of(points: Sequence[Point], mocked: Sequence[bool]) -> Series:
    """The series of positions in order of time; `mocked` says of each whether the phone itself called it made up."""
    if not points:
        return Series([], [], [], [], [])
    at_s = np.array([(point.at - points[0].at).total_seconds() for point in points])
    accuracy_m = np.array([point.accuracy_m for point in points])
    made_up = np.array(mocked, dtype=np.bool_)
    wait_s = np.diff(at_s, prepend=at_s[0])
    speed_km_h = np.array(_speeds_km_h(points, at_s.tolist()))
    steps = [
        part for part in np.array_split(np.arange(len(points)), min(STEPS_MAX, len(points))) if len(part)
    ]
    return Series(
        at_s=[round(float(at_s[part[-1]]), 1) for part in steps],
        accuracy_m=[round(float(np.median(accuracy_m[part])), 1) for part in steps],
        speed_km_h=[round(float(speed_km_h[part].max()), 1) for part in steps],
        wait_s=[round(float(wait_s[part].max()), 1) for part in steps],
        made_up=[bool(made_up[part].any()) for part in steps],
    )


def _speeds_km_h(points: Sequence[Point], at_s: list[float]) -> list[float]:
    """At each good position how fast it came there from where it was half a minute before, or from the last one before that."""
    speeds, good, begin = [0.0] * len(points), list[int](), 0
    for index, point in enumerate(points):
        if point.accuracy_m > GOOD_M:
            continue
        while begin + 1 < len(good) and at_s[index] - at_s[good[begin + 1]] >= SPEED_OVER_S:
            begin += 1
        if good:
            before = good[begin]
            elapsed_s = at_s[index] - at_s[before]
            if elapsed_s >= SPEED_OVER_S or begin > 0:
                speeds[index] = distance_m(points[before], point) / max(1.0, elapsed_s) * 3.6
        good.append(index)
    return speeds
