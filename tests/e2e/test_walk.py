"""On a walk: all of it without a network, matters logged and taken back without a network, and a call for help that is followed to whoever comes."""

import io
import json
import re
from typing import Any

from PIL import Image
from playwright.sync_api import Locator, Page, Request, expect

from backend.core.ids import uuid7
from tests.e2e.conftest import NewNeighbour, PageFactory, troubles_but
from tests.e2e.people import OLD_STREET, Neighbour, district_of
from tests.e2e.scene import now, unlike
from tests.e2e.test_loop import along, routed, walk
from tests.e2e.test_offline import CUT, until_ready_for_offline
from tests.support.server import LexunServer
from tests.support.visitor import Visitor

LIVE_MS = 30_000
LOOKS = """window.looks = () => {
  const copy = document.body.cloneNode(true);
  // What moves by itself on every walk: the clock, the map, the age of a position.
  copy.querySelectorAll('.meta, .map, script').forEach((each) => each.remove());
  return copy.outerHTML;
}, looks()"""
SPY = """window.felt = [];
navigator.vibrate = () => window.felt.push('shaken');
const sounds = [[window.AudioContext?.prototype, 'createOscillator'], [HTMLMediaElement.prototype, 'play'],
  [window.speechSynthesis && SpeechSynthesis.prototype, 'speak'], [window.Notification && ServiceWorkerRegistration.prototype, 'showNotification']];
for (const [owner, name] of sounds) if (owner) owner[name] = () => window.felt.push(name);
"""
COUNTED_DOWN_MS = 12_000


def test_a_whole_patrol_without_a_network(
    page_factory: PageFactory, neighbour: NewNeighbour, demo: LexunServer
) -> None:
    """Cut off right after the grab a patrol is started, walked, reloaded, logged and finished; another device sees it only once it
    is handed in; and what the phone sent may come three times more without changing a row.
    """
    task = routed(Visitor(demo.url, "officer"))
    walker = neighbour()
    walker.http.ask("PUT", "/api/me/consents/whereabouts", json={"granted": True, "version": 1})
    route = along(task["route"]["geometry"]["coordinates"], step_m=6)
    steps = iter(route)
    phone = page_factory(walker, position=route[0])
    sent = Sent(phone)
    phone.goto(f"/tasks/{task['id']}")
    until_ready_for_offline(phone)
    with phone.expect_response("**/api/walk-package*"), phone.expect_response("**/api/me/assignments*"):
        phone.get_by_role("button", name="抢单").click()
    expect(phone.get_by_role("link", name="去出发")).to_be_visible()

    phone.context.set_offline(True)
    phone.get_by_role("link", name="去出发").click()
    phone.get_by_role("button", name="出发", exact=True).click()
    finish = phone.get_by_role("button", name="结束", exact=True)
    expect(finish).to_be_visible()
    walk(phone, steps, phone.get_by_text(re.compile(r"联网后上传（[3-9] 条）")).is_visible)
    phone.get_by_role("button", name=re.compile("^记一笔")).click()
    sheet = phone.get_by_role("dialog", name="记一笔")
    sheet.get_by_role("button", name="宣传").click()
    sheet.get_by_role("button", name="关闭").click()
    phone.reload()
    expect(phone.get_by_role("button", name="记一笔 1")).to_be_visible()
    walk(phone, steps, phone.get_by_text(re.compile(r"联网后上传（([6-9]|\d\d) 条）")).is_visible)
    finish.click()
    phone.get_by_role("button", name="结束并提交").click()
    expect(phone.get_by_role("main")).to_contain_text("结束已记下，还没有交上")

    other = page_factory(walker)
    other.goto("/patrol")
    expect(other.get_by_role("main")).to_contain_text(task["title_zh"])
    expect(other.get_by_role("button", name="出发", exact=True)).to_be_visible()
    assert walker.http.ask("GET", "/api/me/patrol")["patrol"] is None

    phone.context.set_offline(False)
    expect(phone.get_by_role("main")).to_contain_text("等待审核")
    patrol = phone.url.rsplit("/", 1)[1]
    other.goto(f"/patrols/{patrol}")
    expect(other.get_by_role("main")).to_contain_text("等待审核")
    before = rows_of(walker, patrol)
    assert len(before["fixes"]) >= 4
    for _ in range(3):
        sent.again(walker)
    assert rows_of(walker, patrol) == before
    assert troubles_but(phone, CUT) == []
    assert troubles_but(other) == []


