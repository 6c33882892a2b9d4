"""Plans as files, in and out: an evening given to other programs, or taken from one as a plan to look at."""

import datetime as dt
import uuid
from collections import Counter
from zoneinfo import ZoneInfo

import msgspec

from backend.areas import service as areas
from backend.core import audit, clock, sessions
from backend.core.db import atomic
from backend.core.pools import at_once, in_thread
from backend.core.problems import Conflict, InvalidFields, NotFound, Problem
from backend.core.roles import POLICE_ROLES, Role
from backend.core.sessions import Actor
from backend.people import service as people
from backend.planning import figures
from backend.planning.checking import DWELL_RANGE, MINUTES_RANGE, OUTSIDE_MAX_M, offset_errors, window_errors
from backend.planning.models import Plan
from backend.planning.reading import PlanState, plan_out, planned_tasks, visible
from backend.planning.routes import draft_route, hotspots_of, stop_of, teams_of
from backend.planning.schemas import HotspotOut, PlanFigures, PlanOut, PlanSummary, PlanTeamOut
from backend.settings import current
from backend.tasks import service as tasks
from backend.tasks.schemas import LonLat, Said, StopOut, TaskOut
from routing.daylight import night_within
from routing.exchange import Fault, FileStop, FileTeam, FormatName, PlanFile, PlanFileError, shifted
from routing.exchange_formats import FORMATS, read_plan_file
from routing.exchange_walks import WalkedFile, walk_file
from routing.geo import Bounds
from routing.words import Words

LONGEST = dt.timedelta(minutes=MINUTES_RANGE[1])


class PlanFileRefused(Problem):
    """The file holds no plan that can be walked here; `faults` names each row, field, value and remedy in words."""

    status, code, title = 422, "plan-file-refused", "This file cannot be taken as a plan"

    def __init__(self, error: PlanFileError) -> None:
        faults = [
            {"field": each.field, "value": each.value, "zh": each.words.zh, "en": each.words.en}
            for each in error.faults
        ]
        super().__init__(error.faults[0].words.en, faults=faults)


async def export(actor: Actor, plan_id: uuid.UUID, format_name: FormatName) -> tuple[str, bytes]:
    """(file name, content) of the plan's routes. Raises `NotFound`, `NotAllowed`, `PlanState` before there are any."""
    plan, area = await visible(actor, plan_id)
    actor.require_any(POLICE_ROLES, area.path)
    return await exported(plan, area, format_name)


async def exported(plan: Plan, area: areas.Area, format_name: FormatName) -> tuple[str, bytes]:
    """`export` for whoever need not be asked who they are."""
    if plan.state not in ("ready", "published"):
        raise PlanState(move="export", state=plan.state, needed=["ready", "published"])
    zone = ZoneInfo(area.time_zone)
    planned = await planned_tasks(plan)
    data = await in_thread(FORMATS[format_name].write, _file_of(plan, planned, zone))
    name = f"{area.path.rpartition('/')[2]}-{plan.window_starts_at.astimezone(zone):%Y-%m-%d}.{format_name}"
    return name, data


def _file_of(plan: Plan, planned: list[TaskOut], zone: ZoneInfo) -> PlanFile:
    by_number = {team.number: team for team in teams_of(plan)}
    hotspots = hotspots_of(plan)
    teams: list[FileTeam] = []
    for task in planned:
        team = by_number.get(task.plan_team or 0)
        if team is None or task.route is None or not task.stops or task.state == "cancelled":
            continue
        setting_out = task.starts_at.astimezone(zone)
        teams.append(
            FileTeam(
                number=team.number,
                profile=team.profile,
                minutes=team.minutes,
                start=team.start,
                end=team.end,
                stops=tuple(_file_stop(stop, hotspots, zone) for stop in task.stops),
                setting_out=setting_out,
                finish=setting_out + dt.timedelta(seconds=task.route.walk_s + task.route.dwell_s),
                length_m=task.route.length_m,
                walk_s=task.route.walk_s,
                geometry=tuple((lon, lat) for lon, lat, *_ in task.route.geometry["coordinates"]),
            )
        )
    return PlanFile(
        plan.window_starts_at.astimezone(zone), plan.window_ends_at.astimezone(zone), tuple(teams)
    )


