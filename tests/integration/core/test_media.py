"""Photos kept in a real object store, and forgotten for good."""

import asyncio
import datetime as dt
import io
from collections.abc import Iterator
from typing import Any

import pytest
from PIL import Image

from backend.core import jobs, media
from backend.core.db import atomic, rows
from backend.core.problems import NotFound
from backend.settings import Settings

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture(autouse=True)
def opened_store(settings: Settings) -> Iterator[None]:
    """Photos go to this test's data folder."""
    media.open_media(settings)
    yield
    media._store = None


def jpeg() -> bytes:
    """A small photo."""
    target = io.BytesIO()
    Image.new("RGB", (64, 48), "green").save(target, "JPEG")
    return target.getvalue()


def files(settings: Settings) -> list[str]:
    """What lies in the folder."""
    folder = settings.data_dir / "media"
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


async def test_a_photo_is_kept_as_it_was_reencoded(settings: Settings) -> None:
    """The key leads to the bytes; size and digest are in the table."""
    photo = await media.store_photo(jpeg())
    data = await media.read(photo.key)
    assert Image.open(io.BytesIO(data)).size == (photo.width, photo.height) == (64, 48)
    assert len(data) == photo.bytes
    assert files(settings) == [photo.key]
    (kept,) = await rows("SELECT key, content_type, bytes FROM media")
    assert kept == {"key": photo.key, "content_type": "image/webp", "bytes": photo.bytes}


async def test_a_refused_photo_leaves_nothing(settings: Settings) -> None:
    """Neither a row nor a file."""
    with pytest.raises(media.PhotoNotReadable):
        await media.store_photo(b"not a photo")
    assert files(settings) == [] and await rows("SELECT key FROM media") == []


async def test_a_deleted_photo_is_gone_at_once_and_its_bytes_soon(settings: Settings) -> None:
    """With the commit nobody can read it; the job removes the file; a rollback keeps both."""
    photo = await media.store_photo(jpeg())

    @atomic
    async def forget(fail: bool) -> None:
        assert await media.delete(photo.key)
        if fail:
            raise ArithmeticError

    with pytest.raises(ArithmeticError):
        await forget(True)
    assert await media.read(photo.key)
    await forget(False)
    with pytest.raises(NotFound):
        await media.read(photo.key)
    assert not await media.delete(photo.key)
    stop = asyncio.Event()
    worker = asyncio.create_task(jobs.run_worker(stop))
    async with asyncio.timeout(30):
        while files(settings):  # noqa: ASYNC110 - the condition is in the folder
            await asyncio.sleep(0.02)
    stop.set()
    await worker
    await media.delete_photo_bytes({"key": photo.key})  # a second attempt of the job is harmless


async def test_bytes_without_a_row_are_swept_and_others_stay(settings: Settings, clock: Any) -> None:
    """What a dead process left behind goes after a day; a photo that is being stored right now does not."""
    photo = await media.store_photo(jpeg())
    left = settings.data_dir / "media" / "2026" / "01" / "left.webp"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"x")
    await media.sweep_photos({})
    assert len(files(settings)) == 2
    clock.advance(dt.timedelta(days=1, minutes=1))
    await media.sweep_photos({})
    assert files(settings) == [photo.key]


async def test_a_key_cannot_lead_out_of_the_store(settings: Settings) -> None:
    """Only keys of the table are read, so no path a user sends reaches the files."""
    (settings.data_dir / "secret").write_text("secret")
    for key in ("../secret", "/etc/passwd", "secret", ""):
        with pytest.raises(NotFound):
            await media.read(key)
