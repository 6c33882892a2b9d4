"""After the walk: what is kept and who saw it, what one takes along, what others never see, and what time deletes."""

import datetime as dt
import re
from types import ModuleType

import gpxpy
import pytest

from backend.core import clock as core_clock
from backend.core.ids import uuid7
from backend.core.roles import Role
from backend.patrols import service
from backend.patrols.models import Fix, Patrol, PatrolLine, QuietHome
from backend.people.models import Person, Team
from routing.geo import haversine_m
from routing.track_privacy import HIDDEN_M
from tests.support.app import ApiClient
from tests.support.evening import Evening, finish, fix, person_behind, place_at, review, send, walk


async def test_the_receipt_says_what_is_kept_and_who_saw_it(
    evening: Evening, walker: ApiClient, officer: ApiClient
) -> None:
    """Counts, the desk that watched live, the reviewer who looked afterwards, and when each thing goes."""
    patrol = await evening.started(walker)
    await send(walker, patrol, [fix(core_clock.now())])
    await officer.get("/api/live", params={"area_id": str(evening.district.district.id)})
    await walker.post(
        f"/api/patrols/{patrol}/logs",
        json={"items": [{"id": str(uuid7()), "kind": "help", "at": core_clock.now().isoformat()}]},
    )
    await finish(walker, patrol)
    await officer.get(f"/api/patrols/{patrol}/track")
    receipt = (await walker.get(f"/api/patrols/{patrol}/receipt")).json()
    assert (receipt["stored"]["fixes"], receipt["stored"]["logs"], receipt["stored"]["visits"]) == (1, 1, 0)
    assert [seen["live"] for seen in receipt["seen_by"]] == [True, False]
    until = {each["what"]: dt.datetime.fromisoformat(each["until"]) for each in receipt["kept"]}
    assert until["fixes"] - core_clock.now() == dt.timedelta(days=30) and len(receipt["audience"]) == 6
    stranger = await evening.walker()
    for path in ("receipt", "export.gpx", "export.json"):
        assert (await stranger.get(f"/api/patrols/{patrol}/{path}")).status_code == 404


async def test_exports_hold_ones_own_walk_with_its_gaps(
    evening: Evening, walker: ApiClient, clock: ModuleType
) -> None:
    """GPX has a segment more than there were gaps; JSON has every position."""
    patrol = await evening.started(walker)
    first = walk(core_clock.now(), [(200, 0)])
    second = walk(core_clock.now() + dt.timedelta(minutes=20), [(200, 0)], seed=2)
    clock.advance(dt.timedelta(minutes=30))
    await send(walker, patrol, first + second)
    await finish(walker, patrol)
    answer = await walker.get(f"/api/patrols/{patrol}/export.gpx")
    assert "attachment" in answer.headers["Content-Disposition"]
    (track,) = gpxpy.parse(answer.text).tracks
    assert len(track.segments) == 2 and sum(len(each.points) for each in track.segments) == len(first) + len(
        second
    )
    whole = (await walker.get(f"/api/patrols/{patrol}/export.json")).json()
    assert len(whole["fixes"]) == len(first) + len(second) and whole["patrol"]["id"] == patrol


async def test_others_never_see_where_a_walk_began_and_ended(
    evening: Evening, walker: ApiClient, officer: ApiClient
) -> None:
    """The walker sees all of it, the reviewer nothing within 150 m of either end."""
    patrol = await evening.started(walker)
    positions = walk(core_clock.now(), [(800, 0)], noise_m=1)
    core_clock.advance(dt.timedelta(minutes=15))
    await send(walker, patrol, positions)
    await finish(walker, patrol)
    own = (await walker.get(f"/api/patrols/{patrol}/track")).json()["geometry"]["coordinates"]
    seen = (await officer.get(f"/api/patrols/{patrol}/track")).json()["geometry"]["coordinates"]
    assert sum(map(len, own)) > sum(map(len, seen)) > 0
    west, east = place_at(145, 0)[0], place_at(655, 0)[0]
    assert all(west < lon < east for line in seen for lon, _ in line)


