"""HTTP of patrols and of the live map."""

import uuid
from typing import Annotated, Any, Literal

from litestar import Router, get, post
from litestar.params import QueryParameter
from litestar.status_codes import HTTP_200_OK

from backend.core import throttle
from backend.core.sessions import LexunRequest
from backend.patrols import presence_api, receipt_api, service, tracker_api
from backend.patrols.schemas import (
    Evidence,
    FixBatch,
    FixReceipt,
    LiveOut,
    MaybePatrol,
    PatrolFinish,
    PatrolList,
    PatrolOut,
    PatrolStart,
    ReviewIn,
)

FIX_LIMIT = throttle.Limit("fixes", tries=240, window_s=600)


@post("/patrols", operation_id="start_patrol", summary="Start a task's patrol, join it, or start a free one")
async def start_patrol(request: LexunRequest, data: PatrolStart) -> PatrolOut:
    return await service.start(request.user, data)


@post(
    "/patrols/{patrol_id:uuid}/fixes",
    operation_id="add_fixes",
    summary="Send positions; answered once they are stored",
    status_code=HTTP_200_OK,
    guards=[throttle.limited(FIX_LIMIT)],
)
async def add_fixes(request: LexunRequest, patrol_id: uuid.UUID, data: FixBatch) -> FixReceipt:
    return await service.add_fixes(request.user, patrol_id, data)


@post(
    "/patrols/{patrol_id:uuid}/finish",
    operation_id="finish_patrol",
    summary="End one's walk",
    status_code=HTTP_200_OK,
)
async def finish_patrol(request: LexunRequest, patrol_id: uuid.UUID, data: PatrolFinish) -> PatrolOut:
    return await service.finish(request.user, patrol_id, data)


@post(
    "/patrols/{patrol_id:uuid}/review",
    operation_id="review_patrol",
    summary="Accept or reject a patrol",
    status_code=HTTP_200_OK,
)
async def review_patrol(request: LexunRequest, patrol_id: uuid.UUID, data: ReviewIn) -> PatrolOut:
    return await service.review(request.user, patrol_id, data)


@get("/patrols/{patrol_id:uuid}", operation_id="get_patrol", summary="A patrol")
async def get_patrol(request: LexunRequest, patrol_id: uuid.UUID) -> PatrolOut:
    return await service.get(request.user, patrol_id)


@get("/patrols/{patrol_id:uuid}/track", operation_id="get_track", summary="The walked lines as GeoJSON")
async def get_track(request: LexunRequest, patrol_id: uuid.UUID) -> dict[str, Any]:
    return await service.track_of(request.user, patrol_id)


@get(
    "/patrols/{patrol_id:uuid}/evidence",
    operation_id="get_evidence",
    summary="What lies behind a patrol's findings, to be drawn for its reviewer",
)
async def get_evidence(request: LexunRequest, patrol_id: uuid.UUID) -> Evidence:
    return await service.evidence(request.user, patrol_id)


@get("/patrols", operation_id="list_patrols", summary="Patrols of an area, for the desk")
async def list_patrols(
    request: LexunRequest,
    area_id: uuid.UUID,
    wanted: Annotated[
        Literal["awaiting_review", "appealed", "active", "accepted", "partial", "rejected", "recent"],
        QueryParameter(name="state"),
    ] = "recent",
) -> PatrolList:
    return await service.listed(request.user, area_id, wanted)


@get("/me/patrol", operation_id="get_my_patrol", summary="One's running patrol")
async def get_my_patrol(request: LexunRequest) -> MaybePatrol:
    return MaybePatrol(await service.running(request.user))


@get("/me/patrols", operation_id="list_my_patrols", summary="One's last patrols")
async def list_my_patrols(request: LexunRequest) -> PatrolList:
    return await service.my_past(request.user)


@get("/live", operation_id="get_live", summary="Every running patrol of an area, for the desk's map")
async def get_live(request: LexunRequest, area_id: uuid.UUID) -> LiveOut:
    return await service.live(request.user, area_id)


router = Router(
    path="/",
    route_handlers=[
        start_patrol,
        add_fixes,
        finish_patrol,
        review_patrol,
        get_patrol,
        get_track,
        get_evidence,
        list_patrols,
        get_my_patrol,
        list_my_patrols,
        get_live,
        *presence_api.handlers,
        *receipt_api.handlers,
        *tracker_api.handlers,
    ],
    tags=["patrols"],
)
