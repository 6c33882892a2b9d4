"""The mark across photos."""

import io

from PIL import Image, ImageChops

from backend.alerts.watermark import marked


def picture(size: tuple[int, int], colour: str = "grey") -> bytes:
    target = io.BytesIO()
    Image.new("RGB", size, colour).save(target, "WEBP", lossless=True)
    return target.getvalue()


def difference(photo: bytes, original: bytes) -> Image.Image:
    with Image.open(io.BytesIO(photo)) as one, Image.open(io.BytesIO(original)) as other:
        return (
            ImageChops.difference(one.convert("RGB"), other.convert("RGB"))
            .convert("L")
            .point(lambda value: 255 if value > 12 else 0)
        )


def test_every_part_of_the_photo_is_marked() -> None:
    """No quarter of a photo, whatever its shape, can be cut out without the mark; on dark and on light ground."""
    for size in ((800, 600), (600, 1200), (320, 240)):
        for colour in ("black", "white", "grey"):
            original = picture(size, colour)
            seen = difference(marked(original, "1A2B3C4D 2026-06-05 21:07:00"), original)
            for left in range(0, size[0], size[0] // 2):
                for top in range(0, size[1], size[1] // 2):
                    part = seen.crop((left, top, left + size[0] // 2, top + size[1] // 2))
                    assert part.getbbox() is not None, (size, colour, left, top)


def test_the_photo_stays_recognisable_and_keeps_its_size() -> None:
    """The mark covers little of the picture."""
    original = picture((1200, 900))
    photo = marked(original, "1A2B3C4D 2026-06-05 21:07:00")
    with Image.open(io.BytesIO(photo)) as opened:
        assert opened.size == (1200, 900)
        assert not opened.getexif()
    changed = sum(value > 0 for value in difference(photo, original).get_flattened_data())
    assert changed < 0.35 * 1200 * 900


def test_two_texts_give_two_pictures() -> None:
    """Two viewers, or one viewer twice, never get the same bytes."""
    original = picture((400, 300))
    assert marked(original, "AAAAAAAA 21:07:00") != marked(original, "BBBBBBBB 21:07:00")
    assert marked(original, "AAAAAAAA 21:07:00") != marked(original, "AAAAAAAA 21:07:01")
