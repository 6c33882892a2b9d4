"""Feedback: kept once, read by whom it concerns, answered by somebody else, closed by its author, urged when late."""

import datetime as dt
from types import ModuleType
from typing import Any

import pytest
from tortoise.exceptions import IntegrityError

from backend.core.db import atomic, execute
from backend.core.ids import uuid7
from backend.core.models import AuditEntry
from backend.core.roles import Role
from backend.feedback import jobs
from backend.feedback.models import Feedback
from tests.support.app import ApiClient
from tests.support.district import make_district
from tests.support.evening import Evening, person_behind


@pytest.fixture
async def admin(evening: Evening) -> ApiClient:
    """The district's administrator."""
    return await evening.browser(Role.ADMIN)


@pytest.fixture
async def poster(evening: Evening) -> ApiClient:
    """Somebody of the community."""
    return await evening.browser(Role.POSTER)


@pytest.fixture
def area(evening: Evening) -> dict[str, str]:
    """The district, as a query names it."""
    return {"area_id": str(evening.district.district.id)}


async def send(browser: ApiClient, kind: str = "suggestion", **more: Any) -> dict[str, Any]:
    """Send feedback; its answer."""
    body = {"id": str(uuid7()), "kind": kind, "text": "字太小，看不清", "screen": "/tasks", **more}
    answer = await browser.post("/api/feedback", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def heard(browser: ApiClient) -> list[tuple[str, str]]:
    """Kind and title of this person's messages about feedback, the first one first."""
    items = (await browser.get("/api/me/messages")).json()["items"]
    return [(each["kind"], each["title_zh"]) for each in items if each["kind"].startswith("feedback.")][::-1]


async def test_it_is_answered_and_closed(
    evening: Evening, walker: ApiClient, poster: ApiClient, admin: ApiClient, area: dict[str, str]
) -> None:
    """Sent three times it is one, with its last day; the community answers; the author reads it and is content."""
    feedback_id = str(uuid7())
    for _ in range(3):
        made = await send(walker, id=feedback_id)
    assert (made["state"], made["due_on"], made["mine"]) == ("received", "2026-06-22", True)
    for browser in (poster, admin):
        assert await heard(browser) == [("feedback.new", "新意见，请在 2026-06-22 前答复")]
    (listed,) = (await poster.get("/api/feedback", params=area)).json()["items"]
    assert (listed["by_name"], listed["screen"]) == ((await person_behind(walker)).name, "/tasks")
    path = f"/api/feedback/{feedback_id}"
    early = await walker.post(f"{path}/close")
    assert (early.status_code, early.json()["code"]) == (409, "not-answered")
    for words in ("下个版本放大", "下个版本放大", "已经放大，请更新"):
        answered = await poster.post(f"{path}/answer", json={"answer": words})
        assert answered.json()["state"] == "answered", answered.text
    assert [kind for kind, _ in await heard(walker)] == ["feedback.answered"] * 2, (
        "the same words are told once"
    )
    assert await AuditEntry.filter(action="feedback.answer").count() == 2
    for _ in range(2):
        assert (await walker.post(f"{path}/close")).json()["state"] == "closed"
    refused = await admin.post(f"{path}/answer", json={"answer": "再改一次"})
    assert (refused.status_code, refused.json()["code"]) == (409, "feedback-closed")
    mine = (await walker.get("/api/me/feedback")).json()
    assert [each["answer"] for each in mine["items"]] == ["已经放大，请更新"] and mine["waiting"] == 0
    assert (await admin.get("/api/feedback", params=area)).json()["items"] == []
    done = (await admin.get("/api/feedback", params={**area, "state": "answered"})).json()["items"]
    assert [each["id"] for each in done] == [feedback_id]


async def test_a_complaint_is_read_by_administrators_only(
    evening: Evening, walker: ApiClient, poster: ApiClient, admin: ApiClient, area: dict[str, str]
) -> None:
    """It may be about the community itself; nobody answers their own, and no stranger learns that it is there."""
    made = await send(walker, "complaint", text="社区的人不理我们")
    assert made["due_on"] == "2026-06-12"
    assert (await poster.get("/api/feedback", params=area)).json()["items"] == []
    assert await heard(poster) == []
    path = f"/api/feedback/{made['id']}/answer"
    far = Evening(await make_district("far", center=(110.0, 20.0)), evening.new_client)
    for stranger in (poster, walker, await evening.walker(), await far.browser(Role.ADMIN)):
        assert (await stranger.post(path, json={"answer": "知道了"})).status_code == 404
    assert (await walker.get("/api/feedback", params=area)).status_code == 403
    assert (await (await evening.walker()).post(f"/api/feedback/{made['id']}/close")).status_code == 404
    own = await send(admin, "complaint")
    refused = await admin.post(f"/api/feedback/{own['id']}/answer", json={"answer": "很好"})
    assert (refused.status_code, refused.json()["code"]) == (403, "own-feedback")
    assert (await admin.post(path, json={"answer": "已经谈过，向你道歉"})).status_code == 200


async def test_what_is_late_is_urged(
    walker: ApiClient, admin: ApiClient, area: dict[str, str], clock: ModuleType
) -> None:
    """On its last day and after it, once a run, until it is answered."""
    made = await send(walker, "complaint")
    await jobs.remind({})
    clock.freeze(dt.datetime.fromisoformat(made["due_at"]) - dt.timedelta(hours=2))
    await jobs.remind({})
    clock.advance(dt.timedelta(hours=3))
    await jobs.remind({})
    urged = [kind for kind, _ in await heard(admin)]
    assert urged == ["feedback.new", "feedback.due", "feedback.due"]
    found = (await admin.get("/api/feedback", params=area)).json()
    assert (found["waiting"], found["late"]) == (1, 1)
    await admin.post(f"/api/feedback/{made['id']}/answer", json={"answer": "对不起，晚了"})
    await jobs.remind({})
    assert len(await heard(admin)) == 3


async def test_wrong_input_is_named(walker: ApiClient) -> None:
    """An empty sentence, an unknown kind, a screen that is an address elsewhere."""
    good = {"id": str(uuid7()), "kind": "suggestion", "text": "很好用", "screen": ""}
    for field, value in (
        ("text", "  \n "),
        ("kind", "praise"),
        ("screen", "https://elsewhere"),
        ("text", "x" * 501),
    ):
        refused = await walker.post("/api/feedback", json={**good, field: value})
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)


async def test_the_table_holds_its_states(walker: ApiClient) -> None:
    """No answer without its author and time, none by the person who asked, nothing closed unanswered."""
    made = await send(walker)
    for change in (
        "state = 'answered'",
        "answer = 'x'",
        "state = 'closed', closed_at = sent_at",
        "state = 'answered', answer = 'x', answered_by = user_id, answered_at = sent_at",
    ):
        with pytest.raises(IntegrityError):
            await atomic(execute)(f"UPDATE feedback SET {change}")
    assert (await Feedback.get(id=made["id"])).state == "received"
