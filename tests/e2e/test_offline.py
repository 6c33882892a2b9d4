"""Without a network: the app opens, the map is drawn, every screen says so and from when it is; nobody else is ever asked."""

import io
import re
from urllib.parse import urlsplit

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import NewNeighbour, PageFactory, troubles_but
from tests.e2e.people import OLD_STREET
from tests.e2e.test_loop import along, walk
from tests.support.server import LexunServer

CUT = "ERR_INTERNET_DISCONNECTED"
KEPT = re.compile("离线中 · 这是.*的内容")
VOLUNTEER_SCREENS = ("/", "/patrol", "/messages", "/me/points", "/offers", "/me/vouchers")
OFFICER_SCREENS = ("/desk", "/desk/plans", "/desk/tasks", "/desk/review", "/desk/alerts")
KEPT_SCREENS = (*VOLUNTEER_SCREENS, "/desk", "/desk/tasks")
NOT_KEPT = re.compile("离线中 · 这是.*的内容|现在连不上网络")
"""What the police see of others' alerts and walks is not left lying on a computer."""
COLOURS_OF_A_TOWN = 60
"""A map has roads, water, parks, names with smooth edges; an empty canvas has one colour."""

NO_WEBGL = """
const real = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
  return String(kind).includes('webgl') ? null : real.call(this, kind, ...rest);
};
"""


def test_it_can_be_installed(page_factory: PageFactory) -> None:
    """The manifest names an app with icons that are what it says they are, and the service worker is in charge."""
    page = page_factory()
    page.goto("/")
    manifest = page.request.get(page.locator("link[rel=manifest]").get_attribute("href") or "")
    described = manifest.json()
    assert (described["display"], described["start_url"], described["scope"]) == ("standalone", "/", "/")
    sizes = set()
    for icon in described["icons"]:
        fetched = page.request.get(icon["src"])
        width, height = Image.open(io.BytesIO(fetched.body())).size
        assert f"{width}x{height}" == icon["sizes"]
        sizes.add((width, icon["purpose"]))
    assert {(192, "any"), (512, "any"), (512, "maskable")} <= sizes
    until_ready_for_offline(page)
    assert page.evaluate("navigator.serviceWorker.controller.state") == "activated"


@pytest.mark.parametrize(
    ("login", "screens", "desk"),
    [("volunteer", VOLUNTEER_SCREENS, False), ("officer", OFFICER_SCREENS, True)],
    ids=["volunteer", "officer"],
)
def test_every_screen_opens_offline_and_says_so(
    page_factory: PageFactory, login: str, screens: tuple[str, ...], desk: bool
) -> None:
    """Seen once, each screen opens anew without a network, with what was known and from when; none is blank or an error page."""
    page = page_factory(login, desk=desk, position=OLD_STREET)
    page.goto("/")
    until_ready_for_offline(page)
    for screen in screens:
        page.goto(screen)
        expect(page.get_by_role("main").locator("[aria-busy=true]")).to_have_count(0)
        page.wait_for_load_state("networkidle")
    page.context.set_offline(True)
    for screen in screens:
        page.goto(screen)
        expect(page.get_by_text("离线中").first).to_be_visible()
        expect(page.get_by_role("main").locator("[aria-busy=true]")).to_have_count(0)
        said = page.get_by_text(KEPT if screen in KEPT_SCREENS else NOT_KEPT)
        expect(said.first, f"{screen} says from when it is").to_be_visible()
    page.goto("/me")
    expect(page.get_by_text("离线中").first).to_be_visible()
    assert troubles_but(page, CUT) == []
    page.context.set_offline(False)
    page.goto(screens[0])
    expect(page.get_by_text("离线中")).to_have_count(0)


def test_the_map_is_drawn_offline_without_webgl(page_factory: PageFactory) -> None:
    """The town is on the map of tasks after a fresh start with no network, in a browser without WebGL."""
    page = page_factory("volunteer", position=OLD_STREET)
    page.add_init_script(NO_WEBGL)
    page.goto("/")
    until_ready_for_offline(page)
    page.get_by_role("button", name="地图", exact=True).click()
    town = page.get_by_role("region", name="任务地图")
    until_drawn(town)
    page.context.set_offline(True)
    page.goto("/")
    page.get_by_role("button", name="地图", exact=True).click()
    until_drawn(town)
    assert page.evaluate("document.createElement('canvas').getContext('webgl2')") is None
    assert troubles_but(page, CUT) == []


