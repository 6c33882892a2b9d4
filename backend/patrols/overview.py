"""All patrols at a glance: the desk's live map and figures, and who is near a place."""

import datetime as dt
import math
import uuid
from collections.abc import Sequence
from typing import Any

import msgspec

from backend.areas import service as areas
from backend.core import clock
from backend.core.db import rows, sql, tuples
from backend.core.ids import as_uuid
from backend.core.roles import DESK_ROLES, POLICE_ROLES
from backend.core.sessions import Actor
from backend.patrols.homes import hidden_around
from backend.patrols.models import LivePosition, Patrol, PatrolAppeal, PatrolMember
from backend.patrols.receipts import note_seen
from backend.patrols.schemas import LiveOut, LivePatrol
from backend.patrols.wire import last_positions, position_out
from backend.people import service as people
from backend.tasks import service as tasks
from backend.tasks.schemas import TaskOut
from routing import track
from routing.track_privacy import HIDDEN_M

STALE_AFTER = dt.timedelta(minutes=2)
POSITION_HOLDS = dt.timedelta(minutes=10)
TRAIL_FOR = dt.timedelta(minutes=15)
TRAIL_POINTS_MAX = 60
NOTED_EVERY = dt.timedelta(minutes=5)
NOTED_MAX = 50_000
LONG_AGO = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)

_noted: dict[tuple[uuid.UUID, uuid.UUID], dt.datetime] = {}


class Nearby(msgspec.Struct, frozen=True):
    """Someone on patrol near a point."""

    user_id: uuid.UUID
    distance_m: float


class Walked(msgspec.Struct, frozen=True):
    """How much was walked: a team's minutes count once, however many walk together."""

    patrols: int
    minutes: int


class Whereabouts(msgspec.Struct, frozen=True):
    """Where somebody was last: degrees, metres, time."""

    lon: float
    lat: float
    accuracy_m: float | None
    at: dt.datetime


class Walk(msgspec.Struct, frozen=True):
    """The patrol somebody walks now, and the others who walk it."""

    patrol_id: uuid.UUID
    area_id: uuid.UUID
    mates: list[uuid.UUID]


async def walk_of(user_id: uuid.UUID) -> Walk | None:
    """The patrol that the person walks now, for another feature, which has checked who asks."""
    member = await PatrolMember.filter(user_id=user_id, state="walking").first()
    if member is None:
        return None
    patrol = await Patrol.get(id=member.patrol_id)
    walking = await PatrolMember.filter(patrol_id=patrol.id, state="walking").values_list(
        "user_id", flat=True
    )
    return Walk(patrol.id, patrol.area_id, [mate for mate in walking if mate != user_id])  # type: ignore[misc]


async def whereabouts(user_id: uuid.UUID) -> Whereabouts | None:
    """The last stored position of a person on patrol, however old; None for anybody else."""
    last = await LivePosition.filter(user_id=user_id).first()
    return Whereabouts(last.lon, last.lat, last.accuracy_m, last.at) if last else None


async def live(actor: Actor, area_id: uuid.UUID) -> LiveOut:
    """Every running patrol of the area, with where it is, how it came there and its route, for the desk."""
    area = await areas.visible(actor, area_id)
    actor.require_any(DESK_ROLES, area.path)
    active = await Patrol.filter(area_id__in=await areas.descendant_ids(area), state="active").order_by(
        "started_at", "id"
    )
    by_task = await tasks.by_ids({patrol.task_id for patrol in active if patrol.task_id}, None)
    positions = await last_positions([patrol.id for patrol in active])
    walkers = await _walkers([patrol.id for patrol in active])
    # The community sees teams, not persons: where a team is, not the way that somebody came.
    police = actor.may_any(POLICE_ROLES, area.path)
    trails = await _trails(list(positions.values())) if police else {}
    now = clock.now()
    await note_looking(actor.user_id, [patrol.id for patrol in active])
    return LiveOut(
        patrols=[
            _live_patrol(
                patrol,
                by_task.get(patrol.task_id) if patrol.task_id else None,
                walkers.get(patrol.id, 0),
                positions.get(patrol.id),
                trails.get(patrol.id, []),
                now,
            )
            for patrol in active
        ],
        on_duty=await people.on_duty_count(area.path),
        as_of=now,
    )


async def note_looking(viewer_id: uuid.UUID, patrol_ids: list[uuid.UUID]) -> None:
    """For the walkers' receipts; a desk that looks every few seconds is noted once in five minutes."""
    now = clock.now()
    if len(_noted) > NOTED_MAX:
        _noted.clear()
    new = [each for each in patrol_ids if now - _noted.get((viewer_id, each), LONG_AGO) > NOTED_EVERY]
    await note_seen(viewer_id, new, live=True)
    _noted.update({(viewer_id, each): now for each in new})


