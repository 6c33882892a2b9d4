"""Wire types of the desk's figures."""

import datetime as dt
from typing import Any

import msgspec


class Todo(msgspec.Struct):
    """Something that waits for a decision; the desk words the code with its parameters."""

    kind: str
    id: str
    code: str
    params: dict[str, Any]
    at: dt.datetime


class DeskOut(msgspec.Struct):
    """Tonight in figures; a share or a time is null while there is nothing to compute it from."""

    on_duty: int
    units_out: int
    units_planned: int
    active: int
    coverage_share: float | None
    grab_seconds_p50: float | None
    open_tasks: int
    awaiting_review: int
    drafts: int
    live_alerts: int
    incidents_as_of: dt.datetime | None
    incidents_old: bool
    todo: list[Todo]
