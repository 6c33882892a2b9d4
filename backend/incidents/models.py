"""Tables of incidents: what happened, files on their way in, and what a district decided about kinds."""

from tortoise import fields
from tortoise.models import Model


class Incident(Model):
    """One past incident of a district; `batch` names the import that brought it."""

    id = fields.UUIDField(primary_key=True)
    area_id = fields.UUIDField()
    external_id = fields.CharField(max_length=120)
    occurred_at = fields.DatetimeField()
    clock_known = fields.BooleanField(default=True)
    lon = fields.FloatField()
    lat = fields.FloatField()
    kind = fields.CharField(max_length=80)
    weight = fields.FloatField(default=1.0)
    source = fields.CharField(max_length=10, default="report")
    batch = fields.CharField(max_length=80, default="")
    demo = fields.BooleanField(default=False)
    imported_at = fields.DatetimeField()

    class Meta:
        table = "incident"


class IncidentImport(Model):
    """A file on its way in. `run` counts how often it was read anew: the result of an earlier reading is dropped."""

    id = fields.UUIDField(primary_key=True)
    area_id = fields.UUIDField()
    state = fields.CharField(max_length=10, default="looking")
    file_name = fields.CharField(max_length=200)
    file_bytes = fields.BigIntField()
    file_sha256 = fields.CharField(max_length=64)
    file_gone = fields.BooleanField(default=False)
    datum = fields.CharField(max_length=5, null=True)
    columns = fields.JSONField(default=dict)
    run = fields.IntField(default=1)
    progress = fields.FloatField(default=0.0)
    preview = fields.JSONField(null=True)
    report = fields.JSONField(null=True)
    failure = fields.JSONField(null=True)
    done_rows = fields.IntField(default=0)
    added = fields.IntField(default=0)
    corrected = fields.IntField(default=0)
    created_by = fields.UUIDField()
    created_at = fields.DatetimeField()
    changed_at = fields.DatetimeField()
    imported_at = fields.DatetimeField(null=True)

    class Meta:
        table = "incident_import"


class IncidentKind(Model):
    """What a district decided about one kind of incident."""

    id = fields.UUIDField(primary_key=True)
    area_id = fields.UUIDField()
    kind = fields.CharField(max_length=80)
    weight = fields.FloatField()
    counted = fields.BooleanField()
    shown = fields.BooleanField()
    private = fields.BooleanField(default=False)
    version = fields.IntField()
    changed_by = fields.UUIDField()
    changed_at = fields.DatetimeField()

    class Meta:
        table = "incident_kind"
