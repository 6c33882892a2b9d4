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


class GroupRobot(Model):
    """A work group that is told of alerts, by its robot's address."""

    id = fields.UUIDField(primary_key=True)
    area_id = fields.UUIDField()
    kind = fields.CharField(max_length=10)
    name = fields.CharField(max_length=60)
    address = fields.CharField(max_length=500)
    secret = fields.CharField(max_length=100, default="")
    created_by = fields.UUIDField()
    created_at = fields.DatetimeField()
    removed_at = fields.DatetimeField(null=True)

    class Meta:
        table = "group_robot"


class GroupMessage(Model):
    """One line for one group."""

    id = fields.UUIDField(primary_key=True)
    robot_id = fields.UUIDField()
    ref_kind = fields.CharField(max_length=20)
    ref_id = fields.UUIDField()
    text_zh = fields.CharField(max_length=700)
    state = fields.CharField(max_length=10, default="waiting")
    tries = fields.IntField(default=0)
    error = fields.CharField(max_length=200, default="")
    created_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)

    class Meta:
        table = "group_message"


class PushKey(Model):
    """The installation's VAPID key pair; there is one row."""

    id = fields.IntField(primary_key=True, generated=False)
    private_key = fields.CharField(max_length=100)
    public_key = fields.CharField(max_length=100)
    created_at = fields.DatetimeField()

    class Meta:
        table = "push_key"
