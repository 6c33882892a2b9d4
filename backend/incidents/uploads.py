"""The files of imports: received without being held in memory, readable by this program only, gone within a day.

Each import has a folder of its own in the data folder. Beside the file as it came lie what a reading left there: the
good rows, and the refused ones, both without columns about persons.
"""

import contextlib
import datetime as dt
import hashlib
import os
import shutil
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from backend.core.pools import in_thread
from backend.core.problems import Problem
from backend.settings import current

BYTES_MAX = 64 * 1024 * 1024
KEPT = dt.timedelta(days=1)
_AS_IT_CAME = "file"


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
    """A file that lies on the disk: how many bytes, and their SHA-256."""

    bytes: int
    sha256: str


def folder_of(import_id: uuid.UUID) -> Path:
    """Where the files of an import lie."""
    return current().data_dir / "imports" / str(import_id)


def file_of(import_id: uuid.UUID) -> Path:
    """The file as it came."""
    return folder_of(import_id) / _AS_IT_CAME


async def receive(import_id: uuid.UUID, chunks: AsyncIterator[bytes]) -> Received:
    """Write what comes to the disk, for good before this returns; a file that is there already is replaced whole.

    Raises `FileTooLarge` as soon as it is, and `FileEmpty`.
    """
    folder = folder_of(import_id)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = folder / f".{uuid.uuid4().hex}"
    digest, size = hashlib.sha256(), 0
    try:
        with await in_thread(_open_new, part) as target:
            async for chunk in chunks:
                size += len(chunk)
                if size > BYTES_MAX:
                    raise FileTooLarge(bytes_max=BYTES_MAX)
                await in_thread(_add, target, digest, chunk)
            await in_thread(_flush, target)
        if size == 0:
            raise FileEmpty()
        part.rename(file_of(import_id))
    except BaseException:
        part.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            folder.rmdir()  # unless another upload of the same import lies there
        raise
    return Received(size, digest.hexdigest())


def _open_new(path: Path) -> BinaryIO:
    """A new file that nobody but this program's user can read."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _add(target: BinaryIO, digest: "hashlib._Hash", chunk: bytes) -> None:
    digest.update(chunk)
    target.write(chunk)


def _flush(target: BinaryIO) -> None:
    target.flush()
    os.fsync(target.fileno())


async def remove(import_id: uuid.UUID) -> None:
    """Remove everything that lies there for an import."""
    await in_thread(shutil.rmtree, folder_of(import_id), ignore_errors=True)


async def remove_source(import_id: uuid.UUID, run: int) -> None:
    """Remove the file as it came and its good rows; the refused rows of that reading stay until the day is over."""
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
