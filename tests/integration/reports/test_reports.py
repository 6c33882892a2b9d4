"""Reports: kept once, seen by whom they concern, taken on step by step, and their reporter hears of each step."""

import datetime as dt
import io
from types import ModuleType
from typing import Any

from PIL import Image

from backend.core import clock as core_clock
from backend.core.ids import uuid7
from backend.core.models import AuditEntry
from backend.core.roles import Role
from backend.reports import service
from backend.reports.models import Report, ReportPhoto
from tests.support.app import ApiClient
from tests.support.evening import Evening, person_behind, place_at


def seen(east_m: float = 0, **changes: Any) -> dict[str, Any]:
    """Something seen so many metres east."""
    lon, lat = place_at(east_m, 0)
    return {
        "id": str(uuid7()), "category": "hazard", "text": "井盖松动", "at": core_clock.now().isoformat(), "lon": lon,
        "lat": lat, "accuracy_m": 9, **changes,
    }  # fmt: skip


async def send(browser: ApiClient, body: dict[str, Any]) -> dict[str, Any]:
    """Send a report; its answer."""
    answer = await browser.post("/api/reports", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def heard(browser: ApiClient) -> list[tuple[str, str]]:
    """Kind and title of this person's messages about reports, the first one first."""
    items = (await browser.get("/api/me/messages")).json()["items"]
    return [(each["kind"], each["title_zh"]) for each in items if each["kind"].startswith("report.")][::-1]


async def test_a_report_goes_its_way(evening: Evening, walker: ApiClient, officer: ApiClient) -> None:
    """Sent three times it is one; the desk takes it on, never back; the reporter reads each step and the answer; others see nothing."""
    body = seen()
    for _ in range(3):
        made = await send(walker, body)
    area = {"area_id": str(evening.district.district.id)}
    listed = (await officer.get("/api/reports", params=area)).json()["items"]
    assert [each["id"] for each in listed] == [body["id"]]
    assert (listed[0]["by_name"], listed[0]["mine"]) == ((await person_behind(walker)).name, False)
    assert (made["by_name"], made["state"]) == (None, "received")
    assert [kind for kind, _ in await heard(officer)] == ["report.new"]
    address = f"/api/reports/{body['id']}"
    stranger = await evening.walker()
    assert (await stranger.get(address)).status_code == 404
    assert (await stranger.post(f"{address}/move", json={"to": "triaged"})).status_code == 403
    assert (await stranger.get("/api/reports", params=area)).status_code == 403
    for step in (
        {"to": "triaged"},
        {"to": "acted", "answer": "已放警示桩，明早更换"},
        {"to": "closed", "outcome": "solved"},
    ):
        for _ in range(2):
            moved = await officer.post(f"{address}/move", json=step)
            assert moved.status_code == 200, moved.text
    back = await officer.post(f"{address}/move", json={"to": "triaged"})
    assert (back.status_code, back.json()["code"]) == (409, "report-over")
    assert [title for _, title in await heard(walker)] == [
        "你报的线索已受理",
        "你报的线索已有人处置",
        "你报的线索解决了，谢谢你",
    ]
    mine = (await walker.get("/api/me/reports")).json()["items"]
    assert (mine[0]["state"], mine[0]["outcome"], mine[0]["answer"]) == (
        "closed",
        "solved",
        "已放警示桩，明早更换",
    )
    assert (await officer.get("/api/reports", params=area)).json()["items"] == []
    closed = (await officer.get("/api/reports", params={**area, "state": "closed"})).json()["items"]
    assert [each["id"] for each in closed] == [body["id"]]


async def test_what_is_wrong_with_a_step_or_a_place_is_said(
    evening: Evening, walker: ApiClient, officer: ApiClient
) -> None:
    """An end needs an outcome, another step none; a place is whole or not there; without one it is where the reporter lives."""
    made = await send(walker, seen(lon=None, lat=None, patrol_id=str(uuid7())))
    assert made["area_id"] == str(evening.district.communities[0].id)
    for step in ({"to": "closed"}, {"to": "acted", "outcome": "solved"}):
        refused = await officer.post(f"/api/reports/{made['id']}/move", json=step)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "outcome")
    half = await walker.post("/api/reports", json=seen(lat=None))
    assert (half.status_code, half.json()["errors"][0]["field"]) == (422, "lat")
    other = await (await evening.walker()).post("/api/reports", json=seen(id=made["id"]))
    assert other.status_code == 409


async def test_a_report_is_taken_back_in_time(
    evening: Evening, walker: ApiClient, officer: ApiClient, clock: ModuleType
) -> None:
    """Within ten minutes, and before the desk has begun; the desk no longer sees it. Those nearby are counted for the desk."""
    slip, early, late = [await send(walker, seen(east_m)) for east_m in (0, 20, 400)]
    area = {"area_id": str(evening.district.district.id)}
    listed = (await officer.get("/api/reports", params=area)).json()["items"]
    assert {each["id"]: each["near"] for each in listed} == {slip["id"]: 1, early["id"]: 1, late["id"]: 0}
    for _ in range(2):
        assert (await walker.post(f"/api/reports/{slip['id']}/withdraw")).json()["state"] == "withdrawn"
    await officer.post(f"/api/reports/{early['id']}/move", json={"to": "triaged"})
    clock.advance(dt.timedelta(minutes=11))
    for report in (early, late):
        refused = await walker.post(f"/api/reports/{report['id']}/withdraw")
        assert (refused.status_code, refused.json()["code"]) == (409, "report-over")
    assert (await officer.get(f"/api/reports/{slip['id']}")).status_code == 404
    listed = (await officer.get("/api/reports", params=area)).json()["items"]
    assert [each["id"] for each in listed] == [early["id"], late["id"]]


