"""Tables of hotspots."""

from tortoise import fields
from tortoise.models import Model


class Outlook(Model):
    """A district's coming week as it was expected once: who or what asked for it, how far it is, what came out."""

    id = fields.UUIDField(primary_key=True)
    area_id = fields.UUIDField()
    state = fields.CharField(max_length=12, default="making")
    cause = fields.CharField(max_length=12)
    asked_by = fields.UUIDField(null=True)
    knows_until = fields.DatetimeField()
    progress = fields.FloatField(default=0.0)
    failure = fields.JSONField(null=True)
    summary = fields.JSONField(null=True)
    created_at = fields.DatetimeField()
    finished_at = fields.DatetimeField(null=True)
    demo = fields.BooleanField(default=False)

    class Meta:
        table = "outlook"


class OutlookMap(Model):
    """What a ready outlook holds in full: `packed` for other programs, `cells` as the screen draws them."""

    outlook_id = fields.UUIDField(primary_key=True)
    packed = fields.BinaryField()
    cells = fields.BinaryField()

    class Meta:
        table = "outlook_map"
