"""The state machines: every legal move works, every other is refused with its problem and changes nothing."""

import datetime as dt
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from backend.core import clock as core_clock
from backend.core.ids import uuid7
from backend.core.problems import Problem
from backend.core.roles import Role
from backend.core.sessions import Actor, grants_of
from backend.tasks import service
from backend.tasks.models import Assignment, Task
from tests.integration.tasks.conftest import DAYTIME
from tests.support.district import District, make_district

pytestmark = pytest.mark.usefixtures("database")

TASK_STATES = ("draft", "in_review", "published", "active", "awaiting_review", "closed", "cancelled")
SEAT_STATES = (
    "held", "started", "paused", "finished", "accepted", "partial", "rejected", "appealed", "upheld", "corrected",
    "released", "no_show",
)  # fmt: skip
OUTCOMES = {"closed": "completed", "cancelled": "weather"}


@pytest.fixture
async def place(database: object, clock: Any) -> District:
    clock.freeze(DAYTIME)
    return await make_district()


async def actor_with(place: District, role: Role) -> Actor:
    person = await place.person(role)
    return Actor(
        user_id=person.id, session_id=uuid7(), grants=await grants_of(person.id), reauthenticated_at=None
    )


async def task_in(place: District, state: str, poster: uuid.UUID, **values: Any) -> Task:
    """A task in any state, written past the moves."""
    now = core_clock.now()
    given = {
        "area_id": place.communities[0].id, "kind": "fixed_post", "title_zh": "值守", "seats": 2,
        "starts_at": now, "ends_at": now + dt.timedelta(hours=1), "start_lon": 120.7, "start_lat": 28.0,
    }  # fmt: skip
    return await Task.create(
        id=uuid7(),
        state=state,
        outcome=OUTCOMES.get(state),
        posted_by=poster,
        created_at=now,
        **{**given, **values},
    )


async def seat_in(task: Task, state: str, user_id: uuid.UUID) -> Assignment:
    """A seat in any state, written past the moves; it is counted while it is taken."""
    now = core_clock.now()
    if state not in ("released", "no_show"):
        await Task.filter(id=task.id).update(seats_taken=1)
    return await Assignment.create(
        id=uuid7(), task_id=task.id, user_id=user_id, state=state, leader=True, grabbed_at=now,
        hold_until=now + dt.timedelta(minutes=30), release_reason="self" if state == "released" else None,
    )  # fmt: skip


TASK_MOVES: dict[str, tuple[Callable[[Actor, Task], Awaitable[Any]], dict[str, str]]] = {
    "submit": (lambda actor, task: service.submit(actor, task.id), {"draft": "in_review"}),
    "publish": (
        lambda actor, task: service.publish(actor, task.id, task.version),
        {"draft": "published", "in_review": "published"},
    ),
    "cancel": (
        lambda actor, task: service.cancel(actor, task.id, "weather"),
        dict.fromkeys(("draft", "in_review", "published", "active", "awaiting_review"), "cancelled"),
    ),
}


@pytest.mark.parametrize("state", TASK_STATES)
@pytest.mark.parametrize("move", TASK_MOVES)
async def test_task_moves(place: District, move: str, state: str) -> None:
    """A move leads where the table says, and is otherwise refused as `task-state` with the states it needs."""
    officer = await actor_with(place, Role.OFFICER)
    task = await task_in(place, state, officer.user_id)
    make, legal = TASK_MOVES[move]
    if state in legal:
        await make(officer, task)
        assert (await Task.get(id=task.id)).state == legal[state]
        return
    with pytest.raises(Problem) as refused:
        await make(officer, task)
    assert (refused.value.status, refused.value.code) == (409, "task-state")
    assert refused.value.params["state"] == state
    after = await Task.get(id=task.id)
    assert (after.state, after.version) == (state, task.version)


@pytest.mark.parametrize("state", ["active", "awaiting_review", "closed", "cancelled"])
async def test_what_has_begun_is_not_edited(place: District, state: str) -> None:
    """People are already out: the desk cancels or waits, it does not rewrite."""
    officer = await actor_with(place, Role.OFFICER)
    task = await task_in(place, state, officer.user_id)
    from backend.tasks.schemas import TaskPatch

    with pytest.raises(Problem) as refused:
        await service.edit(officer, task.id, TaskPatch(version=1, seats=5))
    assert refused.value.code == "task-state"