def test_a_patrol_outlives_a_reload_and_ends_offline(
    page_factory: PageFactory, neighbour: NewNeighbour
) -> None:
    """Reloaded without a network the walk goes on; its end is not called handed in until the server has it."""
    walker = neighbour()
    walker.http.ask("PUT", "/api/me/consents/whereabouts", json={"granted": True, "version": 1})
    steps = iter(along([list(OLD_STREET), [OLD_STREET[0] + 0.01, OLD_STREET[1]]], step_m=6))
    page = page_factory(walker, position=OLD_STREET)
    page.goto("/patrol")
    until_ready_for_offline(page)
    page.get_by_role("button", name="现在出发").click()
    finish = page.get_by_role("button", name="结束", exact=True)
    expect(finish).to_be_visible()
    patrol = walker.http.ask("GET", "/api/me/patrol")["patrol"]["id"]
    page.reload()
    expect(finish).to_be_visible()
    page.context.set_offline(True)
    walk(page, steps, page.get_by_text(re.compile(r"联网后上传（[1-9] 条）")).is_visible)
    page.reload()
    expect(finish).to_be_visible()
    walk(page, steps, page.get_by_text(re.compile(r"联网后上传（[2-9] 条）")).is_visible)
    finish.click()
    page.get_by_role("button", name="结束并提交").click()
    expect(page.get_by_role("main")).to_contain_text("结束已记下，还没有交上")
    assert walker.http.ask("GET", f"/api/patrols/{patrol}")["state"] == "active"
    page.context.set_offline(False)
    expect(page.get_by_role("main")).to_contain_text("等待审核")
    assert walker.http.ask("GET", f"/api/patrols/{patrol}")["state"] == "awaiting_review"
    assert troubles_but(page, CUT) == []


def test_one_page_of_two_records(page_factory: PageFactory, neighbour: NewNeighbour) -> None:
    """Opened twice, the walk is recorded by the page that was looked at last; ended in one, it is over in the other."""
    walker = neighbour()
    walker.http.ask("PUT", "/api/me/consents/whereabouts", json={"granted": True, "version": 1})
    first = page_factory(walker, position=OLD_STREET)
    first.goto("/patrol")
    first.get_by_role("button", name="现在出发").click()
    expect(first.get_by_role("button", name="结束", exact=True)).to_be_visible()
    second = first.context.new_page()
    second.goto("/patrol/walk")
    expect(second.get_by_role("button", name="结束", exact=True)).to_be_visible()
    elsewhere = re.compile("正在另一个页面里记录")
    expect(first.get_by_role("button", name=elsewhere)).to_be_visible()
    expect(second.get_by_role("button", name=elsewhere)).to_have_count(0)
    first.get_by_role("button", name=elsewhere).click()
    expect(first.get_by_role("button", name=elsewhere)).to_have_count(0)
    first.get_by_role("button", name="结束", exact=True).click()
    first.get_by_role("button", name="结束并提交").click()
    expect(first.get_by_role("main")).to_contain_text("等待审核")
    second.get_by_role("button", name=elsewhere).click()
    expect(second.get_by_role("main")).to_contain_text("手上没有任务")
    assert troubles_but(first) == []


def test_nobody_else_is_asked(page_factory: PageFactory, demo: LexunServer) -> None:
    """On every main screen of three roles not one request leaves for another host, and the pages may not make one."""
    for login, screens in (
        ("volunteer", VOLUNTEER_SCREENS),
        ("officer", OFFICER_SCREENS),
        ("merchant", ("/shop",)),
    ):
        page = page_factory(login, desk=login == "officer", position=OLD_STREET)
        asked: list[str] = []
        page.context.on("request", lambda request, asked=asked: asked.append(request.url))
        for screen in (*screens, "/me"):
            answer = page.goto(screen)
            expect(page.get_by_role("main").locator("[aria-busy=true]")).to_have_count(0)
            assert answer is not None and "default-src 'self'" in answer.headers["content-security-policy"]
        hosts = {urlsplit(url).netloc for url in asked if urlsplit(url).scheme not in {"data", "blob"}}
        assert hosts == {urlsplit(demo.url).netloc}


def until_ready_for_offline(page: Page) -> None:
    """Wait until the service worker has kept the app and answers for this page."""
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.wait_for_function("navigator.serviceWorker.controller !== null")


def until_drawn(town: Locator) -> None:
    """Wait until the map shows more than its ground."""
    expect(town).to_be_visible()
    for _ in range(60):
        picture = Image.open(io.BytesIO(town.screenshot())).convert("RGB")
        width, height = picture.size
        middle = picture.crop((width // 4, height // 4, width * 3 // 4, height * 3 // 4))
        if len(middle.getcolors(maxcolors=middle.width * middle.height) or ()) >= COLOURS_OF_A_TOWN:
            return
        town.page.wait_for_timeout(250)
    raise AssertionError("the map stayed empty")
