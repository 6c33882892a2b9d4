"""What the demo keeps running while the server runs: its simulated teams."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from backend.demo import walkers
from backend.settings import Settings


@contextlib.asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[None]:
    """Simulate the teams, where the server runs as a demo."""
    task = asyncio.create_task(walkers.run()) if settings.demo else None
    try:
        yield
    finally:
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
