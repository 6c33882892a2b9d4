"""Messages become visible in the order of their numbers, however the transactions that write them overlap."""

import asyncio
import random

from backend.core import clock
from backend.core.db import atomic
from backend.core.ids import uuid7
from backend.notify import service
from backend.notify.models import Message
from backend.people.models import Person

WRITERS = 12
EACH = 8
READERS = 3


async def person() -> Person:
    return await Person.create(
        id=uuid7(),
        phone=str(uuid7().int)[-11:],
        name="甲",
        password_hash="-",
        birth_year=1980,
        created_at=clock.now(),
    )


async def test_a_reader_of_the_end_misses_nothing(database: object) -> None:
    """Whoever has read up to a number has read everything up to it: no later commit has a lower one."""
    told = await person()
    chance = random.Random(7)
    writing = True

    @atomic
    async def write(number: int) -> None:
        await service.send([told.id], "task.changed", ("task", uuid7()), str(number), str(number))
        await asyncio.sleep(chance.random() * 0.02)  # other writers begin after this one and end before it

    async def write_some(writer: int) -> None:
        for number in range(EACH):
            await write(writer * EACH + number)

    async def read() -> list[str]:
        seen: list[str] = []
        reached = 0
        last_round = False
        while not last_round:
            last_round = not writing
            for message in await Message.filter(seq__gt=reached).order_by("seq"):
                assert message.seq > reached
                reached = message.seq
                seen.append(message.title_zh)
            await asyncio.sleep(0.001)
        return seen

    readers = [asyncio.create_task(read()) for _ in range(READERS)]
    await asyncio.gather(*(write_some(writer) for writer in range(WRITERS)))
    writing = False
    for reader in readers:
        assert sorted(await reader, key=int) == [str(number) for number in range(WRITERS * EACH)]
