"""One process of the ledger hammer: spends, reserves, buys and redeems at random, and prints what was acknowledged.

Usage: spender.py CONFIG_JSON   with data_dir, database_url, seed, rounds, accounts and offer

A line is printed after its transaction has committed: "transfer ID", "voucher ID STATE" or "redemption ID STATE".
"""

import asyncio
import itertools
import json
import random
import sys
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from backend.core.db import atomic_shared, close_database, init_database
from backend.core.ids import uuid7
from backend.settings import load_settings
from points import ledger, vouchers
from points.errors import PointsError
from points.models import PointsOffer

NOW = datetime(2026, 6, 5, 12, 0, tzinfo=UTC)
TASKS = 4


async def main(config: dict[str, object]) -> None:
    """Run `rounds` rounds in each of a few tasks."""
    data_dir = Path(str(config["data_dir"]))
    await init_database(load_settings({}, data_dir=data_dir, database_url=config["database_url"]))
    chance = random.Random(str(config["seed"]))
    people = [UUID(text) for text in config["people"]]  # type: ignore[attr-defined]
    offer = await PointsOffer.get(id=UUID(str(config["offer"])))
    await asyncio.gather(*[rounds(int(str(config["rounds"])), chance, people, offer) for _ in range(TASKS)])
    await close_database()


async def rounds(count: int, chance: random.Random, people: list[UUID], offer: PointsOffer) -> None:
    """One thing after another; refusals are part of the game, other errors end the process."""
    for _ in range(count):
        try:
            if chance.random() < 0.5:
                await pay_around(chance, people)
            else:
                await shop(chance, chance.choice(people), offer)
        except PointsError:
            continue


async def pay_around(chance: random.Random, people: list[UUID]) -> None:
    """A batch along a random order of people, so that two processes' batches run against each other."""
    order = chance.sample(people, 4)
    accounts = [ledger.account_id("person", user) for user in order]
    batch = [
        ledger.Transfer(id=uuid7(), debit=debit, credit=credit, amount=chance.randint(1, 9), code="test")
        for debit, credit in itertools.pairwise(accounts)
    ]
    await atomic_shared(ledger.transfer_many)(batch, now=NOW)
    for new in batch:
        print("transfer", new.id, flush=True)


async def shop(chance: random.Random, user: UUID, offer: PointsOffer) -> None:
    """Buy, then redeem (and perhaps undo that) or give back."""
    voucher = await atomic_shared(vouchers.buy)(offer.id, user, uuid7(), now=NOW)
    print("voucher", voucher.id, "issued", flush=True)
    if chance.random() < 0.5:
        used = uuid7()
        await atomic_shared(vouchers.redeem)(
            voucher.code, offer.merchant_id, user, now=NOW, redemption_id=used
        )
        print("redemption", used, "done", flush=True)
        if chance.random() < 0.3:
            await atomic_shared(vouchers.undo)(used, offer.merchant_id, user, "wrong table", now=NOW)
            print("redemption", used, "undone", flush=True)
    else:
        await atomic_shared(vouchers.refund)(voucher.id, "changed my mind", now=NOW)
        print("voucher", voucher.id, "refunded", flush=True)


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
