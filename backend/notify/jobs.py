"""Background work of messages: pushing them, and forgetting devices that signed out."""

import msgspec

from backend.core.jobs import every, handler
from backend.notify import push


@handler(push.JOB)
async def push_messages(payload: dict[str, object]) -> None:
    """Push one block of messages."""
    await push.push_block(msgspec.convert(payload, push.PushBlock))


@every(3600, "notify.forget_signed_out")
async def forget_signed_out(payload: dict[str, object]) -> None:
    """Delete the push subscriptions of sessions that have ended."""
    await push.forget_signed_out()
