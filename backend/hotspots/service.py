"""Use cases of hotspots: the map of the coming week, asking for a new one, and whom the patrols reach."""

import datetime as dt
import uuid
from collections import OrderedDict

import msgspec
import numpy as np
from numpy.typing import NDArray
from shapely.geometry import Point, shape

from backend.areas import service as areas
from backend.core import audit, clock
from backend.core.db import atomic
from backend.core.pools import in_thread
from backend.core.problems import Conflict, NotFound, Problem
from backend.core.roles import POLICE_ROLES, Role
from backend.core.sessions import Actor
from backend.hotspots import making
from backend.hotspots.models import Outlook, OutlookMap
from backend.hotspots.schemas import (
    CellsOut,
    CommunityShare,
    DataAgeOut,
    FairnessOut,
    HotspotsOut,
    MakingOut,
    OutlookFailure,
    OutlookNew,
    OutlookOut,
    OutlookSummary,
    SpotOut,
    Spots,
)
from backend.hotspots.wire import cells_within, shift_hours, spot_out
from backend.incidents import service as incidents
from backend.patrols import service as patrols
from routing.fairness import counted_by_outline, shares
from routing.outlook import Outlook as Unpacked
from routing.outlook_file import unpack
from routing.outlook_spots import spot_of

SPOTS_SHOWN = 24
UNPACKED_KEPT = 4
HOURS_A_WEEK = 168
WEEK = dt.timedelta(days=7)

_unpacked: OrderedDict[uuid.UUID, Unpacked] = OrderedDict()
"""The outlooks that were last asked about, ready to be asked again."""


class NoIncidents(Problem):
    """There is nothing to make a map from."""

    status, code, title = 409, "no-incidents", "This district has no incidents yet"


async def hotspots(actor: Actor, area_id: uuid.UUID) -> HotspotsOut:
    """The newest map of the area's district as far as the area reaches, what is being made, and how old the data are."""
    area = await _police_area(actor, area_id)
    district = await areas.district_of(area)
    ready = await Outlook.filter(area_id=district.id, state="ready").order_by("-created_at").first()
    last = await Outlook.filter(area_id=district.id).order_by("-created_at").first()
    age = await incidents.data_age(district)
    return HotspotsOut(
        area_id=area.id,
        outlook=_outlook_out(ready, area) if ready else None,
        making=MakingOut(last.id, last.progress, last.created_at)
        if last and last.state == "making"
        else None,
        failure=msgspec.convert(last.failure, OutlookFailure) if last and last.state == "failed" else None,
        data=DataAgeOut(age.newest_at, age.imported_at, age.old_after_days, age.old),
    )


async def _police_area(actor: Actor, area_id: uuid.UUID) -> areas.Area:
    area = await areas.visible(actor, area_id)
    actor.require_any(POLICE_ROLES, area.path)
    return area


def _outlook_out(outlook: Outlook, area: areas.Area) -> OutlookOut:
    summary = msgspec.convert(outlook.summary, OutlookSummary)
    listed = msgspec.structs.asdict(summary.spots)
    summary.spots = Spots(**{name: _inside(found, area)[:SPOTS_SHOWN] for name, found in listed.items()})
    return OutlookOut(id=outlook.id, made_at=outlook.finished_at or outlook.created_at, summary=summary)


def _inside(spots: list[SpotOut], area: areas.Area) -> list[SpotOut]:
    if area.kind == "district":
        return spots
    outline = shape(area.geometry)
    return [spot for spot in spots if outline.covers(Point(spot.lon, spot.lat))]


@atomic
async def ask(actor: Actor, new: OutlookNew) -> MakingOut:
    """Have a new map made of the area's district. While one is being made, that one is the answer.

    Raises `NotAllowed` to others than the area's officers, `NoIncidents` when there is nothing to make it from.
    """
    area = await areas.visible(actor, new.area_id)
    actor.require(Role.OFFICER, area.path)
    district = await areas.district_of(area)
    before = await Outlook.filter(id=new.id).first()
    if before is not None:
        if before.area_id != district.id or before.asked_by != actor.user_id:
            raise Conflict("This id belongs to another map; make a new one", field="id")
        return MakingOut(before.id, before.progress, before.created_at)
    changed_at = await making.known_until(district)
    if changed_at is None:
        raise NoIncidents(area=district.name_zh)
    begun = await making.begin(district, changed_at, "asked", outlook_id=new.id, asked_by=actor.user_id)
    if begun is not None:
        await audit.record(actor, "hotspots.ask", "outlook", begun, area_id=district.id)
    found = await Outlook.get(area_id=district.id, state="making")
    return MakingOut(found.id, found.progress, found.created_at)


