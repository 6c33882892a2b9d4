"""The worker: leases due jobs, runs their handlers side by side, and leaves nothing leased behind."""

import asyncio
import contextlib
import time
import uuid
from collections.abc import Coroutine
from typing import Any

import structlog

from backend.core import bus, clock, metrics
from backend.core.ids import uuid7
from backend.core.jobs import queue
from backend.core.jobs.queue import CLAIM_MAX, Job
from backend.core.jobs.registry import (
    ATTEMPTS_MAX,
    GiveUp,
    Payload,
    Periodic,
    every,
    periodic_jobs,
    registered,
)
from backend.core.redaction import redacted

log = structlog.get_logger(__name__)

LEASE_S = 60.0
POLL_S = 1.0
GRACE_S = 10.0
PAUSE_AFTER_ERROR_S = 2.0
HEARTBEAT = "core.heartbeat"
HEARTBEAT_S = 30


@every(HEARTBEAT_S, HEARTBEAT)
async def heartbeat(payload: Payload) -> None:
    """Does nothing: that it was done shows that jobs are being worked off."""


@every(3600, "core.purge_jobs")
async def purge_jobs(payload: Payload) -> None:
    """Delete jobs that ended long ago."""
    deleted = await queue.purge()
    log.info("jobs_purged", count=deleted)


async def run_worker(
    stop: asyncio.Event,
    *,
    concurrency: int = CLAIM_MAX,
    poll_s: float = POLL_S,
    lease_s: float = LEASE_S,
    grace_s: float = GRACE_S,
) -> None:
    """Work off jobs until `stop` is set, up to `concurrency` at a time.

    A job enqueued in this process, or in one on the same Redis, begins at once; others within `poll_s`. Leases
    last `lease_s` and are renewed while a job runs. After `stop`, running jobs get `grace_s` to end; the rest are
    cancelled and their leases returned, so that another worker takes them at once.
    """
    await Worker(concurrency, poll_s, lease_s, grace_s).run(stop)


