"""What others may see of a walk: never where it began and ended, which is often somebody's door."""

import itertools
from collections.abc import Callable, Sequence

import numpy as np

from routing.geo import haversine_m

type Position = tuple[float, float]
type Line = list[Position]

HIDDEN_M = 150.0


def without_ends(
    lines: Sequence[Sequence[Position]],
    hidden_m: float = HIDDEN_M,
    hidden: Callable[[float, float], bool] = lambda lon, lat: False,
    ends: Sequence[Position] = (),
) -> list[Line]:
    """The lines (lon, lat) without any place within `hidden_m` of the walk's first or last one, or of one of the `ends`, also
    in its middle, nor any that is `hidden`.

    A line is cut where such places were; pieces of a single place are dropped.
    """
    places = list(itertools.chain.from_iterable(lines))
    if not places:
        return []
    result: list[Line] = []
    doors = {places[0], places[-1], *ends}
    for line in lines:
        lon, lat = np.array([place[0] for place in line]), np.array([place[1] for place in line])
        shown = np.ones(len(line), dtype=np.bool_)
        for end in doors:
            shown &= haversine_m(lon, lat, end[0], end[1]) > hidden_m
        shown &= ~np.array([hidden(east, north) for east, north in line], dtype=np.bool_)
        for kept, group in itertools.groupby(
            zip(line, shown.tolist(), strict=True), key=lambda each: each[1]
        ):
            piece = [(float(east), float(north)) for (east, north), _ in group]
            if kept and len(piece) > 1:
                result.append(piece)
    return result
