"""HTTP of reports."""

import uuid
from typing import Annotated, Literal

from litestar import Response, Router, get, head, patch, post, put
from litestar.params import QueryParameter
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT

from backend.core import throttle, uploads
from backend.core.sessions import LexunRequest
from backend.reports import service
from backend.reports.schemas import ReportIn, ReportList, ReportMove, ReportOut, WordChange, WordList

REPORT_LIMIT = throttle.Limit("reports", tries=30, window_s=3600)
PHOTO_LIMIT = throttle.Limit("report_photos", tries=600, window_s=600)
PHOTO_HEADERS = {"Cache-Control": "private, no-store", "Cross-Origin-Resource-Policy": "same-origin"}


@post(
    "/reports",
    operation_id="send_report",
    summary="Report something seen",
    status_code=HTTP_200_OK,
    guards=[throttle.limited(REPORT_LIMIT)],
)
async def send_report(request: LexunRequest, data: ReportIn) -> ReportOut:
    return await service.report(request.user, data)


@get("/me/reports", operation_id="list_my_reports", summary="One's own reports and what became of them")
async def list_my_reports(request: LexunRequest) -> ReportList:
    return await service.mine(request.user)


@get("/reports", operation_id="list_reports", summary="An area's reports, for its police")
async def list_reports(
    request: LexunRequest,
    area_id: uuid.UUID,
    wanted: Annotated[Literal["open", "closed"], QueryParameter(name="state")] = "open",
) -> ReportList:
    return await service.listed(request.user, area_id, wanted)


@get(
    "/reports/words",
    operation_id="list_report_words",
    summary="The words by which a report's wording is looked at first, for the area's police",
)
async def list_report_words(request: LexunRequest, area_id: uuid.UUID) -> WordList:
    return await service.word_list(request.user, area_id)


@put(
    "/reports/words",
    operation_id="change_report_word",
    summary="Have a word looked for in a district's reports, or no longer",
)
async def change_report_word(request: LexunRequest, data: WordChange) -> WordList:
    return await service.change_word(request.user, data)


@get("/reports/{report_id:uuid}", operation_id="get_report", summary="One report")
async def get_report(request: LexunRequest, report_id: uuid.UUID) -> ReportOut:
    return await service.get(request.user, report_id)


@post(
    "/reports/{report_id:uuid}/withdraw",
    operation_id="withdraw_report",
    summary="Take one's own report back within ten minutes",
    status_code=HTTP_200_OK,
)
async def withdraw_report(request: LexunRequest, report_id: uuid.UUID) -> ReportOut:
    return await service.withdraw(request.user, report_id)


@post(
    "/reports/{report_id:uuid}/move",
    operation_id="move_report",
    summary="Take a report on: triaged, handed over, acted upon, closed with an outcome",
    status_code=HTTP_200_OK,
)
async def move_report(request: LexunRequest, report_id: uuid.UUID, data: ReportMove) -> ReportOut:
    return await service.move(request.user, report_id, data)


@head(
    "/reports/{report_id:uuid}/photos/{photo_id:uuid}",
    operation_id="get_report_photo_progress",
    summary="How much of a report's photo has arrived (tus 1.0.0)",
)
async def get_report_photo_progress(
    request: LexunRequest, report_id: uuid.UUID, photo_id: uuid.UUID
) -> Response[None]:
    return uploads.state_answer(await service.progress(request.user, report_id, photo_id))


@patch(
    "/reports/{report_id:uuid}/photos/{photo_id:uuid}",
    operation_id="send_report_photo",
    summary="The next bytes of a report's photo: JPEG, PNG or WebP (tus 1.0.0)",
    status_code=HTTP_204_NO_CONTENT,
    guards=[throttle.limited(PHOTO_LIMIT)],
)
async def send_report_photo(
    request: LexunRequest, report_id: uuid.UUID, photo_id: uuid.UUID
) -> Response[None]:
    piece = uploads.piece_of(request.headers)
    return uploads.kept_answer(
        await service.add_piece(request.user, report_id, photo_id, piece, request.stream())
    )


@get(
    "/reports/{report_id:uuid}/photos/{photo_id:uuid}",
    operation_id="get_report_photo",
    summary="A photo of a report",
    media_type="image/webp",
)
async def get_report_photo(
    request: LexunRequest, report_id: uuid.UUID, photo_id: uuid.UUID
) -> Response[bytes]:
    data = await service.photo_of(request.user, report_id, photo_id)
    return Response(data, media_type="image/webp", headers=PHOTO_HEADERS)


router = Router(
    path="/",
    route_handlers=[
        send_report,
        list_my_reports,
        list_reports,
        list_report_words,
        change_report_word,
        get_report,
        withdraw_report,
        move_report,
        get_report_photo_progress,
        send_report_photo,
        get_report_photo,
    ],
    tags=["reports"],
)
