"""Use cases of rewards, one module a subject; the API and other features meet them here."""

from backend.core import clock
from backend.core.db import atomic
from backend.rewards.boards import (
    activity,
    change_reward_settings,
    choose,
    leaderboard,
    my_choice,
    reward_settings,
)
from backend.rewards.budgeting import add_budget, budgets_of, end_budget, watch_budgets
from backend.rewards.crediting import credit_patrol
from backend.rewards.deeds import credit_deed, deeds_of, people_to_thank
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
    places_to_join,
    refuse,
    reopen,
    suspend,
)
from backend.rewards.offering import add_offer, change_offer, set_offer_image
from backend.rewards.promising import counts_promises, require_budget
from backend.rewards.purse import my_points
from backend.rewards.ruling import (
    draft_rules,
    preview_rules,
    rules_for_volunteers,
    rules_of_district,
    switch_rules_on,
)
from backend.rewards.shops import hire
from backend.rewards.signals import close_signal, find_signals, signals_of
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
from backend.rewards.window import Sort, buy, my_voucher, my_vouchers, offer_image, offers, one_offer
from points import vouchers

__all__ = [
    "Sort",
    "activity",
    "add_branch",
    "add_budget",
    "add_offer",
    "add_staff",
    "apply",
    "approve",
    "audit_ledger",
    "audit_now",
    "budgets_of",
    "buy",
    "change_branch",
    "change_merchant",
    "change_offer",
    "change_reward_settings",
    "choose",
    "close_as_admin",
    "close_as_owner",
    "close_signal",
    "confirm_settlement",
    "counts_promises",
    "credit_deed",
    "credit_patrol",
    "deeds_of",
    "dispute_settlement",
    "draft_rules",
    "end_budget",
    "end_points",
    "expire_vouchers",
    "export_settlement",
    "find_signals",
    "finish_refunds",
    "freeze_last_month",
    "freeze_period",
    "hire",
    "leaderboard",
    "ledger_health",
    "listed",
    "merchant_home",
    "my_choice",
    "my_merchants",
    "my_points",
    "my_settlements",
    "my_voucher",
    "my_vouchers",
    "offer_image",
    "offers",
    "one_offer",
    "open_month",
    "pay_settlement",
    "people_to_thank",
    "places_to_join",
    "preview_rules",
    "redeem",
    "refuse",
    "remove_staff",
    "reopen",
    "require_budget",
    "resolve_line",
    "reward_settings",
    "rules_for_volunteers",
    "rules_of_district",
    "seal_journal",
    "set_offer_image",
    "settlement_detail",
    "settlements_of_area",
    "signals_of",
    "staff",
    "suspend",
    "switch_rules_on",
    "undo",
    "watch_budgets",
]


@atomic
async def expire_vouchers() -> int:
    """Give the points of vouchers back whose time is over; returns how many ended."""
    return len(await vouchers.expire_due(clock.now()))
