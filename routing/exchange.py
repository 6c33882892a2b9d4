"""A plan as a file: what every format holds, and how what somebody else wrote is held to it, row by row."""

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from routing.profiles import PROFILES
from routing.words import Words

type Position = tuple[float, float]
type FormatName = Literal["geojson", "gpx", "xlsx"]

TEAMS_MAX, STOPS_MAX = 60, 40
MINUTES_RANGE = (20, 240)
DWELL_RANGE_MIN = (1.0, 60.0)
NAME_MAX, REASON_MAX = 80, 300
YES = frozenset({"1", "true", "yes", "是", "锁定"})
SCORE_UNSAID = 50.0
FAULTS_MAX = 100
UNSAID = Words("", "")


@dataclass(frozen=True, slots=True)
class FileStop:
    """A stop as files hold it: where, when (aware; None where the file says no time), how long, why. `score` 0 to 100."""

    lon: float
    lat: float
    dwell_s: int
    arrive: dt.datetime | None
    name: str = ""
    name_en: str = ""
    score: float = SCORE_UNSAID
    reason: Words = UNSAID
    locked: bool = False
    id: str = ""
    row: Words = field(default=UNSAID, compare=False)
    """How its row in the file is called."""


@dataclass(frozen=True, slots=True)
class FileTeam:
    """A team's route. `minutes` None: as long as its stops need. `row` names its row for whoever must mend it.

    Only what is written has `setting_out`, `finish`, `length_m`, `walk_s` and `geometry`; when read, times and lines
    are found anew.
    """

    number: int
    profile: str
    minutes: int | None
    start: Position
    end: Position
    stops: tuple[FileStop, ...]
    row: Words = UNSAID
    setting_out: dt.datetime | None = None
    finish: dt.datetime | None = None
    length_m: float = 0.0
    walk_s: int = 0
    geometry: tuple[Position, ...] = ()


