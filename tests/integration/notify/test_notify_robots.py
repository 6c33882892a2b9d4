"""Robots of work groups against services that answer as WeCom, DingTalk and Feishu do: 200 whatever they think of it."""

import base64
import datetime as dt
import hashlib
import hmac
from collections.abc import AsyncIterator, Callable
from types import ModuleType
from typing import Any

import pytest
from aiohttp import web
from apprise.plugins import dingtalk, feishu, wecombot

from backend.areas.models import Area
from backend.core.ids import uuid7
from backend.core.roles import Role
from backend.notify import robots, service
from backend.notify.models import GroupMessage, GroupRobot
from tests.support.app import ApiClient
from tests.support.district import District, browser_of, make_district
from tests.support.processes import free_port
from tests.support.workers import run_due_jobs

KEY = "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"
TOKEN = "c5f2a7e4d8b94f3aa1e6b7c8d9e0f1a2"
SECRET = "SECe0d5b1c7a9f84e52b3c6d7e8f9a0b1c2"
FEISHU = "0b1c2d3e-4f5a-6b7c-8d9e-0f1a2b3c4d5e"
WECOM_ADDRESS = f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={KEY}"
DINGTALK_ADDRESS = f"https://oapi.dingtalk.com/robot/send?access_token={TOKEN}"
FEISHU_ADDRESS = f"https://open.feishu.cn/open-apis/bot/v2/hook/{FEISHU}"


class Groups:
    """The three services: each knows one robot, wants its own form of a text, and says no inside of a 200."""

    def __init__(self) -> None:
        self.port = free_port()
        self.said: list[tuple[str, str]] = []
        self.refusals: list[dict[str, Any]] = []

    async def wecom(self, request: web.Request) -> web.Response:
        if request.query["key"] != KEY:
            return web.json_response({"errcode": 93000, "errmsg": "invalid webhook url"})
        body = await request.json()
        assert body["msgtype"] == "text"
        return self._take("wecom", body["text"]["content"], {"errcode": 0, "errmsg": "ok"})

    async def dingtalk(self, request: web.Request) -> web.Response:
        stamp = request.query.get("timestamp", "")
        signed = hmac.new(SECRET.encode(), f"{stamp}\n{SECRET}".encode(), hashlib.sha256).digest()
        if (
            request.query["access_token"] != TOKEN
            or request.query.get("sign") != base64.b64encode(signed).decode()
        ):
            return web.json_response({"errcode": 310000, "errmsg": "sign not match"})
        body = await request.json()
        return self._take("dingtalk", body["text"]["content"], {"errcode": 0, "errmsg": "ok"})

    async def feishu(self, request: web.Request) -> web.Response:
        if request.match_info["token"] != FEISHU:
            return web.json_response(
                {"code": 19001, "msg": "param invalid: incoming webhook access token invalid"}
            )
        body = await request.json()
        assert body["msg_type"] == "text"
        return self._take("feishu", body["content"]["text"], {"code": 0, "msg": "success", "data": {}})

    def _take(self, kind: str, text: str, ok: dict[str, Any]) -> web.Response:
        if self.refusals:
            return web.json_response(self.refusals.pop(0))
        self.said.append((kind, text))
        return web.json_response(ok)


