"""Walks along real streets and the positions a phone would give of them, with noise that forgets or that drifts."""

import datetime as dt
import math
import random

import numpy as np
import shapely

from routing.geo import Floats, LocalPlane
from routing.streets import StreetGraph
from routing.track import Point

BEGAN = dt.datetime(2026, 6, 5, 12, tzinfo=dt.UTC)
NEAR_M = 1_800.0
TOLERANCE_M = 1.5
EVERY_M = 2.0


class SyntheticWalk:
    """A walk of an hour at 1.3 m/s: its true line in metres on `plane`, and its noisy positions.

    `uneven` is by how much (a share of it) the pace usually differs from that, changing within minutes; `halts` says
    how often the walker stands for one to six minutes.
    """

    def __init__(
        self,
        graph: StreetGraph,
        seed: int,
        *,
        noise_m: float,
        correlation: float,
        every_s: float = 5.0,
        uneven: float = 0.0,
        halts: int = 0,
    ) -> None:
        dice, draw = random.Random(seed), np.random.default_rng(seed)
        self.plane = LocalPlane.amid(graph.node_lon, graph.node_lat)
        each_s = _reached_m(np.random.default_rng([seed, 1]), uneven, halts)
        corners = np.array(_wander(graph, dice, float(each_s[-1])))
        x_m, y_m = self.plane.to_metres(corners[:, 0], corners[:, 1])
        along_m = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(x_m), np.diff(y_m)))])
        at_s = np.arange(0.0, 3600.0, every_s)
        reached_m = np.interp(at_s, np.arange(len(each_s)), each_s)
        self.length_m = float(reached_m[-1])
        whole = along_m < self.length_m
        last = [np.interp(self.length_m, along_m, x_m), np.interp(self.length_m, along_m, y_m)]
        self.truth = np.vstack([np.column_stack([x_m, y_m])[whole], last])
        noise = _noise(draw, len(at_s), noise_m, correlation)
        lon, lat = self.plane.to_degrees(
            np.interp(reached_m, along_m, x_m) + noise[:, 0], np.interp(reached_m, along_m, y_m) + noise[:, 1]
        )
        self.points = [
            Point(BEGAN + dt.timedelta(seconds=float(second)), float(east), float(north), 8.0)
            for second, east, north in zip(at_s, lon, lat, strict=True)
        ]

    def share_on(self, line: Floats, others: list[Floats]) -> float:
        """The share of `line` (metres) that lies within 1.5 m of the others."""
        tree = shapely.STRtree([shapely.linestrings(other) for other in others if len(other) > 1])
        dense = _dense(line)
        if len(dense) == 0:
            return 1.0
        places = shapely.points(dense)
        return len(np.unique(tree.query(places, predicate="dwithin", distance=TOLERANCE_M)[0])) / len(places)

    def metres(self, line: list[tuple[float, float]]) -> Floats:
        """A line in degrees as metres on the walk's plane."""
        return np.column_stack(self.plane.to_metres([lon for lon, _ in line], [lat for _, lat in line]))


def _wander(graph: StreetGraph, dice: random.Random, length_m: float) -> list[tuple[float, float]]:
    """A walk that rather takes streets it has not walked, and turns back only at dead ends."""
    around: dict[int, list[tuple[int, int]]] = {}
    for edge, (a, b) in enumerate(zip(graph.edge_from.tolist(), graph.edge_to.tolist(), strict=True)):
        around.setdefault(a, []).append((edge, b))
        around.setdefault(b, []).append((edge, a))
    x_m, y_m = LocalPlane.amid(graph.node_lon, graph.node_lat).to_metres(graph.node_lon, graph.node_lat)
    near = np.flatnonzero(np.hypot(x_m, y_m) < NEAR_M)
    node, before = int(dice.choice(near.tolist())), -1
    line = [(float(graph.node_lon[node]), float(graph.node_lat[node]))]
    used: dict[int, int] = {}
    total_m = 0.0
    while total_m < length_m:
        ways = [way for way in around[node] if way[0] != before] or around[node]
        weights = [(0.2 if len(around[to]) == 1 else 1.0) / (1 + 4 * used.get(edge, 0)) for edge, to in ways]
        edge, to = dice.choices(ways, weights)[0]
        metres = float(graph.edge_m[edge])
        forward = int(graph.edge_from[edge]) == node
        line += (
            graph.edge_positions(edge, 0.0, metres) if forward else graph.edge_positions(edge, metres, 0.0)
        )[1:]
        total_m, used[edge], before, node = total_m + metres, used.get(edge, 0) + 1, edge, to
    return line


def _reached_m(draw: np.random.Generator, uneven: float, halts: int) -> Floats:
    """Metres walked at each second of the hour."""
    differs = np.repeat(_noise(draw, 61, uneven, 0.5)[:, 0], 60)[:3600]
    pace_mps = 1.3 * np.clip(1.0 + differs, 0.3, 2.0)
    for _ in range(halts):
        begin = int(draw.integers(3600))
        pace_mps[begin : begin + int(draw.integers(60, 360))] = 0.0
    return np.concatenate([[0.0], np.cumsum(pace_mps)])


def _noise(draw: np.random.Generator, count: int, noise_m: float, correlation: float) -> Floats:
    fresh = draw.normal(0.0, noise_m, (count, 2))
    if correlation == 0.0:
        return fresh
    noise = np.empty_like(fresh)
    noise[0] = fresh[0]
    for index in range(1, count):
        noise[index] = correlation * noise[index - 1] + math.sqrt(1 - correlation**2) * fresh[index]
    return noise


def _dense(line: Floats) -> Floats:
    along_m = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    wanted = np.arange(0.0, along_m[-1], EVERY_M)
    return np.column_stack([np.interp(wanted, along_m, line[:, 0]), np.interp(wanted, along_m, line[:, 1])])
