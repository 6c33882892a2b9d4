"""Tables of patrols and positions."""

from tortoise import fields
from tortoise.models import Model


class Patrol(Model):
    """One team's walk."""

    id = fields.UUIDField(primary_key=True)
    task_id = fields.UUIDField(null=True)
    area_id = fields.UUIDField()
    kind = fields.CharField(max_length=30)
    state = fields.CharField(max_length=20, default="active")
    night = fields.BooleanField(default=False)
    started_by = fields.UUIDField()
    started_at = fields.DatetimeField()
    finished_at = fields.DatetimeField(null=True)
    length_m = fields.IntField(default=0)
    minutes = fields.IntField(default=0)
    stops_dwelt = fields.IntField(default=0)
    stops_total = fields.IntField(default=0)
    note = fields.CharField(max_length=500, null=True)
    review_note = fields.CharField(max_length=500, null=True)
    reviewed_by = fields.UUIDField(null=True)
    reviewed_at = fields.DatetimeField(null=True)
    person_minutes = fields.IntField(default=0)
    asked_at = fields.DatetimeField(null=True)
    continue_until = fields.DatetimeField(null=True)
    stops_done = fields.JSONField(default=list)
    measured = fields.JSONField(null=True)
    findings = fields.JSONField(default=list)
    doubt = fields.IntField(default=0)
    accepted_part = fields.JSONField(null=True)
    forgotten_at = fields.DatetimeField(null=True)
    demo = fields.BooleanField(default=False)

    class Meta:
        table = "patrol"


class PatrolMember(Model):
    """One person of a patrol."""

    id = fields.UUIDField(primary_key=True)
    patrol_id = fields.UUIDField()
    user_id = fields.UUIDField()
    assignment_id = fields.UUIDField(null=True)
    leader = fields.BooleanField(default=False)
    state = fields.CharField(max_length=20, default="walking")
    joined_at = fields.DatetimeField()
    finished_at = fields.DatetimeField(null=True)
    points_awarded = fields.IntField(null=True)
    tracker_serial = fields.IntField(default=0)
    tracker_seen_at = fields.DatetimeField(null=True)

    class Meta:
        table = "patrol_member"


class Fix(Model):
    """One position of one member; degrees WGS-84, metres."""

    id = fields.UUIDField(primary_key=True)
    patrol_id = fields.UUIDField()
    user_id = fields.UUIDField()
    at = fields.DatetimeField()
    lon = fields.FloatField()
    lat = fields.FloatField()
    accuracy_m = fields.FloatField()
    speed_m_s = fields.FloatField(null=True)
    heading_deg = fields.FloatField(null=True)
    received_at = fields.DatetimeField()
    mocked = fields.BooleanField(default=False)
    source = fields.CharField(max_length=12, default="app")

    class Meta:
        table = "fix"


class LivePosition(Model):
    """Where a walking member was last."""

    user_id = fields.UUIDField(primary_key=True)
    patrol_id = fields.UUIDField()
    area_path = fields.CharField(max_length=200)
    lon = fields.FloatField()
    lat = fields.FloatField()
    accuracy_m = fields.FloatField()
    at = fields.DatetimeField()

    class Meta:
        table = "live_position"


class PatrolLog(Model):
    """One matter met on the way; without a kind it is an undo that came before its log."""

    id = fields.UUIDField(primary_key=True)
    patrol_id = fields.UUIDField()
    user_id = fields.UUIDField()
    kind = fields.CharField(max_length=12, null=True)
    at = fields.DatetimeField()
    lon = fields.FloatField(null=True)
    lat = fields.FloatField(null=True)
    note = fields.CharField(max_length=200, null=True)
    undone_at = fields.DatetimeField(null=True)
    received_at = fields.DatetimeField()

    class Meta:
        table = "patrol_log"


class Checkpoint(Model):
    """A place with codes to scan."""

    id = fields.UUIDField(primary_key=True)
    area_id = fields.UUIDField()
    name_zh = fields.CharField(max_length=60)
    name_en = fields.CharField(max_length=80)
    lon = fields.FloatField()
    lat = fields.FloatField()
    qr = fields.BooleanField(default=True)
    nfc = fields.BooleanField(default=False)
    screen = fields.BooleanField(default=False)
    serial = fields.IntField(default=1)
    created_at = fields.DatetimeField()
    disabled_at = fields.DatetimeField(null=True)
    demo = fields.BooleanField(default=False)

    class Meta:
        table = "checkpoint"


class Visit(Model):
    """That a member was at a checkpoint or stop, and how it was shown."""

    id = fields.UUIDField(primary_key=True)
    patrol_id = fields.UUIDField()
    user_id = fields.UUIDField()
    at = fields.DatetimeField()
    method = fields.CharField(max_length=10)
    checkpoint_id = fields.UUIDField(null=True)
    stop_order = fields.IntField(null=True)
    attested_by = fields.UUIDField(null=True)
    lon = fields.FloatField(null=True)
    lat = fields.FloatField(null=True)
    accuracy_m = fields.FloatField(null=True)
    sureness = fields.CharField(max_length=6)
    why = fields.JSONField(default=list)
    photo_key = fields.CharField(max_length=100, null=True)
    received_at = fields.DatetimeField()

    class Meta:
        table = "visit"


class PatrolLine(Model):
    """The way of one person in one precision: lines of (lon, lat)."""

    id = fields.UUIDField(primary_key=True)
    patrol_id = fields.UUIDField()
    user_id = fields.UUIDField()
    precision = fields.CharField(max_length=10)
    lines = fields.JSONField()
    made_at = fields.DatetimeField()

    class Meta:
        table = "patrol_line"


class QuietHome(Model):
    """A keyed hash of the cell that somebody lives in."""

    user_id = fields.UUIDField(primary_key=True)
    cell = fields.CharField(max_length=40)
    set_at = fields.DatetimeField()

    class Meta:
        table = "quiet_home"


class PatrolAppeal(Model):
    """A walker asks for a second look, by somebody else than `reviewed_by`."""

    id = fields.UUIDField(primary_key=True)
    patrol_id = fields.UUIDField()
    user_id = fields.UUIDField()
    reason = fields.CharField(max_length=500)
    made_at = fields.DatetimeField()
    reviewed_by = fields.UUIDField()
    decided_by = fields.UUIDField(null=True)
    decided_at = fields.DatetimeField(null=True)
    decision = fields.CharField(max_length=10, null=True)
    note = fields.CharField(max_length=500, null=True)

    class Meta:
        table = "patrol_appeal"
