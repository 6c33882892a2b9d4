"""Grabbing a seat and giving it back: one winner a seat, and rules that hold on two phones at once."""

import datetime as dt
import uuid

import structlog
from tortoise.exceptions import IntegrityError

from backend.areas import service as areas
from backend.core import audit, clock
from backend.core.db import atomic, atomic_shared, dialect, execute, is_unique_violation, row
from backend.core.problems import Conflict, NotAllowed, NotFound
from backend.core.roles import DESK_ROLES
from backend.core.sessions import Actor
from backend.notify import service as notify
from backend.people import service as people
from backend.tasks.listing import nearest_open
from backend.tasks.models import Assignment, Task
from backend.tasks.reading import WALKING_ROLES, locked_seat, task_by_id, visible_task, walks_in
from backend.tasks.schemas import AssignmentOut
from backend.tasks.states import (
    HELD_MAX,
    SEATED,
    AdultsOnly,
    AlreadyHolding,
    NotVerified,
    Overlapping,
    SeatTaken,
    TaskClosed,
    TooManyHolds,
    assignment_after,
)
from backend.tasks.walking import advance
from backend.tasks.wire import assignment_out, start_of, task_out

log = structlog.get_logger(__name__)

ALTERNATIVES = 3
ON_THE_WAY = dt.timedelta(minutes=30)
GRACE = dt.timedelta(minutes=15)
TIMED_OUT_AT_ONCE = 200


class _Lost(Exception):
    """The conditional UPDATE changed no row: someone was faster, or the task moved on."""


async def grab(actor: Actor, task_id: uuid.UUID, assignment_id: uuid.UUID) -> AssignmentOut:
    """Take a seat; the first to grab leads. The same id sent again gives the same answer.

    Raises `SeatTaken` (with the nearest open tasks), `TaskClosed`, `AlreadyHolding`, `TooManyHolds`, `Overlapping`,
    `NotVerified`, `AdultsOnly`, `NotAllowed`, `NotFound`, or `Conflict` for an id that belongs to another seat.
    """
    task, area = await visible_task(actor, task_id)
    if (mine := await _own_earlier(actor, task_id, assignment_id)) is not None:
        return assignment_out(mine, await task_out(task, actor))
    await _check_person(actor, task, area)
    try:
        if not await _has_seat(task):  # most of a crowd is turned away here, without a write
            raise _Lost
        seat = await _claim(actor, task_id, assignment_id)
    except _Lost:
        raise await _why_lost(actor, task_id) from None
    return assignment_out(seat, await task_out(await task_by_id(task_id), actor))


async def _own_earlier(actor: Actor, task_id: uuid.UUID, assignment_id: uuid.UUID) -> Assignment | None:
    """The seat that this id made before."""
    found = await Assignment.filter(id=assignment_id).first()
    if found is not None and (found.user_id != actor.user_id or found.task_id != task_id):
        raise Conflict("This id belongs to another seat; make a new one", field="id")
    return found


async def _check_person(actor: Actor, task: Task, area: areas.Area) -> None:
    if not walks_in(actor, area.path):
        raise NotAllowed(need=[role.value for role in WALKING_ROLES])
    person = await people.person_of(actor.user_id)
    if not person.verified:
        raise NotVerified
    if task.night and not people.is_adult(person):
        raise AdultsOnly(night=True)


async def _has_seat(task: Task) -> bool:
    return await Task.filter(
        id=task.id, state="published", seats_taken__lt=task.seats, ends_at__gt=clock.now()
    ).exists()


@atomic_shared
async def _claim(actor: Actor, task_id: uuid.UUID, assignment_id: uuid.UUID) -> Assignment:
    """The seat, taken by one conditional UPDATE, and its row."""
    await _one_at_a_time(actor.user_id)
    if (mine := await _own_earlier(actor, task_id, assignment_id)) is not None:
        return mine  # a double tap: the other request was first
    task = await task_by_id(task_id)
    now = clock.now()
    await _check_other_seats(actor.user_id, task)
    taken = await execute(
        "UPDATE task SET seats_taken = seats_taken + 1"
        " WHERE id = ? AND state = 'published' AND seats_taken < seats AND ends_at > ?",
        task_id, now,
    )  # fmt: skip
    if taken == 0:
        raise _Lost
    led = await Assignment.filter(task_id=task_id, leader=True, state__in=SEATED).exists()
    try:
        return await Assignment.create(
            id=assignment_id, task_id=task_id, user_id=actor.user_id, state="held", leader=not led, grabbed_at=now,
            hold_until=hold_until(task.starts_at, task.ends_at, now), demo=task.demo,
        )  # fmt: skip
    except IntegrityError as error:
        if is_unique_violation(error):
            raise Conflict("This id belongs to another seat; make a new one", field="id") from None
        raise


async def _one_at_a_time(user_id: uuid.UUID) -> None:
    """Let one grab of a person run at a time, so that two phones together keep to the rules too."""
    if dialect() == "postgres":
        await row("SELECT pg_advisory_xact_lock(?)", int.from_bytes(user_id.bytes[8:], signed=True))


