"""Jobs of tasks: seats and tasks whose time is over."""

from backend.core.jobs import every
from backend.tasks import service


@every(30, "tasks.release_expired")
async def release_expired(payload: dict) -> None:
    """Give back the seats of people who did not set out in time."""
    await service.release_expired()


@every(60, "tasks.expire_unwalked")
async def expire_unwalked(payload: dict) -> None:
    """Cancel tasks that ended before anybody set out."""
    await service.expire_unwalked()
