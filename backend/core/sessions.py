"""Sessions: an HttpOnly cookie, a row a device, and revocation that holds from the next request on.

The cookie carries a random token, the table its SHA-256. Who someone is and what they may do is read with every
request, so a revoked device or a withdrawn role has no grace period.
"""

import datetime as dt
import hashlib
import secrets
import uuid
from collections.abc import Iterable
from typing import Any

import msgspec
from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers.base import BaseRouteHandler
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult

from backend.core import clock
from backend.core.db import atomic, execute, rows, sql
from backend.core.ids import uuid7
from backend.core.models import RoleGrant, Session
from backend.core.problems import NotAllowed, NotSignedIn, ReauthenticationRequired
from backend.core.roles import Grant, Role

COOKIE = "lexun_session"
CSRF_COOKIE = "lexun_csrf"
SEEN_EVERY = dt.timedelta(minutes=5)


class Actor(msgspec.Struct, frozen=True):
    """The signed-in person as services see them."""

    user_id: uuid.UUID
    session_id: uuid.UUID
    grants: tuple[Grant, ...]
    reauthenticated_at: dt.datetime | None

    def may(self, role: Role, area_path: str) -> bool:
        """Whether a grant of `role` covers `area_path`."""
        return any(grant.role == role and grant.covers(area_path) for grant in self.grants)

    def may_any(self, roles: Iterable[Role], area_path: str) -> bool:
        """Whether a grant of one of `roles` covers `area_path`."""
        return any(self.may(role, area_path) for role in roles)

    def require(self, role: Role, area_path: str) -> None:
        """Raise `NotAllowed` unless `may`."""
        self.require_any((role,), area_path)

    def require_any(self, roles: Iterable[Role], area_path: str) -> None:
        """Raise `NotAllowed` unless `may_any`."""
        wanted = tuple(roles)
        if not self.may_any(wanted, area_path):
            raise NotAllowed(need=[role.value for role in wanted])

    def require_fresh(self, minutes: int = 5) -> None:
        """Raise `ReauthenticationRequired` unless the password was given within the last `minutes`."""
        given = self.reauthenticated_at
        if given is None or clock.now() - given > dt.timedelta(minutes=minutes):
            raise ReauthenticationRequired(minutes=minutes)

    def has(self, role: Role) -> bool:
        """Whether the person holds `role` anywhere."""
        return any(grant.role == role for grant in self.grants)

    def area_paths(self, roles: Iterable[Role]) -> list[str]:
        """The areas in which the person holds one of `roles`."""
        wanted = set(roles)
        return sorted({grant.area_path for grant in self.grants if grant.role in wanted})

    @property
    def merchant_ids(self) -> tuple[uuid.UUID, ...]:
        """The merchants this person works for."""
        return tuple(grant.merchant_id for grant in self.grants if grant.merchant_id is not None)


type LexunRequest = Request[Actor, None, Any]


def hashed(token: str) -> str:
    """What the table holds of a cookie's token."""
    return hashlib.sha256(token.encode()).hexdigest()


@atomic
async def open_session(
    user_id: uuid.UUID, *, device_name: str, days: int, password_given: bool = True
) -> tuple[Session, str]:
    """Make a session and return it with the token for the cookie (kept nowhere else)."""
    token = secrets.token_urlsafe(32)
    now = clock.now()
    session = await Session.create(
        id=uuid7(),
        user_id=user_id,
        token_hash=hashed(token),
        device_name=device_name[:80],
        created_at=now,
        last_seen_at=now,
        expires_at=now + dt.timedelta(days=days),
        reauthenticated_at=now if password_given else None,
    )
    return session, token


async def actor_for(token: str) -> Actor | None:
    """The person behind a cookie, or None when the session is unknown, expired or revoked."""
    return (await _actor_and_slide(token))[0]


async def _actor_and_slide(token: str) -> tuple[Actor | None, bool]:
    """The person, and whether this use moved the session's end on."""
    session = await Session.filter(token_hash=hashed(token), revoked_at__isnull=True).first()
    now = clock.now()
    if session is None or session.expires_at <= now:
        return None, False
    slides = now - session.last_seen_at > SEEN_EVERY
    if slides:
        # The end moves with the last use; of two requests at once the second finds the row moved on already.
        await Session.filter(
            id=session.id, last_seen_at=session.last_seen_at, revoked_at__isnull=True
        ).update(last_seen_at=now, expires_at=now + (session.expires_at - session.last_seen_at))
    actor = Actor(
        user_id=session.user_id,
        session_id=session.id,
        grants=await grants_of(session.user_id),
        reauthenticated_at=session.reauthenticated_at,
    )
    return actor, slides


