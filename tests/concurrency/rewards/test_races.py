"""Two processes want the same thing at once: the last bowl, the one voucher, the one verdict. One gets it."""

import asyncio
import datetime as dt
import json
import os
import sys
import uuid
from collections import Counter
from typing import Any

import pytest

from backend.core import clock
from backend.core.db import atomic
from backend.core.ids import uuid7
from backend.core.roles import Role
from backend.patrols.models import Fix, Patrol, PatrolMember
from backend.rewards.models import Merchant
from backend.settings import Settings
from points import audit as ledger_audit
from points import vouchers
from points.models import PointsOffer, PointsTransfer, PointsVoucher
from tests.support.district import District, make_district
from tests.support.processes import ROOT, project_environment
from tests.support.shop import give_points, hire

PROCESSES = 2
TRIES = 20
CROWD = 200


async def race(settings: Settings, what: str, calls: list[tuple[uuid.UUID, str]]) -> Counter[str]:
    """Split the calls over two processes, let them all go at the same moment, and count the answers by code."""
    environ = {"LEXUN_DATA_DIR": str(settings.data_dir), "LEXUN_DATABASE_URL": settings.database_url}
    running = []
    for number in range(PROCESSES):
        own = [{"user": str(user), "about": about} for user, about in calls[number::PROCESSES]]
        running.append(
            await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.concurrency.rewards.racing_process",
                json.dumps({"what": what, "calls": own}),
                cwd=ROOT, env=project_environment({**environ, "PYTHONPATH": os.fspath(ROOT)}),
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            )
        )  # fmt: skip
    for process in running:
        assert process.stdout is not None
        assert await asyncio.wait_for(process.stdout.readline(), 60) == b"ready\n"
    said = await asyncio.wait_for(asyncio.gather(*(process.communicate(b"go\n") for process in running)), 120)
    assert [process.returncode for process in running] == [0] * PROCESSES
    answers: Counter[str] = Counter()
    for out, _ in said:
        answers.update(json.loads(out))
    return answers


async def make_merchant(district: District) -> Merchant:
    """A shop of the first community."""
    area = district.communities[0]
    return await Merchant.create(
        id=uuid7(), area_id=area.id, kind="food", name_zh="面馆", name_en="Noodles", address_zh="一号",
        address_en="No. 1", lon=area.center_lon, lat=area.center_lat,
    )  # fmt: skip


async def make_offer(merchant: Merchant, **values: Any) -> PointsOffer:
    """Something in its window."""
    base = {"title_zh": "面", "title_en": "Noodles", "cost": 10, "stock": 1, "now": clock.now()}
    return await atomic(vouchers.create_offer)(
        offer_id=uuid7(), merchant_id=merchant.id, **{**base, **values}
    )


async def books_are_right() -> None:
    """Every balance agrees with the journal."""
    result = await atomic(ledger_audit.audit)()
    assert result.ok, result.first_wrong


async def test_the_last_one_is_sold_once(database: Settings) -> None:
    """Two hundred people with points enough, three bowls left: three vouchers, the others keep their points."""
    district = await make_district()
    offer = await make_offer(await make_merchant(district), stock=3)
    people = [(await district.volunteer()).id for _ in range(CROWD)]
    await asyncio.gather(*[give_points(person, 10) for person in people])
    answers = await race(database, "buy", [(person, str(offer.id)) for person in people])
    assert answers == {"ok": 3, "out-of-stock": CROWD - 3}
    assert (await PointsOffer.get(id=offer.id)).stock == 0
    assert (
        await PointsVoucher.all().count() == 3 == await PointsTransfer.filter(code="voucher_purchase").count()
    )
    await books_are_right()


async def test_points_are_spent_once(database: Settings) -> None:
    """One person with points for one bowl, two hundred tries from two processes: one voucher."""
    district = await make_district()
    offer = await make_offer(await make_merchant(district), stock=100)
    person = (await district.volunteer()).id
    await give_points(person, 19)
    answers = await race(database, "buy", [(person, str(offer.id))] * CROWD)
    assert answers == {"ok": 1, "not-enough-points": CROWD - 1}
    assert (await PointsOffer.get(id=offer.id)).stock == 99
    await books_are_right()


async def test_two_tills_redeem_once(database: Settings) -> None:
    """Ten people at two tills type the same digits at the same moment: one bowl is handed over."""
    district = await make_district()
    merchant = await make_merchant(district)
    offer, holder = await make_offer(merchant), await district.volunteer()
    await give_points(holder.id, 10)
    voucher = await atomic(vouchers.buy)(offer.id, holder.id, uuid7(), now=clock.now())
    staff = [(await district.person()).id for _ in range(TRIES // 2)]
    for person in staff:
        await hire(person, merchant)
    answers = await race(database, "redeem", [(person, voucher.code) for person in staff * 2])
    assert answers == {"ok": 1, "voucher-already-redeemed": TRIES - 1}
    assert (await PointsVoucher.get(id=voucher.id)).state == "redeemed"
    assert await PointsTransfer.filter(kind="post").count() == 1
    await books_are_right()


@pytest.mark.parametrize("patrol_count", [1, 5])
async def test_two_officers_give_one_verdict(database: Settings, patrol_count: int) -> None:
    """Many officers accept the same patrols at once: each patrol is credited once, whoever was first."""
    district = await make_district()
    officers = [(await district.person(Role.OFFICER)).id for _ in range(TRIES // 2)]
    walkers = [(await district.volunteer()).id for _ in range(patrol_count)]
    patrols = [await walked(district, walker) for walker in walkers]
    calls = [(officer, str(patrol)) for patrol in patrols for officer in officers * 2]
    answers = await race(database, "review", calls)
    assert answers == {"ok": patrol_count, "already-reviewed": patrol_count * (TRIES - 1)}
    credited = await PointsTransfer.filter(code="patrol_reward").values_list("reference_id", flat=True)
    assert sorted(credited) == sorted(patrols)  # type: ignore[type-var]
    assert set(await PatrolMember.all().values_list("points_awarded", flat=True)) == {5}
    await books_are_right()


async def walked(district: District, user_id: uuid.UUID) -> uuid.UUID:
    """A free patrol of half an hour that awaits its review, with a position every minute."""
    began = clock.now() - dt.timedelta(hours=1)
    patrol = await Patrol.create(
        id=uuid7(),
        area_id=district.communities[0].id,
        kind="free_patrol",
        started_by=user_id,
        started_at=began,
    )
    await PatrolMember.create(id=uuid7(), patrol_id=patrol.id, user_id=user_id, leader=True, joined_at=began)
    for minute in range(31):
        at = began + dt.timedelta(minutes=minute)
        await Fix.create(
            id=uuid7(), patrol_id=patrol.id, user_id=user_id, at=at, lon=120.7 + minute * 6e-4, lat=28.0, accuracy_m=5,
            received_at=at,
        )  # fmt: skip
    over = began + dt.timedelta(minutes=31)
    await PatrolMember.filter(patrol_id=patrol.id).update(state="finished", finished_at=over)
    await Patrol.filter(id=patrol.id).update(state="awaiting_review", finished_at=over)
    return patrol.id
