"""Budgets that hold, signals that accuse nobody, a leaderboard of those who want it, and a switch that is written down."""

import asyncio
import datetime as dt
import uuid
from types import ModuleType
from typing import Any

import pytest
from tortoise.exceptions import IntegrityError

from backend.core.db import atomic, execute
from backend.core.ids import uuid7
from backend.core.models import AuditEntry
from backend.core.roles import Role
from backend.notify.models import Message
from backend.people.models import Person, Team
from backend.rewards import jobs
from backend.rewards import service as rewards
from backend.rewards.models import LeaderboardChoice
from points.audit import audit
from points.models import PointsBudget
from points.rules import PatrolFacts
from tests.support.app import ApiClient
from tests.support.district import CENTER
from tests.support.evening import EVENING, Evening, person_behind, review
from tests.support.shop import Shop, buy, redeem, spender

POSTED = PatrolFacts(
    minutes=90,
    night=False,
    stops_dwelt=0,
    stops_planned=0,
    handled_matters=0,
    posted=True,
    outcome="accepted",
)
FREE = PatrolFacts(
    minutes=90,
    night=False,
    stops_dwelt=0,
    stops_planned=0,
    handled_matters=0,
    posted=False,
    outcome="accepted",
)


@pytest.fixture
async def admin(evening: Evening) -> ApiClient:
    """The district's administrator."""
    return await evening.browser(Role.ADMIN)


@pytest.fixture
def area(evening: Evening) -> dict[str, str]:
    """The district, as a query names it."""
    return {"area_id": str(evening.district.district.id)}


async def credit(
    evening: Evening, user_ids: list[uuid.UUID], facts: PatrolFacts = POSTED
) -> dict[uuid.UUID, int]:
    """An accepted patrol of these people, judged by somebody outside."""
    judge = await evening.district.person(Role.OFFICER)

    @atomic
    async def work() -> dict[uuid.UUID, int]:
        return await rewards.credit_patrol(
            patrol_id=uuid7(),
            area=evening.district.communities[0],
            user_ids=user_ids,
            facts=facts,
            reviewer_id=judge.id,
            title_zh="巡逻",
            title_en="Patrol",
        )

    return await work()


def budget(area: dict[str, str], **more: Any) -> dict[str, Any]:
    """A month's points of the street office."""
    period = {"starts_on": "2026-06-01", "ends_on": "2026-06-30"}
    return {"id": str(uuid7()), **area, "funder": "石坊街道", **period, "points": 30, **more}


def posting(evening: Evening, **more: Any) -> dict[str, Any]:
    """The body of a task to be published: a post of an hour, in an hour, ten points a seat."""
    begin = EVENING + dt.timedelta(hours=1)
    return {
        "id": str(uuid7()),
        "area_id": str(evening.district.communities[0].id),
        "kind": "fixed_post",
        "starts_at": begin.isoformat(),
        "ends_at": (begin + dt.timedelta(hours=1)).isoformat(),
        "place": {"name": "东门", "lon": CENTER[0], "lat": CENTER[1]},
        "points": 10,
        "publish": True,
        **more,
    }


async def test_no_more_is_given_than_funders_gave(
    evening: Evening, admin: ApiClient, area: dict[str, str]
) -> None:
    """Free patrols leave what is kept for posted ones; a cut is explained; administrators hear of it at each mark."""
    browser = await evening.walker()
    user_id = (await person_behind(browser)).id
    wanted = budget(area, kept_for_posted=10)
    for _ in range(2):
        made = (await admin.post("/api/rewards/budgets", json=wanted)).json()
        assert (made["state"], made["left"], made["ends_on"]) == ("running", 30, "2026-06-30")
    assert [(await credit(evening, [user_id], facts))[user_id] for facts in (POSTED, FREE, FREE, FREE)] == [
        10,
        5,
        5,
        0,
    ]
    cut = (await browser.get("/api/me/points")).json()
    assert cut["balance"] == 20
    assert [(await credit(evening, [user_id], POSTED))[user_id] for _ in range(2)] == [10, 0]
    found = (await admin.get("/api/rewards/budgets", params=area)).json()
    assert (found["items"][0]["state"], found["now"]["left"], found["now"]["used"]) == ("used_up", 0, 30)
    assert found["now"]["runs_out_on"] == "2026-06-05"
    assert await Message.filter(kind="budget.low").count() == 1  # 67 %, then all of it at once
    lines = (await browser.get("/api/points-rules", params=area)).json()["lines"]
    assert lines[-1]["code"] == "budget_left" and lines[-1]["points"] == 0
    more = (
        await admin.post("/api/rewards/budgets", json=budget(area, funder="区公安分局", points=16))
    ).json()
    other = (await evening.district.volunteer()).id
    assert (await credit(evening, [user_id, other]))[other] == 6
    ended = (await admin.post(f"/api/rewards/budgets/{more['id']}/end")).json()
    assert (ended["state"], ended["used"]) == ("ended", 16)
    refused = await browser.get("/api/rewards/budgets", params=area)
    assert refused.status_code == 403
    answer = await admin.post("/api/rewards/budgets", json=budget(area, ends_on="2026-06-04"))
    assert answer.status_code == 422 and answer.json()["errors"][0]["field"] == "ends_on"


