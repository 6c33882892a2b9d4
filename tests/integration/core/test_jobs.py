"""The job table as outbox: committed with the work that needs it, leased, retried, given up, returned."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from tortoise.exceptions import IntegrityError

from backend.core import clock as core_clock
from backend.core import jobs
from backend.core.db import atomic, execute, row, rows
from backend.core.ids import uuid7
from backend.core.jobs import HEARTBEAT, queue, registry
from backend.core.jobs.registry import Periodic

pytestmark = pytest.mark.usefixtures("database")

LIMIT_S = 30


@pytest.fixture(autouse=True)
def only_own_periodic_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Periodic jobs of the features have no business here, and a test's own do not outlive it."""
    monkeypatch.setattr(registry, "_periodic", {HEARTBEAT: registry._periodic[HEARTBEAT]})


async def states() -> dict[str, int]:
    """Jobs by state, without the worker's own."""
    found = await rows("SELECT state, COUNT(*) AS jobs FROM job WHERE name NOT LIKE 'core.%' GROUP BY state")
    return {each["state"]: each["jobs"] for each in found}


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Wait until `holds()`; a test that waits in vain fails by its time limit."""
    async with asyncio.timeout(LIMIT_S):
        while not await holds():  # noqa: ASYNC110 - the condition is in the database
            await asyncio.sleep(0.01)


@asynccontextmanager
async def worker(**options: Any) -> AsyncIterator[asyncio.Task[None]]:
    """A worker that runs inside the block."""
    stop = asyncio.Event()
    task = asyncio.create_task(jobs.run_worker(stop, **options))
    try:
        yield task
    finally:
        stop.set()
        await asyncio.wait_for(task, LIMIT_S)


def name_of(request: pytest.FixtureRequest, suffix: str = "") -> str:
    """A job name of this test's own: handlers are registered for the whole process."""
    return f"test.{request.node.name}{suffix}"


async def test_a_job_is_enqueued_only_if_its_transaction_commits() -> None:
    """A rolled back unit of work leaves no job; a committed one leaves exactly its own."""

    @atomic
    async def work(fail: bool) -> None:
        await jobs.enqueue("test.nobody", {"fail": fail})
        if fail:
            raise ArithmeticError

    with pytest.raises(ArithmeticError):
        await work(True)
    assert await states() == {}
    await work(False)
    found = await rows("SELECT payload FROM job")
    assert [queue._as_payload(each["payload"]) for each in found] == [{"fail": False}]


async def test_a_key_is_enqueued_once() -> None:
    """The second job of the same key is not made, also not while the first transaction is still open."""
    assert await jobs.enqueue("test.nobody", {}, key="a") is not None
    assert await jobs.enqueue("test.nobody", {}, key="a") is None
    results = await asyncio.gather(*(atomic(jobs.enqueue)("test.nobody", {}, key="b") for _ in range(8)))
    assert sum(result is not None for result in results) == 1
    assert await states() == {"todo": 2}


async def test_the_worker_does_what_was_enqueued_with_its_payload(request: pytest.FixtureRequest) -> None:
    """UUIDs and times arrive as text, everything else as it was; the job is done with one attempt."""
    seen: list[dict[str, Any]] = []

    @jobs.handler(name_of(request))
    async def work(payload: dict[str, Any]) -> None:
        seen.append(payload)

    thing = uuid7()
    job_id = await jobs.enqueue(name_of(request), {"id": thing, "n": 3, "text": "平安", "list": [1, None]})
    async with worker():
        await until(lambda: _is(job_id, "done"))
    assert seen == [{"id": str(thing), "n": 3, "text": "平安", "list": [1, None]}]
    done = await row("SELECT attempts, leased_by, finished_at FROM job WHERE id = ?", job_id)
    assert done is not None and done["attempts"] == 1 and done["leased_by"] is None and done["finished_at"]


async def _is(job_id: Any, state: str) -> bool:
    found = await row("SELECT state FROM job WHERE id = ?", job_id)
    return found is not None and found["state"] == state


async def test_a_new_job_wakes_the_worker_without_a_poll(request: pytest.FixtureRequest) -> None:
    """With an hour between polls a job enqueued in this process still begins at once."""
    begun = asyncio.Event()

    @jobs.handler(name_of(request))
    async def work(payload: dict[str, Any]) -> None:
        begun.set()

    async with worker(poll_s=3600):
        await until(lambda: _some_heartbeat())
        await jobs.enqueue(name_of(request), {})
        await asyncio.wait_for(begun.wait(), LIMIT_S)


