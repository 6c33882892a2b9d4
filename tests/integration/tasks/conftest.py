"""A district with its people at their browsers, and tasks posted in it."""

import datetime as dt
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from backend.core import clock as core_clock
from backend.core.ids import uuid7
from backend.core.roles import Role
from tests.support.app import ApiClient
from tests.support.district import CENTER, District, browser_of, make_district

DAYTIME = dt.datetime(2026, 6, 5, 2, 0, tzinfo=dt.UTC)
"""Ten in the morning at the district."""


@dataclass
class World:
    """One district and one browser for each role."""

    place: District
    officer: ApiClient
    poster: ApiClient
    volunteer: ApiClient
    new_client: Callable[[], ApiClient]

    async def walker(self, **values: Any) -> ApiClient:
        """One more volunteer's browser."""
        return await browser_of(self.new_client, await self.place.volunteer(**values))

    def form(self, **changes: Any) -> dict[str, Any]:
        """The body of a task that can be posted: a fixed post of an hour, in an hour."""
        starts_at = core_clock.now() + dt.timedelta(hours=1)
        body = {
            "id": str(uuid7()),
            "area_id": str(self.place.communities[0].id),
            "kind": "fixed_post",
            "starts_at": starts_at.isoformat(),
            "ends_at": (starts_at + dt.timedelta(hours=1)).isoformat(),
            "place": {"name": "东门", "lon": CENTER[0], "lat": CENTER[1]},
            "publish": True,
        }
        return {**body, **changes}

    async def task(self, **changes: Any) -> dict[str, Any]:
        """Post a task as the poster."""
        answer = await self.poster.post("/api/tasks", json=self.form(**changes))
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def window(self, **changes: Any) -> dict[str, Any]:
        """A published task whose window begins after so many minutes and lasts so many."""
        after_min, minutes = changes.pop("after_min", 60), changes.pop("minutes", 60)
        starts_at = core_clock.now() + dt.timedelta(minutes=after_min)
        times = {
            "starts_at": starts_at.isoformat(),
            "ends_at": (starts_at + dt.timedelta(minutes=minutes)).isoformat(),
        }
        return await self.task(**times, **changes)


async def grab(
    client: ApiClient, task: dict[str, Any] | str, seat_id: uuid.UUID | None = None
) -> httpx.Response:
    """Try to take a seat."""
    task_id = task if isinstance(task, str) else task["id"]
    return await client.post(f"/api/tasks/{task_id}/grab", json={"id": str(seat_id or uuid7())})


@pytest.fixture
async def world(app: object, new_client: Callable[[], ApiClient], clock: Any) -> World:
    """A district at ten in the morning, with an officer, a poster and a volunteer."""
    clock.freeze(DAYTIME)
    place = await make_district()
    return World(
        place=place,
        officer=await browser_of(new_client, await place.person(Role.OFFICER, name="陈警官")),
        poster=await browser_of(
            new_client, await place.person(Role.POSTER, name="周书记", at=place.communities[0])
        ),
        volunteer=await browser_of(new_client, await place.volunteer(name="林")),
        new_client=new_client,
    )


@pytest.fixture
async def stranger(world: World) -> dict[str, ApiClient]:
    """Browsers of people of another district, by role."""
    other = await make_district("other", center=(121.7, 28.0))
    return {
        role.value: await browser_of(world.new_client, await other.person(role))
        for role in (Role.OFFICER, Role.POSTER, Role.VOLUNTEER, Role.ADMIN)
    }
