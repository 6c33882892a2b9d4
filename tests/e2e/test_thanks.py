"""Points as people use them: bought, scanned, undone; a shop joins, its month is settled, and the rules change in the open."""

import re
import urllib.parse

from playwright.sync_api import Page, expect
from pyotp.totp import TOTP

from tests.e2e.conftest import NewNeighbour, PageFactory, troubles_but
from tests.e2e.scene import unlike
from tests.e2e.test_loop import hold

SOY_MILK = "热豆浆一杯"
SOY_MILK_POINTS = 8
CAMERA = """svg => {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 480;
  const picture = new Image();
  picture.src = 'data:image/svg+xml,' + encodeURIComponent(svg);
  const draw = canvas.getContext('2d');
  setInterval(() => {
    draw.fillStyle = '#ddd';
    draw.fillRect(0, 0, 480, 480);
    if (picture.complete) draw.drawImage(picture, 90, 90, 300, 300);
  }, 100);
  navigator.mediaDevices.getUserMedia = async () => canvas.captureStream(10);
}"""
"""A camera that sees a customer's phone."""


def test_a_voucher_is_bought_scanned_and_given_back(
    page_factory: PageFactory, neighbour: NewNeighbour
) -> None:
    """From the window to the counter's camera; the wrong one is undone with a reason, and every point is explained."""
    buyer = neighbour(points=SOY_MILK_POINTS)
    balance = buyer.http.ask("GET", "/api/me/points")["balance"]
    phone = page_factory(buyer)
    phone.goto("/offers")
    phone.get_by_role("button", name="现在换得起").click()
    phone.get_by_role("button", name=re.compile("^小吃饭馆")).click()
    phone.get_by_role("link").filter(has_text=SOY_MILK).click()
    main = phone.get_by_role("main")
    expect(main).to_contain_text("30 天内用；过期没用，积分自动退回")
    expect(main).to_contain_text(f"换后还剩 {balance - SOY_MILK_POINTS} 分")
    phone.get_by_role("button", name=f"用 {SOY_MILK_POINTS} 分兑换").click()
    code = phone.get_by_role("img", name="兑换券二维码")
    expect(code).to_be_visible()
    digits = phone.get_by_text(re.compile(r"^\d{4}\s\d{4}$")).inner_text()

    shop = page_factory("merchant")
    shop.add_init_script(f"({CAMERA})({code.inner_html()!r})")
    shop.goto("/shop")
    shop.get_by_role("link", name="扫码核销").click()
    expect(shop.get_by_role("status").filter(has_text="核销成功")).to_contain_text(SOY_MILK)
    expect(main).to_contain_text("谢谢你走过的路")

    shop.get_by_role("button", name="撤销").click()
    sheet = shop.get_by_role("dialog", name="撤销这次核销")
    sheet.get_by_role("button", name="扫错了券").click()
    sheet.get_by_role("button", name="撤销", exact=True).click()
    expect(shop.get_by_role("main")).to_contain_text("已撤销")
    shop.get_by_role("link", name="回到商户页").click()
    undone = shop.locator(".redeemed").filter(has_text=SOY_MILK).first
    expect(undone).to_contain_text("已撤销")

    expect(code).to_be_visible()
    assert phone.get_by_text(re.compile(r"^\d{4}\s\d{4}$")).inner_text() != digits
    phone.context.set_offline(True)
    expect(main).to_contain_text("二维码不能更新，请报下面的数字")
    phone.context.set_offline(False)
    phone.goto("/me/points")
    row = phone.locator("details").filter(has_text="店家撤销核销，券恢复").first
    row.click()
    expect(row).to_contain_text(f"重新预留 {SOY_MILK}")
    expect(main).to_contain_text(f"{SOY_MILK_POINTS} 分在没用的券里")
    assert troubles_but(shop) == []
    assert troubles_but(phone, "ERR_INTERNET_DISCONNECTED") == []


