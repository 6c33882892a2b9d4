"""An evening in a small district: a task with stops, people who grab and walk it, and the officer who reviews it."""

import datetime as dt
import math
import random
import uuid
from collections.abc import Callable, Sequence
from typing import Any

import httpx

from backend.core import clock
from backend.core.ids import uuid7
from backend.core.roles import Role
from backend.people.models import Person
from backend.tasks.models import Task
from routing.daylight import is_night
from routing.track import EARTH_M_PER_DEGREE
from tests.support.app import ApiClient
from tests.support.district import CENTER, District, browser_of

EVENING = dt.datetime(2026, 6, 5, 11, 0, tzinfo=dt.UTC)
"""Seven in the evening, by daylight, at the district."""
PACE_M_S = 1.15
EVERY_S = 5


def place_at(east_m: float, north_m: float) -> tuple[float, float]:
    """The place so many metres from the centre of the first community."""
    lat = CENTER[1] + north_m / EARTH_M_PER_DEGREE
    return CENTER[0] + east_m / EARTH_M_PER_DEGREE / math.cos(math.radians(CENTER[1])), lat


def fix(at: dt.datetime, east_m: float = 0, north_m: float = 0, **changes: Any) -> dict[str, Any]:
    """One position as a phone sends it."""
    lon, lat = place_at(east_m, north_m)
    return {"id": str(uuid7()), "at": at.isoformat(), "lon": lon, "lat": lat, "accuracy_m": 6, **changes}


def walk(
    start: dt.datetime, legs: Sequence[tuple[float, float]], *, noise_m: float = 3, seed: int = 1
) -> list[dict[str, Any]]:
    """Positions every five seconds along a line to the east; a leg is metres to go and seconds to stay there."""
    dice, places = random.Random(seed), [0.0]
    for metres, stay_s in legs:
        end = places[-1] + metres
        places += [
            places[-1] + PACE_M_S * EVERY_S * number
            for number in range(1, int(metres / PACE_M_S / EVERY_S) + 1)
        ]
        places += [end] * int(stay_s / EVERY_S)
    return [
        fix(
            start + dt.timedelta(seconds=EVERY_S * number),
            east + dice.gauss(0, noise_m),
            dice.gauss(0, noise_m),
        )
        for number, east in enumerate(places)
    ]


