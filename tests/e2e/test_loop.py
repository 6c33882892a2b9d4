"""The loop as people play it: planned, posted, grabbed, walked, reviewed, rewarded; and an alert from draft to recall.

Each test has neighbours of its own and clicks what people click, by the words they read.
"""

import datetime as dt
import io
import json
import math
import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

from PIL import ExifTags, Image
from playwright.sync_api import FilePayload, Locator, Page, Request, Route, expect

from tests.e2e.conftest import NewNeighbour, PageFactory, troubles_but
from tests.e2e.people import OLD_STREET, PASSWORD, district_of
from tests.e2e.scene import a_route, now, posted, unlike
from tests.support.server import LexunServer
from tests.support.visitor import Visitor

SOLVING_MS = 90_000
LIVE_MS = 30_000
PACE_MS = 1_000
NOODLES_POINTS = 30


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
    desk.get_by_role("button", name="石坊社区", exact=True).click()
    desk.get_by_role("button", name="开始计算").click()
    publish = desk.get_by_role("button", name=re.compile(r"发布全部 \d 条"))
    expect(publish).to_be_visible(timeout=SOLVING_MS)

    desk.get_by_role("button", name="修改").first.click()
    form = desk.locator("form")
    title = "老街晚巡" + unlike()
    form.get_by_label("标题").fill(title)
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

    phone = page_factory(neighbour(), position=OLD_STREET)
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
    desk.get_by_role("button", name="石坊社区", exact=True).click()
    place = "文庙路口" + unlike()
    desk.get_by_label("地点叫什么").fill(place)
    desk.get_by_role("button", name="马上开始").click()
    desk.get_by_role("button", name="发布", exact=True).click()
    expect(desk.get_by_role("status").filter(has_text="已发布")).to_be_visible()
    assert troubles_but(desk) == []

    phone = page_factory(neighbour(), position=OLD_STREET)
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
    pages = [page_factory(person, position=OLD_STREET) for person in (first, second)]
    # The second phone does not hear that the seat is gone: its tap is what finds out.
    pages[1].route("**/api/stream*", lambda route: route.abort())
    grabs: list[Request] = []
    pages[0].on("request", lambda request: grabs.append(request) if request.url.endswith("/grab") else None)
    takes = []
    for page in pages:
        page.goto(f"/tasks/{task['id']}")
        takes.append(page.get_by_role("button", name="抢单 · 还剩 1 席"))
        expect(takes[-1]).to_be_visible()
    tap_twice(takes[0])
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
    phone = page_factory(walker, position=route[0])
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
    expect(desk.get_by_role("main")).to_contain_text("起点和终点 150 米内只有本人看得到")
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


def test_points_become_a_voucher_that_is_used_once(
    page_factory: PageFactory, neighbour: NewNeighbour
) -> None:
    """Two taps buy one voucher; its digits are taken at the till once, and kindly refused the second time."""
    buyer = neighbour(points=NOODLES_POINTS)
    balance = buyer.http.ask("GET", "/api/me/points")["balance"]
    before = len(buyer.http.ask("GET", "/api/me/vouchers"))
    phone = page_factory(buyer)
    phone.goto("/offers")
    phone.get_by_role("link").filter(has_text="牛肉面一碗").click()
    tap_twice(phone.get_by_role("button", name=f"用 {NOODLES_POINTS} 分兑换"))
    expect(phone.get_by_role("img", name="兑换券二维码")).to_be_visible()
    digits = phone.get_by_text(re.compile(r"^\d{4}\s\d{4}$")).inner_text()
    assert len(buyer.http.ask("GET", "/api/me/vouchers")) == before + 1
    assert buyer.http.ask("GET", "/api/me/points")["balance"] == balance - NOODLES_POINTS

    shop = page_factory("merchant")
    type_digits(shop, digits)
    done = shop.get_by_role("status").filter(has_text="核销成功")
    expect(done).to_contain_text("牛肉面一碗")
    # The customer sees it at once, without touching the phone.
    expect(phone.get_by_role("main")).to_contain_text("已核销")
    expect(phone.get_by_role("img", name="兑换券二维码")).to_have_count(0)
    type_digits(shop, digits)
    expect(shop.get_by_role("alert").filter(has_text="已经核销过了")).to_be_visible()
    assert troubles_but(shop, "409") == []
    assert troubles_but(phone) == []


