"""What patrols keep open while the server runs: the writer of positions."""

import contextlib
from collections.abc import AsyncIterator

from backend.patrols import service
from backend.settings import Settings


@contextlib.asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[None]:
    """On the way out, write the positions that are waiting."""
    try:
        yield
    finally:
        await service.writer.close()
