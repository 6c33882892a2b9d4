"""The live stream: over a real socket, with real sessions, on the engine under test."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Callable
from types import ModuleType
from typing import Any

import pytest

from backend.core import bus, metrics, sessions
from backend.core.ids import uuid7
from backend.core.roles import Role
from backend.notify import service, stream
from backend.people import service as people
from backend.people.models import Person
from tests.support.app import ApiClient
from tests.support.district import District, browser_of, make_district
from tests.support.events import listening, open_events

type NewClient = Callable[[], ApiClient]


@pytest.fixture
async def address(app: Any) -> AsyncIterator[str]:
    async with listening(app) as url:
        yield url


@pytest.fixture
async def district(app: Any) -> District:
    return await make_district()


async def tell(person: Person, title: str, kind: str = "task.published", **values: Any) -> None:
    await service.send([person.id], kind, ("task", uuid7()), title, title, **values)


async def test_a_message_arrives_with_its_number(
    address: str, district: District, new_client: NewClient
) -> None:
    """An open stream gets what its person is told, and nothing that others are told."""
    person, other = await district.volunteer(), await district.volunteer()
    browser = await browser_of(new_client, person)
    async with open_events(address, browser.cookies) as events:
        assert events.response.status_code == 200
        assert events.response.headers["content-type"].startswith("text/event-stream")
        assert events.response.headers["cache-control"] == "no-store"
        assert events.response.headers["x-accel-buffering"] == "no"
        await events.until_ready()
        await tell(other, "不是给你的")
        await tell(person, "给你的")
        number, event, data = await events.next()
        assert (event, data["title_zh"], data["seq"]) == ("message", "给你的", number)


async def test_resuming_loses_nothing_and_repeats_nothing(
    address: str, district: District, new_client: NewClient
) -> None:
    """A client that comes back with the last number it saw gets exactly what was said meanwhile, in order."""
    person = await district.volunteer()
    browser = await browser_of(new_client, person)
    async with open_events(address, browser.cookies) as events:
        await events.until_ready()
        for number in range(3):
            await tell(person, f"在线 {number}")
        seen = [await events.message() for _ in range(3)]
    for number in range(4):
        await tell(person, f"离线 {number}")
    async with open_events(address, browser.cookies, last_event_id=seen[1]["seq"]) as events:
        again = [await events.message() for _ in range(5)]
        await tell(person, "又在线")
        again.append(await events.message())
    titles = [message["title_zh"] for message in again]
    assert titles == ["在线 2", "离线 0", "离线 1", "离线 2", "离线 3", "又在线"]
    assert [message["seq"] for message in again] == sorted({message["seq"] for message in again})


async def test_after_in_the_address_resumes_too(
    address: str, district: District, new_client: NewClient
) -> None:
    """`?after=` serves clients that cannot send a header; a number from another database does not silence them."""
    person = await district.volunteer()
    browser = await browser_of(new_client, person)
    await tell(person, "早先")
    async with open_events(address, browser.cookies, "?after=0") as events:
        assert (await events.message())["title_zh"] == "早先"
    async with open_events(address, browser.cookies, "?after=999999999") as events:
        await events.until_ready()
        await tell(person, "现在")
        assert (await events.message())["title_zh"] == "现在"


async def test_a_lost_bus_message_costs_a_poll_only(
    address: str, district: District, new_client: NewClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the bus loses is read from the table at the next ping."""
    monkeypatch.setattr(stream, "PING_S", 0.2)
    person = await district.volunteer()
    browser = await browser_of(new_client, person)
    async with open_events(address, browser.cookies) as events:
        await events.until_ready()
        monkeypatch.setattr(service, "_wake_streams", lambda: None)
        await tell(person, "没有广播")
        assert (await events.message())["title_zh"] == "没有广播"
        assert (await events.next())[1] == ""


async def test_a_withdrawn_message_is_not_replayed(
    address: str, district: District, new_client: NewClient
) -> None:
    """Who comes back after a recall gets the recall and no text of what was recalled."""
    person = await district.volunteer()
    browser = await browser_of(new_client, person)
    alert = uuid7()
    await service.send([person.id], "alert.live", ("alert", alert), "协查", "Alert", "红色上衣", "Red coat")
    await service.recall([person.id], ("alert", alert))
    async with open_events(address, browser.cookies, "?after=0") as events:
        message = await events.message()
        assert (message["kind"], message["ref"]["id"]) == ("alert.recall", str(alert))
        assert "红" not in str(message)
        assert await events.until_ready() == message["seq"]


async def test_duty_only_messages_pass_by_people_off_duty(
    address: str, district: District, new_client: NewClient
) -> None:
    """Off duty means off duty at the moment of delivery, on an open stream and on a resumed one."""
    person = await district.volunteer()
    browser = await browser_of(new_client, person)
    async with open_events(address, browser.cookies, "?after=0") as events:
        await events.until_ready()
        await people.set_duty(person.id, False)
        await tell(person, "执勤才有", duty_only=True)
        await tell(person, "谁都有")
        assert (await events.message())["title_zh"] == "谁都有"
    async with open_events(address, browser.cookies, "?after=0") as events:
        assert (await events.message())["title_zh"] == "谁都有"


