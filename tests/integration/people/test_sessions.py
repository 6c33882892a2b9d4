"""Logins: who may, how often, on which devices, and how at once they end."""

import asyncio
import datetime as dt
import statistics
import time
from collections.abc import Callable
from http.cookies import Morsel, SimpleCookie
from types import ModuleType
from typing import Any

import httpx
import pytest
from pyotp.totp import TOTP

from backend.areas import service as areas
from backend.core import sessions
from backend.core.db import atomic
from backend.core.models import Session
from backend.core.problems import NotFound
from backend.core.roles import Role
from backend.people import passwords, service
from backend.people.models import Person
from backend.people.schemas import Login
from backend.settings import Settings
from tests.support.app import ApiClient
from tests.support.district import District, browser_of, make_district

PASSWORD = "correct horse battery"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


async def account(district: District, phone: str = "13800000001", *roles: Role, **values: Any) -> Person:
    """An account that opens with `PASSWORD`."""
    password_hash = await passwords.hash_password(PASSWORD)
    area = district.communities[0]

    @atomic
    async def add() -> Person:
        return await service.create_person(
            phone=phone,
            name="某人",
            password_hash=password_hash,
            birth_year=1980,
            area_id=area.id,
            area_path=area.path,
            verified=True,
            roles=roles or (Role.VOLUNTEER,),
            **values,
        )

    return await add()


async def sign_in(
    browser: ApiClient, phone: str = "13800000001", password: str = PASSWORD, **more: str
) -> httpx.Response:
    """Sign in as a person would, with the token that the page gets first."""
    await browser.get("/api/session")
    return await browser.post("/api/session", json={"phone": phone, "password": password, **more})


def cookie_of(answer: httpx.Response, name: str = sessions.COOKIE) -> "Morsel[str] | None":
    """A cookie that the answer sets."""
    for header in answer.headers.get_list("Set-Cookie"):
        parsed = SimpleCookie(header)
        if name in parsed:
            return parsed[name]
    return None


async def test_signing_in_sets_a_cookie_that_scripts_cannot_read(client: ApiClient) -> None:
    """HttpOnly, SameSite=Lax, the whole site, as long as a login lasts; the token is not in the database."""
    await account(await make_district())
    answer = await sign_in(client)
    assert answer.status_code == 200
    cookie = cookie_of(answer)
    assert cookie is not None
    assert cookie["httponly"] and cookie["samesite"].lower() == "lax" and cookie["path"] == "/"
    assert cookie["max-age"] == str(30 * 86_400) and not cookie["secure"]
    session = await Session.all().get()
    assert session.token_hash == sessions.hashed(cookie.value) != cookie.value
    me = (await client.get("/api/me")).json()
    assert me == answer.json() and me["phone_masked"] == "138****01" and "13800000001" not in answer.text


async def test_behind_tls_cookies_stay_on_it(
    make_settings: Callable[..., Settings], database: Settings
) -> None:
    """With secure_cookies both cookies are Secure."""
    from backend.app import create_app

    await account(await make_district())
    browser = ApiClient(create_app(make_settings(secure_cookies=True)))
    browser.base_url = httpx.URL("https://testserver")
    opened = await browser.get("/api/session")
    csrf = cookie_of(opened, sessions.CSRF_COOKIE)
    assert csrf is not None and csrf["secure"] and not csrf["httponly"]
    cookie = cookie_of(await sign_in(browser))
    assert cookie is not None and cookie["secure"]
    await browser.aclose()


async def test_wrong_credentials_say_nothing_about_the_account(client: ApiClient) -> None:
    """No account, wrong password and a suspended account answer the same."""
    district = await make_district()
    await account(district)
    suspended = await account(district, "13800000002")
    await Person.filter(id=suspended.id).update(disabled_at=dt.datetime.now(dt.UTC))
    answers = [
        await sign_in(client, password="wrong password"),
        await sign_in(client, phone="13899999999"),
        await sign_in(client, phone="13800000002"),
    ]
    told = [{key: value for key, value in answer.json().items() if key != "instance"} for answer in answers]
    assert told[0]["code"] == "wrong-credentials" and told[0] == told[1] == told[2]
    assert await Session.all().count() == 0


