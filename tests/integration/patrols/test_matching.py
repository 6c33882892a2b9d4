"""A walk laid onto a real map: what is credited, what is not, which stops count, and how much of the plan was walked."""

import datetime as dt
import random
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backend.areas.models import Area
from backend.core import clock as core_clock
from backend.core.ids import uuid7
from backend.patrols import service
from backend.patrols.models import Patrol, PatrolLine
from backend.settings import Settings
from routing.geo import LocalPlane
from tests.support.app import ApiClient
from tests.support.evening import EVERY_S, PACE_M_S, Evening, finish, review, send
from tests.support.heavy_work import heavy_work_here
from tests.support.streets import GRID_LAT, GRID_LON, grid_place, write_grid

LOCKED_S = 300
PLAN = [(0.0, 0.0), (1000.0, 0.0), (1000.0, 600.0)]
STOPS = [(400.0, 0.0, 280), (700.0, 60.0, 240)]
"""The first is stayed at partly from 60 m away, within what still counts; the second is never come nearer to than that."""


@pytest.fixture(autouse=True)
def heavy_work(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    heavy_work_here(request, monkeypatch)


@pytest.fixture(scope="module")
def grid_file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Streets a hundred metres apart."""
    yield write_grid(tmp_path_factory.mktemp("grid") / "grid.osm.pbf")


class Wandering:
    """A phone's positions along the grid's streets, with the noise of a phone; metres east and north, seconds."""

    def __init__(self, began: dt.datetime, seed: int = 1) -> None:
        self._dice = random.Random(seed)
        self._at, self._place = began, (0.0, 0.0)
        self.fixes: list[dict[str, Any]] = []

    def to(self, x_m: float, y_m: float) -> None:
        """Walk there in a straight line."""
        (from_x, from_y), step_m = self._place, PACE_M_S * EVERY_S
        count = round(max(abs(x_m - from_x), abs(y_m - from_y)) / step_m)
        for number in range(1, count + 1):
            share = number / count
            self.note(from_x + share * (x_m - from_x), from_y + share * (y_m - from_y))
        self._place = (x_m, y_m)

    def stay(self, seconds: float) -> None:
        """Stand."""
        for _ in range(int(seconds / EVERY_S)):
            self.note(*self._place)

    def locked(self, seconds: float, x_m: float, y_m: float) -> None:
        """Walk there while the phone gives nothing."""
        self._at += dt.timedelta(seconds=seconds)
        self._place = (x_m, y_m)

    def note(self, x_m: float, y_m: float, accuracy_m: float | None = None) -> None:
        """One position, five seconds after the last."""
        self._at += dt.timedelta(seconds=EVERY_S)
        lon, lat = grid_place(x_m + self._dice.gauss(0, 4), y_m + self._dice.gauss(0, 4))
        accuracy_m = accuracy_m or round(self._dice.uniform(4, 9), 1)
        self.fixes.append(
            {"id": str(uuid7()), "at": self._at.isoformat(), "lon": lon, "lat": lat, "accuracy_m": accuracy_m}
        )


async def walked(evening: Evening, walker: ApiClient, wandering: Wandering) -> uuid.UUID:
    """The planned task, walked so."""
    now = core_clock.now()
    stops = [
        {
            "order": number, "name": f"第{number}点", "lon": grid_place(x_m, y_m)[0], "lat": grid_place(x_m, y_m)[1],
            "arrive": now.isoformat(), "leave": now.isoformat(), "dwell_s": dwell_s,
            "reason": {"zh": "常有", "en": "Often"},
        }
        for number, (x_m, y_m, dwell_s) in enumerate(STOPS, 1)
    ]  # fmt: skip
    line = {"type": "LineString", "coordinates": [list(grid_place(*place)) for place in PLAN]}
    route = {"length_m": 1600.0, "walk_s": 1200, "dwell_s": 520, "geometry": line}
    patrol = await evening.started(walker, await evening.task(minutes=180, route=route, planned=stops))
    core_clock.freeze(dt.datetime.fromisoformat(wandering.fixes[-1]["at"]))
    sent = await send(walker, patrol, wandering.fixes)
    assert sent.json()["refused"] == [], sent.text
    await finish(walker, patrol)
    await service.match(uuid.UUID(patrol))
    return uuid.UUID(patrol)


async def test_a_walk_on_a_real_map(
    evening: Evening, walker: ApiClient, officer: ApiClient, settings: Settings, grid_file: Path
) -> None:
    """Noise is not credited, nor the straight line across a locked phone, nor a jump; a stop that was left for a moment is."""
    (settings.data_dir / "maps").mkdir(parents=True, exist_ok=True)
    shutil.copy(grid_file, settings.data_dir / "maps" / "lewan.osm.pbf")
    await Area.filter(path="lewan").update(streets_key="lewan.osm.pbf")
    wandering = Wandering(core_clock.now())
    wandering.to(400, 0)
    wandering.stay(60)
    wandering.to(460, 0)  # beyond where one arrives, not yet where one leaves
    wandering.stay(120)
    wandering.to(600, 0)
    wandering.note(600, 450)  # one position from nowhere
    wandering.note(610, 900, accuracy_m=300)  # and one that says itself that it is none
    wandering.to(700, 0)
    wandering.stay(300)
    wandering.locked(LOCKED_S, 1000, 300)
    wandering.to(1000, 600)
    patrol_id = await walked(evening, walker, wandering)
    found = (await officer.get(f"/api/patrols/{patrol_id}")).json()
    assert found["length_m"] == pytest.approx(700 + 300, rel=0.05)
    assert found["covered_m"] == pytest.approx(700 + 300, rel=0.05)
    assert found["route_covered_share"] == pytest.approx((700 + 300) / 1600, abs=0.04)
    assert (found["gaps"], found["stops_done"], found["stops_dwelt"]) == (1, [0], 1)
    assert {each["kind"] for each in found["findings"]} == {"teleport"}
    assert found["state"] == "awaiting_review" and found["doubt"] == 25
    ((first, second),) = [line.lines for line in await PatrolLine.filter(patrol_id=patrol_id)]
    plane = LocalPlane(GRID_LON, GRID_LAT)
    assert plane.to_metres(*zip(*first, strict=True))[0].max() < 730
    assert plane.to_metres(*zip(*second, strict=True))[1].min() > 270
    assert all(abs(y_m) < 2 for y_m in plane.to_metres(*zip(*first, strict=True))[1]), "on the street itself"
    assert (await review(officer, str(patrol_id))).status_code == 200
    assert (await Patrol.get(id=patrol_id)).length_m == found["length_m"], "the verdict changes no figure"
