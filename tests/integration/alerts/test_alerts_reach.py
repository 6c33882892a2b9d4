"""Whom an alert reaches, and what the people it does not reach can find out."""

import datetime as dt
import uuid
from collections.abc import Awaitable, Callable
from types import ModuleType
from typing import Any

import msgspec
import pytest

from backend.alerts import service as alerts
from backend.alerts.audience import AUDIENCE_MAX
from backend.alerts.models import Delivery
from backend.core import clock as movable
from backend.core.ids import uuid7
from backend.core.roles import Role
from backend.notify import service as notify
from backend.notify.models import Message, PushSubscription
from backend.people import service as people
from backend.people.models import Person
from tests.integration.alerts.conftest import Station, jpeg
from tests.support.app import ApiClient
from tests.support.district import CENTER, make_district

type Volunteer = Callable[..., Awaitable[tuple[Person, ApiClient]]]


async def reached(alert_id: str) -> dict[Any, int | None]:
    found = await Delivery.filter(alert_id=alert_id, channel="in_app")
    return {delivery.user_id: delivery.distance_m for delivery in found}


async def test_only_verified_adults_on_duty(
    station: Station, volunteer: Volunteer, clock: ModuleType
) -> None:
    """Off duty, not verified, under age, suspended or far away: not one row, not one message."""
    able, _ = await volunteer()
    left_out = [
        await volunteer(on_duty=False),
        await volunteer(verified=False),
        await volunteer(birth_year=clock.now().year - 16),
        await volunteer(birth_year=clock.now().year - 18),
        await volunteer(community=2),
    ]
    suspended, _ = await volunteer()
    admin = await station.district.person(Role.ADMIN, on_duty=False)
    admins_browser = await station.browser(admin)
    answer = await admins_browser.post(f"/api/people/{suspended.id}/disable", json={"reason": "查实"})
    assert answer.status_code == 200, answer.text
    alert_id = await station.live()
    assert set(await reached(alert_id)) == {able.id}
    for person, phone in left_out:
        assert await Message.filter(user_id=person.id).count() == 0
        assert (await phone.get("/api/me/alerts")).json() == []
        assert (await phone.get(f"/api/alerts/{alert_id}")).status_code == 404
        assert (await phone.get(f"/api/alerts/{alert_id}/photo")).status_code == 404
        assert (
            await phone.post(f"/api/alerts/{alert_id}/sightings", json=station.sighting())
        ).status_code == 404
        receipt = {"kind": "opened", "at": movable.now().isoformat()}
        assert (await phone.post(f"/api/alerts/{alert_id}/receipts", json=receipt)).status_code == 404


async def test_going_off_duty_puts_it_away(station: Station, volunteer: Volunteer) -> None:
    """Who goes off duty has no card and no photo; back on duty they have it again; a sighting is welcome either way."""
    person, phone = await volunteer()
    alert_id = await station.live()
    await people.set_duty(person.id, False)
    assert (await phone.get(f"/api/alerts/{alert_id}")).status_code == 404
    assert (await phone.get("/api/me/alerts")).json() == []
    assert (await phone.post(f"/api/alerts/{alert_id}/sightings", json=station.sighting())).status_code == 201
    await people.set_duty(person.id, True)
    assert (await phone.get(f"/api/alerts/{alert_id}")).status_code == 200


async def patrol_at(station: Station, phone: ApiClient, lon: float, lat: float) -> None:
    """Start a free patrol and send one position."""
    now = movable.now().isoformat()
    await phone.put("/api/me/consents/whereabouts", json={"granted": True, "version": 1})
    patrol = {"id": str(uuid7()), "area_id": str(station.district.communities[0].id), "started_at": now}
    started = await phone.post("/api/patrols", json=patrol)
    assert started.status_code in (200, 201), started.text
    fix = {"id": str(uuid7()), "at": movable.now().isoformat(), "lon": lon, "lat": lat, "accuracy_m": 8.0}
    sent = await phone.post(f"/api/patrols/{patrol['id']}/fixes", json={"fixes": [fix]})
    assert sent.json()["stored"] == 1, sent.text


