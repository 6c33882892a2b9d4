"""Connections to push services: kept while they are good, left when they are not, and never a wrong answer."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from backend.notify import connections
from backend.notify.connections import Connections, NoReply, Reply

REQUEST = b"POST /push/1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nbody"
CREATED = b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"


class Service:
    """Answers each request on a connection with the next of `answers`; None closes the connection instead."""

    def __init__(self, answers: list[bytes | None]) -> None:
        self.answers = answers
        self.connections = 0
        self.requests: list[bytes] = []

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                self.requests.append(head + await reader.readexactly(4))
                answer = self.answers.pop(0)
                if answer is None:
                    break
                for part in answer.split(b"|"):
                    writer.write(part)
                    await writer.drain()
                    await asyncio.sleep(0.001)
                if b"Connection: close" in answer:
                    break
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()


type Serve = Callable[[list[bytes | None]], Awaitable[tuple[str, Service]]]


@pytest.fixture
async def pool() -> AsyncIterator[Connections]:
    made = Connections()
    yield made
    made.close()


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    servers: list[asyncio.Server] = []

    async def start(answers: list[bytes | None]) -> tuple[str, Service]:
        service = Service(answers)
        server = await asyncio.start_server(service.talk, "localhost", 0)
        servers.append(server)
        return f"http://localhost:{server.sockets[0].getsockname()[1]}", service

    yield start
    for server in servers:
        server.close()


async def test_one_connection_serves_request_after_request(pool: Connections, serve: Serve) -> None:
    """Whole requests arrive as they were given, and the connection is kept between them."""
    origin, service = await serve([CREATED] * 5)
    assert [await pool.post(origin, REQUEST) for _ in range(5)] == [Reply(201, None)] * 5
    assert (service.connections, service.requests) == (1, [REQUEST] * 5)


@pytest.mark.parametrize(
    ("answer", "reply"),
    [
        (b"HTTP/1.1 429 Slow\r\nretry-AFTER: 7\r\nContent-Length: 9\r\n\r\n|too |many!", Reply(429, "7")),
        (
            b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n|4\r\nbody\r\n|0\r\n\r\n",
            Reply(201, None),
        ),
        (b"HTTP/1.1 100 Continue\r\n\r\n|HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n", Reply(410, None)),
        (b"HTTP/1.1 20|4 No Content\r\n|\r\n", Reply(204, None)),
    ],
)
async def test_every_form_of_an_answer_is_understood(
    answer: bytes, reply: Reply, pool: Connections, serve: Serve
) -> None:
    """With a body, in chunks, after an interim one, in pieces: the next request on the connection gets its own."""
    origin, service = await serve([answer, CREATED])
    assert await pool.post(origin, REQUEST) == reply
    assert await pool.post(origin, REQUEST) == Reply(201, None)
    assert service.connections == 1


@pytest.mark.parametrize("length", [b"Content-Length: 0\r\n", b""])
async def test_a_connection_that_the_service_ends_is_not_used_again(
    length: bytes, pool: Connections, serve: Serve
) -> None:
    """It says so, or its answer's body ends with the connection: the answer counts, the next one opens another."""
    origin, service = await serve([b"HTTP/1.1 503 Busy\r\nConnection: close\r\n" + length + b"\r\n", CREATED])
    assert await pool.post(origin, REQUEST) == Reply(503, None)
    assert await pool.post(origin, REQUEST) == Reply(201, None)
    assert service.connections == 2


async def test_a_connection_closed_while_idle_is_replaced(pool: Connections, serve: Serve) -> None:
    """A service that closes after a pause costs no message."""
    origin, service = await serve([CREATED, None])
    await pool.post(origin, REQUEST)
    (idle,) = pool._idle[origin]
    with pytest.raises(NoReply):
        await idle.ask(REQUEST)
    service.answers.append(CREATED)
    assert await pool.post(origin, REQUEST) == Reply(201, None)
    assert service.connections == 2


async def test_what_is_not_http_is_no_answer(pool: Connections, serve: Serve) -> None:
    """Nor is a connection that ends before the answer; both leave nothing behind that is used again."""
    origin, service = await serve([b"220 mail.invalid ESMTP\r\n", None, CREATED])
    for _ in range(2):
        with pytest.raises((NoReply, OSError)):
            await pool.post(origin, REQUEST)
    assert await pool.post(origin, REQUEST) == Reply(201, None)
    assert service.connections == 3


async def test_an_answer_that_comes_too_late_reaches_nobody(
    pool: Connections, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the time-out the connection is given up: the next request never reads the late answer as its own."""
    monkeypatch.setattr(connections, "TIMEOUT_S", 0.05)
    origin, service = await serve([b"", b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n"])
    with pytest.raises(TimeoutError):
        await pool.post(origin, REQUEST)
    assert await pool.post(origin, REQUEST) == Reply(410, None)
    assert service.connections == 2


async def test_no_more_connections_than_a_service_bears(
    pool: Connections, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond the limit requests wait for a connection; none is lost."""
    monkeypatch.setattr(connections, "AT_ONCE_MAX", 3)
    origin, service = await serve([CREATED] * 20)
    replies = await asyncio.gather(*(pool.post(origin, REQUEST) for _ in range(20)))
    assert replies == [Reply(201, None)] * 20 and service.connections == 3


async def test_an_unknown_host_is_asked_for_again(pool: Connections) -> None:
    """A name that cannot be found is an OSError each time, not only once."""
    for _ in range(2):
        with pytest.raises(OSError):
            await pool.post("http://nowhere.invalid", REQUEST)