def test_matters_are_counted_and_reported_without_a_network(
    page_factory: PageFactory, neighbour: NewNeighbour, demo: LexunServer
) -> None:
    """A warned place is told once; one tap counts one and can be undone; a report waits with its photo; its wording is looked at
    first; the desk answers it and the reporter reads that."""
    walker = neighbour()
    walker.http.ask("PUT", "/api/me/consents/photos", json={"granted": True, "version": 1})
    officer = Visitor(demo.url, "officer")
    home = round_at_home(walker)
    warned = warn(officer, home)
    phone = set_out(page_factory, walker, page_factory(walker, position=home))
    patrol = walker.http.ask("GET", "/api/me/patrol")["patrol"]["id"]
    move_on(phone, home)
    minded = phone.get_by_role("status").filter(has_text="当心，前面近水：" + warned["note"])
    expect(minded).to_be_visible()
    officer.ask("POST", f"/api/plans/hazard-notes/{warned['id']}/remove")
    until_ready_for_offline(phone)
    phone.context.set_offline(True)
    minded.get_by_role("button", name="知道了").click()
    phone.get_by_role("button", name=re.compile("^记一笔")).click()
    sheet = phone.get_by_role("dialog", name="记一笔")
    for _ in range(2):
        sheet.get_by_role("button", name="劝导").click()
    sheet.get_by_role("button", name="隐患").click()
    sheet.get_by_role("button", name="撤销").click()
    expect(sheet.get_by_role("button", name="劝导")).to_contain_text("2")
    expect(sheet.get_by_role("button", name="隐患")).to_contain_text("0")
    sheet.get_by_role("button", name="关闭").click()
    phone.get_by_role("button", name="报线索", exact=True).click()
    report = phone.get_by_role("dialog", name="看到了什么？")
    seen = "桥栏杆松了" + unlike()
    report.get_by_label("发生了什么").fill(seen)
    report.get_by_label("样子").fill("旁边站着个外地佬")
    report.locator("input[type=file]").set_input_files(
        {"name": "a.png", "mimeType": "image/png", "buffer": picture()}
    )
    expect(report.get_by_role("img", name="第 1 张照片")).to_be_visible()
    report.get_by_role("button", name="报线索", exact=True).click()
    expect(report).to_contain_text("已记在手机里，联网后送出")
    report.get_by_role("button", name="知道了").click()
    phone.reload()
    expect(phone.get_by_role("button", name="记一笔 2")).to_be_visible()
    expect(minded).to_have_count(0)
    with phone.expect_response(lambda answer: answer.request.method == "PATCH" and answer.ok):
        phone.context.set_offline(False)
    desk = page_factory("officer", desk=True)
    desk.goto("/desk/reports")
    card = desk.locator(".card").filter(has_text=seen)
    expect(card.get_by_role("img", name="第 1 张照片")).to_be_visible()
    expect(card).to_contain_text("先看措辞")
    logs = walker.http.ask("GET", f"/api/patrols/{patrol}")["logs"]
    assert {kind: count for kind, count in logs.items() if count} == {"persuade": 2}
    card.get_by_role("button", name="处理").click()
    step = desk.get_by_role("dialog", name="处理")
    step.get_by_role("button", name="办结").click()
    step.get_by_role("button", name="已解决").click()
    expect(step.get_by_role("button", name="转交部门")).to_have_count(0)
    step.get_by_label("给上报人的话").fill("已加固")
    step.get_by_role("button", name="保存并通知上报人").click()
    expect(card).to_have_count(0)
    phone.goto("/reports")
    own = phone.locator(".card").filter(has_text=seen)
    expect(own).to_contain_text("已解决")
    expect(own).to_contain_text("已加固")
    expect(own).to_contain_text("里面有“外地佬”这样的说法")
    assert troubles_but(phone, CUT) == []
    assert troubles_but(desk) == []
    end(walker, patrol)


