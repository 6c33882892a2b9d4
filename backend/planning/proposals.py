"""What a serious new incident would change: the routes around it planned anew, as a proposal that an officer decides on."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import msgspec

from backend.areas import service as areas
from backend.core import audit, clock, sessions
from backend.core.db import atomic, execute
from backend.core.ids import uuid7
from backend.core.pools import at_once
from backend.core.problems import Conflict, NotFound
from backend.core.roles import Role
from backend.core.sessions import Actor
from backend.incidents import service as incidents
from backend.notify import service as notify
from backend.planning.editing import keep_edit
from backend.planning.models import Plan, PlanEdit, PlanProposal
from backend.planning.reading import locked, plan_out, planned_tasks, visible
from backend.planning.routes import draft_route, hotspots_of, redo_routes, stop_name, taken_teams, teams_of
from backend.planning.schemas import HandedOn, PlanDecision, PlanEditTold, PlanOut, ProposalCause, WhyNot
from backend.settings import current
from backend.tasks.schemas import DraftRoute, Said, StopOut, TaskOut
from routing.geo import Bounds, haversine_m
from routing.incident import Incident
from routing.kinds import GRAVE_WEIGHT, KindRule, is_grave, kind_words, rule_of
from routing.redo import RedoRoute, RedoStop, insert, spot_at
from routing.words import NoPlanError

FRESH = dt.timedelta(hours=6)
"""An older incident is history: the next plan learns from it."""
AHEAD = dt.timedelta(hours=24)
NEAR_M = 2_000.0
"""Routes further off are not planned anew."""
RAISED_M, RAISED = 400.0, 1.5
"""Places so near to a serious incident are worth so much more this evening."""
OFF_STREET_MAX_M = 150.0
COVERED_M = 60.0
"""A stop so near to an incident is as good as at it."""
WHY_NOT: dict[WhyNot, Said] = {
    "covered": Said("旁边已经有点位。", "A stop is beside it already."),
    "far": Said("离没人接的路线都太远。", "It is too far from every open route."),
    "taken": Said("附近的路线都有人接了。", "All routes near it are taken."),
    "left-in-peace": Said("那里不设点位。", "No stop is put there."),
    "no-way": Said("附近的队伍没有能走到那里的路。", "The teams near it have no way there."),
    "full": Said(
        "附近各队的点位都锁定了，放不下。", "All stops near it are locked, and there is no time left."
    ),
}
"""What officers are told when nothing is proposed."""
UNNAMED = Said("", "an incident")
"""What walkers are told of a kind that the district does not show to volunteers."""


class PlanProposalDecided(Conflict):
    """The proposal was accepted, dismissed or overtaken meanwhile."""

    code, title = "plan-proposal-decided", "This proposal is no longer open"


def is_serious(incident: Incident, rules: Mapping[str, KindRule]) -> bool:
    """Whether an incident is grave enough to think again about tonight, by the district's `rules` of kinds."""
    rule = rule_of(incident.kind, rules)
    grave = incident.weight >= GRAVE_WEIGHT or is_grave(incident.kind, rule)
    return incident.source == "report" and rule.used and grave


async def look_at(district_id: uuid.UUID, since: dt.datetime) -> int:
    """Propose for every plan of tonight that passes near a serious incident that arrived since; returns how many."""
    district = await areas.get(district_id)
    now = clock.now()
    arrived = await incidents.arrived(district, since, now - FRESH)
    rules = await incidents.rules(district)
    grave = [each for each in arrived if is_serious(each, rules)]
    if not grave:
        return 0
    plans = await Plan.filter(
        area_id__in=await areas.descendant_ids(district),
        state__in=("ready", "published"),
        window_ends_at__gt=now,
        window_starts_at__lt=now + AHEAD,
    )
    newest = max(grave, key=lambda each: each.at)
    words = kind_words(newest.kind)
    named = newest.kind not in await incidents.unshown_kinds(district)
    cause = ProposalCause(Said(words.zh, words.en), newest.at, newest.lon, newest.lat, named)
    return sum([await propose(plan.id, cause) for plan in plans])


async def propose(plan_id: uuid.UUID, cause: ProposalCause) -> bool:
    """Plan the surroundings of `cause` anew; whether that changes a route that is nobody's yet. If not, the officers are
    told why, unless it was so far off that no patrol of this plan has to do with it."""
    plan = await Plan.get(id=plan_id)
    area = await areas.get(plan.area_id)
    found = await _worked_out(plan, area, cause)
    if isinstance(found, _Change):
        await _keep(plan, area, cause, found.routes, found.told, None)
        return True
    district = await areas.district_of(area)
    if Bounds(district.west, district.south, district.east, district.north).contains(cause.lon, cause.lat):
        await _keep(plan, area, cause, [], found.told, found.why_not)
    return False