async def _check_other_seats(user_id: uuid.UUID, task: Task) -> None:
    seats = await Assignment.filter(user_id=user_id, state__in=SEATED)
    if any(seat.task_id == task.id for seat in seats):
        raise AlreadyHolding
    if sum(seat.state == "held" for seat in seats) >= HELD_MAX:
        raise TooManyHolds(most=HELD_MAX)
    busy = [seat.task_id for seat in seats if seat.state != "finished"]
    overlapping = (
        await Task.filter(id__in=busy, starts_at__lt=task.ends_at, ends_at__gt=task.starts_at).first()
        if busy
        else None
    )
    if overlapping is not None:
        raise Overlapping(
            task_id=str(overlapping.id), title_zh=overlapping.title_zh, title_en=overlapping.title_en
        )


def hold_until(starts_at: dt.datetime, ends_at: dt.datetime, grabbed_at: dt.datetime) -> dt.datetime:
    """Until when a seat is kept for somebody who has not set out: a quarter of an hour into the window, or half an
    hour from now where that is later; never beyond the window's end."""
    return min(max(starts_at + GRACE, grabbed_at + ON_THE_WAY), ends_at)


async def _why_lost(actor: Actor, task_id: uuid.UUID) -> Conflict | TaskClosed:
    task = await task_by_id(task_id)
    if task.state != "published" or task.ends_at <= clock.now():
        return TaskClosed(state=task.state, outcome=task.outcome)
    if await Assignment.filter(task_id=task_id, user_id=actor.user_id, state__in=SEATED).exists():
        return AlreadyHolding()
    return SeatTaken(alternatives=await nearest_open(actor, task, start_of(task), ALTERNATIVES))


@atomic
async def release(actor: Actor, assignment_id: uuid.UUID, note: str = "") -> AssignmentOut:
    """Held -> released: by its holder, or by the desk, which tells the holder. Sent again it answers the same."""
    seat, task = await locked_seat(assignment_id)
    own = seat.user_id == actor.user_id
    area = await areas.get(task.area_id)
    if not own and not actor.may_any(DESK_ROLES, area.path):
        raise NotFound(kind="assignment", id=str(assignment_id))
    if seat.state != "released":
        await _free(seat, task, "self" if own else "admin", note)
        if not own:
            await _tell_released(
                seat, task, "派出所或社区取消了您的名额。", "The desk gave your seat to somebody else."
            )
            await audit.record(actor, "assignment.release", "assignment", seat.id, area_id=task.area_id)
    return assignment_out(seat, await task_out(await task_by_id(task.id), actor))


@atomic
async def miss(actor: Actor, assignment_id: uuid.UUID) -> AssignmentOut:
    """Held -> no_show: the desk notes that somebody who held a seat did not come."""
    seat, task = await locked_seat(assignment_id)
    area = await areas.get(task.area_id)
    if not actor.may_any(DESK_ROLES, area.path):
        raise NotFound(kind="assignment", id=str(assignment_id))
    seat.state = assignment_after("miss", seat)
    seat.released_at = clock.now()
    await _leave_seat(seat, task)
    await audit.record(actor, "assignment.no_show", "assignment", seat.id, area_id=task.area_id)
    return assignment_out(seat, await task_out(await task_by_id(task.id), actor))


async def release_expired() -> int:
    """Give back the seats of people who did not set out in time, and tell them; returns how many."""
    now = clock.now()
    late = (
        await Assignment.filter(state="held", hold_until__lt=now)
        .order_by("hold_until")
        .limit(TIMED_OUT_AT_ONCE)
    )
    return sum([await _time_out(seat.id) for seat in late])


@atomic
async def _time_out(assignment_id: uuid.UUID) -> bool:
    seat, task = await locked_seat(assignment_id)
    if seat.state != "held" or seat.hold_until >= clock.now():
        return False
    await _free(seat, task, "timeout", "")
    await _tell_released(
        seat,
        task,
        "到点还没有出发，名额已让给别人；下次早一点来。",
        "You had not set out in time, so the seat is free again.",
    )
    return True


async def _free(seat: Assignment, task: Task, reason: str, note: str) -> None:
    seat.state = assignment_after("release", seat)
    seat.release_reason, seat.release_note, seat.released_at = reason, note or None, clock.now()
    await _leave_seat(seat, task)


async def _leave_seat(seat: Assignment, task: Task) -> None:
    """Free the seat; when its holder led, the next by grab order leads. The task is locked by the caller."""
    led, seat.leader = seat.leader, False
    await seat.save()
    await execute("UPDATE task SET seats_taken = seats_taken - 1 WHERE id = ?", task.id)
    if led:
        heir = await Assignment.filter(task_id=task.id, state__in=SEATED).order_by("grabbed_at", "id").first()
        if heir is not None:
            await Assignment.filter(id=heir.id).update(leader=True)
            await notify.send(
                [heir.user_id], "task.changed", ("task", task.id), "现在由您带队", "You lead now",
                f"“{task.title_zh}”的带队人退出了，由您接手。", f"The leader of “{task.title_en or task.title_zh}” left; you take over.",
            )  # fmt: skip
    await advance(task.id)


async def _tell_released(seat: Assignment, task: Task, body_zh: str, body_en: str) -> None:
    await notify.send(
        [seat.user_id], "task.released", ("task", task.id), f"名额已释放：{task.title_zh}",
        f"Seat released: {task.title_en or task.title_zh}", body_zh, body_en, push=True,
    )  # fmt: skip
