"""Grabbing seats and giving them back over HTTP."""

import datetime as dt
from typing import Any

import pytest

from backend.core.ids import uuid7
from backend.core.roles import Role
from backend.notify.models import Message
from backend.tasks import service
from backend.tasks.models import Assignment, Task
from tests.integration.tasks.conftest import DAYTIME, World, grab
from tests.support.district import browser_of


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


async def test_the_first_to_grab_leads(world: World) -> None:
    """A seat is taken, counted, and shown as mine; the second to come does not lead."""
    task = await world.task(seats=3)
    first = await grab(world.volunteer, task)
    assert first.status_code == 200
    seat = first.json()
    assert (seat["state"], seat["leader"], seat["task"]["seats_taken"]) == ("held", True, 1)
    assert seat["task"]["my_assignment"]["id"] == seat["id"]
    second = await grab(await world.walker(), task)
    assert (second.json()["leader"], second.json()["task"]["seats_taken"]) == (False, 2)


async def test_a_grab_sent_twice_is_one_seat(world: World) -> None:
    """A phone that did not hear the answer asks again with the same id."""
    task, seat_id = await world.task(seats=3), uuid7()
    first, again = await grab(world.volunteer, task, seat_id), await grab(world.volunteer, task, seat_id)
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() == again.json()
    assert (await Task.get(id=task["id"])).seats_taken == 1


async def test_an_id_names_one_seat(world: World) -> None:
    """An id used for another task, or by somebody else, is refused and takes nothing."""
    task, other, seat_id = await world.task(), await world.window(after_min=300), uuid7()
    await grab(world.volunteer, task, seat_id)
    assert code(await grab(world.volunteer, other, seat_id)) == (409, "conflict")
    assert code(await grab(await world.walker(), task, seat_id)) == (409, "conflict")
    assert (await Task.get(id=task["id"])).seats_taken == 1
    assert (await Task.get(id=other["id"])).seats_taken == 0


async def test_a_second_seat_in_the_same_task_is_refused(world: World) -> None:
    """Two ids are two tries of one person: the second is told that they hold one, also when the task is full."""
    task = await world.task(seats=2)
    await grab(world.volunteer, task)
    assert code(await grab(world.volunteer, task)) == (409, "already-holding")
    await grab(await world.walker(), task)
    assert code(await grab(world.volunteer, task)) == (409, "already-holding")


async def test_the_loser_is_offered_the_nearest_others(world: World) -> None:
    """A lost race answers with up to three open tasks, the nearest first, none of them full."""
    lost = await world.task(seats=1)
    west = 120.700
    places = {"远": west + 0.03, "近": west + 0.001, "中": west + 0.01, "更远": west + 0.04}
    made = {
        name: await world.window(after_min=180, place={"name": name, "lon": lon, "lat": 28.0})
        for name, lon in places.items()
    }
    full = await world.window(after_min=180, seats=1, place={"name": "满", "lon": west, "lat": 28.0})
    await grab(await world.walker(), lost)
    await grab(await world.walker(), full)
    answer = await grab(world.volunteer, lost)
    assert code(answer) == (409, "seat-taken")
    offered = answer.json()["params"]["alternatives"]
    assert [each["id"] for each in offered] == [made[name]["id"] for name in ("近", "中", "远")]
    assert 90 < offered[0]["distance_m"] < 110
    assert {"title_zh", "starts_at", "points", "seats_taken"} <= set(offered[0])


async def test_two_holds_are_the_most(world: World) -> None:
    """A third seat is refused until one is given back."""
    tasks = [await world.window(after_min=60 + 120 * number) for number in range(3)]
    seats = [(await grab(world.volunteer, task)).json() for task in tasks[:2]]
    assert code(await grab(world.volunteer, tasks[2])) == (409, "too-many-holds")
    await world.volunteer.post(f"/api/assignments/{seats[0]['id']}/release", json={"reason": "家里有事"})
    assert (await grab(world.volunteer, tasks[2])).status_code == 200


async def test_nobody_is_at_two_places(world: World) -> None:
    """A window that overlaps with a held one is refused; one that begins when the other ends is not."""
    await grab(world.volunteer, await world.window(after_min=60, minutes=60))
    overlapping = await grab(world.volunteer, await world.window(after_min=90, minutes=60))
    assert code(overlapping) == (409, "overlapping")
    assert overlapping.json()["params"]["title_zh"]
    assert (await grab(world.volunteer, await world.window(after_min=120, minutes=60))).status_code == 200


async def test_who_may_grab(world: World) -> None:
    """Volunteers whose identity is confirmed; at night adults; police officers and posters do not."""
    task = await world.task(seats=5)
    night_at = DAYTIME.replace(hour=14)
    night = await world.task(
        seats=5, starts_at=night_at.isoformat(), ends_at=(night_at + dt.timedelta(hours=1)).isoformat()
    )
    assert code(await grab(await world.walker(verified=False), task)) == (403, "not-verified")
    young = await world.walker(birth_year=2010)
    assert code(await grab(young, night)) == (403, "adults-only")
    assert (await grab(young, task)).status_code == 200
    assert code(await grab(world.officer, task)) == (403, "not-allowed")
    assert code(await grab(world.poster, task)) == (403, "not-allowed")
    leader = await browser_of(
        world.new_client, await world.place.person(Role.LEADER, at=world.place.communities[2])
    )
    assert (await grab(leader, task)).status_code == 200, (
        "a volunteer of another community of the district may help"
    )


