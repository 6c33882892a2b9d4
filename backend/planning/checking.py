"""What a request for a plan must be like: every wrong field is found, not only the first."""

import datetime as dt
from typing import Any

from backend.areas import service as areas
from backend.core import clock
from backend.core.problems import FieldError
from backend.planning.schemas import PlanNew, PlanTeamsIn
from routing.geo import Bounds

TEAMS_MAX = 60
MINUTES_RANGE = (20, 240)
DWELL_RANGE = (5, 20)
WALK_MIN = 10
"""Minutes that a team needs besides one dwell, to get anywhere."""
HOURS_MAX = 12
DAYS_AHEAD_MAX = 14
PAST_MAX = dt.timedelta(hours=1)
SEED_MAX = 2**31 - 1
OUTSIDE_MAX_M = 500.0


def plan_errors(new: PlanNew, district: areas.Area) -> list[FieldError]:
    """Everything wrong with the request."""
    found = window_errors(new.starts_at, new.ends_at)
    found += _number_errors("dwell_min", new.dwell_min, *DWELL_RANGE)
    if new.seed is not None:
        found += _number_errors("seed", new.seed, 0, SEED_MAX)
    if not new.teams:
        found.append(FieldError("teams", "missing", "Say how many teams go out", []))
    elif sum(max(0, teams.count) for teams in new.teams) > TEAMS_MAX:
        message = f"Use at most {TEAMS_MAX} teams in all"
        found.append(FieldError("teams", "too-many", message, sum(teams.count for teams in new.teams)))
    for index, teams in enumerate(new.teams):
        found += _teams_errors(f"teams.{index}", teams, new, district)
    return found


def _teams_errors(field: str, teams: PlanTeamsIn, new: PlanNew, district: areas.Area) -> list[FieldError]:
    found = _number_errors(f"{field}.count", teams.count, 1, TEAMS_MAX)
    found += _number_errors(f"{field}.minutes", teams.minutes, *MINUTES_RANGE) or _minutes_errors(
        f"{field}.minutes", teams.minutes, new
    )
    box = Bounds(district.west, district.south, district.east, district.north).padded(OUTSIDE_MAX_M)
    message = f"Choose a place within {OUTSIDE_MAX_M:.0f} m of {district.name_zh}, as lon and lat"
    for name, place in (("start", teams.start), ("end", teams.end)):
        if place is not None and not bool(box.contains(*place)):
            found.append(FieldError(f"{field}.{name}", "outside-area", message, list(place)))
    return found


def offset_errors(**times: dt.datetime) -> list[FieldError]:
    """Those of the times, by the names of their fields, that lack an offset."""
    message = "Write the time with its offset, such as +08:00"
    return [
        FieldError(name, "no-offset", message, at.isoformat())
        for name, at in times.items()
        if at.tzinfo is None
    ]


def window_errors(starts_at: dt.datetime, ends_at: dt.datetime) -> list[FieldError]:
    """What is wrong with an evening from `starts_at` to `ends_at`."""
    if naive := offset_errors(starts_at=starts_at, ends_at=ends_at):
        return naive
    found: list[FieldError] = []
    now = clock.now()
    if starts_at < now - PAST_MAX:
        found.append(_wrong("starts_at", "past", "Begin at most an hour ago; choose tonight", starts_at))
    if starts_at > now + dt.timedelta(days=DAYS_AHEAD_MAX):
        message = f"Begin within {DAYS_AHEAD_MAX} days; later, newer incidents are known"
        found.append(_wrong("starts_at", "too-far-ahead", message, starts_at))
    if ends_at <= starts_at:
        found.append(_wrong("ends_at", "before-start", "End after the start", ends_at))
    elif ends_at - starts_at > dt.timedelta(hours=HOURS_MAX):
        found.append(_wrong("ends_at", "too-long", f"End at most {HOURS_MAX} hours after the start", ends_at))
    elif ends_at <= now:
        found.append(_wrong("ends_at", "past", "End after the present time", ends_at))
    return found


def _minutes_errors(field: str, minutes: int, new: PlanNew) -> list[FieldError]:
    """A walk that does not fit its stops, or the window."""
    if minutes < new.dwell_min + WALK_MIN:
        message = (
            f"Use at least {new.dwell_min + WALK_MIN}: one stop of {new.dwell_min} and {WALK_MIN} to walk"
        )
        return [FieldError(field, "too-short", message, minutes)]
    comparable = (
        new.starts_at.tzinfo is not None and new.ends_at.tzinfo is not None and new.ends_at > new.starts_at
    )
    window_min = int((new.ends_at - new.starts_at).total_seconds() // 60) if comparable else minutes
    if minutes > window_min:
        return [FieldError(field, "longer-than-window", f"Use at most the window's {window_min}", minutes)]
    return []


def _number_errors(field: str, value: int, least: int, most: int) -> list[FieldError]:
    if least <= value <= most:
        return []
    return [FieldError(field, "out-of-range", f"Use a whole number from {least} to {most}", value)]


def _wrong(field: str, code: str, message: str, value: Any) -> FieldError:
    return FieldError(field, code, message, value.isoformat())
