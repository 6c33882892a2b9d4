"""The real server, killed while phones send over HTTP: what was answered is there when it comes back."""

import asyncio
import datetime as dt
import os
import signal
import uuid
from pathlib import Path

import httpx
import pytest

from backend.core import clock, sessions
from backend.core.db import close_database, init_database
from backend.core.ids import uuid7
from backend.patrols.models import Fix
from backend.people import service as people
from backend.settings import Settings
from tests.support.district import make_district
from tests.support.evening import fix
from tests.support.server import DAYLIGHT, LexunServer

BATCHES_MIN = 30


@pytest.fixture
def settings(make_settings, tmp_path: Path) -> Settings:
    """The data folder that the server uses too."""
    return make_settings(data_dir=tmp_path / "data")


async def test_positions_that_were_answered_survive_the_servers_death(
    settings: Settings, tmp_path: Path
) -> None:
    """SIGKILL in the middle; after the restart the phone sends its unanswered batch again and nothing is double."""
    await init_database(settings)
    try:
        district = await make_district()
        person = await district.volunteer()
        await people.set_consent(person.id, "whereabouts", granted=True, version=1)
        _, token = await sessions.open_session(person.id, device_name="phone", days=1)
        area_id = str(district.communities[0].id)
    finally:
        await close_database()
    server = LexunServer(tmp_path, {"LEXUN_DATABASE_URL": settings.database_url}, program=DAYLIGHT)
    try:
        answered, unanswered = await send_until_killed(server, token, area_id)
        server.kill()  # it is dead already; this waits until the system knows
        server.restart()
        async with phone(server, token) as browser:
            patrol = (await browser.get("/api/me/patrol")).json()["patrol"]["id"]
            again = (await browser.post(f"/api/patrols/{patrol}/fixes", json={"fixes": unanswered})).json()
            assert again["stored"] + again["duplicates"] == len(unanswered)
    finally:
        server.stop()
    await init_database(settings)
    try:
        stored = list(await Fix.all().values_list("id", flat=True))
    finally:
        await close_database()
    wanted = answered | {uuid.UUID(each["id"]) for each in unanswered}
    assert wanted - set(stored) == set() and len(stored) == len(set(stored)) == len(wanted)


def phone(server: LexunServer, token: str) -> httpx.AsyncClient:
    """A phone's browser, signed in."""

    async def echo_csrf(request: httpx.Request) -> None:
        if csrf := browser.cookies.get("lexun_csrf"):
            request.headers["X-CSRF-Token"] = csrf

    browser = httpx.AsyncClient(
        base_url=server.url, cookies={sessions.COOKIE: token}, event_hooks={"request": [echo_csrf]}
    )
    return browser


async def send_until_killed(
    server: LexunServer, token: str, area_id: str
) -> tuple[set[uuid.UUID], list[dict]]:
    """Send batch after batch until the server is gone; the answered ids, and the batch that got no answer."""
    answered: set[uuid.UUID] = set()
    async with phone(server, token) as browser:
        await browser.get("/api/session")
        start = {"id": str(uuid7()), "area_id": area_id, "started_at": clock.now().isoformat()}
        patrol = (await browser.post("/api/patrols", json=start)).json()["id"]
        loop = asyncio.get_running_loop()
        for number in range(10_000):
            began = clock.now()
            batch = [fix(began + dt.timedelta(milliseconds=each), number) for each in range(20)]
            if number == BATCHES_MIN:
                loop.call_later(0.002, os.kill, server.pid, signal.SIGKILL)
            try:
                receipt = await browser.post(f"/api/patrols/{patrol}/fixes", json={"fixes": batch})
            except httpx.HTTPError:
                return answered, batch
            if receipt.status_code == 200:
                answered |= {uuid.UUID(each["id"]) for each in batch}
    raise AssertionError("the server was never killed")
