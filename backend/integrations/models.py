"""Tables of the ways to other systems."""

from typing import Any

from tortoise import fields
from tortoise.models import Model


class IntegrationKey(Model):
    """What another system signs in with; the table holds only its digest."""

    id = fields.UUIDField(primary_key=True)
    area_id = fields.UUIDField()
    name = fields.CharField(max_length=60)
    token_hash = fields.CharField(max_length=64, unique=True)
    scopes: list[str] = fields.JSONField()  # type: ignore[assignment]
    created_by = fields.UUIDField()
    created_at = fields.DatetimeField()
    last_used_at = fields.DatetimeField(null=True)
    revoked_at = fields.DatetimeField(null=True)

    class Meta:
        table = "integration_key"


class Webhook(Model):
    """An address that is told what happens in an area."""

    id = fields.UUIDField(primary_key=True)
    area_id = fields.UUIDField()
    url = fields.CharField(max_length=500)
    secret = fields.CharField(max_length=80)
    events: list[str] = fields.JSONField()  # type: ignore[assignment]
    state = fields.CharField(max_length=10, default="active")
    created_by = fields.UUIDField()
    created_at = fields.DatetimeField()
    stopped_at = fields.DatetimeField(null=True)

    class Meta:
        table = "webhook"


class WebhookDelivery(Model):
    """One event on its way to one webhook; its id is the message's id at every try."""

    id = fields.UUIDField(primary_key=True)
    webhook_id = fields.UUIDField()
    event = fields.CharField(max_length=40)
    payload: dict[str, Any] = fields.JSONField()  # type: ignore[assignment]
    state = fields.CharField(max_length=10, default="waiting")
    tries = fields.IntField(default=0)
    status = fields.IntField(null=True)
    error = fields.CharField(max_length=200, default="")
    created_at = fields.DatetimeField()
    next_at = fields.DatetimeField(null=True)
    ended_at = fields.DatetimeField(null=True)

    class Meta:
        table = "webhook_delivery"