def test_a_mate_joins_by_a_code_and_takes_the_lead(
    page_factory: PageFactory, neighbour: NewNeighbour
) -> None:
    """The code on the leader's phone brings the mate's phone on the same walk; the lead is handed over and stays so."""
    leader, mate = neighbour(), neighbour()
    first = set_out(page_factory, leader)
    patrol = leader.http.ask("GET", "/api/me/patrol")["patrol"]["id"]
    code = leader.http.ask("GET", "/api/me/companion-code")["qr_text"]
    mate.http.ask("PUT", "/api/me/consents/whereabouts", json={"granted": True, "version": 1})
    second = page_factory(mate, position=OLD_STREET)
    second.goto(code[code.index("/with#") :])
    expect(second.get_by_role("button", name="结束", exact=True)).to_be_visible()
    first.get_by_role("button", name="同行", exact=True).click()
    team = first.get_by_role("dialog", name="同行的人")
    expect(team.get_by_role("img", name="我的同行码")).to_be_visible()
    expect(team).to_contain_text(mate.name)
    team.get_by_role("button", name="交给他带队").click()
    expect(first.get_by_role("status").filter(has_text=f"已请 {mate.name} 带队")).to_be_visible()
    members = mate.http.ask("GET", f"/api/patrols/{patrol}")["members"]
    assert {each["name"]: each["leader"] for each in members} == {leader.name: False, mate.name: True}
    assert troubles_but(first) == []
    assert troubles_but(second) == []
    end(mate, patrol)


def test_a_tracker_is_explained_and_heard(page_factory: PageFactory, neighbour: NewNeighbour) -> None:
    """Each program has three steps and its address; what one sends is said on the page when it is looked at again."""
    walker = neighbour()
    phone = set_out(page_factory, walker)
    patrol = walker.http.ask("GET", "/api/me/patrol")["patrol"]["id"]
    phone.goto("/patrol/trackers")
    main = phone.get_by_role("main")
    for name in ("OwnTracks", "Traccar Client", "GPSLogger", "GPX"):
        expect(main.get_by_role("heading", name=name, exact=True)).to_be_visible()
    expect(main.get_by_role("img", name=re.compile("的二维码$"))).to_have_count(2)
    expect(main).to_contain_text("还没有收到位置")
    clients = walker.http.ask("POST", f"/api/patrols/{patrol}/tracker")["clients"]
    address = next(each["url"] for each in clients if each["client"] == "gpslogger").split("?")[0]
    lon, lat = OLD_STREET
    sent = {"lat": lat, "lon": lon, "acc": 8, "timestamp": int(now().timestamp()), "prov": "gps"}
    walker.http.ask("GET", address[address.index("/api/") :], params=sent)
    phone.reload()
    expect(main).to_contain_text("收到了")
    assert troubles_but(phone) == []
    end(walker, patrol)


def test_a_call_for_help_is_followed_to_whoever_comes(
    page_factory: PageFactory, neighbour: NewNeighbour, demo: LexunServer
) -> None:
    """A slip is taken back unheard; offline the call is never called sent; the desk hears it and the caller sees who comes."""
    walker = neighbour()
    phone = set_out(page_factory, walker)
    until_ready_for_offline(phone)
    patrol = walker.http.ask("GET", "/api/me/patrol")["patrol"]["id"]
    desk = page_factory("officer", desk=True)
    desk.goto("/desk")
    sos = phone.get_by_role("button", name=re.compile("^求助"))
    counting = phone.get_by_role("alertdialog", name="马上求助")
    hold_two_seconds(phone, sos)
    counting.get_by_role("button", name="取消，我没事").click()
    expect(counting).to_have_count(0)
    assert walker.http.ask("GET", "/api/me/sos")["items"] == []

    phone.context.set_offline(True)
    hold_two_seconds(phone, sos)
    main = phone.get_by_role("main")
    expect(main).to_contain_text("已存在手机，还没发出去", timeout=COUNTED_DOWN_MS)
    expect(main).not_to_contain_text("派出所已收到")
    expect(phone.get_by_role("link", name="打 110")).to_have_attribute("href", "tel:110")
    expect(phone.get_by_role("link", name="发短信 12110")).to_have_attribute(
        "href", re.compile("^sms:12110.*body=")
    )
    phone.context.set_offline(False)
    expect(main).to_contain_text("派出所已收到", timeout=LIVE_MS)

    bar = desk.get_by_role("alert").filter(has_text=f"{walker.name} 正在求助")
    expect(bar).to_be_visible(timeout=LIVE_MS)
    bar.get_by_role("button", name="我去").click()
    expect(desk.get_by_role("main")).to_contain_text("你已回应")
    expect(main).to_contain_text("正在赶来", timeout=LIVE_MS)
    expect(bar).to_have_count(0)

    hold_two_seconds(phone, phone.get_by_role("button", name="按住取消求助"))
    expect(main).to_contain_text("已取消", timeout=LIVE_MS)
    expect(desk.get_by_role("main")).to_contain_text("这次求助已结束", timeout=LIVE_MS)
    phone.get_by_role("button", name="知道了").click()
    expect(sos).to_be_visible()
    assert troubles_but(phone, CUT) == []
    assert troubles_but(desk) == []
    end(walker, patrol)


