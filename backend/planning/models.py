"""Tables of plans, of what officers did to them, and of what is proposed."""

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
    version = fields.IntField(default=1)
    teams = fields.JSONField(default=list)
    fairness = fields.CharField(max_length=8, default="some")
    variety = fields.CharField(max_length=8, default="some")
    best = fields.JSONField(null=True)
    enough = fields.BooleanField(default=False)

    class Meta:
        table = "plan"


class PlanEdit(Model):
    """One change of a plan's routes; `before` are the touched routes as they were."""

    id = fields.UUIDField(primary_key=True)
    plan_id = fields.UUIDField()
    version = fields.IntField()
    edited_by = fields.UUIDField()
    edited_at = fields.DatetimeField()
    kind = fields.CharField(max_length=12)
    told = fields.JSONField()
    before = fields.JSONField()
    undoes = fields.UUIDField(null=True)

    class Meta:
        table = "plan_edit"


class PlanDefault(Model):
    """What the last plan of an area was asked with."""

    area_id = fields.UUIDField(primary_key=True)
    asked = fields.JSONField()
    changed_by = fields.UUIDField()
    changed_at = fields.DatetimeField()

    class Meta:
        table = "plan_default"


class PlanProposal(Model):
    """New routes for a plan, waiting for an officer's word."""

    id = fields.UUIDField(primary_key=True)
    plan_id = fields.UUIDField()
    state = fields.CharField(max_length=12, default="open")
    plan_version = fields.IntField()
    cause = fields.JSONField()
    routes = fields.JSONField()
    figures = fields.JSONField()
    created_at = fields.DatetimeField()
    decided_by = fields.UUIDField(null=True)
    decided_at = fields.DatetimeField(null=True)

    class Meta:
        table = "plan_proposal"


class HazardNote(Model):
    """A warning about a place, kept from night to night."""

    id = fields.UUIDField(primary_key=True)
    area_id = fields.UUIDField()
    kind = fields.CharField(max_length=10)
    lon = fields.FloatField()
    lat = fields.FloatField()
    note = fields.CharField(max_length=200)
    created_by = fields.UUIDField()
    created_at = fields.DatetimeField()
    removed_at = fields.DatetimeField(null=True)

    class Meta:
        table = "hazard_note"
