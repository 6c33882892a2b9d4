"""What an outlook learns from: residents' reports of the kinds that count, as arrays, and what was left out and why."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from routing.forecast_past import Reports
from routing.forecast_reports import reports_of, residents_reports
from routing.geo import Bounds, LocalPlane
from routing.incident import Incident
from routing.kinds import WEIGHT_MAX, KindRule, rule_of
from routing.words import RequestError, Words

type Floats = NDArray[np.float64]
type Ints = NDArray[np.int64]

# With nothing newer, the model would learn that everything has stopped: it learns as of the newest report instead.
STALE_AFTER = timedelta(days=28)
# A flat map holds so far around its middle; a district is smaller.
REACH_M = 60_000.0
HISTORY = timedelta(days=4 * 365 + 1)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Reports of a kind that were not learned from. `private` kinds must not be named to volunteers."""

    kind: str
    reports: int
    private: bool
    why: Words


@dataclass(frozen=True, slots=True)
class Known:
    """The reports as a forecast takes them, with each one's `weight` (0 to WEIGHT_MAX) and local `weekday`.

    `as_of` is where their ages are counted from: `starts_at`, or just after the newest where that is weeks old.
    """

    starts_at: datetime
    as_of: datetime
    plane: LocalPlane
    reports: Reports
    weight: Floats
    weekday: Ints
    newest_at: datetime
    oldest_at: datetime
    left_out: tuple[LeftOut, ...]


def known_reports(
    incidents: Sequence[Incident], starts_at: datetime, bounds: Bounds | None, rules: Mapping[str, KindRule]
) -> Known:
    """What residents reported before `starts_at` (aware, in the district's zone), the same in whichever order it came.

    RequestError "no_incidents" when nothing is left to learn from.
    """
    reported = residents_reports(incidents, starts_at)
    if bounds and reported:
        inside = bounds.contains([each.lon for each in reported], [each.lat for each in reported])
        reported = [each for each, is_inside in zip(reported, inside.tolist(), strict=True) if is_inside]
    rule = {kind: rule_of(kind, rules) for kind in {each.kind for each in reported}}
    used = [each for each in reported if rule[each.kind].used]
    if not used:
        raise _nothing(len(incidents), starts_at)
    as_of = _as_of(max(each.at for each in used), starts_at)
    plane = _plane(bounds, used)
    used = _near(plane, [each for each in used if each.at >= as_of - HISTORY])
    if not used:
        raise _nothing(len(incidents), starts_at)
    used.sort(key=lambda each: (each.at, each.lon, each.lat, each.kind, each.weight, each.id))
    weight = [min(rule[each.kind].weight * each.weight, WEIGHT_MAX) for each in used]
    return Known(
        starts_at=starts_at,
        as_of=as_of,
        plane=plane,
        reports=reports_of(used, as_of, plane),
        weight=np.array(weight, dtype=np.float64),
        weekday=np.array([each.at.astimezone(starts_at.tzinfo).weekday() for each in used], dtype=np.int64),
        newest_at=used[-1].at.astimezone(starts_at.tzinfo),
        oldest_at=used[0].at.astimezone(starts_at.tzinfo),
        left_out=_left_out(reported, rule),
    )


def _as_of(newest_at: datetime, starts_at: datetime) -> datetime:
    if newest_at >= starts_at - STALE_AFTER:
        return starts_at
    return newest_at.astimezone(starts_at.tzinfo) + timedelta(seconds=1)


def _plane(bounds: Bounds | None, used: Sequence[Incident]) -> LocalPlane:
    """The district's flat map, so anchored that next week's cells are the same."""
    if bounds:
        return LocalPlane((bounds.west + bounds.east) / 2, (bounds.south + bounds.north) / 2)
    middle = LocalPlane.amid([each.lon for each in used], [each.lat for each in used])
    return LocalPlane(round(middle.lon0, 1), round(middle.lat0, 1))


def _near(plane: LocalPlane, used: Sequence[Incident]) -> list[Incident]:
    x_m, y_m = plane.to_metres([each.lon for each in used], [each.lat for each in used])
    near = np.hypot(x_m, y_m) <= REACH_M
    return [each for each, is_near in zip(used, near.tolist(), strict=True) if is_near]


def _left_out(reported: Sequence[Incident], rule: Mapping[str, KindRule]) -> tuple[LeftOut, ...]:
    many = Counter(each.kind for each in reported if not rule[each.kind].used)
    unsaid = Words("本区设置为不用于热点。", "The district chose not to use it for hotspots.")
    return tuple(
        LeftOut(kind, count, rule[kind].private, rule[kind].why or unsaid)
        for kind, count in sorted(many.items(), key=lambda one: (-one[1], one[0]))
    )


def _nothing(count: int, starts_at: datetime) -> RequestError:
    shown = starts_at.date().isoformat()
    words = Words(
        zh=f"{count} 条警情中没有一条是 {shown} 之前可用于热点的居民报警；请导入更早的警情，或检查警情类别的设置。",
        en=f"none of the {count} incidents is a residents' report from before {shown} of a kind used for hotspots; "
        "import earlier incidents, or check the settings of the kinds.",
    )
    return RequestError("no_incidents", words, field="incidents", value=count)
