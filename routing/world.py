"""The demo district's year: made-up incidents with their hours, hotspots and two stories, and made-up people.

Everything follows from the seed and the day it is told from (`as_of`); nothing of it ever happened.
"""

import csv
import math
import random
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import shapely
from shapely.geometry import shape

from routing import town_plan as plan
from routing.geo import Datum, from_wgs84, metres_per_degree
from routing.incident import Incident
from routing.town import LonLat, Town
from routing.walker import Position, Stop, Walker

__all__ = [
    "KINDS",
    "DemoKind",
    "ImportFile",
    "Position",
    "Stop",
    "Walker",
    "demo_incidents",
    "demo_people",
    "write_incident_file",
]

ZONE = ZoneInfo("Asia/Shanghai")
HOTSPOT_SHARE = 0.62
NEAR_REPEAT_SHARE = 0.08
SPREAD_M = 52.0  # how far incidents of one hotspot scatter
WEEKDAYS = (0.95, 0.95, 1.0, 1.0, 1.15, 1.2, 1.05)  # Monday first
SERIES_DAYS = 21  # e-bike thefts that move along the river
SERIES_COUNT = 42
BAR_COUNT = 330  # weekend nights in the bar street
BAR_PATROL_WEEKS = 10  # patrols began so long ago; the peak has faded since


@dataclass(frozen=True)
class DemoKind:
    """A kind of incident: its share of the year and how busy each hour is, one digit an hour from midnight."""

    name_zh: str
    name_en: str
    share: float
    hours: str


KINDS: tuple[DemoKind, ...] = (
    DemoKind("盗窃电动车", "E-bike theft", 0.24, "998863211112222333345789"),
    DemoKind("扒窃/盗窃", "Pickpocketing and theft", 0.17, "100000013699755679998521"),
    DemoKind("酒后滋事", "Drunken disorder", 0.13, "963100000000011111136799"),
    DemoKind("纠纷", "Dispute", 0.19, "200000137887557766789863"),
    DemoKind("噪音扰民", "Noise", 0.10, "631000001111111122247999"),
    DemoKind("电信诈骗报警", "Phone fraud report", 0.09, "000000037998579985443210"),
    DemoKind("走失/求助", "Missing person or call for help", 0.05, "111111379876556798754321"),
    DemoKind("消防隐患", "Fire hazard", 0.03, "543222334555765555789876"),
)
EBIKE, THEFT, DRUNK, DISPUTE, NOISE, FRAUD, MISSING, FIRE = (kind.name_zh for kind in KINDS)

# place -> (strength, kinds that gather there)
HOTSPOTS: dict[str, tuple[float, tuple[str, ...]]] = {
    "站前广场": (3.0, (THEFT, DISPUTE, MISSING, FRAUD)),
    "东市夜市": (3.0, (THEFT, DRUNK, NOISE)),
    "新渡酒吧街": (2.6, (DRUNK, NOISE, DISPUTE)),
    "槐巷停车棚": (2.4, (EBIKE, FIRE)),
    "石坊老街菜场": (2.2, (THEFT, EBIKE, DISPUTE)),
    "榕桥菜场": (1.6, (THEFT, EBIKE, DISPUTE)),
    "乐湾人民医院": (1.5, (DISPUTE, THEFT, MISSING, FRAUD)),
    "柳河步道车棚": (1.2, (EBIKE,)),
    "渔港海鲜市场": (1.2, (DISPUTE, THEFT, FIRE)),
    "滨湖邻里中心": (1.1, (DISPUTE, FRAUD, NOISE)),
    "桥北菜场": (1.0, (EBIKE, THEFT, DISPUTE)),
    "榕桥中学": (0.9, (EBIKE, DISPUTE)),
    "老城西门站": (0.9, (THEFT, MISSING)),
    "月湖公园": (0.8, (NOISE, MISSING, DRUNK)),
    "榕园": (0.7, (NOISE, MISSING)),
    "望江中学": (0.6, (EBIKE, DISPUTE)),
    "乐湾图书馆": (0.5, (EBIKE, FRAUD)),
    "文庙": (0.5, (THEFT, FIRE)),
}


