"""Re-encoding: nothing but the picture survives, and what is not a photo is refused."""

import io
import struct
import tracemalloc
import zlib

import pytest
from PIL import ExifTags, Image, ImageCms, PngImagePlugin

from backend.core.media import BYTES_MAX, PhotoNotReadable, PhotoTooLarge, PhotoTooManyPixels, reencode

GPS = 0x8825


def photo(size: tuple[int, int] = (400, 300), form: str = "JPEG", **options: object) -> bytes:
    """A picture whose left half is red and right half blue."""
    picture = Image.new("RGB", size, "red")
    picture.paste("blue", (size[0] // 2, 0, *size))
    target = io.BytesIO()
    picture.save(target, form, **options)
    return target.getvalue()


def opened(data: bytes) -> Image.Image:
    """The re-encoded picture."""
    return Image.open(io.BytesIO(data))


def is_like(pixel: object, wanted: tuple[int, int, int]) -> bool:
    """Whether a pixel has the wanted colour, give or take the compression's error."""
    return all(abs(have - want) < 40 for have, want in zip(pixel, wanted, strict=True))  # type: ignore[call-overload]


def test_place_device_and_comments_are_gone() -> None:
    """EXIF with GPS, XMP, a comment and a text chunk: none is in the result, in no part of its bytes."""
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "SECRETPHONE"
    exif.get_ifd(GPS)[2] = (27.0, 59.0, 12.0)
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "SECRETTEXT")
    for data in (
        photo(exif=exif, comment=b"SECRETCOMMENT", xmp=b"<x:xmpmeta>SECRETXMP</x:xmpmeta>"),
        photo(form="PNG", pnginfo=info, exif=exif),
        photo(form="WEBP", exif=exif, xmp=b"<x:xmpmeta>SECRETXMP</x:xmpmeta>"),
        photo() + b"SECRETTAIL" * 100,
    ):
        assert b"SECRET" in data
        kept = reencode(data)
        result = opened(kept.data)
        assert result.format == "WEBP" and b"SECRET" not in kept.data
        assert not dict(result.getexif()) and not {"exif", "xmp", "icc_profile", "comment"} & set(result.info)
        assert not {b"EXIF", b"XMP ", b"ICCP"} & {kept.data[at : at + 4] for at in range(len(kept.data))}


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_picture_is_upright_whatever_way_it_was_stored(orientation: int) -> None:
    """Each of the eight EXIF orientations shows red on the left and blue on the right."""
    undone = {
        2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }  # fmt: skip
    upright = opened(photo((400, 300)))
    stored = upright.transpose(undone[orientation]) if orientation in undone else upright
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    target = io.BytesIO()
    stored.save(target, "JPEG", exif=exif)
    kept = reencode(target.getvalue())
    assert (kept.width, kept.height) == (400, 300)
    result = opened(kept.data)
    assert is_like(result.getpixel((50, 150)), (254, 0, 0)) and is_like(
        result.getpixel((350, 150)), (0, 0, 254)
    )


def test_a_large_photo_is_made_smaller_and_a_small_one_is_left() -> None:
    """The proportions stay, the pixels fit, and nothing is blown up."""
    kept = reencode(photo((4000, 3000)), max_pixels=2_000_000)
    assert kept.width * kept.height <= 2_000_000 < (kept.width + 2) * (kept.height + 2)
    assert abs(kept.width / kept.height - 4 / 3) < 0.01
    assert opened(kept.data).size == (kept.width, kept.height)
    small = reencode(photo((64, 48)))
    assert (small.width, small.height) == (64, 48)
    strip = reencode(photo((39_000, 10)))
    assert strip.height >= 1 and strip.width <= 8_000


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16"])
def test_every_kind_of_pixel_becomes_colour_on_white(mode: str) -> None:
    """Palettes, grey, transparency, print colours and 16 bits are all read."""
    target = io.BytesIO()
    Image.new(mode, (40, 30)).save(target, "JPEG" if mode == "CMYK" else "PNG")
    assert opened(reencode(target.getvalue()).data).mode == "RGB"
    clear = io.BytesIO()
    Image.new("RGBA", (40, 30), (255, 0, 0, 0)).save(clear, "PNG")
    assert is_like(opened(reencode(clear.getvalue()).data).getpixel((20, 15)), (255, 255, 255))


def test_a_colour_profile_is_applied_before_it_is_dropped() -> None:
    """A picture in another colour space keeps its look; a profile that makes no sense does no harm."""
    lab_like = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert is_like(opened(reencode(photo(icc_profile=lab_like)).data).getpixel((50, 150)), (254, 0, 0))
    assert is_like(
        opened(reencode(photo(icc_profile=b"nonsense" * 20)).data).getpixel((50, 150)), (254, 0, 0)
    )


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GIF89a" + bytes(100),
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"%PDF-1.7\n" + bytes(200),
        b"PK\x03\x04" + bytes(200),
        b"\xff\xd8\xff\xe0" + b"<html>" * 100,
        b"\x89PNG\r\n\x1a\n" + bytes(100),
    ],
)
def test_what_only_looks_like_a_photo_is_refused(data: bytes) -> None:
    """Other files, also with a photo's first bytes, give the problem that names what is wanted."""
    with pytest.raises(PhotoNotReadable) as refused:
        reencode(data)
    assert refused.value.params == {"formats": ["JPEG", "PNG", "WEBP"]}


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_part_of_a_photo_is_refused(form: str) -> None:
    """An upload that broke off is not taken for a photo with a grey rest."""
    noise = Image.effect_noise((300, 300), 80).convert("RGB")
    target = io.BytesIO()
    noise.save(target, form)
    whole = target.getvalue()
    reencode(whole)
    for share in (0.1, 0.5, 0.9):
        with pytest.raises(PhotoNotReadable):
            reencode(whole[: int(len(whole) * share)])


def flood(width: int, height: int) -> bytes:
    """A tiny PNG that claims to be huge: black, one bit a pixel, well compressed."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    lines = zlib.compress(bytes((width // 8 + 1) * min(height, 10_000)), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", lines) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(6_400, 6_400), (12_000, 8_000), (60_000, 60_000)])
def test_a_pixel_flood_is_refused_before_it_is_decoded(size: tuple[int, int]) -> None:
    """A few kilobytes that would unpack to gigabytes cost no memory."""
    data = flood(*size)
    tracemalloc.start()
    try:
        with pytest.raises(PhotoTooManyPixels):
            reencode(data)
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


def test_too_many_bytes_are_refused_before_they_are_looked_at() -> None:
    """The problem names how many there were and how many may be."""
    with pytest.raises(PhotoTooLarge) as refused:
        reencode(bytes(BYTES_MAX + 1))
    assert refused.value.params == {"bytes": BYTES_MAX + 1, "bytes_max": BYTES_MAX}
