"""A process that is going to be killed: it writes, works off jobs, and prints what it was told is kept.

Usage: python -m tests.concurrency.core.acknowledging_process, with the database in LEXUN_ variables.

"job ID" is printed when the unit of work that enqueued the job, and recorded it in the audit log, has committed;
"begun ID" when a job's handler began. The handlers of every third job never end, so that leases are held.
"""

import asyncio
import itertools
import uuid
from typing import Any

from backend.core import audit, jobs
from backend.core.db import atomic, init_database
from backend.settings import load_settings

WRITERS = 3
JOB = "test.acknowledged"


@jobs.handler(JOB)
async def work(payload: dict[str, Any]) -> None:
    """Report the begin; a third of the jobs take for ever."""
    print("begun", payload["token"], flush=True)
    if payload["n"] % 3 == 0:
        await asyncio.sleep(3600)


@atomic
async def enqueue_one(n: int) -> uuid.UUID:
    """A job and its audit entry, in one unit of work."""
    token = uuid.uuid4()
    job_id = await jobs.enqueue(JOB, {"n": n, "token": token})
    assert job_id is not None
    await audit.record(None, "test.enqueue", "job", job_id)
    return job_id


async def write(numbers: "itertools.count[int]") -> None:
    """Go on enqueueing for ever."""
    while True:
        print("job", await enqueue_one(next(numbers)), flush=True)


async def main() -> None:
    """Write and work until killed."""
    await init_database(load_settings())
    numbers = itertools.count()
    print("ready", flush=True)
    await asyncio.gather(jobs.run_worker(asyncio.Event()), *(write(numbers) for _ in range(WRITERS)))


if __name__ == "__main__":
    asyncio.run(main())
