"""Changing a plan's routes: one small step at a time, each on the version its officer saw, each repaired and undoable."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec

from backend.areas import service as areas
from backend.core import audit, clock, sessions
from backend.core.db import atomic
from backend.core.jobs import enqueue
from backend.core.pools import at_once, in_process
from backend.core.problems import Conflict, FieldError, InvalidFields
from backend.core.roles import Role
from backend.core.sessions import Actor
from backend.notify import service as notify
from backend.people import service as people
from backend.planning import figures
from backend.planning.models import Plan, PlanEdit, PlanProposal
from backend.planning.reading import PlanState, locked, plan_out, planned_tasks, visible
from backend.planning.routes import (
    draft_route,
    hotspots_of,
    is_open,
    redo_routes,
    redo_stop,
    stop_name,
    stop_of,
    taken_teams,
    teams_of,
)
from backend.planning.schemas import (
    HandedOn,
    PlanEditIn,
    PlanEditTold,
    PlanOut,
    PlanSummary,
    PlanUndo,
    RouteBefore,
)
from backend.planning.solving import DRAWS, LOAD_GAPS
from backend.settings import current
from backend.tasks import service as tasks
from backend.tasks.schemas import DraftRoute, RouteOut, Said, StopOut, TaskOut
from routing.anew import replan
from routing.geo import Bounds, haversine_m
from routing.redo import Redone, RedoRoute, RedoStop, insert, redo, spot_at
from routing.tonight import Choices
from routing.words import NoPlanError, RoutingError

PROPOSE_JOB = "planning.propose"
EDITABLE = ("ready", "published")
OWN_REASON = Said("民警加的点位。", "Added by the police.")
ADDED_NEAR_M = 60.0
"""A tap this near to a hotspot means the hotspot."""
OFF_STREET_MAX_M = 150.0
OUTSIDE_MAX_M = 500.0


class PlanChanged(Conflict):
    """A colleague changed the plan meanwhile; `changes` says how, and the edit can be tried again on top."""

    code, title = "plan-changed", "A colleague changed this plan meanwhile"


class StopGone(Conflict):
    """The stop is on no route of the plan any more."""

    code, title = "stop-gone", "This stop is no longer on the plan"


class DoesNotFit(Conflict):
    """The change leaves a route that nobody could walk in time; the words name the team and the minutes."""

    code, title = "plan-does-not-fit", "The routes would not fit the teams' time"


class NothingToUndo(Conflict):
    """The plan is as it came."""

    code, title = "nothing-to-undo", "There is no change left to take back"


class _Change(msgspec.Struct):
    """What an edit asks of the route planner, and what is known of every stop it may meet."""

    changed: list[RedoRoute]
    others: list[RedoRoute]
    locks: set[str]
    known: dict[str, StopOut]
    told: PlanEditTold
    inserted: RedoStop | None = None
    profiles: dict[int, str] = {}


async def edit(actor: Actor, plan_id: uuid.UUID, new: PlanEditIn) -> PlanOut:
    """Carry out one change and repair what it made too long. Sent again with the same id, it answers the same.

    Raises `PlanChanged` when `new.version` is no longer the plan's, with what changed; `StopGone`, `DoesNotFit`,
    `RouteTaken` for a route that somebody took, `InvalidFields`, `PlanState`.
    """
    plan, area = await visible(actor, plan_id)
    actor.require(Role.OFFICER, area.path)
    if await PlanEdit.filter(id=new.id, plan_id=plan.id, edited_by=actor.user_id).exists():
        return await plan_out(plan, actor)
    await _require_version(actor, plan, new.version)
    planned = await planned_tasks(plan)
    streets = await areas.streets_path(area, current().data_dir)
    change = await _change_of(plan, area, planned, new, streets)
    choices: Choices | msgspec.UnsetType | None = msgspec.UNSET
    try:
        if new.kind == "replan":
            redone, choices = await _replanned(plan, streets, change)
        elif change.inserted is not None:
            redone = await at_once(insert, streets, change.changed, change.inserted, change.others)
        else:
            redone = await at_once(redo, streets, change.changed, change.others)
    except NoPlanError as error:
        raise does_not_fit(error) from error
    routes = _drafts(plan, planned, redone, change)
    names = {stop_id: stop_name(stop) for stop_id, stop in change.known.items()}
    change.told.left_out = [names[stop_id] for stop_id in redone.left_out]
    change.told.handed_on = [HandedOn(names[stop_id], team) for stop_id, team in redone.handed_on]
    if change.inserted is not None:
        change.told.team = redone.routes[0].number
    return await keep_edit(
        actor,
        plan.id,
        new.id,
        new.version,
        new.kind,
        routes,
        change.told,
        profiles=change.profiles,
        choices=choices,
    )


async def _replanned(plan: Plan, streets: Path, change: _Change) -> tuple[Redone, Choices | None]:
    """Every open route sought anew among the plan's places, as even and as hard to foresee as the plan was asked to be;
    those that no route visits any more are named. With how hard they are to guess."""
    hotspots = hotspots_of(plan)
    spots = [
        redo_stop(stop_of(hotspot, plan.window_starts_at, plan.dwell_min * 60), hotspots)
        for hotspot in hotspots.values()
        if hotspot.id not in change.known
    ]
    for spot in spots:
        change.known[spot.id] = stop_of(hotspots[spot.id], plan.window_starts_at, plan.dwell_min * 60)
    replanned = await in_process(
        replan,
        streets,
        change.changed,
        spots,
        seed=plan.seed + plan.version,
        load_gaps=LOAD_GAPS[plan.fairness],
        draws=DRAWS[plan.variety],
        last_night=tuple((stop.lon, stop.lat) for stop in await figures.stops_before(plan)),
    )
    before = {stop.id for route in change.changed for stop in route.stops}
    after = {stop.id for route in replanned.routes for stop in route.stops}
    if known := figures.choices_of(plan):
        change.told.choices_before, change.told.choices_most_before = known.drawn, known.most
    return Redone(replanned.routes, tuple(sorted(before - after))), replanned.choices


def does_not_fit(error: RoutingError) -> DoesNotFit:
    """The route planner's refusal with its words."""
    return DoesNotFit(zh=error.words.zh, en=error.words.en, reason=error.code, value=error.value)