async def test_what_is_over_takes_nobody(world: World, clock: Any) -> None:
    """A task whose window has ended is closed to grabs even before the job has noted it."""
    task = await world.task()
    clock.advance(dt.timedelta(hours=3))
    assert code(await grab(world.volunteer, task)) == (410, "task-closed")


async def test_a_released_seat_is_free_and_the_next_leads(world: World) -> None:
    """The leader leaves: the seat is free, and who grabbed next leads and is told."""
    task = await world.task(seats=3)
    first = (await grab(world.volunteer, task)).json()
    heir = await world.walker()
    second = (await grab(heir, task)).json()
    third = (await grab(await world.walker(), task)).json()
    answer = await world.volunteer.post(f"/api/assignments/{first['id']}/release", json={"reason": "下雨"})
    assert (
        answer.json()["state"],
        answer.json()["release_reason"],
        answer.json()["task"]["seats_taken"],
    ) == ("released", "self", 2)
    leaders = [seat.id for seat in await Assignment.filter(task_id=task["id"], leader=True)]
    assert [str(each) for each in leaders] == [second["id"]]
    assert third["leader"] is False
    told = await Message.filter(kind="task.changed", ref_id=task["id"])
    assert [str(message.user_id) for message in told] == [second["user_id"]]
    again = await world.volunteer.post(f"/api/assignments/{first['id']}/release", json={})
    assert again.status_code == 200, "sent again, it answers the same"
    assert (await Task.get(id=task["id"])).seats_taken == 2
    assert (await grab(world.volunteer, task)).json()["leader"] is False, "who comes back does not lead"


async def test_only_the_holder_and_the_desk_release(world: World) -> None:
    """Another volunteer cannot give my seat away; the desk can, and I am told."""
    task = await world.task()
    seat = (await grab(world.volunteer, task)).json()
    other = await (await world.walker()).post(f"/api/assignments/{seat['id']}/release", json={})
    assert other.status_code == 404
    answer = await world.officer.post(f"/api/assignments/{seat['id']}/release", json={})
    assert answer.json()["release_reason"] == "admin"
    assert [str(message.user_id) for message in await Message.filter(kind="task.released")] == [
        seat["user_id"]
    ]


async def test_a_no_show_is_the_desks_to_note(world: World) -> None:
    """The desk notes who did not come; the seat is free; the person themself cannot."""
    task = await world.task()
    seat = (await grab(world.volunteer, task)).json()
    assert (await world.volunteer.post(f"/api/assignments/{seat['id']}/no-show")).status_code == 404
    answer = await world.officer.post(f"/api/assignments/{seat['id']}/no-show")
    assert (answer.json()["state"], answer.json()["task"]["seats_taken"]) == ("no_show", 0)
    assert code(await world.officer.post(f"/api/assignments/{seat['id']}/no-show")) == (
        409,
        "assignment-state",
    )


async def test_a_seat_is_kept_until_a_quarter_of_an_hour_into_the_window(world: World, clock: Any) -> None:
    """Who did not set out in time loses the seat to others, once, and is told; before that, nothing happens."""
    task = await world.window(after_min=60)
    seat = (await grab(world.volunteer, task)).json()
    assert dt.datetime.fromisoformat(seat["hold_until"]) == DAYTIME + dt.timedelta(minutes=75)
    clock.advance(dt.timedelta(minutes=74))
    assert await service.release_expired() == 0
    clock.advance(dt.timedelta(minutes=2))
    assert await service.release_expired() == 1
    assert await service.release_expired() == 0
    mine = (await world.volunteer.get("/api/me/assignments?state=past")).json()["items"]
    assert [(each["state"], each["release_reason"]) for each in mine] == [("released", "timeout")]
    assert (await Task.get(id=task["id"])).seats_taken == 0
    assert await Message.filter(kind="task.released").count() == 1


async def test_a_task_that_nobody_walked_expires(world: World, clock: Any) -> None:
    """After its window a task that nobody began is cancelled as expired, held seats and drafts included."""
    task, draft = await world.task(), await world.task(publish=False)
    await grab(world.volunteer, task)
    clock.advance(dt.timedelta(hours=3))
    assert await service.expire_unwalked() == 2
    for each in (task, draft):
        shown = (await world.officer.get(f"/api/tasks/{each['id']}")).json()
        assert (shown["state"], shown["outcome"], shown["seats_taken"]) == ("cancelled", "expired", 0)
    assert await service.expire_unwalked() == 0


@pytest.mark.parametrize("which", ["open", "past"])
async def test_my_assignments_are_mine(world: World, which: str) -> None:
    """The list of seats holds my own, with their tasks."""
    task = await world.task(seats=3)
    seat = (await grab(world.volunteer, task)).json()
    await grab(await world.walker(), task)
    if which == "past":
        await world.volunteer.post(f"/api/assignments/{seat['id']}/release", json={})
    found = (await world.volunteer.get(f"/api/me/assignments?state={which}")).json()["items"]
    assert [(each["id"], each["task"]["id"]) for each in found] == [(seat["id"], task["id"])]
    other = "past" if which == "open" else "open"
    assert (await world.volunteer.get(f"/api/me/assignments?state={other}")).json()["items"] == []
