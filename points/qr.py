"""The QR code of a voucher: a signed token that changes every minute, so that a screenshot is soon worthless.

It stands for the transfer that set the voucher's points aside. That one is posted once, so a code counts once; when
a use is undone the points are set aside by another transfer, and every code shown before is dead.
"""

import base64
import binascii
import hashlib
import hmac
from datetime import UTC, datetime
from uuid import UUID

from points.errors import QrExpired, QrInvalid

STEP_S = 60
_PREFIX = "LX1."
_SIGNATURE_BYTES = 16
_TOKEN_BYTES = 16 + 4 + _SIGNATURE_BYTES


def qr_token(transfer_id: UUID, now: datetime, key: bytes) -> str:
    """The text to show as a QR code during the current minute; `key` is the server's secret."""
    step = int(now.timestamp()) // STEP_S
    body = transfer_id.bytes + step.to_bytes(4)
    return _PREFIX + base64.urlsafe_b64encode(body + _sign(transfer_id, body, key)).decode()


def qr_valid_until(now: datetime) -> datetime:
    """When the token of this minute is replaced by the next."""
    return datetime.fromtimestamp((int(now.timestamp()) // STEP_S + 1) * STEP_S, UTC)


def read_qr_token(token: str, now: datetime, key: bytes, leeway_s: int = 30) -> UUID:
    """The transfer that set aside the points of the scanned voucher.

    A token counts during its minute and `leeway_s` seconds before and after it, for slow hands and clocks
    that differ a little. Raises QrInvalid for anything not signed with `key`, QrExpired outside that time.
    """
    text = token.strip()
    if not text.startswith(_PREFIX):
        raise QrInvalid
    try:
        raw = base64.b64decode(text.removeprefix(_PREFIX), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise QrInvalid from None
    if len(raw) != _TOKEN_BYTES:
        raise QrInvalid
    body, signature = raw[:-_SIGNATURE_BYTES], raw[-_SIGNATURE_BYTES:]
    transfer_id = UUID(bytes=body[:16])
    if not hmac.compare_digest(signature, _sign(transfer_id, body, key)):
        raise QrInvalid
    age_s = now.timestamp() - int.from_bytes(body[16:]) * STEP_S
    if not -leeway_s <= age_s < STEP_S + leeway_s:
        raise QrExpired(int(age_s))
    return transfer_id


def _sign(transfer_id: UUID, body: bytes, key: bytes) -> bytes:
    """Signed with a key of this transfer alone, so that one voucher's key gives away no other's."""
    own_key = hmac.digest(key, b"lexun voucher qr" + transfer_id.bytes, hashlib.sha256)
    return hmac.digest(own_key, body, hashlib.sha256)[:_SIGNATURE_BYTES]
