"""Webhooks: what happened in an area is signed (Standard Webhooks) and posted to those who asked to be told.

An event becomes rows in the unit of work it happened in, so none is lost and none is told that did not happen. Each
try of one event carries the same message id; a receiver that has seen it may drop it.
"""

import datetime as dt
import secrets
import uuid
from base64 import b64encode
from collections.abc import Iterable
from typing import Any

import aiohttp
import msgspec
import structlog
from standardwebhooks import Webhook as Signer

from backend.areas import service as areas
from backend.areas.service import Area
from backend.core import audit, clock
from backend.core.db import atomic, execute
from backend.core.ids import uuid7
from backend.core.jobs import enqueue
from backend.core.problems import Conflict, InvalidFields, NotFound
from backend.core.roles import Role
from backend.core.sessions import Actor
from backend.integrations.addresses import PrivateAddress, PublicResolver, address_error
from backend.integrations.keys import FRESH_LOGIN_MINUTES
from backend.integrations.models import Webhook, WebhookDelivery
from backend.integrations.schemas import DeliveryOut, WebhookIn, WebhookOut
from backend.settings import current

log = structlog.get_logger(__name__)

DELIVER_JOB = "integrations.deliver"
TEST_EVENT = "test"
TIMEOUT_S = 15.0
PAUSES_S = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""Between one try and the next, about three days and a half in all, as Standard Webhooks advises."""
RETRY_AFTER_S_MAX = 3_600
LOG_LENGTH = 50
LOG_KEPT = dt.timedelta(days=30)
WEBHOOKS_MAX = 20


class TooManyWebhooks(Conflict):
    """An area has as many webhooks as it may have."""

    code, title = "too-many-webhooks", "Remove a webhook before you add another"


# --- who is told ----------------------------------------------------------------------------------------------------


@atomic
async def create_webhook(actor: Actor, wanted: WebhookIn) -> WebhookOut:
    """Have an address told what happens in an area; its secret is in this answer only."""
    area = await areas.visible(actor, wanted.area_id)
    actor.require(Role.ADMIN, area.path)
    actor.require_fresh(FRESH_LOGIN_MINUTES)
    if error := address_error(wanted.url, current().webhook_private_hosts):
        raise InvalidFields([error])
    if await Webhook.filter(area_id=area.id).exclude(state="removed").count() >= WEBHOOKS_MAX:
        raise TooManyWebhooks(most=WEBHOOKS_MAX)
    secret = "whsec_" + b64encode(secrets.token_bytes(32)).decode()
    webhook = await Webhook.create(
        id=uuid7(),
        area_id=area.id,
        url=wanted.url,
        secret=secret,
        events=sorted(set(wanted.events)),
        created_by=actor.user_id,
        created_at=clock.now(),
    )
    details = {"url": webhook.url, "events": webhook.events}
    await audit.record(actor, "integration.webhook", "webhook", webhook.id, area_id=area.id, details=details)
    return msgspec.structs.replace(await webhook_out(webhook), secret=secret)


@atomic
async def remove_webhook(actor: Actor, webhook_id: uuid.UUID) -> None:
    """Tell an address nothing more, not even what waits for it."""
    webhook, area = await _managed(actor, webhook_id)
    if await _stop(webhook.id, "removed"):
        await audit.record(actor, "integration.webhook_end", "webhook", webhook.id, area_id=area.id)


@atomic
async def resume_webhook(actor: Actor, webhook_id: uuid.UUID) -> WebhookOut:
    """Tell an address again that had been given up; what it missed stays missed."""
    webhook, area = await _managed(actor, webhook_id)
    await Webhook.filter(id=webhook_id).exclude(state="active").update(state="active", stopped_at=None)
    await audit.record(actor, "integration.webhook_resume", "webhook", webhook.id, area_id=area.id)
    await webhook.refresh_from_db()
    return await webhook_out(webhook)


@atomic
async def test_webhook(actor: Actor, webhook_id: uuid.UUID) -> DeliveryOut:
    """Send the address a test event at once; the log shows what became of it."""
    webhook, _ = await _managed(actor, webhook_id)
    if webhook.state != "active":
        raise Conflict("This webhook was stopped; start it again first")
    return delivery_out(await _post(webhook.id, TEST_EVENT, {"area_id": str(webhook.area_id)}))


async def deliveries(actor: Actor, webhook_id: uuid.UUID) -> list[DeliveryOut]:
    """What was sent to the address lately, the newest first."""
    await _managed(actor, webhook_id)
    found = (
        await WebhookDelivery.filter(webhook_id=webhook_id).order_by("-created_at", "-id").limit(LOG_LENGTH)
    )
    return [delivery_out(each) for each in found]


async def _managed(actor: Actor, webhook_id: uuid.UUID) -> tuple[Webhook, Area]:
    webhook = await Webhook.filter(id=webhook_id).exclude(state="removed").first()
    if webhook is None:
        raise NotFound(kind="webhook", id=str(webhook_id))
    area = await areas.visible(actor, webhook.area_id)
    actor.require(Role.ADMIN, area.path)
    return webhook, area


async def webhook_out(webhook: Webhook) -> WebhookOut:
    """A webhook as the administrator sees it, without its secret."""
    waiting = await WebhookDelivery.filter(webhook_id=webhook.id, state="waiting").count()
    last = (
        await WebhookDelivery.filter(webhook_id=webhook.id, state="delivered").order_by("-ended_at").first()
    )
    return WebhookOut(
        webhook.id, webhook.area_id, webhook.url, list(webhook.events), webhook.state,  # type: ignore[arg-type]
        webhook.created_at, webhook.stopped_at, waiting, last.ended_at if last else None,
    )  # fmt: skip


def delivery_out(each: WebhookDelivery) -> DeliveryOut:
    """One line of the log."""
    return DeliveryOut(
        each.id, each.event, each.state, each.tries, each.status, each.error,  # type: ignore[arg-type]
        each.created_at, each.next_at, each.ended_at,
    )  # fmt: skip


# --- what happened --------------------------------------------------------------------------------------------------


async def emit(area: Area, event: str, data: dict[str, Any]) -> int:
    """Have every webhook that covers `area` told of `event` once the caller's unit of work commits; how many."""
    covering = await areas_above(area)
    wanted = await Webhook.filter(area_id__in=covering, state="active").order_by("id")
    told = [webhook for webhook in wanted if event in webhook.events]
    for webhook in told:
        await _post(webhook.id, event, data)
    return len(told)


