"""Setting out: a task's patrol, joining the one that runs already, or a free patrol."""

import datetime as dt
import uuid

from tortoise.exceptions import IntegrityError

from backend.areas import service as areas
from backend.core import audit, clock
from backend.core.db import atomic, is_unique_violation
from backend.core.ids import uuid7
from backend.core.problems import Conflict, FieldError, InvalidFields, NotAllowed, NotFound
from backend.core.roles import Role
from backend.core.sessions import Actor
from backend.patrols.measuring import locked_patrol
from backend.patrols.models import Patrol, PatrolMember
from backend.patrols.refusals import AlreadyPatrolling, ConsentRequired
from backend.patrols.schemas import PatrolOut, PatrolStart
from backend.patrols.wire import patrol_out
from backend.people import service as people
from backend.tasks import service as tasks
from backend.tasks.night import is_night

OFFLINE_START_MAX = dt.timedelta(hours=12)
TRIES = 4


async def start(actor: Actor, wanted: PatrolStart) -> PatrolOut:
    """Start a task's patrol, join the one that runs already, or start a free patrol.

    Sending the same start again answers the same, also after the walk. Raises `ConsentRequired`,
    `AlreadyPatrolling`, `NotFound`, for a free patrol `NotAllowed`, `NotVerified` and `AdultsOnly`, and `Conflict`
    for an id that belongs to another patrol.
    """
    await require_consent(actor)
    started_at = _started_at(wanted)
    for tries_left in reversed(range(TRIES)):
        try:
            return await patrol_out(await _start(actor, wanted, started_at), actor)
        except IntegrityError as error:
            # Somebody set out at the same moment: look again, and join them.
            if not is_unique_violation(error) or tries_left == 0:
                raise
    raise AssertionError("unreachable: the last try returns or raises")


async def require_consent(actor: Actor) -> None:
    """Raise `ConsentRequired` unless the person agreed that positions are kept."""
    if not await people.has_consent(actor.user_id, "whereabouts"):
        raise ConsentRequired(kind="whereabouts", version=people.CONSENT_VERSIONS["whereabouts"])


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
    if wanted.assignment_id is None:
        return await _start_free(actor, wanted, started_at)
    return await _start_task(actor, wanted.id, wanted.assignment_id, started_at)


async def _earlier(actor: Actor, wanted: PatrolStart) -> Patrol | None:
    """The patrol that this very request began or joined before."""
    own = PatrolMember.filter(user_id=actor.user_id)
    if wanted.assignment_id is not None:
        member = await own.filter(assignment_id=wanted.assignment_id).first()
    else:
        member = await own.filter(patrol_id=wanted.id).first()
    if member is not None:
        return await Patrol.get(id=member.patrol_id)
    if await Patrol.filter(id=wanted.id).exists():
        raise Conflict("This id belongs to another patrol; make a new one", field="id")
    return None


async def running_membership(user_id: uuid.UUID) -> PatrolMember | None:
    """The person's part in the patrol they walk now."""
    return await PatrolMember.filter(user_id=user_id, state="walking").first()


async def _start_free(actor: Actor, wanted: PatrolStart, started_at: dt.datetime) -> Patrol:
    if wanted.area_id is None:
        raise InvalidFields(
            [FieldError("area_id", "missing", "Name the area of a free patrol, or an assignment")]
        )
    area = await areas.visible(actor, wanted.area_id)
    night = is_night(started_at, area.center_lon, area.center_lat)
    await _check_person(actor, area.path, night)
    patrol = await Patrol.create(
        id=wanted.id,
        area_id=area.id,
        kind="free_patrol",
        started_by=actor.user_id,
        started_at=started_at,
        night=night,
        demo=area.demo,
    )
    await _join(patrol, actor.user_id, None, leader=True)
    await audit.record(actor, "patrol.start", "patrol", patrol.id, area_id=area.id)
    return patrol


async def _check_person(actor: Actor, area_path: str, night: bool) -> None:
    """The same as for taking a seat in a task."""
    if not tasks.walks_in(actor, area_path):
        raise NotAllowed(need=[Role.VOLUNTEER, Role.LEADER])
    person = await people.person_of(actor.user_id)
    if not person.verified:
        raise tasks.NotVerified
    if night and not people.is_adult(person):
        raise tasks.AdultsOnly(night=True)


async def _start_task(
    actor: Actor, patrol_id: uuid.UUID, assignment_id: uuid.UUID, started_at: dt.datetime
) -> Patrol:
    assignment = await tasks.assignment(assignment_id)
    if assignment.user_id != actor.user_id:
        raise NotFound(kind="assignment", id=str(assignment_id))
    running = await Patrol.filter(task_id=assignment.task_id, state="active").first()
    patrol = await locked_patrol(running.id) if running else None
    if patrol is None or patrol.state != "active":
        task = await tasks.task(assignment.task_id)
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
    await tasks.start_assignment(assignment_id, patrol.id)
    await _join(patrol, actor.user_id, assignment_id, leader=assignment.leader)
    if patrol.id == patrol_id:
        await audit.record(actor, "patrol.start", "patrol", patrol.id, area_id=patrol.area_id)
    return patrol


async def _join(patrol: Patrol, user_id: uuid.UUID, assignment_id: uuid.UUID | None, *, leader: bool) -> None:
    await PatrolMember.create(
        id=uuid7(),
        patrol_id=patrol.id,
        user_id=user_id,
        assignment_id=assignment_id,
        leader=leader,
        joined_at=clock.now(),
    )
