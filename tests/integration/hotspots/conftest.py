"""A district with a year of incidents at a few corners, and its officer at the desk."""

import datetime as dt
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from backend.core.roles import Role
from backend.incidents import service as incidents
from routing.incident import Incident
from tests.support.app import ApiClient
from tests.support.district import CENTER, District, browser_of, make_district
from tests.support.heavy_work import heavy_work_here

NOON = dt.datetime(2026, 6, 5, 4, 0, tzinfo=dt.UTC)
"""Noon at the district, a Friday."""
CORNERS = ((0.0, 0.0), (0.004, 0.002), (0.012, -0.003), (0.021, 0.001))


@dataclass
class Desk:
    """The district and its officer's browser."""

    place: District
    officer: ApiClient

    @property
    def area_id(self) -> str:
        """The district's id as the wire has it."""
        return str(self.place.district.id)

    async def get(self, path: str, **query: Any) -> Any:
        """An answer that must be there."""
        answer = await self.officer.get(path, params={"area_id": self.area_id, **query})
        assert answer.status_code == 200, answer.text
        return answer.json()


def year_of_incidents(until: dt.datetime = NOON, count: int = 500, prefix: str = "J") -> list[Incident]:
    """Evening incidents of the year before `until`, most of them at four corners; the same every time."""
    dice = random.Random(7)
    found: list[Incident] = []
    for number in range(count):
        east, north = (
            dice.choice(CORNERS)
            if dice.random() < 0.8
            else (dice.uniform(-0.01, 0.03), dice.uniform(-0.01, 0.01))
        )
        at = until - dt.timedelta(days=dice.randint(1, 364), hours=dice.choice([1, 2, 3, 14, 15, 16]))
        found.append(
            Incident(
                f"{prefix}{number:05}", at, CENTER[0] + east + dice.gauss(0, 0.0003),
                CENTER[1] + north + dice.gauss(0, 0.0003), dice.choice(["盗窃", "纠纷", "盗窃电动车"]),
            )
        )  # fmt: skip
    return found


@pytest.fixture(autouse=True)
def in_this_process(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Maps are made in a thread here; a process of its own takes seconds to begin."""
    heavy_work_here(request, monkeypatch)


@pytest.fixture
async def desk(app: object, new_client: Callable[[], ApiClient], clock: Any) -> Desk:
    """The district at noon, without incidents."""
    clock.freeze(NOON)
    place = await make_district()
    return Desk(place, await browser_of(new_client, await place.person(Role.OFFICER, name="陈警官")))


@pytest.fixture
async def known(desk: Desk) -> Desk:
    """The district with a year of incidents."""
    await incidents.import_incidents(desk.place.district, year_of_incidents(), "test")
    return desk
