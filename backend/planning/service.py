"""Use cases of planning: asking for a plan, looking at it, publishing it or throwing it away."""

import uuid
from collections.abc import Sequence

import msgspec

from backend.areas import service as areas
from backend.core import audit, clock
from backend.core.db import atomic, row, sql
from backend.core.jobs import enqueue
from backend.core.problems import Conflict, FieldError, InvalidFields, NotFound
from backend.core.roles import POLICE_ROLES, Role
from backend.core.sessions import Actor
from backend.people import service as people
from backend.planning.checking import plan_errors
from backend.planning.models import Plan
from backend.planning.schemas import Failure, PlanList, PlanNew, PlanOut, PlanSummary
from backend.settings import current
from backend.tasks import service as tasks

SOLVE_JOB = "planning.solve"
PAGE = 30


class PlanState(Conflict):
    """The plan is not at a point from which this step leads on."""

    code, title = "plan-state", "The plan is not at a point where this can be done"


@atomic
async def create(actor: Actor, new: PlanNew) -> PlanOut:
    """Ask for a plan; a job solves it. Sent again with the same id, it answers the same.

    Raises `InvalidFields` with every wrong field, `NotAllowed` to others than the area's officers, `StreetsMissing`
    when the district has no street map.
    """
    area = await areas.visible(actor, new.area_id)
    actor.require(Role.OFFICER, area.path)
    before = await Plan.filter(id=new.id).first()
    if before is not None:
        if before.created_by != actor.user_id or before.area_id != area.id:
            raise Conflict("This id belongs to another plan; make a new one", field="id")
        return await _plan_out(before, actor)
    if errors := plan_errors(new, await areas.district_of(area)):
        raise InvalidFields(errors)
    await areas.streets_path(area, current().data_dir)
    plan = await Plan.create(
        id=new.id,
        area_id=area.id,
        window_starts_at=new.starts_at,
        window_ends_at=new.ends_at,
        team_count=new.team_count,
        minutes=new.minutes,
        dwell_min=new.dwell_min,
        start_lon=new.start[0],
        start_lat=new.start[1],
        seed=int.from_bytes(new.id.bytes[-4:]) >> 1 if new.seed is None else new.seed,
        created_by=actor.user_id,
        created_at=clock.now(),
        demo=area.demo,
    )
    await enqueue(SOLVE_JOB, {"plan_id": plan.id}, key=f"{SOLVE_JOB}:{plan.id}")
    await audit.record(
        actor, "plan.create", "plan", plan.id, area_id=area.id, details={"teams": plan.team_count}
    )
    return await _plan_out(plan, actor)


async def get(actor: Actor, plan_id: uuid.UUID) -> PlanOut:
    """The plan with its hotspots and tasks."""
    plan, area = await _visible(actor, plan_id)
    actor.require_any(POLICE_ROLES, area.path)
    return await _plan_out(plan, actor)


async def listed(actor: Actor, area_id: uuid.UUID, before: uuid.UUID | None = None) -> PlanList:
    """A page of the area's plans, the latest first, without their tasks and hotspots."""
    area = await areas.visible(actor, area_id)
    actor.require_any(POLICE_ROLES, area.path)
    wanted = Plan.filter(area_id__in=await areas.descendant_ids(area))
    if before is not None:
        wanted = wanted.filter(id__lt=before)
    found = await wanted.order_by("-id").limit(PAGE + 1)
    page = found[:PAGE]
    items = [await _plan_out(plan, None) for plan in page]
    return PlanList(items=items, next=str(page[-1].id) if len(found) > PAGE else None)


@atomic
async def publish(actor: Actor, plan_id: uuid.UUID, task_ids: Sequence[uuid.UUID]) -> PlanOut:
    """Open the chosen routes to volunteers: ready -> published; more routes of it may follow.

    Raises `PlanState`, `InvalidFields` for a task that is not the plan's, `TaskState` for one that was cancelled.
    """
    plan, area = await _locked(actor, plan_id)
    if plan.state not in ("ready", "published"):
        raise PlanState(move="publish", state=plan.state, needed=["ready", "published"])
    if not task_ids:
        raise InvalidFields([FieldError("task_ids", "missing", "Choose at least one route", [])])
    count = await tasks.publish_planned(actor, plan.id, task_ids, area)
    plan.state = "published"
    await plan.save(update_fields=["state"])
    await audit.record(actor, "plan.publish", "plan", plan.id, area_id=plan.area_id, details={"tasks": count})
    return await _plan_out(plan, actor)


@atomic
async def discard(actor: Actor, plan_id: uuid.UUID) -> PlanOut:
    """Throw a plan away that was not published, with its drafts; one that is still being solved is dropped."""
    plan, _ = await _locked(actor, plan_id)
    if plan.state not in ("solving", "ready", "failed", "discarded"):
        raise PlanState(move="discard", state=plan.state, needed=["solving", "ready", "failed"])
    if plan.state != "discarded":
        await tasks.discard_planned(plan.id)
        plan.state = "discarded"
        await plan.save(update_fields=["state"])
        await audit.record(actor, "plan.discard", "plan", plan.id, area_id=plan.area_id)
    return await _plan_out(plan, actor)


async def _visible(actor: Actor, plan_id: uuid.UUID) -> tuple[Plan, areas.Area]:
    """The plan with its area, if it belongs to the actor's district; `NotFound` otherwise."""
    plan = await Plan.filter(id=plan_id).first()
    area = await areas.get(plan.area_id) if plan else None
    if plan is None or area is None or not areas.sees(actor, area.path):
        raise NotFound(kind="plan", id=str(plan_id))
    return plan, area


async def _locked(actor: Actor, plan_id: uuid.UUID) -> tuple[Plan, areas.Area]:
    """The plan for its area's officer, which no other transaction changes until this one ends."""
    _, area = await _visible(actor, plan_id)
    actor.require(Role.OFFICER, area.path)
    # SQLite's transactions begin with the write lock and need no more.
    await row(f"SELECT id FROM plan WHERE id = ? {sql(sqlite='', postgres='FOR UPDATE')}", plan_id)
    return await Plan.get(id=plan_id), area


async def _plan_out(plan: Plan, actor: Actor | None) -> PlanOut:
    """The wire form; hotspots and tasks only for an `actor`."""
    area = await areas.get(plan.area_id)
    names = await people.names({plan.created_by})
    summary = msgspec.convert(plan.summary, PlanSummary) if plan.summary else None
    return PlanOut(
        id=plan.id,
        area_id=plan.area_id,
        area_name_zh=area.name_zh,
        area_name_en=area.name_en,
        state=plan.state,
        starts_at=plan.window_starts_at,
        ends_at=plan.window_ends_at,
        team_count=plan.team_count,
        minutes=plan.minutes,
        dwell_min=plan.dwell_min,
        start=(plan.start_lon, plan.start_lat),
        seed=plan.seed,
        progress=plan.progress,
        failure=msgspec.convert(plan.failure, Failure) if plan.failure else None,
        hotspots=summary.hotspots if summary and actor else [],
        figures=summary.figures if summary else None,
        tasks=await tasks.planned(plan.id, actor) if actor else [],
        created_by_name=names.get(plan.created_by, ""),
        created_at=plan.created_at,
        demo=plan.demo,
    )
