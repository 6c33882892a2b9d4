"""The sealed journal: what is sealed can be checked for ever, and what was done to it is named."""

import asyncio

import pytest
from tortoise.exceptions import IntegrityError

from backend.core.db import atomic, dialect, rows, sql
from backend.core.ids import uuid7
from points import ledger, sealing
from points.audit import audit


async def seal(bank) -> int:
    """Seal everything that is settled."""
    until, sealed = await sealing.last_settled_seq(), 0
    while count := await atomic(sealing.seal_next)(until, now=bank.now):
        sealed += count
    return sealed


@pytest.fixture
async def sealed(bank, monkeypatch) -> list[ledger.Transfer]:
    """Seven transfers in blocks of three."""
    monkeypatch.setattr(sealing, "BLOCK_MAX", 3)
    account = await bank.account()
    given = [await bank.give(account, points) for points in range(1, 8)]
    assert await seal(bank) == 7
    return given


async def test_sealing_again_seals_what_is_new(bank, sealed) -> None:
    """Blocks follow each other; nothing is sealed twice; the audit says how many there are and the last hash."""
    assert await seal(bank) == 0
    await bank.give(await bank.account(), 5)
    assert await seal(bank) == 1
    found = await audit()
    blocks = await rows("SELECT number, transfers, hash, previous_hash FROM points_block ORDER BY number")
    assert [block["transfers"] for block in blocks] == [3, 3, 1, 1]
    assert [block["previous_hash"] for block in blocks[1:]] == [block["hash"] for block in blocks[:-1]]
    assert (found.ok, found.blocks, found.head_hash) == (True, 4, blocks[-1]["hash"])


async def test_two_sealers_at_once_seal_once(bank) -> None:
    """Whoever comes second finds nothing left or is refused; the chain has no fork."""
    account = await bank.account()
    for _ in range(20):
        await bank.give(account, 1)
    until = await sealing.last_settled_seq()
    counts = await asyncio.gather(*[atomic(sealing.seal_next)(until, now=bank.now) for _ in range(4)])
    assert sorted(counts) == [0, 0, 0, 20]
    assert (await audit()).ok


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        (
            "UPDATE points_transfer SET explanation = '[ ]' WHERE seq = ?",
            "it is not as it was sealed in block 2",
        ),
        ("UPDATE points_transfer SET code = 'gift' WHERE seq = ?", "it is not as it was sealed in block 2"),
    ],
)
async def test_a_changed_row_is_named(bank, sealed, raw, statement, words) -> None:
    """Also where no balance changes: a reworded reason is found, by its number."""
    seq = (await rows("SELECT seq FROM points_transfer ORDER BY seq"))[4]["seq"]
    for command in sql(
        sqlite="DROP TRIGGER points_transfer_no_update",
        postgres="ALTER TABLE points_transfer DISABLE TRIGGER ALL",
    ).split(";"):
        await raw(command)
    await raw(statement, seq)
    wrong = (await audit()).first_wrong
    assert wrong is not None and (wrong.what, wrong.id) == ("transfer", str(sealed[4].id))
    assert wrong.problem == f"seq {seq}: {words}"


async def test_a_removed_row_and_a_bent_block_are_named(bank, sealed, raw) -> None:
    """The row after a gap is not as it was sealed; a block whose hash was changed does not follow."""
    tables = ("points_transfer", "points_block")
    triggers = ("points_transfer_no_delete", "points_block_no_update")
    for table, trigger in zip(tables, triggers, strict=True):
        await raw(sql(sqlite=f"DROP TRIGGER {trigger}", postgres=f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
    seqs = [row["seq"] for row in await rows("SELECT seq FROM points_transfer ORDER BY seq")]
    await raw("DELETE FROM points_transfer WHERE seq = ?", seqs[3])
    chain = await sealing.check_chain()
    assert chain.first_wrong is not None
    assert (chain.first_wrong.what, chain.first_wrong.id) == ("transfer", str(sealed[4].id))
    assert chain.first_wrong.problem == f"seq {seqs[4]}: it was moved in block 2"
    await raw("UPDATE points_block SET hash = ? WHERE number = 1", "0" * 64)
    chain = await sealing.check_chain()
    assert chain.first_wrong is not None and (chain.first_wrong.what, chain.first_wrong.id) == ("block", "1")


async def test_blocks_are_never_bent(bank, sealed, raw) -> None:
    """No block changes, goes, or comes out of order."""
    copy = (
        "INSERT INTO points_block (number, first_seq, last_seq, transfers, row_digests, previous_hash, hash, sealed_at) "
        "SELECT {}, first_seq + 100, last_seq + 100, transfers, row_digests, {}, hash, sealed_at FROM points_block "
        "WHERE number = 3"
    )
    for statement in (
        "UPDATE points_block SET hash = '' WHERE number = 1",
        "DELETE FROM points_block",
        copy.format("5", "hash"),
        copy.format("4", "''"),
    ):
        with pytest.raises(IntegrityError):
            await raw(statement)


async def test_a_late_commit_is_not_left_out(bank) -> None:
    """A transfer that took its number early and is stored late is sealed in its place, not skipped."""
    if dialect() == "sqlite":
        pytest.skip("on SQLite one writer follows the other")
    first, second = await bank.account(), await bank.account()
    early, go = asyncio.Event(), asyncio.Event()

    @atomic
    async def slow() -> None:
        issue = await ledger.issue_account(uuid7(), now=bank.now)
        await ledger.transfer(bank.movement(issue, first, 1), now=bank.now)
        early.set()
        await go.wait()

    running = asyncio.create_task(slow())
    await asyncio.wait_for(early.wait(), 10)
    await bank.give(second, 1)
    sealing_now = asyncio.create_task(seal(bank))
    await asyncio.sleep(0.2)
    assert not sealing_now.done()
    go.set()
    await running
    assert await sealing_now == 2
    assert (await audit()).ok


async def test_the_digest_is_the_same_on_both_engines() -> None:
    """Written down, so that a ledger that moves to the other engine keeps its chain."""
    row = {
        "seq": 7,
        "id": "01890000-0000-7000-8000-000000000001",
        "debit_account_id": "01890000-0000-7000-8000-000000000002",
        "credit_account_id": "01890000-0000-7000-8000-000000000003",
        "amount": 10,
        "kind": "posted",
        "pending_id": None,
        "reverses_id": None,
        "code": "patrol_reward",
        "reference_id": None,
        "explanation": "[]",
        "reason": None,
        "timeout_at": None,
        "created_at": "2026-06-05 12:00:00+00:00",
    }
    assert sealing.row_digest(row).hex() == "cd8f9359db613b50230145e3fce0e840"
