"""The work behind an import: looking at the file, trying it, and carrying its good rows over, block by block.

Each of the three may be begun again after its process was killed: a reading replaces what it left, and the carrying
goes on after the last block that was committed.
"""

import asyncio
import contextlib
import datetime as dt
import uuid
from collections.abc import AsyncIterator
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import structlog

from backend.areas import service as areas
from backend.core import audit, clock
from backend.core.db import atomic, execute
from backend.core.jobs import GiveUp
from backend.core.pools import at_once, in_process, in_thread
from backend.core.problems import Problem
from backend.incidents import harm, uploads
from backend.incidents.models import IncidentImport
from backend.incidents.reading import BLOCK_ROWS, GoodRow, Reading, check, look, read_blocks, read_share
from backend.incidents.schemas import CheckOut, FindingGroup, ImportFailure, Sample
from backend.incidents.storing import add_block, note_arrival, sort_block
from backend.notify import service as notify
from backend.settings import current
from routing.geo import haversine_m
from routing.incident import Incident
from routing.words import RoutingError

log = structlog.get_logger(__name__)

SMALL_BYTES = 1_000_000
"""A file so small is read without waiting for maps and plans that are being computed."""
LONG_ROWS = 5_000
"""From so many rows on the officer may have gone elsewhere: the end of a step is told by push."""
SAMPLES_MAX = 20
MOVED_MIN_M = 1.0
POLL_S = 0.4
STEP_TOLD = 0.02
STUCK_AFTER = dt.timedelta(hours=1)


async def look_at(import_id: uuid.UUID, run: int) -> None:
    """Looking -> ready, with the columns and some places; or failed, with the reason."""
    found = await IncidentImport.filter(id=import_id, state="looking", run=run).first()
    if found is None:
        return
    async with _told_when_failing(found):
        rows = uploads.rows_of(import_id)
        seen = await _run_for(rows)(look, rows, found.columns)
        await _end(found, "ready", preview=msgspec.to_builtins(seen))


async def try_out(import_id: uuid.UUID, run: int) -> None:
    """Checking -> checked, with the report; or failed, with the reason. Nothing is imported."""
    found = await IncidentImport.filter(id=import_id, state="checking", run=run).first()
    if found is None:
        return
    async with _told_when_failing(found):
        area = await areas.get(found.area_id)
        async with _progress_told(found):
            report = await _run_for(uploads.rows_of(import_id))(check, await _reading(found, area))
        await _compare(report, found, area)
        await _end_check(found, report)


def _run_for(rows: Path) -> Any:
    """The pool that a file of this size is read in."""
    return at_once if rows.stat().st_size <= SMALL_BYTES else in_process


@atomic
async def _end_check(found: IncidentImport, report: CheckOut) -> None:
    ended = await _end(found, "checked", report=msgspec.to_builtins(report))
    if ended and report.row_count >= LONG_ROWS:
        await _tell(
            found, "incidents.checked", "试导入好了，等你确认", "The dry run is done and waits for you",
            f"{report.accepted} 行可以导入，{report.refused} 行不能。",
            f"{report.accepted} rows can be imported, {report.refused} cannot.", push=True,
        )  # fmt: skip


async def _tell(
    found: IncidentImport, kind: str, zh: str, en: str, body_zh: str = "", body_en: str = "", *, push: bool
) -> None:
    """Tell the officer who gave the file."""
    await notify.send(
        [found.created_by], kind, ("incident_import", found.id), f"{zh}：{found.file_name}",
        f"{en}: {found.file_name}", body_zh, body_en, push=push,
    )  # fmt: skip


async def _reading(found: IncidentImport, area: areas.Area) -> Reading:
    try:
        streets = await areas.streets_path(area, current().data_dir)
    except areas.StreetsMissing:
        streets = None  # the datum is then told by eye only
    return Reading(
        rows=uploads.rows_of(found.id),
        datum=found.datum or "wgs84",  # type: ignore[arg-type]
        columns=found.columns,
        time_zone=area.time_zone,
        outline=area.geometry,
        streets=streets,
        now=clock.now(),
        progress=uploads.progress_of(found.id, found.run),
        good=uploads.good_of(found.id, found.run),
        refused_csv=uploads.refused_of(found.id, found.run, "csv"),
        refused_xlsx=uploads.refused_of(found.id, found.run, "xlsx"),
    )


