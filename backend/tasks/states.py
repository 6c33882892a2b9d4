"""The legal moves of tasks and assignments, and the refusals of all others."""

from typing import Any

from backend.core.problems import Conflict, Gone, Problem
from backend.tasks.models import Assignment, Task

TASK_MOVES: dict[str, dict[str, str]] = {
    "submit": {"draft": "in_review"},
    "publish": {"draft": "published", "in_review": "published"},
    "begin": {"published": "active"},
    "await_review": {"active": "awaiting_review"},
    "close": {"active": "closed", "awaiting_review": "closed"},
    "cancel": dict.fromkeys(("draft", "in_review", "published", "active", "awaiting_review"), "cancelled"),
}
"""Move -> state before -> state after."""

ASSIGNMENT_MOVES: dict[str, dict[str, str]] = {
    "start": {"held": "started"},
    "pause": {"started": "paused"},
    "resume": {"paused": "started"},
    "finish": {"started": "finished", "paused": "finished"},
    "accept": {"finished": "accepted"},
    "accept_partly": {"finished": "partial"},
    "reject": {"finished": "rejected"},
    "release": {"held": "released"},
    "miss": {"held": "no_show"},
}

BEFORE_PUBLISHED = ("draft", "in_review")
OVER = ("closed", "cancelled")
SEATED = ("held", "started", "paused", "finished")
"""States in which a person sits on a seat of a task that still needs something from them or for them."""
WALKING = ("started", "paused")
HELD_MAX = 2


class TaskState(Conflict):
    """The task is not in a state from which this step leads on."""

    code, title = "task-state", "The task is not at a point where this can be done"


class AssignmentState(Conflict):
    """The assignment is not in a state from which this step leads on."""

    code, title = "assignment-state", "Your seat is not at a point where this can be done"


class TaskClosed(Gone):
    """The task is over or under way: no seat can be taken any more."""

    code, title = "task-closed", "This task takes nobody any more"


class SeatTaken(Conflict):
    """Someone else was faster; `alternatives` are the nearest open tasks."""

    code, title = "seat-taken", "The last seat was just taken"


class AlreadyHolding(Conflict):
    """The person sits in this task already, by another request."""

    code, title = "already-holding", "You hold a seat in this task already"


class TooManyHolds(Conflict):
    """Seats are kept for those who come."""

    code, title = "too-many-holds", "You hold as many seats as one person may; give one back first"


class Overlapping(Conflict):
    """Nobody can be at two places."""

    code, title = "overlapping", "This overlaps with a task you hold"


class NotVerified(Problem):
    """Who they are has not been confirmed yet."""

    status, code, title = 403, "not-verified", "Your identity is not confirmed yet; ask at the police station"


class AdultsOnly(Problem):
    """At night only adults walk."""

    status, code, title = 403, "adults-only", "Night tasks are for adults"


class TooEarly(Conflict):
    """The window has not opened."""

    code, title = "too-early", "This task cannot be started yet"


def task_after(move: str, task: Task) -> str:
    """The state that `move` leads to; `TaskState` when it does not start where the task is."""
    after = TASK_MOVES[move].get(task.state)
    if after is None:
        raise TaskState(**_refusal(move, task.state, TASK_MOVES))
    return after


def assignment_after(move: str, assignment: Assignment) -> str:
    """The state that `move` leads to; `AssignmentState` when it does not start where the assignment is."""
    after = ASSIGNMENT_MOVES[move].get(assignment.state)
    if after is None:
        raise AssignmentState(**_refusal(move, assignment.state, ASSIGNMENT_MOVES))
    return after


def _refusal(move: str, state: str, moves: dict[str, dict[str, str]]) -> dict[str, Any]:
    return {"move": move, "state": state, "needed": list(moves[move])}