async def _require_version(actor: Actor, plan: Plan, version: int) -> None:
    if plan.state not in EDITABLE:
        raise PlanState(move="edit", state=plan.state, needed=list(EDITABLE))
    if plan.version != version:
        shown = await plan_out(plan, actor)
        changes = [msgspec.to_builtins(each) for each in shown.edits if each.version > version]
        raise PlanChanged(version=plan.version, yours=version, changes=changes)


async def _change_of(
    plan: Plan, area: areas.Area, planned: Sequence[TaskOut], new: PlanEditIn, streets: Path
) -> _Change:
    routes = redo_routes(plan, planned)
    taken = taken_teams(planned)
    known = {stop.id: stop for task in planned for stop in task.stops}
    locks = {stop.id for task in planned for stop in task.stops if stop.locked}
    change = _Change([], [], locks, known, PlanEditTold())
    if new.kind == "add":
        await _add(plan, area, new, streets, routes, taken, change)
    elif new.kind == "choose":
        _choose(plan, new, routes, taken, change)
    elif new.kind == "replan":
        change.changed = [route for number, route in routes.items() if number not in taken]
        if not change.changed:
            raise tasks.RouteTaken(team=min(taken, default=0))
    else:
        _touch(new, routes, taken, change)
    touched = {route.number for route in change.changed}
    change.others = [
        route for number, route in routes.items() if number not in touched and number not in taken
    ]
    return change


def _touch(new: PlanEditIn, routes: dict[int, RedoRoute], taken: set[int], change: _Change) -> None:
    """Move, take away, lock or unlock a stop that is on a route."""
    home = next(
        (route for route in routes.values() if any(stop.id == new.stop for stop in route.stops)), None
    )
    if home is None or new.stop is None:
        raise StopGone(stop=new.stop)
    _require_free(home.number, taken)
    stop = next(each for each in home.stops if each.id == new.stop)
    change.told.stop, change.told.team = stop_name(change.known[stop.id]), home.number
    rest = tuple(each for each in home.stops if each.id != stop.id)
    if new.kind == "remove":
        change.locks.discard(stop.id)
        change.changed = [with_stops(home, rest)]
    elif new.kind in ("lock", "unlock"):
        (change.locks.add if new.kind == "lock" else change.locks.discard)(stop.id)
        change.changed = [home]
    else:
        _move(new, routes, taken, change, home, rest, stop)