class Evening:
    """The district, and browsers of an officer and of volunteers who agreed to the use of their whereabouts and photos."""

    def __init__(self, district: District, new_client: Callable[[], ApiClient]) -> None:
        self.district = district
        self.new_client = new_client

    async def browser(self, *roles: Role, **values: Any) -> ApiClient:
        """One more person's browser."""
        return await browser_of(self.new_client, await self.district.person(*roles, **values))

    async def walker(self, **values: Any) -> ApiClient:
        """One more volunteer's browser."""
        browser = await self.browser(Role.VOLUNTEER, **values)
        for kind in ("whereabouts", "photos"):
            answer = await browser.put(f"/api/me/consents/{kind}", json={"granted": True, "version": 1})
            assert answer.status_code == 200, answer.text
        return browser

    async def task(
        self,
        *,
        stops: Sequence[tuple[float, float]] = (),
        seats: int = 3,
        minutes: int = 90,
        community: int = 0,
        planned: Sequence[dict[str, Any]] | None = None,
        **values: Any,
    ) -> Task:
        """A published patrol that has begun; a stop is metres east and seconds to stay, or `planned` as a task keeps them."""
        poster = await self.district.person(Role.OFFICER)
        now = clock.now()
        along = [
            {
                "order": number,
                "name": f"第{number}点",
                "lon": place_at(east_m, 0)[0],
                "lat": place_at(east_m, 0)[1],
                "arrive": now.isoformat(),
                "leave": (now + dt.timedelta(seconds=dwell_s)).isoformat(),
                "dwell_s": int(dwell_s),
                "reason": {"zh": "常有", "en": "Often"},
            }
            for number, (east_m, dwell_s) in enumerate(stops, 1)
        ]
        base: dict[str, Any] = {
            "id": uuid7(),
            "area_id": self.district.communities[community].id,
            "kind": "patrol",
            "state": "published",
            "title_zh": "石坊夜巡",
            "title_en": "Evening walk",
            "starts_at": now - dt.timedelta(minutes=5),
            "ends_at": now + dt.timedelta(minutes=minutes),
            "seats": seats,
            "points": 10,
            "start_lon": CENTER[0],
            "start_lat": CENTER[1],
            "stops": list(planned or along),
            "posted_by": poster.id,
            "created_at": now,
            "published_at": now,
        }
        return await Task.create(**{**base, **values})

    async def grabbed(self, browser: ApiClient, task: Task) -> uuid.UUID:
        """Take a seat; the assignment's id."""
        seat = uuid7()
        answer = await browser.post(f"/api/tasks/{task.id}/grab", json={"id": str(seat)})
        assert answer.status_code in (200, 201), answer.text
        return seat

    async def started(self, browser: ApiClient, task: Task | None = None) -> str:
        """Grab and start a task, or start a free patrol; the patrol's id."""
        if task is not None:
            return await self.team(task, browser)
        area = str(self.district.communities[0].id)
        body: dict[str, Any] = {"id": str(uuid7()), "started_at": clock.now().isoformat(), "area_id": area}
        if is_night(clock.now(), *CENTER):
            body["companions"] = [await self.companion()]
        answer = await browser.post("/api/patrols", json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def companion(self, *roles: Role) -> str:
        """The companion code of one more person, by default somebody who leads a team."""
        mate = await self.browser(*(roles or (Role.LEADER,)))
        answer = await mate.put("/api/me/consents/whereabouts", json={"granted": True, "version": 1})
        assert answer.status_code == 200, answer.text
        return str((await mate.get("/api/me/companion-code")).json()["qr_text"])

    async def team(self, task: Task, *browsers: ApiClient) -> str:
        """All take a seat, then set out one after the other, the first as leader; their patrol's id."""
        seats = [await self.grabbed(browser, task) for browser in browsers]
        ids: set[str] = set()
        for browser, seat in zip(browsers, seats, strict=True):
            body = {"id": str(uuid7()), "started_at": clock.now().isoformat(), "assignment_id": str(seat)}
            answer = await browser.post("/api/patrols", json=body)
            assert answer.status_code == 201, answer.text
            ids.add(str(answer.json()["id"]))
        (patrol,) = ids
        return patrol

    async def finished(self, browser: ApiClient, task: Task | None = None, minutes: int = 30) -> str:
        """A patrol that was walked for so long and awaits its review; the clock moves on."""
        patrol = await self.started(browser, task)
        positions = walk(clock.now(), [(PACE_M_S * minutes * 60, 0)])
        clock.advance(dt.timedelta(minutes=minutes))
        for begin in range(0, len(positions), 500):
            sent = await send(browser, patrol, positions[begin : begin + 500])
            assert sent.status_code == 200, sent.text
        answer = await finish(browser, patrol)
        assert answer.status_code == 200 and answer.json()["state"] == "awaiting_review", answer.text
        return patrol


async def send(browser: ApiClient, patrol: str, fixes: Sequence[dict[str, Any]]) -> httpx.Response:
    """Send positions."""
    return await browser.post(f"/api/patrols/{patrol}/fixes", json={"fixes": list(fixes)})


async def finish(
    browser: ApiClient, patrol: str, at: dt.datetime | None = None, **more: Any
) -> httpx.Response:
    """End one's walk."""
    body = {"finished_at": (at or clock.now()).isoformat(), **more}
    return await browser.post(f"/api/patrols/{patrol}/finish", json=body)


async def review(
    officer: ApiClient, patrol: str, decision: str = "accepted", note: str | None = None
) -> httpx.Response:
    """Judge a patrol."""
    return await officer.post(f"/api/patrols/{patrol}/review", json={"decision": decision, "note": note})


async def person_behind(browser: ApiClient) -> Person:
    """Whose browser this is."""
    return await Person.get(id=(await browser.get("/api/me")).json()["id"])


def tus(offset: int, length: int) -> dict[str, str]:
    """The headers of the next bytes of a file."""
    return {
        "Tus-Resumable": "1.0.0",
        "Content-Type": "application/offset+octet-stream",
        "Upload-Offset": str(offset),
        "Upload-Length": str(length),
    }
