"""Photos of reports: they follow the report piece by piece, and are deleted by age."""

import datetime as dt
import uuid
from collections.abc import AsyncIterator

import structlog

from backend.core import clock, media, uploads
from backend.core.db import atomic
from backend.core.problems import Conflict, NotFound
from backend.core.sessions import Actor
from backend.people import service as people
from backend.reports.models import Report, ReportPhoto
from backend.reports.reading import own, visible
from backend.reports.schemas import PHOTOS_MAX

log = structlog.get_logger(__name__)

KEPT = dt.timedelta(days=90)


class TooManyPhotos(Conflict):
    """A report has four photos at most."""

    code, title = "report-photos-full", "A report has four photos at most"


async def progress(actor: Actor, report_id: uuid.UUID, photo_id: uuid.UUID) -> uploads.Progress:
    """How much of a photo of one's own report has arrived."""
    await own(actor, await Report.filter(id=report_id).first())
    return await _finished(report_id, photo_id, await uploads.progress(photo_id))


async def add_piece(
    actor: Actor, report_id: uuid.UUID, photo_id: uuid.UUID, piece: uploads.Piece, body: AsyncIterator[bytes]
) -> uploads.Progress:
    """Keep the next bytes of a photo; a whole one stays, sending it again changes nothing.

    Raises `PhotosNotAgreed` before a byte is kept, `TooManyPhotos`, and what `media.store_photo` does.
    """
    await own(actor, await Report.filter(id=report_id).first())
    await people.require_photo_consent(actor.user_id)
    if await ReportPhoto.filter(id=photo_id).exists():
        async for _ in body:
            pass
        return uploads.Progress(piece.length, piece.length)
    if await ReportPhoto.filter(report_id=report_id).count() >= PHOTOS_MAX:
        raise TooManyPhotos(most=PHOTOS_MAX)
    arrived = await uploads.receive(photo_id, piece, body, media.BYTES_MAX)
    return await _finished(report_id, photo_id, arrived)


async def _finished(report_id: uuid.UUID, photo_id: uuid.UUID, arrived: uploads.Progress) -> uploads.Progress:
    """Make a photo of a file that is whole; also of one that a killed server had not come to."""
    if not arrived.complete:
        return arrived
    try:
        photo = await media.store_photo(await uploads.content(photo_id))
    except media.REFUSALS:
        await uploads.forget(photo_id)
        raise
    await _keep(report_id, photo_id, photo.key)
    return arrived


@atomic
async def _keep(report_id: uuid.UUID, photo_id: uuid.UUID, key: str) -> None:
    if await ReportPhoto.filter(id=photo_id).exists():
        await media.delete(key)
    else:
        await ReportPhoto.create(id=photo_id, report_id=report_id, photo_key=key, made_at=clock.now())
    await uploads.forget(photo_id)


async def photo_of(actor: Actor, report_id: uuid.UUID, photo_id: uuid.UUID) -> bytes:
    """The photo's bytes (WebP), for the reporter and the police of its area."""
    await visible(actor, report_id)
    photo = await ReportPhoto.filter(id=photo_id, report_id=report_id).first()
    if photo is None:
        raise NotFound(kind="photo", id=str(photo_id))
    return await media.read(photo.photo_key)


async def forget_old() -> int:
    """Delete photos that are older than 90 days; returns how many."""
    old = await ReportPhoto.filter(made_at__lt=clock.now() - KEPT)
    for photo in old:
        await _forget(photo)
    log.info("report_photos_forgotten", count=len(old))
    return len(old)


@atomic
async def _forget(photo: ReportPhoto) -> None:
    await media.delete(photo.photo_key)
    await photo.delete()
