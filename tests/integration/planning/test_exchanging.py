"""Plans as files over HTTP and on the command line: given, taken again, and refused with every fault named."""

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import pytest

from backend.core.ids import uuid7
from backend.core.roles import Role
from backend.people.models import Person
from backend.planning import service
from routing.exchange_formats import FORMATS, read_plan_file
from routing.streets import load_streets
from tests.integration.planning.conftest import Desk
from tests.integration.planning.test_desk import after, assert_walkable, stops_of
from tests.support.app import ApiClient
from tests.support.district import browser_of

type Json = dict[str, Any]


async def file_of(desk: Desk, plan: Json, kind: str) -> bytes:
    """The plan as the desk gives it away."""
    answer = await desk.officer.get(f"/api/plans/{plan['id']}/file?kind={kind}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith(FORMATS[kind].media_type)  # type: ignore[index]
    assert f".{kind}" in answer.headers["content-disposition"]
    return answer.content


async def taken(
    desk: Desk, data: bytes, browser: ApiClient | None = None, starts_at: str | None = None
) -> Any:
    """The answer to giving the desk a file."""
    query = {"plan_id": str(uuid7()), "area_id": str(desk.place.district.id)}
    if starts_at:
        query["starts_at"] = starts_at
    headers = {"Content-Type": "application/octet-stream"}
    return await (browser or desk.officer).post(
        "/api/plans/import", params=query, content=data, headers=headers
    )


def walked(plan: Json) -> list[Any]:
    """What of a plan goes through a file: teams, and each one's stops with their times, locks and reasons."""
    keep = ("lon", "lat", "arrive", "leave", "dwell_s", "name", "name_en", "reason", "locked", "id", "order")
    return [
        plan["starts_at"],
        plan["ends_at"],
        plan["teams"],
        [(task["plan_team"], task["route"]["walk_s"], [{name: stop[name] for name in keep} for stop in task["stops"]]) for task in plan["tasks"]],
        plan["figures"]["score"],
    ]  # fmt: skip


@pytest.mark.parametrize("kind", FORMATS)
async def test_a_plan_comes_back_from_its_file(known: Desk, kind: str) -> None:
    """Given away and taken again it is a plan of its own with the same routes, which can be edited and given again."""
    plan = await known.solved(teams=[known.teams(count=1), known.teams(count=1, profile="slow", minutes=120)])
    plan = await after(known, plan, kind="lock", stop=stops_of(plan, 1)[0])
    data = await file_of(known, plan, kind)
    answer = await taken(known, data)
    assert answer.status_code == 201, answer.text
    again = answer.json()
    assert (again["state"], again["figures"]["incidents"]) == ("ready", 0)
    assert again["id"] != plan["id"] and {task["state"] for task in again["tasks"]} == {"draft"}
    assert walked(again) == walked(plan)
    assert_walkable(again)
    assert read_plan_file(await file_of(known, again, kind)).teams == read_plan_file(data).teams
    edited = await after(known, again, kind="remove", stop=stops_of(again, 2)[-1])
    assert len(stops_of(edited, 2)) == len(stops_of(again, 2)) - 1


async def test_a_plan_is_taken_for_another_evening(known: Desk) -> None:
    """Begun when the officer says; sent again with the same id it is one plan."""
    plan = await known.solved()
    data = await file_of(known, plan, "geojson")
    query = {"plan_id": str(uuid7()), "area_id": str(known.place.district.id), "starts_at": "2026-06-07T19:30:00+08:00"}  # fmt: skip
    first = await known.officer.post("/api/plans/import", params=query, content=data)
    again = await known.officer.post("/api/plans/import", params=query, content=data)
    assert first.json() == again.json()
    assert dt.datetime.fromisoformat(first.json()["starts_at"]) == dt.datetime.fromisoformat(
        query["starts_at"]
    )
    over = await taken(known, data, starts_at="2026-05-01T19:30:00+08:00")
    assert (over.status_code, over.json()["errors"][0]["field"]) == (422, "starts_at")
    naive = await taken(known, data, starts_at="2026-06-07T19:30:00")
    assert (naive.status_code, naive.json()["errors"][0]["code"]) == (422, "no-offset")


async def test_what_cannot_be_walked_is_refused_with_every_row(known: Desk) -> None:
    """Outside, at a school, too long: each is named with its remedy in both languages, and nothing is imported."""
    plan = await known.solved()
    collection = json.loads(await file_of(known, plan, "geojson"))
    graph = load_streets(known.town.path)
    corners = [(corner.lon, corner.lat) for corner in known.town.junctions]
    barred = [c for c in corners if graph.never_a_target([c[0]], [c[1]]).any()]
    points = [f for f in collection["features"] if f["geometry"]["type"] == "Point"]
    points[0]["geometry"]["coordinates"] = [0.0, 0.0]
    points[1]["geometry"]["coordinates"] = list(barred[0])
    answer = await taken(known, json.dumps(collection).encode())
    assert (answer.status_code, answer.json()["code"]) == (422, "plan-file-refused")
    faults = answer.json()["params"]["faults"]
    assert [(fault["field"], "要素" in fault["zh"], "feature" in fault["en"]) for fault in faults] == [
        ("lon, lat", True, True)
    ] * 2
    assert "学校" in faults[1]["zh"] and "schools" in faults[1]["en"]
    tight = json.loads(await file_of(known, plan, "geojson"))
    tight["features"][0]["properties"]["minutes"] = 20
    answer = await taken(known, json.dumps(tight).encode())
    [fault] = answer.json()["params"]["faults"]
    assert (fault["field"], fault["value"]) == ("minutes", "20")
    nonsense = await taken(known, b"\x00 no plan")
    assert nonsense.json()["code"] == "plan-file-refused"
    listed = await known.officer.get(f"/api/plans?area_id={known.place.district.id}")
    assert [each["id"] for each in listed.json()["items"]] == [plan["id"]]


async def test_who_may_exchange(known: Desk, new_client: Callable[[], ApiClient]) -> None:
    """The police see a plan's file; officers alone give one."""
    plan = await known.solved()
    data = await file_of(known, plan, "gpx")
    for role, seen, given in ((Role.APPROVER, 200, 403), (Role.VOLUNTEER, 403, 403)):
        browser = await browser_of(new_client, await known.place.person(role))
        shown = await browser.get(f"/api/plans/{plan['id']}/file?kind=gpx")
        assert shown.status_code == seen, role
        assert (await taken(known, data, browser)).status_code == given, role


async def test_operators_exchange_plans_too(known: Desk) -> None:
    """What the command line calls: by the officer's phone; a stranger's is refused."""
    plan = await known.solved()
    name, data = await service.export_for_operator(plan["id"], "xlsx")
    assert name.endswith("2026-06-05.xlsx")
    officer = await Person.get(name="陈警官")
    path = known.place.district.path
    made = await service.import_for_operator(officer.phone, path, uuid7(), data, None)
    assert (made.state, made.team_count) == ("ready", 2)
    with pytest.raises(Exception, match="no officer"):
        await service.import_for_operator("13900000000", path, uuid7(), data, None)
