"""Setting out, joining and coming home, once, however often it is sent and whoever comes first."""

import asyncio
import datetime as dt
from types import ModuleType
from typing import Any

import pytest

from backend.core import clock as core_clock
from backend.core.ids import uuid7
from backend.core.roles import Role
from backend.notify.models import Message
from backend.patrols import service
from backend.patrols.models import Fix, LivePosition, Patrol, PatrolMember
from backend.tasks.models import Assignment, Task
from tests.support.app import ApiClient
from tests.support.district import now_text
from tests.support.evening import Evening, finish, fix, person_behind, send, walk


def free(evening: Evening, **changes: Any) -> dict[str, Any]:
    """The body that starts a free patrol."""
    area = str(evening.district.communities[0].id)
    return {"id": str(uuid7()), "area_id": area, "started_at": now_text(), **changes}


async def test_whereabouts_need_a_yes_first(evening: Evening) -> None:
    """Neither a start nor a position is taken without it, and the phone learns which text to show."""
    browser = await evening.browser(Role.VOLUNTEER)
    refused = await browser.post("/api/patrols", json=free(evening))
    assert (refused.status_code, refused.json()["code"]) == (403, "consent-required")
    assert refused.json()["params"] == {"kind": "whereabouts", "version": 1}
    assert await Patrol.all().count() == 0


async def test_a_yes_taken_back_stops_positions_and_ends_the_walk(
    evening: Evening, walker: ApiClient
) -> None:
    """No further position is kept; the walk ends by itself with what was walked; nothing of it is on the map."""
    patrol = await evening.started(walker)
    await send(walker, patrol, [fix(core_clock.now())])
    await walker.put("/api/me/consents/whereabouts", json={"granted": False, "version": 1})
    core_clock.advance(dt.timedelta(seconds=30))
    refused = await send(walker, patrol, [fix(core_clock.now())])
    assert (refused.status_code, refused.json()["code"]) == (403, "consent-required")
    assert await service.finish_withdrawn() == 1
    assert await service.finish_withdrawn() == 0
    stored = await Patrol.get(id=patrol)
    assert stored.state == "awaiting_review" and await Fix.all().count() == 1
    assert await LivePosition.all().count() == 0


async def test_a_suspended_walker_walks_no_more(evening: Evening, walker: ApiClient) -> None:
    """Their last position is gone with the next round of the clean-up."""
    patrol = await evening.started(walker)
    await send(walker, patrol, [fix(core_clock.now())])
    admin = await evening.browser(Role.ADMIN)
    person = await person_behind(walker)
    await admin.post(f"/api/people/{person.id}/disable", json={"reason": "test"})
    assert await service.finish_withdrawn() == 1
    assert (await Patrol.get(id=patrol)).state == "awaiting_review"
    assert await LivePosition.all().count() == 0


async def test_a_start_sent_again_is_the_same(evening: Evening, walker: ApiClient) -> None:
    """While it runs, and after it ended: an old request from the outbox starts nothing."""
    body = free(evening)
    first = await walker.post("/api/patrols", json=body)
    again = await walker.post("/api/patrols", json=body)
    assert first.status_code == again.status_code == 201 and first.json() == again.json()
    await finish(walker, first.json()["id"])
    late = await walker.post("/api/patrols", json=body)
    assert late.status_code == 201 and late.json()["state"] == "awaiting_review"
    assert await Patrol.all().count() == 1 and await PatrolMember.all().count() == 1


async def test_a_task_start_sent_again_is_the_same(evening: Evening, walker: ApiClient) -> None:
    """By the assignment, also where the phone joined another's patrol, also after the walk."""
    task = await evening.task()
    leader = await evening.walker()
    seat = await evening.grabbed(walker, task)
    patrol = await evening.started(leader, task)
    body = {"id": str(uuid7()), "assignment_id": str(seat), "started_at": now_text()}
    joined = await walker.post("/api/patrols", json=body)
    assert joined.status_code == 201 and joined.json()["id"] == patrol
    assert (await walker.post("/api/patrols", json=body)).json()["id"] == patrol
    await finish(leader, patrol)
    assert (await walker.post("/api/patrols", json=body)).json()["id"] == patrol
    assert await Patrol.all().count() == 1