async def _some_heartbeat() -> bool:
    return await jobs.last_done_at(HEARTBEAT) is not None


async def test_a_job_waits_for_its_time(request: pytest.FixtureRequest, clock: Any) -> None:
    """Not before run_at, and then without being asked."""
    ran: list[dt.datetime] = []

    @jobs.handler(name_of(request))
    async def work(payload: dict[str, Any]) -> None:
        ran.append(clock.now())

    later = clock.now() + dt.timedelta(hours=2)
    await jobs.enqueue(name_of(request), {}, run_at=later)
    async with worker(poll_s=0.05):
        await asyncio.sleep(0.3)
        assert ran == []
        clock.advance(dt.timedelta(hours=2))
        await until(lambda: _truth(ran))
    assert ran[0] >= later


async def _truth(value: Any) -> bool:
    return bool(value)


async def test_a_failing_job_is_tried_again_later_and_then_dead(
    request: pytest.FixtureRequest, clock: Any
) -> None:
    """Each failure waits longer; after the last the job is dead, visible with its error, and can be begun again."""
    tries: list[int] = []
    clock.freeze(clock.now())

    @jobs.handler(name_of(request), attempts_max=3)
    async def work(payload: dict[str, Any]) -> None:
        tries.append(1)
        raise ValueError("no answer from 13812345678")

    job_id = await jobs.enqueue(name_of(request), {})
    assert job_id is not None
    async with worker(poll_s=0.05):
        for attempt in (1, 2):
            await until(lambda attempt=attempt: _waits_after(job_id, attempt))
            waiting = await row("SELECT run_at FROM job WHERE id = ?", job_id)
            assert waiting is not None
            pause = (queue._as_time(waiting["run_at"]) - clock.now()).total_seconds()
            assert 2 ** (attempt - 1) <= pause <= 2**attempt
            clock.advance(dt.timedelta(seconds=2**attempt))
        await until(lambda: _is(job_id, "dead"))
        assert len(tries) == 3
        dead = await jobs.dead_jobs()
        assert [each.id for each in dead] == [job_id]
        assert dead[0].last_error == "ValueError: no answer from [redacted]"
        assert await jobs.retry_dead(job_id)
        await until(lambda: _truth(len(tries) == 4))
    assert not await jobs.retry_dead(uuid7())


async def _waits_after(job_id: Any, attempts: int) -> bool:
    found = await row("SELECT state, attempts FROM job WHERE id = ?", job_id)
    return found is not None and found["state"] == "todo" and found["attempts"] == attempts


async def test_giving_up_is_final(request: pytest.FixtureRequest) -> None:
    """A handler that raises GiveUp is not tried again; neither is one that nobody has, for ever."""

    @jobs.handler(name_of(request))
    async def work(payload: dict[str, Any]) -> None:
        raise jobs.GiveUp("the plan was deleted")

    given_up = await jobs.enqueue(name_of(request), {})
    unknown = await jobs.enqueue("test.nobody_has_this", {})
    async with worker(poll_s=0.05):
        await until(lambda: _is(given_up, "dead"))
        await until(lambda: _waits_after(unknown, 1))
    found = await row("SELECT last_error FROM job WHERE id = ?", unknown)
    assert found is not None and "test.nobody_has_this" in found["last_error"]


async def test_a_job_that_takes_too_long_counts_as_failed(request: pytest.FixtureRequest) -> None:
    """The time limit cancels the handler; the job is not left leased."""
    cancelled = asyncio.Event()

    @jobs.handler(name_of(request), time_limit_s=0.05, attempts_max=1)
    async def work(payload: dict[str, Any]) -> None:
        try:
            await asyncio.sleep(LIMIT_S * 2)
        except asyncio.CancelledError:
            cancelled.set()
            raise

    job_id = await jobs.enqueue(name_of(request), {})
    async with worker():
        await until(lambda: _is(job_id, "dead"))
    assert cancelled.is_set()


async def test_no_job_is_claimed_twice_and_never_more_than_asked_for() -> None:
    """Many claims at once share the jobs without overlap; each takes at most its limit, and at most 20."""
    for _ in range(90):
        await jobs.enqueue("test.nobody", {})
    claims = await asyncio.gather(*(queue.claim(uuid7(), 7, 60) for _ in range(10)))
    taken = [job.id for claim in claims for job in claim]
    assert len(taken) == len(set(taken)) == 70
    assert all(len(claim) <= 7 for claim in claims)
    assert len(await queue.claim(uuid7(), 1000, 60)) == 20
    assert await states() == {"doing": 90}


