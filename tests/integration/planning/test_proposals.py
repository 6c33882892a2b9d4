"""A serious new incident: the routes around it are planned anew as a proposal, and nothing changes before a yes."""

import asyncio
import datetime as dt
import itertools
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from backend.core import clock as core_clock
from backend.core import jobs
from backend.core.ids import uuid7
from backend.core.roles import Role
from backend.incidents import service as incidents
from backend.notify.models import Message
from backend.planning import proposals
from backend.tasks.models import Task
from routing.incident import Incident
from routing.streets import load_streets
from tests.integration.planning.conftest import NOON, Desk
from tests.support.app import ApiClient
from tests.support.district import browser_of

type Json = dict[str, Any]


def robbery(desk: Desk, plan: Json, kind: str = "抢劫") -> Incident:
    """An incident of half an hour ago, at a corner between the plan's stops where a stop may be."""
    graph = load_streets(desk.town.path)
    stops = [(stop["lon"], stop["lat"]) for task in plan["tasks"] for stop in task["stops"]]

    def off(place: tuple[float, float]) -> float:
        return min(abs(place[0] - lon) + abs(place[1] - lat) for lon, lat in stops)

    corners = [(corner.lon, corner.lat) for corner in desk.town.junctions]
    free = [c for c in corners if off(c) > 0.0015 and not graph.never_a_target([c[0]], [c[1]]).any()]
    lon, lat = min(free, key=off)
    return Incident(f"new-{kind}", NOON - dt.timedelta(minutes=30), lon, lat, kind)


async def arrived(desk: Desk, incident: Incident) -> int:
    """Import it and think again, as the job does; how many plans it concerns."""
    await incidents.import_incidents(desk.place.district, [incident], "tonight")
    return await proposals.look_at(desk.place.district.id, NOON)


async def decide(desk: Desk, plan: Json, move: str, browser: ApiClient | None = None, **body: Any) -> Any:
    """Accept or dismiss the plan's proposal; the answer as it came."""
    path = f"/api/plans/{plan['id']}/proposals/{plan['proposal']['id']}/{move}"
    return await (browser or desk.officer).post(
        path, json={"id": str(uuid7()), **body} if move == "accept" else None
    )


async def test_a_serious_incident_is_proposed_and_accepted(known: Desk) -> None:
    """The nearest routes would take a stop beside it; the plan stays until the officer says yes; undo works."""
    plan = await known.solved()
    incident = robbery(known, plan)
    assert await arrived(known, incident) == 1
    shown = await known.plan(plan["id"])
    assert (shown["tasks"], shown["version"]) == (plan["tasks"], plan["version"]), "never silently"
    proposal = shown["proposal"]
    assert proposal["cause"]["kind"] == {"zh": "抢劫", "en": "robbery"}
    team, stop_id = proposal["told"]["team"], proposal["told"]["stop"]["id"]
    [route] = [each for each in proposal["routes"] if each["team"] == team]
    [new] = [stop for stop in route["stops"] if stop["id"] == stop_id]
    assert abs(new["lon"] - incident.lon) < 0.002 and abs(new["lat"] - incident.lat) < 0.002
    assert "抢劫" in new["reason"]["zh"] and "robbery" in new["reason"]["en"]
    assert await Message.filter(kind="plan.proposal", ref_id=plan["id"]).count() == 1
    answer = await decide(known, shown, "accept")
    assert answer.status_code == 200, answer.text
    accepted = answer.json()
    assert accepted["proposal"] is None and accepted["edits"][0]["kind"] == "accept"
    [task] = [task for task in accepted["tasks"] if task["plan_team"] == team]
    assert [stop["id"] for stop in task["stops"]] == [stop["id"] for stop in route["stops"]]
    assert task["route"]["walk_s"] + task["route"]["dwell_s"] <= 90 * 60
    assert (await decide(known, shown, "dismiss")).json()["code"] == "plan-proposal-decided"
    undo = {"id": str(uuid7()), "version": accepted["version"]}
    undone = (await known.officer.post(f"/api/plans/{plan['id']}/undo", json=undo)).json()
    assert [task["stops"] for task in undone["tasks"]] == [task["stops"] for task in plan["tasks"]]


