"""What the police do about sightings: their steps and clocks, merging, photos, standing down; nobody else sees any of it."""

import datetime as dt
from collections.abc import Awaitable, Callable
from types import ModuleType
from typing import Any

from backend.alerts import sightings
from backend.alerts.models import Alert, PhotoView, Sighting
from backend.core.db import rows
from backend.notify.models import Message
from backend.people.models import Person
from tests.integration.alerts.conftest import Station, jpeg
from tests.support.app import ApiClient

type Volunteer = Callable[..., Awaitable[tuple[Person, ApiClient]]]


async def reported(station: Station, phone: ApiClient, alert_id: str, **values: Any) -> str:
    answer = await phone.post(f"/api/alerts/{alert_id}/sightings", json=station.sighting(**values))
    assert answer.status_code == 201, answer.text
    assert (answer.json()["by_name"], answer.json()["steps"]) == (None, [])
    return answer.json()["id"]


async def step(station: Station, sighting_id: str, name: str, **values: Any) -> Any:
    return await station.desk.post(f"/api/sightings/{sighting_id}/steps", json={"step": name, **values})


async def test_every_step_has_its_clock(station: Station, volunteer: Volunteer, clock: ModuleType) -> None:
    """From the report to the outcome, on the sighting and in the alert's timeline; the reporter is told and thanked."""
    person, phone = await volunteer()
    other, _ = await volunteer()
    alert_id = await station.live()
    sighting_id = await reported(station, phone, alert_id)
    started = clock.now()
    for minutes, name, values in (
        (1, "read", {}),
        (1, "instructed", {"text_zh": "巡组去桥头看一下"}),
        (1, "acknowledged", {}),
        (4, "arrived", {}),
        (5, "outcome", {"outcome": "found", "text_zh": "已由家属接走"}),
    ):
        clock.advance(dt.timedelta(minutes=minutes))
        answer = await step(station, sighting_id, name, **values)
        assert answer.status_code == 200, answer.text
    done = answer.json()
    assert done["state"] == "outcome" and done["steps"][-1]["outcome"] == "found"
    minutes_of = [
        round((dt.datetime.fromisoformat(each["at"]) - started).total_seconds() / 60)
        for each in done["steps"]
    ]
    assert minutes_of == [1, 2, 3, 7, 12]
    assert {each["by_name"] for each in done["steps"]} == {"拟稿民警"}
    desk = (await station.desk.get(f"/api/alerts/{alert_id}")).json()
    assert [moment["code"] for moment in desk["timeline"]][3:] == [
        "sighting", "sighting-read", "sighting-instructed", "sighting-acknowledged", "sighting-arrived", "stood-down",
        "sighting-found",
    ]  # fmt: skip
    told = await Message.filter(user_id=person.id, kind="sighting.answered").order_by("seq")
    assert [message.title_zh for message in told] == ["民警已看到你的发现", "你的发现已办理，谢谢你"]
    assert "家属" not in str([message.body_zh for message in told]), "no details leave the desk"
    for each in (person, other):
        update = await Message.get(user_id=each.id, kind="alert.update")
        assert "请停止寻找" in update.body_zh
    assert (await phone.get(f"/api/alerts/{alert_id}")).json()["stood_down_at"] is not None


async def test_a_mistake_sends_everyone_looking_again(station: Station, volunteer: Volunteer) -> None:
    """What the police went to see was somebody else: the search goes on."""
    _, phone = await volunteer()
    alert_id = await station.live()
    sighting_id = await reported(station, phone, alert_id)
    await step(station, sighting_id, "arrived")
    assert (await phone.get(f"/api/alerts/{alert_id}")).json()["stood_down_at"]
    await step(station, sighting_id, "outcome", outcome="mistaken")
    assert (await phone.get(f"/api/alerts/{alert_id}")).json()["stood_down_at"] is None
    bodies = [each.body_zh for each in await Message.filter(kind="alert.update").order_by("seq")]
    assert len(bodies) == 2 and "请继续留意" in bodies[1]


