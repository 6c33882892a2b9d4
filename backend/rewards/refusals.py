"""How rewards refuse: the ledger's own refusals as problems of the same code, and those of shops and tills."""

import contextlib
from collections.abc import Iterator

from backend.core.problems import Conflict, FieldError, InvalidFields, Problem
from points import errors

STATUS_BY_CODE = {
    "offer-not-found": 404,
    "voucher-unknown": 404,
    "transfer-not-found": 404,
    "points-account-not-found": 404,
    "redemption-unknown": 404,
    "settlement-not-found": 404,
    "qr-expired": 410,
    "qr-used": 410,
    "qr-invalid": 422,
}


class MerchantNotOpen(Conflict):
    """A suspended or closed merchant honours no voucher: params state."""

    code, title = "merchant-not-open", "This merchant does not honour vouchers now"


class VoucherOfAnotherShop(Conflict):
    """The voucher that was scanned is for another merchant: params shop_zh, shop_en, address_zh, address_en."""

    code, title = "voucher-other-merchant", "This voucher is for another merchant"


class BranchClosed(Conflict):
    """The till named a branch that is closed: params branch_id."""

    code, title = "branch-closed", "This branch of the shop is closed"


class LicenceTaken(Conflict):
    """Another merchant, or an application still open, has the licence: params licence_no."""

    code, title = "licence-taken", "This licence number is registered already"


class MerchantStateConflict(Conflict):
    """The merchant's state does not allow this, or the asker would decide about their own shop: params state."""

    code, title = "merchant-state-conflict", "The state of this shop does not allow that"


class NotOwner(Problem):
    """Only the merchant's owner may do this."""

    status, code, title = 403, "not-owner", "Only the owner of the shop may do this"


@contextlib.contextmanager
def as_problems() -> Iterator[None]:
    """Turn the ledger's refusals into problems of the same code; most are conflicts (409)."""
    try:
        yield
    except errors.InvalidPoints as error:
        field, remedy = str(error.params["field"]), str(error.params["remedy"])
        raise InvalidFields([FieldError(field, "invalid", remedy, error.params["value"])]) from error
    except errors.PointsError as error:
        status = STATUS_BY_CODE.get(error.code, 409)
        problem = Problem.of(error.code, status, error.code.replace("-", " ").capitalize(), **error.params)
        problem.detail = str(error)
        raise problem from error