async def test_photos_follow_in_pieces_and_go_by_age(
    evening: Evening, walker: ApiClient, officer: ApiClient, clock: ModuleType
) -> None:
    """None before the consent to photos, four at most; the reporter and the desk see them, nobody else; after 90 days they are
    gone, the report is not."""
    made = await send(walker, seen())
    picture = io.BytesIO()
    Image.new("RGB", (80, 60), "olive").save(picture, "JPEG")
    data = picture.getvalue()
    half = len(data) // 2

    async def piece(address: str, start: int, end: int) -> int:
        headers = {
            "Tus-Resumable": "1.0.0", "Content-Type": "application/offset+octet-stream", "Upload-Offset": str(start),
            "Upload-Length": str(len(data)),
        }  # fmt: skip
        return (await walker.patch(address, content=data[start:end], headers=headers)).status_code

    addresses = [f"/api/reports/{made['id']}/photos/{uuid7()}" for _ in range(5)]
    photos = {"granted": False, "version": 1}
    await walker.put("/api/me/consents/photos", json=photos)
    assert await piece(addresses[0], 0, half) == 403
    assert (await walker.request("HEAD", addresses[0])).headers["Upload-Offset"] == "0"
    await walker.put("/api/me/consents/photos", json={**photos, "granted": True})
    assert await piece(addresses[0], 0, half) == 204
    assert (await walker.request("HEAD", addresses[0])).headers["Upload-Offset"] == str(half)
    assert await piece(addresses[0], half, len(data)) == 204
    assert [await piece(address, 0, len(data)) for address in addresses] == [204, 204, 204, 204, 409]
    assert len((await officer.get(f"/api/reports/{made['id']}")).json()["photos"]) == 4
    assert (await officer.get(addresses[0])).headers["Content-Type"] == "image/webp"
    stranger = await evening.browser(Role.VOLUNTEER)
    assert (await stranger.get(addresses[0])).status_code == 404
    clock.advance(dt.timedelta(days=91))
    assert await service.forget_old() == 4
    assert await ReportPhoto.all().count() == 0 and await Report.filter(id=made["id"]).exists()


async def test_a_report_that_judges_people_is_looked_at_first(
    evening: Evening, walker: ApiClient, officer: ApiClient
) -> None:
    """It is kept and its reporter warned; the desk's message does not repeat it; nobody passes it on before taking it up."""
    made = await send(walker, seen(text="有人在撬电动车锁", description="像是外 地 佬，穿灰外套"))
    assert (made["hurtful"], made["state"]) == (["外地佬"], "received")
    assert made["description"] == "像是外 地 佬，穿灰外套"
    told = (await officer.get("/api/me/messages")).json()["items"]
    assert [each["title_zh"] for each in told if each["kind"] == "report.new"] == [
        "新线索：" + made["area_name_zh"]
    ]
    assert all("外" not in each["body_zh"] for each in told)
    address = f"/api/reports/{made['id']}/move"
    for step in ("handed_over", "acted"):
        refused = await officer.post(address, json={"to": step})
        assert (refused.status_code, refused.json()["code"]) == (409, "report-wording-first")
    for step in ("triaged", "handed_over"):
        assert (await officer.post(address, json={"to": step})).status_code == 200
    plain = await send(walker, seen(text="有人在撬电动车锁", description="灰外套"))
    assert plain["hurtful"] == []
    assert (
        await officer.post(f"/api/reports/{plain['id']}/move", json={"to": "handed_over"})
    ).status_code == 200


async def test_a_district_edits_its_list(evening: Evening, walker: ApiClient, officer: ApiClient) -> None:
    """Its police add words and take common ones away, for their district only; nobody else sees or changes the list."""
    area = {"area_id": str(evening.district.communities[0].id)}

    async def listed() -> dict[str, bool]:
        answer = await officer.get("/api/reports/words", params=area)
        return {each["word"]: each["own"] for each in answer.json()["items"]}

    assert (await listed())["乡巴佬"] is False
    for word, wanted in (("山里猴", True), ("乡巴佬", False)):
        for _ in range(2):
            answer = await officer.put(
                "/api/reports/words", json={**area, "word": f" {word} ", "looked_for": wanted}
            )
            assert answer.status_code == 200, answer.text
    words = await listed()
    assert words["山里猴"] is True and "乡巴佬" not in words
    assert (await send(walker, seen(text="山里猴和乡巴佬吵架")))["hurtful"] == ["山里猴"]
    assert (
        await AuditEntry.filter(action__in=["report.word_added", "report.word_removed"]).count(),
        await AuditEntry.filter(action="report.word_added").count(),
    ) == (2, 1)
    short = await officer.put("/api/reports/words", json={**area, "word": "佬 。", "looked_for": True})
    assert (short.status_code, short.json()["code"]) == (422, "invalid-fields")
    assert (await walker.get("/api/reports/words", params=area)).status_code == 403
    change = {**area, "word": "外地佬", "looked_for": False}
    assert (await walker.put("/api/reports/words", json=change)).status_code == 403
