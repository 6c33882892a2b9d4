"""Storing positions: batches of many phones become one transaction, and each is acknowledged after its commit.

A phone's batch waits for the write that is under way, then goes with all others that came meanwhile. So the more
phones send, the larger the writes, and the database sees a few of them a second.
"""

import asyncio
import collections
import datetime as dt
import functools
import json
import uuid
from collections.abc import Sequence
from typing import Any

import msgspec

from backend.core import bus, clock, metrics
from backend.core.db import atomic, connection, dialect, on_commit, rows, sql
from backend.core.ids import as_uuid
from backend.patrols.schemas import FixIn, RefusedFix

ROWS_MAX = 5_000
LATE = dt.timedelta(seconds=60)
EARLY = dt.timedelta(seconds=1)
AHEAD = dt.timedelta(minutes=5)
ACCURACY_M_MAX = 5_000.0
"""A vaguer position says nothing about anybody's street; 0, 0 is what a receiver gives that knows nothing."""


class Walking(msgspec.Struct, frozen=True):
    """A member of a patrol, with the time in which their positions belong to it."""

    patrol_id: uuid.UUID
    user_id: uuid.UUID
    area_path: str
    started_at: dt.datetime
    finished_at: dt.datetime | None
    source: str = "app"
    """Which program sends the positions."""

    def refusal(self, fix: FixIn, now: dt.datetime) -> str | None:
        """Why a position does not belong to this walk, or None."""
        if fix.at < self.started_at - EARLY:
            return "before-start"
        if self.finished_at is not None and fix.at > self.finished_at + LATE:
            return "after-finish"
        if fix.at > now + AHEAD:
            return "future"
        if fix.accuracy_m > ACCURACY_M_MAX or (fix.lon == 0.0 and fix.lat == 0.0):
            return "absurd"
        return None


class Stored(msgspec.Struct, frozen=True):
    """What became of a batch."""

    stored: int
    duplicates: int
    refused: list[RefusedFix]


class Waiting(msgspec.Struct):
    """A batch that waits for its write, and where its caller waits for the number of positions stored."""

    walking: Walking
    fixes: list[FixIn]
    answer: asyncio.Future[int]


class FixWriter:
    """Collects batches and writes them one transaction at a time."""

    def __init__(self) -> None:
        self._waiting: collections.deque[Waiting] = collections.deque()
        self._writing: asyncio.Task[None] | None = None

    async def store(self, walking: Walking, fixes: Sequence[FixIn]) -> Stored:
        """Keep the positions that belong to the walk; returns once they are on disk.

        Raises `IntegrityError` when the walk ended while the batch waited: the caller looks at it again.
        """
        now = clock.now()
        refused = [RefusedFix(fix.id, reason) for fix in fixes if (reason := walking.refusal(fix, now))]
        for each in refused:
            metrics.positions.labels(each.code).inc()
        out = {each.id for each in refused}
        kept = list({fix.id: fix for fix in fixes if fix.id not in out}.values())
        if not kept:
            return Stored(0, 0, refused)
        waiting = Waiting(walking, kept, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_all())
        stored = await waiting.answer
        metrics.positions.labels("stored").inc(stored)
        metrics.positions.labels("duplicate").inc(len(fixes) - len(refused) - stored)
        return Stored(stored, len(fixes) - len(refused) - stored, refused)

    async def close(self) -> None:
        """Return once everything that was waiting is written."""
        if self._writing is not None and not self._writing.done():
            await asyncio.wait([self._writing])

    async def _write_all(self) -> None:
        """Write what waits, and what comes meanwhile, until nothing waits."""
        while self._waiting:
            batch = [self._waiting.popleft()]
            count = len(batch[0].fixes)
            while self._waiting and count + len(self._waiting[0].fixes) <= ROWS_MAX:
                batch.append(self._waiting.popleft())
                count += len(batch[-1].fixes)
            await _write_and_answer(batch)


async def _write_and_answer(batch: list[Waiting]) -> None:
    try:
        new_ids = await write([(each.walking, each.fixes) for each in batch])
    except Exception as error:
        if len(batch) > 1:  # one bad batch must not take the others with it
            for single in batch:
                await _write_and_answer([single])
        elif not batch[0].answer.done():
            batch[0].answer.set_exception(error)
        return
    for each in batch:
        own = {fix.id for fix in each.fixes} & new_ids
        new_ids -= own  # of two batches with the same position, one stored it
        if not each.answer.done():
            each.answer.set_result(len(own))


@atomic
async def write(batch: list[tuple[Walking, list[FixIn]]]) -> set[uuid.UUID]:
    """Insert the positions that are new and move each walker's last position on; returns the new ids."""
    now = clock.now()
    found = await _insert([_row(walking, fix, now) for walking, fixes in batch for fix in fixes])
    newest: dict[tuple[uuid.UUID, uuid.UUID], tuple[Walking, FixIn]] = {}
    for walking, fixes in batch:
        last = max(fixes, key=lambda fix: fix.at)
        known = newest.get((walking.user_id, walking.patrol_id))
        if known is None or last.at > known[1].at:
            newest[walking.user_id, walking.patrol_id] = (walking, last)
    still = await _still_walking([user_id for user_id, _ in newest])
    moved = [
        newest[key] for key in sorted(newest.keys() & still)
    ]  # in one order: two processes never wait for each other
    if moved:
        await _move_on(moved)
    for walking, fix in moved:
        on_commit(functools.partial(_announce, walking, fix))
    return found


