"""A shop's life against a plain-Python model: vouchers bought, used, undone, given back and ended, points that end, statements paid."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
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
from points import expiry, ledger, settlement, vouchers
from points.audit import audit
from points.errors import (
    CapReached,
    NotEnoughPoints,
    OutOfStock,
    PointsError,
    UndoTooLate,
    VoucherAlreadyRedeemed,
    VoucherNotUsable,
)
from points.models import PointsOffer, PointsVoucher

START = datetime(2026, 6, 5, 12, 0, tzinfo=UTC)
COST, STOCK, CAP = 7, 5, 3
MONTH, LASTS = timedelta(days=30), timedelta(days=180)
PICK = st.integers(0, 1_000)
STAFF, AREA = UUID(int=1), UUID(int=2)


async def lasts_for(user_ids: Sequence[UUID]) -> dict[UUID, timedelta]:
    """Everybody's points last half a year."""
    return dict.fromkeys(user_ids, LASTS)


@dataclass
class Person:
    """What the model knows of somebody: what they earned when, what ended, what came back from vouchers when."""

    user_id: UUID
    earned: list[tuple[datetime, int]]
    returned: list[tuple[datetime, int]]
    told: list[tuple[datetime, datetime]]
    ended: int = 0

    @property
    def account(self) -> UUID:
        return ledger.account_id("person", self.user_id)


@dataclass
class Voucher:
    """What the model knows of a voucher; `used_at` of its standing use, `settled` once a statement has it."""

    id: UUID
    owner: Person
    expires_at: datetime
    state: str = "issued"
    redemption_id: UUID | None = None
    used_at: datetime | None = None
    settled: bool = False


