"""Draft tasks from a plan's routes: one a team, worded after the streets it walks."""

import uuid
from collections.abc import Sequence
from typing import Protocol

import msgspec

from backend.areas import service as areas
from backend.core import clock
from backend.core.db import atomic
from backend.core.ids import uuid7
from backend.core.problems import Conflict
from backend.tasks.kinds import KINDS
from backend.tasks.models import Task
from backend.tasks.posting import EDITABLE, points_for
from backend.tasks.reading import locked_task
from backend.tasks.schemas import DraftRoute
from routing.daylight import night_within

STREETS_NAMED = 2
SEATS = 3


class RouteTaken(Conflict):
    """Somebody holds a seat on the route, walks it, or it is over: it is theirs as it stands."""

    code, title = "route-taken", "Somebody took this route already; it stays as it is"


class PlanLike(Protocol):
    """What a draft needs to know of its plan."""

    @property
    def id(self) -> uuid.UUID: ...

    @property
    def area_id(self) -> uuid.UUID: ...

    @property
    def created_by(self) -> uuid.UUID: ...


@atomic
async def create_drafts(plan: PlanLike, routes: Sequence[DraftRoute]) -> list[uuid.UUID]:
    """Make one draft task a route that has stops; inside the caller's transaction. Returns their ids.

    Made again for the same plan and team, the first draft stays.
    """
    made_before = dict(await Task.filter(plan_id=plan.id).values_list("plan_team", "id"))  # type: ignore[arg-type]
    area = await areas.get(plan.area_id)
    ids: list[uuid.UUID] = []
    for route in routes:
        if not route.stops:
            continue
        if route.team not in made_before:
            task = await _draft(plan, area, route)
            await task.save(force_create=True)
            made_before[route.team] = task.id
        ids.append(made_before[route.team])
    return ids


@atomic
async def reroute_planned(plan: PlanLike, routes: Sequence[DraftRoute]) -> None:
    """Give tasks of a plan other routes, in the caller's transaction; a team without one gets a draft.

    A title that was made from the streets is made anew, one that somebody wrote stays. Raises `RouteTaken` for a
    route that is no longer the desk's alone.
    """
    by_team = dict(await Task.filter(plan_id=plan.id).values_list("plan_team", "id"))  # type: ignore[arg-type]
    area = await areas.get(plan.area_id)
    for route in sorted(routes, key=lambda each: each.team):
        task_id = by_team.get(route.team)
        if task_id is not None:
            await _reroute(await locked_task(task_id), route)
        elif route.stops:
            await (await _draft(plan, area, route)).save(force_create=True)


async def _reroute(task: Task, route: DraftRoute) -> None:
    if task.state not in EDITABLE or task.seats_taken:
        raise RouteTaken(team=route.team, state=task.state)
    home = await areas.get(task.area_id)
    before = msgspec.convert(
        {"team": route.team, "starts_at": task.starts_at, "ends_at": task.ends_at, "route": task.route,
         "stops": task.stops, "start": route.start}, DraftRoute,
    )  # fmt: skip
    if (task.title_zh, task.title_en) == titles(before, home.name_zh, home.name_en):
        task.title_zh, task.title_en = titles(route, home.name_zh, home.name_en)
    task.route, task.stops = msgspec.to_builtins(route.route), msgspec.to_builtins(route.stops)
    task.starts_at, task.ends_at = route.starts_at, route.ends_at
    task.start_lon, task.start_lat = route.start
    task.night = night_within(route.starts_at, route.ends_at, *route.start)
    task.version += 1
    await task.save()


async def _draft(plan: PlanLike, area: areas.Area, route: DraftRoute) -> Task:
    kind = KINDS["patrol"]
    first = route.stops[0]
    community = await areas.containing(*route.start) or await areas.containing(first.lon, first.lat)
    inside = community is not None and areas.district_slug(community.path) == areas.district_slug(area.path)
    home = community if community is not None and inside else area
    night = night_within(route.starts_at, route.ends_at, *route.start)
    title_zh, title_en = titles(route, home.name_zh, home.name_en)
    template = kind.template("evening")
    assert template is not None
    return Task(
        id=uuid7(),
        area_id=home.id,
        kind=kind.kind,
        title_zh=title_zh,
        title_en=title_en,
        brief_zh=template.do_zh,
        brief_en=template.do_en,
        starts_at=route.starts_at,
        ends_at=route.ends_at,
        night=night,
        seats=SEATS,
        points=points_for(kind, night),
        start_lon=route.start[0],
        start_lat=route.start[1],
        route=msgspec.to_builtins(route.route),
        stops=msgspec.to_builtins(route.stops),
        plan_id=plan.id,
        plan_team=route.team,
        posted_by=plan.created_by,
        created_at=clock.now(),
        demo=area.demo,
    )


def titles(route: DraftRoute, area_zh: str, area_en: str) -> tuple[str, str]:
    """The route named after its first streets and its community, in Chinese and English."""
    streets_zh = list(dict.fromkeys(stop.name for stop in route.stops if stop.name))[:STREETS_NAMED]
    streets_en = list(dict.fromkeys(stop.name_en for stop in route.stops if stop.name_en))[:STREETS_NAMED]
    zh = f"{'—'.join(streets_zh)}巡逻（{area_zh}）" if streets_zh else f"{area_zh}第 {route.team} 路巡逻"
    en = (
        f"Patrol: {' – '.join(streets_en)} ({area_en})" if streets_en else f"Patrol {route.team} in {area_en}"
    )
    return zh[:80], en[:120]
