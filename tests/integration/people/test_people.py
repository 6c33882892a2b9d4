"""Oneself, consents, and what an administrator may do to whom."""

import asyncio
import datetime as dt
import json
from collections.abc import Callable
from types import ModuleType

import pytest

from backend.core import sessions
from backend.core.ids import uuid7
from backend.core.models import RoleGrant
from backend.core.roles import Role
from backend.people import service
from backend.people.models import Consent, Person
from backend.settings import Settings
from tests.support.app import ApiClient
from tests.support.district import browser_of, make_district

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


async def test_name_and_language_are_ones_own_to_change(new_client: Callable[[], ApiClient]) -> None:
    """One at a time, the other stays; nothing sent changes nothing; nonsense is refused."""
    browser = await browser_of(new_client, await (await make_district()).volunteer(name="前名"))
    assert (await browser.patch("/api/me", json={"locale": "en"})).json()["locale"] == "en"
    me = (await browser.patch("/api/me", json={"name": "后名"})).json()
    assert (me["name"], me["locale"]) == ("后名", "en")
    assert (await browser.patch("/api/me", json={})).json() == me
    for wrong in ({"locale": "fr"}, {"name": ""}, {"verified": True}, {"name": "x" * 61}):
        assert (await browser.patch("/api/me", json=wrong)).status_code == 422, wrong


async def test_a_consent_is_history_and_the_last_answer_holds(
    new_client: Callable[[], ApiClient], clock: ModuleType
) -> None:
    """Yes, no, yes again leaves three rows; the two consents do not touch each other."""
    browser = await browser_of(new_client, await (await make_district()).volunteer())
    clock.freeze(dt.datetime(2026, 6, 5, 12, tzinfo=dt.UTC))  # three answers at one moment keep their order
    for granted in (True, False, True):
        me = await browser.put("/api/me/consents/whereabouts", json={"granted": granted, "version": 1})
        assert me.json()["consents"] == {"whereabouts": granted, "photos": False}
    assert await Consent.all().count() == 3


