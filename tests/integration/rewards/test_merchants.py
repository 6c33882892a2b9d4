"""A shop joins with its licence, is decided about by its area, hires, opens branches, is suspended and closes."""

import urllib.parse
from collections.abc import Callable
from typing import Any

import pyotp
import pytest

from backend.core import clock as core_clock
from backend.core.ids import uuid7
from backend.core.roles import Role
from backend.notify.models import Message
from backend.people.models import Person
from backend.rewards.models import Merchant, MerchantApplication
from points.models import PointsVoucher
from tests.support.app import ApiClient
from tests.support.evening import Evening, person_behind
from tests.support.shop import Shop, buy, hire, redeem, spender

ACCOUNT = {"phone": "13911112222", "name": "林老板", "password": "noodles-forever", "birth_year": 1970}


def application(evening: Evening, **more: Any) -> dict[str, Any]:
    """What a noodle shop in the first community sends."""
    area = evening.district.communities[0]
    return {
        "id": str(uuid7()),
        "licence_no": "91330302MA00000000",
        "kind": "noodles",
        "name_zh": "林记面馆",
        "address_zh": "石坊街 8 号",
        "lon": area.center_lon,
        "lat": area.center_lat,
        "contact_name": "林老板",
        "contact_phone": "13911112222",
        **more,
    }


async def sign_in(client: ApiClient, account: dict[str, Any], totp_uri: str) -> Any:
    """Sign in with the password and the authenticator's digits."""
    secret = urllib.parse.parse_qs(urllib.parse.urlsplit(totp_uri).query)["secret"][0]
    digits = pyotp.TOTP(secret).at(core_clock.now())
    body = {"phone": account["phone"], "password": account["password"], "totp": digits}
    await client.get("/api/session")
    return await client.post("/api/session", json=body)


@pytest.fixture
async def admin(evening: Evening) -> ApiClient:
    """The district's administrator."""
    return await evening.browser(Role.ADMIN)


async def test_a_stranger_finds_where_to_join(evening: Evening, new_client: Callable[[], ApiClient]) -> None:
    """Without a login: the districts and communities by name and place, and nothing else of them."""
    found = (await new_client().get("/api/merchants/areas")).json()
    district, community = evening.district.district, evening.district.communities[0]
    assert {district.path, community.path} <= {each["path"] for each in found}
    shown = next(each for each in found if each["id"] == str(community.id))
    assert shown["center"] == [community.center_lon, community.center_lat] and "settings" not in shown


async def test_a_stranger_joins_and_sells(
    evening: Evening, admin: ApiClient, new_client: Callable[[], ApiClient]
) -> None:
    """One form makes a login and asks; after the area's yes the owner signs in with two factors and sells."""
    stranger = new_client()
    await stranger.get("/api/session")
    wanted = application(evening, account=ACCOUNT)
    first = (await stranger.post("/api/merchants/apply", json=wanted)).json()
    assert first["state"] == "applied" and first["area"]["path"].startswith("lewan/")
    assert (await stranger.post("/api/merchants/apply", json=wanted)).json() == first
    query = {"area_id": str(evening.district.district.id), "state": "applied"}
    (asked,) = (await admin.get("/api/merchants", params=query)).json()
    assert (asked["licence_no"], asked["merchant"]["name_zh"]) == (wanted["licence_no"], "林记面馆")
    path = f"/api/merchants/{wanted['id']}"
    assert (await (await evening.walker()).post(f"{path}/approve")).status_code == 404
    for _ in range(2):
        assert (await admin.post(f"{path}/approve")).json()["state"] == "open"
    assert (await sign_in(stranger, ACCOUNT, first["totp_uri"])).status_code < 300
    offer = {"id": str(uuid7()), "title_zh": "一碗面", "cost": 5, "stock": 3}
    assert (await stranger.post("/api/merchant/offers", json=offer)).status_code == 201
    mine = (await stranger.get("/api/me/merchants")).json()
    assert [(each["state"], each["role"]) for each in mine] == [("open", "owner")]
    (shown,) = (await admin.get("/api/merchants", params={**query, "state": "open"})).json()
    assert (shown["offers"], shown["open_vouchers"], shown["owed"]) == (1, 0, 0)


