"""The officer's hotspots in a browser: the map by hour, the first places and why, last week's result, and fairness."""

import re
import time

from playwright.sync_api import Page, expect

from tests.e2e.conftest import PageFactory, troubles_but
from tests.e2e.people import district_of
from tests.support.server import LexunServer
from tests.support.visitor import Visitor

MADE_WITHIN_S = 120
DRAWN_WITHIN_S = 20
PAINTED = """() => {
  const canvas = document.querySelector('.leaflet-cells-pane canvas');
  if (!canvas) return 0;
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  let sum = 0;
  for (let at = 0; at < data.length; at += 4) sum += data[at] + data[at + 3];
  return sum;
}"""


def with_a_map(demo: LexunServer) -> None:
    """Wait until the worker has made the district's first map, which it begins by itself."""
    officer = Visitor(demo.url, "officer")
    area_id = district_of(officer)["id"]
    until = time.monotonic() + MADE_WITHIN_S
    while officer.ask("GET", "/api/hotspots", params={"area_id": area_id})["outlook"] is None:
        assert time.monotonic() < until, "no map was made"
        time.sleep(1)


def painted(page: Page) -> int:
    """What is drawn of squares, as one number; 0 for nothing."""
    return page.evaluate(PAINTED)


def test_an_officer_sees_where_when_and_why(demo: LexunServer, page_factory: PageFactory) -> None:
    """By keyboard through the week, by tap to a reason, back to last week, and down to who gets patrols."""
    with_a_map(demo)
    page = page_factory("officer", desk=True)
    page.goto("/desk/hotspots")
    expect(page.get_by_role("heading", name="最该去的地方")).to_be_visible()
    until = time.monotonic() + DRAWN_WITHIN_S
    while painted(page) == 0:  # the page's own policy lets nothing be evaluated in it by polling
        assert time.monotonic() < until, "no square was drawn"
        page.wait_for_timeout(200)

    week = page.get_by_role("slider", name="一周里的钟点")
    page.get_by_role("button", name="整周").click()
    page.wait_for_timeout(200)
    whole = painted(page)
    week.focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("button", name="整周")).to_have_attribute("aria-pressed", "false")
    told = week.get_attribute("aria-valuetext") or ""
    assert re.fullmatch(r"周. \d+–\d+ 点", told), told
    page.wait_for_timeout(200)
    assert painted(page) not in (0, whole), "an hour is drawn, and not as the whole week"

    first = (
        page.get_by_role("region", name="最该去的地方").get_by_role("listitem").first.get_by_role("button")
    )
    expect(first).to_contain_text("报过")
    first.click()
    expect(first).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_text("八成把握").last).to_be_visible()

    expect(page.get_by_text(re.compile(r"上周 \d+ 起中有 \d+ 起落在图上 2% 的面积里"))).to_be_visible()
    page.get_by_role("button", name="上周的图和实际").click()
    expect(page.get_by_text("落在重点格里的报警")).to_be_visible()

    fairness = page.get_by_text("大家都巡到了吗")
    fairness.scroll_into_view_if_needed()
    expect(page.get_by_text(re.compile(r"中位数 [\d.]+ 分"))).to_be_visible()
    page.get_by_role("button", name="居民数和提醒").click()
    field = page.get_by_role("dialog").get_by_role("textbox").nth(1)
    field.fill("五千")
    page.get_by_role("dialog").get_by_role("button", name="保存").click()
    expect(page.get_by_text("请填整数，或留空")).to_be_visible()
    field.fill("5000")
    page.get_by_role("dialog").get_by_role("button", name="保存").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert troubles_but(page) == []
