"""A process full of volunteers who grab seats, and give some back, as fast as they can, and prints how that went.

Usage: python -m tests.concurrency.tasks.grabbing_process PLAN_JSON, with the database in LEXUN_ variables. The plan has
`users`, `tasks` and `rounds`; each user makes so many rounds. It prints "ready", waits for a line, and then prints
the answers by their code. Seats are given back at once, but for those of the last round, which are kept.
"""

import asyncio
import json
import random
import sys
import uuid
from collections import Counter
from typing import Any

from backend.core.db import close_database, init_database
from backend.core.ids import uuid7
from backend.core.problems import Problem
from backend.core.sessions import Actor, grants_of
from backend.settings import load_settings
from backend.tasks import service

AT_ONCE = 64


async def main(plan: dict[str, Any]) -> None:
    """Do what the plan says and print the answers."""
    await init_database(load_settings())
    users = [uuid.UUID(text) for text in plan["users"]]
    actors = [
        Actor(user_id=user, session_id=uuid7(), grants=await grants_of(user), reauthenticated_at=None)
        for user in users
    ]
    tasks = [uuid.UUID(text) for text in plan["tasks"]]
    answers: Counter[str] = Counter()
    places = asyncio.Semaphore(AT_ONCE)
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)

    async def play(actor: Actor) -> None:
        chance = random.Random(actor.user_id.int)
        for left in reversed(range(plan["rounds"])):
            async with places:
                answers[await claim(actor, chance.choice(tasks), give_back=left > 0)] += 1

    await asyncio.gather(*(play(actor) for actor in actors))
    await close_database()
    print(json.dumps(answers), flush=True)


async def claim(actor: Actor, task_id: uuid.UUID, *, give_back: bool) -> str:
    """Grab a seat and perhaps give it back; the code of the answer."""
    seat_id = uuid7()
    try:
        await service.grab(actor, task_id, seat_id)
        if give_back:
            await service.release(actor, seat_id)
    except Problem as problem:
        return problem.code
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "released" if give_back else "won"


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
