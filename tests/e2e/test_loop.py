"""The loop as people play it: planned, posted, grabbed, walked, reviewed, rewarded; and an alert from draft to recall.

Each test has neighbours of its own and clicks what people click, by the words they read.
"""

import datetime as dt
import json
import math
import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

from playwright.sync_api import Page, Request, Route, expect

from backend.core.ids import uuid7
from tests.e2e.conftest import PageFactory, troubles_but
from tests.e2e.people import OLD_STREET, Neighbour, district_of
from tests.support.server import LexunServer
from tests.support.visitor import Visitor

type NewNeighbour = Callable[[], Neighbour]

SOLVING_MS = 90_000
LIVE_MS = 30_000
PACE_MS = 1_000


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
    phone.get_by_role("region", name="任务地图").get_by_role(
        "button", name=re.compile("路口劝导")
    ).first.click()
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


def test_a_patrol_is_walked_online_and_offline_and_rewarded(
    page_factory: PageFactory, neighbour: NewNeighbour, demo: LexunServer
) -> None:
    """Consent first; positions reach the desk as they come; without a network they wait, and arrive once; the points follow."""
    officer = Visitor(demo.url, "officer")
    task = routed(officer)
    walker = neighbour()
    balance = walker.http.ask("GET", "/api/me/points")["balance"]
    walker.http.ask("PUT", "/api/me/consents/whereabouts", json={"granted": False, "version": 1})
    route = along(task["route"]["geometry"]["coordinates"], step_m=6)
    phone = page_factory(walker.phone, position=route[0])
    sent = FixesSent(phone)
    steps = iter(route)

    phone.goto(f"/tasks/{task['id']}")
    phone.get_by_role("button", name="抢单").click()
    phone.get_by_role("link", name="去出发").click()
    phone.get_by_role("button", name="出发", exact=True).click()
    consent = phone.get_by_role("dialog", name="巡逻时的位置")
    expect(consent).to_contain_text("只在你点“出发”到“结束”之间记录")
    consent.get_by_role("button", name="同意", exact=True).click()
    expect(phone.get_by_role("button", name="结束", exact=True)).to_be_visible()
    patrol = walker.http.ask("GET", "/api/me/patrol")["patrol"]["id"]

    desk = page_factory("officer", desk=True, color_scheme="dark")
    # The list of patrols stays as it was when the desk was opened: only the stream can bring a position.
    frozen = desk.context.request.get("/api/live", params={"area_id": district_of(officer)["id"]}).json()
    for each in frozen["patrols"]:
        each["position"] = None
    desk.route("**/api/live?*", lambda request: request.fulfill(json=frozen))
    desk.goto("/desk")
    row = desk.get_by_role("button").filter(has_text=task["title_zh"])
    expect(row).to_contain_text("还没有位置")
    walk(phone, steps, lambda: len(sent.acknowledged) >= 2)
    expect(row).to_contain_text("秒前", timeout=LIVE_MS)
    before = len(sent.acknowledged)

    phone.context.set_offline(True)
    waiting = phone.get_by_text(re.compile(r"离线中 · 位置已存在手机，联网后上传（[2-9] 条）"))
    walk(phone, steps, waiting.is_visible)
    assert len(sent.acknowledged) == before
    sent.lose_next_answer()
    phone.context.set_offline(False)
    walk(phone, steps, lambda: sent.lost and sent.queued_ids() <= sent.acknowledged)
    expect(phone.get_by_text("离线中")).to_have_count(0)
    assert sent.lost <= sent.acknowledged
    assert sent.refused == []
    assert sent.stored == len(sent.acknowledged)
    assert sent.duplicates >= len(sent.lost)

    phone.get_by_role("button", name="结束", exact=True).click()
    phone.get_by_label("想说点什么").fill("一路平安")
    phone.get_by_role("button", name="结束并提交").click()
    expect(phone.get_by_role("main")).to_contain_text("等待审核")
    assert sent.stored == len(sent.acknowledged)
    assert troubles_but(phone, "ERR_INTERNET_DISCONNECTED", "ERR_FAILED") == []

    desk.get_by_role("link", name="审核", exact=True).click()
    desk.get_by_role("link").filter(has_text=task["title_zh"]).click()
    expect(desk.get_by_role("main")).to_contain_text("一路平安")
    expect(desk.get_by_role("main")).to_contain_text("点线是实际走过的")
    desk.get_by_role("button", name="通过，给积分").click()
    expect(desk.get_by_role("main")).to_contain_text(re.compile(rf"审核完成 {walker.name} \+\d+ 分"))
    assert troubles_but(desk) == []

    # The phone hears of it by itself.
    expect(phone.get_by_role("main")).to_contain_text("已通过")
    awarded = walker.http.ask("GET", f"/api/patrols/{patrol}")["members"][0]["points_awarded"]
    assert awarded > 0
    phone.get_by_role("link", name="看看积分").click()
    expect(phone.get_by_role("main")).to_contain_text(f"{balance + awarded}")
    expect(phone.get_by_role("main")).to_contain_text(f"+{awarded}")


