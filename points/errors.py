"""Every refusal of this package: a stable code, parameters for wording it, and a sentence for the log.

PointsError
├── InvalidPoints            a field cannot be right
├── LedgerError
│   ├── NotEnoughPoints  TransferConflict  TransferNotFound  AccountNotFound
│   └── AlreadyResolved  PendingTimedOut   AlreadyReversed   NotReversible
├── OfferError
│   └── OfferNotFound    OfferNotAvailable OutOfStock        CapReached
├── VoucherError
│   ├── VoucherUnknown   VoucherConflict   VoucherOtherMerchant
│   ├── VoucherAlreadyRedeemed             VoucherNotUsable
│   ├── QrInvalid        QrExpired         QrUsed
│   └── RedemptionUnknown                  UndoTooLate
└── SettlementError
    └── SettlementNotFound                 SettlementState
"""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from points.explanation import Parameter


class PointsError(Exception):
    """A refusal. `code` never changes; `params` are what a client needs to word it."""

    code: ClassVar[str] = "points-error"

    def __init__(self, message: str, **params: Parameter) -> None:
        super().__init__(message)
        self.params: dict[str, Parameter] = params


class InvalidPoints(PointsError):
    """A given field cannot be right: params field, value, remedy."""

    code = "invalid-points"

    def __init__(self, field: str, value: object, remedy: str) -> None:
        super().__init__(f"{field} is {value!r}: {remedy}", field=field, value=str(value), remedy=remedy)


class LedgerError(PointsError):
    """The ledger refused a transfer."""


class NotEnoughPoints(LedgerError):
    """The debited account holds less than the transfer needs: params balance, needed."""

    code = "not-enough-points"

    def __init__(self, balance: int, needed: int) -> None:
        super().__init__(
            f"the account holds {balance} points and {needed} are needed", balance=balance, needed=needed
        )


class TransferConflict(LedgerError):
    """The id was used before for another transfer: params id."""

    code = "transfer-conflict"

    def __init__(self, transfer_id: UUID) -> None:
        super().__init__(
            f"transfer {transfer_id} is stored with other content; use a new id", id=str(transfer_id)
        )


class TransferNotFound(LedgerError):
    """No transfer has this id: params id."""

    code = "transfer-not-found"

    def __init__(self, transfer_id: UUID) -> None:
        super().__init__(f"there is no transfer {transfer_id}", id=str(transfer_id))


class AccountNotFound(LedgerError):
    """No account has this id: params id."""

    code = "points-account-not-found"

    def __init__(self, account_id: UUID) -> None:
        super().__init__(f"there is no account {account_id}; create it before using it", id=str(account_id))


class AlreadyResolved(LedgerError):
    """The pending transfer has ended: params id, resolution (post or void)."""

    code = "pending-already-resolved"

    def __init__(self, pending_id: UUID, resolution: str) -> None:
        super().__init__(
            f"pending transfer {pending_id} has ended already with {resolution}",
            id=str(pending_id),
            resolution=resolution,
        )


class PendingTimedOut(LedgerError):
    """The pending transfer can only be voided now: params id, timeout_at."""

    code = "pending-timed-out"

    def __init__(self, pending_id: UUID, timeout_at: datetime) -> None:
        super().__init__(
            f"pending transfer {pending_id} timed out at {timeout_at.isoformat()}; void it",
            id=str(pending_id),
            timeout_at=timeout_at.isoformat(),
        )


class AlreadyReversed(LedgerError):
    """The transfer was reversed before, for another reason: params id, reason."""

    code = "transfer-already-reversed"

    def __init__(self, transfer_id: UUID, reason: str) -> None:
        super().__init__(
            f"transfer {transfer_id} is reversed already: {reason}", id=str(transfer_id), reason=reason
        )


class NotReversible(LedgerError):
    """Only a transfer that moved points can be reversed: params id, kind."""

    code = "transfer-not-reversible"

    def __init__(self, transfer_id: UUID, kind: str) -> None:
        super().__init__(
            f"transfer {transfer_id} is {kind} and moved nothing; void a pending one instead",
            id=str(transfer_id),
            kind=kind,
        )


class OfferError(PointsError):
    """An offer cannot be bought."""


