"""Passwords and authenticators: changed by their owner, renewed by who administers them, never by anyone else."""

import asyncio
from collections.abc import Callable

import pytest
from pyotp import parse_uri

from backend.core import audit
from backend.core.models import AuditEntry
from backend.core.roles import Role
from backend.people import passwords
from backend.people.models import Person
from backend.settings import Settings
from tests.support.app import ApiClient
from tests.support.district import browser_of, make_district

OLD, NEW = "the old password", "the new password"


async def signs_in(client: ApiClient, phone: str, password: str, totp: str | None = None) -> str:
    """The code of the refusal, or "yes"."""
    await client.get("/api/session")
    given = {"phone": phone, "password": password} | ({"totp": totp} if totp else {})
    answer = await client.post("/api/session", json=given)
    return "yes" if answer.status_code == 200 else answer.json()["code"]


async def test_a_password_is_changed_by_who_knows_it(new_client: Callable[[], ApiClient]) -> None:
    """The phone in hand stays signed in, every other device is out; the old one opens nothing any more."""
    person = await (await make_district()).volunteer()
    await Person.filter(id=person.id).update(password_hash=await passwords.hash_password(OLD))
    here, elsewhere = await browser_of(new_client, person), await browser_of(new_client, person)
    wrong = await here.put("/api/me/password", json={"current_password": NEW, "new_password": NEW})
    assert wrong.status_code == 422
    assert (wrong.json()["errors"][0]["field"], wrong.json()["errors"][0]["code"]) == (
        "current_password",
        "wrong-password",
    )
    short = await here.put("/api/me/password", json={"current_password": OLD, "new_password": "short"})
    assert short.status_code == 422 and (await elsewhere.get("/api/me")).status_code == 200
    done = await here.put("/api/me/password", json={"current_password": OLD, "new_password": NEW})
    assert done.status_code == 204
    assert ((await here.get("/api/me")).status_code, (await elsewhere.get("/api/me")).status_code) == (
        200,
        401,
    )
    assert await signs_in(new_client(), person.phone, OLD) == "wrong-credentials"
    assert await signs_in(new_client(), person.phone, NEW) == "yes"


async def test_a_forgotten_password_is_renewed_at_the_desk(new_client: Callable[[], ApiClient]) -> None:
    """The administrator reads ten digits out once; they open the account, and its devices are signed out."""
    district = await make_district()
    person = await district.volunteer()
    phone = await browser_of(new_client, person)
    admin = await browser_of(new_client, await district.person(Role.ADMIN, name="管理员"))
    password = (await admin.post(f"/api/people/{person.id}/password")).json()["password"]
    assert len(password) == 10 and password.isdigit()
    assert (await phone.get("/api/me")).status_code == 401
    assert await signs_in(new_client(), person.phone, password) == "yes"
    entry = await AuditEntry.filter(action="person.password_reset").get()
    assert password not in entry.details and str(entry.object_id) == str(person.id)
    assert (await audit.verify("lewan")).ok


async def test_renewing_needs_ones_own_password_first_and_reaches_nobody_above(
    new_client: Callable[[], ApiClient],
) -> None:
    """A desk left open renews nothing; nor does a community's administrator for the district's, nor anyone for themselves."""
    district = await make_district()
    person, chief = await district.volunteer(at=district.communities[0]), await district.person(Role.ADMIN)
    left_open = await browser_of(new_client, chief, fresh=False)
    below = await district.person(Role.ADMIN, at=district.communities[0])
    admin = await browser_of(new_client, below)
    for what in ("password", "second-factor"):
        stale = await left_open.post(f"/api/people/{person.id}/{what}")
        assert stale.json()["code"] == "reauthentication-required"
        assert (await admin.post(f"/api/people/{chief.id}/{what}")).status_code == 403
        assert (await admin.post(f"/api/people/{below.id}/{what}")).status_code == 409
        assert (await admin.post(f"/api/people/{person.id}/{what}")).status_code == 200


async def test_an_authenticator_given_at_the_desk_lets_a_weighty_role_follow(
    new_client: Callable[[], ApiClient],
) -> None:
    """What the screen shows is what signs in; only then is the role given, and the list says who has one."""
    district = await make_district()
    person = await district.volunteer()
    await Person.filter(id=person.id).update(password_hash=await passwords.hash_password(OLD))
    admin = await browser_of(new_client, await district.person(Role.ADMIN))
    uri = (await admin.post(f"/api/people/{person.id}/second-factor")).json()["totp_uri"]
    wanted = {"role": "officer", "area_id": str(district.district.id)}
    given = await admin.post(f"/api/people/{person.id}/roles", json=wanted)
    assert given.status_code == 200 and given.json()["second_factor"] is True
    assert await signs_in(new_client(), person.phone, OLD) == "second-factor-required"
    assert await signs_in(new_client(), person.phone, OLD, parse_uri(uri).now()) == "yes"  # type: ignore[attr-defined]


async def test_an_officer_is_added_at_the_desk_and_signs_in(new_client: Callable[[], ApiClient]) -> None:
    """With the password and the authenticator that the answer shows; a volunteer needs no authenticator."""
    district = await make_district()
    admin = await browser_of(new_client, await district.person(Role.ADMIN))
    there = f"/api/areas/{district.district.id}/people"
    officer = {"phone": "13900002222", "name": "新民警", "birth_year": 1985, "roles": ["officer", "approver"]}
    added = (await admin.post(there, json=officer)).json()
    assert added["person"]["verified"] and len(added["person"]["roles"]) == 2
    digits = parse_uri(added["totp_uri"]).now()  # type: ignore[attr-defined]
    assert await signs_in(new_client(), "13900002222", added["password"], digits) == "yes"
    again = await asyncio.gather(*(admin.post(there, json=officer) for _ in range(2)))
    assert {(answer.status_code, answer.json()["code"]) for answer in again} == {(409, "phone-taken")}
    twins = {**officer, "phone": "13900006666"}
    at_once = await asyncio.gather(*(admin.post(there, json=twins) for _ in range(3)))
    assert sorted(answer.status_code for answer in at_once) == [201, 409, 409]
    walks = {**officer, "phone": "13900003333", "roles": ["volunteer"]}
    assert (await admin.post(there, json=walks)).json()["totp_uri"] is None
    young = {**walks, "phone": "13900004444", "birth_year": 2020}
    assert (await admin.post(there, json=young)).json()["code"] == "too-young"
    assert (await admin.post(there, json={**walks, "roles": []})).status_code == 422


@pytest.mark.parametrize("fresh", [True, False])
async def test_nobody_is_added_from_outside(
    database: Settings, new_client: Callable[[], ApiClient], fresh: bool
) -> None:
    """A volunteer may not, a stranger's administrator finds no such area, and nobody is made."""
    district, other = await make_district(), await make_district("other", center=(121.5, 28.5))
    volunteer = await browser_of(new_client, await district.volunteer(), fresh=fresh)
    stranger = await browser_of(new_client, await other.person(Role.ADMIN), fresh=fresh)
    before = await Person.all().count()
    wanted = {"phone": "13900005555", "name": "某某", "birth_year": 1985, "roles": ["admin"]}
    there = f"/api/areas/{district.district.id}/people"
    assert (await volunteer.post(there, json=wanted)).status_code == 403
    assert (await stranger.post(there, json=wanted)).status_code == 404
    assert await Person.all().count() == before
