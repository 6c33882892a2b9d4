"""Webhooks: signed as the standard says, sent once it has happened, tried again, and never into the own network."""

import asyncio
import datetime as dt
import json
import socket
from collections.abc import AsyncIterator, Callable
from types import ModuleType
from typing import Any

import pytest
from aiohttp import web
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from backend.core.roles import Role
from backend.integrations import webhooks
from backend.integrations.models import Webhook, WebhookDelivery
from backend.settings import Settings
from tests.support.app import ApiClient
from tests.support.district import District, browser_of, make_district
from tests.support.processes import free_port
from tests.support.workers import run_due_jobs

PORT = free_port()


class Receiver:
    """Somebody else's server: keeps what it is sent and answers as told."""

    def __init__(self) -> None:
        self.received: list[tuple[dict[str, str], bytes]] = []
        self.statuses: list[int] = []
        self.headers: dict[str, str] = {}

    async def take(self, request: web.Request) -> web.Response:
        self.received.append((dict(request.headers), await request.read()))
        status = self.statuses.pop(0) if self.statuses else 204
        return web.Response(status=status, headers=self.headers)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    made = Receiver()
    application = web.Application()
    application.router.add_post("/hook", made.take)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", PORT).start()
    yield made
    await runner.cleanup()


@pytest.fixture
def settings(make_settings: Callable[..., Settings]) -> Settings:
    return make_settings(webhook_private_hosts=(f"127.0.0.1:{PORT}",))


@pytest.fixture
async def district(app: Any) -> District:
    return await make_district()


@pytest.fixture
async def admin(district: District, new_client: Callable[[], ApiClient]) -> ApiClient:
    return await browser_of(new_client, await district.person(Role.ADMIN))


async def add_webhook(admin: ApiClient, district: District, **values: Any) -> dict[str, Any]:
    wanted = {
        "area_id": str(district.district.id),
        "url": f"http://127.0.0.1:{PORT}/hook",
        "events": ["alert.live", "alert.ended"],
        **values,
    }
    answer = await admin.post("/api/integrations/webhooks", json=wanted)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_an_event_arrives_signed(district: District, admin: ApiClient, receiver: Receiver) -> None:
    """The receiver verifies it with the secret shown once; a changed body and an old stamp are not believed."""
    made = await add_webhook(admin, district)
    listed = (await admin.get("/api/integrations", params={"area_id": str(district.district.id)})).json()
    assert listed["webhooks"][0]["secret"] is None
    await webhooks.emit(district.communities[0], "alert.live", {"alert_id": "1"})
    await webhooks.emit(district.communities[0], "alert.updated", {"alert_id": "1"})
    await run_due_jobs()
    ((headers, body),) = receiver.received
    assert json.loads(body)["type"] == "alert.live" and json.loads(body)["data"] == {"alert_id": "1"}
    verifier = Verifier(made["secret"])
    assert verifier.verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        verifier.verify(body.replace(b"1", b"2"), headers)
    with pytest.raises(WebhookVerificationError):
        verifier.verify(
            body, {**headers, "webhook-timestamp": str(int(headers["webhook-timestamp"]) - 4_000)}
        )
    (line,) = (await admin.get(f"/api/integrations/webhooks/{made['id']}/deliveries")).json()
    assert (line["state"], line["status"], line["tries"]) == ("delivered", 204, 1)


async def test_what_did_not_happen_is_not_told(
    district: District, admin: ApiClient, receiver: Receiver
) -> None:
    """An event of a unit of work that fails leaves no delivery."""
    from backend.core.db import atomic

    await add_webhook(admin, district)

    @atomic
    async def fails() -> None:
        await webhooks.emit(district.district, "alert.live", {})
        raise RuntimeError("after all, no")

    with pytest.raises(RuntimeError):
        await fails()
    await run_due_jobs()
    assert receiver.received == [] and await WebhookDelivery.all().count() == 0


async def test_it_is_tried_again_with_the_same_id(
    district: District, admin: ApiClient, receiver: Receiver, clock: ModuleType
) -> None:
    """With growing pauses, waiting as long as the receiver asks; the log shows each try."""
    made = await add_webhook(admin, district)
    receiver.statuses, receiver.headers = [500, 503], {"Retry-After": "900"}
    await webhooks.emit(district.district, "alert.live", {})
    await run_due_jobs()
    await run_due_jobs()
    assert len(receiver.received) == 1, "not before its time"
    clock.advance(dt.timedelta(seconds=901))
    await run_due_jobs()
    clock.advance(dt.timedelta(seconds=901))
    await run_due_jobs()
    assert [headers["webhook-id"] for headers, _ in receiver.received] == [
        receiver.received[0][0]["webhook-id"]
    ] * 3
    (line,) = (await admin.get(f"/api/integrations/webhooks/{made['id']}/deliveries")).json()
    assert (line["state"], line["tries"]) == ("delivered", 3)


