"""A plan's routes between their two forms: tasks with stops on the clock, and what the route planner walks anew."""

import datetime as dt
from collections.abc import Iterable, Mapping

import msgspec

from backend.planning.models import Plan
from backend.planning.schemas import HotspotOut, PlanStopName, PlanSummary, PlanTeamOut
from backend.tasks.schemas import DraftRoute, RouteHazards, RouteOut, StopOut, TaskOut
from routing.daylight import night_within
from routing.redo import RedoRoute, RedoStop, WalkedRoute

OPEN_STATES = ("draft", "in_review", "published")


def teams_of(plan: Plan) -> list[PlanTeamOut]:
    """The plan's teams, by number; a plan from before teams differed has equal ones."""
    if plan.teams:
        return msgspec.convert(plan.teams, list[PlanTeamOut])
    start = (plan.start_lon, plan.start_lat)
    return [
        PlanTeamOut(number, "foot", plan.minutes, start, start) for number in range(1, plan.team_count + 1)
    ]


def hotspots_of(plan: Plan) -> dict[str, HotspotOut]:
    """What the plan could visit, by id."""
    summary = msgspec.convert(plan.summary, PlanSummary) if plan.summary else None
    return {hotspot.id: hotspot for hotspot in summary.hotspots} if summary else {}


def is_dark(plan: Plan) -> bool:
    """Whether any part of the plan's window lies in the dark."""
    return night_within(plan.window_starts_at, plan.window_ends_at, plan.start_lon, plan.start_lat)


def is_open(task: TaskOut) -> bool:
    """Whether the route is still the desk's alone: nobody holds a seat on it, walks it, or has walked it."""
    return task.state in OPEN_STATES and task.seats_taken == 0


def taken_teams(tasks: Iterable[TaskOut]) -> set[int]:
    """The teams whose routes are somebody's, and stay as they are."""
    return {task.plan_team for task in tasks if task.plan_team and not is_open(task)}


def redo_routes(plan: Plan, tasks: Iterable[TaskOut]) -> dict[int, RedoRoute]:
    """Every team's route as it stands, by number; a team without a task has no stops."""
    by_team = {task.plan_team: task for task in tasks}
    hotspots = hotspots_of(plan)
    dark = is_dark(plan)
    found: dict[int, RedoRoute] = {}
    for team in teams_of(plan):
        task = by_team.get(team.number)
        found[team.number] = RedoRoute(
            number=team.number,
            profile=team.profile,
            start=team.start,
            end=team.end,
            minutes=team.minutes,
            stops=tuple(redo_stop(stop, hotspots) for stop in task.stops) if task else (),
            dark=dark,
        )
    return found


def redo_stop(stop: StopOut, hotspots: Mapping[str, HotspotOut]) -> RedoStop:
    """The stop with what it is worth: its hotspot's score; an officer's own place is worth its lock."""
    score = hotspots[stop.id].score if stop.id in hotspots else 0.0
    return RedoStop(stop.id, stop.lon, stop.lat, stop.dwell_s, score, stop.locked)


def stop_of(hotspot: HotspotOut, at: dt.datetime, dwell_s: int) -> StopOut:
    """A hotspot as a stop whose times are still to be found."""
    return StopOut(
        order=0, name=hotspot.name, name_en=hotspot.name_en, lon=hotspot.lon, lat=hotspot.lat, arrive=at, leave=at,
        dwell_s=dwell_s, reason=hotspot.reason, id=hotspot.id,
    )  # fmt: skip


def draft_route(
    walked: WalkedRoute, minutes: int, starts_at: dt.datetime, known: Mapping[str, StopOut], locks: set[str]
) -> DraftRoute:
    """The walked route on the clock; `known` gives each stop its name and reason, `locks` are those held fast."""
    stops: list[StopOut] = []
    for order, (stop, arrive_s) in enumerate(zip(walked.stops, walked.arrive_s, strict=True), start=1):
        arrive = starts_at + dt.timedelta(seconds=arrive_s)
        stops.append(
            msgspec.structs.replace(
                known[stop.id],
                order=order,
                arrive=arrive,
                leave=arrive + dt.timedelta(seconds=stop.dwell_s),
                dwell_s=stop.dwell_s,
                locked=stop.id in locks,
            )
        )
    return DraftRoute(
        team=walked.number,
        starts_at=starts_at,
        ends_at=starts_at + dt.timedelta(seconds=max(minutes * 60, walked.finish_s)),
        route=route_out(walked),
        stops=stops,
        start=walked.geometry[0],
    )


def route_out(walked: WalkedRoute) -> RouteOut:
    """The walk itself: its line, its length and times, and what is to be minded along it."""
    return RouteOut(
        length_m=walked.length_m,
        walk_s=walked.walk_s,
        dwell_s=walked.dwell_s,
        geometry={"type": "LineString", "coordinates": [list(position) for position in walked.geometry]},
        hazards=msgspec.convert(msgspec.to_builtins(walked.hazards), RouteHazards),
    )


def stop_name(stop: StopOut) -> PlanStopName:
    """The stop as a sentence names it."""
    return PlanStopName(stop.id, stop.name, stop.name_en)
