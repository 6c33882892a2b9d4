"""Background work of messages: pushing them, and forgetting devices that signed out."""

import uuid

import msgspec

from backend.core.jobs import every, handler
from backend.notify import push, robots


@handler(push.JOB)
async def push_messages(payload: dict[str, object]) -> None:
    """Push one block of messages."""
    await push.push_block(msgspec.convert(payload, push.PushBlock))


@every(3600, "notify.forget_signed_out")
async def forget_signed_out(payload: dict[str, object]) -> None:
    """Delete the push subscriptions of sessions that have ended."""
    await push.forget_signed_out()


@handler(robots.JOB)
async def tell_group(payload: dict[str, str]) -> None:
    """Try one line to one group; it plans its own next try."""
    await robots.deliver(uuid.UUID(payload["message_id"]))


@every(86_400, "notify.forget_group_messages")
async def forget_group_messages(payload: dict[str, object]) -> None:
    """Shorten the log of lines to groups."""
    await robots.forget_old()