async def test_patrols_near_the_point_come_first(station: Station, volunteer: Volunteer) -> None:
    """Where someone walks counts, not where they live; those at home nearby follow."""
    walker, walkers_phone = await volunteer(community=2)
    at_home, _ = await volunteer()
    _, phone_far_away = await volunteer(community=2)
    off_duty, phone_off_duty = await volunteer(community=2)
    lon, lat = CENTER
    await patrol_at(station, walkers_phone, lon + 0.003, lat)
    await patrol_at(station, phone_far_away, lon + 0.03, lat)
    await patrol_at(station, phone_off_duty, lon, lat)
    await people.set_duty(off_duty.id, False)
    alert_id = await station.live(lon=lon + 0.0035)
    found = await reached(alert_id)
    assert set(found) == {walker.id, at_home.id}
    walker_m, home_m = found[walker.id], found[at_home.id]
    assert walker_m is not None and home_m is not None
    assert 40 < walker_m < 60 < 300 < home_m < 400


async def test_no_more_than_are_needed_the_nearest_first(station: Station) -> None:
    """Of 33 people the 30 nearest; the preview says how many are left out."""
    near = [await station.district.volunteer(community=0) for _ in range(AUDIENCE_MAX - 2)]
    far = [await station.district.volunteer(community=1) for _ in range(5)]
    alert_id = await station.submitted(radius_m=1500)
    preview = (await station.chief.get(f"/api/alerts/{alert_id}/audience")).json()
    assert (preview["count"], preview["left_out"]) == (AUDIENCE_MAX, 3)
    await station.chief.post(f"/api/alerts/{alert_id}/approve", json={})
    found = await reached(alert_id)
    assert len(found) == AUDIENCE_MAX
    assert {person.id for person in near} <= set(found)
    assert len({person.id for person in far} & set(found)) == 2


async def test_signed_out_phones_are_not_pushed_to(station: Station, volunteer: Volunteer) -> None:
    """A subscription of an ended session counts for nothing; a live one is one more way to the same person."""
    person, phone = await volunteer()
    session = (await phone.get("/api/me/devices")).json()[0]["id"]
    await PushSubscription.create(
        id=uuid7(), user_id=person.id, session_id=session, endpoint="https://push.invalid/1", p256dh="k", auth="a",
        device_name="", created_at=movable.now(),
    )  # fmt: skip
    first = await station.live()
    assert {row.channel for row in await Delivery.filter(alert_id=first)} == {"in_app", "web_push"}
    await phone.delete("/api/session")
    second = await station.live()
    assert {row.channel for row in await Delivery.filter(alert_id=second)} == {"in_app"}
    assert (await phone.get(f"/api/alerts/{second}")).status_code == 401


async def test_nobody_to_reach_is_no_error(station: Station) -> None:
    """An alert with nobody near goes live and says so."""
    alert_id = await station.live()
    desk = (await station.desk.get(f"/api/alerts/{alert_id}")).json()
    assert desk["counts"]["audience"] == 0
    assert (await station.close(alert_id))["state"] == "recalled"


# --- sightings ------------------------------------------------------------------------------------------------------


async def test_only_the_police_of_the_area_read_sightings(station: Station, volunteer: Volunteer) -> None:
    """Not even the one who reported; nor another recipient, an administrator or police of the next community."""
    _, phone = await volunteer(name="目击者")
    _, other_phone = await volunteer()
    alert_id = await station.live()
    await phone.post(f"/api/alerts/{alert_id}/sightings", json=station.sighting())
    listed = (await station.desk.get(f"/api/alerts/{alert_id}/sightings")).json()["items"]
    assert [(item["by_name"], item["distance_m"]) for item in listed] == [("目击者", listed[0]["distance_m"])]
    assert 90 < listed[0]["distance_m"] < 110
    for browser in (phone, other_phone):
        assert (await browser.get(f"/api/alerts/{alert_id}/sightings")).status_code == 403
        assert "长椅" not in (await browser.get(f"/api/alerts/{alert_id}")).text
    outsiders = [
        await station.district.person(Role.ADMIN),
        await station.district.person(Role.POSTER),
        await station.district.person(Role.OFFICER, at=station.district.communities[1]),
    ]
    for person in outsiders:
        browser = await station.browser(person)
        assert (await browser.get(f"/api/alerts/{alert_id}/sightings")).status_code == 404
        assert await Message.filter(user_id=person.id, kind="sighting.new").count() == 0


