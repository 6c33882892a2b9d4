"""The ledger against a plain-Python model of it, over random histories."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from backend.core.db import atomic, close_database, init_database
from backend.core.ids import uuid7
from points import ledger
from points.audit import audit
from points.errors import (
    AlreadyResolved,
    AlreadyReversed,
    NotEnoughPoints,
    NotReversible,
    PendingTimedOut,
    PointsError,
    TransferConflict,
)

NOW = datetime(2026, 6, 5, 12, 0, tzinfo=UTC)

ACCOUNTS = st.integers(0, 3)
AMOUNTS = st.integers(1, 40)
PICK = st.integers(0, 1_000)
MINUTES = timedelta(minutes=1)


class LedgerMachine(RuleBasedStateMachine):
    """Account 0 issues points; 1 to 3 are people. The model is a few dictionaries."""

    runner: asyncio.Runner

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.available = [0, 0, 0, 0]
        self.sent: list[tuple[ledger.Transfer, str]] = []
        self.ended: dict[UUID, str] = {}
        self.reversed: dict[UUID, str] = {}
        self.accounts: list[UUID] = self.run(self.open())

    def run(self, work: Any) -> Any:
        return self.runner.run(work)

    async def open(self) -> list[UUID]:
        people = [await atomic(ledger.person_account)(uuid7(), now=self.now) for _ in range(3)]
        return [await atomic(ledger.issue_account)(uuid7(), now=self.now), *people]

    def refusal(self, work: Any) -> type[PointsError] | None:
        """How the ledger refused, or None where it agreed."""
        try:
            self.run(work)
        except PointsError as error:
            return type(error)
        return None

    def pays(self, account: int, amount: int) -> bool:
        return account == 0 or self.available[account] >= amount

    def send(self, debit: int, credit: int, amount: int, kind: str) -> None:
        new = ledger.Transfer(
            id=uuid7(), debit=self.accounts[debit], credit=self.accounts[credit], amount=amount, code=kind
        )
        if kind == "posted":
            refused = self.refusal(atomic(ledger.transfer)(new, now=self.now))
        else:
            timeout_at = self.now + 5 * MINUTES
            new = replace(new, kind="pending", timeout_at=timeout_at)
            refused = self.refusal(atomic(ledger.reserve)(new, now=self.now, timeout_at=timeout_at))
        if not self.pays(debit, amount):
            assert refused is NotEnoughPoints
            return
        assert refused is None
        self.available[debit] -= amount
        if kind == "posted":
            self.available[credit] += amount
        self.sent.append((new, kind))

    def side(self, account: UUID) -> int:
        return self.accounts.index(account)

    @rule(debit=ACCOUNTS, credit=ACCOUNTS, amount=AMOUNTS, kind=st.sampled_from(["posted", "pending"]))
    def transfer(self, debit: int, credit: int, amount: int, kind: str) -> None:
        if debit != credit:
            self.send(debit, credit, amount, kind)

    @rule(to=st.integers(1, 3), amount=AMOUNTS)
    def earn(self, to: int, amount: int) -> None:
        self.send(0, to, amount, "posted")

    @rule(minutes=st.integers(1, 6))
    def wait(self, minutes: int) -> None:
        self.now += minutes * MINUTES

    @precondition(lambda self: self.sent)
    @rule(pick=PICK, how=st.sampled_from(["post", "void"]))
    def end(self, pick: int, how: str) -> None:
        pendings = [new for new, kind in self.sent if kind == "pending"]
        if not pendings:
            return
        held = pendings[pick % len(pendings)]
        move = atomic(ledger.post if how == "post" else ledger.void)
        refused = self.refusal(move(held.id, now=self.now, code=how))
        if held.id in self.ended:
            assert refused is (None if self.ended[held.id] == how else AlreadyResolved)
        elif how == "post" and held.timeout_at is not None and self.now >= held.timeout_at:
            assert refused is PendingTimedOut
        else:
            assert refused is None
            self.ended[held.id] = how
            self.available[self.side(held.credit if how == "post" else held.debit)] += held.amount

    @precondition(lambda self: self.sent)
    @rule(pick=PICK, reason=st.sampled_from(["twice", "wrong"]))
    def reverse(self, pick: int, reason: str) -> None:
        first, kind = self.sent[pick % len(self.sent)]
        refused = self.refusal(atomic(ledger.reverse)(first.id, reason, now=self.now))
        if kind == "pending":
            assert refused is NotReversible
        elif first.id in self.reversed:
            assert refused is (None if self.reversed[first.id] == reason else AlreadyReversed)
        elif not self.pays(self.side(first.credit), first.amount):
            assert refused is NotEnoughPoints
        else:
            assert refused is None
            self.reversed[first.id] = reason
            self.available[self.side(first.credit)] -= first.amount
            self.available[self.side(first.debit)] += first.amount

    @precondition(lambda self: self.sent)
    @rule(pick=PICK, more=st.integers(0, 1))
    def send_again(self, pick: int, more: int) -> None:
        new, _ = self.sent[pick % len(self.sent)]
        again = replace(new, amount=new.amount + more)
        refused = self.refusal(atomic(ledger.transfer)(again, now=self.now))
        assert refused is (TransferConflict if more else None)

    @invariant()
    def balances_agree(self) -> None:
        found = [self.run(ledger.balance(account)).available for account in self.accounts]
        assert found == self.available
        assert all(points >= 0 for points in found[1:])

    def teardown(self) -> None:
        assert self.run(audit()).ok
        for account, points in zip(self.accounts, self.available, strict=True):
            rows = self.run(ledger.statement(account, limit=1_000))
            assert sum(row.points for row in rows) == points
            assert [row.balance_after for row in rows[:1]] in ([], [points])


def test_the_ledger_agrees_with_its_model(make_settings) -> None:
    """Whatever is sent in whatever order, balances and refusals are those of the model, and the audit agrees."""
    with asyncio.Runner() as runner:
        runner.run(init_database(make_settings()))
        machine = type("Machine", (LedgerMachine,), {"runner": runner})
        try:
            run_state_machine_as_test(
                machine,
                settings=settings(
                    max_examples=12,
                    stateful_step_count=30,
                    deadline=None,
                    suppress_health_check=list(HealthCheck),
                ),
            )
        finally:
            runner.run(close_database())
