"""A call for help always gets through, reaches the right people once, and never betrays who made it under duress."""

import datetime as dt
from types import ModuleType
from typing import Any

from backend.core import clock as core_clock
from backend.core.ids import uuid7
from backend.core.roles import Role
from backend.notify.models import Message
from backend.sos import service
from backend.sos.models import SosCall, SosTold
from tests.support.app import ApiClient
from tests.support.evening import Evening, fix, person_behind, place_at, send


def call(**values: Any) -> dict[str, Any]:
    """A call made now, with nothing but what must be there."""
    return {"id": str(uuid7()), "at": core_clock.now().isoformat(), **values}


async def raised(browser: ApiClient, **values: Any) -> dict[str, Any]:
    """Raise a call; its answer."""
    answer = await browser.post("/api/sos", json=call(**values))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def roles_told() -> dict[str, str]:
    """Who was told, and as what."""
    return {str(told.user_id): told.role for told in await SosTold.all()}


async def test_team_nearby_and_station_are_told_once(
    evening: Evening, walker: ApiClient, officer: ApiClient
) -> None:
    """The mate, a patrol within reach and the officer; not one far away, not the caller; three times sent is one call."""
    mate, near, far = await evening.walker(), await evening.walker(), await evening.walker()
    patrol = await evening.team(await evening.task(), walker, mate)
    for browser, east_m in ((walker, 0.0), (near, 400.0), (far, 9000.0)):
        walked = patrol if browser is walker else await evening.started(browser)
        await send(browser, walked, [fix(core_clock.now(), east_m)])
    body = call()
    for _ in range(3):
        answer = (await walker.post("/api/sos", json=body)).json()
    ids = {name: str((await person_behind(browser)).id) for name, browser in
           (("mate", mate), ("near", near), ("officer", officer))}  # fmt: skip
    told = await roles_told()
    assert {told[ids["mate"]], told[ids["near"]], told[ids["officer"]]} == {"team", "nearby", "station"}
    assert str((await person_behind(far)).id) not in told and answer["told"] == len(told)
    assert await SosCall.all().count() == 1
    assert await Message.filter(kind="sos.live").count() == len(told)
    assert (answer["state"], answer["patrol_id"], answer["position"]["age_s"]) == ("open", patrol, 0)
    assert answer["contacts"][0]["phone"] == "110"


async def test_without_a_position_or_with_an_old_one(
    evening: Evening, walker: ApiClient, clock: ModuleType
) -> None:
    """None at all is fine; the last stored one counts, with its age; a newer stored one beats an old one sent along."""
    at_home = await raised(walker)
    assert at_home["position"] is None and at_home["told"] >= 0
    patrol = await evening.started(walker)
    await send(walker, patrol, [fix(core_clock.now(), 50)])
    clock.advance(dt.timedelta(minutes=7))
    stale = await raised(walker)
    assert stale["position"]["age_s"] == 420
    lon, lat = place_at(5000, 0)
    older = (core_clock.now() - dt.timedelta(hours=2)).isoformat()
    kept = await raised(walker, lon=lon, lat=lat, position_at=older)
    assert kept["position"]["age_s"] == 420
    fresh = await raised(walker, lon=lon, lat=lat, accuracy_m=12)
    assert (fresh["position"]["lon"], fresh["position"]["age_s"]) == (lon, 0)


