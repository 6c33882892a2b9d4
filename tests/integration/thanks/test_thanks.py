"""Thanks that are not points: badges of real walks, rain as somebody noted it, words to a team from outside it."""

import datetime as dt
import uuid
from collections.abc import Callable
from types import ModuleType

import pytest

from backend.core.ids import uuid7
from backend.core.roles import Role
from backend.notify.models import Message
from backend.patrols.models import Patrol, PatrolMember
from backend.people.models import Person, Team
from tests.support.app import ApiClient
from tests.support.district import make_district
from tests.support.evening import EVENING, Evening, person_behind


@pytest.fixture
async def evening(new_client: Callable[[], ApiClient], clock: ModuleType) -> Evening:
    """Seven in the evening in the district."""
    clock.freeze(EVENING)
    return Evening(await make_district(), new_client)


async def walked(
    evening: Evening, user_id: uuid.UUID, at: dt.datetime, *, night: bool = False, state: str = "accepted"
) -> None:
    """A patrol of the past."""
    other = await evening.district.volunteer()
    patrol = await Patrol.create(
        id=uuid7(),
        area_id=evening.district.communities[0].id,
        kind="free_patrol",
        state=state,
        night=night,
        started_by=other.id,
        started_at=at,
        finished_at=at + dt.timedelta(minutes=90),
        minutes=90,
    )
    await PatrolMember.create(
        id=uuid7(), patrol_id=patrol.id, user_id=user_id, state="finished", joined_at=at
    )


async def test_badges_are_of_walks_that_were_accepted(evening: Evening) -> None:
    """A rainy night that was accepted earns three; a rejected one earns none; rain is noted by the desk only."""
    browser, desk = await evening.walker(), await evening.browser(Role.OFFICER)
    user_id = (await person_behind(browser)).id
    area_id = str(evening.district.communities[0].id)
    assert [each["earned_at"] for each in (await browser.get("/api/me/badges")).json()] == [None] * 5
    await walked(evening, user_id, EVENING - dt.timedelta(days=8), night=True, state="rejected")
    await walked(evening, user_id, EVENING - dt.timedelta(hours=20), night=True)  # 23:00 of Thursday the 4th
    note = {"area_id": area_id, "day": "2026-06-04", "rained": True}
    assert (await browser.put("/api/rain", json=note)).status_code == 403
    for _ in range(2):
        assert (await desk.put("/api/rain", json=note)).json() == {"days": ["2026-06-04"]}
    assert (await desk.put("/api/rain", json={**note, "day": "2026-06-06"})).status_code == 422
    badges = {each["code"]: each for each in (await browser.get("/api/me/badges")).json()}
    earned = {code for code, each in badges.items() if each["earned_at"]}
    assert earned == {"first_patrol", "first_night", "rain"}
    assert (badges["hundred_hours"]["have"], badges["year_of_fridays"]["have"]) == (1, 0)
    assert (await desk.put("/api/rain", json={**note, "rained": False})).json() == {"days": []}
    badges = {each["code"]: each for each in (await browser.get("/api/me/badges")).json()}
    assert badges["rain"]["earned_at"] is None


async def test_a_team_is_thanked_by_somebody_outside(evening: Evening) -> None:
    """Its members read it, once; nobody thanks their own team, and volunteers thank none in the district's name."""
    browser, desk = await evening.walker(), await evening.browser(Role.OFFICER, name="林警官")
    team = await Team.create(
        id=uuid7(),
        area_id=evening.district.communities[0].id,
        name_zh="榕桥队",
        name_en="Rongqiao",
        invite_code="T1",
    )
    await Person.filter(id=(await person_behind(browser)).id).update(team_id=team.id)
    area = {"area_id": str(evening.district.district.id)}
    assert [each["name_zh"] for each in (await desk.get("/api/team-thanks/teams", params=area)).json()] == [
        "榕桥队"
    ]
    words = {"id": str(uuid7()), "team_id": str(team.id), "text": "台风夜里有你们。"}
    for _ in range(2):
        assert (await desk.post("/api/team-thanks", json=words)).status_code == 201
    (read,) = (await browser.get("/api/me/team-thanks")).json()
    assert (read["text"], read["from_name"], read["team_name_zh"]) == ("台风夜里有你们。", "林警官", "榕桥队")
    assert await Message.filter(kind="team.thanks").count() == 1
    assert (await browser.post("/api/team-thanks", json={**words, "id": str(uuid7())})).status_code == 403
    await Person.filter(id=(await person_behind(desk)).id).update(team_id=team.id)
    refused = await desk.post("/api/team-thanks", json={**words, "id": str(uuid7())})
    assert (refused.status_code, refused.json()["code"]) == (403, "own-team-thanked")