class Worker:
    """One worker's state: what it runs, and what has ended but is not yet noted in the table."""

    def __init__(self, concurrency: int, poll_s: float, lease_s: float, grace_s: float) -> None:
        if concurrency < 1:
            raise ValueError(f"concurrency={concurrency}: give at least 1")
        self.id: uuid.UUID = uuid7()
        self._concurrency = concurrency
        self._poll_s = poll_s
        self._lease_s = lease_s
        self._grace_s = grace_s
        self._running: dict[uuid.UUID, asyncio.Task[None]] = {}
        self._done: list[uuid.UUID] = []
        self._something_done = asyncio.Event()
        self._wake = asyncio.Event()
        self._periods: dict[str, int] = {}
        self._next_look_s = 0.0

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop`; see `run_worker`."""
        log.info("worker_started", worker=str(self.id), concurrency=self._concurrency)
        with bus.subscribe(queue.CHANNEL, max_backlog=1) as news:
            helpers = [
                asyncio.create_task(self._listen(news)),
                asyncio.create_task(self._again_after_errors("note_done", self._note_done)),
                asyncio.create_task(self._again_after_errors("renew", self._renew)),
                asyncio.create_task(self._wake_at(stop)),
            ]
            try:
                while not stop.is_set():
                    await self._step(stop)
            finally:
                await self._leave(helpers)
        log.info("worker_stopped", worker=str(self.id))

    async def _step(self, stop: asyncio.Event) -> None:
        self._wake.clear()
        try:
            await self._begin_periods()
            await self._take_back_expired()
            began = await self._begin_due(stop)
            pause_s = 0.0 if began else await self._idle_s()
        except Exception:
            log.exception("worker_cannot_reach_its_jobs")
            pause_s = PAUSE_AFTER_ERROR_S
        if pause_s > 0 or len(self._running) >= self._concurrency:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause_s or self._poll_s):
                    await self._wake.wait()

    async def _begin_periods(self) -> None:
        now = clock.now()
        for periodic in periodic_jobs():
            period = periodic.period_at(now)
            if self._periods.get(periodic.name) != period:
                await self._begin_period(periodic, period)

    async def _begin_period(self, periodic: Periodic, period: int) -> None:
        await queue.enqueue_period(periodic, period)
        self._periods[periodic.name] = period

    async def _take_back_expired(self) -> None:
        now_s = time.monotonic()
        if now_s < self._next_look_s:
            return
        self._next_look_s = now_s + self._lease_s / 4
        if taken := await queue.take_back_expired(ATTEMPTS_MAX):
            log.warning("jobs_of_dead_workers", count=taken)

    async def _begin_due(self, stop: asyncio.Event) -> int:
        free = self._concurrency - len(self._running)
        if free <= 0:
            return 0
        due_in_s = await queue.due_in_s()  # reading first spares SQLite's one write lock when nothing is due
        if due_in_s is None or due_in_s > 0 or stop.is_set():
            return 0
        jobs = await queue.claim(self.id, free, self._lease_s)
        for job in jobs:
            task = asyncio.create_task(self._attempt(job), name=f"job {job.name}")
            self._running[job.id] = task
            task.add_done_callback(lambda _, job_id=job.id: self._ended(job_id))
        return len(jobs)

    async def _idle_s(self) -> float:
        """How long nothing needs to be looked at: until the next job is due, the next period begins, or a poll."""
        due_in_s = await queue.due_in_s()
        now = clock.now()
        periods = (
            (periodic.end_of(periodic.period_at(now)) - now).total_seconds() for periodic in periodic_jobs()
        )
        return max(0.005, min(self._poll_s, self._poll_s if due_in_s is None else due_in_s, *periods))

    def _ended(self, job_id: uuid.UUID) -> None:
        self._running.pop(job_id, None)
        self._wake.set()

    async def _attempt(self, job: Job) -> None:
        """Run one job's handler and note how it ended. A cancellation leaves the lease for `_leave` to return."""
        started_s = time.monotonic()
        known = registered(job.name)
        with structlog.contextvars.bound_contextvars(job=job.name, job_id=str(job.id)):
            try:
                if known is None:
                    raise LookupError(f"this process has no handler for {job.name!r}")
                async with asyncio.timeout(known.time_limit_s):
                    await known.run(job.payload)
            except Exception as error:
                attempts_max = known.attempts_max if known is not None else ATTEMPTS_MAX
                await self._note_failure(job, error, 0 if isinstance(error, GiveUp) else attempts_max)
                metrics.jobs_run.labels(job.name, "failed").inc()
            else:
                self._done.append(job.id)
                self._something_done.set()
                metrics.jobs_run.labels(job.name, "done").inc()
        metrics.job_seconds.labels(job.name).observe(time.monotonic() - started_s)

    async def _note_failure(self, job: Job, error: Exception, attempts_max: int) -> None:
        try:
            dead = await queue.fail(self.id, job, redacted(f"{type(error).__name__}: {error}"), attempts_max)
        except Exception:
            log.exception("job_failure_not_noted", attempts=job.attempts)  # its lease will run out
            return
        if dead:
            log.error("job_dead", attempts=job.attempts, exc_info=error)
        else:
            log.warning("job_failed", attempts=job.attempts, exc_info=error)

    async def _note_done(self) -> None:
        """Note what has ended meanwhile in one statement: under load the table is written once for many jobs."""
        await self._something_done.wait()
        self._something_done.clear()
        await self._flush_done()

    async def _flush_done(self) -> None:
        noted, self._done = self._done, []
        if not noted:
            return
        try:
            await queue.finish(self.id, noted)
        except BaseException:
            self._done = noted + self._done
            self._something_done.set()
            raise

    async def _renew(self) -> None:
        await asyncio.sleep(self._lease_s / 3)
        if self._running:
            await queue.renew(self.id, self._lease_s)

    async def _again_after_errors(self, what: str, step: Any) -> None:
        while True:
            try:
                await step()
            except Exception:
                log.exception("worker_step_failed", step=what)
                await asyncio.sleep(PAUSE_AFTER_ERROR_S)

    async def _listen(self, news: bus.Subscription) -> None:
        async for _ in news:
            self._wake.set()

    async def _wake_at(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._wake.set()

    async def _leave(self, helpers: list[asyncio.Task[None]]) -> None:
        """End what runs, note what is done and return every lease that is left."""
        if self._running:
            await asyncio.wait(list(self._running.values()), timeout=self._grace_s)
        await _end([*self._running.values(), *helpers])
        await _logged("note_done", self._flush_done())
        await _logged("give_back", queue.give_back(self.id))


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _logged(what: str, step: Coroutine[Any, Any, object]) -> None:
    try:
        await step
    except Exception:
        log.exception("worker_step_failed", step=what)  # the leases run out by themselves
