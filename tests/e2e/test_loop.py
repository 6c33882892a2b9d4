"""The loop as people play it: planned, posted, grabbed, walked, reviewed, rewarded; and an alert from draft to recall.

Each test has neighbours of its own and clicks what people click, by the words they read.
"""

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, Request, expect

from backend.core.ids import uuid7
from tests.e2e.conftest import PageFactory, troubles_but
from tests.e2e.people import OLD_STREET, Neighbour
from tests.support.server import LexunServer
from tests.support.visitor import Visitor

type NewNeighbour = Callable[[], Neighbour]

SOLVING_MS = 90_000
LIVE_MS = 30_000


def test_an_officer_plans_changes_and_publishes_an_evening(
    page_factory: PageFactory, neighbour: NewNeighbour
) -> None:
    """Routes worked out from the desk's form are changed, published in one tap, and there for a volunteer to take."""
    desk = page_factory("officer", desk=True, color_scheme="dark")
    desk.goto("/desk")
    desk.get_by_role("link", name="方案", exact=True).click()
    desk.get_by_role("link", name="排一个方案").click()
    desk.get_by_role("button", name="现在起 3 小时").click()
    desk.get_by_label("队数", exact=True).fill("2")
    desk.get_by_role("button", name="石坊社区").click()
    desk.get_by_role("button", name="开始计算").click()
    publish = desk.get_by_role("button", name=re.compile(r"发布全部 \d 条"))
    expect(publish).to_be_visible(timeout=SOLVING_MS)

    desk.get_by_role("button", name="修改").first.click()
    form = desk.locator("form")
    title = form.get_by_label("标题").input_value()
    seats = int(form.get_by_label("人数", exact=True).input_value())
    starts_at = dt.datetime.fromisoformat(form.get_by_label("开始").input_value())
    later = starts_at + dt.timedelta(minutes=15)
    form.get_by_role("button", name="增加人数").click()
    form.get_by_label("开始").fill(later.isoformat(timespec="minutes"))
    form.get_by_role("button", name="保存").click()
    expect(desk.get_by_role("status").filter(has_text="已保存")).to_be_visible()
    publish.click()
    expect(desk.get_by_role("status").filter(has_text="条路线")).to_be_visible()
    expect(publish).to_have_count(0)
    assert troubles_but(desk) == []

    phone = page_factory(neighbour().phone, position=OLD_STREET)
    phone.goto("/")
    card = phone.get_by_role("link").filter(has_text=title).filter(has_text=f"还差 {seats + 1} 人")
    expect(card.first).to_contain_text(f"{later:%H:%M}")
    assert troubles_but(phone) == []


def test_a_community_posts_a_fixed_post(page_factory: PageFactory, neighbour: NewNeighbour) -> None:
    """A template and a place are enough; a volunteer finds the post in the list and on the map."""
    desk = page_factory("poster", desk=True)
    desk.goto("/desk")
    desk.get_by_role("link", name="发任务").click()
    desk.get_by_role("button", name="路口劝导").click()
    desk.get_by_role("button", name="石坊社区").click()
    place = "文庙路口" + unlike()
    desk.get_by_label("地点叫什么").fill(place)
    desk.get_by_role("button", name="马上开始").click()
    desk.get_by_role("button", name="发布", exact=True).click()
    expect(desk.get_by_role("status").filter(has_text="已发布")).to_be_visible()
    assert troubles_but(desk) == []

    phone = page_factory(neighbour().phone, position=OLD_STREET)
    phone.goto("/")
    phone.get_by_role("button", name="定点岗").click()
    phone.get_by_role("button", name="地图", exact=True).click()
    phone.get_by_role("region", name="任务地图").get_by_role("button", name=re.compile("路口劝导")).first.click()
    phone.get_by_role("link").filter(has_text="路口劝导").last.click()
    expect(phone.get_by_role("button", name=re.compile("抢单 · 还剩 2 席"))).to_be_visible()
    expect(phone.get_by_role("main")).to_contain_text("只观察、报告")
    assert troubles_but(phone) == []


def test_the_last_seat_has_one_winner_and_a_kind_word_for_the_other(
    page_factory: PageFactory, neighbour: NewNeighbour, demo: LexunServer
) -> None:
    """Two taps of one neighbour take one seat; who comes second reads that it is gone, and what is near instead."""
    task = posted(Visitor(demo.url, "poster"), seats=1)
    first, second = neighbour(), neighbour()
    pages = [page_factory(person.phone, position=OLD_STREET) for person in (first, second)]
    # The second phone does not hear that the seat is gone: its tap is what finds out.
    pages[1].route("**/api/stream*", lambda route: route.abort())
    grabs: list[Request] = []
    pages[0].on("request", lambda request: grabs.append(request) if request.url.endswith("/grab") else None)
    takes = []
    for page in pages:
        page.goto(f"/tasks/{task['id']}")
        takes.append(page.get_by_role("button", name="抢单 · 还剩 1 席"))
        expect(takes[-1]).to_be_visible()
    takes[0].dblclick()
    expect(pages[0].get_by_role("link", name="去出发")).to_be_visible()
    takes[1].click()
    lost = pages[1].get_by_role("dialog", name="这一席刚被抢走")
    expect(lost).to_be_visible()
    expect(lost.get_by_role("link").first).to_be_visible()
    assert len(first.http.ask("GET", "/api/me/assignments", params={"state": "open"})["items"]) == 1
    assert second.http.ask("GET", "/api/me/assignments", params={"state": "open"})["items"] == []
    assert troubles_but(pages[0]) == []
    assert troubles_but(pages[1], "409", "ERR_FAILED") == []

    pages[0].get_by_role("button", name="释放这一席").click()
    pages[0].get_by_role("dialog").get_by_role("button", name="释放这一席").click()
    expect(pages[0].get_by_role("button", name="抢单 · 还剩 1 席")).to_be_visible()


def unlike() -> str:
    """A few characters that no other run of a test has used."""
    return f" {dt.datetime.now(dt.UTC):%H%M%S%f}"


def posted(poster: Visitor, *, seats: int, kind: str = "fixed_post", **more: Any) -> dict[str, Any]:
    """A published task near the old street that may be started now."""
    now = dt.datetime.now(dt.UTC)
    area = next(each for each in poster.ask("GET", "/api/areas") if each["path"] == "lewan/shifang/shifang")
    body = {
        "id": str(uuid7()),
        "area_id": area["id"],
        "kind": kind,
        "template": "gate",
        "starts_at": now.isoformat(),
        "ends_at": (now + dt.timedelta(hours=1)).isoformat(),
        "seats": seats,
        "publish": True,
        "place": {"name": "石坊小区" + unlike(), "lon": OLD_STREET[0], "lat": OLD_STREET[1]},
    }
    return poster.ask("POST", "/api/tasks", json={**body, **more})
