"""Demo: plain drawings of what the shops offer, so that the shop window has pictures and nobody's photo."""

import io
import math
from collections.abc import Callable, Sequence

from PIL import Image, ImageDraw

WIDTH, HEIGHT = 924, 520
SCALE = 2
"""Drawn larger and made smaller, for smooth edges."""

INK, PAPER, AMBER, RED, TEAL = "#3b3430", "#fffaf0", "#f3b33d", "#c8553d", "#0b6b5b"
type Box = tuple[float, float, float, float]


class Sheet:
    """A drawing of 924 by 520 units on a coloured ground."""

    def __init__(self, ground: str) -> None:
        self.image = Image.new("RGB", (WIDTH * SCALE, HEIGHT * SCALE), ground)
        self._pen = ImageDraw.Draw(self.image)

    def disc(self, box: Box, fill: str) -> None:
        """An ellipse."""
        self._pen.ellipse([side * SCALE for side in box], fill=fill)

    def block(self, box: Box, fill: str, radius: float = 16) -> None:
        """A rectangle with round corners."""
        self._pen.rounded_rectangle([side * SCALE for side in box], radius * SCALE, fill=fill)

    def shape(self, points: Sequence[tuple[float, float]], fill: str) -> None:
        """A polygon."""
        self._pen.polygon([(x * SCALE, y * SCALE) for x, y in points], fill=fill)

    def line(self, points: Sequence[tuple[float, float]], fill: str, width: float = 10) -> None:
        """A line through points."""
        self._pen.line(
            [(x * SCALE, y * SCALE) for x, y in points], fill=fill, width=int(width * SCALE), joint="curve"
        )

    def ring(self, box: Box, fill: str, width: float, start: float = 0, end: float = 360) -> None:
        """An arc, in degrees clockwise from three o'clock."""
        self._pen.arc([side * SCALE for side in box], start, end, fill=fill, width=int(width * SCALE))

    def steam(self, x: float, y: float) -> None:
        """A curl of steam that ends at a point."""
        wave = [(x + 12 * math.sin(step / 3), y - 6 * step) for step in range(16)]
        self.line(wave, PAPER, 7)

    def png(self) -> bytes:
        """The drawing as a file."""
        kept = io.BytesIO()
        self.image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS).save(kept, "PNG", compress_level=1)
        return kept.getvalue()


def _noodles(sheet: Sheet) -> None:
    _bowl(sheet, "#a4502f")
    for step in range(7):
        sheet.ring((330 + 22 * step, 190, 430 + 22 * step, 260), "#f7dfa0", 9, 180, 360)
    sheet.block((520, 205, 600, 235), "#8a3b2a", 10)
    sheet.line([(560, 90), (700, 250)], INK, 9)
    sheet.line([(600, 80), (730, 235)], INK, 9)


def _fish_balls(sheet: Sheet) -> None:
    _bowl(sheet, "#d9c79a")
    for x, y in ((370, 205), (440, 190), (510, 210), (560, 200)):
        sheet.disc((x - 32, y - 28, x + 32, y + 30), PAPER)
    for x in (405, 480, 540):
        sheet.block((x, 232, x + 26, 240), TEAL, 4)


def _bowl(sheet: Sheet, broth: str) -> None:
    sheet.disc((250, 440, 680, 490), "#e0cfae")
    sheet.shape([(240, 230), (684, 230), (580, 440), (344, 440)], TEAL)
    sheet.disc((310, 380, 614, 465), TEAL)
    sheet.disc((240, 165, 684, 295), "#0e8a75")
    sheet.disc((262, 178, 662, 282), broth)


def _cup(sheet: Sheet, drink: str, side: str) -> None:
    sheet.disc((300, 430, 640, 490), "#e0cfae")
    sheet.ring((560, 230, 690, 370), side, 26)
    sheet.shape([(320, 180), (610, 180), (570, 460), (360, 460)], side)
    sheet.disc((318, 150, 612, 212), side)
    sheet.disc((338, 160, 592, 204), drink)
    for x in (410, 465, 520):
        sheet.steam(x, 140)


def _soy_milk(sheet: Sheet) -> None:
    _cup(sheet, "#fbf3df", AMBER)


