"""HTTP of feedback."""

import uuid
from typing import Annotated, Literal

from litestar import Router, get, post
from litestar.params import QueryParameter
from litestar.status_codes import HTTP_200_OK

from backend.core import throttle
from backend.core.sessions import LexunRequest
from backend.feedback import service
from backend.feedback.schemas import FeedbackAnswer, FeedbackIn, FeedbackList, FeedbackOut

SEND_LIMIT = throttle.Limit("feedback", tries=20, window_s=3600)


@post(
    "/feedback",
    operation_id="send_feedback",
    summary="Suggest something or complain",
    status_code=HTTP_200_OK,
    guards=[throttle.limited(SEND_LIMIT)],
)
async def send_feedback(request: LexunRequest, data: FeedbackIn) -> FeedbackOut:
    return await service.send(request.user, data)


@get("/me/feedback", operation_id="list_my_feedback", summary="One's own feedback and its answers")
async def list_my_feedback(request: LexunRequest) -> FeedbackList:
    return await service.mine(request.user)


@get("/feedback", operation_id="list_feedback", summary="An area's feedback, for those who answer it")
async def list_feedback(
    request: LexunRequest,
    area_id: uuid.UUID,
    wanted: Annotated[Literal["open", "answered"], QueryParameter(name="state")] = "open",
) -> FeedbackList:
    return await service.listed(request.user, area_id, wanted)


@post(
    "/feedback/{feedback_id:uuid}/answer",
    operation_id="answer_feedback",
    summary="Answer feedback, or answer it better",
    status_code=HTTP_200_OK,
)
async def answer_feedback(request: LexunRequest, feedback_id: uuid.UUID, data: FeedbackAnswer) -> FeedbackOut:
    return await service.answer(request.user, feedback_id, data)


@post(
    "/feedback/{feedback_id:uuid}/close",
    operation_id="close_feedback",
    summary="Be content with the answer to one's feedback",
    status_code=HTTP_200_OK,
)
async def close_feedback(request: LexunRequest, feedback_id: uuid.UUID) -> FeedbackOut:
    return await service.close(request.user, feedback_id)


router = Router(
    path="/",
    route_handlers=[send_feedback, list_my_feedback, list_feedback, answer_feedback, close_feedback],
    tags=["feedback"],
)
