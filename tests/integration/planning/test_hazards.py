"""What is to be minded on routes: the street map's own knowledge, and notes that stay from night to night."""

from collections.abc import Callable
from typing import Any

import pytest

from backend.core.ids import uuid7
from backend.core.roles import Role
from tests.integration.planning.conftest import Desk
from tests.support.app import ApiClient
from tests.support.district import browser_of


async def hazards(desk: Desk, plan: dict[str, Any]) -> dict[str, Any]:
    """The plan's hazards as the desk sees them."""
    answer = await desk.officer.get(f"/api/plans/{plan['id']}/hazards")
    assert answer.status_code == 200, answer.text
    return answer.json()


def note(desk: Desk, lon: float, lat: float, **changes: Any) -> dict[str, Any]:
    """The body of a warning."""
    body = {"id": str(uuid7()), "area_id": str(desk.place.district.id), "kind": "water"}
    return {**body, "lon": lon, "lat": lat, "note": "河边没有栏杆", **changes}


async def test_notes_are_told_with_the_routes_they_lie_beside(known: Desk) -> None:
    """One on a route is told with it, one far off is not; both stay for the next plan until one is taken away."""
    plan = await known.solved()
    before = await hazards(known, plan)
    assert [route["team"] for route in before["routes"]] == [1, 2] and before["notes"] == []
    assert all(route["notes"] == [] for route in before["routes"])
    told = [task["route"]["hazards"] for task in plan["tasks"]]
    names = {"steps_m", "unlit_m", "steep_m", "rough_m", "water_m", "railway_m"}
    assert all(set(each) == names and min(each.values()) >= 0 for each in told)
    stop = next(task for task in plan["tasks"] if task["plan_team"] == 1)["stops"][0]
    near = note(known, stop["lon"], stop["lat"])
    lines = [place for task in plan["tasks"] for place in task["route"]["geometry"]["coordinates"]]
    corners = [(corner.lon, corner.lat) for corner in known.town.junctions]
    far = max(corners, key=lambda c: min(abs(c[0] - p[0]) + abs(c[1] - p[1]) for p in lines))
    for body in (near, near, note(known, *far, kind="railway", note="道口没有护栏")):
        assert (await known.officer.post("/api/plans/hazard-notes", json=body)).status_code == 201
    found = await hazards(known, plan)
    assert {each["note"] for each in found["notes"]} == {"道口没有护栏", "河边没有栏杆"}
    assert found["routes"][0]["notes"] == [near["id"]]
    other = await known.solved(seed=5)
    assert len((await hazards(known, other))["notes"]) == 2
    for _ in range(2):
        gone = await known.officer.post(f"/api/plans/hazard-notes/{near['id']}/remove")
        assert gone.status_code == 200
    assert [each["kind"] for each in (await hazards(known, plan))["notes"]] == ["railway"]


async def test_who_walks_a_route_is_told_its_warnings(
    known: Desk, new_client: Callable[[], ApiClient]
) -> None:
    """A volunteer who may see the task sees the warnings beside it, without who wrote them; a draft stays the desk's."""
    plan = await known.solved()
    task = plan["tasks"][0]
    for stop, text in ((task["stops"][-1], "第二"), (task["stops"][0], "第一")):
        body = note(known, stop["lon"], stop["lat"], note=text)
        assert (await known.officer.post("/api/plans/hazard-notes", json=body)).status_code == 201
    volunteer = await browser_of(new_client, await known.place.volunteer())
    path = f"/api/plans/hazard-notes/of-task/{task['id']}"
    assert (await volunteer.get(path)).status_code == 404
    await known.officer.post(f"/api/plans/{plan['id']}/publish", json={"task_ids": [task["id"]]})
    items = (await volunteer.get(path)).json()["items"]
    assert {each["note"] for each in items} == {"第一", "第二"}
    assert all(set(each) == {"id", "kind", "lon", "lat", "note"} for each in items)
    around = f"/api/plans/hazard-notes/of-area/{known.place.district.id}"
    assert {each["note"] for each in (await volunteer.get(around)).json()["items"]} == {"第一", "第二"}
    assert (await volunteer.get(f"/api/plans/hazard-notes/of-area/{uuid7()}")).status_code == 404


@pytest.mark.parametrize(
    ("changes", "field"), [({"note": " "}, "note"), ({"note": "长" * 201}, "note"), ({"lon": 0.0}, "lon")]
)
async def test_what_is_wrong_with_a_note_is_named(known: Desk, changes: dict[str, Any], field: str) -> None:
    """The field, and nothing is kept."""
    body = {**note(known, *known.town.center), **changes}
    answer = await known.officer.post("/api/plans/hazard-notes", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def test_officers_alone_note(known: Desk, new_client: Callable[[], ApiClient]) -> None:
    """Others of the police look; nobody else does either."""
    plan = await known.solved()
    for role, seen in ((Role.APPROVER, 200), (Role.VOLUNTEER, 403)):
        browser = await browser_of(new_client, await known.place.person(role))
        assert (await browser.get(f"/api/plans/{plan['id']}/hazards")).status_code == seen
        body = note(known, *known.town.center)
        assert (await browser.post("/api/plans/hazard-notes", json=body)).status_code == 403
