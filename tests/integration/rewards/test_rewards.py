"""From points to a bowl of noodles: the window, the voucher, the till, each thing once and only at its place."""

import asyncio
import datetime as dt
import uuid
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from backend.core import clock as core_clock
from backend.core.db import atomic, dialect, execute, rows
from backend.core.ids import uuid7
from backend.core.models import AuditEntry
from backend.core.roles import Role
from backend.notify.models import Message
from backend.rewards import jobs
from backend.rewards.models import Merchant
from backend.settings import Settings
from points import audit as ledger_audit
from points.models import PointsOffer, PointsTransfer, PointsVoucher
from tests.support.app import ApiClient
from tests.support.commands import run_lexun
from tests.support.district import make_district
from tests.support.evening import Evening, person_behind
from tests.support.shop import Shop, buy, give_points, hire, make_shop, redeem, spender


async def balance(browser: ApiClient) -> tuple[int, int]:
    """What the person can spend, and what is set aside."""
    points = (await browser.get("/api/me/points")).json()
    return points["balance"], points["set_aside"]


async def test_the_window_shows_what_is_near_and_affordable(evening: Evening, shop: Shop) -> None:
    """Nearest first with a place, sold out last, closed shops and offers not at all."""
    browser = await spender(evening, 12)
    far = await make_shop(evening, name_zh="远面馆", lat=shop.merchant.lat + 0.01)
    shut = await make_shop(evening, state="suspended")
    cheap, dear = await far.offer(cost=3), await shop.offer(cost=20)
    empty = await shop.offer(cost=1, stock=0)
    await shut.offer()
    await shop.offer(ends_at=core_clock.now() + dt.timedelta(hours=1), cost=7)
    core_clock.advance(dt.timedelta(hours=2))
    area = {"area_id": str(evening.district.communities[2].id)}
    shown = (await browser.get("/api/offers", params=area)).json()
    assert shown["balance"] == 12
    assert [item["id"] for item in shown["items"]] == [str(offer.id) for offer in (cheap, dear, empty)]
    assert [item["affordable"] for item in shown["items"]] == [True, False, False]
    assert all(item["merchant"]["distance_m"] is None for item in shown["items"])
    here = {**area, "lon": shop.merchant.lon, "lat": shop.merchant.lat}
    near = (await browser.get("/api/offers", params=here)).json()["items"]
    assert [item["merchant"]["distance_m"] for item in near] == [0, 1112, 0]


async def test_a_voucher_costs_points_and_stock(evening: Evening, shop: Shop) -> None:
    """The points are set aside, one thing less is there, and the purchase stands in the list with its reason."""
    browser, offer = await spender(evening, 25), await shop.offer(terms_zh="每人一碗")
    answer = await buy(browser, offer)
    voucher = answer.json()
    assert answer.status_code == 200, answer.text
    assert (voucher["state"], voucher["cost"], voucher["terms_zh"]) == ("issued", 10, "每人一碗")
    assert len(voucher["code"]) == 8 and voucher["code"].isdigit() and voucher["qr_token"]
    assert voucher["merchant"]["name_zh"] == "阿婆面馆"
    assert await balance(browser) == (15, 10)
    assert (await PointsOffer.get(id=offer.id)).stock == 4
    first = (await browser.get("/api/me/points")).json()["items"][0]
    assert (first["amount"], first["title_zh"], first["balance_after"]) == (-10, "一碗鱼丸面", 15)
    assert (await browser.get("/api/me/vouchers")).json() == [voucher]
    assert (await browser.get(f"/api/vouchers/{voucher['id']}")).json() == voucher


async def test_too_few_points_buy_nothing(evening: Evening, shop: Shop) -> None:
    """The refusal says how many are there and needed; somebody who never had points is told the same way."""
    offer = await shop.offer()
    for points in (9, 0):
        browser = await spender(evening, points)
        refused = await buy(browser, offer)
        assert (refused.status_code, refused.json()["code"]) == (409, "not-enough-points")
        assert refused.json()["params"] == {"balance": points, "needed": 10}
        assert await balance(browser) == (points, 0)
    assert (await PointsOffer.get(id=offer.id)).stock == 5 and await PointsVoucher.all().count() == 0


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"stock": 0}, "out-of-stock"),
        ({"per_person_cap": 1}, "cap-reached"),
        ({"ends_at": "past"}, "offer-not-available"),
    ],
)
async def test_what_cannot_be_bought_says_why(
    evening: Evening, shop: Shop, values: dict[str, Any], code: str
) -> None:
    """Sold out, enough for one person, over; points stay."""
    browser = await spender(evening, 30)
    if values.get("ends_at"):
        values = {"ends_at": core_clock.now() + dt.timedelta(minutes=1)}
    offer = await shop.offer(**values)
    if code == "cap-reached":
        assert (await buy(browser, offer)).status_code == 200
    core_clock.advance(dt.timedelta(minutes=2))
    before = await balance(browser)
    refused = await buy(browser, offer)
    assert (refused.status_code, refused.json()["code"]) == (409, code)
    assert await balance(browser) == before


