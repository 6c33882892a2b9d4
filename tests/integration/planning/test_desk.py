"""The planning desk over HTTP: stops moved, added, taken away and locked; times repaired; colleagues; undo."""

import asyncio
import datetime as dt
import uuid
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from backend.core.ids import uuid7
from backend.core.roles import Role
from backend.incidents import service as incidents
from backend.planning import night
from backend.planning.models import Plan, PlanEdit
from backend.tasks.models import Task
from routing.streets import load_streets
from tests.integration.planning.conftest import Desk, year_of_incidents
from tests.support.app import ApiClient
from tests.support.district import browser_of

type Json = dict[str, Any]


async def edited(desk: Desk, plan: Json, browser: ApiClient | None = None, **edit: Any) -> Any:
    """One edit on the version that `plan` shows; the answer as it came."""
    body = {"id": str(uuid7()), "version": plan["version"], **edit}
    return await (browser or desk.officer).post(f"/api/plans/{plan['id']}/edits", json=body)


async def after(desk: Desk, plan: Json, **edit: Any) -> Json:
    """The plan after an edit that goes through."""
    answer = await edited(desk, plan, **edit)
    assert answer.status_code == 200, answer.text
    return answer.json()


def stops_of(plan: Json, team: int) -> list[str]:
    """The ids of a team's stops, in order."""
    return next(
        ([stop["id"] for stop in task["stops"]] for task in plan["tasks"] if task["plan_team"] == team), []
    )


def assert_walkable(plan: Json) -> None:
    """Each route: stops on the clock one after the other, the walk and the stays as long as said, within its time."""
    minutes = {team["number"]: team["minutes"] for team in plan["teams"]}
    for task in plan["tasks"]:
        at = dt.datetime.fromisoformat(task["starts_at"])
        for order, stop in enumerate(task["stops"], start=1):
            arrive, leave = (dt.datetime.fromisoformat(stop[name]) for name in ("arrive", "leave"))
            assert stop["order"] == order and arrive >= at
            assert (leave - arrive).total_seconds() == stop["dwell_s"]
            at = leave
        out_s = task["route"]["walk_s"] + task["route"]["dwell_s"]
        assert out_s <= minutes[task["plan_team"]] * 60
        assert task["route"]["dwell_s"] == sum(stop["dwell_s"] for stop in task["stops"])


async def test_stops_are_moved_within_and_between_routes(known: Desk) -> None:
    """Dragged to another place or team, a stop is there; times, figures and titles are made anew."""
    plan = await known.solved()
    first, second = stops_of(plan, 1), stops_of(plan, 2)
    turned = await after(known, plan, kind="move", stop=first[-1], team=1, position=0)
    assert stops_of(turned, 1)[0] == first[-1]
    assert set(stops_of(turned, 1)) <= set(first) and turned["version"] == plan["version"] + 1
    assert_walkable(turned)
    moved = await after(known, turned, kind="move", stop=second[0], team=1, position=1)
    assert second[0] in stops_of(moved, 1)
    assert second[0] not in stops_of(moved, 2)
    assert_walkable(moved)
    told = moved["edits"][0]
    assert (told["kind"], told["told"]["team"], told["told"]["from_team"], told["mine"]) == (
        "move",
        1,
        2,
        True,
    )
    gone = {stop["id"] for edit in moved["edits"] for stop in edit["told"]["left_out"]}
    everywhere = {*stops_of(moved, 1), *stops_of(moved, 2)}
    assert {*first, *second} == everywhere | gone, "no stop goes without being named"
    assert moved["figures"]["stops"] == len(everywhere)
    locked = {stop["id"] for task in moved["tasks"] for stop in task["stops"] if stop["locked"]}
    assert locked == {second[0]}, "what was given to a team is held there"


async def test_a_stop_is_taken_away_and_put_back_by_a_tap(known: Desk) -> None:
    """Taken away, the route is shorter; tapped again on the map, the hotspot comes back; twice is refused."""
    plan = await known.solved()
    stop = plan["tasks"][0]["stops"][0]
    without = await after(known, plan, kind="remove", stop=stop["id"])
    assert stop["id"] not in stops_of(without, 1)
    assert without["figures"]["coverage_share"] < plan["figures"]["coverage_share"]
    assert_walkable(without)
    again = await after(known, without, kind="add", lon=stop["lon"], lat=stop["lat"], team=1)
    assert stop["id"] in stops_of(again, 1)
    assert_walkable(again)
    twice = await edited(known, again, kind="add", lon=stop["lon"], lat=stop["lat"])
    assert (twice.status_code, twice.json()["errors"][0]["code"]) == (422, "already-there")


