"""What each audience sees of a walk: the reviewer, other officers, the community, everybody; and what comes of an oddity."""

import datetime as dt
import io
import uuid
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from PIL import Image

from backend.core import clock as core_clock
from backend.core import media
from backend.core.db import rows
from backend.core.ids import uuid7
from backend.core.roles import Role
from backend.patrols import service
from backend.patrols.models import Fix, LivePosition, Patrol, PatrolLine
from backend.people.models import Person
from routing.geo import haversine_m
from routing.track_privacy import HIDDEN_M
from tests.support.app import ApiClient
from tests.support.district import sign_in
from tests.support.evening import Evening, finish, fix, person_behind, place_at, review, send, tus, walk


async def walked(evening: Evening, walker: ApiClient, east_m: float = 1200, **changes: Any) -> str:
    """A free patrol straight to the east that ended now; the clock moves on."""
    patrol = await evening.started(walker)
    fixes = [{**each, **changes} for each in walk(core_clock.now(), [(east_m, 0)], noise_m=2)]
    core_clock.freeze(dt.datetime.fromisoformat(fixes[-1]["at"]))
    for begin in range(0, len(fixes), 400):
        assert (await send(walker, patrol, fixes[begin : begin + 400])).status_code == 200
    assert (await finish(walker, patrol)).status_code == 200
    return patrol


async def later(days: int, *browsers: ApiClient) -> None:
    """So many days on, when sessions are long over and people have signed in again."""
    people = [await person_behind(browser) for browser in browsers]
    core_clock.advance(dt.timedelta(days=days))
    for browser, person in zip(browsers, people, strict=True):
        await sign_in(browser, person)


async def lines(browser: ApiClient, patrol: str) -> list[list[list[float]]]:
    """The track as somebody sees it."""
    answer = await browser.get(f"/api/patrols/{patrol}/track")
    assert answer.status_code == 200, answer.text
    return answer.json()["geometry"]["coordinates"]


async def test_history_is_coarse_for_all_but_those_who_judge(
    evening: Evening, walker: ApiClient, officer: ApiClient
) -> None:
    """Any officer sees a patrol that awaits its verdict to a metre; afterwards only who gave it; all of them 30 days long."""
    patrol, other = await walked(evening, walker), await evening.browser(Role.OFFICER)
    (exact,) = await lines(officer, patrol)
    assert len(exact) > 100 and await lines(other, patrol) == [exact]
    await review(officer, patrol, "rejected", "没有到点")
    assert await lines(officer, patrol) == [exact]
    ((west, east),) = await lines(other, patrol)
    assert (
        float(haversine_m([west[0]], [west[1]], *exact[0])[0])
        < 1
        < 800
        < float(haversine_m([west[0]], [west[1]], *east)[0])
    )
    await walker.post(f"/api/patrols/{patrol}/appeal", json={"id": str(uuid7()), "reason": "我走了全程"})
    assert await lines(other, patrol) == [exact], "an appeal is to be judged"
    assert sum(map(len, await lines(walker, patrol))) > len(exact)
    verdict = {"decision": "corrected", "note": "轨迹清楚"}
    assert (await other.post(f"/api/patrols/{patrol}/appeal/verdict", json=verdict)).status_code == 200
    third = await evening.browser(Role.APPROVER)
    assert [len(line) for line in await lines(third, patrol)] == [2] and await lines(other, patrol) == [exact]
    await later(31, officer, other, third, walker)
    assert (await service.forget())["patrols"] == 1
    for browser in (officer, other, third, walker):
        assert [len(line) for line in await lines(browser, patrol)] == [2]
    await later(366, officer)
    await service.forget()
    assert await lines(officer, patrol) == []


async def test_the_desk_sees_no_door_while_they_walk(
    evening: Evening, walker: ApiClient, officer: ApiClient, clock: ModuleType
) -> None:
    """The last position is exact; the way behind it never shows where they set out, nor their home."""
    patrol = await evening.started(walker)
    fixes = walk(core_clock.now(), [(600, 0)], noise_m=0)
    clock.freeze(dt.datetime.fromisoformat(fixes[-1]["at"]))
    await send(walker, patrol, fixes)
    area = {"area_id": str(evening.district.district.id)}

    async def shown() -> dict[str, Any]:
        (live,) = (await officer.get("/api/live", params=area)).json()["patrols"]
        assert live["position"]["lon"] == fixes[-1]["lon"]
        return live

    trail = np.array((await shown())["trail"])
    away_m = haversine_m(trail[:, 0], trail[:, 1], *place_at(0, 0))
    assert HIDDEN_M < away_m.min() < HIDDEN_M + 30 and away_m.max() == pytest.approx(600, abs=6)
    lon, lat = place_at(400, 0)
    assert (await walker.put("/api/me/quiet-home", json={"lon": lon, "lat": lat})).status_code == 200
    beyond = np.array((await shown())["trail"] or [place_at(2000, 0)])
    assert haversine_m(beyond[:, 0], beyond[:, 1], lon, lat).min() > HIDDEN_M


