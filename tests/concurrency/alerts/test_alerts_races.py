"""Two moves at once on one alert: one of them happens, once."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from backend.alerts import publishing
from backend.alerts.models import Alert, Delivery, Sighting, SightingStep
from backend.core import clock
from backend.core.roles import Role
from backend.notify.models import Message
from tests.integration.alerts.conftest import Station
from tests.support.app import ApiClient
from tests.support.district import make_district


@pytest.fixture
async def station(app: Any, new_client: Callable[[], ApiClient]) -> Station:
    opened = Station(await make_district(), new_client)
    await opened.open()
    return opened


async def test_two_approvers_send_it_once(station: Station) -> None:
    """Of many approvals at once one goes through; every person has one delivery and one message."""
    people_near = [await station.district.volunteer() for _ in range(4)]
    chiefs = [station.chief]
    for _ in range(4):
        chiefs.append(await station.browser(await station.district.person(Role.APPROVER, on_duty=False)))
    alert_id = await station.submitted()
    answers = await asyncio.gather(
        *(chief.post(f"/api/alerts/{alert_id}/approve", json={}) for chief in chiefs)
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409]
    assert await Delivery.filter(alert_id=alert_id).count() == len(people_near)
    assert await Message.filter(kind="alert.live").count() == len(people_near)


async def test_closing_and_expiring_recall_once(station: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    """An officer, the clock and a colleague end it in the same moment: one outcome, one recall for each person."""
    people_near = [await station.district.volunteer() for _ in range(3)]
    alert_id = await station.live()
    alert = await Alert.get(id=alert_id)
    monkeypatch.setattr(publishing.clock, "now", lambda: max(alert.expires_at, clock_now()))
    await asyncio.gather(
        station.desk.post(f"/api/alerts/{alert_id}/close", json={"outcome": "found"}),
        publishing.expire_due(),
        station.desk.post(f"/api/alerts/{alert_id}/close", json={"outcome": "cleared"}),
        publishing.expire_due(),
    )
    assert (await Alert.get(id=alert_id)).state == "recalled"
    recalled = [message.user_id for message in await Message.filter(kind="alert.recall")]
    assert sorted(recalled) == sorted(person.id for person in people_near)


clock_now = clock.now


async def test_one_sighting_sent_many_times_at_once_is_one(station: Station) -> None:
    """A phone that repeats itself on a bad network leaves one sighting and one word to the police."""
    person = await station.district.volunteer()
    phone = await station.browser(person)
    alert_id = await station.live()
    body = station.sighting()
    answers = await asyncio.gather(
        *(phone.post(f"/api/alerts/{alert_id}/sightings", json=body) for _ in range(8))
    )
    assert {answer.status_code for answer in answers} == {201}
    assert await Sighting.all().count() == 1
    assert await Message.filter(user_id=station.officer.id, kind="sighting.new").count() == 1


async def test_one_signature_and_an_approval_at_once(station: Station) -> None:
    """The composer sends alone while an approver approves: it goes out once, and either way two people can be named."""
    person = await station.district.volunteer()
    alert_id = await station.submitted(subject="elder")
    answers = await asyncio.gather(
        station.desk.post(f"/api/alerts/{alert_id}/send-alone", json={"why": "天冷"}),
        station.chief.post(f"/api/alerts/{alert_id}/approve", json={}),
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    alert = await Alert.get(id=alert_id)
    assert (alert.approved_by is None) == (alert.signed_alone_at is not None)
    assert await Delivery.filter(alert_id=alert_id, user_id=person.id).count() == 1


async def test_two_officers_take_a_step_once(station: Station) -> None:
    """Of the same step taken many times at once one is kept, and everyone is told to stop looking once."""
    person = await station.district.volunteer()
    phone = await station.browser(person)
    alert_id = await station.live()
    seen = station.sighting()
    await phone.post(f"/api/alerts/{alert_id}/sightings", json=seen)
    answers = await asyncio.gather(
        *(station.desk.post(f"/api/sightings/{seen['id']}/steps", json={"step": "arrived"}) for _ in range(6))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409, 409]
    assert await SightingStep.all().count() == 1
    assert await Message.filter(user_id=person.id, kind="alert.update").count() == 1