SEAT_MOVES: dict[str, tuple[Callable[[Actor, Assignment], Awaitable[Any]], dict[str, str]]] = {
    "start": (lambda actor, seat: service.start_assignment(seat.id, uuid7()), {"held": "started"}),
    "pause": (lambda actor, seat: service.pause_assignment(seat.id), {"started": "paused"}),
    "resume": (lambda actor, seat: service.resume_assignment(seat.id), {"paused": "started"}),
    "finish": (
        lambda actor, seat: service.finish_assignment(seat.id),
        {"started": "finished", "paused": "finished", "finished": "finished"},
    ),
    "accept": (
        lambda actor, seat: service.settle_assignment(seat.id, "accepted", 10, None),
        {"finished": "accepted"},
    ),
    "accept partly": (
        lambda actor, seat: service.settle_assignment(seat.id, "partial", 5, "一半"),
        {"finished": "partial"},
    ),
    "reject": (
        lambda actor, seat: service.settle_assignment(seat.id, "rejected", 0, "没有去"),
        {"finished": "rejected"},
    ),
    "release": (
        lambda actor, seat: service.release(actor, seat.id),
        {"held": "released", "released": "released"},
    ),
    "no-show": (lambda actor, seat: service.miss(actor, seat.id), {"held": "no_show"}),
}
"""A finished walk finished again, and a released seat released again, answer the same: phones repeat themselves."""


@pytest.mark.parametrize("state", SEAT_STATES)
@pytest.mark.parametrize("move", SEAT_MOVES)
async def test_seat_moves(place: District, move: str, state: str) -> None:
    """A move leads where the table says, and is otherwise refused as `assignment-state` with the states it needs."""
    officer = await actor_with(place, Role.OFFICER)
    walker = await place.volunteer()
    walking = state in ("started", "paused", "finished")
    task = await task_in(place, "active" if walking else "published", officer.user_id)
    seat = await seat_in(task, state, walker.id)
    make, legal = SEAT_MOVES[move]
    if state in legal:
        await make(officer, seat)
        assert (await Assignment.get(id=seat.id)).state == legal[state]
        return
    with pytest.raises(Problem) as refused:
        await make(officer, seat)
    assert (refused.value.status, refused.value.code) == (409, "assignment-state")
    assert refused.value.params["state"] == state
    assert (await Assignment.get(id=seat.id)).state == state


async def test_a_task_follows_its_people(place: District) -> None:
    """Active with the first to set out; to its review with the last to come home; closed with the last verdict."""
    officer = await actor_with(place, Role.OFFICER)
    task = await task_in(place, "published", officer.user_id, seats_taken=2)
    now = core_clock.now()
    seats = [
        await Assignment.create(
            id=uuid7(), task_id=task.id, user_id=(await place.volunteer()).id, leader=number == 0, grabbed_at=now,
            hold_until=now + dt.timedelta(minutes=30),
        )
        for number in range(2)
    ]  # fmt: skip
    patrol_id = uuid7()

    async def state() -> tuple[str, str | None]:
        found = await Task.get(id=task.id)
        return found.state, found.outcome

    first = await service.start_assignment(seats[0].id, patrol_id)
    assert (first.state, first.patrol_id, await state()) == ("started", patrol_id, ("active", None))
    await service.start_assignment(seats[0].id, patrol_id)
    await service.finish_assignment(seats[0].id)
    assert await state() == ("active", None), "the other still holds a seat"
    await service.start_assignment(seats[1].id, patrol_id)
    await service.finish_assignment(seats[1].id)
    assert await state() == ("awaiting_review", None)
    await service.settle_assignment(seats[0].id, "accepted", 10, None)
    await service.settle_assignment(seats[0].id, "accepted", 10, None)
    assert await state() == ("awaiting_review", None)
    await service.settle_assignment(seats[1].id, "rejected", 0, "没有去")
    assert await state() == ("closed", "partial")


@pytest.mark.parametrize(
    ("verdicts", "outcome"),
    [
        (("accepted", "accepted"), "completed"),
        (("accepted", "partial"), "partial"),
        (("rejected", "rejected"), "void"),
    ],
)
async def test_how_a_task_ends(place: District, verdicts: tuple[str, str], outcome: str) -> None:
    """completed when every walk was accepted, void when none was, partial between."""
    officer = await actor_with(place, Role.OFFICER)
    task = await task_in(place, "awaiting_review", officer.user_id)
    seats = []
    for number in range(2):
        seat = await seat_in(task, "started", (await place.volunteer()).id) if number == 0 else None
        if seat is None:
            seat = await Assignment.create(
                id=uuid7(), task_id=task.id, user_id=(await place.volunteer()).id, state="started",
                grabbed_at=core_clock.now(), hold_until=core_clock.now(),
            )  # fmt: skip
        seats.append(seat)
    for seat in seats:
        await service.finish_assignment(seat.id)
    for seat, verdict in zip(seats, verdicts, strict=True):
        await service.settle_assignment(seat.id, verdict, 0, None)  # type: ignore[arg-type]
    found = await Task.get(id=task.id)
    assert (found.state, found.outcome) == ("closed", outcome)


