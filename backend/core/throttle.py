"""Rate limits by person or address, counted once for all processes.

A limit is a number of tries that may come at once, regained evenly over its window (the generic cell rate
algorithm, ITU-T I.371): one time a key is all that is kept, and the wait is known exactly.
"""

import hashlib
import math
import time
from typing import Any

import msgspec
import redis.asyncio
import structlog
from litestar.connection import ASGIConnection
from litestar.handlers.base import BaseRouteHandler
from litestar.types import Guard
from redis.exceptions import RedisError

from backend.core import metrics
from backend.core.problems import RateLimited
from backend.core.requests import client_address

log = structlog.get_logger(__name__)

KEYS_MAX = 100_000
REDIS_TIMEOUT_S = 0.5

# ARGV: interval and window in µs. Returns the µs to wait, 0 when the try is allowed. Redis' own clock is the
# common one. Time is kept in µs because Redis turns Lua numbers into integers.
_SCRIPT = """
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local interval, window = tonumber(ARGV[1]), tonumber(ARGV[2])
local due = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now) + interval
if due - now > window then return due - now - window end
redis.call('SET', KEYS[1], string.format('%.0f', due), 'PX', math.ceil((due - now) / 1000))
return 0
"""


class Limit(msgspec.Struct, frozen=True):
    """At most `tries` at once, and `tries` in every `window_s` seconds from then on. `name` is shown in metrics."""

    name: str
    tries: int
    window_s: float

    def __post_init__(self) -> None:
        if self.tries < 1 or self.window_s <= 0:
            raise ValueError(
                f"limit {self.name!r}: tries={self.tries} and window_s={self.window_s} must be positive"
            )


class _Store:
    """Where the times are kept: this process, and Redis when the processes share one."""

    def __init__(self) -> None:
        self.due_s: dict[str, float] = {}
        self.client: redis.asyncio.Redis | None = None

    def wait_in_memory_s(self, key: str, limit: Limit) -> float:
        now_s = time.monotonic()
        due_s = max(self.due_s.get(key, 0.0), now_s) + limit.window_s / limit.tries
        if due_s - now_s > limit.window_s + 1e-9:
            return due_s - now_s - limit.window_s
        if len(self.due_s) >= KEYS_MAX:
            self._forget_past(now_s)
        self.due_s[key] = due_s
        return 0.0

    def _forget_past(self, now_s: float) -> None:
        self.due_s = {key: due_s for key, due_s in self.due_s.items() if due_s > now_s}
        while len(self.due_s) >= KEYS_MAX:
            self.due_s.pop(next(iter(self.due_s)))

    async def wait_s(self, key: str, limit: Limit) -> float:
        if self.client is not None:
            interval_us, window_us = int(limit.window_s * 1e6 / limit.tries), int(limit.window_s * 1e6)
            try:
                return int(await self.client.eval(_SCRIPT, 1, key, interval_us, window_us)) / 1e6  # type: ignore[misc]
            except (RedisError, OSError) as error:
                log.warning("throttle_counts_alone", error=type(error).__name__)
        return self.wait_in_memory_s(key, limit)


_store = _Store()


async def start_throttle(redis_url: str) -> None:
    """Count together with the other processes; with an empty `redis_url`, in this one."""
    if redis_url:
        _store.client = redis.asyncio.Redis.from_url(
            redis_url, socket_timeout=REDIS_TIMEOUT_S, socket_connect_timeout=REDIS_TIMEOUT_S, retry=None
        )


async def stop_throttle() -> None:
    """Disconnect and forget every count of this process."""
    if _store.client is not None:
        await _store.client.aclose()
        _store.client = None
    _store.due_s.clear()


async def hit(limit: Limit, key: str) -> None:
    """Count one try of `key`; raises `RateLimited` with the seconds to wait when there were too many.

    A refused try does not count. The key (a phone number, an address) is kept as a digest only. While Redis is
    away each process counts alone.
    """
    digest = hashlib.blake2b(f"{limit.name}\0{key}".encode(), digest_size=16).hexdigest()
    wait_s = await _store.wait_s(f"lexun:limit:{digest}", limit)
    if wait_s > 0:
        metrics.throttled.labels(limit.name).inc()
        raise RateLimited(retry_after_s=math.ceil(wait_s))


def limited(limit: Limit) -> Guard:
    """A guard that holds each person (or, of those not signed in, each address) to `limit`.

    It must come after the sessions' middleware, as every guard does.
    """

    async def guard(connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
        await hit(limit, asker(connection))

    return guard


def asker(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """The key of whoever asks: the person if signed in, else the address."""
    user_id = getattr(connection.scope.get("user"), "user_id", None)
    if user_id is not None:
        return f"user {user_id}"
    settings = connection.app.state.get("settings")
    proxies = settings.trusted_proxies if settings is not None else ()
    return f"address {client_address(connection.scope, proxies)}"
