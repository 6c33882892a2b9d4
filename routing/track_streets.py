"""A piece of a walk laid onto the streets: decoded three times, each time knowing better the receiver's error and the pace."""

import datetime as dt
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.geo import Floats
from routing.streets import Position, StreetGraph
from routing.track import Point, Segment, smoothed, stays
from routing.track_decode import Reach, Seen, decode, reach_of, unbroken, way_through
from routing.track_lattice import CELL_M, Ints, Lattice, lattice_around

type Bools = NDArray[np.bool_]

ROUNDS = 3
STEP_S = 5.0
"""Positions are taken together, and pauses cut, into steps of about this length."""
STAY_COUNTS_S = 20.0
"""How long the way to a stay's centre, and the way from it, are taken to last."""
WITHIN_M, WITHIN_GAP_SHARE = 40.0, 0.25
"""A position further than this from any street was not on one; amid a pause, more by a share of its length."""
ERROR_M, ERROR_M_MIN, ERROR_M_MAX = 8.0, 3.0, 20.0
DRIFT, DRIFT_MAX = 0.6, 0.93
"""How much of a receiver's error remains after one step, before anything is known of it, and at most."""
PACE_OVER = 13
"""The pace at a step is the mean over so many steps around it."""
PACE_ERROR_M_S, PACE_ERROR_M = 0.4, 1.6
REACH_TIMES, REACH_MORE_M, REACH_M_MIN, REACH_M_MAX = 2.0, 8.0, 16.0, 75.0
OFF_STEPS_MIN = 3
CELL_ERROR_M = CELL_M / 12**0.5


@dataclass(frozen=True, slots=True)
class Laid:
    """What became of a piece: its lines on streets, metres of them, the cells gone through, and parts on no street.

    `edge`, `from_m` and `cell_m` have one entry for each cell gone through, in order.
    """

    lines: list[list[Position]]
    length_m: float
    edge: Ints
    from_m: Floats
    cell_m: Floats
    elsewhere: list[Segment]


@dataclass(frozen=True, slots=True)
class Steps:
    """A piece at even steps: seconds on its own clock, metres on the plane, and what is known at each.

    `known` is False amid a pause; `drifts` says whether the error of the step before still tells something.
    """

    second: Floats
    x_m: Floats
    y_m: Floats
    known: Bools
    drifts: Bools
    within_m: Floats
    took_s: Floats


def lay(graph: StreetGraph, piece: Segment) -> Laid | None:
    """The most likely walk on the streets for positions without a gap; None where there are no streets."""
    steps = _steps(graph, piece)
    lattice = lattice_around(graph, *graph.plane.to_degrees(steps.x_m, steps.y_m))
    if lattice is None:
        return None
    pace_m, reach_m = _first_pace(steps)
    reach = reach_of(lattice, float(reach_m.max()))
    states = _decoded(lattice, reach, steps, pace_m, reach_m)
    ways = [way_through(lattice, states[first:past], reach.within_m)[0] for first, past in _runs(states >= 0)]
    cell = np.concatenate([np.zeros(0, dtype=np.int64), *ways]) >> 1
    return Laid(
        [lattice.line_of(graph, part) for way in ways for part in unbroken(lattice, way)],
        float(lattice.cell_m[cell].sum()),
        lattice.edge[cell],
        lattice.from_m[cell],
        lattice.cell_m[cell],
        _elsewhere(graph, piece[0].at, steps, states),
    )


def _steps(graph: StreetGraph, piece: Segment) -> Steps:
    second, places, fresh = _own_clock(piece)
    x_m, y_m = graph.plane.to_metres([each.lon for each in places], [each.lat for each in places])
    group = np.unique(np.floor(second / STEP_S + 0.1), return_inverse=True)[1]
    count = np.bincount(group)
    second, x_m, y_m, fresh = (np.bincount(group, each) / count for each in (second, x_m, y_m, fresh))
    pauses = np.maximum(1, np.round(np.diff(second) / STEP_S)).astype(np.int64)
    real: Ints = np.concatenate([[0], np.cumsum(pauses)])
    at: Ints = np.arange(int(real[-1]) + 1)
    known: Bools = np.isin(at, real)
    afresh = np.zeros(len(at), dtype=np.bool_)
    afresh[real] = fresh > 0
    gap_m = np.append(np.hypot(np.diff(x_m), np.diff(y_m)), 0.0)
    within_m = WITHIN_M + np.where(
        known, 0.0, WITHIN_GAP_SHARE * gap_m[np.searchsorted(real, at, side="right") - 1]
    )
    seconds = np.interp(at, real, second)
    return Steps(
        seconds,
        np.interp(at, real, x_m),
        np.interp(at, real, y_m),
        known,
        known & np.concatenate([[False], known[:-1]]) & ~afresh,
        within_m,
        np.maximum(1.0, np.diff(seconds, prepend=seconds[0] - STEP_S)),
    )


