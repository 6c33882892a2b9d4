"""Background work of reports."""

from backend.core.jobs import every
from backend.reports import service


@every(86_400, "reports.forget")
async def forget(payload: dict[str, str]) -> None:
    """Delete photos that are too old."""
    await service.forget_old()