def _tea(sheet: Sheet) -> None:
    sheet.disc((240, 430, 700, 490), "#e0cfae")
    sheet.ring((590, 220, 740, 390), RED, 24, 270, 90)
    sheet.shape([(250, 250), (180, 200), (206, 186), (300, 300)], RED)
    sheet.disc((270, 190, 650, 470), RED)
    sheet.disc((340, 175, 580, 235), "#a5412c")
    sheet.disc((435, 145, 485, 190), "#a5412c")
    sheet.steam(185, 175)


def _scissors(sheet: Sheet) -> None:
    sheet.shape([(300, 100), (345, 95), (600, 360), (575, 385)], "#aab4b8")
    sheet.shape([(624, 100), (579, 95), (324, 360), (349, 385)], "#c3ccd0")
    for x in (285, 639):
        sheet.ring((x - 70, 350, x + 70, 480), TEAL, 26)
    sheet.disc((448, 240, 478, 270), INK)


def _shampoo(sheet: Sheet) -> None:
    sheet.block((370, 190, 560, 470), TEAL, 30)
    sheet.block((430, 130, 500, 200), "#0e8a75", 8)
    sheet.block((400, 105, 540, 140), "#0e8a75", 10)
    sheet.block((395, 270, 535, 380), PAPER, 12)
    for x, y, r in ((620, 180, 34), (690, 260, 22), (640, 320, 14), (300, 240, 26), (250, 330, 16)):
        sheet.disc((x - r, y - r, x + r, y + r), PAPER)


def _plasters(sheet: Sheet) -> None:
    sheet.block((260, 190, 560, 450), PAPER, 20)
    sheet.block((385, 250, 435, 390), RED, 6)
    sheet.block((340, 295, 480, 345), RED, 6)
    sheet.block((520, 120, 740, 190), "#e9b98a", 34)
    sheet.block((595, 126, 665, 184), "#f6dcbc", 6)


def _blood_pressure(sheet: Sheet) -> None:
    sheet.disc((330, 130, 480, 280), RED)
    sheet.disc((444, 130, 594, 280), RED)
    sheet.shape([(343, 240), (581, 240), (462, 430)], RED)
    beat = [(230, 270), (390, 270), (425, 200), (470, 350), (505, 270), (700, 270)]
    sheet.line(beat, PAPER, 12)


def _wheel(sheet: Sheet) -> None:
    sheet.ring((290, 80, 650, 440), INK, 30)
    sheet.ring((322, 112, 618, 408), "#aab4b8", 8)
    for step in range(12):
        angle = math.pi * step / 6
        sheet.line([(470, 260), (470 + 145 * math.cos(angle), 260 + 145 * math.sin(angle))], "#aab4b8", 4)
    sheet.disc((440, 230, 500, 290), AMBER)
    sheet.block((600, 220, 700, 300), RED, 12)


def _lock(sheet: Sheet) -> None:
    sheet.ring((345, 80, 585, 340), "#8d979c", 40, 180, 360)
    sheet.block((345, 205, 385, 290), "#8d979c", 4)
    sheet.block((545, 205, 585, 290), "#8d979c", 4)
    sheet.block((310, 260, 620, 460), AMBER, 26)
    sheet.disc((435, 315, 495, 375), INK)
    sheet.block((453, 350, 477, 415), INK, 8)


def _eggs(sheet: Sheet) -> None:
    sheet.block((220, 330, 710, 440), "#b9a58c", 20)
    for row, y in enumerate((200, 270)):
        for step in range(5):
            x = 240 + 92 * step + 6 * row
            sheet.disc((x, y, x + 82, y + 112), ("#f0d2b1", "#e7bf96")[(row + step) % 2])
    sheet.block((220, 360, 710, 450), "#a8937a", 20)


def _torch(sheet: Sheet) -> None:
    sheet.shape([(520, 205), (760, 90), (760, 430), (520, 315)], "#fbe7b0")
    sheet.block((200, 215, 440, 305), INK, 18)
    sheet.shape([(430, 215), (530, 180), (530, 340), (430, 305)], "#5c534d")
    sheet.block((290, 200, 340, 222), RED, 6)