def _move(
    new: PlanEditIn,
    routes: dict[int, RedoRoute],
    taken: set[int],
    change: _Change,
    home: RedoRoute,
    rest: tuple[RedoStop, ...],
    stop: RedoStop,
) -> None:
    target = _team(new.team if new.team is not None else home.number, routes)
    _require_free(target.number, taken)
    fast = RedoStop(stop.id, stop.lon, stop.lat, stop.dwell_s, stop.score, locked=True)
    stays = rest if target.number == home.number else target.stops
    position = len(stays) if new.position is None else max(0, min(new.position, len(stays)))
    moved = with_stops(target, (*stays[:position], fast, *stays[position:]))
    if target.number == home.number:
        change.changed = [moved]
    else:
        change.changed = [moved, with_stops(home, rest)]
        change.locks.add(stop.id)  # an officer who gave it to this team does not want it handed on
        change.told.from_team = home.number
    change.told.team = target.number


async def _add(
    plan: Plan,
    area: areas.Area,
    new: PlanEditIn,
    streets: Path,
    routes: dict[int, RedoRoute],
    taken: set[int],
    change: _Change,
) -> None:
    """Put a place that the officer tapped on a route: the hotspot there, or a place of its own."""
    stop = await _stop_at(plan, area, new, streets)
    if any(each.id == stop.id for route in routes.values() for each in route.stops):
        raise InvalidFields(
            [FieldError("lon", "already-there", "This place is on a route already; move it", stop.id)]
        )
    change.known[stop.id] = stop
    change.locks.add(stop.id)
    change.told.stop = stop_name(stop)
    wanted = redo_stop(msgspec.structs.replace(stop, locked=True), hotspots_of(plan))
    if new.team is not None:
        team = _team(new.team, routes)
        _require_free(team.number, taken)
        if new.position is not None:
            position = max(0, min(new.position, len(team.stops)))
            change.changed = [with_stops(team, (*team.stops[:position], wanted, *team.stops[position:]))]
            change.told.team = team.number
            return
        among = [team]
    else:
        among = [route for number, route in routes.items() if number not in taken]
    if not among:
        raise tasks.RouteTaken(team=min(taken, default=0))
    change.changed, change.inserted = among, wanted


async def _stop_at(plan: Plan, area: areas.Area, new: PlanEditIn, streets: Path) -> StopOut:
    if new.lon is None or new.lat is None:
        raise InvalidFields([FieldError("lon", "missing", "Say where: lon and lat")])
    lon, lat = new.lon, new.lat
    district = await areas.district_of(area)
    box = Bounds(district.west, district.south, district.east, district.north).padded(OUTSIDE_MAX_M)
    if not bool(box.contains(lon, lat)):
        raise InvalidFields(
            [FieldError("lon", "outside-area", f"Choose a place in {district.name_zh}", [lon, lat])]
        )
    dwell_s, at = plan.dwell_min * 60, plan.window_starts_at

    def off_m(hotspot_id: str) -> float:
        return float(haversine_m(lon, lat, hotspots[hotspot_id].lon, hotspots[hotspot_id].lat))

    hotspots = hotspots_of(plan)
    nearest = min(hotspots, key=off_m, default=None)
    if nearest is not None and off_m(nearest) <= ADDED_NEAR_M:
        return stop_of(hotspots[nearest], at, dwell_s)
    spot = await at_once(spot_at, streets, lon, lat)
    if spot.barred:
        message = "Schools, clinics and places of worship are never a stop; choose a place further off"
        raise InvalidFields([FieldError("lon", "never-a-target", message, [lon, lat])])
    if spot.off_m > OFF_STREET_MAX_M:
        message = f"The nearest street is {spot.off_m:.0f} m away; choose a place within {OFF_STREET_MAX_M:.0f} m of one"
        raise InvalidFields([FieldError("lon", "off-streets", message, [lon, lat])])
    return StopOut(
        order=0, name=spot.name, name_en=spot.name_en, lon=spot.lon, lat=spot.lat, arrive=at, leave=at,
        dwell_s=dwell_s, reason=OWN_REASON, id=f"own-{new.id}",
    )  # fmt: skip


