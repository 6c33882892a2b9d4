"""What earns what: explained, tried on last month, switched on; deeds shared as agreed; nobody's own team."""

import datetime as dt
from types import ModuleType
from typing import Any

import pytest

from backend.core.ids import uuid7
from backend.core.roles import Role
from backend.people.models import Person, Team
from points.models import PointsEarning
from tests.support.app import ApiClient
from tests.support.district import make_district
from tests.support.evening import Evening, person_behind


def deed(evening: Evening, *people: Person, weights: tuple[int, ...] = (), **more: Any) -> dict[str, Any]:
    """A mediated dispute of some people."""
    weights = weights or (1,) * len(people)
    return {
        "id": str(uuid7()),
        "area_id": str(evening.district.communities[0].id),
        "kind": "mediation",
        "title_zh": "楼上漏水",
        "shares": [
            {"user_id": str(person.id), "weight": weight}
            for person, weight in zip(people, weights, strict=True)
        ],
        **more,
    }


@pytest.fixture
async def officer(evening: Evening) -> ApiClient:
    """Who may judge."""
    return await evening.browser(Role.OFFICER)


async def test_a_mediation_is_shared_as_agreed(evening: Evening, officer: ApiClient) -> None:
    """Two thirds and one third of fifteen, once; each reads why, line by line, in whole sentences."""
    browser, other = await evening.walker(), await evening.district.volunteer()
    wanted = deed(evening, await person_behind(browser), other, weights=(2, 1))
    for _ in range(2):
        answer = (await officer.post("/api/rewards/deeds", json=wanted)).json()
        assert [share["points"] for share in answer["items"]] == [10, 5]
    points = (await browser.get("/api/me/points")).json()
    assert points["balance"] == 10
    lines = points["items"][0]["lines"]
    assert [(line["code"], line["points"]) for line in lines] == [("mediation", 15), ("share", -5)]
    assert [line["text_en"] for line in lines] == ["A mediated dispute", "Shared among 2 people as agreed"]
    assert lines[0]["text_zh"] == "调解一起纠纷"


async def test_a_community_finds_whom_to_thank(evening: Evening) -> None:
    """By two characters of a name or the end of a phone, masked; what was thanked for is listed, told once, and not made another."""
    poster, browser = await evening.browser(Role.POSTER), await evening.walker()
    person = await person_behind(browser)
    area = {"area_id": str(evening.district.communities[0].id)}
    path = "/api/rewards/deeds/people"
    for text in (person.name[:2], person.phone[-4:]):
        found = (await poster.get(path, params={**area, "q": text})).json()
        mine = [each for each in found if each["user_id"] == str(person.id)]
        assert [each["phone"] for each in mine] == [f"{person.phone[:3]}****{person.phone[-2:]}"], text
    assert (await poster.get(path, params={**area, "q": person.phone[-3:]})).json() == []
    assert (await poster.get(path, params={**area, "q": "一"})).status_code == 422
    assert (await browser.get(path, params={**area, "q": person.name[:2]})).status_code == 403
    myself = await person_behind(poster)
    found = (await poster.get(path, params={**area, "q": myself.phone[-4:]})).json()
    assert str(myself.id) not in {each["user_id"] for each in found}

    wanted = deed(evening, person)
    given = (await poster.post("/api/rewards/deeds", json=wanted)).json()
    assert (given["by_name"], given["items"][0]["name"]) == (myself.name, person.name)
    other = await poster.post("/api/rewards/deeds", json={**wanted, "title_zh": "另一件事"})
    assert (other.status_code, other.json()["code"]) == (409, "conflict")
    assert (await poster.post("/api/rewards/deeds", json=wanted)).json() == given
    assert (await poster.get("/api/rewards/deeds", params=area)).json() == [given]
    assert (await browser.get("/api/rewards/deeds", params=area)).status_code == 403
    told = [
        each
        for each in (await browser.get("/api/me/messages")).json()["items"]
        if each["kind"] == "points.credited"
    ]
    assert [(each["title_zh"], each["body_zh"]) for each in told] == [("谢谢您：楼上漏水", "获得 15 分。")]


