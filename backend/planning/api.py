"""HTTP of plans."""

import datetime as dt
import uuid
from typing import Any
from urllib.parse import quote

from litestar import Request, Response, Router, get, post
from litestar.status_codes import HTTP_200_OK

from backend.core import throttle
from backend.core.problems import FieldError, InvalidFields
from backend.core.sessions import LexunRequest
from backend.planning import service
from backend.planning.schemas import (
    HazardNoteNew,
    HazardNoteOut,
    PlanDecision,
    PlanDefaults,
    PlanEditIn,
    PlanHazards,
    PlanList,
    PlanNew,
    PlanOut,
    PlanPublish,
    PlanUndo,
    RouteCandidates,
    RouteNotes,
)
from routing.exchange import FormatName
from routing.exchange_formats import FORMATS

PLAN_LIMIT = throttle.Limit("plans", tries=20, window_s=600)
FILE_BYTES_MAX = 4 * 1024 * 1024
EDIT_LIMIT = throttle.Limit("plan-edits", tries=600, window_s=600)


@post(
    "/",
    operation_id="create_plan",
    summary="Ask for a plan; it is solved in the background",
    guards=[throttle.limited(PLAN_LIMIT)],
)
async def create_plan(request: LexunRequest, data: PlanNew) -> PlanOut:
    return await service.create(request.user, data)


@get("/", operation_id="list_plans", summary="An area's plans, the latest first")
async def list_plans(request: LexunRequest, area_id: uuid.UUID, before: uuid.UUID | None = None) -> PlanList:
    return await service.listed(request.user, area_id, before)


@get(
    "/defaults",
    operation_id="plan_defaults",
    summary="What the area's last plan was asked with, to begin the next one from",
)
async def plan_defaults(request: LexunRequest, area_id: uuid.UUID) -> PlanDefaults:
    return await service.defaults(request.user, area_id)


async def _leave_body(request: Request[Any, Any, Any]) -> None:
    """Refuse U+0000 in the query, as everywhere; the body is a file, which may hold any byte."""
    if any("\0" in name + str(value) for name, value in request.query_params.multi_items()):
        raise InvalidFields([FieldError("query", "invalid", "Leave out the character U+0000")])


@post(
    "/import",
    operation_id="import_plan",
    summary="Take a plan from a file: the body is the GeoJSON, GPX or xlsx file, at most 4 MB",
    guards=[throttle.limited(PLAN_LIMIT)],
    before_request=_leave_body,
    request_max_body_size=FILE_BYTES_MAX,
)
async def import_plan(
    request: LexunRequest, plan_id: uuid.UUID, area_id: uuid.UUID, starts_at: dt.datetime | None = None
) -> PlanOut:
    return await service.import_plan(request.user, plan_id, area_id, await request.body(), starts_at)


@get(
    "/{plan_id:uuid}/file",
    operation_id="export_plan",
    summary="A plan's routes as a GeoJSON, GPX or xlsx file",
    media_type="application/octet-stream",
)
async def export_plan(request: LexunRequest, plan_id: uuid.UUID, kind: FormatName) -> Response[bytes]:
    name, data = await service.export(request.user, plan_id, kind)
    headers = {
        "Cache-Control": "no-store",
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
    }
    return Response(data, media_type=FORMATS[kind].media_type, headers=headers)


@get("/{plan_id:uuid}", operation_id="get_plan", summary="A plan with its hotspots and draft routes")
async def get_plan(request: LexunRequest, plan_id: uuid.UUID) -> PlanOut:
    return await service.get(request.user, plan_id)


@post(
    "/{plan_id:uuid}/enough",
    operation_id="take_best_plan",
    summary="End the search: the best plan found so far will do",
    status_code=HTTP_200_OK,
)
async def take_best_plan(request: LexunRequest, plan_id: uuid.UUID) -> PlanOut:
    return await service.enough(request.user, plan_id)


@post(
    "/{plan_id:uuid}/edits",
    operation_id="edit_plan",
    summary="Move, add, take away or lock a stop; the routes are repaired at once",
    status_code=HTTP_200_OK,
    guards=[throttle.limited(EDIT_LIMIT)],
)
async def edit_plan(request: LexunRequest, plan_id: uuid.UUID, data: PlanEditIn) -> PlanOut:
    return await service.edit(request.user, plan_id, data)


