"""Table of merchants; the ledger's tables belong to the points package."""

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
    demo = fields.BooleanField(default=False)

    class Meta:
        table = "merchant"
