"""A small bank over the migrated database: people with points, merchants with offers."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from backend.core.db import atomic, execute
from backend.core.ids import uuid7
from points import ledger, vouchers
from points.models import PointsOffer

NOW = datetime(2026, 6, 5, 12, 0, tzinfo=UTC)


@dataclass
class Bank:
    """Does each thing in a transaction of its own, as a caller would."""

    now: datetime = NOW
    issue: UUID = field(default_factory=lambda: ledger.account_id("issue", None))

    async def person(self, points: int = 0) -> UUID:
        """A person who was given points; returns the user id."""
        user_id = uuid7()
        await atomic(ledger.issue_account)(now=self.now)
        account = await atomic(ledger.person_account)(user_id, now=self.now)
        if points:
            await self.give(account, points)
        return user_id

    async def account(self, points: int = 0) -> UUID:
        """The account of such a person."""
        return ledger.account_id("person", await self.person(points))

    async def merchant(self) -> UUID:
        """A merchant's account."""
        return await atomic(ledger.merchant_account)(uuid7(), now=self.now)

    async def give(self, account: UUID, points: int) -> ledger.Transfer:
        """Issue points to an account."""
        new = self.movement(self.issue, account, points, code="patrol_reward")
        await self.transfer(new)
        return new

    def movement(self, debit: UUID, credit: UUID, amount: int, **more: Any) -> ledger.Transfer:
        """A transfer with a fresh id."""
        fields: dict[str, Any] = {"id": uuid7(), "code": "test", **more}
        return ledger.Transfer(debit=debit, credit=credit, amount=amount, **fields)

    async def transfer(self, *new: ledger.Transfer) -> list[ledger.Receipt]:
        """Store transfers as one batch."""
        return await atomic(ledger.transfer_many)(new, now=self.now)

    async def available(self, account: UUID) -> int:
        """What an account can spend."""
        return (await ledger.balance(account)).available

    async def offer(self, **more: Any) -> PointsOffer:
        """An open offer: ten points, five in stock, unless said otherwise."""
        fields: dict[str, Any] = {
            "offer_id": uuid7(),
            "merchant_id": uuid7(),
            "title_zh": "热汤面一碗",
            "title_en": "A bowl of noodle soup",
            "terms_zh": "堂食",
            "terms_en": "Eat in",
            "cost": 10,
            "stock": 5,
            "starts_at": self.now - timedelta(days=1),
            "now": self.now,
            **more,
        }
        return await atomic(vouchers.create_offer)(**fields)


@pytest.fixture
def bank(database: object) -> Bank:
    """The bank over this test's database."""
    return Bank()


RawSql = Callable[..., Awaitable[int]]


@pytest.fixture
def raw(database: object) -> RawSql:
    """Runs one statement with `?` placeholders, as a careless or hostile handler might."""

    async def run(statement: str, *values: object) -> int:
        return await atomic(execute)(statement, *values)

    return run
