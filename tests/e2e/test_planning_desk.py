"""The planning desk as officers use it: asked, watched, arranged by hand, met by a colleague, taken back, published."""

import re
from pathlib import Path

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


def test_an_officer_chooses_plans_again_and_takes_a_file(page_factory: PageFactory, tmp_path: Path) -> None:
    """A shorter route is chosen, the open ones are planned again, a place is warned of; the plan goes out as a
    spreadsheet and comes back as another, and both are compared."""
    desk = page_factory("officer", desk=True)
    plan_id = asked(desk)
    desk.get_by_role("button", name="调整点位").click()
    desk.get_by_role("button", name="换一条路线").first.click()
    desk.get_by_role("dialog").get_by_role("button", name="走这条").first.click()
    expect(desk.locator(".history li").first).to_contain_text("给 1 队换了一条路线")
    desk.get_by_role("button", name="重新排", exact=True).click()
    desk.get_by_role("dialog").get_by_role("button", name="现在重新排").click()
    expect(desk.locator(".history li").first).to_contain_text("重新排了没人接的路线", timeout=SOLVING_MS)
    desk.get_by_role("button", name="加一条提醒").click()
    box = desk.locator(".leaflet-container").bounding_box()
    assert box
    desk.mouse.click(box["x"] + box["width"] / 2 + 40, box["y"] + box["height"] / 2 + 40)
    desk.get_by_role("dialog").get_by_label("写一句话").fill("河边没有栏杆")
    desk.get_by_role("dialog").get_by_role("button", name="记下").click()
    expect(desk.get_by_text("河边没有栏杆")).to_be_visible()

    desk.get_by_role("button", name="导出").click()
    with desk.expect_download() as download:
        desk.get_by_role("button", name="xlsx 表格").click()
    file = tmp_path / "plan.xlsx"
    download.value.save_as(file)
    desk.goto("/desk/plans/import")
    desk.get_by_label("选文件").first.set_input_files(file)
    desk.wait_for_url(re.compile(r"/desk/plans/[0-9a-f-]{36}$"))
    expect(desk.get_by_text("从文件导入的方案")).to_be_visible()
    again = desk.url.rpartition("/")[2]
    assert again != plan_id
    desk.goto(f"/desk/plans/compare?a={plan_id}&b={again}")
    expect(desk.get_by_role("row", name=re.compile("总分"))).to_be_visible()
    broken = tmp_path / "broken.gpx"
    broken.write_text("no plan")
    desk.goto("/desk/plans/import")
    desk.get_by_label("选文件").first.set_input_files(broken)
    expect(desk.get_by_role("alert").filter(has_text="什么都没有导入")).to_be_visible()
    assert troubles_but(desk, "422") == []
