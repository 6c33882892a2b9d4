"""A process full of phones that send positions as fast as they can, and prints each one that was acknowledged.

Usage: python -m tests.concurrency.patrols.fixing_process PLAN_JSON, with the database in LEXUN_ variables. The plan has
`walks`: pairs of a person's and a patrol's id. It prints the ids of a batch once the batch was acknowledged, one line
a batch, until it is killed.
"""

import asyncio
import datetime as dt
import json
import sys
import uuid
from typing import Any

from backend.core import clock
from backend.core.db import close_database, init_database
from backend.core.ids import uuid7
from backend.core.sessions import Actor
from backend.patrols import service
from backend.patrols.schemas import FixBatch, FixIn
from backend.settings import load_settings

FIXES_A_BATCH = 8


async def main(plan: dict[str, Any]) -> None:
    """Send until killed."""
    await init_database(load_settings())
    await asyncio.gather(*(phone(uuid.UUID(user), uuid.UUID(patrol)) for user, patrol in plan["walks"]))
    await close_database()


async def phone(user_id: uuid.UUID, patrol_id: uuid.UUID) -> None:
    """One phone: a batch, its acknowledgement, the next batch."""
    actor = Actor(user_id, uuid7(), (), None)
    while True:
        now = clock.now()
        fixes = [
            FixIn(uuid7(), now + dt.timedelta(milliseconds=number), 120.7, 28.0, 5.0)
            for number in range(FIXES_A_BATCH)
        ]
        receipt = await service.add_fixes(actor, patrol_id, FixBatch(fixes))
        assert receipt.stored == len(fixes), receipt
        print(" ".join(str(fix.id) for fix in fixes), flush=True)


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
