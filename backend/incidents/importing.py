"""Use cases of an import: giving a file, saying what it is in, trying it, and confirming or dropping it.

ready -> checking -> checked -> importing -> imported; ready -> looking -> ready with columns named by hand; a file that
cannot be read is failed at once, and looking, checking and importing may fail; whatever is not being imported or imported
-> discarded. Looking and checking may be asked for again with other words.
"""

import datetime as dt
import uuid
from collections.abc import AsyncIterator, Mapping
from typing import Any

import msgspec

from backend.areas import service as areas
from backend.core import audit, clock
from backend.core.db import atomic, row, sql
from backend.core.jobs import enqueue
from backend.core.pools import in_thread
from backend.core.problems import Conflict, FieldError, Gone, InvalidFields, NotFound
from backend.core.roles import Role
from backend.core.sessions import Actor
from backend.incidents import uploads
from backend.incidents.models import IncidentImport
from backend.incidents.schemas import (
    CheckOut,
    DatumName,
    FieldName,
    ImportFailure,
    ImportLine,
    ImportList,
    ImportOut,
    PreviewOut,
    SameFile,
    TableFormat,
)
from backend.people import service as people

LOOK_JOB, CHECK_JOB, CARRY_JOB = "incidents.look", "incidents.check", "incidents.carry"
PAGE = 20
FILE_NAME_LENGTH_MAX = 200
HEADER_LENGTH_MAX = 200


class ImportStateWrong(Conflict):
    """The import is not at a point from which this step leads on."""

    code, title = "import-state", "The import is not at a point where this can be done"


class FileGone(Gone):
    """The file was deleted: after its import, or a day after it came."""

    code, title = "import-file-gone", "The file was deleted; give it once more"


class NewerReading(Conflict):
    """The file was read again after the report that was confirmed."""

    code, title = "import-read-again", "The file was read again meanwhile; look at the new report first"


async def receive(
    actor: Actor, import_id: uuid.UUID, area_id: uuid.UUID, file_name: str, chunks: AsyncIterator[bytes]
) -> ImportOut:
    """Take a file for an area, without persons, and look at it. Sent again with the same id, it answers the same.

    Raises `NotAllowed` to others than the area's officers, `FileTooLarge`, `FileEmpty`, and `Conflict` where the id
    belongs to another file.
    """
    area = await areas.visible(actor, area_id)
    actor.require(Role.OFFICER, area.path)
    if not 0 < len(file_name) <= FILE_NAME_LENGTH_MAX:
        message = f"Give the file's name, at most {FILE_NAME_LENGTH_MAX} characters"
        raise InvalidFields([FieldError("file_name", "out-of-range", message, file_name[:80])])
    before = await IncidentImport.filter(id=import_id).first()
    if before is None:
        received = await uploads.receive(import_id, file_name, chunks)
        await _note(actor, import_id, area, file_name, received)
    elif before.created_by != actor.user_id or before.area_id != area.id:
        raise Conflict("This id belongs to another import; make a new one", field="id")
    return await get(actor, import_id)


@atomic
async def _note(
    actor: Actor, import_id: uuid.UUID, area: areas.Area, file_name: str, received: uploads.Received
) -> None:
    now = clock.now()
    if await IncidentImport.filter(id=import_id).exists():
        return  # sent twice at once: the other one noted it
    await IncidentImport.create(
        id=import_id,
        area_id=area.id,
        file_name=file_name,
        file_bytes=received.bytes,
        file_sha256=received.sha256,
        state="ready" if received.preview else "failed",
        preview=received.preview,
        failure=msgspec.to_builtins(failure_of(received.failure)) if received.failure else None,
        file_gone=received.preview is None,
        created_by=actor.user_id,
        created_at=now,
        changed_at=now,
    )
    await audit.record(
        actor, "incidents.upload", "incident_import", import_id, area_id=area.id,
        details={"bytes": received.bytes, "sha256": received.sha256},
    )  # fmt: skip


def failure_of(told: Mapping[str, str]) -> ImportFailure:
    """Why a file cannot be read, from what its reader said."""
    rest = {name: value for name, value in told.items() if name != "code"}
    return ImportFailure(told["code"].replace("_", "-"), rest)


async def get(actor: Actor, import_id: uuid.UUID) -> ImportOut:
    """The import with what was found so far."""
    found, _ = await _visible(actor, import_id)
    return await _out(found)


