"""Use cases of incidents: keeping what was imported, once, and giving planning its past."""

import datetime as dt
import itertools
import uuid
from collections.abc import Sequence

import msgspec

from backend.areas import service as areas
from backend.core import clock
from backend.core.db import atomic, row
from backend.incidents.harm import rules, rules_changed_at, unshown_kinds
from backend.incidents.history import DataAge, History, data_age, history, imported_at
from backend.incidents.identity import identified
from backend.incidents.models import Incident as StoredIncident
from backend.incidents.storing import ARRIVED_JOB, add_block, note_arrival
from routing.incident import Incident

__all__ = [
    "ARRIVED_JOB", "DataAge", "History", "ImportReport", "arrived", "as_of", "count", "data_age",
    "history", "import_incidents", "imported_at", "incidents_for", "rules", "rules_changed_at",
    "unshown_kinds",
]  # fmt: skip

ROWS_AT_ONCE = 500


class ImportReport(msgspec.Struct, frozen=True):
    """How an import went: incidents given, those added, and those that corrected what was there."""

    given: int
    added: int
    corrected: int

    @property
    def known(self) -> int:
        """How many were there already, as they are."""
        return self.given - self.added - self.corrected


@atomic
async def import_incidents(
    area: areas.Area, incidents: Sequence[Incident], source: str = "", *, demo: bool | None = None
) -> ImportReport:
    """Keep incidents of the district that `area` lies in; those it has already are left as they are, or corrected.

    `source` names the import (a file's name). An incident is known by its number, or, without one, by its time,
    place and kind (see `identity`). `demo` marks made-up incidents (by default, those of a demo area).
    """
    district = await areas.district_of(area)
    is_demo = district.demo if demo is None else demo
    added = corrected = 0
    for block in itertools.batched(identified(incidents), ROWS_AT_ONCE, strict=False):
        written = await add_block(district.id, block, batch=source, demo=is_demo)
        added, corrected = added + written.added, corrected + written.corrected
    if incidents:
        await note_arrival(district.id)
    return ImportReport(given=len(incidents), added=added, corrected=corrected)


async def incidents_for(
    area: areas.Area, since: dt.datetime, until: dt.datetime | None = None
) -> list[Incident]:
    """The incidents of the area's district from `since` to before `until` (default: now), the earliest first.

    For an area smaller than a district, only those inside its box.
    """
    district = await areas.district_of(area)
    wanted = StoredIncident.filter(
        area_id=district.id, occurred_at__gte=since, occurred_at__lt=until or clock.now()
    )
    if area.id != district.id:
        wanted = wanted.filter(
            lon__gte=area.west, lon__lte=area.east, lat__gte=area.south, lat__lte=area.north
        )
    columns = ("external_id", "occurred_at", "lon", "lat", "kind", "weight", "clock_known", "source")
    found = await wanted.order_by("occurred_at", "external_id").values_list(*columns)
    return [Incident(*each) for each in found]


async def arrived(district: areas.Area, since: dt.datetime, happened_since: dt.datetime) -> list[Incident]:
    """The district's incidents that came in at or after `since` and happened at or after `happened_since`."""
    columns = ("external_id", "occurred_at", "lon", "lat", "kind", "weight", "clock_known", "source")
    found = (
        await StoredIncident.filter(
            area_id=district.id, occurred_at__gte=happened_since, imported_at__gte=since
        )
        .order_by("occurred_at", "external_id")
        .values_list(*columns)
    )
    return [Incident(*each) for each in found]


async def as_of(area: areas.Area) -> dt.datetime | None:
    """When the latest known incident of the area's district happened; None when none is known."""
    district = await areas.district_of(area)
    found = await StoredIncident.filter(area_id=district.id).order_by("-occurred_at").first()
    return found.occurred_at if found else None


async def count(area_id: uuid.UUID) -> int:
    """How many incidents a district has."""
    found = await row("SELECT COUNT(*) AS incidents FROM incident WHERE area_id = ?", area_id)
    return found["incidents"] if found else 0