def _file_stop(stop: StopOut, hotspots: dict[str, HotspotOut], zone: ZoneInfo) -> FileStop:
    return FileStop(
        lon=stop.lon,
        lat=stop.lat,
        dwell_s=stop.dwell_s,
        arrive=stop.arrive.astimezone(zone),
        name=stop.name,
        name_en=stop.name_en,
        score=hotspots[stop.id].score if stop.id in hotspots else 0.0,
        reason=Words(stop.reason.zh, stop.reason.en),
        locked=stop.locked,
        id=stop.id,
    )


async def import_plan(
    actor: Actor, plan_id: uuid.UUID, area_id: uuid.UUID, data: bytes, starts_at: dt.datetime | None = None
) -> PlanOut:
    """A ready plan with the file's routes, walked anew on the area's streets; `starts_at` puts it on another evening.

    Sent again with the same id, it answers the same. Raises `PlanFileRefused` with every fault, `InvalidFields` for an
    evening that is over, `StreetsMissing`, `NotAllowed` to others than the area's officers.
    """
    area = await areas.visible(actor, area_id)
    actor.require(Role.OFFICER, area.path)
    before = await Plan.filter(id=plan_id).first()
    if before is not None:
        if before.created_by != actor.user_id or before.area_id != area.id:
            raise Conflict("This id belongs to another plan; make a new one", field="id")
        return await plan_out(before, actor)
    plan = await imported(area, plan_id, data, starts_at, by=actor.user_id, actor=actor)
    return await plan_out(plan, actor)


async def imported(
    area: areas.Area,
    plan_id: uuid.UUID,
    data: bytes,
    starts_at: dt.datetime | None,
    *,
    by: uuid.UUID,
    actor: Actor | None = None,
) -> Plan:
    """`import_plan` for whoever need not be asked who they are; the plan is `by` a person's."""
    if starts_at is not None and (errors := offset_errors(starts_at=starts_at)):
        raise InvalidFields(errors)
    district = await areas.district_of(area)
    inside = Bounds(district.west, district.south, district.east, district.north).padded(OUTSIDE_MAX_M)
    streets = await areas.streets_path(area, current().data_dir)
    try:
        held = await in_thread(read_plan_file, data)
        if starts_at is not None:
            held = shifted(held, starts_at)
        begins_at = _begin(held)
        until = held.ends_at or begins_at + LONGEST
        dark = night_within(begins_at, until, *held.teams[0].start)
        walked = await at_once(walk_file, streets, held, inside, dark=dark)
    except PlanFileError as error:
        raise PlanFileRefused(error) from None
    longest = max(team.minutes or 0 for team in walked.teams)
    ends_at = max(held.ends_at or begins_at, begins_at + dt.timedelta(minutes=longest))
    if errors := window_errors(begins_at, ends_at):
        raise InvalidFields(errors)
    # Kept in UTC, as every time is.
    begins_at, ends_at = begins_at.astimezone(dt.UTC), ends_at.astimezone(dt.UTC)
    return await _keep(area, plan_id, begins_at, ends_at, walked, by=by, actor=actor)


async def export_for_operator(plan_id: uuid.UUID, format_name: FormatName) -> tuple[str, bytes]:
    """`export` from the command line, whose user holds the machine. Raises `NotFound`, `PlanState`."""
    plan = await Plan.filter(id=plan_id).first()
    if plan is None:
        raise NotFound(
            "there is no such plan; its id is at the end of its address", kind="plan", id=str(plan_id)
        )
    return await exported(plan, await areas.get(plan.area_id), format_name)


