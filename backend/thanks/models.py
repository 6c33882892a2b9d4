"""Tables of thanks."""

from tortoise import fields
from tortoise.models import Model


class TeamThanks(Model):
    """Words of thanks to a team."""

    id = fields.UUIDField(primary_key=True)
    team_id = fields.UUIDField()
    said_by = fields.UUIDField()
    said = fields.CharField(max_length=300)
    at = fields.DatetimeField()

    class Meta:
        table = "team_thanks"
