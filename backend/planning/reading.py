"""Finding plans, who may see them, and their wire form."""

import uuid
from collections.abc import Sequence

import msgspec

from backend.areas import service as areas
from backend.core.db import row, sql
from backend.core.problems import Conflict, NotFound
from backend.core.roles import Role
from backend.core.sessions import Actor
from backend.people import service as people
from backend.planning.models import Plan, PlanEdit, PlanProposal
from backend.planning.routes import teams_of
from backend.planning.schemas import (
    Failure,
    PlanBestOut,
    PlanEditOut,
    PlanEditTold,
    PlanOut,
    PlanProposalOut,
    PlanSummary,
    ProposalCause,
)
from backend.tasks import service as tasks
from backend.tasks.schemas import DraftRoute, TaskOut

EDITS_SHOWN = 20


class PlanState(Conflict):
    """The plan is not at a point from which this step leads on."""

    code, title = "plan-state", "The plan is not at a point where this can be done"


async def visible(actor: Actor, plan_id: uuid.UUID) -> tuple[Plan, areas.Area]:
    """The plan with its area, if it belongs to the actor's district; `NotFound` otherwise."""
    plan = await Plan.filter(id=plan_id).first()
    area = await areas.get(plan.area_id) if plan else None
    if plan is None or area is None or not areas.sees(actor, area.path):
        raise NotFound(kind="plan", id=str(plan_id))
    return plan, area


async def locked(actor: Actor, plan_id: uuid.UUID) -> tuple[Plan, areas.Area]:
    """The plan for its area's officer, which no other transaction changes until this one ends."""
    _, area = await visible(actor, plan_id)
    actor.require(Role.OFFICER, area.path)
    # SQLite's transactions begin with the write lock and need no more.
    await row(f"SELECT id FROM plan WHERE id = ? {sql(sqlite='', postgres='FOR UPDATE')}", plan_id)
    return await Plan.get(id=plan_id), area


async def planned_tasks(plan: Plan, actor: Actor | None = None) -> list[TaskOut]:
    """The plan's tasks by team; stops that were planned before stops had ids are known by their team and place."""
    found = await tasks.planned(plan.id, actor)
    for task in found:
        task.stops = [
            stop if stop.id else msgspec.structs.replace(stop, id=f"{task.plan_team}-{stop.order}")
            for stop in task.stops
        ]
    return found


async def plan_out(plan: Plan, actor: Actor | None) -> PlanOut:
    """The wire form; hotspots, tasks and edits only for an `actor`."""
    area = await areas.get(plan.area_id)
    edits = await _edits(plan) if actor else []
    names = await people.names({plan.created_by, *(edit.edited_by for edit in edits)})
    summary = msgspec.convert(plan.summary, PlanSummary) if plan.summary else None
    return PlanOut(
        id=plan.id,
        area_id=plan.area_id,
        area_name_zh=area.name_zh,
        area_name_en=area.name_en,
        state=plan.state,
        version=plan.version,
        starts_at=plan.window_starts_at,
        ends_at=plan.window_ends_at,
        team_count=plan.team_count,
        dwell_min=plan.dwell_min,
        start=(plan.start_lon, plan.start_lat),
        teams=teams_of(plan),
        fairness=plan.fairness,
        variety=plan.variety,
        seed=plan.seed,
        progress=plan.progress,
        best=msgspec.convert(plan.best, PlanBestOut) if plan.best and plan.state == "solving" else None,
        failure=msgspec.convert(plan.failure, Failure) if plan.failure else None,
        hotspots=summary.hotspots if summary and actor else [],
        figures=summary.figures if summary else None,
        tasks=await planned_tasks(plan, actor) if actor else [],
        edits=_edits_out(edits, names, actor) if actor else [],
        proposal=await _proposal(plan) if actor else None,
        created_by_name=names.get(plan.created_by, ""),
        created_at=plan.created_at,
        demo=plan.demo,
    )


async def _proposal(plan: Plan) -> PlanProposalOut | None:
    """What is proposed for the plan as it is now."""
    found = await PlanProposal.filter(plan_id=plan.id, state="open", plan_version=plan.version).first()
    if found is None or plan.state not in ("ready", "published"):
        return None
    return PlanProposalOut(
        id=found.id,
        plan_version=found.plan_version,
        cause=msgspec.convert(found.cause, ProposalCause),
        told=msgspec.convert(found.figures, PlanEditTold),
        routes=msgspec.convert(found.routes, list[DraftRoute]),
        created_at=found.created_at,
        why_not=found.figures.get("why_not"),
    )


async def _edits(plan: Plan) -> list[PlanEdit]:
    return await PlanEdit.filter(plan_id=plan.id).order_by("-version").limit(EDITS_SHOWN)


def _edits_out(edits: Sequence[PlanEdit], names: dict[uuid.UUID, str], actor: Actor) -> list[PlanEditOut]:
    undone = {edit.undoes for edit in edits}
    return [
        PlanEditOut(
            id=edit.id,
            version=edit.version,
            kind=edit.kind,
            by_name=names.get(edit.edited_by, ""),
            mine=edit.edited_by == actor.user_id,
            at=edit.edited_at,
            told=msgspec.convert(edit.told, PlanEditTold),
            undone=edit.id in undone,
        )
        for edit in edits
    ]