async def test_the_community_sees_teams_not_persons(
    evening: Evening, walker: ApiClient, officer: ApiClient
) -> None:
    """A poster has the team's place and figures, but nobody's name, way, visits or oddities; the police have them."""
    poster = await evening.browser(Role.POSTER)
    running = await evening.started(walker)
    await send(walker, running, [fix(core_clock.now(), 300)])
    (live,) = (
        await poster.get("/api/live", params={"area_id": str(evening.district.communities[0].id)})
    ).json()["patrols"]
    assert (live["people"], live["trail"]) == (1, []) and live["position"] is not None
    patrol = await walked(evening, await evening.walker(), mocked=True)
    await service.match(uuid.UUID(patrol))
    names = set(await Person.all().values_list("name", flat=True))
    seen = {}
    for role, browser in (("poster", poster), ("officer", officer)):
        answers = [await browser.get(f"/api/patrols/{each}") for each in (running, patrol)]
        answers.append(
            await browser.get("/api/patrols", params={"area_id": str(evening.district.communities[0].id)})
        )
        texts = " ".join(answer.text for answer in answers)
        seen[role] = [sum(f'"name":"{name}"' in texts for name in names) > 0, "mocked" in texts]
        for path in ("visits", "track"):
            assert (await browser.get(f"/api/patrols/{patrol}/{path}")).status_code == (
                403 if role == "poster" else 200
            )
    assert seen == {"poster": [False, False], "officer": [True, True]}


async def test_everybody_sees_squares_that_five_patrols_crossed(
    evening: Evening, walker: ApiClient, officer: ApiClient
) -> None:
    """Not four, not rejected ones, not their ends; no exact counts; 250 m at least; for thirty days; only of one's district."""
    area = {"area_id": str(evening.district.communities[0].id)}

    async def squares(browser: ApiClient = walker) -> dict[str, Any]:
        answer = await browser.get("/api/walked", params=area)
        assert answer.status_code == 200, answer.text
        return answer.json()

    for number in range(6):
        patrol = await walked(evening, await evening.walker())
        await service.match(uuid.UUID(patrol))
        assert (
            await review(officer, patrol, *(("rejected", "重复") if number == 0 else ()))
        ).status_code == 200
        if number == 4:
            assert (await squares())["cells"] == []
    found = await squares()
    assert len(found["cells"]) in (4, 5) and {each["at_least"] for each in found["cells"]} == {5}
    assert found["half_lat"] * 2 * 111_195 >= 249.9 and found["half_lon"] * 2 * 111_195 * 0.88 >= 249.9
    west, east = place_at(HIDDEN_M, 0)[0], place_at(1200 - HIDDEN_M, 0)[0]
    for cell in found["cells"]:
        assert cell["lon"] + found["half_lon"] > west and cell["lon"] - found["half_lon"] < east
    assert await rows("SELECT 1 FROM walked_cell WHERE patrols > 5") == []
    stranger = await evening.new_client().get("/api/walked", params=area)
    assert stranger.status_code == 401
    await later(31, walker)
    assert (await squares())["cells"] == []
    await service.forget()
    assert await rows("SELECT 1 FROM walked_cell") == []


async def test_time_leaves_nothing_of_where_anybody_was(
    evening: Evening, walker: ApiClient, officer: ApiClient, clock: ModuleType
) -> None:
    """A month later no table has a position, a shape or the place of an oddity; a quarter later the photo's bytes are gone."""
    patrol = await evening.started(walker)
    visit = await photographed(walker, patrol, picture(1))
    fixes = walk(core_clock.now(), [(900, 0)])
    clock.freeze(dt.datetime.fromisoformat(fixes[-1]["at"]))
    await send(walker, patrol, fixes)
    await finish(walker, patrol)
    await service.match(uuid.UUID(patrol))
    await review(officer, patrol)
    photo = f"/api/patrols/{patrol}/visits/{visit}/photo"
    assert (await officer.get(photo)).status_code == 200
    await later(31, officer)
    await service.forget()
    assert await Fix.all().count() + await LivePosition.all().count() == 0
    assert {line.precision for line in await PatrolLine.all()} == {"coarse"}
    kept = await Patrol.get(id=patrol)
    assert kept.measured is not None and (kept.measured["shape"], kept.measured["cells"]) == ([], [])
    await later(61, officer)
    assert (await service.forget())["photos"] == 1
    assert (await officer.get(photo)).status_code == 404
    assert await rows("SELECT 1 FROM media") == []
    (job,) = await rows("SELECT payload FROM job WHERE name = 'core.delete_photo_bytes'")
    assert job


def picture(shade: int) -> bytes:
    """A photo."""
    file = io.BytesIO()
    Image.new("RGB", (64, 48), (shade, 120, 90)).save(file, "JPEG")
    return file.getvalue()


