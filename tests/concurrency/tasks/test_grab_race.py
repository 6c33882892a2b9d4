"""A crowd after few seats, from two processes: one winner a seat, and numbers that always add up."""

import asyncio
import datetime as dt
import json
import sys
import uuid
from collections import Counter
from typing import Any

from backend.core import clock
from backend.core.ids import uuid7
from backend.core.models import RoleGrant
from backend.people.models import Person
from backend.settings import Settings
from backend.tasks.models import Assignment, Task
from backend.tasks.states import SEATED
from tests.support.district import District, make_district
from tests.support.processes import ROOT, project_environment

LIMIT_S = 300


async def crowd(place: District, count: int) -> list[uuid.UUID]:
    """So many verified adults who volunteer in the district."""
    now, home = clock.now(), place.communities[0]
    people = [
        Person(
            id=uuid7(), phone=f"138{number:08}", name="某人", password_hash="-", birth_year=1980, verified=True,
            area_id=home.id, created_at=now,
        )
        for number in range(count)
    ]  # fmt: skip
    await Person.bulk_create(people, batch_size=500)
    await RoleGrant.bulk_create(
        [
            RoleGrant(
                id=uuid7(),
                user_id=each.id,
                role="volunteer",
                area_id=home.id,
                area_path=home.path,
                granted_at=now,
            )
            for each in people
        ],
        batch_size=500,
    )
    return [each.id for each in people]


async def open_task(place: District, seats: int, after_h: int = 1) -> Task:
    """A published task of one hour."""
    now = clock.now()
    poster = await place.person()
    starts_at = (now + dt.timedelta(hours=after_h)).replace(minute=0, second=0, microsecond=0)
    return await Task.create(
        id=uuid7(), area_id=place.communities[0].id, kind="fixed_post", state="published", title_zh="值守", seats=seats,
        starts_at=starts_at, ends_at=starts_at + dt.timedelta(minutes=50), start_lon=120.7, start_lat=28.0,
        posted_by=poster.id, created_at=now,
    )  # fmt: skip


async def race(settings: Settings, plans: list[dict[str, Any]]) -> Counter[str]:
    """Run a process for each plan, all let go at the same moment; the answers of all together."""
    environment = project_environment(
        {
            "LEXUN_DATA_DIR": str(settings.data_dir),
            "LEXUN_DATABASE_URL": settings.database_url,
            "LEXUN_SECRET_KEY": settings.secret_key,
            "LEXUN_SQLITE_SYNCHRONOUS": "NORMAL",
        }
    )
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.concurrency.tasks.grabbing_process", json.dumps(plan),
            cwd=ROOT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, env=environment,
        )
        for plan in plans
    ]  # fmt: skip
    try:
        async with asyncio.timeout(LIMIT_S):
            for process in processes:
                assert process.stdout is not None and (await process.stdout.readline()).strip() == b"ready"
            outputs = await asyncio.gather(*(process.communicate(b"go\n") for process in processes))
    finally:
        for process in processes:
            if process.returncode is None:
                process.kill()
    return sum((Counter(json.loads(output)) for output, _ in outputs), Counter())


async def test_a_thousand_claims_on_one_seat_have_one_winner(database: Settings) -> None:
    """1,000 people in 2 processes after one seat: one holds it, 999 are told that it is taken, nobody meets an error."""
    place = await make_district()
    users = await crowd(place, 1_000)
    task = await open_task(place, seats=1)
    halves = [users[::2], users[1::2]]
    answers = await race(
        database,
        [{"users": [str(each) for each in half], "tasks": [str(task.id)], "rounds": 1} for half in halves],
    )
    assert answers == {"won": 1, "seat-taken": 999}
    assert (await Task.get(id=task.id)).seats_taken == 1
    assert await Assignment.filter(task_id=task.id, state="held", leader=True).count() == 1
    assert await Assignment.all().count() == 1


async def test_seats_add_up_while_people_come_and_go(database: Settings) -> None:
    """The same 30 people in 2 processes, each with two phones, grab and give back 7 seats in 3 tasks, of which two
    overlap: at the end every task counts its seated people, has one leader, and nobody holds more than is allowed."""
    place = await make_district()
    users = [str(each) for each in await crowd(place, 30)]
    tasks = [await open_task(place, 1), await open_task(place, 2), await open_task(place, 4, after_h=3)]
    plan = {"users": users, "tasks": [str(task.id) for task in tasks], "rounds": 8}
    answers = await race(database, [plan, plan])
    expected = {"won", "released", "seat-taken", "already-holding", "too-many-holds", "overlapping"}
    assert set(answers) <= expected, answers
    assert answers["released"] > 20, "seats really changed hands"
    for task in await Task.filter(id__in=[task.id for task in tasks]):
        seated = await Assignment.filter(task_id=task.id, state__in=SEATED)
        assert task.seats_taken == len(seated) <= task.seats
        assert sum(seat.leader for seat in seated) == (1 if seated else 0)
        assert len({seat.user_id for seat in seated}) == len(seated)
    holds = Counter([seat.user_id for seat in await Assignment.filter(state="held")])
    assert max(holds.values(), default=0) <= 2
    both = {seat.user_id for seat in await Assignment.filter(task_id=tasks[0].id, state="held")} & {
        seat.user_id for seat in await Assignment.filter(task_id=tasks[1].id, state="held")
    }
    assert not both, "nobody is at two places at once"
