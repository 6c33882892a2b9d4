"""What earns how many points: pure functions of facts, in numbered versions that are never edited.

Every earning is explained by lines of code, points and parameters that add up to its total.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Literal

from points.errors import InvalidPoints
from points.explanation import Line

Outcome = Literal["accepted", "partial"]
DeedKind = Literal["handled_matter", "mediation", "talk"]


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
class DeedFacts:
    """What one person did apart from a patrol: the kind, the agreed weights of all, and which of them is theirs."""

    kind: DeedKind
    weights: tuple[int, ...] = (1,)
    place: int = 0


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
    stop_dwelt: int
    stops_max: int
    mediation: int
    talk: int
    reviewer_cap: int
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
        stop_dwelt=0,
        stops_max=0,
        mediation=0,
        talk=0,
        reviewer_cap=0,
        points_last_days=730,
    ),
    2: PatrolRules(
        version=2,
        posted_patrol=10,
        free_patrol=5,
        night=5,
        handled_matter=2,
        handled_matters_max=5,
        free_minutes_min=20,
        daily_cap=60,
        stop_dwelt=1,
        stops_max=6,
        mediation=15,
        talk=8,
        reviewer_cap=600,
        points_last_days=730,
    ),
}
CURRENT = RULES[max(RULES)]


FIGURE_MAX = 10_000


def check_rules(rules: PatrolRules) -> None:
    """Refuse figures that cannot be: raises InvalidPoints naming the first of them."""
    for field in fields(rules):
        value = getattr(rules, field.name)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= FIGURE_MAX:
            raise InvalidPoints(field.name, value, f"give a whole number from 0 to {FIGURE_MAX}")
    if rules.free_patrol >= rules.posted_patrol:
        raise InvalidPoints("free_patrol", rules.free_patrol, "give less than for a posted patrol")
    if rules.daily_cap < rules.posted_patrol + rules.night:
        raise InvalidPoints(
            "daily_cap", rules.daily_cap, "give at least what one posted patrol at night earns"
        )
    if rules.points_last_days < 180:
        raise InvalidPoints("points_last_days", rules.points_last_days, "let points last at least 180 days")


def share_out(total: int, weights: Sequence[int]) -> list[int]:
    """Points shared by weight, to the point: what rounding leaves over goes to the largest remainders, in order.

    Raises ValueError without weights, or for one below 1.
    """
    if not weights or min(weights) < 1:
        raise ValueError(f"weights are {list(weights)}; give each person a weight of at least 1")
    whole = sum(weights)
    shares = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda place: (-(total * weights[place] % whole), place))
    for place in by_remainder[: total - sum(shares)]:
        shares[place] += 1
    return shares


def earn_deed(
    facts: DeedFacts, *, already_earned_today: int, rules: PatrolRules, earned_from_reviewer: int = 0
) -> Earning:
    """What one person earns for their share of a handled matter, a mediation or a talk, within the caps."""
    if not 0 <= facts.place < len(facts.weights):
        raise ValueError(f"place is {facts.place}; it must be one of the {len(facts.weights)} weights")
    full = {"handled_matter": rules.handled_matter, "mediation": rules.mediation, "talk": rules.talk}[
        facts.kind
    ]
    lines = [Line(code=facts.kind, points=full)]
    if len(facts.weights) > 1:
        share = share_out(full, facts.weights)[facts.place]
        lines.append(_less("share", lines, share, people=len(facts.weights)))
    return _capped(lines, already_earned_today, earned_from_reviewer, rules)


def _capped(
    lines: list[Line], already_earned_today: int, earned_from_reviewer: int, rules: PatrolRules
) -> Earning:
    """The lines brought down to what the day and the reviewer may still give; a reviewer_cap of 0 is none."""
    if rules.reviewer_cap:
        room = max(0, rules.reviewer_cap - earned_from_reviewer)
        if _sum(lines) > room:
            params = {"cap": rules.reviewer_cap, "earned": earned_from_reviewer}
            lines.append(_less("reviewer_cap", lines, room, **params))
    room = max(0, rules.daily_cap - already_earned_today)
    if _sum(lines) > room:
        lines.append(_less("daily_cap", lines, room, cap=rules.daily_cap, earned_today=already_earned_today))
    return Earning(total=_sum(lines), lines=tuple(lines), version=rules.version)


def earn_patrol(
    facts: PatrolFacts,
    *,
    already_earned_today: int,
    rules: PatrolRules = CURRENT,
    earned_from_reviewer: int = 0,
) -> Earning:
    """What one person earns for one patrol, after the points already earned that day and by that reviewer.

    A partial patrol earns the share of its stops that were dwelt at (half when none was planned), rounded
    down. A free patrol shorter than free_minutes_min earns nothing: nobody decided beforehand that it was
    needed. A promise covers patrol, night and stops. Raises ValueError for counts that cannot be.
    """
    _check(facts, already_earned_today)
    lines = _patrol_lines(facts, rules)
    if not facts.posted and facts.minutes < rules.free_minutes_min:
        lines.append(_less("too_short", lines, 0, minutes=facts.minutes, minutes_min=rules.free_minutes_min))
    elif facts.outcome == "partial":
        lines.append(_partial_line(facts, lines))
    stops = min(facts.stops_dwelt, rules.stops_max)
    if stops and rules.stop_dwelt and facts.promised is None:
        params = {"counted": stops, "each": rules.stop_dwelt}
        lines.append(Line(code="stops", points=stops * rules.stop_dwelt, params={**params}))
    counted = min(facts.handled_matters, rules.handled_matters_max)
    if counted:
        params = {"counted": counted, "reported": facts.handled_matters, "each": rules.handled_matter}
        lines.append(Line(code="handled_matters", points=counted * rules.handled_matter, params={**params}))
    return _capped(lines, already_earned_today, earned_from_reviewer, rules)


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


def within_budget(earning: Earning, left: int | None) -> Earning:
    """The earning brought down to what the district's budgets still hold; `left` None is without limit."""
    if left is None or earning.total <= left:
        return earning
    lines = list(earning.lines)
    lines.append(_less("budget", lines, left, left=left))
    return Earning(total=left, lines=tuple(lines), version=earning.version)


def _less(code: str, lines: list[Line], points_left: int, **params: int) -> Line:
    """The line that brings the sum of the lines down to what is left."""
    return Line(code=code, points=points_left - _sum(lines), params={**params})


def _sum(lines: list[Line]) -> int:
    return sum(line.points for line in lines)