async def test_the_worker_proposes_by_itself(known: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the import to the proposal on the desk, with the worker that runs anyway and a clock that goes on."""
    plan = await known.solved()
    ticks = itertools.count(1)
    monkeypatch.setattr(core_clock, "now", lambda: NOON + dt.timedelta(milliseconds=next(ticks)))
    stop = asyncio.Event()
    worker = asyncio.create_task(jobs.run_worker(stop))
    await incidents.import_incidents(known.place.district, [robbery(known, plan)], "tonight")
    async with asyncio.timeout(60):
        while (await known.plan(plan["id"]))["proposal"] is None:  # noqa: ASYNC110 (over HTTP there is nothing to wait for)
            await asyncio.sleep(0.1)
    stop.set()
    await worker


async def test_what_is_not_serious_old_or_far_changes_nothing(known: Desk) -> None:
    """Noise, last night's robbery and one outside every route's reach are left to the next plan."""
    plan = await known.solved()
    near = robbery(known, plan)
    quiet = Incident("noise", near.at, near.lon, near.lat, "噪音扰民")
    old = Incident("old", NOON - dt.timedelta(hours=20), near.lon, near.lat, "抢劫")
    far = Incident("far", near.at, near.lon + 1, near.lat, "抢劫")
    for incident in (quiet, old, far):
        assert await arrived(known, incident) == 0, incident.id
    assert (await known.plan(plan["id"]))["proposal"] is None


async def test_an_edit_meanwhile_makes_the_proposal_anew(known: Desk) -> None:
    """A proposal is for the plan as it was; after an edit it is worked out again, and the old one cannot be accepted."""
    plan = await known.solved()
    await arrived(known, robbery(known, plan))
    shown = await known.plan(plan["id"])
    first_stop = plan["tasks"][0]["stops"][0]["id"]
    edit = {"id": str(uuid7()), "version": plan["version"], "kind": "lock", "stop": first_stop}
    locked = (await known.officer.post(f"/api/plans/{plan['id']}/edits", json=edit)).json()
    assert locked["proposal"] is None
    refused = await decide(known, shown, "accept")
    assert (refused.status_code, refused.json()["code"]) == (409, "plan-changed")
    cause = proposals.ProposalCause(**{**shown["proposal"]["cause"], "kind": proposals.Said("抢劫", "robbery"),
                                       "at": NOON})  # fmt: skip
    assert await proposals.propose(uuid.UUID(plan["id"]), cause)
    again = await known.plan(plan["id"])
    assert again["proposal"]["id"] != shown["proposal"]["id"]
    assert (await decide(known, again, "dismiss")).json()["proposal"] is None
    assert (await known.plan(plan["id"]))["version"] == locked["version"]


async def test_taken_routes_stay_and_others_may_not_decide(
    known: Desk, new_client: Callable[[], ApiClient]
) -> None:
    """With every route grabbed there is nothing to propose; an approver and a volunteer decide nothing."""
    plan = await known.solved()
    await arrived(known, robbery(known, plan))
    shown = await known.plan(plan["id"])
    for role in (Role.APPROVER, Role.VOLUNTEER):
        browser = await browser_of(new_client, await known.place.person(role))
        assert (await decide(known, shown, "accept", browser)).status_code == 403
        assert (await decide(known, shown, "dismiss", browser)).status_code == 403
    await decide(known, shown, "dismiss")
    task_ids = [task["id"] for task in plan["tasks"]]
    await known.officer.post(f"/api/plans/{plan['id']}/publish", json={"task_ids": task_ids})
    await Task.filter(id__in=task_ids).update(seats_taken=1)
    incident = robbery(known, plan, "抢夺")
    assert await arrived(known, incident) == 0
    told = (await known.plan(plan["id"]))["proposal"]
    assert (told["why_not"], told["routes"]) == ("taken", [])
    refused = await decide(known, {**plan, "proposal": told}, "accept")
    assert (refused.status_code, refused.json()["code"]) == (409, "plan-proposal-decided")
    assert (await decide(known, {**plan, "proposal": told}, "dismiss")).json()["proposal"] is None


async def test_the_officer_hears_why_nothing_is_proposed(known: Desk) -> None:
    """Beside a stop, or where every stop near it is held fast: each has its reason, which is told once."""
    plan = await known.solved()
    near = robbery(known, plan)
    stop = plan["tasks"][0]["stops"][0]
    beside = Incident("beside", near.at, stop["lon"], stop["lat"], "抢劫")
    assert await arrived(known, beside) == 0
    told = (await known.plan(plan["id"]))["proposal"]
    assert (told["why_not"], told["told"]["stop"]["id"], told["told"]["team"]) == (
        "covered",
        stop["id"],
        plan["tasks"][0]["plan_team"],
    )
    cause = proposals.ProposalCause(proposals.Said("抢劫", "robbery"), near.at, near.lon, near.lat)
    version = plan["version"]
    for each in [stop for task in plan["tasks"] for stop in task["stops"]]:
        edit = {"id": str(uuid7()), "version": version, "kind": "lock", "stop": each["id"]}
        version = (await known.officer.post(f"/api/plans/{plan['id']}/edits", json=edit)).json()["version"]
    await Message.all().delete()
    for _ in range(2):
        assert not await proposals.propose(uuid.UUID(plan["id"]), cause)
        assert (await known.plan(plan["id"]))["proposal"]["why_not"] == "full"
    [message] = await Message.filter(kind="plan.proposal", ref_id=plan["id"])
    assert "锁定" in message.body_zh and "locked" in message.body_en


async def test_a_drawn_plan_says_how_hard_it_is_to_guess(known: Desk) -> None:
    """Varied, a plan tells between how many next stops an outsider guesses; the best one by itself does not."""
    varied = await known.solved(variety="some", seed=3)
    assert varied["figures"]["choices"] >= 1
    again = await known.solved(variety="some", seed=3)
    assert [task["stops"] for task in again["tasks"]] == [task["stops"] for task in varied["tasks"]]
    edit = {"id": str(uuid7()), "version": again["version"], "kind": "replan"}
    replanned = (await known.officer.post(f"/api/plans/{again['id']}/edits", json=edit)).json()
    assert replanned["figures"]["choices"] >= 1, "planned again, it is drawn again"
    assert replanned["edits"][0]["told"]["choices_before"] == again["figures"]["choices"]
    undo = {"id": str(uuid7()), "version": replanned["version"]}
    undone = (await known.officer.post(f"/api/plans/{again['id']}/undo", json=undo)).json()
    assert undone["figures"] == again["figures"]
    assert (await known.solved(seed=3))["figures"]["choices"] is None
