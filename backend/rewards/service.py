"""Use cases of rewards, one module a subject; the API and other features meet them here."""

from backend.core import clock
from backend.core.db import atomic
from backend.rewards.crediting import credit_deed, credit_patrol
from backend.rewards.ledger_health import (
    audit_ledger,
    audit_now,
    end_points,
    ledger_health,
    seal_journal,
)
from backend.rewards.merchants import (
    apply,
    approve,
    change_merchant,
    close_as_admin,
    close_as_owner,
    finish_refunds,
    listed,
    my_merchants,
    refuse,
    reopen,
    suspend,
)
from backend.rewards.offering import add_offer, change_offer, set_offer_image
from backend.rewards.purse import my_points
from backend.rewards.ruling import (
    draft_rules,
    preview_rules,
    rules_for_volunteers,
    rules_of_district,
    switch_rules_on,
)
from backend.rewards.shops import hire
from backend.rewards.staffing import add_branch, add_staff, change_branch, remove_staff, staff
from backend.rewards.statements import (
    confirm_settlement,
    dispute_settlement,
    export_settlement,
    freeze_last_month,
    freeze_period,
    my_settlements,
    open_month,
    pay_settlement,
    resolve_line,
    settlement_detail,
    settlements_of_area,
)
from backend.rewards.till import merchant_home, redeem, undo
from backend.rewards.window import Sort, buy, my_voucher, my_vouchers, offer_image, offers
from points import vouchers

__all__ = [
    "Sort",
    "add_branch",
    "add_offer",
    "add_staff",
    "apply",
    "approve",
    "audit_ledger",
    "audit_now",
    "buy",
    "change_branch",
    "change_merchant",
    "change_offer",
    "close_as_admin",
    "close_as_owner",
    "confirm_settlement",
    "credit_deed",
    "credit_patrol",
    "dispute_settlement",
    "draft_rules",
    "end_points",
    "expire_vouchers",
    "export_settlement",
    "finish_refunds",
    "freeze_last_month",
    "freeze_period",
    "hire",
    "ledger_health",
    "listed",
    "merchant_home",
    "my_merchants",
    "my_points",
    "my_settlements",
    "my_voucher",
    "my_vouchers",
    "offer_image",
    "offers",
    "open_month",
    "pay_settlement",
    "preview_rules",
    "redeem",
    "refuse",
    "remove_staff",
    "reopen",
    "resolve_line",
    "rules_for_volunteers",
    "rules_of_district",
    "seal_journal",
    "set_offer_image",
    "settlement_detail",
    "settlements_of_area",
    "staff",
    "suspend",
    "switch_rules_on",
    "undo",
]


@atomic
async def expire_vouchers() -> int:
    """Give the points of vouchers back whose time is over; returns how many ended."""
    return len(await vouchers.expire_due(clock.now()))