async def test_nobody_thanks_themselves_or_their_team(evening: Evening, officer: ApiClient) -> None:
    """Not oneself, not one's own team, nobody twice, nobody of another district; volunteers judge nobody."""
    me, friend = await person_behind(officer), await evening.district.volunteer()
    team = await Team.create(
        id=uuid7(),
        area_id=evening.district.communities[0].id,
        name_zh="队",
        name_en="Team",
        invite_code="TEAM0001",
    )
    far = await (await make_district("far", center=(110.0, 20.0))).volunteer()
    for people in ((me,), (friend, friend), (far,)):
        refused = await officer.post("/api/rewards/deeds", json=deed(evening, *people))
        assert refused.status_code == 422, people
    await Person.filter(id__in=[me.id, friend.id]).update(team_id=team.id)
    refused = await officer.post("/api/rewards/deeds", json=deed(evening, friend))
    assert (refused.status_code, refused.json()["code"]) == (403, "reviewer-of-the-team")
    walker = await evening.walker()
    assert (await walker.post("/api/rewards/deeds", json=deed(evening, friend))).status_code == 403
    assert await PointsEarning.all().count() == 0


async def test_the_day_and_the_reviewer_have_caps(evening: Evening, officer: ApiClient) -> None:
    """Four mediations fill the day; the fifth earns nothing and says so, also when it is sent again."""
    browser = await evening.walker()
    person = await person_behind(browser)
    for _ in range(4):
        await officer.post("/api/rewards/deeds", json=deed(evening, person))
    fifth = deed(evening, person)
    for _ in range(2):
        answer = (await officer.post("/api/rewards/deeds", json=fifth)).json()
        assert answer["items"] == [{"user_id": str(person.id), "name": person.name, "points": 0}]
    assert (await browser.get("/api/me/points")).json()["balance"] == 60


async def test_a_version_is_tried_before_it_holds(
    evening: Evening, officer: ApiClient, clock: ModuleType
) -> None:
    """Drafted, previewed on last month, switched on with a fresh password; what was earned before stays."""
    admin, browser = await evening.browser(Role.ADMIN), await evening.walker()
    area = {"area_id": str(evening.district.district.id)}
    person = await person_behind(browser)
    await officer.post("/api/rewards/deeds", json=deed(evening, person))
    clock.advance(dt.timedelta(days=26))
    rules = (await admin.get("/api/rewards/rules", params=area)).json()
    assert (rules["current"]["version"], rules["current"]["state"]) == (2, "on")
    figures = {**rules["current"]["figures"], "mediation": 20}
    tried = (await admin.post("/api/rewards/rules/preview", json={**area, "figures": figures})).json()
    assert (tried["points_now"], tried["points_then"], tried["more"], tried["fewer"]) == (15, 20, 1, 0)
    assert tried["kinds"] == [{"kind": "mediation", "points_now": 15, "points_then": 20}]
    wanted = {"id": str(uuid7()), **area, "figures": figures, "note": "调解更难了"}
    for _ in range(2):
        drafted = (await admin.post("/api/rewards/rules", json=wanted)).json()
        assert (drafted["version"], drafted["state"]) == (3, "draft")
    await officer.post("/api/rewards/deeds", json=deed(evening, person))
    path = "/api/rewards/rules/3/switch-on"
    stale = await admin.post(path, params=area)
    assert stale.json()["code"] == "reauthentication-required"
    fresh = await evening.browser(Role.ADMIN)
    for _ in range(2):
        assert (await fresh.post(path, params=area)).json()["state"] == "on"
    await officer.post("/api/rewards/deeds", json=deed(evening, person))
    assert (await browser.get("/api/me/points")).json()["balance"] == 15 + 15 + 20
    told = (await browser.get("/api/points-rules", params=area)).json()
    assert told["version"] == 3
    assert {line["code"]: line["points"] for line in told["lines"]}["mediation"] == 20
    states = {
        each["version"]: each["state"]
        for each in (await admin.get("/api/rewards/rules", params=area)).json()["versions"]
    }
    assert states == {3: "on", 2: "past", 1: "past"}


async def test_rules_that_cannot_be_are_refused(evening: Evening) -> None:
    """A figure that is missing, unknown or makes a free patrol worth a posted one, by name; only for administrators."""
    admin, area = await evening.browser(Role.ADMIN), {"area_id": str(evening.district.district.id)}
    figures = (await admin.get("/api/rewards/rules", params=area)).json()["current"]["figures"]
    less = {name: value for name, value in figures.items() if name != "night"}
    for wrong, field in (
        (less, "night"),
        ({**figures, "cash": 1}, "cash"),
        ({**figures, "free_patrol": 10}, "free_patrol"),
    ):
        refused = await admin.post("/api/rewards/rules/preview", json={**area, "figures": wrong})
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)
    walker = await evening.walker()
    assert (await walker.get("/api/rewards/rules", params=area)).status_code == 403
    assert (await admin.post("/api/rewards/rules/9/switch-on", params=area)).status_code == 404
