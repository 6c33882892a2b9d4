"""Whom the patrols reach: minutes per resident and per incident, community by community.

It is about equal access to patrols, not about blame: a community is marked when it gets more than twice, or less than
half, of what the community in the middle gets.
"""

# shapely's vectorised predicates are typed loosely.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import shape

FLAGGED_ABOVE = 2.0
"""Times the median; so many times below it is marked too."""

type Level = Literal["above", "below", "usual", "unknown"]


@dataclass(frozen=True, slots=True)
class Share:
    """What a community got: patrol minutes per 1,000 residents and per incident, None where there is nothing to divide
    by, and how each compares with the median of the communities."""

    per_1000_residents: float | None
    per_incident: float | None
    residents_level: Level
    incident_level: Level


@dataclass(frozen=True, slots=True)
class Shares:
    """Every community's share, in the order given, and the medians that they are compared with."""

    communities: list[Share]
    median_per_1000_residents: float | None
    median_per_incident: float | None


def shares(minutes: Sequence[float], residents: Sequence[int | None], incidents: Sequence[int]) -> Shares:
    """Compare communities; the three have one entry each, in the same order."""
    by_residents = [
        1000 * each / people if people else None for each, people in zip(minutes, residents, strict=True)
    ]
    by_incident = [each / many if many else None for each, many in zip(minutes, incidents, strict=True)]
    middle_residents, middle_incident = _median(by_residents), _median(by_incident)
    return Shares(
        [
            Share(
                per_1000,
                per_one,
                _level(per_1000, middle_residents),
                _level(per_one, middle_incident),
            )
            for per_1000, per_one in zip(by_residents, by_incident, strict=True)
        ],
        middle_residents,
        middle_incident,
    )


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None


def _level(value: float | None, median: float | None) -> Level:
    if value is None or median is None:
        return "unknown"
    if value > FLAGGED_ABOVE * median:
        return "above"
    if value * FLAGGED_ABOVE < median:
        return "below"
    return "usual"


def counted_by_outline(
    outlines: Sequence[dict[str, Any]], lon: NDArray[np.float64], lat: NDArray[np.float64]
) -> list[int]:
    """How many of the places lie in each GeoJSON outline (WGS-84 degrees)."""
    counts: list[int] = []
    for outline in outlines:
        polygon = shape(outline)
        shapely.prepare(polygon)
        west, south, east, north = polygon.bounds
        near = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
        counts.append(int(shapely.intersects_xy(polygon, lon[near], lat[near]).sum()))
    return counts
