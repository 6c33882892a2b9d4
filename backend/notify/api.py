"""HTTP of messages: the stream, the inbox and push subscriptions."""

import re
import uuid
from typing import Annotated

from litestar import Router, delete, get, post
from litestar.exceptions import ValidationException
from litestar.params import Parameter
from litestar.response import Stream
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT

from backend.core.sessions import LexunRequest
from backend.core.throttle import Limit, limited
from backend.notify import keys, push, service, stream
from backend.notify.schemas import (
    SEQ_MAX,
    MessageList,
    PushKeyOut,
    PushTest,
    ReadUpTo,
    Subscription,
    SubscriptionEnd,
)

STREAM_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
SeqInQuery = Annotated[int | None, Parameter(ge=0, le=SEQ_MAX)]
PUSH_TESTS = Limit("push_test", tries=6, window_s=60)


@get(
    "/stream",
    operation_id="open_stream",
    summary="Everything one is told, as it happens; resumes after Last-Event-ID or ?after=",
    media_type="text/event-stream",
)
async def open_stream(
    request: LexunRequest, after: SeqInQuery = None, desk: uuid.UUID | None = None
) -> Stream:
    last_seen = request.headers.get("Last-Event-ID")
    if last_seen is not None:
        if not re.fullmatch(r"[0-9]{1,16}", last_seen):
            raise ValidationException(f"Last-Event-ID is {last_seen[:40]!r}: it is a message's number")
        after = int(last_seen)
    desk_area = await stream.desk_for(request.user, desk) if desk is not None else None
    return Stream(
        stream.events(request.user, after, desk_area), media_type="text/event-stream", headers=STREAM_HEADERS
    )


@get("/me/messages", operation_id="list_messages", summary="One's messages, the latest first")
async def list_messages(request: LexunRequest, before: SeqInQuery = None) -> MessageList:
    return await service.inbox(request.user, before)


@post(
    "/me/messages/read",
    operation_id="mark_messages_read",
    summary="Messages up to a number have been seen",
    status_code=HTTP_204_NO_CONTENT,
)
async def mark_messages_read(request: LexunRequest, data: ReadUpTo) -> None:
    await service.mark_read(request.user, data.seq)


@get("/push/key", operation_id="get_push_key", summary="The key that browsers subscribe with")
async def get_push_key() -> PushKeyOut:
    return PushKeyOut(public_key=(await keys.push_key()).public_key)


@post(
    "/push/subscriptions",
    operation_id="subscribe_push",
    summary="Have messages pushed to this browser",
    status_code=HTTP_204_NO_CONTENT,
)
async def subscribe_push(request: LexunRequest, data: Subscription) -> None:
    await push.subscribe(request.user, data)


@delete(
    "/push/subscriptions",
    operation_id="unsubscribe_push",
    summary="Push nothing more to this browser",
    status_code=HTTP_204_NO_CONTENT,
)
async def unsubscribe_push(request: LexunRequest, data: SubscriptionEnd) -> None:
    await push.unsubscribe(request.user, data.endpoint)


@post(
    "/push/test",
    operation_id="test_push",
    summary="Push a trial message to one's devices and see what happens",
    status_code=HTTP_200_OK,
    guards=[limited(PUSH_TESTS)],
)
async def test_push(request: LexunRequest) -> PushTest:
    return await push.try_out(request.user)


router = Router(
    path="/",
    route_handlers=[
        open_stream,
        list_messages,
        mark_messages_read,
        get_push_key,
        subscribe_push,
        unsubscribe_push,
        test_push,
    ],
    tags=["notify"],
)
