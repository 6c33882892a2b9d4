"""Web Push of stored messages: who gets them, what they say, and what follows from each answer."""

import datetime as dt
import itertools
import math
import uuid
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

import msgspec
import structlog

from backend.core import clock
from backend.core.db import atomic, execute, rows
from backend.core.ids import uuid7
from backend.core.jobs import enqueue
from backend.core.models import Session
from backend.core.problems import FieldError, InvalidFields
from backend.core.sessions import Actor
from backend.notify import keys
from backend.notify.endpoints import endpoint_error
from backend.notify.keys import Signatures
from backend.notify.models import Message, PushSubscription
from backend.notify.schemas import DeviceWay, PushTest, PushTestDevice, Subscription
from backend.notify.sender import Answer, Answered, Parcel, deliver
from backend.people import service as people
from backend.settings import current

log = structlog.get_logger(__name__)

JOB = "notify.push"
BLOCK = 100
PAYLOAD_BYTES_MAX = 3_500
ATTEMPTS_MAX = 8
WAIT_FIRST_S = 5.0
DEVICES_MAX = 10
TRIED_AGAIN = ("later", "unreachable")
ADDRESSES = {
    "alert": "/alerts/{id}",
    "task": "/tasks/{id}",
    "patrol": "/patrols/{id}",
    "sos": "/sos/{id}",
    "report": "/reports",
    "plan": "/desk/plans/{id}",
    "voucher": "/vouchers/{id}",
}
"""Where a tap on the notification leads, by what the message is about; else to the messages."""

_signatures: Signatures | None = None
_listeners: list["Listener"] = []


class Pushed(msgspec.Struct, frozen=True):
    """A message that a push service has taken for a person."""

    kind: str
    ref_kind: str
    ref_id: uuid.UUID
    user_id: uuid.UUID
    at: dt.datetime


type Listener = Callable[[Sequence[Pushed]], Awaitable[None]]


async def signatures() -> Signatures:
    """The signer with this installation's key."""
    global _signatures
    key = await keys.push_key()
    subject = current().vapid_subject
    if _signatures is None or (_signatures.public_key, _signatures.subject) != (key.public_key, subject):
        _signatures = Signatures(key, subject)
    return _signatures


def when_pushed(listener: Listener) -> Listener:
    """Call `listener` within the unit of work that notes which messages the push services have taken."""
    if listener not in _listeners:
        _listeners.append(listener)
    return listener


# --- subscribing ----------------------------------------------------------------------------------------------------


async def subscribe(actor: Actor, wanted: Subscription) -> None:
    """Keep a browser's subscription for this session; a former owner of the same browser loses it.

    Raises `InvalidFields` for an unknown push service or keys that no browser makes.
    """
    errors = [endpoint_error(wanted.endpoint, current().push_allowed_hosts), *_key_errors(wanted)]
    found = [error for error in errors if error is not None]
    if found:
        raise InvalidFields(found)
    await _keep(actor, wanted)


def _key_errors(wanted: Subscription) -> Iterable[FieldError]:
    for field, text, length in (("keys.p256dh", wanted.keys.p256dh, 65), ("keys.auth", wanted.keys.auth, 16)):
        try:
            data = keys.from_base64url(text)
        except ValueError:
            data = b""
        if len(data) != length or (length == 65 and not keys.is_point(data)):
            yield FieldError(
                field, "invalid", f"Not a key of {length} bytes in base64url; subscribe again", text
            )


@atomic
async def _keep(actor: Actor, wanted: Subscription) -> None:
    now = clock.now()
    await execute(
        "INSERT INTO push_subscription (id, user_id, session_id, endpoint, p256dh, auth, device_name, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (endpoint) DO UPDATE SET user_id = excluded.user_id,"
        " session_id = excluded.session_id, p256dh = excluded.p256dh, auth = excluded.auth,"
        " device_name = excluded.device_name, failed_at = NULL, failures = 0",
        uuid7(), actor.user_id, actor.session_id, wanted.endpoint, wanted.keys.p256dh, wanted.keys.auth,
        wanted.device_name, now,
    )  # fmt: skip
    held = await PushSubscription.filter(user_id=actor.user_id).order_by("-created_at", "-id")
    if surplus := [subscription.id for subscription in held[DEVICES_MAX:]]:
        await PushSubscription.filter(id__in=surplus).delete()


