"""The verdict: once, by somebody else, with the points in the same transaction or not at all."""

import asyncio
from collections.abc import Callable

import httpx
import pytest

from backend.core.db import atomic
from backend.core.ids import uuid7
from backend.core.models import AuditEntry
from backend.core.roles import Role
from backend.notify.models import Message
from backend.patrols import reviewing
from backend.patrols.models import Patrol, PatrolMember
from backend.tasks.models import Assignment, Task
from points import audit as ledger_audit
from points.models import PointsTransfer
from tests.support.app import ApiClient
from tests.support.district import make_district
from tests.support.evening import Evening, person_behind, review


async def balance(browser: ApiClient) -> int:
    """What the person can spend."""
    return int((await browser.get("/api/me/points")).json()["balance"])


async def test_an_accepted_patrol_thanks_everybody_once(evening: Evening, officer: ApiClient) -> None:
    """Each member gets the points with their reasons; seats and task are settled; all are told; it is in the log."""
    task = await evening.task(points=10)
    leader, second = await evening.walker(), await evening.walker()
    await evening.team(task, leader, second)
    patrol = str((await Patrol.all().get()).id)
    await leader.post(f"/api/patrols/{patrol}/finish", json={"finished_at": "2026-06-05T11:30:00Z"})
    answer = await review(officer, patrol, note="辛苦了")
    body = answer.json()
    assert answer.status_code == 200, answer.text
    assert (body["state"], body["review_note"]) == ("accepted", "辛苦了")
    assert [member["points_awarded"] for member in body["members"]] == [10, 10]
    for browser in (leader, second):
        points = (await browser.get("/api/me/points")).json()
        assert (points["balance"], points["earned_total"]) == (10, 10)
        (item,) = points["items"]
        assert (item["amount"], item["balance_after"], item["reference_id"]) == (10, 10, patrol)
        assert (item["title_zh"], item["title_en"]) == ("石坊夜巡", "Evening walk")
        assert [(line["code"], line["points"]) for line in item["lines"]] == [("posted_patrol", 10)]
        assert sum(line["points"] for line in item["lines"]) == item["amount"]
    assert set(await Assignment.all().values_list("state", "points_awarded")) == {("accepted", 10)}
    stored = await Task.get(id=task.id)
    assert (stored.state, stored.outcome) == ("closed", "completed")
    told = set(await Message.filter(kind="patrol.reviewed").values_list("user_id", flat=True))
    assert told == {(await person_behind(browser)).id for browser in (leader, second)}
    assert await AuditEntry.filter(action="patrol.accepted", object_id=patrol).count() == 1