async def test_standing_down_by_hand_is_told_once(station: Station, volunteer: Volunteer) -> None:
    """Pressed twice, said once; an addition opens the search again; over, it is refused."""
    await volunteer()
    alert_id = await station.live()
    for _ in range(2):
        answer = await station.desk.post(f"/api/alerts/{alert_id}/stand-down")
        assert answer.json()["stood_down_at"]
    assert await Message.filter(kind="alert.update").count() == 1
    await station.desk.post(f"/api/alerts/{alert_id}/update", json={"text_zh": "请再留意车站一带"})
    assert (await Alert.get(id=alert_id)).stood_down_at is None
    await station.close(alert_id)
    assert (await station.desk.post(f"/api/alerts/{alert_id}/stand-down")).status_code == 409


async def test_no_step_is_taken_twice_or_backwards(station: Station, volunteer: Volunteer) -> None:
    """Each refusal names what is in the way; a chase is not instructed either."""
    _, phone = await volunteer()
    alert_id = await station.live()
    sighting_id = await reported(station, phone, alert_id)
    for values, field in (
        ({"step": "instructed"}, "text_zh"),
        ({"step": "instructed", "text_zh": "请志愿者围堵"}, "text_zh"),
        ({"step": "outcome"}, "outcome"),
        ({"step": "read", "outcome": "found"}, "outcome"),
    ):
        answer = await station.desk.post(f"/api/sightings/{sighting_id}/steps", json=values)
        assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert (await step(station, sighting_id, "acknowledged")).status_code == 200
    for name in ("read", "acknowledged"):
        answer = await step(station, sighting_id, name)
        assert (answer.status_code, answer.json()["code"]) == (409, "sighting-step")
    for volunteers_try in (
        await phone.post(f"/api/sightings/{sighting_id}/steps", json={"step": "arrived"}),
        await phone.get(f"/api/alerts/{alert_id}/sightings"),
        await phone.get(f"/api/alerts/{alert_id}/photo-views"),
    ):
        assert volunteers_try.status_code == 403


async def test_merged_sightings_are_one(station: Station, volunteer: Volunteer) -> None:
    """The same person seen by three: one sighting goes on, the others point to it."""
    _, phone = await volunteer()
    alert_id = await station.live()
    first, second, third = [await reported(station, phone, alert_id) for _ in range(3)]

    async def merge(which: str, into: str) -> Any:
        return await station.desk.post(f"/api/sightings/{which}/merge", json={"into": into})

    assert (await merge(third, second)).json()["state"] == "merged"
    assert (await merge(second, first)).status_code == 200
    assert {str(each.merged_into) for each in await Sighting.filter(merged_into__isnull=False)} == {first}
    assert (await merge(second, first)).json()["code"] == "sighting-merged"
    assert (await merge(first, third)).json()["code"] == "sighting-merged"
    assert (await merge(first, first)).status_code == 422
    assert (await step(station, second, "read")).json()["code"] == "sighting-merged"
    elsewhere = await reported(station, phone, await station.live())
    assert (await merge(first, elsewhere)).status_code == 422


async def test_a_sightings_photo_is_for_the_police(
    station: Station, volunteer: Volunteer, clock: ModuleType
) -> None:
    """Its reporter gives it once, the police see it marked and logged, nobody else; after three months it is gone."""
    _, phone = await volunteer()
    _, other = await volunteer()
    alert_id = await station.live()
    sighting_id = await reported(station, phone, alert_id)
    address = f"/api/sightings/{sighting_id}/photo"
    assert (await other.put(address, content=jpeg((400, 300)))).status_code == 404
    assert (await phone.put(address, content=jpeg((400, 300)))).json()["code"] == "photo-consent-required"
    await phone.put("/api/me/consents/photos", json={"granted": True, "version": 1})
    assert (await phone.put(address, content=b"no photo")).json()["code"] == "photo-not-readable"
    for _ in range(2):
        assert (await phone.put(address, content=jpeg((400, 300)))).status_code == 204
    assert len(await rows("SELECT key FROM media")) == 1
    seen = await station.desk.get(address)
    assert seen.headers["content-type"] == "image/webp" and "no-store" in seen.headers["cache-control"]
    assert (await phone.get(address)).status_code == 403
    views = (await station.desk.get(f"/api/alerts/{alert_id}/photo-views")).json()
    assert [(view["by_name"], view["sighting_id"]) for view in views] == [("拟稿民警", sighting_id)]
    assert await PhotoView.all().count() == 1
    assert await sightings.forget_old_photos() == 0
    clock.advance(dt.timedelta(days=91))
    assert await sightings.forget_old_photos() == 1
    assert await rows("SELECT key FROM media") == []