async def test_what_is_wrong_with_an_application_is_said(
    evening: Evening, new_client: Callable[[], ApiClient]
) -> None:
    """No account, a place in no district, a licence or a phone that is taken, a child."""
    stranger = new_client()
    await stranger.get("/api/session")

    async def send(**more: Any) -> dict[str, Any]:
        return (await stranger.post("/api/merchants/apply", json=application(evening, **more))).json()

    assert (await send())["errors"][0]["field"] == "account"
    assert (await send(account=ACCOUNT, lon=10.0))["errors"][0]["field"] == "lon"
    assert (await send(account={**ACCOUNT, "birth_year": 2015}))["code"] == "too-young"
    assert (await send(account=ACCOUNT))["state"] == "applied"
    other = {**ACCOUNT, "phone": "13911113333"}
    assert (await send(account=other))["code"] == "licence-taken"
    assert (await send(account={**ACCOUNT, "password": "another one"}))["code"] == "phone-taken"


async def test_a_signed_in_person_joins_with_a_fresh_password(
    evening: Evening, new_client: Callable[[], ApiClient]
) -> None:
    """They get an authenticator, for which the password must be fresh; a stale session is asked again."""
    from tests.support.district import browser_of

    person = await evening.district.volunteer()
    stale = await browser_of(new_client, person, fresh=False)
    refused = await stale.post("/api/merchants/apply", json=application(evening))
    assert refused.json()["code"] == "reauthentication-required"
    fresh = await browser_of(new_client, person)
    answer = (await fresh.post("/api/merchants/apply", json=application(evening))).json()
    assert answer["totp_uri"].startswith("otpauth://totp/")
    assert (await Person.get(id=person.id)).totp_secret is not None


async def test_no_is_an_answer_with_a_reason(evening: Evening, admin: ApiClient, new_client: Any) -> None:
    """The applicant reads why; nobody decides about their own shop, and nothing is decided twice."""
    owner = await evening.walker()
    wanted = application(evening)
    await owner.post("/api/merchants/apply", json=wanted)
    path = f"/api/merchants/{wanted['id']}"
    refused = await admin.post(f"{path}/refuse", json={"reason": "执照看不清"})
    assert refused.json()["state"] == "refused"
    (mine,) = (await owner.get("/api/me/merchants")).json()
    assert (mine["state"], mine["state_reason"]) == ("refused", "执照看不清")
    assert (await admin.post(f"{path}/approve")).json()["code"] == "merchant-state-conflict"
    own = application(evening)
    await admin.post("/api/merchants/apply", json=own)
    assert (await admin.post(f"/api/merchants/{own['id']}/approve")).status_code == 409
    assert await Merchant.all().count() == 0 and await MerchantApplication.all().count() == 2


async def test_a_suspended_shop_is_out_of_the_window(evening: Evening, shop: Shop, admin: ApiClient) -> None:
    """And back in it when it is reopened; its owner is told why."""
    till, offer, path = await shop.till(), await shop.offer(), f"/api/merchants/{shop.merchant.id}"
    browser, area = await spender(evening, 10), {"area_id": str(shop.merchant.area_id)}
    assert (await admin.post(f"{path}/reopen")).status_code == 409
    assert (await admin.post(f"{path}/suspend", json={"reason": "查验执照"})).json()["state"] == "suspended"
    assert (await browser.get("/api/offers", params=area)).json()["items"] == []
    assert (await buy(browser, offer)).status_code == 404
    (told,) = await Message.filter(kind="merchant.suspended", user_id=(await person_behind(till)).id)
    assert told.body_zh == "查验执照"
    assert (await admin.post(f"{path}/reopen")).json()["state"] == "open"
    assert (await buy(browser, offer)).status_code == 200


