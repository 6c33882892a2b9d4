"""What every request gets: an id, one line in the log, and a place in the metrics; and who is asking, by address.

It wraps the whole application, because the framework runs middleware only for requests that found a route.
"""

import hashlib
import ipaddress
import re
import time
import uuid
from typing import Any, cast

import structlog
from litestar import Litestar
from litestar.types import ASGIApp, HTTPResponseStartEvent, HTTPScope, Message, Receive, Scope, Send

from backend.core import metrics
from backend.core.ids import uuid7
from backend.core.redaction import redacted
from backend.settings import Settings

log = structlog.get_logger("lexun.access")

NO_ROUTE = "(no route)"
CLIENT_LEFT = 499
_QUIET_ROUTES = {"/healthz", "/readyz", "/metrics"}
_REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


def observe_requests(app: Litestar, settings: Settings) -> None:
    """Wrap `app` in `RequestObserver`; called once after the application is made."""
    app.asgi_handler = RequestObserver(app.asgi_handler, settings)


class RequestObserver:
    """The ASGI wrapper that does it."""

    def __init__(self, inner: ASGIApp, settings: Settings) -> None:
        self.inner = inner
        self._pepper = hashlib.sha256(b"log" + settings.secret_key.encode()).digest()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.inner(scope, receive, send)
            return
        scope = cast(HTTPScope, scope)
        request_id = request_id_from(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        seen = _Seen()

        async def observed_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                seen.start(message, request_id)
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self.inner(scope, receive, observed_send)
            except Exception:
                seen.fail()
                raise
            finally:
                self._note(scope, seen)

    def _note(self, scope: HTTPScope, seen: "_Seen") -> None:
        seconds = time.perf_counter() - seen.started_s
        route = str(scope.get("path_template") or NO_ROUTE)
        method = scope["method"] if scope["method"] in _METHODS else "OTHER"
        metrics.requests.labels(method, route, str(seen.status)).inc()
        if not seen.is_stream:
            metrics.request_seconds.labels(method, route).observe(seconds)
        if route in _QUIET_ROUTES and seen.status < 400:
            return
        log.info(
            "request", method=method, route=route, status=seen.status, ms=round(seconds * 1000, 1),
            **({"who": who} if (who := self._pseudonym(scope)) else {}),
        )  # fmt: skip

    def _pseudonym(self, scope: HTTPScope) -> str:
        """The signed-in person as a short keyed hash: lines can be joined, the person cannot be read from them."""
        user_id = getattr(scope.get("user"), "user_id", None)
        if not isinstance(user_id, uuid.UUID):
            return ""
        return hashlib.blake2b(user_id.bytes, key=self._pepper, digest_size=6).hexdigest()


class _Seen:
    """What has been seen of one answer so far."""

    def __init__(self) -> None:
        self.started_s = time.perf_counter()
        self.status = CLIENT_LEFT
        self.is_stream = False

    def fail(self) -> None:
        if self.status == CLIENT_LEFT:
            self.status = 500

    def start(self, message: HTTPResponseStartEvent, request_id: str) -> None:
        self.status = message["status"]
        headers = [(name, value) for name, value in message["headers"] if name.lower() != b"x-request-id"]
        self.is_stream = any(
            name.lower() == b"content-type" and value.startswith(b"text/event-stream")
            for name, value in headers
        )
        message["headers"] = [*headers, (b"x-request-id", request_id.encode())]


def request_id_from(scope: Scope) -> str:
    """The caller's `X-Request-ID` when it is 8 to 64 plain characters and no personal data, else a new one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            given = value.decode("latin-1")
            if _REQUEST_ID.fullmatch(given) and redacted(given) == given and not given.isdigit():
                return given
    return str(uuid7())


def client_address(scope: Any, trusted_proxies: tuple[str, ...]) -> str:
    """The asker's address: the connection's, or the last address in X-Forwarded-For that no trusted proxy has.

    `trusted_proxies` holds addresses or networks ("10.0.0.0/8"). The header is believed only from them.
    """
    client = scope.get("client")
    address = client[0] if client else ""
    forwarded = [
        part.strip()
        for name, value in scope["headers"]
        if name == b"x-forwarded-for"
        for part in value.decode("latin-1").split(",")
    ]
    while forwarded and _is_among(address, trusted_proxies):
        candidate = forwarded.pop()
        if not _is_address(candidate):
            break
        address = candidate
    return address


def is_loopback(address: str) -> bool:
    """Whether the address is this machine's own."""
    return _is_address(address) and ipaddress.ip_address(address).is_loopback


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_among(address: str, networks: tuple[str, ...]) -> bool:
    if not _is_address(address):
        return False
    parsed = ipaddress.ip_address(address)
    return any(parsed in ipaddress.ip_network(network, strict=False) for network in networks)
