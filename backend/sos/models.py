"""Tables of calls for help."""

from tortoise import fields
from tortoise.models import Model


class SosCall(Model):
    """One call for help; the position is the best known when it was raised."""

    id = fields.UUIDField(primary_key=True)
    user_id = fields.UUIDField()
    area_id = fields.UUIDField()
    patrol_id = fields.UUIDField(null=True)
    at = fields.DatetimeField()
    received_at = fields.DatetimeField()
    silent = fields.BooleanField(default=False)
    test = fields.BooleanField(default=False)
    note = fields.CharField(max_length=200, null=True)
    lon = fields.FloatField(null=True)
    lat = fields.FloatField(null=True)
    accuracy_m = fields.FloatField(null=True)
    position_at = fields.DatetimeField(null=True)
    state = fields.CharField(max_length=12, default="open")
    duress = fields.BooleanField(default=False)
    widened_at = fields.DatetimeField(null=True)
    ended_at = fields.DatetimeField(null=True)
    ended_by = fields.UUIDField(null=True)
    outcome = fields.CharField(max_length=20, null=True)
    outcome_note = fields.CharField(max_length=200, null=True)
    demo = fields.BooleanField(default=False)

    class Meta:
        table = "sos_call"


class SosTold(Model):
    """One person who was told of a call, and how far it came with them."""

    id = fields.UUIDField(primary_key=True)
    call_id = fields.UUIDField()
    user_id = fields.UUIDField()
    role = fields.CharField(max_length=10)
    told_at = fields.DatetimeField()
    delivered_at = fields.DatetimeField(null=True)
    acknowledged_at = fields.DatetimeField(null=True)

    class Meta:
        table = "sos_told"