async def test_buying_again_with_the_same_id_is_the_same(evening: Evening, shop: Shop) -> None:
    """A retry answers the same, also when the shop has closed meanwhile; the id is nobody else's to use."""
    browser, offer, voucher_id = await spender(evening, 30), await shop.offer(), uuid7()
    first = (await buy(browser, offer, voucher_id)).json()
    assert (await buy(browser, offer, voucher_id)).json() == first
    await Merchant.filter(id=shop.merchant.id).update(state="closed")
    assert (await buy(browser, offer, voucher_id)).json() == first
    assert (await buy(browser, offer)).status_code == 404
    assert await balance(browser) == (20, 10)
    await Merchant.filter(id=shop.merchant.id).update(state="open")
    other = await spender(evening, 30)
    assert (await buy(other, offer, voucher_id)).json()["code"] == "voucher-conflict"
    assert (await buy(browser, await shop.offer(), voucher_id)).json()["code"] == "voucher-conflict"
    assert await PointsVoucher.all().count() == 1


@pytest.mark.parametrize("how", ["token", "code", "grouped", "spaced"])
async def test_the_till_redeems_once(evening: Evening, shop: Shop, how: str) -> None:
    """Scanned or typed; the holder is told; the second time the till learns when it was used."""
    browser, till = await spender(evening, 10), await shop.till()
    voucher = (await buy(browser, await shop.offer())).json()
    code = voucher["code"]
    which = {
        "token": {"token": voucher["qr_token"]},
        "code": {"code": code},
        "grouped": {"code": f"{code[:4]}-{code[4:]}"},
        "spaced": {"code": f" {code[:4]} {code[4:]} "},
    }[how]
    answer = await redeem(till, **which)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["voucher_id"], answer.json()["code_end"]) == (voucher["id"], code[-4:])
    assert await balance(browser) == (0, 0)
    again = await redeem(till, **which)
    assert (again.status_code, again.json()["code"]) == (409, "voucher-already-redeemed")
    at = dt.datetime.fromisoformat(again.json()["params"]["at"])
    assert at == core_clock.now()
    shown = (await browser.get(f"/api/vouchers/{voucher['id']}")).json()
    assert (shown["state"], shown["qr_token"]) == ("redeemed", None)
    holder = (await person_behind(browser)).id
    assert await Message.filter(kind="voucher.redeemed", user_id=holder).count() == 1
    assert await AuditEntry.filter(action="voucher.redeem", object_id=voucher["id"]).count() == 1


async def test_a_till_that_repeats_itself_is_answered_the_same(evening: Evening, shop: Shop) -> None:
    """Its answer was lost on the way: the same redemption id again is the same redemption."""
    till = await shop.till()
    voucher = (await buy(await spender(evening, 10), await shop.offer())).json()
    body = {"id": str(uuid7()), "code": voucher["code"]}
    first = await till.post("/api/merchant/redeem", json=body)
    again = await till.post("/api/merchant/redeem", json=body)
    assert (first.status_code, again.status_code) == (200, 200) and first.json() == again.json()
    assert await Message.filter(kind="voucher.redeemed").count() == 1
    assert await AuditEntry.filter(action="voucher.redeem").count() == 1


