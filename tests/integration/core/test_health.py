"""Health, readiness and metrics over HTTP: what they ask, and what they say when a part is away."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from litestar import Litestar
from litestar.datastructures import State

from backend.core import bus, health, jobs
from backend.core.db import execute
from backend.core.problems import problem_handlers
from backend.settings import Settings, load_settings

pytestmark = pytest.mark.usefixtures("database")
TOKEN = "a-token-for-metrics"


def application(**values: Any) -> Litestar:
    """The routes of this module as the real application serves them."""
    settings: Settings = load_settings({}, secret_key="k" * 32, **values)
    return Litestar(
        [*health.route_handlers],
        exception_handlers=problem_handlers,
        openapi_config=None,
        state=State({"settings": settings}),
    )


async def ask(path: str, app: Litestar, address: str = "127.0.0.1", **headers: str) -> httpx.Response:
    """A request from an address."""
    transport = httpx.ASGITransport(app=app, client=(address, 50_000))
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        return await client.get(path, headers=headers)


@pytest.fixture
async def working(database: Settings) -> AsyncIterator[None]:
    """A worker that has shown a sign of life."""
    stop = asyncio.Event()
    task = asyncio.create_task(jobs.run_worker(stop))
    async with asyncio.timeout(30):
        while await jobs.last_done_at(jobs.HEARTBEAT) is None:  # noqa: ASYNC110 - the condition is in the database
            await asyncio.sleep(0.02)
    yield
    stop.set()
    await task


async def test_alive_needs_nothing() -> None:
    """The process answers whatever else is away."""
    await execute("ALTER TABLE job RENAME TO job_away")
    answer = await ask("/healthz", application())
    assert answer.status_code == 200 and answer.json()["status"] == "alive"


@pytest.mark.usefixtures("working")
async def test_ready_when_every_part_works() -> None:
    """Database, migrations, bus and a worker."""
    answer = await ask("/readyz", application())
    assert answer.status_code == 200
    assert answer.json() == {"status": "ready", "checks": ["database", "migrations", "redis", "worker"]}


async def test_not_ready_without_a_worker() -> None:
    """The problem names the part and what to do."""
    answer = await ask("/readyz", application())
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["code"] == "not-ready" and list(problem["params"]["failed"]) == ["worker"]
    assert "lexun worker" in problem["params"]["failed"]["worker"]


@pytest.mark.usefixtures("working")
async def test_not_ready_when_no_job_was_done_for_long(clock: Any) -> None:
    """A worker that hangs is noticed within a minute and a half."""
    clock.advance(dt.timedelta(seconds=health.WORKER_LATE_S + 1))
    stopped = (await ask("/readyz", application())).json()
    # The worker of this test lives and will beat again with the moved clock; both answers are right.
    assert stopped.get("status") == "ready" or "no job done for" in stopped["params"]["failed"]["worker"]


@pytest.mark.usefixtures("working")
async def test_not_ready_while_migrations_are_missing() -> None:
    """A new version before its `lexun migrate`: the first missing step is named."""
    assert await execute("DELETE FROM schema_migration WHERE series = 'backend' AND number = 3") == 1
    failed = (await ask("/readyz", application())).json()["params"]["failed"]
    assert (
        list(failed) == ["migrations"]
        and "0003" in failed["migrations"]
        and "lexun migrate" in failed["migrations"]
    )


@pytest.mark.usefixtures("working")
async def test_not_ready_while_redis_is_away() -> None:
    """Only where Redis is configured."""
    await bus.start_bus("redis://127.0.0.1:1/0")
    try:
        failed = (await ask("/readyz", application())).json()["params"]["failed"]
    finally:
        await bus.stop_bus()
    assert failed == {"redis": "not connected"}


@pytest.mark.usefixtures("working")
async def test_not_ready_when_the_database_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hanging database gives an answer in time, not a hanging check."""

    async def hang(*_: Any) -> None:
        await asyncio.sleep(3600)

    monkeypatch.setattr(health, "CHECK_LIMIT_S", 0.05)
    monkeypatch.setattr(health, "row", hang)
    failed = (await ask("/readyz", application())).json()["params"]["failed"]
    assert "no answer within" in failed["database"]


async def test_metrics_are_for_this_machine_or_the_token() -> None:
    """Not for other addresses, nor for strangers whom a proxy on this machine forwards."""
    app = application(metrics_token=TOKEN, trusted_proxies=["127.0.0.1"])
    assert (await ask("/metrics", app)).status_code == 200
    assert (await ask("/metrics", app, "192.0.2.1")).status_code == 403
    assert (await ask("/metrics", app, "192.0.2.1", Authorization=f"Bearer {TOKEN}")).status_code == 200
    assert (await ask("/metrics", app, "192.0.2.1", Authorization="Bearer wrong")).status_code == 403
    forwarded = {"X-Forwarded-For": "192.0.2.1"}
    assert (await ask("/metrics", app, **forwarded)).status_code == 403
    assert (await ask("/metrics", application(), **forwarded)).status_code == 403
    assert (await ask("/metrics", application(), "192.0.2.1", Authorization="Bearer ")).status_code == 403


async def test_metrics_tell_about_jobs() -> None:
    """Waiting jobs and the most overdue one can be alarmed on; without a database the rest is still served."""
    await jobs.enqueue("test.nobody", {})
    text = (await ask("/metrics", application())).text
    assert 'lexun_jobs{state="todo"} 1.0' in text and 'lexun_jobs{state="dead"} 0.0' in text
    assert "lexun_oldest_due_job_seconds" in text and "process_resident_memory_bytes" in text
    await execute("ALTER TABLE job RENAME TO job_away")
    assert (await ask("/metrics", application())).status_code == 200
