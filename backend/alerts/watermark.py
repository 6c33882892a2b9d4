"""The mark that says who was shown a photo: drawn across it, for every viewer and every view anew."""

import io
import math

from PIL import Image, ImageDraw, ImageFont

QUALITY = 80
CONTENT_TYPE = "image/webp"
ANGLE_DEGREES = 24
OPACITY = 92


def marked(photo: bytes, text: str) -> bytes:
    """The photo as WebP with `text` (plain ASCII) repeated across it, readable and light enough to look past.

    Every row of the picture carries the text, so cutting a part out does not remove it. Runs in a thread.
    """
    with Image.open(io.BytesIO(photo)) as opened:
        picture = opened.convert("RGB")
    size = max(12, min(picture.size) // 22)
    tile = _tile(text, size)
    side = math.ceil(math.hypot(*picture.size)) + max(tile.size)
    layer = Image.new("L", (side, side), 0)
    for row, top in enumerate(range(0, side, tile.height)):
        for left in range(-(row % 2) * tile.width // 2, side, tile.width):
            layer.paste(tile, (left, top))
    layer = layer.rotate(ANGLE_DEGREES, Image.Resampling.BILINEAR)
    left, top = (side - picture.width) // 2, (side - picture.height) // 2
    mask = layer.crop((left, top, left + picture.width, top + picture.height))
    # White letters with a dark rim stay readable on light and on dark ground.
    shadow = mask.transform(
        mask.size, Image.Transform.AFFINE, (1, 0, -max(1, size // 12), 0, 1, -max(1, size // 12))
    )
    picture.paste((0, 0, 0), mask=shadow)
    picture.paste((255, 255, 255), mask=mask)
    target = io.BytesIO()
    picture.save(target, "WEBP", quality=QUALITY, method=3)
    return target.getvalue()


def _tile(text: str, size: int) -> Image.Image:
    font = ImageFont.load_default(size)
    left, top, right, bottom = font.getbbox(text)
    tile = Image.new("L", (math.ceil(right - left) + 3 * size, math.ceil(bottom - top) + 2 * size), 0)
    ImageDraw.Draw(tile).text((-left + size, -top + size), text, fill=OPACITY, font=font)
    return tile
