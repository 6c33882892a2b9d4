"""Table of incidents."""

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
