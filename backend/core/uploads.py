"""Files that come in pieces over a bad network, by the core of the tus protocol (tus.io/protocols, version 1.0.0).

What has arrived is in the database, committed piece by piece, so that it outlives a lost connection and a killed server and
every process of an installation knows it. The sender asks how far it came (HEAD) and goes on from there (PATCH).
"""

import datetime as dt
import uuid
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import structlog
from litestar import Response
from litestar.exceptions import InternalServerException
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT

from backend.core import clock
from backend.core.db import atomic, execute, row, rows
from backend.core.jobs import every
from backend.core.problems import Conflict, FieldError, InvalidFields, Problem

log = structlog.get_logger(__name__)

VERSION = "1.0.0"
CONTENT_TYPE = "application/offset+octet-stream"
PIECE_BYTES = 64 * 1024
GIVEN_UP_AFTER = dt.timedelta(days=7)


class UploadOutOfStep(Conflict):
    """These bytes do not follow what has arrived; `offset` says where to go on."""

    code, title = "upload-out-of-step", "These bytes do not follow what has arrived"


class NotTus(Problem):
    """The request does not speak the protocol, or another version of it."""

    status, code, title = (
        412,
        "upload-protocol",
        "Send Tus-Resumable: 1.0.0 and application/offset+octet-stream",
    )


class Progress(msgspec.Struct, frozen=True):
    """How many bytes of a file have arrived, of how many; `length` is None before the sender said."""

    offset: int
    length: int | None

    @property
    def complete(self) -> bool:
        return self.length is not None and self.offset == self.length


NOTHING = Progress(0, None)


class Piece(msgspec.Struct, frozen=True):
    """What a PATCH says of its body: where it begins, and how long the whole file is."""

    offset: int
    length: int


async def progress(upload_id: uuid.UUID) -> Progress:
    """How far a file has come; `NOTHING` for one that has not begun."""
    found = await row("SELECT received, length FROM upload WHERE id = ?", upload_id)
    return Progress(found["received"], found["length"]) if found else NOTHING


async def receive(upload_id: uuid.UUID, piece: Piece, body: AsyncIterator[bytes], bytes_max: int) -> Progress:
    """Keep the bytes of `body`; when the connection breaks, all that came before is kept all the same.

    Raises `UploadOutOfStep` unless they begin where the last ones ended, `InvalidFields` for a file of another length than
    was said first, longer than `bytes_max`, or with more bytes than it is long.
    """
    now = await _begin(upload_id, piece, bytes_max)
    waiting = bytearray()
    try:
        async for chunk in body:
            waiting += chunk
            if len(waiting) >= PIECE_BYTES:
                now = await _keep(upload_id, now, bytes(waiting))
                waiting.clear()
    except InternalServerException:
        log.info("upload_interrupted", offset=now.offset + len(waiting))
    return await _keep(upload_id, now, bytes(waiting)) if waiting else now


@atomic
async def _begin(upload_id: uuid.UUID, piece: Piece, bytes_max: int) -> Progress:
    if not 0 < piece.length <= bytes_max:
        raise InvalidFields(
            [FieldError("Upload-Length", "out-of-range", f"A file has 1 to {bytes_max} bytes", piece.length)]
        )
    await execute(
        "INSERT INTO upload (id, length, begun_at) VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING",
        upload_id, piece.length, clock.now(),
    )  # fmt: skip
    known = await progress(upload_id)
    if known.length != piece.length:
        message = f"This file was said to have {known.length} bytes"
        raise InvalidFields([FieldError("Upload-Length", "changed", message, piece.length)])
    if known.offset != piece.offset:
        raise UploadOutOfStep(offset=known.offset)
    return known


@atomic
async def _keep(upload_id: uuid.UUID, now: Progress, data: bytes) -> Progress:
    """Append; of two senders at the same place one is refused."""
    end = now.offset + len(data)
    if now.length is None or end > now.length:
        raise InvalidFields([FieldError("body", "too-long", f"The file ends at {now.length} bytes", end)])
    if not await execute(
        "UPDATE upload SET received = ? WHERE id = ? AND received = ?", end, upload_id, now.offset
    ):
        raise UploadOutOfStep(offset=(await progress(upload_id)).offset)
    await execute(
        "INSERT INTO upload_piece (upload_id, starts_at, data) VALUES (?, ?, ?)", upload_id, now.offset, data
    )
    return Progress(end, now.length)


async def content(upload_id: uuid.UUID) -> bytes:
    """All bytes that have arrived."""
    found = await rows("SELECT data FROM upload_piece WHERE upload_id = ? ORDER BY starts_at", upload_id)
    return b"".join(each["data"] for each in found)


@atomic
async def forget(upload_id: uuid.UUID) -> None:
    """Remove what arrived of a file: it is kept elsewhere, or was no good."""
    await execute("DELETE FROM upload_piece WHERE upload_id = ?", upload_id)
    await execute("DELETE FROM upload WHERE id = ?", upload_id)


@every(86_400, "core.give_up_uploads")
async def give_up_uploads(payload: dict[str, str]) -> None:
    """Remove files that nobody sent to their end within a week."""
    for late in await rows("SELECT id FROM upload WHERE begun_at < ?", clock.now() - GIVEN_UP_AFTER):
        await forget(uuid.UUID(str(late["id"])))


# --- the protocol's headers -----------------------------------------------------------------------------------------


def piece_of(headers: Any) -> Piece:
    """What the headers of a PATCH say; raises `NotTus` and `InvalidFields`."""
    if headers.get("tus-resumable") != VERSION or headers.get("content-type") != CONTENT_TYPE:
        raise NotTus(version=VERSION, content_type=CONTENT_TYPE)
    return Piece(_number(headers, "Upload-Offset"), _number(headers, "Upload-Length"))


def _number(headers: Any, name: str) -> int:
    text = headers.get(name.lower(), "")
    if not (text.isascii() and text.isdigit()) or len(text) > 12:
        raise InvalidFields([FieldError(name, "not-a-number", "Give a number of bytes", text[:20])])
    return int(text)


def state_answer(state: Progress) -> Response[None]:
    """The answer to HEAD: how far the file is."""
    length = (
        {"Upload-Length": str(state.length)} if state.length is not None else {"Upload-Defer-Length": "1"}
    )
    return Response(
        None,
        status_code=HTTP_200_OK,
        headers={
            "Tus-Resumable": VERSION,
            "Upload-Offset": str(state.offset),
            "Cache-Control": "no-store",
            **length,
        },
    )


def kept_answer(state: Progress) -> Response[None]:
    """The answer to PATCH: where the next bytes go."""
    return Response(
        None,
        status_code=HTTP_204_NO_CONTENT,
        headers={"Tus-Resumable": VERSION, "Upload-Offset": str(state.offset)},
    )
