"""Tables of messages and push subscriptions."""

from tortoise import fields
from tortoise.models import Model


class Message(Model):
    """One thing one person is told; `seq` is final only once the transaction that wrote it has committed."""

    seq = fields.BigIntField(primary_key=True, generated=True)
    id = fields.UUIDField(unique=True)
    user_id = fields.UUIDField()
    kind = fields.CharField(max_length=40)
    ref_kind = fields.CharField(max_length=20)
    ref_id = fields.UUIDField()
    title_zh = fields.CharField(max_length=120)
    title_en = fields.CharField(max_length=240)
    body_zh = fields.CharField(max_length=600)
    body_en = fields.CharField(max_length=1200)
    at = fields.DatetimeField()
    duty_only = fields.BooleanField(default=False)
    recalled_at = fields.DatetimeField(null=True)
    read_at = fields.DatetimeField(null=True)

    class Meta:
        table = "message"


class PushSubscription(Model):
    """One browser's address at its push service, with the keys that only this browser can read with."""

    id = fields.UUIDField(primary_key=True)
    user_id = fields.UUIDField()
    session_id = fields.UUIDField()
    endpoint = fields.CharField(max_length=1000, unique=True)
    p256dh = fields.CharField(max_length=100)
    auth = fields.CharField(max_length=40)
    device_name = fields.CharField(max_length=80)
    created_at = fields.DatetimeField()
    last_ok_at = fields.DatetimeField(null=True)
    failed_at = fields.DatetimeField(null=True)
    failures = fields.IntField(default=0)

    class Meta:
        table = "push_subscription"


class PushKey(Model):
    """The installation's VAPID key pair; there is one row."""

    id = fields.IntField(primary_key=True, generated=False)
    private_key = fields.CharField(max_length=100)
    public_key = fields.CharField(max_length=100)
    created_at = fields.DatetimeField()

    class Meta:
        table = "push_key"
