"""From past incidents to the places where a patrol is worth most in a time window."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from routing.geo import Bounds
from routing.incident import Incident
from routing.kinds import KindRule
from routing.moment import check_window
from routing.outlook import make_outlook
from routing.outlook_spots import Barred, Hotspot, Snapper, spots
from routing.words import RequestError

# Two of them across make a place, so that no line of the grid cuts a cluster in two.
CELL_M = 100.0


def find_hotspots(
    incidents: Sequence[Incident],
    window_start: datetime,
    window_end: datetime,
    *,
    limit: int = 60,
    cell_m: float = CELL_M,
    bounds: Bounds | None = None,
    rules: Mapping[str, KindRule] | None = None,
    snapper: Snapper | None = None,
    avoid: Sequence[tuple[float, float, float]] = (),
    barred: Barred | None = None,
    unshown: Collection[str] = (),
) -> tuple[Hotspot, ...]:
    """The at most `limit` best places for the window (aware, at most 24 h), best first.

    They are those of the outlook as of the window's start (`make_outlook`, whose `bounds` and `rules` these are), for
    the window's hours by its own zone. `snapper` puts the places on streets; none is put into a circle of `avoid`,
    (lon, lat, radius_m) each, nor where `barred` says so; kinds that are `unshown` are not named. Empty when there is
    nothing to learn from. ValueError when `limit` or `cell_m` is impossible.
    """
    check_window(window_start, window_end)
    if limit < 1 or cell_m <= 0:
        raise ValueError(f"limit {limit} and cell_m {cell_m} must be above 0")
    zone = window_start.tzinfo
    assert zone is not None
    try:
        outlook = make_outlook(incidents, window_start, zone, cell_m=cell_m, bounds=bounds, rules=rules)
    except RequestError as error:
        if error.code != "no_incidents":
            raise
        return ()
    return spots(
        outlook,
        (window_start, window_end),
        limit=limit,
        snapper=snapper,
        avoid=avoid,
        barred=barred,
        unshown=unshown,
    )