async def test_a_revoked_session_hears_nothing_more(
    address: str, district: District, new_client: NewClient
) -> None:
    """Signing a device out ends its stream before anything else is said to it, and it cannot come back."""
    person = await district.volunteer()
    lost, kept = await browser_of(new_client, person), await browser_of(new_client, person)
    async with (
        open_events(address, lost.cookies) as lost_events,
        open_events(address, kept.cookies) as kept_events,
    ):
        await lost_events.until_ready()
        await kept_events.until_ready()
        assert metrics.sse_clients._value.get() == 2
        assert (await lost.delete("/api/session")).status_code == 204
        await tell(person, "只给还登录着的")
        assert (await kept_events.message())["title_zh"] == "只给还登录着的"
        with pytest.raises(StopAsyncIteration):
            await lost_events.next()
    async with open_events(address, lost.cookies) as events:
        assert events.response.status_code == 401
    await asyncio.sleep(0.05)
    assert metrics.sse_clients._value.get() == 0


async def test_an_expired_session_ends_at_the_next_ping(
    address: str,
    district: District,
    new_client: NewClient,
    clock: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A stream outlives its session by no more than a ping."""
    monkeypatch.setattr(stream, "PING_S", 0.1)
    person = await district.volunteer()
    browser = await browser_of(new_client, person)
    async with open_events(address, browser.cookies) as events:
        await events.until_ready()
        clock.advance(dt.timedelta(days=31))
        with pytest.raises(StopAsyncIteration):
            while True:
                await events.next()


async def test_a_reader_that_falls_behind_loses_nothing(
    address: str, district: District, new_client: NewClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More messages at once than a stream holds all arrive, once and in order."""
    monkeypatch.setattr(stream, "WAITING_MAX", 5)
    monkeypatch.setattr(stream, "READ_MAX", 7)
    person = await district.volunteer()
    browser = await browser_of(new_client, person)
    async with open_events(address, browser.cookies) as events:
        await events.until_ready()
        for number in range(60):
            await tell(person, str(number))
        assert [(await events.message())["title_zh"] for _ in range(60)] == [
            str(number) for number in range(60)
        ]


async def test_positions_go_to_the_desk_of_their_area_only(
    address: str, district: District, new_client: NewClient
) -> None:
    """Moving positions reach desk roles, within their area's box, without a number; nobody else may ask."""
    officer = await district.person(Role.OFFICER)
    volunteer = await district.volunteer()
    desk, phone = await browser_of(new_client, officer), await browser_of(new_client, volunteer)
    community = district.communities[0]
    inside = {
        "patrol_id": str(uuid7()),
        "lon": community.center_lon,
        "lat": community.center_lat,
        "at": "now",
    }
    outside = {**inside, "lon": community.east + 0.005}
    async with open_events(address, desk.cookies, f"?desk={community.id}") as events:
        await events.until_ready()
        bus.publish("positions:lewan", outside)
        bus.publish("positions:lewan", inside)
        assert await events.next() == (None, "position", inside)
    async with open_events(address, phone.cookies, f"?desk={community.id}") as events:
        assert events.response.status_code == 403
    other = await make_district("elsewhere", 1, (113.3, 23.1))
    async with open_events(address, desk.cookies, f"?desk={other.district.id}") as events:
        assert events.response.status_code == 404


async def test_nobody_without_a_session(address: str, app: Any, new_client: NewClient) -> None:
    """The stream needs a session, and says so as a problem document."""
    async with open_events(address, new_client().cookies) as events:
        assert events.response.status_code == 401
        assert events.response.headers["content-type"].startswith("application/problem+json")


async def test_the_inbox_pages_and_hides_what_was_recalled(district: District, new_client: NewClient) -> None:
    """The inbox shows one's own messages, latest first, page by page; of a recalled one only that it was."""
    person, other = await district.volunteer(), await district.volunteer()
    browser = await browser_of(new_client, person)
    alert = uuid7()
    await service.send([person.id], "alert.live", ("alert", alert), "协查", "Alert", "红色上衣", "Red coat")
    await tell(other, "别人的")
    for number in range(service.INBOX_PAGE):
        await tell(person, str(number))
    await service.recall([person.id], ("alert", alert))
    first = (await browser.get("/api/me/messages")).json()
    assert len(first["items"]) == service.INBOX_PAGE
    assert first["items"][0]["kind"] == "alert.recall"
    second = (await browser.get("/api/me/messages", params={"before": first["next"]})).json()
    assert second["next"] is None
    assert [item["title_zh"] for item in second["items"]] == ["0", "已撤回"]
    assert second["items"][-1]["recalled"] is True
    read = await browser.post("/api/me/messages/read", json={"seq": first["items"][0]["seq"]})
    assert read.status_code == 204
    assert all(item["read"] for item in (await browser.get("/api/me/messages")).json()["items"])


async def test_a_signed_in_demo_of_sessions(district: District, new_client: NewClient) -> None:
    """The browsers these tests use are signed in as the person they say."""
    person = await district.volunteer(name="王小五")
    browser = await browser_of(new_client, person)
    assert (await browser.get("/api/me")).json()["name"] == "王小五"
    assert sessions.COOKIE in {cookie.name for cookie in browser.cookies.jar}


@pytest.mark.parametrize("last_seen", ["-1", "x", "²", "9" * 40, "1.5"])
async def test_a_last_event_id_that_is_no_number_is_refused(
    last_seen: str, district: District, new_client: NewClient
) -> None:
    """Nonsense in the header or in the address is a plain refusal."""
    browser = await browser_of(new_client, await district.volunteer())
    answer = await browser.get("/api/stream", headers={"Last-Event-ID": last_seen.encode()})
    assert answer.status_code == 422
    for address in ("/api/stream?after=", "/api/me/messages?before="):
        assert (await browser.get(address + last_seen)).status_code in (400, 422), address
