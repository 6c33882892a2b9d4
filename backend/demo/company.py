"""Demo: a mate who keeps a visitor company at night, when nobody may walk alone."""

import asyncio

import structlog

from backend.core import clock
from backend.core.ids import uuid7
from backend.core.problems import Problem
from backend.demo import cast, tonight
from backend.patrols import service as patrols
from backend.patrols.schemas import JoinIn
from backend.people.models import Person
from backend.tasks import service as tasks
from backend.tasks.models import Assignment, Task

log = structlog.get_logger(__name__)

LOOKS_EVERY_S = 2
VISITORS = ("volunteer", "leader")
MATES = 4


async def run() -> None:
    """Look after the visitors who hold a seat of a night task, until cancelled."""
    while True:
        try:
            await keep_company()
        except Problem as problem:
            log.warning("demo_mate_stays_home", code=problem.code)
        except Exception:
            log.exception("demo_company_failed")
        await asyncio.sleep(LOOKS_EVERY_S)


async def keep_company() -> None:
    """Take a seat beside each visitor who is alone in a night task, and walk along once they have set out."""
    visitors = [person for key in VISITORS if (person := await cast.card_person(key)) is not None]
    seats = await Assignment.filter(
        user_id__in=[person.id for person in visitors], state__in=("held", "started")
    )
    for seat in seats:
        task = await Task.filter(id=seat.task_id, night=True, kind="patrol").first()
        if task is None:
            continue
        visitor = next(person for person in visitors if person.id == seat.user_id)
        beside = [each for each in await tasks.seat_holders(task.id) if each.user_id != visitor.id]
        if not beside and task.state == "published" and task.seats_taken < task.seats:
            await _sit_down(task)
        elif seat.state == "started" and any(each.state == "held" for each in beside):
            await _walk_along(visitor, [each for each in beside if each.state == "held"])


async def _sit_down(task: Task) -> None:
    for mate in await _mates():
        actor = await tonight.actor_of(mate)
        if await patrols.running(actor) is None:
            await tasks.grab(actor, task.id, uuid7())
            return


async def _walk_along(visitor: Person, seats: list[Assignment]) -> None:
    code = await patrols.companion_code(await tonight.actor_of(visitor))
    mates = {mate.id: mate for mate in await _mates()}
    for seat in seats:
        if (mate := mates.get(seat.user_id)) is not None:
            await patrols.join(await tonight.actor_of(mate), JoinIn(token=code.token, at=clock.now()))


async def _mates() -> list[Person]:
    """Experienced people who do not walk with the simulated teams."""
    teams = tonight.BEATS * tonight.TEAM_SIZE
    return (await cast.walkers(teams + MATES))[teams:]
