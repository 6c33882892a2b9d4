"""Alerts beyond the plain one, as people click them: a photo made fit to send, one signature, sightings acted on."""

import io
from pathlib import Path

from PIL import Image
from playwright.sync_api import FilePayload, Page, expect

from tests.e2e.conftest import NewNeighbour, PageFactory, troubles_but
from tests.e2e.people import OLD_STREET
from tests.e2e.scene import unlike
from tests.e2e.test_alert_expiry import on_patrol
from tests.e2e.test_loop import LIVE_MS, hold, with_password
from tests.support.server import LexunServer
from tests.support.visitor import Visitor

SIDE = 400
RED, GREEN = (220, 20, 20), (20, 160, 60)


def two_halves() -> FilePayload:
    """A picture that is red on the left and, on the right, green in fine stripes: covering and cutting can be measured."""
    picture = Image.new("RGB", (2 * SIDE, SIDE), RED)
    for x in range(SIDE, 2 * SIDE, 4):
        picture.paste(GREEN, (x, 0, x + 2, SIDE))
    target = io.BytesIO()
    picture.save(target, "PNG")
    return {"name": "two.png", "mimeType": "image/png", "buffer": target.getvalue()}


def unusable(folder: Path) -> dict[Path, str]:
    """Files that cannot be a photo here, by what the screen says of them."""
    names = {"flood.png": "超过 4000 万像素", "program.jpg": "不是照片", "large.png": "超过 15 MB"}
    files = {folder / name: words for name, words in names.items()}
    flood, program, large = files
    Image.new("1", (8_000, 6_000)).save(flood)
    program.write_bytes(b"MZ\x90\0 this is a program")
    large.write_bytes(flood.read_bytes() + bytes(30_000_000))
    return files


def written(desk: Page, headline: str) -> None:
    """Fill in what every alert needs."""
    desk.get_by_label("一句话描述").fill(headline)
    desk.get_by_label("衣着").fill("深蓝棉衣，灰帽")
    desk.get_by_role("button", name="石坊社区", exact=True).click()
    desk.get_by_label("地点叫什么").fill("滨湖公园南门")
    desk.get_by_role("button", name="2.0 km").click()
    desk.get_by_label("派出所电话").fill("0577 8000 0110")