async def test_an_unknown_phone_costs_as_much_work_as_a_known_one() -> None:
    """The password is hashed in both cases, so that the time does not tell who has an account."""
    password_hash = await passwords.hash_password(PASSWORD)

    async def seconds(stored: str | None) -> float:
        began = time.perf_counter()
        assert not await passwords.matches(stored, "wrong password")
        return time.perf_counter() - began

    known = statistics.median([await seconds(password_hash) for _ in range(9)])
    unknown = statistics.median([await seconds(None) for _ in range(9)])
    assert 0.2 < unknown / known < 5
    assert await passwords.matches(password_hash, PASSWORD)
    assert not await passwords.matches("no hash at all", PASSWORD)


async def test_too_many_tries_must_wait(client: ApiClient, new_client: Callable[[], ApiClient]) -> None:
    """The eleventh try for a number is refused, from wherever, with the time to wait; another number is not."""
    district = await make_district()
    await account(district)
    await account(district, "13800000002")
    for _ in range(10):
        assert (await sign_in(client, password="wrong password")).status_code == 401
    answer = await sign_in(new_client())
    assert answer.status_code == 429 and answer.json()["code"] == "rate-limited"
    assert answer.headers["Content-Type"] == "application/problem+json"
    wait_s = int(answer.headers["Retry-After"])
    assert 0 < wait_s <= 600 and answer.json()["params"] == {"retry_after_s": wait_s}
    assert (await sign_in(client, phone="13800000002")).status_code == 200


async def test_the_password_again_is_limited_too(
    client: ApiClient, new_client: Callable[[], ApiClient]
) -> None:
    """A stolen open session is no way to guess the password."""
    person = await account(await make_district())
    browser = await browser_of(new_client, person, fresh=False)
    codes = [
        (await browser.post("/api/session/reauthenticate", json={"password": "wrong"})).status_code
        for _ in range(11)
    ]
    assert codes == [401] * 10 + [429]


async def test_police_need_their_authenticator(client: ApiClient, clock: ModuleType) -> None:
    """The password alone is not enough; the six digits are, of this minute or its neighbours; wrong ones are not."""
    await account(await make_district(), "13800000001", Role.OFFICER, totp_secret=SECRET)
    answer = await sign_in(client)
    assert (answer.status_code, answer.json()["code"]) == (401, "second-factor-required")
    assert (await sign_in(client, password="wrong password")).json()["code"] == "wrong-credentials"
    clock.freeze(dt.datetime(2026, 6, 5, 12, 0, 10, tzinfo=dt.UTC))
    now = clock.now()
    stale = TOTP(SECRET).at(now - dt.timedelta(minutes=3))
    assert (await sign_in(client, totp=stale)).json()["code"] == "wrong-credentials"
    assert await Session.all().count() == 0
    for offset_s in (-30, 0, 30):
        digits = TOTP(SECRET).at(now + dt.timedelta(seconds=offset_s))
        assert (await sign_in(client, totp=digits)).status_code == 200, offset_s


async def test_six_digits_open_one_session(client: ApiClient, clock: ModuleType) -> None:
    """Digits seen over a shoulder open nothing, nor do older ones of the same minute; the next ones do."""
    await account(await make_district(), "13800000001", Role.OFFICER, totp_secret=SECRET)
    clock.freeze(dt.datetime(2026, 6, 5, 12, 0, 10, tzinfo=dt.UTC))
    now, step = clock.now(), dt.timedelta(seconds=30)
    digits = TOTP(SECRET).at(now)
    assert (await sign_in(client, password="wrong password", totp=digits)).status_code == 401
    assert (await sign_in(client, totp=digits)).status_code == 200
    for again in (digits, TOTP(SECRET).at(now - step)):
        refused = await sign_in(client, totp=again)
        assert (refused.status_code, refused.json()["code"]) == (401, "digits-used")
    assert await Session.all().count() == 1
    assert (await sign_in(client, totp=TOTP(SECRET).at(now + step))).status_code == 200


