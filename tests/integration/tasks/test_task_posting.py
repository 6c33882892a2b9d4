"""Posting, editing, publishing and cancelling tasks over HTTP."""

import datetime as dt

import pytest

from backend.core.ids import uuid7
from backend.notify.models import Message
from tests.integration.tasks.conftest import World, grab
from tests.support.app import ApiClient
from tests.support.district import CENTER


async def test_kinds_come_with_their_templates(world: World) -> None:
    """The posting form needs one request to offer every kind."""
    kinds = (await world.poster.get("/api/task-kinds")).json()
    assert [kind["kind"] for kind in kinds] == [
        "patrol",
        "fixed_post",
        "prevention_talk",
        "mediation",
        "visit",
        "help_request",
        "free_patrol",
    ]
    assert all(kind["templates"] for kind in kinds)


async def test_a_template_a_place_and_a_window_are_enough(world: World) -> None:
    """A task posted with nothing else has words, seats and points, and is open at once."""
    task = await world.task(template="crossing")
    assert (task["state"], task["title_zh"], task["seats"], task["points"]) == (
        "published",
        "路口劝导",
        2,
        10,
    )
    assert task["place"] == {"name": "东门", "lon": CENTER[0], "lat": CENTER[1]}
    assert task["brief_zh"] and task["brief_en"]
    assert task["posted_by_name"] == "周书记"
    assert task["night"] is False


async def test_a_night_task_promises_the_night_points(world: World) -> None:
    """22:00 at the district is dark: the promise contains what night earns."""
    at = dt.datetime(2026, 6, 5, 14, 0, tzinfo=dt.UTC)
    task = await world.task(starts_at=at.isoformat(), ends_at=(at + dt.timedelta(hours=1)).isoformat())
    assert task["night"] is True
    assert task["points"] == 15


async def test_posting_twice_is_one_task(world: World) -> None:
    """The same id sent again answers the same task; somebody else's id is refused."""
    form = world.form()
    first = await world.poster.post("/api/tasks", json=form)
    again = await world.poster.post("/api/tasks", json=form)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    stolen = await world.officer.post("/api/tasks", json=form)
    assert stolen.status_code == 409


async def test_every_wrong_field_is_named(world: World) -> None:
    """One answer holds everything that is to be mended."""
    now = dt.datetime(2026, 6, 5, 2, 0, tzinfo=dt.UTC)
    answer = await world.poster.post(
        "/api/tasks",
        json=world.form(
            starts_at=(now - dt.timedelta(hours=3)).isoformat(), ends_at=(now - dt.timedelta(hours=4)).isoformat(),
            seats=0, points=-1, title_zh="长" * 81, template="no such", place={"name": " ", "lon": 0.0, "lat": 0.0},
        ),
    )  # fmt: skip
    assert answer.status_code == 422
    assert answer.headers["content-type"].startswith("application/problem+json")
    fields = [(error["field"], error["code"]) for error in answer.json()["errors"]]
    assert set(fields) == {
        ("ends_at", "past"), ("ends_at", "before-start"), ("seats", "out-of-range"), ("points", "out-of-range"),
        ("title_zh", "too-long"), ("template", "unknown"), ("place.name", "missing"), ("place.lon", "outside-area"),
    }  # fmt: skip


async def test_a_kind_says_what_it_needs(world: World) -> None:
    """A fixed post without a place and a patrol without a route are refused by field; an unknown kind too."""
    for change, field in (
        ({"place": None}, "place"),
        ({"kind": "patrol"}, "route_of"),
        ({"kind": "parade"}, "kind"),
    ):
        answer = await world.poster.post("/api/tasks", json=world.form(**change))
        assert answer.status_code == 422
        assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_only_posters_and_officers_of_the_area_post(world: World) -> None:
    """A volunteer may not post, nor a poster in another community."""
    assert (await world.volunteer.post("/api/tasks", json=world.form())).status_code == 403
    elsewhere = world.form(area_id=str(world.place.communities[1].id))
    assert (await world.poster.post("/api/tasks", json=elsewhere)).status_code == 403
    assert (await world.officer.post("/api/tasks", json=elsewhere)).status_code == 201


async def test_a_draft_is_seen_by_the_desk_only(world: World) -> None:
    """Until it is published, a task is nothing to volunteers."""
    task = await world.task(publish=False)
    assert task["state"] == "draft"
    assert (await world.volunteer.get(f"/api/tasks/{task['id']}")).status_code == 404
    assert (await world.officer.get(f"/api/tasks/{task['id']}")).status_code == 200
    assert (await grab(world.volunteer, task)).status_code == 404


