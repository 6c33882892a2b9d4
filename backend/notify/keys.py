"""The installation's VAPID key pair (RFC 8292), made once, and the signed headers that push services ask for."""

import base64
import time

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid

from backend.core import clock
from backend.core.db import atomic, execute
from backend.notify.models import PushKey

SIGNED_FOR_S = 12 * 3600
"""How long a signature holds; services refuse more than 24 h."""


async def push_key() -> PushKey:
    """The key pair; made by whichever process asks first, and the same for all of them."""
    return await PushKey.filter(id=1).first() or await _make()


@atomic
async def _make() -> PushKey:
    private = ec.generate_private_key(ec.SECP256R1())
    public = private.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    await execute(
        "INSERT INTO push_key (id, private_key, public_key, created_at) VALUES (1, ?, ?, ?)"
        " ON CONFLICT (id) DO NOTHING",
        base64url(private.private_numbers().private_value.to_bytes(32)), base64url(public), clock.now(),
    )  # fmt: skip
    return await PushKey.get(id=1)


class Signatures:
    """Authorization headers by push service, each signed once in half its life: signing costs as much as sealing."""

    def __init__(self, key: PushKey, subject: str) -> None:
        self.public_key = key.public_key
        self.subject = subject
        self._vapid = Vapid.from_raw(key.private_key.encode())
        self._by_origin: dict[str, tuple[float, str]] = {}

    def authorization(self, origin: str) -> str:
        """The Authorization header for the push service at `origin`."""
        now = time.time()  # the service compares with its own, real clock
        expires, header = self._by_origin.get(origin, (0.0, ""))
        if expires - now < SIGNED_FOR_S / 2:
            expires = now + SIGNED_FOR_S
            claims = {"sub": self.subject, "aud": origin, "exp": int(expires)}
            header = self._vapid.sign(claims)["Authorization"]
            self._by_origin[origin] = (expires, header)
        return header


def base64url(data: bytes) -> str:
    """Base64 for addresses, without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    """The bytes behind `base64url`; raises ValueError."""
    return base64.b64decode(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4), validate=True)


def is_point(data: bytes) -> bool:
    """Whether the bytes are an uncompressed point of the curve P-256, as a browser's public key is."""
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), data)
    except ValueError:
        return False
    return data[0] == 4
