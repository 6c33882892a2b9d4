"""Background work of rewards."""

from backend.core.jobs import every
from backend.rewards import service


@every(600, "rewards.expire_vouchers")
async def expire_vouchers(payload: dict[str, str]) -> None:
    """Give back the points of vouchers that were not used in time."""
    while await service.expire_vouchers() >= 200:
        pass
