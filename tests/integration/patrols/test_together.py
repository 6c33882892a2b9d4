"""Walking together: codes that join, the lead that passes on, and the rule of the night."""

import datetime as dt
from types import ModuleType
from typing import Any

from backend.core import clock as core_clock
from backend.core.ids import uuid7
from backend.core.roles import Role
from backend.patrols.models import Patrol, PatrolMember
from backend.tasks.models import Assignment, Task
from tests.support.app import ApiClient
from tests.support.evening import Evening, finish, fix, person_behind, place_at, review, send


async def code_of(browser: ApiClient) -> str:
    """What the QR code on this phone holds."""
    answer = await browser.get("/api/me/companion-code")
    assert answer.status_code == 200, answer.text
    return str(answer.json()["qr_text"])


def scanned(token: str) -> dict[str, Any]:
    """A code scanned just now."""
    return {"token": token, "at": core_clock.now().isoformat()}


async def members(patrol: str) -> dict[str, bool]:
    """Who walks, and who of them leads."""
    found = await PatrolMember.filter(patrol_id=patrol)
    return {str(member.user_id): member.leader for member in found}


async def test_a_mate_scans_the_leader_and_gets_a_free_seat(evening: Evening, walker: ApiClient) -> None:
    """Joined once however often it is sent; the seat is taken and started; without a free seat it is refused."""
    task = await evening.task(seats=2)
    patrol = await evening.started(walker, task)
    mate, late = await evening.walker(), await evening.walker()
    token = await code_of(walker)
    for _ in range(3):
        answer = await mate.post("/api/patrols/join", json=scanned(token))
        assert answer.status_code == 200 and answer.json()["id"] == patrol, answer.text
    people = [str((await person_behind(browser)).id) for browser in (walker, mate)]
    assert await members(patrol) == {people[0]: True, people[1]: False}
    assert (await Task.get(id=task.id)).seats_taken == 2
    assert set(await Assignment.all().values_list("state", flat=True)) == {"started"}
    refused = await late.post("/api/patrols/join", json=scanned(token))
    assert (refused.status_code, refused.json()["code"]) == (409, "no-seat-free")
    assert (await Task.get(id=task.id)).seats_taken == 2


async def test_the_leader_scans_a_mate(evening: Evening, walker: ApiClient) -> None:
    """It works the other way round too, and only for the leader."""
    patrol = await evening.started(walker)
    mate, other = await evening.walker(), await evening.walker()
    answer = await walker.post(f"/api/patrols/{patrol}/members", json=scanned(await code_of(mate)))
    assert answer.status_code == 200 and len(answer.json()["members"]) == 2
    refused = await mate.post(f"/api/patrols/{patrol}/members", json=scanned(await code_of(other)))
    assert (refused.status_code, refused.json()["code"]) == (403, "not-leader")
    stranger = await other.post(f"/api/patrols/{patrol}/members", json=scanned(await code_of(mate)))
    assert stranger.status_code == 404


async def test_codes_that_do_not_join(evening: Evening, walker: ApiClient, clock: ModuleType) -> None:
    """A text of anything, one's own code, one of yesterday, of somebody who does not lead, of somebody on another patrol."""
    mate, idle = await evening.walker(), await evening.walker()
    await evening.started(walker)
    token = await code_of(walker)
    tampered = token[:-2] + ("AA" if token[-2:] != "AA" else "BB")
    for text in ("hello", tampered):
        answer = await mate.post("/api/patrols/join", json=scanned(text))
        assert answer.status_code == 422 and answer.json()["errors"][0]["code"] == "unknown-code"
    own = await walker.post("/api/patrols/join", json=scanned(token))
    assert own.status_code == 422 and own.json()["errors"][0]["code"] == "own-code"
    not_leading = await mate.post("/api/patrols/join", json=scanned(await code_of(idle)))
    assert (not_leading.status_code, not_leading.json()["code"]) == (409, "leader-not-walking")
    await evening.started(mate)
    elsewhere = await mate.post("/api/patrols/join", json=scanned(token))
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (409, "already-patrolling")
    clock.advance(dt.timedelta(hours=13))
    old = await idle.post("/api/patrols/join", json=scanned(token))
    assert (old.status_code, old.json()["code"]) == (410, "companion-code-expired")


async def test_the_lead_passes_on(evening: Evening, walker: ApiClient) -> None:
    """The heir ends the patrol for all; who handed over may send it again; nobody else may take or give it."""
    task = await evening.task()
    mate, third = await evening.walker(), await evening.walker()
    patrol = await evening.team(task, walker, mate, third)
    heir = {"to_user_id": str((await person_behind(mate)).id)}
    assert (await third.post(f"/api/patrols/{patrol}/lead", json=heir)).json()["code"] == "not-leader"
    for _ in range(2):
        answer = await walker.post(f"/api/patrols/{patrol}/lead", json=heir)
        assert answer.status_code == 200, answer.text
    leaders = [member["user_id"] for member in answer.json()["members"] if member["leader"]]
    assert leaders == [heir["to_user_id"]]
    assert [
        str(each) for each in await Assignment.filter(leader=True).values_list("user_id", flat=True)
    ] == leaders
    nobody = await walker.post(f"/api/patrols/{patrol}/lead", json={"to_user_id": str(uuid7())})
    assert nobody.status_code == 422 and nobody.json()["errors"][0]["code"] == "not-walking"
    assert (await finish(walker, patrol)).json()["state"] == "active"
    assert (await finish(mate, patrol)).json()["state"] == "awaiting_review"


