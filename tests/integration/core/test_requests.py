"""Every request gets an id, one log line and a metric, and nothing personal is written, whatever goes wrong."""

import asyncio
import io
import json
import logging
import uuid
from collections.abc import AsyncIterator, Iterator
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
import structlog
from litestar import Litestar, Request, Response, get, post
from litestar.middleware import ASGIMiddleware
from litestar.params import FromPath, JSONBody
from litestar.response import Stream
from prometheus_client import REGISTRY as DEFAULT_REGISTRY

from backend.core import metrics
from backend.core.logs import configure_logs
from backend.core.problems import NotFound, problem_handlers
from backend.core.requests import observe_requests
from backend.settings import load_settings

PHONES = ("13812345678", "+86 139 1234 5678", "15012345678")
USER = uuid.UUID("019aa000-0000-7000-8000-000000000001")
SECRET_KEY = "k" * 32


class SignedIn(ASGIMiddleware):
    """Stands where the sessions' middleware does."""

    async def handle(self, scope: Any, receive: Any, send: Any, next_app: Any) -> None:
        scope["user"] = SimpleNamespace(user_id=USER)
        await next_app(scope, receive, send)


@get("/api/tasks/{task_id:uuid}")
async def read_task(task_id: FromPath[uuid.UUID]) -> dict[str, str]:
    structlog.get_logger("tests").info("task_read", phone=PHONES[0], note="call 13812345678", lon=120.661234)
    return {"id": str(task_id)}


@get("/api/broken")
async def broken(request: Request[Any, Any, Any]) -> None:
    phone = request.query_params["phone"]
    raise RuntimeError(f"no person with phone {phone} at 120.66123,27.99456")


@get("/api/missing")
async def missing() -> None:
    logging.getLogger("some.library").warning("looked for %s", PHONES[2], extra={"phone": PHONES[2]})
    raise NotFound(kind="person")


@post("/api/people")
async def join(data: JSONBody[dict[str, str]]) -> dict[str, str]:
    return {}


@get("/api/stream")
async def stream() -> Stream:
    async def lines() -> AsyncIterator[bytes]:
        yield b": ping\n\n"

    return Stream(lines(), media_type="text/event-stream")


@get("/healthz")
async def alive() -> Response[None]:
    return Response(None)


@pytest.fixture
def log_lines() -> Iterator[io.StringIO]:
    """Everything that is logged, as it would be on standard error; put right afterwards."""
    stream_of_lines = io.StringIO()
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    configure_logs(load_settings({}, secret_key=SECRET_KEY, log_format="json"), stream_of_lines)
    yield stream_of_lines
    root.handlers[:], root.level = before
    structlog.reset_defaults()


@pytest.fixture
async def browser(log_lines: io.StringIO) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a small application that is observed as the real one is."""
    app = Litestar(
        [read_task, broken, missing, join, stream, alive],
        middleware=[SignedIn()],
        exception_handlers=problem_handlers,
        openapi_config=None,
        logging_config=None,
    )
    observe_requests(app, load_settings({}, secret_key=SECRET_KEY))
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        yield client


def lines_of(log_lines: io.StringIO, event: str) -> list[dict[str, Any]]:
    """The log's entries of one kind."""
    entries = [json.loads(line) for line in log_lines.getvalue().splitlines()]
    return [entry for entry in entries if entry["event"] == event]


async def test_a_request_leaves_one_line(browser: httpx.AsyncClient, log_lines: io.StringIO) -> None:
    """Method, route template, status, time and a pseudonym; no path, no query, no address."""
    task_id = uuid.uuid4()
    answer = await browser.get(f"/api/tasks/{task_id}?lon=120.66123&q=%E7%8E%8B")
    (line,) = lines_of(log_lines, "request")
    assert (line["method"], line["route"], line["status"]) == ("GET", "/api/tasks/{task_id}", 200)
    assert line["request_id"] == answer.headers["X-Request-ID"] and line["ms"] >= 0
    assert len(line["who"]) == 12
    everything = log_lines.getvalue()
    assert str(task_id) not in everything and str(USER) not in everything and "120.66" not in everything


async def test_lines_within_a_request_carry_its_id(
    browser: httpx.AsyncClient, log_lines: io.StringIO
) -> None:
    """Also those of another library; and two requests at once do not mix theirs."""
    answers = await asyncio.gather(*(browser.get(f"/api/tasks/{uuid.uuid4()}") for _ in range(8)))
    wanted = {answer.headers["X-Request-ID"] for answer in answers}
    assert {line["request_id"] for line in lines_of(log_lines, "task_read")} == wanted
    assert len(wanted) == 8
    answer = await browser.get("/api/missing")
    (line,) = lines_of(log_lines, "looked for [redacted]")
    assert line["request_id"] == answer.headers["X-Request-ID"] == answer.json()["instance"]