def test_a_silent_call_changes_nothing_on_the_screen(
    page_factory: PageFactory, neighbour: NewNeighbour, demo: LexunServer
) -> None:
    """Held in silent mode the walk looks, sounds and feels as before, while the police have the call."""
    walker = neighbour()
    phone = page_factory(walker, position=OLD_STREET)
    phone.add_init_script(SPY)
    phone.goto("/sos")
    phone.get_by_role("switch", name="静默求助").click()
    phone.get_by_role("button", name=re.compile("静默求助")).wait_for()
    set_out(page_factory, walker, phone)
    patrol = walker.http.ask("GET", "/api/me/patrol")["patrol"]["id"]
    move_on(phone, OLD_STREET)
    expect(phone.get_by_text("正在找位置")).to_have_count(0)
    before = phone.evaluate(LOOKS)
    assert "求助" in before
    phone.evaluate("window.seen = []; window.looking = setInterval(() => window.seen.push(looks()), 100);")
    with phone.expect_response(lambda answer: answer.url.endswith("/api/sos") and answer.ok):
        hold_two_seconds(phone, phone.get_by_role("button", name=re.compile("^求助")))
    phone.wait_for_timeout(1_000)
    assert phone.url.endswith("/patrol/walk")
    seen = phone.evaluate("window.seen")
    assert len(seen) > 15 and set(seen) == {before}
    assert phone.evaluate("window.felt") == []
    officer = Visitor(demo.url, "officer")
    calls = [
        each for each in officer.ask("GET", "/api/me/sos")["items"] if each["caller_name"] == walker.name
    ]
    assert [(each["silent"], each["state"]) for each in calls] == [(True, "open")]
    officer.ask("POST", f"/api/sos/{calls[0]['id']}/close", json={"outcome": "safe"})
    end(walker, patrol)


