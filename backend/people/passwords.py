"""Passwords: Argon2id, computed in a thread so that the event loop goes on."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from backend.core.pools import in_thread

_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_NOBODY = _hasher.hash("a password nobody has")


async def hash_password(password: str) -> str:
    """The encoded hash to store."""
    return await in_thread(_hasher.hash, password)


async def matches(password_hash: str | None, password: str) -> bool:
    """Whether `password` is right; takes as long when there is no such account (`password_hash` None)."""
    return await in_thread(_verify, password_hash or _NOBODY, password) and password_hash is not None


def _verify(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False
