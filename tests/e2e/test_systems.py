"""Other systems: an administrator lets one in, it hands in a warning, and an officer decides what becomes of it."""

import httpx
from playwright.sync_api import expect

from tests.e2e.conftest import PageFactory
from tests.e2e.test_loop import hold
from tests.support.server import LexunServer

WARNING = """<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>E2E-1</identifier>
<sender>platform@city.example</sender><sent>2026-06-05T20:00:00+08:00</sent><status>Actual</status>
<msgType>Alert</msgType><scope>Restricted</scope><info><language>zh-CN</language><category>Safety</category>
<event>老人走失</event><urgency>Immediate</urgency><severity>Moderate</severity><certainty>Observed</certainty>
<headline>桥头有老人走失</headline><description>灰帽，走路慢</description><contact>0577-8000110</contact>
<area><areaDesc>石坊桥头</areaDesc></area></info></alert>"""


def test_a_system_is_let_in_and_only_proposes(page_factory: PageFactory, demo: LexunServer) -> None:
    """The key is shown once and works at once; the warning fills the officer's form; what is put aside stays visible."""
    admin = page_factory("admin", desk=True)
    admin.goto("/admin/systems")
    admin.get_by_text("新密钥").click()
    admin.get_by_label("给谁用").fill("市局预警平台")
    admin.get_by_role("button", name="转来预警").click()
    admin.get_by_role("button", name="生成密钥").click()
    again = admin.get_by_role("dialog")
    code = admin.locator("code", has_text="lxk_")
    expect(again.or_(code).first).to_be_visible()
    if again.is_visible():
        again.locator("input[type=password]").fill("lewan-demo")
        again.locator("button[type=submit]").click()
    expect(code).to_be_visible()
    token = code.inner_text()
    answer = httpx.post(
        f"{demo.url}/api/feeds/alerts", content=WARNING.encode(), headers={"Authorization": f"Bearer {token}"}
    )
    assert answer.status_code == 201, answer.text

    officer = page_factory("officer", desk=True)
    officer.goto("/desk/alerts")
    expect(officer.get_by_text("桥头有老人走失")).to_be_visible()
    officer.get_by_role("link", name="用它起草").click()
    expect(officer.get_by_label("一句话描述", exact=True)).to_have_value("桥头有老人走失")
    expect(officer.get_by_text("灰帽，走路慢")).to_be_visible()
    officer.goto("/desk/alerts")
    officer.get_by_role("button", name="不用", exact=True).click()
    expect(officer.get_by_text("没有采用")).to_be_visible()

    admin.reload()
    expect(admin.get_by_text("市局预警平台", exact=True)).to_be_visible()
    expect(code).to_have_count(0)
    admin.get_by_text("新通知地址").click()
    admin.get_by_label("地址", exact=True).fill("https://10.0.0.1/hook")
    admin.get_by_role("button", name="添加", exact=True).click()
    expect(admin.get_by_text("这是内部网络的地址，要由运维放行", exact=True)).to_be_visible()
    admin.get_by_role("button", name="停用", exact=True).click()
    hold(admin, admin.get_by_role("button", name="按住停用"))
    expect(admin.get_by_text("还没有密钥")).to_be_visible()
    gone = httpx.get(f"{demo.url}/api/feeds/alerts.atom", headers={"Authorization": f"Bearer {token}"})
    assert gone.status_code == 401
