"""Setting out: a task's patrol, joining the one that runs already, or a free patrol."""

import datetime as dt
import uuid

from tortoise.exceptions import IntegrityError

from backend.areas import service as areas
from backend.core import audit, clock
from backend.core.db import atomic, is_unique_violation
from backend.core.ids import uuid7
from backend.core.problems import Conflict, FieldError, InvalidFields, NotFound
from backend.core.sessions import Actor
from backend.patrols.codes import read_companion_code
from backend.patrols.consent import require_consent
from backend.patrols.fitness import require_fit
from backend.patrols.measuring import locked_patrol
from backend.patrols.models import Patrol, PatrolMember
from backend.patrols.night_team import require_night_team
from backend.patrols.refusals import AlreadyPatrolling
from backend.patrols.schemas import PatrolOut, PatrolStart
from backend.patrols.teaming import add_companion
from backend.patrols.wire import patrol_out
from backend.tasks import service as tasks
from routing.daylight import is_night

OFFLINE_START_MAX = dt.timedelta(hours=12)
TRIES = 4


async def start(actor: Actor, wanted: PatrolStart) -> PatrolOut:
    """Start a task's patrol, join the one that runs already, or start a free patrol.

    Sending the same start again answers the same, also after the walk. Raises `ConsentRequired`,
    `AlreadyPatrolling`, `NotFound`, at night `NightTeamNeeded`, for a free patrol `NotAllowed`, `NotVerified` and
    `AdultsOnly`, and `Conflict` for an id that belongs to another patrol.
    """
    await require_consent(actor.user_id)
    started_at = _started_at(wanted)
    for tries_left in reversed(range(TRIES)):
        try:
            return await patrol_out(await _start(actor, wanted, started_at), actor)
        except IntegrityError as error:
            # Somebody set out at the same moment: look again, and join them.
            if not is_unique_violation(error) or tries_left == 0:
                raise
    raise AssertionError("unreachable: the last try returns or raises")


def _started_at(wanted: PatrolStart) -> dt.datetime:
    now = clock.now()
    if now - wanted.started_at > OFFLINE_START_MAX:
        raise InvalidFields(
            [FieldError("started_at", "too-long-ago", "Start a new patrol", wanted.started_at.isoformat())]
        )
    return now if wanted.started_at > now else wanted.started_at.astimezone(dt.UTC)


@atomic
async def _start(actor: Actor, wanted: PatrolStart, started_at: dt.datetime) -> Patrol:
    earlier = await _earlier(actor, wanted)
    if earlier is not None:
        return earlier
    mine = await running_membership(actor.user_id)
    if mine is not None:
        raise AlreadyPatrolling(patrol_id=str(mine.patrol_id))
    mates = [read_companion_code(code, started_at) for code in wanted.companions]
    mates = [user_id for user_id in dict.fromkeys(mates) if user_id != actor.user_id]
    if wanted.assignment_id is None:
        patrol = await _start_free(actor, wanted, started_at, mates)
    else:
        patrol = await _start_task(actor, wanted.id, wanted.assignment_id, started_at, mates)
    for user_id in mates:
        await add_companion(patrol, user_id, started_at)
    return patrol


async def _earlier(actor: Actor, wanted: PatrolStart) -> Patrol | None:
    """The patrol that this very request began or joined before."""
    own = PatrolMember.filter(user_id=actor.user_id)
    member = await own.filter(patrol_id=wanted.id).first()
    if member is None and wanted.assignment_id is not None:
        member = await own.filter(assignment_id=wanted.assignment_id).first()
    if member is not None:
        return await Patrol.get(id=member.patrol_id)
    if await Patrol.filter(id=wanted.id).exists():
        raise Conflict("This id belongs to another patrol; make a new one", field="id")
    return None


async def running_membership(user_id: uuid.UUID) -> PatrolMember | None:
    """The person's part in the patrol they walk now."""
    return await PatrolMember.filter(user_id=user_id, state="walking").first()


async def _start_free(
    actor: Actor, wanted: PatrolStart, started_at: dt.datetime, mates: list[uuid.UUID]
) -> Patrol:
    if wanted.area_id is None:
        raise InvalidFields(
            [FieldError("area_id", "missing", "Name the area of a free patrol, or an assignment")]
        )
    area = await areas.visible(actor, wanted.area_id)
    night = is_night(started_at, area.center_lon, area.center_lat)
    await require_fit(actor, area.path, night=night)
    await require_night_team([actor.user_id, *mates], night=night)
    patrol = await Patrol.create(
        id=wanted.id,
        area_id=area.id,
        kind="free_patrol",
        started_by=actor.user_id,
        started_at=started_at,
        night=night,
        demo=area.demo,
    )
    await _join(patrol, actor.user_id, None, started_at, leads=True)
    await audit.record(actor, "patrol.start", "patrol", patrol.id, area_id=area.id)
    return patrol


async def _start_task(
    actor: Actor,
    patrol_id: uuid.UUID,
    assignment_id: uuid.UUID,
    started_at: dt.datetime,
    mates: list[uuid.UUID],
) -> Patrol:
    assignment = await tasks.assignment(assignment_id)
    if assignment.user_id != actor.user_id:
        raise NotFound(kind="assignment", id=str(assignment_id))
    running = await Patrol.filter(task_id=assignment.task_id, state="active").first()
    patrol = await locked_patrol(running.id) if running else None
    if patrol is None or patrol.state != "active":
        task = await tasks.task(assignment.task_id)
        seated = [seat.user_id for seat in await tasks.seat_holders(task.id)]
        await require_night_team([actor.user_id, *seated, *mates], night=task.night)
        patrol = await Patrol.create(
            id=patrol_id,
            task_id=task.id,
            area_id=task.area_id,
            kind=task.kind,
            started_by=actor.user_id,
            started_at=max(started_at, assignment.grabbed_at),
            night=task.night,
            stops_total=len(task.stops),
            demo=task.demo,
        )
    seat_id: uuid.UUID | None = assignment_id
    if await _was_held(assignment, started_at):
        seat_id = None
    else:
        await tasks.start_assignment(assignment_id, patrol.id, at=max(started_at, assignment.grabbed_at))
    await _join(patrol, actor.user_id, seat_id, started_at, leads=assignment.leader)
    if patrol.id == patrol_id:
        await audit.record(actor, "patrol.start", "patrol", patrol.id, area_id=patrol.area_id)
    return patrol


async def _was_held(assignment: tasks.Assignment, started_at: dt.datetime) -> bool:
    """Whether the seat was given back for lack of a start that was only under way: the phone had no network.

    Such a walk counts, without its seat, which may be somebody else's by now.
    """
    if assignment.state != "released" or started_at > assignment.hold_until:
        return False
    if assignment.release_reason == "timeout":
        return True
    return (await tasks.task(assignment.task_id)).outcome == "expired"


async def _join(
    patrol: Patrol,
    user_id: uuid.UUID,
    assignment_id: uuid.UUID | None,
    started_at: dt.datetime,
    *,
    leads: bool,
) -> None:
    """Add who sets out themselves. The first to come leads until the one comes whose seat says so."""
    led = await PatrolMember.filter(patrol_id=patrol.id, leader=True).exists()
    if led and leads:
        await PatrolMember.filter(patrol_id=patrol.id, leader=True).update(leader=False)
    await PatrolMember.create(
        id=uuid7(),
        patrol_id=patrol.id,
        user_id=user_id,
        assignment_id=assignment_id,
        leader=leads or not led,
        joined_at=min(max(started_at, patrol.started_at), clock.now()),
    )
