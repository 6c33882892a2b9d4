"""HTTP of what comes after a walk: going on, the receipt, exports, and a second look."""

import uuid
from typing import Any

from litestar import Response, delete, get, post, put
from litestar.status_codes import HTTP_200_OK

from backend.core import throttle
from backend.core.sessions import LexunRequest
from backend.patrols import service
from backend.patrols.schemas import (
    AppealIn,
    AppealVerdict,
    GoOn,
    PatrolOut,
    PrivacyReceipt,
    QuietHomeIn,
    QuietHomeOut,
    WalkedCells,
)

APPEALS = throttle.Limit("appeals", tries=20, window_s=3600)
EXPORTS = throttle.Limit("exports", tries=60, window_s=600)


@post(
    "/patrols/{patrol_id:uuid}/continue",
    operation_id="continue_patrol",
    summary="Answer that one still walks",
    status_code=HTTP_200_OK,
)
async def continue_patrol(request: LexunRequest, patrol_id: uuid.UUID, data: GoOn) -> PatrolOut:
    return await service.go_on(request.user, patrol_id, data)


@get(
    "/patrols/{patrol_id:uuid}/receipt",
    operation_id="get_receipt",
    summary="What is kept, who saw it, when it goes",
)
async def get_receipt(request: LexunRequest, patrol_id: uuid.UUID) -> PrivacyReceipt:
    return await service.receipt(request.user, patrol_id)


@get(
    "/walked",
    operation_id="get_walked_cells",
    summary="Where patrols of a district walked in the last thirty days, in squares that say nothing of anybody",
)
async def get_walked_cells(request: LexunRequest, area_id: uuid.UUID) -> WalkedCells:
    return await service.walked_cells(request.user, area_id)


@get(
    "/patrols/{patrol_id:uuid}/export.gpx",
    operation_id="export_gpx",
    summary="One's own walk as GPX",
    media_type="application/gpx+xml",
    guards=[throttle.limited(EXPORTS)],
)
async def export_gpx(request: LexunRequest, patrol_id: uuid.UUID) -> Response[bytes]:
    data = await service.export_gpx(request.user, patrol_id)
    return Response(data, media_type="application/gpx+xml", headers=_attached(patrol_id, "gpx"))


@get(
    "/patrols/{patrol_id:uuid}/export.json",
    operation_id="export_json",
    summary="Everything that is kept of one's own part",
    guards=[throttle.limited(EXPORTS)],
)
async def export_json(request: LexunRequest, patrol_id: uuid.UUID) -> Response[dict[str, Any]]:
    data = await service.export_json(request.user, patrol_id)
    return Response(data, headers=_attached(patrol_id, "json"))


def _attached(patrol_id: uuid.UUID, suffix: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="patrol-{patrol_id}.{suffix}"'}


@post(
    "/patrols/{patrol_id:uuid}/appeal",
    operation_id="appeal_patrol",
    summary="Ask for a second look",
    status_code=HTTP_200_OK,
    guards=[throttle.limited(APPEALS)],
)
async def appeal_patrol(request: LexunRequest, patrol_id: uuid.UUID, data: AppealIn) -> PatrolOut:
    return await service.appeal(request.user, patrol_id, data)


@post(
    "/patrols/{patrol_id:uuid}/appeal/verdict",
    operation_id="decide_appeal",
    summary="Decide an appeal, as somebody else than the first reviewer",
    status_code=HTTP_200_OK,
)
async def decide_appeal(request: LexunRequest, patrol_id: uuid.UUID, data: AppealVerdict) -> PatrolOut:
    return await service.decide_appeal(request.user, patrol_id, data)


@get("/me/quiet-home", operation_id="get_quiet_home", summary="Whether one's home is left out for others")
async def get_quiet_home(request: LexunRequest) -> QuietHomeOut:
    return await service.quiet_home(request.user)


@put("/me/quiet-home", operation_id="set_quiet_home", summary="Leave one's home out of what others see")
async def set_quiet_home(request: LexunRequest, data: QuietHomeIn) -> QuietHomeOut:
    return await service.set_quiet_home(request.user, data)


@delete("/me/quiet-home", operation_id="forget_quiet_home", summary="Keep nothing of one's home")
async def forget_quiet_home(request: LexunRequest) -> None:
    await service.forget_quiet_home(request.user)


handlers = [
    get_walked_cells,
    continue_patrol,
    get_receipt,
    export_gpx,
    export_json,
    appeal_patrol,
    decide_appeal,
    get_quiet_home,
    set_quiet_home,
    forget_quiet_home,
]
