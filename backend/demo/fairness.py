"""Demo: what administrators look after: odd uses of points to look at, who wants to be on the leaderboard, a security scene, deeds."""

import datetime as dt

from backend.areas.models import Area
from backend.core import clock
from backend.core.db import atomic
from backend.core.ids import uuid7
from backend.demo import cast
from backend.demo.thanks import new_person, use_offer
from backend.demo.tonight import actor_of
from backend.people.models import Person
from backend.rewards import service as rewards
from backend.rewards.models import LeaderboardChoice, Merchant, RewardSetting
from backend.rewards.oversight_schemas import SignalClose
from backend.rewards.schemas import DeedIn, ShareIn
from points import accounts, vouchers
from points.models import PointsOffer

TEA, PHARMACY, SEAFOOD = 1, 3, 9
"""Places of the shops in the demo's list."""
CHECK_POINTS, POT_POINTS, SOUP_POINTS = 5, 12, 20
REGULAR_DAYS = (13, 11, 9, 7, 5, 3, 2)
BURST = 5
AWAKE, NOW_AND_THEN = 4, 3
ON_THE_BOARD = 16
SCENE_FOR = dt.timedelta(days=6)
SCENE = "文庙灯会，三天夜里人多，各队轮班"
FOUND_FINE = "问过了：他血压高，药师请他隔天来量，每次都有记录。"
TOGETHER = 2


@atomic
async def use_oddly(areas: dict[str, Area], shops: list[Merchant]) -> None:
    """A neighbour whom the same chemist sees every other day, a team's tea in one go, soup for those who fish at night."""
    home = areas["lewan/shifang/shifang"]
    chemist = await new_person("钱药师", "19911110018", 1984, home)
    innkeeper = await new_person("吴掌柜", "19911110019", 1970, home)
    cook = await new_person("海叔", "19911110020", 1966, home)
    for person, at in ((chemist, PHARMACY), (innkeeper, TEA), (cook, SEAFOOD)):
        await rewards.hire(person.id, shops[at], area_path=home.path, owner=True)
    now = clock.now()
    crew = await cast.walkers(40)
    purses = {person.id: await _available(person, now) for person in crew}
    crew.sort(key=lambda person: -purses[person.id])
    check = await PointsOffer.get(merchant_id=shops[PHARMACY].id, cost=CHECK_POINTS)
    pot = await PointsOffer.get(merchant_id=shops[TEA].id, cost=POT_POINTS)
    soup = await PointsOffer.get(merchant_id=shops[SEAFOOD].id, cost=SOUP_POINTS)
    thirsty, regular, *others = crew
    morning = now.replace(hour=1, minute=20, second=0, microsecond=0)  # 9:20 in the district
    for days in REGULAR_DAYS:
        await use_offer(check, regular, shops[PHARMACY], chemist, morning - dt.timedelta(days=days))
    for days, person in enumerate(others[AWAKE : AWAKE + NOW_AND_THEN], 4):
        await use_offer(check, person, shops[PHARMACY], chemist, morning - dt.timedelta(days=days))
    # Five pots that were taken one after the other for people who had just come in together.
    afternoon = morning + dt.timedelta(hours=6) - dt.timedelta(days=4)
    bought = [await vouchers.buy(pot.id, thirsty.id, uuid7(), now=afternoon) for _ in range(BURST)]
    for number, voucher in enumerate(bought, 20):
        at = afternoon + dt.timedelta(minutes=number)
        await vouchers.redeem(voucher.code, shops[TEA].id, innkeeper.id, now=at)
    late = morning.replace(hour=19, minute=40)  # 3:40 in the district
    for days, person in enumerate(others[:AWAKE], 2):
        await use_offer(soup, person, shops[SEAFOOD], cook, late - dt.timedelta(days=days))


async def _available(person: Person, now: dt.datetime) -> int:
    return (await accounts.balance(await accounts.person_account(person.id, now=now))).available


@atomic
async def open_board(areas: dict[str, Area], cards: dict[str, Person]) -> None:
    """The district has a leaderboard that some wanted to be on, and a security scene for a lantern festival."""
    now = clock.now()
    await RewardSetting.create(
        area_id=areas["lewan"].id,
        leaderboard=True,
        scene_until=now + SCENE_FOR,
        scene_reason=SCENE,
        scene_declared_at=now - dt.timedelta(hours=20),
        scene_declared_by=cards["admin"].id,
    )
    for person in (cards["volunteer"], cards["leader"], *await cast.walkers(ON_THE_BOARD)):
        await LeaderboardChoice.create(user_id=person.id, shown_since=now - dt.timedelta(days=20))


async def look(areas: dict[str, Area], cards: dict[str, Person]) -> None:
    """The nightly look at what is odd; one of the finds was looked into already."""
    await rewards.find_signals()
    admin = await actor_of(cards["admin"])
    for signal in (await rewards.signals_of(admin, areas["lewan"].id, "open")).items:
        if signal.kind == "same_pair":
            await rewards.close_signal(admin, signal.id, SignalClose(outcome="fine", note=FOUND_FINE))


async def thank_for_deeds(areas: dict[str, Area], cards: dict[str, Person]) -> None:
    """A talk, and a dispute that the volunteer and a neighbour settled, thanked for by the community."""
    poster = await actor_of(cards["poster"])
    neighbours = (await cast.walkers(30))[-TOGETHER:]
    now = clock.now()
    deeds = (
        ("talk", "文庙广场反诈宣讲", "A talk about fraud at Wenmiao Square", 1, 6),
        ("mediation", "楼上漏水，两家谈好了", "A leaking ceiling, settled between two homes", 2, 3),
    )
    for (kind, title_zh, title_en, weight, hours_ago), neighbour in zip(deeds, neighbours, strict=True):
        wanted = DeedIn(
            id=uuid7(),
            area_id=areas["lewan/shifang/shifang"].id,
            kind=kind,  # type: ignore[arg-type]  # one of the literals above
            title_zh=title_zh,
            title_en=title_en,
            shares=[ShareIn(cards["volunteer"].id, weight), ShareIn(neighbour.id)],
        )
        await rewards.credit_deed(poster, wanted, day=now - dt.timedelta(hours=hours_ago))