async def test_people_on_duty_hear_of_a_published_task(world: World) -> None:
    """Publishing tells the volunteers on duty in the area, and nobody elsewhere."""
    there = await world.place.volunteer(community=0)
    await world.place.volunteer(community=1)
    await world.place.volunteer(community=0, on_duty=False)
    before = {message.user_id for message in await Message.filter(kind="task.published")}
    assert before == set()
    task = await world.task()
    told = {message.user_id for message in await Message.filter(kind="task.published", ref_id=task["id"])}
    assert there.id in told
    homes = {person.id for person in [there]}
    assert homes <= told
    from backend.people.models import Person

    people = await Person.filter(id__in=list(told))
    assert all(person.area_id == world.place.communities[0].id and person.on_duty for person in people)


async def test_a_stale_version_changes_nothing(world: World) -> None:
    """Of two editors who looked at the same version, the second is told to look again."""
    task = await world.task()
    first = await world.poster.patch(
        f"/api/tasks/{task['id']}", json={"version": task["version"], "seats": 4}
    )
    assert first.status_code == 200 and first.json()["version"] == task["version"] + 1
    second = await world.officer.patch(
        f"/api/tasks/{task['id']}", json={"version": task["version"], "seats": 5}
    )
    assert second.status_code == 409
    assert second.json()["code"] == "stale-version"
    assert second.json()["params"]["version"] == task["version"] + 1
    assert (await world.officer.get(f"/api/tasks/{task['id']}")).json()["seats"] == 4


async def test_a_draft_published_at_a_stale_version_stays_a_draft(world: World) -> None:
    """What is published is what the publisher looked at."""
    task = await world.task(publish=False)
    await world.poster.patch(f"/api/tasks/{task['id']}", json={"version": 1, "points": 12})
    stale = await world.poster.post(f"/api/tasks/{task['id']}/publish", json={"version": 1})
    assert stale.status_code == 409 and stale.json()["code"] == "stale-version"
    assert (await world.poster.get(f"/api/tasks/{task['id']}")).json()["state"] == "draft"
    assert (await world.poster.post(f"/api/tasks/{task['id']}/publish", json={"version": 2})).json()[
        "state"
    ] == "published"


async def test_an_edit_keeps_what_people_were_promised(world: World) -> None:
    """With a seat taken, points do not fall and seats do not fall below those taken; both are said at once."""
    task = await world.task(seats=2)
    assert (await grab(world.volunteer, task)).status_code == 200
    assert (await grab(await world.walker(), task)).status_code == 200
    answer = await world.poster.patch(
        f"/api/tasks/{task['id']}",
        json={"version": task["version"], "seats": 1, "points": 1, "title_zh": " "},
    )
    assert answer.status_code == 422
    assert {error["field"] for error in answer.json()["errors"]} == {"seats", "points", "title_zh"}


async def test_an_edit_tells_those_who_hold_a_seat(world: World) -> None:
    """Somebody who planned their evening hears that it moved."""
    task = await world.task()
    await grab(world.volunteer, task)
    later = (dt.datetime.fromisoformat(task["ends_at"]) + dt.timedelta(hours=1)).isoformat()
    answer = await world.poster.patch(
        f"/api/tasks/{task['id']}", json={"version": task["version"], "ends_at": later}
    )
    assert answer.status_code == 200
    assert await Message.filter(kind="task.changed", ref_id=task["id"]).count() == 1


async def test_a_moved_task_keeps_its_seats(world: World) -> None:
    """When the window moves, a held seat is kept until a quarter of an hour into the new one."""
    task = await world.task()
    seat = (await grab(world.volunteer, task)).json()
    starts_at, ends_at = (dt.datetime.fromisoformat(task[name]) for name in ("starts_at", "ends_at"))
    moved = {
        name: (at + dt.timedelta(hours=3)).isoformat()
        for name, at in (("starts_at", starts_at), ("ends_at", ends_at))
    }
    answer = await world.poster.patch(f"/api/tasks/{task['id']}", json={"version": task["version"], **moved})
    assert answer.status_code == 200
    mine = (await world.volunteer.get("/api/me/assignments")).json()["items"][0]
    assert mine["id"] == seat["id"]
    assert dt.datetime.fromisoformat(mine["hold_until"]) == starts_at + dt.timedelta(hours=3, minutes=15)


async def test_cancelling_frees_and_tells(world: World) -> None:
    """Those who hold a seat are told why, and their seats are free; the task takes nobody any more."""
    task = await world.task()
    seat = (await grab(world.volunteer, task)).json()
    answer = await world.poster.post(f"/api/tasks/{task['id']}/cancel", json={"reason": "weather"})
    assert (answer.json()["state"], answer.json()["outcome"], answer.json()["seats_taken"]) == (
        "cancelled",
        "weather",
        0,
    )
    mine = (await world.volunteer.get("/api/me/assignments?state=past")).json()["items"]
    assert [(each["id"], each["state"], each["release_reason"]) for each in mine] == [
        (seat["id"], "released", "admin")
    ]
    assert await Message.filter(kind="task.cancelled", ref_id=task["id"]).count() == 1
    gone = await grab(await world.walker(), task)
    assert gone.status_code == 410 and gone.json()["code"] == "task-closed"


