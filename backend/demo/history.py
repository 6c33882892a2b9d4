"""Demo: the patrols of the last weeks, credited through the ledger, so that points and figures have a past."""

import datetime as dt
import itertools
import random
import zoneinfo

from backend.areas.models import Area
from backend.areas.service import district_of
from backend.core import clock
from backend.core.db import atomic
from backend.core.ids import uuid7
from backend.demo import cast
from backend.patrols.models import Patrol, PatrolMember
from backend.patrols.walked_cells import cells_of, count_cells
from backend.people.models import Person
from backend.rewards import service as rewards
from points.rules import PatrolFacts
from routing.geo import LocalPlane
from routing.track_privacy import Line

DAYS = 14
PATROLS_A_DAY = 4
HOURS = (6, 15, 17, 19, 19, 20, 20, 21)
CARD_EVERY = 5
FRIDAY, FRIDAYS = 4, 52
ROUND_MINUTES = 18
"""A round before bedtime: too short to earn points, and every bit a Friday."""
EXPERIENCED = 10
"""So many of the crew have walked often: the teams under way tonight, and the visitors' mates."""


@atomic
async def make_history(areas: dict[str, Area], cards: dict[str, Person], seed: int) -> int:
    """Accepted patrols of the last two weeks; every fifth is the volunteer's of the login card. Returns how many."""
    dice = random.Random(seed)
    crew = await cast.walkers(40)
    communities = [area for area in areas.values() if area.kind == "community"]
    today = clock.now().astimezone(zoneinfo.ZoneInfo(areas["lewan"].time_zone))
    made = 0
    for day in range(DAYS, 0, -1):
        for _ in range(PATROLS_A_DAY):
            area = areas["lewan/shifang/shifang"] if made % CARD_EVERY == 0 else dice.choice(communities)
            # Those who walk tonight have all walked before.
            known = crew[made % EXPERIENCED]
            others = [person for person in crew if person.id != known.id]
            people = [known, *dice.sample(others, dice.choice((1, 1, 2)))]
            if made % CARD_EVERY == 0:
                people = [cards["leader"], cards["volunteer"], *people[:1]]
            started_at = (today - dt.timedelta(days=day)).replace(
                hour=dice.choice(HOURS), minute=dice.randrange(0, 60, 5), second=0
            )
            await make_patrol(area, people, started_at.astimezone(dt.UTC), cards["officer"], dice)
            made += 1
    return made


@atomic
async def make_fridays(areas: dict[str, Area], cards: dict[str, Person], seed: int) -> None:
    """The Fridays of the year before, on each of which the volunteer of the login card walked after supper."""
    dice = random.Random(seed)
    area = areas["lewan/shifang/shifang"]
    today = clock.now().astimezone(zoneinfo.ZoneInfo(areas["lewan"].time_zone))
    last = today - dt.timedelta(days=(today.weekday() - FRIDAY) % 7)
    evening = last.replace(hour=19, minute=0, second=0, microsecond=0)
    for weeks in range(FRIDAYS + 1, 1, -1):
        people = [cards["leader"], cards["volunteer"]]
        at = (evening - dt.timedelta(weeks=weeks)).astimezone(dt.UTC)
        await make_patrol(area, people, at, cards["officer"], dice, minutes=ROUND_MINUTES, matters=0)


async def make_patrol(
    area: Area,
    people: list[Person],
    started_at: dt.datetime,
    officer: Person,
    dice: random.Random,
    *,
    minutes: int | None = None,
    matters: int | None = None,
) -> None:
    """One accepted patrol of the past, with its points; how long it was and what was handled are thrown unless given."""
    minutes = minutes or max(25, round(dice.gauss(58, 12)))
    night = started_at.astimezone(zoneinfo.ZoneInfo(area.time_zone)).hour >= 18
    patrol = await Patrol.create(
        id=uuid7(),
        area_id=area.id,
        kind="free_patrol",
        state="accepted",
        night=night,
        started_by=people[0].id,
        started_at=started_at,
        finished_at=started_at + dt.timedelta(minutes=minutes),
        length_m=round(minutes * dice.uniform(22, 34)),
        minutes=minutes,
        reviewed_by=officer.id,
        reviewed_at=started_at + dt.timedelta(hours=12),
        demo=True,
    )
    middle_lat = (await district_of(area)).center_lat
    line = _round_some_blocks(area, random.Random(f"{area.path} {started_at}"))
    await count_cells(patrol, cells_of([line], middle_lat))
    facts = PatrolFacts(
        minutes=minutes,
        night=night,
        stops_dwelt=0,
        stops_planned=0,
        handled_matters=dice.choice((0, 0, 1, 2)) if matters is None else matters,
        posted=False,
        outcome="accepted",
    )
    awarded = await rewards.credit_patrol(
        patrol_id=patrol.id,
        area=area,
        user_ids=[person.id for person in people],
        facts=facts,
        reviewer_id=officer.id,
        title_zh=f"{area.name_zh}自由巡逻",
        title_en=f"Free patrol, {area.name_en}",
        day=started_at,
    )
    for number, person in enumerate(people):
        await PatrolMember.create(
            id=uuid7(),
            patrol_id=patrol.id,
            user_id=person.id,
            leader=number == 0,
            state="finished",
            joined_at=started_at,
            finished_at=patrol.finished_at,
            points_awarded=awarded[person.id],
        )


def _round_some_blocks(area: Area, dice: random.Random) -> Line:
    """A way round some blocks in the middle of a community."""
    plane, (wide_m, high_m) = (
        LocalPlane(area.center_lon, area.center_lat),
        (dice.uniform(150, 450) for _ in "xy"),
    )
    corners = [(-wide_m, -high_m), (wide_m, -high_m), (wide_m, high_m), (-wide_m, high_m), (-wide_m, -high_m)]
    line: Line = []
    for (from_x, from_y), (to_x, to_y) in itertools.pairwise(corners):
        for number in range(10):
            share = number / 10
            lon, lat = plane.to_degrees(from_x + share * (to_x - from_x), from_y + share * (to_y - from_y))
            line.append((float(lon), float(lat)))
    return line