async def test_the_longest_waiting_job_is_claimed_first() -> None:
    """Jobs are taken by the time at which they were due, then in the order in which they were made."""
    now = core_clock.now()
    late = await jobs.enqueue("test.nobody", {}, run_at=now - dt.timedelta(seconds=1))
    early = await jobs.enqueue("test.nobody", {}, run_at=now - dt.timedelta(seconds=9))
    assert [job.id for job in await queue.claim(uuid7(), 1, 60)] == [early]
    assert [job.id for job in await queue.claim(uuid7(), 1, 60)] == [late]


async def test_a_dead_workers_jobs_are_done_by_another(request: pytest.FixtureRequest, clock: Any) -> None:
    """When a lease runs out the job is run again; what the dead worker says later changes nothing."""
    ran = asyncio.Event()

    @jobs.handler(name_of(request))
    async def work(payload: dict[str, Any]) -> None:
        ran.set()

    job_id = await jobs.enqueue(name_of(request), {})
    dead_worker = uuid7()
    (leased,) = await queue.claim(dead_worker, 1, lease_s=60)
    async with worker(poll_s=0.05, lease_s=0.4):
        await asyncio.sleep(0.3)
        assert not ran.is_set()
        clock.advance(dt.timedelta(seconds=61))
        await until(lambda: _is(job_id, "done"))
        assert await queue.finish(dead_worker, [leased.id]) == 0
        await queue.fail(dead_worker, leased, "too late", attempts_max=1)
        assert await _is(job_id, "done")


async def test_a_job_whose_worker_always_dies_is_given_up(clock: Any) -> None:
    """A job that kills its process does not do so for ever."""
    await jobs.enqueue("test.nobody", {})
    for _ in range(queue_attempts := 8):
        assert len(await queue.claim(uuid7(), 1, lease_s=1)) == 1
        clock.advance(dt.timedelta(seconds=2))
        assert await queue.take_back_expired(queue_attempts) == 1
    assert await states() == {"dead": 1}


async def test_a_long_job_keeps_its_lease(request: pytest.FixtureRequest) -> None:
    """A job that takes several leases' time is run once, by one worker, while another stands by."""
    runs: list[int] = []
    may_end = asyncio.Event()

    @jobs.handler(name_of(request))
    async def work(payload: dict[str, Any]) -> None:
        runs.append(1)
        await may_end.wait()

    job_id = await jobs.enqueue(name_of(request), {})
    async with worker(lease_s=1.5, poll_s=0.05), worker(lease_s=1.5, poll_s=0.05):
        await asyncio.sleep(4)
        may_end.set()
        await until(lambda: _is(job_id, "done"))
    assert runs == [1]


async def test_stopping_lets_jobs_end_and_returns_the_other_leases(request: pytest.FixtureRequest) -> None:
    """A short job ends and is noted; a long one is cancelled, waits again, and the attempt does not count."""
    begun = asyncio.Event()

    @jobs.handler(name_of(request, "short"))
    async def short(payload: dict[str, Any]) -> None:
        await asyncio.sleep(0.1)

    @jobs.handler(name_of(request, "long"))
    async def long(payload: dict[str, Any]) -> None:
        begun.set()
        await asyncio.sleep(LIMIT_S * 2)

    short_id = await jobs.enqueue(name_of(request, "short"), {})
    long_id = await jobs.enqueue(name_of(request, "long"), {})
    async with worker(grace_s=0.5):
        await asyncio.wait_for(begun.wait(), LIMIT_S)
    assert await _is(short_id, "done")
    assert await _waits_after(long_id, 0)


async def test_a_cancelled_worker_returns_its_leases(request: pytest.FixtureRequest) -> None:
    """The same holds when the worker's task is cancelled instead of asked to stop."""
    begun = asyncio.Event()

    @jobs.handler(name_of(request))
    async def work(payload: dict[str, Any]) -> None:
        begun.set()
        await asyncio.sleep(LIMIT_S * 2)

    job_id = await jobs.enqueue(name_of(request), {})
    task = asyncio.create_task(jobs.run_worker(asyncio.Event(), grace_s=0.05))
    await asyncio.wait_for(begun.wait(), LIMIT_S)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await _waits_after(job_id, 0)