def _live_patrol(
    patrol: Patrol,
    task: TaskOut | None,
    walkers: int,
    position: LivePosition | None,
    trail: list[tuple[float, float]],
    now: dt.datetime,
) -> LivePatrol:
    return LivePatrol(
        patrol_id=patrol.id,
        task_title_zh=task.title_zh if task else "自由巡逻",
        task_title_en=task.title_en if task else "Free patrol",
        people=walkers,
        position=position_out(position) if position else None,
        stale=position is None or now - position.at > STALE_AFTER,
        stops_total=patrol.stops_total,
        stops_done=patrol.stops_dwelt,
        length_m=patrol.length_m,
        route=task.route.geometry if task and task.route else None,
        trail=trail,
        started_at=patrol.started_at,
        demo=patrol.demo,
    )


async def _walkers(patrol_ids: list[uuid.UUID]) -> dict[uuid.UUID, int]:
    """How many people walk each patrol now."""
    found = PatrolMember.filter(patrol_id__in=patrol_ids, state="walking")
    counts: dict[uuid.UUID, int] = {}
    for patrol_id in await found.values_list("patrol_id", flat=True) if patrol_ids else []:
        counts[patrol_id] = counts.get(patrol_id, 0) + 1  # type: ignore[index]
    return counts


async def _trails(positions: list[LivePosition]) -> dict[uuid.UUID, list[tuple[float, float]]]:
    """The last quarter of an hour of whoever was seen last in each patrol, thinned to `TRAIL_POINTS_MAX` points; what lies
    beside where they set out or beside their home is left out, and what came before it."""
    if not positions:
        return {}
    patrols, walkers = [each.patrol_id for each in positions], [each.user_id for each in positions]
    found = await rows(
        "SELECT patrol_id, lon, lat FROM ("
        " SELECT patrol_id, lon, lat, at, row_number() OVER (PARTITION BY patrol_id ORDER BY at DESC) AS number,"
        " count(*) OVER (PARTITION BY patrol_id) AS total"
        f" FROM fix WHERE patrol_id IN ({_marks(patrols)}) AND user_id IN ({_marks(walkers)}) AND at > ?"
        f") AS recent WHERE (number - 1) % ((total + {TRAIL_POINTS_MAX - 1}) / {TRAIL_POINTS_MAX}) = 0 ORDER BY patrol_id, at",
        *patrols, *walkers, clock.now() - TRAIL_FOR,
    )  # fmt: skip
    begins, hidden = await _begins(patrols, walkers), await hidden_around(walkers)
    walker_of = dict(zip(patrols, walkers, strict=True))
    trails: dict[uuid.UUID, list[tuple[float, float]]] = {}
    for each in found:
        patrol_id, lon, lat = as_uuid(each["patrol_id"]), round(each["lon"], 6), round(each["lat"], 6)
        began = begins.get(patrol_id)
        at_door = began is not None and track.apart_m(*began, lon, lat) <= HIDDEN_M
        if at_door or hidden[walker_of[patrol_id]](lon, lat):
            trails[patrol_id] = []  # what came before is not joined to what follows, right through the door
        else:
            trails.setdefault(patrol_id, []).append((lon, lat))
    return trails


async def _begins(patrols: list[uuid.UUID], walkers: list[uuid.UUID]) -> dict[uuid.UUID, tuple[float, float]]:
    """Where each of these patrols' walkers set out."""
    first = (
        "SELECT {} FROM fix WHERE fix.patrol_id = m.patrol_id AND fix.user_id = m.user_id ORDER BY at LIMIT 1"
    )
    found = await rows(
        f"SELECT patrol_id, ({first.format('lon')}) AS lon, ({first.format('lat')}) AS lat FROM patrol_member m"
        f" WHERE patrol_id IN ({_marks(patrols)}) AND user_id IN ({_marks(walkers)})",
        *patrols, *walkers,
    )  # fmt: skip
    return {
        as_uuid(each["patrol_id"]): (each["lon"], each["lat"]) for each in found if each["lon"] is not None
    }


def _marks(values: list[uuid.UUID]) -> str:
    return ", ".join("?" * len(values))


SLACK = 1.000_001
"""By how much a box is wider than its circle, so that rounding leaves out nobody on the edge."""
ROWS_A_DEGREE = 100
"""The index of last positions goes by rows of a hundredth of a degree of latitude, about 1.1 km, and within one by longitude."""