async def test_the_last_holder_timing_out_sends_the_task_to_review(place: District, clock: Any) -> None:
    """One walked and came home, the other never set out: the task does not wait for them for ever."""
    officer = await actor_with(place, Role.OFFICER)
    task = await task_in(place, "active", officer.user_id, ends_at=core_clock.now() + dt.timedelta(hours=3))
    walked = await seat_in(task, "started", (await place.volunteer()).id)
    now = core_clock.now()
    await Assignment.create(
        id=uuid7(), task_id=task.id, user_id=(await place.volunteer()).id, grabbed_at=now,
        hold_until=now + dt.timedelta(minutes=30),
    )  # fmt: skip
    await Task.filter(id=task.id).update(seats_taken=2)
    await service.finish_assignment(walked.id)
    clock.advance(dt.timedelta(minutes=31))
    assert await service.release_expired() == 1
    assert (await Task.get(id=task.id)).state == "awaiting_review"


async def test_walking_on_after_a_cancellation_is_still_settled(place: District) -> None:
    """Who was out when the task was called off finishes and is reviewed; the task stays cancelled."""
    officer = await actor_with(place, Role.OFFICER)
    task = await task_in(place, "active", officer.user_id)
    seat = await seat_in(task, "started", (await place.volunteer()).id)
    await service.cancel(officer, task.id, "weather")
    await service.finish_assignment(seat.id)
    await service.settle_assignment(seat.id, "accepted", 10, None)
    found = await Task.get(id=task.id)
    assert (found.state, found.outcome, found.seats_taken) == ("cancelled", "weather", 1)


async def test_when_a_seat_can_be_started(place: District, clock: Any) -> None:
    """From half an hour before the window to its end, in a task that is open."""
    officer = await actor_with(place, Role.OFFICER)
    start = core_clock.now() + dt.timedelta(hours=1)
    task = await task_in(
        place, "published", officer.user_id, starts_at=start, ends_at=start + dt.timedelta(hours=1)
    )
    seat = await seat_in(task, "held", (await place.volunteer()).id)
    with pytest.raises(Problem) as early:
        await service.start_assignment(seat.id, uuid7())
    assert (early.value.code, early.value.params["opens_at"]) == (
        "too-early",
        (start - dt.timedelta(minutes=30)).isoformat(),
    )
    clock.advance(dt.timedelta(hours=2, minutes=1))
    with pytest.raises(Problem) as late:
        await service.start_assignment(seat.id, uuid7())
    assert late.value.code == "task-closed"
    clock.advance(-dt.timedelta(minutes=30))
    assert (await service.start_assignment(seat.id, uuid7())).state == "started"


async def test_names_for_other_features(place: District) -> None:
    """What patrols read of a task: its wire form with and without somebody's own seat."""
    officer = await actor_with(place, Role.OFFICER)
    walker = await actor_with(place, Role.VOLUNTEER)
    task = await task_in(place, "published", officer.user_id)
    seat = await seat_in(task, "held", walker.user_id)
    assert (await service.task(task.id)).my_assignment is None
    mine = (await service.task_out(task.id, walker)).my_assignment
    assert mine is not None and mine.id == seat.id
    found = await service.assignment(seat.id)
    assert (found.user_id, found.task_id, found.leader) == (walker.user_id, task.id, True)
    for missing in (service.task, service.assignment):
        with pytest.raises(Problem) as refused:
            await missing(uuid7())
        assert refused.value.code == "not-found"


async def test_the_database_itself_refuses_one_seat_too_many(place: District) -> None:
    """Whatever a handler does, more seats cannot be taken than there are, nor can one person sit twice."""
    from tortoise.exceptions import IntegrityError

    from backend.core.db import execute

    officer = await actor_with(place, Role.OFFICER)
    task = await task_in(place, "published", officer.user_id)
    for wrong in (3, -1):
        with pytest.raises(IntegrityError):
            await execute("UPDATE task SET seats_taken = ? WHERE id = ?", wrong, task.id)
    walker = await place.volunteer()
    await seat_in(task, "held", walker.id)
    with pytest.raises(IntegrityError):
        await seat_in(task, "held", walker.id)
