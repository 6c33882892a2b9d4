"""Tables of tasks and of the seats people take in them."""

from tortoise import fields
from tortoise.models import Model


class Task(Model):
    """Something to do: a place or route, a window, seats and points."""

    id = fields.UUIDField(primary_key=True)
    area_id = fields.UUIDField()
    kind = fields.CharField(max_length=30)
    state = fields.CharField(max_length=20, default="draft")
    outcome = fields.CharField(max_length=20, null=True)
    title_zh = fields.CharField(max_length=80)
    title_en = fields.CharField(max_length=120, default="")
    brief_zh = fields.TextField(default="")
    brief_en = fields.TextField(default="")
    starts_at = fields.DatetimeField()
    ends_at = fields.DatetimeField()
    night = fields.BooleanField(default=False)
    seats = fields.IntField()
    seats_taken = fields.IntField(default=0)
    points = fields.IntField(default=0)
    place_name = fields.CharField(max_length=80, null=True)
    start_lon = fields.FloatField(null=True)
    start_lat = fields.FloatField(null=True)
    route = fields.JSONField(null=True)
    stops = fields.JSONField(default=list)
    plan_id = fields.UUIDField(null=True)
    plan_team = fields.IntField(null=True)
    version = fields.IntField(default=1)
    posted_by = fields.UUIDField()
    created_at = fields.DatetimeField()
    published_at = fields.DatetimeField(null=True)
    over_at = fields.DatetimeField(null=True)
    demo = fields.BooleanField(default=False)

    class Meta:
        table = "task"


class Assignment(Model):
    """One person's seat in a task."""

    id = fields.UUIDField(primary_key=True)
    task_id = fields.UUIDField()
    user_id = fields.UUIDField()
    state = fields.CharField(max_length=12, default="held")
    leader = fields.BooleanField(default=False)
    grabbed_at = fields.DatetimeField()
    hold_until = fields.DatetimeField()
    started_at = fields.DatetimeField(null=True)
    finished_at = fields.DatetimeField(null=True)
    settled_at = fields.DatetimeField(null=True)
    released_at = fields.DatetimeField(null=True)
    release_reason = fields.CharField(max_length=20, null=True)
    release_note = fields.CharField(max_length=200, null=True)
    patrol_id = fields.UUIDField(null=True)
    points_awarded = fields.IntField(null=True)
    review_note = fields.CharField(max_length=500, null=True)
    demo = fields.BooleanField(default=False)

    class Meta:
        table = "assignment"
