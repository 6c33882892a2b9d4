"""What in a track should make a reviewer look twice: pure functions, each finding with its figures.

A finding is evidence, never a verdict: phones jump between high houses, and people take a bus home. Sources: speeds of
pedestrians and cars as in Zheng et al. 2008, "Understanding mobility based on GPS data"; correlation of two walks by
resampling both to the same number of places along their lengths.
"""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec
import numpy as np

from routing.geo import Floats, LocalPlane
from routing.track import Point, Segment, distance_m, length_m, segments, smoothed

type Kind = Literal[
    "teleport", "constant_accuracy", "replayed", "mocked", "car_speed", "few_positions", "frozen_interval"
]

FOOT_M_S_MAX = 12.0
JUMP_M_MIN = 150.0
SAME_ACCURACY_SHARE, SAME_ACCURACY_MIN = 0.98, 60
CAR_M_S, CAR_S_MIN = 5.5, 60.0
REPLAY_R_MIN, REPLAY_MEAN_M_MAX, REPLAY_SAMPLES, REPLAY_LENGTH_MIN_M = 0.98, 3.0, 60, 300.0
POSITIONS_A_MINUTE_MIN = 0.5
SEVERITY: Mapping[Kind, int] = {
    "teleport": 25,
    "constant_accuracy": 30,
    "replayed": 60,
    "mocked": 60,
    "car_speed": 30,
    "few_positions": 15,
    "frozen_interval": 20,
}
"""What each adds to the score of 0 to 100 by which reviewers see patrols first."""


class Finding(msgspec.Struct, frozen=True):
    """One oddity: its kind, how much it adds to the score, figures for the words, and where (lon, lat) if somewhere."""

    kind: Kind
    severity: int
    params: dict[str, Any]
    place: tuple[float, float] | None = None


def find(
    points: Sequence[Point],
    mocked: int,
    walked_s: float,
    earlier: Mapping[str, Sequence[tuple[float, float]]],
) -> list[Finding]:
    """Everything odd about one person's positions (any order).

    `mocked` counts those that the phone itself called made up; `walked_s` is how long the walk lasted; `earlier` are
    the positions of earlier walks in order of time, by a name to show.
    """
    ordered = sorted(points, key=lambda point: point.at)
    pieces = [smoothed(piece) for piece in segments(ordered)]
    found = [
        _mocked(mocked, len(ordered)),
        _teleport(ordered),
        _constant_accuracy(ordered),
        _frozen_interval(ordered),
        _car_speed(pieces),
        _few(len(ordered), walked_s),
        _replayed(pieces, earlier),
    ]
    return [finding for finding in found if finding is not None]


def score(findings: Sequence[Finding]) -> int:
    """0 (nothing odd) to 100: the order in which reviewers look."""
    return min(100, sum(finding.severity for finding in findings))


def _made(kind: Kind, place: Point | None = None, **params: Any) -> Finding:
    return Finding(kind, SEVERITY[kind], params, (place.lon, place.lat) if place else None)


def _mocked(mocked: int, total: int) -> Finding | None:
    return _made("mocked", positions=mocked, total=total) if mocked else None


def _teleport(ordered: Sequence[Point]) -> Finding | None:
    """Good positions that lie further apart than anybody goes on foot, also across a gap."""
    good = [point for point in ordered if point.accuracy_m <= 50.0]
    jumps: list[tuple[float, float, Point]] = []
    for before, after in itertools.pairwise(good):
        away_m = distance_m(before, after) - before.accuracy_m - after.accuracy_m
        elapsed_s = max(1.0, (after.at - before.at).total_seconds())
        if away_m >= JUMP_M_MIN and away_m / elapsed_s > FOOT_M_S_MAX:
            jumps.append((away_m, elapsed_s, after))
    if not jumps:
        return None
    far_m, in_s, place = max(jumps, key=lambda jump: jump[0])
    return _made("teleport", place, jumps=len(jumps), far_m=round(far_m), in_s=round(in_s))


def _constant_accuracy(ordered: Sequence[Point]) -> Finding | None:
    """A receiver's own estimate of its error changes all the time; a program's does not."""
    if len(ordered) < SAME_ACCURACY_MIN:
        return None
    values, counts = np.unique([point.accuracy_m for point in ordered], return_counts=True)
    share = float(counts.max()) / len(ordered)
    if share < SAME_ACCURACY_SHARE:
        return None
    params = {"accuracy_m": float(values[counts.argmax()]), "share": round(share, 3)}
    # Some phones round their estimate to the same figure all the time; their positions still wander.
    return Finding("constant_accuracy", 5 if _jitters(ordered) else SEVERITY["constant_accuracy"], params)


