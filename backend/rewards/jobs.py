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
