"""Demo: what points were given and used for, last month and this one, so that tills, statements and rules have a past."""

import datetime as dt
import random
import uuid
import zoneinfo

from backend.areas.models import Area
from backend.core import clock
from backend.core.db import atomic
from backend.core.ids import uuid7
from backend.demo import cast
from backend.demo.history import make_patrol
from backend.demo.tonight import actor_of
from backend.people.models import Person
from backend.rewards import service as rewards
from backend.rewards.models import Merchant, MerchantApplication, MerchantBranch
from backend.rewards.oversight_schemas import BudgetIn
from backend.thanks import service as kind_words
from backend.thanks.schemas import RainIn, TeamThanksIn
from points import settlement, vouchers
from points.models import PointsOffer, PointsSettlement, PointsSettlementLine

LAST_MONTH_PATROLS = 16
BUYERS = 8
VOLUNTEER_EVERY = 4
BUDGET_POINTS = 20_000
SAID = "前几天降温，谢谢你们天天把放学的路守到最后一个孩子。"
DISPUTED = "这一天店里停电，没有核销过"
USED_AFTER = dt.timedelta(minutes=25)
TODAY_AGO = (dt.timedelta(hours=4), dt.timedelta(hours=2, minutes=20), dt.timedelta(minutes=35))


@atomic
async def make_people_of_shops(areas: dict[str, Area], shops: list[Merchant], keeper: Person) -> Person:
    """The first shop's branch and who works there, and a shop that asks to join; returns the person at the till."""
    first, home = shops[0], areas["lewan/shifang/shifang"]
    branch = await MerchantBranch.create(
        id=uuid7(),
        merchant_id=first.id,
        name_zh="老街面馆望江店",
        name_en="Old Street Noodles, Wangjiang",
        address_zh="新渡码头旁",
        address_en="Beside Xindu Pier",
        hours="07:00–20:00",
        lon=first.lon + 0.012,
        lat=first.lat + 0.008,
    )
    helper = await new_person("赵小满", "19911110016", 2001, home)
    await rewards.hire(helper.id, first, area_path=home.path, owner=False, branch_id=branch.id)
    owner = await new_person("苏婶", "19911110017", 1968, home)
    await MerchantApplication.create(
        id=uuid7(),
        area_id=home.id,
        applicant_id=owner.id,
        licence_no="91330302DEMO000017",
        kind="bakery",
        name_zh="苏婶豆腐坊",
        name_en="Auntie Su’s Tofu",
        address_zh="槐巷 17 号",
        address_en="17 Huaixiang Lane",
        hours="05:30–12:00",
        lon=home.center_lon,
        lat=home.center_lat,
        contact_name=owner.name,
        contact_phone=owner.phone,
        applied_at=clock.now() - dt.timedelta(hours=20),
    )
    await Merchant.filter(id=first.id).update(contact_name=keeper.name, contact_phone=keeper.phone)
    return helper


async def new_person(name: str, phone: str, birth_year: int, home: Area) -> Person:
    """Somebody who works at a shop and never signs in."""
    return await Person.create(
        id=uuid7(),
        phone=phone,
        name=name,
        password_hash="",  # never signs in
        birth_year=birth_year,
        verified=True,
        on_duty=False,
        area_id=home.id,
        demo=True,
        created_at=clock.now(),
    )