@pytest.mark.parametrize("role", [Role.OFFICER, Role.APPROVER, Role.ADMIN])
async def test_a_weighty_role_without_a_second_factor_cannot_sign_in(client: ApiClient, role: Role) -> None:
    """Somebody forgot to set it up; a demo's accounts are exempt."""
    district = await make_district()
    await account(district, "13800000001", role)
    await account(district, "13800000002", role, demo=True)
    assert (await sign_in(client)).json()["code"] == "second-factor-missing"
    assert (await sign_in(client, phone="13800000002")).status_code == 200


async def test_a_session_lasts_as_long_as_it_is_used(client: ApiClient, clock: ModuleType) -> None:
    """Thirty days from the last use; the cookie is renewed with it; unused for longer, it is over."""
    await account(await make_district())
    clock.freeze(dt.datetime(2026, 6, 5, 12, tzinfo=dt.UTC))
    await sign_in(client)
    for _ in range(3):
        clock.advance(dt.timedelta(days=29))
        answer = await client.get("/api/session")
        assert answer.json()["user"] is not None
        cookie = cookie_of(answer)
        assert cookie is not None and cookie["max-age"] == str(30 * 86_400) and cookie["httponly"]
        assert cookie_of(await client.get("/api/session")) is None  # used a moment ago
    session = await Session.all().get()
    assert session.expires_at == clock.now() + dt.timedelta(days=30)
    clock.advance(dt.timedelta(days=30))
    assert (await client.get("/api/me")).status_code == 401
    assert (await client.get("/api/session")).json()["user"] is None


async def test_signing_out_ends_the_session_itself(client: ApiClient) -> None:
    """The cookie is deleted, and a copy of it is worthless."""
    await account(await make_district())
    await sign_in(client)
    copy = client.cookies[sessions.COOKIE]
    answer = await client.delete("/api/session")
    cookie = cookie_of(answer)
    assert answer.status_code == 204 and cookie is not None and cookie["max-age"] == "0"
    client.cookies.set(sessions.COOKIE, copy)
    assert (await client.get("/api/me")).status_code == 401


async def test_devices_are_listed_and_signed_out_at_once(
    client: ApiClient, new_client: Callable[[], ApiClient]
) -> None:
    """One's own only; the next request of a signed-out device is refused."""
    district = await make_district()
    await account(district)
    await account(district, "13800000002")
    phone, desk, stranger = client, new_client(), new_client()
    await sign_in(phone, device_name="Huawei P60")
    await sign_in(desk, device_name="Firefox")
    await sign_in(stranger, phone="13800000002")
    listed = (await desk.get("/api/me/devices")).json()
    assert {(device["device_name"], device["current"]) for device in listed} == {
        ("Huawei P60", False),
        ("Firefox", True),
    }
    other = next(device["id"] for device in listed if not device["current"])
    assert (await stranger.delete(f"/api/me/devices/{other}")).status_code == 404
    assert (await phone.get("/api/me")).status_code == 200
    assert (await desk.delete(f"/api/me/devices/{other}")).status_code == 204
    assert (await phone.get("/api/me")).status_code == 401
    assert (await desk.delete(f"/api/me/devices/{other}")).status_code == 404
    assert len((await desk.get("/api/me/devices")).json()) == 1


