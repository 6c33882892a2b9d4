"""Kept-open HTTP/1.1 connections to push services: one request after the other on each, and of an answer what we need.

A push is always the same POST to one of a few hosts, thousands of times: no redirects, cookies, proxies or bodies to
read. What is hard about that is done by libraries: llhttp, Node's parser (httptools), reads the answers, and
aiohappyeyeballs finds the address that works.
"""

import asyncio
import socket
import ssl
import urllib.parse
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, cast

import aiohappyeyeballs
import httptools
import msgspec

AT_ONCE_MAX = 128
"""Connections at once to one service."""
TIMEOUT_S = 10.0
"""For one request, with the connection it may have to open first."""
OTHER_ADDRESS_AFTER_S = 0.25


class Reply(msgspec.Struct, frozen=True):
    """What a service answered: its status, and its Retry-After header if it sent one."""

    status: int
    retry_after: str | None


class NoReply(Exception):
    """The connection ended, or spoke something that is not HTTP, before there was an answer."""


class Connections:
    """Every connection of this process to push services, shared by all that is being sent."""

    def __init__(self) -> None:
        self._tls = ssl.create_default_context()
        self._idle: defaultdict[str, list[Connection]] = defaultdict(list)
        self._places: defaultdict[str, asyncio.Semaphore] = defaultdict(
            lambda: asyncio.Semaphore(AT_ONCE_MAX)
        )
        self._addresses: dict[str, asyncio.Task[Sequence[Any]]] = {}

    async def post(self, origin: str, request: bytes) -> Reply:
        """Send one whole request to the service at `origin`.

        Raises `NoReply`, or OSError (a TimeoutError after `TIMEOUT_S`) when there is no answer.
        """
        idle = self._idle[origin]
        async with self._places[origin], asyncio.timeout(TIMEOUT_S):
            while idle:
                connection = idle.pop()
                if connection.usable:
                    break
            else:
                connection = await self._open(origin)
            try:
                reply = await connection.ask(request)
            except BaseException:
                connection.close()
                raise
            if connection.usable:
                idle.append(connection)
            else:
                connection.close()
            return reply

    def close(self) -> None:
        """Close what is open; nothing may be on its way any more."""
        for idle in self._idle.values():
            for connection in idle:
                connection.close()
        self._idle.clear()

    async def _open(self, origin: str) -> "Connection":
        parts = urllib.parse.urlsplit(origin)
        secure = parts.scheme == "https"
        port = parts.port or (443 if secure else 80)
        reached = await aiohappyeyeballs.start_connection(
            await self._addresses_of(origin, parts.hostname or "", port),
            happy_eyeballs_delay=OTHER_ADDRESS_AFTER_S,
        )
        try:
            _, connection = await asyncio.get_running_loop().create_connection(
                Connection,
                sock=reached,
                ssl=self._tls if secure else None,
                server_hostname=parts.hostname if secure else None,
            )
        except BaseException:
            reached.close()
            raise
        return connection

    async def _addresses_of(self, origin: str, host: str, port: int) -> Sequence[Any]:
        """Asked once by all who open connections at the same time; a name that was not found is asked for again."""
        task = self._addresses.get(origin)
        if task is None or (task.done() and (task.cancelled() or task.exception() is not None)):
            task = asyncio.create_task(_look_up(host, port))
            self._addresses[origin] = task
        return await asyncio.shield(task)


async def _look_up(host: str, port: int) -> Sequence[Any]:
    return await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)


class Connection(asyncio.Protocol):
    """One connection; llhttp calls the `on_` methods as it reads."""

    def __init__(self) -> None:
        self.usable = False
        self._transport: asyncio.Transport
        self._waiting: asyncio.Future[Reply] | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._status = 0
        self._retry_after: str | None = None

    async def ask(self, request: bytes) -> Reply:
        """Send a request and wait for its answer; raises `NoReply`."""
        waiting = self._waiting = asyncio.get_running_loop().create_future()
        self._status, self._retry_after = 0, None
        self._transport.write(request)
        return await waiting

    def close(self) -> None:
        """At once: what is not answered by now is of no use."""
        self.usable = False
        self._transport.abort()

    # --- called by the event loop ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's are no instances of it
        self.usable = True

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._fail(NoReply(f"not HTTP: {error}"))
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self.usable = False
        if self._status:  # a body without a length ends with the connection
            self._answer()
        self._fail(exc or NoReply("the connection was closed"))

    # --- called by the parser ---

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"retry-after":
            self._retry_after = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if status >= 200:
            self._status = status

    def on_message_complete(self) -> None:
        if self._status:
            self.usable = self._parser.should_keep_alive() and not self._transport.is_closing()
            self._answer()

    def _answer(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(Reply(self._status, self._retry_after))
        self._waiting = None

    def _fail(self, error: Exception) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(error)
        self._waiting = None
