"""Seats of people who walk: starting, pausing, finishing and the reviewer's verdict, and what they mean for the task."""

import datetime as dt
import uuid
from typing import Literal

from backend.core import clock
from backend.core.db import atomic
from backend.tasks.models import Assignment, Task
from backend.tasks.reading import locked_seat, task_by_id
from backend.tasks.states import WALKING, TaskClosed, TooEarly, assignment_after, task_after

type Decision = Literal["accepted", "partial", "rejected"]

EARLY_MAX = dt.timedelta(minutes=30)
_VERDICT_MOVES = {"accepted": "accept", "partial": "accept_partly", "rejected": "reject"}


@atomic
async def start_assignment(
    assignment_id: uuid.UUID, patrol_id: uuid.UUID, *, at: dt.datetime | None = None
) -> Assignment:
    """Held -> started, by the patrol that its holder sets out on; the task becomes active with the first.

    The same patrol again changes nothing. `at` is when they really set out, where the phone had no network to say so
    at once. Raises `TooEarly` more than half an hour before the window, `TaskClosed` when the task is over,
    `AssignmentState` from any other state.
    """
    seat, task = await locked_seat(assignment_id)
    if seat.state == "started" and seat.patrol_id == patrol_id:
        return seat
    after = assignment_after("start", seat)
    now = clock.now() if at is None else min(at, clock.now())
    if task.state not in ("published", "active") or task.ends_at <= now:
        raise TaskClosed(state=task.state, outcome=task.outcome)
    if now < task.starts_at - EARLY_MAX:
        raise TooEarly(opens_at=(task.starts_at - EARLY_MAX).isoformat())
    seat.state, seat.started_at, seat.patrol_id = after, now, patrol_id
    await seat.save(update_fields=["state", "started_at", "patrol_id"])
    if task.state == "published":
        task.state = task_after("begin", task)
        await task.save(update_fields=["state"])
    return seat


@atomic
async def pause_assignment(assignment_id: uuid.UUID) -> Assignment:
    """Started -> paused."""
    return await _move(assignment_id, "pause")


@atomic
async def resume_assignment(assignment_id: uuid.UUID) -> Assignment:
    """Paused -> started."""
    return await _move(assignment_id, "resume")


async def _move(assignment_id: uuid.UUID, move: str) -> Assignment:
    seat, _ = await locked_seat(assignment_id)
    seat.state = assignment_after(move, seat)
    await seat.save(update_fields=["state"])
    return seat


@atomic
async def finish_assignment(assignment_id: uuid.UUID) -> Assignment:
    """Started or paused -> finished; once nobody walks or holds a seat, the task awaits its review.

    Finishing again changes nothing.
    """
    seat, task = await locked_seat(assignment_id)
    if seat.state == "finished":
        return seat
    seat.state, seat.finished_at = assignment_after("finish", seat), clock.now()
    await seat.save(update_fields=["state", "finished_at"])
    await advance(task.id)
    return seat


@atomic
async def settle_assignment(
    assignment_id: uuid.UUID, decision: Decision, points: int, note: str | None = None
) -> Assignment:
    """Finished -> accepted, partial or rejected, with the points awarded; the last one closes the task.

    Settling again the same way changes nothing; `AssignmentState` from any other state.
    """
    seat, task = await locked_seat(assignment_id)
    if seat.state == decision and seat.points_awarded == points:
        return seat
    seat.state = assignment_after(_VERDICT_MOVES[decision], seat)
    seat.points_awarded, seat.review_note, seat.settled_at = points, note, clock.now()
    await seat.save(update_fields=["state", "points_awarded", "review_note", "settled_at"])
    await advance(task.id)
    return seat


async def advance(task_id: uuid.UUID) -> Task:
    """Move a begun task on once nobody walks or holds a seat: to its review, then to its close.

    The task is locked by the caller.
    """
    task = await task_by_id(task_id)
    if task.state not in ("active", "awaiting_review"):
        return task
    states = list(await Assignment.filter(task_id=task_id).values_list("state", flat=True))
    if any(state in ("held", *WALKING) for state in states):
        return task
    if "finished" in states:
        if task.state == "active":
            task.state = task_after("await_review", task)
            await task.save(update_fields=["state"])
        return task
    verdicts = {str(state) for state in states} & set(_VERDICT_MOVES)
    task.state, task.outcome, task.over_at = task_after("close", task), _outcome(verdicts), clock.now()
    await task.save(update_fields=["state", "outcome", "over_at"])
    return task


def _outcome(verdicts: set[str]) -> str:
    """completed when every walk was accepted, void when none was, else partial."""
    if verdicts == {"accepted"}:
        return "completed"
    return "partial" if verdicts & {"accepted", "partial"} else "void"