@get(
    "/{plan_id:uuid}/teams/{team:int}/candidates",
    operation_id="route_candidates",
    summary="Other routes that a team could walk: short, medium, long, without steps",
    guards=[throttle.limited(EDIT_LIMIT)],
)
async def route_candidates(request: LexunRequest, plan_id: uuid.UUID, team: int) -> RouteCandidates:
    return await service.candidates_for(request.user, plan_id, team)


@get(
    "/{plan_id:uuid}/hazards",
    operation_id="plan_hazards",
    summary="What is to be minded on a plan's routes, and the district's notes",
)
async def plan_hazards(request: LexunRequest, plan_id: uuid.UUID) -> PlanHazards:
    return await service.hazards_of(request.user, plan_id)


@get(
    "/hazard-notes/of-task/{task_id:uuid}",
    operation_id="task_hazard_notes",
    summary="The warnings beside a task's route, in the order in which it passes them",
)
async def task_hazard_notes(request: LexunRequest, task_id: uuid.UUID) -> RouteNotes:
    return await service.hazards_of_task(request.user, task_id)


@get(
    "/hazard-notes/of-area/{area_id:uuid}",
    operation_id="area_hazard_notes",
    summary="The warnings in and around an area, for a walk without a route",
)
async def area_hazard_notes(request: LexunRequest, area_id: uuid.UUID) -> RouteNotes:
    return await service.hazards_of_area(request.user, area_id)


@post(
    "/hazard-notes",
    operation_id="note_hazard",
    summary="Warn of a place, for every night from now on",
    guards=[throttle.limited(EDIT_LIMIT)],
)
async def note_hazard(request: LexunRequest, data: HazardNoteNew) -> HazardNoteOut:
    return await service.note_hazard(request.user, data)


@post(
    "/hazard-notes/{note_id:uuid}/remove",
    operation_id="remove_hazard_note",
    summary="Take a warning away",
    status_code=HTTP_200_OK,
)
async def remove_hazard_note(request: LexunRequest, note_id: uuid.UUID) -> HazardNoteOut:
    return await service.remove_hazard(request.user, note_id)


@post(
    "/{plan_id:uuid}/undo",
    operation_id="undo_plan_edit",
    summary="Take back the newest change",
    status_code=HTTP_200_OK,
    guards=[throttle.limited(EDIT_LIMIT)],
)
async def undo_plan_edit(request: LexunRequest, plan_id: uuid.UUID, data: PlanUndo) -> PlanOut:
    return await service.undo(request.user, plan_id, data)


@post(
    "/{plan_id:uuid}/proposals/{proposal_id:uuid}/accept",
    operation_id="accept_plan_proposal",
    summary="Walk the proposed routes; can be undone like any change",
    status_code=HTTP_200_OK,
)
async def accept_plan_proposal(
    request: LexunRequest, plan_id: uuid.UUID, proposal_id: uuid.UUID, data: PlanDecision
) -> PlanOut:
    return await service.accept(request.user, plan_id, proposal_id, data)


@post(
    "/{plan_id:uuid}/proposals/{proposal_id:uuid}/dismiss",
    operation_id="dismiss_plan_proposal",
    summary="Leave the plan as it is",
    status_code=HTTP_200_OK,
)
async def dismiss_plan_proposal(request: LexunRequest, plan_id: uuid.UUID, proposal_id: uuid.UUID) -> PlanOut:
    return await service.dismiss(request.user, plan_id, proposal_id)


@post(
    "/{plan_id:uuid}/publish",
    operation_id="publish_plan",
    summary="Open chosen routes to volunteers",
    status_code=HTTP_200_OK,
)
async def publish_plan(request: LexunRequest, plan_id: uuid.UUID, data: PlanPublish) -> PlanOut:
    return await service.publish(request.user, plan_id, data.task_ids)


@post(
    "/{plan_id:uuid}/discard",
    operation_id="discard_plan",
    summary="Throw a plan and its drafts away",
    status_code=HTTP_200_OK,
)
async def discard_plan(request: LexunRequest, plan_id: uuid.UUID) -> PlanOut:
    return await service.discard(request.user, plan_id)


router = Router(
    path="/plans",
    route_handlers=[
        create_plan,
        list_plans,
        plan_defaults,
        import_plan,
        export_plan,
        get_plan,
        take_best_plan,
        edit_plan,
        route_candidates,
        plan_hazards,
        task_hazard_notes,
        area_hazard_notes,
        note_hazard,
        remove_hazard_note,
        undo_plan_edit,
        accept_plan_proposal,
        dismiss_plan_proposal,
        publish_plan,
        discard_plan,
    ],
    tags=["planning"],
)