async def test_no_more_is_promised_than_funders_gave(
    evening: Evening, admin: ApiClient, area: dict[str, str]
) -> None:
    """A budget of 50 and an open task of two seats for 10: three seats more are promised, not four; what is promised
    is thanked with, and a free patrol takes only the rest."""
    await admin.post("/api/rewards/budgets", json=budget(area, points=50))
    officer, walker = await evening.browser(Role.OFFICER), await evening.walker()
    walked = await evening.task(seats=2)
    wanted = posting(evening, seats=4)
    refused = await officer.post("/api/tasks", json=wanted)
    assert (refused.status_code, refused.json()["code"]) == (409, "budget-short")
    assert refused.json()["params"] == {"points": 40, "promised": 20, "left": 50, "missing": 10}
    task = (await officer.post("/api/tasks", json={**wanted, "seats": 3})).json()
    assert task["state"] == "published"
    path, version = f"/api/tasks/{task['id']}", task["version"]
    more = await officer.patch(path, json={"version": version, "seats": 4})
    assert (more.status_code, more.json()["params"]["missing"]) == (409, 10)
    assert (await officer.patch(path, json={"version": version, "title_zh": "校门口"})).status_code == 200
    draft = (await officer.post("/api/tasks", json=posting(evening, seats=1, publish=False))).json()
    held_back = await officer.post(f"/api/tasks/{draft['id']}/publish", json={"version": draft["version"]})
    assert (held_back.status_code, held_back.json()["code"]) == (409, "budget-short")
    assert (await officer.post("/api/tasks", json=posting(evening, seats=1, points=0))).status_code == 201
    other = (await evening.district.volunteer()).id
    assert (await credit(evening, [other], FREE))[other] == 0, "all of it is promised"
    patrol = await evening.finished(walker, walked)
    assert (await review(officer, patrol)).status_code == 200
    assert (await walker.get("/api/me/points")).json()["balance"] == 10
    now = (await admin.get("/api/rewards/budgets", params=area)).json()["now"]
    assert (now["used"], now["left"], now["promised"]) == (10, 40, 30)
    assert (await officer.post(f"{path}/cancel", json={"reason": "poster"})).status_code == 200
    assert (await credit(evening, [other], FREE))[other] == 5


async def test_two_posters_at_once_promise_together_no_more_than_there_is(
    evening: Evening, admin: ApiClient, area: dict[str, str]
) -> None:
    """Six tasks of one seat for 10 at the same moment, on a budget of 35: three are open."""
    await admin.post("/api/rewards/budgets", json=budget(area, points=35))
    officer = await evening.browser(Role.OFFICER)
    answers = await asyncio.gather(
        *[officer.post("/api/tasks", json=posting(evening, seats=1)) for _ in range(6)]
    )
    assert sorted(each.status_code for each in answers) == [201, 201, 201, 409, 409, 409]


async def test_people_thanked_at_the_same_moment_share_what_is_left(
    evening: Evening, admin: ApiClient, area: dict[str, str]
) -> None:
    """Eight patrols accepted at once, ten points each, of a budget of 35: three in full, one in part, none beyond."""
    await admin.post("/api/rewards/budgets", json=budget(area, points=35))
    people = [(await evening.district.volunteer()).id for _ in range(8)]
    given = await asyncio.gather(*[credit(evening, [user_id]) for user_id in people])
    assert sorted(points for each in given for points in each.values()) == [0, 0, 0, 0, 5, 10, 10, 10]
    assert (await admin.get("/api/rewards/budgets", params=area)).json()["now"]["left"] == 0
    assert sorted(await Message.filter(kind="budget.low").values_list("title_en", flat=True)) == [
        "100 % of the budget of 石坊街道 is used",
        "80 % of the budget of 石坊街道 is used",
    ]
    assert (await audit()).ok


