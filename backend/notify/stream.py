"""The live stream to open apps: server-sent events that resume where they broke, losing and repeating nothing.

Messages become visible in the order of their numbers, so one reader a process follows the end of the table and
hands each row to the streams of its person; however many streams are open, a message is read once. News of a
commit comes over the bus; a lost one costs at most `PING_S`, when the table is read anyway.
"""

import asyncio
import collections
import contextlib
import uuid
from collections.abc import AsyncGenerator, AsyncIterator

import msgspec
import structlog

from backend.areas import service as areas
from backend.areas.service import Area
from backend.core import bus, metrics, sessions
from backend.core.roles import DESK_ROLES
from backend.core.sessions import Actor
from backend.notify.models import Message
from backend.notify.push import live_sessions
from backend.notify.service import CHANNEL, message_out
from backend.people import service as people

log = structlog.get_logger(__name__)

PING_S = 15.0
READ_MAX = 500
WAITING_MAX = 200
POSITIONS_MAX = 256
PAUSE_AFTER_ERROR_S = 1.0
RETRY_MS = 2_000
PING = b": ping\n\n"

type Event = tuple[int, bytes]
"""A message's number (0 for what is not numbered) and its bytes on the wire."""


class Listener:
    """One open stream: what waits to be written to it."""

    __slots__ = ("_waiting", "_wake", "behind", "closed", "session_id", "user_id")

    def __init__(self, actor: Actor) -> None:
        self.user_id = actor.user_id
        self.session_id = actor.session_id
        self.closed = False
        self.behind = False
        self._waiting: collections.deque[Event] = collections.deque()
        self._wake = asyncio.Event()

    def offer(self, seq: int, data: bytes) -> None:
        """Queue an event. A stream that is not read keeps few: messages it then gets from the table, positions never."""
        if len(self._waiting) < WAITING_MAX:
            self._waiting.append((seq, data))
        elif seq:
            self.behind = True
            self._waiting.clear()
        self._wake.set()

    def close(self) -> None:
        """End the stream."""
        self.closed = True
        self._waiting.clear()
        self._wake.set()

    def take(self) -> Event | None:
        """The next event, or None when nothing waits."""
        return self._waiting.popleft() if self._waiting else None

    async def wait(self, seconds: float) -> bool:
        """Wait until there is something to do; false when `seconds` passed without."""
        self._wake.clear()
        if self._waiting or self.closed or self.behind:
            return True
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            return False
        return True


class Hub:
    """All streams of this process, and the one reader of the table that serves them."""

    def __init__(self) -> None:
        self._listeners: dict[uuid.UUID, set[Listener]] = {}
        self._reading: asyncio.Task[None] | None = None
        self._ready: asyncio.Future[None] | None = None
        self._cursor = 0

    async def add(self, listener: Listener) -> None:
        """From the return of this on, the listener is offered whatever is committed."""
        self._listeners.setdefault(listener.user_id, set()).add(listener)
        if self._reading is None or self._reading.done():
            self._ready = asyncio.get_running_loop().create_future()
            self._reading = asyncio.create_task(self._read(self._ready))
        assert self._ready is not None
        await asyncio.shield(self._ready)

    def remove(self, listener: Listener) -> None:
        """Offer it no more; the last one out ends the reading."""
        mine = self._listeners.get(listener.user_id, set())
        mine.discard(listener)
        if not mine:
            self._listeners.pop(listener.user_id, None)
        if not self._listeners and self._reading is not None:
            self._reading.cancel()
            self._reading = None

    def close_all(self) -> None:
        """End every stream, so that the server can stop."""
        for listener in self._all():
            listener.close()

    def _all(self) -> list[Listener]:
        return [listener for mine in self._listeners.values() for listener in mine]

    async def _read(self, ready: asyncio.Future[None]) -> None:
        with bus.subscribe(CHANNEL, max_backlog=1) as news:
            while True:
                try:
                    if not ready.done():
                        self._cursor = await newest_seq()
                        ready.set_result(None)
                    told = await _told(news, PING_S)
                    await self._pass_on()
                    if not told:
                        await self._close_signed_out(self._all())
                except Exception:
                    log.exception("stream_reader_failed")
                    await asyncio.sleep(PAUSE_AFTER_ERROR_S)

    async def _pass_on(self) -> None:
        """Hand every new message to its person's streams."""
        while True:
            found = await Message.filter(seq__gt=self._cursor).order_by("seq").limit(READ_MAX)
            wanted = [message for message in found if message.user_id in self._listeners]
            if wanted:
                served = {message.user_id for message in wanted}
                await self._close_signed_out(
                    [listener for user_id in served for listener in self._listeners.get(user_id, ())]
                )
                for message in await deliverable(wanted):
                    data = encoded(message)
                    for listener in tuple(self._listeners.get(message.user_id, ())):
                        listener.offer(message.seq, data)
            if found:
                self._cursor = found[-1].seq
            if len(found) < READ_MAX:
                return

    async def _close_signed_out(self, listeners: list[Listener]) -> None:
        live = await live_sessions(listener.session_id for listener in listeners)
        for listener in listeners:
            if listener.session_id not in live:
                listener.close()