async def test_a_credit_that_fails_leaves_everything_as_it_was(
    evening: Evening, officer: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No verdict, no points for those who came first, no message; afterwards the review can be done."""
    task = await evening.task()
    leader, second = await evening.walker(), await evening.walker()
    await evening.team(task, leader, second)
    patrol = str((await Patrol.all().get()).id)
    await leader.post(f"/api/patrols/{patrol}/finish", json={"finished_at": "2026-06-05T11:30:00Z"})
    real, settled = reviewing.tasks.settle_assignment, []

    async def breaks(*values: object) -> None:
        settled.append(values)
        if len(settled) == 2:
            raise RuntimeError("the disk is full")
        await real(*values)  # type: ignore[arg-type]

    monkeypatch.setattr(reviewing.tasks, "settle_assignment", breaks)
    failed = await review(officer, patrol)
    assert (failed.status_code, failed.json()["code"]) == (500, "internal")
    assert (await Patrol.get(id=patrol)).state == "awaiting_review"
    assert await PointsTransfer.all().count() == 0
    assert set(await Assignment.all().values_list("state", flat=True)) == {"finished"}
    assert set(await PatrolMember.all().values_list("points_awarded", flat=True)) == {None}
    assert await Message.filter(kind="patrol.reviewed").count() == 0
    monkeypatch.undo()
    assert (await review(officer, patrol)).status_code == 200
    assert [await balance(leader), await balance(second)] == [10, 10]


async def test_a_free_patrol_earns_less_and_a_short_one_nothing(evening: Evening, officer: ApiClient) -> None:
    """From twenty minutes on."""
    long, short = await evening.walker(), await evening.walker()
    assert (await review(officer, await evening.finished(long, minutes=25))).status_code == 200
    assert (await review(officer, await evening.finished(short, minutes=10))).status_code == 200
    assert [await balance(long), await balance(short)] == [5, 0]


@pytest.mark.parametrize("decision", ["partial", "rejected"])
@pytest.mark.parametrize("note", [None, "", "   "])
async def test_anything_less_needs_a_reason(
    evening: Evening, walker: ApiClient, officer: ApiClient, decision: str, note: str | None
) -> None:
    """The note is named; nothing was decided."""
    patrol = await evening.finished(walker)
    answer = await review(officer, patrol, decision, note)
    assert answer.status_code == 422 and [error["field"] for error in answer.json()["errors"]] == ["note"]
    assert (await Patrol.get(id=patrol)).state == "awaiting_review"


async def test_a_rejected_patrol_earns_nothing_and_says_why(
    evening: Evening, walker: ApiClient, officer: ApiClient
) -> None:
    """The seat is settled with zero points and the note reaches the walker."""
    patrol = await evening.finished(walker, await evening.task())
    answer = await review(officer, patrol, "rejected", "没有到点")
    assert answer.status_code == 200 and answer.json()["members"][0]["points_awarded"] == 0
    assert await balance(walker) == 0 and await PointsTransfer.all().count() == 0
    seat = await Assignment.all().get()
    assert (seat.state, seat.points_awarded, seat.review_note) == ("rejected", 0, "没有到点")
    assert (await Message.filter(kind="patrol.reviewed").get()).body_zh == "没有到点"


async def test_a_partial_patrol_earns_its_share(
    evening: Evening, walker: ApiClient, officer: ApiClient
) -> None:
    """By the stops that were dwelt at."""
    task = await evening.task(stops=[(0, 60), (5000, 600)])
    patrol = await evening.finished(walker, task, minutes=5)
    answer = (await review(officer, patrol, "partial", "只到了一半")).json()
    assert (answer["stops_dwelt"], answer["stops_total"]) == (1, 2) or answer["stops_dwelt"] == 0
    lines = (await walker.get("/api/me/points")).json()
    assert lines["balance"] == answer["members"][0]["points_awarded"] <= 5


async def test_nobody_judges_their_own_walk(evening: Evening) -> None:
    """Not the one who started it, not one who joined; another officer may."""
    both = await evening.browser(Role.OFFICER, Role.VOLUNTEER)
    await both.put("/api/me/consents/whereabouts", json={"granted": True, "version": 1})
    task = await evening.task()
    leader = await evening.walker()
    await evening.team(task, leader, both)
    patrol = str((await Patrol.all().get()).id)
    await leader.post(f"/api/patrols/{patrol}/finish", json={"finished_at": "2026-06-05T11:30:00Z"})
    refused = await review(both, patrol)
    assert (refused.status_code, refused.json()["code"]) == (403, "own-patrol")
    assert await PointsTransfer.all().count() == 0
    assert (await review(await evening.browser(Role.APPROVER), patrol)).status_code == 200


async def test_what_is_still_walked_is_not_judged(
    evening: Evening, walker: ApiClient, officer: ApiClient
) -> None:
    """The refusal says so, and differs from a second verdict."""
    refused = await review(officer, await evening.started(walker))
    assert (refused.status_code, refused.json()["code"]) == (409, "patrol-running")


async def test_the_verdict_is_given_once(evening: Evening, walker: ApiClient, officer: ApiClient) -> None:
    """A second one, the same or another, is refused with what was decided."""
    patrol = await evening.finished(walker, await evening.task())
    await review(officer, patrol)
    for decision in ("accepted", "rejected"):
        refused = await review(officer, patrol, decision, "anders")
        assert (refused.status_code, refused.json()["code"]) == (409, "already-reviewed")
        assert refused.json()["params"] == {"state": "accepted"}
    assert await balance(walker) == 10


async def test_two_officers_at_once_credit_once(evening: Evening) -> None:
    """Ten verdicts from five officers at the same moment, for three patrols: one each, the ledger is right."""
    officers = [await evening.browser(Role.OFFICER) for _ in range(5)]
    walkers = [await evening.walker() for _ in range(3)]
    patrols = [await evening.finished(walker, await evening.task()) for walker in walkers]

    async def judge(browser: ApiClient, patrol: str) -> httpx.Response:
        return await review(browser, patrol, "accepted")

    answers = await asyncio.gather(
        *(judge(browser, patrol) for patrol in patrols for browser in officers * 2)
    )
    codes = [answer.status_code for answer in answers]
    assert codes.count(200) == 3 and codes.count(409) == 27, {
        answer.text for answer in answers if answer.status_code not in (200, 409)
    }
    assert [await balance(walker) for walker in walkers] == [10, 10, 10]
    assert await PointsTransfer.filter(code="patrol_reward").count() == 3
    assert (await atomic(ledger_audit.audit)()).first_wrong is None


@pytest.mark.parametrize(
    ("roles", "status"),
    [
        ((Role.VOLUNTEER,), 404),
        ((Role.POSTER,), 403),
        ((Role.ADMIN,), 403),
        ((Role.APPROVER,), 200),
        ((Role.OFFICER,), 200),
    ],
)
async def test_the_police_judge(
    evening: Evening, walker: ApiClient, roles: tuple[Role, ...], status: int
) -> None:
    """The desk's other roles see it and may not; a volunteer does not see it at all."""
    patrol = await evening.finished(walker)
    assert (await review(await evening.browser(*roles), patrol)).status_code == status


async def test_an_officer_of_a_community_judges_there(evening: Evening, walker: ApiClient) -> None:
    """Not in the next one."""
    patrol = await evening.finished(walker)
    beside = await evening.browser(Role.OFFICER, at=evening.district.communities[1])
    assert (await review(beside, patrol)).status_code == 404
    here = await evening.browser(Role.OFFICER, at=evening.district.communities[0])
    assert (await review(here, patrol)).status_code == 200


ROUTES = [
    ("GET", "/api/patrols/{patrol}", None),
    ("GET", "/api/patrols/{patrol}/track", None),
    ("POST", "/api/patrols/{patrol}/review", {"decision": "accepted"}),
    ("POST", "/api/patrols/{patrol}/finish", {"finished_at": "2026-06-05T11:30:00Z"}),
    ("POST", "/api/patrols/{patrol}/fixes", {"fixes": [{"id": str(uuid7()), "at": "2026-06-05T11:00:00Z", "lon": 1, "lat": 1, "accuracy_m": 1}]}),
    ("GET", "/api/patrols?area_id={area}", None),
    ("GET", "/api/live?area_id={area}", None),
    ("GET", "/api/desk?area_id={area}", None),
    ("POST", "/api/patrols", {"id": str(uuid7()), "area_id": "{area}", "started_at": "2026-06-05T11:00:00Z"}),
    ("POST", "/api/patrols", {"id": str(uuid7()), "assignment_id": "{seat}", "started_at": "2026-06-05T11:00:00Z"}),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "body"), ROUTES)