async def test_delivered_acknowledged_and_closed(
    evening: Evening, walker: ApiClient, officer: ApiClient
) -> None:
    """The caller sees whom it reached and who comes; strangers see nothing; the desk ends it, and the place is hidden then."""
    mate, stranger = await evening.walker(), await evening.walker()
    patrol = await evening.team(await evening.task(), walker, mate)
    await send(walker, patrol, [fix(core_clock.now())])
    address = f"/api/sos/{(await raised(walker))['id']}"
    for _ in range(2):
        await mate.post(f"{address}/receipts", json={"kind": "delivered"})
    assert [each["role"] for each in (await walker.get(address)).json()["delivered"]] == ["team"]
    for _ in range(2):
        coming = await mate.post(f"{address}/acknowledge")
    assert coming.json()["position"] is not None
    seen = (await walker.get(address)).json()
    assert (seen["state"], [each["role"] for each in seen["acknowledged"]]) == ("acknowledged", ["team"])
    assert await Message.filter(kind="sos.update").count() == 1
    assert (await stranger.get(address)).status_code == 404
    assert (await stranger.post(f"{address}/acknowledge")).status_code == 404
    assert (await mate.post(f"{address}/close", json={"outcome": "safe"})).status_code == 403
    assert len((await mate.get("/api/me/sos")).json()["items"]) == 1
    closed = await officer.post(f"{address}/close", json={"outcome": "safe", "note": "扭伤，已送回"})
    assert (closed.json()["state"], closed.json()["outcome"]) == ("closed", "safe")
    assert (await mate.get(address)).json()["position"] is None
    assert (await officer.post(f"{address}/acknowledge")).json()["code"] == "sos-over"
    assert (await mate.get("/api/me/sos")).json()["items"] == []


async def test_cancelled_under_duress_only_looks_cancelled(
    evening: Evening, walker: ApiClient, officer: ApiClient
) -> None:
    """The caller's phone shows it cancelled from then on; those who come see it live, the police see why."""
    duress = f"/api/sos/{(await raised(walker))['id']}"
    cancel = {"at": core_clock.now().isoformat(), "duress": True}
    assert (await walker.post(f"{duress}/cancel", json=cancel)).json()["state"] == "cancelled"
    assert (await walker.get(duress)).json()["state"] == "cancelled"
    assert (await walker.post(f"{duress}/cancel", json={**cancel, "duress": False})).json()[
        "state"
    ] == "cancelled"
    assert (await walker.get("/api/me/sos")).json()["items"] == []
    assert "duress" not in {key for key, value in (await walker.get(duress)).json().items() if value is True}
    police = (await officer.get(duress)).json()
    assert (police["state"], police["duress"]) == ("open", True)
    honest = f"/api/sos/{(await raised(walker))['id']}"
    await walker.post(f"{honest}/cancel", json={**cancel, "duress": False})
    assert (await officer.get(honest)).json()["state"] == "cancelled"
    assert (await officer.post(f"{honest}/cancel", json=cancel)).status_code == 404


async def test_a_drill_reaches_nobody_else(evening: Evening, walker: ApiClient, officer: ApiClient) -> None:
    """Only the caller is told, and can go through every step."""
    drill = await raised(walker, test=True)
    assert list((await roles_told()).values()) == ["self"]
    answer = await walker.post(f"/api/sos/{drill['id']}/acknowledge")
    assert [each["role"] for each in answer.json()["acknowledged"]] == ["self"]
    assert "演练" in (await Message.filter(kind="sos.live").get()).title_zh


async def test_silent_rings_no_mates_phone(evening: Evening, walker: ApiClient) -> None:
    """The mate is told in the app; whether a push goes out is decided by the call."""
    mate = await evening.walker()
    await evening.team(await evening.task(), walker, mate)
    await raised(walker, silent=True)
    assert "team" in (await roles_told()).values()


async def test_an_unanswered_call_reaches_further(
    evening: Evening, walker: ApiClient, clock: ModuleType
) -> None:
    """After a minute without an answer the patrols within four kilometres hear of it, once."""
    far = await evening.walker()
    for browser, east_m in ((walker, 0.0), (far, 3000.0)):
        patrol = await evening.started(browser)
        await send(browser, patrol, [fix(core_clock.now(), east_m)])
    await raised(walker)
    far_id = str((await person_behind(far)).id)
    assert far_id not in await roles_told() and await service.widen_unanswered() == 0
    clock.advance(dt.timedelta(seconds=61))
    assert [await service.widen_unanswered(), await service.widen_unanswered()] == [1, 0]
    assert (await roles_told())[far_id] == "nearby"


async def test_an_id_of_somebody_elses_call(evening: Evening, walker: ApiClient) -> None:
    """Is refused; nobody takes over a call."""
    other = await evening.browser(Role.VOLUNTEER)
    body = call()
    assert (await walker.post("/api/sos", json=body)).status_code == 200
    assert (await other.post("/api/sos", json=body)).status_code == 409
