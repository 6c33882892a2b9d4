"""Making a district's map: its incidents handed to another process, its progress told, and what came out kept whole."""

import datetime as dt
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import structlog

from backend.areas import service as areas
from backend.core import clock
from backend.core.db import atomic, execute, rows
from backend.core.ids import uuid7
from backend.core.jobs import GiveUp, enqueue
from backend.core.pools import in_process
from backend.core.progress import followed, write_share
from backend.hotspots.last_week import last_week
from backend.hotspots.models import Outlook, OutlookMap
from backend.hotspots.schemas import OutlookFailure
from backend.hotspots.wire import cells_of, summary_of
from backend.incidents import service as incidents
from backend.notify import service as notify
from backend.settings import current
from routing.geo import Bounds
from routing.kinds import KindRule
from routing.outlook import make_outlook
from routing.outlook_file import pack
from routing.streets import load_streets
from routing.words import RoutingError

log = structlog.get_logger(__name__)

MAKE_JOB = "hotspots.make"
PAST = dt.timedelta(days=4 * 365)
KEPT = 6
"""How many of a district's maps are kept; the older ones are deleted."""
STUCK_AFTER = dt.timedelta(hours=1)
NIGHT = dt.time(0, 30)
"""When a new day's map is made, by the district's clock."""
SHARE_OUTLOOK = 0.55
"""The share of the whole that is done when the coming week is there; the rest is last week's map."""


class Made(msgspec.Struct, frozen=True):
    """What the other process hands back, in few pieces: JSON and packed columns."""

    summary: bytes
    packed: bytes
    cells: bytes


async def make(outlook_id: uuid.UUID) -> None:
    """Make the map and keep what came out, or why nothing did.

    Done again, for one that is no longer being made, it changes nothing. An error that nobody foresaw fails it too,
    and raises `GiveUp` so that operators see it.
    """
    outlook = await Outlook.filter(id=outlook_id, state="making").first()
    if outlook is None:
        return
    try:
        await _make(outlook)
    except RoutingError as error:
        words = {"zh": error.words.zh, "en": error.words.en}
        await fail(
            outlook, error.code.replace("_", "-"), {"field": error.field, "value": error.value, **words}
        )
    except Exception as error:
        log.exception("outlook_failed", outlook=str(outlook_id))
        await fail(outlook, "internal", {})
        raise GiveUp(f"outlook {outlook_id}: {type(error).__name__}") from error


async def _make(outlook: Outlook) -> None:
    district = await areas.get(outlook.area_id)
    now = clock.now()
    past = await incidents.history(district, now - PAST, now)
    rules = await incidents.rules(district)
    bounds = Bounds(district.west, district.south, district.east, district.north)

    async def tell(share: float) -> None:
        await _note_progress(outlook, share)

    async with followed(tell) as progress_file:
        made = await in_process(
            make_map,
            outlook.id, past, rules, now, district.time_zone, bounds, await _streets(district), progress_file,
        )  # fmt: skip
    await _keep(outlook, made)


async def _streets(district: areas.Area) -> Path | None:
    try:
        return await areas.streets_path(district, current().data_dir)
    except areas.StreetsMissing:
        return None  # places are then told without a street's name


def make_map(
    outlook_id: uuid.UUID,
    past: incidents.History,
    rules: Mapping[str, KindRule],
    now: dt.datetime,
    time_zone: str,
    bounds: Bounds,
    streets: Path | None,
    progress_file: Path,
) -> Made:
    """The whole work, in a process of its own. Raises what `make_outlook` raises."""
    zone, known = ZoneInfo(time_zone), past.incidents()
    outlook = make_outlook(
        known,
        now,
        zone,
        bounds=bounds,
        streets=load_streets(streets) if streets else None,
        rules=rules,
        progress=lambda share: write_share(progress_file, share * SHARE_OUTLOOK),
    )
    summary = msgspec.json.encode(summary_of(outlook, last_week(known, now, zone, bounds, rules)))
    write_share(progress_file, 1.0)
    return Made(summary, pack(outlook), msgspec.json.encode(cells_of(outlook, outlook_id)))


@atomic
async def _note_progress(outlook: Outlook, share: float) -> None:
    noted = await execute(
        "UPDATE outlook SET progress = ? WHERE id = ? AND state = 'making' AND progress < ?",
        share, outlook.id, share,
    )  # fmt: skip
    if noted and outlook.asked_by:
        await notify.send(
            [outlook.asked_by], "hotspots.progress", ("outlook", outlook.id),
            f"热点图计算中 {share:.0%}", f"Hotspot map: {share:.0%} done",
        )  # fmt: skip