@pytest.mark.parametrize(
    ("reason", "status"), [("police", 403), ("expired", 422), ("poster", 200), ("rain", 422)]
)
async def test_a_poster_gives_their_own_reasons(world: World, reason: str, status: int) -> None:
    """ "police" is an officer's to say, and what is not over has not expired."""
    task = await world.task()
    answer = await world.poster.post(f"/api/tasks/{task['id']}/cancel", json={"reason": reason})
    assert answer.status_code == status


async def test_a_route_is_copied_with_its_times_moved(world: World) -> None:
    """A patrol on a chosen route walks the same stops at its own time."""
    from backend.tasks.models import Task

    source = await world.task()
    start = dt.datetime.fromisoformat(source["starts_at"])
    await Task.filter(id=source["id"]).update(
        route={"length_m": 900.0, "walk_s": 750, "dwell_s": 600, "geometry": {"type": "LineString", "coordinates": [[120.7, 28.0], [120.71, 28.0]]}},
        stops=[{
            "order": 1, "name": "东街", "lon": 120.705, "lat": 28.0, "arrive": (start + dt.timedelta(minutes=5)).isoformat(),
            "leave": (start + dt.timedelta(minutes=15)).isoformat(), "dwell_s": 600, "reason": {"zh": "原因", "en": "reason"},
        }],
    )  # fmt: skip
    later = start + dt.timedelta(hours=5)
    copy = await world.task(
        kind="patrol", route_of=source["id"], place=None, starts_at=later.isoformat(),
        ends_at=(later + dt.timedelta(hours=1)).isoformat(),
    )  # fmt: skip
    assert copy["route"]["length_m"] == 900.0
    assert copy["start"] == source["start"]
    assert dt.datetime.fromisoformat(copy["stops"][0]["arrive"]) == later + dt.timedelta(minutes=5)
    assert dt.datetime.fromisoformat(copy["stops"][0]["leave"]) == later + dt.timedelta(minutes=15)


async def test_another_district_reaches_nothing(world: World, stranger: dict[str, ApiClient]) -> None:
    """Whoever guesses an id of another district learns nothing and changes nothing, on every route."""
    task = await world.task()
    seat = (await grab(world.volunteer, task)).json()
    area_id = str(world.place.district.id)
    calls = [
        ("GET", f"/api/tasks/{task['id']}", None),
        ("PATCH", f"/api/tasks/{task['id']}", {"version": 1}),
        ("POST", f"/api/tasks/{task['id']}/submit", {}),
        ("POST", f"/api/tasks/{task['id']}/publish", {"version": 2}),
        ("POST", f"/api/tasks/{task['id']}/cancel", {"reason": "police"}),
        ("POST", f"/api/tasks/{task['id']}/grab", {"id": str(uuid7())}),
        ("POST", f"/api/assignments/{seat['id']}/release", {}),
        ("POST", f"/api/assignments/{seat['id']}/no-show", {}),
        ("POST", "/api/tasks", world.form()),
        ("POST", "/api/tasks", world.form(area_id=area_id)),
        ("GET", f"/api/tasks?area_id={area_id}", None),
        ("GET", f"/api/tasks?scope=desk&area_id={area_id}", None),
    ]
    for role, browser in stranger.items():
        for method, path, body in calls:
            answer = await browser.request(method, path, json=body)
            assert answer.status_code == 404, f"{role} {method} {path}: {answer.status_code}"
        for path in ("/api/tasks", "/api/tasks?scope=mine"):
            assert (await browser.get(path)).json()["items"] == []
    own_area = str((await stranger["poster"].get("/api/areas")).json()[0]["id"])
    copied = await stranger["officer"].post(
        "/api/tasks", json=world.form(area_id=own_area, kind="patrol", place=None, route_of=task["id"])
    )
    assert copied.status_code == 404, "another district's route cannot be copied"
    unchanged = (await world.officer.get(f"/api/tasks/{task['id']}")).json()
    assert (unchanged["state"], unchanged["seats_taken"]) == ("published", 1)


async def test_nobody_without_a_session_reaches_anything(world: World) -> None:
    """Every route needs a session."""
    task = await world.task()
    outsider = world.new_client()
    for path in ("/api/tasks", f"/api/tasks/{task['id']}", "/api/task-kinds", "/api/me/assignments"):
        assert (await outsider.get(path)).status_code == 401
