"""Table of plans."""

from tortoise import fields
from tortoise.models import Model


class Plan(Model):
    """One evening's plan: what was asked, how far it is, and what came out."""

    id = fields.UUIDField(primary_key=True)
    area_id = fields.UUIDField()
    state = fields.CharField(max_length=12, default="solving")
    window_starts_at = fields.DatetimeField()
    window_ends_at = fields.DatetimeField()
    team_count = fields.IntField()
    minutes = fields.IntField()
    dwell_min = fields.IntField()
    start_lon = fields.FloatField()
    start_lat = fields.FloatField()
    seed = fields.BigIntField()
    progress = fields.FloatField(default=0.0)
    failure = fields.JSONField(null=True)
    summary = fields.JSONField(null=True)
    created_by = fields.UUIDField()
    created_at = fields.DatetimeField()
    demo = fields.BooleanField(default=False)

    class Meta:
        table = "plan"
