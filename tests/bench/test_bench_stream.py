"""The live stream with a thousand phones open, and how soon an approved alert is on them while all patrols send positions."""

import asyncio
import datetime as dt
import json
import os
import time
from pathlib import Path
from typing import Any

import aiohttp

from backend.core import clock, sessions
from backend.core.ids import uuid7
from backend.core.roles import Role
from tests.bench.walking_city import (
    EVERY_S,
    OPEN,
    PATROLS,
    Phone,
    load,
    make_patrols,
    make_phones,
    percentile,
    resident_kib,
)
from tests.support.district import CENTER, District, make_district
from tests.support.server import LexunServer

ROUNDS = 12
ALERTS = 20
AUDIENCE = 30


class Desk:
    """An officer's or approver's requests."""

    def __init__(self, client: aiohttp.ClientSession, token: str, csrf: str) -> None:
        self._client = client
        self._headers = {"Cookie": f"lexun_session={token}; lexun_csrf={csrf}", "X-CSRF-Token": csrf}

    async def ask(self, method: str, path: str, body: Any = None) -> Any:
        async with self._client.request(method, path, json=body, headers=self._headers) as answer:
            text = await answer.text()
            assert answer.status < 300, f"{path}: {answer.status} {text}"
            return json.loads(text) if text else None


async def desk_of(client: aiohttp.ClientSession, district: District, csrf: str, *roles: Role) -> Desk:
    person = await district.person(*roles, on_duty=False)
    _, token = await sessions.open_session(person.id, device_name="desk", days=1)
    return Desk(client, token, csrf)


async def test_stream_and_alerts(serve: LexunServer, record, tmp_path: Path) -> None:
    """Messages to a thousand open streams; then alerts to the thirty nearest while 3,500 patrols send positions."""
    district = await make_district()
    phones = await make_phones(district)
    patrols = await make_patrols(district, phones)
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(
        serve.url, connector=connector, cookie_jar=aiohttp.DummyCookieJar()
    ) as client:
        async with client.get("/api/session") as answer:
            csrf = answer.cookies["lexun_csrf"].value
        before_kib = resident_kib(serve.pid)
        listening = [asyncio.create_task(phone.listen(client)) for phone in phones[:OPEN]]
        await asyncio.gather(*(phone.ready.wait() for phone in phones[:OPEN]))
        each_kib = (resident_kib(serve.pid) - before_kib) / OPEN
        poster = await desk_of(client, district, csrf, Role.OFFICER, Role.POSTER)
        waits = await publish_rounds(poster, district, phones[:OPEN])
        record(
            f"live stream, {OPEN:,} phones connected",
            f"{len(waits):,} messages of {ROUNDS * OPEN:,} arrived; p50 {percentile(waits, 50) * 1000:.0f} ms, p99"
            f" {percentile(waits, 99) * 1000:.0f} ms (wanted 1,000 ms); {each_kib:.0f} KiB each (wanted 40); {os.getloadavg()[0]:.0f} programs at once",
            "make bench (test_bench_stream)",
        )
        assert len(waits) == ROUNDS * OPEN, "nothing is lost"
        with load(tmp_path / "load.json", serve.url, csrf, patrols):
            await asyncio.sleep(EVERY_S + 5)  # by then each patrol has said where it is
            officer = await desk_of(client, district, csrf, Role.OFFICER)
            approver = await desk_of(client, district, csrf, Role.APPROVER)
            first, all_of_them = await alert_rounds(officer, approver, district, phones[:OPEN])
        record(
            f"approved alert to the {AUDIENCE} nearest while {PATROLS:,} patrols send positions",
            f"first phone p50 {percentile(first, 50) * 1000:.0f} ms, p95 {percentile(first, 95) * 1000:.0f} ms (wanted"
            f" 1,000); all {AUDIENCE} p95 {percentile(all_of_them, 95) * 1000:.0f} ms (wanted 2,000); from the tap,"
            f" {ALERTS} alerts, {PATROLS / EVERY_S:.0f} batches of positions a second, {os.getloadavg()[0]:.1f} programs at"
            " once",
            "make bench (test_bench_stream)",
        )
        for task in listening:
            task.cancel()
        await asyncio.gather(*listening, return_exceptions=True)


async def publish_rounds(poster: Desk, district: District, phones: list[Phone]) -> list[float]:
    """Tasks published one after the other: everyone on duty in the community is told of each."""
    area = district.communities[0]
    waits: list[float] = []
    for _ in range(ROUNDS):
        starts_at = clock.now() + dt.timedelta(hours=1)
        task_id = str(uuid7())
        body = {
            "id": task_id, "area_id": str(area.id), "kind": "prevention_talk", "starts_at": starts_at.isoformat(),
            "ends_at": (starts_at + dt.timedelta(hours=1)).isoformat(),
            "place": {"name": "活动室", "lon": area.center_lon, "lat": area.center_lat}, "publish": True,
        }  # fmt: skip
        began = time.perf_counter()
        await poster.ask("POST", "/api/tasks", body)
        await heard_by_all(phones, f"task.published {task_id}")
        waits += [
            phone.heard[key] - began for phone in phones for key in phone.heard if key.endswith(task_id)
        ]
        await asyncio.sleep(1)
    return waits


async def heard_by_all(phones: list[Phone], key: str, within_s: float = 30) -> None:
    async with asyncio.timeout(within_s):
        while not all(key in phone.heard for phone in phones):  # noqa: ASYNC110 - a thousand of them
            await asyncio.sleep(0.02)


async def alert_rounds(
    officer: Desk, approver: Desk, district: District, phones: list[Phone]
) -> tuple[list[float], list[float]]:
    """From the approver's tap to the first phone and to the last of the audience, for each alert."""
    first: list[float] = []
    all_of_them: list[float] = []
    for _ in range(ALERTS):
        now = clock.now()
        body = {
            "id": str(uuid7()), "area_id": str(district.communities[0].id), "kind": "missing_person",
            "headline_zh": "女，约 70 岁", "clothing_zh": "红色毛衣", "last_seen_at": now.isoformat(),
            "last_seen_place": "东门", "lon": CENTER[0], "lat": CENTER[1], "radius_m": 1000,
            "expires_at": (now + dt.timedelta(hours=2)).isoformat(), "contact_phone": "110",
        }  # fmt: skip
        alert_id = (await officer.ask("POST", "/api/alerts", body))["id"]
        await officer.ask("POST", f"/api/alerts/{alert_id}/submit")
        began = time.perf_counter()
        await approver.ask("POST", f"/api/alerts/{alert_id}/approve", {})
        key = f"alert.live {alert_id}"
        async with asyncio.timeout(30):
            while sum(key in phone.heard for phone in phones) < AUDIENCE:  # noqa: ASYNC110 - thirty of a thousand
                await asyncio.sleep(0.02)
        waits = sorted(phone.heard[key] - began for phone in phones if key in phone.heard)
        first.append(waits[0])
        all_of_them.append(waits[-1])
        await asyncio.sleep(0.5)
    return first, all_of_them
