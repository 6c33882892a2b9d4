"""Web Push against push services on this machine: what arrives, and what follows from each answer."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from backend.core.db import row, rows
from backend.core.ids import uuid7
from backend.core.jobs import waiting_jobs
from backend.notify import connections, push, sender, service
from backend.notify.models import Message, PushSubscription
from backend.people import service as people
from backend.people.models import Person
from backend.settings import Settings
from tests.support.app import ApiClient
from tests.support.district import District, browser_of, make_district
from tests.support.push_browser import PushBrowser, SubscriptionKeys
from tests.support.push_service import PushService
from tests.support.scripted_push import ScriptedService, running
from tests.support.workers import run_due_jobs

type NewClient = Callable[[], ApiClient]
PUSH = "notify.push"


@pytest.fixture
def push_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PushService]:
    """A strict push service over TLS, whose certificate this process trusts."""
    service = PushService(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(service.certificate))
    yield service
    service.close()


@pytest.fixture
async def scripted() -> AsyncIterator[ScriptedService]:
    async with running() as service:
        yield service


@pytest.fixture
def settings(
    make_settings: "Callable[..., Settings]", push_service: PushService, scripted: ScriptedService
) -> "Settings":
    hosts = [push_service.origin.removeprefix("https://"), f"localhost:{scripted.port}", "fcm.googleapis.com"]
    return make_settings(push_allowed_hosts=hosts, vapid_subject="mailto:duty@lexun.invalid")


@pytest.fixture
async def district(app: Any) -> District:
    return await make_district()


async def subscribe_scripted(browser: ApiClient, scripted: ScriptedService, name: str) -> SubscriptionKeys:
    keys = SubscriptionKeys()
    answer = await browser.post("/api/push/subscriptions", json=keys.as_json(scripted.endpoint(name), name))
    assert answer.status_code == 204, answer.text
    return keys


async def alert(person: Person, **values: Any) -> None:
    await service.send(
        [person.id], "alert.live", ("alert", uuid7()), "协查", "Alert", "红色上衣", "Red coat", push=True, urgent=True,
        **values,
    )  # fmt: skip


async def test_a_browser_reads_what_was_sent(
    push_service: PushService, district: District, new_client: NewClient
) -> None:
    """The strict service accepts signature, audience and encryption, and only the browser can read the text."""
    person = await district.volunteer()
    browser = await browser_of(new_client, person)
    key = (await browser.get("/api/push/key")).json()["public_key"]
    async with PushBrowser(push_service.websocket_url) as phone:
        subscription = await phone.subscribe(key)
        assert (await browser.post("/api/push/subscriptions", json=subscription)).status_code == 204
        await alert(person, ttl_s=600)
        assert await run_due_jobs(PUSH) == [PUSH]
        arrived = await phone.next()
        assert (arrived["kind"], arrived["body_zh"]) == ("alert.live", "红色上衣")
        assert arrived["url"] == f"/alerts/{arrived['ref']['id']}"
        (posted,) = push_service.posted
        assert posted.headers["Urgency"] == "high"
        assert posted.headers["Topic"] == arrived["ref"]["id"].replace("-", "")
        assert 590 <= int(posted.headers["TTL"]) <= 600
        kept = await PushSubscription.get(user_id=person.id)
        assert kept.last_ok_at is not None and kept.failures == 0


async def test_the_key_is_made_once(app: Any, district: District, new_client: NewClient) -> None:
    """Everyone who asks gets the same key, also when many ask first at once."""
    browser = await browser_of(new_client, await district.volunteer())
    answers = await asyncio.gather(*(browser.get("/api/push/key") for _ in range(8)))
    assert len({answer.json()["public_key"] for answer in answers}) == 1
    assert len(await rows("SELECT id FROM push_key")) == 1


@pytest.mark.parametrize("status", [404, 410])
async def test_a_browser_that_is_gone_is_forgotten(
    status: int, scripted: ScriptedService, district: District, new_client: NewClient
) -> None:
    """404 and 410 end a subscription; others of the same person are not touched."""
    person = await district.volunteer()
    browser = await browser_of(new_client, person)
    await subscribe_scripted(browser, scripted, "only")
    scripted.answers = [(status, {})]
    await alert(person)
    await run_due_jobs(PUSH)
    assert await PushSubscription.all().count() == 0
    await alert(person)
    assert await run_due_jobs(PUSH) == []
    assert len(scripted.requests) == 1


async def test_unsubscribing_at_the_service_ends_it_here(
    push_service: PushService, district: District, new_client: NewClient
) -> None:
    """The real service's 410 is understood."""
    person = await district.volunteer()
    browser = await browser_of(new_client, person)
    key = (await browser.get("/api/push/key")).json()["public_key"]
    async with PushBrowser(push_service.websocket_url) as phone:
        await browser.post("/api/push/subscriptions", json=await phone.subscribe(key))
        await phone.unsubscribe()
        await alert(person)
        await run_due_jobs(PUSH)
    assert push_service.refused == ["410 no such subscription"]
    assert await PushSubscription.all().count() == 0


