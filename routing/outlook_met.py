"""How a kept outlook did against what was then reported."""

from collections.abc import Mapping, Sequence

import numpy as np

from routing.forecast_reports import residents_reports
from routing.incident import Incident
from routing.kinds import KindRule, rule_of
from routing.outlook import Outlook
from routing.outlook_week import WEEK, Week, week_of


def meet(
    outlook: Outlook, incidents: Sequence[Incident], rules: Mapping[str, KindRule] | None = None
) -> Week | None:
    """Compare the outlook with what residents reported in its seven days, of the kinds that it may learn from.

    Reports outside its cells count as missed. None when nothing was reported. ValueError when the outlook was learned
    from reports weeks older than its start: it was no forecast of these days.
    """
    if outlook.as_of != outlook.starts_at:
        raise ValueError(f"the outlook from {outlook.starts_at} was learned as of {outlook.as_of}")
    came = [
        each
        for each in residents_reports(incidents, outlook.starts_at + WEEK)
        if each.at >= outlook.starts_at and rule_of(each.kind, rules or {}).used
    ]
    if not came:
        return None
    x_m, y_m = outlook.plane.to_metres([each.lon for each in came], [each.lat for each in came])
    number = {
        square: cell
        for cell, square in enumerate(zip(outlook.column.tolist(), outlook.row.tolist(), strict=True))
    }
    column, row = (np.floor(metres / outlook.cell_m).astype(int).tolist() for metres in (x_m, y_m))
    cells = [number.get(square, -1) for square in zip(column, row, strict=True)]
    outside = cells.count(-1)
    happened = np.bincount([cell for cell in cells if cell >= 0], minlength=len(outlook)).astype(float)
    return week_of(
        outlook.harm, outlook.year_count.astype(float), happened, outlook.starts_at.date(), outside
    )
