"""Storing positions: batches of many phones become one transaction, and each is acknowledged after its commit.

A phone's batch waits for the write that is under way, then goes with all others that came meanwhile. So the more
phones send, the larger the writes, and the database sees a few of them a second.
"""

import asyncio
import contextlib
import datetime as dt
import json
import uuid
from collections.abc import Sequence
from typing import Any

import msgspec

from backend.core import bus, clock
from backend.core.db import atomic, connection, dialect, on_commit, rows
from backend.patrols.schemas import FixIn, RefusedFix

ROWS_MAX = 5_000
LATE = dt.timedelta(seconds=60)
EARLY = dt.timedelta(seconds=1)
AHEAD = dt.timedelta(minutes=5)


class Walking(msgspec.Struct, frozen=True):
    """A member of a patrol, with the time in which their positions belong to it."""

    patrol_id: uuid.UUID
    user_id: uuid.UUID
    area_path: str
    started_at: dt.datetime
    finished_at: dt.datetime | None

    def refusal(self, fix: FixIn, now: dt.datetime) -> str | None:
        """Why a position does not belong to this walk, or None."""
        if fix.at < self.started_at - EARLY:
            return "before-start"
        if self.finished_at is not None and fix.at > self.finished_at + LATE:
            return "after-finish"
        if fix.at > now + AHEAD:
            return "future"
        return None


class Stored(msgspec.Struct, frozen=True):
    """What became of a batch."""

    stored: int
    duplicates: int
    refused: list[RefusedFix]


class FixWriter:
    """Collects batches and writes them one transaction at a time."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Walking, list[FixIn], asyncio.Future[int]]] = []
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def store(self, walking: Walking, fixes: Sequence[FixIn]) -> Stored:
        """Keep the positions that belong to the walk; returns once they are on disk."""
        now = clock.now()
        refused = [RefusedFix(fix.id, reason) for fix in fixes if (reason := walking.refusal(fix, now))]
        out = {each.id for each in refused}
        kept = list({fix.id: fix for fix in fixes if fix.id not in out}.values())
        if not kept:
            return Stored(0, 0, refused)
        future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._waiting.append((walking, kept, future))
        self._wake.set()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
        stored = await future
        return Stored(stored, len(fixes) - len(refused) - stored, refused)

    async def close(self) -> None:
        """Write what is waiting, then stop."""
        while self._waiting:
            await asyncio.sleep(0.01)
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None
        self._wake = asyncio.Event()

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                batch, count = [], 0
                while self._waiting and (not batch or count + len(self._waiting[0][1]) <= ROWS_MAX):
                    batch.append(self._waiting.pop(0))
                    count += len(batch[-1][1])
                await _write_and_answer(batch)


async def _write_and_answer(batch: list[tuple[Walking, list[FixIn], asyncio.Future[int]]]) -> None:
    try:
        new_ids = await _write([(walking, fixes) for walking, fixes, _ in batch])
    except Exception as error:
        if len(batch) > 1:  # one bad batch must not take the others with it
            for single in batch:
                await _write_and_answer([single])
            return
        if not batch[0][2].done():
            batch[0][2].set_exception(error)
        return
    for _, fixes, future in batch:
        if not future.done():
            future.set_result(sum(fix.id in new_ids for fix in fixes))


@atomic
async def _write(batch: list[tuple[Walking, list[FixIn]]]) -> set[uuid.UUID]:
    """Insert the positions that are new and move each walker's last position on; returns the new ids."""
    now = clock.now()
    found = await _insert([_row(walking, fix, now) for walking, fixes in batch for fix in fixes])
    for walking, fixes in batch:
        newest = max(fixes, key=lambda fix: fix.at)
        if walking.finished_at is None:
            await rows(
                "INSERT INTO live_position (user_id, patrol_id, area_path, lon, lat, accuracy_m, at) VALUES (?, ?, ?, ?, ?, ?, ?) "
                "ON CONFLICT (user_id) DO UPDATE SET patrol_id = excluded.patrol_id, area_path = excluded.area_path, "
                "lon = excluded.lon, lat = excluded.lat, accuracy_m = excluded.accuracy_m, at = excluded.at "
                "WHERE excluded.at > live_position.at OR excluded.patrol_id <> live_position.patrol_id",
                walking.user_id,
                walking.patrol_id,
                walking.area_path,
                newest.lon,
                newest.lat,
                newest.accuracy_m,
                newest.at,
            )
            on_commit(lambda walking=walking, newest=newest: _announce(walking, newest))
    return found


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
    )


COLUMNS = "id, patrol_id, user_id, at, lon, lat, accuracy_m, speed_m_s, heading_deg, received_at"
_INSERT_SQLITE = (
    f"INSERT INTO fix ({COLUMNS}) SELECT "
    + ", ".join(f"json_extract(value, '$[{index}]')" for index in range(len(COLUMNS.split(","))))
    + " FROM json_each(?) WHERE true ON CONFLICT (id) DO NOTHING RETURNING id"
)
_INSERT_POSTGRES = (
    f"INSERT INTO fix ({COLUMNS}) SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::timestamptz[], $5::float8[], "
    "$6::float8[], $7::float8[], $8::float8[], $9::float8[], $10::timestamptz[]) ON CONFLICT (id) DO NOTHING RETURNING id"
)


async def _insert(new: list[tuple[Any, ...]]) -> set[uuid.UUID]:
    """One statement for any number of rows; an id that is there already is left alone."""
    if dialect() == "sqlite":
        text = json.dumps([[_text(value) for value in each] for each in new])
        found = await connection().execute_query_dict(_INSERT_SQLITE, [text])
    else:
        columns = [list(column) for column in zip(*new, strict=True)]
        found = await connection().execute_query_dict(_INSERT_POSTGRES, columns)
    return {each["id"] if isinstance(each["id"], uuid.UUID) else uuid.UUID(each["id"]) for each in found}


def _text(value: Any) -> Any:
    if isinstance(value, uuid.UUID):
        return str(value)
    return value.isoformat(" ") if isinstance(value, dt.datetime) else value
