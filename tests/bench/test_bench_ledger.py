"""How many transfers a second the ledger stores, alone and in batches, and how long an audit takes."""

import asyncio
import itertools
import random
import time
import uuid

from backend.core import clock
from backend.core.db import atomic, atomic_shared
from backend.core.ids import uuid7
from points import ledger, sealing
from points.audit import audit

PEOPLE = 200
BATCH = 500
SECONDS = 4.0
TASKS = 64
AUDITED = 1_000_000


async def make_people(points: int) -> tuple[list[uuid.UUID], uuid.UUID]:
    """People with points, and a merchant to pay; the accounts' ids."""

    @atomic
    async def make() -> tuple[list[uuid.UUID], uuid.UUID]:
        now = clock.now()
        issue = await ledger.issue_account(now=now)
        people = [await ledger.person_account(uuid7(), now=now) for _ in range(PEOPLE)]
        grants = [movement(issue, person, points) for person in people]
        await ledger.transfer_many(grants, now=now)
        return people, await ledger.merchant_account(uuid7(), now=now)

    return await make()


def movement(debit: uuid.UUID, credit: uuid.UUID, amount: int = 1) -> ledger.Transfer:
    """One transfer."""
    return ledger.Transfer(id=uuid7(), debit=debit, credit=credit, amount=amount, code="bench")


async def singles(people: list[uuid.UUID], shop: uuid.UUID) -> float:
    """Transfers a second, each in a unit of its own and acknowledged when it is on disk, all to one account."""
    dice, done, end = random.Random(1), itertools.count(), time.perf_counter() + SECONDS

    async def pay() -> None:
        while time.perf_counter() < end:
            await atomic_shared(ledger.transfer)(movement(dice.choice(people), shop), now=clock.now())
            next(done)

    began = time.perf_counter()
    await asyncio.gather(*[pay() for _ in range(TASKS)])
    return next(done) / (time.perf_counter() - began)


async def batches(people: list[uuid.UUID], shop: uuid.UUID, seconds: float = SECONDS) -> float:
    """Transfers a second in batches, one batch a transaction."""
    dice, count, began = random.Random(2), 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        batch = [movement(dice.choice(people), shop) for _ in range(BATCH)]
        await atomic(ledger.transfer_many)(batch, now=clock.now())
        count += BATCH
    return count / (time.perf_counter() - began)


async def test_transfers_a_second(database: object, engine: str, record) -> None:
    """The ledger keeps up with a district on a night of thanks, and with a month's credits entered at once."""
    people, shop = await make_people(1_000_000)
    before = time.process_time()
    alone = await singles(people, shop)
    between = time.process_time()
    together = await batches(people, shop)
    after = time.process_time()
    assert (await audit()).ok
    alone_us = (between - before) * 1e6 / (alone * SECONDS)
    together_us = (after - between) * 1e6 / (together * SECONDS)
    record(
        f"transfers stored a second, {engine}",
        f"{alone:,.0f} single on one hot account ({TASKS} senders at once), {together:,.0f} in batches of {BATCH}; "
        f"{alone_us:.0f} and {together_us:.0f} µs of this process's processor time each",
        "make bench",
    )


async def test_how_long_an_audit_takes(database: object, engine: str, record) -> None:
    """Every balance recomputed and every seal checked, of a ledger of many years."""
    people, shop = await make_people(1_000_000)
    stored, dice = PEOPLE, random.Random(3)
    while stored < AUDITED:
        size = min(ledger.BATCH_MAX, AUDITED - stored)
        batch = [movement(dice.choice(people), shop) for _ in range(size)]
        await atomic(ledger.transfer_many)(batch, now=clock.now())
        stored += size
    until, began = await sealing.last_settled_seq(), time.perf_counter()
    while await atomic(sealing.seal_next)(until, now=clock.now()):
        pass
    sealing_s = time.perf_counter() - began
    began = time.perf_counter()
    found = await audit()
    seconds = time.perf_counter() - began
    assert found.ok and found.transfers == AUDITED
    record(
        f"audit of {AUDITED:,} transfers, {engine}",
        f"{seconds:.1f} s, {found.blocks} seals checked with it (sealing took {sealing_s:.1f} s)",
        "make bench",
    )
