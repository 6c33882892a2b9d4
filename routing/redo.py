"""A plan's routes after an officer changed them: walked anew on real streets, repaired where they became too long."""

import itertools
import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from routing.directions import RouteHazards
from routing.geo import haversine_m
from routing.streets import Position, StreetGraph, load_streets
from routing.walks import Walks
from routing.words import NoPlanError, Words

TAKERS_MAX = 4
"""A stop that no longer fits is offered to so many of the nearest other teams."""


@dataclass(frozen=True, slots=True)
class RedoStop:
    """A place to stand at; a `locked` one is never left out of its route. `score` is what it is worth, 0 to 100."""

    id: str
    lon: float
    lat: float
    dwell_s: int
    score: float
    locked: bool = False


@dataclass(frozen=True, slots=True)
class RedoRoute:
    """One team (`number` counts from 1), its profile, the minutes it has, and its stops in order.

    In the `dark` it avoids ways that are known to be unlit, where that is not much longer.
    """

    number: int
    profile: str
    start: Position
    end: Position
    minutes: float
    stops: tuple[RedoStop, ...]
    dark: bool = False


@dataclass(frozen=True, slots=True)
class WalkedRoute:
    """A route with its times: `arrive_s` one a stop, in seconds after setting out; `geometry` start to end, and what is
    to be minded along it."""

    number: int
    stops: tuple[RedoStop, ...]
    arrive_s: tuple[int, ...]
    walk_s: int
    dwell_s: int
    length_m: float
    geometry: tuple[Position, ...]
    hazards: RouteHazards

    @property
    def finish_s(self) -> int:
        """Seconds from setting out to the end."""
        return self.walk_s + self.dwell_s


@dataclass(frozen=True, slots=True)
class Redone:
    """The routes that changed, the ids of stops that no team had time for, and those that another team took."""

    routes: tuple[WalkedRoute, ...]
    left_out: tuple[str, ...] = ()
    handed_on: tuple[tuple[str, int], ...] = ()


def redo(
    streets: Path | StreetGraph, changed: Sequence[RedoRoute], others: Sequence[RedoRoute] = ()
) -> Redone:
    """Walk the `changed` routes in the order given; where the time does not suffice, leave out what is worth least.

    A stop left out goes to the nearest of `others` (and of the changed) that has time for it. Locked stops and the
    order of the rest stay. NoPlanError ("route_too_long", "cut_off") when the locked stops alone do not fit.
    """
    graph = _graph(streets)
    grounds = {route.number: _Ground(graph, route) for route in changed}
    kept: dict[int, list[RedoStop]] = {}
    dropped: list[tuple[RedoStop, int]] = []
    for route in changed:
        kept[route.number], out = grounds[route.number].shortened(route)
        dropped += [(stop, route.number) for stop in out]
    routes = {route.number: route for route in (*others, *changed)}
    left_out: list[str] = []
    handed_on: list[tuple[str, int]] = []
    for stop, giver in sorted(dropped, key=lambda each: -each[0].score):
        stops_now = {
            number: replace(route, stops=tuple(kept.get(number, route.stops)))
            for number, route in routes.items()
            if number != giver
        }
        taken = _taken(graph, stops_now.values(), stop)
        if taken is None:
            left_out.append(stop.id)
            continue
        number, stops = taken
        kept[number] = stops
        handed_on.append((stop.id, number))
    walked = tuple(walk(graph, replace(routes[number], stops=tuple(stops))) for number, stops in kept.items())
    return Redone(walked, tuple(left_out), tuple(handed_on))


