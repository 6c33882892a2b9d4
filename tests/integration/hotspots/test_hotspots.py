"""The hotspot map over HTTP: made after an import, each night and when asked for, once; read by its district's police."""

import base64
import datetime as dt
import uuid
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from backend.areas import service as areas
from backend.core import clock as core_clock
from backend.core.ids import uuid7
from backend.core.roles import Role
from backend.hotspots import making
from backend.hotspots.models import Outlook, OutlookMap
from backend.incidents import service as incidents
from backend.notify.models import Message
from routing.incident import Incident
from routing.outlook_file import unpack
from tests.integration.hotspots.conftest import NOON, Desk, year_of_incidents
from tests.support.app import ApiClient
from tests.support.district import CENTER, browser_of, make_district


async def made(desk: Desk) -> dict[str, Any]:
    """The district's hotspots once the map that is due has been made."""
    (begun,) = await making.refresh()
    await making.make(begun)
    return await desk.get("/api/hotspots")


def columns(cells: dict[str, Any], name: str, kind: str) -> np.ndarray:
    """One column of the map."""
    return np.frombuffer(base64.b64decode(cells[name]), dtype=kind)


async def test_before_the_first_import(desk: Desk) -> None:
    """Nothing is made of nothing, and asking says so."""
    assert await making.refresh() == []
    found = await desk.get("/api/hotspots")
    assert (found["outlook"], found["making"], found["failure"]) == (None, None, None)
    assert found["data"] == {"newest_at": None, "imported_at": None, "old_after_days": 3, "old": False}
    answer = await desk.officer.post("/api/hotspots", json={"id": str(uuid7()), "area_id": desk.area_id})
    assert (answer.status_code, answer.json()["code"]) == (409, "no-incidents")


@pytest.mark.real_processes
async def test_a_map_says_where_when_why_and_how_sure(known: Desk) -> None:
    """From a year of incidents to the first places with reasons, the choice in words, and last week's result."""
    outlook = (await made(known))["outlook"]
    summary = outlook["summary"]
    assert summary["learned_from"] == 500
    assert summary["choice"]["words"]["zh"] and summary["choice"]["words"]["en"]
    assert {kind["kind"] for kind in summary["kinds"]} >= {"盗窃", "纠纷"} or summary["kinds"]
    for listed in summary["spots"].values():
        assert listed and listed[0]["score"] == 100
        assert [spot["score"] for spot in listed] == sorted((spot["score"] for spot in listed), reverse=True)
        assert all(spot["low"] <= spot["expected"] <= spot["high"] for spot in listed)
        assert all(spot["reason"]["zh"] and spot["reason"]["en"] and spot["kinds"] for spot in listed)
    best = summary["spots"]["week"][0]
    assert any(
        abs(best["lon"] - CENTER[0] - east) < 0.002 and abs(best["lat"] - CENTER[1] - north) < 0.002
        for east, north in ((0.0, 0.0), (0.004, 0.002), (0.012, -0.003), (0.021, 0.001))
    )


async def test_last_week_is_met_with_its_map(known: Desk) -> None:
    """The reports of last week's cells are those of the week, and the hits are those in the cells that were shown."""
    summary = (await made(known))["outlook"]["summary"]
    met, cells = summary["last_week"], summary["last_week_cells"]
    assert (met["starts_on"], met["ends_on"]) == ("2026-05-29", "2026-06-04")
    begin, end = (
        dt.datetime(2026, month, day, tzinfo=dt.timezone(dt.timedelta(hours=8)))
        for month, day in ((5, 29), (6, 5))
    )
    in_week = [each for each in year_of_incidents() if begin <= each.at < end]
    assert sum(cell["reports"] for cell in cells) == met["reports"] == len(in_week) > 0
    hits = sum(cell["reports"] for cell in cells if cell["shown"])
    assert hits / met["reports"] == pytest.approx(met["hit_rate"])
    assert any(cell["shown"] for cell in cells)