async def _compare(report: CheckOut, found: IncidentImport, area: areas.Area) -> None:
    """Note which rows the district has already, which it has otherwise, and which kinds it has never heard of."""
    district = await areas.district_of(area)
    corrected = FindingGroup("corrected", error=False, rows=0, samples=[])
    renamed = FindingGroup("number_reused", error=False, rows=0, samples=[])
    blocks = read_blocks(uploads.good_of(found.id, found.run))
    while block := await in_thread(next, blocks, None):
        held = await sort_block(district.id, [(each.external_id, _incident(each)) for each in block])
        report.known += held.known
        corrected.rows += len(held.corrected)
        renamed.rows += held.renamed
        room = SAMPLES_MAX - len(corrected.samples)
        for name, given, stored in held.corrected[:room]:
            corrected.samples.append(Sample(0, name, _difference(stored, given, ZoneInfo(area.time_zone))))
    report.corrected = corrected.rows
    report.findings += [group for group in (corrected, renamed) if group.rows]
    known = await harm.known_kinds(district, [each.kind for each in report.kinds])
    for each in report.kinds:
        each.known = each.kind in known


def _difference(stored: Incident, given: Incident, zone: ZoneInfo) -> str:
    """What a correction changes, without words: kinds, times and metres."""
    told: list[str] = []
    if stored.kind != given.kind:
        told.append(f"{stored.kind} → {given.kind}")
    if stored.at != given.at:
        told.append(
            f"{stored.at.astimezone(zone):%Y-%m-%d %H:%M} → {given.at.astimezone(zone):%Y-%m-%d %H:%M}"
        )
    moved_m = float(haversine_m(stored.lon, stored.lat, given.lon, given.lat))
    if moved_m >= MOVED_MIN_M:
        told.append(f"↔ {moved_m:.0f} m")
    if stored.weight != given.weight:
        told.append(f"× {stored.weight:g} → {given.weight:g}")
    if stored.source != given.source:
        told.append(f"{stored.source} → {given.source}")
    return "; ".join(told) or "…"