async def listed(actor: Actor, area_id: uuid.UUID, before: uuid.UUID | None = None) -> ImportList:
    """A page of the area's imports, the latest first."""
    area = await areas.visible(actor, area_id)
    actor.require(Role.OFFICER, area.path)
    wanted = IncidentImport.filter(area_id__in=await areas.descendant_ids(area)).exclude(state="discarded")
    if before is not None:
        wanted = wanted.filter(id__lt=before)
    found = await wanted.order_by("-id").limit(PAGE + 1)
    names = await people.names({each.created_by for each in found})
    items = [_line(each, names.get(each.created_by, "")) for each in found[:PAGE]]
    return ImportList(items=items, next=str(items[-1].id) if len(found) > PAGE else None)


@atomic
async def look_again(actor: Actor, import_id: uuid.UUID, columns: dict[FieldName, str]) -> ImportOut:
    """Have the file looked at with columns named by hand; a report made with others is dropped.

    Raises `ImportStateWrong`, `FileGone`, `InvalidFields` for a header that the file has not.
    """
    found, _ = await _locked(actor, import_id, "ready", "checked", "failed")
    if errors := _column_errors(found, columns):
        raise InvalidFields(errors)
    await _begin(found, "looking", columns=dict(columns), report=None)
    await enqueue(LOOK_JOB, {"import_id": import_id, "run": found.run})
    return await _out(found)


@atomic
async def check(actor: Actor, import_id: uuid.UUID, datum: DatumName) -> ImportOut:
    """Try the file as declared to be in `datum`; nothing is imported. Raises `ImportStateWrong`, `FileGone`."""
    found, _ = await _locked(actor, import_id, "ready", "checked", "failed")
    if found.preview is None:
        raise ImportStateWrong(move="check", state=found.state, needed=["ready"])
    await _begin(found, "checking", datum=datum, report=None)
    await enqueue(CHECK_JOB, {"import_id": import_id, "run": found.run})
    return await _out(found)


@atomic
async def confirm(actor: Actor, import_id: uuid.UUID, run: int) -> ImportOut:
    """Have the good rows of reading `run` imported. Asked again, it answers how far that is.

    Raises `ImportStateWrong`, `NewerReading` when the file was read again after the report the officer saw, and
    `Conflict` when there is no good row.
    """
    found, area = await _locked(actor, import_id, "checked", "importing", "imported", with_file=False)
    if found.run != run:
        raise NewerReading(run=found.run)
    if found.state != "checked":
        return await _out(found)
    if found.file_gone:
        raise FileGone()
    report = msgspec.convert(found.report, CheckOut)
    if report.accepted == 0:
        raise Conflict("There is no row that could be imported; correct the file first", field="run")
    found.state, found.progress, found.done_rows, found.added, found.corrected = "importing", 0.0, 0, 0, 0
    found.changed_at = clock.now()
    await found.save()
    await enqueue(CARRY_JOB, {"import_id": import_id}, key=f"{CARRY_JOB}:{import_id}:{run}")
    details = {
        "run": run, "datum": found.datum, "accepted": report.accepted, "refused": report.refused,
        "sha256": found.file_sha256, "dropped_columns": len(report.dropped_columns),
    }  # fmt: skip
    await audit.record(
        actor, "incidents.import", "incident_import", import_id, area_id=area.id, details=details
    )
    return await _out(found)


async def discard(actor: Actor, import_id: uuid.UUID) -> ImportOut:
    """Drop an import that was not confirmed, and delete its file."""
    found = await _discard(actor, import_id)
    await uploads.remove(import_id)
    return await _out(found)


@atomic
async def _discard(actor: Actor, import_id: uuid.UUID) -> IncidentImport:
    found, area = await _locked(
        actor, import_id, "looking", "ready", "checking", "checked", "failed", "discarded", with_file=False
    )
    if found.state != "discarded":
        found.state, found.file_gone, found.changed_at = "discarded", True, clock.now()
        found.preview = found.report = None
        await found.save()
        await audit.record(actor, "incidents.discard", "incident_import", import_id, area_id=area.id)
    return found  # fmt: skip


async def refused(actor: Actor, import_id: uuid.UUID, kind: TableFormat) -> tuple[str, bytes]:
    """The rows that the last dry run refused, each with its reason: a file name and the bytes.

    Raises `FileGone` a day after the file came, `ImportStateWrong` before there was a dry run.
    """
    found, _ = await _visible(actor, import_id)
    if found.report is None:
        raise ImportStateWrong(move="refused", state=found.state, needed=["checked", "imported"])
    try:
        data = await in_thread(uploads.refused_of(import_id, found.run, kind).read_bytes)
    except FileNotFoundError:
        raise FileGone() from None
    return f"{found.file_name.rpartition('.')[0] or found.file_name}-refused.{kind}", data


