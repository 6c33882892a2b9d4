"""A plan's evening: solved in another process, its progress told, its result or its failure kept in one transaction."""

import asyncio
import contextlib
import datetime as dt
import tempfile
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import structlog

from backend.areas import service as areas
from backend.core import clock
from backend.core.db import atomic, execute
from backend.core.jobs import GiveUp
from backend.core.pools import in_process
from backend.core.problems import Problem
from backend.incidents import service as incidents
from backend.notify import service as notify
from backend.planning.models import Plan
from backend.planning.schemas import Failure, HotspotOut, PlanFigures, PlanSummary
from backend.planning.solving import read_share, solve_night
from backend.settings import current
from backend.tasks import service as tasks
from backend.tasks.schemas import RouteOut, Said, StopOut
from routing.night import Hotspot, NightPlan, NightRequest, TeamPlan, TeamRequest
from routing.words import RoutingError

log = structlog.get_logger(__name__)

PAST = dt.timedelta(days=4 * 365 + 1)
"""How far back the plan looks, from the newest incident where that is older: more is never learned from."""
POLL_S = 0.5
STEP_TOLD = 0.1
HOTSPOTS_KEPT = 200
STUCK_AFTER = dt.timedelta(hours=1)


async def solve(plan_id: uuid.UUID) -> None:
    """Solve the plan and keep what came out, or why nothing did.

    Done again, for a plan that is no longer being solved, it changes nothing. An error that nobody foresaw fails the
    plan too, and raises `GiveUp` so that operators see it.
    """
    plan = await Plan.filter(id=plan_id, state="solving").first()
    if plan is None:
        return
    try:
        await _solve(plan)
    except RoutingError as error:
        words = {"zh": error.words.zh, "en": error.words.en}
        await fail(plan, error.code.replace("_", "-"), {"field": error.field, "value": error.value, **words})
    except Problem as problem:
        await fail(plan, problem.code, problem.params)
    except Exception as error:
        log.exception("plan_failed", plan=str(plan_id))
        await fail(plan, "internal", {})
        raise GiveUp(f"plan {plan_id}: {type(error).__name__}") from error


async def _solve(plan: Plan) -> None:
    area = await areas.get(plan.area_id)
    streets = await areas.streets_path(area, current().data_dir)
    as_of = await incidents.as_of(area)
    until = min(plan.window_starts_at, clock.now())
    past = (await incidents.forecast_input(area, min(until, as_of or until) - PAST, until)).incidents
    zone = ZoneInfo(area.time_zone)  # hours of the day are told in the district's own time
    team = TeamRequest("", (plan.start_lon, plan.start_lat), plan.minutes)
    request = NightRequest(
        plan.window_starts_at.astimezone(zone),
        plan.window_ends_at.astimezone(zone),
        (team,) * plan.team_count,
        dwell_min=plan.dwell_min,
    )
    async with _progress_told(plan) as progress_file:
        night = await in_process(solve_night, streets, past, request, plan.seed, progress_file)
    await _keep(plan, night, len(past), as_of)


@contextlib.asynccontextmanager
async def _progress_told(plan: Plan) -> AsyncIterator[Path]:
    """A file for the child's progress, which is told to the officer while the block runs."""
    with tempfile.TemporaryDirectory(prefix="lexun-plan-") as folder:
        progress_file = Path(folder) / "share"
        telling = asyncio.create_task(_tell_progress(plan, progress_file))
        try:
            yield progress_file
        finally:
            telling.cancel()
            await asyncio.gather(telling, return_exceptions=True)


async def _tell_progress(plan: Plan, progress_file: Path) -> None:
    told = 0.0
    while True:
        await asyncio.sleep(POLL_S)
        share = read_share(progress_file)
        if share < told + STEP_TOLD:
            continue
        told = share
        try:
            await _note_progress(plan, share)
        except Exception:
            log.exception("plan_progress_untold", plan=str(plan.id))


@atomic
async def _note_progress(plan: Plan, share: float) -> None:
    noted = await execute(
        "UPDATE plan SET progress = ? WHERE id = ? AND state = 'solving' AND progress < ?",
        share,
        plan.id,
        share,
    )
    if noted:
        percent = f"{share:.0%}"
        await notify.send(
            [plan.created_by],
            "plan.progress",
            ("plan", plan.id),
            f"方案计算中 {percent}",
            f"Planning: {percent} done",
        )


