"""Table of certificates."""

from tortoise import fields
from tortoise.models import Model


class Certificate(Model):
    """A year's hours of a person, as they were certified."""

    id = fields.UUIDField(primary_key=True)
    user_id = fields.UUIDField()
    year = fields.IntField()
    code = fields.CharField(max_length=14, unique=True)
    name = fields.CharField(max_length=60)
    area_name_zh = fields.CharField(max_length=60)
    area_name_en = fields.CharField(max_length=80)
    minutes = fields.IntField()
    patrols = fields.IntField()
    issued_at = fields.DatetimeField()

    class Meta:
        table = "certificate"