async def test_many_starts_at_once_make_one_patrol(evening: Evening) -> None:
    """Five of a team tap start at the same moment: one patrol, five members, one leader, and everybody got it."""
    task = await evening.task(seats=5)
    browsers = [await evening.walker() for _ in range(5)]
    seats = [await evening.grabbed(browser, task) for browser in browsers]

    async def start(browser: ApiClient, seat: Any) -> str:
        body = {"id": str(uuid7()), "assignment_id": str(seat), "started_at": now_text()}
        answers = await asyncio.gather(
            browser.post("/api/patrols", json=body), browser.post("/api/patrols", json=body)
        )
        assert [answer.status_code for answer in answers] == [201, 201], [answer.text for answer in answers]
        assert answers[0].json()["id"] == answers[1].json()["id"]
        return str(answers[0].json()["id"])

    ids = await asyncio.gather(*(start(*each) for each in zip(browsers, seats, strict=True)))
    assert len(set(ids)) == 1
    members = await PatrolMember.all()
    assert len(members) == 5 and sum(member.leader for member in members) == 1
    assert (await Task.get(id=task.id)).state == "active"
    assert set(await Assignment.all().values_list("state", flat=True)) == {"started"}


async def test_nobody_walks_two_patrols(evening: Evening, walker: ApiClient) -> None:
    """The second is refused and names the first; after coming home it may begin."""
    patrol = await evening.started(walker)
    refused = await walker.post("/api/patrols", json=free(evening))
    assert (refused.status_code, refused.json()["code"]) == (409, "already-patrolling")
    assert refused.json()["params"] == {"patrol_id": patrol}
    assert (await walker.get("/api/me/patrol")).json()["patrol"]["id"] == patrol
    await finish(walker, patrol)
    assert (await walker.get("/api/me/patrol")).json() == {"patrol": None}
    assert (await walker.post("/api/patrols", json=free(evening))).status_code == 201


async def test_an_id_belongs_to_one_patrol(evening: Evening, walker: ApiClient) -> None:
    """Another's patrol is not joined by its id."""
    patrol = await evening.started(await evening.walker())
    refused = await walker.post("/api/patrols", json=free(evening, id=patrol))
    assert (refused.status_code, refused.json()["params"]) == (409, {"field": "id"})
    assert await PatrolMember.filter(patrol_id=patrol).count() == 1


async def test_an_assignment_is_its_holders(evening: Evening, walker: ApiClient) -> None:
    """Another's seat is as if it were not there; so is one that does not exist."""
    seat = await evening.grabbed(await evening.walker(), await evening.task())
    for each in (seat, uuid7()):
        body = {"id": str(uuid7()), "assignment_id": str(each), "started_at": now_text()}
        assert (await walker.post("/api/patrols", json=body)).status_code == 404


async def test_who_may_walk_freely(evening: Evening, walker: ApiClient, clock: ModuleType) -> None:
    """Verified volunteers of the district, wherever in it their role was given; the young by day only."""
    rooted = await evening.walker(at=evening.district.communities[2])
    assert (await rooted.post("/api/patrols", json=free(evening))).status_code == 201
    officer = await evening.browser(Role.OFFICER)
    await officer.put("/api/me/consents/whereabouts", json={"granted": True, "version": 1})
    assert (await officer.post("/api/patrols", json=free(evening))).json()["code"] == "not-allowed"
    unverified = await evening.walker(verified=False)
    assert (await unverified.post("/api/patrols", json=free(evening))).json()["code"] == "not-verified"
    young = await evening.walker(birth_year=2010)
    by_day = await young.post("/api/patrols", json=free(evening))
    assert by_day.status_code == 201 and by_day.json()["night"] is False
    await finish(young, by_day.json()["id"])
    clock.advance(dt.timedelta(hours=3))
    assert (await young.post("/api/patrols", json=free(evening))).json()["code"] == "adults-only"
    together = free(evening, companions=[await evening.companion()])
    assert (await walker.post("/api/patrols", json=together)).json()["night"] is True


