"""What messages need when the server stops: an end to the open streams."""

import contextlib
from collections.abc import AsyncIterator

from backend.notify import stream
from backend.settings import Settings


@contextlib.asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[None]:
    """Close every stream on the way out."""
    try:
        yield
    finally:
        stream.hub.close_all()