async def carry_over(import_id: uuid.UUID) -> None:
    """Importing -> imported: the good rows block by block, going on where an earlier attempt ended."""
    found = await IncidentImport.filter(id=import_id, state="importing").first()
    if found is None:
        return
    async with _told_when_refused(found):
        report = msgspec.convert(found.report, CheckOut)
        district = await areas.district_of(await areas.get(found.area_id))
        done = found.done_rows
        blocks = read_blocks(uploads.good_of(import_id, found.run))
        await in_thread(lambda: list(islice(blocks, done // BLOCK_ROWS)))
        while block := await in_thread(next, blocks, None):
            await _carry_block(found, district, done, block, report.accepted)
            done += len(block)
        await _end_import(found, report, district.id)
    await uploads.remove_source(import_id, found.run)


@atomic
async def _carry_block(
    found: IncidentImport, district: areas.Area, done: int, block: list[GoodRow], accepted: int
) -> None:
    """One block and the note that it is in, both or neither; a block that another attempt noted is passed over."""
    ended = done + len(block)
    noted = await execute(
        "UPDATE incident_import SET done_rows = ?, progress = ?, changed_at = ? WHERE id = ? AND state = 'importing'"
        " AND done_rows = ?",
        ended, min(1.0, ended / accepted), clock.now(), found.id, done,
    )  # fmt: skip
    if not noted:
        return
    rows = [(each.external_id, _incident(each)) for each in block]
    written = await add_block(district.id, rows, batch=str(found.id), demo=district.demo)
    await execute(
        "UPDATE incident_import SET added = added + ?, corrected = corrected + ? WHERE id = ?",
        written.added, written.corrected, found.id,
    )  # fmt: skip


def _incident(each: GoodRow) -> Incident:
    source = "patrol" if each.source == "patrol" else "report"
    return Incident(
        each.external_id, each.at, each.lon, each.lat, each.kind, each.weight, each.clock_known, source
    )


class _Importer(msgspec.Struct, frozen=True):
    """The officer on whose word rows are carried over."""

    user_id: uuid.UUID


@atomic
async def _end_import(found: IncidentImport, report: CheckOut, district_id: uuid.UUID) -> None:
    now = clock.now()
    ended = await execute(
        "UPDATE incident_import SET state = 'imported', progress = 1, imported_at = ?, changed_at = ?, file_gone = ?"
        " WHERE id = ? AND state = 'importing'",
        now, now, True, found.id,
    )  # fmt: skip
    if not ended:
        return
    await note_arrival(district_id)
    kept = await IncidentImport.get(id=found.id)
    known = report.accepted - kept.added - kept.corrected
    details = {"added": kept.added, "corrected": kept.corrected, "known": known, "refused": report.refused}
    await audit.record(
        _Importer(found.created_by), "incidents.imported", "incident_import", found.id,
        area_id=found.area_id, details=details,
    )  # fmt: skip
    await _tell(
        found, "incidents.imported", "警情已导入", "Incidents imported",
        f"新增 {kept.added} 起，更正 {kept.corrected} 起，{report.refused} 行没有导入。",
        f"{kept.added} added, {kept.corrected} corrected, {report.refused} rows left out.",
        push=report.row_count >= LONG_ROWS,
    )  # fmt: skip


async def _end(found: IncidentImport, state: str, **results: Any) -> int:
    """End a reading with its results, unless it was read anew or dropped meanwhile; whether it was ended."""
    return await IncidentImport.filter(id=found.id, run=found.run, state=found.state).update(
        state=state, progress=1.0, changed_at=clock.now(), **results
    )


@contextlib.asynccontextmanager
async def _told_when_refused(found: IncidentImport) -> AsyncIterator[None]:
    """What is wrong with the file fails the import with its reason."""
    try:
        yield
    except RoutingError as error:
        words = {"zh": error.words.zh, "en": error.words.en}
        await _fail(
            found, error.code.replace("_", "-"), {"field": error.field, "value": error.value, **words}
        )
    except Problem as problem:
        await _fail(found, problem.code, problem.params)
    except FileNotFoundError:
        await _fail(found, "import-file-gone", {})


@contextlib.asynccontextmanager
async def _told_when_failing(found: IncidentImport) -> AsyncIterator[None]:
    """Whatever goes wrong in the block fails the import with its reason; what nobody foresaw is raised as well."""
    try:
        async with _told_when_refused(found):
            yield
    except Exception as error:
        log.exception("import_failed", incident_import=str(found.id))
        await _fail(found, "internal", {})
        raise GiveUp(f"import {found.id}: {type(error).__name__}") from error


@atomic
async def _fail(found: IncidentImport, code: str, params: dict[str, Any]) -> None:
    failure = msgspec.to_builtins(ImportFailure(code=code, params=params))
    failed = await IncidentImport.filter(id=found.id, run=found.run, state=found.state).update(
        state="failed", failure=failure, changed_at=clock.now()
    )
    if failed:
        await _tell(
            found, "incidents.failed", "警情没有导入", "Incidents were not imported",
            str(params.get("zh", "")), str(params.get("en", "")), push=found.state == "importing",
        )  # fmt: skip


@contextlib.asynccontextmanager
async def _progress_told(found: IncidentImport) -> AsyncIterator[None]:
    """Tell the officer how far the child is while the block runs."""
    telling = asyncio.create_task(_tell_progress(found))
    try:
        yield
    finally:
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)


async def _tell_progress(found: IncidentImport) -> None:
    told = 0.0
    while True:
        await asyncio.sleep(POLL_S)
        share = await in_thread(read_share, uploads.progress_of(found.id, found.run))
        if share < told + STEP_TOLD:
            continue
        told = share
        try:
            await IncidentImport.filter(id=found.id, run=found.run, state="checking").update(progress=share)
        except Exception:
            log.exception("import_progress_untold", incident_import=str(found.id))


async def sweep() -> None:
    """Delete what came over a day ago, whatever became of it, and end what no job will finish any more."""
    now = clock.now()
    for import_id, written_at in (await uploads.stored()).items():
        found = await IncidentImport.filter(id=import_id).first()
        if now - (found.created_at if found else written_at) > uploads.KEPT:
            await uploads.remove(import_id)
            await IncidentImport.filter(id=import_id).update(file_gone=True)
            log.info("import_files_deleted", incident_import=str(import_id))
    waiting = ["looking", "checking", "importing"]
    for found in await IncidentImport.filter(state__in=waiting, changed_at__lt=now - STUCK_AFTER):
        await _fail(found, "timed-out", {"minutes": int(STUCK_AFTER.total_seconds() // 60)})