class OfferNotFound(OfferError):
    """No offer has this id: params id."""

    code = "offer-not-found"

    def __init__(self, offer_id: UUID) -> None:
        super().__init__(f"there is no offer {offer_id}", id=str(offer_id))


class OfferNotAvailable(OfferError):
    """The offer is not open now: params id, why (paused, closed, not_started, ended)."""

    code = "offer-not-available"

    def __init__(self, offer_id: UUID, why: str) -> None:
        super().__init__(f"offer {offer_id} cannot be bought now: {why}", id=str(offer_id), why=why)


class OutOfStock(OfferError):
    """The last one was bought: params id."""

    code = "out-of-stock"

    def __init__(self, offer_id: UUID) -> None:
        super().__init__(f"nothing is left of offer {offer_id}", id=str(offer_id))


class CapReached(OfferError):
    """This person holds as many as one may: params id, cap."""

    code = "cap-reached"

    def __init__(self, offer_id: UUID, cap: int) -> None:
        super().__init__(f"one person may have {cap} of offer {offer_id}", id=str(offer_id), cap=cap)


class VoucherError(PointsError):
    """A voucher cannot do what was asked."""


class VoucherUnknown(VoucherError):
    """No voucher has this id or code here."""

    code = "voucher-unknown"

    def __init__(self) -> None:
        super().__init__("no voucher has this code here; check the digits or scan again")


class VoucherConflict(VoucherError):
    """The id was used before for another purchase: params id."""

    code = "voucher-conflict"

    def __init__(self, voucher_id: UUID) -> None:
        super().__init__(f"voucher {voucher_id} is another purchase; use a new id", id=str(voucher_id))


class VoucherOtherMerchant(VoucherError):
    """The voucher is for another merchant."""

    code = "voucher-other-merchant"

    def __init__(self) -> None:
        super().__init__("this voucher is for another merchant")


class VoucherAlreadyRedeemed(VoucherError):
    """The voucher was used: params at."""

    code = "voucher-already-redeemed"

    def __init__(self, at: datetime) -> None:
        super().__init__(f"this voucher was redeemed at {at.isoformat()}", at=at.isoformat())


class VoucherNotUsable(VoucherError):
    """The voucher has expired or was refunded: params state, at."""

    code = "voucher-not-usable"

    def __init__(self, state: str, at: datetime) -> None:
        super().__init__(f"this voucher is {state} since {at.isoformat()}", state=state, at=at.isoformat())


class QrInvalid(VoucherError):
    """What was scanned is no voucher of ours."""

    code = "qr-invalid"

    def __init__(self) -> None:
        super().__init__("this QR code is no voucher; type its eight digits instead")


class QrExpired(VoucherError):
    """The scanned code was shown too long ago, or by a phone whose clock is wrong: params age_s."""

    code = "qr-expired"

    def __init__(self, age_s: int) -> None:
        super().__init__(f"this QR code was made {age_s} s ago; show the voucher again", age_s=age_s)


class QrUsed(VoucherError):
    """The scanned code belongs to a use of the voucher that was undone since."""

    code = "qr-used"

    def __init__(self) -> None:
        super().__init__("this QR code was used already; let the phone show the voucher again")


class RedemptionUnknown(VoucherError):
    """No redemption has this id at this merchant."""

    code = "redemption-unknown"

    def __init__(self) -> None:
        super().__init__("this merchant has no such redemption")


class UndoTooLate(VoucherError):
    """The minutes in which a redemption can be undone are over: params until."""

    code = "undo-too-late"

    def __init__(self, until: datetime) -> None:
        super().__init__(f"this could be undone until {until.isoformat()}", until=until.isoformat())


class SettlementError(PointsError):
    """A statement cannot do what was asked."""


class SettlementNotFound(SettlementError):
    """No statement has this id: params id."""

    code = "settlement-not-found"

    def __init__(self, settlement_id: UUID) -> None:
        super().__init__(f"there is no statement {settlement_id}", id=str(settlement_id))


class SettlementState(SettlementError):
    """The state of the statement does not allow this step: params id, state."""

    code = "settlement-state"

    def __init__(self, settlement_id: UUID, state: str) -> None:
        super().__init__(
            f"statement {settlement_id} is {state}; this step comes at another time",
            id=str(settlement_id),
            state=state,
        )
