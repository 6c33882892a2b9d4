"""Hands sealed messages to push services (RFC 8030), and says what each answer means.

Each service has a line of its own: one that is slow or dead holds up nobody who waits for another.
"""

import asyncio
import collections
import contextlib
import datetime as dt
import email.utils
import itertools
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Literal

import http_ece
import msgspec
import structlog
from cryptography.hazmat.primitives.asymmetric import ec

from backend.core import clock, metrics
from backend.notify.connections import AT_ONCE_MAX, Connections, NoReply
from backend.notify.endpoints import origin_of
from backend.notify.keys import Signatures, from_base64url
from backend.notify.models import PushSubscription

log = structlog.get_logger(__name__)

AT_ONCE_FIRST = 32
"""Requests at once to one service: few until it has answered, one more for each that it has, to `AT_ONCE_MAX`."""
SEALED_AHEAD = 64
RETRY_AFTER_S_MAX = 3600
COME_TOGETHER_S = 0.02
"""So long answers are gathered before they are noted: a sender that is killed repeats no more than these."""
FAILURES_IN_A_ROW_MAX = 5
PAUSE_FIRST_S = 15
PAUSE_S_MAX = 300

type Result = Literal["accepted", "gone", "refused", "too-large", "later", "unreachable"]


class Parcel(msgspec.Struct, frozen=True):
    """One message for one browser."""

    subscription: PushSubscription
    payload: bytes
    ttl_s: int
    urgent: bool
    topic: str


class Answer(msgspec.Struct, frozen=True):
    """What became of a parcel. `status` is the service's HTTP status, 0 when there was none.

    accepted: the service has it; gone: the subscription is over; refused: the service does not take us (our key,
    our address), which someone must look at; too-large: our mistake; later: try again after `retry_after_s`;
    unreachable: no answer in time.
    """

    result: Result
    status: int
    retry_after_s: float | None = None

    @property
    def unasked(self) -> bool:
        """Not sent at all: the service is left alone for a while."""
        return self.result == "later" and self.status == 0


type Answered = list[tuple[int, Answer]]
"""Numbers of parcels, in the order they were given, with what became of each."""
type Note = Callable[[Answered], Awaitable[None]]


class Service:
    """One push service as this process knows it: how much at once it has shown to bear, and whether it is asked at all.

    After `FAILURES_IN_A_ROW_MAX` failures it is left alone for a while, longer each time; then one message tries
    whether it is back.
    """

    def __init__(self) -> None:
        self.bears = AT_ONCE_FIRST
        self._failures = 0
        self._closed_until: dt.datetime | None = None

    def closed_for_s(self) -> float:
        """Seconds until it is asked again; 0 when it may be asked now, which one caller a pause is told."""
        if self._closed_until is None:
            return 0.0
        now = clock.now()
        left_s = (self._closed_until - now).total_seconds()
        if left_s <= 0:
            self._closed_until = now + dt.timedelta(seconds=PAUSE_FIRST_S)
            return 0.0
        return left_s

    def note(self, answer: Answer) -> None:
        """Learn from an answer: no answer and its own errors count against it, anything else shows that it lives."""
        if answer.result != "unreachable" and answer.status < 500:
            self.bears = min(self.bears + 1, AT_ONCE_MAX)
            self._failures, self._closed_until = 0, None
            return
        self.bears = AT_ONCE_FIRST
        self._failures += 1
        if self._failures >= FAILURES_IN_A_ROW_MAX:
            pause_s = min(PAUSE_FIRST_S * 2 ** (self._failures - FAILURES_IN_A_ROW_MAX), PAUSE_S_MAX)
            self._closed_until = clock.now() + dt.timedelta(seconds=pause_s)


_connections: Connections | None = None
_users = 0
_services: defaultdict[str, Service] = defaultdict(Service)


@contextlib.contextmanager
def _shared_connections() -> Iterator[Connections]:
    """The same connections for everything that is being sent in this process; closed when nothing is."""
    global _connections, _users
    connections = _connections = _connections or Connections()
    _users += 1
    try:
        yield connections
    finally:
        _users -= 1
        if _users == 0:
            _connections = None
            connections.close()


async def deliver(parcels: Sequence[Parcel], signatures: Signatures, note: Note) -> None:
    """Send every parcel, many at a time, and have `note` write down the answers as they come. Never raises for one."""
    lines: defaultdict[str, list[int]] = defaultdict(list)
    for number, parcel in enumerate(parcels):
        lines[origin_of(parcel.subscription.endpoint)].append(number)
    came: Answered = []
    some_came = asyncio.Event()

    def answered(number: int, answer: Answer) -> None:
        metrics.push_results.labels(answer.result).inc()
        came.append((number, answer))
        some_came.set()

    with _shared_connections() as connections:
        async with asyncio.TaskGroup() as sending:
            for origin, numbers in lines.items():
                line = Line(connections, origin, numbers, parcels, signatures, answered)
                sending.create_task(line.run())
            left = len(parcels)
            while left:
                await some_came.wait()
                await asyncio.sleep(COME_TOGETHER_S)
                some_came.clear()
                batch, came[:] = came[:], []
                await note(batch)
                left -= len(batch)