@atomic
async def _keep(outlook: Outlook, made: Made) -> None:
    """Making -> ready with its map, and the oldest ones gone, all or nothing."""
    kept = await execute(
        "UPDATE outlook SET state = 'ready', progress = 1, summary = ?, finished_at = ? WHERE id = ? AND state = 'making'",
        msgspec.json.decode(made.summary), clock.now(), outlook.id,
    )  # fmt: skip
    if not kept:
        return  # failed meanwhile, or made by another worker
    await OutlookMap.create(outlook_id=outlook.id, packed=made.packed, cells=made.cells)
    await _prune(outlook.area_id)
    if outlook.asked_by:
        await notify.send(
            [outlook.asked_by], "hotspots.ready", ("outlook", outlook.id), "热点图已更新", "The hotspot map is new",
        )  # fmt: skip


async def _prune(area_id: uuid.UUID) -> None:
    """Keep the district's `KEPT` latest maps and what failed since the oldest of them."""
    await execute(
        "DELETE FROM outlook WHERE area_id = ? AND state <> 'making' AND id NOT IN"
        " (SELECT id FROM outlook WHERE area_id = ? AND state <> 'making' ORDER BY (state = 'ready') DESC, created_at DESC LIMIT ?)",
        area_id, area_id, KEPT,
    )  # fmt: skip


@atomic
async def fail(outlook: Outlook, code: str, params: dict[str, Any]) -> None:
    """Making -> failed, with what was in the way; who asked is told."""
    failed = await execute(
        "UPDATE outlook SET state = 'failed', failure = ?, finished_at = ? WHERE id = ? AND state = 'making'",
        msgspec.to_builtins(OutlookFailure(code, params)), clock.now(), outlook.id,
    )  # fmt: skip
    if failed and outlook.asked_by:
        await notify.send(
            [outlook.asked_by], "hotspots.failed", ("outlook", outlook.id),
            "热点图没有做成", "The hotspot map was not made", str(params.get("zh", "")), str(params.get("en", "")),
        )  # fmt: skip


async def refresh() -> list[uuid.UUID]:
    """Begin a map for every district that has newer incidents than its last map, or none of today; returns their ids.

    A map that was asked for and that no job will finish any more is failed first.
    """
    await _fail_stuck()
    begun = [await _refresh(district) for district in await areas.districts()]
    return [each for each in begun if each is not None]


async def _refresh(district: areas.Area) -> uuid.UUID | None:
    changed_at = await known_until(district)
    if changed_at is None:
        return None
    last = await Outlook.filter(area_id=district.id).order_by("-created_at").first()
    if last is None or last.knows_until < changed_at:
        cause = "import"
    elif last.created_at < _last_night(district):
        cause = "night"
    else:
        return None
    return await begin(district, changed_at, cause)


def _last_night(district: areas.Area) -> dt.datetime:
    """The last time that a new day's map was due."""
    local = clock.now().astimezone(ZoneInfo(district.time_zone))
    due = local.replace(hour=NIGHT.hour, minute=NIGHT.minute, second=0, microsecond=0)
    return due if due <= local else due - dt.timedelta(days=1)


async def known_until(district: areas.Area) -> dt.datetime | None:
    """When what a map of the district would be made from last changed; None when there are no incidents."""
    imported_at = await incidents.imported_at(district)
    changed_at = await incidents.rules_changed_at(district)
    return max(imported_at, changed_at or imported_at) if imported_at else None


@atomic
async def begin(
    district: areas.Area,
    changed_at: dt.datetime,
    cause: str,
    *,
    outlook_id: uuid.UUID | None = None,
    asked_by: uuid.UUID | None = None,
) -> uuid.UUID | None:
    """Note that a map is being made of what is known since `changed_at`, and have a job make it; None when one is
    being made already."""
    begun = await rows(
        "INSERT INTO outlook (id, area_id, cause, asked_by, knows_until, created_at, demo) VALUES (?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT DO NOTHING RETURNING id",
        outlook_id or uuid7(), district.id, cause, asked_by, changed_at, clock.now(), district.demo,
    )  # fmt: skip
    if not begun:
        return None
    made = uuid.UUID(str(begun[0]["id"]))
    await enqueue(MAKE_JOB, {"outlook_id": made}, key=f"{MAKE_JOB}:{made}")
    return made


async def _fail_stuck() -> None:
    """Fail what no job will finish any more, so that nobody waits for ever."""
    for outlook in await Outlook.filter(state="making", created_at__lt=clock.now() - STUCK_AFTER):
        await fail(outlook, "timed-out", {"minutes": int(STUCK_AFTER.total_seconds() // 60)})