@pytest.fixture
async def groups(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Groups]:
    made = Groups()
    application = web.Application()
    application.router.add_post("/wecom", made.wecom)
    application.router.add_post("/dingtalk", made.dingtalk)
    application.router.add_post("/feishu/{token}/", made.feishu)
    runner = web.AppRunner(application, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", made.port).start()
    here = f"http://127.0.0.1:{made.port}"
    monkeypatch.setattr(wecombot.NotifyWeComBot, "notify_url", here + "/wecom?key={key}")
    monkeypatch.setattr(dingtalk.NotifyDingTalk, "notify_url", here + "/dingtalk?access_token={token}")
    monkeypatch.setattr(feishu.NotifyFeishu, "notify_url", here + "/feishu/{token}/")
    yield made
    await runner.cleanup()


@pytest.fixture
async def district(app: Any) -> District:
    return await make_district()


@pytest.fixture
async def admin(district: District, new_client: Callable[[], ApiClient]) -> ApiClient:
    return await browser_of(new_client, await district.person(Role.ADMIN, on_duty=False))


async def added(admin: ApiClient, area: Area, address: str, secret: str = "") -> dict[str, Any]:
    body = {"area_id": str(area.id), "name": "石坊巡逻群", "address": address, "secret": secret}
    answer = await admin.post("/api/group-robots", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def shown(admin: ApiClient, area: Area) -> dict[str, Any]:
    (robot,) = (await admin.get(f"/api/group-robots?area_id={area.id}")).json()
    return robot


async def test_each_service_is_told_in_its_own_form(
    groups: Groups, admin: ApiClient, district: District
) -> None:
    """A line reaches all three groups of an area; its robots' addresses are shown to nobody again."""
    for address, secret in ((WECOM_ADDRESS, ""), (DINGTALK_ADDRESS, SECRET), (FEISHU_ADDRESS, "")):
        made = await added(admin, district.district, address, secret)
        assert not {KEY, TOKEN, FEISHU, SECRET} & set(str(made).split("'")) and "address" not in made
    told = await service.tell_groups(district.communities[0], ("alert", uuid7()), "【寻人协查】请看")
    assert told == 3
    await run_due_jobs(robots.JOB)
    assert sorted(groups.said) == [(kind, "【寻人协查】请看") for kind in ("dingtalk", "feishu", "wecom")]
    listed = (await admin.get(f"/api/group-robots?area_id={district.district.id}")).json()
    assert all(robot["last_sent_at"] and not robot["error"] for robot in listed)


async def test_a_refusal_inside_of_a_200_is_no_success(
    groups: Groups, admin: ApiClient, district: District, clock: ModuleType
) -> None:
    """What the service said is shown, the line is tried again, and once it got through the trouble is over."""
    clock.freeze(dt.datetime(2026, 6, 5, 12, tzinfo=dt.UTC))
    robot = await added(admin, district.district, WECOM_ADDRESS)
    groups.refusals = [{"errcode": 45009, "errmsg": "api freq out of limit"}]
    assert (await admin.post(f"/api/group-robots/{robot['id']}/test")).status_code == 200
    await run_due_jobs(robots.JOB)
    now = await shown(admin, district.district)
    assert (now["error"], now["waiting"], groups.said) == ("45009 api freq out of limit", 1, [])
    clock.advance(dt.timedelta(seconds=robots.PAUSES_S[0] + 1))
    await run_due_jobs(robots.JOB)
    now = await shown(admin, district.district)
    assert (now["waiting"], len(groups.said)) == (0, 1) and now["last_sent_at"]


async def test_a_group_that_cannot_be_told_is_given_up_in_the_end(
    groups: Groups, admin: ApiClient, district: District, clock: ModuleType
) -> None:
    """A key that is no longer known: tried a few times, then noted as failed with what was said."""
    clock.freeze(dt.datetime(2026, 6, 5, 12, tzinfo=dt.UTC))
    robot = await added(admin, district.district, WECOM_ADDRESS.replace("693a", "000a"))
    await admin.post(f"/api/group-robots/{robot['id']}/test")
    for _ in range(len(robots.PAUSES_S) + 1):
        await run_due_jobs(robots.JOB)
        clock.advance(dt.timedelta(seconds=robots.PAUSES_S[-1] + 1))
    message = await GroupMessage.get()
    assert (message.state, message.error) == ("failed", "93000 invalid webhook url")
    assert (await shown(admin, district.district))["error"] == "93000 invalid webhook url"


async def test_nobody_is_shut_out_for_talking_too_much(
    groups: Groups, admin: ApiClient, district: District, clock: ModuleType
) -> None:
    """More lines than a minute allows wait for the next one."""
    clock.freeze(dt.datetime(2026, 6, 5, 12, tzinfo=dt.UTC))
    await added(admin, district.district, WECOM_ADDRESS)
    for number in range(robots.MESSAGES_A_MINUTE + 4):
        await service.tell_groups(district.district, ("alert", uuid7()), f"第 {number} 条")
    await run_due_jobs(robots.JOB)
    assert len(groups.said) == robots.MESSAGES_A_MINUTE
    clock.advance(dt.timedelta(seconds=61))
    await run_due_jobs(robots.JOB)
    assert len(groups.said) == robots.MESSAGES_A_MINUTE + 4


async def test_only_an_administrator_connects_groups_and_only_these(
    admin: ApiClient, district: District, new_client: Callable[[], ApiClient]
) -> None:
    """No other address, no other role; a removed robot's address is gone and it is told nothing."""
    body = {"area_id": str(district.district.id), "name": "群", "address": WECOM_ADDRESS}
    for role in (Role.OFFICER, Role.VOLUNTEER):
        browser = await browser_of(new_client, await district.person(role))
        assert (await browser.post("/api/group-robots", json=body)).status_code == 403
    for address in (
        "https://evil.example/cgi-bin/webhook/send?key=x",
        "http://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=x",
        "json://localhost/",
        "https://evil.example/?//qyapi.weixin.qq.com/",
    ):
        answer = await admin.post("/api/group-robots", json={**body, "address": address})
        assert [error["field"] for error in answer.json()["errors"]] == ["address"], address
    robot = await added(admin, district.district, WECOM_ADDRESS)
    assert (await admin.delete(f"/api/group-robots/{robot['id']}")).status_code == 204
    assert (await GroupRobot.get()).address == ""
    assert await service.tell_groups(district.district, ("alert", uuid7()), "x") == 0


async def test_a_long_line_is_cut_to_what_is_taken(
    groups: Groups, admin: ApiClient, district: District
) -> None:
    """At most 2,048 bytes, and no half letter."""
    await added(admin, district.district, WECOM_ADDRESS)
    await service.tell_groups(district.district, ("alert", uuid7()), "协" * 690)
    await run_due_jobs(robots.JOB)
    ((_, text),) = groups.said
    assert len(text.encode()) <= 2_048 and text.endswith("…")
