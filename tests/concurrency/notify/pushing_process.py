"""A process that is going to be killed: it works off the pushes that wait.

Usage: python -m tests.concurrency.notify.pushing_process, with the database in LEXUN_ variables.
"""

import asyncio

from backend.core import jobs
from backend.core.db import init_database
from backend.notify import jobs as pushes
from backend.settings import load_settings


async def main() -> None:
    """Push until killed."""
    assert pushes, "imported for its handlers"
    settings = load_settings()
    await init_database(settings)
    await jobs.run_worker(asyncio.Event())


if __name__ == "__main__":
    asyncio.run(main())
