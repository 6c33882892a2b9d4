"""Trackers: what each program really sends is stored once, within the walk only, by an address nobody can guess."""

import datetime as dt
import json
from collections.abc import Callable
from types import ModuleType
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from backend.core import clock as core_clock
from backend.patrols.models import Fix
from tests.support.app import ApiClient
from tests.support.evening import Evening, finish, place_at

GPX = """<?xml version="1.0" encoding="UTF-8"?>
<gpx version="1.1" creator="Watch" xmlns="http://www.topografix.com/GPX/1/1"><trk><name>Walk</name><trkseg>{points}</trkseg></trk></gpx>"""


@pytest.fixture
async def tracked(evening: Evening, walker: ApiClient, clock: ModuleType) -> tuple[str, dict[str, Any]]:
    """A walk of a quarter of an hour so far, and its tracker."""
    patrol = await evening.started(walker)
    clock.advance(dt.timedelta(minutes=15))
    answer = await walker.post(f"/api/patrols/{patrol}/tracker")
    assert answer.status_code == 200, answer.text
    return patrol, answer.json()


def path_of(tracker: dict[str, Any], client: str) -> str:
    """Where a program sends to."""
    return urlsplit(next(each["url"] for each in tracker["clients"] if each["client"] == client)).path


def seconds_ago(seconds: int) -> dt.datetime:
    """A moment of the walk."""
    return core_clock.now() - dt.timedelta(seconds=seconds)


async def test_owntracks(tracked: tuple[str, dict[str, Any]], client: ApiClient) -> None:
    """As the app posts it, retries and all; other messages and empty bodies are answered 200 and kept nowhere."""
    _, tracker = tracked
    lon, lat = place_at(30, 0)
    message = {
        "_type": "location", "BSSID": "aa:bb", "acc": 13, "alt": 34, "batt": 81, "bs": 1, "cog": 270, "conn": "m",
        "created_at": int(core_clock.now().timestamp()), "lat": lat, "lon": lon, "m": 2, "t": "u", "tid": "JJ",
        "topic": "owntracks/u/phone", "tst": int(seconds_ago(60).timestamp()), "vac": 2, "vel": 4,
    }  # fmt: skip
    headers = {"Content-Type": "application/json", "X-Limit-U": "u", "X-Limit-D": "phone"}
    for _ in range(3):
        answer = await client.post(
            path_of(tracker, "owntracks"), content=json.dumps(message), headers=headers
        )
        assert (answer.status_code, answer.json()) == (200, [])
    fix = await Fix.all().get()
    assert (fix.accuracy_m, fix.source, fix.heading_deg) == (13, "owntracks", 270)
    assert fix.speed_m_s == pytest.approx(4 / 3.6) and (fix.lon, fix.lat) == (lon, lat)
    for other in (
        b"",
        b'{"_type":"lwt","tst":1}',
        b'{"_type":"waypoints","waypoints":[]}',
        b"{",
        b'{"_type":"location"}',
        b"[1]",
    ):
        answer = await client.post(path_of(tracker, "owntracks"), content=other, headers=headers)
        assert (answer.status_code, answer.json()) == (200, [])
    assert await Fix.all().count() == 1


