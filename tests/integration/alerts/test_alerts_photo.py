"""Photos of alerts: nothing of where they were taken, a mark for each viewer, and a log of each view."""

import datetime as dt
import io
from collections.abc import Awaitable, Callable
from types import ModuleType

from PIL import ExifTags, Image

from backend.alerts import service as alerts
from backend.alerts.models import Alert, PhotoView
from backend.alerts.receiving import viewer_mark
from backend.core.db import rows
from backend.people.models import Person
from tests.integration.alerts.conftest import Station, jpeg
from tests.support.app import ApiClient

type Volunteer = Callable[..., Awaitable[tuple[Person, ApiClient]]]


def jpeg_with_gps(size: tuple[int, int] = (2400, 1800)) -> bytes:
    """A photo with camera, time and place in it, as phones write them."""
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "PhoneMaker"
    exif[ExifTags.Base.DateTime] = "2026:06:05 20:00:00"
    exif.get_ifd(ExifTags.IFD.GPSInfo).update({1: "N", 2: (28.0, 0.0, 36.0), 3: "E", 4: (120.0, 42.0, 0.0)})
    return jpeg(size, exif=exif, comment=b"taken at home", xmp=b"<x:xmpmeta>PhoneMaker</x:xmpmeta>")


def chunks_of(webp: bytes) -> list[bytes]:
    """What a WebP file consists of: EXIF, XMP, profiles and thumbnails are chunks of their own."""
    assert (webp[:4], webp[8:12], len(webp)) == (b"RIFF", b"WEBP", int.from_bytes(webp[4:8], "little") + 8)
    names, at = [], 12
    while at < len(webp):
        names.append(webp[at : at + 4])
        length = int.from_bytes(webp[at + 4 : at + 8], "little")
        at += 8 + length + length % 2
    return names


async def test_no_metadata_leaves_and_two_viewers_get_two_pictures(
    station: Station, volunteer: Volunteer
) -> None:
    """What recipients and the desk get is re-encoded, at most 2 megapixels, without a trace of the original file."""
    original = jpeg_with_gps()
    assert b"PhoneMaker" in original
    (one, one_phone), (two, two_phone) = await volunteer(), await volunteer()
    alert_id = await station.drafted()
    assert (await station.desk.put(f"/api/alerts/{alert_id}/photo", content=original)).status_code == 200
    await station.desk.post(f"/api/alerts/{alert_id}/submit")
    await station.chief.post(f"/api/alerts/{alert_id}/approve", json={})
    answers = [
        await browser.get(f"/api/alerts/{alert_id}/photo") for browser in (one_phone, two_phone, station.desk)
    ]
    for answer in answers:
        assert answer.status_code == 200
        assert "no-store" in answer.headers["cache-control"]
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-type"] == "image/webp"
        for trace in (b"Exif", b"EXIF", b"XMP ", b"xmpmeta", b"PhoneMaker", b"taken at home"):
            assert trace not in answer.content
        with Image.open(io.BytesIO(answer.content)) as picture:
            assert picture.width * picture.height <= 2_000_000
            assert not picture.getexif() and not picture.getexif().get_ifd(ExifTags.IFD.GPSInfo)
            assert set(picture.info) <= {"loop", "background", "duration", "timestamp"}
        assert set(chunks_of(answer.content)) == {b"VP8 "}, "the file holds pixels and nothing beside them"
    assert len({answer.content for answer in answers}) == 3
    views = await PhotoView.filter(alert_id=alert_id).order_by("at")
    assert [view.user_id for view in views] == [one.id, two.id, station.officer.id]
    assert all(view.session_id for view in views)
    assert viewer_mark(one.id) != viewer_mark(two.id)


async def test_nothing_is_shown_without_being_logged(station: Station, volunteer: Volunteer) -> None:
    """Whoever is refused the photo is not in the log, and whoever is in the log was allowed."""
    _, phone = await volunteer()
    _, stranger = await volunteer(community=2)
    alert_id = await station.drafted()
    await station.desk.put(f"/api/alerts/{alert_id}/photo", content=jpeg((300, 200)))
    assert (await phone.get(f"/api/alerts/{alert_id}/photo")).status_code == 404
    assert (await stranger.get(f"/api/alerts/{alert_id}/photo")).status_code == 404
    assert await PhotoView.all().count() == 0
    assert (await station.desk.get(f"/api/alerts/{alert_id}/photo")).status_code == 200
    assert await PhotoView.all().count() == 1


async def test_unfit_photos_are_refused_plainly(station: Station) -> None:
    """Too many bytes, too many pixels, not a photo, nothing at all: a clear refusal each, and nothing kept."""
    alert_id = await station.drafted()
    flood = io.BytesIO()
    Image.new("1", (8_000, 6_000)).save(flood, "PNG")
    for content, status, code in (
        (b"\xff\xd8\xff\xe0" + b"0" * 15_000_001, 413, "photo-too-large"),
        (b"0" * (17 * 1024 * 1024), 413, "body-too-large"),
        (flood.getvalue(), 422, "photo-too-many-pixels"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 422, "photo-not-readable"),
        (jpeg((300, 200))[:2_000], 422, "photo-not-readable"),
        (b"", 422, "photo-not-readable"),
    ):
        answer = await station.desk.put(
            f"/api/alerts/{alert_id}/photo", content=content, headers={"Content-Type": "image/jpeg"}
        )
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (await Alert.get(id=alert_id)).photo_key is None
    assert await rows("SELECT key FROM media") == []


async def test_a_forgotten_draft_keeps_no_photo(station: Station, clock: ModuleType) -> None:
    """A day after it was begun a draft can no longer be sent: its photo goes."""
    alert_id = await station.drafted()
    await station.desk.put(f"/api/alerts/{alert_id}/photo", content=jpeg((300, 200)))
    clock.advance(dt.timedelta(hours=23))
    await alerts.purge_due()
    assert len(await rows("SELECT key FROM media")) == 1
    clock.advance(dt.timedelta(hours=1, seconds=1))
    await alerts.purge_due()
    assert await rows("SELECT key FROM media") == []
    assert (await Alert.get(id=alert_id)).photo_key is None


async def test_a_new_photo_replaces_the_old_one(station: Station) -> None:
    """The former photo is deleted with the change."""
    alert_id = await station.drafted()
    await station.desk.put(f"/api/alerts/{alert_id}/photo", content=jpeg((300, 200)))
    first = (await Alert.get(id=alert_id)).photo_key
    await station.desk.put(f"/api/alerts/{alert_id}/photo", content=jpeg((320, 240)))
    second = (await Alert.get(id=alert_id)).photo_key
    assert first != second
    assert [row["key"] for row in await rows("SELECT key FROM media")] == [second]
