"""How sure it is that somebody was where they say: pure functions of how it was shown and where their phone was.

A printed code can be photographed and scanned at home, a tag cannot be read from afar, a screen's code is good for
minutes. A position near the place makes each of them surer, one far away makes them doubtful; having none (a locked
phone, a basement) counts for nothing either way.
"""

import datetime as dt
from collections.abc import Iterable
from typing import Literal

import msgspec

from routing.track import Point, StopPlace, distance_m

type Method = Literal["qr", "nfc", "screen", "photo", "attested"]
type Sureness = Literal["high", "medium", "low"]

NEAR_IN_TIME = dt.timedelta(seconds=120)
NEAR_M = 100.0
FAR_M = 300.0
SCREEN_HOLDS = dt.timedelta(minutes=10)
_ALONE: dict[Method, Sureness] = {
    "nfc": "high",
    "screen": "high",
    "qr": "medium",
    "attested": "medium",
    "photo": "low",
}
_WHY: dict[Method, str] = {
    "nfc": "tag-read",
    "screen": "fresh-code",
    "qr": "static-code",
    "attested": "attested-by-leader",
    "photo": "photo-only",
}


class Judged(msgspec.Struct, frozen=True):
    """How sure a visit is, and the codes of the reasons."""

    sureness: Sureness
    why: tuple[str, ...]


def judge(method: Method, place: StopPlace | None, near: Point | None) -> Judged:
    """The verdict on one visit: `place` is the checkpoint or stop, `near` the own position nearest to it in time."""
    why = [_WHY[method]]
    if place is None or near is None:
        return Judged(_ALONE[method], (*why, "no-fix-near"))
    away_m = distance_m(near, place) - near.accuracy_m
    if away_m > FAR_M:
        return Judged("low", (*why, "far-from-fix"))
    if away_m > NEAR_M:
        return Judged(_ALONE[method], tuple(why))
    surer: Sureness = "medium" if method == "photo" else "high"
    return Judged(surer, (*why, "near-fix"))


def nearest_in_time(points: Iterable[Point], at: dt.datetime) -> Point | None:
    """The position closest to `at` in time, None when none lies within two minutes of it."""
    close = [point for point in points if abs(point.at - at) <= NEAR_IN_TIME]
    return min(close, key=lambda point: abs(point.at - at), default=None)