@atomic
async def make_last_month(
    areas: dict[str, Area], cards: dict[str, Person], shops: list[Merchant], till: Person, seed: int
) -> None:
    """A few patrols of last month and what was had for them at three shops: one paid, one disputed, one to be checked."""
    dice = random.Random(seed)
    area = areas["lewan/shifang/shifang"]
    zone = zoneinfo.ZoneInfo(areas["lewan"].time_zone)
    first = clock.now().astimezone(zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    began = (first - dt.timedelta(days=1)).replace(day=1)
    crew = await cast.walkers(BUYERS)
    for number in range(LAST_MONTH_PATROLS):
        people = [crew[(number + step) % BUYERS] for step in range(3)]
        if number % VOLUNTEER_EVERY == 0:
            people = [cards["leader"], cards["volunteer"], people[0]]
        at = began + dt.timedelta(
            days=1 + number, hours=dice.choice((16, 19, 20)), minutes=dice.randrange(0, 60, 5)
        )
        await make_patrol(area, people, at.astimezone(dt.UTC), cards["officer"], dice)
    noodles, tea, pharmacy = shops[0], shops[1], shops[3]
    day = began + dt.timedelta(days=20, hours=9)
    for number, buyer in enumerate(crew):
        at = day + dt.timedelta(hours=5 * number, minutes=dice.randrange(50))
        used = await use_offer(
            await _offer(noodles, "热豆浆一杯"), buyer, noodles, till, at.astimezone(dt.UTC)
        )
        if number == 2:
            undone_at = at + USED_AFTER + dt.timedelta(minutes=2)
            await vouchers.undo(used, noodles.id, till.id, "扫错了券", now=undone_at.astimezone(dt.UTC))
        other, title = ((tea, "清茶一壶"), (pharmacy, "血压测量并记录"))[number % 2]
        await use_offer(
            await _offer(other, title), buyer, other, till, (at + dt.timedelta(hours=1)).astimezone(dt.UTC)
        )


async def _offer(shop: Merchant, title_zh: str) -> PointsOffer:
    return await PointsOffer.get(merchant_id=shop.id, title_zh=title_zh)


async def use_offer(
    offer: PointsOffer, buyer: Person, shop: Merchant, till: Person, at: dt.datetime
) -> uuid.UUID:
    """Buy one and use it a little later; the redemption's id."""
    voucher = await vouchers.buy(offer.id, buyer.id, uuid7(), now=at)
    redemption_id = uuid7()
    await vouchers.redeem(voucher.code, shop.id, till.id, now=at + USED_AFTER, redemption_id=redemption_id)
    return redemption_id


async def settle_last_month(cards: dict[str, Person], shops: list[Merchant]) -> None:
    """Freeze last month: the tea house is paid, the pharmacy disputes a line, the noodle shop has yet to look."""
    await rewards.freeze_last_month()
    await _settle(cards["admin"], cards["merchant"], shops[1], shops[3])


@atomic
async def _settle(admin: Person, keeper: Person, paid: Merchant, disputed: Merchant) -> None:
    now = clock.now()
    statement = await PointsSettlement.filter(merchant_id=paid.id).first()
    if statement is not None:
        await settlement.confirm(statement.id, keeper.id, now=now)
        await settlement.pay(statement.id, admin.id, "DEMO-2201", cents=None, now=now)
    statement = await PointsSettlement.filter(merchant_id=disputed.id).first()
    if statement is not None:
        line = await PointsSettlementLine.filter(settlement_id=statement.id).order_by("at").first()
        assert line is not None, "a statement has lines"
        await settlement.dispute(statement.id, {line.transfer_id: DISPUTED}, now=now)


@atomic
async def make_today(cards: dict[str, Person], noodles: Merchant, till: Person) -> None:
    """What was redeemed today, and two vouchers of the volunteer of the login card: one used, one to be used."""
    now = clock.now()
    crew = await cast.walkers(BUYERS + len(TODAY_AGO))
    soy, bowl = await _offer(noodles, "热豆浆一杯"), await _offer(noodles, "牛肉面一碗")
    for buyer, ago in zip(crew[BUYERS:], TODAY_AGO, strict=True):
        await use_offer(soy, buyer, noodles, till, now - ago)
    volunteer = cards["volunteer"]
    await use_offer(bowl, volunteer, noodles, till, now - dt.timedelta(hours=10))
    await vouchers.buy(soy.id, volunteer.id, uuid7(), now=now - dt.timedelta(hours=9))


async def make_budget(areas: dict[str, Area], cards: dict[str, Person]) -> None:
    """Who gives the points: the sub-district, from last month to the end of the year."""
    today = clock.now().astimezone(zoneinfo.ZoneInfo(areas["lewan"].time_zone)).date()
    begun = (today.replace(day=1) - dt.timedelta(days=1)).replace(day=1)
    wanted = BudgetIn(
        id=uuid7(),
        area_id=areas["lewan"].id,
        funder="石坊街道",
        starts_on=begun,
        ends_on=today.replace(month=12, day=31),
        points=BUDGET_POINTS,
        kept_for_posted=BUDGET_POINTS // 10,
    )
    await rewards.add_budget(await actor_of(cards["admin"]), wanted)


async def say_thanks(areas: dict[str, Area], cards: dict[str, Person]) -> None:
    """What was said to the volunteer's team, and one day of rain, last week."""
    zone = zoneinfo.ZoneInfo(areas["lewan"].time_zone)
    team_id = cards["volunteer"].team_id
    assert team_id is not None, "the volunteer of the login card walks with a team"
    words = TeamThanksIn(id=uuid7(), team_id=team_id, text=SAID)
    await kind_words.thank_team(await actor_of(cards["poster"]), words)
    wet = (clock.now() - dt.timedelta(days=4)).astimezone(zone).date()
    rain = RainIn(area_id=areas["lewan/shifang/shifang"].id, day=wet, rained=True)
    await kind_words.note_rain(await actor_of(cards["poster"]), rain)