async def import_for_operator(
    phone: str, area_path: str, plan_id: uuid.UUID, data: bytes, starts_at: dt.datetime | None
) -> PlanOut:
    """`import_plan` from the command line, as the officer with this phone. Raises what `import_plan` raises."""
    area = await areas.by_path(area_path)
    if area is None:
        raise NotFound(f"there is no area {area_path!r}; give the path of one that was set up", kind="area")
    user_id = await people.with_phone(phone)
    if user_id is None or user_id not in await sessions.people_with(Role.OFFICER, area.path):
        raise NotFound(f"--by {phone} is no officer of {area_path}; give the phone of one", kind="person")
    plan = await imported(area, plan_id, data, starts_at, by=user_id)
    return await plan_out(plan, None)


def _begin(held: PlanFile) -> dt.datetime:
    if held.starts_at is not None:
        return held.starts_at
    remedy = Words(
        "文件里没有时间，请选好哪天几点开始再导入",
        "the file says no time: choose when the evening begins, and import it again",
    )
    raise PlanFileError([Fault(Words("整个文件", "the whole file"), "starts_at", "", remedy)])


@atomic
async def _keep(
    area: areas.Area,
    plan_id: uuid.UUID,
    begins_at: dt.datetime,
    ends_at: dt.datetime,
    walked: WalkedFile,
    *,
    by: uuid.UUID,
    actor: Actor | None,
) -> Plan:
    """The plan, its hotspots, figures and draft tasks, all or nothing."""
    teams = [_team_out(team) for team in walked.teams]
    stops = [stop for team in walked.teams for stop in team.stops]
    hotspots = [_hotspot_out(stop) for stop in stops if stop.score > 0]
    usual_s, _ = Counter(stop.dwell_s for stop in stops).most_common(1)[0]
    plan = Plan(
        id=plan_id,
        area_id=area.id,
        state="ready",
        progress=1.0,
        window_starts_at=begins_at,
        window_ends_at=ends_at,
        team_count=len(teams),
        minutes=max(team.minutes for team in teams),
        dwell_min=max(DWELL_RANGE[0], min(DWELL_RANGE[1], round(usual_s / 60))),
        start_lon=teams[0].start[0],
        start_lat=teams[0].start[1],
        teams=msgspec.to_builtins(teams),
        seed=int.from_bytes(plan_id.bytes[-4:]) >> 1,
        created_by=by,
        created_at=clock.now(),
        demo=area.demo,
    )
    known = {stop.id: stop_of(_hotspot_out(stop), begins_at, stop.dwell_s) for stop in stops}
    locks = {stop.id for stop in stops if stop.locked}
    minutes = {team.number: team.minutes for team in teams}
    routes = [draft_route(route, minutes[route.number], begins_at, known, locks) for route in walked.routes]
    nothing_yet = PlanFigures(0, None, len(hotspots), 0, 0, 0.0, 0.0)
    shown = await figures.renewed(
        plan, nothing_yet, hotspots, [(route.route, route.stops) for route in routes]
    )
    plan.summary = msgspec.to_builtins(PlanSummary(hotspots, shown))
    await plan.save(force_create=True)
    await tasks.create_drafts(plan, routes)
    await audit.record(
        actor, "plan.import", "plan", plan.id, area_id=area.id, details={"teams": plan.team_count}
    )
    return await Plan.get(id=plan.id)


def _team_out(team: FileTeam) -> PlanTeamOut:
    minutes = team.minutes
    assert minutes is not None, "walked routes know their minutes"
    start: LonLat = team.start
    return PlanTeamOut(team.number, team.profile, minutes, start, team.end)


def _hotspot_out(stop: FileStop) -> HotspotOut:
    return HotspotOut(
        lon=stop.lon,
        lat=stop.lat,
        score=stop.score,
        reason=Said(stop.reason.zh, stop.reason.en),
        name=stop.name,
        name_en=stop.name_en,
        kinds=[],
        peak_hours=[],
        id=stop.id,
    )