async def cells(actor: Actor, outlook_id: uuid.UUID, area_id: uuid.UUID) -> CellsOut:
    """A map's cells, as far as the area reaches."""
    area = await _area_of_map(actor, outlook_id, area_id)
    found = await OutlookMap.filter(outlook_id=outlook_id).only("cells").first()
    if found is None:
        raise NotFound(kind="outlook", id=str(outlook_id))
    whole = msgspec.json.decode(found.cells, type=CellsOut)
    return whole if area.kind == "district" else await in_thread(cells_within, whole, area.geometry)


async def _area_of_map(actor: Actor, outlook_id: uuid.UUID, area_id: uuid.UUID) -> areas.Area:
    """The area, when the map is its district's; `NotFound` otherwise, so that ids cannot be guessed."""
    area = await _police_area(actor, area_id)
    district = await areas.district_of(area)
    if not await Outlook.filter(id=outlook_id, area_id=district.id, state="ready").exists():
        raise NotFound(kind="outlook", id=str(outlook_id))
    return area


async def cell(
    actor: Actor,
    outlook_id: uuid.UUID,
    area_id: uuid.UUID,
    number: int,
    shift: int | None = None,
    hour: int | None = None,
) -> SpotOut:
    """What is to be said of one cell: for the whole week, a shift (0 to 2) or an hour of the week (0 to 167)."""
    area = await _area_of_map(actor, outlook_id, area_id)
    outlook = await _unpack(outlook_id)
    if number >= len(outlook.lon):
        raise NotFound(kind="cell", id=str(number))
    middle = Point(float(outlook.lon[number]), float(outlook.lat[number]))
    if area.kind != "district" and not shape(area.geometry).covers(middle):
        raise NotFound(kind="cell", id=str(number))
    return spot_out(await in_thread(spot_of, outlook, number, _hours(shift, hour)))


def _hours(shift: int | None, hour: int | None) -> NDArray[np.bool_] | None:
    if hour is not None:
        return np.arange(HOURS_A_WEEK) == hour
    return None if shift is None else shift_hours(shift)


async def _unpack(outlook_id: uuid.UUID) -> Unpacked:
    """The outlook in full; the last few stay in memory."""
    known = _unpacked.get(outlook_id)
    if known is not None:
        _unpacked.move_to_end(outlook_id)
        return known
    found = await OutlookMap.filter(outlook_id=outlook_id).only("packed").first()
    if found is None:
        raise NotFound(kind="outlook", id=str(outlook_id))
    _unpacked[outlook_id] = await in_thread(unpack, found.packed)
    while len(_unpacked) > UNPACKED_KEPT:
        _unpacked.popitem(last=False)
    return _unpacked[outlook_id]


async def packed(district: areas.Area, at: dt.datetime) -> bytes | None:
    """The newest map of the district in full, for `routing.outlook_file.unpack`; None where its week does not hold `at`,
    or where more is known by now than it was made from."""
    ready = await Outlook.filter(area_id=district.id, state="ready").order_by("-created_at").first()
    changed_at = await making.known_until(district)
    if ready is None or changed_at is None or ready.knows_until < changed_at:
        return None
    if not ready.created_at <= at < ready.created_at + WEEK:
        return None
    found = await OutlookMap.filter(outlook_id=ready.id).only("packed").first()
    return found.packed if found else None


async def fairness(actor: Actor, area_id: uuid.UUID, days: int) -> FairnessOut:
    """Patrol minutes per resident and per incident of the last `days` days, by community of the area."""
    area = await areas.visible(actor, area_id)
    actor.require_any((*POLICE_ROLES, Role.ADMIN), area.path)
    until = clock.now()
    since = until - dt.timedelta(days=days)
    below = await areas.within(area.path)
    communities = [each for each in below if each.kind == "community"]
    walked = await patrols.walked_by_area([each.id for each in below], since)
    past = await incidents.history(area, since, until)
    counted = await in_thread(
        counted_by_outline,
        [each.geometry for each in communities],
        past.lon[past.is_report],
        past.lat[past.is_report],
    )
    minutes = [walked[each.id].minutes if each.id in walked else 0 for each in communities]
    residents = [areas.settings_of(each).residents for each in communities]
    compared = shares(minutes, residents, counted)
    return FairnessOut(
        since=since,
        until=until,
        days=days,
        communities=[
            CommunityShare(
                area=areas.ref(community),
                residents=people,
                incidents=many,
                patrols=walked[community.id].patrols if community.id in walked else 0,
                minutes=each_minutes,
                per_1000_residents=share.per_1000_residents,
                per_incident=share.per_incident,
                residents_level=share.residents_level,
                incident_level=share.incident_level,
            )
            for community, people, many, each_minutes, share in zip(
                communities, residents, counted, minutes, compared.communities, strict=True
            )
        ],
        median_per_1000_residents=compared.median_per_1000_residents,
        median_per_incident=compared.median_per_incident,
        elsewhere_minutes=sum(each.minutes for each in walked.values()) - sum(minutes),
    )