async def test_minutes_count_once_a_team_and_apart_for_each(
    evening: Evening, walker: ApiClient, clock: ModuleType
) -> None:
    """Two people, one of whom joined twenty minutes later: the patrol's minutes are not their sum."""
    patrol = await evening.started(walker)
    clock.advance(dt.timedelta(minutes=20))
    mate = await evening.walker()
    await mate.post("/api/patrols/join", json=scanned(await code_of(walker)))
    clock.advance(dt.timedelta(minutes=10))
    body = (await finish(walker, patrol)).json()
    assert body["person_minutes"] == 40
    assert [member["minutes"] for member in body["members"]] == [30, 10]


async def test_at_night_two_walk_one_of_them_experienced(evening: Evening, clock: ModuleType) -> None:
    """Alone: refused with what is missing. Two newcomers: refused. With somebody who leads a team, or who walked before: on."""
    clock.advance(dt.timedelta(hours=3))
    task = await evening.task(night=True, seats=4)
    first, second = await evening.walker(), await evening.walker()
    seat = await evening.grabbed(first, task)
    body = {"id": str(uuid7()), "started_at": core_clock.now().isoformat(), "assignment_id": str(seat)}
    alone = await first.post("/api/patrols", json=body)
    assert (alone.status_code, alone.json()["code"]) == (409, "night-team-needed")
    assert alone.json()["params"] == {"people": 1, "people_min": 2, "experienced": 0, "experienced_min": 1}
    assert "companion code" in alone.json()["detail"]
    await evening.grabbed(second, task)
    package = (await first.get("/api/walk-package", params={"assignment_id": str(seat)})).json()
    assert (package["night"], package["night_team"]["people"], package["night_team"]["ok"]) == (
        True,
        2,
        False,
    )
    new = await first.post("/api/patrols", json=body)
    assert new.json()["params"]["people"] == 2 and new.json()["params"]["experienced"] == 0
    assert await Patrol.all().count() == 0
    leader = await evening.companion()
    together = await first.post("/api/patrols", json={**body, "companions": [leader]})
    assert together.status_code == 201, together.text
    assert len(together.json()["members"]) == 2 and together.json()["night"] is True
    again = await first.post("/api/patrols", json={**body, "companions": [leader]})
    assert again.status_code == 201 and again.json()["id"] == together.json()["id"]


async def test_three_accepted_patrols_make_somebody_experienced(
    evening: Evening, walker: ApiClient, officer: ApiClient, clock: ModuleType
) -> None:
    """Two are not enough, and rejected ones do not count."""
    for decision in ("accepted", "rejected", "accepted", "accepted"):
        clock.freeze(core_clock.now().replace(hour=2) + dt.timedelta(days=1))
        package = await walker.get(
            "/api/walk-package", params={"area_id": str(evening.district.communities[0].id)}
        )
        assert [mate["experienced"] for mate in package.json()["team"]] == [False]
        await review(officer, await evening.finished(walker), decision, "看过了")
    package = await walker.get(
        "/api/walk-package", params={"area_id": str(evening.district.communities[0].id)}
    )
    assert [mate["experienced"] for mate in package.json()["team"]] == [True]


async def test_a_mate_without_consent_or_on_another_walk_is_not_added(
    evening: Evening, walker: ApiClient
) -> None:
    """No code is given without consent; one who walks elsewhere is named."""
    without = await evening.browser(Role.VOLUNTEER)
    refused = await without.get("/api/me/companion-code")
    assert (refused.status_code, refused.json()["code"]) == (403, "consent-required")
    busy = await evening.walker(name="忙人")
    await evening.started(busy)
    patrol = await evening.started(walker)
    answer = await walker.post(f"/api/patrols/{patrol}/members", json=scanned(await code_of(busy)))
    assert (answer.status_code, answer.json()["code"]) == (409, "companion-busy")
    assert answer.json()["params"] == {"name": "忙人"}


