"""Many patrols that send positions: `python -m tests.bench.peers.position_load FILE`, until killed.

FILE has the server's `url`, a `csrf` token, how often each patrol sends (`every_s`), and `patrols`: a session's token, a
patrol's id and a place for each. Every request holds one batch of `FIXES` positions, as a phone sends it.
"""

import asyncio
import datetime as dt
import json
import sys
import uuid
from pathlib import Path
from typing import Any

import aiohttp

FIXES = 6
SPREAD_DEGREES = 0.0001


async def main(plan: dict[str, Any]) -> None:
    """Send as one phone after the other is due; tell every ten seconds how many went out."""
    every_s = plan["every_s"] / len(plan["patrols"])
    connector = aiohttp.TCPConnector(limit=64)
    sent = 0
    async with (
        aiohttp.ClientSession(
            plan["url"], connector=connector, cookie_jar=aiohttp.DummyCookieJar()
        ) as client,
        asyncio.TaskGroup() as group,
    ):
        loop = asyncio.get_running_loop()
        due_s = loop.time()
        print("ready", flush=True)
        while True:
            for patrol in plan["patrols"]:
                due_s += every_s
                await asyncio.sleep(max(0.0, due_s - loop.time()))
                group.create_task(send(client, plan["csrf"], patrol))
                sent += 1
                if sent % 1000 == 0:
                    print(f"sent {sent}", flush=True)


async def send(client: aiohttp.ClientSession, csrf: str, patrol: dict[str, Any]) -> None:
    """One batch of one phone; a refusal ends the measurement."""
    now = dt.datetime.now(dt.UTC)
    fixes = [
        {
            "id": str(uuid.uuid4()),
            "at": (now - dt.timedelta(seconds=5 * (FIXES - number))).isoformat(),
            "lon": patrol["lon"] + number * SPREAD_DEGREES,
            "lat": patrol["lat"],
            "accuracy_m": 8,
        }
        for number in range(FIXES)
    ]
    headers = {"Cookie": f"lexun_session={patrol['token']}; lexun_csrf={csrf}", "X-CSRF-Token": csrf}
    async with client.post(
        f"/api/patrols/{patrol['id']}/fixes", json={"fixes": fixes}, headers=headers
    ) as answer:
        if answer.status >= 300:
            raise RuntimeError(f"{answer.status}: {await answer.text()}")


if __name__ == "__main__":
    asyncio.run(main(json.loads(Path(sys.argv[1]).read_text())))