async def areas_above(area: Area) -> list[uuid.UUID]:
    """The area and everything that contains it."""
    parts = area.path.split("/")
    found = [await areas.by_path("/".join(parts[: depth + 1])) for depth in range(len(parts))]
    return [each.id for each in found if each is not None]


@atomic
async def _post(webhook_id: uuid.UUID, event: str, data: dict[str, Any]) -> WebhookDelivery:
    now = clock.now()
    delivery = await WebhookDelivery.create(
        id=uuid7(),
        webhook_id=webhook_id,
        event=event,
        payload={"type": event, "timestamp": now.isoformat(), "data": data},
        created_at=now,
        next_at=now,
    )
    await enqueue(DELIVER_JOB, {"delivery_id": delivery.id})
    return delivery


# --- telling --------------------------------------------------------------------------------------------------------


class Answer(msgspec.Struct, frozen=True):
    """What the receiver said: its HTTP status, or what went wrong before there was one."""

    status: int | None
    error: str = ""
    retry_after_s: int | None = None

    @property
    def taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


async def deliver(delivery_id: uuid.UUID) -> None:
    """Try one delivery; afterwards it is delivered, waits for the next try, or has failed for good."""
    delivery = await WebhookDelivery.filter(id=delivery_id, state="waiting").first()
    if delivery is None:
        return
    webhook = await Webhook.get(id=delivery.webhook_id)
    if webhook.state != "active":
        await _note(delivery, webhook, Answer(None, "stopped"), final=True)
        return
    await _note(delivery, webhook, await _send(webhook, delivery))


async def _send(webhook: Webhook, delivery: WebhookDelivery) -> Answer:
    """Post the signed event. Redirects are not followed: the address is the one an administrator has entered."""
    private_hosts = current().webhook_private_hosts
    if error := address_error(webhook.url, private_hosts):
        return Answer(None, error.code)
    body = msgspec.json.encode(delivery.payload).decode()
    now = clock.now()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Lexun",
        "webhook-id": str(delivery.id),
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Signer(webhook.secret).sign(str(delivery.id), now, body),
    }
    connector = aiohttp.TCPConnector(resolver=PublicResolver(private_hosts), limit=4)
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
    try:
        async with (
            aiohttp.ClientSession(
                connector=connector, timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()
            ) as session,
            session.post(webhook.url, data=body, headers=headers, allow_redirects=False) as answer,
        ):
            return Answer(answer.status, retry_after_s=_seconds(answer.headers.get("Retry-After", "")))
    except TimeoutError:
        return Answer(None, f"no answer within {TIMEOUT_S:.0f} s")
    except (aiohttp.ClientError, OSError) as error:
        private = isinstance(error, PrivateAddress) or isinstance(error.__cause__, PrivateAddress)
        return Answer(None, "private" if private else type(error).__name__)


def _seconds(retry_after: str) -> int | None:
    return min(int(retry_after), RETRY_AFTER_S_MAX) if retry_after.isdigit() else None


@atomic
async def _note(delivery: WebhookDelivery, webhook: Webhook, answer: Answer, *, final: bool = False) -> None:
    now = clock.now()
    tries = delivery.tries + (0 if final else 1)
    values: dict[str, Any] = {"tries": tries, "status": answer.status, "error": answer.error[:200]}
    if answer.taken:
        values |= {"state": "delivered", "ended_at": now, "next_at": None}
    elif final or answer.status == 410 or tries > len(PAUSES_S):
        values |= {"state": "failed", "ended_at": now, "next_at": None}
    else:
        next_at = now + dt.timedelta(seconds=max(PAUSES_S[tries - 1], answer.retry_after_s or 0))
        values |= {"next_at": next_at}
        await enqueue(DELIVER_JOB, {"delivery_id": delivery.id}, run_at=next_at)
    moved = await WebhookDelivery.filter(id=delivery.id, state="waiting", tries=delivery.tries).update(
        **values
    )
    if moved and values.get("state") == "failed" and not final:
        # 410 says: never again. Days without an answer say the same; an administrator sees it and may resume.
        await _stop(webhook.id, "gone" if answer.status == 410 else "failing")
        log.warning("webhook_stopped", webhook_id=str(webhook.id), status=answer.status, error=answer.error)


async def _stop(webhook_id: uuid.UUID, state: str) -> bool:
    allowed = ("active",) if state != "removed" else ("active", "failing", "gone")
    stopped = await Webhook.filter(id=webhook_id, state__in=allowed).update(
        state=state, stopped_at=clock.now()
    )
    return stopped == 1


@atomic
async def forget_old() -> int:
    """Delete the log's lines of ended deliveries after a month; returns how many."""
    return await execute(
        "DELETE FROM webhook_delivery WHERE state <> 'waiting' AND ended_at < ?", clock.now() - LOG_KEPT
    )


def known_events() -> Iterable[str]:
    """Everything that a webhook can be told of."""
    return ("alert.live", "alert.updated", "alert.ended")
