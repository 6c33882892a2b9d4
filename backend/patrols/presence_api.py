"""HTTP of being there and walking together: the task package, logs, visits, checkpoints and team mates."""

import uuid
from typing import Literal

from litestar import Response, get, head, patch, post
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT

from backend.core import throttle, uploads
from backend.core.sessions import LexunRequest
from backend.patrols import service
from backend.patrols.schemas import (
    CheckpointChange,
    CheckpointCode,
    CheckpointIn,
    CheckpointList,
    CheckpointOut,
    CompanionCode,
    HandOver,
    JoinIn,
    LogBatch,
    LogReceipt,
    MateList,
    PatrolOut,
    VisitIn,
    VisitList,
    VisitOut,
    WalkPackage,
)

LOG_LIMIT = throttle.Limit("logs", tries=120, window_s=600)
VISIT_LIMIT = throttle.Limit("visits", tries=60, window_s=600)
PHOTO_LIMIT = throttle.Limit("visit_photos", tries=600, window_s=600)
CODE_LIMIT = throttle.Limit("companion_codes", tries=60, window_s=600)
PHOTO_HEADERS = {"Cache-Control": "private, no-store", "Cross-Origin-Resource-Policy": "same-origin"}


@get(
    "/walk-package", operation_id="get_walk_package", summary="All that a phone needs to walk with no network"
)
async def get_walk_package(
    request: LexunRequest, assignment_id: uuid.UUID | None = None, area_id: uuid.UUID | None = None
) -> WalkPackage:
    return await service.walk_package(request.user, assignment_id, area_id)


@get("/me/companion-code", operation_id="get_companion_code", summary="One's own code for mates to scan")
async def get_companion_code(request: LexunRequest) -> CompanionCode:
    return await service.companion_code(request.user)


@post(
    "/patrols/join",
    operation_id="join_patrol",
    summary="Join the patrol of the person whose code was scanned",
    status_code=HTTP_200_OK,
    guards=[throttle.limited(CODE_LIMIT)],
)
async def join_patrol(request: LexunRequest, data: JoinIn) -> PatrolOut:
    return await service.join(request.user, data)


@post(
    "/patrols/{patrol_id:uuid}/members",
    operation_id="add_member",
    summary="The leader adds the mate whose code was scanned",
    status_code=HTTP_200_OK,
    guards=[throttle.limited(CODE_LIMIT)],
)
async def add_member(request: LexunRequest, patrol_id: uuid.UUID, data: JoinIn) -> PatrolOut:
    return await service.add_mate(request.user, patrol_id, data)


@post(
    "/patrols/{patrol_id:uuid}/lead",
    operation_id="hand_over_lead",
    summary="Let another walking member lead",
    status_code=HTTP_200_OK,
)
async def hand_over_lead(request: LexunRequest, patrol_id: uuid.UUID, data: HandOver) -> PatrolOut:
    return await service.hand_over(request.user, patrol_id, data)


@get(
    "/patrols/{patrol_id:uuid}/mates",
    operation_id="list_mates",
    summary="Where the others are who walk the same patrol now",
)
async def list_mates(request: LexunRequest, patrol_id: uuid.UUID) -> MateList:
    return await service.mates(request.user, patrol_id)


@post(
    "/patrols/{patrol_id:uuid}/logs",
    operation_id="add_logs",
    summary="Log matters met on the way",
    status_code=HTTP_200_OK,
    guards=[throttle.limited(LOG_LIMIT)],
)
async def add_logs(request: LexunRequest, patrol_id: uuid.UUID, data: LogBatch) -> LogReceipt:
    return await service.add_logs(request.user, patrol_id, data)


@post(
    "/patrols/{patrol_id:uuid}/logs/{log_id:uuid}/undo",
    operation_id="undo_log",
    summary="Take a logged matter back",
    status_code=HTTP_200_OK,
)
async def undo_log(request: LexunRequest, patrol_id: uuid.UUID, log_id: uuid.UUID) -> LogReceipt:
    return await service.undo_log(request.user, patrol_id, log_id)


