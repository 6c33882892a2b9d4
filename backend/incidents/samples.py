"""Files to begin with: the template of an import and, in a demo district, a made-up export with mistakes in it."""

import datetime as dt
import tempfile
import uuid
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

from backend.areas import service as areas
from backend.core import clock
from backend.core.pools import in_thread
from backend.core.problems import NotAllowed, NotFound
from backend.core.roles import Role
from backend.core.sessions import Actor
from backend.incidents import service
from backend.incidents.schemas import TableFormat
from routing.incident import Incident
from routing.template_file import template_csv, template_xlsx
from routing.world import write_incident_file

SHIFT = dt.timedelta(weeks=50)
"""Whole weeks, so that a made-up incident keeps its weekday."""
SPAN = dt.timedelta(days=14)
UNUSUAL = {40: "家庭纠纷", 41: "赌博", 42: "宠物扰民"}
"""Three rows in 43 have a kind that the harm table has something to say about."""


def template(actor: Actor, kind: TableFormat) -> bytes:
    """The empty table; `NotAllowed` to others than officers."""
    if not actor.has(Role.OFFICER):
        raise NotAllowed(need=[Role.OFFICER.value])
    return template_xlsx() if kind == "xlsx" else template_csv()


async def made_up_export(actor: Actor, area_id: uuid.UUID) -> bytes:
    """A station's export of the last two weeks, in GCJ-02, as CSV: weeks of a demo district's made-up past told anew,
    with a column of persons and one row in fourteen broken. `NotFound` where the district is no demo.
    """
    area = await areas.visible(actor, area_id)
    actor.require(Role.OFFICER, area.path)
    if not area.demo:
        raise NotFound(kind="sample", id=str(area_id))
    until = clock.now() - SHIFT
    past = await service.incidents_for(area, until - SPAN, until)
    return await in_thread(_written, past, ZoneInfo(area.time_zone))


def _written(past: Sequence[Incident], zone: ZoneInfo) -> bytes:
    told = [
        replace(each, at=(each.at + SHIFT).astimezone(zone), kind=UNUSUAL.get(number % 43, each.kind))
        for number, each in enumerate(past)
    ]
    with tempfile.TemporaryDirectory(prefix="lexun-sample-") as folder:
        made = write_incident_file(Path(folder) / "export.csv", told, datum="gcj02")
        return made.path.read_bytes()