async def test_another_shop_cannot_redeem(evening: Evening, shop: Shop) -> None:
    """A scanned voucher says whose it is not; typed digits are looked up among the shop's own only."""
    voucher = (await buy(await spender(evening, 10), await shop.offer())).json()
    other = await (await make_shop(evening)).till()
    scanned, typed = await redeem(other, token=voucher["qr_token"]), await redeem(other, code=voucher["code"])
    assert (scanned.status_code, scanned.json()["code"]) == (409, "voucher-other-merchant")
    named = {key: scanned.json()["params"][key] for key in ("shop_zh", "shop_en", "address_zh", "address_en")}
    assert named == {
        "shop_zh": shop.merchant.name_zh,
        "shop_en": shop.merchant.name_en,
        "address_zh": shop.merchant.address_zh,
        "address_en": shop.merchant.address_en,
    }
    assert (typed.status_code, typed.json()["code"]) == (404, "voucher-unknown")
    named = await redeem(other, code=voucher["code"], merchant_id=str(shop.merchant.id))
    assert named.status_code == 404
    assert (await PointsVoucher.all().get()).state == "issued"


async def test_a_screenshot_is_soon_worthless(evening: Evening, shop: Shop) -> None:
    """The QR code of a minute ago and a half is refused; a forged one and a plain text too; the new one works."""
    browser, till = await spender(evening, 10), await shop.till()
    voucher = (await buy(browser, await shop.offer())).json()
    old = voucher["qr_token"]
    core_clock.advance(dt.timedelta(seconds=91))
    expired = await redeem(till, token=old)
    assert (expired.status_code, expired.json()["code"]) == (410, "qr-expired")
    new = (await browser.get(f"/api/vouchers/{voucher['id']}")).json()
    assert new["qr_token"] != old and dt.datetime.fromisoformat(new["qr_valid_until"]) > core_clock.now()
    for forged in (new["qr_token"][:-4] + "AAAA", "LX1.abc", "https://example.org", ""):
        refused = await redeem(till, token=forged)
        assert (refused.status_code, refused.json()["code"]) == (422, "qr-invalid"), forged
    assert (await redeem(till, token=new["qr_token"])).status_code == 200


@pytest.mark.parametrize("which", [{}, {"token": "x", "code": "12345678"}])
async def test_the_till_must_scan_or_type(shop: Shop, which: dict[str, str]) -> None:
    """One of the two."""
    answer = await redeem(await shop.till(), **which)
    assert answer.status_code == 422 and answer.json()["errors"][0]["field"] == "code"


@pytest.mark.parametrize("typed", ["1234567", "13800000123", "1234 567", "abcdefgh", "１２３４５６７８", ""])
async def test_what_cannot_be_a_code_is_unknown(shop: Shop, typed: str) -> None:
    """Too few digits, a phone number, letters, digits of another script: 404, as for a code that nobody has."""
    refused = await redeem(await shop.till(), code=typed)
    assert (refused.status_code, refused.json()["code"]) == (404, "voucher-unknown")


async def test_unused_vouchers_give_their_points_back(
    evening: Evening, shop: Shop, clock: ModuleType
) -> None:
    """After thirty days: shown as expired at once, not redeemable, points and stock back with the job, once."""
    browser, till = await spender(evening, 10), await shop.till()
    offer = await shop.offer()
    voucher = (await buy(browser, offer)).json()
    core_clock.advance(dt.timedelta(days=29))
    for each in (browser, till):
        await each.get("/api/session")  # a login lasts as long as it is used
    core_clock.advance(dt.timedelta(days=1))
    shown = (await browser.get(f"/api/vouchers/{voucher['id']}")).json()
    assert (shown["state"], shown["qr_token"]) == ("expired", None)
    refused = await redeem(till, code=voucher["code"])
    assert (refused.status_code, refused.json()["code"]) == (409, "voucher-not-usable")
    assert await balance(browser) == (0, 10)
    for _ in range(2):
        await jobs.expire_vouchers({})
        assert await balance(browser) == (10, 0)
        assert (await PointsOffer.get(id=offer.id)).stock == 5
    assert (await browser.get("/api/me/points")).json()["items"][0]["code"] == "voucher_expired"


async def test_the_shop_at_a_glance(evening: Evening, shop: Shop) -> None:
    """Its own offers, what was redeemed today by the shop's calendar, lately; nothing of another shop."""
    till, other = await shop.till(), await (await make_shop(evening, name_zh="别家")).till()
    offer = await shop.offer()
    for _ in range(2):
        voucher = (await buy(await spender(evening, 10), offer)).json()
        await redeem(till, code=voucher["code"])
    home = (await till.get("/api/merchant")).json()
    assert home["merchant"]["name_zh"] == "阿婆面馆" and home["today"] == {
        "redeemed": 2,
        "points": 20,
        "undone": 0,
    }
    assert [item["stock"] for item in home["offers"]] == [3] and len(home["recent"]) == 2
    theirs = (await other.get("/api/merchant")).json()
    assert (theirs["merchant"]["name_zh"], theirs["offers"], theirs["recent"]) == ("别家", [], [])
    core_clock.advance(dt.timedelta(hours=5, minutes=1))  # past midnight in Shanghai
    assert (await till.get("/api/merchant")).json()["today"] == {"redeemed": 0, "points": 0, "undone": 0}


