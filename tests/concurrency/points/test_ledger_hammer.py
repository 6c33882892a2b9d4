"""Two processes spend the same people's points at once, one of them is killed in the middle."""

import asyncio
import json
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from backend.core.db import atomic, rows
from backend.core.ids import uuid7
from points import ledger, vouchers
from points.audit import audit
from points.models import PointsOffer, PointsRedemption, PointsTransfer, PointsVoucher
from tests.support.processes import ROOT, project_environment

NOW = datetime(2026, 6, 5, 12, 0, tzinfo=UTC)
PEOPLE = 8
POINTS_EACH = 60
STOCK = 40


async def test_two_processes_and_a_kill_lose_and_double_nothing(database) -> None:
    """No overdraft, every acknowledged transfer, voucher, use and undo is there, stock and points add up, the audit agrees."""
    people, offer = await _prepare()
    config = {
        "data_dir": str(database.data_dir),
        "database_url": database.database_url,
        "people": [str(user) for user in people],
        "offer": str(offer.id),
    }
    victim = await _start({**config, "seed": 1, "rounds": 100_000})
    survivor = await _start({**config, "seed": 2, "rounds": 25})
    seen = [await asyncio.wait_for(victim.stdout.readline(), 60) for _ in range(40)]
    victim.kill()
    rest, (others, errors) = await asyncio.gather(victim.stdout.read(), survivor.communicate())
    await victim.wait()
    assert (survivor.returncode, errors.decode()) == (0, "")

    await _check_acknowledged((b"".join(seen) + rest + others).decode())
    result = await audit()
    assert result.ok, result.first_wrong
    assert result.transfers > PEOPLE + 40
    overdrawn = await rows(
        "SELECT id FROM points_account WHERE kind <> 'issue' AND debits_posted + debits_pending > credits_posted"
    )
    assert overdrawn == []
    await _check_sums(people, offer)


async def _prepare() -> tuple[list, PointsOffer]:
    people = [uuid7() for _ in range(PEOPLE)]

    @atomic
    async def open_accounts() -> PointsOffer:
        issue = await ledger.issue_account(now=NOW)
        accounts = [await ledger.person_account(user, now=NOW) for user in people]
        await ledger.transfer_many(
            [
                ledger.Transfer(id=uuid7(), debit=issue, credit=account, amount=POINTS_EACH, code="gift")
                for account in accounts
            ],
            now=NOW,
        )
        return await vouchers.create_offer(
            offer_id=uuid7(),
            merchant_id=uuid7(),
            title_zh="面",
            title_en="Noodles",
            cost=7,
            stock=STOCK,
            per_person_cap=15,
            starts_at=NOW - timedelta(days=1),
            now=NOW,
        )

    return people, await open_accounts()


async def _start(config: dict[str, object]) -> asyncio.subprocess.Process:
    script = Path(__file__).with_name("spender.py")
    environment = project_environment({"PYTHONPATH": os.fspath(ROOT)})
    return await asyncio.create_subprocess_exec(
        sys.executable,
        os.fspath(script),
        json.dumps(config),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE if config["rounds"] != 100_000 else asyncio.subprocess.DEVNULL,
        env=environment,
        cwd=ROOT,
    )


async def _check_acknowledged(printed: str) -> None:
    """What a process printed was committed: it must be there, in the state that was printed last."""
    transfers: set[str] = set()
    states: dict[str, str] = {}
    uses: dict[str, str] = {}
    for line in printed.splitlines():
        match line.split():
            case ["transfer", transfer_id]:
                transfers.add(transfer_id)
            case ["voucher", voucher_id, state]:
                states[voucher_id] = state
            case ["redemption", redemption_id, state]:
                uses[redemption_id] = state
    assert transfers
    assert states
    assert uses
    stored = {str(found) for found in await PointsTransfer.all().values_list("id", flat=True)}
    assert transfers <= stored
    vouchers_now = {str(voucher.id): voucher.state for voucher in await PointsVoucher.all()}
    for voucher_id, state in states.items():
        # After the printed state only the killed process may have gone one step further, unprinted.
        assert vouchers_now[voucher_id] == state or state == "issued"
    redemptions = {str(each.id): each for each in await PointsRedemption.all()}
    for redemption_id, state in uses.items():
        assert state == "done" or redemptions[redemption_id].undone_at is not None


async def _check_sums(people: list, offer: PointsOffer) -> None:
    held = [voucher for voucher in await PointsVoucher.all() if voucher.state in ("issued", "redeemed")]
    assert (await PointsOffer.get(id=offer.id)).stock == STOCK - len(held)
    left = [(await ledger.balance(ledger.account_id("person", user))).available for user in people]
    assert sum(left) + 7 * len(held) == PEOPLE * POINTS_EACH
    standing = [each.voucher_id for each in await PointsRedemption.filter(undone_at__isnull=True)]
    assert sorted(standing) == sorted(voucher.id for voucher in held if voucher.state == "redeemed")
    till = await ledger.balance(ledger.account_id("merchant", offer.merchant_id))
    assert till.available == 7 * len(standing)
