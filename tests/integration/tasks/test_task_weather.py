"""Bad weather calls off what is outdoors and near in time, tells those seated at once, and counts nobody as absent."""

import datetime as dt
from collections.abc import AsyncIterator, Callable
from types import ModuleType

import pytest
from structlog.testing import capture_logs

from backend.core.db import row, rows
from backend.notify.models import Message
from backend.settings import Settings
from backend.tasks.models import Assignment, Task
from tests.integration.tasks.conftest import World, grab
from tests.support.push_browser import SubscriptionKeys
from tests.support.scripted_push import ScriptedService, running
from tests.support.workers import run_due_jobs


@pytest.fixture
async def scripted() -> AsyncIterator[ScriptedService]:
    async with running() as service:
        yield service


@pytest.fixture
def settings(make_settings: Callable[..., Settings], scripted: ScriptedService) -> Settings:
    return make_settings(push_allowed_hosts=[f"localhost:{scripted.port}"])


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
    assert answer.json() == {"tasks": 1, "people": 1}
    states = {str(task.id): task.state for task in await Task.all()}
    assert [states[task["id"]] for task in (soon, talk, tomorrow)] == ["cancelled", "published", "published"]
    assert (await Task.get(id=soon["id"])).outcome == "weather"
    told = await Message.get(kind="task.cancelled")
    assert "天气" in told.body_zh and told.at == clock.now()
    clock.advance(dt.timedelta(hours=3))
    await run_due_jobs()
    seat = await Assignment.get(task_id=soon["id"])
    assert (seat.state, seat.release_reason) == ("released", "admin"), "not counted as absent"
    absent = await world.officer.post(f"/api/assignments/{seat.id}/no-show")
    assert absent.status_code == 409, "nor can it be counted by hand"
    again = await world.officer.post(address, json=stop_until(clock, 6))
    assert again.json() == {"tasks": 0, "people": 0}
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


async def test_holders_phones_are_called_within_a_minute(
    world: World, clock: ModuleType, scripted: ScriptedService
) -> None:
    """Whether their time is near or has come: a push that wakes the phone, by the clock within a minute; the log says so."""
    holder, walker = world.volunteer, await world.walker()
    soon, running = await world.window(after_min=60), await world.window(after_min=1)
    for browser, task in ((holder, soon), (walker, running)):
        assert (await grab(browser, task)).is_success
        keys = SubscriptionKeys().as_json(scripted.endpoint(task["id"]))
        assert (await browser.post("/api/push/subscriptions", json=keys)).status_code == 204
    clock.advance(dt.timedelta(minutes=2))
    await run_due_jobs()
    scripted.requests.clear()
    pressed_at = clock.now()
    with capture_logs() as logged:
        await world.officer.post(
            f"/api/areas/{world.place.district.id}/weather-stop", json=stop_until(clock, 6)
        )
    clock.advance(dt.timedelta(seconds=59))
    await run_due_jobs()
    assert {name for name, _ in scripted.requests} == {soon["id"], running["id"]}
    assert all(headers["Urgency"] == "high" for _, headers in scripted.requests)
    for told in await Message.filter(kind="task.cancelled"):
        assert (told.at - pressed_at).total_seconds() <= 60
    (line,) = [each for each in logged if each["event"] == "weather_stop"]
    assert (line["tasks"], line["people"]) == (2, 2) and line["told_after_s"] <= 60
    assert len(await rows("SELECT at FROM push_receipt")) == 2