async def test_a_walk_without_any_network_counts_after_its_time(
    evening: Evening, walker: ApiClient, clock: ModuleType
) -> None:
    """Grabbed, walked and ended offline; told after the task's end, when the seat had been given back: it is a patrol."""
    task = await evening.task(minutes=60)
    seat = await evening.grabbed(walker, task)
    set_out = core_clock.now() + dt.timedelta(minutes=3)
    clock.advance(dt.timedelta(hours=2))
    from backend.tasks import service as tasks

    await tasks.release_expired()
    await tasks.expire_unwalked()
    assert (await Assignment.get(id=seat)).state == "released"
    body = {"id": str(uuid7()), "started_at": set_out.isoformat(), "assignment_id": str(seat)}
    for _ in range(2):
        answer = await walker.post("/api/patrols", json=body)
        assert answer.status_code == 201 and answer.json()["task_id"] == str(task.id), answer.text
    over = await finish(walker, body["id"], set_out + dt.timedelta(minutes=50))
    assert over.json()["state"] == "awaiting_review"


async def test_the_package_has_what_a_walk_needs(evening: Evening, walker: ApiClient) -> None:
    """Route, stops, rules, chips, whom to call; only for the own seat, and only with consent."""
    task = await evening.task(stops=[(100, 600)])
    seat = await evening.grabbed(walker, task)
    package = (await walker.get("/api/walk-package", params={"assignment_id": str(seat)})).json()
    assert package["task"]["stops"][0]["dwell_s"] == 600 and package["assignment"]["id"] == str(seat)
    assert [chip["kind"] for chip in package["chips"]] == [
        "persuade",
        "publicity",
        "help",
        "hazard",
        "dispute",
        "other",
    ]
    assert (
        package["contacts"][0]["phone"] == "110"
        and package["rules"]["arrive_m"] < package["rules"]["leave_m"]
    )
    assert [each["kind"] for each in package["contacts"]] == ["emergency"]
    assert package["companion"]["qr_text"].endswith(package["companion"]["token"])
    assert [mate["leader"] for mate in package["team"]] == [True]
    other = await evening.walker()
    assert (await other.get("/api/walk-package", params={"assignment_id": str(seat)})).status_code == 404
    assert (await other.get("/api/walk-package")).status_code == 422
    await walker.put("/api/me/consents/whereabouts", json={"granted": False, "version": 1})
    refused = await walker.get("/api/walk-package", params={"assignment_id": str(seat)})
    assert refused.json()["code"] == "consent-required"


async def test_the_package_knows_the_stations_number(evening: Evening, walker: ApiClient) -> None:
    """The district's number holds for a community without its own; only the desk changes it, and no word is a number."""
    district, community = evening.district.district.id, evening.district.communities[0].id
    seat = await evening.grabbed(walker, await evening.task())
    admin = await evening.browser(Role.ADMIN)

    async def contacts() -> list[str]:
        package = (await walker.get("/api/walk-package", params={"assignment_id": str(seat)})).json()
        return [each["phone"] for each in package["contacts"]]

    address = "/api/areas/{}/settings"
    for area, phone in ((district, "0577 8000 0110"), (community, "0577-8000 0119")):
        answer = await admin.patch(address.format(area), json={"station_phone": phone})
        assert answer.status_code == 200, answer.text
        assert await contacts() == ["110", phone]
    assert (await admin.get(address.format(district))).json()["station_phone"] == "0577 8000 0110"
    wrong = await admin.patch(address.format(district), json={"station_phone": "the duty desk"})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "station_phone")
    assert (await walker.get(address.format(district))).status_code == 403


async def test_mates_see_each_other_while_they_walk(
    evening: Evening, walker: ApiClient, officer: ApiClient, clock: ModuleType
) -> None:
    """Each sees the others and not themselves; nobody from outside does; gone home or over, nobody is named; it is on the receipt."""
    mate = await evening.walker()
    patrol = await evening.team(await evening.task(), walker, mate)
    address = f"/api/patrols/{patrol}/mates"
    assert (await walker.get(address)).json()["items"] == []
    await send(walker, patrol, [fix(core_clock.now(), 10)])
    await send(mate, patrol, [fix(core_clock.now(), 60)])
    seen = (await walker.get(address)).json()["items"]
    assert [each["user_id"] for each in seen] == [str((await person_behind(mate)).id)]
    assert (seen[0]["position"]["lon"], seen[0]["position"]["lat"]) == place_at(60, 0)
    for outsider in (officer, await evening.walker()):
        assert (await outsider.get(address)).status_code == 404
    names = [(await person_behind(browser)).name for browser in (walker, mate)]
    watched = (await mate.get(f"/api/patrols/{patrol}/receipt")).json()["seen_by"]
    assert [(each["name"], each["live"]) for each in watched] == [(names[0], True)]
    assert (await walker.get(f"/api/patrols/{patrol}/receipt")).json()["seen_by"] == []
    clock.advance(dt.timedelta(minutes=11))
    assert (await walker.get(address)).json()["items"] == []
    await send(mate, patrol, [fix(core_clock.now(), 80)])
    assert len((await walker.get(address)).json()["items"]) == 1
    await finish(walker, patrol)
    for browser in (walker, mate):
        assert (await browser.get(address)).json()["items"] == []