async def test_cells_come_as_columns_and_only_once(known: Desk) -> None:
    """The columns hold what the outlook holds; a browser that has them is told so."""
    outlook = (await made(known))["outlook"]
    path = f"/api/hotspots/{outlook['id']}/cells"
    answer = await known.officer.get(path, params={"area_id": known.area_id})
    cells, many = answer.json(), outlook["summary"]["cells"]
    kept = await OutlookMap.get(outlook_id=outlook["id"])
    whole = unpack(kept.packed)
    assert columns(cells, "expected", "<f4") == pytest.approx(whole.expected, rel=1e-5)
    assert columns(cells, "lon", "<f4").astype(float) + cells["west"] == pytest.approx(whole.lon, abs=1e-6)
    slots = columns(cells, "slots", "u1").reshape(many, 21).astype(float)
    hours = columns(cells, "hours", "u1").reshape(many, 3, 8).astype(float)
    slots /= slots.sum(axis=1, keepdims=True)
    hours /= hours.sum(axis=2, keepdims=True)
    friday_at_21 = columns(cells, "expected", "<f4") * slots[:, 4 * 3 + 2] * hours[:, 2, 21 - 16]
    assert friday_at_21 == pytest.approx(whole.per_hour()[:, 4 * 24 + 21], rel=0.05, abs=1e-4)
    assert "no-cache" in answer.headers["Cache-Control"]
    etag = answer.headers["ETag"]
    again = await known.officer.get(path, params={"area_id": known.area_id}, headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")


async def test_a_cell_tells_its_reason(known: Desk) -> None:
    """Each cell can be asked about: for the week, a shift, an hour; one that is not there is not found."""
    outlook = (await made(known))["outlook"]
    path = f"/api/hotspots/{outlook['id']}/cells"
    week, evening, hour = [
        await known.get(f"{path}/0", **asked) for asked in ({}, {"shift": 2}, {"hour": 4 * 24 + 21})
    ]
    assert week["cell"] == evening["cell"] == hour["cell"] == 0
    assert week["expected"] > evening["expected"] > hour["expected"] > 0
    assert week["reason"]["zh"] and week["kinds"]
    beyond = outlook["summary"]["cells"]
    missing = await known.officer.get(f"{path}/{beyond}", params={"area_id": known.area_id})
    assert missing.status_code == 404


async def test_a_map_is_made_once_and_again_when_there_is_reason_to(known: Desk, clock: Any) -> None:
    """After an import, a new night, a changed rule: one map; the job done twice, or twice at once, leaves one."""
    (begun,) = await making.refresh()
    assert await making.refresh() == [], "one is being made"
    await making.make(begun)
    await making.make(begun)
    assert await OutlookMap.all().count() == 1
    assert await making.refresh() == []
    clock.advance(dt.timedelta(hours=1))
    newer = year_of_incidents(core_clock.now(), 40, "K")
    await incidents.import_incidents(known.place.district, newer, "more")
    (after_import,) = await making.refresh()
    await making.make(after_import)
    assert (await Outlook.get(id=after_import)).cause == "import"
    clock.advance(dt.timedelta(hours=12, minutes=31))
    (by_night,) = await making.refresh()
    await making.make(by_night)
    assert (await Outlook.get(id=by_night)).cause == "night"
    assert (await known.get("/api/hotspots"))["outlook"]["id"] == str(by_night)


async def test_an_officer_may_ask_and_is_told(known: Desk) -> None:
    """Asked twice it is one map; whoever asked hears that it is there; others cannot take its id."""
    body = {"id": str(uuid7()), "area_id": known.area_id}
    first, again = [await known.officer.post("/api/hotspots", json=body) for _ in range(2)]
    assert first.status_code == again.status_code == 202
    assert first.json()["id"] == again.json()["id"] == body["id"]
    other = await known.officer.post("/api/hotspots", json={**body, "id": str(uuid7())})
    assert other.json()["id"] == body["id"], "one is being made already"
    assert (await known.get("/api/hotspots"))["making"]["id"] == body["id"]
    await making.make(uuid.UUID(body["id"]))
    assert {message.kind for message in await Message.filter(ref_id=body["id"])} >= {"hotspots.ready"}
    assert (await known.get("/api/hotspots"))["making"] is None


async def test_progress_only_grows(known: Desk) -> None:
    """Shares that come late or twice change nothing, and the asker hears of each that counts."""
    body = {"id": str(uuid7()), "area_id": known.area_id}
    await known.officer.post("/api/hotspots", json=body)
    outlook = await Outlook.get(id=body["id"])
    for share in (0.3, 0.2, 0.3, 0.6):
        await making._note_progress(outlook, share)
    assert (await known.get("/api/hotspots"))["making"]["progress"] == 0.6
    assert await Message.filter(kind="hotspots.progress").count() == 2
    assert (await known.officer.get("/api/me/messages")).json()["items"] == []


async def test_old_maps_go(known: Desk, clock: Any) -> None:
    """The latest few stay, with their columns; the rest is gone from both tables."""
    for _ in range(making.KEPT + 2):
        outlook_id = uuid7()
        await Outlook.create(
            id=outlook_id, area_id=known.place.district.id, state="ready", cause="night", knows_until=NOON,
            progress=1.0, summary={}, created_at=core_clock.now(), finished_at=core_clock.now(),
        )  # fmt: skip
        await OutlookMap.create(outlook_id=outlook_id, packed=b"", cells=b"")
        clock.advance(dt.timedelta(minutes=1))
    clock.advance(dt.timedelta(days=1))
    newest = (await made(known))["outlook"]["id"]
    assert await Outlook.all().count() == await OutlookMap.all().count() == making.KEPT
    assert await OutlookMap.filter(outlook_id=newest).exists()


async def test_nothing_to_learn_from_is_said(desk: Desk) -> None:
    """Only what patrols found themselves: the map fails with its words, and is not tried again before the night."""
    found = [
        Incident(f"P{number}", NOON - dt.timedelta(days=number + 1), *CENTER, "盗窃", source="patrol")
        for number in range(5)
    ]
    await incidents.import_incidents(desk.place.district, found, "patrols")
    shown = await made(desk)
    assert shown["outlook"] is None
    assert shown["failure"]["code"] == "no-incidents"
    assert shown["failure"]["params"]["zh"] and shown["failure"]["params"]["en"]
    assert await making.refresh() == []


async def test_a_map_nobody_makes_fails_after_an_hour(known: Desk, clock: Any) -> None:
    """When no worker runs, waiting ends with a reason, and a late job changes nothing."""
    (begun,) = await making.refresh()
    clock.advance(dt.timedelta(hours=1, minutes=1))
    assert await making.refresh() == []
    assert (await known.get("/api/hotspots"))["failure"]["code"] == "timed-out"
    await making.make(begun)
    assert (await known.get("/api/hotspots"))["outlook"] is None


async def test_only_the_districts_police_see_it(known: Desk, new_client: Callable[[], ApiClient]) -> None:
    """Volunteers, posters and merchants are refused; another district's officer does not even learn that it is there."""
    outlook = (await made(known))["outlook"]
    paths = (
        "/api/hotspots",
        f"/api/hotspots/{outlook['id']}/cells",
        f"/api/hotspots/{outlook['id']}/cells/0",
        "/api/hotspots/fairness",
    )
    for role in (Role.VOLUNTEER, Role.POSTER):
        browser = await browser_of(new_client, await known.place.person(role))
        for path in paths:
            assert (await browser.get(path, params={"area_id": known.area_id})).status_code == 403, path
        asked = await browser.post("/api/hotspots", json={"id": str(uuid7()), "area_id": known.area_id})
        assert asked.status_code == 403
    other = await make_district("other", center=(121.5, 28.5))
    stranger = await browser_of(new_client, await other.person(Role.OFFICER))
    for path in paths:
        assert (await stranger.get(path, params={"area_id": known.area_id})).status_code == 404, path
    own = {"area_id": str(other.district.id)}
    for path in paths[1:3]:
        assert (await stranger.get(path, params=own)).status_code == 404, path


async def test_a_communitys_officer_sees_the_community(
    known: Desk, new_client: Callable[[], ApiClient]
) -> None:
    """Cells and places as far as the area reaches, no further."""
    outlook = (await made(known))["outlook"]
    community = known.place.communities[0]
    browser = await browser_of(new_client, await known.place.person(Role.OFFICER, at=community))
    mine = {"area_id": str(community.id)}
    path = f"/api/hotspots/{outlook['id']}/cells"
    assert (await browser.get(path, params={"area_id": known.area_id})).status_code == 403
    cells = (await browser.get(path, params=mine)).json()
    numbers = columns(cells, "cell", "<u4").tolist()
    assert 0 < len(numbers) < outlook["summary"]["cells"]
    lon = columns(cells, "lon", "<f4").astype(float) + cells["west"]
    assert (lon >= community.west).all() and (lon <= community.east).all()
    outside = next(each for each in range(outlook["summary"]["cells"]) if each not in numbers)
    assert (await browser.get(f"{path}/{numbers[0]}", params=mine)).status_code == 200
    assert (await browser.get(f"{path}/{outside}", params=mine)).status_code == 404
    shown = (await browser.get("/api/hotspots", params=mine)).json()["outlook"]["summary"]["spots"]["week"]
    assert shown and all(community.west <= spot["lon"] <= community.east for spot in shown)


async def test_old_data_are_said(known: Desk, clock: Any) -> None:
    """Without an import for longer than the district allows, whatever that is, the data count as old."""
    assert not (await known.get("/api/hotspots"))["data"]["old"]
    clock.advance(dt.timedelta(days=3, minutes=1))
    assert (await known.get("/api/hotspots"))["data"]["old"]
    assert (await known.get("/api/desk"))["incidents_old"]
    answer = await known.officer.patch(
        f"/api/areas/{known.area_id}/settings", json={"incidents_old_after_days": 10}
    )
    assert answer.json() == {"residents": None, "incidents_old_after_days": 10, "station_phone": ""}
    assert not (await known.get("/api/hotspots"))["data"]["old"]


async def test_history_is_read_whole_in_pages(known: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """However small the pages, every incident comes once, in order, as it was stored."""
    from backend.incidents import history

    monkeypatch.setattr(history, "PAGE_ROWS", 7)
    district = await areas.get(known.place.district.id)
    past = await incidents.history(district, NOON - dt.timedelta(days=400), NOON)
    stored = await incidents.incidents_for(district, NOON - dt.timedelta(days=400), NOON)
    assert len(past) == len(stored) == 500
    assert past.at_s.tolist() == sorted(past.at_s.tolist())
    told = sorted((each.at, each.lon, each.lat, each.kind, each.source) for each in stored)
    assert told == sorted((each.at, each.lon, each.lat, each.kind, each.source) for each in past.incidents())
