"""Lists of tasks over HTTP: what is open near me, what is mine, what the desk has."""

import datetime as dt
from typing import Any

from backend.core import clock as core_clock
from backend.core.ids import uuid7
from backend.tasks.models import Task
from tests.integration.tasks.conftest import World, grab
from tests.support.district import CENTER


async def open_titles(world: World, query: str = "") -> list[str]:
    answer = await world.volunteer.get(f"/api/tasks?lon={CENTER[0]}&lat={CENTER[1]}{query}")
    assert answer.status_code == 200, answer.text
    return [task["title_zh"] for task in answer.json()["items"]]


async def test_sooner_first_then_nearer(world: World) -> None:
    """The list is by the start, then by the distance; what has no place comes last among its time."""
    start = core_clock.now() + dt.timedelta(hours=2)
    times = {"starts_at": start.isoformat(), "ends_at": (start + dt.timedelta(hours=1)).isoformat()}
    await world.task(title_zh="远", place={"name": "远", "lon": CENTER[0] + 0.02, "lat": CENTER[1]}, **times)
    await world.task(title_zh="近", place={"name": "近", "lon": CENTER[0] + 0.001, "lat": CENTER[1]}, **times)
    await world.task(title_zh="随处", kind="free_patrol", place=None, **times)
    await world.window(
        after_min=60, title_zh="早", place={"name": "早", "lon": CENTER[0] + 0.04, "lat": CENTER[1]}
    )
    assert await open_titles(world) == ["早", "近", "远", "随处"]


async def test_what_is_under_way_is_as_soon_as_now(world: World, clock: Any) -> None:
    """Of the tasks that have begun the nearest comes first, whichever began earlier; one about to end is not offered."""
    far = {"name": "远", "lon": CENTER[0] + 0.02, "lat": CENTER[1]}
    await world.window(after_min=10, minutes=90, title_zh="早而远", place=far)
    await world.window(after_min=20, minutes=90, title_zh="晚而近")
    await world.window(after_min=40, minutes=90, title_zh="还没开始")
    assert await open_titles(world) == ["早而远", "晚而近", "还没开始"]
    clock.advance(dt.timedelta(minutes=30))
    assert await open_titles(world) == ["晚而近", "早而远", "还没开始"]
    clock.advance(dt.timedelta(minutes=61))
    assert await open_titles(world) == ["晚而近", "还没开始"]


async def test_distances_are_given_in_metres(world: World) -> None:
    """A place one thousandth of a degree of latitude away is 111 m away; without a place asked about, nothing is said."""
    await world.task(place={"name": "北", "lon": CENTER[0], "lat": CENTER[1] + 0.001})
    near = (await world.volunteer.get(f"/api/tasks?lon={CENTER[0]}&lat={CENTER[1]}")).json()["items"][0]
    assert near["distance_m"] == 111
    assert (await world.volunteer.get("/api/tasks")).json()["items"][0]["distance_m"] is None
    half = await world.volunteer.get(f"/api/tasks?lon={CENTER[0]}")
    assert half.status_code == 422


async def test_only_what_can_still_be_done_is_open(world: World, clock: Any) -> None:
    """Drafts, cancelled tasks and those whose time is over are left out; full ones stay, marked."""
    await world.task(title_zh="草稿", publish=False)
    cancelled = await world.task(title_zh="取消")
    await world.poster.post(f"/api/tasks/{cancelled['id']}/cancel", json={"reason": "weather"})
    full = await world.window(after_min=300, seats=1, title_zh="满")
    await grab(await world.walker(), full)
    await world.window(after_min=10, minutes=30, title_zh="快")
    assert await open_titles(world) == ["快", "满"]
    clock.advance(dt.timedelta(minutes=50))
    shown = (await world.volunteer.get("/api/tasks")).json()["items"]
    assert [(task["title_zh"], task["full"]) for task in shown] == [("满", True)]


async def test_filters(world: World) -> None:
    """By kind and by community."""
    await world.task(title_zh="值守")
    await world.task(title_zh="宣传", kind="prevention_talk")
    answer = await world.officer.post(
        "/api/tasks", json=world.form(title_zh="别处", area_id=str(world.place.communities[1].id))
    )
    assert answer.status_code == 201
    assert await open_titles(world, "&kind=prevention_talk") == ["宣传"]
    assert await open_titles(world, f"&area_id={world.place.communities[1].id}") == ["别处"]
    assert sorted(await open_titles(world)) == ["值守", "别处", "宣传"]


async def test_mine_and_the_desks(world: World) -> None:
    """ "mine" are the tasks I sit in; "desk" shows every state to desk roles, filtered by state, and is refused to others."""
    task, draft = await world.window(after_min=60), await world.window(after_min=90, publish=False)
    await grab(world.volunteer, task)
    mine = (await world.volunteer.get("/api/tasks?scope=mine")).json()["items"]
    assert [each["id"] for each in mine] == [task["id"]]
    desk = (await world.officer.get(f"/api/tasks?scope=desk&area_id={world.place.district.id}")).json()[
        "items"
    ]
    assert [each["id"] for each in desk] == [draft["id"], task["id"]], "the latest first"
    drafts = (await world.poster.get("/api/tasks?scope=desk&state=draft")).json()["items"]
    assert [each["id"] for each in drafts] == [draft["id"]]
    assert (await world.volunteer.get("/api/tasks?scope=desk")).status_code == 403
    assert (
        await world.poster.get(f"/api/tasks?scope=desk&area_id={world.place.district.id}")
    ).status_code == 403
    assert (await world.poster.get("/api/tasks?scope=everything")).status_code in (400, 422)


async def test_pages_hold_every_task_once(world: World) -> None:
    """Walking through the pages meets all 130 tasks once and in order, though many begin at the same moment."""
    now = core_clock.now()
    template = await Task.get(id=(await world.task())["id"])
    await Task.filter(id=template.id).delete()
    await Task.bulk_create(
        [
            Task(
                id=uuid7(), area_id=template.area_id, kind="fixed_post", state="published", title_zh=f"{number}",
                starts_at=now + dt.timedelta(hours=1 + number % 2), ends_at=now + dt.timedelta(hours=4), seats=2,
                start_lon=CENTER[0] + 0.0001 * (number % 7), start_lat=CENTER[1], stops=[], posted_by=template.posted_by,
                created_at=now,
            )
            for number in range(130)
        ]
    )  # fmt: skip
    for client, query in (
        (world.volunteer, f"lon={CENTER[0]}&lat={CENTER[1]}"),
        (world.volunteer, "scope=open"),
        (world.officer, "scope=desk"),
    ):
        seen: list[dict[str, Any]] = []
        cursor = ""
        while True:
            page = (await client.get(f"/api/tasks?{query}{cursor}")).json()
            assert len(page["items"]) <= 50
            seen += page["items"]
            if page["next"] is None:
                break
            cursor = f"&after={page['next']}"
        assert len(seen) == len({task["id"] for task in seen}) == 130
        keys = [(task["starts_at"], task["distance_m"] or 0) for task in seen]
        if "desk" in query:
            assert [key[0] for key in keys] == sorted((key[0] for key in keys), reverse=True)
        else:
            assert keys == sorted(keys)


async def test_a_made_up_cursor_is_refused(world: World) -> None:
    """A cursor that no page gave is a wrong field, not an error of ours."""
    for text in ("abc", "e30", "WzEsMiwzLDRd", "%00"):
        answer = await world.volunteer.get(f"/api/tasks?after={text}")
        assert answer.status_code == 422, text
        assert answer.json()["errors"][0]["field"] == "after"
