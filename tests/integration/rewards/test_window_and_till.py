"""The window sorted and filtered, pictures of offers, and a redemption that is taken back."""

import datetime as dt
import io
from types import ModuleType

from PIL import Image

from backend.core.ids import uuid7
from backend.core.models import AuditEntry
from backend.notify.models import Message
from backend.rewards.models import Merchant, MerchantBranch
from tests.support.evening import Evening, person_behind
from tests.support.shop import Shop, buy, hire, make_shop, redeem, spender


async def shown(browser, evening: Evening, **query: object) -> dict:
    """The shop window."""
    area = {"area_id": str(evening.district.communities[0].id)}
    answer = await browser.get("/api/offers", params={**area, **query})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_the_window_sorts_and_filters(evening: Evening, shop: Shop, clock: ModuleType) -> None:
    """Newest, nearest or cheapest; only what one can afford; only one kind of shop, with the number of each."""
    browser = await spender(evening, 12)
    tea = await make_shop(evening, kind="tea", lat=shop.merchant.lat + 0.01)
    old = await shop.offer(cost=9)
    clock.advance(dt.timedelta(days=20))
    new, dear = await tea.offer(cost=11), await tea.offer(cost=30)
    ids = {str(offer.id): name for offer, name in ((old, "old"), (new, "new"), (dear, "dear"))}
    here = {"lon": shop.merchant.lon, "lat": shop.merchant.lat}

    async def names(**query: object) -> list[str]:
        return [ids[item["id"]] for item in (await shown(browser, evening, **query))["items"]]

    assert await names(sort="new") == ["new", "dear", "old"]
    assert await names(sort="near", **here) == ["old", "new", "dear"]
    assert await names(sort="cost", **here) == ["old", "new", "dear"]
    assert await names(affordable=True) == ["old", "new"]
    assert await names(kind="tea") == ["new", "dear"]
    window = await shown(browser, evening, kind="tea")
    assert window["kinds"] == [{"kind": "food", "count": 1}, {"kind": "tea", "count": 2}]
    assert [item["is_new"] for item in (await shown(browser, evening, sort="new"))["items"]] == [
        True,
        True,
        False,
    ]
    await MerchantBranch.create(
        id=uuid7(),
        merchant_id=tea.merchant.id,
        name_zh="分店",
        name_en="Branch",
        address_zh="石坊街 2 号",
        address_en="2 Shifang Street",
        **here,
    )
    near = (await shown(browser, evening, kind="tea", **here))["items"]
    assert [item["merchant"]["distance_m"] for item in near] == [0, 0]
    wrong = await browser.get("/api/offers", params={"area_id": str(tea.merchant.area_id), "sort": "best"})
    assert wrong.status_code == 422


async def test_a_link_to_an_offer_says_what_became_of_it(evening: Evening, shop: Shop) -> None:
    """One offer by its id, with its distance and whether one can afford it; paused while its shop rests, closed for good after."""
    browser, offer = await spender(evening, 12), await shop.offer(cost=12)
    path, here = f"/api/offers/{offer.id}", {"lon": shop.merchant.lon, "lat": shop.merchant.lat}

    async def now() -> dict:
        return (await browser.get(path, params=here)).json()

    listed = (await shown(browser, evening, **here))["items"]
    assert [await now()] == listed
    assert (listed[0]["affordable"], listed[0]["merchant"]["distance_m"]) == (True, 0)
    await Merchant.filter(id=shop.merchant.id).update(state="suspended")
    assert (await now())["state"] == "paused"
    till = await shop.till()
    await till.patch(f"/api/merchant/offers/{offer.id}", json={"state": "closed"})
    assert (await now())["state"] == "closed"


async def test_an_offer_has_a_picture(evening: Evening, shop: Shop) -> None:
    """Its own shop gives and takes it; the district sees it; what is no picture is refused."""
    till, offer = await shop.till(), await shop.offer()
    stranger, path = await (await make_shop(evening)).till(), f"/api/merchant/offers/{offer.id}/image"
    photo = io.BytesIO()
    Image.new("RGB", (1600, 1200), "orange").save(photo, "JPEG")
    assert (await stranger.put(path, content=photo.getvalue())).status_code == 404
    assert (await till.put(path, content=b"soup")).json()["code"] == "photo-not-readable"
    address = (await till.put(path, content=photo.getvalue())).json()["image_url"]
    picture = await (await evening.walker()).get(address)
    assert picture.headers["Content-Type"] == "image/webp"
    assert Image.open(io.BytesIO(picture.content)).size == (800, 600)
    again = (await till.put(path, content=photo.getvalue())).json()["image_url"]
    assert again != address
    assert (await till.delete(path)).json()["image_url"] is None
    assert (await till.get(address)).status_code == 404


