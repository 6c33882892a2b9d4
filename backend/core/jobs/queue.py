"""The `job` table as outbox and queue: rows are added by whoever needs work done, and leased by workers."""

import datetime as dt
import json
import random
import uuid
from collections.abc import Sequence
from typing import Any

import msgspec

from backend.core import bus, clock
from backend.core.db import atomic, dialect, execute, on_commit, row, rows
from backend.core.ids import uuid7
from backend.core.jobs.registry import Payload, Periodic

CHANNEL = "jobs"
CLAIM_MAX = 20
DONE_KEPT = dt.timedelta(days=1)
DEAD_KEPT = dt.timedelta(days=90)
PAUSE_FIRST_S = 2.0
PAUSE_MAX_S = 3600.0
PURGE_MAX = 5_000
ERROR_LENGTH_MAX = 500


class Job(msgspec.Struct, frozen=True):
    """A leased job; `attempts` counts this run."""

    id: uuid.UUID
    name: str
    payload: Payload
    attempts: int


class DeadJob(msgspec.Struct, frozen=True):
    """A job that nobody will try again by itself."""

    id: uuid.UUID
    name: str
    attempts: int
    last_error: str
    finished_at: dt.datetime


class WaitingJobs(msgspec.Struct, frozen=True):
    """The jobs of one name that wait for a later time, most of them because a try failed."""

    name: str
    jobs: int
    next_at: dt.datetime
    last_error: str


async def enqueue(
    name: str, payload: Payload, run_at: dt.datetime | None = None, key: str | None = None
) -> uuid.UUID | None:
    """Have the job `name` done after the caller's transaction commits, and not before `run_at`.

    `payload` holds JSON values, UUIDs and datetimes (these arrive as text). With a `key` at most one job of that
    key exists, waiting or done, until it is purged a day after it ended: returns None when it is there already.
    """
    return await _insert(name, payload, run_at or clock.now(), key, keep_until=None)


async def enqueue_period(periodic: Periodic, period: int) -> uuid.UUID | None:
    """Have one run of a periodic job done in `period`; None when it is there already or the last one still runs."""
    busy = await row(
        "SELECT 1 AS found FROM job WHERE name = ? AND (state = 'doing' OR (state = 'todo' AND attempts = 0)) LIMIT 1",
        periodic.name,
    )
    if busy is not None:
        return None
    key = f"every:{periodic.name}:{periodic.period_s}:{period}"
    return await _insert(periodic.name, {}, clock.now(), key, keep_until=periodic.end_of(period))


async def _insert(
    name: str, payload: Payload, run_at: dt.datetime, key: str | None, keep_until: dt.datetime | None
) -> uuid.UUID | None:
    now = clock.now()
    inserted = await rows(
        "INSERT INTO job (id, name, payload, key, run_at, created_at, keep_until) VALUES (?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (key) DO NOTHING RETURNING id",
        uuid7(), name, msgspec.to_builtins(payload), key, run_at, now, keep_until or run_at,
    )  # fmt: skip
    if not inserted:
        return None
    if run_at <= now:
        on_commit(_wake_workers)
    return _as_uuid(inserted[0]["id"])


def _wake_workers() -> None:
    bus.publish(CHANNEL, {})


async def due_in_s() -> float | None:
    """Seconds until the next waiting job is due, at most 0 when one is; None when none waits."""
    found = await row("SELECT MIN(run_at) AS at FROM job WHERE state = 'todo'")
    at = found["at"] if found else None
    return None if at is None else (_as_time(at) - clock.now()).total_seconds()


async def claim(worker_id: uuid.UUID, limit: int, lease_s: float) -> list[Job]:
    """Lease up to `limit` due jobs, the longest waiting first; no other worker gets these."""
    now = clock.now()
    until = now + dt.timedelta(seconds=lease_s)
    picked = "SELECT id FROM job WHERE state = 'todo' AND run_at <= ? ORDER BY run_at, id LIMIT ?"
    changes = "state = 'doing', attempts = job.attempts + 1, leased_by = ?, leased_until = ?"
    due = (now, min(limit, CLAIM_MAX))
    if dialect() == "sqlite":
        found = await rows(
            f"UPDATE job SET {changes} WHERE id IN ({picked}) RETURNING id, name, payload, attempts",
            worker_id, until, *due,
        )  # fmt: skip
    else:
        # Materialized: planned as a join, the limited query could run again and lease more than its limit.
        found = await rows(
            f"WITH picked AS MATERIALIZED ({picked} FOR UPDATE SKIP LOCKED) UPDATE job SET {changes} FROM picked"
            " WHERE job.id = picked.id RETURNING job.id, job.name, job.payload, job.attempts",
            *due, worker_id, until,
        )  # fmt: skip
    jobs = [
        Job(_as_uuid(each["id"]), each["name"], _as_payload(each["payload"]), each["attempts"])
        for each in found
    ]
    return sorted(jobs, key=lambda job: job.id)


async def finish(worker_id: uuid.UUID, job_ids: Sequence[uuid.UUID]) -> int:
    """Note that leased jobs are done; returns how many were still this worker's."""
    now = clock.now()
    return await execute(
        "UPDATE job SET state = 'done', leased_by = NULL, leased_until = NULL, last_error = '', finished_at = ?,"
        " keep_until = CASE WHEN keep_until > ? THEN keep_until ELSE ? END"
        f" WHERE leased_by = ? AND id IN ({_marks(job_ids)})",
        now, now + DONE_KEPT, now + DONE_KEPT, worker_id, *job_ids,
    )  # fmt: skip


