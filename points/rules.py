"""What earns how many points: pure functions of facts, in numbered versions that are never edited.

Every earning is explained by lines of code, points and parameters that add up to its total.
"""

from dataclasses import dataclass
from typing import Literal

from points.explanation import Line

Outcome = Literal["accepted", "partial"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PatrolFacts:
    """What is known of one person's patrol when it is reviewed.

    minutes walked; night: whether it was at night; stops really dwelt at, of those planned; matters handled
    on the way; posted: a task somebody posted, as against a free patrol; the reviewer's outcome; and what the
    task promised each person, None where it promised nothing of its own.
    """

    minutes: int
    night: bool
    stops_dwelt: int
    stops_planned: int
    handled_matters: int
    posted: bool
    outcome: Outcome
    promised: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PatrolRules:
    """The figures of one version of the rules, in points unless named otherwise."""

    version: int
    posted_patrol: int
    free_patrol: int
    night: int
    handled_matter: int
    handled_matters_max: int
    free_minutes_min: int
    daily_cap: int
    points_last_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Earning:
    """What one person earns, why, and by which version of the rules; total is the sum of the lines."""

    total: int
    lines: tuple[Line, ...]
    version: int


RULES: dict[int, PatrolRules] = {
    1: PatrolRules(
        version=1,
        posted_patrol=10,
        free_patrol=5,
        night=5,
        handled_matter=2,
        handled_matters_max=5,
        free_minutes_min=20,
        daily_cap=60,
        points_last_days=730,
    ),
}
CURRENT = RULES[max(RULES)]


def earn_patrol(facts: PatrolFacts, *, already_earned_today: int, rules: PatrolRules = CURRENT) -> Earning:
    """What one person earns for one patrol, after the points already earned that day.

    A partial patrol earns the share of its stops that were dwelt at (half when none was planned), rounded
    down. A free patrol shorter than free_minutes_min earns nothing: nobody decided beforehand that it was
    needed. Raises ValueError for counts that cannot be.
    """
    _check(facts, already_earned_today)
    lines = _patrol_lines(facts, rules)
    if not facts.posted and facts.minutes < rules.free_minutes_min:
        lines.append(_less("too_short", lines, 0, minutes=facts.minutes, minutes_min=rules.free_minutes_min))
    elif facts.outcome == "partial":
        lines.append(_partial_line(facts, lines))
    counted = min(facts.handled_matters, rules.handled_matters_max)
    if counted:
        params = {"counted": counted, "reported": facts.handled_matters, "each": rules.handled_matter}
        lines.append(Line(code="handled_matters", points=counted * rules.handled_matter, params={**params}))
    room = max(0, rules.daily_cap - already_earned_today)
    if _sum(lines) > room:
        lines.append(_less("daily_cap", lines, room, cap=rules.daily_cap, earned_today=already_earned_today))
    return Earning(total=_sum(lines), lines=tuple(lines), version=rules.version)


def _check(facts: PatrolFacts, already_earned_today: int) -> None:
    counts = {
        "minutes": facts.minutes,
        "stops_dwelt": facts.stops_dwelt,
        "stops_planned": facts.stops_planned,
        "handled_matters": facts.handled_matters,
        "already_earned_today": already_earned_today,
        "promised": facts.promised or 0,
    }
    for name, value in counts.items():
        if value < 0:
            raise ValueError(f"{name} is {value}; it must be 0 or more")


def _patrol_lines(facts: PatrolFacts, rules: PatrolRules) -> list[Line]:
    night = rules.night if facts.night else 0
    if facts.posted:
        # A promise stands for the patrol and the night together, and is kept to the point.
        base = rules.posted_patrol if facts.promised is None else facts.promised - night
        if base < 0:
            base, night = base + night, 0
        lines = [Line(code="posted_patrol", points=base, params={"minutes": facts.minutes})]
    else:
        lines = [Line(code="free_patrol", points=rules.free_patrol, params={"minutes": facts.minutes})]
    if night:
        lines.append(Line(code="night", points=night))
    return lines


def _partial_line(facts: PatrolFacts, lines: list[Line]) -> Line:
    dwelt, planned = (facts.stops_dwelt, facts.stops_planned) if facts.stops_planned else (1, 2)
    share = _sum(lines) * min(dwelt, planned) // planned
    return _less("partial", lines, share, stops_dwelt=facts.stops_dwelt, stops_planned=facts.stops_planned)


def _less(code: str, lines: list[Line], points_left: int, **params: int) -> Line:
    """The line that brings the sum of the lines down to what is left."""
    return Line(code=code, points=points_left - _sum(lines), params={**params})


def _sum(lines: list[Line]) -> int:
    return sum(line.points for line in lines)
