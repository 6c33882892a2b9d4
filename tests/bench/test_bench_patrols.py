"""3,500 patrols that send what they walk to a served district: how long a batch takes, and whether memory stays what it is.

Ten minutes by default; LEXUN_TEST_PATROLS_S takes other seconds.
"""

import asyncio
import os
import time
from pathlib import Path

import aiohttp
import numpy as np

from tests.bench.walking_city import (
    EVERY_S,
    PATROLS,
    load,
    make_patrols,
    make_phones,
    resident_kib,
    used_cpu_s,
)
from tests.support.district import make_district
from tests.support.server import LexunServer

SECONDS = float(os.environ.get("LEXUN_TEST_PATROLS_S", "600"))
WARM_S = min(240.0, SECONDS * 0.4)
"""By then every patrol was heard of, each part of the server has done its work several times, and SQLite's cache of 32 MB
is full of what was written."""
LOOKED_EVERY_S = 2.0
P99_MS_WANTED = 250.0
GROWTH_WANTED = 0.01
"""Of its memory a minute: what would double it in an hour and a half is no flat line."""


async def test_a_city_on_patrol(serve: LexunServer, engine: str, record, tmp_path: Path) -> None:
    """Every batch is acknowledged, the 99th of a hundred within a quarter of a second, in memory that does not grow."""
    district = await make_district()
    patrols = await make_patrols(district, await make_phones(district))
    async with aiohttp.ClientSession(serve.url) as client, client.get("/api/session") as answer:
        csrf = answer.cookies["lexun_csrf"].value
    looks: list[tuple[float, float]] = []
    cores = 0.0
    with load(tmp_path / "load.json", serve.url, csrf, patrols, SECONDS) as sending:
        began, before_s = time.monotonic(), used_cpu_s(serve.pid)
        while sending.sends():
            looks.append((time.monotonic() - began, resident_kib(serve.pid) / 1024))
            cores = (used_cpu_s(serve.pid) - before_s) / max(1.0, looks[-1][0])
            await asyncio.sleep(LOOKED_EVERY_S)
        found = sending.result()
    at_s, used_mib = np.array([look for look in looks if WARM_S <= look[0] <= SECONDS]).T
    slope_mib = 60 * float(np.polyfit(at_s, used_mib, 1)[0])
    record(
        f"{PATROLS:,} patrols for {SECONDS:.0f} s, {engine}",
        f"{found['sent']:,} batches of 6 positions, one from each every {EVERY_S:.0f} s: p50 {found['p50_ms']:.0f} ms, p99"
        f" {found['p99_ms']:.0f} ms (wanted {P99_MS_WANTED:.0f}), slowest {found['max_ms']:.0f} ms; the one process used"
        f" {cores:.2f} of a core, {os.getloadavg()[0]:.1f} programs at once; its memory"
        f" {used_mib[0]:.0f} MiB after {WARM_S:.0f} s, {used_mib[-1]:.0f} at the end, {slope_mib:+.2f} a minute",
        "make bench (test_bench_patrols)",
    )
    assert found["stored"] == found["sent"] * 6, "every position is kept"
    assert slope_mib <= GROWTH_WANTED * float(used_mib.mean()), "memory grows"
    assert found["p99_ms"] <= P99_MS_WANTED
