"""Bringing in a street file from a screen: received in parts that may be sent again, built in the background, then used."""

import asyncio
import contextlib
import datetime as dt
import shutil
import tempfile
import time
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import structlog

from backend.areas import installing, service
from backend.areas.installing import Target
from backend.areas.models import Area, MapImport
from backend.areas.schemas import MapFailure, MapImportNew, MapImportOut
from backend.core import audit, clock
from backend.core.db import atomic, execute
from backend.core.jobs import GiveUp, enqueue
from backend.core.pools import in_process, in_thread
from backend.core.problems import FieldError, InvalidFields, NotFound, Problem
from backend.core.roles import Role
from backend.core.sessions import Actor
from backend.settings import current
from routing.words import RequestError, RoutingError

if TYPE_CHECKING:  # building a map needs libraries that serving does not
    from routing.district_map import DistrictMap

log = structlog.get_logger(__name__)

IMPORT_JOB = "areas.import_map"
PART_BYTES_MAX = 8 * 1024 * 1024
UPLOAD = ".upload-"
UNFINISHED = (UPLOAD, ".building-")
LISTED_MAX = 20
POLL_S = 0.5
STEP_TOLD = 0.02
LEFT_AFTER = dt.timedelta(days=1)
UNUSED_KEPT_S = 86_400.0
BASEMAPS_KEPT_S = 30 * 86_400.0
"""Phones that were offline may still ask for a base map they were told of."""


class PartOutOfOrder(Problem):
    """A part does not follow what has arrived; the answer says where to go on."""

    status, code, title = 409, "part-out-of-order", "This part does not follow what has arrived"


class ImportOver(Problem):
    """The import takes no more parts."""

    status, code, title = 409, "import-over", "This import has all of its file, or has ended"


def maps_folder() -> Path:
    """Where maps lie."""
    return current().data_dir / "maps"


def _upload(import_id: uuid.UUID) -> Path:
    return maps_folder() / f"{UPLOAD}{import_id}.osm.pbf"


async def begin(actor: Actor, new: MapImportNew) -> MapImportOut:
    """Announce a file; done again with the same id it changes nothing. Administrators of the area only."""
    actor.require(Role.ADMIN, new.path)
    if (known := await MapImport.filter(id=new.id, created_by=actor.user_id).first()) is not None:
        return _out(known)
    boundary = _checked_boundary(new)
    await installing.check(Target(new.path, new.name_zh, new.name_en, new.time_zone))
    return _out(await _announce(actor, new, boundary))


@atomic
async def _announce(actor: Actor, new: MapImportNew, boundary: dict | None) -> MapImport:
    area = await service.by_path(new.path) or await service.by_path(new.path.rpartition("/")[0])
    await audit.record(
        actor, "map.import", "map_import", new.id, area.id if area else None, {"path": new.path, "file": new.file_name}
    )  # fmt: skip
    return await MapImport.create(
        id=new.id,
        path=new.path,
        name_zh=new.name_zh,
        name_en=new.name_en,
        time_zone=new.time_zone,
        relation=new.relation,
        boundary=boundary,
        file_name=new.file_name,
        bytes=new.bytes,
        created_by=actor.user_id,
        created_at=clock.now(),
    )


def _checked_boundary(new: MapImportNew) -> dict | None:
    from routing.boundary import checked_boundary

    if new.boundary is None:
        return None
    try:
        return checked_boundary(new.boundary)
    except RequestError as error:
        raise InvalidFields([FieldError("boundary", "invalid", error.words.en)]) from None


async def receive(actor: Actor, import_id: uuid.UUID, offset: int, part: bytes) -> MapImportOut:
    """Keep a part that begins at `offset`; with the last one building begins. A part sent twice changes nothing."""
    found = await _own(actor, import_id)
    if found.state != "uploading":
        if offset + len(part) <= found.received_bytes:
            return _out(found)
        raise ImportOver(state=found.state)
    if not part or len(part) > PART_BYTES_MAX or offset + len(part) > found.bytes:
        message = f"Send 1 to {PART_BYTES_MAX} bytes, and no more than the {found.bytes} announced"
        raise InvalidFields([FieldError("body", "wrong-size", message, len(part))])
    if offset + len(part) <= found.received_bytes:
        return _out(found)
    if offset != found.received_bytes:
        raise PartOutOfOrder(received_bytes=found.received_bytes)
    await in_thread(_write_part, _upload(import_id), offset, part)
    await _note_part(import_id, offset, len(part))
    return _out(await MapImport.get(id=import_id))


def _write_part(path: Path, offset: int, part: bytes) -> None:
    """Write at the offset and cut what lay behind: a part whose note was lost is written again."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("r+b" if path.exists() else "w+b") as file:
        file.seek(offset)
        file.write(part)
        file.truncate()


@atomic
async def _note_part(import_id: uuid.UUID, offset: int, size: int) -> None:
    noted = await execute(
        "UPDATE map_import SET received_bytes = ?, state = CASE WHEN bytes = ? THEN 'building' ELSE state END"
        " WHERE id = ? AND state = 'uploading' AND received_bytes = ?",
        offset + size, offset + size, import_id, offset,
    )  # fmt: skip
    if noted and (await MapImport.get(id=import_id)).state == "building":
        await enqueue(IMPORT_JOB, {"import_id": import_id})


async def get(actor: Actor, import_id: uuid.UUID) -> MapImportOut:
    """One import of the caller's areas."""
    return _out(await _own(actor, import_id))


async def listed(actor: Actor) -> list[MapImportOut]:
    """The latest imports of the areas that the caller administers."""
    found = await MapImport.all().order_by("-created_at").limit(10 * LISTED_MAX)
    return [_out(each) for each in found if actor.may(Role.ADMIN, each.path)][:LISTED_MAX]


