"""Logs and visits: counted once, taken back, and each visit says how it was shown and how sure it is."""

import datetime as dt
import io
from collections.abc import AsyncIterator
from types import ModuleType
from typing import Any

import pytest
from litestar.exceptions import InternalServerException
from PIL import Image

from backend.core import clock as core_clock
from backend.core import uploads
from backend.core.db import rows
from backend.core.ids import uuid7
from backend.patrols.models import PatrolLog, Visit
from tests.support.app import ApiClient
from tests.support.evening import Evening, finish, fix, person_behind, place_at, review, send, tus


def log(kind: str = "persuade", **changes: Any) -> dict[str, Any]:
    """One tapped chip."""
    return {"id": str(uuid7()), "kind": kind, "at": core_clock.now().isoformat(), **changes}


async def checkpoint(evening: Evening, officer: ApiClient, east_m: float = 0, **changes: Any) -> str:
    """A checkpoint so many metres east; its id."""
    lon, lat = place_at(east_m, 0)
    body = {
        "id": str(uuid7()), "area_id": str(evening.district.communities[0].id), "name_zh": "警务站", "lon": lon,
        "lat": lat, "qr": True, "nfc": True, "screen": True, **changes,
    }  # fmt: skip
    answer = await officer.post("/api/checkpoints", json=body)
    assert answer.status_code == 201, answer.text
    return body["id"]


async def code(officer: ApiClient, point: str, kind: str) -> str:
    """The text of a checkpoint's code."""
    answer = await officer.get(f"/api/checkpoints/{point}/code", params={"kind": kind})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["text"])


async def visit(browser: ApiClient, patrol: str, **values: Any) -> dict[str, Any]:
    """Send a visit; its answer."""
    body = {"id": str(uuid7()), "at": core_clock.now().isoformat(), **values}
    answer = await browser.post(f"/api/patrols/{patrol}/visits", json=body)
    return {**answer.json(), "http": answer.status_code}


async def test_logs_are_counted_once_and_taken_back(evening: Evening, walker: ApiClient) -> None:
    """Sent three times it is one; an undo that comes before its log undoes it; the patrol shows what is left."""
    patrol = await evening.started(walker)
    items = [log(), log("hazard", note="井盖松动"), log("hazard")]
    for _ in range(3):
        receipt = (await walker.post(f"/api/patrols/{patrol}/logs", json={"items": items})).json()
    assert (receipt["stored"], receipt["duplicates"], receipt["counts"]) == (
        0,
        3,
        {"persuade": 1, "hazard": 2},
    )
    for _ in range(2):
        undone = await walker.post(f"/api/patrols/{patrol}/logs/{items[2]['id']}/undo")
        assert undone.json()["counts"] == {"persuade": 1, "hazard": 1}
    early = log("help")
    await walker.post(f"/api/patrols/{patrol}/logs/{early['id']}/undo")
    receipt = (await walker.post(f"/api/patrols/{patrol}/logs", json={"items": [early]})).json()
    assert receipt["counts"] == {"persuade": 1, "hazard": 1}
    assert (await walker.get(f"/api/patrols/{patrol}")).json()["logs"] == {"persuade": 1, "hazard": 1}
    assert await PatrolLog.all().count() == 4


async def test_logs_outside_of_the_walk_and_slipping_thumbs(
    evening: Evening, walker: ApiClient, clock: ModuleType
) -> None:
    """Seven of a kind in a minute are six; after the end nothing new counts; strangers' patrols and logs are not there."""
    patrol = await evening.started(walker)
    many = (
        await walker.post(f"/api/patrols/{patrol}/logs", json={"items": [log() for _ in range(7)]})
    ).json()
    assert (many["stored"], [each["code"] for each in many["refused"]]) == (6, ["too-many"])
    before = log(at=(core_clock.now() - dt.timedelta(hours=1)).isoformat())
    ahead = log(at=(core_clock.now() + dt.timedelta(hours=1)).isoformat())
    refused = (await walker.post(f"/api/patrols/{patrol}/logs", json={"items": [before, ahead]})).json()[
        "refused"
    ]
    assert [each["code"] for each in refused] == ["before-start", "future"]
    offline = log("help")
    clock.advance(dt.timedelta(minutes=10))
    await finish(walker, patrol)
    clock.advance(dt.timedelta(minutes=10))
    after = (await walker.post(f"/api/patrols/{patrol}/logs", json={"items": [offline, log("help")]})).json()
    assert (after["stored"], [each["code"] for each in after["refused"]]) == (1, ["after-finish"])
    other = await evening.walker()
    assert (await other.post(f"/api/patrols/{patrol}/logs", json={"items": [log()]})).status_code == 404
    mine = await evening.started(other)
    stolen = await other.post(f"/api/patrols/{mine}/logs", json={"items": [{**log(), "id": offline["id"]}]})
    assert stolen.status_code == 404
    assert (await other.post(f"/api/patrols/{mine}/logs/{offline['id']}/undo")).status_code == 404