async def test_a_new_text_needs_a_new_answer_but_no_is_always_heard(
    new_client: Callable[[], ApiClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An old yes no longer holds; agreeing to an old text is refused; withdrawing it is not."""
    person = await (await make_district()).volunteer()
    browser = await browser_of(new_client, person)
    await browser.put("/api/me/consents/whereabouts", json={"granted": True, "version": 1})
    assert await service.has_consent(person.id, "whereabouts")
    monkeypatch.setitem(service.CONSENT_VERSIONS, "whereabouts", 2)
    assert not await service.has_consent(person.id, "whereabouts")
    old = await browser.put("/api/me/consents/whereabouts", json={"granted": True, "version": 1})
    assert old.status_code == 422 and old.json()["errors"][0]["code"] == "outdated"
    assert (
        await browser.put("/api/me/consents/whereabouts", json={"granted": False, "version": 1})
    ).status_code == 200
    new = await browser.put("/api/me/consents/whereabouts", json={"granted": True, "version": 2})
    assert new.json()["consents"]["whereabouts"] is True


async def test_who_counts_as_on_duty(database: Settings) -> None:
    """Verified adults on duty of the area or below it; not the young, the unverified, the suspended, the neighbours."""
    district, other = await make_district(), await make_district("lewan-2", center=(121.5, 28.5))
    here = await district.volunteer(community=1)
    await other.volunteer()
    for values in (
        {"verified": False},
        {"birth_year": dt.datetime.now(dt.UTC).year - 18},
        {"on_duty": False},
    ):
        await district.volunteer(community=1, **values)
    suspended = await district.volunteer(community=1)
    await Person.filter(id=suspended.id).update(disabled_at=dt.datetime.now(dt.UTC))
    assert await service.on_duty_people(district.district.path) == [here.id]
    assert await service.on_duty_people(district.communities[1].path) == [here.id]
    assert await service.on_duty_people(district.communities[0].path) == []
    assert await service.on_duty_among({here.id, suspended.id}) == {here.id}
    assert await service.on_duty_count(district.district.path) == 3


async def test_people_are_listed_for_their_administrator_in_few_queries(
    new_client: Callable[[], ApiClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By name, by part of a number, with roles, only of the area; a wildcard finds itself only."""
    district = await make_district()
    await district.person(Role.ADMIN, at=district.communities[0], community=1, name="张三%")
    for number in range(12):
        await district.volunteer(community=number % 2, name=f"李{number}")
    browser = await browser_of(new_client, await district.person(Role.ADMIN, name="王五"))
    area = {"area_id": str(district.district.id)}
    everyone = (await browser.get("/api/people", params=area)).json()["items"]
    assert len(everyone) == 14 and all("****" in person["phone_masked"] for person in everyone)
    found = (await browser.get("/api/people", params={**area, "q": "%"})).json()["items"]
    assert [person["name"] for person in found] == ["张三%"]
    assert [role["role"] for role in found[0]["roles"]] == ["admin"]
    assert len((await browser.get("/api/people", params={**area, "q": "0003"})).json()["items"]) == 1
    below = {"area_id": str(district.communities[1].id)}
    assert len((await browser.get("/api/people", params=below)).json()["items"]) == 7


async def test_administrators_reach_their_own_area_only(new_client: Callable[[], ApiClient]) -> None:
    """Of a community: not the neighbour's people, not the district's list, no role above themselves."""
    district = await make_district()
    neighbour = await district.volunteer(community=1)
    own = await district.volunteer(community=0)
    admin = await browser_of(new_client, await district.person(Role.ADMIN, at=district.communities[0]))
    assert (await admin.post(f"/api/people/{neighbour.id}/verify")).status_code == 404
    assert (await admin.get("/api/people", params={"area_id": str(district.district.id)})).status_code == 403
    wanted = {"role": "poster", "area_id": str(district.district.id)}
    assert (await admin.post(f"/api/people/{own.id}/roles", json=wanted)).status_code == 403
    wanted["area_id"] = str(district.communities[0].id)
    assert (await admin.post(f"/api/people/{own.id}/roles", json=wanted)).status_code == 200


async def test_one_who_is_above_cannot_be_suspended_from_below(new_client: Callable[[], ApiClient]) -> None:
    """The district's administrator may live in any community."""
    district = await make_district()
    chief = await district.person(Role.ADMIN, community=0)
    admin = await browser_of(new_client, await district.person(Role.ADMIN, at=district.communities[0]))
    assert (await admin.post(f"/api/people/{chief.id}/disable", json={"reason": "coup"})).status_code == 403
    above = await browser_of(new_client, chief)
    below = (await admin.get("/api/me")).json()["id"]
    assert (await above.post(f"/api/people/{below}/disable", json={"reason": "test"})).status_code == 200


async def test_a_weighty_role_needs_a_second_factor_first(new_client: Callable[[], ApiClient]) -> None:
    """Else a session that a password opened would become an officer's."""
    district = await make_district()
    person = await district.volunteer()
    admin = await browser_of(new_client, await district.person(Role.ADMIN))
    wanted = {"role": "officer", "area_id": str(district.district.id)}
    refused = await admin.post(f"/api/people/{person.id}/roles", json=wanted)
    assert (refused.status_code, refused.json()["code"]) == (409, "needs-second-factor")
    await Person.filter(id=person.id).update(totp_secret=SECRET)
    given = await admin.post(f"/api/people/{person.id}/roles", json=wanted)
    assert given.status_code == 200 and "officer" in [role["role"] for role in given.json()["roles"]]


async def test_a_role_given_twice_at_once_is_one(new_client: Callable[[], ApiClient]) -> None:
    """A double tap is harmless."""
    district = await make_district()
    person = await district.volunteer()
    admin = await browser_of(new_client, await district.person(Role.ADMIN))
    wanted = {"role": "poster", "area_id": str(district.district.id)}
    answers = await asyncio.gather(
        *(admin.post(f"/api/people/{person.id}/roles", json=wanted) for _ in range(4))
    )
    assert [answer.status_code for answer in answers] == [200] * 4
    assert await RoleGrant.filter(user_id=person.id, role="poster").count() == 1


async def test_the_last_administrator_stays(new_client: Callable[[], ApiClient]) -> None:
    """One of two may go; two who withdraw each other at once leave one; a suspended one does not count."""
    district = await make_district()
    first, second = await district.person(Role.ADMIN), await district.person(Role.ADMIN)
    one, two = await browser_of(new_client, first), await browser_of(new_client, second)

    async def withdraw(browser: ApiClient, person: Person) -> int:
        grant = await RoleGrant.filter(user_id=person.id, role="admin", revoked_at__isnull=True).get()
        return (await browser.delete(f"/api/people/{person.id}/roles/{grant.id}")).status_code

    codes = await asyncio.gather(withdraw(one, second), withdraw(two, first))
    assert sorted(codes) in ([200, 404], [200, 409])
    remaining = await RoleGrant.filter(role="admin", revoked_at__isnull=True)
    assert len(remaining) == 1
    left, gone = (one, second) if remaining[0].user_id == first.id else (two, first)
    await sessions.grant_role(
        gone.id, Role.ADMIN, area_id=district.district.id, area_path=district.district.path
    )
    await left.post(f"/api/people/{gone.id}/disable", json={"reason": "test"})
    assert await withdraw(left, await Person.get(id=remaining[0].user_id)) == 409
    assert await withdraw(left, gone) == 200


async def test_every_step_is_in_the_audit_log(new_client: Callable[[], ApiClient]) -> None:
    """With who did it, latest first, in pages; the chain is whole; a tampered row is named."""
    district = await make_district()
    person = await district.volunteer()
    admin = await browser_of(new_client, await district.person(Role.ADMIN, name="管理员"))
    area = {"area_id": str(district.district.id)}
    for _ in range(30):
        await admin.post(f"/api/people/{person.id}/disable", json={"reason": "迟到"})
        await admin.post(f"/api/people/{person.id}/enable")
    page = (await admin.get("/api/audit", params=area)).json()
    first = page["items"][0]
    assert (first["action"], first["kind"], first["subject_id"]) == (
        "person.enable",
        "person",
        str(person.id),
    )
    assert first["actor_name"] == "管理员" and page["items"][1]["details"] == {"reason": "迟到"}
    rest = (await admin.get("/api/audit", params={**area, "before": page["next"]})).json()
    seqs = [entry["seq"] for entry in page["items"] + rest["items"]]
    assert seqs == list(range(seqs[0], 0, -1)) and rest["next"] is None
    assert (await admin.post("/api/audit/verify", params=area)).json() == {
        "ok": True,
        "checked": len(seqs),
        "first_bad": None,
    }
    below = (await admin.get("/api/audit", params={"area_id": str(district.communities[2].id)})).json()
    assert below["items"] == []


async def test_a_tampered_entry_is_named_over_http(new_client: Callable[[], ApiClient], engine: str) -> None:
    """Number and reason."""
    from backend.core.db import connection

    district = await make_district()
    person = await district.volunteer()
    admin = await browser_of(new_client, await district.person(Role.ADMIN))
    await admin.post(f"/api/people/{person.id}/verify")
    trigger = (
        "ALTER TABLE audit_entry DISABLE TRIGGER ALL"
        if engine == "postgres"
        else "DROP TRIGGER audit_entry_no_update"
    )
    await connection().execute_script(trigger)
    await connection().execute_script(
        "UPDATE audit_entry SET action = 'person.paint' WHERE position = 2 AND tenant = 'lewan'"
    )
    verdict = (await admin.post("/api/audit/verify", params={"area_id": str(district.district.id)})).json()
    assert (
        verdict["ok"] is False
        and verdict["first_bad"]["seq"] == 2
        and "altered" in verdict["first_bad"]["reason"]
    )
    json.dumps(verdict)


GUARDED: list[tuple[str, str, dict[str, str | None] | None]] = [
    ("GET", "/api/people?area_id={district}", None),
    ("GET", "/api/audit?area_id={district}", None),
    ("POST", "/api/audit/verify?area_id={district}", None),
    ("POST", "/api/people/{person}/disable", {"reason": "test"}),
    ("POST", "/api/people/{person}/enable", None),
    ("POST", "/api/people/{person}/verify", None),
    ("POST", "/api/people/{person}/password", None),
    ("POST", "/api/people/{person}/second-factor", None),
    ("PUT", "/api/people/{person}/team", {"team_id": None}),
    ("GET", "/api/teams?area_id={district}", None),
    ("POST", "/api/people/{person}/roles", {"role": "poster", "area_id": "{district}"}),
    ("DELETE", "/api/people/{person}/roles/{grant}", None),
    ("GET", "/api/areas/{district}/boundary", None),
    ("GET", "/api/desk?area_id={district}", None),
]


@pytest.mark.parametrize(("method", "path", "body"), GUARDED)
async def test_another_district_is_as_if_it_were_not_there(
    new_client: Callable[[], ApiClient], method: str, path: str, body: dict[str, str | None] | None
) -> None:
    """Its administrator, guessing right ids, is told 404 as for ids that do not exist; nothing changed."""
    district, other = await make_district(), await make_district("other", center=(121.5, 28.5))
    person = await district.volunteer()
    grant = await RoleGrant.filter(user_id=person.id).get()
    stranger = await browser_of(
        new_client, await other.person(Role.ADMIN, Role.OFFICER, Role.APPROVER, Role.POSTER)
    )
    there = {"district": str(district.district.id), "person": str(person.id), "grant": str(grant.id)}
    nowhere = {name: str(uuid7()) for name in there}
    answers = []
    for ids in (there, nowhere):
        sent = json.loads(json.dumps(body).replace("{district}", ids["district"])) if body else None
        answers.append(await stranger.request(method, path.format(**ids), json=sent))
    assert [answer.status_code for answer in answers] == [404, 404]
    assert {answer.json()["code"] for answer in answers} == {"not-found"}
    assert (await Person.get(id=person.id)).disabled_at is None
    assert await RoleGrant.filter(user_id=person.id, revoked_at__isnull=True).count() == 1


@pytest.mark.parametrize(("method", "path", "body"), GUARDED)
async def test_a_volunteer_administers_nothing(
    new_client: Callable[[], ApiClient], method: str, path: str, body: dict[str, str | None] | None
) -> None:
    """Of the same district: 403 or 404, and nothing changed; the boundary is everybody's."""
    district = await make_district()
    person = await district.volunteer()
    grant = await RoleGrant.filter(user_id=person.id).get()
    browser = await browser_of(new_client, await district.volunteer())
    ids = {"district": str(district.district.id), "person": str(person.id), "grant": str(grant.id)}
    sent = json.loads(json.dumps(body).replace("{district}", ids["district"])) if body else None
    answer = await browser.request(method, path.format(**ids), json=sent)
    assert answer.status_code in ((200,) if "boundary" in path else (403, 404)), answer.text
    assert await RoleGrant.filter(user_id=person.id, revoked_at__isnull=True).count() == 1
