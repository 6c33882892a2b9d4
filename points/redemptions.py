"""What happens at a till: a voucher is used once, for ever, or the use is undone within five minutes.

Everything works inside the caller's transaction and holds rows in one order: voucher, redemption, accounts.
"""

import secrets
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from points import ledger
from points.errors import (
    InvalidPoints,
    QrUsed,
    RedemptionUnknown,
    UndoTooLate,
    VoucherAlreadyRedeemed,
    VoucherConflict,
    VoucherNotUsable,
    VoucherOtherMerchant,
    VoucherUnknown,
)
from points.explanation import Line
from points.models import PointsRedemption, PointsVoucher
from points.store import as_uuid, fetch, transaction, utc

UNDO_FOR = timedelta(minutes=5)
_CODE_TRIES = 20

_REDEEM = """
UPDATE points_voucher SET state = 'redeemed', redeemed_at = $3, redeemed_by = $4, redemption_id = $5
WHERE {} = $1 AND merchant_id = $2 AND state = 'issued' AND expires_at > $3
RETURNING id, user_id, transfer_id
"""
_NOTE = """
INSERT INTO points_redemption (id, voucher_id, merchant_id, branch_id, staff_id, user_id, transfer_id, redeemed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO NOTHING RETURNING id
"""
_UNDO = """
UPDATE points_redemption SET undone_at = $2, undone_by = $3, undo_reason = $4 WHERE id = $1 RETURNING id
"""
_ISSUE_AGAIN = """
UPDATE points_voucher SET state = 'issued', redeemed_at = NULL, redeemed_by = NULL, redemption_id = NULL,
    transfer_id = $2, code = $3
WHERE id = $1 RETURNING id
"""


async def redeem(
    shown: str | UUID,
    merchant_id: UUID,
    staff_id: UUID,
    *,
    now: datetime,
    redemption_id: UUID | None = None,
    branch_id: UUID | None = None,
) -> PointsVoucher:
    """Use a voucher at a merchant, by its eight digits or by what its QR code stands for: once, for ever.

    A till that sends again what it sent before, with the redemption_id it made, gets the same answer, also
    after the use was undone. Raises VoucherUnknown, VoucherOtherMerchant, VoucherAlreadyRedeemed,
    VoucherNotUsable, QrUsed, and VoucherConflict where the redemption_id was used for another voucher.
    """
    transaction()
    column = "transfer_id" if isinstance(shown, UUID) else "code"
    wanted = shown if isinstance(shown, UUID) else "".join(shown.split()).replace("-", "")
    if redemption_id is not None and (
        repeated := await _repeated(redemption_id, merchant_id, column, wanted)
    ):
        return repeated
    redemption_id = redemption_id or uuid4()
    won = await fetch(_REDEEM.format(column), wanted, merchant_id, now, staff_id, redemption_id)
    if won:
        voucher_id, user_id = as_uuid(won[0]["id"]), as_uuid(won[0]["user_id"])
        receipt = await ledger.post(as_uuid(won[0]["transfer_id"]), now=now, code="voucher_redeemed")
        noted = (redemption_id, voucher_id, merchant_id, branch_id, staff_id, user_id, receipt.id, now)
        if not await fetch(_NOTE, *noted):
            raise VoucherConflict(redemption_id)  # sent for another voucher in this very moment
        return await PointsVoucher.get(id=voucher_id)
    return await _refused(column, wanted, merchant_id, redemption_id)


async def undo(
    redemption_id: UUID, merchant_id: UUID, staff_id: UUID, reason: str, *, now: datetime
) -> PointsRedemption:
    """Take a redemption back: the voucher can be used again, with other digits and another QR code.

    Undoing twice changes nothing. Raises RedemptionUnknown, UndoTooLate five minutes after it, InvalidPoints
    without a reason, and NotEnoughPoints where the merchant's points have been settled already.
    """
    transaction()
    if not 1 <= len(reason.strip()) <= 200:
        raise InvalidPoints("reason", reason, "say why in 1 to 200 characters")
    found = await PointsRedemption.get_or_none(id=redemption_id, merchant_id=merchant_id)
    if found is None:
        raise RedemptionUnknown
    voucher = await PointsVoucher.filter(id=found.voucher_id).select_for_update().get()
    redemption = await PointsRedemption.filter(id=redemption_id).select_for_update().get()
    if redemption.undone_at is not None:
        return redemption
    until = redemption.redeemed_at + UNDO_FOR
    if now > until:
        raise UndoTooLate(until)
    await ledger.reverse(redemption.transfer_id, reason.strip(), now=now)
    await fetch(_UNDO, redemption_id, now, staff_id, reason.strip())
    title = {"title_zh": voucher.title_zh, "title_en": voucher.title_en}
    again = ledger.Transfer(
        id=ledger.derived_id(redemption_id, "set aside again"),
        debit=ledger.account_id("person", voucher.user_id),
        credit=ledger.account_id("merchant", merchant_id),
        amount=voucher.cost,
        code="voucher_again",
        reference_id=voucher.id,
        lines=(Line(code="voucher_again", points=-voucher.cost, params={**title}),),
    )
    receipt = await ledger.reserve(again, now=now, timeout_at=utc(voucher.expires_at))
    await fetch(_ISSUE_AGAIN, voucher.id, receipt.id, await _free_code())
    return await PointsRedemption.get(id=redemption_id)


async def _repeated(
    redemption_id: UUID, merchant_id: UUID, column: str, wanted: str | UUID
) -> PointsVoucher | None:
    """The voucher of a redemption that is stored already, as it was sent before."""
    stored = await PointsRedemption.get_or_none(id=redemption_id)
    if stored is None:
        return None
    voucher = await PointsVoucher.get(id=stored.voucher_id)
    stands = stored.undone_at is None
    if stored.merchant_id != merchant_id or (stands and getattr(voucher, column) != wanted):
        raise VoucherConflict(redemption_id)
    return voucher


async def _refused(column: str, wanted: str | UUID, merchant_id: UUID, redemption_id: UUID) -> PointsVoucher:
    """Why a voucher could not be redeemed. Digits are only looked up among the merchant's own."""
    own = {} if column == "transfer_id" else {"merchant_id": merchant_id}
    voucher = await PointsVoucher.filter(**{column: wanted}, **own).order_by("-issued_at").first()
    if voucher is None:
        raise QrUsed if column == "transfer_id" else VoucherUnknown
    if voucher.merchant_id != merchant_id:
        raise VoucherOtherMerchant
    if voucher.redeemed_at is not None:
        if voucher.redemption_id == redemption_id:
            return voucher
        raise VoucherAlreadyRedeemed(voucher.redeemed_at)
    if voucher.state == "issued":
        raise VoucherNotUsable("expired", voucher.expires_at)
    raise VoucherNotUsable(voucher.state, voucher.returned_at or voucher.expires_at)


async def _free_code() -> str:
    """Eight digits that no usable voucher has."""
    for _ in range(_CODE_TRIES):
        code = f"{secrets.randbelow(10**8):08d}"
        if not await PointsVoucher.filter(code=code, state="issued").exists():
            return code
    raise RuntimeError(f"no free eight-digit code found in {_CODE_TRIES} tries; too many vouchers are open")
