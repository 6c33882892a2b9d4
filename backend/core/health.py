"""What a supervisor and a proxy ask: is the process alive, can it serve, and how is it doing."""

import asyncio
import hmac
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from litestar import Request, Response, get
from litestar.datastructures import State

from backend import __version__
from backend.core import bus, clock, jobs, metrics
from backend.core.db import row
from backend.core.db.migrate import pending
from backend.core.problems import NotAllowed, Unavailable
from backend.core.requests import client_address, is_loopback
from backend.settings import Settings

log = structlog.get_logger(__name__)

CHECK_LIMIT_S = 3.0
WORKER_LATE_S = 3 * jobs.HEARTBEAT_S


class NotReady(Unavailable):
    """At least one part that requests need does not work; `failed` says which and how."""

    code, title = "not-ready", "This process cannot serve requests right now"


@get("/healthz", operation_id="check_alive", summary="The process runs", tags=["ops"])
async def healthz() -> dict[str, str]:
    """Answers as long as the event loop runs; needs nothing else."""
    return {"status": "alive", "version": __version__}


@get("/readyz", operation_id="check_ready", summary="Every part that requests need works", tags=["ops"])
async def readyz() -> dict[str, Any]:
    """Asks the database, the migrations, Redis where configured, and whether jobs are being done."""
    checks: dict[str, Callable[[], Awaitable[str]]] = {
        "database": _database,
        "migrations": _migrations,
        "redis": _redis,
        "worker": _worker,
    }
    found = await asyncio.gather(*(_checked(name, check) for name, check in checks.items()))
    failed = {name: fault for name, fault in zip(checks, found, strict=True) if fault}
    if failed:
        raise NotReady("; ".join(f"{name}: {fault}" for name, fault in failed.items()), failed=failed)
    return {"status": "ready", "checks": list(checks)}


async def _checked(name: str, check: Callable[[], Awaitable[str]]) -> str:
    """What is wrong, or "" when nothing is."""
    try:
        async with asyncio.timeout(CHECK_LIMIT_S):
            return await check()
    except TimeoutError:
        return f"no answer within {CHECK_LIMIT_S:.0f} s"
    except Exception as error:
        log.warning("check_failed", check=name, exc_info=error)
        return f"{type(error).__name__}"


async def _database() -> str:
    return "" if await row("SELECT 1 AS one") else "no answer"


async def _migrations() -> str:
    missing = await pending()
    return f"{len(missing)} missing, the first is {missing[0]}: run `lexun migrate`" if missing else ""


async def _redis() -> str:
    return "" if bus.is_connected() else "not connected"


async def _worker() -> str:
    last = await jobs.last_done_at(jobs.HEARTBEAT)
    if last is None:
        return "no worker has done anything yet: start `lexun worker`, or serve with LEXUN_WORKER=true"
    late_s = (clock.now() - last).total_seconds()
    return f"no job done for {late_s:.0f} s: is a worker running?" if late_s > WORKER_LATE_S else ""


@get("/metrics", operation_id="read_metrics", summary="Metrics for Prometheus", tags=["ops"])
async def metrics_page(request: Request[Any, Any, Any], state: State) -> Response[bytes]:
    """Prometheus' text format; for this machine itself, or with the bearer token of the settings."""
    _require_metrics_access(request, state.settings)
    await _read_jobs()
    return Response(
        metrics.exposition(), headers={"Content-Type": metrics.CONTENT_TYPE, "Cache-Control": "no-store"}
    )


def _require_metrics_access(request: Request[Any, Any, Any], settings: Settings) -> None:
    given = request.headers.get("Authorization", "")
    if settings.metrics_token and hmac.compare_digest(
        given.encode(), f"Bearer {settings.metrics_token}".encode()
    ):
        return
    forwarded = "X-Forwarded-For" in request.headers
    address = client_address(request.scope, settings.trusted_proxies)
    # A proxy on this machine that is not declared as one must not open the page to everyone it serves.
    if is_loopback(address) and (not forwarded or settings.trusted_proxies):
        return
    raise NotAllowed(need=["loopback", "metrics_token"])


async def _read_jobs() -> None:
    try:
        for state, count in (await jobs.counts()).items():
            metrics.jobs.labels(state).set(count)
        due_in_s = await jobs.due_in_s()
        metrics.oldest_due_job_seconds.set(max(0.0, -due_in_s) if due_in_s is not None else 0.0)
    except Exception:
        log.exception("jobs_not_counted")  # the other numbers are wanted most when the database is away


route_handlers = [healthz, readyz, metrics_page]
"""For the application to serve, outside /api."""