@pytest.mark.parametrize("by", ["owner", "admin"])
async def test_a_closing_shop_gives_everything_back(
    evening: Evening, shop: Shop, admin: ApiClient, by: str
) -> None:
    """Unused vouchers are refunded and their holders told; nothing more is sold; used ones stay with the shop."""
    till, offer = await shop.till(), await shop.offer()
    people = [await spender(evening, 20) for _ in range(2)]
    used = (await buy(people[0], offer)).json()
    await redeem(till, code=used["code"])
    for browser in people:
        await buy(browser, offer)
    reason = {"reason": "搬迁停业"}
    closing = (
        till.post("/api/merchant/close", json=reason)
        if by == "owner"
        else admin.post(f"/api/merchants/{shop.merchant.id}/close", json=reason)
    )
    assert (await closing).json() == {"refunded": 2}
    points = [(await browser.get("/api/me/points")).json()["balance"] for browser in people]
    assert points == [10, 20]
    assert await Message.filter(kind="voucher.refunded").count() == 2
    states = sorted(await PointsVoucher.all().values_list("state", flat=True))  # type: ignore[arg-type]
    assert states == ["redeemed", "refunded", "refunded"]
    assert (await buy(people[1], offer)).status_code == 404


async def test_staff_have_their_own_logins(
    evening: Evening, shop: Shop, new_client: Callable[[], ApiClient]
) -> None:
    """Hired by the owner, with two factors; they redeem, but neither hire nor close; dismissed, they do nothing."""
    owner, offer = await shop.till(), await shop.offer()
    cook = {**ACCOUNT, "id": str(uuid7()), "phone": "13911114444", "name": "小陈"}
    hired = (await owner.post("/api/merchant/staff", json=cook)).json()
    assert (hired["staff"]["name"], hired["staff"]["owner"]) == ("小陈", False)
    assert hired["staff"]["phone_masked"] == "139****44"
    assert (await owner.post("/api/merchant/staff", json=cook)).json() == hired
    till = new_client()
    assert (await sign_in(till, cook, hired["totp_uri"])).status_code < 300
    voucher = (await buy(await spender(evening, 10), offer)).json()
    assert (await redeem(till, code=voucher["code"])).json()["staff_name"] == "小陈"
    for refused in (
        await till.post("/api/merchant/staff", json={**cook, "id": str(uuid7())}),
        await till.post("/api/merchant/close", json={"reason": "x"}),
        await till.get("/api/merchant/staff"),
    ):
        assert (refused.status_code, refused.json()["code"]) == (403, "not-owner")
    assert len((await owner.get("/api/merchant/staff")).json()) == 2
    assert (await owner.delete(f"/api/merchant/staff/{hired['staff']['id']}")).status_code == 204
    assert (await till.get("/api/merchant")).status_code == 404
    assert len((await owner.get("/api/merchant/staff")).json()) == 1


async def test_branches(evening: Evening, shop: Shop) -> None:
    """Added once, changed, closed; another merchant's are out of reach."""
    owner, stranger = await shop.till(), await evening.browser()
    branch = {
        "id": str(uuid7()),
        "name_zh": "二店",
        "address_zh": "槐巷 3 号",
        "lon": shop.merchant.lon,
        "lat": shop.merchant.lat,
    }
    for _ in range(2):
        added = await owner.post("/api/merchant/branches", json=branch)
        assert (added.json()["name_zh"], added.json()["open"]) == ("二店", True)
    path = f"/api/merchant/branches/{branch['id']}"
    assert (await owner.patch(path, json={"open": False})).json()["open"] is False
    home = (await owner.get("/api/merchant")).json()
    assert [each["open"] for each in home["branches"]] == [False]
    assert (await stranger.patch(path, json={"open": True})).status_code == 404
    from tests.support.shop import make_shop

    other = await make_shop(evening)
    await hire((await person_behind(stranger)).id, other.merchant)
    assert (await stranger.patch(path, json={"open": True})).status_code == 404
    taken = await stranger.post("/api/merchant/branches", json=branch)
    assert taken.json()["errors"][0]["field"] == "id"


async def test_an_owner_changes_what_the_window_says(evening: Evening, shop: Shop) -> None:
    """Hours, address and contact, which only the owner reads back; not the name."""
    owner = await shop.till()
    changed = await owner.patch(
        "/api/merchant", json={"hours": "06:00–20:00", "contact_phone": "13900000001"}
    )
    assert changed.json()["merchant"]["hours"] == "06:00–20:00"
    assert (await owner.get("/api/merchant")).json()["contact_phone"] == "13900000001"
    cook = await evening.browser()
    await hire((await person_behind(cook)).id, shop.merchant, owner=False)
    assert (await cook.get("/api/merchant")).json()["contact_phone"] is None
    assert (await owner.patch("/api/merchant", json={"name_zh": "x"})).status_code == 422