def demo_incidents(
    town: Town, *, seed: int = 20260801, as_of: date, days: int = 365, count: int = 6200
) -> list[Incident]:
    """`count` incidents of the `days` before `as_of`, by time; ids are UUIDs as text, kinds those of KINDS."""
    if days < 90 or count < 1000:
        raise ValueError(f"days {days}, count {count}: the stories need at least 90 days and 1000 incidents")
    return _Year(town, random.Random(seed), as_of, days).tell(count)


@dataclass
class _Event:
    kind: str
    day: date
    clock: time
    lon: float
    lat: float


class _Year:
    """Draws incidents one by one; near repeats look back at those already drawn."""

    def __init__(self, town: Town, dice: random.Random, as_of: date, days: int) -> None:
        self._town, self._dice, self._as_of = town, dice, as_of
        self._days = [as_of - timedelta(days=days - n) for n in range(days)]
        self._day_weights = [
            WEEKDAYS[d.weekday()] * (1 + 0.18 * math.sin(math.tau * (d.timetuple().tm_yday - 80) / 365))
            for d in self._days
        ]
        lon_m, lat_m = metres_per_degree(town.center[1])
        self._degree_m = (float(lon_m), float(lat_m))
        self._land = shapely.difference(shape(town.areas[0].geometry), shape(town.water))
        shapely.prepare(self._land)
        self._homes = [(area, shape(area.geometry)) for area in town.communities]
        named = {place.name_zh: (place.lon, place.lat) for place in town.places}
        self._spots = [(named[name], *traits) for name, traits in HOTSPOTS.items()]
        self._events: list[_Event] = []

    def tell(self, count: int) -> list[Incident]:
        """All incidents of the year."""
        self._theft_series()
        self._bar_street()
        told = Counter(event.kind for event in self._events)
        kinds = [kind for kind in KINDS for _ in range(round(kind.share * count) - told[kind.name_zh])]
        kinds = (kinds + [KINDS[3]] * count)[: count - len(self._events)]
        self._dice.shuffle(kinds)
        for kind in kinds:
            self._ordinary(kind)
        self._events.sort(key=lambda event: (event.day, event.clock, event.lon, event.lat))
        return [
            Incident(
                id=str(uuid.UUID(int=self._dice.getrandbits(128), version=4)),
                at=datetime.combine(event.day, event.clock, ZONE),
                lon=event.lon,
                lat=event.lat,
                kind=event.kind,
            )
            for event in self._events
        ]

    def _ordinary(self, kind: DemoKind) -> None:
        """One incident at a hotspot of its kind, soon after and near another one, or anywhere people live."""
        day = self._dice.choices(self._days, self._day_weights)[0]
        luck = self._dice.random()
        earlier = (
            [e for e in self._events[-400:] if e.kind == kind.name_zh] if luck > 1 - NEAR_REPEAT_SHARE else []
        )
        if luck < HOTSPOT_SHARE:
            weights = [
                strength * (1.0 if kind.name_zh in kinds else 0.06) for _, strength, kinds in self._spots
            ]
            center = self._dice.choices([spot[0] for spot in self._spots], weights)[0]
            place = self._near(center, SPREAD_M)
        elif earlier:
            source = self._dice.choice(earlier)
            place = self._near((source.lon, source.lat), 40.0)
            day = min(self._days[-1], source.day + timedelta(days=self._dice.randint(1, 7)))
        else:
            place = self._anywhere()
        self._add(
            kind.name_zh, day, self._dice.choices(range(24), [0.3 + int(h) for h in kind.hours])[0], place
        )

    def _theft_series(self) -> None:
        """E-bikes taken along the Liu river in the small hours, night after night further downstream."""
        bank = [
            point
            for point in self._town.river
            if self._town.bounds[0] + 0.007 < point[0] < self._town.center[0]
        ]
        for n in range(SERIES_COUNT):
            share = n / (SERIES_COUNT - 1)
            day = self._days[-1] - timedelta(days=round((SERIES_DAYS - 1) * (1 - share)))
            lon, lat = _along(bank, share)
            shore = (lon, lat - self._dice.uniform(80, 150) / self._degree_m[1])
            self._add(EBIKE, day, self._dice.choice((0, 1, 1, 2, 2, 3)), self._near(shore, 35.0))

    def _bar_street(self) -> None:
        """Friday and Saturday nights, 22:00 to 02:00, in the bar street; fading since patrols began."""
        since = self._days[-1] - timedelta(weeks=BAR_PATROL_WEEKS)
        nights = [day for day in self._days[:-1] if day.weekday() in (4, 5)]
        weights = [max(0.15, 1 - 0.13 * max(0, (day - since).days / 7)) for day in nights]
        for night in self._dice.choices(nights, weights, k=BAR_COUNT):
            hour = self._dice.choice((22, 22, 23, 23, 23, 0, 0, 1))
            place = self._near(_along(list(self._town.bar_street), self._dice.uniform(0.2, 0.8)), 22.0)
            self._add(DRUNK, night if hour > 12 else night + timedelta(days=1), hour, place)

    def _add(self, kind: str, day: date, hour: int, place: LonLat) -> None:
        clock = time(hour, self._dice.randrange(60), self._dice.randrange(60))
        self._events.append(_Event(kind, day, clock, round(place[0], 6), round(place[1], 6)))

    def _near(self, center: LonLat, spread_m: float) -> LonLat:
        """A place on land round `center`."""

        def draw() -> LonLat:
            return (
                center[0] + self._dice.gauss(0, spread_m) / self._degree_m[0],
                center[1] + self._dice.gauss(0, spread_m) / self._degree_m[1],
            )

        return self._on_land(draw)

    def _anywhere(self) -> LonLat:
        """A place on land in a community, the more people the likelier."""
        area, home = self._dice.choices(self._homes, [area.population for area, _ in self._homes])[0]
        west, south, east, north = home.bounds
        shapely.prepare(home)

        def draw() -> LonLat:
            for _ in range(200):
                point = (self._dice.uniform(west, east), self._dice.uniform(south, north))
                if shapely.contains_xy(home, *point):
                    return point
            return area.center

        return self._on_land(draw)

    def _on_land(self, draw: Callable[[], LonLat]) -> LonLat:
        for _ in range(200):
            point = draw()
            if shapely.contains_xy(self._land, *point):
                return point
        raise ValueError("no land within reach; the town and the world do not fit together")


