"""Signed texts to be scanned: a person's companion code, and the codes of checkpoints on paper, tags and screens.

Whoever holds a code can show it, so each says no more than that somebody stood where it was shown. It is a few bytes
signed with a key derived from the server's secret for its purpose alone; the web address before it lets any phone's
camera open the app.
"""

import base64
import binascii
import datetime as dt
import hashlib
import hmac
import uuid
from typing import Literal

import msgspec

from backend.core.problems import FieldError, Gone, InvalidFields
from backend.settings import current

type CheckpointKind = Literal["qr", "nfc", "screen"]

COMPANION_HOLDS = dt.timedelta(hours=12)
SCREEN_STEP_S = 30
SIGNATURE_BYTES = 12
_KINDS: tuple[CheckpointKind, ...] = ("qr", "nfc", "screen")


class CompanionCodeExpired(Gone):
    """Companion codes are renewed with every task package, so an old one is a photograph of one."""

    code, title = "companion-code-expired", "This companion code is too old; let them open the app once more"


class ScannedCode(msgspec.Struct, frozen=True):
    """What a checkpoint's code says; `shown_at` is the moment a screen showed it, None on paper and tags."""

    checkpoint_id: uuid.UUID
    kind: CheckpointKind
    serial: int
    shown_at: dt.datetime | None


def companion_code(user_id: uuid.UUID, now: dt.datetime) -> tuple[str, dt.datetime]:
    """The token of one person, and until when it is good."""
    valid_until = (now + COMPANION_HOLDS).replace(microsecond=0)
    return signed("companion", user_id.bytes + int(valid_until.timestamp()).to_bytes(4)), valid_until


def companion_qr(token: str) -> str:
    """The text of the QR code that shows a companion token."""
    return f"{current().origin()}/with#{token}"


def read_companion_code(scanned: str, at: dt.datetime) -> uuid.UUID:
    """The person who showed the code at the time `at`.

    Raises `InvalidFields` for anything that is no companion code and `CompanionCodeExpired` for one of another day.
    """
    body = unsigned("companion", scanned, 20)
    if body is None:
        raise InvalidFields(
            [
                FieldError(
                    "token", "unknown-code", "Scan the companion code on your mate's phone", scanned[:60]
                )
            ]
        )
    if at.timestamp() > int.from_bytes(body[16:]):
        raise CompanionCodeExpired
    return uuid.UUID(bytes=body[:16])


def checkpoint_code(checkpoint_id: uuid.UUID, kind: CheckpointKind, serial: int, now: dt.datetime) -> str:
    """The text of a checkpoint's QR code, of its tag's one NDEF address record, or of its screen right now."""
    step = int(now.timestamp()) // SCREEN_STEP_S if kind == "screen" else 0
    body = checkpoint_id.bytes + bytes([_KINDS.index(kind)]) + serial.to_bytes(2) + step.to_bytes(4)
    return f"{current().origin()}/at#{signed('checkpoint', body)}"


def screen_renews_at(now: dt.datetime) -> dt.datetime:
    """When a screen must show its next code."""
    return dt.datetime.fromtimestamp((int(now.timestamp()) // SCREEN_STEP_S + 1) * SCREEN_STEP_S, dt.UTC)


def read_checkpoint_code(scanned: str) -> ScannedCode | None:
    """What the scanned text says, or None when it is no checkpoint's code of this server."""
    body = unsigned("checkpoint", scanned, 23)
    if body is None or body[16] >= len(_KINDS):
        return None
    kind, step = _KINDS[body[16]], int.from_bytes(body[19:])
    shown_at = dt.datetime.fromtimestamp(step * SCREEN_STEP_S, dt.UTC) if kind == "screen" else None
    return ScannedCode(uuid.UUID(bytes=body[:16]), kind, int.from_bytes(body[17:19]), shown_at)


def signed(purpose: str, body: bytes) -> str:
    """The bytes with their signature for one purpose, as text for addresses."""
    return base64.urlsafe_b64encode(body + _signature(purpose, body)).decode().rstrip("=")


def unsigned(purpose: str, scanned: str, length: int) -> bytes | None:
    """The bytes of a signed text (also after the # of an address), None when they were not signed for this purpose."""
    text = scanned.strip().rpartition("#")[2]
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    body, signature = raw[:-SIGNATURE_BYTES], raw[-SIGNATURE_BYTES:]
    genuine = len(body) == length and hmac.compare_digest(signature, _signature(purpose, body))
    return body if genuine else None


def _signature(purpose: str, body: bytes) -> bytes:
    key = hmac.digest(current().secret_key.encode(), b"lexun code " + purpose.encode(), hashlib.sha256)
    return hmac.digest(key, body, hashlib.sha256)[:SIGNATURE_BYTES]