def test_a_code_under_duress_only_looks_cancelled(
    page_factory: PageFactory, neighbour: NewNeighbour, demo: LexunServer
) -> None:
    """Typed within the countdown or after it, the phone is as after an honest cancelling; the police have the call and know why."""
    walker = neighbour()
    phone = page_factory(walker, position=OLD_STREET)
    phone.goto("/sos")
    phone.get_by_label("平安暗码").fill("1357")
    phone.get_by_label("被迫暗码").fill("2468")
    phone.get_by_role("button", name="保存暗码").click()
    officer = Visitor(demo.url, "officer")
    sos = phone.get_by_role("button", name="按住两秒求助")
    counting = phone.get_by_role("alertdialog", name="马上求助")

    def typed(place: Page | Locator, code: str) -> None:
        place.get_by_label("输入暗码取消").fill(code)
        place.get_by_role("button", name="取消求助").click()

    def calls() -> list[dict[str, Any]]:
        items = officer.ask("GET", "/api/me/sos")["items"]
        return [each for each in items if each["caller_name"] == walker.name]

    hold_two_seconds(phone, sos)
    counting.get_by_role("button", name="取消，我没事").click()
    typed(counting, "9999")
    expect(counting).to_contain_text("暗码不对")
    typed(counting, "1357")
    expect(counting).to_have_count(0)
    hold_two_seconds(phone, sos)
    counting.get_by_role("button", name="取消，我没事").click()
    with phone.expect_response(lambda answer: answer.url.endswith("/cancel") and answer.ok):
        typed(counting, "2468")
    expect(counting).to_have_count(0)
    assert phone.url.endswith("/sos")
    assert phone.get_by_text("正在求助").count() == 0
    assert [(each["state"], each["duress"], each["silent"]) for each in calls()] == [("open", True, True)]
    officer.ask("POST", f"/api/sos/{calls()[0]['id']}/close", json={"outcome": "safe"})

    hold_two_seconds(phone, sos)
    counting.get_by_role("button", name="现在就发").click()
    expect(phone.get_by_role("main")).to_contain_text("派出所已收到", timeout=LIVE_MS)
    typed(phone, "2468")
    expect(phone.get_by_role("main")).to_contain_text("已取消", timeout=LIVE_MS)
    assert [(each["state"], each["duress"]) for each in calls()] == [("open", True)]
    officer.ask("POST", f"/api/sos/{calls()[0]['id']}/close", json={"outcome": "safe"})
    assert troubles_but(phone) == []


def test_a_verdict_in_part_says_why_and_somebody_else_looks_again(
    page_factory: PageFactory, neighbour: NewNeighbour, demo: LexunServer
) -> None:
    """The walker reads what counted and why, and appeals; the first reviewer may not decide it, another does, and the phone hears."""
    walker = neighbour()
    walker.http.ask("PUT", "/api/me/consents/whereabouts", json={"granted": True, "version": 1})
    community = Visitor(demo.url, "volunteer").ask("GET", "/api/me")["home_area"]["id"]
    patrol = str(uuid7())
    started = {"id": patrol, "area_id": community, "started_at": now().isoformat()}
    walker.http.ask("POST", "/api/patrols", json=started)
    end(walker, patrol)
    officer = Visitor(demo.url, "officer")
    why = "后半段没有位置" + unlike()
    part = {"decision": "partial", "note": why, "accepted": {"minutes": 20}}
    officer.ask("POST", f"/api/patrols/{patrol}/review", json=part)

    phone = page_factory(walker)
    phone.goto(f"/patrols/{patrol}")
    main = phone.get_by_role("main")
    for said in ("部分通过", why, "计入：20 分钟", "由另一位民警复核"):
        expect(main).to_contain_text(said)
    phone.get_by_role("button", name="申诉").click()
    sheet = phone.get_by_role("dialog", name="申诉")
    reason = "手机锁屏了，同伴一直在" + unlike()
    sheet.get_by_label("说说当时的情况").fill(reason)
    sheet.get_by_role("button", name="提交申诉").click()
    expect(main).to_contain_text("申诉已收到，等待复核")

    first = officer.request(
        "POST", f"/api/patrols/{patrol}/appeal/verdict", json={"decision": "upheld", "note": "不变"}
    )
    assert (first.status_code, first.json()["code"]) == (403, "same-reviewer")
    desk = page_factory("approver", desk=True)
    desk.goto("/desk/review?state=appealed")
    desk.get_by_role("link").filter(has_text=reason).click()
    desk.get_by_label("复核说明").fill("同伴作证，补上")
    desk.get_by_role("button", name="改为通过").click()
    expect(desk.get_by_role("main")).to_contain_text("已复核：同伴作证，补上")
    expect(main).to_contain_text("复核后改为通过", timeout=LIVE_MS)
    expect(main).to_contain_text("同伴作证，补上")
    assert troubles_but(phone) == troubles_but(desk) == []