async def test_handled_matters_earn_points(evening: Evening, walker: ApiClient, officer: ApiClient) -> None:
    """Two hazards add two times two; telling people about fraud adds none."""
    patrol = await evening.started(walker, await evening.task(points=10, seats=1))
    await walker.post(
        f"/api/patrols/{patrol}/logs", json={"items": [log("hazard"), log("hazard"), log("publicity")]}
    )
    await finish(walker, patrol)
    answer = await review(officer, patrol)
    assert answer.json()["members"][0]["points_awarded"] == 14


@pytest.mark.parametrize(
    ("kind", "method", "alone", "near", "far"),
    [
        ("qr", "qr", "medium", "high", "low"),
        ("nfc", "nfc", "high", "high", "low"),
        ("screen", "screen", "high", "high", "low"),
    ],
)
async def test_a_scanned_code_is_as_sure_as_its_kind_and_the_position(
    evening: Evening, walker: ApiClient, officer: ApiClient, clock: ModuleType,
    kind: str, method: str, alone: str, near: str, far: str,
) -> None:  # fmt: skip
    """With no position, one beside the checkpoint, and one a kilometre away."""
    point = await checkpoint(evening, officer)
    patrol = await evening.started(walker)
    clock.advance(dt.timedelta(minutes=1))
    sent = {"method": "nfc" if kind == "nfc" else "qr"}
    first = await visit(walker, patrol, **sent, code=await code(officer, point, kind))
    assert (first["http"], first["method"], first["sureness"]) == (200, method, alone), first
    assert "no-fix-near" in first["why"]
    for east_m, sureness in ((20.0, near), (1000.0, far)):
        clock.advance(dt.timedelta(minutes=10))
        await send(walker, patrol, [fix(core_clock.now(), east_m)])
        seen = await visit(walker, patrol, **sent, code=await code(officer, point, kind))
        assert seen["sureness"] == sureness, seen
    items = (await officer.get(f"/api/patrols/{patrol}/visits")).json()["items"]
    assert len(items) == 3 and {item["checkpoint_id"] for item in items} == {point}


async def test_a_photographed_screen_and_a_renewed_code(
    evening: Evening, walker: ApiClient, officer: ApiClient, clock: ModuleType
) -> None:
    """An hour later a screen's code is worth a printed one; after a renewal the old print is worth nothing; nor is another district's or a made-up one."""
    point = await checkpoint(evening, officer)
    patrol = await evening.started(walker)
    shown, printed = await code(officer, point, "screen"), await code(officer, point, "qr")
    clock.advance(dt.timedelta(hours=1))
    assert (await visit(walker, patrol, method="qr", code=shown))["method"] == "qr"
    await officer.patch(f"/api/checkpoints/{point}", json={"renew_codes": True})
    for text in (printed, shown, "https://example.org/at#AAAA", "x" * 300):
        refused = await visit(walker, patrol, method="qr", code=text)
        assert refused["http"] == 422 and refused["errors"][0]["code"] == "checkpoint-code-unknown"
    assert (await visit(walker, patrol, method="qr", code=await code(officer, point, "qr")))["http"] == 200


async def test_the_leaders_word_and_nobody_elses(evening: Evening, walker: ApiClient) -> None:
    """For a mate, not for oneself, not by a mate; kept once."""
    task = await evening.task(stops=[(100, 600)])
    mate = await evening.walker()
    patrol = await evening.team(task, walker, mate)
    leader_id, mate_id = [str((await person_behind(browser)).id) for browser in (walker, mate)]
    sent = {"id": str(uuid7()), "method": "attested", "stop_order": 1}
    for _ in range(2):
        made = await visit(walker, patrol, **sent, for_user_id=mate_id)
    assert (made["http"], made["user_id"], made["sureness"]) == (200, mate_id, "medium"), made
    assert await Visit.all().count() == 1
    own = await visit(walker, patrol, method="attested", stop_order=1, for_user_id=leader_id)
    assert own["http"] == 422 and own["errors"][0]["field"] == "for_user_id"
    assert (await visit(mate, patrol, method="attested", stop_order=1, for_user_id=leader_id))[
        "code"
    ] == "not-leader"
    nowhere = await visit(walker, patrol, method="attested", for_user_id=mate_id)
    assert nowhere["http"] == 422 and nowhere["errors"][0]["field"] == "stop_order"


