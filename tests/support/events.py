"""The application on a real socket in this process, and a reader of its server-sent events."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import uvicorn

from tests.support.processes import free_port


@contextlib.asynccontextmanager
async def listening(app: Any) -> AsyncIterator[str]:
    """Serve an application that is already started; gives its address. Streams need this: they never end."""
    port = free_port()
    config = uvicorn.Config(
        app, host="127.0.0.1", port=port, lifespan="off", log_config=None, timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    serving = asyncio.create_task(server._serve())
    while not server.started:  # noqa: ASYNC110 (uvicorn has no event for it)
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await serving


class Events:
    """One open stream. Events come as (id, event, data); comments as (None, "", text)."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._lines = response.aiter_lines()

    async def next(self, within_s: float = 10) -> tuple[int | None, str, Any]:
        """The next event; raises TimeoutError when none comes, StopAsyncIteration when the stream ended."""
        async with asyncio.timeout(within_s):
            return await self._next()

    async def _next(self) -> tuple[int | None, str, Any]:
        number, event, data = None, "message", None
        async for line in self._lines:
            if line == "" and data is not None:
                return number, event, data
            name, _, value = line.partition(": ")
            if name == "" and line.startswith(":"):
                return None, "", value
            if name == "id":
                number = int(value)
            elif name == "event":
                event = value
            elif name == "data":
                data = json.loads(value)
        raise StopAsyncIteration

    async def message(self, within_s: float = 10) -> dict[str, Any]:
        """The next message, leaving out "ready", positions and pings."""
        while True:
            _, event, data = await self.next(within_s)
            if event == "message":
                return data

    async def until_ready(self) -> int:
        """Read up to "ready"; the number reached."""
        while True:
            number, event, _ = await self.next()
            if event == "ready":
                assert number is not None
                return number


@contextlib.asynccontextmanager
async def open_events(
    address: str, cookies: httpx.Cookies, query: str = "", last_event_id: int | None = None
) -> AsyncIterator[Events]:
    """Open a stream as a browser with these cookies would."""
    headers = {"Last-Event-ID": str(last_event_id)} if last_event_id is not None else {}
    given = {cookie.name: cookie.value or "" for cookie in cookies.jar}
    async with (
        httpx.AsyncClient(base_url=address, cookies=given, timeout=httpx.Timeout(10, read=30)) as client,
        client.stream("GET", f"/api/stream{query}", headers=headers) as response,
    ):
        yield Events(response)
