"""HTTP of trackers: setting one up, and the addresses to which programs send without a session."""

import uuid
from typing import Any

from litestar import Request, Response, delete, get, post
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT

from backend.core import throttle
from backend.core.sessions import LexunRequest
from backend.patrols import service
from backend.patrols.schemas import TrackerOut, TrackerReceipt

SENT = throttle.Limit("trackers", tries=1_200, window_s=600)
OPENED = throttle.Limit("trackers_opened", tries=30, window_s=600)
OUTSIDE: dict[str, Any] = {"public": True, "exclude_from_csrf": True}
"""Programs have no session; the token in the address is what they have."""

type AnyRequest = Request[Any, Any, Any]


def _query(request: AnyRequest) -> dict[str, str]:
    return {name: str(value) for name, value in request.query_params.multi_items()}


@post(
    "/patrols/{patrol_id:uuid}/tracker",
    operation_id="open_tracker",
    summary="An address for a tracker on one's own walk, with how to set each program up",
    status_code=HTTP_200_OK,
    guards=[throttle.limited(OPENED)],
)
async def open_tracker(request: LexunRequest, patrol_id: uuid.UUID) -> TrackerOut:
    return await service.open_tracker(request.user, patrol_id)


@delete(
    "/patrols/{patrol_id:uuid}/tracker",
    operation_id="close_tracker",
    summary="Make the tracker's address worthless",
    status_code=HTTP_204_NO_CONTENT,
)
async def close_tracker(request: LexunRequest, patrol_id: uuid.UUID) -> None:
    await service.close_tracker(request.user, patrol_id)


@post(
    "/patrols/{patrol_id:uuid}/gpx",
    operation_id="upload_gpx",
    summary="Add a recorded track: the body is the GPX file",
    status_code=HTTP_200_OK,
    guards=[throttle.limited(OPENED)],
)
async def upload_gpx(request: LexunRequest, patrol_id: uuid.UUID) -> TrackerReceipt:
    return await service.from_gpx(request.user, patrol_id, await request.body())


@post(
    "/trackers/{token:str}/owntracks",
    operation_id="receive_owntracks",
    summary="What OwnTracks sends in HTTP mode",
    status_code=HTTP_200_OK,
    guards=[throttle.limited(SENT)],
    opt=OUTSIDE,
)
async def receive_owntracks(request: AnyRequest, token: str) -> Response[list[Any]]:
    await service.from_owntracks(token, await request.body())
    return Response([])  # it expects a list of messages for the phone


@get(
    "/trackers/osmand",
    operation_id="receive_osmand_fields",
    summary="What OsmAnd and Traccar Client send in an address",
    guards=[throttle.limited(SENT)],
    opt=OUTSIDE,
)
async def receive_osmand_fields(request: AnyRequest) -> TrackerReceipt:
    return await service.from_osmand(None, _query(request), "", b"")


@post(
    "/trackers/osmand",
    operation_id="receive_osmand",
    summary="What OsmAnd and Traccar Client send as a form or as JSON",
    status_code=HTTP_200_OK,
    guards=[throttle.limited(SENT)],
    opt=OUTSIDE,
)
async def receive_osmand(request: AnyRequest) -> TrackerReceipt:
    return await service.from_osmand(None, _query(request), request.content_type[0], await request.body())


@get(
    "/trackers/{token:str}/gpslogger",
    operation_id="receive_gpslogger_address",
    summary="What GPSLogger sends in an address",
    guards=[throttle.limited(SENT)],
    opt=OUTSIDE,
)
async def receive_gpslogger_address(request: AnyRequest, token: str) -> TrackerReceipt:
    return await service.from_gpslogger(token, _query(request), b"")


@post(
    "/trackers/{token:str}/gpslogger",
    operation_id="receive_gpslogger",
    summary="What GPSLogger sends as a form",
    status_code=HTTP_200_OK,
    guards=[throttle.limited(SENT)],
    opt=OUTSIDE,
)
async def receive_gpslogger(request: AnyRequest, token: str) -> TrackerReceipt:
    return await service.from_gpslogger(token, _query(request), await request.body())


handlers = [
    open_tracker,
    close_tracker,
    upload_gpx,
    receive_owntracks,
    receive_osmand_fields,
    receive_osmand,
    receive_gpslogger_address,
    receive_gpslogger,
]