async def test_a_place_of_ones_own_is_put_where_it_costs_least(known: Desk) -> None:
    """A tap between hotspots becomes a stop on the nearest street of whichever team loses least; others give way."""
    plan = await known.solved()
    corners = [(corner.lon, corner.lat) for corner in known.town.junctions]
    spots = [(spot["lon"], spot["lat"]) for spot in plan["hotspots"]]
    far = [c for c in corners if all(abs(c[0] - s[0]) + abs(c[1] - s[1]) > 0.0015 for s in spots)]
    near_start = min(far, key=lambda c: abs(c[0] - known.town.center[0]) + abs(c[1] - known.town.center[1]))
    put = await after(known, plan, kind="add", lon=near_start[0], lat=near_start[1])
    told = put["edits"][0]["told"]
    assert told["stop"]["id"].startswith("own-")
    assert told["stop"]["id"] in stops_of(put, told["team"])
    assert_walkable(put)
    sea = await edited(known, put, kind="add", lon=0.0, lat=0.0)
    assert (sea.status_code, sea.json()["errors"][0]["code"]) == (422, "outside-area")


async def test_locked_stops_stay_whatever_else_must_go(known: Desk) -> None:
    """With every stop of a full route locked, one more does not fit: refused with the minutes, nothing changed."""
    plan = await known.solved(dwell_min=15, teams=[known.teams(minutes=60, count=1)])
    answer: Any = None
    for spot in plan["hotspots"]:
        for stop_id in stops_of(plan, 1):
            plan = await after(known, plan, kind="lock", stop=stop_id)
        if spot["id"] in stops_of(plan, 1):
            continue
        answer = await edited(known, plan, kind="add", lon=spot["lon"], lat=spot["lat"], team=1)
        if answer.status_code != 200:
            break
        plan = answer.json()
    assert answer.status_code == 409
    problem = answer.json()
    assert (problem["code"], problem["params"]["reason"]) == ("plan-does-not-fit", "route_too_long")
    assert "60" in problem["params"]["zh"] and "60" in problem["params"]["en"]
    assert await known.plan(plan["id"]) == plan


async def test_two_officers_at_once_get_a_clear_conflict(
    known: Desk, new_client: Callable[[], ApiClient]
) -> None:
    """The second officer's edit is refused with what the first did and by whom; on the new version it goes through."""
    plan = await known.solved()
    colleague = await browser_of(new_client, await known.place.person(Role.OFFICER, name="林警官"))
    first = stops_of(plan, 1)[0]
    await after(known, plan, kind="lock", stop=first)
    late = await edited(known, plan, colleague, kind="remove", stop=stops_of(plan, 2)[0])
    assert (late.status_code, late.json()["code"]) == (409, "plan-changed")
    params = late.json()["params"]
    assert (params["version"], params["yours"]) == (plan["version"] + 1, plan["version"])
    [change] = params["changes"]
    assert (change["kind"], change["by_name"], change["mine"]) == ("lock", "陈警官", False)
    assert change["told"]["stop"]["id"] == first
    now = (await colleague.get(f"/api/plans/{plan['id']}")).json()
    retried = await edited(known, now, colleague, kind="remove", stop=stops_of(plan, 2)[0])
    assert retried.status_code == 200
    shown = await known.plan(plan["id"])
    assert [edit["by_name"] for edit in shown["edits"]] == ["林警官", "陈警官"]
    assert shown["tasks"][0]["stops"][0]["locked"], "both changes are there"


async def test_many_edits_of_one_version_have_one_winner(known: Desk) -> None:
    """Sent at the same time on the same version, one is carried out and the others told so; none is lost silently."""
    plan = await known.solved()
    answers = await asyncio.gather(*[
        edited(known, plan, kind="lock", stop=stop_id) for stop_id in [*stops_of(plan, 1), *stops_of(plan, 2)]
    ])  # fmt: skip
    assert sorted(answer.status_code for answer in answers)[0] == 200
    assert [answer.status_code for answer in answers].count(200) == 1
    assert {answer.json()["code"] for answer in answers if answer.status_code != 200} == {"plan-changed"}
    assert await PlanEdit.filter(plan_id=plan["id"]).count() == 1
    assert (await Plan.get(id=plan["id"])).version == plan["version"] + 1