async def _still_walking(user_ids: list[uuid.UUID]) -> set[tuple[uuid.UUID, uuid.UUID]]:
    """Who of them walks which patrol, and keeps walking until this transaction ends.

    So a walk that ends meanwhile takes the last position along, and none is left of somebody who went home.
    """
    # SQLite's transactions begin with the write lock and need no more.
    found = await rows(
        "SELECT user_id, patrol_id FROM patrol_member WHERE state = 'walking' AND user_id IN "
        f"({', '.join('?' * len(user_ids))}) ORDER BY user_id {sql(sqlite='', postgres='FOR SHARE')}",
        *user_ids,
    )
    return {(as_uuid(each["user_id"]), as_uuid(each["patrol_id"])) for each in found}


async def _move_on(moved: list[tuple[Walking, FixIn]]) -> None:
    """Set where these walkers were last, in one statement, unless something later is known already."""
    last = [
        (
            walking.user_id,
            walking.patrol_id,
            walking.area_path,
            fix.lon,
            fix.lat,
            fix.accuracy_m,
            fix.at.astimezone(dt.UTC),
        )
        for walking, fix in moved
    ]
    if dialect() == "sqlite":
        await connection().execute_many(_MOVE_SQLITE, [[_text(value) for value in each] for each in last])
    else:
        columns = [list(column) for column in zip(*last, strict=True)]
        await connection().execute_query_dict(_MOVE_POSTGRES, columns)


def _announce(walking: Walking, fix: FixIn) -> None:
    district = walking.area_path.split("/", 1)[0]
    bus.publish(
        f"positions:{district}",
        {
            "patrol_id": str(walking.patrol_id),
            "lon": fix.lon,
            "lat": fix.lat,
            "at": fix.at.isoformat(),
            "accuracy_m": fix.accuracy_m,
        },
    )


def _row(walking: Walking, fix: FixIn, now: dt.datetime) -> tuple[Any, ...]:
    return (
        fix.id,
        walking.patrol_id,
        walking.user_id,
        fix.at.astimezone(dt.UTC),
        fix.lon,
        fix.lat,
        fix.accuracy_m,
        fix.speed_m_s,
        fix.heading_deg,
        now,
        fix.mocked,
        walking.source,
    )


COLUMNS = (
    "id, patrol_id, user_id, at, lon, lat, accuracy_m, speed_m_s, heading_deg, received_at, mocked, source"
)
_INSERT_SQLITE = f"INSERT INTO fix ({COLUMNS}) VALUES ({', '.join('?' * len(COLUMNS.split(',')))}) ON CONFLICT (id) DO NOTHING"
_INSERT_POSTGRES = (
    f"INSERT INTO fix ({COLUMNS}) SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::timestamptz[], $5::float8[], "
    "$6::float8[], $7::float8[], $8::float8[], $9::float8[], $10::timestamptz[], $11::bool[], $12::varchar[]) ON CONFLICT (id) DO NOTHING RETURNING id"
)
_MOVED = "user_id, patrol_id, area_path, lon, lat, accuracy_m, at"
_UNLESS_LATER = (
    " ON CONFLICT (user_id) DO UPDATE SET patrol_id = excluded.patrol_id, area_path = excluded.area_path, "
    "lon = excluded.lon, lat = excluded.lat, accuracy_m = excluded.accuracy_m, at = excluded.at "
    "WHERE excluded.at > live_position.at OR excluded.patrol_id <> live_position.patrol_id"
)
_MOVE_SQLITE = f"INSERT INTO live_position ({_MOVED}) VALUES (?, ?, ?, ?, ?, ?, ?)" + _UNLESS_LATER
_MOVE_POSTGRES = (
    f"INSERT INTO live_position ({_MOVED}) SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::varchar[], "
    "$4::float8[], $5::float8[], $6::float8[], $7::timestamptz[])" + _UNLESS_LATER
)


async def _insert(new: list[tuple[Any, ...]]) -> set[uuid.UUID]:
    """Any number of rows at once; an id that is there already is left alone. Returns the ids that are new."""
    if dialect() == "sqlite":
        # Nobody else writes until this transaction ends, so what is there now is what is there then.
        ids = {each[0] for each in new}
        known = await rows(
            "SELECT id FROM fix WHERE id IN (SELECT value FROM json_each(?))",
            json.dumps([str(each) for each in ids]),
        )
        await connection().execute_many(_INSERT_SQLITE, [[_text(value) for value in each] for each in new])
        return ids - {as_uuid(each["id"]) for each in known}
    columns = [list(column) for column in zip(*new, strict=True)]
    found = await connection().execute_query_dict(_INSERT_POSTGRES, columns)
    return {as_uuid(each["id"]) for each in found}


def _text(value: Any) -> Any:
    if isinstance(value, uuid.UUID):
        return str(value)
    return value.isoformat(" ") if isinstance(value, dt.datetime) else value
