"""Tables of alerts."""

from tortoise import fields
from tortoise.models import Model


class Alert(Model):
    """A call for help to those on duty nearby."""

    id = fields.UUIDField(primary_key=True)
    area_id = fields.UUIDField()
    kind = fields.CharField(max_length=30)
    state = fields.CharField(max_length=12, default="draft")
    headline_zh = fields.CharField(max_length=60)
    headline_en = fields.CharField(max_length=120)
    clothing_zh = fields.CharField(max_length=200)
    behaviour_zh = fields.CharField(max_length=200)
    direction_zh = fields.CharField(max_length=80)
    last_seen_at = fields.DatetimeField()
    last_seen_place = fields.CharField(max_length=80)
    lon = fields.FloatField()
    lat = fields.FloatField()
    radius_m = fields.IntField()
    contact_phone = fields.CharField(max_length=20)
    photo_key = fields.CharField(max_length=80, null=True)
    composed_by = fields.UUIDField()
    created_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    submitted_at = fields.DatetimeField(null=True)
    approved_by = fields.UUIDField(null=True)
    approved_at = fields.DatetimeField(null=True)
    live_at = fields.DatetimeField(null=True)
    closed_by = fields.UUIDField(null=True)
    closed_at = fields.DatetimeField(null=True)
    outcome = fields.CharField(max_length=12, null=True)
    close_note = fields.CharField(max_length=200, default="")
    recalled_at = fields.DatetimeField(null=True)
    purged_at = fields.DatetimeField(null=True)
    subject = fields.CharField(max_length=10, null=True)
    exercise = fields.BooleanField(default=False)
    guardian_consent = fields.BooleanField(default=False)
    audience_area_id = fields.UUIDField(null=True)
    signed_alone_at = fields.DatetimeField(null=True)
    signed_alone_why = fields.CharField(max_length=200, default="")
    review_due_at = fields.DatetimeField(null=True)
    review_reminded_at = fields.DatetimeField(null=True)
    returned_at = fields.DatetimeField(null=True)
    returned_by = fields.UUIDField(null=True)
    return_note = fields.CharField(max_length=300, default="")
    stood_down_at = fields.DatetimeField(null=True)
    groups_told_at = fields.DatetimeField(null=True)
    version = fields.IntField(default=1)

    class Meta:
        table = "alert"


class AlertUpdate(Model):
    """What was added while the alert was live."""

    id = fields.UUIDField(primary_key=True)
    alert_id = fields.UUIDField()
    text_zh = fields.CharField(max_length=300)
    made_by = fields.UUIDField()
    at = fields.DatetimeField()

    class Meta:
        table = "alert_update"


class Delivery(Model):
    """One person was sent the alert by one way."""

    id = fields.UUIDField(primary_key=True)
    alert_id = fields.UUIDField()
    user_id = fields.UUIDField()
    channel = fields.CharField(max_length=10)
    distance_m = fields.IntField(null=True)
    sent_at = fields.DatetimeField(null=True)
    delivered_at = fields.DatetimeField(null=True)
    opened_at = fields.DatetimeField(null=True)
    acknowledged_at = fields.DatetimeField(null=True)
    declined_at = fields.DatetimeField(null=True)
    purged_at = fields.DatetimeField(null=True)

    class Meta:
        table = "delivery"


class Sighting(Model):
    """What one recipient saw."""

    id = fields.UUIDField(primary_key=True)
    alert_id = fields.UUIDField()
    user_id = fields.UUIDField()
    at = fields.DatetimeField()
    lon = fields.FloatField()
    lat = fields.FloatField()
    behaviour_zh = fields.CharField(max_length=300)
    direction = fields.CharField(max_length=80)
    certainty = fields.CharField(max_length=10)
    received_at = fields.DatetimeField()
    state = fields.CharField(max_length=12, default="received")
    photo_key = fields.CharField(max_length=80, null=True)
    merged_into = fields.UUIDField(null=True)

    class Meta:
        table = "sighting"


class SightingStep(Model):
    """What the police did about a sighting."""

    id = fields.UUIDField(primary_key=True)
    sighting_id = fields.UUIDField()
    step = fields.CharField(max_length=12)
    at = fields.DatetimeField()
    made_by = fields.UUIDField()
    text_zh = fields.CharField(max_length=200, default="")
    outcome = fields.CharField(max_length=12, null=True)

    class Meta:
        table = "sighting_step"


class PhotoView(Model):
    """Someone was shown the photo of an alert, or of one of its sightings."""

    id = fields.UUIDField(primary_key=True)
    alert_id = fields.UUIDField()
    user_id = fields.UUIDField()
    session_id = fields.UUIDField()
    at = fields.DatetimeField()
    sighting_id = fields.UUIDField(null=True)

    class Meta:
        table = "photo_view"


class AlertProposal(Model):
    """A warning another system handed in, for an officer to decide on."""

    id = fields.UUIDField(primary_key=True)
    area_id = fields.UUIDField()
    key_id = fields.UUIDField()
    sender = fields.CharField(max_length=200)
    identifier = fields.CharField(max_length=200)
    sent_at = fields.DatetimeField()
    exercise = fields.BooleanField()
    event = fields.CharField(max_length=120)
    headline = fields.CharField(max_length=200)
    description = fields.CharField(max_length=2000)
    place = fields.CharField(max_length=120)
    contact = fields.CharField(max_length=80)
    severity = fields.CharField(max_length=10)
    expires_at = fields.DatetimeField(null=True)
    lon = fields.FloatField(null=True)
    lat = fields.FloatField(null=True)
    radius_m = fields.IntField(null=True)
    state = fields.CharField(max_length=10, default="waiting")
    received_at = fields.DatetimeField()
    decided_by = fields.UUIDField(null=True)
    decided_at = fields.DatetimeField(null=True)
    alert_id = fields.UUIDField(null=True)
    audience_area_id = fields.UUIDField(null=True)

    class Meta:
        table = "alert_proposal"
