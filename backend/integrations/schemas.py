"""Wire types of keys and webhooks."""

import datetime as dt
import uuid
from typing import Annotated, Literal

import msgspec

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
Address = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
type Scope = Literal["alerts.read", "alerts.propose"]
type Event = Literal["alert.live", "alert.updated", "alert.ended"]
type WebhookState = Literal["active", "failing", "gone", "removed"]
type DeliveryState = Literal["waiting", "delivered", "failed"]


class KeyIn(msgspec.Struct, forbid_unknown_fields=True):
    """A new key: `alerts.read` reads the feed, `alerts.propose` hands in warnings that an officer decides on."""

    area_id: uuid.UUID
    name: Name
    scopes: Annotated[list[Scope], msgspec.Meta(min_length=1, max_length=2)]


class KeyOut(msgspec.Struct):
    """A key; `token` is there once, in the answer that made it."""

    id: uuid.UUID
    area_id: uuid.UUID
    name: str
    scopes: list[str]
    created_at: dt.datetime
    last_used_at: dt.datetime | None
    token: str | None = None


class WebhookIn(msgspec.Struct, forbid_unknown_fields=True):
    """A new webhook."""

    area_id: uuid.UUID
    url: Address
    events: Annotated[list[Event], msgspec.Meta(min_length=1, max_length=3)]


class WebhookOut(msgspec.Struct):
    """A webhook; `secret` is there once, in the answer that made it. `failing` and `gone` were stopped by us."""

    id: uuid.UUID
    area_id: uuid.UUID
    url: str
    events: list[str]
    state: WebhookState
    created_at: dt.datetime
    stopped_at: dt.datetime | None
    waiting: int
    last_delivered_at: dt.datetime | None
    secret: str | None = None


class DeliveryOut(msgspec.Struct):
    """One event on its way: `status` is the receiver's last HTTP status, `error` what went wrong instead."""

    id: uuid.UUID
    event: str
    state: DeliveryState
    tries: int
    status: int | None
    error: str
    created_at: dt.datetime
    next_at: dt.datetime | None
    ended_at: dt.datetime | None


class Integrations(msgspec.Struct):
    """What an area shares with other systems."""

    keys: list[KeyOut]
    webhooks: list[WebhookOut]
    events: list[str]