async def photographed(browser: ApiClient, patrol: str, photo: bytes, east_m: float = 0) -> str:
    """A visit shown by a photo; its id."""
    visit, (lon, lat) = str(uuid7()), place_at(east_m, 0)
    body = {"id": visit, "at": core_clock.now().isoformat(), "method": "photo", "lon": lon, "lat": lat}
    answer = await browser.post(f"/api/patrols/{patrol}/visits", json=body)
    assert answer.status_code == 200, answer.text
    await send_photo(browser, patrol, visit, photo)
    return visit


async def send_photo(browser: ApiClient, patrol: str, visit: str, photo: bytes) -> None:
    """All of a visit's photo at once."""
    await browser.put("/api/me/consents/photos", json={"granted": True, "version": 1})
    address = f"/api/patrols/{patrol}/visits/{visit}/photo"
    sent = await browser.patch(address, content=photo, headers=tus(0, len(photo)))
    assert sent.status_code == 204, sent.text


async def test_each_oddity_is_something_to_look_at_and_never_a_ban(
    evening: Evening, walker: ApiClient, officer: ApiClient, clock: ModuleType
) -> None:
    """A scan far from the position, a photo sent before, a copied track, the phone's own hint, a jump: the patrol awaits its
    review with words and a score, the walker is told nothing and walks again."""
    honest = await walked(evening, await evening.walker())
    await service.match(uuid.UUID(honest))
    began = (await Patrol.get(id=honest)).started_at
    copied = await Fix.filter(patrol_id=honest).order_by("at")

    odd = await evening.started(walker)
    photo = await photographed(walker, odd, picture(7))
    now = core_clock.now()
    again = [
        {
            **fix(now + (each.at - began)), "lon": each.lon, "lat": each.lat, "mocked": number < 3,
        }
        for number, each in enumerate(copied)
    ]  # fmt: skip
    again[100] = {**again[100], "lon": place_at(5000, 0)[0]}
    clock.freeze(dt.datetime.fromisoformat(again[-1]["at"]))
    await send(walker, odd, again)
    lon, lat = place_at(-3000, 0)
    point = {
        "id": str(uuid7()), "area_id": str(evening.district.communities[0].id), "name_zh": "岗亭", "lon": lon, "lat": lat,
        "qr": True, "nfc": False, "screen": False,
    }  # fmt: skip
    assert (await officer.post("/api/checkpoints", json=point)).status_code == 201
    code = (await officer.get(f"/api/checkpoints/{point['id']}/code", params={"kind": "qr"})).json()["text"]
    scan = {"id": str(uuid7()), "at": core_clock.now().isoformat(), "method": "qr", "code": code}
    assert (await walker.post(f"/api/patrols/{odd}/visits", json=scan)).status_code == 200
    await photographed(walker, odd, picture(7), 300)
    await finish(walker, odd)
    await service.match(uuid.UUID(odd))
    found = (await officer.get(f"/api/patrols/{odd}")).json()
    kinds = {each["kind"] for each in found["findings"]}
    assert kinds >= {"far_scan", "same_photo", "replayed", "mocked", "teleport"}
    assert all(each["title_zh"] and each["title_en"] and each["severity"] > 0 for each in found["findings"])
    assert (found["state"], found["doubt"]) == ("awaiting_review", 100)
    area = {"area_id": str(evening.district.district.id), "state": "awaiting_review"}
    first, _ = (await officer.get("/api/patrols", params=area)).json()["items"]
    assert first["id"] == odd
    assert await evening.started(walker) and photo


async def test_a_photo_that_arrives_late_is_looked_at_too(
    evening: Evening, walker: ApiClient, officer: ApiClient, clock: ModuleType
) -> None:
    """A phone that had no network sends it after the end: the patrol is looked at again; the first to send it is not doubted."""
    other = await evening.walker()
    patrol = await evening.started(other)
    mine = await photographed(other, patrol, picture(40))
    late = await evening.started(walker)
    clock.advance(dt.timedelta(minutes=5))
    visit = str(uuid7())
    lon, lat = place_at(0, 0)
    body = {"id": visit, "at": core_clock.now().isoformat(), "method": "photo", "lon": lon, "lat": lat}
    await walker.post(f"/api/patrols/{late}/visits", json=body)
    for browser, each in ((other, patrol), (walker, late)):
        await finish(browser, each)
        await service.match(uuid.UUID(each))
    before = await rows("SELECT count(*) AS many FROM job WHERE name = 'patrols.match'")
    await send_photo(walker, late, visit, picture(40))
    after = await rows("SELECT count(*) AS many FROM job WHERE name = 'patrols.match'")
    assert after[0]["many"] == before[0]["many"] + 1 and mine
    for each in (patrol, late):
        await service.match(uuid.UUID(each))

    async def found(each: str) -> list[str]:
        return [one["kind"] for one in (await officer.get(f"/api/patrols/{each}")).json()["findings"]]

    assert "same_photo" in await found(late) and "same_photo" not in await found(patrol)
    assert (await media.same_pictures([])) == {}