async def test_who_works_for_two_shops_names_one(evening: Evening, shop: Shop) -> None:
    """And only one of their own; a volunteer has none."""
    second = await make_shop(evening, name_zh="二店")
    till = await shop.till()
    await hire((await person_behind(till)).id, second.merchant)
    asked = await till.get("/api/merchant", params={"merchant_id": str(second.merchant.id)})
    assert asked.json()["merchant"]["name_zh"] == "二店"
    third = await make_shop(evening)
    assert (
        await till.get("/api/merchant", params={"merchant_id": str(third.merchant.id)})
    ).status_code == 404
    assert (await (await evening.walker()).get("/api/merchant")).status_code == 404


async def test_a_shop_fills_its_own_window(evening: Evening, shop: Shop) -> None:
    """Adds once however often it is sent, changes, pauses; wrong values are named; bought vouchers keep their terms."""
    till, browser = await shop.till(), await spender(evening, 50)
    body = {"id": str(uuid7()), "title_zh": "豆浆", "cost": 5, "stock": 3, "terms_zh": "早上"}
    for _ in range(2):
        answer = await till.post("/api/merchant/offers", json=body)
        assert answer.status_code == 201 and answer.json()["title_en"] == "豆浆", answer.text
    assert await PointsOffer.all().count() == 1
    voucher = (await browser.post(f"/api/offers/{body['id']}/buy", json={"id": str(uuid7())})).json()
    path = f"/api/merchant/offers/{body['id']}"
    changed = (await till.patch(path, json={"cost": 6, "terms_zh": "全天", "stock": 10})).json()
    assert (changed["cost"], changed["stock"], changed["terms_zh"]) == (6, 10, "全天")
    kept = (await browser.get(f"/api/vouchers/{voucher['id']}")).json()
    assert (kept["cost"], kept["terms_zh"]) == (5, "早上")
    await till.patch(path, json={"state": "paused"})
    refused = await browser.post(f"/api/offers/{body['id']}/buy", json={"id": str(uuid7())})
    assert refused.json()["code"] == "offer-not-available"
    blank = await till.patch(path, json={"title_zh": "   "})
    assert blank.status_code == 422 and [error["field"] for error in blank.json()["errors"]] == ["title_zh"]
    wrong = await till.post("/api/merchant/offers", json={**body, "cost": 0, "stock": -1, "title_zh": ""})
    assert {error["field"] for error in wrong.json()["errors"]} == {"cost", "stock", "title_zh"}


async def test_a_window_is_its_own_shops(evening: Evening, shop: Shop) -> None:
    """Another's offer cannot be changed, nor its id taken."""
    offer, other = await shop.offer(), await (await make_shop(evening)).till()
    assert (await other.patch(f"/api/merchant/offers/{offer.id}", json={"cost": 1})).status_code == 404
    taken = await other.post(
        "/api/merchant/offers", json={"id": str(offer.id), "title_zh": "面", "cost": 1, "stock": 1}
    )
    assert taken.status_code == 422 and (await PointsOffer.get(id=offer.id)).cost == 10


async def test_a_voucher_is_its_holders(evening: Evening, shop: Shop) -> None:
    """Nobody else sees it: not its code, not its QR token."""
    voucher = (await buy(await spender(evening, 10), await shop.offer())).json()
    stranger = await evening.walker()
    assert (await stranger.get(f"/api/vouchers/{voucher['id']}")).status_code == 404
    assert (await stranger.get("/api/me/vouchers")).json() == []


