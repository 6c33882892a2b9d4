"""Background work of calls for help."""

from backend.core.jobs import every
from backend.sos import service


@every(15, "sos.widen_unanswered")
async def widen_unanswered(payload: dict[str, str]) -> None:
    """Tell more people of calls that nobody has answered."""
    await service.widen_unanswered()