async def test_a_budget_is_used_by_credits_only(
    evening: Evening, admin: ApiClient, area: dict[str, str]
) -> None:
    """Behind the server's back its figures cannot be changed, overdrawn or taken away."""
    wanted = budget(area)
    await admin.post("/api/rewards/budgets", json=wanted)
    await credit(evening, [(await evening.district.volunteer()).id])
    budget_id = uuid.UUID(wanted["id"])
    use = "INSERT INTO points_budget_use (transfer_id, budget_id, points, at) VALUES (?, ?, ?, ?)"
    for statement, *values in (
        ("UPDATE points_budget SET used = 0 WHERE id = ?", budget_id),
        ("UPDATE points_budget SET points = 99 WHERE id = ?", budget_id),
        ("DELETE FROM points_budget WHERE id = ?", budget_id),
        ("DELETE FROM points_budget_use",),
        ("UPDATE points_budget_use SET points = 1",),
        (use, uuid7(), budget_id, 21, dt.datetime.now(dt.UTC)),
    ):
        with pytest.raises(IntegrityError):
            await atomic(execute)(statement, *values)
    assert (await PointsBudget.get(id=budget_id)).used == 10


async def test_the_end_of_the_last_budget_is_told_once(
    admin: ApiClient, area: dict[str, str], clock: ModuleType
) -> None:
    """Two weeks before, and only when none follows."""
    await admin.post("/api/rewards/budgets", json=budget(area))
    await jobs.watch_budgets({})
    assert await Message.filter(kind="budget.low").count() == 0
    clock.advance(dt.timedelta(days=15))
    for _ in range(2):
        await jobs.watch_budgets({})
    assert (await Message.get(kind="budget.low")).title_zh == "石坊街道的积分预算到 2026-06-30 结束"


async def test_an_odd_pair_is_a_reason_to_look(
    evening: Evening, shop: Shop, admin: ApiClient, area: dict[str, str], clock: ModuleType
) -> None:
    """Six times the same till for the same person: shown once with its events, closed by somebody outside, nothing blocked."""
    browser, till, offer = await spender(evening, 100), await shop.till(), await shop.offer(cost=5, stock=20)
    for _ in range(6):
        voucher = (await buy(browser, offer)).json()
        assert (await redeem(till, code=voucher["code"])).status_code == 200
        clock.advance(dt.timedelta(hours=9))
    for _ in range(2):
        await jobs.find_signals({})
    found = (await admin.get("/api/rewards/signals", params=area)).json()["items"]
    assert [each["kind"] for each in found] == ["same_pair"]
    pair = found[0]
    assert (pair["count"], pair["points"], len(pair["events"]), sum(pair["hours"])) == (6, 30, 6, 6)
    assert [each["role"] for each in pair["people"]] == ["staff", "person"]
    assert "6" in pair["text_zh"] and pair["merchant_name_zh"] == "阿婆面馆"
    assert await Message.filter(kind="signals.new").count() == 1
    assert (await redeem(till, code=(await buy(browser, offer)).json()["code"])).status_code == 200
    path = f"/api/rewards/signals/{pair['id']}/close"
    for _ in range(2):
        closed = (await admin.post(path, json={"outcome": "fine", "note": "邻居"})).json()
        assert (closed["state"], closed["outcome"], closed["note"]) == ("closed", "fine", "邻居")
    other = await admin.post(path, json={"outcome": "acted"})
    assert (other.status_code, other.json()["code"]) == (409, "signal-closed")
    assert (await browser.get("/api/rewards/signals", params=area)).status_code == 403


async def test_nobody_closes_a_signal_they_are_in(
    evening: Evening, shop: Shop, area: dict[str, str], clock: ModuleType
) -> None:
    """An administrator who shops in bursts asks a colleague to look."""
    admin = await evening.browser(Role.ADMIN, Role.VOLUNTEER)
    await credit(evening, [(await person_behind(admin)).id])
    till, offer = await shop.till(), await shop.offer(cost=1)
    for _ in range(5):
        await redeem(till, code=(await buy(admin, offer)).json()["code"])
    await jobs.find_signals({})
    (found,) = (await admin.get("/api/rewards/signals", params=area)).json()["items"]
    assert found["kind"] == "velocity"
    refused = await admin.post(f"/api/rewards/signals/{found['id']}/close", json={"outcome": "fine"})
    assert (refused.status_code, refused.json()["code"]) == (403, "own-signal")