def _book(sheet: Sheet) -> None:
    sheet.shape([(462, 160), (220, 120), (220, 410), (462, 450)], PAPER)
    sheet.shape([(462, 160), (704, 120), (704, 410), (462, 450)], "#f1e7d3")
    for step in range(6):
        y = 180 + 36 * step
        sheet.line([(255, y - 5), (430, y + 24)], "#c9bda6", 6)
        sheet.line([(494, y + 24), (669, y - 5)], "#b8ab92", 6)
    sheet.shape([(600, 130), (640, 124), (640, 230), (620, 210), (600, 236)], RED)


def _ticket(sheet: Sheet) -> None:
    sheet.block((220, 170, 700, 390), RED, 22)
    for y in range(185, 390, 30):
        sheet.disc((558, y, 570, y + 12), PAPER)
    sheet.disc((200, 255, 240, 305), "#c9d8e6")
    sheet.disc((680, 255, 720, 305), "#c9d8e6")
    sheet.shape([(340, 225), (340, 335), (440, 280)], PAPER)


def _dumbbell(sheet: Sheet) -> None:
    sheet.block((300, 250, 624, 290), "#8d979c", 12)
    for left in (200, 604):
        sheet.block((left + 30, 170, left + 90, 370), INK, 16)
    for left in (170, 694):
        sheet.block((left, 205, left + 50, 335), "#5c534d", 14)


def _tooth(sheet: Sheet) -> None:
    sheet.disc((320, 120, 480, 300), PAPER)
    sheet.disc((444, 120, 604, 300), PAPER)
    sheet.block((325, 190, 599, 290), PAPER, 40)
    sheet.shape([(335, 270), (450, 270), (405, 450), (365, 430)], PAPER)
    sheet.shape([(589, 270), (474, 270), (519, 450), (559, 430)], PAPER)
    sheet.line([(640, 130), (640, 190)], AMBER, 10)
    sheet.line([(610, 160), (670, 160)], AMBER, 10)


def _bread(sheet: Sheet) -> None:
    sheet.block((270, 230, 660, 440), "#d49a5b", 26)
    sheet.disc((240, 130, 470, 320), "#d49a5b")
    sheet.disc((460, 130, 690, 320), "#d49a5b")
    sheet.block((305, 240, 625, 410), "#f6e3bf", 20)
    sheet.disc((280, 165, 460, 300), "#f6e3bf")
    sheet.disc((470, 165, 650, 300), "#f6e3bf")
    sheet.block((370, 190, 560, 300), "#f6e3bf", 10)


DRAWINGS: dict[str, tuple[str, Callable[[Sheet], None]]] = {
    "牛肉面一碗": ("#f6dfb8", _noodles),
    "热豆浆一杯": ("#dbe8df", _soy_milk),
    "清茶一壶": ("#dfe7d3", _tea),
    "理发一次": ("#e6e2f0", _scissors),
    "洗头一次": ("#cfe3ea", _shampoo),
    "创可贴一盒": ("#dcebe6", _plasters),
    "血压测量并记录": ("#f4dcd6", _blood_pressure),
    "电动车换刹车皮": ("#e4e6e2", _wheel),
    "车锁一把": ("#dde4ea", _lock),
    "鸡蛋 10 枚": ("#f3ead2", _eggs),
    "手电筒一支": ("#3f4a5a", _torch),
    "图书八折券": ("#d8e0cf", _book),
    "周中电影票": ("#c9d8e6", _ticket),
    "健身单次": ("#e9e1d4", _dumbbell),
    "鱼丸汤一碗": ("#d5e6ec", _fish_balls),
    "口腔检查": ("#cfe6e0", _tooth),
    "吐司一条": ("#efe3cf", _bread),
}
"""What is drawn, on which ground, by the offer's Chinese title."""


def drawing(title_zh: str) -> bytes | None:
    """The offer's drawing as a PNG, or None where there is none."""
    found = DRAWINGS.get(title_zh)
    if found is None:
        return None
    ground, draw = found
    sheet = Sheet(ground)
    draw(sheet)
    return sheet.png()
