"""Tables of areas, of the named places on their maps, and of maps being brought in."""

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


class NamedPlace(Model):
    """A place that a map knows by name; `search` holds its names in lower case, one a line."""

    id = fields.UUIDField(primary_key=True)
    area_id = fields.UUIDField()
    name = fields.CharField(max_length=120)
    name_en = fields.CharField(max_length=120, db_default="")
    search = fields.CharField(max_length=250)
    kind = fields.CharField(max_length=20)
    lon = fields.FloatField()
    lat = fields.FloatField()
    never_a_target = fields.BooleanField(db_default=False)

    class Meta:
        table = "named_place"


class MapImport(Model):
    """A street file on its way from a screen to a district's map."""

    id = fields.UUIDField(primary_key=True)
    path = fields.CharField(max_length=200)
    name_zh = fields.CharField(max_length=60, db_default="")
    name_en = fields.CharField(max_length=80, db_default="")
    time_zone = fields.CharField(max_length=40, db_default="")
    relation = fields.BigIntField(null=True)
    boundary = fields.JSONField(null=True)
    file_name = fields.CharField(max_length=120)
    bytes = fields.BigIntField()
    received_bytes = fields.BigIntField(db_default=0)
    state = fields.CharField(max_length=10, db_default="uploading")
    stage = fields.CharField(max_length=10, db_default="")
    progress = fields.FloatField(db_default=0.0)
    failure = fields.JSONField(null=True)
    area_id = fields.UUIDField(null=True)
    created_by = fields.UUIDField()
    created_at = fields.DatetimeField()
    finished_at = fields.DatetimeField(null=True)

    class Meta:
        table = "map_import"
