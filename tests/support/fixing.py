"""People on free patrols, and processes full of phones that send their positions until they are killed.

Run as `python -m tests.support.fixing PLAN_JSON`, with the database in LEXUN_ variables, or forked by `fork`. The plan
has `walks`: pairs of a person's and a patrol's id. It prints the ids of a batch once the batch was acknowledged, one
line a batch.
"""

import asyncio
import datetime as dt
import json
import os
import sys
import uuid
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from backend.core import clock
from backend.core.db import atomic, close_database, init_database
from backend.core.ids import uuid7
from backend.core.sessions import Actor
from backend.patrols import service
from backend.patrols.models import Patrol, PatrolMember
from backend.patrols.schemas import FixBatch, FixIn
from backend.people import service as people
from backend.settings import Settings, load_settings
from tests.support.commands import become, forking
from tests.support.district import make_district
from tests.support.processes import ROOT, project_environment

FIXES_A_BATCH = 8

type Walks = list[tuple[uuid.UUID, uuid.UUID]]


async def running_walks(count: int) -> Walks:
    """So many people who agreed, each on a free patrol: (person, patrol)."""
    district = await make_district()
    walks: Walks = []

    @atomic
    async def begin(user_id: uuid.UUID) -> None:
        await people.set_consent(user_id, "whereabouts", granted=True, version=1)
        patrol = await Patrol.create(
            id=uuid7(),
            area_id=district.communities[0].id,
            kind="free_patrol",
            started_by=user_id,
            started_at=clock.now(),
        )
        await PatrolMember.create(
            id=uuid7(), patrol_id=patrol.id, user_id=user_id, leader=True, joined_at=clock.now()
        )
        walks.append((user_id, patrol.id))

    for _ in range(count):
        await begin((await district.volunteer()).id)
    return walks


async def start(settings: Settings, walks: Walks) -> asyncio.subprocess.Process:
    """A process that sends for these people; what it acknowledges is read from its output."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.support.fixing",
        json.dumps(_plan(walks)),
        cwd=ROOT,
        env=project_environment({**_environment(settings), "PYTHONPATH": os.fspath(ROOT)}),
        stdout=asyncio.subprocess.PIPE,
    )


def fork(settings: Settings, walks: Walks, output: Path) -> ForkServerProcess:
    """The same without the seconds of importing, from a process that has; what it acknowledges is written to `output`."""
    process = forking().Process(target=_forked, args=(_environment(settings), _plan(walks), str(output)))
    process.start()
    return process


def acknowledged(output: bytes) -> set[uuid.UUID]:
    """The ids on lines that were printed to their end: the kill may have cut the last one."""
    return {uuid.UUID(text) for text in output.decode().rpartition("\n")[0].split()}


def _plan(walks: Walks) -> dict[str, Any]:
    return {"walks": [[str(user_id), str(patrol_id)] for user_id, patrol_id in walks]}


def _environment(settings: Settings) -> dict[str, str]:
    return {"LEXUN_DATA_DIR": str(settings.data_dir), "LEXUN_DATABASE_URL": settings.database_url}


def _forked(environment: dict[str, str], plan: dict[str, Any], output: str) -> None:
    become(project_environment(environment), output, os.devnull)
    asyncio.run(_send_all(plan))


async def _send_all(plan: dict[str, Any]) -> None:
    """Send until killed."""
    await init_database(load_settings())
    await asyncio.gather(*(_phone(uuid.UUID(user), uuid.UUID(patrol)) for user, patrol in plan["walks"]))
    await close_database()


async def _phone(user_id: uuid.UUID, patrol_id: uuid.UUID) -> None:
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
    asyncio.run(_send_all(json.loads(sys.argv[1])))
