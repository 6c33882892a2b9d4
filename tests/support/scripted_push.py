"""A push service without TLS that answers as it is told to: for what the server makes of its answers."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from aiohttp import web

from tests.support.processes import free_port


class ScriptedService:
    """A push service that answers as it is told to, and remembers what it was sent."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, dict[str, str]]] = []
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.port = free_port()
        self.delay_s = 0.0

    def endpoint(self, name: str) -> str:
        return f"http://localhost:{self.port}/{name}"

    async def answer(self, request: web.Request) -> web.Response:
        await request.read()
        self.requests.append((request.path.strip("/"), dict(request.headers)))
        await asyncio.sleep(self.delay_s)
        status, headers = self.answers.pop(0) if self.answers else (201, {})
        return web.Response(status=status, headers=headers)


@contextlib.asynccontextmanager
async def running() -> AsyncIterator[ScriptedService]:
    """The service at its port until the block ends."""
    service = ScriptedService()
    application = web.Application()
    application.router.add_route("*", "/{tail:.*}", service.answer)
    runner = web.AppRunner(application, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "localhost", service.port).start()
    yield service
    await runner.cleanup()
