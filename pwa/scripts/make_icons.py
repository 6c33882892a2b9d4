"""Draw the app's icons as PNG: the same three stops on a route as public/icons/icon.svg, at the sizes phones ask for.

Run from the project root after changing the drawing: `.venv/bin/python pwa/scripts/make_icons.py`.
"""

from pathlib import Path

from PIL import Image, ImageDraw

OUT = Path(__file__).parents[1] / "public" / "icons"
BRAND, WHITE, LANTERN = "#0b6b5b", "#ffffff", "#f3b33d"
ROUTE = [(150, 366), (150, 222), (256, 222), (256, 138), (362, 138)]
OVERSAMPLE = 4


def draw(size_px: int, *, rounded: bool, shrink: float = 1.0, flat: bool = False) -> Image.Image:
    """One icon. `shrink` keeps the drawing inside a mask's safe circle; `flat` is white on nothing (the badge)."""
    scale = size_px * OVERSAMPLE / 512
    image = Image.new("RGBA", (size_px * OVERSAMPLE,) * 2)
    pen = ImageDraw.Draw(image)
    if not flat:
        side = size_px * OVERSAMPLE - 1
        pen.rounded_rectangle((0, 0, side, side), radius=112 * scale if rounded else 0, fill=BRAND)

    def at(x: float, y: float) -> tuple[float, float]:
        return (256 + (x - 256) * shrink) * scale, (256 + (y - 256) * shrink) * scale

    def dot(x: float, y: float, radius: float, colour: str) -> None:
        cx, cy = at(x, y)
        reach = radius * shrink * scale
        pen.ellipse((cx - reach, cy - reach, cx + reach, cy + reach), fill=colour)

    pen.line([at(*point) for point in ROUTE], fill=WHITE, width=round(34 * shrink * scale), joint="curve")
    dot(150, 366, 42, WHITE)
    dot(256, 222, 34, WHITE)
    dot(362, 138, 58, WHITE if flat else LANTERN)
    return image.resize((size_px, size_px), Image.Resampling.LANCZOS)


def main() -> None:
    """Write every size."""
    OUT.mkdir(parents=True, exist_ok=True)
    draw(192, rounded=True).save(OUT / "icon-192.png", optimize=True)
    draw(512, rounded=True).save(OUT / "icon-512.png", optimize=True)
    draw(512, rounded=False, shrink=0.78).save(OUT / "maskable-512.png", optimize=True)
    draw(96, rounded=False, shrink=1.1, flat=True).save(OUT / "badge-96.png", optimize=True)


if __name__ == "__main__":
    main()