def test_a_month_is_settled_and_the_rules_change_in_the_open(page_factory: PageFactory) -> None:
    """The owner disputes a line, the district answers, the owner agrees, it is paid; other rules are tried before they hold."""
    owner = page_factory("merchant")
    owner.goto("/shop")
    owner.get_by_role("link").filter(has_text="对账单").click()
    owner.get_by_role("link").filter(has_text="待核对").click()
    owner.get_by_role("button", name="有问题").first.click()
    sheet = owner.get_by_role("dialog", name="哪里不对")
    sheet.get_by_label("有问题").fill("那天停电")
    sheet.get_by_role("button", name="记下").click()
    owner.reload()
    expect(owner.get_by_role("main")).to_contain_text("你记下的：那天停电")
    owner.get_by_role("button", name="提交 1 条异议").click()
    expect(owner.get_by_role("main")).to_contain_text("异议：那天停电")

    desk = page_factory("admin", desk=True)
    desk.goto("/admin/statements")
    row = desk.get_by_role("row").filter(has_text="老街面馆")
    expect(row).to_contain_text("1 条异议待答")
    row.get_by_role("link").click()
    desk.get_by_label("你的答复").fill("查过了，那天有电")
    desk.get_by_role("button", name="维持不变").click()

    expect(owner.get_by_role("main")).to_contain_text("答复（不改）：查过了，那天有电")
    hold(owner, owner.get_by_role("button", name=re.compile("按住确认")))
    expect(owner.get_by_role("main")).to_contain_text("你已确认")
    with owner.expect_download() as download:
        owner.get_by_role("button", name="Excel").click()
    assert download.value.suggested_filename.endswith(".xlsx")

    desk.reload()
    desk.get_by_label("凭证号").fill("2201")
    desk.get_by_role("button", name="记为已付").click()
    expect(desk.get_by_role("main")).to_contain_text("已付，凭证 2201")
    assert troubles_but(owner) == []

    desk.get_by_role("button", name="积分", exact=True).click()
    effect = desk.get_by_role("main").locator("[aria-live=polite]").filter(has_text="如果上个月就用它")
    expect(effect).to_contain_text("多得 0 人")
    desk.get_by_role("button", name="增加夜间另加").click()
    expect(effect).to_contain_text(re.compile(r"多得 [1-9]\d* 人"))
    desk.get_by_role("button", name="改回现行").click()
    expect(effect).to_contain_text("多得 0 人")
    desk.get_by_role("button", name="增加一次宣讲").click()
    desk.get_by_label("为什么改").fill("宣讲更费工夫" + unlike())
    desk.get_by_role("button", name="存为草案").click()
    desk.get_by_role("button", name="启用", exact=True).click()
    expect(desk.get_by_role("heading", name=re.compile(r"现行第 [3-9]\d* 版"))).to_be_visible()
    assert troubles_but(desk) == []


