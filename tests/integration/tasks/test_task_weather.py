"""Bad weather calls off what is outdoors and near in time, tells those seated at once, and counts nobody as absent."""

import datetime as dt
from types import ModuleType

from backend.core.db import row
from backend.notify.models import Message
from backend.tasks.models import Assignment, Task
from tests.integration.tasks.conftest import World, grab
from tests.support.workers import run_due_jobs


def stop_until(clock: ModuleType, hours: float) -> dict[str, str]:
    return {"until": (clock.now() + dt.timedelta(hours=hours)).isoformat()}


async def test_what_is_outdoors_and_soon_is_called_off(world: World, clock: ModuleType) -> None:
    """A post in the coming hours is cancelled and its volunteer told; a talk indoors and tomorrow's post stay."""
    soon = await world.window(after_min=60)
    talk = await world.window(after_min=60, kind="prevention_talk")
    tomorrow = await world.window(after_min=60 * 20)
    assert (await grab(world.volunteer, soon)).is_success
    address = f"/api/areas/{world.place.district.id}/weather-stop"
    answer = await world.officer.post(address, json=stop_until(clock, 6))
    assert answer.json() == {"tasks": 1}
    states = {str(task.id): task.state for task in await Task.all()}
    assert [states[task["id"]] for task in (soon, talk, tomorrow)] == ["cancelled", "published", "published"]
    assert (await Task.get(id=soon["id"])).outcome == "weather"
    told = await Message.get(kind="task.cancelled")
    assert "天气" in told.body_zh and told.at == clock.now()
    clock.advance(dt.timedelta(hours=3))
    await run_due_jobs()
    seat = await Assignment.get(task_id=soon["id"])
    assert (seat.state, seat.release_reason) == ("released", "admin"), "not counted as absent"
    again = await world.officer.post(address, json=stop_until(clock, 6))
    assert again.json() == {"tasks": 0}
    found = await row("SELECT COUNT(*) AS entries FROM audit_entry WHERE action = 'task.weather'")
    assert found is not None and found["entries"] == 2


async def test_only_the_areas_officers_call_off(world: World, clock: ModuleType) -> None:
    """A poster and a volunteer may not, and no time but one within two days is taken."""
    address = f"/api/areas/{world.place.district.id}/weather-stop"
    for browser in (world.poster, world.volunteer):
        assert (await browser.post(address, json=stop_until(clock, 6))).status_code == 403
    for hours in (-1, 49):
        answer = await world.officer.post(address, json=stop_until(clock, hours))
        assert [error["field"] for error in answer.json()["errors"]] == ["until"]