async def test_an_edit_sent_twice_is_one_edit(known: Desk) -> None:
    """A repeated request answers the same and changes nothing."""
    plan = await known.solved()
    body = {"id": str(uuid7()), "version": plan["version"], "kind": "remove", "stop": stops_of(plan, 1)[0]}
    first = await known.officer.post(f"/api/plans/{plan['id']}/edits", json=body)
    again = await known.officer.post(f"/api/plans/{plan['id']}/edits", json=body)
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() == again.json()


async def test_changes_are_taken_back_one_after_the_other(known: Desk) -> None:
    """Undo brings back the routes before the newest change, then those before that, then says there is none."""
    plan = await known.solved()
    moved = await after(known, plan, kind="move", stop=stops_of(plan, 1)[0], team=2, position=0)
    removed = await after(known, moved, kind="remove", stop=stops_of(moved, 2)[-1])

    async def undone(version: int) -> Any:
        body = {"id": str(uuid7()), "version": version}
        return await known.officer.post(f"/api/plans/{plan['id']}/undo", json=body)

    stale = await undone(plan["version"])
    assert (stale.status_code, stale.json()["code"]) == (409, "plan-changed")
    once = (await undone(removed["version"])).json()
    assert [task["stops"] for task in once["tasks"]] == [task["stops"] for task in moved["tasks"]]
    twice = (await undone(once["version"])).json()
    assert [task["stops"] for task in twice["tasks"]] == [task["stops"] for task in plan["tasks"]]
    assert twice["figures"] == plan["figures"]
    assert [edit["undone"] for edit in twice["edits"] if edit["kind"] != "undo"] == [True, True]
    none = await undone(twice["version"])
    assert (none.status_code, none.json()["code"]) == (409, "nothing-to-undo")


async def test_a_route_somebody_took_stays(known: Desk, new_client: Callable[[], ApiClient]) -> None:
    """Published and grabbed, a route is the volunteer's: no edit, no undo and no tap changes it; others still can be."""
    plan = await known.solved()
    locked = await after(known, plan, kind="lock", stop=stops_of(plan, 1)[0])
    task_id = plan["tasks"][0]["id"]
    await known.officer.post(f"/api/plans/{plan['id']}/publish", json={"task_ids": [task_id]})
    changed = await after(known, locked, kind="unlock", stop=stops_of(plan, 1)[0])
    volunteer = await browser_of(new_client, await known.place.volunteer())
    grabbed = await volunteer.post(f"/api/tasks/{task_id}/grab", json={"id": str(uuid7())})
    assert grabbed.status_code == 200
    before = await Task.get(id=task_id)
    edits: tuple[Json, ...] = (
        {"kind": "remove", "stop": stops_of(plan, 1)[0]},
        {"kind": "move", "stop": stops_of(plan, 2)[0], "team": 1, "position": 0},
        {"kind": "add", "lon": known.town.center[0], "lat": known.town.center[1], "team": 1},
        {"kind": "choose", "team": 1, "stops": stops_of(plan, 1)[:1]},
    )
    for edit in edits:
        answer = await edited(known, changed, **edit)
        assert (answer.status_code, answer.json()["code"]) == (409, "route-taken"), edit
        assert answer.json()["params"]["team"] == 1
    undone = await known.officer.post(
        f"/api/plans/{plan['id']}/undo", json={"id": str(uuid7()), "version": changed["version"]}
    )
    assert undone.json()["code"] == "route-taken"
    after_all = await Task.get(id=task_id)
    assert (after_all.stops, after_all.route, after_all.version) == (
        before.stops,
        before.route,
        before.version,
    )
    assert (await edited(known, changed, kind="remove", stop=stops_of(plan, 2)[0])).status_code == 200


async def test_an_emptied_route_is_not_published(known: Desk) -> None:
    """A team whose every stop was taken away goes nowhere; publishing it names it; a stop may be put on it again."""
    plan = await known.solved()
    stop = plan["tasks"][0]["stops"][0]
    for stop_id in stops_of(plan, 1):
        plan = await after(known, plan, kind="remove", stop=stop_id)
    assert plan["figures"]["routes"] == 1
    task_ids = [task["id"] for task in plan["tasks"]]
    answer = await known.officer.post(f"/api/plans/{plan['id']}/publish", json={"task_ids": task_ids})
    assert [(e["field"], e["code"]) for e in answer.json()["errors"]] == [("task_ids.0", "no-stops")]
    refilled = await after(known, plan, kind="add", lon=stop["lon"], lat=stop["lat"], team=1, position=0)
    assert stops_of(refilled, 1) == [stop["id"]]
    await known.officer.post(f"/api/plans/{plan['id']}/publish", json={"task_ids": task_ids})
    assert {task["state"] for task in (await known.plan(plan["id"]))["tasks"]} == {"published"}


