"""Photos: checked, turned upright, made smaller and re-encoded, so that nothing but the picture is kept.

What a phone hides in a file (where and when it was taken, by which device) never reaches the store. The bytes lie
in an object store (a folder, or S3), the row in the `media` table says that they are to be kept.
"""

import datetime as dt
import hashlib
import io
import math
import secrets
import warnings
from collections.abc import Sequence

import msgspec
import obstore
import structlog
from obstore.store import LocalStore, ObjectStore, from_url
from PIL import ExifTags, Image, ImageCms, UnidentifiedImageError

from backend.core import clock
from backend.core.db import atomic, execute, row, rows
from backend.core.jobs import enqueue, every, handler
from backend.core.models import Media
from backend.core.pools import in_thread
from backend.core.problems import NotFound, Problem
from backend.settings import Settings

log = structlog.get_logger(__name__)

BYTES_MAX = 15_000_000
PIXELS_MAX = 40_000_000
PIXELS_KEPT = 2_000_000
SIDE_MAX = 8_000  # WebP itself ends at 16,383
FORMATS = ("JPEG", "PNG", "WEBP")
CONTENT_TYPE = "image/webp"
QUALITY = 82
LEFT_BEHIND_AFTER = dt.timedelta(days=1)


class PhotoTooLarge(Problem):
    """More bytes than a photo needs."""

    status, code, title = 413, "photo-too-large", "The photo has too many bytes; send a smaller one"


class PhotoTooManyPixels(Problem):
    """More pixels than are worth decoding; also what a decompression bomb meets."""

    status, code, title = 422, "photo-too-many-pixels", "The photo has too many pixels; send a smaller one"


class PhotoNotReadable(Problem):
    """Not a photo, whatever its name says, or only a part of one."""

    status, code, title = (
        422,
        "photo-not-readable",
        "This is not a whole JPEG, PNG or WebP photo; choose another",
    )


REFUSALS = (PhotoTooLarge, PhotoTooManyPixels, PhotoNotReadable)
"""What `store_photo` raises of a file that can never become a photo."""


class Photo(msgspec.Struct, frozen=True):
    """A stored photo: its key, its size in pixels and in bytes."""

    key: str
    width: int
    height: int
    bytes: int


class Picture(msgspec.Struct, frozen=True):
    """A re-encoded picture before it is stored."""

    data: bytes
    width: int
    height: int


_store: ObjectStore | None = None


def open_media(settings: Settings) -> None:
    """Keep photos where the settings say: `media_url`, or the folder media in data_dir."""
    global _store
    if settings.media_url:
        _store = from_url(settings.media_url)
    else:
        _store = LocalStore(settings.data_dir.resolve() / "media", mkdir=True)


def _opened() -> ObjectStore:
    if _store is None:
        raise RuntimeError("open_media(settings) has not been called")
    return _store


async def store_photo(data: bytes, max_pixels: int = PIXELS_KEPT) -> Photo:
    """Check, re-encode (at most `max_pixels`, WebP) and keep a photo.

    Raises `PhotoTooLarge` over 15 MB, `PhotoTooManyPixels` over 40 million pixels (before they are decoded) and
    `PhotoNotReadable` for anything that is not a whole JPEG, PNG or WebP. Call it before the transaction that
    refers to the key: decoding and storing take long.
    """
    picture = await in_thread(reencode, data, max_pixels)
    key = f"{clock.now():%Y/%m}/{secrets.token_hex(16)}.webp"
    await _opened().put_async(key, picture.data)
    await Media.create(
        key=key,
        content_type=CONTENT_TYPE,
        width=picture.width,
        height=picture.height,
        bytes=len(picture.data),
        sha256=hashlib.sha256(picture.data).hexdigest(),
        created_at=clock.now(),
    )
    return Photo(key, picture.width, picture.height, len(picture.data))


async def read(key: str) -> bytes:
    """The stored bytes (WebP); raises `NotFound` from the moment the photo was deleted."""
    if await row("SELECT key FROM media WHERE key = ?", key) is None:
        raise NotFound(kind="photo")
    try:
        found = await _opened().get_async(key)
        return bytes(await found.bytes_async())
    except FileNotFoundError:
        log.error("photo_lost")
        raise NotFound(kind="photo") from None