async def test_a_sighting_sent_twice_is_one(station: Station, volunteer: Volunteer) -> None:
    """The same id again changes nothing and tells nobody again; someone else's id is refused."""
    person, phone = await volunteer()
    _, other_phone = await volunteer()
    alert_id = await station.live()
    body = station.sighting()
    first = await phone.post(f"/api/alerts/{alert_id}/sightings", json=body)
    again = await phone.post(f"/api/alerts/{alert_id}/sightings", json=body)
    assert first.json() == again.json()
    assert (await other_phone.post(f"/api/alerts/{alert_id}/sightings", json=body)).status_code == 409
    assert len((await station.desk.get(f"/api/alerts/{alert_id}/sightings")).json()["items"]) == 1
    assert await Message.filter(user_id=person.id, kind="sighting.received").count() == 1
    assert await Message.filter(user_id=station.officer.id, kind="sighting.new").count() == 1


async def test_what_was_seen_before_the_end_is_taken_after_it(station: Station, volunteer: Volunteer) -> None:
    """A phone without a network reports late; what is seen after the end is not asked for any more."""
    _, phone = await volunteer()
    alert_id = await station.live()
    while_live = station.sighting()
    await station.close(alert_id)
    assert (await phone.post(f"/api/alerts/{alert_id}/sightings", json=while_live)).status_code == 201
    later = await phone.post(f"/api/alerts/{alert_id}/sightings", json=station.sighting())
    assert (later.status_code, later.json()["code"]) == (410, "alert-withdrawn")


# --- other districts ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.OFFICER, Role.APPROVER, Role.ADMIN, Role.VOLUNTEER])
async def test_another_district_cannot_be_read_by_guessing_an_id(
    role: Role, station: Station, volunteer: Volunteer
) -> None:
    """Every address of an alert answers the same for one of another district and for one that does not exist."""
    await volunteer()
    live = await station.live()
    draft = await station.drafted()
    foreign = await make_district("elsewhere", 1, (113.3, 23.1))
    browser = await station.browser(await foreign.person(role))
    now = movable.now().isoformat()
    requests: list[tuple[str, str, dict[str, Any]]] = [
        ("GET", "", {}),
        ("GET", "/audience", {}),
        ("GET", "/photo", {}),
        ("GET", "/sightings", {}),
        ("PATCH", "", {"json": {"radius_m": 100}}),
        ("PUT", "/photo", {"content": jpeg((40, 40))}),
        ("POST", "/submit", {}),
        ("POST", "/approve", {"json": {}}),
        ("POST", "/update", {"json": {"text_zh": "换了外套"}}),
        ("POST", "/close", {"json": {"outcome": "found"}}),
        ("POST", "/receipts", {"json": {"kind": "opened", "at": now}}),
        ("POST", "/sightings", {"json": station.sighting()}),
    ]
    for method, rest, content in requests:
        answers = [
            await browser.request(method, f"/api/alerts/{alert_id}{rest}", **content)
            for alert_id in (live, draft, str(uuid7()))
        ]
        assert {answer.status_code for answer in answers} == {404}, (method, rest)
        bodies = [
            {key: value for key, value in answer.json().items() if key not in ("instance", "params")}
            for answer in answers
        ]
        assert bodies[0] == bodies[1] == bodies[2]
    query = {"area_id": str(station.district.communities[0].id)}
    assert (await browser.get("/api/alerts", params=query)).status_code == 404
    composed = await browser.post("/api/alerts", json=station.draft())
    assert composed.status_code == 404