async def test_a_team_that_was_left_without_a_route_gets_one(desk: Desk) -> None:
    """More teams than places: the idle team takes the stop it is given, as a new draft, and undo empties it again."""
    past = year_of_incidents(desk.town)
    graph = load_streets(desk.town.path)
    corners = Counter((each.lon, each.lat) for each in past)
    corner = next(
        place for place, _ in corners.most_common() if not graph.never_a_target([place[0]], [place[1]]).any()
    )
    at_one_corner = [each for each in past if (each.lon, each.lat) == corner]
    await incidents.import_incidents(desk.place.district, at_one_corner, "test")
    plan = await desk.solved()
    assert len(plan["tasks"]) == 1, plan["failure"]
    busy = plan["tasks"][0]["plan_team"]
    idle = 3 - busy
    stop = stops_of(plan, busy)[0]
    given = await after(desk, plan, kind="move", stop=stop, team=idle, position=0)
    assert (stops_of(given, idle), stops_of(given, busy)) == ([stop], [])
    body = {"id": str(uuid7()), "version": given["version"]}
    undone = (await desk.officer.post(f"/api/plans/{plan['id']}/undo", json=body)).json()
    assert (stops_of(undone, idle), stops_of(undone, busy)) == ([], [stop])


async def test_slow_teams_have_longer_ways(known: Desk) -> None:
    """Each team's times are those of its own pace."""
    plan = await known.solved(teams=[known.teams(count=1), known.teams(count=1, profile="slow", minutes=120)])
    assert [team["profile"] for team in plan["teams"]] == ["foot", "slow"]
    paces = {task["plan_team"]: task["route"]["length_m"] / task["route"]["walk_s"] for task in plan["tasks"]}
    assert paces[1] == pytest.approx(1.2, abs=0.05)
    assert paces[2] == pytest.approx(0.85, abs=0.05)
    assert_walkable(plan)


async def test_the_area_remembers_how_it_asks(known: Desk) -> None:
    """The next form begins with what was asked last; nothing before the first plan."""
    path = f"/api/plans/defaults?area_id={known.place.district.id}"
    assert (await known.officer.get(path)).json() == {"asked": None}
    await known.ask(dwell_min=11, fairness="strict", variety="loose")
    await known.ask(
        dwell_min=12, fairness="strict", variety="loose", teams=[known.teams(count=3, profile="slow")]
    )
    asked = (await known.officer.get(path)).json()["asked"]
    assert (asked["clock_from"], asked["clock_to"], asked["dwell_min"]) == ("20:00", "23:00", 12)
    assert (asked["fairness"], asked["variety"]) == ("strict", "loose")
    assert asked["teams"][0]["count"] == 3 and asked["teams"][0]["profile"] == "slow"


async def test_the_best_so_far_may_do(known: Desk) -> None:
    """Stopped early, a plan that is being solved becomes ready with what was found."""
    plan = await known.ask()
    stopped = await known.officer.post(f"/api/plans/{plan['id']}/enough")
    assert stopped.status_code == 200
    await night.solve(uuid.UUID(plan["id"]))
    shown = await known.plan(plan["id"])
    assert shown["state"] == "ready" and shown["tasks"]
    assert (await known.officer.post(f"/api/plans/{plan['id']}/enough")).json()["state"] == "ready"


async def test_who_may_edit(known: Desk, new_client: Callable[[], ApiClient]) -> None:
    """An approver looks but does not change; nobody else sees anything to change."""
    plan = await known.solved()
    for role, status in ((Role.APPROVER, 403), (Role.POSTER, 403), (Role.VOLUNTEER, 403)):
        browser = await browser_of(new_client, await known.place.person(role))
        answer = await edited(known, plan, browser, kind="lock", stop=stops_of(plan, 1)[0])
        assert answer.status_code == status, role
        undo = await browser.post(f"/api/plans/{plan['id']}/undo", json={"id": str(uuid7()), "version": 1})
        assert undo.status_code == status
        assert (await browser.post(f"/api/plans/{plan['id']}/enough")).status_code == status
