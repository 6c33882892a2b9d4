"""Tables of merchants, their branches and staff; the ledger's tables belong to the points package."""

from tortoise import fields
from tortoise.models import Model


class Merchant(Model):
    """A shop that honours points."""

    id = fields.UUIDField(primary_key=True)
    area_id = fields.UUIDField()
    kind = fields.CharField(max_length=30)
    name_zh = fields.CharField(max_length=60)
    name_en = fields.CharField(max_length=80)
    address_zh = fields.CharField(max_length=120)
    address_en = fields.CharField(max_length=120)
    hours = fields.CharField(max_length=60, default="")
    lon = fields.FloatField()
    lat = fields.FloatField()
    state = fields.CharField(max_length=20, default="open")
    state_reason = fields.CharField(max_length=200, null=True)
    licence_no = fields.CharField(max_length=40, null=True)
    contact_name = fields.CharField(max_length=60, default="")
    contact_phone = fields.CharField(max_length=20, default="")
    demo = fields.BooleanField(default=False)

    class Meta:
        table = "merchant"


class MerchantApplication(Model):
    """A shop that asks to join; approving it makes the merchant under the same id."""

    id = fields.UUIDField(primary_key=True)
    area_id = fields.UUIDField()
    applicant_id = fields.UUIDField()
    licence_no = fields.CharField(max_length=40)
    kind = fields.CharField(max_length=30)
    name_zh = fields.CharField(max_length=60)
    name_en = fields.CharField(max_length=80)
    address_zh = fields.CharField(max_length=120)
    address_en = fields.CharField(max_length=120)
    hours = fields.CharField(max_length=60)
    lon = fields.FloatField()
    lat = fields.FloatField()
    contact_name = fields.CharField(max_length=60)
    contact_phone = fields.CharField(max_length=20)
    state = fields.CharField(max_length=10, default="applied")
    state_reason = fields.CharField(max_length=200, null=True)
    applied_at = fields.DatetimeField()
    decided_at = fields.DatetimeField(null=True)
    decided_by = fields.UUIDField(null=True)

    class Meta:
        table = "merchant_application"


class MerchantBranch(Model):
    """Another shop of the same merchant."""

    id = fields.UUIDField(primary_key=True)
    merchant_id = fields.UUIDField()
    name_zh = fields.CharField(max_length=60)
    name_en = fields.CharField(max_length=80)
    address_zh = fields.CharField(max_length=120)
    address_en = fields.CharField(max_length=120)
    hours = fields.CharField(max_length=60, default="")
    lon = fields.FloatField()
    lat = fields.FloatField()
    is_open = fields.BooleanField(default=True)

    class Meta:
        table = "merchant_branch"


class MerchantStaff(Model):
    """One person's time at a merchant."""

    id = fields.UUIDField(primary_key=True)
    merchant_id = fields.UUIDField()
    user_id = fields.UUIDField()
    branch_id = fields.UUIDField(null=True)
    owner = fields.BooleanField(default=False)
    since = fields.DatetimeField()
    until = fields.DatetimeField(null=True)

    class Meta:
        table = "merchant_staff"


class RewardSetting(Model):
    """What a district decided about its rewards."""

    area_id = fields.UUIDField(primary_key=True, generated=False)
    leaderboard = fields.BooleanField(default=False)
    scene_until = fields.DatetimeField(null=True)
    scene_reason = fields.CharField(max_length=200, null=True)
    scene_declared_at = fields.DatetimeField(null=True)
    scene_declared_by = fields.UUIDField(null=True)

    class Meta:
        table = "reward_setting"


class LeaderboardChoice(Model):
    """Somebody who wants to be on the leaderboard."""

    user_id = fields.UUIDField(primary_key=True, generated=False)
    shown_since = fields.DatetimeField()

    class Meta:
        table = "leaderboard_choice"


class RewardSignal(Model):
    """Something that somebody should look at."""

    id = fields.UUIDField(primary_key=True)
    area_id = fields.UUIDField()
    kind = fields.CharField(max_length=20)
    subject = fields.CharField(max_length=160)
    facts = fields.TextField()
    at = fields.DatetimeField()
    state = fields.CharField(max_length=10, default="open")
    outcome = fields.CharField(max_length=10, null=True)
    note = fields.CharField(max_length=300, default="")
    closed_at = fields.DatetimeField(null=True)
    closed_by = fields.UUIDField(null=True)

    class Meta:
        table = "reward_signal"


class RewardDeed(Model):
    """What somebody at a desk thanked people for, apart from a patrol; what each was given is in points_earning."""

    id = fields.UUIDField(primary_key=True)
    area_id = fields.UUIDField()
    kind = fields.CharField(max_length=20)
    title_zh = fields.CharField(max_length=80)
    title_en = fields.CharField(max_length=120)
    judged_by = fields.UUIDField()
    at = fields.DatetimeField()

    class Meta:
        table = "reward_deed"
