"""Demo: tonight's plans, open tasks and teams under way, renewed as time passes so that the demo is never empty."""

import datetime as dt
import uuid
import zoneinfo

import structlog

from backend.areas import service as areas
from backend.areas.models import Area
from backend.core import clock, sessions
from backend.core.ids import uuid7
from backend.core.problems import Problem
from backend.core.sessions import Actor
from backend.demo import cast
from backend.patrols import service as patrols
from backend.patrols.schemas import PatrolStart
from backend.people.models import Person
from backend.planning import night
from backend.planning import service as planning
from backend.planning.schemas import PlanNew, PlanOut, PlanTeamsIn
from backend.tasks import service as tasks
from backend.tasks.schemas import PlaceIn, TaskNew, TaskOut

log = structlog.get_logger(__name__)

OPEN_TASKS_MIN = 2
SOON = dt.timedelta(minutes=10)
LONG_ENOUGH = dt.timedelta(minutes=20)
SET_OUT_BEFORE = dt.timedelta(minutes=25)
"""At first the plans begin in the past, so that the simulated teams are well under way."""
BEATS = 3
TEAM_SIZE = 2
EVENING = dt.time(20, 0)
EVENING_TEAMS = 4
PLANNED_FOR = dt.timedelta(hours=3)
STREETS = ("lewan/shifang", "lewan/rongqiao", "lewan/wangjiang")
TEAMS_A_STREET = 2
UNDER_WAY = (dt.timedelta(minutes=9), dt.timedelta(minutes=21), dt.timedelta(minutes=3))
"""How long ago each of the simulated teams set out when the demo starts."""


async def actor_of(person: Person) -> Actor:
    """The demo person as a caller of services."""
    return Actor(
        user_id=person.id,
        session_id=uuid.UUID(int=0),
        grants=await sessions.grants_of(person.id),
        reauthenticated_at=clock.now(),
    )


async def renew() -> None:
    """Plan, post and start whatever is missing for a living evening; does nothing when all is there."""
    officer = await cast.card_person("officer")
    district = await areas.by_path("lewan")
    if officer is None or district is None:
        return
    actor = await actor_of(officer)
    if await _open_now(actor, district) < OPEN_TASKS_MIN:
        await _plan_now(actor, district)
    if not await _drafts(actor, district):
        await _plan_evening(actor, district)
        await _post_by_hand(district)
    await _send_out(actor, district)


async def _desk_tasks(actor: Actor, district: Area, state: str) -> list[TaskOut]:
    found = await tasks.listed(actor, area_id=district.id, scope="desk", state=state)
    return [task for task in found.items if task.demo]


async def _open_now(actor: Actor, district: Area) -> int:
    """Patrols that a visitor can grab and start at once."""
    now = clock.now()
    found = await _desk_tasks(actor, district, "published")
    return sum(
        task.kind == "patrol"
        and task.starts_at <= now + SOON
        and task.ends_at >= now + LONG_ENOUGH
        and not task.full
        for task in found
    )


async def _drafts(actor: Actor, district: Area) -> int:
    found = await _desk_tasks(actor, district, "draft")
    return sum(task.ends_at > clock.now() for task in found)


async def _plan_now(actor: Actor, district: Area) -> None:
    """Routes that begin now, published at once: from every street at first, later from one street after the other."""
    plans = await planning.listed(actor, district.id)
    at_first = not plans.items
    starts_at = _five_minutes(clock.now()) - (SET_OUT_BEFORE if at_first else dt.timedelta(0))
    streets = STREETS if at_first else [STREETS[len(plans.items) % len(STREETS)]]
    for number, street in enumerate(streets):
        plan = await _solve(
            actor, district, street, starts_at, teams=TEAMS_A_STREET, seed=int(starts_at.timestamp()) + number
        )
        await planning.publish(actor, plan.id, [task.id for task in plan.tasks])


