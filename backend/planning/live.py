"""What planning needs while the server runs: the settings that say where the street maps are."""

import contextlib
from collections.abc import AsyncIterator

from backend.planning import maps
from backend.settings import Settings


@contextlib.asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[None]:
    """Follow `settings` until the server stops."""
    maps.configure(settings)
    try:
        yield
    finally:
        maps.configure(None)
