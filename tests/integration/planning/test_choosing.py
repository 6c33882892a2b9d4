"""Candidates that a team can choose among, and all open routes sought anew."""

from collections.abc import Callable
from typing import Any

from backend.core.ids import uuid7
from tests.integration.planning.conftest import Desk
from tests.integration.planning.test_desk import after, assert_walkable, edited, stops_of
from tests.support.app import ApiClient
from tests.support.district import browser_of

type Json = dict[str, Any]


async def candidates_of(desk: Desk, plan: Json, team: int, browser: ApiClient | None = None) -> Any:
    """The answer to asking for a team's candidates."""
    return await (browser or desk.officer).get(f"/api/plans/{plan['id']}/teams/{team}/candidates")


def out_s(item: Json) -> int:
    """How long a candidate takes."""
    return item["route"]["walk_s"] + item["route"]["dwell_s"]


async def test_a_team_chooses_among_lengths(known: Desk) -> None:
    """Short, medium and long fit their shares of the team's minutes; each chosen is what was shown, and undone again."""
    plan = await known.solved()
    shown = (await candidates_of(known, plan, 1)).json()
    assert (shown["plan_version"], shown["now"]) == (plan["version"], stops_of(plan, 1))
    by_key = {item["key"]: item for item in shown["items"]}
    assert {"short", "long"} <= set(by_key)
    assert by_key["short"]["score"] < by_key["long"]["score"]
    assert_within_their_shares(by_key)
    for item in shown["items"]:
        assert not set(stops_of(plan, 2)) & {stop["id"] for stop in item["stops"]}
    short = by_key["short"]
    ids = [stop["id"] for stop in short["stops"]]
    chosen = await after(known, plan, kind="choose", team=1, stops=ids, profile=short["profile"])
    assert stops_of(chosen, 1) == ids and stops_of(chosen, 2) == stops_of(plan, 2)
    task = next(task for task in chosen["tasks"] if task["plan_team"] == 1)
    assert task["route"] == short["route"]
    assert_walkable(chosen)
    locked = await after(known, chosen, kind="lock", stop=ids[0])
    again = {item["key"]: item for item in (await candidates_of(known, locked, 1)).json()["items"]}
    assert {"short", "long"} <= set(again)
    assert all(ids[0] in [stop["id"] for stop in item["stops"]] for item in again.values())
    assert_within_their_shares(again)


def assert_within_their_shares(by_key: dict[str, Json]) -> None:
    """Each length takes no more than its share of the team's hour and a half."""
    for key, share in (("short", 0.5), ("medium", 0.75), ("long", 1.0), ("accessible", 1.0)):
        if key in by_key:
            assert out_s(by_key[key]) <= 90 * 60 * share, key


async def test_a_route_without_steps_changes_how_the_team_goes_about(known: Desk) -> None:
    """Chosen, the team goes by wheelchair from then on; taken back, it walks again, with its stops."""
    plan = await known.solved()
    shown = (await candidates_of(known, plan, 1)).json()
    accessible = next(item for item in shown["items"] if item["key"] == "accessible")
    assert accessible["profile"] == "wheelchair"
    ids = [stop["id"] for stop in accessible["stops"]]
    chosen = await after(known, plan, kind="choose", team=1, stops=ids, profile="wheelchair")
    assert [team["profile"] for team in chosen["teams"]] == ["wheelchair", "foot"]
    assert next(t for t in chosen["tasks"] if t["plan_team"] == 1)["route"] == accessible["route"]
    undone = await known.officer.post(
        f"/api/plans/{plan['id']}/undo", json={"id": str(uuid7()), "version": chosen["version"]}
    )
    assert undone.status_code == 200, undone.text
    assert [team["profile"] for team in undone.json()["teams"]] == ["foot", "foot"]
    assert stops_of(undone.json(), 1) == stops_of(plan, 1)


async def test_who_may_ask_for_candidates(known: Desk, new_client: Callable[[], ApiClient]) -> None:
    """Officers only; no such team is said so; a route somebody took has none."""
    plan = await known.solved()
    unknown = await candidates_of(known, plan, 7)
    assert (unknown.status_code, unknown.json()["errors"][0]["field"]) == (422, "team")
    volunteer = await browser_of(new_client, await known.place.volunteer())
    assert (await candidates_of(known, plan, 1, volunteer)).status_code == 403
    task_id = next(task["id"] for task in plan["tasks"] if task["plan_team"] == 1)
    await known.officer.post(f"/api/plans/{plan['id']}/publish", json={"task_ids": [task_id]})
    await volunteer.post(f"/api/tasks/{task_id}/grab", json={"id": str(uuid7())})
    taken = await candidates_of(known, plan, 1)
    assert (taken.status_code, taken.json()["code"]) == (409, "route-taken")


async def test_planned_again_what_is_taken_or_locked_stays(
    known: Desk, new_client: Callable[[], ApiClient]
) -> None:
    """A route that somebody grabbed is not touched, locked stops keep their team, the rest is as good or better; undone."""
    plan = await known.solved(teams=[known.teams(count=3)])
    task_id = next(task["id"] for task in plan["tasks"] if task["plan_team"] == 1)
    await known.officer.post(f"/api/plans/{plan['id']}/publish", json={"task_ids": [task_id]})
    volunteer = await browser_of(new_client, await known.place.volunteer())
    assert (await volunteer.post(f"/api/tasks/{task_id}/grab", json={"id": str(uuid7())})).status_code == 200
    held, gone = stops_of(plan, 2)[0], stops_of(plan, 3)[0]
    plan = await after(known, plan, kind="lock", stop=held)
    worse = await after(known, plan, kind="remove", stop=gone)
    before = next(task for task in worse["tasks"] if task["plan_team"] == 1)
    again = await after(known, worse, kind="replan")
    assert next(task for task in again["tasks"] if task["plan_team"] == 1) == before
    assert held in stops_of(again, 2)
    assert again["figures"]["score"] >= worse["figures"]["score"]
    assert_walkable(again)
    everywhere = [stop for team in (1, 2, 3) for stop in stops_of(again, team)]
    assert len(everywhere) == len(set(everywhere))
    assert again["edits"][0]["kind"] == "replan"
    stale = await edited(known, worse, kind="replan")
    assert (stale.status_code, stale.json()["code"]) == (409, "plan-changed")
    undone = await known.officer.post(
        f"/api/plans/{plan['id']}/undo", json={"id": str(uuid7()), "version": again["version"]}
    )
    assert [stops_of(undone.json(), team) for team in (1, 2, 3)] == [
        stops_of(worse, team) for team in (1, 2, 3)
    ]
