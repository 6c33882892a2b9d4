"""What the demo keeps running while the server runs: its simulated teams and mates."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from backend.demo import company, walkers
from backend.settings import Settings


@contextlib.asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[None]:
    """Simulate the teams and the visitors' mates, where the server runs as a demo."""
    parts = (walkers.run(), company.run()) if settings.demo else ()
    running = [asyncio.create_task(part) for part in parts]
    try:
        yield
    finally:
        for task in running:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
