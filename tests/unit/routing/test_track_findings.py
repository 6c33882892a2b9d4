"""What is odd is found, what phones do every day is not."""

import datetime as dt
from collections.abc import Sequence

import numpy as np

from routing.track import Point
from routing.track_findings import Finding, find, replay_likeness, score, shape_of
from tests.support.streets import grid_place

BEGAN = dt.datetime(2026, 6, 5, 12, tzinfo=dt.UTC)


def walk(
    seconds: int = 1800, pace_m_s: float = 1.3, noise_m: float = 5.0, seed: int = 1, every_s: float = 5.0
) -> list[Point]:
    """An honest walk round and round, with accuracies and intervals as phones give them."""
    draw = np.random.default_rng(seed)
    at = np.cumsum(np.full(int(seconds / every_s), every_s) + draw.normal(0, 0.05, int(seconds / every_s)))
    turn = pace_m_s * at / 400.0
    return [
        Point(
            BEGAN + dt.timedelta(seconds=float(second)),
            *grid_place(
                400 * np.cos(angle) + draw.normal(0, noise_m), 400 * np.sin(angle) + draw.normal(0, noise_m)
            ),
            round(float(draw.uniform(4, 14)), 1),
        )
        for second, angle in zip(at, turn, strict=True)
    ]


def kinds(
    points: Sequence[Point],
    mocked: int = 0,
    walked_s: float = 1800.0,
    **earlier: Sequence[tuple[float, float]],
) -> set[str]:
    """The kinds of what is found."""
    return {finding.kind for finding in find(points, mocked, walked_s, earlier)}


def places(points: Sequence[Point]) -> list[tuple[float, float]]:
    """Their places in order."""
    return shape_of([[(point.lon, point.lat) for point in points]])


def test_an_honest_walk_has_no_findings() -> None:
    """Nor has one with a gap, vague positions in between, or a jogger."""
    honest = walk()
    assert kinds(honest) == set()
    assert kinds(honest[:100] + honest[220:]) == set()
    assert kinds([*honest, Point(honest[50].at, *grid_place(3000, 0), 400.0)]) == set()
    assert kinds(walk(pace_m_s=3.2)) == set()


def test_each_oddity_is_found_by_itself() -> None:
    """Teleport, car, mock flag, a program's constant accuracy and interval, a locked phone."""
    honest = walk()
    moved = [
        point if n < 180 else Point(point.at, point.lon + 0.03, point.lat, point.accuracy_m)
        for n, point in enumerate(honest)
    ]
    assert kinds(moved) == {"teleport"}
    assert kinds(walk(pace_m_s=9.0)) == {"car_speed"}
    assert kinds(honest, mocked=3) == {"mocked"}
    made = [Point(BEGAN + dt.timedelta(seconds=5 * n), *grid_place(6.5 * n, 0), 5.0) for n in range(200)]
    assert kinds(made, walked_s=1000) == {"constant_accuracy", "frozen_interval"}
    assert kinds(honest[::60], walked_s=1800) >= {"few_positions"}


def test_a_phone_that_rounds_its_accuracy_is_hardly_doubted() -> None:
    """Constant accuracy with positions that wander weighs little; with positions on a string it weighs."""
    rounded = [Point(point.at, point.lon, point.lat, 5.0) for point in walk()]
    (light,) = find(rounded, 0, 1800, {})
    assert light.kind == "constant_accuracy" and score([light]) <= 5


def test_a_copied_track_is_recognised_and_a_shared_street_is_not() -> None:
    """The same positions a week later, also with a little noise; two people side by side are two tracks."""
    original, beside = walk(seed=1), walk(seed=2)
    again = [
        Point(point.at + dt.timedelta(days=7), point.lon, point.lat, point.accuracy_m) for point in original
    ]
    assert "replayed" in kinds(again, a=places_smoothed(original))
    assert "replayed" not in kinds(beside, a=places_smoothed(original))
    likeness = replay_likeness(places_smoothed(original), places_smoothed(again))
    assert likeness is not None and likeness[0] > 0.999 and likeness[1] < 0.5


def places_smoothed(points: Sequence[Point]) -> list[tuple[float, float]]:
    """The shape that is kept of a walk."""
    from routing.track import segments, smoothed

    return shape_of([[(point.lon, point.lat) for point in smoothed(piece)] for piece in segments(points)])


def test_the_score_ends_at_a_hundred() -> None:
    """However much is found."""
    found = [Finding("mocked", 60, {}), Finding("replayed", 60, {})]
    assert score(found) == 100 and score([]) == 0