def _choose(
    plan: Plan, new: PlanEditIn, routes: dict[int, RedoRoute], taken: set[int], change: _Change
) -> None:
    """Have a team walk another order of stops: its own, or hotspots that no other team visits."""
    team = _team(new.team, routes)
    _require_free(team.number, taken)
    hotspots = hotspots_of(plan)
    elsewhere = {stop.id for route in routes.values() if route.number != team.number for stop in route.stops}
    own = {stop.id: stop for stop in team.stops}
    wanted: list[RedoStop] = []
    for stop_id in dict.fromkeys(new.stops or ()):
        if stop_id in elsewhere or (stop_id not in own and stop_id not in hotspots):
            raise StopGone(stop=stop_id)
        if stop_id not in own:
            change.known[stop_id] = stop_of(hotspots[stop_id], plan.window_starts_at, plan.dwell_min * 60)
        wanted.append(own.get(stop_id) or redo_stop(change.known[stop_id], hotspots))
    if not wanted:
        raise InvalidFields([FieldError("stops", "missing", "Name at least one stop", [])])
    chosen = with_stops(team, tuple(wanted))
    if new.profile is not None and new.profile != team.profile:
        chosen = replace(chosen, profile=new.profile)
        change.profiles = {team.number: new.profile}
    change.changed, change.told.team = [chosen], team.number


def _team(number: int | None, routes: dict[int, RedoRoute]) -> RedoRoute:
    found = routes.get(number or 0)
    if found is None:
        raise InvalidFields([FieldError("team", "unknown", f"Use one of 1 to {len(routes)}", number)])
    return found


def _require_free(team: int, taken: set[int]) -> None:
    if team in taken:
        raise tasks.RouteTaken(team=team)


def with_stops(route: RedoRoute, stops: tuple[RedoStop, ...]) -> RedoRoute:
    """The team's route with other stops."""
    return replace(route, stops=stops)


def _drafts(plan: Plan, planned: Sequence[TaskOut], redone: Redone, change: _Change) -> list[DraftRoute]:
    begins = {task.plan_team: task.starts_at for task in planned}
    minutes = {team.number: team.minutes for team in teams_of(plan)}
    return [
        draft_route(
            route,
            minutes[route.number],
            begins.get(route.number, plan.window_starts_at),
            change.known,
            change.locks,
        )
        for route in redone.routes
    ]


@atomic
async def keep_edit(
    actor: Actor,
    plan_id: uuid.UUID,
    edit_id: uuid.UUID,
    version: int,
    kind: str,
    routes: Sequence[DraftRoute],
    told: PlanEditTold,
    undoes: uuid.UUID | None = None,
    profiles: Mapping[int, str] | None = None,
    choices: Choices | msgspec.UnsetType | None = msgspec.UNSET,
) -> PlanOut:
    """Write the routes, the edit and the figures, all or nothing, if the plan is still at `version`.

    `profiles` are those of teams that go about differently from now on, `choices` the figure of that name where it is
    another one now.
    """
    plan, area = await locked(actor, plan_id)
    await _require_version(actor, plan, version)
    planned = await planned_tasks(plan)
    before = _before(planned, routes)
    if profiles:
        teams = teams_of(plan)
        for each in before:
            each.profile = next(team.profile for team in teams if team.number == each.team)
        plan.teams = msgspec.to_builtins(
            [msgspec.structs.replace(team, profile=profiles.get(team.number, team.profile)) for team in teams]
        )
    await tasks.reroute_planned(plan, routes)
    await PlanEdit.create(
        id=edit_id,
        plan_id=plan.id,
        version=version + 1,
        edited_by=actor.user_id,
        edited_at=clock.now(),
        kind=kind,
        told=msgspec.to_builtins(told),
        before=msgspec.to_builtins(before),
        undoes=undoes,
    )
    plan.version = version + 1
    plan.summary = msgspec.to_builtins(await _summary_now(plan, choices))
    await plan.save(update_fields=["version", "summary", "teams"])
    await _renew_proposal(plan, keep=kind == "accept")
    await audit.record(actor, "plan.edit", "plan", plan.id, area_id=plan.area_id, details={"kind": kind})
    await _tell_colleagues(actor, plan, area)
    return await plan_out(plan, actor)


