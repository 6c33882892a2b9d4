"""What a patrol amounts to, measured from the positions that are stored."""

import uuid

from backend.core.db import atomic, row, sql
from backend.patrols import track
from backend.patrols.models import Fix, Patrol
from backend.tasks import service as tasks


async def locked_patrol(patrol_id: uuid.UUID) -> Patrol | None:
    """The patrol, which no other transaction changes until this one ends; first step of every move of a patrol."""
    # SQLite's transactions begin with the write lock and need no more. Positions may be added under this lock.
    lock = sql(sqlite="", postgres="FOR NO KEY UPDATE")
    found = await row(f"SELECT id FROM patrol WHERE id = ? {lock}", patrol_id)
    return await Patrol.get(id=patrol_id) if found else None


async def measure(patrol: Patrol) -> None:
    """Set the patrol's length, minutes and stops to what its positions say; the caller saves it."""
    walk = await _measured(patrol)
    patrol.length_m, patrol.minutes = round(walk.length_m), round(walk.seconds / 60)
    patrol.stops_dwelt = walk.stops_dwelt


MEASURED = ("length_m", "minutes", "stops_dwelt")
"""The columns that `measure` sets."""


@atomic
async def measure_again(patrol_id: uuid.UUID) -> None:
    """Take late positions into account, as long as nobody has judged the patrol."""
    patrol = await locked_patrol(patrol_id)
    if patrol is not None and patrol.state == "awaiting_review":
        await measure(patrol)
        await patrol.save(update_fields=MEASURED)


async def _measured(patrol: Patrol) -> track.Walk:
    """What the member with the longest track walked, and the stops of the task."""
    stops: list[track.StopPlace] = []
    if patrol.task_id is not None:
        task = await tasks.task(patrol.task_id)
        stops = [track.StopPlace(stop.lon, stop.lat, stop.dwell_s) for stop in task.stops]
    walks = [track.measure(points, stops) for points in (await points_by_user(patrol.id)).values()]
    return max(walks, key=lambda walk: (walk.seconds, walk.length_m), default=track.Walk(0.0, 0.0, 0, ()))


async def points_by_user(
    patrol_id: uuid.UUID, user_id: uuid.UUID | None = None
) -> dict[uuid.UUID, list[track.Point]]:
    """The positions of each member of a patrol, or of one, in order of time."""
    wanted = (
        Fix.filter(patrol_id=patrol_id)
        if user_id is None
        else Fix.filter(patrol_id=patrol_id, user_id=user_id)
    )
    found: dict[uuid.UUID, list[track.Point]] = {}
    for fix in await wanted.order_by("at"):
        found.setdefault(fix.user_id, []).append(track.Point(fix.at, fix.lon, fix.lat, fix.accuracy_m))
    return found