async def test_an_offers_terms_can_all_be_changed(evening: Evening, shop: Shop) -> None:
    """Cap, hours, dates and validity, each by name; what is nonsense is refused by name."""
    till, offer = await shop.till(), await shop.offer(per_person_cap=2)
    path = f"/api/merchant/offers/{offer.id}"
    ends_at = (offer.starts_at + dt.timedelta(days=9)).isoformat()
    change = {"per_person_cap": 3, "hours": "周一至周四", "voucher_days": 7, "ends_at": ends_at}
    changed = (await till.patch(path, json=change)).json()
    assert (changed["per_person_cap"], changed["hours"], changed["voucher_days"]) == (3, "周一至周四", 7)
    assert dt.datetime.fromisoformat(changed["ends_at"]) == dt.datetime.fromisoformat(ends_at)
    free = (await till.patch(path, json={"per_person_cap": None, "ends_at": None})).json()
    assert (free["per_person_cap"], free["ends_at"], free["hours"]) == (None, None, "周一至周四")
    voucher = (await buy(await spender(evening, 10), offer)).json()
    assert voucher["hours"] == "周一至周四"
    refused = await till.patch(path, json={"ends_at": "2020-01-01T00:00:00+08:00"})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "ends_at")


async def test_a_redemption_is_taken_back(evening: Evening, shop: Shop, clock: ModuleType) -> None:
    """Within five minutes and with a reason; the holder is told and can use the voucher again."""
    till, browser, offer = await shop.till(), await spender(evening, 10), await shop.offer()
    voucher = (await buy(browser, offer)).json()
    first = (await redeem(till, token=voucher["qr_token"])).json()
    path = f"/api/merchant/redemptions/{first['redemption_id']}/undo"
    assert (await till.post(path, json={"reason": ""})).status_code == 422
    assert (await browser.post(path, json={"reason": "x"})).status_code == 404
    undone = (await till.post(path, json={"reason": "上错菜了"})).json()
    assert (undone["state"], undone["voucher_id"]) == ("undone", voucher["id"])
    assert (await till.post(path, json={"reason": "again"})).json() == undone
    told = await Message.filter(kind="voucher.undone")
    assert len(told) == 1 and "上错菜了" in told[0].body_zh
    assert await AuditEntry.filter(action="voucher.undo").count() == 1
    home = (await till.get("/api/merchant")).json()
    assert home["today"] == {"redeemed": 0, "points": 0, "undone": 1}
    assert [each["state"] for each in home["recent"]] == ["undone"]
    assert (await redeem(till, token=voucher["qr_token"])).json()["code"] == "qr-used"
    now = (await browser.get(f"/api/vouchers/{voucher['id']}")).json()
    second = await redeem(till, token=now["qr_token"])
    assert second.status_code == 200
    clock.advance(dt.timedelta(minutes=6))
    late = await till.post(
        f"/api/merchant/redemptions/{second.json()['redemption_id']}/undo", json={"reason": "x"}
    )
    assert (late.status_code, late.json()["code"]) == (409, "undo-too-late")


async def test_a_suspended_shop_redeems_nothing(evening: Evening, shop: Shop) -> None:
    """But answers again what it has answered before."""
    till, browser, offer = await shop.till(), await spender(evening, 20), await shop.offer()
    codes = [(await buy(browser, offer)).json()["code"] for _ in range(2)]
    sent = {"id": str(uuid7()), "code": codes[0]}
    assert (await till.post("/api/merchant/redeem", json=sent)).status_code == 200
    await Merchant.filter(id=shop.merchant.id).update(state="suspended")
    refused = await redeem(till, code=codes[1])
    assert (refused.status_code, refused.json()["code"]) == (409, "merchant-not-open")
    assert (await till.post("/api/merchant/redeem", json=sent)).status_code == 200


async def test_a_redemption_names_its_branch_and_its_person(evening: Evening, shop: Shop) -> None:
    """The branch that was named, if it is the merchant's own and open; one that closed is refused before the voucher is touched."""
    browser, offer, till = await spender(evening, 20), await shop.offer(), await evening.browser()
    person = await person_behind(till)
    await hire(person.id, shop.merchant, owner=False)
    assert (await till.get("/api/merchant")).json()["role"] == "staff"
    branch = await MerchantBranch.create(
        id=uuid7(),
        merchant_id=shop.merchant.id,
        name_zh="分店",
        name_en="Branch",
        address_zh="石坊街 2 号",
        address_en="2 Shifang Street",
        lon=shop.merchant.lon,
        lat=shop.merchant.lat,
    )
    voucher = (await buy(browser, offer)).json()
    elsewhere = await redeem(till, code=voucher["code"], branch_id=str(uuid7()))
    assert elsewhere.status_code == 404
    await MerchantBranch.filter(id=branch.id).update(is_open=False)
    closed = await redeem(till, code=voucher["code"], branch_id=str(branch.id))
    assert (closed.status_code, closed.json()["code"]) == (409, "branch-closed")
    await MerchantBranch.filter(id=branch.id).update(is_open=True)
    done = (await redeem(till, code=voucher["code"], branch_id=str(branch.id))).json()
    assert (done["branch_id"], done["staff_name"]) == (str(branch.id), person.name)
