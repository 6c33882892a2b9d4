"""Background work of patrols."""

from backend.core.jobs import every
from backend.patrols import service


@every(60, "patrols.finish_forgotten")
async def finish_forgotten(payload: dict[str, str]) -> None:
    """End the patrols that nobody ended, and the walks of those who withdrew."""
    await service.finish_forgotten()
    await service.finish_withdrawn()
