"""A shop that honours points, with an offer, somebody at its till, and volunteers who have points to spend."""

import uuid
from typing import Any

from backend.areas.models import Area
from backend.core import clock
from backend.core.db import atomic
from backend.core.ids import uuid7
from backend.rewards import service as rewards
from backend.rewards.models import Merchant
from points import ledger, vouchers
from points.models import PointsOffer
from tests.support.app import ApiClient
from tests.support.evening import Evening, person_behind


class Shop:
    """A merchant of a district."""

    def __init__(self, evening: Evening, merchant: Merchant) -> None:
        self.evening = evening
        self.merchant = merchant

    async def till(self) -> ApiClient:
        """One more browser of somebody who works here."""
        browser = await self.evening.browser()
        person = await person_behind(browser)
        await hire(person.id, self.merchant)
        return browser

    async def offer(self, **values: Any) -> PointsOffer:
        """Put an offer in the window."""
        base: dict[str, Any] = {
            "offer_id": uuid7(),
            "merchant_id": self.merchant.id,
            "area_id": self.merchant.area_id,
            "title_zh": "一碗鱼丸面",
            "title_en": "Fish ball noodles",
            "cost": 10,
            "stock": 5,
            "now": clock.now(),
        }
        return await atomic(vouchers.create_offer)(**{**base, **values})


async def make_shop(evening: Evening, **values: Any) -> Shop:
    """Open a shop in the first community."""
    area: Area = evening.district.communities[0]
    base: dict[str, Any] = {
        "id": uuid7(),
        "area_id": area.id,
        "kind": "food",
        "name_zh": "阿婆面馆",
        "name_en": "Grandma's noodles",
        "address_zh": "石坊街 1 号",
        "address_en": "1 Shifang Street",
        "lon": area.center_lon,
        "lat": area.center_lat,
    }
    return Shop(evening, await Merchant.create(**{**base, **values}))


async def hire(user_id: uuid.UUID, merchant: Merchant, *, owner: bool = True) -> None:
    """Let a person work at the shop, as its owner unless said otherwise."""
    area = await Area.get(id=merchant.area_id)
    await atomic(rewards.hire)(user_id, merchant, area_path=area.path, owner=owner)


async def give_points(user_id: uuid.UUID, points: int) -> None:
    """Points from the issuer, as for a patrol."""

    @atomic
    async def give() -> None:
        issue = await ledger.issue_account(None, now=clock.now())
        account = await ledger.person_account(user_id, now=clock.now())
        new = ledger.Transfer(id=uuid7(), debit=issue, credit=account, amount=points, code="patrol_reward")
        await ledger.transfer(new, now=clock.now())

    await give()


async def spender(evening: Evening, points: int = 0) -> ApiClient:
    """A volunteer's browser with so many points."""
    browser = await evening.walker()
    if points:
        await give_points((await person_behind(browser)).id, points)
    return browser


async def buy(browser: ApiClient, offer: PointsOffer, voucher_id: uuid.UUID | None = None) -> Any:
    """Try to buy."""
    return await browser.post(f"/api/offers/{offer.id}/buy", json={"id": str(voucher_id or uuid7())})


async def redeem(till: ApiClient, **which: Any) -> Any:
    """Try to redeem by `token` or `code`."""
    return await till.post("/api/merchant/redeem", json={"id": str(uuid7()), **which})
