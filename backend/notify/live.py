"""What messages need while the server runs: the settings that pushes follow, and an end to streams when it stops."""

import contextlib
from collections.abc import AsyncIterator

from backend.notify import push, stream
from backend.settings import Settings


@contextlib.asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[None]:
    """Follow `settings` until the server stops."""
    push.configure(settings)
    try:
        yield
    finally:
        stream.hub.close_all()
        push.configure(None)