async def test_a_suspended_person_is_out_with_the_next_request(
    client: ApiClient, new_client: Callable[[], ApiClient]
) -> None:
    """All devices at once, off duty, no new login; after the suspension a login works again."""
    district = await make_district()
    person = await account(district)
    admin = await browser_of(new_client, await district.person(Role.ADMIN))
    await sign_in(client)
    await client.put("/api/me/duty", json={"on_duty": True})
    out = await admin.post(f"/api/people/{person.id}/disable", json={"reason": "test"})
    assert out.status_code == 200 and out.json()["disabled_at"] and out.json()["on_duty"] is False
    assert (await client.get("/api/me")).status_code == 401
    assert (await sign_in(client)).status_code == 401
    assert (await admin.post(f"/api/people/{person.id}/enable")).json()["disabled_at"] is None
    assert (await client.get("/api/me")).status_code == 401
    assert (await sign_in(client)).status_code == 200


async def test_a_login_that_meets_a_suspension_opens_nothing(
    database: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The account is suspended while its password is being checked: no session is left over."""
    person = await account(await make_district())
    matches = passwords.matches

    async def slow(*values: Any) -> bool:
        right = await matches(*values)
        await Person.filter(id=person.id).update(disabled_at=dt.datetime.now(dt.UTC))
        await sessions.revoke_sessions(person.id)
        return right

    monkeypatch.setattr(passwords, "matches", slow)
    with pytest.raises(service.WrongCredentials):
        await service.sign_in(Login("13800000001", PASSWORD), days=30)
    assert await Session.all().count() == 0


async def test_a_withdrawn_role_is_gone_with_the_next_request(new_client: Callable[[], ApiClient]) -> None:
    """And a given one is there."""
    district = await make_district()
    admin = await browser_of(new_client, await district.person(Role.ADMIN))
    person = await district.person(Role.POSTER)
    poster = await browser_of(new_client, person)
    area = {"area_id": str(district.district.id)}
    assert (await poster.get("/api/live", params=area)).status_code == 200
    grants = (await admin.get("/api/people", params=area)).json()["items"]
    grant = next(role["id"] for each in grants if each["id"] == str(person.id) for role in each["roles"])
    assert (await admin.delete(f"/api/people/{person.id}/roles/{grant}")).status_code == 200
    refused = await poster.get("/api/live", params=area)
    assert refused.status_code == 404  # nothing to do with the district any more
    await admin.post(f"/api/people/{person.id}/roles", json={"role": "volunteer", **area})
    refused = await poster.get("/api/live", params=area)
    assert (refused.status_code, refused.json()["code"]) == (403, "not-allowed")
    await admin.post(f"/api/people/{person.id}/roles", json={"role": "poster", **area})
    assert (await poster.get("/api/live", params=area)).status_code == 200


async def test_a_token_of_an_earlier_key_is_replaced(client: ApiClient) -> None:
    """After the server's key changed, a page that asks who is signed in can act again."""
    await account(await make_district())
    await sign_in(client)
    token = client.cookies[sessions.COOKIE]

    def keep(csrf: str) -> None:
        client.cookies.clear()
        client.cookies.set(sessions.COOKIE, token)
        client.cookies.set(sessions.CSRF_COOKIE, csrf)

    keep("0" * 128)
    assert (await client.put("/api/me/duty", json={"on_duty": True})).json()["code"] == "csrf-failed"
    renewed = cookie_of(await client.get("/api/session"), sessions.CSRF_COOKIE)
    assert renewed is not None and not renewed["httponly"]
    keep(renewed.value)
    assert (await client.put("/api/me/duty", json={"on_duty": True})).status_code == 200
    assert cookie_of(await client.get("/api/session"), sessions.CSRF_COOKIE) is None


async def test_demo_logins_exist_only_in_a_demo(client: ApiClient) -> None:
    """Elsewhere nobody signs in without a password, whatever is sent."""
    await account(await make_district(), demo=True)
    await client.get("/api/session")
    assert (await client.get("/api/demo/logins")).status_code == 404
    assert (await client.post("/api/demo/login", json={"key": "officer"})).status_code == 404
    assert await Session.all().count() == 0


async def test_a_demo_opens_a_demo_person_only(database: Settings) -> None:
    """The service refuses a real account even in a demo."""
    district = await make_district()
    real, demo = await account(district), await account(district, "13800000002", demo=True)
    with pytest.raises(NotFound):
        await service.sign_in_demo(real.id, device_name="", days=30)
    _, token = await service.sign_in_demo(demo.id, device_name="", days=30)
    actor = await sessions.actor_for(token)
    assert actor is not None and actor.user_id == demo.id


async def test_registering_joins_the_team_of_the_code(client: ApiClient) -> None:
    """Signed in at once as an unverified volunteer of the team's community; codes are forgiving about case."""
    district = await make_district()
    team = await make_team(district)
    await client.get("/api/session")
    answer = await client.post("/api/people", json=registration(invite_code=" abcd2345 "))
    assert answer.status_code == 200, answer.text
    me = (await client.get("/api/me")).json()
    assert me["team"]["id"] == str(team.id) and me["verified"] is False
    assert [(role["role"], role["area"]["path"]) for role in me["roles"]] == [
        ("volunteer", district.communities[0].path)
    ]
    again = await client.post("/api/people", json=registration())
    assert (again.status_code, again.json()["params"]) == (409, {"field": "phone"})
    for code in ("WRONG123", "ßßßßßßßßßßßß", "邀请码邀请码"):
        unknown = await client.post("/api/people", json=registration(phone="13800000009", invite_code=code))
        assert unknown.status_code == 422
        errors = [(error["field"], error["code"]) for error in unknown.json()["errors"]]
        assert errors == [("invite_code", "unknown")]


async def test_one_number_registers_once_even_at_once(new_client: Callable[[], ApiClient]) -> None:
    """A double tap makes one account; the other request is told so, not that something broke."""
    await make_team(await make_district())
    browsers = [new_client() for _ in range(4)]
    await asyncio.gather(*(browser.get("/api/session") for browser in browsers))
    answers = await asyncio.gather(
        *(browser.post("/api/people", json=registration()) for browser in browsers)
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    assert await Person.filter(phone="13800000007").count() == 1


@pytest.mark.parametrize(("age", "status"), [(13, 403), (14, 403), (15, 200), (40, 200)])
async def test_children_cannot_register(client: ApiClient, clock: ModuleType, age: int, status: int) -> None:
    """Who turns fourteen this year may still be thirteen."""
    await make_team(await make_district())
    clock.freeze(dt.datetime(2026, 6, 5, 12, tzinfo=dt.UTC))
    await client.get("/api/session")
    answer = await client.post("/api/people", json=registration(birth_year=2026 - age))
    assert answer.status_code == status
    if status == 403:
        assert answer.json()["code"] == "too-young" and await Person.all().count() == 0


async def make_team(district: District) -> Any:
    """A team of the first community, with the code ABCD2345."""
    from backend.core.ids import uuid7
    from backend.people.models import Team

    return await Team.create(
        id=uuid7(),
        area_id=district.communities[0].id,
        name_zh="一队",
        name_en="First",
        invite_code="ABCD2345",
    )


def registration(**changes: Any) -> dict[str, Any]:
    """A right registration with some things changed."""
    body = {
        "phone": "13800000007",
        "name": "新人",
        "password": PASSWORD,
        "birth_year": 1990,
        "invite_code": "ABCD2345",
    }
    return {**body, **changes}


async def test_sees_is_by_district(database: Settings) -> None:
    """A grant anywhere in a district shows the district, and nothing of a neighbour whose name begins alike."""
    one, other = await make_district("lewan"), await make_district("lewan-north", center=(121.5, 28.5))
    person = await one.person(Role.VOLUNTEER, at=one.communities[0])
    actor = sessions.Actor(person.id, person.id, await sessions.grants_of(person.id), None)
    assert areas.sees(actor, one.district.path) and areas.sees(actor, one.communities[2].path)
    assert not areas.sees(actor, other.district.path)
    assert {area.path.split("/")[0] for area in await areas.listed(actor)} == {"lewan"}