async def test_the_push_services_word_is_in_the_delivery(station: Station, volunteer: Volunteer) -> None:
    """A delivery by Web Push counts as sent once a push service has taken it, and not before."""
    person, _ = await volunteer()
    alert_id = await station.live()
    now = movable.now()
    await Delivery.create(id=uuid7(), alert_id=alert_id, user_id=person.id, channel="web_push")
    pushed = [notify.Pushed("alert.live", "alert", uuid.UUID(alert_id), person.id, now)]
    await alerts.note_pushed(pushed)
    assert (await Delivery.get(alert_id=alert_id, channel="web_push")).sent_at == now
    await alerts.note_pushed([msgspec.structs.replace(pushed[0], at=now + dt.timedelta(minutes=1))])
    assert (await Delivery.get(alert_id=alert_id, channel="web_push")).sent_at == now


async def test_not_for_me_ends_the_calls_but_not_the_recall(station: Station, volunteer: Volunteer) -> None:
    """Whoever says so has it in no list and hears no additions; may look again; and is called back with the others."""
    person, phone = await volunteer()
    other, _ = await volunteer()
    alert_id = await station.live()

    async def say(kind: str) -> None:
        body = {"kind": kind, "at": movable.now().isoformat()}
        assert (await phone.post(f"/api/alerts/{alert_id}/receipts", json=body)).status_code == 204

    await say("declined")
    assert (await phone.get("/api/me/alerts")).json() == []
    assert (await phone.get(f"/api/alerts/{alert_id}")).json()["declined"] is True
    await station.desk.post(f"/api/alerts/{alert_id}/update", json={"text_zh": "可能往车站"})
    assert [told.user_id for told in await Message.filter(kind="alert.update")] == [other.id]
    desk = (await station.desk.get(f"/api/alerts/{alert_id}")).json()
    assert (desk["counts"]["declined"], desk["counts"]["opened"], desk["counts"]["acknowledged"]) == (1, 1, 0)
    await say("acknowledged")
    assert len((await phone.get("/api/me/alerts")).json()) == 1
    await say("declined")
    await station.close(alert_id)
    recalled = {told.user_id for told in await Message.filter(kind="alert.recall")}
    assert recalled == {person.id, other.id}


async def test_the_desk_sees_each_recipient_by_each_way(station: Station, volunteer: Volunteer) -> None:
    """Name, distance, and what became of it; a volunteer may not look."""
    person, phone = await volunteer(name="甲")
    await volunteer(name="乙")
    alert_id = await station.live()
    body = {"kind": "opened", "at": movable.now().isoformat()}
    await phone.post(f"/api/alerts/{alert_id}/receipts", json=body)
    assert (await phone.get(f"/api/alerts/{alert_id}/deliveries")).status_code == 403
    sent = (await station.desk.get(f"/api/alerts/{alert_id}/deliveries")).json()
    assert {each["name"] for each in sent} == {"甲", "乙"}
    (opened,) = [each for each in sent if each["user_id"] == str(person.id)]
    (way,) = opened["ways"]
    assert way["channel"] == "in_app" and way["sent_at"] and way["opened_at"] and not way["acknowledged_at"]


async def test_a_reporter_sees_how_far_the_own_report_has_come(
    station: Station, volunteer: Volunteer
) -> None:
    """Received, read, dealt with; also of one that was merged; nothing of others', and nothing of what was done."""
    _, phone = await volunteer()
    _, other = await volunteer()
    alert_id = await station.live()
    address = f"/api/me/sightings?alert_id={alert_id}"
    first, second = station.sighting(), station.sighting()
    for body in (first, second):
        await phone.post(f"/api/alerts/{alert_id}/sightings", json=body)

    async def states() -> list[str]:
        return [each["state"] for each in (await phone.get(address)).json()]

    assert await states() == ["received", "received"]
    steps = f"/api/sightings/{first['id']}/steps"
    await station.desk.post(steps, json={"step": "instructed", "text_zh": "二组去看"})
    await station.desk.post(f"/api/sightings/{second['id']}/merge", json={"into": first["id"]})
    assert await states() == ["read", "read"]
    await station.desk.post(steps, json={"step": "outcome", "outcome": "found"})
    assert await states() == ["done", "done"]
    assert "二组" not in (await phone.get(address)).text
    assert (await other.get(address)).json() == []
    _, stranger = await volunteer(community=2)
    assert (await stranger.get(address)).status_code == 404
