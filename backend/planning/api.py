"""HTTP of plans."""

import uuid

from litestar import Router, get, post
from litestar.status_codes import HTTP_200_OK

from backend.core import throttle
from backend.core.sessions import LexunRequest
from backend.planning import service
from backend.planning.schemas import PlanList, PlanNew, PlanOut, PlanPublish

PLAN_LIMIT = throttle.Limit("plans", tries=20, window_s=600)


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


@get("/{plan_id:uuid}", operation_id="get_plan", summary="A plan with its hotspots and draft routes")
async def get_plan(request: LexunRequest, plan_id: uuid.UUID) -> PlanOut:
    return await service.get(request.user, plan_id)


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
    route_handlers=[create_plan, list_plans, get_plan, publish_plan, discard_plan],
    tags=["planning"],
)
