"""Working off the jobs that are due, in the test's own loop and at the test's own time."""

import uuid

from backend.core.jobs import queue
from backend.core.jobs.registry import registered


async def run_due_jobs(*names: str) -> list[str]:
    """Run every due job (of these names, if any are given) until none is left; their names in order.

    An exception of a job is raised here, and the job waits as before.
    """
    worker = uuid.uuid4()
    done: list[str] = []
    try:
        while jobs := await queue.claim(worker, 20, 600):
            for job in jobs:
                known = registered(job.name)
                if known is None or (names and job.name not in names):
                    continue  # stays leased until the end, so that it is not claimed again
                await known.run(job.payload)
                await queue.finish(worker, [job.id])
                done.append(job.name)
    finally:
        await queue.give_back(worker)
    return done