async def test_the_leaderboard_holds_only_who_wants_it(
    evening: Evening, admin: ApiClient, area: dict[str, str]
) -> None:
    """Off until the district switches it on; then oneself and the neighbours of those who opted in, small teams hidden."""
    browser = await evening.walker()
    me = (await person_behind(browser)).id
    mates = [(await evening.district.volunteer(name=f"伙伴{number}")).id for number in range(3)]
    await credit(evening, [me, *mates])
    await credit(evening, [mates[0]])
    assert (await browser.get("/api/leaderboard", params=area)).status_code == 404
    assert (await browser.get("/api/me/leaderboard")).json() == {"available": False, "shown": False}
    settings = (await admin.put("/api/rewards/settings", params=area, json={"leaderboard": True})).json()
    assert settings == {"leaderboard": True, "security_scene": None}
    empty = (await browser.get("/api/leaderboard", params=area)).json()
    assert (empty["people"], empty["me"], empty["around"], empty["teams"]) == (0, None, [], [])
    assert (await browser.put("/api/me/leaderboard", json={"shown": True})).json()["shown"] is True
    await LeaderboardChoice.create(user_id=mates[0], shown_since=dt.datetime.now(dt.UTC))
    team = await Team.create(
        id=uuid7(), area_id=evening.district.communities[0].id, name_zh="队", name_en="Team", invite_code="T1"
    )
    await Person.filter(id__in=[me, *mates]).update(team_id=team.id)
    seen = (await browser.get("/api/leaderboard", params=area)).json()
    assert [(row["rank"], row["points"], row["me"]) for row in seen["around"]] == [
        (1, 20, False),
        (2, 10, True),
    ]
    assert (seen["people"], seen["me"], seen["teams"]) == (2, {"rank": 2, "points": 10}, [])
    await LeaderboardChoice.create(user_id=mates[1], shown_since=dt.datetime.now(dt.UTC))
    (shown,) = (await browser.get("/api/leaderboard", params=area)).json()["teams"]
    assert (shown["people"], shown["points"]) == (3, 40)
    assert (await browser.put("/api/me/leaderboard", json={"shown": False})).json()["shown"] is False
    assert (await browser.get("/api/leaderboard", params=area)).json()["around"] == []
    await admin.put("/api/rewards/settings", params=area, json={"leaderboard": False})
    assert (await browser.get("/api/leaderboard", params=area)).status_code == 404


async def test_activity_by_team_needs_a_security_scene(
    evening: Evening, area: dict[str, str], clock: ModuleType
) -> None:
    """Refused in ordinary times; declared with a fresh password, a reason and an end; written down; over by itself."""
    admin = await evening.browser(Role.ADMIN)
    team = await Team.create(
        id=uuid7(), area_id=evening.district.communities[0].id, name_zh="队", name_en="Team", invite_code="T1"
    )
    people = [(await evening.district.volunteer()).id for _ in range(4)]
    await Person.filter(id__in=people).update(team_id=team.id)
    await credit(evening, people[:1])
    refused = await admin.get("/api/rewards/activity", params=area)
    assert (refused.status_code, refused.json()["code"]) == (403, "no-security-scene")
    now = dt.datetime(2026, 6, 5, 11, tzinfo=dt.UTC)
    for days, status in ((31, 422), (3, 200)):
        scene = {"until": (now + dt.timedelta(days=days)).isoformat(), "reason": "台风"}
        answer = await admin.put("/api/rewards/settings", params=area, json={"security_scene": scene})
        assert answer.status_code == status, answer.text
    shown = (await admin.get("/api/rewards/activity", params=area)).json()
    assert [(row["members"], row["walked"], row["share"]) for row in shown["items"]] == [(4, 1, 0.25)]
    assert await AuditEntry.filter(action="rewards.scene_declared").count() == 1
    clock.advance(dt.timedelta(days=4))
    assert (await admin.get("/api/rewards/activity", params=area)).status_code == 403
    assert (await admin.get("/api/rewards/settings", params=area)).json()["security_scene"] is None
    again = {"security_scene": {"until": (now + dt.timedelta(days=5)).isoformat(), "reason": "台风"}}
    stale = await admin.put("/api/rewards/settings", params=area, json=again)
    assert (stale.status_code, stale.json()["code"]) == (403, "reauthentication-required")
