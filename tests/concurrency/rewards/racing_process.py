"""A process that does one thing many times at once, as fast as it can, and prints how that went.

Usage: python -m tests.concurrency.rewards.racing_process PLAN_JSON, with the database in LEXUN_ variables. The plan has
`what` (buy, redeem or review) and `calls`: for each call the acting person's id and what it is about. It prints
"ready", waits for a line, and then prints the answers by their code.
"""

import asyncio
import json
import sys
import uuid
from collections import Counter
from typing import Any

from backend.core.db import close_database, init_database
from backend.core.ids import uuid7
from backend.core.problems import Problem
from backend.core.sessions import Actor, grants_of
from backend.patrols import service as patrols
from backend.patrols.schemas import ReviewIn
from backend.rewards import service as rewards
from backend.rewards.schemas import Redemption
from backend.settings import load_settings

KEY = b"k" * 32


async def main(plan: dict[str, Any]) -> None:
    """Do what the plan says and print the answers."""
    await init_database(load_settings())
    calls = [(await actor_of(call["user"]), call["about"]) for call in plan["calls"]]
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    answers = Counter(await asyncio.gather(*(attempt(plan["what"], *call) for call in calls)))
    await close_database()
    print(json.dumps(answers), flush=True)


async def actor_of(user: str) -> Actor:
    """The person with the roles they hold."""
    user_id = uuid.UUID(user)
    return Actor(user_id, uuid7(), await grants_of(user_id), None)


async def attempt(what: str, actor: Actor, about: str) -> str:
    """One try; "ok" or the code of the refusal."""
    try:
        if what == "buy":
            await rewards.buy(actor, uuid.UUID(about), uuid7(), KEY)
        elif what == "redeem":
            await rewards.redeem(actor, Redemption(uuid7(), code=about), KEY)
        else:
            await patrols.review(actor, uuid.UUID(about), ReviewIn("accepted"))
    except Problem as problem:
        return problem.code
    return "ok"


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
