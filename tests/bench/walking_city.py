"""A city on patrol: 3,500 people with a session and a walk each, a process that sends what they walk, and what a server uses."""

import asyncio
import datetime as dt
import json
import os
import subprocess
import sys
import time
import uuid
from pathlib import Path
from statistics import quantiles
from typing import Any

import aiohttp

from backend.core import clock, sessions
from backend.core.ids import uuid7
from backend.core.models import Session
from backend.core.roles import Role
from backend.patrols.models import Patrol, PatrolMember
from backend.people.models import Consent, Person
from tests.support.district import CENTER, District
from tests.support.processes import ROOT, project_environment

OPEN = 1_000
"""So many of them are on duty, near each other around the centre, and may have their stream open."""
PATROLS = 3_500
EVERY_S = 30.0
"""How often each sends what it walked since."""
FAR_DEGREES = 0.05


class Phone:
    """A signed-in person and their open stream: when each message arrived, by what it is about."""

    def __init__(self, person_id: uuid.UUID, token: str) -> None:
        self.person_id = person_id
        self.token = token
        self.heard: dict[str, float] = {}
        self.ready = asyncio.Event()

    async def listen(self, client: aiohttp.ClientSession) -> None:
        """Read the stream until cancelled."""
        headers = {"Cookie": f"lexun_session={self.token}"}
        async with client.get("/api/stream", headers=headers, timeout=aiohttp.ClientTimeout()) as answer:
            assert answer.status == 200, await answer.text()
            event = ""
            async for line in answer.content:
                if line.startswith(b"event:"):
                    event = line[7:-1].decode()
                    if event == "ready":
                        self.ready.set()
                elif line.startswith(b"data:") and event == "message":
                    told = json.loads(line[5:])
                    self.heard.setdefault(f"{told['kind']} {told['ref']['id']}", time.perf_counter())


async def make_phones(district: District) -> list[Phone]:
    """People on patrol with a session each, the first `OPEN` of them on duty."""
    now = clock.now()
    home = district.communities[0]
    tokens = [f"bench-{number:06}-{'x' * 24}" for number in range(PATROLS)]
    people = [
        Person(
            id=uuid7(), phone=f"131{number:08}", name="甲", password_hash="-", birth_year=1980, verified=True,
            on_duty=number < OPEN, area_id=home.id, created_at=now,
        )
        for number in range(PATROLS)
    ]  # fmt: skip
    await Person.bulk_create(people, batch_size=250)
    signed_in = [
        Session(
            id=uuid7(), user_id=person.id, token_hash=sessions.hashed(token), device_name="phone", created_at=now,
            last_seen_at=now, expires_at=now + dt.timedelta(days=1),
        )
        for person, token in zip(people, tokens, strict=True)
    ]  # fmt: skip
    await Session.bulk_create(signed_in, batch_size=250)
    await Consent.bulk_create(
        [
            Consent(id=uuid7(), user_id=person.id, kind="whereabouts", version=1, granted=True, at=now)
            for person in people
        ],
        batch_size=250,
    )
    for person in people:
        await sessions.grant_role(person.id, Role.VOLUNTEER, area_id=home.id, area_path=home.path)
    return [Phone(person.id, token) for person, token in zip(people, tokens, strict=True)]


async def make_patrols(district: District, phones: list[Phone]) -> list[dict[str, Any]]:
    """A patrol for each, a minute old; those with an open stream around the centre, the others far from it."""
    now = clock.now() - dt.timedelta(minutes=1)
    area_id = district.communities[0].id
    patrols = [
        Patrol(id=uuid7(), area_id=area_id, kind="free_patrol", started_by=phone.person_id, started_at=now)
        for phone in phones
    ]
    members = [
        PatrolMember(id=uuid7(), patrol_id=patrol.id, user_id=patrol.started_by, leader=True, joined_at=now)
        for patrol in patrols
    ]
    await Patrol.bulk_create(patrols, batch_size=250)
    await PatrolMember.bulk_create(members, batch_size=250)
    lon, lat = CENTER
    return [
        {
            "id": str(patrol.id),
            "token": phone.token,
            "lon": lon + (number % 40) * 0.0001 if number < OPEN else lon + FAR_DEGREES,
            "lat": lat + (number // 40) * 0.0001 if number < OPEN else lat,
        }
        for number, (patrol, phone) in enumerate(zip(patrols, phones, strict=True))
    ]


def resident_kib(pid: int) -> int:
    """The process's resident memory."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])


def used_cpu_s(pid: int) -> float:
    """The processor time that the process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def percentile(values: list[float], which: int) -> float:
    return quantiles(values, n=100, method="inclusive")[which - 1]


class load:
    """The patrols' positions, sent by a process of its own for as long as the block lasts, or for `seconds`."""

    def __init__(
        self, plan: Path, url: str, csrf: str, patrols: list[dict[str, Any]], seconds: float | None = None
    ) -> None:
        self._plan = plan
        self._patrols = {
            "url": url,
            "csrf": csrf,
            "every_s": EVERY_S,
            "patrols": patrols,
            "seconds": seconds,
        }

    def __enter__(self) -> "load":
        self._plan.write_text(json.dumps(self._patrols))
        command = [sys.executable, "-m", "tests.bench.peers.position_load", str(self._plan)]
        self._process = subprocess.Popen(
            command, cwd=ROOT, env=project_environment({}), stdout=subprocess.PIPE
        )
        assert self._process.stdout is not None and self._process.stdout.readline() == b"ready\n"
        return self

    def sends(self) -> bool:
        """Whether it still sends."""
        return self._process.poll() is None

    def result(self) -> dict[str, Any]:
        """What it found once its seconds are over: see tests/bench/peers/position_load.py."""
        output, _ = self._process.communicate()
        assert self._process.returncode == 0, "the patrols stopped sending: see its error above"
        return json.loads(output.splitlines()[-1])

    def __exit__(self, *_: object) -> None:
        stopped = self._process.poll()
        self._process.kill()
        self._process.wait()
        assert not stopped, "the patrols stopped sending: see its error above"
