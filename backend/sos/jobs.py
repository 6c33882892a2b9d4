"""Background work of calls for help."""

import datetime as dt

from backend.core import clock
from backend.core.jobs import every
from backend.sos import service


@every(15, "sos.widen_unanswered")
async def widen_unanswered(payload: dict[str, str]) -> None:
    """Tell more people of calls that nobody has answered."""
    await service.widen_unanswered()


@every(3600, "sos.forget_positions")
async def forget_positions(payload: dict[str, str]) -> None:
    """Delete where callers were, a month after their call ended."""
    await service.forget_positions(clock.now() - dt.timedelta(days=30))