@dataclass(frozen=True, slots=True)
class _Change:
    routes: list[DraftRoute]
    told: PlanEditTold


@dataclass(frozen=True, slots=True)
class _Nothing:
    why_not: WhyNot
    told: PlanEditTold = field(default_factory=PlanEditTold)


async def _worked_out(plan: Plan, area: areas.Area, cause: ProposalCause) -> _Change | _Nothing:
    planned = await planned_tasks(plan)
    if beside := _beside(planned, cause):
        return beside
    taken = taken_teams(planned)
    every = redo_routes(plan, planned)
    routes = [_raised(route, cause) for number, route in every.items() if number not in taken]
    near = [route for route in routes if _off_m(route, cause) <= NEAR_M]
    if not near:
        theirs = any(_off_m(every[number], cause) <= NEAR_M for number in taken & every.keys())
        return _Nothing("taken" if theirs else "far")
    streets = await areas.streets_path(area, current().data_dir)
    known = {stop.id: stop for task in planned for stop in task.stops}
    stop = await _stop_for(plan, cause, known, streets)
    if stop is None:
        return _Nothing("left-in-peace")
    known[stop.id] = stop
    wanted = RedoStop(stop.id, stop.lon, stop.lat, stop.dwell_s, 100.0, locked=True)
    try:
        redone = await at_once(insert, streets, near, wanted, routes)
    except NoPlanError as error:
        return _Nothing("no-way" if error.code == "cut_off" else "full")
    locks = {each.id for task in planned for each in task.stops if each.locked} | {stop.id}
    begins = {task.plan_team: task.starts_at for task in planned}
    minutes = {team.number: team.minutes for team in teams_of(plan)}
    drafts = [
        draft_route(
            route, minutes[route.number], begins.get(route.number, plan.window_starts_at), known, locks
        )
        for route in redone.routes
    ]
    told = PlanEditTold(
        stop=stop_name(stop),
        team=next(route.number for route in redone.routes if any(each.id == stop.id for each in route.stops)),
        left_out=[stop_name(known[stop_id]) for stop_id in redone.left_out],
        handed_on=[HandedOn(stop_name(known[stop_id]), team) for stop_id, team in redone.handed_on],
    )
    return _Change(drafts, told)


def _beside(planned: Sequence[TaskOut], cause: ProposalCause) -> _Nothing | None:
    """A stop that is as good as at the place."""
    for task in planned:
        for stop in task.stops if task.state != "cancelled" else ():
            if float(haversine_m(stop.lon, stop.lat, cause.lon, cause.lat)) <= COVERED_M:
                return _Nothing("covered", PlanEditTold(stop=stop_name(stop), team=task.plan_team))
    return None


def _off_m(route: RedoRoute, cause: ProposalCause) -> float:
    places = [route.start, *((stop.lon, stop.lat) for stop in route.stops)]
    return min(float(haversine_m(lon, lat, cause.lon, cause.lat)) for lon, lat in places)


def _raised(route: RedoRoute, cause: ProposalCause) -> RedoRoute:
    """The route with the stops near the incident worth more, so that others give way before them."""
    stops = tuple(
        replace(stop, score=stop.score * RAISED)
        if float(haversine_m(stop.lon, stop.lat, cause.lon, cause.lat)) <= RAISED_M
        else stop
        for stop in route.stops
    )
    return replace(route, stops=stops)


async def _stop_for(
    plan: Plan, cause: ProposalCause, known: Mapping[str, StopOut], streets: object
) -> StopOut | None:
    """A stop beside the incident; None where none may be."""
    spot = await at_once(spot_at, streets, cause.lon, cause.lat)  # type: ignore[arg-type]
    dwell_s, at = plan.dwell_min * 60, plan.window_starts_at
    kind = cause.kind if cause.named else UNNAMED
    reason = Said(
        f"刚有一起{kind.zh}报警，请在附近多走走、多看看。",
        f"There was just a report of {kind.en}; be seen and keep your eyes open nearby.",
    )
    if spot.barred or spot.off_m > OFF_STREET_MAX_M:
        near = [
            hotspot
            for hotspot in hotspots_of(plan).values()
            if hotspot.id not in known
            and float(haversine_m(hotspot.lon, hotspot.lat, cause.lon, cause.lat)) <= RAISED_M
        ]
        if not near:
            return None
        best = max(near, key=lambda hotspot: hotspot.score)
        return StopOut(0, best.name, best.lon, best.lat, at, at, dwell_s, reason, best.name_en, best.id)
    return StopOut(0, spot.name, spot.lon, spot.lat, at, at, dwell_s, reason, spot.name_en, f"new-{uuid7()}")