def test_an_alert_is_approved_by_another_seen_reported_and_taken_back(
    page_factory: PageFactory, neighbour: NewNeighbour, demo: LexunServer
) -> None:
    """Draft with a photo, approval by a second person, delivery without a reload, a sighting, and no trace after the end."""
    walker = neighbour()
    walker.http.ask("PUT", "/api/me/consents/whereabouts", json={"granted": True, "version": 1})
    phone = page_factory(walker, position=OLD_STREET)
    phone.goto("/patrol")
    phone.get_by_role("button", name="现在出发").click()
    expect(phone.get_by_role("button", name="结束", exact=True)).to_be_visible()
    patrol = walker.http.ask("GET", "/api/me/patrol")["patrol"]["id"]
    # The town is on no map, so the phone plays a walk along its streets, which begins in the walker's community.
    home = walker.http.ask("GET", "/api/me")["home_area"]["name_zh"]
    steps = iter(along([list(OLD_STREET), [OLD_STREET[0] - 0.004, OLD_STREET[1]]], step_m=3))
    officer = Visitor(demo.url, "officer")
    walk(phone, steps, lambda: officer.ask("GET", f"/api/patrols/{patrol}")["last_position"] is not None)
    phone.get_by_role("button", name="巡逻", exact=True).click()
    phone.get_by_role("link", name="消息").click()
    stay_marked(phone)

    desk = page_factory("officer", desk=True, color_scheme="dark")
    headline = "男，约 78 岁，走路慢" + unlike()
    desk.goto("/desk/alerts")
    desk.get_by_role("link", name="发起协查").first.click()
    desk.get_by_label("一句话描述").fill(headline)
    desk.get_by_label("衣着").fill("深蓝棉衣，灰帽")
    desk.get_by_label("举止").fill("听不清，容易迷路")
    desk.get_by_label("照片").set_input_files(photo_taken_at_a_place())
    desk.get_by_label("选一个地点").select_option(label=home)
    desk.get_by_label("地点叫什么").fill("滨湖公园南门")
    desk.get_by_role("button", name="2.0 km").click()  # the walker may have gone a kilometre by now
    desk.get_by_label("派出所电话").fill("0577 8000 0110")
    desk.get_by_role("button", name="保存并预览").click()
    expect(desk.get_by_text(re.compile(r"会送达约 \d+ 人"))).to_be_visible()
    desk.get_by_role("button", name="提交审批").click()
    with_password(desk, desk.get_by_role("main").get_by_text("要由另一位审批人批准"))
    expect(desk.get_by_role("button", name="批准并发送")).to_have_count(0)
    alert_id = desk.url.rsplit("/", 1)[1]
    own = officer.request("POST", f"/api/alerts/{alert_id}/approve", json={})
    assert own.status_code == 403

    approver = page_factory("approver", desk=True)
    approver.goto("/desk")
    approver.get_by_role("link", name="协查", exact=True).click()
    approver.get_by_role("link").filter(has_text=headline).click()
    approver.get_by_role("button", name="批准并发送").click()
    with_password(approver, approver.get_by_role("status").filter(has_text="已批准并发送"))

    card = phone.get_by_role("link").filter(has_text=headline)
    expect(card).to_be_visible(timeout=LIVE_MS)
    card.click()
    main = phone.get_by_role("main")
    expect(main).to_contain_text("深蓝棉衣，灰帽")
    picture = phone.get_by_role("img", name="协查照片")
    expect(picture).to_have_count(0)
    phone.get_by_role("button", name="点按查看照片").click()
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.naturalWidth") > 0
    served = walker.http.get(f"/api/alerts/{alert_id}/photo")
    assert not Image.open(io.BytesIO(served.content)).getexif()

    phone.get_by_role("button", name="我看到了").click()
    sheet = phone.get_by_role("dialog", name="你看到了什么")
    sheet.get_by_role("button", name="坐着").click()
    sheet.get_by_role("button", name="告诉警方").click()
    expect(sheet).to_contain_text("警方已收到")
    sheet.get_by_role("button", name="好", exact=True).click()
    expect(desk.get_by_role("main")).to_contain_text(walker.name, timeout=LIVE_MS)
    expect(desk.get_by_role("main")).to_contain_text("坐着")

    desk.get_by_role("button", name="结束协查").click()
    ending = desk.get_by_role("dialog", name="结束协查")
    ending.get_by_role("button", name="人找到了").click()
    hold(desk, ending.get_by_role("button", name="按住，结束并撤回"))
    expect(desk.get_by_role("main")).to_contain_text("结果：人找到了")

    expect(main).to_contain_text("已撤回", timeout=LIVE_MS)
    expect(main).not_to_contain_text("深蓝棉衣")
    expect(picture).to_have_count(0)
    assert is_marked(phone), "the phone was reloaded"
    expect(desk.get_by_role("main")).to_contain_text(re.compile(r"[1-9]\d*/\d+ 部手机已确认撤回"))
    for page in (desk, approver, phone):
        assert troubles_but(page, "403") == []
    walker.http.ask("POST", f"/api/patrols/{patrol}/finish", json={"finished_at": now().isoformat()})