def _along(line: Sequence[LonLat], share: float) -> LonLat:
    """The point at `share` (0..1) of a line's length."""
    lengths = [math.dist(a, b) for a, b in pairwise(line)]
    left = share * sum(lengths)
    for (a, b), length in zip(pairwise(line), lengths, strict=True):
        if left <= length:
            t = left / length if length else 0.0
            return (a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t)
        left -= length
    return line[-1]


# The demo import file ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ImportFile:
    """What `write_incident_file` wrote: rows below the header, and the bad ones by the code an import reports."""

    path: Path
    row_count: int
    bad: dict[str, int]


def write_incident_file(
    path: Path | str,
    incidents: Sequence[Incident],
    bad_share: float = 0.07,
    *,
    seed: int = 20260801,
    datum: Datum = "wgs84",
) -> ImportFile:
    """Writes incidents as the CSV that a station would export (UTF-8 with BOM, Chinese headers, a column about persons).

    `bad_share` of the rows are broken in the ways real exports are: no place, 0,0, lon and lat swapped, a place far
    away, a time that is none, no kind, the same row twice. Coordinates are written in `datum`.
    """
    if not 0 <= bad_share < 0.5:
        raise ValueError(f"bad_share {bad_share}: give 0 to 0.5")
    dice = random.Random(seed)
    lons, lats = from_wgs84([i.lon for i in incidents], [i.lat for i in incidents], datum)
    rows: list[list[str]] = []
    for number, (incident, lon, lat) in enumerate(
        zip(incidents, lons.tolist(), lats.tolist(), strict=True), 1
    ):
        rows.append([
            f"JQ{number:06d}", incident.at.strftime("%Y-%m-%d %H:%M:%S"), incident.kind, f"{lon:.6f}", f"{lat:.6f}",
            "某某", f"1990000{dice.randrange(10_000):04d}", "演示派出所",
        ])  # fmt: skip
    bad_count = round(bad_share * len(rows))
    chosen = sorted(dice.sample(range(len(rows)), bad_count), reverse=True)
    told: Counter[str] = Counter()
    for n, index in enumerate(chosen):
        code, spoil = SPOILERS[n % len(SPOILERS)]
        told[code] += 1
        if code == "duplicate":
            rows.insert(index + 1, list(rows[index]))
        else:
            spoil(rows[index])
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(
            ["警情编号", "报警时间", "警情类别", "经度", "纬度", "报警人", "联系电话", "处警单位"]
        )
        writer.writerows(rows)
    return ImportFile(target, len(rows), dict(told))