async def test_a_home_in_the_middle_of_a_walk_is_left_out(
    evening: Evening, walker: ApiClient, officer: ApiClient, clock: ModuleType
) -> None:
    """The reviewer sees no place within 150 m of it, the walker all; what is kept of it is no address; it can be taken back."""
    task = await evening.task()
    patrol = await evening.started(walker, task)
    fixes = walk(core_clock.now(), [(1500, 0)], noise_m=0)
    clock.advance(dt.timedelta(minutes=25))
    await send(walker, patrol, fixes)
    await finish(walker, patrol)
    lon, lat = place_at(750, 0)

    async def shown_m(browser: ApiClient) -> list[float]:
        lines = (await browser.get(f"/api/patrols/{patrol}/track")).json()["geometry"]["coordinates"]
        return [float(haversine_m([east], [north], lon, lat)[0]) for line in lines for east, north in line]

    assert min(await shown_m(officer)) < 20
    set_ = await walker.put("/api/me/quiet-home", json={"lon": lon, "lat": lat})
    assert set_.status_code == 200 and set_.json()["set_at"], set_.text
    seen = await shown_m(officer)
    assert seen and min(seen) > HIDDEN_M
    assert min(await shown_m(walker)) < 20
    kept = await QuietHome.get(user_id=(await person_behind(walker)).id)
    assert re.fullmatch("[0-9a-f]{40}", kept.cell)
    assert (await walker.delete("/api/me/quiet-home")).status_code == 204
    assert min(await shown_m(officer)) < 20
    assert (await walker.get("/api/me/quiet-home")).json() == {"set_at": None}


async def test_time_deletes_positions_and_then_lines(
    evening: Evening, walker: ApiClient, officer: ApiClient, clock: ModuleType
) -> None:
    """After thirty days no position is left, only a coarse line without its ends; a year later not that; figures stay."""
    patrol = await evening.started(walker)
    positions = walk(core_clock.now(), [(1200, 0)])
    clock.advance(dt.timedelta(minutes=20))
    for begin in range(0, len(positions), 400):
        await send(walker, patrol, positions[begin : begin + 400])
    await finish(walker, patrol)
    await review(officer, patrol)
    clock.advance(dt.timedelta(days=29))
    assert (await service.forget())["patrols"] == 0 and await Fix.all().count() == len(positions)
    clock.advance(dt.timedelta(days=2))
    assert (await service.forget())["patrols"] == 1 and await Fix.all().count() == 0
    (line,) = await PatrolLine.all()
    assert line.precision == "coarse" and 0 < sum(map(len, line.lines)) < 20
    assert min(lon for piece in line.lines for lon, _ in piece) > place_at(140, 0)[0]
    length_m = (await Patrol.get(id=patrol)).length_m
    clock.advance(dt.timedelta(days=340))
    await service.forget()
    assert await PatrolLine.all().count() == 0 and (await Patrol.get(id=patrol)).length_m == length_m > 1000


async def test_the_question_comes_before_the_end(
    evening: Evening, walker: ApiClient, clock: ModuleType
) -> None:
    """Ten minutes before a forgotten patrol is ended one is asked; who answers goes on, who does not is ended."""
    patrol = await evening.started(walker)
    clock.advance(dt.timedelta(hours=2, minutes=51))
    assert await service.finish_forgotten() == 0
    assert (await walker.get(f"/api/patrols/{patrol}")).json()["asked_at"] is not None
    answer = await walker.post(f"/api/patrols/{patrol}/continue", json={"minutes": 30})
    assert answer.json()["asked_at"] is None
    clock.advance(dt.timedelta(minutes=15))
    assert await service.finish_forgotten() == 0
    clock.advance(dt.timedelta(minutes=20))
    assert await service.finish_forgotten() == 1
    assert (await walker.post(f"/api/patrols/{patrol}/continue", json={"minutes": 15})).json()[
        "code"
    ] == "patrol-over"