async def test_phones_never_reach_the_log(browser: httpx.AsyncClient, log_lines: io.StringIO) -> None:
    """Not as a value, in a message, a query, a body, an exception's text or traceback, a path or a header."""
    await browser.get(f"/api/tasks/{uuid.uuid4()}")
    broken_answer = await browser.get("/api/broken", params={"phone": PHONES[0]})
    await browser.get("/api/missing")
    await browser.get(f"/api/people/{PHONES[0]}")
    await browser.post("/api/people", json={"phone": PHONES[1], "name": "王伟"})
    await browser.post("/api/people", content=f'{{"phone": {PHONES[0]}')
    await browser.get(
        "/api/missing", headers={"X-Request-ID": f"id-{PHONES[0]}", "Cookie": "lexun_session=SECRET"}
    )
    assert broken_answer.status_code == 500
    (failure,) = lines_of(log_lines, "unhandled_error")
    assert (
        "RuntimeError" in failure["exception"]
        and failure["request_id"] == broken_answer.headers["X-Request-ID"]
    )
    everything = log_lines.getvalue()
    for private in (*PHONES, "5678", "120.66", "27.99", "王伟", "SECRET"):
        assert private not in everything


async def test_a_sane_request_id_is_kept_and_others_are_replaced(
    browser: httpx.AsyncClient, log_lines: io.StringIO
) -> None:
    """A proxy's id goes through; a short, long, odd, forged or personal one does not."""
    for given in ("a1b2c3d4e5f6", "01hzy-trace.span_1", str(uuid.uuid4())):
        answer = await browser.get("/healthz", headers={"X-Request-ID": given})
        assert answer.headers.get_list("X-Request-ID") == [given]
    for given in (
        "short",
        "x" * 65,
        'a"b c{}d;efgh',
        "13812345678",
        "tel-13812345678",
        "12345678",
        "evil\u00e9vil",
    ):
        answer = await browser.get("/healthz", headers={"X-Request-ID": given.encode("latin-1")})
        assert answer.headers["X-Request-ID"] != given and uuid.UUID(answer.headers["X-Request-ID"])


def counted(**labels: str) -> float:
    """How many requests of these labels were counted so far."""
    return metrics.registry.get_sample_value("lexun_requests_total", labels) or 0.0


async def test_requests_are_counted_by_template(browser: httpx.AsyncClient) -> None:
    """Also refused ones; unknown paths share one label, so that strangers cannot make new ones."""
    ok = {"method": "GET", "route": "/api/tasks/{task_id}", "status": "200"}
    lost = {"method": "GET", "route": "(no route)", "status": "404"}
    wrong = {"method": "OTHER", "route": "(no route)", "status": "405"}
    before = [counted(**labels) for labels in (ok, lost)]
    for _ in range(3):
        await browser.get(f"/api/tasks/{uuid.uuid4()}")
        await browser.get(f"/wp-admin/{uuid.uuid4()}.php")
    assert [counted(**labels) for labels in (ok, lost)] == [before[0] + 3, before[1] + 3]
    await browser.request("BREW", "/api/people")
    names = {
        sample.labels.get("method") for metric in metrics.registry.collect() for sample in metric.samples
    }
    assert "BREW" not in names and counted(**wrong) >= 0
    assert "lexun_requests" not in {metric.name for metric in DEFAULT_REGISTRY.collect()}


async def test_streams_do_not_spoil_the_latencies(browser: httpx.AsyncClient) -> None:
    """A stream that was open for an hour is not a request that took an hour."""
    await browser.get("/api/stream")
    labels = {"method": "GET", "route": "/api/stream"}
    assert metrics.registry.get_sample_value("lexun_request_seconds_count", labels) is None
    assert counted(**labels, status="200") >= 1


async def test_the_health_checks_are_quiet_while_they_succeed(
    browser: httpx.AsyncClient, log_lines: io.StringIO
) -> None:
    """A line every second would bury the others."""
    await browser.get("/healthz")
    assert lines_of(log_lines, "request") == []


async def test_readable_logs_are_masked_too(log_lines: io.StringIO) -> None:
    """The format for a terminal goes through the same masking."""
    configure_logs(load_settings({}, secret_key=SECRET_KEY, log_format="console"), log_lines)
    structlog.get_logger("tests").warning("call 13812345678", phone="13812345678", count=3)
    try:
        raise ValueError("13812345678")
    except ValueError:
        logging.getLogger("other").exception("failed")
    shown = log_lines.getvalue()
    assert "5678" not in shown and "count=3" in shown and "ValueError" in shown


async def test_the_real_application_is_observed(client: httpx.AsyncClient) -> None:
    """Its answers carry the id, its logs go through the masking, and its health pages are served."""
    lost = await client.get("/api/there-is-no-such-thing")
    assert lost.status_code == 404
    assert lost.json()["instance"] == lost.headers["X-Request-ID"]
    formatters = [type(handler.formatter) for handler in logging.getLogger().handlers]
    assert structlog.stdlib.ProcessorFormatter in formatters
    assert (await client.get("/healthz")).status_code == 200
    not_ready = await client.get("/readyz")
    assert not_ready.status_code == 503 and list(not_ready.json()["params"]["failed"]) == ["worker"]
    page = await client.get("/metrics")
    assert page.status_code == 200 and 'route="/healthz"' in page.text