@post(
    "/patrols/{patrol_id:uuid}/visits",
    operation_id="add_visit",
    summary="Show that one is at a checkpoint or stop",
    status_code=HTTP_200_OK,
    guards=[throttle.limited(VISIT_LIMIT)],
)
async def add_visit(request: LexunRequest, patrol_id: uuid.UUID, data: VisitIn) -> VisitOut:
    return await service.visit(request.user, patrol_id, data)


@get(
    "/patrols/{patrol_id:uuid}/visits",
    operation_id="list_visits",
    summary="Where a patrol showed that it was",
)
async def list_visits(request: LexunRequest, patrol_id: uuid.UUID) -> VisitList:
    return await service.visits_of(request.user, patrol_id)


@head(
    "/patrols/{patrol_id:uuid}/visits/{visit_id:uuid}/photo",
    operation_id="get_visit_photo_progress",
    summary="How much of a visit's photo has arrived (tus 1.0.0)",
)
async def get_visit_photo_progress(
    request: LexunRequest, patrol_id: uuid.UUID, visit_id: uuid.UUID
) -> Response[None]:
    return uploads.state_answer(await service.photo_progress(request.user, patrol_id, visit_id))


@patch(
    "/patrols/{patrol_id:uuid}/visits/{visit_id:uuid}/photo",
    operation_id="send_visit_photo",
    summary="The next bytes of a visit's photo: JPEG, PNG or WebP (tus 1.0.0)",
    status_code=HTTP_204_NO_CONTENT,
    guards=[throttle.limited(PHOTO_LIMIT)],
)
async def send_visit_photo(
    request: LexunRequest, patrol_id: uuid.UUID, visit_id: uuid.UUID
) -> Response[None]:
    piece = uploads.piece_of(request.headers)
    return uploads.kept_answer(
        await service.add_photo_piece(request.user, patrol_id, visit_id, piece, request.stream())
    )


@get(
    "/patrols/{patrol_id:uuid}/visits/{visit_id:uuid}/photo",
    operation_id="get_visit_photo",
    summary="A visit's photo",
    media_type="image/webp",
)
async def get_visit_photo(
    request: LexunRequest, patrol_id: uuid.UUID, visit_id: uuid.UUID
) -> Response[bytes]:
    data = await service.photo_of(request.user, patrol_id, visit_id)
    return Response(data, media_type="image/webp", headers=PHOTO_HEADERS)


@get("/checkpoints", operation_id="list_checkpoints", summary="The checkpoints of an area")
async def list_checkpoints(request: LexunRequest, area_id: uuid.UUID) -> CheckpointList:
    return await service.list_checkpoints(request.user, area_id)


@post("/checkpoints", operation_id="create_checkpoint", summary="Add a checkpoint")
async def create_checkpoint(request: LexunRequest, data: CheckpointIn) -> CheckpointOut:
    return await service.create_checkpoint(request.user, data)


@patch(
    "/checkpoints/{checkpoint_id:uuid}",
    operation_id="change_checkpoint",
    summary="Rename a checkpoint, renew its codes, or take it out of use",
)
async def change_checkpoint(
    request: LexunRequest, checkpoint_id: uuid.UUID, data: CheckpointChange
) -> CheckpointOut:
    return await service.change_checkpoint(request.user, checkpoint_id, data)


@get(
    "/checkpoints/{checkpoint_id:uuid}/code",
    operation_id="get_checkpoint_code",
    summary="The text of a checkpoint's code, to print, write on a tag or show on a screen",
)
async def get_checkpoint_code(
    request: LexunRequest, checkpoint_id: uuid.UUID, kind: Literal["qr", "nfc", "screen"]
) -> CheckpointCode:
    return await service.checkpoint_code(request.user, checkpoint_id, kind)


handlers = [
    get_walk_package,
    get_companion_code,
    join_patrol,
    add_member,
    hand_over_lead,
    list_mates,
    add_logs,
    undo_log,
    add_visit,
    list_visits,
    get_visit_photo_progress,
    send_visit_photo,
    get_visit_photo,
    list_checkpoints,
    create_checkpoint,
    change_checkpoint,
    get_checkpoint_code,
]