@pytest.mark.parametrize(("part", "points"), [({"stops": [0]}, 5), ({"minutes": 15}, 5), ({"stops": []}, 0)])
async def test_the_part_that_counts_is_chosen(
    evening: Evening, walker: ApiClient, officer: ApiClient, part: dict[str, object], points: int
) -> None:
    """One of two stops, half of the minutes, nothing: points follow, and the choice is shown."""
    task = await evening.task(stops=[(100, 600), (4000, 600)], points=10, seats=1)
    patrol = await evening.finished(walker, task, minutes=30)
    body = {"decision": "partial", "note": "只认一半", "accepted": part}
    answer = await officer.post(f"/api/patrols/{patrol}/review", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.json()["members"][0]["points_awarded"] == points
    assert {key: value for key, value in answer.json()["accepted_part"].items() if value is not None} == part


async def test_nobody_judges_their_own_team(evening: Evening, walker: ApiClient, officer: ApiClient) -> None:
    """An officer in the walker's team is told to leave it to another."""
    team = await Team.create(
        id=uuid7(),
        area_id=evening.district.communities[0].id,
        name_zh="一队",
        name_en="One",
        invite_code="ONE111",
    )
    for browser in (walker, officer):
        await Person.filter(id=(await person_behind(browser)).id).update(team_id=team.id)
    patrol = await evening.finished(walker)
    refused = await review(officer, patrol)
    assert (refused.status_code, refused.json()["code"]) == (403, "own-team")
    assert (await review(await evening.browser(Role.OFFICER), patrol)).status_code == 200


async def test_an_appeal_goes_to_somebody_else(
    evening: Evening, walker: ApiClient, officer: ApiClient
) -> None:
    """Once, within a week; the first reviewer may not decide; corrected credits what was kept back."""
    task = await evening.task(stops=[(100, 600), (4000, 600)], points=10, seats=1)
    patrol = await evening.finished(walker, task, minutes=30)
    await officer.post(
        f"/api/patrols/{patrol}/review",
        json={"decision": "partial", "note": "一半", "accepted": {"stops": [0]}},
    )
    body = {"id": str(uuid7()), "reason": "第二个点我拍了照片"}
    for _ in range(2):
        asked = await walker.post(f"/api/patrols/{patrol}/appeal", json=body)
        assert asked.json()["appeal"]["reason"] == body["reason"], asked.text
    assert (await walker.post(f"/api/patrols/{patrol}/appeal", json={**body, "id": str(uuid7())})).json()[
        "code"
    ] == "appeal-closed"
    verdict = {"decision": "corrected", "note": "照片清楚"}
    own = await officer.post(f"/api/patrols/{patrol}/appeal/verdict", json=verdict)
    assert (own.status_code, own.json()["code"]) == (403, "same-reviewer")
    other = await evening.browser(Role.OFFICER)
    decided = await other.post(f"/api/patrols/{patrol}/appeal/verdict", json=verdict)
    assert decided.status_code == 200, decided.text
    assert (decided.json()["state"], decided.json()["members"][0]["points_awarded"]) == ("accepted", 10)
    assert (await walker.get("/api/me/points")).json()["balance"] == 10
    assert (await other.post(f"/api/patrols/{patrol}/appeal/verdict", json=verdict)).json()[
        "code"
    ] == "appeal-closed"


async def test_after_a_week_it_is_too_late(
    evening: Evening, walker: ApiClient, officer: ApiClient, clock: ModuleType
) -> None:
    """And an accepted patrol has nothing to appeal against."""
    rejected = await evening.finished(walker)
    await review(officer, rejected, "rejected", "没有到点")
    clock.advance(dt.timedelta(days=7, seconds=1))
    body = {"id": str(uuid7()), "reason": "我到了的呀"}
    assert (await walker.post(f"/api/patrols/{rejected}/appeal", json=body)).json()["code"] == "appeal-closed"
