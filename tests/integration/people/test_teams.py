"""Teams: founded by who administers the area, joined with a code, led by who may pass the code on."""

import asyncio
from collections.abc import Callable

from backend.core.ids import uuid7
from backend.core.models import RoleGrant
from backend.core.roles import Role
from backend.people.models import Person, Team
from tests.support.app import ApiClient
from tests.support.district import District, browser_of, make_district


async def admin_of(new_client: Callable[[], ApiClient], district: District) -> ApiClient:
    return await browser_of(new_client, await district.person(Role.ADMIN))


def new_team(district: District, name: str = "巡逻一队", community: int = 0) -> dict[str, str]:
    return {"id": str(uuid7()), "area_id": str(district.communities[community].id), "name_zh": name}


async def test_a_new_district_gets_a_team_and_a_neighbour_joins_it(
    new_client: Callable[[], ApiClient],
) -> None:
    """The code that the answer holds opens the door, in small letters too; the list counts who came."""
    district = await make_district()
    admin = await admin_of(new_client, district)
    team = (await admin.post("/api/teams", json=new_team(district))).json()
    assert team["name_en"] == "巡逻一队" and team["members"] == 0
    neighbour = new_client()
    await neighbour.get("/api/session")
    joined = await neighbour.post(
        "/api/people",
        json={
            "phone": "13900001111",
            "name": "新邻居",
            "password": "long enough",
            "birth_year": 1960,
            "invite_code": team["invite_code"].lower(),
        },
    )
    assert joined.status_code == 200 and joined.json()["team"]["id"] == team["id"]
    assert (await neighbour.get("/api/me/team")).json() == {
        "team": {"id": team["id"], "name_zh": "巡逻一队", "name_en": "巡逻一队"},
        "members": 1,
        "invite_code": None,
    }
    listed = (await admin.get("/api/teams", params={"area_id": str(district.district.id)})).json()
    assert [(each["id"], each["members"]) for each in listed] == [(team["id"], 1)]
    waiting = {"area_id": str(district.district.id), "to_verify": "true"}
    assert [
        person["name"] for person in (await admin.get("/api/people", params=waiting)).json()["items"]
    ] == ["新邻居"]


async def test_a_team_sent_twice_is_one_and_a_name_is_used_once(new_client: Callable[[], ApiClient]) -> None:
    """A double tap founds one team; another team of that name is refused there and allowed next door."""
    district = await make_district()
    admin = await admin_of(new_client, district)
    wanted = new_team(district)
    answers = await asyncio.gather(*(admin.post("/api/teams", json=wanted) for _ in range(3)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["invite_code"] for answer in answers}) == 1 and await Team.all().count() == 1
    refused = await admin.post("/api/teams", json=new_team(district))
    assert (refused.status_code, refused.json()["code"]) == (409, "team-name-taken")
    assert (await admin.post("/api/teams", json=new_team(district, community=1))).status_code == 201
    assert (await admin.post("/api/teams", json=new_team(district, name=""))).status_code == 422


async def test_a_renewed_code_ends_the_one_before(new_client: Callable[[], ApiClient]) -> None:
    """A slip of paper that was lost lets nobody in; the team keeps its name unless it is renamed."""
    district = await make_district()
    admin = await admin_of(new_client, district)
    team = (await admin.post("/api/teams", json=new_team(district))).json()
    renewed = (await admin.post(f"/api/teams/{team['id']}/code")).json()
    assert renewed["invite_code"] != team["invite_code"] and renewed["name_zh"] == team["name_zh"]
    await admin.patch(f"/api/teams/{team['id']}", json={"name_zh": "老街队"})
    kept = await Team.get(id=team["id"])
    assert (kept.invite_code, kept.name_zh, kept.name_en) == (renewed["invite_code"], "老街队", "巡逻一队")


async def test_who_is_put_into_a_team_lives_where_it_is(new_client: Callable[[], ApiClient]) -> None:
    """As if they had joined with its code: the volunteer's role moves along, a leader's stays; out of it, all stays."""
    district = await make_district()
    admin = await admin_of(new_client, district)
    person = await district.volunteer(at=district.communities[0], community=0)
    team = (await admin.post("/api/teams", json=new_team(district, community=2))).json()
    moved = (await admin.put(f"/api/people/{person.id}/team", json={"team_id": team["id"]})).json()
    assert moved["team"]["id"] == team["id"] and moved["area"]["id"] == str(district.communities[2].id)
    held = await RoleGrant.filter(user_id=person.id, revoked_at__isnull=True)
    assert [(grant.role, grant.area_id) for grant in held] == [("volunteer", district.communities[2].id)]
    out = (await admin.put(f"/api/people/{person.id}/team", json={"team_id": None})).json()
    assert out["team"] is None and (await Person.get(id=person.id)).area_id == district.communities[2].id


async def test_only_who_leads_reads_the_code(new_client: Callable[[], ApiClient]) -> None:
    """A leader of the area has it to pass on; who is in no team has none to read."""
    district = await make_district()
    admin = await admin_of(new_client, district)
    team = (await admin.post("/api/teams", json=new_team(district))).json()
    leader = await district.person(Role.VOLUNTEER, Role.LEADER, at=district.communities[0])
    browser = await browser_of(new_client, leader)
    assert (await browser.get("/api/me/team")).status_code == 404
    await admin.put(f"/api/people/{leader.id}/team", json={"team_id": team["id"]})
    assert (await browser.get("/api/me/team")).json()["invite_code"] == team["invite_code"]
    assert (await browser.get("/api/teams", params={"area_id": str(district.district.id)})).status_code == 403


async def test_another_districts_teams_are_as_if_they_were_not_there(
    new_client: Callable[[], ApiClient],
) -> None:
    """Not listed, not renamed, nobody put into them, and an id that is theirs founds nothing here."""
    district, other = await make_district(), await make_district("other", center=(121.5, 28.5))
    admin, stranger = await admin_of(new_client, district), await admin_of(new_client, other)
    team = (await admin.post("/api/teams", json=new_team(district))).json()
    own = await other.volunteer()
    here = f"/api/teams/{team['id']}"
    answers = [
        await stranger.get("/api/teams", params={"area_id": str(district.district.id)}),
        await stranger.patch(here, json={"name_zh": "别人的"}),
        await stranger.post(f"{here}/code"),
        await stranger.put(f"/api/people/{own.id}/team", json={"team_id": team["id"]}),
        await stranger.post("/api/teams", json={**new_team(other), "id": team["id"]}),
    ]
    assert [answer.status_code for answer in answers] == [404] * 5
    assert (await Team.get(id=team["id"])).invite_code == team["invite_code"]
