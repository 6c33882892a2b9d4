"""From incidents to the arrays that a forecast learns from: residents' reports only."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np

from routing.forecast_past import Reports
from routing.geo import LocalPlane
from routing.incident import Incident

DAY_S = 86_400.0
# A report of the very moment counts as one of a second ago.
AGE_MIN_DAYS = 1.0 / DAY_S


def residents_reports(incidents: Sequence[Incident], until: datetime) -> list[Incident]:
    """What residents and victims reported before `until` (aware).

    What patrols found never trains a forecast: they find more wherever they go, and would be sent there again.
    """
    return [incident for incident in incidents if incident.source == "report" and incident.at < until]


def reports_of(reports: Sequence[Incident], until: datetime, plane: LocalPlane) -> Reports:
    """The incidents as arrays, placed on `plane`, their ages counted from `until`, their hours local to its zone."""
    local = [report.at.astimezone(until.tzinfo) for report in reports]
    x_m, y_m = plane.to_metres([report.lon for report in reports], [report.lat for report in reports])
    kinds, kind = np.unique(np.array([report.kind for report in reports], dtype=str), return_inverse=True)
    age_s = np.array([until.timestamp() - report.at.timestamp() for report in reports], dtype=np.float64)
    hour = [
        at.weekday() * 24 + at.hour if report.clock_known else -1
        for at, report in zip(local, reports, strict=True)
    ]
    return Reports(
        x_m=x_m,
        y_m=y_m,
        age_days=np.maximum(age_s / DAY_S, AGE_MIN_DAYS),
        kind=kind.reshape(-1).astype(np.int64),
        kinds=tuple(str(each) for each in kinds.tolist()),
        hour=np.array(hour, dtype=np.int64),
    )
