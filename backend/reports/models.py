"""Tables of reports and their photos."""

from tortoise import fields
from tortoise.models import Model


class Report(Model):
    """One thing seen; `area_id` is where it was."""

    id = fields.UUIDField(primary_key=True)
    user_id = fields.UUIDField()
    area_id = fields.UUIDField()
    patrol_id = fields.UUIDField(null=True)
    category = fields.CharField(max_length=20)
    text = fields.CharField(max_length=300)
    description = fields.CharField(max_length=300, null=True)
    hurtful = fields.JSONField[list[str]](default=list)
    at = fields.DatetimeField()
    received_at = fields.DatetimeField()
    lon = fields.FloatField(null=True)
    lat = fields.FloatField(null=True)
    accuracy_m = fields.FloatField(null=True)
    state = fields.CharField(max_length=12, default="received")
    outcome = fields.CharField(max_length=12, null=True)
    answer = fields.CharField(max_length=300, null=True)
    handled_by = fields.UUIDField(null=True)
    changed_at = fields.DatetimeField()
    demo = fields.BooleanField(default=False)

    class Meta:
        table = "report"


class ReportPhoto(Model):
    """One photo of a report; the id is the phone's."""

    id = fields.UUIDField(primary_key=True)
    report_id = fields.UUIDField()
    photo_key = fields.CharField(max_length=100)
    made_at = fields.DatetimeField()

    class Meta:
        table = "report_photo"
