"""The planning desk as officers use it: asked, watched, arranged by hand, met by a colleague, taken back, published."""

import re

from playwright.sync_api import Page, expect

from backend.core.ids import uuid7
from tests.e2e.conftest import PageFactory, troubles_but
from tests.support.server import LexunServer
from tests.support.visitor import Visitor

SOLVING_MS = 90_000


def asked(desk: Page) -> str:
    """Ask for a plan for two teams with the form, and wait for it; its id."""
    desk.goto("/desk/plans/new")
    desk.get_by_role("button", name="现在起 3 小时").click()
    desk.get_by_label("队数", exact=True).fill("2")
    desk.get_by_role("button", name="石坊社区", exact=True).click()
    desk.get_by_role("button", name="一样重").click()
    desk.get_by_role("button", name="开始计算").click()
    expect(desk.get_by_role("button", name=re.compile(r"发布全部 \d 条"))).to_be_visible(timeout=SOLVING_MS)
    return desk.url.rpartition("/")[2]


def test_two_officers_arrange_an_evening(page_factory: PageFactory, demo: LexunServer) -> None:
    """Stops are dragged and moved from their menu; a colleague's change in between is shown and one's own kept."""
    desk = page_factory("officer", desk=True)
    plan_id = asked(desk)
    colleague = Visitor(demo.url, "officer")
    desk.get_by_role("button", name="调整点位").click()

    first_route = desk.locator('[data-stops-of="1"]')
    handles = first_route.get_by_role("button", name=re.compile("上下键移动"))
    before = [handles.nth(index).get_attribute("aria-label") for index in range(handles.count())]
    assert len(before) >= 2
    upper, lower = handles.nth(0).bounding_box(), handles.nth(1).bounding_box()
    assert upper and lower
    desk.mouse.move(upper["x"] + 8, upper["y"] + 8)
    desk.mouse.down()
    desk.mouse.move(lower["x"] + 8, lower["y"] + lower["height"] - 2, steps=6)
    desk.mouse.up()
    expect(desk.get_by_role("heading", name="改动记录")).to_be_visible()
    expect(desk.locator(".history li").first).to_contain_text("在 1 队里移动")

    # A colleague locks a stop; the stale screen's next change is refused kindly, kept, and made again.
    plan = colleague.ask("GET", f"/api/plans/{plan_id}")
    second = next(task for task in plan["tasks"] if task["plan_team"] == 2)
    body = {"id": str(uuid7()), "version": plan["version"], "kind": "lock", "stop": second["stops"][0]["id"]}
    desk.context.set_offline(True)  # the colleague's news do not arrive
    locked = colleague.ask("POST", f"/api/plans/{plan_id}/edits", json=body)
    assert locked["version"] == plan["version"] + 1
    desk.get_by_role("button", name=re.compile("：移动、锁定、移走")).first.click()
    desk.get_by_role("button", name="从方案里移走").click()
    sheet = desk.get_by_role("dialog")
    expect(sheet).to_contain_text("没有发出去")
    desk.context.set_offline(False)
    sheet.get_by_role("button", name="再发一次").click()
    expect(sheet).to_contain_text("同事刚改了这个方案")
    expect(sheet).to_contain_text("锁定")
    expect(sheet).to_contain_text("从 1 队移走")
    sheet.get_by_role("button", name="在新方案上再做一次").click()
    expect(sheet).to_have_count(0)
    expect(desk.locator(".history li").first).to_contain_text("从 1 队移走")
    now = colleague.ask("GET", f"/api/plans/{plan_id}")
    assert [edit["kind"] for edit in now["edits"][:2]] == ["remove", "lock"]

    desk.get_by_role("button", name=re.compile("^撤销")).click()
    expect(desk.locator(".history li").first).to_contain_text("撤销：从 1 队移走")
    restored = colleague.ask("GET", f"/api/plans/{plan_id}")
    assert restored["tasks"][0]["stops"] == locked["tasks"][0]["stops"]

    desk.get_by_role("button", name="调整好了").click()
    desk.get_by_role("button", name=re.compile(r"发布全部 \d 条")).click()
    expect(desk.get_by_role("status").filter(has_text="条路线")).to_be_visible()
    assert troubles_but(desk, "ERR_INTERNET_DISCONNECTED", "409") == []
