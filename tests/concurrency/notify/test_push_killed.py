"""kill -9 of the sender in the middle of a fan-out: whoever was to have the message has it once."""

import asyncio
import datetime as dt
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from types import ModuleType

import pytest
from aiohttp import web

from backend.core import clock as now_clock
from backend.core import jobs
from backend.core.db import row
from backend.core.ids import uuid7
from backend.core.models import Session
from backend.notify import connections, push, sender, service
from backend.notify import jobs as push_jobs
from backend.notify.models import PushSubscription
from backend.people.models import Person
from backend.settings import Settings
from tests.support.processes import ROOT, free_port, project_environment, start, tail
from tests.support.push_browser import SubscriptionKeys

PEOPLE = 1_000
KILLED_AFTER = 300
LIMIT_S = 120


class Mailboxes:
    """A push service of phones that are switched off: of messages with one topic it keeps the latest (RFC 8030, 5.4)."""

    def __init__(self) -> None:
        self.port = free_port()
        self.kept: Counter[tuple[str, str]] = Counter()
        self.to_kill: subprocess.Popen[bytes] | None = None

    async def take(self, request: web.Request) -> web.Response:
        await request.read()
        self.kept[request.path, request.headers["Topic"]] += 1
        if self.to_kill is not None and self.kept.total() == KILLED_AFTER:
            self.to_kill.kill()
        return web.Response(status=201)


@pytest.fixture
async def mailboxes() -> AsyncIterator[Mailboxes]:
    boxes = Mailboxes()
    application = web.Application()
    application.router.add_post("/{name}", boxes.take)
    runner = web.AppRunner(application, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "localhost", boxes.port).start()
    yield boxes
    await runner.cleanup()


async def subscribed_people(port: int) -> list[Person]:
    """People with one subscribed phone each."""
    now = now_clock.now()
    people = [
        Person(id=uuid7(), phone=f"130{number:08}", name="甲", password_hash="-", birth_year=1980, created_at=now)
        for number in range(PEOPLE)
    ]  # fmt: skip
    sessions = [
        Session(
            id=uuid7(), user_id=person.id, token_hash=f"{number:064}", device_name="phone", created_at=now,
            last_seen_at=now, expires_at=now + dt.timedelta(days=1),
        )
        for number, person in enumerate(people)
    ]  # fmt: skip
    keys = SubscriptionKeys().as_json("")["keys"]
    subscriptions = [
        PushSubscription(
            id=uuid7(), user_id=session.user_id, session_id=session.id, endpoint=f"http://localhost:{port}/{number}",
            device_name="phone", created_at=now, **keys,
        )
        for number, session in enumerate(sessions)
    ]  # fmt: skip
    await Person.bulk_create(people, batch_size=250)
    await Session.bulk_create(sessions, batch_size=250)
    await PushSubscription.bulk_create(subscriptions, batch_size=250)
    return people


async def test_a_sender_killed_in_a_fan_out_leaves_everyone_one_copy(
    database: Settings, mailboxes: Mailboxes, clock: ModuleType, tmp_path: Path
) -> None:
    """A thousand people, the sender dead after three hundred: the next one reaches everyone, nobody has two."""
    people = await subscribed_people(mailboxes.port)
    about = ("alert", uuid7())
    await service.send(
        [person.id for person in people], "alert.live", about, "协查", "Alert", push=True, urgent=True
    )
    log = tmp_path / "sender.log"
    environment = project_environment(
        {
            "LEXUN_DATA_DIR": str(database.data_dir),
            "LEXUN_DATABASE_URL": database.database_url,
            "LEXUN_SECRET_KEY": database.secret_key,
        }
    )
    command = [sys.executable, "-m", "tests.concurrency.notify.pushing_process"]
    mailboxes.to_kill = process = start(command, log=log, environment=environment, cwd=ROOT)
    try:
        async with asyncio.timeout(LIMIT_S):
            while process.poll() is None:  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.02)
    finally:
        process.kill()
        process.wait()
    before = mailboxes.kept.total()
    assert KILLED_AFTER <= before < PEOPLE, tail(log)

    mailboxes.to_kill = None
    clock.advance(dt.timedelta(seconds=jobs.LEASE_S + 1))
    await work_off()
    assert {name for name, _ in mailboxes.kept} == {f"/{number}" for number in range(PEOPLE)}
    assert len(mailboxes.kept) == PEOPLE, "one topic for each phone: what came twice replaces itself"
    assert mailboxes.kept.total() - PEOPLE <= before, "only what the dead one had not noted was sent again"
    noted = await row("SELECT COUNT(*) AS receipts FROM push_receipt WHERE status = 201")
    assert noted is not None and noted["receipts"] == PEOPLE
    assert await service.subscribed_people([person.id for person in people]) == {each.id for each in people}


async def work_off() -> None:
    """Another worker, until nothing waits to be pushed."""
    assert push_jobs, "imported for its handlers"
    stop = asyncio.Event()
    worker = asyncio.create_task(jobs.run_worker(stop))
    waiting = "SELECT id FROM job WHERE name = ? AND state IN ('todo', 'doing') LIMIT 1"
    async with asyncio.timeout(LIMIT_S):
        while await row(waiting, push.JOB) is not None:  # noqa: ASYNC110 - the condition is in the database
            await asyncio.sleep(0.05)
    stop.set()
    await worker


async def test_a_dead_service_holds_up_nobody_else(mailboxes: Mailboxes, database: Settings) -> None:
    """While one service takes every connection and says nothing, the messages for another all arrive."""
    held: list[asyncio.StreamWriter] = []

    async def hold(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held.append(writer)

    silent = await asyncio.start_server(hold, "localhost", 0)
    dead_port = silent.sockets[0].getsockname()[1]
    keys = SubscriptionKeys().as_json("")["keys"]

    def parcel(port: int, number: int) -> sender.Parcel:
        subscription = PushSubscription(endpoint=f"http://localhost:{port}/{number}", **keys)
        return sender.Parcel(subscription, b"{}", 60, True, "topic")

    parcels = [parcel(dead_port if number % 2 else mailboxes.port, number) for number in range(120)]
    answered: dict[int, sender.Answer] = {}
    all_others = asyncio.Event()

    async def note(came: sender.Answered) -> None:
        answered.update(came)
        if sum(answer.result == "accepted" for answer in answered.values()) == 60:
            all_others.set()

    sending = asyncio.create_task(sender.deliver(parcels, await push.signatures(), note))
    async with asyncio.timeout(connections.TIMEOUT_S - 1):
        await all_others.wait()
    assert not any(number % 2 for number in answered)
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    silent.close()
    for writer in held:
        writer.close()