async def test_traccar_client_in_all_its_versions(
    tracked: tuple[str, dict[str, Any]], client: ApiClient
) -> None:
    """Up to 8: fields in the address; 9: JSON with unknowns as -1; from 10: a form. Seconds, milliseconds and ISO times."""
    _, tracker = tracked
    token, path = tracker["token"], path_of(tracker, "traccar")
    lon, lat = place_at(0, 0)
    fields: dict[str, Any] = {
        "id": token, "lat": lat, "lon": lon, "timestamp": int(seconds_ago(300).timestamp()), "speed": 2.0,
        "bearing": 10.5, "altitude": 5, "accuracy": 6.5, "batt": 55.0,
    }  # fmt: skip
    assert (await client.post(path, params=fields)).json() == {"stored": 1, "duplicates": 0, "refused": 0}
    assert (await client.get(path, params=fields)).json() == {"stored": 0, "duplicates": 1, "refused": 0}
    later = {**fields, "timestamp": int(seconds_ago(280).timestamp() * 1000)}
    assert (await client.post(path, data=later)).json()["stored"] == 1
    moment = seconds_ago(260).isoformat().replace("+00:00", "Z")
    document = {
        "location": {
            "timestamp": moment, "is_moving": False, "odometer": 0, "activity": {"type": "still"}, "extras": {},
            "coords": {"latitude": lat, "longitude": lon, "accuracy": 100, "speed": -1, "heading": -1, "altitude": 2.4},
            "battery": {"level": 0.69, "is_charging": False}, "_": f"&id={token}&lat={lat}&lon={lon}&timestamp={moment}&",
            "heartbeat": True,
        },
        "device_id": token,
    }  # fmt: skip
    assert (await client.post(path, json=document)).json()["stored"] == 1
    assert (
        await client.post(path, json={**document, "location": {**document["location"], "mock": True}})
    ).json()["duplicates"] == 1
    found = await Fix.all().order_by("at")
    assert [fix.speed_m_s for fix in found] == [pytest.approx(1.0289, abs=1e-3)] * 2 + [None]
    assert [fix.heading_deg for fix in found] == [10.5, 10.5, None]
    invalid = {**fields, "timestamp": int(seconds_ago(10).timestamp()), "valid": "false"}
    assert (await client.get(path, params=invalid)).json()["stored"] == 0


async def test_osmand(tracked: tuple[str, dict[str, Any]], client: ApiClient) -> None:
    """The address with its numbered names filled in as the app does: time in ms, its accuracy as hdop, speed in m/s; twice."""
    _, tracker = tracked
    lon, lat = place_at(5, 0)
    address = next(each["url"] for each in tracker["clients"] if each["client"] == "osmand")
    sent = address.format(lat, lon, int(seconds_ago(70).timestamp() * 1000), 4.5, 11.0, 1.25, 270.0)
    parts = urlsplit(sent)
    for stored in (1, 0):
        answer = await client.get(f"{parts.path}?{parts.query}")
        assert (answer.status_code, answer.json()["stored"]) == (200, stored), answer.text
    fix = await Fix.all().get()
    assert (fix.accuracy_m, fix.speed_m_s, fix.heading_deg) == (4.5, 1.25, 270.0)
    assert (fix.lon, fix.lat, fix.at) == (lon, lat, seconds_ago(70).replace(microsecond=fix.at.microsecond))


async def test_gpslogger(tracked: tuple[str, dict[str, Any]], client: ApiClient) -> None:
    """The custom URL with every percent name filled in, as an address and as a form; decimals may have a comma."""
    _, tracker = tracked
    lon, lat = place_at(5, 0)
    address = next(each["url"] for each in tracker["clients"] if each["client"] == "gpslogger")
    filled = {
        "LAT": lat,
        "LON": lon,
        "ACC": "7,5",
        "SPD": 1.2,
        "DIR": 90,
        "TIMESTAMP": int(seconds_ago(120).timestamp()),
        "PROV": "gps",
    }
    for name, value in sorted(filled.items(), key=lambda each: -len(each[0])):
        address = address.replace(f"%{name}", str(value))
    assert "%" not in address
    parts = urlsplit(address)
    for _ in range(2):
        answer = await client.get(
            parts.path, params={key: value[0] for key, value in parse_qs(parts.query).items()}
        )
        assert answer.status_code == 200
    posted = {"lat": lat, "lon": lon, "timestamp": int(seconds_ago(90).timestamp())}
    assert (await client.post(parts.path, data=posted)).json()["stored"] == 1
    assert [(fix.accuracy_m, fix.source) for fix in await Fix.all().order_by("at")] == [
        (7.5, "gpslogger"),
        (25.0, "gpslogger"),
    ]