class FixesSent:
    """What a phone sent of a walk and what the server said to it; one answer can be lost on the way."""

    def __init__(self, phone: Page) -> None:
        self.acknowledged: set[str] = set()
        self.lost: set[str] = set()
        self.stored = self.duplicates = 0
        self.refused: list[dict[str, str]] = []
        self._sent: set[str] = set()
        self._lose = False
        phone.route("**/api/patrols/*/fixes", self._pass)

    def lose_next_answer(self) -> None:
        """Let the next positions reach the server, but not its answer the phone."""
        self._lose = True

    def queued_ids(self) -> set[str]:
        """All that the phone has tried to send so far."""
        return set(self._sent)

    def _pass(self, route: Route) -> None:
        ids = {fix["id"] for fix in json.loads(route.request.post_data or "{}")["fixes"]}
        self._sent |= ids
        answer = route.fetch()
        said = answer.json()
        self.stored += said["stored"]
        self.duplicates += said["duplicates"]
        self.refused += said["refused"]
        if self._lose:
            self._lose = False
            self.lost = ids
            route.abort()
            return
        self.acknowledged |= ids
        route.fulfill(response=answer)


def walk(phone: Page, steps: Iterator[tuple[float, float]], until: Callable[[], Any]) -> None:
    """Move the phone along, a step a second or so, until something has come of it."""
    for lon, lat in steps:
        if until():
            return
        phone.context.set_geolocation({"longitude": lon, "latitude": lat, "accuracy": 8})
        phone.wait_for_timeout(PACE_MS)
    raise AssertionError("the route ended before anything came of walking it")


def along(line: list[list[float]], step_m: float) -> list[tuple[float, float]]:
    """Places (lon, lat) along a line, a step apart."""
    found = []
    for (lon, lat), (next_lon, next_lat) in pairwise(line):
        metres = math.hypot((next_lon - lon) * math.cos(math.radians(lat)), next_lat - lat) * 111_195
        steps = max(1, round(metres / step_m))
        found += [
            (lon + (next_lon - lon) * part / steps, lat + (next_lat - lat) * part / steps)
            for part in range(steps)
        ]
    return found


def routed(officer: Visitor) -> dict[str, Any]:
    """A published patrol of one seat that may be started now, on a route of the demo, with a name of its own."""
    open_tasks = officer.ask(
        "GET", "/api/tasks", params={"area_id": district_of(officer)["id"], "scope": "desk"}
    )
    route = next(task for task in open_tasks["items"] if task["route"] is not None)
    title = "老街巡逻" + unlike()
    return posted(
        officer, kind="patrol", template="evening", route_of=route["id"], title_zh=title, seats=1, place=None
    )


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
