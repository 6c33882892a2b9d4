"""Use cases of planning: asking for a plan, looking at it, changing it, publishing it or throwing it away."""

import uuid
from collections.abc import Sequence
from zoneinfo import ZoneInfo

import msgspec

from backend.areas import service as areas
from backend.core import audit, clock
from backend.core.db import atomic, execute
from backend.core.jobs import enqueue
from backend.core.problems import Conflict, FieldError, InvalidFields
from backend.core.roles import POLICE_ROLES, Role
from backend.core.sessions import Actor
from backend.planning.checking import plan_errors
from backend.planning.choosing import candidates_for
from backend.planning.editing import edit, undo
from backend.planning.exchanging import (
    PlanFileRefused,
    export,
    export_for_operator,
    import_for_operator,
    import_plan,
)
from backend.planning.hazards import note as note_hazard
from backend.planning.hazards import of_area as hazards_of_area
from backend.planning.hazards import of_plan as hazards_of
from backend.planning.hazards import of_task as hazards_of_task
from backend.planning.hazards import remove as remove_hazard
from backend.planning.models import Plan, PlanDefault
from backend.planning.proposals import accept, dismiss
from backend.planning.reading import PlanState, locked, plan_out, planned_tasks, visible
from backend.planning.schemas import (
    PlanAsked,
    PlanDefaults,
    PlanList,
    PlanNew,
    PlanOut,
    PlanTeamOut,
)
from backend.settings import current
from backend.tasks import service as tasks

__all__ = [
    "PlanFileRefused", "PlanState", "accept", "candidates_for", "create", "defaults", "discard", "dismiss", "edit", "enough", "export",
    "export_for_operator", "get", "hazards_of", "hazards_of_area", "hazards_of_task", "import_for_operator", "import_plan", "listed", "note_hazard", "publish", "remove_hazard", "undo",
]  # fmt: skip

SOLVE_JOB = "planning.solve"
PAGE = 30


@atomic
async def create(actor: Actor, new: PlanNew) -> PlanOut:
    """Ask for a plan; a job solves it. Sent again with the same id, it answers the same.

    What was asked is remembered as the area's way to ask. Raises `InvalidFields` with every wrong field, `NotAllowed`
    to others than the area's officers, `StreetsMissing` when the district has no street map.
    """
    area = await areas.visible(actor, new.area_id)
    actor.require(Role.OFFICER, area.path)
    before = await Plan.filter(id=new.id).first()
    if before is not None:
        if before.created_by != actor.user_id or before.area_id != area.id:
            raise Conflict("This id belongs to another plan; make a new one", field="id")
        return await plan_out(before, actor)
    if errors := plan_errors(new, await areas.district_of(area)):
        raise InvalidFields(errors)
    await areas.streets_path(area, current().data_dir)
    teams = _teams(new)
    plan = await Plan.create(
        id=new.id,
        area_id=area.id,
        window_starts_at=new.starts_at,
        window_ends_at=new.ends_at,
        team_count=len(teams),
        minutes=max(team.minutes for team in teams),
        dwell_min=new.dwell_min,
        start_lon=teams[0].start[0],
        start_lat=teams[0].start[1],
        teams=msgspec.to_builtins(teams),
        fairness=new.fairness,
        variety=new.variety,
        seed=int.from_bytes(new.id.bytes[-4:]) >> 1 if new.seed is None else new.seed,
        created_by=actor.user_id,
        created_at=clock.now(),
        demo=area.demo,
    )
    await _remember(actor, area, new)
    await enqueue(SOLVE_JOB, {"plan_id": plan.id}, key=f"{SOLVE_JOB}:{plan.id}")
    await audit.record(
        actor, "plan.create", "plan", plan.id, area_id=area.id, details={"teams": plan.team_count}
    )
    return await plan_out(plan, actor)


def _teams(new: PlanNew) -> list[PlanTeamOut]:
    """Every team of its own, numbered from 1."""
    found: list[PlanTeamOut] = []
    for each in new.teams:
        for _ in range(each.count):
            number = len(found) + 1
            found.append(PlanTeamOut(number, each.profile, each.minutes, each.start, each.end or each.start))
    return found


