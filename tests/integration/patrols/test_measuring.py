"""Figures while a walk goes on and after it: on the streets where there are some, with what is odd for the reviewer."""

import datetime as dt
import uuid
from types import ModuleType

import pytest

from backend.core import clock as core_clock
from backend.core.ids import uuid7
from backend.patrols import service
from backend.patrols.models import Patrol, PatrolLine
from routing.geo import haversine_m
from tests.support.app import ApiClient
from tests.support.evening import Evening, finish, fix, person_behind, send, walk


async def test_the_desk_sees_metres_and_stops_of_a_running_patrol(
    evening: Evening, walker: ApiClient, officer: ApiClient, clock: ModuleType
) -> None:
    """They grow with what comes in; a second look takes only what is new."""
    task = await evening.task(stops=[(300, 300), (900, 300)])
    patrol = await evening.started(walker, task)
    positions = walk(core_clock.now(), [(300, 320), (300, 0)])
    seen: list[tuple[int, int]] = []
    for part in (positions[:60], positions[60:120], positions[120:]):
        clock.freeze(dt.datetime.fromisoformat(part[-1]["at"]))
        await send(walker, patrol, part)
        await service.follow()
        answer = await officer.get("/api/live", params={"area_id": str(evening.district.district.id)})
        (live,) = answer.json()["patrols"]
        seen.append((live["length_m"], live["stops_done"]))
    assert seen[0][0] == pytest.approx(290, abs=60) and seen[2][0] == pytest.approx(600, rel=0.12)
    assert [done for _, done in seen] == [0, 1, 1]
    assert (await walker.get(f"/api/patrols/{patrol}")).json()["stops_done"] == [0]
    assert await service.follow() == 0


async def test_a_walk_that_begins_indoors_is_followed(
    evening: Evening, walker: ApiClient, officer: ApiClient, clock: ModuleType
) -> None:
    """First positions too vague to be believed: the desk's metres grow once there are good ones."""
    patrol = await evening.started(walker)
    await send(walker, patrol, [fix(core_clock.now(), accuracy_m=300)])
    await service.follow()
    positions = walk(core_clock.now() + dt.timedelta(seconds=5), [(300, 0)])
    clock.freeze(dt.datetime.fromisoformat(positions[-1]["at"]))
    await send(walker, patrol, positions)
    assert await service.follow() == 1
    answer = await officer.get("/api/live", params={"area_id": str(evening.district.district.id)})
    (live,) = answer.json()["patrols"]
    assert live["length_m"] == pytest.approx(290, abs=60)


async def test_odd_patrols_come_first_and_say_why(
    evening: Evening, walker: ApiClient, officer: ApiClient
) -> None:
    """An honest walk and one with the phone's own mock flag: the second is first, with words; nobody is banned."""
    honest = await evening.finished(walker)
    odd_walker = await evening.walker()
    odd = await evening.started(odd_walker, await evening.task())
    sent = [{**each, "mocked": True} for each in walk(core_clock.now(), [(300, 0)])]
    core_clock.advance(dt.timedelta(minutes=5))
    await send(odd_walker, odd, sent)
    await finish(odd_walker, odd)
    for patrol in (honest, odd):
        await service.match(uuid.UUID(patrol))
    answer = await officer.get(
        "/api/patrols", params={"area_id": str(evening.district.district.id), "state": "awaiting_review"}
    )
    first, second = answer.json()["items"]
    assert (first["id"], second["id"], second["doubt"]) == (odd, honest, second["doubt"])
    assert first["doubt"] >= 60 > second["doubt"]
    (finding,) = [each for each in first["findings"] if each["kind"] == "mocked"]
    assert str(len(sent)) in finding["title_zh"] and str(len(sent)) in finding["title_en"]
    assert first["state"] == "awaiting_review"


async def test_a_judged_patrol_is_measured_no_more(
    evening: Evening, walker: ApiClient, officer: ApiClient
) -> None:
    """A job that comes after the verdict changes nothing."""
    patrol = await evening.finished(walker)
    await officer.post(f"/api/patrols/{patrol}/review", json={"decision": "accepted"})
    before = await Patrol.get(id=patrol)
    await service.match(uuid.UUID(patrol))
    assert (await Patrol.get(id=patrol)).length_m == before.length_m and await PatrolLine.all().count() == 0


async def test_absurd_positions_are_refused(evening: Evening, walker: ApiClient) -> None:
    """0, 0 and an accuracy of many kilometres, by their code."""
    patrol = await evening.started(walker)
    now = core_clock.now()
    answer = await send(walker, patrol, [fix(now, lon=0.0, lat=0.0), fix(now, accuracy_m=9000), fix(now)])
    assert (answer.json()["stored"], [each["code"] for each in answer.json()["refused"]]) == (
        1,
        ["absurd", "absurd"],
    )


async def test_what_is_odd_can_be_looked_at(evening: Evening, walker: ApiClient, officer: ApiClient) -> None:
    """A walk played again: its figures over time, both ways without their ends, and both walkers read who looked."""
    first = await evening.started(walker, await evening.task())
    began = core_clock.now()
    positions = walk(began, [(700, 0)])
    core_clock.advance(dt.timedelta(minutes=12))
    await send(walker, first, positions)
    await finish(walker, first)
    await service.match(uuid.UUID(first))
    copier = await evening.walker()
    second = await evening.started(copier, await evening.task())
    later = core_clock.now() - began
    again = [
        {
            **each,
            "id": str(uuid7()),
            "at": (dt.datetime.fromisoformat(each["at"]) + later).isoformat(),
            "mocked": n % 2 == 0,
        }
        for n, each in enumerate(positions)
    ]
    core_clock.advance(dt.timedelta(minutes=12))
    await send(copier, second, again)
    await finish(copier, second)
    await service.match(uuid.UUID(second))
    address = f"/api/patrols/{second}/evidence"
    answer = await officer.get(address)
    assert answer.status_code == 200, answer.text
    (series,), (repeated,) = answer.json()["series"], answer.json()["repeated"]
    lengths = {name: len(series[name]) for name in ("at_s", "accuracy_m", "speed_km_h", "wait_s", "made_up")}
    assert set(lengths.values()) == {len(again)} and sum(series["made_up"]) == (len(again) + 1) // 2
    assert set(series["accuracy_m"]) == {6.0} and 2 < max(series["speed_km_h"]) < 12
    assert repeated["of"] == first
    ends = [(each["lon"], each["lat"]) for each in (again[0], again[-1])]
    for line in (*repeated["lines"], *repeated["of_lines"]):
        for end in ends:
            assert min(haversine_m([lon for lon, _ in line], [lat for _, lat in line], *end)) > 130
    for phone in (walker, copier):
        assert (await phone.get(address)).status_code in (403, 404)
    name = (await person_behind(officer)).name
    for phone, patrol in ((walker, first), (copier, second)):
        receipt = (await phone.get(f"/api/patrols/{patrol}/receipt")).json()
        assert name in str(receipt)
    assert (await officer.get(f"/api/patrols/{first}/evidence")).json()["repeated"] == []
