"""Background work of rewards."""

from backend.core.jobs import every
from backend.rewards import service


@every(600, "rewards.expire_vouchers")
async def expire_vouchers(payload: dict[str, str]) -> None:
    """Give back the points of vouchers that were not used in time."""
    while await service.expire_vouchers() >= 200:
        pass


@every(3_600, "rewards.finish_refunds")
async def finish_refunds(payload: dict[str, str]) -> None:
    """Refund what is left of shops whose closing was interrupted."""
    await service.finish_refunds()


@every(300, "rewards.seal_journal")
async def seal_journal(payload: dict[str, str]) -> None:
    """Seal the ledger's settled transfers."""
    await service.seal_journal()


@every(86_400, "rewards.audit_ledger")
async def audit_ledger(payload: dict[str, str]) -> None:
    """Recompute every balance and check every seal; the result is on the administrators' page."""
    await service.audit_ledger()


@every(86_400, "rewards.end_points")
async def end_points(payload: dict[str, str]) -> None:
    """Announce and end points whose time is over."""
    await service.end_points()


@every(21_600, "rewards.freeze_statements")
async def freeze_statements(payload: dict[str, str]) -> None:
    """Freeze the month that is over, of every merchant, by the calendar of its district."""
    await service.freeze_last_month()


@every(86_400, "rewards.watch_budgets")
async def watch_budgets(payload: dict[str, str]) -> None:
    """Tell administrators of budgets that are about to end."""
    await service.watch_budgets()


@every(86_400, "rewards.find_signals")
async def find_signals(payload: dict[str, str]) -> None:
    """Look for what is odd among redemptions and credits."""
    await service.find_signals()
