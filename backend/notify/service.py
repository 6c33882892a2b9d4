"""Use cases of messages: telling people something, taking it back, and reading the inbox."""

import itertools
import uuid
from collections.abc import Iterable

from backend.areas import service as areas
from backend.core import bus, clock
from backend.core.db import atomic, on_commit
from backend.core.ids import uuid7
from backend.core.sessions import Actor
from backend.notify import sms
from backend.notify.models import Message, PushSubscription
from backend.notify.push import Pushed, devices, enqueue_push, live_sessions, when_pushed
from backend.notify.robots import robots_for, tell_groups
from backend.notify.schemas import AlertWays, MessageList, MessageOut, RefOut
from backend.notify.sms import ready as can_text
from backend.notify.sms import send as text
from backend.people import service as people

__all__ = [
    "CHANNEL",
    "Pushed",
    "Ref",
    "can_text",
    "inbox",
    "mark_read",
    "message_out",
    "recall",
    "send",
    "subscribed_people",
    "tell_groups",
    "text",
    "ways",
    "when_pushed",
]

type Ref = tuple[str, uuid.UUID]
"""What a message is about: its kind ("task", "alert", "patrol", "plan" …) and id."""

CHANNEL = "messages"
PUSH_TTL_S = 4 * 3600
RECALL_TTL_S = 24 * 3600
INBOX_PAGE = 50
NOT_IN_INBOX = ("plan.progress", "plan.edited", "hotspots.progress")
RECALLED_ZH, RECALLED_EN = "已撤回", "Withdrawn"


async def send(
    user_ids: Iterable[uuid.UUID],
    kind: str,
    ref: Ref,
    title_zh: str,
    title_en: str,
    body_zh: str = "",
    body_en: str = "",
    *,
    push: bool = False,
    urgent: bool = False,
    ttl_s: int = PUSH_TTL_S,
    duty_only: bool = False,
) -> None:
    """Tell people something, as part of the caller's unit of work: if it fails, nobody hears of it.

    Each person gets a row of the inbox; open apps are told after the commit. With `push` the person's subscribed
    browsers get a Web Push, `urgent` ones at once; a push service forgets it after `ttl_s`. `duty_only` messages
    reach nobody who is off duty at the moment of delivery. Texts too long for the table are cut.
    """
    recipients = list(dict.fromkeys(user_ids))
    if not recipients:
        return
    now = clock.now()
    messages = [
        Message(
            id=uuid7(), user_id=user_id, kind=kind, ref_kind=ref[0], ref_id=ref[1],
            title_zh=_cut(title_zh, 120), title_en=_cut(title_en, 240),
            body_zh=_cut(body_zh, 600), body_en=_cut(body_en, 1200),
            at=now, duty_only=duty_only,
        )
        for user_id in recipients
    ]  # fmt: skip
    await _store(messages, push=push, urgent=urgent, ttl_s=ttl_s)


@atomic
async def _store(messages: list[Message], *, push: bool, urgent: bool, ttl_s: int) -> None:
    await Message.bulk_create(messages, batch_size=500)
    on_commit(_wake_streams)
    if not push:
        return
    subscribed = await subscribed_people([message.user_id for message in messages])
    wanted = [message.id for message in messages if message.user_id in subscribed]
    await enqueue_push(wanted, urgent=urgent, ttl_s=ttl_s)


async def recall(user_ids: Iterable[uuid.UUID], ref: Ref) -> None:
    """Take back what these people were told about `ref`, as part of the caller's unit of work.

    Earlier messages about it lose their text and are delivered to nobody any more; each person gets a message of
    the kind "<ref kind>.recall", in the app and by push, upon which phones remove what they show and keep of it.
    """
    recipients = list(dict.fromkeys(user_ids))
    for block in itertools.batched(recipients, 500, strict=False):
        await Message.filter(
            ref_kind=ref[0], ref_id=ref[1], user_id__in=block, recalled_at__isnull=True
        ).update(recalled_at=clock.now(), title_zh=RECALLED_ZH, title_en=RECALLED_EN, body_zh="", body_en="")
    await send(
        recipients,
        f"{ref[0]}.recall",
        ref,
        RECALLED_ZH,
        RECALLED_EN,
        push=True,
        urgent=True,
        ttl_s=RECALL_TTL_S,
    )


def _wake_streams() -> None:
    bus.publish(CHANNEL, {})


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


async def subscribed_people(user_ids: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Those of the people who have a subscribed browser that is still signed in."""
    found: set[uuid.UUID] = set()
    for block in itertools.batched(user_ids, 500, strict=False):
        subscriptions = await PushSubscription.filter(user_id__in=block)
        live = await live_sessions(subscription.session_id for subscription in subscriptions)
        found.update(each.user_id for each in subscriptions if each.session_id in live)
    return found


async def ways(actor: Actor) -> AlertWays:
    """By which ways the actor can be told of an alert while the app is closed."""
    home_id = (await people.homes({actor.user_id})).get(actor.user_id)
    groups = await robots_for(await areas.get(home_id)) if home_id else []
    return AlertWays(devices=await devices(actor), groups=len(groups), sms=sms.ready())


async def inbox(actor: Actor, before: int | None) -> MessageList:
    """A page of the actor's messages, the latest first; what was recalled shows only that it was."""
    wanted = Message.filter(user_id=actor.user_id).exclude(kind__in=NOT_IN_INBOX)
    if before is not None:
        wanted = wanted.filter(seq__lt=before)
    found = await wanted.order_by("-seq").limit(INBOX_PAGE)
    return MessageList(
        items=[message_out(message) for message in found],
        next=str(found[-1].seq) if len(found) == INBOX_PAGE else None,
    )


@atomic
async def mark_read(actor: Actor, up_to: int) -> None:
    """The actor has seen the inbox up to the message numbered `up_to`."""
    await Message.filter(user_id=actor.user_id, seq__lte=up_to, read_at__isnull=True).update(
        read_at=clock.now()
    )


def message_out(message: Message) -> MessageOut:
    """A message as it goes over the wire."""
    return MessageOut(
        seq=message.seq,
        id=message.id,
        kind=message.kind,
        ref=RefOut(kind=message.ref_kind, id=message.ref_id),
        title_zh=message.title_zh,
        title_en=message.title_en,
        body_zh=message.body_zh,
        body_en=message.body_en,
        at=message.at,
        recalled=message.recalled_at is not None,
        read=message.read_at is not None,
    )