async def test_busy_services_are_asked_again_when_they_say(
    scripted: ScriptedService, district: District, new_client: NewClient, clock: ModuleType
) -> None:
    """429 with Retry-After: not before that time, then once; the browser that had it gets no second one."""
    clock.freeze(dt.datetime(2026, 6, 5, 12, tzinfo=dt.UTC))
    person = await district.volunteer()
    browser = await browser_of(new_client, person)
    await subscribe_scripted(browser, scripted, "a")
    await subscribe_scripted(browser, scripted, "b")
    scripted.answers = [(429, {"Retry-After": "120"}), (201, {})]
    await alert(person)
    assert await run_due_jobs(PUSH) == [PUSH]
    assert len(scripted.requests) == 2
    clock.advance(dt.timedelta(seconds=119))
    assert await run_due_jobs(PUSH) == []
    clock.advance(dt.timedelta(seconds=2))
    assert await run_due_jobs(PUSH) == [PUSH]
    names = [name for name, _ in scripted.requests]
    assert len(names) == 3 and names[2] == names[0] and set(names) == {"a", "b"}
    assert await PushSubscription.all().count() == 2


async def test_failing_services_are_given_up_in_the_end(
    scripted: ScriptedService, district: District, new_client: NewClient, clock: ModuleType
) -> None:
    """5xx and a service that is down are tried again with growing pauses, and not for ever."""
    clock.freeze(dt.datetime(2026, 6, 5, 12, tzinfo=dt.UTC))
    person = await district.volunteer()
    browser = await browser_of(new_client, person)
    await subscribe_scripted(browser, scripted, "a")
    scripted.answers = [(500, {})] * 50
    await alert(person, ttl_s=86_400)
    tries = []
    for _ in range(40):
        before = len(scripted.requests)
        await run_due_jobs(PUSH)
        tries.append(len(scripted.requests) - before)
        clock.advance(dt.timedelta(seconds=60))
    assert sum(tries) == push.ATTEMPTS_MAX
    assert (await PushSubscription.get()).failures == push.ATTEMPTS_MAX


async def test_without_any_push_service_the_rest_goes_on(
    scripted: ScriptedService, district: District, new_client: NewClient, clock: ModuleType
) -> None:
    """The message is in the app at once; the push is seen waiting for its next try, and goes out when the service is back."""
    clock.freeze(dt.datetime(2026, 6, 5, 12, tzinfo=dt.UTC))
    person = await district.volunteer()
    browser = await browser_of(new_client, person)
    await subscribe_scripted(browser, scripted, "phone")
    scripted.answers = [(503, {})]
    await alert(person)
    await run_due_jobs(PUSH)
    (told,) = (await browser.get("/api/me/messages")).json()["items"]
    assert told["body_zh"] == "红色上衣"
    (waiting,) = [each for each in await waiting_jobs() if each.name == PUSH]
    assert waiting.jobs == 1 and waiting.next_at > clock.now()
    clock.freeze(waiting.next_at + dt.timedelta(seconds=push.WAIT_FIRST_S))
    await run_due_jobs(PUSH)
    assert [name for name, _ in scripted.requests] == ["phone", "phone"]
    assert PUSH not in {each.name for each in await waiting_jobs()}


async def test_nothing_is_pushed_past_its_time(
    scripted: ScriptedService, district: District, new_client: NewClient, clock: ModuleType
) -> None:
    """A push that could not be sent before it was to be forgotten is not sent at all."""
    clock.freeze(dt.datetime(2026, 6, 5, 12, tzinfo=dt.UTC))
    person = await district.volunteer()
    await subscribe_scripted(await browser_of(new_client, person), scripted, "a")
    await alert(person, ttl_s=60)
    clock.advance(dt.timedelta(seconds=61))
    await run_due_jobs(PUSH)
    assert scripted.requests == []


