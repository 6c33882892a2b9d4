"""Many patrols that send positions: `python -m tests.bench.peers.position_load FILE`, until killed or for so many seconds.

FILE has the server's `url`, a `csrf` token, how often each patrol sends (`every_s`), and `patrols`: a session's token, a
patrol's id and a place for each. Every request holds one batch of `FIXES` positions, as a phone sends it: from when it was
due until its acknowledgement is what the batch took, so a server that falls behind is not spared by waiting for it. With
`seconds` the last line printed is a JSON object: how many batches were `sent` and `stored` positions acknowledged, and the
milliseconds of the median, the 99th of a hundred and the slowest.
"""

import asyncio
import datetime as dt
import json
import sys
import uuid
from pathlib import Path
from statistics import quantiles
from typing import Any

import aiohttp

FIXES = 6
PACE_M_S = 1.2
BACK_AFTER_M = 120.0
METRES_A_DEGREE = 111_195.0


async def main(plan: dict[str, Any]) -> None:
    """Send as one phone after the other is due; tell every thousand batches how many went out."""
    every_s = plan["every_s"] / len(plan["patrols"])
    connector = aiohttp.TCPConnector(limit=64)
    taken_ms: list[float] = []
    stored = sent = 0
    async with aiohttp.ClientSession(
        plan["url"], connector=connector, cookie_jar=aiohttp.DummyCookieJar()
    ) as client:
        loop = asyncio.get_running_loop()
        due_s = loop.time()
        until_s = due_s + plan["seconds"] if plan["seconds"] else float("inf")

        async def send(patrol: dict[str, Any], due_s: float) -> None:
            nonlocal stored
            new = await one_batch(client, plan["csrf"], patrol)
            stored += new
            taken_ms.append(1000 * (loop.time() - due_s))

        print("ready", flush=True)
        async with asyncio.TaskGroup() as group:
            while due_s < until_s:
                for patrol in plan["patrols"]:
                    due_s += every_s
                    if due_s >= until_s:
                        break
                    await asyncio.sleep(max(0.0, due_s - loop.time()))
                    group.create_task(send(patrol, due_s))
                    sent += 1
                    if sent % 1000 == 0:
                        print(f"sent {sent}", flush=True)
    cuts = quantiles(taken_ms, n=100, method="inclusive")
    result = {"sent": sent, "stored": stored, "p50_ms": cuts[49], "p99_ms": cuts[98], "max_ms": max(taken_ms)}
    print(json.dumps(result), flush=True)


async def one_batch(client: aiohttp.ClientSession, csrf: str, patrol: dict[str, Any]) -> int:
    """One batch of one phone that walks up and down a street; how many positions were stored. A refusal ends the measurement."""
    now = dt.datetime.now(dt.UTC)
    moments = [now - dt.timedelta(seconds=5 * (FIXES - number)) for number in range(FIXES)]
    fixes = [
        {
            "id": str(uuid.uuid4()),
            "at": at.isoformat(),
            "lon": patrol["lon"] + walked_m(at) / METRES_A_DEGREE,
            "lat": patrol["lat"],
            "accuracy_m": 8,
        }
        for at in moments
    ]
    headers = {"Cookie": f"lexun_session={patrol['token']}; lexun_csrf={csrf}", "X-CSRF-Token": csrf}
    async with client.post(
        f"/api/patrols/{patrol['id']}/fixes", json={"fixes": fixes}, headers=headers
    ) as answer:
        if answer.status >= 300:
            raise RuntimeError(f"{answer.status}: {await answer.text()}")
        return int((await answer.json())["stored"])


def walked_m(at: dt.datetime) -> float:
    """How far up the street somebody is who walks up and down it."""
    along_m = at.timestamp() * PACE_M_S % (2 * BACK_AFTER_M)
    return min(along_m, 2 * BACK_AFTER_M - along_m)


if __name__ == "__main__":
    asyncio.run(main(json.loads(Path(sys.argv[1]).read_text())))