def _before(planned: Sequence[TaskOut], routes: Sequence[DraftRoute]) -> list[RouteBefore]:
    """The routes as they are; a team that had none goes nowhere again when the edit is taken back."""
    by_team = {task.plan_team: task for task in planned}
    found: list[RouteBefore] = []
    for new in routes:
        task = by_team.get(new.team)
        if task is not None and task.route is not None and task.start is not None:
            found.append(
                RouteBefore(new.team, task.starts_at, task.ends_at, task.start, task.route, task.stops)
            )
        else:
            nowhere = {"type": "LineString", "coordinates": [list(new.start), list(new.start)]}
            still = RouteOut(length_m=0.0, walk_s=0, dwell_s=0, geometry=nowhere)
            found.append(RouteBefore(new.team, new.starts_at, new.ends_at, new.start, still, []))
    return found


async def _summary_now(plan: Plan, choices: Choices | msgspec.UnsetType | None) -> PlanSummary:
    summary = msgspec.convert(plan.summary, PlanSummary)
    if choices is not msgspec.UNSET:
        summary.figures = figures.with_choices(summary.figures, choices)
    routes = [
        (task.route, task.stops)
        for task in await planned_tasks(plan)
        if task.route and task.state != "cancelled"
    ]
    return PlanSummary(
        summary.hotspots, await figures.renewed(plan, summary.figures, summary.hotspots, routes)
    )


async def _renew_proposal(plan: Plan, *, keep: bool) -> None:
    """What was proposed for the plan as it was is thought over again for the plan as it is."""
    open_one = await PlanProposal.filter(plan_id=plan.id, state="open").first()
    if open_one is not None and not keep:
        await enqueue(PROPOSE_JOB, {"plan_id": plan.id, "cause": open_one.cause})


async def _tell_colleagues(actor: Actor, plan: Plan, area: areas.Area) -> None:
    """Open desks of the area's other officers look again."""
    officers = [each for each in await sessions.people_with(Role.OFFICER, area.path) if each != actor.user_id]
    names = await people.names({actor.user_id})
    name = names.get(actor.user_id, "")
    await notify.send(
        officers, "plan.edited", ("plan", plan.id), f"{name}改了方案", f"{name} changed the plan"
    )


async def undo(actor: Actor, plan_id: uuid.UUID, wanted: PlanUndo) -> PlanOut:
    """Take back the newest change that was not taken back. Sent again with the same id, it answers the same.

    Raises `PlanChanged`, `NothingToUndo`, `RouteTaken` when somebody took a route that would change.
    """
    plan, area = await visible(actor, plan_id)
    actor.require(Role.OFFICER, area.path)
    if await PlanEdit.filter(id=wanted.id, plan_id=plan.id, edited_by=actor.user_id).exists():
        return await plan_out(plan, actor)
    await _require_version(actor, plan, wanted.version)
    undone = await PlanEdit.filter(plan_id=plan.id, undoes__isnull=False).values_list("undoes", flat=True)
    newest = (
        await PlanEdit.filter(plan_id=plan.id)
        .exclude(kind="undo")
        .exclude(id__in=list(undone))
        .order_by("-version")
        .first()
    )
    if newest is None:
        raise NothingToUndo()
    planned = {task.plan_team: task for task in await planned_tasks(plan)}
    touched = msgspec.convert(newest.before, list[RouteBefore])
    routes = [_restored(each, planned[each.team]) for each in touched]
    profiles = {each.team: each.profile for each in touched if each.profile is not None}
    was = msgspec.convert(newest.told, PlanEditTold)
    told = PlanEditTold(stop=was.stop, team=was.team, from_team=was.from_team, undone_kind=newest.kind)
    return await keep_edit(
        actor,
        plan.id,
        wanted.id,
        wanted.version,
        "undo",
        routes,
        told,
        undoes=newest.id,
        profiles=profiles,
        choices=_choices_before(was) if newest.kind == "replan" else msgspec.UNSET,
    )


def _choices_before(told: PlanEditTold) -> Choices | None:
    if told.choices_before is None:
        return None
    return Choices(told.choices_before, told.choices_most_before or told.choices_before)


def _restored(before: RouteBefore, task: TaskOut) -> DraftRoute:
    """The route as it was, on the clock of its task, whose window may have been moved meanwhile."""
    if not is_open(task):
        raise tasks.RouteTaken(team=before.team)
    by: dt.timedelta = task.starts_at - before.starts_at
    stops = [
        msgspec.structs.replace(stop, arrive=stop.arrive + by, leave=stop.leave + by) for stop in before.stops
    ]
    return DraftRoute(
        before.team, before.starts_at + by, before.ends_at + by, before.route, stops, before.start
    )
