"""HTTP of hotspots."""

import uuid
from typing import Annotated

from litestar import Response, Router, get, post
from litestar.params import PathParameter, QueryParameter
from litestar.status_codes import HTTP_202_ACCEPTED, HTTP_304_NOT_MODIFIED

from backend.core import throttle
from backend.core.sessions import LexunRequest
from backend.hotspots import service
from backend.hotspots.schemas import CellsOut, FairnessOut, HotspotsOut, MakingOut, OutlookNew, SpotOut

ASK_LIMIT = throttle.Limit("hotspots", tries=6, window_s=600)
CELL_MAX = 1_000_000


@get(
    "/",
    operation_id="get_hotspots",
    summary="An area's newest hotspot map in words: places, choice, results, age",
)
async def get_hotspots(request: LexunRequest, area_id: uuid.UUID) -> HotspotsOut:
    return await service.hotspots(request.user, area_id)


@post(
    "/",
    operation_id="make_hotspots",
    summary="Have a new map made in the background",
    status_code=HTTP_202_ACCEPTED,
    guards=[throttle.limited(ASK_LIMIT)],
)
async def make_hotspots(request: LexunRequest, data: OutlookNew) -> MakingOut:
    return await service.ask(request.user, data)


@get(
    "/fairness",
    operation_id="get_fairness",
    summary="Patrol minutes per resident and per incident, by community",
)
async def get_fairness(
    request: LexunRequest, area_id: uuid.UUID, days: Annotated[int, QueryParameter(ge=1, le=366)] = 28
) -> FairnessOut:
    return await service.fairness(request.user, area_id, days)


@get(
    "/{outlook_id:uuid}/cells",
    operation_id="get_hotspot_cells",
    summary="A map's cells as columns; never changes, so a browser asks only whether it still has it",
)
async def get_hotspot_cells(
    request: LexunRequest, outlook_id: uuid.UUID, area_id: uuid.UUID
) -> Response[CellsOut | None]:
    etag = f'"{outlook_id}.{area_id}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    found = await service.cells(request.user, outlook_id, area_id)
    if etag in request.headers.get("If-None-Match", ""):
        return Response(None, status_code=HTTP_304_NOT_MODIFIED, headers=headers)
    return Response(found, headers=headers)


@get(
    "/{outlook_id:uuid}/cells/{number:int}",
    operation_id="get_hotspot_cell",
    summary="One cell of a map, with its reason",
)
async def get_hotspot_cell(
    request: LexunRequest,
    outlook_id: uuid.UUID,
    number: Annotated[int, PathParameter(ge=0, le=CELL_MAX)],
    area_id: uuid.UUID,
    shift: Annotated[int | None, QueryParameter(ge=0, le=2)] = None,
    hour: Annotated[int | None, QueryParameter(ge=0, le=167)] = None,
) -> SpotOut:
    return await service.cell(request.user, outlook_id, area_id, number, shift, hour)


router = Router(
    path="/hotspots",
    route_handlers=[get_hotspots, make_hotspots, get_fairness, get_hotspot_cells, get_hotspot_cell],
    tags=["hotspots"],
)