async def _boxed(
    columns: str, west: float, south: float, east: float, north: float
) -> Sequence[Sequence[Any]]:
    """Those columns of every last position of the last ten minutes inside a box of degrees, as tuples."""
    touched = range(int(south * ROWS_A_DEGREE), int(north * ROWS_A_DEGREE) + 1)
    in_row = sql(sqlite="CAST(lat * 100 AS INTEGER)", postgres="CAST(trunc(lat * 100) AS INTEGER)")
    return await tuples(
        f"SELECT {columns} FROM live_position WHERE {in_row} IN ({', '.join('?' * len(touched))})"
        " AND lon BETWEEN ? AND ? AND lat BETWEEN ? AND ? AND at > ?",
        *touched, west, east, south, north, clock.now() - POSITION_HOLDS,
    )  # fmt: skip


async def nearby(lon: float, lat: float, radius_m: float, area_path: str) -> list[Nearby]:
    """People on patrol in the district within `radius_m` of a point, nearest first; positions of the last ten minutes."""
    # Asked for every alert and call for help: rows stay tuples, and only who is near enough becomes more.
    reach_lat = radius_m / track.EARTH_M_PER_DEGREE * SLACK
    reach_lon = reach_lat / max(0.01, math.cos(math.radians(abs(lat) + reach_lat)))
    boxed = await _boxed(
        "user_id, lon, lat, area_path", lon - reach_lon, lat - reach_lat, lon + reach_lon, lat + reach_lat
    )
    district = areas.district_slug(area_path)
    below = district + "/"
    near: list[tuple[float, Any]] = []
    for user_id, its_lon, its_lat, its_path in boxed:
        away_m = track.apart_m(lon, lat, its_lon, its_lat)
        if away_m <= radius_m and (its_path == district or its_path.startswith(below)):
            near.append((away_m, user_id))
    near.sort()
    return [Nearby(as_uuid(user_id), away_m) for away_m, user_id in near]


class Walking(msgspec.Struct, frozen=True):
    """Where someone on patrol is, in WGS-84 degrees."""

    user_id: uuid.UUID
    lon: float
    lat: float


async def walking_inside(area: areas.Area) -> list[Walking]:
    """People on patrol inside an area's boundary; positions of the last ten minutes."""
    boxed = await _boxed("user_id, lon, lat", area.west, area.south, area.east, area.north)
    return [Walking(as_uuid(user_id), lon, lat) for user_id, lon, lat in boxed if areas.holds(area, lon, lat)]


async def counts(area_ids: list[uuid.UUID], since: dt.datetime) -> dict[str, int]:
    """For the desk: patrols that went out since a time, that run, that await their review, and a second look."""
    out = await Patrol.filter(area_id__in=area_ids, started_at__gte=since).count()
    active = await Patrol.filter(area_id__in=area_ids, state="active").count()
    waiting = await Patrol.filter(area_id__in=area_ids, state="awaiting_review").count()
    asked = await PatrolAppeal.filter(decision__isnull=True).values_list("patrol_id", flat=True)
    appealed = await Patrol.filter(area_id__in=area_ids, id__in=list(asked)).count() if asked else 0
    return {"out": out, "active": active, "awaiting_review": waiting, "appealed": appealed}


async def coverage(area_ids: list[uuid.UUID], since: dt.datetime) -> float | None:
    """Stops really dwelt at, as a share of those planned, over the patrols finished since a time; None without any."""
    found = await Patrol.filter(
        area_id__in=area_ids, started_at__gte=since, finished_at__isnull=False, stops_total__gt=0
    )
    planned = sum(patrol.stops_total for patrol in found)
    return sum(patrol.stops_dwelt for patrol in found) / planned if planned else None


async def walked_by_area(area_ids: list[uuid.UUID], since: dt.datetime) -> dict[uuid.UUID, Walked]:
    """The patrols that set out since a time and were not rejected, by the area they were for."""
    if not area_ids:
        return {}
    found = await rows(
        "SELECT area_id, COUNT(*) AS patrols, SUM(minutes) AS minutes FROM patrol"
        f" WHERE area_id IN ({_marks(area_ids)}) AND state IN ('awaiting_review', 'accepted', 'partial')"
        " AND started_at >= ? GROUP BY area_id",
        *area_ids, since,
    )  # fmt: skip
    return {uuid.UUID(str(each["area_id"])): Walked(each["patrols"], int(each["minutes"])) for each in found}
