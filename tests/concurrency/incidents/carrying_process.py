"""A process that imports and is killed, by itself and with SIGKILL, right after so many blocks were committed.

Usage: python -m tests.concurrency.incidents.carrying_process IMPORT_ID BLOCKS, with the database in LEXUN_ variables.
"""

import asyncio
import os
import signal
import sys
import uuid
from typing import Any

from backend.app import running_core
from backend.incidents import carrying
from backend.settings import load_settings


async def main(import_id: uuid.UUID, blocks: int) -> None:
    """Carry over until killed."""
    real, done = carrying._carry_block, 0

    async def then_die(*args: Any) -> None:
        nonlocal done
        await real(*args)
        done += 1
        if done == blocks:
            os.kill(os.getpid(), signal.SIGKILL)

    carrying._carry_block = then_die
    async with running_core(load_settings()):
        await carrying.carry_over(import_id)


if __name__ == "__main__":
    asyncio.run(main(uuid.UUID(sys.argv[1]), int(sys.argv[2])))