@atomic
async def unsubscribe(actor: Actor, endpoint: str) -> None:
    """Forget one of the actor's browsers; one that is not there is no error."""
    await PushSubscription.filter(user_id=actor.user_id, endpoint=endpoint).delete()


@atomic
async def forget_signed_out() -> int:
    """Delete the subscriptions whose session has ended; returns how many."""
    return await execute(
        "DELETE FROM push_subscription WHERE NOT EXISTS (SELECT 1 FROM session WHERE"
        " session.id = push_subscription.session_id AND session.revoked_at IS NULL AND session.expires_at > ?)",
        clock.now(),
    )


async def live_sessions(session_ids: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Those of the sessions that have neither ended nor been revoked."""
    found: set[uuid.UUID] = set()
    for block in itertools.batched(set(session_ids), 500, strict=False):
        live = Session.filter(id__in=block, revoked_at__isnull=True, expires_at__gt=clock.now())
        found.update(await live.values_list("id", flat=True))  # type: ignore[arg-type]
    return found


# --- sending --------------------------------------------------------------------------------------------------------


def payload_of(message: Message) -> bytes:
    """What a browser's service worker gets: texts and an address; no photo and no more than fits."""
    address = ADDRESSES.get(message.ref_kind, "/messages").format(id=message.ref_id)
    content: dict[str, Any] = {
        "kind": message.kind,
        "ref": {"kind": message.ref_kind, "id": str(message.ref_id)},
        "title_zh": message.title_zh,
        "title_en": message.title_en,
        "body_zh": message.body_zh,
        "body_en": message.body_en,
        "url": address,
        "tag": _tag(message),
    }
    data = msgspec.json.encode(content)
    while len(data) > PAYLOAD_BYTES_MAX:
        longest = max(
            ("body_zh", "body_en", "title_zh", "title_en"), key=lambda name: len(content[name].encode())
        )
        content[longest] = content[longest][: len(content[longest]) * 2 // 3] + "…"
        data = msgspec.json.encode(content)
    return data


def _is_state_of_its_thing(message: Message) -> bool:
    """Whether a later message about the same thing takes this one's place ("alert.update" of "alert.live")."""
    return message.kind.startswith(message.ref_kind + ".")


def _tag(message: Message) -> str:
    """By what the phone knows a notification: one with the same tag replaces it."""
    return f"{message.ref_kind if _is_state_of_its_thing(message) else message.kind}-{message.ref_id}"


def _topic(message: Message) -> str:
    """By what a push service knows a waiting message: one with the same topic (at most 32 characters) replaces it."""
    return message.ref_id.hex if _is_state_of_its_thing(message) else message.id.hex


async def enqueue_push(message_ids: Iterable[uuid.UUID], *, urgent: bool, ttl_s: int) -> None:
    """Have these messages pushed once the caller's unit of work has committed."""
    forget_at = clock.now() + dt.timedelta(seconds=ttl_s)
    for block in itertools.batched(message_ids, BLOCK, strict=False):
        payload = {
            "block": uuid7(),
            "message_ids": list(block),
            "urgent": urgent,
            "forget_at": forget_at,
            "attempt": 1,
        }
        await enqueue(JOB, payload)


class PushBlock(msgspec.Struct, frozen=True):
    """The payload of a push job."""

    block: uuid.UUID
    message_ids: list[uuid.UUID]
    urgent: bool
    forget_at: dt.datetime
    attempt: int


async def push_block(block: PushBlock) -> None:
    """Push a block of messages to every browser of their people that has not had them yet.

    What was recalled meanwhile, whoever signed out, and (for messages that say so) whoever is off duty, is left
    out. Answers are noted as they come, so that a sender that dies repeats little. What a service wants later
    becomes a job of its own, until the messages are past their time.
    """
    ttl_s = int((block.forget_at - clock.now()).total_seconds())
    if ttl_s <= 0:
        return
    pairs = await _outstanding(block.message_ids)
    parcels = [
        Parcel(subscription, payload_of(message), ttl_s, block.urgent, _topic(message))
        for message, subscription in pairs
    ]
    later: dict[float, set[uuid.UUID]] = defaultdict(set)

    async def note(answered: Answered) -> None:
        await _note([(*pairs[number], answer) for number, answer in answered])
        for number, answer in answered:
            if answer.result in TRIED_AGAIN:
                wait_s = answer.retry_after_s or WAIT_FIRST_S * 2 ** (block.attempt - 1)
                later[math.ceil(wait_s)].add(pairs[number][0].id)

    await deliver(parcels, await signatures(), note)
    await _again(block, later)


async def _outstanding(message_ids: list[uuid.UUID]) -> list[tuple[Message, PushSubscription]]:
    messages = await Message.filter(id__in=message_ids, recalled_at__isnull=True)
    duty_bound = {message.user_id for message in messages if message.duty_only}
    on_duty = await people.on_duty_among(duty_bound)
    messages = [message for message in messages if not message.duty_only or message.user_id in on_duty]
    if not messages:
        return []
    subscriptions = await PushSubscription.filter(user_id__in=[message.user_id for message in messages])
    live = await live_sessions(subscription.session_id for subscription in subscriptions)
    by_person: defaultdict[uuid.UUID, list[PushSubscription]] = defaultdict(list)
    for subscription in subscriptions:
        if subscription.session_id in live:
            by_person[subscription.user_id].append(subscription)
    done = await _answered(message_ids)
    return [
        (message, subscription)
        for message in messages
        for subscription in by_person[message.user_id]
        if (message.id, subscription.id) not in done
    ]


async def _answered(message_ids: list[uuid.UUID]) -> set[tuple[uuid.UUID, uuid.UUID]]:
    marks = ", ".join("?" * len(message_ids))
    found = await rows(
        f"SELECT message_id, subscription_id FROM push_receipt WHERE message_id IN ({marks})", *message_ids
    )
    return {(_uuid(each["message_id"]), _uuid(each["subscription_id"])) for each in found}


def _uuid(value: Any) -> uuid.UUID:
    return value if type(value) is uuid.UUID else uuid.UUID(str(value))


type Outcome = tuple[Message, PushSubscription, Answer]


@atomic
async def _note(outcomes: Sequence[Outcome]) -> None:
    now = clock.now()
    await _note_receipts([each for each in outcomes if each[2].result not in TRIED_AGAIN], now)
    accepted = [
        (message, subscription) for message, subscription, answer in outcomes if answer.result == "accepted"
    ]
    if accepted:
        reached = PushSubscription.filter(id__in=sorted(subscription.id for _, subscription in accepted))
        await reached.update(last_ok_at=now, failures=0)
        taken = [
            Pushed(message.kind, message.ref_kind, message.ref_id, message.user_id, now)
            for message, _ in accepted
        ]
        for listener in _listeners:
            await listener(taken)
    for _, subscription, answer in outcomes:
        if answer.result != "accepted" and not answer.unasked:
            await _note_trouble(subscription, answer, now)


async def _note_receipts(settled: Sequence[Outcome], now: dt.datetime) -> None:
    """Rows that say: not to be sent there again."""
    if not settled:
        return
    marks = ", ".join(["(?, ?, ?, ?)"] * len(settled))
    values = [
        value
        for message, subscription, answer in settled
        for value in (message.id, subscription.id, answer.status, now)
    ]
    await execute(
        f"INSERT INTO push_receipt (message_id, subscription_id, status, at) VALUES {marks}"
        " ON CONFLICT (message_id, subscription_id) DO NOTHING",
        *values,
    )


async def _note_trouble(subscription: PushSubscription, answer: Answer, now: dt.datetime) -> None:
    if answer.result == "gone":
        await PushSubscription.filter(id=subscription.id).delete()
    else:
        await execute(
            "UPDATE push_subscription SET failed_at = ?, failures = failures + 1 WHERE id = ?",
            now,
            subscription.id,
        )


@atomic
async def _again(block: PushBlock, later: dict[float, set[uuid.UUID]]) -> None:
    """Jobs for what is to be tried once more, by how long to wait; made once, also when this job is run twice."""
    if later and block.attempt >= ATTEMPTS_MAX:
        log.error("push_given_up", messages=len(set().union(*later.values())), attempts=block.attempt)
        return
    for wait_s, message_ids in later.items():
        following = msgspec.structs.replace(block, message_ids=sorted(message_ids), attempt=block.attempt + 1)
        await enqueue(
            JOB,
            msgspec.to_builtins(following),
            run_at=clock.now() + dt.timedelta(seconds=wait_s),
            key=f"{JOB}:{block.block}:{following.attempt}:{wait_s:.3f}",
        )


async def devices(actor: Actor) -> list[DeviceWay]:
    """The actor's subscribed browsers that are signed in, the latest first, and how each is doing."""
    found = await PushSubscription.filter(user_id=actor.user_id).order_by("-created_at", "-id")
    live = await live_sessions(each.session_id for each in found)
    return [
        DeviceWay(each.device_name, each.session_id == actor.session_id, each.last_ok_at, each.failures > 0)
        for each in found
        if each.session_id in live
    ]


# --- trying it out --------------------------------------------------------------------------------------------------


async def try_out(actor: Actor) -> PushTest:
    """Send a trial message to every subscribed browser of the actor and tell what each push service answered."""
    subscriptions = await PushSubscription.filter(user_id=actor.user_id).order_by("-created_at", "-id")
    live = await live_sessions(subscription.session_id for subscription in subscriptions)
    tried = [subscription for subscription in subscriptions if subscription.session_id in live]
    trial = Message(
        id=uuid7(), user_id=actor.user_id, kind="push.test", ref_kind="person", ref_id=actor.user_id, at=clock.now(),
        title_zh="提醒测试", title_en="Test alert",
        body_zh="这台设备能收到协查提醒。", body_en="This device can receive alerts.",
    )  # fmt: skip
    parcels = [Parcel(subscription, payload_of(trial), 60, True, trial.id.hex) for subscription in tried]
    by_number: dict[int, Answer] = {}

    async def note(answered: Answered) -> None:
        by_number.update(answered)

    await deliver(parcels, await signatures(), note)
    answers = [by_number[number] for number in range(len(tried))]
    await _note_trial(tried, answers)
    return PushTest(
        devices=[
            PushTestDevice(
                device_name=subscription.device_name,
                current=subscription.session_id == actor.session_id,
                result=_TRIAL_RESULTS[answer.result],
            )
            for subscription, answer in zip(tried, answers, strict=True)
        ]
    )


_TRIAL_RESULTS: dict[str, Any] = {
    "accepted": "accepted",
    "gone": "gone",
    "refused": "refused",
    "too-large": "refused",
    "later": "unreachable",
    "unreachable": "unreachable",
}


@atomic
async def _note_trial(tried: list[PushSubscription], answers: list[Answer]) -> None:
    now = clock.now()
    for subscription, answer in zip(tried, answers, strict=True):
        if answer.result == "accepted":
            await PushSubscription.filter(id=subscription.id).update(last_ok_at=now, failures=0)
        else:
            await _note_trouble(subscription, answer, now)
