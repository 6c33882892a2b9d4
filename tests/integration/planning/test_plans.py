"""Plans over HTTP: asked for, solved on real streets by the job, reviewed, published or thrown away."""

import asyncio
import datetime as dt
import shutil
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from shapely.geometry import LineString, Point, shape

from backend.core import clock as core_clock
from backend.core.db import execute
from backend.core.ids import uuid7
from backend.core.roles import Role
from backend.hotspots import making
from backend.incidents import service as incidents
from backend.notify.models import Message
from backend.planning import night
from backend.planning.models import Plan
from backend.tasks.models import Task
from routing.incident import Incident
from tests.integration.planning.conftest import NOON, Desk, year_of_incidents
from tests.support.app import ApiClient
from tests.support.district import browser_of, make_district


async def test_incidents_become_draft_routes(known: Desk) -> None:
    """From a year of incidents and real streets to drafts that a volunteer could walk: along streets, from the
    start, within the time, with a reason at each stop, in two languages."""
    plan = await known.solved()
    assert (plan["state"], plan["progress"], plan["failure"]) == ("ready", 1, None)
    assert plan["figures"]["incidents"] == 400
    assert plan["figures"]["routes"] == len(plan["tasks"]) == 2
    assert 0 < plan["figures"]["coverage_share"] <= 1
    assert plan["hotspots"][0]["score"] == 100
    assert all(hotspot["reason"]["zh"] and hotspot["reason"]["en"] for hotspot in plan["hotspots"])
    district = shape(known.place.district.geometry).buffer(0.01)
    seen: set[tuple[float, float]] = set()
    for task in plan["tasks"]:
        assert (task["state"], task["kind"], task["seats"], task["night"], task["points"]) == (
            "draft",
            "patrol",
            3,
            True,
            15,
        )
        assert task["title_zh"] and "巡逻" in task["title_zh"] and task["title_en"]
        assert task["plan_id"] == plan["id"]
        assert task["area_id"] in {str(area.id) for area in known.place.communities}
        starts_at, ends_at = (dt.datetime.fromisoformat(task[name]) for name in ("starts_at", "ends_at"))
        assert ends_at - starts_at == dt.timedelta(minutes=90)
        line = LineString(task["route"]["geometry"]["coordinates"])
        assert district.covers(line)
        assert Point(task["start"]).distance(Point(known.town.center)) < 0.003
        assert task["route"]["walk_s"] + task["route"]["dwell_s"] <= 90 * 60
        for stop in task["stops"]:
            assert line.distance(Point(stop["lon"], stop["lat"])) < 1e-5, "the walk passes every stop"
            arrive, leave = (
                dt.datetime.fromisoformat(stop["arrive"]),
                dt.datetime.fromisoformat(stop["leave"]),
            )
            assert starts_at < arrive and leave <= ends_at
            assert (leave - arrive).total_seconds() == stop["dwell_s"] == 600
            assert stop["reason"]["zh"] and stop["reason"]["en"]
            place = (stop["lon"], stop["lat"])
            assert place not in seen, "no two teams stand at the same place"
            seen.add(place)


@pytest.mark.real_processes
async def test_the_worker_solves_it_by_itself(known: Desk) -> None:
    """Asking enqueues the job; whichever worker runs it finds the plan, and the officer is told."""
    from backend.core import jobs

    plan = await known.ask()
    stop = asyncio.Event()
    worker = asyncio.create_task(jobs.run_worker(stop))
    async with asyncio.timeout(120):
        while (await known.plan(plan["id"]))["state"] == "solving":  # noqa: ASYNC110 (over HTTP there is nothing to wait for)
            await asyncio.sleep(0.2)
    stop.set()
    await worker
    assert (await known.plan(plan["id"]))["state"] == "ready"
    told = {message.kind for message in await Message.filter(ref_id=plan["id"])}
    assert "plan.ready" in told


async def test_the_same_seed_gives_the_same_routes(known: Desk) -> None:
    """A plan can be made again."""
    first, again = [await known.solved(seed=5) for _ in range(2)]
    assert [task["stops"] for task in first["tasks"]] == [task["stops"] for task in again["tasks"]]
    assert first["seed"] == again["seed"] == 5


