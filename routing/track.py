"""From raw positions to what was walked: cleaned, cut at gaps, smoothed, measured. Pure functions.

A gap (a locked phone, a tunnel) ends a segment; nothing is credited for the straight line across it. Raw positions
wander by some metres, which would lengthen a walk by a tenth to a half and make half a kilometre of half an hour's
standing. So they are averaged before they are measured, and a stay (Li et al. 2008, "Mining user similarity based on
location history": near one place for some minutes) counts as the one point it is.
"""

import datetime as dt
import itertools
import math
from collections.abc import Iterable, Sequence

import msgspec

ACCURACY_M_MAX = 60.0
SPEED_M_S_MAX = 12.0
GAP_S = 120.0
SMOOTHED_OVER = 5
STAY_M = 30.0
STAY_S = 120.0
SLOW_M_S, SLOW_OVER_S = 0.6, 30.0
STEP_M = 8.0
ARRIVE_M = 45.0
LEAVE_M = 75.0
DWELT_SHARE = 0.8
EARTH_M_PER_DEGREE = 111_194.93


class Point(msgspec.Struct, frozen=True):
    """A position: degrees WGS-84, metres, aware time."""

    at: dt.datetime
    lon: float
    lat: float
    accuracy_m: float = 10.0


class StopPlace(msgspec.Struct, frozen=True):
    """A stop of the plan and how long to stay there."""

    lon: float
    lat: float
    dwell_s: float


class Walk(msgspec.Struct, frozen=True):
    """What a patrol amounts to."""

    length_m: float
    seconds: float
    stops_dwelt: int
    dwell_s: tuple[float, ...]
    positions: int = 0


type Segment = list[Point]


def distance_m(a: Point | StopPlace, b: Point | StopPlace) -> float:
    """Metres between two near points (equirectangular; exact to 0.1 % within a city)."""
    return apart_m(a.lon, a.lat, b.lon, b.lat)


def apart_m(lon_a: float, lat_a: float, lon_b: float, lat_b: float) -> float:
    """The same for bare degrees."""
    x = (lon_b - lon_a) * math.cos(math.radians((lat_a + lat_b) / 2))
    return math.hypot(x, lat_b - lat_a) * EARTH_M_PER_DEGREE


def segments(points: Iterable[Point]) -> list[Segment]:
    """The usable points in order of time, cut wherever there is a gap or an impossible jump.

    Points less accurate than `ACCURACY_M_MAX` and jumps faster than `SPEED_M_S_MAX` are left out; once three in a
    row agree on the new place it is believed, as a segment of its own.
    """
    found: list[Segment] = []
    doubted: Segment = []
    for point in sorted(points, key=lambda each: each.at):
        if point.accuracy_m > ACCURACY_M_MAX:
            continue
        last = found[-1][-1] if found else None
        elapsed_s = (point.at - last.at).total_seconds() if last else math.inf
        if last is not None and elapsed_s <= 0:
            continue
        if last is None or elapsed_s > GAP_S:
            found.append([point])
            doubted = []
        elif doubted and point.at <= doubted[-1].at:
            continue  # a second position of the same moment, as a second phone sends it
        elif _is_jump(last, point):
            doubted = [point] if doubted and _is_jump(doubted[-1], point) else [*doubted, point]
            if len(doubted) >= 3:
                found.append(doubted)
                doubted = []
        else:
            found[-1].append(point)
            doubted = []
    return found


def _is_jump(before: Point, after: Point) -> bool:
    elapsed_s = (after.at - before.at).total_seconds()
    return distance_m(before, after) > SPEED_M_S_MAX * elapsed_s


def smoothed(segment: Segment) -> Segment:
    """A centred moving average over `SMOOTHED_OVER` points; the ends over as many as there are."""
    half = SMOOTHED_OVER // 2
    result: Segment = []
    for index, point in enumerate(segment):
        reach = min(half, index, len(segment) - 1 - index)
        window = segment[index - reach : index + reach + 1]
        result.append(
            Point(
                at=point.at,
                lon=sum(each.lon for each in window) / len(window),
                lat=sum(each.lat for each in window) / len(window),
                accuracy_m=point.accuracy_m,
            )
        )
    return result


