"""Table of areas."""

from tortoise import fields
from tortoise.models import Model


class Area(Model):
    """A district, street or community; `path` is the chain of slugs from the district down."""

    id = fields.UUIDField(primary_key=True)
    parent_id = fields.UUIDField(null=True)
    path = fields.CharField(max_length=200, unique=True)
    slug = fields.CharField(max_length=60)
    kind = fields.CharField(max_length=20)
    name_zh = fields.CharField(max_length=60)
    name_en = fields.CharField(max_length=80)
    geometry = fields.JSONField()
    west = fields.FloatField()
    south = fields.FloatField()
    east = fields.FloatField()
    north = fields.FloatField()
    center_lon = fields.FloatField()
    center_lat = fields.FloatField()
    time_zone = fields.CharField(max_length=40)
    streets_key = fields.CharField(max_length=120, null=True)
    basemap = fields.JSONField(null=True)
    settings = fields.JSONField(default=dict)
    demo = fields.BooleanField(default=False)

    class Meta:
        table = "area"