async def _plan_evening(actor: Actor, district: Area) -> None:
    """Routes for the coming evening: some published, the rest left for the officer to review."""
    zone = zoneinfo.ZoneInfo(district.time_zone)
    local = clock.now().astimezone(zone)
    evening = local.replace(hour=EVENING.hour, minute=0, second=0, microsecond=0)
    if evening < local + dt.timedelta(hours=1):
        evening += dt.timedelta(days=1)
    starts_at = evening.astimezone(dt.UTC)
    plan = await _solve(
        actor, district, STREETS[0], starts_at, teams=EVENING_TEAMS, seed=starts_at.toordinal()
    )
    await planning.publish(actor, plan.id, [task.id for task in plan.tasks[: EVENING_TEAMS // 2]])


async def _solve(
    actor: Actor, district: Area, street: str, starts_at: dt.datetime, *, teams: int, seed: int
) -> PlanOut:
    """Ask for a plan from the middle of a street and solve it at once."""
    home = await areas.by_path(street)
    assert home is not None, "the demo district has its streets"
    wanted = PlanNew(
        id=uuid7(),
        area_id=district.id,
        starts_at=starts_at,
        ends_at=starts_at + PLANNED_FOR,
        dwell_min=10,
        teams=[PlanTeamsIn(teams, "foot", 75, (home.center_lon, home.center_lat))],
        variety="loose",
        seed=seed,
    )
    plan = await planning.create(actor, wanted)
    await night.solve(plan.id)
    return await planning.get(actor, plan.id)


async def _post_by_hand(district: Area) -> None:
    """A fixed post and a talk, as the community would post them."""
    poster = await cast.card_person("poster")
    home = await areas.by_path("lewan/shifang/shifang")
    if poster is None or home is None:
        return
    actor = await actor_of(poster)
    zone = zoneinfo.ZoneInfo(district.time_zone)
    tomorrow = clock.now().astimezone(zone) + dt.timedelta(days=1)
    for kind, place_name, hour, minute, minutes in (
        ("fixed_post", "石坊老街菜场北口", 7, 10, 50),
        ("prevention_talk", "石坊社区活动室", 15, 0, 60),
    ):
        starts_at = tomorrow.replace(hour=hour, minute=minute, second=0, microsecond=0).astimezone(dt.UTC)
        await tasks.create(
            actor,
            TaskNew(
                id=uuid7(),
                area_id=home.id,
                kind=kind,
                starts_at=starts_at,
                ends_at=starts_at + dt.timedelta(minutes=minutes),
                place=PlaceIn(name=place_name, lon=home.center_lon, lat=home.center_lat),
                publish=True,
            ),
        )


async def _send_out(actor: Actor, district: Area) -> None:
    """Have the simulated teams under way, each on an open patrol of its own."""
    crew = await cast.walkers(BEATS * TEAM_SIZE)
    teams = [crew[index : index + TEAM_SIZE] for index in range(0, len(crew), TEAM_SIZE)]
    idle = [
        (number, team)
        for number, team in enumerate(teams)
        if await patrols.running(await actor_of(team[0])) is None
    ]
    if not idle:
        return
    now = clock.now()
    open_now = [
        task
        for task in await _desk_tasks(actor, district, "published")
        if task.kind == "patrol"
        and task.seats_taken == 0
        and task.starts_at <= now
        and task.route is not None
    ]
    for (number, team), task in zip(idle, open_now, strict=False):
        try:
            await _set_out(team, task, max(now - UNDER_WAY[number % len(UNDER_WAY)], task.starts_at))
        except Problem as problem:
            log.warning("demo_team_stays_home", code=problem.code, team=number)


async def _set_out(team: list[Person], task: TaskOut, started_at: dt.datetime) -> None:
    """The team grabs the task and starts to walk it; the first to grab leads."""
    seats = [(await actor_of(person), person) for person in team]
    held = [(actor, await tasks.grab(actor, task.id, uuid7())) for actor, _ in seats]
    for actor, assignment in held:
        await patrols.start(
            actor, PatrolStart(id=uuid7(), started_at=started_at, assignment_id=assignment.id)
        )


def _five_minutes(at: dt.datetime) -> dt.datetime:
    """The last full five minutes."""
    return at.replace(minute=at.minute - at.minute % 5, second=0, microsecond=0)
