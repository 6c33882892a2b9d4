"""A walk while it is walked: metres so far and the time at each stop, position by position, in constant memory."""

import collections

from routing.track import (
    ACCURACY_M_MAX,
    ARRIVE_M,
    DWELT_SHARE,
    GAP_S,
    LEAVE_M,
    SMOOTHED_OVER,
    SPEED_M_S_MAX,
    Point,
    StopPlace,
    distance_m,
)

STEP_M = 15.0
"""Steps shorter than this may be a phone's wandering while its owner stands."""
BELIEVED_AFTER = 3


class RunningWalk:
    """What one person has walked so far; rougher than `routing.track.measure`, which has the whole walk at hand."""

    __slots__ = (
        "_anchor",
        "_doubted",
        "_inside",
        "_stops",
        "_window",
        "dwell_s",
        "last",
        "length_m",
        "seconds",
    )

    def __init__(self, stops: list[StopPlace]) -> None:
        self._stops = stops
        self._inside = [False] * len(stops)
        self._window: collections.deque[Point] = collections.deque(maxlen=SMOOTHED_OVER)
        self._anchor: Point | None = None
        self._doubted = 0
        self.last: Point | None = None
        self.length_m = 0.0
        self.seconds = 0.0
        self.dwell_s = [0.0] * len(stops)

    def add(self, point: Point) -> None:
        """Take the next position; one that is older than the last, too vague, or an impossible jump changes nothing."""
        last = self.last
        if point.accuracy_m > ACCURACY_M_MAX or (last is not None and point.at <= last.at):
            return
        step_s = (point.at - last.at).total_seconds() if last is not None else 0.0
        if last is None or step_s > GAP_S:
            self._begin(point)
            return
        if distance_m(last, point) > SPEED_M_S_MAX * step_s:
            self._doubted += 1
            if self._doubted >= BELIEVED_AFTER:
                self._begin(point)
            return
        self._doubted = 0
        self.last = point
        self.seconds += step_s
        self._window.append(point)
        calm = self._centre(point)
        for number, stop in enumerate(self._stops):
            away_m = distance_m(calm, stop)
            self._inside[number] = away_m <= (LEAVE_M if self._inside[number] else ARRIVE_M)
            if self._inside[number]:
                self.dwell_s[number] += step_s
        if self._anchor is None:
            self._anchor = calm
        elif (moved_m := distance_m(self._anchor, calm)) >= STEP_M:
            self.length_m += moved_m
            self._anchor = calm

    def stops_done(self) -> list[int]:
        """The stops (by index) that were dwelt at for long enough."""
        return [
            number
            for number, (spent_s, stop) in enumerate(zip(self.dwell_s, self._stops, strict=True))
            if spent_s >= DWELT_SHARE * stop.dwell_s
        ]

    def _begin(self, point: Point) -> None:
        """A new piece: nothing is credited for the way to it."""
        self.last, self._anchor, self._doubted = point, None, 0
        self._window.clear()
        self._window.append(point)
        self._inside = [False] * len(self._stops)

    def _centre(self, point: Point) -> Point:
        count = len(self._window)
        return Point(
            at=point.at,
            lon=sum(each.lon for each in self._window) / count,
            lat=sum(each.lat for each in self._window) / count,
        )
