"""Who may see a report, and what of it."""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import cast

from backend.areas import service as areas
from backend.core.problems import NotFound
from backend.core.roles import POLICE_ROLES
from backend.core.sessions import Actor
from backend.people import service as people
from backend.reports.models import Report, ReportPhoto
from backend.reports.schemas import Category, Outcome, ReportOut, ReportState
from routing.geo import haversine_m

WITHDRAWN_WITHIN = dt.timedelta(minutes=10)
SAME_PLACE_M = 50.0
SAME_TIME = dt.timedelta(hours=24)


async def own(actor: Actor, found: Report | None) -> Report:
    """The report, if the actor sent it; `NotFound` otherwise."""
    if found is None or found.user_id != actor.user_id:
        raise NotFound(kind="report")
    return found


async def visible(actor: Actor, report_id: uuid.UUID) -> Report:
    """The report, for its reporter and the police of its area; `NotFound` for anybody else."""
    found = await Report.filter(id=report_id).first()
    if found is not None and found.user_id != actor.user_id:
        area = await areas.get(found.area_id)
        if not actor.may_any(POLICE_ROLES, area.path) or found.state == "withdrawn":
            found = None
    if found is None:
        raise NotFound(kind="report", id=str(report_id))
    return found


async def reports_out(found: Sequence[Report], actor: Actor) -> list[ReportOut]:
    """Reports as this person sees them; those of others are seen by the police only."""
    if not found:
        return []
    refs = await areas.refs({each.area_id for each in found})
    photos: dict[uuid.UUID, list[uuid.UUID]] = {}
    for photo in await ReportPhoto.filter(report_id__in=[each.id for each in found]).order_by(
        "made_at", "id"
    ):
        photos.setdefault(photo.report_id, []).append(photo.id)
    names = await people.names({each.user_id for each in found})
    around = await _around(found)
    return [
        _report_out(
            each,
            refs[each.area_id],
            photos.get(each.id, []),
            mine=each.user_id == actor.user_id,
            by_name=names.get(each.user_id, ""),
            near=_near(each, around),
        )
        for each in found
    ]


def _report_out(
    report: Report, area: areas.AreaRef, photos: list[uuid.UUID], *, mine: bool, by_name: str, near: int
) -> ReportOut:
    withdrawable = mine and report.state == "received"
    return ReportOut(
        id=report.id,
        area_id=report.area_id,
        area_name_zh=area.name_zh,
        area_name_en=area.name_en,
        category=cast(Category, report.category),
        text=report.text,
        description=report.description,
        hurtful=report.hurtful,
        at=report.at,
        received_at=report.received_at,
        changed_at=report.changed_at,
        lon=report.lon,
        lat=report.lat,
        state=cast(ReportState, report.state),
        outcome=cast(Outcome | None, report.outcome),
        answer=report.answer,
        photos=photos,
        mine=mine,
        withdrawable_until=report.received_at + WITHDRAWN_WITHIN if withdrawable else None,
        by_name=None if mine else by_name,
        near=None if mine else near,
    )


async def _around(found: Sequence[Report]) -> list[Report]:
    """Whatever was reported in these areas in the days of these reports."""
    first, last = min(each.at for each in found), max(each.at for each in found)
    return await Report.filter(
        area_id__in=list({each.area_id for each in found}),
        at__gte=first - SAME_TIME,
        at__lte=last + SAME_TIME,
        lon__isnull=False,
        state__not="withdrawn",
    )


def _near(report: Report, around: list[Report]) -> int:
    """How many others came from within 50 m and a day: perhaps they saw the same."""
    if report.lon is None or report.lat is None:
        return 0
    others = [each for each in around if each.id != report.id and abs(each.at - report.at) <= SAME_TIME]
    if not others:
        return 0
    lons, lats = [each.lon or 0.0 for each in others], [each.lat or 0.0 for each in others]
    return int((haversine_m(lons, lats, report.lon, report.lat) <= SAME_PLACE_M).sum())
