"""A district with an officer, an approver and people on duty, and alerts over it."""

import datetime as dt
import io
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from PIL import Image

from backend.core import clock as movable
from backend.core.ids import uuid7
from backend.core.roles import Role
from backend.people.models import Person
from routing import daylight
from tests.support.app import ApiClient
from tests.support.district import CENTER, District, browser_of, make_district


@pytest.fixture(autouse=True)
def always_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody may walk alone, whatever the hour of the test."""
    monkeypatch.setattr(daylight, "solar_height_deg", lambda at, lon, lat: 60.0)


class Station:
    """The people and browsers of one police station, and the moves they make."""

    def __init__(self, district: District, new_client: Callable[[], ApiClient]) -> None:
        self.district = district
        self.new_client = new_client

    async def open(self) -> None:
        """Sign in an officer and an approver, who are not on duty as volunteers."""
        self.officer = await self.district.person(Role.OFFICER, on_duty=False, name="拟稿民警")
        self.approver = await self.district.person(Role.APPROVER, on_duty=False, name="审批所长")
        self.desk = await self.browser(self.officer)
        self.chief = await self.browser(self.approver)

    async def browser(self, person: Person, *, fresh: bool = True) -> ApiClient:
        return await browser_of(self.new_client, person, fresh=fresh)

    def draft(self, **values: Any) -> dict[str, Any]:
        """An alert around the first community, for six hours."""
        now = movable.now()
        return {
            "id": str(uuid7()),
            "area_id": str(self.district.communities[0].id),
            "kind": "missing_person",
            "headline_zh": "寻找走失老人张某",
            "clothing_zh": "红色上衣，灰色裤子",
            "behaviour_zh": "走路缓慢，听力不好",
            "direction_zh": "往桥头方向",
            "last_seen_at": (now - dt.timedelta(minutes=30)).isoformat(),
            "last_seen_place": "菜市场东门",
            "lon": CENTER[0],
            "lat": CENTER[1],
            "radius_m": 800,
            "expires_at": (now + dt.timedelta(hours=6)).isoformat(),
            "contact_phone": "0577-110",
            **values,
        }

    async def drafted(self, **values: Any) -> str:
        answer = await self.desk.post("/api/alerts", json=self.draft(**values))
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    async def submitted(self, **values: Any) -> str:
        alert_id = await self.drafted(**values)
        answer = await self.desk.post(f"/api/alerts/{alert_id}/submit")
        assert answer.status_code == 200, answer.text
        return alert_id

    async def live(self, **values: Any) -> str:
        alert_id = await self.submitted(**values)
        answer = await self.chief.post(f"/api/alerts/{alert_id}/approve", json={})
        assert answer.status_code == 200, answer.text
        return alert_id

    async def close(self, alert_id: str, outcome: str = "found") -> dict[str, Any]:
        answer = await self.desk.post(f"/api/alerts/{alert_id}/close", json={"outcome": outcome})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def sighting(self, **values: Any) -> dict[str, Any]:
        return {
            "id": str(uuid7()),
            "at": movable.now().isoformat(),
            "lon": CENTER[0] + 0.001,
            "lat": CENTER[1],
            "behaviour_zh": "坐在桥边的长椅上",
            "direction": "没有移动",
            "certainty": "likely",
            **values,
        }


@pytest.fixture
async def station(app: Any, new_client: Callable[[], ApiClient]) -> Station:
    opened = Station(await make_district(), new_client)
    await opened.open()
    return opened


@pytest.fixture
def volunteer(station: Station) -> Callable[..., Awaitable[tuple[Person, ApiClient]]]:
    """Makes one more volunteer on duty, with their phone."""

    async def make(**values: Any) -> tuple[Person, ApiClient]:
        person = await station.district.volunteer(**values)
        return person, await station.browser(person)

    return make


def jpeg(size: tuple[int, int] = (1600, 1200), **options: Any) -> bytes:
    """A photo as a phone would send it."""
    target = io.BytesIO()
    picture = Image.effect_noise(size, 60).convert("RGB")
    picture.save(target, "JPEG", quality=70, **options)
    return target.getvalue()