async def _remember(actor: Actor, area: areas.Area, new: PlanNew) -> None:
    zone = ZoneInfo(area.time_zone)
    asked = PlanAsked(
        clock_from=f"{new.starts_at.astimezone(zone):%H:%M}",
        clock_to=f"{new.ends_at.astimezone(zone):%H:%M}",
        dwell_min=new.dwell_min,
        teams=new.teams,
        fairness=new.fairness,
        variety=new.variety,
    )
    await execute(
        "INSERT INTO plan_default (area_id, asked, changed_by, changed_at) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (area_id) DO UPDATE SET asked = excluded.asked, changed_by = excluded.changed_by,"
        " changed_at = excluded.changed_at",
        area.id, msgspec.to_builtins(asked), actor.user_id, clock.now(),
    )  # fmt: skip


async def defaults(actor: Actor, area_id: uuid.UUID) -> PlanDefaults:
    """What the area's last plan was asked with; nothing before the first."""
    area = await areas.visible(actor, area_id)
    actor.require_any(POLICE_ROLES, area.path)
    found = await PlanDefault.filter(area_id=area.id).first()
    return PlanDefaults(msgspec.convert(found.asked, PlanAsked) if found else None)


async def get(actor: Actor, plan_id: uuid.UUID) -> PlanOut:
    """The plan with its hotspots and tasks."""
    plan, area = await visible(actor, plan_id)
    actor.require_any(POLICE_ROLES, area.path)
    return await plan_out(plan, actor)


async def listed(actor: Actor, area_id: uuid.UUID, before: uuid.UUID | None = None) -> PlanList:
    """A page of the area's plans, the latest first, without their tasks and hotspots."""
    area = await areas.visible(actor, area_id)
    actor.require_any(POLICE_ROLES, area.path)
    wanted = Plan.filter(area_id__in=await areas.descendant_ids(area))
    if before is not None:
        wanted = wanted.filter(id__lt=before)
    found = await wanted.order_by("-id").limit(PAGE + 1)
    page = found[:PAGE]
    items = [await plan_out(plan, None) for plan in page]
    return PlanList(items=items, next=str(page[-1].id) if len(found) > PAGE else None)


@atomic
async def enough(actor: Actor, plan_id: uuid.UUID) -> PlanOut:
    """The best plan found so far will do: the search ends and the plan becomes ready. Again, it changes nothing."""
    plan, _ = await locked(actor, plan_id)
    if plan.state == "solving" and not plan.enough:
        plan.enough = True
        await plan.save(update_fields=["enough"])
        await audit.record(actor, "plan.enough", "plan", plan.id, area_id=plan.area_id)
    return await plan_out(plan, actor)


@atomic
async def publish(actor: Actor, plan_id: uuid.UUID, task_ids: Sequence[uuid.UUID]) -> PlanOut:
    """Open the chosen routes to volunteers: ready -> published; more routes of it may follow.

    Raises `PlanState`, `InvalidFields` for a task that is not the plan's or has no stops left, `TaskState` for one
    that was cancelled.
    """
    plan, area = await locked(actor, plan_id)
    if plan.state not in ("ready", "published"):
        raise PlanState(move="publish", state=plan.state, needed=["ready", "published"])
    if not task_ids:
        raise InvalidFields([FieldError("task_ids", "missing", "Choose at least one route", [])])
    empty = {task.id for task in await planned_tasks(plan) if not task.stops}
    if errors := [
        FieldError(f"task_ids.{index}", "no-stops", "Add a stop to this route first", str(task_id))
        for index, task_id in enumerate(task_ids)
        if task_id in empty
    ]:
        raise InvalidFields(errors)
    count = await tasks.publish_planned(actor, plan.id, task_ids, area)
    plan.state = "published"
    await plan.save(update_fields=["state"])
    await audit.record(actor, "plan.publish", "plan", plan.id, area_id=plan.area_id, details={"tasks": count})
    return await plan_out(plan, actor)


@atomic
async def discard(actor: Actor, plan_id: uuid.UUID) -> PlanOut:
    """Throw a plan away that was not published, with its drafts; one that is still being solved is dropped."""
    plan, _ = await locked(actor, plan_id)
    if plan.state not in ("solving", "ready", "failed", "discarded"):
        raise PlanState(move="discard", state=plan.state, needed=["solving", "ready", "failed"])
    if plan.state != "discarded":
        await tasks.discard_planned(plan.id)
        plan.state = "discarded"
        await plan.save(update_fields=["state"])
        await audit.record(actor, "plan.discard", "plan", plan.id, area_id=plan.area_id)
    return await plan_out(plan, actor)