async def _visible(actor: Actor, import_id: uuid.UUID) -> tuple[IncidentImport, areas.Area]:
    """The import for an officer of its area; `NotFound` to other districts, so that ids cannot be guessed."""
    found = await IncidentImport.filter(id=import_id).first()
    area = await areas.get(found.area_id) if found else None
    if found is None or area is None or not areas.sees(actor, area.path):
        raise NotFound(kind="incident_import", id=str(import_id))
    actor.require(Role.OFFICER, area.path)
    return found, area


async def _locked(
    actor: Actor, import_id: uuid.UUID, *states: str, with_file: bool = True
) -> tuple[IncidentImport, areas.Area]:
    """The import in one of `states`, which no other transaction changes until this one ends."""
    _, area = await _visible(actor, import_id)
    # SQLite's transactions begin with the write lock and need no more.
    await row(
        f"SELECT id FROM incident_import WHERE id = ? {sql(sqlite='', postgres='FOR UPDATE')}", import_id
    )
    found = await IncidentImport.get(id=import_id)
    if found.state not in states:
        raise ImportStateWrong(state=found.state, needed=list(states))
    if with_file and found.file_gone:
        raise FileGone()
    return found, area


async def _begin(found: IncidentImport, state: str, **changes: Any) -> None:
    """Begin one more reading; what an earlier one still brings is dropped."""
    found.update_from_dict(changes)
    found.state, found.run, found.progress, found.failure = state, found.run + 1, 0.0, None
    found.changed_at = clock.now()
    await found.save()


def _column_errors(found: IncidentImport, columns: dict[FieldName, str]) -> list[FieldError]:
    """Headers that the file has not, and headers given twice."""
    if found.preview is None:
        return []
    known = {each.header for each in msgspec.convert(found.preview, PreviewOut).columns}
    errors: list[FieldError] = []
    for field, header in columns.items():
        place, shown = f"columns.{field}", header[:80]
        if header and header not in known:
            errors.append(
                FieldError(place, "unknown", "The file has no such column; choose one it has", shown)
            )
        elif header and list(columns.values()).count(header) > 1:
            errors.append(
                FieldError(place, "twice", "One column cannot be two things; choose another", shown)
            )
    return errors


async def _out(found: IncidentImport) -> ImportOut:
    names = await people.names({found.created_by})
    return ImportOut(
        id=found.id,
        area_id=found.area_id,
        state=found.state,  # type: ignore[arg-type]
        file_name=found.file_name,
        file_bytes=found.file_bytes,
        file_gone=found.file_gone,
        datum=found.datum,  # type: ignore[arg-type]
        columns=found.columns,
        run=found.run,
        progress=found.progress,
        preview=msgspec.convert(found.preview, PreviewOut) if found.preview else None,
        report=msgspec.convert(found.report, CheckOut) if found.report else None,
        failure=msgspec.convert(found.failure, ImportFailure) if found.failure else None,
        added=found.added,
        corrected=found.corrected,
        same_file=await _same_file(found),
        created_by_name=names.get(found.created_by, ""),
        created_at=found.created_at,
        delete_at=found.created_at + uploads.KEPT,
        imported_at=found.imported_at,
    )


def _line(found: IncidentImport, by_name: str) -> ImportLine:
    report = msgspec.convert(found.report, CheckOut) if found.report else None
    return ImportLine(
        id=found.id,
        state=found.state,  # type: ignore[arg-type]
        file_name=found.file_name,
        accepted=report.accepted if report else None,
        refused=report.refused if report else None,
        added=found.added,
        created_by_name=by_name,
        created_at=found.created_at,
        imported_at=found.imported_at,
    )


async def _same_file(found: IncidentImport) -> SameFile | None:
    """The last import of the same bytes into the same area, if there was one."""
    before = (
        await IncidentImport.filter(file_sha256=found.file_sha256, area_id=found.area_id, state="imported")
        .exclude(id=found.id)
        .order_by("-id")
        .first()
    )
    if before is None or before.imported_at is None:
        return None
    names = await people.names({before.created_by})
    at: dt.datetime = before.imported_at
    return SameFile(imported_at=at, by_name=names.get(before.created_by, ""), added=before.added)
