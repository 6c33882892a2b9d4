"""Background work of feedback."""

from backend.core.jobs import every
from backend.feedback import service


@every(86_400, "feedback.remind")
async def remind(payload: dict[str, str]) -> None:
    """Remind those who answer of what is due."""
    await service.remind()