async def test_nobody_is_asked_for_ever(
    district: District, admin: ApiClient, receiver: Receiver, clock: ModuleType
) -> None:
    """410 stops a webhook at once, days of failure in the end; what waited is not sent; it can be started again."""
    gone = await add_webhook(admin, district)
    receiver.statuses = [410]
    await webhooks.emit(district.district, "alert.live", {})
    await webhooks.emit(district.district, "alert.ended", {})
    await run_due_jobs()
    assert (await Webhook.get(id=gone["id"])).state == "gone"
    assert len(receiver.received) == 1
    again = await admin.post(f"/api/integrations/webhooks/{gone['id']}/resume")
    assert again.json()["state"] == "active"
    receiver.statuses = [500] * 20
    await webhooks.emit(district.district, "alert.live", {})
    for _ in range(12):
        await run_due_jobs()
        clock.advance(dt.timedelta(days=1, seconds=1))
    assert (await Webhook.get(id=gone["id"])).state == "failing"
    assert len(receiver.received) == 1 + 1 + len(webhooks.PAUSES_S)


async def test_a_removed_webhook_hears_nothing(
    district: District, admin: ApiClient, receiver: Receiver
) -> None:
    """Not even what was waiting for it; and it is not listed any more."""
    made = await add_webhook(admin, district)
    await webhooks.emit(district.district, "alert.live", {})
    assert (await admin.delete(f"/api/integrations/webhooks/{made['id']}")).status_code == 204
    await run_due_jobs()
    assert receiver.received == []
    assert (await admin.get(f"/api/integrations/webhooks/{made['id']}/deliveries")).status_code == 404


async def test_a_test_event_can_be_sent(district: District, admin: ApiClient, receiver: Receiver) -> None:
    """And its log line tells what became of it, a server that is not there too."""
    made = await add_webhook(admin, district)
    assert (await admin.post(f"/api/integrations/webhooks/{made['id']}/test")).status_code == 202
    await run_due_jobs()
    assert json.loads(receiver.received[0][1])["type"] == "test"
    nobody = f"http://127.0.0.1:{PORT}/nobody"
    made = await add_webhook(admin, district, url=nobody)
    await admin.post(f"/api/integrations/webhooks/{made['id']}/test")
    await run_due_jobs()
    (line,) = (await admin.get(f"/api/integrations/webhooks/{made['id']}/deliveries")).json()
    assert (line["state"], line["status"]) == ("waiting", 404) and line["next_at"]


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://example.org/hook", "scheme"),
        ("ftp://example.org/hook", "scheme"),
        ("https://10.0.0.1/hook", "private"),
        ("https://[::1]/hook", "private"),
        ("https://169.254.169.254/latest", "private"),
        ("https://localhost/hook", "private"),
        ("https://name:word@example.org/", "unreadable"),
        ("https://example.org/#part", "unreadable"),
        ("https:///hook", "unreadable"),
    ],
)
async def test_an_address_that_leads_inside_is_refused(
    url: str, code: str, district: District, admin: ApiClient
) -> None:
    """By its code, with the address; nothing is kept."""
    wanted = {"area_id": str(district.district.id), "url": url, "events": ["alert.live"]}
    answer = await admin.post("/api/integrations/webhooks", json=wanted)
    assert [(each["field"], each["code"]) for each in answer.json()["errors"]] == [("url", code)]
    assert await Webhook.all().count() == 0


async def test_a_name_that_turns_inward_is_not_followed(
    district: District, admin: ApiClient, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The address is looked at when the connection is made: a public name that now leads here gets nothing."""
    made = await add_webhook(admin, district, url="https://hook.example.org/hook")
    loop = asyncio.get_running_loop()

    async def inward(*_args: Any, **_kwargs: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", PORT))]

    monkeypatch.setattr(loop, "getaddrinfo", inward)
    await admin.post(f"/api/integrations/webhooks/{made['id']}/test")
    await run_due_jobs()
    (line,) = (await admin.get(f"/api/integrations/webhooks/{made['id']}/deliveries")).json()
    assert (line["status"], line["error"]) == (None, "private")
    assert receiver.received == []


async def test_only_a_fresh_administrator_opens_a_way_out(
    district: District, new_client: Callable[[], ApiClient]
) -> None:
    """Officers, other districts' administrators and one who signed in long ago cannot add a key or a webhook."""
    area_id = str(district.district.id)
    key = {"area_id": area_id, "name": "平台", "scopes": ["alerts.read"]}
    hook = {"area_id": area_id, "url": "https://example.org/", "events": ["alert.live"]}
    officer = await browser_of(new_client, await district.person(Role.OFFICER))
    stale = await browser_of(new_client, await district.person(Role.ADMIN), fresh=False)
    elsewhere = await make_district("other", center=(121.7, 29.0))
    stranger = await browser_of(new_client, await elsewhere.person(Role.ADMIN))
    for browser, status in ((officer, 403), (stale, 403), (stranger, 404)):
        for address, wanted in (("keys", key), ("webhooks", hook)):
            assert (await browser.post(f"/api/integrations/{address}", json=wanted)).status_code == status
    assert (await officer.get("/api/integrations", params={"area_id": area_id})).status_code == 403
