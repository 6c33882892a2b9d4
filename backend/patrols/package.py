"""The task package: everything a phone needs to walk with no network, fetched when the seat is grabbed."""

import datetime as dt
import uuid

from backend.areas import service as areas
from backend.core import clock
from backend.core.problems import FieldError, InvalidFields, NotFound
from backend.core.sessions import Actor
from backend.patrols import checkpoints, teaming
from backend.patrols.consent import require_consent
from backend.patrols.matters import CHIPS
from backend.patrols.night_team import experienced, night_team
from backend.patrols.schemas import FIXES_MAX, Contact, TeamMate, WalkPackage, WalkRules
from backend.people import service as people
from backend.tasks import service as tasks
from backend.tasks.schemas import TaskOut
from routing import track
from routing.daylight import is_night

HOLDS = dt.timedelta(hours=12)
RULES = WalkRules(
    fix_every_s=5,
    batch_every_s=15,
    fixes_max=FIXES_MAX,
    gap_s=int(track.GAP_S),
    arrive_m=int(track.ARRIVE_M),
    leave_m=int(track.LEAVE_M),
    dwell_share=track.DWELT_SHARE,
    accuracy_m_max=int(track.ACCURACY_M_MAX),
    off_route_m=100,
    undo_s=10,
)
EMERGENCY = Contact("emergency", "报警", "Emergency", "110")


async def walk_package(
    actor: Actor, assignment_id: uuid.UUID | None, area_id: uuid.UUID | None
) -> WalkPackage:
    """The package of one's own seat, or of a free patrol in an area.

    Raises `ConsentRequired`, `NotFound` for another's seat, `InvalidFields` when neither is named.
    """
    await require_consent(actor.user_id)
    if assignment_id is not None:
        seat = await tasks.assignment(assignment_id)
        if seat.user_id != actor.user_id:
            raise NotFound(kind="assignment", id=str(assignment_id))
        task = await tasks.task_out(seat.task_id, actor)
        area = await areas.get(task.area_id)
        found = await checkpoints.along(_line(task), area.path)
        return await _package(actor, area, task, [checkpoints.checkpoint_out(each) for each in found])
    if area_id is None:
        raise InvalidFields(
            [FieldError("assignment_id", "missing", "Name an assignment, or the area of a free patrol")]
        )
    area = await areas.visible(actor, area_id)
    return await _package(actor, area, None, (await checkpoints.listed(actor, area.id)).items)


async def _contacts(area: areas.Area) -> list[Contact]:
    """110 first, then the station, where its number is known."""
    phone = await areas.station_phone(area)
    station = [Contact("station", "派出所值班室", "Police station", phone)] if phone else []
    return [EMERGENCY, *station]


def _line(task: TaskOut) -> list[tuple[float, float]]:
    line = (
        [(float(lon), float(lat)) for lon, lat, *_ in task.route.geometry["coordinates"]]
        if task.route
        else []
    )
    return [*line, *((stop.lon, stop.lat) for stop in task.stops)]


async def _package(actor: Actor, area: areas.Area, task: TaskOut | None, near: list) -> WalkPackage:
    now = clock.now()
    seats = await tasks.seat_holders(task.id) if task else []
    team = [seat.user_id for seat in seats] or [actor.user_id]
    names, known = await people.names(set(team)), await experienced(team)
    night = task.night if task else is_night(now, area.center_lon, area.center_lat)
    leading = {seat.user_id for seat in seats if seat.leader}
    states = {seat.user_id: seat.state for seat in seats}
    return WalkPackage(
        made_at=now,
        valid_until=now + HOLDS,
        assignment=task.my_assignment if task else None,
        task=task,
        area=areas.ref(area),
        center=(area.center_lon, area.center_lat),
        night=night,
        team=[
            TeamMate(
                user_id,
                names.get(user_id, ""),
                user_id in leading or not seats,
                states.get(user_id, "held"),
                user_id in known,
            )
            for user_id in team
        ],
        night_team=await night_team(team, night=night),
        companion=await teaming.companion_code(actor),
        checkpoints=near,
        chips=list(CHIPS),
        rules=RULES,
        contacts=await _contacts(area),
    )