async def test_gpx(tracked: tuple[str, dict[str, Any]], walker: ApiClient) -> None:
    """Points within the walk are kept once, others are counted; no bombs, no routes, no pictures."""
    patrol, _ = tracked
    lon, lat = place_at(0, 0)
    points = "".join(
        f'<trkpt lat="{lat}" lon="{lon}"><time>{seconds_ago(ago).isoformat()}</time></trkpt>'
        for ago in (5000, 300, 295)
    )
    for stored in (2, 0):
        answer = await walker.post(f"/api/patrols/{patrol}/gpx", content=GPX.format(points=points).encode())
        assert answer.status_code == 200 and (answer.json()["stored"], answer.json()["refused"]) == (
            stored,
            1,
        ), answer.text
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa">]>' + GPX.format(points="&a;")
    for wrong in (b"no xml", GPX.format(points="").encode(), bomb.encode(), b"\xff\xd8\xff"):
        answer = await walker.post(f"/api/patrols/{patrol}/gpx", content=wrong)
        assert answer.status_code == 422 and answer.json()["errors"][0]["code"] == "not-a-track"


async def test_the_address_lives_as_long_as_the_walk(
    tracked: tuple[str, dict[str, Any]], walker: ApiClient, client: ApiClient, clock: ModuleType
) -> None:
    """What was buffered comes in for an hour after; later, and after withdrawal or renewal, nothing is stored."""
    patrol, tracker = tracked
    again = (await walker.post(f"/api/patrols/{patrol}/tracker")).json()
    assert again["token"] == tracker["token"]

    async def sent(token: str, at: dt.datetime) -> httpx.Response:
        lon, lat = place_at(0, 0)
        fields = {"id": token, "lat": lat, "lon": lon, "timestamp": at.timestamp()}
        return await client.get("/api/trackers/osmand", params=fields)

    within = seconds_ago(30)
    await finish(walker, patrol)
    clock.advance(dt.timedelta(minutes=30))
    assert (await sent(tracker["token"], within)).json()["stored"] == 1
    assert (await sent(tracker["token"], core_clock.now())).json()["refused"] == 1
    clock.advance(dt.timedelta(minutes=31))
    assert (await sent(tracker["token"], within + dt.timedelta(seconds=5))).json() == {
        "stored": 0,
        "duplicates": 0,
        "refused": 1,
    }
    for guess in ("", "x", tracker["token"][:-2] + "AA", tracker["token"] + "A"):
        assert (await sent(guess, within)).status_code == 404
    assert (await walker.post(f"/api/patrols/{patrol}/tracker")).json()["code"] == "patrol-over"


async def test_a_closed_address_is_worthless(
    tracked: tuple[str, dict[str, Any]],
    walker: ApiClient,
    client: ApiClient,
    new_client: Callable[[], ApiClient],
) -> None:
    """The next one is another; consent withdrawn stores nothing; nobody opens one on another's walk."""
    patrol, tracker = tracked
    lon, lat = place_at(0, 0)
    fields = {"id": tracker["token"], "lat": lat, "lon": lon, "timestamp": seconds_ago(5).timestamp()}
    assert (await walker.delete(f"/api/patrols/{patrol}/tracker")).status_code == 204
    assert (await client.get("/api/trackers/osmand", params=fields)).status_code == 404
    new = (await walker.post(f"/api/patrols/{patrol}/tracker")).json()
    assert new["token"] != tracker["token"]
    await walker.put("/api/me/consents/whereabouts", json={"granted": False, "version": 1})
    refused = await client.get("/api/trackers/osmand", params={**fields, "id": new["token"]})
    assert refused.json() == {"stored": 0, "duplicates": 0, "refused": 1}
    assert (await new_client().post(f"/api/patrols/{patrol}/tracker")).status_code in (401, 403)


async def test_every_program_is_explained_in_three_steps(tracked: tuple[str, dict[str, Any]]) -> None:
    """In both languages; two can be set up by a code."""
    _, tracker = tracked
    assert [each["client"] for each in tracker["clients"]] == [
        "owntracks",
        "traccar",
        "gpslogger",
        "osmand",
        "gpx",
    ]
    assert all(len(each["steps_zh"]) == len(each["steps_en"]) == 3 for each in tracker["clients"])
    codes = {each["client"]: each["qr_text"] for each in tracker["clients"]}
    assert (
        codes["owntracks"].startswith("owntracks:///config?inline=")
        and f"id={tracker['token']}" in codes["traccar"]
    )