async def test_a_photo_of_the_place(evening: Evening, walker: ApiClient, officer: ApiClient) -> None:
    """The visit first, its photo later, in as many pieces as the network needs; the desk sees it, a stranger does not."""
    task = await evening.task(stops=[(0, 600)])
    patrol = await evening.started(walker, task)
    await send(walker, patrol, [fix(core_clock.now(), 5)])
    made = await visit(walker, patrol, method="photo", stop_order=1)
    assert (made["sureness"], made["photo"]) == ("medium", False)
    picture = io.BytesIO()
    Image.effect_noise((300, 200), 90).convert("RGB").save(picture, "PNG")
    data = picture.getvalue()
    address = f"/api/patrols/{patrol}/visits/{made['id']}/photo"
    begun = await walker.request("HEAD", address)
    assert (begun.headers["Upload-Offset"], begun.headers["Upload-Defer-Length"]) == ("0", "1")
    cut = len(data) // 2
    await walker.put("/api/me/consents/photos", json={"granted": False, "version": 1})
    refused = await walker.patch(address, content=data[:cut], headers=tus(0, len(data)))
    assert (refused.status_code, refused.json()["code"]) == (403, "photo-consent-required")
    await walker.put("/api/me/consents/photos", json={"granted": True, "version": 1})
    for start, end in ((0, cut), (cut, len(data))):
        assert (await officer.get(address)).status_code == 404
        answer = await walker.patch(address, content=data[start:end], headers=tus(start, len(data)))
        assert (answer.status_code, answer.headers["Upload-Offset"]) == (204, str(end)), answer.text
    assert (await walker.patch(address, content=data, headers=tus(0, len(data)))).status_code == 204
    shown = await officer.get(address)
    assert shown.headers["Content-Type"] == "image/webp"
    assert Image.open(io.BytesIO(shown.content)).size == (300, 200)
    assert (
        await rows("SELECT id FROM upload") == [] and await rows("SELECT upload_id FROM upload_piece") == []
    )
    other = await evening.walker()
    assert (await other.get(address)).status_code == 404
    assert (await other.request("HEAD", address)).status_code == 404
    nowhere = f"/api/patrols/{patrol}/visits/{uuid7()}/photo"
    assert (await walker.patch(nowhere, content=b"x", headers=tus(0, 1))).status_code == 404


async def test_a_file_that_is_no_photo_makes_room_for_another(evening: Evening, walker: ApiClient) -> None:
    """It is refused when it is whole; a piece out of step, of another length or without the protocol is refused at once."""
    patrol = await evening.started(walker)
    made = await visit(
        walker, patrol, method="photo", **dict(zip(("lon", "lat"), place_at(0, 0), strict=True))
    )
    address = f"/api/patrols/{patrol}/visits/{made['id']}/photo"
    assert (await walker.patch(address, content=b"12", headers=tus(0, 4))).status_code == 204
    for content, headers, status, code in (
        (b"34", tus(3, 4), 409, "upload-out-of-step"),
        (b"34", tus(2, 9), 422, "invalid-fields"),
        (b"345", tus(2, 4), 422, "invalid-fields"),
        (b"34", {"Content-Type": "image/jpeg"}, 412, "upload-protocol"),
        (b"34", tus(2, 4), 422, "photo-not-readable"),
    ):
        refused = await walker.patch(address, content=content, headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (status, code), refused.text
    assert (await walker.request("HEAD", address)).headers["Upload-Offset"] == "0"


async def test_what_came_before_the_connection_broke_is_kept(evening: Evening, walker: ApiClient) -> None:
    """The bytes that had arrived are where the sender goes on from; a week later nobody waits for the rest."""
    upload_id, length = uuid7(), 3 * uploads.PIECE_BYTES

    async def broken() -> AsyncIterator[bytes]:
        yield b"a" * (uploads.PIECE_BYTES + 10)
        raise InternalServerException("client disconnected prematurely")

    kept = await uploads.receive(upload_id, uploads.Piece(0, length), broken(), length)
    assert kept == await uploads.progress(upload_id) == uploads.Progress(uploads.PIECE_BYTES + 10, length)
    assert await uploads.content(upload_id) == b"a" * kept.offset
    core_clock.advance(dt.timedelta(days=8))
    await uploads.give_up_uploads({})
    assert await uploads.progress(upload_id) == uploads.NOTHING


async def test_checkpoints_are_the_desks(evening: Evening, walker: ApiClient, officer: ApiClient) -> None:
    """Volunteers see where they are, not their codes; one out of use is not listed; the package has those along the route."""
    point = await checkpoint(evening, officer, screen=False)
    area = {"area_id": str(evening.district.communities[0].id)}
    seen = (await walker.get("/api/checkpoints", params=area)).json()["items"]
    assert [each["id"] for each in seen] == [point] and "serial" not in seen[0]
    for request in (
        walker.get(f"/api/checkpoints/{point}/code", params={"kind": "qr"}),
        walker.post(
            "/api/checkpoints", json={"id": str(uuid7()), **area, "name_zh": "x", "lon": 120.7, "lat": 28}
        ),
        walker.patch(f"/api/checkpoints/{point}", json={"in_use": False}),
    ):
        assert (await request).status_code == 403
    missing = await officer.get(f"/api/checkpoints/{point}/code", params={"kind": "screen"})
    assert missing.status_code == 422
    far = await checkpoint(evening, officer, east_m=5000)
    seat = await evening.grabbed(walker, await evening.task(stops=[(50, 600)]))
    package = (await walker.get("/api/walk-package", params={"assignment_id": str(seat)})).json()
    assert [each["id"] for each in package["checkpoints"]] == [point] and far != point
    await officer.patch(f"/api/checkpoints/{point}", json={"in_use": False, "name_zh": "旧站"})
    assert point not in str((await walker.get("/api/checkpoints", params=area)).json())
