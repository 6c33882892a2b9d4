"""HTTP of calls for help."""

import uuid

from litestar import Router, get, post
from litestar.status_codes import HTTP_200_OK

from backend.core import throttle
from backend.core.sessions import LexunRequest
from backend.sos import service
from backend.sos.schemas import SosCancel, SosEnd, SosIn, SosList, SosOut, SosReceipt

SOS_LIMIT = throttle.Limit("sos", tries=30, window_s=600)


@post(
    "/sos",
    operation_id="raise_sos",
    summary="Call for help, with or without a position",
    status_code=HTTP_200_OK,
    guards=[throttle.limited(SOS_LIMIT)],
)
async def raise_sos(request: LexunRequest, data: SosIn) -> SosOut:
    return await service.raise_call(request.user, data)


@get("/sos/{call_id:uuid}", operation_id="get_sos", summary="How far a call has come")
async def get_sos(request: LexunRequest, call_id: uuid.UUID) -> SosOut:
    return await service.get(request.user, call_id)


@post(
    "/sos/{call_id:uuid}/cancel",
    operation_id="cancel_sos",
    summary="Take one's own call back",
    status_code=HTTP_200_OK,
)
async def cancel_sos(request: LexunRequest, call_id: uuid.UUID, data: SosCancel) -> SosOut:
    return await service.cancel(request.user, call_id, data)


@post(
    "/sos/{call_id:uuid}/receipts",
    operation_id="note_sos_receipt",
    summary="A told person's phone has the call",
    status_code=HTTP_200_OK,
)
async def note_sos_receipt(request: LexunRequest, call_id: uuid.UUID, data: SosReceipt) -> SosOut:
    return await service.note_receipt(request.user, call_id, data)


@post(
    "/sos/{call_id:uuid}/acknowledge",
    operation_id="acknowledge_sos",
    summary="Say that one comes",
    status_code=HTTP_200_OK,
)
async def acknowledge_sos(request: LexunRequest, call_id: uuid.UUID) -> SosOut:
    return await service.acknowledge(request.user, call_id)


@post(
    "/sos/{call_id:uuid}/close",
    operation_id="close_sos",
    summary="End a call, with what came of it",
    status_code=HTTP_200_OK,
)
async def close_sos(request: LexunRequest, call_id: uuid.UUID, data: SosEnd) -> SosOut:
    return await service.close(request.user, call_id, data)


@get("/me/sos", operation_id="list_my_sos", summary="Open calls that one raised or was told of")
async def list_my_sos(request: LexunRequest) -> SosList:
    return await service.mine(request.user)


router = Router(
    path="/",
    route_handlers=[
        raise_sos,
        get_sos,
        cancel_sos,
        note_sos_receipt,
        acknowledge_sos,
        close_sos,
        list_my_sos,
    ],
    tags=["sos"],
)
