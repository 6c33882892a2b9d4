"""The officer's import in a real browser, from the made-up file to the kinds that it brought."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import PageFactory, troubles_but

WAIT_MS = 60_000


@pytest.mark.parametrize("desk", [True, False], ids=["desk", "phone"])
def test_an_officer_imports_a_file(page_factory: PageFactory, tmp_path: Path, desk: bool) -> None:
    """Chosen, declared, tried, confirmed, on the desk and on the phone; given again it adds nothing."""
    page = page_factory("officer", desk=desk)
    page.goto("/desk/incidents")
    with page.expect_download() as download:
        page.get_by_role("button", name="下载一份演示文件").click()
    file = tmp_path / "export.csv"
    download.value.save_as(file)
    file.write_text(file.read_text("utf-8-sig").replace("JQ0", "KD" if desk else "KP"), "utf-8-sig")

    for already in (False, True):
        page.goto("/desk/incidents/import")
        page.set_input_files("input[type=file]", file)
        page.get_by_role("group", name="坐标用的是哪种坐标系").wait_for(timeout=WAIT_MS)
        expect(page.get_by_role("button", name="先选坐标系")).to_be_disabled()
        page.get_by_role("radio", name="GCJ-02").check()
        expect(page.get_by_text("个点在辖区范围内")).to_be_visible()
        expect(page.get_by_text("含个人信息，不读取：报警人、联系电话")).to_be_visible()
        page.get_by_role("button", name="试导入").click()
        page.get_by_role("heading", name="试导入结果").wait_for(timeout=WAIT_MS)
        expect(page.get_by_text("已丢弃个人信息列：报警人、联系电话")).to_be_visible()
        page.get_by_text("没有坐标，请补上").click()
        expect(page.get_by_role("cell", name="（空）").first).to_be_visible()
        if already:
            expect(page.get_by_text("导入过同一个文件")).to_be_visible()
        with page.expect_download() as refused:
            page.get_by_role("button", name="下载这些行（xlsx）").click()
        assert refused.value.suggested_filename == "export-refused.xlsx"
        page.locator(".thumb").get_by_role("button", name="导入").last.click()
        page.get_by_text("再导入一份").wait_for(timeout=WAIT_MS)
        expect(page.get_by_text("新增 0 起", exact=True)).to_have_count(1 if already else 0)
    assert troubles_but(page) == []


def test_a_file_of_another_kind(page_factory: PageFactory, tmp_path: Path) -> None:
    """A file that is no table says so, with what to do; an unknown header is named by hand and then read."""
    page = page_factory("officer", desk=True, locale="en-GB")
    broken = tmp_path / "broken.xlsx"
    broken.write_bytes(b"PK\x03\x04 no more")
    page.goto("/desk/incidents/import")
    page.set_input_files("input[type=file]", broken)
    expect(page.get_by_text("Export it again and try")).to_be_visible(timeout=WAIT_MS)
    odd = tmp_path / "odd.csv"
    odd.write_text("a,b,c,d\n2026-06-01 20:30,122.6072,27.4904,dispute\n", "utf-8")
    page.goto("/desk/incidents/import")
    page.set_input_files("input[type=file]", odd)
    page.get_by_text("Still missing").wait_for(timeout=WAIT_MS)
    for label, column in (("Longitude", "b"), ("Latitude", "c"), ("Time", "a"), ("Kind", "d")):
        page.get_by_label(label).select_option(column)
    page.get_by_role("button", name="Read it like this").click()
    page.get_by_role("radio", name="WGS-84").wait_for(timeout=WAIT_MS)
    page.get_by_role("radio", name="WGS-84").check()
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_text("Every row can be used")).to_be_visible(timeout=WAIT_MS)
    page.get_by_role("button", name="Drop it and delete the file").click()
    expect(
        page.get_by_text("Nothing imported yet").or_(page.get_by_role("heading", name="Imports"))
    ).to_be_visible()
    assert troubles_but(page) == []


def test_a_kind_is_weighed(page_factory: PageFactory) -> None:
    """The officer raises a weight and hides a kind from volunteers; a reload shows it; a private kind offers neither."""
    page = page_factory("officer", desk=True)
    page.goto("/desk/incidents/kinds")
    weight = page.get_by_role("group", name="权重 消防隐患")
    before = float(weight.locator("b").inner_text())
    weight.get_by_role("button", name="+0.5").click()
    expect(weight.locator("b")).to_have_text(f"{before + 0.5:g}")
    page.reload()
    expect(page.get_by_role("group", name="权重 消防隐患").locator("b")).to_have_text(f"{before + 0.5:g}")
    private = page.locator(".kind").filter(has=page.get_by_role("heading", name="家庭纠纷"))
    expect(private.get_by_text("永远不参与")).to_be_visible()
    expect(private.get_by_role("switch")).to_have_count(0)
    assert troubles_but(page) == []
