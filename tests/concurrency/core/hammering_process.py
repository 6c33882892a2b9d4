"""A process that reads, thinks and writes in units of work as fast as it can, and prints how that went.

Usage: python -m tests.concurrency.core.hammering_process SECONDS, with the database in LEXUN_ variables.
"""

import asyncio
import json
import sys
import time

from backend.core import audit
from backend.core.db import atomic, close_database, execute, init_database, row
from backend.core.ids import uuid7
from backend.settings import load_settings

TASKS = 6


attempts = 0


@atomic
async def work() -> None:
    """Read first, write afterwards: the order in which a deferred transaction meets "database is locked"."""
    global attempts
    attempts += 1
    await row("SELECT n FROM hammered WHERE id = 1")
    await asyncio.sleep(0)
    await execute("UPDATE hammered SET n = n + 1 WHERE id = 1")
    await audit.record(None, "test.hammer", "hammer", uuid7())


async def main(seconds: float) -> None:
    """Hammer with a few tasks at once; print {"done": units, "attempts": runs, "errors": {text: count}}."""
    await init_database(load_settings())
    errors: dict[str, int] = {}
    done = 0
    end_s = time.monotonic() + seconds

    async def hammer() -> None:
        nonlocal done
        while time.monotonic() < end_s:
            try:
                await work()
                done += 1
            except Exception as error:
                text = f"{type(error).__name__}: {error}"
                errors[text] = errors.get(text, 0) + 1

    await asyncio.gather(*(hammer() for _ in range(TASKS)))
    await close_database()
    print(json.dumps({"done": done, "attempts": attempts, "errors": errors}), flush=True)


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1])))