async def test_a_periodic_job_is_done_once_a_period_by_several_workers(
    request: pytest.FixtureRequest, clock: Any
) -> None:
    """Three workers, three periods: three runs. A period that nobody saw is not made up for."""
    runs: list[int] = []
    clock.freeze(dt.datetime(2026, 6, 1, 12, 0, 5, tzinfo=dt.UTC))

    @jobs.every(60, name_of(request))
    async def work(payload: dict[str, Any]) -> None:
        runs.append(1)

    async with worker(poll_s=0.02), worker(poll_s=0.02), worker(poll_s=0.02):
        await until(lambda: _done_times(request, 1))
        await asyncio.sleep(0.2)
        clock.advance(dt.timedelta(seconds=60))
        await until(lambda: _done_times(request, 2))
        clock.advance(dt.timedelta(seconds=300))
        await until(lambda: _done_times(request, 3))
        await asyncio.sleep(0.2)
    assert len(runs) == 3


async def _done_times(request: pytest.FixtureRequest, times: int) -> bool:
    found = await rows("SELECT id FROM job WHERE name = ? AND state = 'done'", name_of(request))
    return len(found) >= times


async def test_a_periodic_job_is_not_begun_while_its_last_run_goes_on() -> None:
    """Slow runs do not pile up; one that failed does not stand in the way of the next period."""
    periodic = Periodic("test.slow", 60)
    first = await queue.enqueue_period(periodic, 1)
    assert first is not None
    assert await queue.enqueue_period(periodic, 2) is None
    worker_id = uuid7()
    (leased,) = await queue.claim(worker_id, 1, 60)
    assert await queue.enqueue_period(periodic, 2) is None
    await queue.fail(worker_id, leased, "no", attempts_max=8)
    assert await queue.enqueue_period(periodic, 2) is not None
    assert await queue.enqueue_period(periodic, 1) is None


async def test_old_jobs_are_purged_and_young_ones_stay(clock: Any) -> None:
    """Done jobs go after a day, dead ones after 90, and a periodic one not before its period has ended."""
    worker_id = uuid7()
    await jobs.enqueue("test.done", {})
    await queue.enqueue_period(Periodic("test.weekly", 604_800), Periodic("", 604_800).period_at(clock.now()))
    done = await queue.claim(worker_id, 20, 60)
    await queue.finish(worker_id, [job.id for job in done])
    await jobs.enqueue("test.dead", {})
    (bad,) = await queue.claim(worker_id, 20, 60)
    await queue.fail(worker_id, bad, "no", attempts_max=1)
    await jobs.enqueue("test.waiting", {})
    assert await jobs.purge() == 0
    clock.advance(dt.timedelta(days=1, seconds=1))
    left = Periodic("", 604_800)
    weekly_over = left.end_of(left.period_at(clock.now() - dt.timedelta(days=1, seconds=1))) < clock.now()
    assert await jobs.purge() == (2 if weekly_over else 1)
    clock.advance(dt.timedelta(days=8))
    await jobs.purge()
    assert sorted(each["name"] for each in await rows("SELECT name FROM job")) == [
        "test.dead",
        "test.waiting",
    ]
    clock.advance(dt.timedelta(days=90))
    await jobs.purge()
    assert [each["name"] for each in await rows("SELECT name FROM job")] == ["test.waiting"]


async def test_a_worker_outlives_a_database_that_fails_for_a_while(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error while looking for jobs is a pause, not the worker's end."""
    monkeypatch.setattr("backend.core.jobs.worker.PAUSE_AFTER_ERROR_S", 0.01)

    @jobs.handler(name_of(request))
    async def work(payload: dict[str, Any]) -> None:
        return

    await execute("ALTER TABLE job RENAME TO job_away")
    async with worker(poll_s=0.02) as task:
        await asyncio.sleep(0.2)
        assert not task.done()
        await execute("ALTER TABLE job_away RENAME TO job")
        job_id = await jobs.enqueue(name_of(request), {})
        await until(lambda: _is(job_id, "done"))


async def test_the_table_refuses_states_that_make_no_sense() -> None:
    """A leased job without a holder, a finished one without a time and an unknown state are refused in SQL."""
    job_id = await jobs.enqueue("test.nobody", {})
    for change in ("state = 'doing'", "state = 'done'", "state = 'lost'", "attempts = -1", "leased_by = id"):
        with pytest.raises(IntegrityError, match=r"(?i)check constraint"):
            await execute(f"UPDATE job SET {change} WHERE id = ?", job_id)