class ShopMachine(RuleBasedStateMachine):
    """Two people, one shop, one thing in its window."""

    runner: asyncio.Runner

    def __init__(self) -> None:
        super().__init__()
        self.now, self.months, self.paid = START, 0, 0
        self.people = [Person(uuid7(), [], [], []) for _ in range(2)]
        self.vouchers: list[Voucher] = []
        self.uses: list[tuple[Voucher, UUID, datetime]] = []
        self.offer: PointsOffer = self.run(self.open())

    def run(self, work: Any) -> Any:
        async def awaited() -> Any:
            return await work

        return self.runner.run(awaited())

    async def open(self) -> PointsOffer:
        self.issue = await atomic(ledger.issue_account)(uuid7(), now=self.now)
        for person in self.people:
            await atomic(ledger.person_account)(person.user_id, now=self.now)
        return await atomic(vouchers.create_offer)(
            offer_id=uuid7(),
            merchant_id=uuid7(),
            title_zh="面",
            title_en="Noodles",
            cost=COST,
            stock=STOCK,
            per_person_cap=CAP,
            voucher_days=20,
            starts_at=START,
            now=START,
        )

    def refusal(self, work: Any) -> type[PointsError] | None:
        """How the ledger refused, or None where it agreed."""
        try:
            self.run(work)
        except PointsError as error:
            return type(error)
        return None

    # --- the model ---

    def of(self, person: Person, *states: str) -> int:
        return sum(each.owner is person and each.state in states for each in self.vouchers)

    def available(self, person: Person) -> int:
        earned = sum(points for _, points in person.earned)
        return earned - person.ended - COST * self.of(person, "issued", "redeemed")

    def lots(self, person: Person) -> list[tuple[datetime, int]]:
        """What is left of each earning when the oldest is spent first, and when it ends."""
        gone, left = person.ended + COST * self.of(person, "issued", "redeemed"), []
        for at, points in person.earned:
            taken = min(gone, points)
            gone -= taken
            left.append((at + LASTS, points - taken))
        return left

    def give_back(self, voucher: Voucher, state: str) -> None:
        voucher.state = state
        voucher.owner.returned.append((self.now, COST))

    # --- what happens ---

    @rule(who=st.integers(0, 1), points=st.integers(1, 30))
    def earn(self, who: int, points: int) -> None:
        person = self.people[who]
        new = ledger.Transfer(id=uuid7(), debit=self.issue, credit=person.account, amount=points, code="gift")
        self.run(atomic(ledger.transfer)(new, now=self.now))
        person.earned.append((self.now, points))

    @rule(minutes=st.sampled_from([1, 4, 6, 12]))
    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(days=st.sampled_from([1, 8, 19, 31, 150]))
    def sleep(self, days: int) -> None:
        self.now += timedelta(days=days)

    @rule(who=st.integers(0, 1))
    def buy(self, who: int) -> None:
        person, voucher_id = self.people[who], uuid7()
        refused = self.refusal(atomic(vouchers.buy)(self.offer.id, person.user_id, voucher_id, now=self.now))
        if self.of(person, "issued", "redeemed") >= CAP:
            assert refused is CapReached
        elif self.stock() == 0:
            assert refused is OutOfStock
        elif self.available(person) < COST:
            assert refused is NotEnoughPoints
        else:
            assert refused is None
            self.vouchers.append(Voucher(voucher_id, person, self.now + timedelta(days=20)))

    def stock(self) -> int:
        return STOCK - sum(each.state in ("issued", "redeemed") for each in self.vouchers)

    @precondition(lambda self: self.vouchers)
    @rule(pick=PICK)
    def redeem(self, pick: int) -> None:
        voucher, redemption_id = self.vouchers[pick % len(self.vouchers)], uuid7()
        code = self.run(PointsVoucher.get(id=voucher.id)).transfer_id
        refused = self.refusal(
            atomic(vouchers.redeem)(
                code, self.offer.merchant_id, STAFF, now=self.now, redemption_id=redemption_id
            )
        )
        if voucher.state == "redeemed":
            assert refused is VoucherAlreadyRedeemed
        elif voucher.state != "issued" or self.now >= voucher.expires_at:
            assert refused is VoucherNotUsable
        else:
            assert refused is None
            voucher.state, voucher.redemption_id, voucher.used_at = "redeemed", redemption_id, self.now
            self.uses.append((voucher, redemption_id, self.now))

    @precondition(lambda self: self.uses)
    @rule(pick=PICK)
    def undo(self, pick: int) -> None:
        voucher, redemption_id, used_at = self.uses[pick % len(self.uses)]
        work = atomic(vouchers.undo)(
            redemption_id, self.offer.merchant_id, STAFF, "wrong table", now=self.now
        )
        refused = self.refusal(work)
        if voucher.redemption_id != redemption_id:
            assert refused is None  # undone before
        elif self.now > used_at + vouchers.UNDO_FOR:
            assert refused is UndoTooLate
        else:
            assert refused is None
            voucher.state, voucher.redemption_id, voucher.used_at = "issued", None, None

    @precondition(lambda self: self.vouchers)
    @rule(pick=PICK)
    def refund(self, pick: int) -> None:
        voucher = self.vouchers[pick % len(self.vouchers)]
        refused = self.refusal(atomic(vouchers.refund)(voucher.id, "closed", now=self.now))
        if voucher.state == "issued":
            assert refused is None
            self.give_back(voucher, "refunded")
        else:
            expected = {"redeemed": VoucherAlreadyRedeemed, "expired": VoucherNotUsable, "refunded": None}
            assert refused is expected[voucher.state]

    @rule()
    def end_vouchers(self) -> None:
        due = {
            each.id: each for each in self.vouchers if each.state == "issued" and each.expires_at <= self.now
        }
        ended = self.run(atomic(vouchers.expire_due)(self.now))
        assert due.keys() <= set(ended)
        for voucher in due.values():
            self.give_back(voucher, "expired")

    @rule()
    def end_points(self) -> None:
        """Announce what ends within 30 days; end what is over and was announced a week ago."""
        horizon = self.now + expiry.ANNOUNCED_BEFORE
        told = self.run(self.announce())
        for person in self.people:
            before = max((until for until, _ in person.told), default=None)
            soon = sum(
                left for ends_at, left in self.lots(person)
                if ends_at <= horizon and (before is None or ends_at > before)
            )  # fmt: skip
            free = self.available(person) > 0
            assert told.get(person.user_id, 0) == (soon if free else 0)
            if soon and free:
                person.told.append((horizon, self.now))
        self.run(self.expire())
        for person in self.people:
            settled = [until for until, at in person.told if at <= self.now - expiry.NOTICE_MIN]
            if not settled or self.available(person) == 0:
                continue
            until = min(self.now, max(settled))
            over = sum(left for ends_at, left in self.lots(person) if ends_at <= until)
            since = self.now - expiry.RETURNED_STAY
            person.ended += max(0, over - sum(points for at, points in person.returned if at > since))

    async def announce(self) -> dict[UUID, int]:
        told: dict[UUID, int] = {}
        after = None
        while True:
            notices, after = await atomic(expiry.announce_due)(self.now, lasts_for, after=after)
            told |= {notice.user_id: notice.points for notice in notices}
            if after is None:
                return told

    async def expire(self) -> None:
        after = None
        while True:
            _, after = await atomic(expiry.expire_due)(self.now, lasts_for, after=after)
            if after is None:
                return

    @precondition(lambda self: self.now >= START + (self.months + 1) * MONTH + settlement.GRACE)
    @rule()
    def settle(self) -> None:
        """Freeze the next month that is over, twice; agree; pay."""
        self.months += 1
        ends_at = START + self.months * MONTH
        uses = [(voucher, used) for voucher, used, at in self.uses if at < ends_at]
        for _ in range(2):
            statement = self.run(
                atomic(settlement.freeze)(
                    uuid7(), self.offer.merchant_id, AREA, f"m{self.months}",
                    starts_at=ends_at - MONTH, ends_at=ends_at, now=self.now,
                )
            )  # fmt: skip
        standing = [
            voucher for voucher, used in uses if voucher.redemption_id == used and not voucher.settled
        ]
        if statement is None:
            assert standing == []
            return
        assert self.run(settlement.totals(statement.id)).total == COST * len(standing)
        self.run(atomic(settlement.confirm)(statement.id, STAFF, now=self.now))
        self.run(atomic(settlement.pay)(statement.id, STAFF, "bank 1", cents=None, now=self.now))
        for voucher in standing:
            voucher.settled = True
        self.paid += COST * len(standing)

    @invariant()
    def all_agrees(self) -> None:
        for person in self.people:
            found = self.run(ledger.balance(person.account))
            assert (found.available, found.set_aside) == (
                self.available(person),
                COST * self.of(person, "issued"),
            )
        till = self.run(ledger.balance(ledger.account_id("merchant", self.offer.merchant_id)))
        used = sum(each.state == "redeemed" for each in self.vouchers)
        assert till.available == COST * used - self.paid
        assert self.run(PointsOffer.get(id=self.offer.id)).stock == self.stock()

    def teardown(self) -> None:
        result = self.run(audit())
        assert result.ok, result.first_wrong


def play(make_settings: Any, examples: int, steps: int) -> None:
    """Play so many random histories in one database."""
    with asyncio.Runner() as runner:
        runner.run(init_database(make_settings()))
        machine = type("Machine", (ShopMachine,), {"runner": runner})
        try:
            run_state_machine_as_test(
                machine,
                settings=settings(
                    max_examples=examples,
                    stateful_step_count=steps,
                    deadline=None,
                    suppress_health_check=list(HealthCheck),
                ),
            )
        finally:
            runner.run(close_database())


def test_a_shop_agrees_with_its_model(make_settings) -> None:
    """Whatever happens in whatever order, balances, stock, refusals and statements are those of the model."""
    play(make_settings, examples=8, steps=30)


@pytest.mark.slow
def test_a_shop_agrees_with_its_model_for_long(make_settings) -> None:
    """The same, over long and many histories."""
    play(make_settings, examples=150, steps=80)
