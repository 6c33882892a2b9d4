"""The application: every feature's routes under /api, the web app beside them, and what must run while it runs."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

from litestar import Litestar, Router, route
from litestar.config.csrf import CSRFConfig
from litestar.connection import ASGIConnection
from litestar.datastructures import ResponseHeader, State
from litestar.enums import HttpMethod
from litestar.handlers import BaseRouteHandler
from litestar.middleware import DefineMiddleware
from litestar.openapi import OpenAPIConfig

from backend import __version__, features, web
from backend.core import bus, health, jobs, logs, media, pools, throttle
from backend.core.db import close_database, init_database
from backend.core.db.migrate import migrate
from backend.core.problems import NotFound, problem_handlers
from backend.core.requests import observe_requests
from backend.core.sessions import CSRF_COOKIE, SessionMiddleware, signed_in
from backend.core.validation import refuse_nul
from backend.openapi import get_openapi
from backend.settings import Settings, load_settings, use

BODY_BYTES_MAX = 16 * 1024 * 1024


@route(
    "/{path:path}",
    http_method=[HttpMethod.GET, HttpMethod.POST, HttpMethod.PUT, HttpMethod.PATCH, HttpMethod.DELETE],
    opt={"public": True},
    include_in_schema=False,
)
async def no_such_route(path: str) -> None:
    raise NotFound(kind="address", id=f"/api{path}")


async def _hidden(connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
    """The framework's own documentation pages load scripts from elsewhere; /api/openapi.json is the document."""
    raise NotFound(kind="address", id=connection.scope["path"])


def create_app(settings: Settings | None = None) -> Litestar:
    """The application over `settings` (by default those of the environment)."""
    settings = settings or load_settings()
    logs.configure_logs(settings)
    features.parts("jobs")
    api = Router(
        path="/api",
        route_handlers=[*(module.router for module in features.parts("api")), get_openapi, no_such_route],
        guards=[signed_in],
        middleware=[DefineMiddleware(SessionMiddleware)],
        before_request=refuse_nul,
        response_headers=[ResponseHeader(name="Cache-Control", value="no-store", documentation_only=False)],
    )
    app = Litestar(
        route_handlers=[api, *health.route_handlers, *web.route_handlers],
        exception_handlers=problem_handlers,
        csrf_config=CSRFConfig(
            secret=settings.secret_key,
            cookie_name=CSRF_COOKIE,
            header_name="x-csrf-token",
            cookie_secure=settings.secure_cookies,
            cookie_samesite="lax",
        ),
        state=State({"settings": settings}),
        lifespan=[_running],
        openapi_config=OpenAPIConfig(
            title="Lexun",
            version=__version__,
            render_plugins=[],
            openapi_router=Router(
                path="/api/schema", route_handlers=[], guards=[_hidden], include_in_schema=False
            ),
        ),
        before_send=[web.add_security_headers],
        request_max_body_size=BODY_BYTES_MAX,
        logging_config=None,  # the framework's own would replace ours, which masks personal data
        debug=False,
    )
    observe_requests(app, settings)
    return app


@contextlib.asynccontextmanager
async def _running(app: Litestar) -> AsyncIterator[None]:
    """Database, bus, pools and, if wanted, the worker: started in this order, stopped in the other."""
    settings: Settings = app.state.settings
    async with running_core(settings), contextlib.AsyncExitStack() as running:
        if settings.worker:
            await running.enter_async_context(_working())
        for module in features.parts("live"):
            await running.enter_async_context(module.running(settings))
        yield


@contextlib.asynccontextmanager
async def _working() -> AsyncIterator[None]:
    """A worker in this process, which ends its jobs before it stops."""
    stop = asyncio.Event()
    worker = asyncio.create_task(jobs.run_worker(stop))
    try:
        yield
    finally:
        stop.set()
        await worker


@contextlib.asynccontextmanager
async def running_core(settings: Settings) -> AsyncIterator[None]:
    """What the server, the worker and the command line share: a migrated database, the bus, pools and media."""
    use(settings)
    await init_database(settings)
    try:
        await migrate()
        await bus.start_bus(settings.redis_url)
        await throttle.start_throttle(settings.redis_url)
        media.open_media(settings)
        try:
            yield
        finally:
            await pools.stop_pools()
            await throttle.stop_throttle()
            await bus.stop_bus()
    finally:
        await close_database()
        use(None)