def _jitters(ordered: Sequence[Point]) -> bool:
    """Whether positions wander about their own average as real ones do, by a metre or more."""
    raw = [piece for piece in segments(ordered) if len(piece) >= 10]
    apart = [
        distance_m(point, calm) for piece in raw for point, calm in zip(piece, smoothed(piece), strict=True)
    ]
    return bool(apart) and float(np.median(apart)) >= 1.0


def _frozen_interval(ordered: Sequence[Point]) -> Finding | None:
    """Positions that come to the millisecond at the same interval were written by a program."""
    if len(ordered) < SAME_ACCURACY_MIN:
        return None
    steps = {
        round((after.at - before.at).total_seconds(), 3) for before, after in itertools.pairwise(ordered)
    }
    if len(steps) > 1 or _jitters(ordered):
        return None
    return _made("frozen_interval", interval_s=steps.pop(), positions=len(ordered))


def _car_speed(pieces: Sequence[Segment]) -> Finding | None:
    """More than a minute in one go at a speed that nobody walks and hardly anybody runs."""
    longest_s, fastest, place = 0.0, 0.0, None
    for piece in pieces:
        run_s, run_m = 0.0, 0.0
        for before, after in itertools.pairwise(piece):
            step_s = (after.at - before.at).total_seconds()
            step_m = distance_m(before, after)
            if step_s > 0 and step_m / step_s > CAR_M_S:
                run_s, run_m = run_s + step_s, run_m + step_m
                if run_s > longest_s:
                    longest_s, fastest, place = run_s, run_m / run_s, after
            else:
                run_s, run_m = 0.0, 0.0
    if longest_s < CAR_S_MIN or place is None:
        return None
    return _made("car_speed", place, seconds=round(longest_s), km_h=round(fastest * 3.6))


def _few(positions: int, walked_s: float) -> Finding | None:
    """Hardly any positions for so long a walk: a locked phone, most often."""
    if walked_s < 900 or positions >= POSITIONS_A_MINUTE_MIN * walked_s / 60:
        return None
    return _made("few_positions", positions=positions, minutes=round(walked_s / 60))


def _replayed(
    pieces: Sequence[Segment], earlier: Mapping[str, Sequence[tuple[float, float]]]
) -> Finding | None:
    """The same way to within metres at the same pace, noise and all: two people walk one street, never so."""
    own = [(point.lon, point.lat) for piece in pieces for point in piece]
    if sum(length_m(piece) for piece in pieces) < REPLAY_LENGTH_MIN_M:
        return None
    for name, other in earlier.items():
        likeness = replay_likeness(own, other)
        if likeness is not None and likeness[0] >= REPLAY_R_MIN and likeness[1] <= REPLAY_MEAN_M_MAX:
            return _made("replayed", of=name, r=round(likeness[0], 4), mean_m=round(likeness[1], 1))
    return None


def replay_likeness(
    a: Sequence[tuple[float, float]], b: Sequence[tuple[float, float]]
) -> tuple[float, float] | None:
    """(correlation, mean metres apart) of two tracks resampled by order to the same number of places; None when short."""
    if len(a) < REPLAY_SAMPLES or len(b) < REPLAY_SAMPLES:
        return None
    plane = LocalPlane.amid([lon for lon, _ in a], [lat for _, lat in a])
    first, second = _resampled(a, plane), _resampled(b, plane)
    apart_m = float(np.hypot(*(first - second).T).mean())
    centred = [track - track.mean(axis=0) for track in (first, second)]
    spread = float(np.sqrt((centred[0] ** 2).sum() * (centred[1] ** 2).sum()))
    if spread == 0.0:
        return None
    return float((centred[0] * centred[1]).sum() / spread), apart_m


def shape_of(lines: Sequence[Sequence[tuple[float, float]]]) -> list[tuple[float, float]]:
    """A way in `REPLAY_SAMPLES` places, by which a copy of it can be recognised later; empty for a short one."""
    track = [place for line in lines for place in line]
    if len(track) < 2:
        return []
    at = np.linspace(0.0, len(track) - 1, REPLAY_SAMPLES)
    lon = np.interp(at, np.arange(len(track)), [place[0] for place in track])
    lat = np.interp(at, np.arange(len(track)), [place[1] for place in track])
    return [(round(float(x), 6), round(float(y), 6)) for x, y in zip(lon, lat, strict=True)]


def _resampled(track: Sequence[tuple[float, float]], plane: LocalPlane) -> Floats:
    x_m, y_m = plane.to_metres([lon for lon, _ in track], [lat for _, lat in track])
    at = np.linspace(0.0, len(track) - 1, REPLAY_SAMPLES)
    index = np.arange(len(track))
    return np.column_stack([np.interp(at, index, x_m), np.interp(at, index, y_m)])