def test_the_district_looks_after_its_thanks(page_factory: PageFactory, neighbour: NewNeighbour) -> None:
    """A talk is thanked for and explained on the phone; who wants to is on the board; the desk funds, looks, and ends a scene."""
    speaker, what = neighbour(), "文庙广场反诈宣讲" + unlike()
    community = page_factory("poster", desk=True)
    community.goto("/desk/thanks")
    community.get_by_role("button", name="宣讲", exact=True).click()
    community.get_by_label("什么事").fill(what)
    community.get_by_label("谁办的").fill(speaker.phone[-4:])
    community.get_by_role("button").filter(has_text=speaker.name).click()
    community.get_by_role("button", name="送出谢意").click()
    expect(community.get_by_role("main")).to_contain_text(re.compile(rf"{speaker.name} [1-9]\d* 分"))

    phone = page_factory(speaker)
    phone.goto("/me/points")
    row = phone.locator("details").filter(has_text=what.strip())
    row.click()
    expect(row).to_contain_text("一次宣讲")
    phone.goto("/me/leaderboard")
    expect(phone.get_by_role("main")).to_contain_text("人在榜")
    wanted = phone.get_by_role("switch", name="我愿意上榜")
    if wanted.get_attribute("aria-checked") == "false":
        wanted.click()
    expect(phone.get_by_role("main")).to_contain_text(re.compile(r"本月第 \d+ 位"))
    assert troubles_but(phone) == []
    assert troubles_but(community) == []

    desk, funder = page_factory("admin", desk=True), "社区基金" + unlike()
    desk.goto("/admin/budgets")
    desk.get_by_role("button", name="添一笔预算").click()
    sheet = desk.get_by_role("dialog", name="添一笔预算")
    sheet.get_by_label("谁出").fill(funder)
    sheet.get_by_label("多少积分").fill("500")
    sheet.get_by_role("button", name="添加").click()
    added = desk.locator(".card").filter(has_text=funder.strip())
    expect(added).to_contain_text("进行中")
    added.get_by_text("提前结束").click()
    hold(desk, added.get_by_role("button", name=re.compile("按住")))
    expect(added).to_contain_text("已结束")

    desk.goto("/admin/signals")
    odd = desk.locator(".card").filter(has_text="短时间很多次").first
    odd.get_by_label("看到了什么（可不填）").fill("队里一起喝茶")
    odd.get_by_role("button", name="没有问题").click()
    expect(desk.locator(".card").filter(has_text="短时间很多次")).to_have_count(0)
    desk.get_by_role("button", name="已看").click()
    expect(desk.get_by_role("main")).to_contain_text("队里一起喝茶")

    desk.goto("/admin/fairness")
    main = desk.get_by_role("main")
    expect(main).to_contain_text("各队 30 天内走过的人")
    expect(main).to_contain_text(re.compile(r"[1-9]\d* / \d+ 人"))
    hold(desk, desk.get_by_role("button", name="按住结束"))
    expect(desk.get_by_role("button", name="宣布")).to_be_visible()
    expect(main).not_to_contain_text("各队 30 天内走过的人")
    assert troubles_but(desk) == []


def test_a_shop_joins(page_factory: PageFactory) -> None:
    """A stranger fills one page, sets up the authenticator, waits, is let in by the district, and has a till."""
    stranger, number = page_factory(), unlike().strip()[-8:]
    name, phone = f"豆腐坊{number}", f"133{number}"
    stranger.goto("/login")
    stranger.get_by_role("link", name="商户加入").click()
    for label, text in (
        ("店名", name),
        ("营业执照号", f"91330302ma{number}"),
        ("地址", "槐巷 17 号"),
        ("你的姓名", "苏婶"),
        ("手机号", phone),
        ("出生年份", "1968"),
        ("密码", "tofu-for-all"),
    ):
        stranger.get_by_label(label, exact=True).fill(text)
    stranger.get_by_label("在哪个社区").select_option(label="石坊社区")
    stranger.get_by_role("button", name="提交申请").click()
    expect(stranger.get_by_role("img", name="验证器二维码")).to_be_visible()
    address = stranger.get_by_role("link", name="在这台手机的验证器里打开").get_attribute("href") or ""
    secret = urllib.parse.parse_qs(urllib.parse.urlsplit(address).query)["secret"][0]
    sign_in(stranger, phone, secret)
    expect(stranger.get_by_role("main")).to_contain_text("申请已收到，等街道审核")

    desk = page_factory("admin", desk=True)
    desk.goto("/admin/merchants")
    desk.get_by_role("button").filter(has_text=name).click()
    sheet = desk.get_by_role("dialog", name=name)
    expect(sheet).to_contain_text(f"91330302MA{number}")
    sheet.get_by_role("button", name="同意加入").click()
    expect(sheet).to_have_count(0)

    # The waiting page turns into the till by itself.
    expect(stranger.get_by_role("link", name="扫码核销")).to_be_visible()
    assert troubles_but(stranger, "401") == []
    assert troubles_but(desk) == []


def sign_in(page: Page, phone: str, secret: str) -> None:
    """With the password, then with the authenticator's digits."""
    page.get_by_role("link", name="去登录").click()
    page.get_by_label("手机号").fill(phone)
    page.get_by_label("密码").fill("tofu-for-all")
    page.get_by_role("button", name="登录", exact=True).click()
    page.get_by_label("动态验证码").fill(TOTP(secret).now())
    page.get_by_role("button", name="登录", exact=True).click()