async def fail(worker_id: uuid.UUID, job: Job, error: str, attempts_max: int) -> bool:
    """Note a failed attempt: the job waits for another, or is dead after the last. Returns whether it is dead."""
    now = clock.now()
    dead = job.attempts >= attempts_max
    if dead:
        await execute(
            "UPDATE job SET state = 'dead', leased_by = NULL, leased_until = NULL, last_error = ?, finished_at = ?,"
            " keep_until = ? WHERE leased_by = ? AND id = ?",
            error[:ERROR_LENGTH_MAX], now, now + DEAD_KEPT, worker_id, job.id,
        )  # fmt: skip
    else:
        await execute(
            "UPDATE job SET state = 'todo', leased_by = NULL, leased_until = NULL, last_error = ?, run_at = ?"
            " WHERE leased_by = ? AND id = ?",
            error[:ERROR_LENGTH_MAX], now + dt.timedelta(seconds=pause_s(job.attempts)), worker_id, job.id,
        )  # fmt: skip
    return dead


def pause_s(attempts: int) -> float:
    """Seconds to wait after so many failed attempts: doubling from 2 s to an hour, half of it by chance, so that
    jobs that failed together do not come back together."""
    longest = min(PAUSE_FIRST_S * 2 ** (attempts - 1), PAUSE_MAX_S)
    return longest * (0.5 + 0.5 * random.random())


async def renew(worker_id: uuid.UUID, lease_s: float) -> int:
    """Keep every lease of this worker for another `lease_s`."""
    until = clock.now() + dt.timedelta(seconds=lease_s)
    return await execute(
        "UPDATE job SET leased_until = ? WHERE state = 'doing' AND leased_by = ?", until, worker_id
    )


async def give_back(worker_id: uuid.UUID) -> int:
    """Return every lease of this worker as if the jobs had never been begun."""
    return await execute(
        "UPDATE job SET state = 'todo', attempts = attempts - 1, leased_by = NULL, leased_until = NULL"
        " WHERE state = 'doing' AND leased_by = ?",
        worker_id,
    )


@atomic
async def take_back_expired(attempts_max: int) -> int:
    """Let jobs whose worker died wait again, or be dead after `attempts_max`; returns how many there were."""
    now = clock.now()
    error = "the worker that ran it ended without a word"
    dead = await execute(
        "UPDATE job SET state = 'dead', leased_by = NULL, leased_until = NULL, last_error = ?, finished_at = ?,"
        " keep_until = ? WHERE state = 'doing' AND leased_until < ? AND attempts >= ?",
        error, now, now + DEAD_KEPT, now, attempts_max,
    )  # fmt: skip
    waiting = await execute(
        "UPDATE job SET state = 'todo', leased_by = NULL, leased_until = NULL, last_error = ?, run_at = ?"
        " WHERE state = 'doing' AND leased_until < ?",
        error, now, now,
    )  # fmt: skip
    if waiting:
        on_commit(_wake_workers)
    return dead + waiting


async def purge() -> int:
    """Delete jobs that ended long ago; returns how many."""
    deleted = 0
    while True:
        batch = await execute(
            "DELETE FROM job WHERE id IN"
            " (SELECT id FROM job WHERE state IN ('done', 'dead') AND keep_until < ? LIMIT ?)",
            clock.now(), PURGE_MAX,
        )  # fmt: skip
        deleted += batch
        if batch < PURGE_MAX:
            return deleted


async def counts() -> dict[str, int]:
    """How many jobs are in each state."""
    found = await rows("SELECT state, COUNT(*) AS jobs FROM job GROUP BY state")
    return dict.fromkeys(("todo", "doing", "done", "dead"), 0) | {
        each["state"]: each["jobs"] for each in found
    }


async def dead_jobs(limit: int = 100) -> list[DeadJob]:
    """The jobs that were given up, the latest first."""
    found = await rows(
        "SELECT id, name, attempts, last_error, finished_at FROM job WHERE state = 'dead'"
        " ORDER BY finished_at DESC LIMIT ?",
        limit,
    )
    return [
        DeadJob(
            _as_uuid(each["id"]),
            each["name"],
            each["attempts"],
            each["last_error"],
            _as_time(each["finished_at"]),
        )
        for each in found
    ]


async def waiting_jobs() -> list[WaitingJobs]:
    """What waits to be tried, again or at its time, by name."""
    found = await rows(
        "SELECT name, COUNT(*) AS jobs, MIN(run_at) AS next_at, MAX(last_error) AS last_error FROM job"
        " WHERE state = 'todo' AND (run_at > ? OR attempts > 0) GROUP BY name ORDER BY name",
        clock.now(),
    )
    return [
        WaitingJobs(each["name"], each["jobs"], _as_time(each["next_at"]), each["last_error"] or "")
        for each in found
    ]


@atomic
async def retry_dead(job_id: uuid.UUID) -> bool:
    """Let a dead job begin again with all its attempts; false when there is no such dead job."""
    changed = await execute(
        "UPDATE job SET state = 'todo', attempts = 0, finished_at = NULL, run_at = ? WHERE id = ? AND state = 'dead'",
        clock.now(), job_id,
    )  # fmt: skip
    if changed:
        on_commit(_wake_workers)
    return changed == 1


async def last_done_at(name: str) -> dt.datetime | None:
    """When a job of this name was last done."""
    found = await row("SELECT MAX(finished_at) AS at FROM job WHERE name = ? AND state = 'done'", name)
    return None if found is None or found["at"] is None else _as_time(found["at"])


def _marks(values: Sequence[Any]) -> str:
    return ", ".join("?" * len(values))


def _as_uuid(value: Any) -> uuid.UUID:
    return value if type(value) is uuid.UUID else uuid.UUID(str(value))


def _as_time(value: Any) -> dt.datetime:
    return value if isinstance(value, dt.datetime) else dt.datetime.fromisoformat(value)


def _as_payload(value: Any) -> Payload:
    return json.loads(value) if isinstance(value, str) else value