def insert(
    streets: Path | StreetGraph, routes: Sequence[RedoRoute], stop: RedoStop, others: Sequence[RedoRoute] = ()
) -> Redone:
    """Put a stop where it costs least time among `routes`, and repair as `redo` does.

    A route that has time for it goes first; otherwise the one that loses least. NoPlanError when it fits nowhere.
    """
    graph = _graph(streets)
    near = _nearest(routes, stop)
    taken = _taken(graph, near, stop)
    by_number = {route.number: route for route in routes}
    rest = [route for route in others if route.number not in by_number]
    if taken is not None:
        number, stops = taken
        return Redone((walk(graph, replace(by_number[number], stops=tuple(stops))),))
    refused: NoPlanError | None = None
    for route in near:
        position, _ = _Ground(graph, route, (stop,)).best_position(route.stops, stop)
        wanted = (*route.stops[:position], replace(stop, locked=True), *route.stops[position:])
        try:
            takers = [each for each in (*routes, *rest) if each.number != route.number]
            return redo(graph, [replace(route, stops=wanted)], takers)
        except NoPlanError as error:
            refused = refused or error
    raise refused or _too_long(0, math.inf, 0)


def walk(streets: Path | StreetGraph, route: RedoRoute) -> WalkedRoute:
    """The route as it stands, with its times and its line along the streets; NoPlanError where no way leads."""
    return _Ground(_graph(streets), route).walked(route)


@dataclass(frozen=True, slots=True)
class Spot:
    """The nearest place on a street: where, how far off it lay, its street; `barred`: never a patrol's target."""

    lon: float
    lat: float
    off_m: float
    name: str
    name_en: str
    barred: bool


def spot_at(streets: Path | StreetGraph, lon: float, lat: float) -> Spot:
    """What a tap on the map at (lon, lat) means on the streets."""
    graph = _graph(streets)
    place, off_m = graph.nearest(lon, lat)
    barred = bool(graph.never_a_target([lon, place[0]], [lat, place[1]]).any())
    return Spot(*place, off_m, *graph.street_name(*place), barred)


def warm(streets: Path) -> None:
    """Read the streets into this process, so that the first change somebody waits for does not wait for them."""
    graph = load_streets(streets)
    west, south, east, north = graph.bounds.west, graph.bounds.south, graph.bounds.east, graph.bounds.north
    middle = (west + east) / 2, (south + north) / 2
    walk(graph, RedoRoute(1, "foot", middle, middle, 1.0, ()))


def _graph(streets: Path | StreetGraph) -> StreetGraph:
    return streets if isinstance(streets, StreetGraph) else load_streets(streets)


def _nearest(routes: Collection[RedoRoute], stop: RedoStop) -> list[RedoRoute]:
    """The routes that pass or begin nearest to the stop, as the crow flies."""

    def off_m(route: RedoRoute) -> float:
        places = [route.start, *((each.lon, each.lat) for each in route.stops)]
        return min(float(haversine_m(stop.lon, stop.lat, lon, lat)) for lon, lat in places)

    return sorted(routes, key=lambda route: (off_m(route), route.number))[:TAKERS_MAX]


def _taken(
    graph: StreetGraph, routes: Collection[RedoRoute], stop: RedoStop
) -> tuple[int, list[RedoStop]] | None:
    """The team among the nearest that takes the stop at the least cost of time, and its stops then; None: nobody."""
    best: tuple[float, int, list[RedoStop]] | None = None
    for route in _nearest(routes, stop):
        ground = _Ground(graph, route, (stop,))
        position, added_s = ground.best_position(route.stops, stop)
        stops = [*route.stops[:position], stop, *route.stops[position:]]
        if ground.seconds(stops) <= route.minutes * 60 and (best is None or added_s < best[0]):
            best = (added_s, route.number, stops)
    return None if best is None else (best[1], best[2])