async def grants_of(user_id: uuid.UUID) -> tuple[Grant, ...]:
    """Every role the person holds now."""
    found = await RoleGrant.filter(user_id=user_id, revoked_at__isnull=True).order_by("id")
    return tuple(
        Grant(
            role=Role(grant.role),
            area_id=grant.area_id,
            area_path=grant.area_path,
            merchant_id=grant.merchant_id,
        )
        for grant in found
    )


async def grant_role(
    user_id: uuid.UUID,
    role: Role,
    *,
    area_id: uuid.UUID | None,
    area_path: str,
    merchant_id: uuid.UUID | None = None,
    granted_by: uuid.UUID | None = None,
) -> RoleGrant:
    """Give a role; giving it twice, even at once, changes nothing."""
    await execute(
        "INSERT INTO role_grant (id, user_id, role, area_id, area_path, merchant_id, granted_by, granted_at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        uuid7(), user_id, role.value, area_id, area_path, merchant_id, granted_by, clock.now(),
    )  # fmt: skip
    return await RoleGrant.get(
        user_id=user_id, role=role, area_path=area_path, merchant_id=merchant_id, revoked_at__isnull=True
    )


async def revoke_role(user_id: uuid.UUID, role: Role, *, merchant_id: uuid.UUID) -> None:
    """Withdraw a person's role at a merchant; holds from their next request on."""
    await RoleGrant.filter(
        user_id=user_id, role=role, merchant_id=merchant_id, revoked_at__isnull=True
    ).update(revoked_at=clock.now())


async def lock_grants(role: Role) -> list[RoleGrant]:
    """Every grant of `role` that holds, kept from being withdrawn by others until the caller's unit of work ends."""
    # SQLite's transactions begin with the write lock and need no more.
    await rows(
        "SELECT id FROM role_grant WHERE role = ? AND revoked_at IS NULL ORDER BY id "
        + sql(sqlite="", postgres="FOR UPDATE"),
        role.value,
    )
    return await RoleGrant.filter(role=role, revoked_at__isnull=True).order_by("id")


async def revoke_sessions(user_id: uuid.UUID, *, session_id: uuid.UUID | None = None) -> int:
    """End one session of the person, or all of them; returns how many ended."""
    wanted = Session.filter(user_id=user_id, revoked_at__isnull=True)
    if session_id is not None:
        wanted = wanted.filter(id=session_id)
    return await wanted.update(revoked_at=clock.now())


async def note_password_given(session_id: uuid.UUID) -> None:
    """The password was entered once more in this session."""
    await Session.filter(id=session_id).update(reauthenticated_at=clock.now())


async def device_names(session_ids: set[uuid.UUID]) -> dict[uuid.UUID, str]:
    """What the devices of these sessions are called, ended ones too."""
    found = await Session.filter(id__in=sorted(session_ids)).values_list("id", "device_name")
    return dict(found)  # type: ignore[arg-type]


async def people_with(role: Role, area_path: str) -> list[uuid.UUID]:
    """Everyone whose grant of `role` covers `area_path`."""
    above = [area_path.rsplit("/", depth)[0] for depth in range(1, area_path.count("/") + 1)]
    paths = ["", area_path, *above]
    found = await RoleGrant.filter(role=role, area_path__in=paths, revoked_at__isnull=True).values_list(
        "user_id", flat=True
    )
    return list(dict.fromkeys(found))  # type: ignore[arg-type]


async def people_with_role(role: Role) -> list[uuid.UUID]:
    """Everyone who holds `role` anywhere."""
    found = await RoleGrant.filter(role=role, revoked_at__isnull=True).values_list("user_id", flat=True)
    return list(dict.fromkeys(found))  # type: ignore[arg-type]


class SessionMiddleware(AbstractAuthenticationMiddleware):
    """Puts the `Actor` (or None) on every request; `signed_in` decides where one is needed."""

    async def authenticate_request(
        self, connection: ASGIConnection[Any, Any, Any, Any]
    ) -> AuthenticationResult:
        token = connection.cookies.get(COOKIE)
        actor, slides = await _actor_and_slide(token) if token else (None, False)
        connection.scope.setdefault("state", {})["session_slides"] = slides
        return AuthenticationResult(user=actor, auth=None)


def slid(request: LexunRequest) -> bool:
    """Whether this request moved its session's end on, so that the cookie should live longer too."""
    return bool(request.scope.get("state", {}).get("session_slides"))


async def signed_in(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Guard of every route, unless the route is marked `opt={"public": True}`."""
    if connection.user is None and not handler.opt.get("public"):
        raise NotSignedIn
