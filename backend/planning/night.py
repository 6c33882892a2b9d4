"""A plan's evening: solved in another process, its progress told, its result or its failure kept in one transaction."""

import contextlib
import datetime as dt
import uuid
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
from backend.core.progress import watched
from backend.hotspots import service as hotspots
from backend.incidents import service as incidents
from backend.notify import service as notify
from backend.planning import figures
from backend.planning.models import Plan
from backend.planning.routes import draft_route, is_dark, stop_of, teams_of
from backend.planning.schemas import (
    Failure,
    HotspotOut,
    PlanBestOut,
    PlanBestRoute,
    PlanFigures,
    PlanSummary,
)
from backend.planning.solving import DRAWS, ENOUGH, Sketch, Solved, read_sketch, solve_night
from backend.settings import current
from backend.tasks import service as tasks
from backend.tasks.schemas import Said
from routing.night import NightRequest, TeamRequest
from routing.outlook_spots import Hotspot
from routing.words import RoutingError

log = structlog.get_logger(__name__)

PAST = dt.timedelta(days=4 * 365 + 1)
"""How far back the plan looks, from the newest incident where that is older: more is never learned from."""
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
    past = await hotspots.packed(await areas.district_of(area), plan.window_starts_at)
    if past is None:
        past = await incidents.history(area, min(until, as_of or until) - PAST, until)
    zone = ZoneInfo(area.time_zone)  # hours of the day are told in the district's own time
    teams = teams_of(plan)
    request = NightRequest(
        plan.window_starts_at.astimezone(zone),
        plan.window_ends_at.astimezone(zone),
        tuple(TeamRequest("", team.start, team.minutes, team.end, team.profile) for team in teams),
        dwell_min=plan.dwell_min,
        draws=DRAWS[plan.variety],
        last_night=tuple((stop.lon, stop.lat) for stop in await figures.stops_before(plan)),
        rules=await incidents.rules(area),
        unshown=await incidents.unshown_kinds(area),
        dark=is_dark(plan),
    )
    told = _Told(plan)
    async with watched(told.look) as progress_file:
        solved = await in_process(
            solve_night, streets, past, request, plan.fairness, plan.seed, progress_file
        )
    await _keep(plan, solved, as_of)


class _Told:
    """What the officer has been told of a plan's progress; `look` tells what is new, and takes word to the child that
    the best so far will do."""

    def __init__(self, plan: Plan) -> None:
        self._plan, self._share, self._best = plan, 0.0, 0.0

    async def look(self, progress_file: Path) -> None:
        """What the child wrote last."""
        if await Plan.filter(id=self._plan.id, enough=True).exists():
            with contextlib.suppress(FileNotFoundError):
                (progress_file.parent / ENOUGH).touch()
        sketch = read_sketch(progress_file)
        if sketch.routes and sketch.score > self._best:
            self._best = sketch.score
            await _note_best(self._plan, sketch)
        if sketch.share >= self._share + STEP_TOLD:
            self._share = sketch.share
            await _note_progress(self._plan, self._share)


async def _note_best(plan: Plan, sketch: Sketch) -> None:
    """Keep the best so far for desks that look; it is a picture only, and nothing hangs on it."""
    routes = [
        PlanBestRoute(team, list(route.stops), list(route.line))
        for team, route in enumerate(sketch.routes, start=1)
    ]
    shown = PlanBestOut(round(sketch.score, 1), round(min(1.0, sketch.worth), 4), routes)
    await execute(
        "UPDATE plan SET best = ? WHERE id = ? AND state = 'solving'", msgspec.to_builtins(shown), plan.id
    )


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
async def _keep(plan: Plan, solved: Solved, as_of: dt.datetime | None) -> None:
    """Solving -> ready, with the hotspots, the figures and a draft task a route, all or nothing."""
    spots = [_hotspot_out(each) for each in solved.hotspots[:HOTSPOTS_KEPT]]
    routes = _draft_routes(plan, solved, spots)
    nothing_yet = figures.with_choices(
        PlanFigures(solved.incidents, as_of, len(spots), 0, 0, 0.0, 0.0), solved.choices
    )
    shown = await figures.renewed(plan, nothing_yet, spots, [(route.route, route.stops) for route in routes])
    kept = await execute(
        "UPDATE plan SET state = 'ready', progress = 1, summary = ? WHERE id = ? AND state = 'solving'",
        msgspec.to_builtins(PlanSummary(spots, shown)), plan.id,
    )  # fmt: skip
    if not kept:
        return  # discarded meanwhile, or solved by another worker
    made = await tasks.create_drafts(plan, routes)
    await notify.send(
        [plan.created_by], "plan.ready", ("plan", plan.id), "方案已算好，请审核", "The plan is ready for your review",
        f"{len(made)} 条路线，覆盖 {shown.coverage_share:.0%} 的热点。",
        f"{len(made)} routes, covering {shown.coverage_share:.0%} of the hotspots.",
    )  # fmt: skip


def _draft_routes(plan: Plan, solved: Solved, spots: list[HotspotOut]) -> list[tasks.DraftRoute]:
    begins_at, dwell_s = plan.window_starts_at, plan.dwell_min * 60
    known = {hotspot.id: stop_of(hotspot, begins_at, dwell_s) for hotspot in spots}
    minutes = {team.number: team.minutes for team in teams_of(plan)}
    return [draft_route(route, minutes[route.number], begins_at, known, set()) for route in solved.routes]


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
        id=hotspot.id,
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
