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
from backend.notify import keys, push, robots, service, stream
from backend.notify.schemas import (
    SEQ_MAX,
    AlertWays,
    MessageList,
    PushKeyOut,
    PushTest,
    ReadUpTo,
    RobotIn,
    RobotOut,
    Subscription,
    SubscriptionEnd,
)

STREAM_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
SeqInQuery = Annotated[int | None, Parameter(ge=0, le=SEQ_MAX)]
PUSH_TESTS = Limit("push_test", tries=6, window_s=60)
ROBOT_TESTS = Limit("robot_test", tries=6, window_s=60)


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


@get(
    "/me/alert-ways", operation_id="list_alert_ways", summary="By which ways oneself can be told of an alert"
)
async def list_alert_ways(request: LexunRequest) -> AlertWays:
    return await service.ways(request.user)


@get("/group-robots", operation_id="list_group_robots", summary="The robots of an area's work groups")
async def list_group_robots(request: LexunRequest, area_id: uuid.UUID) -> list[RobotOut]:
    return await robots.listed(request.user, area_id)


@post("/group-robots", operation_id="add_group_robot", summary="Have a work group told of alerts")
async def add_group_robot(request: LexunRequest, data: RobotIn) -> RobotOut:
    return await robots.add(request.user, data)


@delete("/group-robots/{robot_id:uuid}", operation_id="remove_group_robot", summary="Tell a group no more")
async def remove_group_robot(request: LexunRequest, robot_id: uuid.UUID) -> None:
    await robots.remove(request.user, robot_id)


@post(
    "/group-robots/{robot_id:uuid}/test",
    operation_id="test_group_robot",
    summary="Send a group a trial line",
    status_code=HTTP_200_OK,
    guards=[limited(ROBOT_TESTS)],
)
async def test_group_robot(request: LexunRequest, robot_id: uuid.UUID) -> RobotOut:
    return await robots.try_out(request.user, robot_id)


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
        list_alert_ways,
        list_group_robots,
        add_group_robot,
        remove_group_robot,
        test_group_robot,
    ],
    tags=["notify"],
)