async def same_pictures(keys: Sequence[str]) -> dict[str, set[str]]:
    """For each of these photos the keys of all others that hold the very same picture."""
    if not keys:
        return {}
    found = await rows(
        "SELECT one.key AS key, other.key AS again FROM media one JOIN media other"
        f" ON other.sha256 = one.sha256 AND other.key <> one.key WHERE one.key IN ({', '.join('?' * len(keys))})",
        *keys,
    )
    same: dict[str, set[str]] = {}
    for each in found:
        same.setdefault(each["key"], set()).add(each["again"])
    return same


@atomic
async def delete(key: str) -> bool:
    """Forget a photo with the caller's transaction; its bytes follow by a job. False when it was not there."""
    deleted = await execute("DELETE FROM media WHERE key = ?", key)
    if deleted:
        await enqueue("core.delete_photo_bytes", {"key": key})
    return bool(deleted)


@handler("core.delete_photo_bytes")
async def delete_photo_bytes(payload: dict[str, str]) -> None:
    """Remove a forgotten photo's bytes from the store."""
    try:
        await _opened().delete_async(payload["key"])
    except FileNotFoundError:
        return  # an earlier attempt did it


@every(86_400, "core.sweep_photos")
async def sweep_photos(payload: dict[str, str]) -> None:
    """Remove bytes without a row, left behind where a process ended between storing and noting."""
    before = clock.now() - LEFT_BEHIND_AFTER
    async for page in _opened().list(chunk_size=500):
        keys = [each["path"] for each in page if each["last_modified"] < before]
        if not keys:
            continue
        marks = ", ".join("?" * len(keys))
        kept = {each["key"] for each in await rows(f"SELECT key FROM media WHERE key IN ({marks})", *keys)}
        left_behind = [key for key in keys if key not in kept]
        if left_behind:
            await obstore.delete_async(_opened(), left_behind)
            log.info("photos_swept", count=len(left_behind))


def reencode(data: bytes, max_pixels: int = PIXELS_KEPT) -> Picture:
    """The picture in `data`, upright, in sRGB, of at most `max_pixels`, as WebP without any metadata."""
    if len(data) > BYTES_MAX:
        raise PhotoTooLarge(bytes=len(data), bytes_max=BYTES_MAX)
    try:
        with (
            warnings.catch_warnings(action="ignore"),
            Image.open(io.BytesIO(data), formats=FORMATS) as opened,
        ):
            return _encoded(_upright(opened, max_pixels))
    except Image.DecompressionBombError:
        raise PhotoTooManyPixels(pixels_max=PIXELS_MAX) from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError) as error:
        log.info("photo_refused", error=type(error).__name__)
        raise PhotoNotReadable(formats=list(FORMATS)) from None


def _upright(opened: Image.Image, max_pixels: int) -> Image.Image:
    """The decoded first frame, turned as its metadata says and scaled down."""
    pixels = opened.width * opened.height
    if pixels > PIXELS_MAX:
        raise PhotoTooManyPixels(pixels=pixels, pixels_max=PIXELS_MAX)
    scale = min(1.0, math.sqrt(max_pixels / pixels), SIDE_MAX / max(opened.size))
    size = (max(1, int(opened.width * scale)), max(1, int(opened.height * scale)))
    opened.draft("RGB", size)  # a JPEG is decoded at a half, a quarter or an eighth where that is enough
    turn = _TURNS.get(opened.getexif().get(ExifTags.Base.Orientation, 1))
    profile = opened.info.get("icc_profile")
    picture = _opaque(opened).resize(size, Image.Resampling.LANCZOS)
    picture = _in_srgb(picture, profile) if profile else picture
    return picture.transpose(turn) if turn is not None else picture


_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What undoes each orientation of the EXIF standard (table in section 4.6.5)."""


def _opaque(opened: Image.Image) -> Image.Image:
    """The picture as RGB, on white where it is transparent."""
    if not opened.has_transparency_data:
        return opened.convert("RGB")
    layer = opened.convert("RGBA")
    ground = Image.new("RGB", layer.size, "white")
    ground.paste(layer, mask=layer.getchannel("A"))
    return ground


def _in_srgb(picture: Image.Image, profile: bytes) -> Image.Image:
    """The same colours without the colour profile, which would be dropped; unchanged when it makes no sense."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(
            picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
    except (ImageCms.PyCMSError, OSError, ValueError):
        return picture
    return converted or picture


def _encoded(picture: Image.Image) -> Picture:
    bare = Image.new("RGB", picture.size)  # carries no metadata, whatever the steps before kept
    bare.paste(picture)
    target = io.BytesIO()
    bare.save(target, "WEBP", quality=QUALITY, method=4)
    return Picture(target.getvalue(), bare.width, bare.height)