@pytest.mark.parametrize("changes", [{"area_id": None}, {"started_at": "2026-06-04T20:00:00+00:00"}])
async def test_a_start_without_a_place_or_from_long_ago(
    evening: Evening, walker: ApiClient, changes: dict[str, Any]
) -> None:
    """422 that names the field."""
    answer = await walker.post("/api/patrols", json=free(evening, **changes))
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == list(changes)


async def test_a_start_made_offline_keeps_its_time(evening: Evening, walker: ApiClient) -> None:
    """Two hours ago stays two hours ago; a phone that is ahead of time starts now; none starts before its seat."""
    earlier = core_clock.now() - dt.timedelta(hours=2)
    answer = await walker.post("/api/patrols", json=free(evening, started_at=earlier.isoformat()))
    assert dt.datetime.fromisoformat(answer.json()["started_at"]) == earlier
    ahead = core_clock.now() + dt.timedelta(hours=2)
    other = await evening.walker()
    answer = await other.post("/api/patrols", json=free(evening, started_at=ahead.isoformat()))
    assert dt.datetime.fromisoformat(answer.json()["started_at"]) == core_clock.now()
    seated = await evening.walker()
    seat = await evening.grabbed(seated, await evening.task())
    body = {"id": str(uuid7()), "assignment_id": str(seat), "started_at": earlier.isoformat()}
    answer = await seated.post("/api/patrols", json=body)
    assert dt.datetime.fromisoformat(answer.json()["started_at"]) == core_clock.now()


async def test_coming_home_measures_the_walk_and_awaits_a_review(
    evening: Evening, walker: ApiClient, officer: ApiClient
) -> None:
    """Length, minutes and stops from the positions; seat and task move on; the officers are told; again is the same."""
    task = await evening.task(stops=[(300, 600), (600, 600)], seats=1)
    patrol = await evening.started(walker, task)
    positions = walk(core_clock.now(), [(300, 620), (300, 100), (200, 0)])
    core_clock.advance(dt.timedelta(seconds=5 * len(positions)))
    assert (await send(walker, patrol, positions)).json()["stored"] == len(positions)
    answer = await finish(walker, patrol, note="一切正常")
    body = answer.json()
    assert answer.status_code == 200 and body["state"] == "awaiting_review"
    assert body["length_m"] == pytest.approx(800, rel=0.08)
    assert body["minutes"] == pytest.approx(5 * len(positions) / 60, abs=1)
    assert (body["stops_dwelt"], body["stops_total"], body["note"]) == (1, 2, "一切正常")
    assert [(member["state"], member["leader"]) for member in body["members"]] == [("finished", True)]
    assert body["last_position"] is None and body["task"]["my_assignment"]["state"] == "finished"
    assert body["task"]["state"] == "awaiting_review"
    again = await finish(walker, patrol, note="再来一次")
    assert again.json() == body
    told = await Message.filter(kind="review.waiting").values_list("user_id", flat=True)
    assert (await person_behind(officer)).id in told and (await person_behind(walker)).id not in told


async def test_the_leader_brings_all_home_and_a_member_only_themselves(evening: Evening) -> None:
    """A member who leaves early leaves the others walking; the leader's end ends it for all."""
    task = await evening.task()
    leader, second, third = [await evening.walker() for _ in range(3)]
    patrol = await evening.team(task, leader, second, third)
    await send(second, patrol, [fix(core_clock.now())])
    early = (await finish(second, patrol)).json()
    assert early["state"] == "active"
    assert sorted(member["state"] for member in early["members"]) == ["finished", "walking", "walking"]
    assert await LivePosition.all().count() == 0
    ended = (await finish(leader, patrol)).json()
    assert ended["state"] == "awaiting_review" and {member["state"] for member in ended["members"]} == {
        "finished"
    }
    assert (await finish(third, patrol)).json()["state"] == "awaiting_review"