@atomic
async def _keep(plan: Plan, night: NightPlan, incident_count: int, as_of: dt.datetime | None) -> None:
    """Solving -> ready, with the hotspots, the figures and a draft task a route, all or nothing."""
    summary = _summary(night, incident_count, as_of)
    kept = await execute(
        "UPDATE plan SET state = 'ready', progress = 1, summary = ? WHERE id = ? AND state = 'solving'",
        msgspec.to_builtins(summary), plan.id,
    )  # fmt: skip
    if not kept:
        return  # discarded meanwhile, or solved by another worker
    minutes = dt.timedelta(minutes=plan.minutes)
    routes = [_draft_route(team, night.window_start + minutes) for team in night.teams]
    made = await tasks.create_drafts(plan, routes)
    await notify.send(
        [plan.created_by], "plan.ready", ("plan", plan.id), "方案已算好，请审核", "The plan is ready for your review",
        f"{len(made)} 条路线，覆盖 {summary.figures.coverage_share:.0%} 的热点。",
        f"{len(made)} routes, covering {summary.figures.coverage_share:.0%} of the hotspots.",
    )  # fmt: skip


def _summary(night: NightPlan, incident_count: int, as_of: dt.datetime | None) -> PlanSummary:
    walked = [team for team in night.teams if team.stops]
    figures = PlanFigures(
        incidents=incident_count,
        incidents_as_of=as_of,
        hotspots=len(night.hotspots),
        routes=len(walked),
        stops=sum(len(team.stops) for team in walked),
        length_m=round(sum(team.length_m for team in walked), 1),
        coverage_share=round(night.score / night.hotspots_score, 4) if night.hotspots_score else 0.0,
    )
    return PlanSummary(
        hotspots=[_hotspot_out(each) for each in night.hotspots[:HOTSPOTS_KEPT]], figures=figures
    )


def _hotspot_out(hotspot: Hotspot) -> HotspotOut:
    return HotspotOut(
        lon=hotspot.lon,
        lat=hotspot.lat,
        score=hotspot.score,
        reason=Said(hotspot.reason.zh, hotspot.reason.en),
        name=hotspot.name,
        name_en=hotspot.name_en,
        kinds=list(hotspot.kinds),
        peak_hours=list(hotspot.peak_hours),
    )


def _draft_route(team: TeamPlan, ends_at: dt.datetime) -> tasks.DraftRoute:
    stops = [
        StopOut(
            order=stop.order,
            name=stop.name,
            lon=stop.lon,
            lat=stop.lat,
            arrive=stop.arrive,
            leave=stop.leave,
            dwell_s=round((stop.leave - stop.arrive).total_seconds()),
            reason=Said(stop.reason.zh, stop.reason.en),
            name_en=stop.name_en,
        )
        for stop in team.stops
    ]
    line = {"type": "LineString", "coordinates": [list(position) for position in team.geometry]}
    return tasks.DraftRoute(
        team=team.team,
        starts_at=team.start,
        ends_at=max(team.finish, ends_at),
        route=RouteOut(
            length_m=round(team.length_m, 1), walk_s=team.walk_s, dwell_s=team.dwell_s, geometry=line
        ),
        stops=stops,
        start=team.geometry[0],
    )


@atomic
async def fail(plan: Plan, code: str, params: dict) -> None:
    """Solving -> failed, with the constraint that was in the way; the officer is told."""
    failed = await execute(
        "UPDATE plan SET state = 'failed', failure = ? WHERE id = ? AND state = 'solving'",
        msgspec.to_builtins(Failure(code=code, params=params)), plan.id,
    )  # fmt: skip
    if failed:
        await notify.send(
            [plan.created_by], "plan.failed", ("plan", plan.id), "方案没有算成", "There is no plan",
            str(params.get("zh", "")), str(params.get("en", "")),
        )  # fmt: skip


async def fail_stuck() -> int:
    """Fail plans that no job will finish any more, so that nobody waits for ever; returns how many."""
    stuck = await Plan.filter(state="solving", created_at__lt=clock.now() - STUCK_AFTER)
    for plan in stuck:
        await fail(plan, "timed-out", {"minutes": int(STUCK_AFTER.total_seconds() // 60)})
    return len(stuck)