async def test_solving_again_changes_nothing(known: Desk) -> None:
    """A job that ran twice, one after the other or at the same time, leaves one set of drafts."""
    plan = await known.ask()
    plan_id = uuid.UUID(plan["id"])
    await asyncio.gather(night.solve(plan_id), night.solve(plan_id))
    await night.solve(plan_id)
    assert await Task.filter(plan_id=plan_id).count() == 2
    assert await Message.filter(kind="plan.ready").count() == 1


async def test_the_districts_map_is_used_while_it_knows_all(known: Desk) -> None:
    """A plan takes its places from the district's hotspot map, until something newer is imported."""
    district = known.place.district
    outlook_id = await making.begin(district, core_clock.now(), "import")
    assert outlook_id is not None
    await making.make(outlook_id)
    await execute(
        "UPDATE incident SET lon = lon + 1 WHERE area_id = ?", district.id
    )  # the map alone knows better
    plan = await known.solved()
    assert (plan["state"], plan["figures"]["incidents"], len(plan["tasks"])) == ("ready", 400, 2)
    core_clock.advance(dt.timedelta(minutes=5))
    newer = Incident("newer", NOON, *known.town.center, "盗窃")
    await incidents.import_incidents(district, [newer], "test")
    assert (await known.solved())["figures"]["incidents"] == 1 + 400


async def test_no_incidents_is_said(desk: Desk) -> None:
    """With nothing known there is no plan, and the constraint that was in the way is named with its words."""
    plan = await desk.solved()
    assert plan["state"] == "failed"
    assert plan["failure"]["code"] == "no-incident-inside"
    assert plan["failure"]["params"]["field"] == "incidents"
    assert plan["failure"]["params"]["zh"] and plan["failure"]["params"]["en"]
    assert plan["tasks"] == [] and plan["hotspots"] == []
    assert await Message.filter(kind="plan.failed", ref_id=plan["id"]).count() == 1


async def test_a_start_off_the_streets_is_said(known: Desk) -> None:
    """A start inside the district's box but in the water names the start."""
    west, south, *_ = known.town.bounds
    plan = await known.solved(teams=[known.teams(start=[west, south])])
    if plan["state"] == "ready":
        pytest.fail("the corner of the sheet is expected to lie off the streets")
    assert plan["failure"]["code"] == "start-off-streets"
    assert plan["failure"]["params"]["field"] == "start"


async def test_old_incidents_are_used_when_there_are_no_newer(desk: Desk) -> None:
    """A district whose last import is two years old still gets a plan, from the year before that."""
    old = NOON - dt.timedelta(days=730)
    await incidents.import_incidents(desk.place.district, year_of_incidents(desk.town, until=old), "old")
    plan = await desk.solved()
    assert plan["state"] == "ready"
    assert dt.datetime.fromisoformat(plan["figures"]["incidents_as_of"]) < old


async def test_an_unforeseen_error_does_not_leave_the_officer_waiting(known: Desk, tmp_path: Path) -> None:
    """A damaged street file fails the plan with its own words; the job does not hang on to it."""
    streets = tmp_path / "data" / "maps" / "town.osm.pbf"
    streets.unlink()
    streets.write_bytes(b"not a street file")
    plan = await known.solved()
    assert plan["state"] == "failed"
    assert plan["failure"]["params"]["en"]


async def test_a_plan_nobody_solves_fails_after_an_hour(known: Desk, clock: Any) -> None:
    """When no worker runs, waiting ends with a reason."""
    plan = await known.ask()
    clock.advance(dt.timedelta(minutes=59))
    assert await night.fail_stuck() == 0
    clock.advance(dt.timedelta(minutes=2))
    assert await night.fail_stuck() == 1
    shown = await known.plan(plan["id"])
    assert (shown["state"], shown["failure"]["code"]) == ("failed", "timed-out")
    await night.solve(uuid.UUID(plan["id"]))
    assert (await known.plan(plan["id"]))["state"] == "failed", "a late job changes nothing"


