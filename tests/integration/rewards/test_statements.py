"""A merchant's month through HTTP: frozen by the district's calendar, disputed, paid, and exported for an office."""

import datetime as dt
import io
from types import ModuleType
from typing import Any

import openpyxl
import pypdf
import pytest

from backend.core.roles import Role
from backend.notify.models import Message
from backend.rewards import jobs
from tests.support.app import ApiClient
from tests.support.district import make_district
from tests.support.evening import Evening, person_behind
from tests.support.shop import Shop, buy, redeem, spender

LAST_OF_MONTH = dt.datetime(2026, 6, 30, 15, 59, tzinfo=dt.UTC)
"""One minute before midnight in the district, where it is still June in UTC for eight hours."""


@pytest.fixture
async def month(evening: Evening, shop: Shop, clock: ModuleType) -> tuple[ApiClient, ApiClient]:
    """The owner and the administrator on 2 July: two bowls sold in June, one a minute after its end."""
    clock.freeze(LAST_OF_MONTH)
    owner, offer = await shop.till(), await shop.offer(title_zh="=1+1 面", title_en="Noodles")
    browser = await spender(evening, 30)
    for seconds in (0, 0, 61):
        clock.advance(dt.timedelta(seconds=seconds))
        assert (await redeem(owner, code=(await buy(browser, offer)).json()["code"])).status_code == 200
    clock.freeze(LAST_OF_MONTH + dt.timedelta(days=1))
    return owner, await evening.browser(Role.ADMIN)


async def statement(owner: ApiClient) -> dict[str, Any]:
    """The one statement there is, with its lines."""
    (only,) = (await owner.get("/api/merchant/settlements")).json()
    return (await owner.get(f"/api/settlements/{only['id']}")).json()


async def heard(browser: ApiClient) -> list[tuple[str, str]]:
    """What the person behind it was told of a shop's answers, the earliest first."""
    person = await person_behind(browser)
    told = Message.filter(user_id=person.id, kind="settlement.answered").order_by("seq")
    return await told.values_list("title_zh", "body_zh")  # type: ignore[return-value]


async def test_a_month_ends_at_the_districts_midnight(month: tuple[ApiClient, ApiClient]) -> None:
    """What was sold after it belongs to the next; the job freezes once however often it comes round."""
    owner, _ = month
    assert (await owner.get("/api/merchant/settlements/open")).json() == {
        "period": "2026-07",
        "total": 30,
        "redeemed": 3,
    }
    for _ in range(2):
        await jobs.freeze_statements({})
    found = (await statement(owner))["settlement"]
    assert (found["period"], found["state"], found["total"], found["redeemed"]) == (
        "2026-06",
        "frozen",
        20,
        2,
    )
    assert (await owner.get("/api/merchant/settlements/open")).json()["total"] == 10


async def test_disputed_answered_confirmed_paid(
    month: tuple[ApiClient, ApiClient], evening: Evening, shop: Shop
) -> None:
    """Each step by the one whose step it is."""
    owner, admin = month
    area = {"area_id": str(shop.merchant.area_id), "period": "2026-06"}
    (frozen,) = (await admin.post("/api/settlements/freeze", json=area)).json()
    path = f"/api/settlements/{frozen['id']}"
    line = (await statement(owner))["lines"][0]["id"]
    wanted = {"lines": [{"id": line, "note": "不是本店的"}]}
    assert (await admin.post(f"{path}/dispute", json=wanted)).status_code == 404
    assert (await owner.post(f"{path}/dispute", json=wanted)).json()["settlement"]["disputed"] == 1
    assert await heard(admin) == [("阿婆面馆对 2026-06 对账单有异议", "1 行，请答复。第一行：不是本店的")]
    answer = {"decision": "corrected", "note": "查实"}
    assert (await owner.post(f"{path}/lines/{line}/resolve", json=answer)).status_code == 404
    resolved = (await admin.post(f"{path}/lines/{line}/resolve", json=answer)).json()
    assert (resolved["settlement"]["total"], resolved["settlement"]["disputed"]) == (10, 0)
    assert [each["kind"] for each in resolved["lines"]] == ["redeemed", "redeemed", "corrected"]
    paid = {"reference": "农行 20260702-1", "amount_cents": 1000}
    assert (await admin.post(f"{path}/paid", json=paid)).json()["code"] == "settlement-state"
    assert (await admin.post(f"{path}/confirm")).status_code == 404
    for _ in range(2):
        assert (await owner.post(f"{path}/confirm")).json()["settlement"]["state"] == "confirmed"
    assert (await heard(admin))[1:] == [("阿婆面馆已确认 2026-06 对账单", "共 10 分，可以付款了。")]
    assert await heard(owner) == []
    done = (await admin.post(f"{path}/paid", json=paid)).json()["settlement"]
    assert (done["state"], done["payment"]) == ("paid", paid)
    (listed,) = (await admin.get("/api/settlements", params=area)).json()
    assert listed == done


async def test_nobody_else_sees_a_statement(
    month: tuple[ApiClient, ApiClient], evening: Evening, shop: Shop
) -> None:
    """Not a volunteer, not another district's administrator, and an employee is told to ask the owner."""
    owner, _ = month
    await jobs.freeze_statements({})
    path = f"/api/settlements/{(await statement(owner))['settlement']['id']}"
    far = Evening(await make_district("far", center=(110.0, 20.0)), evening.new_client)
    for stranger in (await evening.walker(), await far.browser(Role.ADMIN)):
        for suffix in ("", "/export.xlsx", "/export.pdf"):
            assert (await stranger.get(path + suffix)).status_code == 404
    refused = await (await evening.walker()).get(
        "/api/settlements", params={"area_id": str(shop.merchant.area_id)}
    )
    assert refused.status_code == 403


async def test_a_statement_for_the_office(month: tuple[ApiClient, ApiClient]) -> None:
    """The workbook holds numbers as numbers and text as text; the PDF can be read and names its total."""
    owner, _ = month
    await jobs.freeze_statements({})
    found = (await statement(owner))["settlement"]
    answer = await owner.get(f"/api/settlements/{found['id']}/export.xlsx")
    assert "attachment" in answer.headers["Content-Disposition"]
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None and sheet.title == "2026-06"
    cells = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert cells[4][:2] == ["积分合计 Points in all", 20]
    lines = cells[-2:]
    assert [line[1] for line in lines] == ["=1+1 面"] * 2 and sum(line[4] for line in lines) == 20
    assert lines[0][0] == "2026-06-30 23:59:00"
    assert {cell.data_type for cell in list(sheet.iter_rows())[-1]} <= {"s", "inlineStr", "n"}
    pdf = await owner.get(f"/api/settlements/{found['id']}/export.pdf")
    text = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf.content)).pages)
    assert "阿婆面馆" in text and "2026-06" in text and "=1+1 面" in text
    assert len(pdf.content) < 50_000


async def test_a_month_that_is_no_month(month: tuple[ApiClient, ApiClient], shop: Shop) -> None:
    """A clear refusal, also for one that is not over."""
    _, admin = month
    for period in ("2026-13", "June", "2026-07"):
        body = {"area_id": str(shop.merchant.area_id), "period": period}
        refused = await admin.post("/api/settlements/freeze", json=body)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "period")
