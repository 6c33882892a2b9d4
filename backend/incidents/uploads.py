"""The files of imports: persons are taken out as they come, the rest is readable by this program only, gone within a day.

What comes is handed to a process of its own, which holds it in memory, drops the columns about persons and of free text,
cuts persons out of the other cells, and writes only the rest: no name, phone or ID number ever lies on a disk. Each
import has a folder in the data folder; beside the kept rows lie the good and the refused ones of a reading.
"""

import asyncio
import contextlib
import datetime as dt
import hashlib
import shutil
import sys
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec

from backend.core.pools import in_thread
from backend.core.problems import Problem
from backend.settings import current
from routing.kept_rows import UNREADABLE

BYTES_MAX = 64 * 1024 * 1024
KEPT = dt.timedelta(days=1)
_KEPT_ROWS = "rows"


class FileTooLarge(Problem):
    """More bytes than an import takes at once."""

    status, code, title = (
        413,
        "import-too-large",
        "The file is too large; export a shorter time and import twice",
    )


class FileEmpty(Problem):
    """There is nothing in the file."""

    status, code, title = 422, "import-empty", "The file is empty; export it again"


class Received(msgspec.Struct, frozen=True):
    """A file that came: how many bytes, their SHA-256, and the first look at it (`routing.preview.Preview` as JSON); or,
    where it could not be read and nothing of it was kept, why: code, field, value, zh and en."""

    bytes: int
    sha256: str
    preview: dict[str, Any] | None
    failure: dict[str, str] | None


def folder_of(import_id: uuid.UUID) -> Path:
    """Where the files of an import lie."""
    return current().data_dir / "imports" / str(import_id)


def rows_of(import_id: uuid.UUID) -> Path:
    """The rows that were kept of the file."""
    return folder_of(import_id) / _KEPT_ROWS


async def receive(import_id: uuid.UUID, file_name: str, chunks: AsyncIterator[bytes]) -> Received:
    """Keep what may be kept of what comes, for good before this returns; what is there already is replaced whole.

    Raises `FileTooLarge` as soon as it is, and `FileEmpty`.
    """
    folder = folder_of(import_id)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = folder / f".{uuid.uuid4().hex}"
    try:
        received = await _through(part, file_name, chunks)
        if received.preview is not None:
            part.rename(rows_of(import_id))
    finally:
        part.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            folder.rmdir()  # unless what was kept lies there, or another upload of the same import
    return received


async def _through(part: Path, file_name: str, chunks: AsyncIterator[bytes]) -> Received:
    """Hand what comes to the process that keeps the rest of it in `part`."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "routing.kept_rows", str(part), file_name,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        size, sha256 = await _hand_over(process, chunks)
        told, _ = await process.communicate()
    except BaseException:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        raise
    if process.returncode == UNREADABLE:
        return Received(size, sha256, None, msgspec.json.decode(told))
    if process.returncode != 0:
        raise RuntimeError(f"the process that reads files ended with {process.returncode}")
    return Received(size, sha256, msgspec.json.decode(told), None)


async def _hand_over(process: asyncio.subprocess.Process, chunks: AsyncIterator[bytes]) -> tuple[int, str]:
    """Write all chunks to the process: how many bytes, and their SHA-256."""
    target = process.stdin
    assert target is not None
    digest, size = hashlib.sha256(), 0
    async for chunk in chunks:
        size += len(chunk)
        if size > BYTES_MAX:
            raise FileTooLarge(bytes_max=BYTES_MAX)
        await in_thread(digest.update, chunk)
        target.write(chunk)
        await target.drain()
    if size == 0:
        raise FileEmpty()
    return size, digest.hexdigest()


async def remove(import_id: uuid.UUID) -> None:
    """Remove everything that lies there for an import."""
    await in_thread(shutil.rmtree, folder_of(import_id), ignore_errors=True)


async def remove_source(import_id: uuid.UUID, run: int) -> None:
    """Remove what was kept of the file and its good rows; the refused rows of that reading stay until the day is over."""
    await in_thread(_remove_but, folder_of(import_id), refused_of(import_id, run, "csv").stem)


def _remove_but(folder: Path, kept_stem: str) -> None:
    for path in folder.iterdir() if folder.exists() else ():
        if path.stem != kept_stem:
            path.unlink(missing_ok=True)


def good_of(import_id: uuid.UUID, run: int) -> Path:
    """The good rows of a reading, a block a line."""
    return folder_of(import_id) / f"good-{run}.jsonl"


def refused_of(import_id: uuid.UUID, run: int, kind: str) -> Path:
    """The refused rows of a reading, as `kind` csv or xlsx."""
    return folder_of(import_id) / f"refused-{run}.{kind}"


def progress_of(import_id: uuid.UUID, run: int) -> Path:
    """How far a reading is."""
    return folder_of(import_id) / f"progress-{run}"


async def stored() -> dict[uuid.UUID, dt.datetime]:
    """The imports that something lies there for, and when it was last written."""
    return await in_thread(_stored, current().data_dir / "imports")


def _stored(root: Path) -> dict[uuid.UUID, dt.datetime]:
    found: dict[uuid.UUID, dt.datetime] = {}
    for folder in root.iterdir() if root.exists() else ():
        with contextlib.suppress(FileNotFoundError):  # removed meanwhile
            found[uuid.UUID(folder.name)] = dt.datetime.fromtimestamp(folder.stat().st_mtime, dt.UTC)
    return found
