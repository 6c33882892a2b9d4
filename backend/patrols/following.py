"""Running patrols as the desk sees them: metres so far and stops done, brought up to date several times a minute.

The state of each walk is kept in this process and fed with what came since; a process that begins reads the walk from
its start. The figures are rough, for the eye; those of the record are measured anew when the walk ends.
"""

import datetime as dt
import itertools
import uuid

from backend.core import clock
from backend.core.db import as_time, atomic, execute_many, tuples
from backend.core.ids import as_uuid
from backend.patrols.models import Patrol
from backend.tasks import service as tasks
from routing.track import Point, StopPlace
from routing.track_running import RunningWalk

SEEN_WITHIN = dt.timedelta(minutes=3)
AT_ONCE = 100
LONG_AGO = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)

_walks: dict[uuid.UUID, RunningWalk] = {}


async def follow() -> int:
    """Bring every running patrol that was heard of lately up to date; returns how many changed."""
    # As rows: thousands of models would keep everybody waiting while they are made.
    heard = await tuples(
        "SELECT patrol_id, user_id FROM live_position WHERE at > ? ORDER BY at", clock.now() - SEEN_WITHIN
    )
    leading = {as_uuid(patrol): as_uuid(user) for patrol, user in heard}
    for patrol_id in list(_walks):
        if patrol_id not in leading:
            del _walks[patrol_id]
    changed = 0
    for block in itertools.batched(sorted(leading), AT_ONCE, strict=False):
        changed += await _follow(list(block), leading)
    return changed


async def _follow(patrol_ids: list[uuid.UUID], leading: dict[uuid.UUID, uuid.UUID]) -> int:
    await _begin([patrol_id for patrol_id in patrol_ids if patrol_id not in _walks])
    before = {patrol_id: _walks[patrol_id].last for patrol_id in patrol_ids if patrol_id in _walks}
    for patrol_id in (each for each, last in before.items() if last is None):
        await _go_on([patrol_id], leading)  # one by one: each may be an hour long
    await _go_on([each for each, last in before.items() if last is not None], leading)
    moved = [patrol_id for patrol_id, last in before.items() if _walks[patrol_id].last != last]
    await _keep(moved)
    return len(moved)


async def _begin(patrol_ids: list[uuid.UUID]) -> None:
    found = await Patrol.filter(id__in=patrol_ids, state="active") if patrol_ids else []
    by_task = await tasks.by_ids({patrol.task_id for patrol in found if patrol.task_id}, None)
    for patrol in found:
        task = by_task.get(patrol.task_id) if patrol.task_id else None
        stops = [StopPlace(stop.lon, stop.lat, stop.dwell_s) for stop in task.stops] if task else []
        _walks[patrol.id] = RunningWalk(stops)


async def _go_on(patrol_ids: list[uuid.UUID], leading: dict[uuid.UUID, uuid.UUID]) -> None:
    """Feed each walk what came after what it has seen, from its start if it has seen nothing."""
    lasts = {
        patrol_id: last.at if (last := _walks[patrol_id].last) is not None else LONG_AGO
        for patrol_id in patrol_ids
    }
    if not lasts:
        return
    found = await tuples(
        "SELECT patrol_id, user_id, at, lon, lat, accuracy_m FROM fix"
        f" WHERE patrol_id IN ({', '.join('?' * len(lasts))}) AND at > ? ORDER BY at",
        *lasts, min(lasts.values()),
    )  # fmt: skip
    # Thousands of rows each time, of which most were seen before: no more is made of those.
    for patrol, user, at, lon, lat, accuracy_m in found:
        patrol_id, moment = as_uuid(patrol), as_time(at)
        if moment > lasts[patrol_id] and as_uuid(user) == leading[patrol_id]:
            _walks[patrol_id].add(Point(moment, lon, lat, accuracy_m))


@atomic
async def _keep(patrol_ids: list[uuid.UUID]) -> None:
    walks = {patrol_id: _walks[patrol_id] for patrol_id in patrol_ids}
    await execute_many(
        "UPDATE patrol SET length_m = ?, minutes = ?, stops_dwelt = ?, stops_done = ? WHERE id = ? AND state = 'active'",
        [
            (round(walk.length_m), round(walk.seconds / 60), len(done), done, patrol_id)
            for patrol_id, walk in walks.items()
            for done in (walk.stops_done(),)
        ],
    )