async def _own(actor: Actor, import_id: uuid.UUID) -> MapImport:
    found = await MapImport.filter(id=import_id).first()
    if found is None or not actor.may(Role.ADMIN, found.path):
        raise NotFound(kind="map import", id=str(import_id))
    return found


def _out(found: MapImport) -> MapImportOut:
    return MapImportOut(
        id=found.id,
        path=found.path,
        file_name=found.file_name,
        bytes=found.bytes,
        received_bytes=found.received_bytes,
        state=found.state,  # pyright: ignore[reportArgumentType]
        stage=found.stage,
        progress=found.progress,
        failure=msgspec.convert(found.failure, MapFailure) if found.failure else None,
        area_id=found.area_id,
        created_at=found.created_at,
        finished_at=found.finished_at,
    )


async def carry_out(import_id: uuid.UUID) -> None:
    """Build and use the map of an import that has all of its file; done again after it ended, it changes nothing."""
    found = await MapImport.filter(id=import_id, state="building").first()
    if found is None:
        return
    from backend.areas.building import build

    try:
        async with _progress_told(found) as progress_file:
            built, outline = await in_process(
                build,
                _upload(import_id),
                maps_folder(),
                found.path.rpartition("/")[2],
                found.relation,
                progress_file,
            )
        target = Target(found.path, found.name_zh, found.name_en, found.time_zone, outline or found.boundary)
        await _finish(found, target, built)
    except RoutingError as error:
        # What was sent has a name of its own; where it lay in between helps nobody.
        zh, en = (
            text.replace(str(_upload(import_id)), found.file_name)
            for text in (error.words.zh, error.words.en)
        )
        await _fail(found, MapFailure(error.code.replace("_", "-"), zh, en))
    except InvalidFields as problem:
        await _fail(found, MapFailure(problem.code, str(problem), str(problem)))
    except Exception as error:
        log.exception("map_import_failed", import_id=str(import_id))
        zh, en = (
            "服务器内部错误；旧地图仍在使用，请联系运维。",
            "An error inside the server; the old map stays. Call operations.",
        )
        await _fail(found, MapFailure("internal", zh, en))
        raise GiveUp(f"map import {import_id}: {type(error).__name__}") from error
    await in_thread(_upload(import_id).unlink, missing_ok=True)


@contextlib.asynccontextmanager
async def _progress_told(found: MapImport) -> AsyncIterator[Path]:
    """A file for the child's progress, which is written to the import while the block runs."""
    with tempfile.TemporaryDirectory(prefix="lexun-map-") as folder:
        progress_file = Path(folder) / "progress"
        telling = asyncio.create_task(_tell(found.id, progress_file))
        try:
            yield progress_file
        finally:
            telling.cancel()
            await asyncio.gather(telling, return_exceptions=True)


async def _tell(import_id: uuid.UUID, progress_file: Path) -> None:
    from backend.areas.building import read_progress

    told = ("", 0.0)
    while True:
        await asyncio.sleep(POLL_S)
        stage, share = read_progress(progress_file)
        if stage == told[0] and share < told[1] + STEP_TOLD:
            continue
        told = (stage, share)
        with contextlib.suppress(Exception):
            await execute(
                "UPDATE map_import SET stage = ?, progress = ? WHERE id = ? AND state = 'building'",
                stage, share, import_id,
            )  # fmt: skip


@atomic
async def _finish(found: MapImport, target: Target, built: "DistrictMap") -> None:
    area = await installing.install(target, built)
    await execute(
        "UPDATE map_import SET state = 'done', progress = 1, area_id = ?, finished_at = ? WHERE id = ?",
        area.id, clock.now(), found.id,
    )  # fmt: skip


async def _fail(found: MapImport, failure: MapFailure) -> None:
    await execute(
        "UPDATE map_import SET state = 'failed', failure = ?, finished_at = ? WHERE id = ? AND state <> 'done'",
        msgspec.to_builtins(failure), clock.now(), found.id,
    )  # fmt: skip


async def tidy() -> None:
    """Give up uploads that stopped a day ago, and delete what no area uses any more."""
    late = clock.now() - LEFT_AFTER
    zh, en = "上传中断超过一天，请重新上传。", "The upload stopped more than a day ago; send the file again."
    for left in await MapImport.filter(state="uploading", created_at__lt=late):
        await _fail(left, MapFailure("upload-stopped", zh, en))
    used = await Area.filter(streets_key__not_isnull=True).values_list("streets_key", "basemap")
    folders = {key.partition("/")[0] for key, _ in used}
    basemaps = {basemap["sha256"] + ".pmtiles" for _, basemap in used if basemap}
    waiting = {_upload(each.id).name for each in await MapImport.filter(state__in=("uploading", "building"))}
    await in_thread(_delete_unused, maps_folder(), folders | basemaps | waiting)


def _delete_unused(maps: Path, used: set[str]) -> None:
    if not maps.is_dir():
        return
    for path in maps.iterdir():
        kept_s = BASEMAPS_KEPT_S if path.suffix == ".pmtiles" else UNUSED_KEPT_S
        if path.name in used or time.time() - path.stat().st_mtime < kept_s:
            continue
        if path.is_dir() and ((path / "streets.osm.pbf").exists() or path.name.startswith(UNFINISHED)):
            shutil.rmtree(path, ignore_errors=True)
        elif path.is_file() and (path.suffix == ".pmtiles" or path.name.startswith(UNFINISHED)):
            path.unlink(missing_ok=True)
