"""Whom the patrols reach, computed by hand and compared."""

import numpy as np
import pytest

from routing.fairness import counted_by_outline, shares
from tests.support.district import box


def test_shares_by_hand() -> None:
    """1,000 people with 60 minutes, 2,000 with 40, 500 with 100: 60, 20 and 200 minutes a 1,000; the middle is 60, so
    only the third has more than twice as much and the second less than half. By incident: 6, 20, 10; the middle is 10,
    and nothing is above 20 or below 5."""
    found = shares([60, 40, 100], [1000, 2000, 500], [10, 2, 10])
    assert [each.per_1000_residents for each in found.communities] == [60, 20, 200]
    assert found.median_per_1000_residents == 60
    assert [each.residents_level for each in found.communities] == ["usual", "below", "above"]
    assert [each.per_incident for each in found.communities] == [6, 20, 10]
    assert found.median_per_incident == 10
    assert [each.incident_level for each in found.communities] == ["usual", "usual", "usual"]


def test_twice_the_median_is_not_yet_above() -> None:
    """Flagged is what lies above twice the median, not at it."""
    found = shares([10, 10, 20], [1000, 1000, 1000], [1, 1, 1])
    assert [each.residents_level for each in found.communities] == ["usual", "usual", "usual"]
    assert [each.incident_level for each in shares([10, 10, 20.1], [None] * 3, [1, 1, 1]).communities] == [
        "usual", "usual", "above",
    ]  # fmt: skip


def test_what_is_not_known_is_not_judged() -> None:
    """Residents that nobody told and communities without an incident have no share, and are left out of the median."""
    found = shares([60, 40, 100], [1000, None, 0], [0, 4, 10])
    assert [each.per_1000_residents for each in found.communities] == [60, None, None]
    assert [each.residents_level for each in found.communities] == ["usual", "unknown", "unknown"]
    assert [each.per_incident for each in found.communities] == [None, 10, 10]
    nothing = shares([], [], [])
    assert (nothing.communities, nothing.median_per_incident) == ([], None)


def test_one_served_among_many_unserved_stands_out() -> None:
    """Where most communities got nothing, the median is nothing and whoever got something is above it."""
    found = shares([0, 0, 30], [1000, 1000, 1000], [1, 1, 1])
    assert [each.residents_level for each in found.communities] == ["usual", "usual", "above"]


@pytest.mark.parametrize("hole", [False, True])
def test_places_are_counted_by_outline(hole: bool) -> None:
    """Inside, on the edge, outside; a hole is outside."""
    outline = box(120.0, 28.0, 0.02)
    if hole:
        outline["coordinates"].append(box(120.0, 28.0, 0.01)["coordinates"][0])
    lon, lat = np.array([120.0, 120.01, 120.02, 119.992]), np.array([28.0, 28.0, 28.0, 28.0])
    assert counted_by_outline([outline, box(121.0, 28.0)], lon, lat) == [2 if hole else 3, 0]
