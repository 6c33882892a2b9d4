"""Table of feedback."""

from tortoise import fields
from tortoise.models import Model


class Feedback(Model):
    """One suggestion or complaint; `area_id` is where its author is at home, `screen` what they were looking at."""

    id = fields.UUIDField(primary_key=True)
    user_id = fields.UUIDField()
    area_id = fields.UUIDField()
    kind = fields.CharField(max_length=10)
    text = fields.CharField(max_length=500)
    screen = fields.CharField(max_length=120, default="")
    state = fields.CharField(max_length=8, default="received")
    sent_at = fields.DatetimeField()
    due_at = fields.DatetimeField()
    answer = fields.CharField(max_length=500, null=True)
    answered_by = fields.UUIDField(null=True)
    answered_at = fields.DatetimeField(null=True)
    closed_at = fields.DatetimeField(null=True)
    demo = fields.BooleanField(default=False)

    class Meta:
        table = "feedback"
