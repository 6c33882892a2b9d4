"""Hands sealed messages to push services (RFC 8030), and says what each answer means."""

import asyncio
import contextlib
import email.utils
import ssl
import time
from collections.abc import AsyncIterator, Sequence
from typing import Literal

import aiohttp
import msgspec
import structlog
from pywebpush import WebPusher, WebPushException
from yarl import URL

from backend.core import metrics
from backend.notify.endpoints import origin_of
from backend.notify.keys import Signatures
from backend.notify.models import PushSubscription

log = structlog.get_logger(__name__)

IN_FLIGHT_MAX = 256
TIMEOUT_S = 10.0
SEALED_AHEAD = 64
RETRY_AFTER_S_MAX = 3600

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


_session: aiohttp.ClientSession | None = None
_users = 0


@contextlib.asynccontextmanager
async def _shared_session() -> AsyncIterator[aiohttp.ClientSession]:
    """One pool of connections for everything that is being sent in this process; closed when nothing is."""
    global _session, _users
    if _session is None:
        connector = aiohttp.TCPConnector(limit=IN_FLIGHT_MAX, ssl=ssl.create_default_context())
        _session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=("User-Agent", "Accept-Encoding"),
            timeout=aiohttp.ClientTimeout(total=TIMEOUT_S),
        )
    session = _session
    _users += 1
    try:
        yield session
    finally:
        _users -= 1
        if _users == 0 and _session is session:
            _session = None
            await session.close()


async def deliver(parcels: Sequence[Parcel], signatures: Signatures) -> list[Answer]:
    """Send every parcel, many at a time, and return the answers in the same order. Never raises for a parcel."""
    answers: list[Answer] = []
    async with _shared_session() as session:
        for start in range(0, len(parcels), SEALED_AHEAD):
            block = parcels[start : start + SEALED_AHEAD]
            sealed = await asyncio.to_thread(lambda block=block: [_seal(parcel) for parcel in block])
            answers += await asyncio.gather(
                *(
                    _post(session, parcel, body, signatures)
                    for parcel, body in zip(block, sealed, strict=True)
                )
            )
    for answer in answers:
        metrics.push_results.labels(answer.result).inc()
    return answers


def _seal(parcel: Parcel) -> bytes | None:
    """The message encrypted for this one browser (RFC 8291), or None when its keys make no sense."""
    subscription = parcel.subscription
    info = {
        "endpoint": subscription.endpoint,
        "keys": {"p256dh": subscription.p256dh, "auth": subscription.auth},
    }
    try:
        return bytes(WebPusher(info).encode(parcel.payload)["body"])
    except (WebPushException, ValueError) as error:
        log.warning("push_not_sealed", error=type(error).__name__)
        return None


async def _post(
    session: aiohttp.ClientSession, parcel: Parcel, body: bytes | None, signatures: Signatures
) -> Answer:
    if body is None:
        return Answer("gone", 0)
    endpoint = parcel.subscription.endpoint
    origin = origin_of(endpoint)
    headers = {
        "TTL": str(parcel.ttl_s),
        "Urgency": "high" if parcel.urgent else "normal",
        "Topic": parcel.topic,
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "Authorization": signatures.authorization(origin),
    }
    try:
        async with session.post(
            URL(endpoint, encoded=True), data=body, headers=headers, allow_redirects=False
        ) as response:
            return _meaning(response.status, response.headers.get("Retry-After"), origin)
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        log.warning("push_unreachable", service=origin, error=type(error).__name__)
        return Answer("unreachable", 0)


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
