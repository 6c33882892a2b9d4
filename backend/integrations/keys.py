"""Keys of other systems: made by an administrator, shown once, checked with every request."""

import base64
import binascii
import datetime as dt
import secrets
import uuid

import msgspec
from litestar.connection import ASGIConnection

from backend.areas import service as areas
from backend.core import audit, clock
from backend.core.db import atomic
from backend.core.ids import uuid7
from backend.core.problems import NotFound, Problem
from backend.core.roles import Role
from backend.core.sessions import Actor, hashed
from backend.integrations.models import IntegrationKey
from backend.integrations.schemas import KeyIn, KeyOut

PREFIX = "lxk_"
USED_EVERY = dt.timedelta(minutes=1)
FRESH_LOGIN_MINUTES = 5


class KeyRefused(Problem):
    """No key, an unknown one, a revoked one, or one that may not do this."""

    status, code, title = 401, "key-refused", "This needs a key of this system that allows it"


class Machine(msgspec.Struct, frozen=True):
    """The other system behind a request: what its key covers."""

    key_id: uuid.UUID
    area_id: uuid.UUID
    area_path: str
    name: str
    scopes: tuple[str, ...]


@atomic
async def create_key(actor: Actor, wanted: KeyIn) -> KeyOut:
    """Make a key for another system; its text is in this answer only. Needs a fresh login of an administrator."""
    area = await areas.visible(actor, wanted.area_id)
    actor.require(Role.ADMIN, area.path)
    actor.require_fresh(FRESH_LOGIN_MINUTES)
    token = PREFIX + secrets.token_urlsafe(32)
    key = await IntegrationKey.create(
        id=uuid7(),
        area_id=area.id,
        name=wanted.name,
        token_hash=hashed(token),
        scopes=sorted(set(wanted.scopes)),
        created_by=actor.user_id,
        created_at=clock.now(),
    )
    details = {"name": key.name, "scopes": key.scopes}
    await audit.record(actor, "integration.key", "integration_key", key.id, area_id=area.id, details=details)
    return msgspec.structs.replace(key_out(key), token=token)


@atomic
async def revoke_key(actor: Actor, key_id: uuid.UUID) -> None:
    """End a key at once; ending it twice changes nothing."""
    key = await IntegrationKey.filter(id=key_id).first()
    if key is None:
        raise NotFound(kind="key", id=str(key_id))
    area = await areas.visible(actor, key.area_id)
    actor.require(Role.ADMIN, area.path)
    if await IntegrationKey.filter(id=key_id, revoked_at__isnull=True).update(revoked_at=clock.now()):
        await audit.record(actor, "integration.key_end", "integration_key", key_id, area_id=area.id)


async def machine_for(connection: ASGIConnection, scope: str) -> Machine:
    """The system whose key came as `Authorization: Bearer …` (or as a Basic password, which feed readers can send).

    Raises `KeyRefused` unless the key is known, not ended, and has `scope`.
    """
    token = token_of(connection.headers.get("authorization", ""))
    key = await IntegrationKey.filter(token_hash=hashed(token), revoked_at__isnull=True).first()
    if not token or key is None or scope not in key.scopes:
        raise KeyRefused(headers={"WWW-Authenticate": 'Basic realm="Lexun", charset="UTF-8"'}, need=scope)
    now = clock.now()
    if key.last_used_at is None or now - key.last_used_at > USED_EVERY:
        await IntegrationKey.filter(id=key.id).update(last_used_at=now)
    area = await areas.get(key.area_id)
    return Machine(key.id, area.id, area.path, key.name, tuple(key.scopes))


def token_of(header: str) -> str:
    """The token in an Authorization header; "" when there is none."""
    kind, _, value = header.partition(" ")
    if kind.lower() == "bearer":
        return value.strip()
    if kind.lower() == "basic":
        try:
            return base64.b64decode(value.strip(), validate=True).decode("utf-8").partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return ""


def key_out(key: IntegrationKey) -> KeyOut:
    """A key as the administrator sees it, without its text."""
    return KeyOut(key.id, key.area_id, key.name, list(key.scopes), key.created_at, key.last_used_at)
