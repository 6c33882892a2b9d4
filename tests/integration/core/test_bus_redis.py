"""The bus between processes, over a real Redis that also goes away and comes back."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator
from typing import Any

import pytest

from backend.core import bus
from tests.support.processes import stop
from tests.support.redis import RedisServer

LIMIT_S = 30


class Other:
    """A second process, as far as the bus can tell: a link of its own and a list of what it received."""

    def __init__(self, url: str) -> None:
        self.received: list[tuple[str, bus.Message]] = []
        self.gaps = 0
        self.link = bus.RedisLink(
            url, lambda channel, message: self.received.append((channel, message)), self._gap
        )

    def _gap(self) -> None:
        self.gaps += 1


async def until(holds: Any) -> None:
    """Wait until `holds()`."""
    async with asyncio.timeout(LIMIT_S):
        while not holds():  # noqa: ASYNC110 - the condition is another task's
            await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def connected(url: str) -> AsyncIterator[Other]:
    """This process's bus and another's, both on `url`."""
    other = Other(url)
    await bus.start_bus(url)
    other.link.start()
    try:
        await until(lambda: bus.is_connected() and other.link.connected)
        yield other
    finally:
        await other.link.stop()
        await bus.stop_bus()


async def test_messages_reach_the_other_processes_once_and_here_at_once(redis_url: str) -> None:
    """A publisher's own readers are served directly, and its echo from Redis is not taken for news."""
    async with connected(redis_url) as other:
        with bus.subscribe("area:1") as here:
            for n in range(100):
                bus.publish("area:1", {"n": n})
            assert [(await anext(here))["n"] for _ in range(100)] == list(range(100))
            await until(lambda: len(other.received) == 100)
            assert other.received == [("area:1", {"n": n}) for n in range(100)]
            other.link.send("area:1", {"n": "back"})
            assert await asyncio.wait_for(anext(here), LIMIT_S) == {"n": "back"}


async def test_the_bus_comes_back_after_redis_was_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """While Redis is dead nothing fails and local readers are served; afterwards messages flow and gaps are marked."""
    monkeypatch.setattr(bus, "PAUSE_FIRST_S", 0.05)
    server = RedisServer()
    port = server.port
    gap = {"kind": "gap"}
    async with connected(server.url()) as other:
        with bus.subscribe("c", after_gap=gap) as here:
            stop(server._process, signal.SIGKILL)
            await until(lambda: not bus.is_connected() and not other.link.connected)
            bus.publish("c", {"n": 1})
            assert await anext(here) == {"n": 1}
            monkeypatch.setattr("tests.support.redis.free_port", lambda: port)
            second = RedisServer()
            try:
                await until(lambda: bus.is_connected() and other.link.connected)
                assert await asyncio.wait_for(anext(here), LIMIT_S) == gap
                assert other.gaps == 1
                other.received.clear()
                bus.publish("c", {"n": 2})
                await until(lambda: ("c", {"n": 2}) in other.received)
            finally:
                second.close()
    server.close()


async def test_what_is_not_ours_on_the_channel_is_ignored(redis_url: str) -> None:
    """A foreign message does not end the reading."""
    async with connected(redis_url) as other:
        await other.link._client.publish(bus.REDIS_CHANNEL, b"\xff not json")
        with bus.subscribe("c") as here:
            other.link.send("c", {"n": 1})
            assert await asyncio.wait_for(anext(here), LIMIT_S) == {"n": 1}