class Line:
    """What waits for one service: sealed a block ahead in a thread, sent by as many at once as the service bears."""

    def __init__(
        self,
        connections: Connections,
        origin: str,
        numbers: Sequence[int],
        parcels: Sequence[Parcel],
        signatures: Signatures,
        answered: Callable[[int, Answer], None],
    ) -> None:
        self._connections = connections
        self._origin = origin
        self._service = _services[origin]
        self._parcels = parcels
        self._signatures = signatures
        self._answered = answered
        self._blocks = itertools.batched(numbers, SEALED_AHEAD, strict=False)
        self._ahead: collections.deque[tuple[int, bytes | None]] = collections.deque()
        self._sealing = asyncio.Lock()
        self._count = len(numbers)
        self._senders = 0

    async def run(self) -> None:
        """Send everything; each parcel gets its answer."""
        async with asyncio.TaskGroup() as group:
            self._add_senders(group)

    def _add_senders(self, group: asyncio.TaskGroup) -> None:
        while self._senders < min(self._service.bears, self._count):
            self._senders += 1
            group.create_task(self._send(group))

    async def _send(self, group: asyncio.TaskGroup) -> None:
        """Take one after the other until none is left."""
        while (sealed := await self._next()) is not None:
            number, body = sealed
            if body is None:
                self._answered(number, Answer("gone", 0))
                continue
            if (closed_s := self._service.closed_for_s()) > 0:
                self._answered(number, Answer("later", 0, closed_s))
                continue
            authorization = self._signatures.authorization(self._origin)
            request = _request(self._parcels[number], body, authorization, self._origin)
            answer = await _post(self._connections, request, self._origin)
            self._service.note(answer)
            self._answered(number, answer)
            self._add_senders(group)

    async def _next(self) -> tuple[int, bytes | None] | None:
        while not self._ahead:
            async with self._sealing:
                if self._ahead:
                    break
                block = next(self._blocks, None)
                if block is None:
                    return None
                bodies = await asyncio.to_thread(lambda block=block: [_seal(self._parcels[n]) for n in block])
                self._ahead.extend(zip(block, bodies, strict=True))
        return self._ahead.popleft()


def _seal(parcel: Parcel) -> bytes | None:
    """The message encrypted for this one browser (RFC 8291), or None when its keys make no sense.

    By the library that pywebpush encrypts with, called straight: the class around it copies each subscription whole.
    """
    subscription = parcel.subscription
    try:
        return http_ece.encrypt(
            parcel.payload,
            private_key=ec.generate_private_key(ec.SECP256R1()),
            dh=from_base64url(subscription.p256dh),
            auth_secret=from_base64url(subscription.auth),
            version="aes128gcm",
        )
    except (http_ece.ECEException, ValueError) as error:
        log.warning("push_not_sealed", error=type(error).__name__)
        return None


def _request(parcel: Parcel, body: bytes, authorization: str, origin: str) -> bytes:
    """The whole request. An endpoint has been checked to be plain when it was subscribed, so it can end no line."""
    endpoint = parcel.subscription.endpoint
    path = endpoint[len(origin) :]
    head = (
        f"POST {path if path.startswith('/') else f'/{path}'} HTTP/1.1\r\n"
        f"Host: {origin[origin.index('://') + 3 :]}\r\n"
        f"Authorization: {authorization}\r\n"
        f"TTL: {parcel.ttl_s}\r\n"
        f"Urgency: {'high' if parcel.urgent else 'normal'}\r\n"
        f"Topic: {parcel.topic}\r\n"
        "Content-Encoding: aes128gcm\r\n"
        "Content-Type: application/octet-stream\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode("ascii") + body


async def _post(connections: Connections, request: bytes, origin: str) -> Answer:
    try:
        reply = await connections.post(origin, request)
    except (NoReply, OSError) as error:
        log.warning("push_unreachable", service=origin, error=type(error).__name__)
        return Answer("unreachable", 0)
    return _meaning(reply.status, reply.retry_after, origin)


def _meaning(status: int, retry_after: str | None, origin: str) -> Answer:
    if 200 <= status < 300:
        return Answer("accepted", status)
    if status in (404, 410):
        return Answer("gone", status)
    if status == 413:
        log.error("push_too_large", service=origin)
        return Answer("too-large", status)
    if status == 429 or status >= 500:
        return Answer("later", status, retry_after_s(retry_after))
    log.error("push_refused", service=origin, status=status)
    return Answer("refused", status)


def retry_after_s(header: str | None) -> float | None:
    """The seconds that a Retry-After header asks to wait (a number, or a date), at most an hour; None without one."""
    if header is None:
        return None
    try:
        wait_s = float(header)
    except ValueError:
        try:
            wait_s = email.utils.parsedate_to_datetime(header).timestamp() - time.time()
        except ValueError:
            return None
    return min(max(wait_s, 1.0), RETRY_AFTER_S_MAX)