@dataclass(frozen=True, slots=True)
class PlanFile:
    """A plan's routes and its evening; `starts_at` and `ends_at` (aware) are None where the file says no time."""

    starts_at: dt.datetime | None
    ends_at: dt.datetime | None
    teams: tuple[FileTeam, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing in a file that cannot be used: its row, the field, the value as written, and what to write instead."""

    row: Words
    field: str
    value: str
    remedy: Words

    @property
    def words(self) -> Words:
        """The fault as one sentence."""
        zh_value, en_value = (
            (f"“{self.value}”", f" {self.value!r}") if self.value else ("没有填", " is missing")
        )
        zh = f"{self.row.zh}，{self.field}{zh_value}：{self.remedy.zh}。"
        return Words(zh, f"{self.row.en}, {self.field}{en_value}: {self.remedy.en}.")


class PlanFileError(Exception):
    """The file cannot be used; `faults` are all that was found, the first row first."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(faults[0].words.en)
        self.faults = tuple(faults[:FAULTS_MAX])

    def __reduce__(self) -> tuple[object, ...]:
        """Keep the faults when the error crosses from a worker process."""
        return (PlanFileError, (self.faults,))


def unreadable(format_name: str, why: str) -> PlanFileError:
    """The file is not of its format at all."""
    remedy = Words(
        "请重新导出为 GeoJSON、GPX 或 xlsx，再试一次",
        "export it again as GeoJSON, GPX or xlsx, and try again",
    )
    return PlanFileError([Fault(Words("整个文件", "the whole file"), format_name, why[:120], remedy)])


@dataclass(frozen=True, slots=True)
class RawRow:
    """A row as a format holds it: cells of text by the field's name, and how the row is called."""

    row: Words
    cells: Mapping[str, str]


@dataclass(slots=True)
class RawPlan:
    """What a format's reader found: rows of teams, rows of stops."""

    teams: list[RawRow] = field(default_factory=list[RawRow])
    stops: list[RawRow] = field(default_factory=list[RawRow])


def checked(raw: RawPlan) -> PlanFile:
    """The rows as a plan. PlanFileError with every fault found, when there is one."""
    return _Checking().plan(raw)


class _Checking:
    """One pass over the rows, which gathers faults instead of ending at the first."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def plan(self, raw: RawPlan) -> PlanFile:
        if not raw.stops:
            self._fault(
                RawRow(Words("整个文件", "the whole file"), {}),
                "stops",
                "",
                "至少写一个点位",
                "give at least one stop",
            )
        stops: dict[int, list[tuple[int, FileStop]]] = {}
        for row in raw.stops:
            team = self._whole(row, "team", 1, TEAMS_MAX)
            order = (
                self._whole(row, "order", 1, 10_000)
                if row.cells.get("order")
                else len(stops.get(team, ())) + 1
            )
            stops.setdefault(team, []).append((order, self._stop(row)))
        rows = self._team_rows(raw)
        windows = [self._window(row) for row in raw.teams]
        teams = [self._team(number, found, rows.get(number)) for number, found in sorted(stops.items())]
        if self._faults:
            raise PlanFileError(self._faults)
        begins = [begin for begin, _ in windows if begin] + [
            stop.arrive for team in teams for stop in team.stops if stop.arrive
        ]
        ends = [end for _, end in windows if end]
        return PlanFile(min(begins, default=None), max(ends, default=None), tuple(teams))

    def _team_rows(self, raw: RawPlan) -> dict[int, RawRow]:
        rows: dict[int, RawRow] = {}
        for row in raw.teams:
            number = self._whole(row, "team", 1, TEAMS_MAX)
            if number in rows:
                self._fault(row, "team", str(number), "每个队只写一行", "give each team one row")
            rows[number] = row
        return rows

    def _team(self, number: int, found: list[tuple[int, FileStop]], row: RawRow | None) -> FileTeam:
        stops = tuple(stop for _, stop in sorted(found, key=lambda each: each[0]))
        called = row.row if row else Words(f"{number} 队", f"team {number}")
        if len(stops) > STOPS_MAX:
            self._faults.append(
                Fault(
                    called,
                    "stops",
                    str(len(stops)),
                    Words(f"最多 {STOPS_MAX} 个点位", f"at most {STOPS_MAX} stops"),
                )
            )
        first = (stops[0].lon, stops[0].lat)
        if row is None:
            return FileTeam(number, "foot", None, first, first, stops, called)
        start = self._place(row, "start_lon", "start_lat") or first
        end = self._place(row, "end_lon", "end_lat") or start
        minutes = self._whole(row, "minutes", *MINUTES_RANGE) if row.cells.get("minutes") else None
        profile = row.cells.get("profile") or "foot"
        if profile not in PROFILES:
            names = ", ".join(PROFILES)
            self._fault(row, "profile", profile, f"写 {names} 之一", f"use one of {names}")
        return FileTeam(number, profile, minutes, start, end, stops, called)

    def _stop(self, row: RawRow) -> FileStop:
        lon, lat = self._degrees(row, "lon", 180.0), self._degrees(row, "lat", 90.0)
        arrive, leave = self._moment(row, "arrive"), self._moment(row, "leave")
        cells = row.cells
        score = self._number(row, "score", 0.0, 100.0) if cells.get("score") else SCORE_UNSAID
        if not cells.get("dwell_min") and arrive and leave:
            dwell_min = (leave - arrive).total_seconds() / 60
            if not DWELL_RANGE_MIN[0] <= dwell_min <= DWELL_RANGE_MIN[1]:
                self._fault(
                    row,
                    "leave",
                    cells["leave"],
                    "离开要晚于到达，停留 1–60 分钟",
                    "leave 1 to 60 minutes after arriving",
                )
        else:
            dwell_min = self._number(row, "dwell_min", *DWELL_RANGE_MIN)
        return FileStop(
            lon=lon,
            lat=lat,
            dwell_s=round(dwell_min * 60),
            arrive=arrive,
            name=self._text(row, "name", NAME_MAX),
            name_en=self._text(row, "name_en", NAME_MAX),
            score=score,
            reason=Words(self._text(row, "reason_zh", REASON_MAX), self._text(row, "reason_en", REASON_MAX)),
            locked=cells.get("locked", "").strip().lower() in YES,
            id=self._text(row, "id", NAME_MAX),
            row=row.row,
        )

    def _window(self, row: RawRow) -> tuple[dt.datetime | None, dt.datetime | None]:
        return self._moment(row, "starts_at"), self._moment(row, "ends_at")

    def _place(self, row: RawRow, lon: str, lat: str) -> Position | None:
        if not row.cells.get(lon) and not row.cells.get(lat):
            return None
        return self._degrees(row, lon, 180.0), self._degrees(row, lat, 90.0)

    def _degrees(self, row: RawRow, name: str, most: float) -> float:
        return self._number(
            row, name, -most, most, "写十进制度数（WGS-84），如 ", "use decimal degrees (WGS-84), from "
        )

    def _number(
        self,
        row: RawRow,
        name: str,
        low: float,
        high: float,
        zh: str = "写数字，",
        en: str = "use a number from ",
    ) -> float:
        text = row.cells.get(name, "")
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not low <= value <= high:
            self._fault(row, name, text, f"{zh}{low:g} 到 {high:g}", f"{en}{low:g} to {high:g}")
            return low
        return value

    def _whole(self, row: RawRow, name: str, low: int, high: int) -> int:
        text = row.cells.get(name, "")
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not (low <= value <= high and value.is_integer()):
            self._fault(
                row, name, text, f"写 {low} 到 {high} 的整数", f"use a whole number from {low} to {high}"
            )
            return low
        return int(value)

    def _moment(self, row: RawRow, name: str) -> dt.datetime | None:
        text = row.cells.get(name, "")
        if not text:
            return None
        try:
            at = dt.datetime.fromisoformat(text)
        except ValueError:
            at = None
        if at is None or at.tzinfo is None:
            self._fault(
                row, name, text, "写带时区的时间，如 2026-06-05T20:00:00+08:00", "use a time with its offset, such as 2026-06-05T20:00:00+08:00"
            )  # fmt: skip
            return None
        return at

    def _text(self, row: RawRow, name: str, most: int) -> str:
        text = row.cells.get(name, "").strip()
        if len(text) > most or "\0" in text:
            self._fault(row, name, f"{text[:20]}…", f"最多 {most} 个字", f"use at most {most} characters")
        return text

    def _fault(self, row: RawRow, name: str, value: str, zh: str, en: str) -> None:
        self._faults.append(Fault(row.row, name, value, Words(zh, en)))


def shifted(plan: PlanFile, starts_at: dt.datetime) -> PlanFile:
    """The plan on another evening: everything as long after `starts_at` (aware) as it was after the file's start."""
    by = starts_at - plan.starts_at if plan.starts_at else dt.timedelta()
    return PlanFile(starts_at, plan.ends_at + by if plan.ends_at else None, plan.teams)
