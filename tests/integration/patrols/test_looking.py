"""Who sees which walk: the walker, the desk of its area, and nobody else; and lists cost few queries however long."""

import datetime as dt
import random
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from geojson_pydantic import Feature

from backend.core import clock as core_clock
from backend.core.ids import uuid7
from backend.core.roles import Role
from backend.patrols import service
from backend.patrols.models import LivePosition, Patrol
from routing import track
from tests.support.app import ApiClient
from tests.support.evening import PACE_M_S, Evening, finish, fix, place_at, send, walk


@contextmanager
def counted_queries(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Every statement that reaches the database inside the block."""
    from tortoise.connection import get_connection

    kind = type(get_connection("default"))
    seen: list[str] = []
    with monkeypatch.context() as patched:
        for name in ("execute_query", "execute_query_dict", "execute_insert"):
            real = getattr(kind, name)

            async def noted(self: Any, query: str, *values: Any, _real: Any = real) -> Any:
                seen.append(query)
                return await _real(self, query, *values)

            patched.setattr(kind, name, noted)
        yield seen


async def test_the_live_map_shows_who_walks(evening: Evening, officer: ApiClient) -> None:
    """Where, how many, which task, the way they came, whether it is stale; gone when they are home."""
    task = await evening.task(stops=[(100, 600)])
    leader, second = await evening.walker(), await evening.walker()
    patrol = await evening.team(task, leader, second)
    free = await evening.started(await evening.walker())
    fixes = walk(core_clock.now(), [(PACE_M_S * 600, 0)], noise_m=0)
    core_clock.advance(dt.timedelta(seconds=5 * len(fixes)))
    await send(leader, patrol, fixes)
    await send(second, patrol, [fix(core_clock.now() - dt.timedelta(minutes=3), 0, 500)])
    area = {"area_id": str(evening.district.district.id)}
    live = (await officer.get("/api/live", params=area)).json()
    by_id = {each["patrol_id"]: each for each in live["patrols"]}
    assert set(by_id) == {patrol, free}
    team = by_id[patrol]
    assert (team["task_title_zh"], team["people"], team["stops_total"], team["stale"]) == (
        "石坊夜巡",
        2,
        1,
        False,
    )
    assert (team["position"]["lon"], team["position"]["at"]) == (
        fixes[-1]["lon"],
        fixes[-1]["at"].replace("+00:00", "Z"),
    )
    trail = team["trail"]
    assert 30 <= len(trail) <= 60 and trail[-1] == [round(fixes[-1]["lon"], 6), round(fixes[-1]["lat"], 6)]
    assert trail == sorted(trail)  # eastwards all the way: in order of time, of one walker only
    assert (
        by_id[free]["task_title_zh"] == "自由巡逻"
        and by_id[free]["position"] is None
        and by_id[free]["stale"]
    )
    core_clock.advance(dt.timedelta(minutes=3))
    live = (await officer.get("/api/live", params=area)).json()
    assert all(each["stale"] for each in live["patrols"])
    await finish(second, patrol)
    live = (await officer.get("/api/live", params=area)).json()
    assert {each["patrol_id"]: each["people"] for each in live["patrols"]}[patrol] == 1
    await finish(leader, patrol)
    live = (await officer.get("/api/live", params=area)).json()
    assert [each["patrol_id"] for each in live["patrols"]] == [free]


@pytest.mark.parametrize(
    ("role", "status"),
    [
        (Role.OFFICER, 200),
        (Role.APPROVER, 200),
        (Role.POSTER, 200),
        (Role.ADMIN, 200),
        (Role.VOLUNTEER, 403),
        (Role.LEADER, 403),
    ],
)
async def test_the_live_map_is_the_desks(evening: Evening, role: Role, status: int) -> None:
    """A volunteer sees nobody else's whereabouts; a desk of one community only its own."""
    browser = await evening.browser(role)
    for path in ("/api/live", "/api/patrols", "/api/desk"):
        answer = await browser.get(path, params={"area_id": str(evening.district.district.id)})
        assert answer.status_code == status, path
    beside = await evening.browser(role, at=evening.district.communities[1])
    answer = await beside.get("/api/live", params={"area_id": str(evening.district.communities[0].id)})
    assert answer.status_code == 403


async def test_a_patrol_is_its_walkers_and_the_desks(evening: Evening, walker: ApiClient) -> None:
    """Another volunteer is told that there is none."""
    patrol = await evening.finished(walker)
    stranger, poster = await evening.walker(), await evening.browser(Role.POSTER)
    assert (await walker.get(f"/api/patrols/{patrol}")).status_code == 200
    assert (await poster.get(f"/api/patrols/{patrol}")).status_code == 200
    assert (await stranger.get(f"/api/patrols/{patrol}")).status_code == 404
    assert [each["id"] for each in (await walker.get("/api/me/patrols")).json()["items"]] == [patrol]
    assert (await stranger.get("/api/me/patrols")).json()["items"] == []


async def test_a_track_is_the_walkers_own_and_the_polices(evening: Evening, officer: ApiClient) -> None:
    """Valid GeoJSON, a line a segment; a member sees their own line only; a poster none; others no patrol."""
    task = await evening.task()
    leader, second = await evening.walker(), await evening.walker()
    patrol = await evening.team(task, leader, second)
    began = core_clock.now()
    core_clock.advance(dt.timedelta(minutes=30))
    await send(leader, patrol, walk(began, [(600, 0)]) + walk(began + dt.timedelta(minutes=12), [(600, 0)]))
    await send(second, patrol, walk(began, [(500, 0)]))
    path = f"/api/patrols/{patrol}/track"
    seen = {"officer": officer, "leader": leader, "second": second}
    lines = {}
    for name, browser in seen.items():
        answer = (await browser.get(path)).json()
        assert Feature.model_validate(answer).geometry is not None
        lines[name] = len(answer["geometry"]["coordinates"])
    assert lines == {"officer": 3, "leader": 2, "second": 1}
    assert (await (await evening.browser(Role.POSTER)).get(path)).status_code == 403
    assert (await (await evening.walker()).get(path)).status_code == 404


async def test_lists_by_state(evening: Evening, walker: ApiClient, officer: ApiClient) -> None:
    """Awaiting review, active, judged, recent; an unknown state is a wrong field."""
    waiting, running = await evening.finished(walker), await evening.started(await evening.walker())
    judged = await evening.finished(await evening.walker())
    await officer.post(f"/api/patrols/{judged}/review", json={"decision": "accepted"})
    area = str(evening.district.district.id)

    async def listed(state: str) -> set[str]:
        answer = await officer.get("/api/patrols", params={"area_id": area, "state": state})
        return {each["id"] for each in answer.json()["items"]}

    assert await listed("awaiting_review") == {waiting}
    assert await listed("active") == {running}
    assert await listed("accepted") == {judged}
    assert await listed("recent") == {waiting, running, judged}
    wrong = await officer.get("/api/patrols", params={"area_id": area, "state": "lost"})
    assert wrong.status_code == 422 and wrong.json()["errors"][0]["field"] == "state"


async def test_lists_cost_the_same_however_long(
    evening: Evening, officer: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twelve patrols need as many queries as two: nothing is asked patrol by patrol."""
    area = {"area_id": str(evening.district.district.id)}
    costs: dict[str, list[int]] = {}
    for count in (2, 10):
        for _ in range(count):
            browser = await evening.walker()
            patrol = await evening.started(browser, await evening.task(stops=[(0, 60)]))
            await send(browser, patrol, [fix(core_clock.now())])
        for path in ("/api/live", "/api/patrols", "/api/desk"):
            with counted_queries(monkeypatch) as queries:
                assert (await officer.get(path, params=area)).status_code == 200
            costs.setdefault(path, []).append(len(queries))
    assert all(few == many <= 25 for few, many in costs.values()), costs


async def test_who_is_near(evening: Evening, walker: ApiClient) -> None:
    """Nearest first, on patrol only, of the district only, seen within ten minutes, within the radius exactly."""
    near, far = await evening.started(walker), await evening.walker()
    patrol = await evening.started(far)
    await evening.walker()
    now = core_clock.now()
    await send(walker, near, [fix(now, 300)])
    await send(far, patrol, [fix(now, 0, 800)])
    here, path = place_at(0, 0), evening.district.communities[2].path

    async def found(radius_m: float, at: tuple[float, float] = here, area: str = path) -> list[int]:
        return [round(each.distance_m) for each in await service.nearby(*at, radius_m, area)]

    assert await found(1000) == [300, 800]
    assert await found(799) == [300] and await found(299) == []
    assert await found(1000, place_at(0, 790)) == [10, 845]
    assert await found(1000, area="lewan-2/street") == []
    core_clock.advance(dt.timedelta(minutes=10))
    assert await found(1000) == []
    core_clock.advance(dt.timedelta(minutes=-1))
    assert await found(1000) == [300, 800]
    await finish(walker, near)
    assert await found(1000) == [800] and await LivePosition.all().count() == 1


async def test_near_is_the_same_as_by_looking_at_everybody(evening: Evening) -> None:
    """Also exactly on the radius, across the index's rows, with one gone stale and one of another district among them."""
    dice, here = random.Random(5), place_at(0, 0)
    away = [(dice.uniform(-2500, 2500), dice.uniform(-2500, 2500)) for _ in range(60)]
    everybody: dict[uuid.UUID, tuple[float, float]] = {}
    now = core_clock.now()
    for number, (east_m, north_m) in enumerate([*away, (0.0, 0.0)]):
        person = await evening.district.volunteer()
        patrol = await Patrol.create(
            id=uuid7(), area_id=evening.district.communities[0].id, kind="free_patrol", started_by=person.id,
            started_at=now,
        )  # fmt: skip
        lon, lat = place_at(east_m, north_m)
        await LivePosition.create(
            user_id=person.id, patrol_id=patrol.id, lon=lon, lat=lat, accuracy_m=5, at=now - dt.timedelta(minutes=11 * (number == 0)),
            area_path="lewan-2/street" if number == 1 else evening.district.communities[0].path,
        )  # fmt: skip
        if number > 1:
            everybody[person.id] = (lon, lat)
    apart_m = sorted((track.apart_m(*here, *place), user_id) for user_id, place in everybody.items())
    for radius_m in (0.0, 400.0, 1000.0, 1700.0, 4000.0, *(each for each, _ in apart_m[::7])):
        found = await service.nearby(*here, radius_m, evening.district.district.path)
        assert [(each.distance_m, each.user_id) for each in found] == [
            each for each in apart_m if each[0] <= radius_m
        ]
    assert await service.nearby(*place_at(9000, 0), 1000.0, evening.district.district.path) == []


async def test_the_desk_in_figures(evening: Evening, walker: ApiClient, officer: ApiClient) -> None:
    """Who is out, what waits, how much of the plan was really walked; and what to do about it."""
    area = {"area_id": str(evening.district.district.id)}
    empty = (await officer.get("/api/desk", params=area)).json()
    assert (empty["units_out"], empty["coverage_share"], empty["todo"]) == (0, None, [])
    task = await evening.task(stops=[(0, 60), (9000, 600)])
    patrol = await evening.started(walker, task)
    began = core_clock.now()
    core_clock.advance(dt.timedelta(minutes=5))
    await send(walker, patrol, walk(began, [(0, 290)]))
    await finish(walker, patrol)
    await evening.started(await evening.walker())
    await evening.task(state="draft", published_at=None)
    await evening.task(starts_at=core_clock.now() + dt.timedelta(minutes=30))
    desk = (await officer.get("/api/desk", params=area)).json()
    assert (desk["units_out"], desk["active"], desk["awaiting_review"], desk["drafts"]) == (2, 1, 1, 1)
    assert desk["coverage_share"] == 0.5 and desk["open_tasks"] == 1 and desk["live_alerts"] == 0
    assert {each["code"] for each in desk["todo"]} == {"patrols-to-review", "drafts-to-review", "task-short"}