def _set(**cells: str) -> Callable[[list[str]], None]:
    """A spoiler that overwrites cells of a row by the field's name."""
    columns = {"at": 1, "kind": 2, "lon": 3, "lat": 4}

    def spoil(row: list[str]) -> None:
        for name, value in cells.items():
            row[columns[name]] = value

    return spoil


def _swap(row: list[str]) -> None:
    row[3], row[4] = row[4], row[3]


SPOILERS: tuple[tuple[str, Callable[[list[str]], None]], ...] = (
    ("missing_coordinates", _set(lon="", lat="")),
    ("duplicate", _set()),
    ("zero_coordinates", _set(lon="0", lat="0")),
    ("swapped_coordinates", _swap),
    ("outside_area", _set(lon="119.323698", lat="25.005052")),
    ("bad_time", _set(at="待补录")),
    ("missing_category", _set(kind="")),
)


# People ------------------------------------------------------------------------------------------------------------

SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜"
GIVEN = {
    "f": "秀英 芳 敏 静 丽 艳 娟 兰 霞 桂英 晓梅 雨桐 海燕 玉珍 春花 淑芬 佳怡 欣然",
    "m": "建国 伟 强 磊 洋 勇 军 杰 涛 明 超 平 刚 志强 子涵 国庆 永福 浩然",
}
FOREIGN_NAMES = (("Maria", "f"), ("Samuel", "m"), ("Aiko", "f"), ("Liam", "m"))
AGE_GROUPS = ((0.50, 66, 5), (0.32, 45, 8), (0.18, 27, 5))  # share, middle, spread in years


def demo_people(seed: int = 20260801, count: int = 600, *, year: int = 2026) -> list[dict[str, Any]]:
    """Made-up volunteers: name, phone (19900000000 and up), birth_year, gender f|m, community (path) and its name.

    Of 600, 24 are not verified, 6 are 16 or 17, 9 have low mobility and 4 are foreign residents (locale en).
    """
    dice = random.Random(seed)
    homes = dice.choices(plan.COMMUNITIES, [c.population for c in plan.COMMUNITIES], k=count)
    people: list[dict[str, Any]] = []
    for number, home in enumerate(homes):
        gender = "f" if dice.random() < 0.58 else "m"
        _, middle, spread = dice.choices(AGE_GROUPS, [share for share, _, _ in AGE_GROUPS])[0]
        age = min(79, max(18, round(dice.gauss(middle, spread))))
        people.append({
            "name": dice.choice(SURNAMES) + dice.choice(GIVEN[gender].split()),
            "phone": f"1990000{number:04d}",
            "birth_year": year - age,
            "gender": gender,
            "community": f"lewan/{home.street}/{home.slug}",
            "community_name": home.name_zh,
            "locale": "zh-CN",
            "verified": True,
            "low_mobility": False,
        })  # fmt: skip
    special = dice.sample(people, max(4, round(count * 43 / 600)))
    groups = [round(count * share / 600) for share in (24, 6, 9)]
    for person in special[: groups[0]]:
        person["verified"] = False
    for person in special[groups[0] : groups[0] + groups[1]]:
        person["birth_year"] = year - dice.choice((16, 17))
    for person in special[sum(groups[:2]) : sum(groups)]:
        person["low_mobility"] = True
    for person, (name, gender) in zip(special[sum(groups) :], FOREIGN_NAMES, strict=False):
        person.update(name=name, gender=gender, locale="en")
    return people
