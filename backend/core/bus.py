"""News between the parts of one process and, through Redis, between processes: small messages that carry ids.

A message may be lost (a slow reader, a Redis that restarts), so readers treat it as a hint to read the database
again. Readers in the publishing process are served at once and do not depend on Redis.

Litestar's channels are not used for this: their publishing task ends for good with the first error of Redis, the
reading task with the first lost connection, the backlog is one size for every reader, a channel once named is
remembered for ever (one a person would add up), and `lexun worker` has no Litestar application. Here one Redis
channel carries everything, so a new reader costs no round trip and a reconnect has nothing to restore.
"""

import asyncio
import collections
import uuid
import weakref
from collections.abc import AsyncIterator, Callable
from types import TracebackType
from typing import Any, Self

import msgspec
import redis.asyncio
import structlog
from redis.exceptions import RedisError

from backend.core import metrics

log = structlog.get_logger(__name__)

type Message = dict[str, Any]

BACKLOG_MAX = 256
OUTGOING_MAX = 10_000
REDIS_CHANNEL = "lexun:bus"
PAUSE_FIRST_S = 0.2
PAUSE_MAX_S = 5.0


class Subscription(AsyncIterator[Message]):
    """The messages of some channels from the moment it is made; `close` it, or use it in a `with` block.

    Holds the newest `max_backlog` messages: a reader that falls behind loses the oldest, and `missed` counts
    them. `after_gap`, when given, is put before the next message wherever messages may have been lost.
    Readers share the message objects and must not change them.
    """

    __slots__ = ("__weakref__", "_after_gap", "_backlog", "_closed", "_waiter", "channels", "missed")

    def __init__(self, channels: tuple[str, ...], max_backlog: int, after_gap: Message | None) -> None:
        least = 1 if after_gap is None else 2
        if max_backlog < least:
            raise ValueError(f"max_backlog={max_backlog}: give at least {least}")
        self.channels = channels
        self.missed = 0
        self._after_gap = after_gap
        self._backlog: collections.deque[Message] = collections.deque(maxlen=max_backlog)
        self._waiter: asyncio.Future[None] | None = None
        self._closed = False

    def close(self) -> None:
        """Take no more messages; a reader that waits is released."""
        self._closed = True
        for channel in self.channels:
            readers = _readers.get(channel)
            if readers is not None:
                readers.discard(self)
                if not readers:
                    del _readers[channel]
        self._wake()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    async def __anext__(self) -> Message:
        while not self._backlog:
            if self._closed:
                raise StopAsyncIteration
            if self._waiter is not None:
                raise RuntimeError("a subscription has one reader")
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        return self._backlog.popleft()

    def _put(self, message: Message) -> None:
        if len(self._backlog) == self._backlog.maxlen:
            self._make_room()
        self._backlog.append(message)
        self._wake()

    def _make_room(self) -> None:
        """Drop the oldest message; where the reader wants a mark, it takes the place of one more."""
        self._drop()
        if self._after_gap is not None:
            self._drop()
            self._backlog.appendleft(self._after_gap)

    def _drop(self) -> None:
        if self._backlog and self._backlog.popleft() is not self._after_gap:
            self.missed += 1
            metrics.bus_missed.inc()

    def _note_gap(self) -> None:
        """Messages may have been lost on their way here: leave the mark that the reader asked for."""
        if self._after_gap is None or (self._backlog and self._backlog[0] is self._after_gap):
            return
        if len(self._backlog) == self._backlog.maxlen:
            self._drop()
        self._backlog.appendleft(self._after_gap)
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


_readers: dict[str, weakref.WeakSet[Subscription]] = {}
_link: "RedisLink | None" = None


def subscribe(
    *channels: str, max_backlog: int = BACKLOG_MAX, after_gap: Message | None = None
) -> Subscription:
    """Begin to collect the messages of `channels`; to be called inside a running event loop.

    Subscribe first and read the database second: then nothing falls in between.
    """
    subscription = Subscription(channels, max_backlog, after_gap)
    for channel in channels:
        _readers.setdefault(channel, weakref.WeakSet()).add(subscription)
    return subscription


def publish(channel: str, message: Message) -> None:
    """Give `message` (JSON values, UUIDs, datetimes; ids rather than content) to every reader of `channel`.

    Does not wait. Call it through `on_commit`, so that nobody hears of what was rolled back.
    """
    plain = msgspec.to_builtins(message)
    _deliver(channel, plain)
    if _link is not None:
        _link.send(channel, plain)