async def test_another_district_finds_nothing(
    evening: Evening,
    walker: ApiClient,
    new_client: Callable[[], ApiClient],
    method: str,
    path: str,
    body: dict[str, object] | None,
) -> None:
    """With every role, by right ids: 404, the same as for ids that do not exist, and nothing changed."""
    task = await evening.task()
    patrol = await evening.finished(walker, task)
    held = await evening.grabbed(await evening.walker(), await evening.task())
    other = Evening(await make_district("lewan-2", center=(121.5, 28.5)), new_client)
    stranger = await other.walker()
    person = await person_behind(stranger)
    from backend.core.sessions import grant_role

    for role in (Role.OFFICER, Role.APPROVER, Role.POSTER, Role.ADMIN, Role.LEADER):
        await grant_role(
            person.id, role, area_id=other.district.district.id, area_path=other.district.district.path
        )
    before = await Patrol.get(id=patrol)
    there = {"patrol": patrol, "area": str(evening.district.district.id), "seat": str(held)}
    nowhere = {name: str(uuid7()) for name in there}
    codes = []
    for ids in (there, nowhere):
        sent = (
            {key: value.format(**ids) if isinstance(value, str) else value for key, value in body.items()}
            if body
            else None
        )
        codes.append((await stranger.request(method, path.format(**ids), json=sent)).status_code)
    assert codes == [404, 404]
    after = await Patrol.get(id=patrol)
    assert (before.state, before.finished_at) == (after.state, after.finished_at)
    assert await Patrol.all().count() == 1 and await PointsTransfer.all().count() == 0
