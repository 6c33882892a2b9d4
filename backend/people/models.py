"""Tables of people, teams and consents."""

from tortoise import fields
from tortoise.models import Model


class Team(Model):
    """A patrol team of a community."""

    id = fields.UUIDField(primary_key=True)
    area_id = fields.UUIDField()
    name_zh = fields.CharField(max_length=60)
    name_en = fields.CharField(max_length=80)
    invite_code = fields.CharField(max_length=12, unique=True)
    demo = fields.BooleanField(default=False)

    class Meta:
        table = "team"


class Person(Model):
    """An account."""

    id = fields.UUIDField(primary_key=True)
    phone = fields.CharField(max_length=20, unique=True)
    name = fields.CharField(max_length=60)
    password_hash = fields.CharField(max_length=200)
    totp_secret = fields.CharField(max_length=64, null=True)
    birth_year = fields.IntField()
    locale = fields.CharField(max_length=10, default="zh-CN")
    verified = fields.BooleanField(default=False)
    on_duty = fields.BooleanField(default=False)
    duty_changed_at = fields.DatetimeField(null=True)
    disabled_at = fields.DatetimeField(null=True)
    area_id = fields.UUIDField(null=True)
    team_id = fields.UUIDField(null=True)
    demo = fields.BooleanField(default=False)
    created_at = fields.DatetimeField()
    totp_step_used = fields.BigIntField(null=True)

    class Meta:
        table = "person"


class Consent(Model):
    """One answer to one question, with the version of its text; the latest row holds."""

    id = fields.UUIDField(primary_key=True)
    user_id = fields.UUIDField()
    kind = fields.CharField(max_length=20)
    version = fields.IntField()
    granted = fields.BooleanField()
    at = fields.DatetimeField()

    class Meta:
        table = "consent"