def reader_count(channel: str) -> int:
    """How many readers of this process listen to `channel`."""
    return len(_readers.get(channel, ()))


def _deliver(channel: str, message: Message) -> None:
    for subscription in tuple(_readers.get(channel, ())):
        subscription._put(message)


def _mark_gap() -> None:
    for readers in tuple(_readers.values()):
        for subscription in tuple(readers):
            subscription._note_gap()


async def start_bus(redis_url: str) -> None:
    """Connect this process to the others; with an empty `redis_url` messages stay in the process."""
    global _link
    if redis_url and _link is None:
        _link = RedisLink(redis_url, _deliver, _mark_gap)
        _link.start()


async def stop_bus() -> None:
    """Send what is waiting, and disconnect."""
    global _link
    if _link is not None:
        link, _link = _link, None
        await link.stop()


def is_connected() -> bool:
    """Whether messages reach the other processes; true when there are none to reach."""
    return _link is None or _link.connected


class RedisLink:
    """One sending and one reading task over Redis pub/sub; both begin again after every failure."""

    def __init__(
        self, url: str, deliver: Callable[[str, Message], None], mark_gap: Callable[[], None]
    ) -> None:
        self.connected = False
        self._client = redis.asyncio.Redis.from_url(
            url, socket_connect_timeout=5, health_check_interval=15, retry=None
        )
        self._deliver = deliver
        self._mark_gap = mark_gap
        self._me = uuid.uuid4().hex
        self._outgoing: asyncio.Queue[bytes] = asyncio.Queue(OUTGOING_MAX)
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to send and to read, in the running loop."""
        self._tasks = [asyncio.create_task(self._sending()), asyncio.create_task(self._reading())]

    async def stop(self) -> None:
        """Give waiting messages a second to leave, then end."""
        try:
            async with asyncio.timeout(1):
                await self._outgoing.join()
        except TimeoutError:
            log.warning("bus_messages_unsent", count=self._outgoing.qsize())
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._client.aclose()

    def send(self, channel: str, message: Message) -> None:
        """Queue a message; when Redis has been away for long, the oldest are dropped."""
        if self._outgoing.full():
            self._outgoing.get_nowait()
            self._outgoing.task_done()
            metrics.bus_missed.inc()
        self._outgoing.put_nowait(msgspec.json.encode((self._me, channel, message)))

    async def _sending(self) -> None:
        pause_s = PAUSE_FIRST_S
        while True:
            data = await self._outgoing.get()
            try:
                await self._client.publish(REDIS_CHANNEL, data)
                pause_s = PAUSE_FIRST_S
            except (RedisError, OSError) as error:
                log.warning("bus_send_failed", error=type(error).__name__)
                metrics.bus_missed.inc()
                await asyncio.sleep(pause_s)
                pause_s = min(pause_s * 2, PAUSE_MAX_S)
            finally:
                self._outgoing.task_done()

    async def _reading(self) -> None:
        pause_s = PAUSE_FIRST_S
        was_connected = False
        while True:
            reader = self._client.pubsub(ignore_subscribe_messages=False)
            try:
                await reader.subscribe(REDIS_CHANNEL)
                while True:
                    # Waking up between messages lets the client's health check notice a silent connection.
                    received = await reader.get_message(timeout=5)
                    if received is None:
                        continue
                    if received["type"] == "subscribe":
                        self.connected = True
                        pause_s = PAUSE_FIRST_S
                        if was_connected:
                            self._mark_gap()
                        was_connected = True
                    elif received["type"] == "message":
                        self._take(received["data"])
            except (RedisError, OSError) as error:
                self.connected = False
                log.warning("bus_connection_lost", error=type(error).__name__, next_try_s=pause_s)
                await asyncio.sleep(pause_s)
                pause_s = min(pause_s * 2, PAUSE_MAX_S)
            finally:
                await reader.aclose()

    def _take(self, data: bytes) -> None:
        try:
            sender, channel, message = msgspec.json.decode(data, type=tuple[str, str, Message])
        except msgspec.MsgspecError:
            log.warning("bus_message_not_understood", length=len(data))
            return
        if sender != self._me:
            self._deliver(channel, message)
