"""Use cases of incidents: keeping what was imported, once, and giving planning its past."""

import datetime as dt
import hashlib
import itertools
import re
import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from backend.areas import service as areas
from backend.core import clock
from backend.core.db import atomic, execute, row
from backend.core.ids import uuid7
from backend.incidents.models import Incident as StoredIncident
from routing.incident import Incident

ROWS_AT_ONCE = 500
KIND_LENGTH_MAX = 80
ID_LENGTH_MAX = 120
_BY_LINE = re.compile(r"line-\d+")


class ImportReport(msgspec.Struct, frozen=True):
    """How an import went: incidents given, those added, and those that were there already."""

    given: int
    added: int

    @property
    def known(self) -> int:
        """How many were there already."""
        return self.given - self.added


@atomic
async def import_incidents(
    area: areas.Area, incidents: Sequence[Incident], source: str = "", *, demo: bool | None = None
) -> ImportReport:
    """Keep incidents of the district that `area` lies in; those it has already are left as they are.

    `source` names the import (a file's name). An incident is known by its number, or, without one, by its time,
    place and kind. `demo` marks made-up incidents (by default, those of a demo area).
    """
    district = await areas.district_of(area)
    now, is_demo = clock.now(), district.demo if demo is None else demo
    added = 0
    for block in itertools.batched(_identified(incidents), ROWS_AT_ONCE, strict=False):
        values: list[Any] = []
        for external_id, incident in block:
            values += [
                uuid7(), district.id, external_id, incident.at, incident.clock_known, incident.lon, incident.lat,
                incident.kind[:KIND_LENGTH_MAX], incident.weight, incident.source, source[:80], is_demo, now,
            ]  # fmt: skip
        marks = ", ".join(["(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"] * len(block))
        added += await execute(
            "INSERT INTO incident (id, area_id, external_id, occurred_at, clock_known, lon, lat, kind, weight, source,"
            f" batch, demo, imported_at) VALUES {marks} ON CONFLICT (area_id, external_id) DO NOTHING",
            *values,
        )
    return ImportReport(given=len(incidents), added=added)


def _identified(incidents: Iterable[Incident]) -> Iterable[tuple[str, Incident]]:
    """Each incident with what names it in its district; equal ones without a number are counted."""
    seen: Counter[str] = Counter()
    for incident in incidents:
        if incident.id and not _BY_LINE.fullmatch(incident.id):
            yield incident.id[:ID_LENGTH_MAX], incident
            continue
        told = f"{incident.at.astimezone(dt.UTC).isoformat()}|{incident.lon:.7f}|{incident.lat:.7f}|{incident.kind}"
        digest = hashlib.sha256(told.encode()).hexdigest()[:32]
        seen[digest] += 1
        yield f"sha256:{digest}:{seen[digest]}", incident


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


async def as_of(area: areas.Area) -> dt.datetime | None:
    """When the latest known incident of the area's district happened; None when none is known."""
    district = await areas.district_of(area)
    found = await StoredIncident.filter(area_id=district.id).order_by("-occurred_at").first()
    return found.occurred_at if found else None


async def count(area_id: uuid.UUID) -> int:
    """How many incidents a district has."""
    found = await row("SELECT COUNT(*) AS incidents FROM incident WHERE area_id = ?", area_id)
    return found["incidents"] if found else 0
