"""Background work: enqueued in the transaction that needs it, done at least once by some worker.

A feature's jobs.py names the function with `@handler("planning.solve")`, its service calls
`await enqueue("planning.solve", {"plan_id": plan.id})` in its unit of work, and `every(60, "tasks.expire")`
makes a job come round by itself.
"""

from backend.core.jobs.queue import (
    DeadJob,
    Job,
    WaitingJobs,
    counts,
    dead_jobs,
    due_in_s,
    enqueue,
    last_done_at,
    purge,
    retry_dead,
    waiting_jobs,
)
from backend.core.jobs.registry import GiveUp, every, handler
from backend.core.jobs.worker import HEARTBEAT, HEARTBEAT_S, LEASE_S, run_worker

__all__ = [
    "HEARTBEAT",
    "HEARTBEAT_S",
    "LEASE_S",
    "DeadJob",
    "GiveUp",
    "Job",
    "WaitingJobs",
    "counts",
    "dead_jobs",
    "due_in_s",
    "enqueue",
    "every",
    "handler",
    "last_done_at",
    "purge",
    "retry_dead",
    "run_worker",
    "waiting_jobs",
]