@pytest.mark.parametrize("status", [400, 401, 403, 413])
async def test_our_own_mistakes_do_not_cost_a_subscription(
    status: int, scripted: ScriptedService, district: District, new_client: NewClient
) -> None:
    """When a service does not take our key or our message, someone must look: keep the browser, do not hammer."""
    person = await district.volunteer()
    await subscribe_scripted(await browser_of(new_client, person), scripted, "a")
    scripted.answers = [(status, {})]
    await alert(person)
    await run_due_jobs(PUSH)
    assert await run_due_jobs(PUSH) == []
    assert (await PushSubscription.get()).failures == 1
    assert len(scripted.requests) == 1


async def test_redirects_are_not_followed(
    scripted: ScriptedService, district: District, new_client: NewClient
) -> None:
    """A push service cannot send the server elsewhere."""
    person = await district.volunteer()
    await subscribe_scripted(await browser_of(new_client, person), scripted, "a")
    scripted.answers = [(307, {"Location": scripted.endpoint("inside")})]
    await alert(person)
    await run_due_jobs(PUSH)
    assert [name for name, _ in scripted.requests] == ["a"]


async def test_silent_services_time_out(
    scripted: ScriptedService, district: District, new_client: NewClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service that takes the request and says nothing counts as unreachable."""
    monkeypatch.setattr(connections, "TIMEOUT_S", 0.2)
    person = await district.volunteer()
    await subscribe_scripted(await browser_of(new_client, person), scripted, "a")
    scripted.delay_s = 2
    await alert(person)
    await run_due_jobs(PUSH)
    found = await row("SELECT COUNT(*) AS waiting FROM job WHERE name = ? AND state = 'todo'", PUSH)
    assert found is not None and found["waiting"] == 1


async def test_running_a_job_twice_pushes_once(
    scripted: ScriptedService, district: District, new_client: NewClient
) -> None:
    """A worker that dies after sending leaves a job that is run again; whoever had the message is left out."""
    person = await district.volunteer()
    await subscribe_scripted(await browser_of(new_client, person), scripted, "a")
    await alert(person)
    message = await Message.get(user_id=person.id)
    block = push.PushBlock(uuid7(), [message.id], True, message.at + dt.timedelta(hours=1), 1)
    await push.push_block(block)
    await push.push_block(block)
    assert len(scripted.requests) == 1


async def test_signed_out_devices_get_nothing(
    scripted: ScriptedService, district: District, new_client: NewClient
) -> None:
    """Signing out ends push at once; the row itself is deleted by the next round."""
    person = await district.volunteer()
    lost, kept = await browser_of(new_client, person), await browser_of(new_client, person)
    await subscribe_scripted(lost, scripted, "lost")
    await subscribe_scripted(kept, scripted, "kept")
    await lost.delete("/api/session")
    await alert(person)
    await run_due_jobs(PUSH)
    assert [name for name, _ in scripted.requests] == ["kept"]
    assert await push.forget_signed_out() == 1
    assert (await PushSubscription.get()).device_name == "kept"


async def test_off_duty_and_recalled_are_left_out_at_the_last_moment(
    scripted: ScriptedService, district: District, new_client: NewClient
) -> None:
    """What changes between telling and pushing counts: duty ended, or the message was withdrawn."""
    person, other = await district.volunteer(), await district.volunteer()
    await subscribe_scripted(await browser_of(new_client, person), scripted, "a")
    await subscribe_scripted(await browser_of(new_client, other), scripted, "b")
    about = ("alert", uuid7())
    await service.send([person.id, other.id], "alert.live", about, "协查", "Alert", push=True, duty_only=True)
    await people.set_duty(person.id, False)
    await service.recall([other.id], about)
    await run_due_jobs(PUSH)
    assert [name for name, _ in scripted.requests] == ["b"], "the recall only"


async def test_a_browser_belongs_to_whoever_signed_in_last(
    scripted: ScriptedService, district: District, new_client: NewClient
) -> None:
    """On a shared phone the former person's messages go nowhere."""
    first, second = await district.volunteer(), await district.volunteer()
    await subscribe_scripted(await browser_of(new_client, first), scripted, "shared")
    await subscribe_scripted(await browser_of(new_client, second), scripted, "shared")
    await alert(first)
    await run_due_jobs(PUSH)
    assert scripted.requests == []
    assert (await PushSubscription.get()).user_id == second.id


async def test_unsubscribing_is_for_ones_own_browser(
    scripted: ScriptedService, district: District, new_client: NewClient
) -> None:
    """Knowing another's endpoint does not let one end it."""
    owner = await browser_of(new_client, await district.volunteer())
    stranger = await browser_of(new_client, await district.volunteer())
    await subscribe_scripted(owner, scripted, "a")
    body = {"endpoint": scripted.endpoint("a")}
    assert (await stranger.request("DELETE", "/api/push/subscriptions", json=body)).status_code == 204
    assert await PushSubscription.all().count() == 1
    assert (await owner.request("DELETE", "/api/push/subscriptions", json=body)).status_code == 204
    assert await PushSubscription.all().count() == 0


async def test_wrong_subscriptions_are_refused_by_field(district: District, new_client: NewClient) -> None:
    """Every wrong part is named: an address inside the network, and keys that no browser makes."""
    browser = await browser_of(new_client, await district.volunteer())
    good = SubscriptionKeys().as_json("https://fcm.googleapis.com/fcm/send/x")
    for body, fields in (
        ({**good, "endpoint": "https://169.254.169.254/latest"}, ["endpoint"]),
        ({**good, "keys": {"p256dh": "BAAA", "auth": "!!"}}, ["keys.p256dh", "keys.auth"]),
        ({**good, "keys": {**good["keys"], "p256dh": "B" + "A" * 86}}, ["keys.p256dh"]),
    ):
        answer = await browser.post("/api/push/subscriptions", json=body)
        assert answer.status_code == 422
        assert [error["field"] for error in answer.json()["errors"]] == fields
    assert (await browser.post("/api/push/subscriptions", json=good)).status_code == 204


async def test_the_trial_tells_how_each_device_is_reached(
    scripted: ScriptedService, district: District, new_client: NewClient
) -> None:
    """`push/test` sends for real and says what each service answered; a browser that is gone is forgotten."""
    person = await district.volunteer()
    here, there = await browser_of(new_client, person), await browser_of(new_client, person)
    await subscribe_scripted(there, scripted, "there")
    await subscribe_scripted(here, scripted, "here")
    scripted.answers = [(201, {}), (410, {})]
    devices = (await here.post("/api/push/test")).json()["devices"]
    by_result = {device["result"]: device for device in devices}
    assert set(by_result) == {"accepted", "gone"}
    assert {device["device_name"]: device["current"] for device in devices} == {"here": True, "there": False}
    assert await PushSubscription.all().count() == 1
    assert await Message.all().count() == 0


async def test_a_failing_service_is_left_alone_for_a_while(
    scripted: ScriptedService, district: District, new_client: NewClient, clock: ModuleType
) -> None:
    """After failures in a row nobody is sent there; then it is tried, and what waited goes out."""
    clock.freeze(dt.datetime(2026, 6, 5, 12, tzinfo=dt.UTC))
    people_waiting = []
    for number in range(sender.FAILURES_IN_A_ROW_MAX + 1):
        person = await district.volunteer()
        await subscribe_scripted(await browser_of(new_client, person), scripted, str(number))
        people_waiting.append(person)
    scripted.answers = [(500, {})] * sender.FAILURES_IN_A_ROW_MAX
    for person in people_waiting[:-1]:
        await alert(person)
        await run_due_jobs(PUSH)
    assert len(scripted.requests) == sender.FAILURES_IN_A_ROW_MAX
    await alert(people_waiting[-1])
    await run_due_jobs(PUSH)
    assert len(scripted.requests) == sender.FAILURES_IN_A_ROW_MAX, "it is not even asked"
    assert (await PushSubscription.get(user_id=people_waiting[-1].id)).failures == 0
    clock.advance(dt.timedelta(seconds=sender.PAUSE_FIRST_S + 1))
    await run_due_jobs(PUSH)
    reached = {name for name, _ in scripted.requests[sender.FAILURES_IN_A_ROW_MAX :]}
    assert reached == {str(number) for number in range(len(people_waiting))}
