"""Last week's map, made again from what was known before that week, and met with what was then reported."""

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np

from backend.hotspots.schemas import MetCell
from routing.forecast_hits import cells_in
from routing.forecast_reports import residents_reports
from routing.geo import Bounds
from routing.incident import Incident
from routing.kinds import KindRule, rule_of
from routing.outlook import Outlook, make_outlook
from routing.outlook_met import meet
from routing.outlook_week import SHARE, Week
from routing.words import RequestError

WEEK = dt.timedelta(days=7)


@dataclass(frozen=True, slots=True)
class LastWeek:
    """How the map did, and its cells: those among the first 2 %, and all others where something came."""

    week: Week
    cells: list[MetCell]


def last_week(
    incidents: Sequence[Incident],
    now: dt.datetime,
    zone: ZoneInfo,
    bounds: Bounds,
    rules: Mapping[str, KindRule],
) -> LastWeek | None:
    """The seven days before the midnight that `now` follows; None when nothing was known before, or nothing came."""
    midnight = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    inside = bounds.contains([each.lon for each in incidents], [each.lat for each in incidents])
    district = [each for each, kept in zip(incidents, inside.tolist(), strict=True) if kept]
    try:
        outlook = make_outlook(district, midnight - WEEK, zone, rules=rules)
    except RequestError as error:
        if error.code != "no_incidents":
            raise
        return None
    came = [
        each
        for each in residents_reports(district, midnight)
        if each.at >= outlook.starts_at and rule_of(each.kind, rules).used
    ]
    if outlook.as_of != outlook.starts_at:
        return None  # learned from reports weeks older: it was no forecast of these days
    week = meet(outlook, came, rules)
    return LastWeek(week, _cells(outlook, came)) if week else None


def _cells(outlook: Outlook, came: Sequence[Incident]) -> list[MetCell]:
    """By cells of the map's own grid, never by exact places."""
    size = outlook.cell_m
    x_m, y_m = outlook.plane.to_metres([each.lon for each in came], [each.lat for each in came])
    squares = zip(
        np.floor(x_m / size).astype(int).tolist(), np.floor(y_m / size).astype(int).tolist(), strict=True
    )
    many = Counter(squares)
    first = cells_in(SHARE, len(outlook))  # the outlook's cells are sorted, the best first
    shown = set(zip(outlook.column[:first].tolist(), outlook.row[:first].tolist(), strict=True))
    found: list[MetCell] = []
    for column, row in sorted(shown | many.keys()):
        lon, lat = outlook.plane.to_degrees(np.array([(column + 0.5) * size]), np.array([(row + 0.5) * size]))
        found.append(
            MetCell(
                round(float(lon[0]), 6), round(float(lat[0]), 6), (column, row) in shown, many[column, row]
            )
        )
    return found
