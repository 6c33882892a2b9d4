"""A made-up person walking a route, for demos: where they are at any second, with the noise that phones have."""

import bisect
import math
import random
from collections.abc import Sequence
from typing import NamedTuple

from routing.geo import metres_per_degree

GAP_S = 240.0
PAUSE_S = 300.0
DETOUR_M = 130.0
DETOUR_S = 330.0
STROLL_M = 9.0  # while dwelling people look round


class Stop(NamedTuple):
    """A place on the route where the walker stays for `dwell_s`."""

    lon: float
    lat: float
    dwell_s: float


class Position(NamedTuple):
    """One reading of a phone: WGS-84 and the radius it claims, metres."""

    lon: float
    lat: float
    accuracy_m: float


class Walker:
    """Walks `geometry` ([lon, lat] pairs) from its start, staying at each of `stops`, in order along the line.

    The same arguments give the same walk. `off_route` adds one detour of some 130 m, `gap` four minutes without any
    position (a locked phone), `pause` five minutes of standing still away from any stop.
    """

    def __init__(
        self,
        geometry: Sequence[Sequence[float]],
        stops: Sequence[Stop | tuple[float, float, float]] = (),
        *,
        pace_m_s: float = 1.15,
        seed: int = 0,
        off_route: bool = False,
        gap: bool = False,
        pause: bool = False,
    ) -> None:
        if len(geometry) < 2:
            raise ValueError(f"geometry has {len(geometry)} positions; a walk needs at least 2")
        if not 0.2 <= pace_m_s <= 3:
            raise ValueError(f"pace_m_s {pace_m_s} is not a walking pace; give 0.2 to 3")
        dice = random.Random(seed)
        self._origin = (float(geometry[0][0]), float(geometry[0][1]))
        lon_m, lat_m = metres_per_degree(self._origin[1])
        self._metres = (float(lon_m), float(lat_m))
        self._points = [self._to_metres(p[0], p[1]) for p in geometry]
        self._along = [0.0]
        for a, b in zip(self._points, self._points[1:], strict=False):
            self._along.append(self._along[-1] + math.dist(a, b))
        self._pace = pace_m_s
        waits = self._waits([Stop(*stop) for stop in stops], dice, pause)
        self._plan = self._timeline(waits)
        self.length_m = self._along[-1]
        self.duration_s = self._plan[-1][0]
        self._gap_from = dice.uniform(0.35, 0.55) * self.duration_s if gap else math.inf
        self._detour_from = dice.uniform(0.3, 0.6) * self.duration_s if off_route else math.inf
        self._detour_side = dice.choice((-1, 1))
        # Slow drift: waves of 35 to 220 s whose sum strays 6 m on average, as phones do between houses.
        self._waves = [
            (dice.uniform(35, 220), dice.uniform(0, math.tau), dice.uniform(0, math.tau), 4.2) for _ in "123"
        ]
        self._seed = seed

    def at(self, elapsed_s: float) -> Position | None:
        """The position `elapsed_s` after the start; None while the phone is silent. Past the end: at the end."""
        if self._gap_from <= elapsed_s < self._gap_from + GAP_S:
            return None
        along, waiting_s = self._progress(min(max(0.0, elapsed_s), self.duration_s))
        x, y = self._place(along)
        if waiting_s > 0:
            x += STROLL_M * math.sin(waiting_s / 47)
            y += STROLL_M * math.sin(waiting_s / 61)
        detour = (elapsed_s - self._detour_from) / DETOUR_S
        if 0 < detour < 1:
            ahead = self._place(min(self.length_m, along + 5))
            behind = self._place(max(0.0, along - 5))
            heading = math.atan2(ahead[1] - behind[1], ahead[0] - behind[0]) + self._detour_side * math.pi / 2
            reach = DETOUR_M * math.sin(math.pi * detour)
            x, y = x + reach * math.cos(heading), y + reach * math.sin(heading)
        drift_x = sum(
            size * math.sin(math.tau * elapsed_s / period + a) for period, a, _, size in self._waves
        )
        drift_y = sum(
            size * math.sin(math.tau * elapsed_s / period + b) for period, _, b, size in self._waves
        )
        dice = random.Random(self._seed * 1_000_003 + int(elapsed_s))
        x, y = x + drift_x + dice.gauss(0, 1.2), y + drift_y + dice.gauss(0, 1.2)
        accuracy_m = round(5 + 0.7 * math.hypot(drift_x, drift_y) + dice.uniform(0, 3), 1)
        lon, lat = self._origin[0] + x / self._metres[0], self._origin[1] + y / self._metres[1]
        return Position(round(lon, 7), round(lat, 7), accuracy_m)

    def _to_metres(self, lon: float, lat: float) -> tuple[float, float]:
        return ((lon - self._origin[0]) * self._metres[0], (lat - self._origin[1]) * self._metres[1])

    def _place(self, along_m: float) -> tuple[float, float]:
        """The point `along_m` from the start."""
        index = min(max(1, bisect.bisect_left(self._along, along_m)), len(self._along) - 1)
        start, end = self._along[index - 1], self._along[index]
        share = (along_m - start) / (end - start) if end > start else 0.0
        (ax, ay), (bx, by) = self._points[index - 1], self._points[index]
        return (ax + (bx - ax) * share, ay + (by - ay) * share)

    def _waits(self, stops: list[Stop], dice: random.Random, pause: bool) -> list[tuple[float, float]]:
        """(metres along, seconds) of every stay; a stop lies where the line passes it, after the stop before it."""
        waits: list[tuple[float, float]] = []
        reached = 0.0
        for stop in stops:
            target = self._to_metres(stop.lon, stop.lat)
            reached = self._nearest_along(target, reached)
            waits.append((reached, stop.dwell_s))
        if pause:
            waits.append((dice.uniform(0.3, 0.7) * self._along[-1], PAUSE_S))
        return sorted(waits)

    def _nearest_along(self, target: tuple[float, float], from_m: float) -> float:
        """The first place at or after `from_m` where the line comes nearest to `target`."""
        best = (math.inf, from_m)
        count = max(2, int((self._along[-1] - from_m) / 4))
        for step in range(count + 1):
            along = from_m + (self._along[-1] - from_m) * step / count
            gap = math.dist(self._place(along), target)
            if gap < best[0] - 1.0:
                best = (gap, along)
        return best[1]

    def _timeline(self, waits: list[tuple[float, float]]) -> list[tuple[float, float]]:
        """(seconds, metres along) at the start, at both ends of every stay, and at the end."""
        clock, place = 0.0, 0.0
        plan = [(clock, place)]
        for along, wait_s in waits:
            clock += (along - place) / self._pace
            plan.append((clock, along))
            clock, place = clock + wait_s, along
            plan.append((clock, along))
        plan.append((clock + (self._along[-1] - place) / self._pace, self._along[-1]))
        return plan

    def _progress(self, elapsed_s: float) -> tuple[float, float]:
        """Metres along the line, and for how many seconds the walker has been staying (0 while walking)."""
        index = min(max(1, bisect.bisect_right(self._plan, (elapsed_s, math.inf))), len(self._plan) - 1)
        (start_s, start_m), (end_s, end_m) = self._plan[index - 1], self._plan[index]
        if end_s <= start_s:
            return end_m, 0.0
        share = min(1.0, (elapsed_s - start_s) / (end_s - start_s))
        staying = elapsed_s - start_s if end_m == start_m else 0.0
        return start_m + (end_m - start_m) * share, staying