async def test_a_finish_cannot_leave_positions_outside(evening: Evening, walker: ApiClient) -> None:
    """A leader whose finish was long on its way does not cut off what others walked meanwhile."""
    task = await evening.task()
    leader = await evening.walker()
    patrol = await evening.team(task, leader, walker)
    left = core_clock.now() + dt.timedelta(minutes=10)
    core_clock.advance(dt.timedelta(minutes=40))
    last = core_clock.now() - dt.timedelta(seconds=5)
    await send(walker, patrol, [fix(last)])
    answer = (await finish(leader, patrol, at=left)).json()
    assert dt.datetime.fromisoformat(answer["finished_at"]) == last
    members = {member.user_id: member.finished_at for member in await PatrolMember.all()}
    assert (
        members[(await person_behind(leader)).id] == left
        and members[(await person_behind(walker)).id] == last
    )


@pytest.mark.parametrize("offset_min", [-600, 600])
async def test_a_finish_lies_between_start_and_now(
    evening: Evening, walker: ApiClient, offset_min: int
) -> None:
    """Whatever the phone's clock says, also at the ends of the calendar."""
    patrol = await evening.started(walker)
    began = core_clock.now()
    core_clock.advance(dt.timedelta(minutes=20))
    answer = await finish(walker, patrol, at=core_clock.now() + dt.timedelta(minutes=offset_min))
    assert dt.datetime.fromisoformat(answer.json()["finished_at"]) == (
        began if offset_min < 0 else core_clock.now()
    )


async def test_a_patrol_that_nobody_ended_is_ended(evening: Evening, walker: ApiClient) -> None:
    """Half an hour after its task, with the last position as its end; its people are told; once."""
    task = await evening.task(minutes=60)
    patrol = await evening.started(walker, task)
    last = core_clock.now() + dt.timedelta(minutes=50)
    core_clock.advance(dt.timedelta(minutes=51))
    await send(walker, patrol, [fix(last)])
    core_clock.advance(dt.timedelta(minutes=38))
    assert await service.finish_forgotten() == 0
    core_clock.advance(dt.timedelta(minutes=2))
    assert await service.finish_forgotten() == 1
    assert await service.finish_forgotten() == 0
    stored = await Patrol.get(id=patrol)
    assert stored.state == "awaiting_review" and stored.finished_at == last
    assert await Message.filter(kind="patrol.auto_finished").count() == 1
    assert (await Assignment.all().get()).state == "finished"
    assert (await walker.get("/api/me/patrol")).json() == {"patrol": None}


async def test_a_free_patrol_ends_after_three_hours_unless_it_goes_on(
    evening: Evening, walker: ApiClient
) -> None:
    """Who still sends positions is still walking."""
    patrol = await evening.started(walker)
    other = await evening.walker()
    forgotten = await evening.started(other)
    core_clock.advance(dt.timedelta(hours=3, minutes=1))
    await send(walker, patrol, [fix(core_clock.now())])
    assert await service.finish_forgotten() == 1
    assert (await Patrol.get(id=patrol)).state == "active"
    assert (await Patrol.get(id=forgotten)).state == "awaiting_review"


async def test_one_patrol_that_cannot_be_ended_does_not_keep_the_others(
    evening: Evening, walker: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its failure is its own."""
    from backend.patrols import walking

    patrol = await evening.started(walker)
    await evening.started(await evening.walker())
    core_clock.advance(dt.timedelta(hours=4))
    real = walking.measure

    async def fails_once(stored: Patrol) -> None:
        if str(stored.id) == patrol:
            raise RuntimeError("disk on fire")
        await real(stored)

    monkeypatch.setattr(walking, "measure", fails_once)
    assert await service.finish_forgotten() == 1
    assert (await Patrol.get(id=patrol)).state == "active"
    assert await PatrolMember.filter(patrol_id=patrol, state="walking").count() == 1


async def test_a_cancelled_task_still_lets_its_people_come_home(
    evening: Evening, walker: ApiClient, officer: ApiClient
) -> None:
    """Who walks already finishes and is reviewed as always."""
    task = await evening.task()
    patrol = await evening.started(walker, task)
    assert (await officer.post(f"/api/tasks/{task.id}/cancel", json={"reason": "weather"})).status_code == 200
    assert (await finish(walker, patrol)).json()["state"] == "awaiting_review"
    judged = await officer.post(f"/api/patrols/{patrol}/review", json={"decision": "accepted"})
    assert judged.status_code == 200, judged.text
