"""A station's desk: a district, its officer, and an export with every kind of mistake."""

import datetime as dt
import hashlib
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from backend.core.ids import uuid7
from backend.core.roles import Role
from backend.incidents import uploads
from routing.geo import from_wgs84
from routing.kept_rows import keep, told_of
from routing.words import RoutingError
from tests.support.app import ApiClient
from tests.support.district import CENTER, District, browser_of, make_district
from tests.support.heavy_work import heavy_work_here
from tests.support.workers import run_due_jobs

NOON = dt.datetime(2026, 6, 5, 4, 0, tzinfo=dt.UTC)
HEADER = "警情编号,报警时间,警情类别,经度,纬度,报警人,联系电话"


def line(number: int, **cells: str) -> str:
    """A good row of the district in GCJ-02, with `cells` changed."""
    lon, lat = from_wgs84(CENTER[0] + number * 1e-5, CENTER[1], "gcj02")
    good = {
        "id": f"J{number}", "at": f"2026-06-01 {number % 24:02}:30", "kind": "纠纷", "lon": f"{float(lon):.7f}",
        "lat": f"{float(lat):.7f}", "name": "某某", "phone": "13966496171",
    }  # fmt: skip
    return ",".join({**good, **cells}.values())


BAD = (
    line(901, lon=""), line(902, lon="0", lat="0"), line(903, at="昨晚 13966496171"), line(904, kind=""),
    line(905, lon="110.5"), line(1),
)  # fmt: skip


def export(good: int = 12, *extra: str, bad: tuple[str, ...] = BAD) -> bytes:
    """A station's CSV: good rows, rows of the caller's, and bad ones."""
    return "\n".join([HEADER, *(line(number) for number in range(good)), *extra, *bad]).encode("gb18030")


@dataclass
class Station:
    """The district with an officer's browser."""

    place: District
    officer: ApiClient

    async def give(
        self, data: bytes, name: str = "六月.csv", *, by: ApiClient | None = None, **query: Any
    ) -> httpx.Response:
        """Upload a file."""
        asked = {
            "import_id": str(uuid7()),
            "area_id": str(self.place.district.id),
            "file_name": name,
            **query,
        }
        return await (by or self.officer).post(
            "/api/incidents/imports",
            params=asked,
            content=data,
            headers={"Content-Type": "application/octet-stream"},
        )

    async def given(self, data: bytes, name: str = "六月.csv", **query: Any) -> dict[str, Any]:
        """Upload a file; the import with the first look at it."""
        answer = await self.give(data, name, **query)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def tried(self, import_id: str, datum: str = "gcj02") -> dict[str, Any]:
        """Declare the datum and have the file tried."""
        answer = await self.officer.post(f"/api/incidents/imports/{import_id}/check", json={"datum": datum})
        assert answer.status_code == 200, answer.text
        await run_due_jobs("incidents.check")
        return await self.read(import_id)

    async def confirm(self, tried: dict[str, Any]) -> httpx.Response:
        """Confirm what was tried."""
        return await self.officer.post(
            f"/api/incidents/imports/{tried['id']}/confirm", json={"run": tried["run"]}
        )

    async def imported(self, tried: dict[str, Any]) -> dict[str, Any]:
        """Confirm what was tried and have it carried over."""
        answer = await self.confirm(tried)
        assert answer.status_code == 200, answer.text
        await run_due_jobs("incidents.carry")
        return await self.read(tried["id"])

    async def read(self, import_id: str | uuid.UUID) -> dict[str, Any]:
        """The import as the officer sees it."""
        answer = await self.officer.get(f"/api/incidents/imports/{import_id}")
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture(autouse=True)
def in_one_process(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading happens here instead of in processes of its own, which take a second to begin; tests marked
    `real_processes` have the real ones."""
    if request.node.get_closest_marker("real_processes"):
        return

    async def through(part: Path, file_name: str, chunks: AsyncIterator[bytes]) -> uploads.Received:
        data = bytearray()
        async for chunk in chunks:
            data += chunk
            if len(data) > uploads.BYTES_MAX:
                raise uploads.FileTooLarge(bytes_max=uploads.BYTES_MAX)
        if not data:
            raise uploads.FileEmpty()
        sha256 = hashlib.sha256(data).hexdigest()
        try:
            return uploads.Received(len(data), sha256, keep(bytes(data), part, file_name), None)
        except RoutingError as error:
            return uploads.Received(len(data), sha256, None, told_of(error))

    monkeypatch.setattr(uploads, "_through", through)
    heavy_work_here(request, monkeypatch)


@pytest.fixture
async def station(app: object, new_client: Callable[[], ApiClient], clock: Any) -> Station:
    """The district at noon with its officer."""
    clock.freeze(NOON)
    place = await make_district()
    return Station(place, await browser_of(new_client, await place.person(Role.OFFICER, name="陈警官")))