async def test_a_district_without_streets_says_so(desk: Desk, tmp_path: Path) -> None:
    """Asking is refused at once when there is no street map."""
    shutil.rmtree(tmp_path / "data" / "maps")
    answer = await desk.officer.post("/api/plans", json=desk.form())
    assert (answer.status_code, answer.json()["code"]) == (409, "streets-missing")


async def test_every_wrong_field_is_named(desk: Desk) -> None:
    """One answer holds everything that is to be mended."""
    answer = await desk.officer.post(
        "/api/plans",
        json=desk.form(
            starts_at="2026-06-05T08:00:00+08:00", ends_at="2026-06-05T21:00:00+08:00", dwell_min=21, seed=-1,
            teams=[desk.teams(count=61, minutes=10), desk.teams(count=0, start=[0.0, 0.0], end=[1.0, 1.0])],
        ),
    )  # fmt: skip
    assert answer.status_code == 422
    assert {(error["field"], error["code"]) for error in answer.json()["errors"]} == {
        ("starts_at", "past"), ("ends_at", "too-long"), ("dwell_min", "out-of-range"), ("seed", "out-of-range"),
        ("teams", "too-many"), ("teams.0.count", "out-of-range"), ("teams.0.minutes", "out-of-range"),
        ("teams.1.count", "out-of-range"), ("teams.1.start", "outside-area"), ("teams.1.end", "outside-area"),
    }  # fmt: skip
    assert await Plan.all().count() == 0


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"minutes": 20, "dwell_min": 15}, "too-short"),
        ({"minutes": 200}, "longer-than-window"),
        ({"ends_at": "2026-06-05T19:00:00+08:00"}, "before-start"),
        ({"starts_at": "2026-06-20T20:00:00+08:00", "ends_at": "2026-06-20T23:00:00+08:00"}, "too-far-ahead"),
        ({"starts_at": "2026-06-05T20:00:00"}, "no-offset"),
    ],
)
async def test_what_does_not_fit_together(desk: Desk, changes: dict[str, Any], code: str) -> None:
    """Times and minutes are held against each other."""
    form = desk.form(**{name: value for name, value in changes.items() if name != "minutes"})
    form["teams"] = [desk.teams(minutes=changes.get("minutes", 90))]
    answer = await desk.officer.post("/api/plans", json=form)
    assert answer.status_code == 422
    assert code in {error["code"] for error in answer.json()["errors"]}


async def test_asking_twice_is_one_plan(known: Desk) -> None:
    """The desk's id makes a repeated request harmless."""
    form = known.form()
    first = await known.officer.post("/api/plans", json=form)
    again = await known.officer.post("/api/plans", json=form)
    assert first.json() == again.json()
    assert await Plan.all().count() == 1


async def test_chosen_routes_are_published_together(known: Desk, new_client: Callable[[], ApiClient]) -> None:
    """The officer opens one route; volunteers see and grab it; the other follows later; a foreign id is refused."""
    plan = await known.solved()
    first, second = (task["id"] for task in plan["tasks"])
    foreign = await known.officer.post(
        f"/api/plans/{plan['id']}/publish", json={"task_ids": [first, str(uuid7())]}
    )
    assert foreign.status_code == 422
    assert foreign.json()["errors"][0]["field"] == "task_ids.1"
    assert (await known.plan(plan["id"]))["state"] == "ready", "all or nothing"
    assert (
        await known.officer.post(f"/api/plans/{plan['id']}/publish", json={"task_ids": []})
    ).status_code == 422
    answer = await known.officer.post(f"/api/plans/{plan['id']}/publish", json={"task_ids": [first]})
    assert answer.json()["state"] == "published"
    assert [task["state"] for task in answer.json()["tasks"]] == ["published", "draft"]
    volunteer = await browser_of(new_client, await known.place.volunteer())
    shown = (await volunteer.get(f"/api/tasks?lon={known.town.center[0]}&lat={known.town.center[1]}")).json()[
        "items"
    ]
    assert [task["id"] for task in shown] == [first]
    grabbed = await volunteer.post(f"/api/tasks/{first}/grab", json={"id": str(uuid7())})
    assert grabbed.status_code == 200
    rest = await known.officer.post(f"/api/plans/{plan['id']}/publish", json={"task_ids": [first, second]})
    assert [task["state"] for task in rest.json()["tasks"]] == ["published", "published"]
    assert (await known.officer.post(f"/api/plans/{plan['id']}/discard")).status_code == 409