hub = Hub()


async def _told(news: bus.Subscription, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await anext(news)
    except TimeoutError:
        return False
    return True


async def newest_seq() -> int:
    """The number of the latest message there is."""
    newest = await Message.all().order_by("-seq").first().only("seq")
    return newest.seq if newest else 0


async def deliverable(messages: list[Message]) -> list[Message]:
    """Without what was recalled, and what is only for people on duty when they are not."""
    duty_bound = {message.user_id for message in messages if message.duty_only}
    on_duty = await people.on_duty_among(duty_bound)
    return [
        message
        for message in messages
        if message.recalled_at is None and (not message.duty_only or message.user_id in on_duty)
    ]


def encoded(message: Message) -> bytes:
    """A message as a server-sent event, with its number as the event's id."""
    return b"id: %d\nevent: message\ndata: %b\n\n" % (message.seq, msgspec.json.encode(message_out(message)))


async def events(actor: Actor, after: int | None, desk: Area | None) -> AsyncGenerator[bytes]:
    """The bytes of one stream, until the session ends.

    With `after`, everything newer than that number comes first; without, the stream begins with what is said from
    now on. The event "ready" carries the number reached, from which a client may resume. `desk` adds the moving
    positions of an area; `desk_for` checks the right to them.
    """
    listener = Listener(actor)
    metrics.sse_clients.inc()
    try:
        await hub.add(listener)
        async with contextlib.AsyncExitStack() as stack:
            if desk is not None:
                await stack.enter_async_context(_positions(listener, desk))
            async for data in _until_closed(listener, after, actor, desk):
                yield data
    finally:
        hub.remove(listener)
        metrics.sse_clients.dec()


async def _until_closed(
    listener: Listener, after: int | None, actor: Actor, desk: Area | None
) -> AsyncGenerator[bytes]:
    newest = await newest_seq()
    reached = newest if after is None else min(after, newest)
    async for seq, data in _missed(listener.user_id, reached):
        reached = seq
        yield data
    yield b'retry: %d\nid: %d\nevent: ready\ndata: {"seq":%d}\n\n' % (RETRY_MS, reached, reached)
    while not listener.closed:
        if listener.behind:
            listener.behind = False
            async for seq, data in _missed(listener.user_id, reached):
                reached = seq
                yield data
        event = listener.take()
        if event is None:
            if not await listener.wait(PING_S):
                if desk is not None and not await _still_at_desk(actor, desk):
                    return
                yield PING
        elif event[0] == 0 or event[0] > reached:
            reached = max(reached, event[0])
            yield event[1]


async def _missed(user_id: uuid.UUID, after: int) -> AsyncIterator[Event]:
    """The person's messages after a number, oldest first, as the table has them now."""
    while True:
        found = await Message.filter(user_id=user_id, seq__gt=after).order_by("seq").limit(READ_MAX)
        for message in await deliverable(found):
            yield message.seq, encoded(message)
        if len(found) < READ_MAX:
            return
        after = found[-1].seq


# --- positions for the desk -----------------------------------------------------------------------------------------


async def desk_for(actor: Actor, area_id: uuid.UUID) -> Area:
    """An area whose desk the actor works at; `NotFound` or `NotAllowed` otherwise."""
    area = await areas.visible(actor, area_id)
    actor.require_any(DESK_ROLES, area.path)
    return area


async def _still_at_desk(actor: Actor, desk: Area) -> bool:
    grants = await sessions.grants_of(actor.user_id)
    return any(grant.role in DESK_ROLES and grant.covers(desk.path) for grant in grants)


@contextlib.asynccontextmanager
async def _positions(listener: Listener, desk: Area) -> AsyncIterator[None]:
    channel = f"positions:{areas.district_slug(desk.path)}"
    with bus.subscribe(channel, max_backlog=POSITIONS_MAX) as moves:
        task = asyncio.create_task(_pass_positions(moves, listener, desk))
        try:
            yield
        finally:
            task.cancel()


async def _pass_positions(moves: bus.Subscription, listener: Listener, desk: Area) -> None:
    """Every move in the district that lies in the box around the desk's area."""
    async for move in moves:
        if desk.west <= move["lon"] <= desk.east and desk.south <= move["lat"] <= desk.north:
            listener.offer(0, b"event: position\ndata: %b\n\n" % msgspec.json.encode(move))