def test_a_photo_is_cut_and_covered_before_it_leaves(
    page_factory: PageFactory, demo: LexunServer, tmp_path: Path
) -> None:
    """No photo: refused in words. Of a photo only what was kept arrives, faces covered; steps can be undone; keys do it too."""
    desk = page_factory("officer", desk=True)
    desk.goto("/desk/alerts/new")
    desk.get_by_role("button", name="寻人", exact=True).click()
    written(desk, "女，约 70 岁" + unlike())
    for file, words in unusable(tmp_path).items():
        desk.get_by_label("照片", exact=True).set_input_files(file)
        expect(desk.get_by_role("alert").filter(has_text=words)).to_be_visible()
    desk.get_by_label("照片", exact=True).set_input_files(two_halves())
    canvas = desk.locator("canvas[role=application]")
    expect(canvas).to_be_visible()
    box = canvas.bounding_box()
    assert box is not None

    def at(x: float, y: float) -> dict[str, float]:
        return {"x": box["width"] * x, "y": box["height"] * y}

    canvas.click(position=at(0.75, 0.5))  # type: ignore[arg-type]
    undo = desk.get_by_role("button", name="退一步")
    undo.click()
    expect(undo).to_have_count(0)
    desk.get_by_role("button", name="裁剪", exact=True).click()
    canvas.click(position=at(0.5, 0.01))  # type: ignore[arg-type]
    canvas.click(position=at(0.99, 0.99))  # type: ignore[arg-type]
    expect(undo).to_be_visible()
    desk.get_by_role("button", name="遮住旁人的脸", exact=True).click()
    canvas.focus()
    desk.keyboard.press("Space")
    desk.get_by_role("button", name="保存并预览").click()
    expect(desk.get_by_role("button", name="提交审批")).to_be_visible()
    alert_id = desk.url.rsplit("/", 1)[1]
    served = Visitor(demo.url, "officer").get(f"/api/alerts/{alert_id}/photo")
    sent = Image.open(io.BytesIO(served.content)).convert("RGB")
    assert abs(sent.width - SIDE) < 0.05 * SIDE, "the red half was cut away"
    middle = sent.crop((sent.width // 2 - 8, sent.height // 2 - 8, sent.width // 2 + 8, sent.height // 2 + 8))
    edge = sent.crop((sent.width // 2 - 8, 4, sent.width // 2 + 8, 20))
    spread = [max(high - low for low, high in part.getextrema()) for part in (middle, edge)]
    assert spread[0] < spread[1] / 2, "stripes are gone where it was covered"
    assert troubles_but(desk) == []


def test_one_signature_a_review_and_what_becomes_of_a_sighting(
    page_factory: PageFactory, neighbour: NewNeighbour, demo: LexunServer
) -> None:
    """A practice for an elder: out on one signature, reviewed by another, seen, acted on, everyone told to stop."""
    walker = neighbour()
    on_patrol(walker)
    desk = page_factory("officer", desk=True)
    desk.goto("/desk/alerts/new")
    desk.get_by_role("button", name="老人", exact=True).click()
    desk.get_by_role("switch", name="演练").click()
    headline = "男，约 80 岁" + unlike()
    written(desk, headline)
    desk.get_by_role("button", name="保存并预览").click()
    desk.get_by_role("button", name="来不及等审批，先发出").click()
    sheet = desk.get_by_role("dialog", name="来不及等审批，先发出")
    sheet.get_by_label("为什么来不及等").fill("天冷，老人穿得少")
    hold(desk, sheet.get_by_role("button", name="按住，先发出"))
    with_password(desk, desk.get_by_text("一人签发，等待复核"))
    alert_id = desk.url.rsplit("/", 1)[1]

    approver = page_factory("approver", desk=True)
    approver.goto(f"/desk/alerts/{alert_id}")
    approver.get_by_role("button", name="确认，继续").click()
    with_password(approver, approver.get_by_role("main").get_by_text("复核通过"))

    phone = page_factory(walker, position=OLD_STREET)
    phone.goto(f"/alerts/{alert_id}")
    main = phone.get_by_role("main")
    expect(main).to_contain_text("这是演练")
    phone.get_by_role("button", name="我看到了").click()
    seen = phone.get_by_role("dialog", name="你看到了什么")
    expect(seen.get_by_role("link", name="急的话打 0577 8000 0110")).to_be_visible()
    seen.get_by_role("button", name="坐着").click()
    seen.get_by_role("button", name="同意，要拍照").click()
    seen.get_by_label("远处的照片").set_input_files(two_halves())
    expect(seen.locator("canvas[role=application]")).to_be_visible()
    seen.get_by_role("button", name="告诉警方").click()
    expect(seen).to_contain_text("警方已收到")
    seen.get_by_role("button", name="好", exact=True).click()

    sightings = desk.get_by_role("region", name="发现", exact=True)
    sightings.get_by_role("button", name="已看", exact=True).click(timeout=LIVE_MS)
    sightings.get_by_role("button", name="派警", exact=True).click()
    sightings.get_by_label("派谁去、做什么").fill("二组去公园看一下")
    sightings.locator("form").get_by_role("button", name="派警").click()
    sightings.get_by_role("button", name="到场", exact=True).click()
    expect(main).to_contain_text("民警已到场，请停止寻找", timeout=LIVE_MS)
    expect(sightings.get_by_role("button", name="点按查看照片")).to_be_visible(timeout=LIVE_MS)
    sightings.get_by_role("button", name="结果", exact=True).click()
    sightings.get_by_role("button", name="找到了", exact=True).click()
    expect(sightings.get_by_role("listitem").filter(has_text="找到了")).to_be_visible()
    Visitor(demo.url, "officer").ask("POST", f"/api/alerts/{alert_id}/close", json={"outcome": "found"})
    for page in (desk, approver, phone):
        assert troubles_but(page, "403") == []
