"""Rate limits: how many at once, how they come back, whom they hold, and that processes share them."""

import asyncio
import math
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from litestar import Litestar, get
from litestar.datastructures import State
from litestar.middleware import ASGIMiddleware

from backend.core import throttle
from backend.core.problems import RateLimited, problem_handlers
from backend.core.throttle import Limit, hit, limited
from backend.settings import load_settings


@pytest.fixture(params=["memory", "redis"])
async def counting(request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """The limits counted in this process, and then in a real Redis."""
    await throttle.start_throttle(request.getfixturevalue("redis_url") if request.param == "redis" else "")
    yield request.param
    if throttle._store.client is not None:
        await throttle._store.client.flushdb()
    await throttle.stop_throttle()


async def allowed(limit: Limit, key: str, tries: int) -> int:
    """How many of so many tries at once are allowed."""
    outcomes = await asyncio.gather(*(hit(limit, key) for _ in range(tries)), return_exceptions=True)
    assert all(outcome is None or isinstance(outcome, RateLimited) for outcome in outcomes)
    return outcomes.count(None)


async def test_so_many_at_once_and_no_more(counting: str) -> None:
    """Tries at the same moment are counted one by one; keys and limits do not share their counts."""
    limit = Limit("tries", 5, 3600)
    assert await allowed(limit, "a", 20) == 5
    assert await allowed(limit, "a", 20) == 0
    assert await allowed(limit, "b", 5) == 5
    assert await allowed(Limit("others", 5, 3600), "a", 5) == 5


async def test_the_wait_is_named_and_then_over(counting: str) -> None:
    """A refusal says how long to wait; after that one more is allowed, not all of them."""
    limit = Limit("soon", 3, 3)
    assert await allowed(limit, "a", 3) == 3
    with pytest.raises(RateLimited) as refused:
        await hit(limit, "a")
    assert refused.value.params == {"retry_after_s": 1} and refused.value.headers == {"Retry-After": "1"}
    await asyncio.sleep(1.05)
    assert await allowed(limit, "a", 3) in (1, 2)
    long = Limit("long", 2, 600)
    assert await allowed(long, "a", 2) == 2
    with pytest.raises(RateLimited) as later:
        await hit(long, "a")
    assert math.isclose(later.value.params["retry_after_s"], 300, abs_tol=2)


async def test_refused_tries_do_not_push_the_wait_further(counting: str) -> None:
    """Someone who keeps knocking is let in at the same time as someone who waits."""
    limit = Limit("knock", 1, 0.5)
    assert await allowed(limit, "a", 50) == 1
    await asyncio.sleep(0.55)
    assert await allowed(limit, "a", 1) == 1


async def test_processes_share_one_count(redis_url: str) -> None:
    """Two processes on one Redis allow together what one alone would."""
    stores = [throttle._Store(), throttle._Store()]
    for store in stores:
        store.client = throttle.redis.asyncio.Redis.from_url(redis_url)
    limit = Limit("shared", 10, 3600)
    waits = await asyncio.gather(*(stores[n % 2].wait_s("k", limit) for n in range(40)))
    assert sum(wait == 0 for wait in waits) == 10
    for store in stores:
        assert store.client is not None
        await store.client.aclose()


async def test_without_redis_each_process_goes_on_counting_alone() -> None:
    """A dead Redis neither opens the gates nor closes them."""
    await throttle.start_throttle("redis://127.0.0.1:1/0")
    try:
        assert await allowed(Limit("alone", 3, 3600), "a", 10) == 3
    finally:
        await throttle.stop_throttle()


async def test_memory_stays_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A flood of different keys does not fill the memory."""
    monkeypatch.setattr(throttle, "KEYS_MAX", 100)
    limit = Limit("flood", 1, 3600)
    for n in range(1000):
        await hit(limit, str(n))
    assert len(throttle._store.due_s) <= 100
    await throttle.stop_throttle()


def test_a_limit_that_makes_no_sense_is_refused() -> None:
    """The error names the values."""
    with pytest.raises(ValueError, match="tries=0"):
        Limit("none", 0, 60)


class SignedInAs(ASGIMiddleware):
    """Takes the person from a header, as the sessions' middleware does from a cookie."""

    async def handle(self, scope: Any, receive: Any, send: Any, next_app: Any) -> None:
        names = dict(scope["headers"])
        user = names.get(b"x-user")
        scope["user"] = SimpleNamespace(user_id=user.decode()) if user else None
        await next_app(scope, receive, send)


@get("/limited", guards=[limited(Limit("page", 2, 3600))])
async def page() -> str:
    return "ok"


async def test_people_are_counted_by_person_and_others_by_address(counting: str) -> None:
    """Neighbours behind one address do not lock each other out, and a forged X-Forwarded-For helps nobody."""
    settings = load_settings({}, secret_key="k" * 32, trusted_proxies=["10.0.0.0/8"])
    app = Litestar(
        [page],
        middleware=[SignedInAs()],
        exception_handlers=problem_handlers,
        state=State({"settings": settings}),
    )

    async def statuses(address: str, **headers: str) -> list[int]:
        transport = httpx.ASGITransport(app=app, client=(address, 1))
        async with httpx.AsyncClient(
            transport=transport, base_url="http://testserver", headers=headers
        ) as client:
            return [(await client.get("/limited")).status_code for _ in range(3)]

    assert await statuses("192.0.2.1") == [200, 200, 429]
    assert await statuses("192.0.2.1", **{"X-Forwarded-For": "198.51.100.9"}) == [429] * 3
    assert await statuses("192.0.2.1", **{"X-User": "a"}) == [200, 200, 429]
    assert await statuses("192.0.2.1", **{"X-User": "b"}) == [200, 200, 429]
    assert await statuses("10.1.1.1", **{"X-Forwarded-For": "198.51.100.9"}) == [200, 200, 429]
    assert (
        await statuses("10.2.2.2", **{"X-Forwarded-For": "203.0.113.5, 198.51.100.9, 10.1.1.1"}) == [429] * 3
    )
    assert await statuses("10.1.1.1", **{"X-Forwarded-For": "203.0.113.77"}) == [200, 200, 429]
