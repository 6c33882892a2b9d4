"""How soon a call for help has gone out to everybody it concerns, with a thousand people out on their walks."""

import datetime as dt
import random
import statistics
import time
import uuid
from typing import Any

from backend.core import clock, sessions
from backend.core.ids import uuid7
from backend.core.roles import Role
from backend.notify.models import Message
from backend.patrols.models import LivePosition, Patrol, PatrolMember
from backend.people.models import Person
from backend.settings import Settings
from backend.sos import service
from backend.sos.schemas import SosIn
from tests.support.district import CENTER, make_district

ON_DUTY, POLICE, CALLS = 1_000, 40, 60
WANTED_S = 2.0


async def test_a_call_for_help_fans_out(database: Settings, engine: str, record: Any) -> None:
    """From the call's arrival to the commit after which every phone's message is on its way: team, nearest patrols, station."""
    district = await make_district()
    for _ in range(POLICE):
        await district.person(Role.OFFICER)
    dice, now, area = random.Random(3), clock.now(), district.communities[0]
    people = [await district.volunteer() for _ in range(ON_DUTY)]
    began_at = now - dt.timedelta(hours=1)
    for person in people:
        patrol = await Patrol.create(
            id=uuid7(), area_id=area.id, kind="free_patrol", started_by=person.id, started_at=began_at
        )
        await PatrolMember.create(
            id=uuid7(), patrol_id=patrol.id, user_id=person.id, leader=True, joined_at=began_at
        )
        lon, lat = (center + dice.uniform(-0.02, 0.02) for center in CENTER)
        await LivePosition.create(
            user_id=person.id,
            patrol_id=patrol.id,
            area_path=area.path,
            lon=lon,
            lat=lat,
            accuracy_m=8.0,
            at=now,
        )
    took_s: list[float] = []
    for person in dice.sample(people, CALLS):
        caller = await _actor(person)
        before = await Message.filter(kind="sos.live").count()
        began = time.perf_counter()
        answer = await service.raise_call(caller, SosIn(id=uuid7(), at=clock.now()))
        took_s.append(time.perf_counter() - began)
        assert answer.told == await Message.filter(kind="sos.live").count() - before > POLICE
    p95_s = statistics.quantiles(took_s, n=20)[-1]
    record(
        f"a call for help, {engine}, {ON_DUTY:,} people on patrol",
        f"p95 {p95_s * 1000:.0f} ms from its arrival until all its messages are committed"
        f" (wanted {WANTED_S * 1000:,.0f}); p50 {statistics.median(took_s) * 1000:.0f} ms; {answer.told} people told",
        "make bench (test_bench_sos)",
    )
    assert p95_s < WANTED_S


async def _actor(person: Person) -> sessions.Actor:
    return sessions.Actor(person.id, uuid.UUID(int=0), await sessions.grants_of(person.id), None)