async def test_a_discarded_plan_takes_its_drafts_with_it(known: Desk) -> None:
    """Thrown away, its drafts are cancelled; thrown away while being solved, nothing comes of it; a poster cannot."""
    plan = await known.solved()
    answer = await known.officer.post(f"/api/plans/{plan['id']}/discard")
    assert answer.json()["state"] == "discarded"
    assert {task["state"] for task in answer.json()["tasks"]} == {"cancelled"}
    assert (await known.officer.post(f"/api/plans/{plan['id']}/discard")).status_code == 200
    assert (
        await known.officer.post(
            f"/api/plans/{plan['id']}/publish", json={"task_ids": [plan["tasks"][0]["id"]]}
        )
    ).status_code == 409
    asked = await known.ask()
    await known.officer.post(f"/api/plans/{asked['id']}/discard")
    await night.solve(uuid.UUID(asked["id"]))
    shown = await known.plan(asked["id"])
    assert (shown["state"], shown["tasks"]) == ("discarded", [])


async def test_a_planned_draft_is_the_polices_to_publish(
    known: Desk, new_client: Callable[[], ApiClient]
) -> None:
    """A community's poster may look at a planned draft of their area but neither edits nor publishes it."""
    plan = await known.solved()
    task = plan["tasks"][0]
    poster = await browser_of(new_client, await known.place.person(Role.POSTER))
    assert (await poster.get(f"/api/tasks/{task['id']}")).status_code == 200
    assert (await poster.post(f"/api/tasks/{task['id']}/publish", json={"version": 1})).status_code == 403
    edited = await known.officer.patch(
        f"/api/tasks/{task['id']}", json={"version": 1, "seats": 4, "starts_at": "2026-06-05T20:15:00+08:00"}
    )
    assert edited.status_code == 200
    moved = dt.datetime.fromisoformat(edited.json()["stops"][0]["arrive"]) - dt.datetime.fromisoformat(
        task["stops"][0]["arrive"]
    )
    assert moved == dt.timedelta(minutes=15), "the stops' times move with the start"


async def test_who_may_plan(known: Desk, new_client: Callable[[], ApiClient]) -> None:
    """Volunteers and posters neither ask nor look; people of another district find nothing, on every route."""
    plan = await known.ask()
    calls = [
        ("POST", "/api/plans", known.form()),
        ("GET", f"/api/plans?area_id={known.place.district.id}", None),
        ("GET", f"/api/plans/{plan['id']}", None),
        ("POST", f"/api/plans/{plan['id']}/publish", {"task_ids": [str(uuid7())]}),
        ("POST", f"/api/plans/{plan['id']}/discard", {}),
    ]
    other = await make_district("other", center=(121.7, 28.0))
    for people, roles, status in (
        (known.place, (Role.VOLUNTEER, Role.POSTER), 403),
        (other, (Role.OFFICER, Role.APPROVER, Role.ADMIN, Role.VOLUNTEER), 404),
    ):
        for role in roles:
            browser = await browser_of(new_client, await people.person(role))
            for method, path, body in calls:
                answer = await browser.request(method, path, json=body)
                assert answer.status_code == status, f"{role} {method} {path}"
    assert (await known.plan(plan["id"]))["state"] == "solving"


async def test_plans_are_listed_the_latest_first(known: Desk) -> None:
    """The list holds what an officer needs to choose one, without tasks."""
    made = [(await known.ask())["id"] for _ in range(3)]
    found = (await known.officer.get(f"/api/plans?area_id={known.place.district.id}")).json()
    assert [plan["id"] for plan in found["items"]] == made[::-1]
    assert found["next"] is None
