"""Tables of the plumbing: sessions and roles."""

from tortoise import fields
from tortoise.models import Model


class Session(Model):
    """One signed-in device."""

    id = fields.UUIDField(primary_key=True)
    user_id = fields.UUIDField()
    token_hash = fields.CharField(max_length=64, unique=True)
    device_name = fields.CharField(max_length=80)
    created_at = fields.DatetimeField()
    last_seen_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    reauthenticated_at = fields.DatetimeField(null=True)
    revoked_at = fields.DatetimeField(null=True)

    class Meta:
        table = "session"


class RoleGrant(Model):
    """One role of one person in one area."""

    id = fields.UUIDField(primary_key=True)
    user_id = fields.UUIDField()
    role = fields.CharField(max_length=20)
    area_id = fields.UUIDField(null=True)
    area_path = fields.CharField(max_length=200)
    merchant_id = fields.UUIDField(null=True)
    granted_by = fields.UUIDField(null=True)
    granted_at = fields.DatetimeField()
    revoked_at = fields.DatetimeField(null=True)

    class Meta:
        table = "role_grant"
