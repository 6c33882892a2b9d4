"""Use cases of rewards, one module a subject; the API and other features meet them here."""

from backend.core import clock
from backend.core.db import atomic
from backend.rewards.crediting import credit_patrol
from backend.rewards.offering import add_offer, change_offer, set_offer_image
from backend.rewards.purse import my_points
from backend.rewards.shops import hire
from backend.rewards.till import merchant_home, redeem, undo
from backend.rewards.window import Sort, buy, my_voucher, my_vouchers, offer_image, offers
from points import vouchers

__all__ = [
    "Sort",
    "add_offer",
    "buy",
    "change_offer",
    "credit_patrol",
    "expire_vouchers",
    "hire",
    "merchant_home",
    "my_points",
    "my_voucher",
    "my_vouchers",
    "offer_image",
    "offers",
    "redeem",
    "set_offer_image",
    "undo",
]


@atomic
async def expire_vouchers() -> int:
    """Give the points of vouchers back whose time is over; returns how many ended."""
    return len(await vouchers.expire_due(clock.now()))