def length_m(segment: Segment) -> float:
    """Metres along a smoothed segment, in steps of at least `STEP_M`; a stay adds nothing."""
    total, anchor = 0.0, segment[0]
    for point in stays_as_points(segment):
        step_m = distance_m(anchor, point)
        if step_m >= STEP_M:
            total += step_m
            anchor = point
    return total


def stays_as_points(segment: Segment) -> Segment:
    """The segment with every stay as one point: its centre."""
    result: Segment = []
    index = 0
    for first, past, centre in stays(segment):
        result += [*segment[index:first], centre]
        index = past
    return result + segment[index:]


def stays(segment: Segment) -> list[tuple[int, int, Point]]:
    """Every stay in a smoothed segment: its first index, one past its last, and its centre.

    It is `STAY_S` or longer within `STAY_M` of its centre, at first mostly slower than `SLOW_M_S`: somebody who walks
    into a short dead end and back is near one place for as long, but does not stay.
    """
    found: list[tuple[int, int, Point]] = []
    slow = _slow_before(segment)
    index = later = 0
    while index < len(segment):
        while later < len(segment) and (segment[later].at - segment[index].at).total_seconds() < STAY_S:
            later += 1
        end, center = index, segment[index]
        if later < len(segment) and 2 * (slow[later] - slow[index]) > later - index:
            end, center = _stay(segment, index)
        if end > later:
            found.append((index, end, center))
            index = end
        else:
            index += 1
    return found


def _slow_before(segment: Segment) -> list[int]:
    """For each index, how many of those before it are left slower than `SLOW_M_S` in the `SLOW_OVER_S` that follow."""
    count, later = [0], 0
    for index, point in enumerate(segment):
        while later < len(segment) - 1 and (segment[later].at - point.at).total_seconds() < SLOW_OVER_S:
            later += 1
        moved_s = max(1.0, (segment[later].at - point.at).total_seconds())
        count.append(count[index] + (distance_m(point, segment[later]) < SLOW_M_S * moved_s))
    return count


def _stay(segment: Segment, start: int) -> tuple[int, Point]:
    """Where the positions from `start` on leave their own centre (an index past the last one), and that centre."""
    center, end = segment[start], start + 1
    while end < len(segment) and distance_m(center, segment[end]) <= STAY_M:
        count = end - start
        center = Point(
            at=segment[start].at,
            lon=(center.lon * count + segment[end].lon) / (count + 1),
            lat=(center.lat * count + segment[end].lat) / (count + 1),
        )
        end += 1
    return end, center


def dwell_s(walked: Sequence[Segment], stop: StopPlace) -> float:
    """Seconds spent at a stop: from coming within `ARRIVE_M` until going beyond `LEAVE_M`."""
    total = 0.0
    for segment in walked:
        inside = False
        for before, after in itertools.pairwise(segment):
            away_m = distance_m(before, stop)
            inside = away_m <= (LEAVE_M if inside else ARRIVE_M)
            if inside:
                total += (after.at - before.at).total_seconds()
    return total


def measure(points: Iterable[Point], stops: Sequence[StopPlace]) -> Walk:
    """Length, walked time, and how many stops were dwelt at for `DWELT_SHARE` of what was planned."""
    walked = [smoothed(segment) for segment in segments(points)]
    dwelt = tuple(dwell_s(walked, stop) for stop in stops)
    return Walk(
        length_m=sum(length_m(segment) for segment in walked),
        seconds=sum((segment[-1].at - segment[0].at).total_seconds() for segment in walked),
        stops_dwelt=sum(
            spent_s >= DWELT_SHARE * stop.dwell_s for spent_s, stop in zip(dwelt, stops, strict=True)
        ),
        dwell_s=dwelt,
        positions=sum(len(segment) for segment in walked),
    )
