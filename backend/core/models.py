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


class JobRow(Model):
    """One piece of background work; `backend.core.jobs` is its only writer."""

    id = fields.UUIDField(primary_key=True)
    name = fields.CharField(max_length=80)
    payload = fields.JSONField()
    key = fields.CharField(max_length=200, unique=True, null=True)
    state = fields.CharField(max_length=8, db_default="todo")
    run_at = fields.DatetimeField()
    attempts = fields.IntField(db_default=0)
    leased_by = fields.UUIDField(null=True)
    leased_until = fields.DatetimeField(null=True)
    last_error = fields.CharField(max_length=500, db_default="")
    created_at = fields.DatetimeField()
    finished_at = fields.DatetimeField(null=True)
    keep_until = fields.DatetimeField()

    class Meta:
        table = "job"


class AuditHead(Model):
    """The last link of one district's audit chain; `backend.core.audit` is its only writer."""

    tenant = fields.CharField(max_length=80, primary_key=True)
    position = fields.BigIntField()
    hash = fields.CharField(max_length=64)

    class Meta:
        table = "audit_head"


class AuditEntry(Model):
    """Who did what to which thing; rows are only ever added."""

    id = fields.UUIDField(primary_key=True)
    tenant = fields.CharField(max_length=80)
    position = fields.BigIntField()
    at = fields.DatetimeField()
    actor_id = fields.UUIDField(null=True)
    action = fields.CharField(max_length=80)
    kind = fields.CharField(max_length=80)
    object_id = fields.CharField(max_length=80)
    area_id = fields.UUIDField(null=True)
    details = fields.TextField()
    previous_hash = fields.CharField(max_length=64)
    hash = fields.CharField(max_length=64)

    class Meta:
        table = "audit_entry"
        unique_together = (("tenant", "position"),)


class Media(Model):
    """One stored photo; `backend.core.media` is its only writer."""

    key = fields.CharField(max_length=80, primary_key=True)
    content_type = fields.CharField(max_length=40)
    width = fields.IntField()
    height = fields.IntField()
    bytes = fields.IntField()
    sha256 = fields.CharField(max_length=64)
    created_at = fields.DatetimeField()

    class Meta:
        table = "media"
