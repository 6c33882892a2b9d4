"""When a phone says nothing: the next way to its owner, never more than was said, and the way back at the end."""

import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable
from types import ModuleType
from typing import Any

import pytest
from aiohttp import web
from standardwebhooks import Webhook

from backend.alerts import escalating, service
from backend.alerts.models import Alert, Delivery
from backend.core import clock as movable
from backend.core.ids import uuid7
from backend.notify.models import GroupMessage, GroupRobot
from backend.notify.sms import NotTaken
from backend.people import service as people
from backend.people.models import Person
from backend.settings import Settings
from tests.integration.alerts.conftest import Station
from tests.support.app import ApiClient
from tests.support.processes import free_port
from tests.support.workers import run_due_jobs

type Volunteer = Callable[..., Awaitable[tuple[Person, ApiClient]]]
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PORT = free_port()


class Gateway:
    """The station's adapter for text messages: it checks the signature, as a receiver must."""

    def __init__(self) -> None:
        self.texts: list[tuple[str, str]] = []
        self.ids: list[str] = []
        self.down = False

    async def take(self, request: web.Request) -> web.Response:
        if self.down:
            return web.Response(status=503)
        body = Webhook(SECRET).verify(await request.text(), dict(request.headers))
        self.texts.append((body["phone"], body["text"]))
        self.ids.append(request.headers["webhook-id"])
        return web.Response()


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    made = Gateway()
    application = web.Application()
    application.router.add_post("/", made.take)
    runner = web.AppRunner(application, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", PORT).start()
    yield made
    await runner.cleanup()


@pytest.fixture
def settings(make_settings: Callable[..., Settings]) -> Settings:
    return make_settings(sms_hook_url=f"http://127.0.0.1:{PORT}/", sms_hook_secret=SECRET)


async def connect_group(station: Station) -> None:
    await GroupRobot.create(
        id=uuid7(), area_id=station.district.district.id, kind="wecom", name="群", created_by=station.officer.id,
        address="https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=x", created_at=movable.now(),
    )  # fmt: skip


async def escalate(clock: ModuleType, seconds: float) -> None:
    clock.advance(dt.timedelta(seconds=seconds))
    await service.escalate_due()
    await run_due_jobs(escalating.SMS_JOB)


async def test_silence_goes_one_way_further_each_time(
    station: Station, volunteer: Volunteer, gateway: Gateway, clock: ModuleType
) -> None:
    """Groups once, then a text to whoever is silent and on duty; both say where to read it and nothing of what it says."""
    await connect_group(station)
    heard, phone = await volunteer()
    silent, _ = await volunteer()
    resting, _ = await volunteer()
    alert_id = await station.live()
    body = {"kind": "delivered", "at": movable.now().isoformat()}
    await phone.post(f"/api/alerts/{alert_id}/receipts", json=body)
    await people.set_duty(resting.id, False)

    await escalate(clock, 30)
    assert await GroupMessage.all().count() == 0
    for _ in range(2):
        await escalate(clock, 16)
    line = (await GroupMessage.get()).text_zh
    assert gateway.texts == []
    await escalate(clock, 120)
    await escalate(clock, 15)
    assert gateway.texts == [(silent.phone, line)]
    assert f"/alerts/{alert_id}" in line and "只观察、报告，不靠近、不追赶" in line
    for kept_inside in ("张某", "红色上衣", "走路缓慢", "桥头", "菜市场"):
        assert kept_inside not in line
    assert len(line.encode()) <= 2_048
    text = await Delivery.get(alert_id=alert_id, channel="sms")
    assert (text.user_id, text.sent_at is not None) == (silent.id, True)
    codes = [
        moment["code"] for moment in (await station.desk.get(f"/api/alerts/{alert_id}")).json()["timeline"]
    ]
    assert codes.count("groups-told") == 1
    assert heard.id != silent.id

    await station.close(alert_id)
    await run_due_jobs(escalating.SMS_JOB)
    assert [phone for phone, _ in gateway.texts] == [silent.phone, silent.phone]
    assert (
        "已撤回" in gateway.texts[-1][1]
        and "已撤回" in [m.text_zh for m in await GroupMessage.all().order_by("id")][-1]
    )
    assert len(set(gateway.ids)) == 2


async def test_where_everyone_has_heard_nobody_else_is_told(
    station: Station, volunteer: Volunteer, gateway: Gateway, clock: ModuleType
) -> None:
    """No group and no text when each phone has answered, and none for an alert that is over."""
    await connect_group(station)
    _, phone = await volunteer()
    alert_id, over_id = await station.live(), await station.live()
    body = {"kind": "delivered", "at": movable.now().isoformat()}
    await phone.post(f"/api/alerts/{alert_id}/receipts", json=body)
    await station.close(over_id)
    await escalate(clock, 300)
    assert await GroupMessage.all().count() == 0 and gateway.texts == []
    assert (await Alert.get(id=alert_id)).groups_told_at is None


async def test_a_gateway_that_is_down_loses_no_text(
    station: Station, volunteer: Volunteer, gateway: Gateway, clock: ModuleType
) -> None:
    """The text waits among the jobs, goes out under the same number, and not at all once the phone has answered."""
    silent, _ = await volunteer()
    late, late_phone = await volunteer()
    alert_id = await station.live()
    gateway.down = True
    clock.advance(dt.timedelta(seconds=130))
    await service.escalate_due()
    waiting = {text.user_id: text for text in await Delivery.filter(channel="sms")}
    assert set(waiting) == {silent.id, late.id}
    assert (await Alert.get(id=alert_id)).groups_told_at is None, "no group is connected, so none was told"
    with pytest.raises(NotTaken):
        await service.text_one(waiting[silent.id].id, recall=False)
    assert await Delivery.filter(channel="sms", sent_at__isnull=False).count() == 0
    gateway.down = False
    body = {"kind": "opened", "at": movable.now().isoformat()}
    await late_phone.post(f"/api/alerts/{alert_id}/receipts", json=body)
    await run_due_jobs(escalating.SMS_JOB)
    assert [number for number, _ in gateway.texts] == [silent.phone]
    assert gateway.ids == [str(waiting[silent.id].id)]


async def test_one_sees_by_which_ways_one_can_be_told(
    station: Station, volunteer: Volunteer, gateway: Gateway
) -> None:
    """Devices, groups of the own area, and whether there are text messages."""
    await connect_group(station)
    _, phone = await volunteer()
    ways: Any = (await phone.get("/api/me/alert-ways")).json()
    assert ways == {"devices": [], "groups": 1, "sms": True}
