"""What the desk needs while the server serves: the process for quick repairs, warmed before anybody waits for it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import structlog

from backend.planning import warming
from backend.settings import Settings

log = structlog.get_logger(__name__)


@contextlib.asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[None]:
    """Warm up in the background; the server answers meanwhile."""
    task = asyncio.create_task(_warm())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _warm() -> None:
    try:
        await warming.warm_up()
    except Exception:
        log.exception("warming_failed")