def type_digits(shop: Page, digits: str) -> None:
    """Take a voucher at the till by its digits."""
    shop.goto("/shop")
    shop.get_by_role("link", name="输入 8 位数字").click()
    for digit in re.sub(r"\s", "", digits):
        shop.get_by_role("button", name=digit, exact=True).click()
    shop.get_by_role("button", name="核销", exact=True).click()


def tap_twice(button: Locator) -> None:
    """Two taps faster than any screen can answer."""
    button.evaluate("button => { button.click(); button.click(); }")


def with_password(page: Page, done: Locator) -> None:
    """Give the password where it is asked for; who signed in a moment ago is not asked again."""
    again = page.get_by_role("dialog", name="再确认一次密码")
    expect(again.or_(done).first).to_be_visible()
    if again.is_visible():
        again.get_by_label("密码").fill(PASSWORD)
        again.get_by_role("button", name="确认").click()
    expect(done).to_be_visible()


def hold(page: Page, button: Locator) -> None:
    """Press a button that must be held, until it has had enough."""
    box = button.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    expect(button).to_have_count(0)
    page.mouse.up()


def stay_marked(page: Page) -> None:
    """Leave a mark that a reload would wipe."""
    page.evaluate("window.untouched = true")


def is_marked(page: Page) -> bool:
    """Whether the page has not been loaded anew since."""
    return page.evaluate("window.untouched === true")


def photo_taken_at_a_place() -> FilePayload:
    """A JPEG that says in its EXIF where it was taken."""
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.GPSInfo).update({1: "N", 2: (27.0, 29.0, 25.0), 3: "E", 4: (122.0, 36.0, 27.0)})
    taken = io.BytesIO()
    Image.new("RGB", (600, 800), (90, 120, 160)).save(taken, "JPEG", exif=exif)
    assert Image.open(taken).getexif().get_ifd(ExifTags.IFD.GPSInfo)
    return {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": taken.getvalue()}


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
    route = a_route(officer)
    title = "老街巡逻" + unlike()
    return posted(
        officer, kind="patrol", template="evening", route_of=route["id"], title_zh=title, seats=1, place=None
    )