@atomic
async def _keep(
    plan: Plan,
    area: areas.Area,
    cause: ProposalCause,
    drafts: Sequence[DraftRoute],
    told: PlanEditTold,
    why_not: WhyNot | None,
) -> None:
    now = clock.now()
    before = await PlanProposal.filter(plan_id=plan.id, state="open").first()
    await execute(
        "UPDATE plan_proposal SET state = 'overtaken', decided_at = ? WHERE plan_id = ? AND state = 'open'",
        now,
        plan.id,
    )
    figures = msgspec.to_builtins(told) | {"why_not": why_not}
    proposal = await PlanProposal.create(
        id=uuid7(), plan_id=plan.id, plan_version=plan.version, cause=msgspec.to_builtins(cause),
        routes=msgspec.to_builtins(drafts), figures=figures, created_at=now,
    )  # fmt: skip
    known = before is not None and (before.cause, before.figures) == (proposal.cause, proposal.figures)
    if why_not is None or not known:
        await _tell_officers(plan, area, cause, why_not)
    await audit.record(
        None, "plan.propose", "plan", plan.id, area_id=plan.area_id, details={"proposal": str(proposal.id)}
    )


async def _tell_officers(plan: Plan, area: areas.Area, cause: ProposalCause, why_not: WhyNot | None) -> None:
    officers = await sessions.people_with(Role.OFFICER, area.path)
    kind = cause.kind
    if why_not is None:
        await notify.send(
            officers, "plan.proposal", ("plan", plan.id),
            f"新警情：{kind.zh}，建议调整路线", f"New incident: {kind.en}; a change of routes is proposed",
            "方案没有自动改动，请看过再决定。", "Nothing was changed by itself: look, and decide.", push=True,
        )  # fmt: skip
    else:
        why = WHY_NOT[why_not]
        await notify.send(
            officers, "plan.proposal", ("plan", plan.id),
            f"新警情：{kind.zh}，路线没有改动", f"New incident: {kind.en}; no route was changed",
            why.zh, why.en, push=why_not != "covered",
        )  # fmt: skip


async def accept(actor: Actor, plan_id: uuid.UUID, proposal_id: uuid.UUID, decision: PlanDecision) -> PlanOut:
    """Walk the proposed routes: an edit like any other, which can be undone. Sent again, it answers the same.

    Raises `PlanChanged` when the plan is no longer the one the proposal was made for, `PlanProposalDecided`, `RouteTaken`.
    """
    plan, _ = await visible(actor, plan_id)
    actor.require(Role.OFFICER, (await areas.get(plan.area_id)).path)
    if await PlanEdit.filter(id=decision.id, plan_id=plan.id, edited_by=actor.user_id).exists():
        return await plan_out(plan, actor)
    return await _accept(actor, plan, await _open(plan, proposal_id), decision)


@atomic
async def _accept(actor: Actor, plan: Plan, proposal: PlanProposal, decision: PlanDecision) -> PlanOut:
    if not proposal.routes:
        raise PlanProposalDecided(state="nothing-to-do")
    await _decide(actor, proposal, "accepted")
    return await keep_edit(
        actor,
        plan.id,
        decision.id,
        proposal.plan_version,
        "accept",
        msgspec.convert(proposal.routes, list[DraftRoute]),
        msgspec.convert(proposal.figures, PlanEditTold),
    )


@atomic
async def dismiss(actor: Actor, plan_id: uuid.UUID, proposal_id: uuid.UUID) -> PlanOut:
    """Leave the plan as it is."""
    plan, area = await locked(actor, plan_id)
    await _decide(actor, await _open(plan, proposal_id), "dismissed")
    await audit.record(
        actor, "plan.dismiss", "plan", plan.id, area_id=area.id, details={"proposal": str(proposal_id)}
    )
    return await plan_out(plan, actor)


async def _open(plan: Plan, proposal_id: uuid.UUID) -> PlanProposal:
    found = await PlanProposal.filter(id=proposal_id, plan_id=plan.id).first()
    if found is None:
        raise NotFound(kind="proposal", id=str(proposal_id))
    return found


async def _decide(actor: Actor, proposal: PlanProposal, state: str) -> None:
    decided = await execute(
        "UPDATE plan_proposal SET state = ?, decided_by = ?, decided_at = ? WHERE id = ? AND state = 'open'",
        state, actor.user_id, clock.now(), proposal.id,
    )  # fmt: skip
    if not decided:
        raise PlanProposalDecided(state=proposal.state)