def test_the_desk_makes_a_checkpoint(page_factory: PageFactory) -> None:
    """Placed and named, it is on the list, its code can be printed, and another one is shown on a screen."""
    desk = page_factory("officer", desk=True)
    desk.goto("/desk/checkpoints")
    name = "老街亭" + unlike()
    desk.get_by_role("button", name="设签到点").click()
    sheet = desk.get_by_role("dialog", name="设签到点")
    sheet.get_by_label("选一个地点").select_option(index=1)
    sheet.get_by_label("地点叫什么").fill(name)
    sheet.get_by_role("button", name="屏幕").click()
    sheet.get_by_role("button", name="保存").click()
    row = desk.locator("button.list-row").filter(has_text=name)
    row.click()
    desk.get_by_role("link", name="在这块屏幕上显示").click()
    expect(desk.get_by_role("img", name=f"{name} 的签到码")).to_be_visible()
    desk.go_back()
    row.click()
    desk.get_by_role("link", name="打印二维码").click()
    expect(desk.get_by_role("img", name=f"{name} 的签到码")).to_be_visible()
    expect(desk.get_by_role("button", name="打印", exact=True)).to_be_visible()
    assert troubles_but(desk) == []


def round_at_home(walker: Neighbour) -> tuple[float, float]:
    """Where a demo phone that has no position begins its round: 120 m north of the middle of somebody's community."""
    home = walker.http.ask("GET", "/api/me")["home_area"]["id"]
    lon, lat = next(area for area in walker.http.ask("GET", "/api/areas") if area["id"] == home)["center"]
    return lon, lat + 120 / 111_195


def warn(officer: Visitor, at: tuple[float, float]) -> dict[str, Any]:
    """A warning of water, to be taken away again for the next test's sake."""
    body = {
        "id": str(uuid7()), "area_id": district_of(officer)["id"], "kind": "water", "lon": at[0],
        "lat": at[1], "note": "河边没有栏杆" + unlike(),
    }  # fmt: skip
    return officer.ask("POST", "/api/plans/hazard-notes", json=body)


def picture() -> bytes:
    """A small photo as a phone's camera would give it."""
    file = io.BytesIO()
    Image.new("RGB", (320, 240), "teal").save(file, "PNG")
    return file.getvalue()


def set_out(page_factory: PageFactory, walker: Neighbour, page: Page | None = None) -> Page:
    """A phone on a free patrol in the old street."""
    walker.http.ask("PUT", "/api/me/consents/whereabouts", json={"granted": True, "version": 1})
    phone = page or page_factory(walker, position=OLD_STREET)
    phone.goto("/patrol")
    phone.get_by_role("button", name="现在出发").click()
    expect(phone.get_by_role("button", name="结束", exact=True)).to_be_visible()
    return phone


def move_on(phone: Page, place: tuple[float, float]) -> None:
    """A few metres on, as a phone in a hand is all the time: it hears a position of after the start."""
    phone.context.set_geolocation({"longitude": place[0] + 0.0001, "latitude": place[1]})


def hold_two_seconds(page: Page, button: Locator) -> None:
    """Press and hold as a thumb does."""
    box = button.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.wait_for_timeout(2_300)
    page.mouse.up()


def end(walker: Neighbour, patrol_id: str) -> None:
    """End the patrol for the next test's sake."""
    walker.http.ask("POST", f"/api/patrols/{patrol_id}/finish", json={"finished_at": now().isoformat()})


class Sent:
    """What a phone sends of a walk, to be sent once more as it was."""

    def __init__(self, phone: Page) -> None:
        self._requests: dict[tuple[str, str, str], Any] = {}
        phone.on("request", self._note)

    def _note(self, request: Request) -> None:
        path = request.url.split("/api", 1)[-1]
        if request.method == "POST" and path.startswith("/patrols"):
            body = request.post_data or ""
            self._requests[(request.method, path, body)] = json.loads(body) if body else None

    def again(self, walker: Neighbour) -> None:
        """Send all of it in order; the start and the finish are answered as they were, nothing fails."""
        for (method, path, _), body in self._requests.items():
            walker.http.ask(method, f"/api{path}", json=body)


def rows_of(walker: Neighbour, patrol_id: str) -> dict[str, Any]:
    """What a phone can add to one's own part of a walk, as it is kept."""
    kept = walker.http.ask("GET", f"/api/patrols/{patrol_id}/export.json")
    return {name: kept[name] for name in ("fixes", "logs", "visits")}
