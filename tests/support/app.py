"""HTTP clients over the real application in this process, with cookies and the CSRF echo a browser would send."""

import asyncio
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from litestar import Litestar
    from litestar.handlers import BaseRouteHandler

    from backend.settings import Settings

BASE_URL = "http://testserver"
UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}


class ApiClient(httpx.AsyncClient):
    """One person's browser: it keeps cookies and echoes the CSRF cookie in the header on unsafe methods.

    An error in the application arrives as the response that a user would get, not as an exception. Responses
    are read whole, so endless streams need a real server (tests/support/server.py).
    """

    def __init__(self, app: Any) -> None:
        super().__init__(
            transport=httpx.ASGITransport(app=app, raise_app_exceptions=False, client=("127.0.0.1", 50_000)),
            base_url=BASE_URL,
            event_hooks={"request": [self._echo_csrf]},
        )

    async def _echo_csrf(self, request: httpx.Request) -> None:
        token = self.cookies.get("lexun_csrf")
        if request.method in UNSAFE and token and "X-CSRF-Token" not in request.headers:
            request.headers["X-CSRF-Token"] = token


_made: "dict[Hashable, Litestar]" = {}


def application_over(settings: "Settings", *more: "BaseRouteHandler") -> "Litestar":
    """The real application over `settings`, with `more` handlers, its routes built once a process and not for each test.

    To build the routes takes far longer than most tests. What `create_app` takes from the settings is set anew:
    the state, the key of the CSRF cookie and the observer of requests.
    """
    from litestar.datastructures import State

    from backend.app import create_app
    from backend.core import logs
    from backend.core.requests import RequestObserver

    key = (settings.secure_cookies, *more)
    application = _made.get(key)
    if application is None:
        application = _made[key] = create_app(settings)
        for handler in more:
            application.register(handler)
        return application
    logs.configure_logs(settings)
    application.state = State({"settings": settings})
    assert application.csrf_config is not None
    application.csrf_config.secret = settings.secret_key
    assert isinstance(application.asgi_handler, RequestObserver)
    application.asgi_handler = RequestObserver(application.asgi_handler.inner, settings)
    return application


@asynccontextmanager
async def started(application: "Litestar") -> AsyncIterator[None]:
    """The application's lifespan, in one task from beginning to end: a fixture's two halves run in different ones."""
    ready, over = asyncio.Event(), asyncio.Event()

    async def live() -> None:
        async with application.lifespan():
            ready.set()
            await over.wait()

    living = asyncio.create_task(live())
    await asyncio.wait([living, starting := asyncio.create_task(ready.wait())], return_when="FIRST_COMPLETED")
    starting.cancel()
    if living.done():
        await living
    try:
        yield
    finally:
        over.set()
        await living