def _own_clock(piece: Segment) -> tuple[Floats, list[Point], Floats]:
    """(seconds, places, 1.0 where the error before tells nothing): a stay is one place, whatever its length."""
    second: list[float] = []
    places: list[Point] = []
    fresh: list[float] = []
    now_s, before, pause_s = 0.0, piece[0].at, 0.0

    def put(place: Point, took_s: float, *, afresh: bool) -> None:
        nonlocal now_s
        now_s += took_s
        second.append(now_s)
        places.append(place)
        fresh.append(float(afresh))

    index = 0
    for first, past, centre in [*stays(smoothed(piece)), (len(piece), len(piece), piece[-1])]:
        for point in piece[index:first]:
            put(point, (point.at - before).total_seconds() + pause_s, afresh=pause_s > 0)
            before, pause_s = point.at, 0.0
        if past > first:
            put(centre, STAY_COUNTS_S if places else 0.0, afresh=True)
            before, pause_s = piece[past - 1].at, STAY_COUNTS_S
        index = past
    return np.array(second), places, np.array(fresh)


def _first_pace(steps: Steps) -> tuple[Floats, Floats]:
    """(metres a step, metres within reach in a step) from the positions alone, before any street is known."""
    x_m, y_m = _rolling(steps.x_m, 7), _rolling(steps.y_m, 7)
    straight_m = np.hypot(np.diff(x_m, prepend=x_m[0]), np.diff(y_m, prepend=y_m[0]))
    pace_m = _rolling(straight_m / steps.took_s, PACE_OVER) * steps.took_s
    return pace_m, np.clip(REACH_TIMES * pace_m + REACH_MORE_M, REACH_M_MIN, REACH_M_MAX)


def _decoded(lattice: Lattice, reach: Reach, steps: Steps, pace_m: Floats, reach_m: Floats) -> Ints:
    error_m, drift, more_m = ERROR_M, DRIFT, 2 * PACE_ERROR_M
    states = np.full(len(steps.x_m), -1, dtype=np.int64)
    for _ in range(ROUNDS):
        seen = Seen(
            steps.x_m,
            steps.y_m,
            steps.known,
            steps.within_m,
            float(np.hypot(error_m, CELL_ERROR_M)),
            np.where(steps.drifts, drift, 0.0),
            pace_m,
            PACE_ERROR_M_S * steps.took_s + more_m,
            reach_m,
        )
        states = decode(lattice, reach, seen)
        if not (steps.known & (states >= 0)).any():
            break
        error_m, drift = _learnt_error(lattice, steps, states)
        pace_m, more_m = _learnt_pace(lattice, reach, steps, states, pace_m), PACE_ERROR_M
    return states


def _learnt_error(lattice: Lattice, steps: Steps, states: Ints) -> tuple[float, float]:
    """(usual error of a coordinate in metres, share of it that remains a step later), as this walk shows them."""
    on = steps.known & (states >= 0)
    off_x_m, off_y_m = steps.x_m - lattice.x_m[states], steps.y_m - lattice.y_m[states]
    squares = off_x_m**2 + off_y_m**2
    after = np.flatnonzero(on & np.concatenate([[False], on[:-1]]) & steps.drifts)
    together = off_x_m[after] * off_x_m[after - 1] + off_y_m[after] * off_y_m[after - 1]
    drift = float(together.sum() / max(1e-9, float(squares[after - 1].sum()))) if len(after) else DRIFT
    error_m = float(np.sqrt(squares[on].mean() / 2))
    return min(max(error_m, ERROR_M_MIN), ERROR_M_MAX), min(max(drift, 0.0), DRIFT_MAX)


def _learnt_pace(lattice: Lattice, reach: Reach, steps: Steps, states: Ints, pace_m: Floats) -> Floats:
    """Metres a step along the streets found, averaged over the steps around."""
    along_m = pace_m.copy()
    for first, past in _runs(states >= 0):
        way, step = way_through(lattice, states[first:past], reach.within_m)
        walked_m = np.bincount(step, lattice.cell_m[way >> 1], minlength=past - first)
        along_m[first + 1 : past] = walked_m[1:]
    return _rolling(along_m / steps.took_s, PACE_OVER) * steps.took_s


def _elsewhere(graph: StreetGraph, began: dt.datetime, steps: Steps, states: Ints) -> list[Segment]:
    """The parts of the piece, averaged, that no street explains."""
    lon, lat = graph.plane.to_degrees(_rolling(steps.x_m, 5), _rolling(steps.y_m, 5))
    return [
        [
            Point(began + dt.timedelta(seconds=float(steps.second[at])), float(lon[at]), float(lat[at]))
            for at in range(first, past)
        ]
        for first, past in _runs(states < 0)
        if past - first >= OFF_STEPS_MIN
    ]


def _runs(which: Bools) -> list[tuple[int, int]]:
    """(first, past the last) of each unbroken run of True."""
    turns = np.flatnonzero(np.diff(np.concatenate([[False], which, [False]]).astype(np.int8)))
    return list(zip(turns[::2].tolist(), turns[1::2].tolist(), strict=True))


def _rolling(values: Floats, over: int) -> Floats:
    """The mean over `over` values around each; over fewer at the ends."""
    window = np.ones(min(over, len(values)))
    return np.convolve(values, window, "same") / np.convolve(np.ones(len(values)), window, "same")
