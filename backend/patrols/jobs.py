"""Background work of patrols."""

import uuid

from backend.core.jobs import every, handler
from backend.patrols import service


@handler("patrols.match", time_limit_s=120)
async def match(payload: dict[str, str]) -> None:
    """Lay a finished walk onto the streets and look for oddities."""
    await service.match(uuid.UUID(payload["patrol_id"]))


@every(3600, "patrols.forget")
async def forget(payload: dict[str, str]) -> None:
    """Delete positions, lines and photos that are too old."""
    await service.forget()


@every(15, "patrols.follow")
async def follow(payload: dict[str, str]) -> None:
    """Bring the figures of running patrols up to date."""
    await service.follow()


@every(60, "patrols.finish_forgotten")
async def finish_forgotten(payload: dict[str, str]) -> None:
    """End the patrols that nobody ended, and the walks of those who withdrew."""
    await service.finish_forgotten()
    await service.finish_withdrawn()
