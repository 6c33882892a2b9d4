"""The made-up town as a district with a year of incidents, and its officer at the desk."""

import datetime as dt
import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from backend.areas import service as areas
from backend.areas.models import Area
from backend.core import clock as core_clock
from backend.core.db import atomic
from backend.core.ids import uuid7
from backend.core.roles import Role
from backend.incidents import service as incidents
from backend.planning import night
from routing.incident import Incident
from routing.town import Town, write_town
from tests.support.app import ApiClient
from tests.support.district import District, browser_of
from tests.support.heavy_work import heavy_work_here

NOON = dt.datetime(2026, 6, 5, 4, 0, tzinfo=dt.UTC)
"""Noon at the district."""
SHARED_SPOTS = 12


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    """The made-up town's streets, written once."""
    return write_town(tmp_path_factory.mktemp("town") / "town.osm.pbf")


@pytest.fixture(autouse=True)
def in_this_process(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Solving happens in a thread here, which has read the streets already."""
    heavy_work_here(request, monkeypatch)


@dataclass
class Desk:
    """The town as a district, with an officer's browser."""

    town: Town
    place: District
    officer: ApiClient

    def form(self, **changes: Any) -> dict[str, Any]:
        """The body of a plan that can be solved: two teams from the middle, tonight from eight to eleven."""
        body = {
            "id": str(uuid7()),
            "area_id": str(self.place.district.id),
            "starts_at": "2026-06-05T20:00:00+08:00",
            "ends_at": "2026-06-05T23:00:00+08:00",
            "dwell_min": 10,
            "teams": [self.teams()],
            "variety": "loose",
        }
        return {**body, **changes}

    def teams(self, **changes: Any) -> dict[str, Any]:
        """Two teams on foot from the middle for an hour and a half."""
        return {"count": 2, "profile": "foot", "minutes": 90, "start": list(self.town.center), **changes}

    async def ask(self, **changes: Any) -> dict[str, Any]:
        """Ask for a plan."""
        answer = await self.officer.post("/api/plans", json=self.form(**changes))
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def solved(self, **changes: Any) -> dict[str, Any]:
        """A plan as it is once its job has run."""
        plan = await self.ask(**changes)
        assert (plan["state"], plan["progress"], plan["tasks"]) == ("solving", 0, [])
        await night.solve(uuid.UUID(plan["id"]))
        return await self.plan(plan["id"])

    async def plan(self, plan_id: str) -> dict[str, Any]:
        """The plan as the desk sees it."""
        return (await self.officer.get(f"/api/plans/{plan_id}")).json()


def year_of_incidents(town: Town, count: int = 400, until: dt.datetime = NOON) -> list[Incident]:
    """Evening incidents of the year before `until`, most of them at a dozen corners; the same every time."""
    chance = random.Random(7)
    corners = list(town.junctions)
    spots = chance.sample(corners, SHARED_SPOTS)
    found: list[Incident] = []
    for number in range(count):
        corner = chance.choice(spots) if chance.random() < 0.7 else chance.choice(corners)
        at = (
            until
            - dt.timedelta(days=chance.randint(1, 360), hours=4)
            + dt.timedelta(hours=chance.choice([8, 9, 10, 11]))
        )
        found.append(
            Incident(
                id=f"J{number:05}",
                at=at,
                lon=corner.lon,
                lat=corner.lat,
                kind=chance.choice(["盗窃", "纠纷"]),
            )
        )
    return found


@atomic
async def make_town_district(town: Town) -> District:
    """The town's district, streets and communities as areas, with its street file named."""
    made: dict[str, Area] = {}
    for each in town.areas:
        parent_path, _, slug = each.path.rpartition("/")
        made[each.path] = await areas.create(
            parent=made.get(parent_path), slug=slug, kind=each.kind, name_zh=each.name_zh, name_en=each.name_en,
            geometry=each.geometry,
        )  # fmt: skip
    district = next(area for area in made.values() if area.kind == "district")
    await Area.filter(id=district.id).update(streets_key="town.osm.pbf")
    return District(
        await Area.get(id=district.id), [area for area in made.values() if area.kind == "community"]
    )


@pytest.fixture
async def desk(
    app: object, new_client: Callable[[], ApiClient], town: Town, tmp_path: Path, clock: Any
) -> Desk:
    """The town's district at noon with its streets, and no incidents yet."""
    clock.freeze(NOON)
    (tmp_path / "data" / "maps").mkdir(parents=True, exist_ok=True)
    # The same file for all tests, so that its streets are read once.
    (tmp_path / "data" / "maps" / "town.osm.pbf").symlink_to(town.path)
    place = await make_town_district(town)
    officer = await browser_of(new_client, await place.person(Role.OFFICER, name="陈警官"))
    assert core_clock.now() == NOON
    return Desk(town, place, officer)


@pytest.fixture
async def known(desk: Desk) -> Desk:
    """The district with a year of incidents."""
    await incidents.import_incidents(desk.place.district, year_of_incidents(desk.town), "test")
    return desk