async def test_another_district_buys_nothing_here(
    evening: Evening, shop: Shop, new_client: Callable[[], ApiClient]
) -> None:
    """By right ids: offers, window, purchase, voucher and till answer 404 as for ids that do not exist."""
    offer = await shop.offer()
    voucher = (await buy(await spender(evening, 10), offer)).json()
    other = Evening(await make_district("lewan-2", center=(121.5, 28.5)), new_client)
    stranger = await spender(other, 100)
    there = {
        "offer": str(offer.id),
        "voucher": voucher["id"],
        "area": str(evening.district.district.id),
        "shop": str(shop.merchant.id),
    }
    nowhere = {name: str(uuid7()) for name in there}
    for method, path, body in (
        ("GET", "/api/offers?area_id={area}", None),
        ("GET", "/api/offers/{offer}", None),
        ("POST", "/api/offers/{offer}/buy", {"id": str(uuid7())}),
        ("GET", "/api/vouchers/{voucher}", None),
        ("GET", "/api/merchant?merchant_id={shop}", None),
        ("PATCH", "/api/merchant/offers/{offer}?merchant_id={shop}", {"cost": 1}),
        (
            "POST",
            "/api/merchant/offers?merchant_id={shop}",
            {"id": str(uuid7()), "title_zh": "面", "cost": 1, "stock": 1},
        ),
        ("POST", "/api/merchant/redeem", {"id": str(uuid7()), "code": voucher["code"]}),
    ):
        codes = [
            (await stranger.request(method, path.format(**ids), json=body)).status_code
            for ids in (there, nowhere)
        ]
        assert codes == [404, 404], path
    assert await PointsVoucher.all().count() == 1 and await balance(stranger) == (100, 0)


async def test_points_come_in_pages(evening: Evening) -> None:
    """Latest first, thirty at a time, each change once, the sum is the balance."""
    browser = await spender(evening)
    person = await person_behind(browser)
    for number in range(1, 36):
        await give_points(person.id, number)
    first = (await browser.get("/api/me/points")).json()
    second = (await browser.get("/api/me/points", params={"before": first["next"]})).json()
    amounts = [item["amount"] for item in first["items"] + second["items"]]
    assert amounts == list(range(35, 0, -1)) and second["next"] is None
    assert first["balance"] == sum(amounts) == first["items"][0]["balance_after"]


async def test_the_ledger_is_audited_from_the_command_line(
    evening: Evening, shop: Shop, settings: Settings
) -> None:
    """Right after a day's business; a row changed behind its back is named with code 1."""
    voucher = (await buy(await spender(evening, 10), await shop.offer())).json()
    await redeem(await shop.till(), code=voucher["code"])

    async def audited() -> tuple[int, str]:
        environ = {"LEXUN_DATA_DIR": str(settings.data_dir), "LEXUN_DATABASE_URL": settings.database_url}
        done = await asyncio.to_thread(run_lexun, "points", "audit", environment=environ)
        return done.returncode, done.stdout + done.stderr

    code, said = await audited()
    assert code == 0 and "The ledger is right: 3 transfers" in said, said
    account = (await rows("SELECT id FROM points_account WHERE kind = 'person'"))[0]["id"]
    await _tamper(account)
    code, said = await audited()
    assert code == 1 and f"account {account}" in said and "credits_posted" in said, said
    assert (await atomic(ledger_audit.audit)()).first_wrong is not None


async def _tamper(account: uuid.UUID | str) -> None:
    """Change a balance with every guard taken off."""
    if dialect() == "postgres":
        await execute("ALTER TABLE points_account DISABLE TRIGGER ALL")
    else:
        guards = await rows(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'points_account'"
        )
        for guard in guards:
            await execute(f"DROP TRIGGER {guard['name']}")
    await execute("UPDATE points_account SET credits_posted = credits_posted + 90 WHERE id = ?", account)


async def test_rewards_come_from_patrols_only_once(evening: Evening) -> None:
    """The whole loop: walked, accepted, paid in points, spent at the till, and the books agree."""
    officer, walker = await evening.browser(Role.OFFICER), await evening.walker()
    patrol = await evening.finished(walker, await evening.task())
    await officer.post(f"/api/patrols/{patrol}/review", json={"decision": "accepted"})
    shop = await make_shop(evening)
    voucher = (await buy(walker, await shop.offer())).json()
    assert (await redeem(await shop.till(), token=voucher["qr_token"])).status_code == 200
    assert await balance(walker) == (0, 0)
    assert [item["amount"] for item in (await walker.get("/api/me/points")).json()["items"]] == [-10, 10]
    result = await atomic(ledger_audit.audit)()
    assert result.ok and await PointsTransfer.all().count() == 3
