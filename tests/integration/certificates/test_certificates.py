"""A year's hours on paper: only what was accepted, the same code for the same hours, and anybody can check it."""

import datetime as dt
import io
import uuid
from collections.abc import Callable
from types import ModuleType

import msgspec
import pypdf
import pytest

from backend.core.ids import uuid7
from backend.patrols.models import Patrol, PatrolMember
from backend.settings import current
from tests.support.app import ApiClient
from tests.support.district import make_district
from tests.support.evening import EVENING, Evening, person_behind


@pytest.fixture
async def evening(new_client: Callable[[], ApiClient], clock: ModuleType) -> Evening:
    """Seven in the evening in the district."""
    clock.freeze(EVENING)
    return Evening(await make_district(), new_client)


async def walked(
    evening: Evening, user_id: uuid.UUID, at: dt.datetime, state: str, minutes: int = 90
) -> None:
    """A patrol of the past."""
    other = await evening.district.volunteer()
    patrol = await Patrol.create(
        id=uuid7(),
        area_id=evening.district.communities[0].id,
        kind="free_patrol",
        state=state,
        started_by=other.id,
        started_at=at,
        finished_at=at + dt.timedelta(minutes=minutes),
        minutes=minutes,
    )
    await PatrolMember.create(
        id=uuid7(), patrol_id=patrol.id, user_id=user_id, state="finished", joined_at=at
    )


async def test_a_year_on_paper(evening: Evening, new_client: Callable[[], ApiClient]) -> None:
    """By the district's calendar, accepted patrols only; the paper and the code say the same to anybody."""
    browser = await evening.walker(name="王小明")
    user_id = (await person_behind(browser)).id
    new_year = dt.datetime(2025, 12, 31, 16, 30, tzinfo=dt.UTC)  # half past midnight in the district
    for at, state in (
        (new_year, "accepted"),
        (new_year - dt.timedelta(hours=1), "accepted"),
        (EVENING - dt.timedelta(days=2), "partial"),
        (EVENING - dt.timedelta(days=3), "rejected"),
        (EVENING - dt.timedelta(days=4), "awaiting_review"),
    ):
        await walked(evening, user_id, at, state)
    assert (await browser.get("/api/me/certificates")).json() == [
        {"year": 2026, "minutes": 180, "patrols": 2},
        {"year": 2025, "minutes": 90, "patrols": 1},
    ]
    first = (await browser.post("/api/me/certificates/2026")).json()
    assert (first["minutes"], first["patrols"], first["name"]) == (180, 2, "王小明")
    assert (await browser.post("/api/me/certificates/2026")).json() == first
    pdf = await browser.get("/api/me/certificates/2026/paper")
    text = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf.content)).pages)
    assert "王小明" in text and "3.0" in text and first["code"] in text
    stranger = new_client()
    for code in (first["code"], first["code"].lower().replace("-", " ")):
        checked = (await stranger.get(f"/api/certificates/{code}")).json()
        assert (checked["name_masked"], checked["minutes"], checked["year"]) == ("王**", 180, 2026)
        assert "name" not in checked
    await walked(evening, user_id, EVENING - dt.timedelta(days=1), "accepted", minutes=30)
    second = (await browser.post("/api/me/certificates/2026")).json()
    assert second["minutes"] == 210 and second["code"] != first["code"]
    assert (await stranger.get(f"/api/certificates/{first['code']}")).json()["minutes"] == 180


async def test_a_paper_leads_to_its_check(
    evening: Evening, new_client: Callable[[], ApiClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where people reach Lexun under an address, the paper names the page that checks it."""
    reached = msgspec.structs.replace(current(), public_url="https://lexun.example")
    monkeypatch.setattr("backend.certificates.service.current", lambda: reached)
    browser = await evening.walker()
    await walked(evening, (await person_behind(browser)).id, EVENING - dt.timedelta(days=2), "accepted")
    code = (await browser.post("/api/me/certificates/2026")).json()["code"]
    pdf = await browser.get("/api/me/certificates/2026/paper")
    pages = pypdf.PdfReader(io.BytesIO(pdf.content)).pages
    assert len(pages) == 1 and f"https://lexun.example/verify/{code}" in pages[0].extract_text()


async def test_nothing_served_and_nothing_issued(evening: Evening) -> None:
    """404 for a year without a patrol, for a code that was never given, and 422 or 404 for no year at all."""
    browser = await evening.walker()
    assert (await browser.get("/api/me/certificates")).json() == []
    assert (await browser.post("/api/me/certificates/2026")).status_code == 404
    assert (await browser.get("/api/me/certificates/2026/paper")).status_code == 404
    assert (await browser.get("/api/certificates/AAAA-BBBB-CCCC")).status_code == 404
    assert (await browser.post("/api/me/certificates/99999")).status_code in (404, 422)
