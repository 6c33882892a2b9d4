"""Wire types of messages and push subscriptions."""

import datetime as dt
import uuid
from typing import Annotated, Literal

import msgspec

SEQ_MAX = 2**53 - 1
"""The largest number that a browser holds exactly."""


class RefOut(msgspec.Struct):
    """What a message is about."""

    kind: str
    id: uuid.UUID


class MessageOut(msgspec.Struct):
    """One message; `seq` is its place in the stream, and the id of its event."""

    seq: int
    id: uuid.UUID
    kind: str
    ref: RefOut
    title_zh: str
    title_en: str
    body_zh: str
    body_en: str
    at: dt.datetime
    recalled: bool
    read: bool


class MessageList(msgspec.Struct):
    items: list[MessageOut]
    next: str | None


class ReadUpTo(msgspec.Struct, forbid_unknown_fields=True):
    """Everything up to this number has been seen."""

    seq: Annotated[int, msgspec.Meta(ge=0, le=SEQ_MAX)]


class PushKeyOut(msgspec.Struct):
    """The key that a browser subscribes with: an uncompressed P-256 point, base64url."""

    public_key: str


class SubscriptionKeys(msgspec.Struct):
    p256dh: Annotated[str, msgspec.Meta(max_length=100)]
    auth: Annotated[str, msgspec.Meta(max_length=40)]


class Subscription(msgspec.Struct):
    """A browser's PushSubscription, as its `toJSON()` gives it, and what to call the device."""

    endpoint: Annotated[str, msgspec.Meta(max_length=1000)]
    keys: SubscriptionKeys
    device_name: Annotated[str, msgspec.Meta(max_length=80)] = ""


class SubscriptionEnd(msgspec.Struct, forbid_unknown_fields=True):
    endpoint: Annotated[str, msgspec.Meta(max_length=1000)]


class PushTestDevice(msgspec.Struct):
    """What the push service of one device said to a trial message."""

    device_name: str
    current: bool
    result: Literal["accepted", "gone", "refused", "unreachable"]


class PushTest(msgspec.Struct):
    """How one's devices can be reached; no device means that none has subscribed."""

    devices: list[PushTestDevice]


class DeviceWay(msgspec.Struct):
    """One of a person's devices that has subscribed; `failing` when the last try did not get through."""

    device_name: str
    current: bool
    last_ok_at: dt.datetime | None
    failing: bool


class AlertWays(msgspec.Struct):
    """By which ways a person can be told beside the open app: devices, work groups of their area, text messages."""

    devices: list[DeviceWay]
    groups: int
    sms: bool


class RobotIn(msgspec.Struct, forbid_unknown_fields=True):
    """A group's robot: its address as WeCom, DingTalk or Feishu shows it; DingTalk's signing secret, where it has one."""

    area_id: uuid.UUID
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
    address: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
    secret: Annotated[str, msgspec.Meta(max_length=100)] = ""


class RobotOut(msgspec.Struct):
    """A robot without its address; `error` is what its service said, until a later line got through."""

    id: uuid.UUID
    area_id: uuid.UUID
    kind: Literal["wecom", "dingtalk", "feishu"]
    name: str
    created_at: dt.datetime
    last_sent_at: dt.datetime | None
    waiting: int
    error: str