class _Ground:
    """The walks among one team's start, end and stops."""

    def __init__(self, graph: StreetGraph, route: RedoRoute, more: Sequence[RedoStop] = ()) -> None:
        self._route = route
        stops = (*route.stops, *more)
        places = [route.start, route.end, *((stop.lon, stop.lat) for stop in stops)]
        self._row = {stop.id: index for index, stop in enumerate(stops, start=2)}
        self._walks: Walks = graph.walks(
            [lon for lon, _ in places], [lat for _, lat in places], route.profile, night=route.dark
        )
        self._walk_s: NDArray[np.float64] = np.ceil(self._walks.seconds)

    def seconds(self, stops: Sequence[RedoStop]) -> float:
        """From setting out to the end, with every stay; inf where no way leads."""
        rows = self._rows(stops)
        steps = sum(float(self._walk_s[a, b]) for a, b in itertools.pairwise(rows))
        return steps + sum(stop.dwell_s for stop in stops)

    def best_position(self, stops: Sequence[RedoStop], stop: RedoStop) -> tuple[int, float]:
        """Where the stop costs least, and the seconds it adds with its stay."""
        rows, new = self._rows(stops), self._row[stop.id]
        added = [
            float(self._walk_s[a, new] + self._walk_s[new, b] - self._walk_s[a, b])
            for a, b in itertools.pairwise(rows)
        ]
        position = min(range(len(added)), key=lambda index: added[index])
        return position, added[position] + stop.dwell_s

    def shortened(self, route: RedoRoute) -> tuple[list[RedoStop], list[RedoStop]]:
        """(stops that fit the team's minutes, stops left out); the least worth a saved minute goes first."""
        stops, out = list(route.stops), list[RedoStop]()
        while self.seconds(stops) > route.minutes * 60:
            open_ones = [index for index, stop in enumerate(stops) if not stop.locked]
            if not open_ones:
                raise _too_long(route.number, self.seconds(stops), route.minutes)
            worst = min(open_ones, key=lambda index: self._worth_a_second(stops, index))
            out.append(stops.pop(worst))
        return stops, out

    def walked(self, route: RedoRoute) -> WalkedRoute:
        """The route with its times."""
        rows = self._rows(route.stops)
        if math.isinf(self.seconds(route.stops)):
            raise _too_long(route.number, math.inf, route.minutes)
        now_s, walk_s = 0.0, 0.0
        arrive_s: list[int] = []
        for (a, b), stop in zip(itertools.pairwise(rows), (*route.stops, None), strict=True):
            step_s = float(self._walk_s[a, b])
            now_s, walk_s = now_s + step_s, walk_s + step_s
            if stop is not None:
                arrive_s.append(round(now_s))
                now_s += stop.dwell_s
        length_m, line = self._walks.route(rows)
        return WalkedRoute(
            number=route.number,
            stops=route.stops,
            arrive_s=tuple(arrive_s),
            walk_s=round(walk_s),
            dwell_s=sum(stop.dwell_s for stop in route.stops),
            length_m=round(length_m, 1),
            geometry=tuple(line),
            hazards=self._walks.hazards(rows),
        )

    def _rows(self, stops: Sequence[RedoStop]) -> list[int]:
        return [0, *(self._row[stop.id] for stop in stops), 1]

    def _worth_a_second(self, stops: Sequence[RedoStop], index: int) -> float:
        without = [stop for place, stop in enumerate(stops) if place != index]
        saved_s = self.seconds(stops) - self.seconds(without)
        if math.isnan(saved_s) or math.isinf(saved_s):
            return -math.inf  # what cannot be reached goes before all else
        return stops[index].score / max(1.0, saved_s)


def _too_long(number: int, needed_s: float, minutes: float) -> NoPlanError:
    if math.isinf(needed_s):
        words = Words(
            zh=f"{number} 队到那里没有能走的路；请换个点位，或换一支队。",
            en=f"No way that team {number} can go leads there; choose another place or another team.",
        )
        return NoPlanError("cut_off", words, field="team", value=number)
    needed = math.ceil(needed_s / 60)
    words = Words(
        zh=f"{number} 队锁定的点位走完要 {needed} 分钟，只有 {minutes:g} 分钟；请解锁或移走一个点位。",
        en=f"The locked stops of team {number} need {needed} min and it has {minutes:g}; unlock or move one away.",
    )
    return NoPlanError("route_too_long", words, field="team", value=number)
