"""The files of `lexun forecast`: reports and cells in, scores out, all CSV in UTF-8."""

import csv
import gzip
import io
import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from routing.forecast_ground import Ground
from routing.forecast_past import Reports
from routing.words import IncidentFileError, RequestError, Words

type Floats = NDArray[np.float64]
type Ints = NDArray[np.int64]

ROWS_AT_ONCE = 100_000
DAY_S = 86_400
HOUR_S = 3_600
# 1970-01-01 was a Thursday.
EPOCH_WEEKDAY = 3


@dataclass(frozen=True, slots=True)
class ReportTable:
    """Reports as read: WGS-84 degrees, `at_s` seconds of local time since 1970, `clock_known` False where only the
    day was written, `kind` an index into `kinds`."""

    at_s: Ints
    lon: Floats
    lat: Floats
    kind: Ints
    kinds: tuple[str, ...]
    clock_known: NDArray[np.bool_]

    def before(self, start_s: int) -> NDArray[np.bool_]:
        """Per report, whether it lies before `start_s`."""
        return self.at_s < start_s


@dataclass(frozen=True, slots=True)
class CellTable:
    """Cells as read: `names` in the file's order, their ground, and the straight line from degrees to its metres."""

    names: list[str]
    ground: Ground
    lon_to_x: tuple[float, float]
    lat_to_y: tuple[float, float]

    def to_metres(self, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
        """Degrees to the metres of the cells."""
        (slope_x, zero_x), (slope_y, zero_y) = self.lon_to_x, self.lat_to_y
        return lon * slope_x + zero_x, lat * slope_y + zero_y


def read_reports(path: Path) -> ReportTable:
    """Reports from CSV (gzip too) with columns t (local ISO time), lon, lat, and, where there, cat and patrol.

    Rows whose patrol is 0 are those that no patrol can prevent; they are left out. IncidentFileError, naming the line
    and the value, when a row cannot be read.
    """
    blocks = [_block(path, first, rows, index) for first, rows, index in _blocks(path, ("t", "lon", "lat"))]
    if not blocks:
        return ReportTable(
            np.zeros(0, np.int64), np.zeros(0), np.zeros(0), np.zeros(0, np.int64), ("",), np.zeros(0, bool)
        )
    at_s, lon, lat, known = (np.concatenate([block[n] for block in blocks]) for n in range(4))
    names = list(itertools.chain.from_iterable(block[4] for block in blocks))
    number = {name: rank for rank, name in enumerate(sorted(set(names)))}
    kind = np.fromiter((number[name] for name in names), dtype=np.int64, count=len(names))
    return ReportTable(at_s, lon, lat, kind, tuple(number), known)


def _blocks(path: Path, needed: Sequence[str]) -> Iterator[tuple[int, list[tuple[str, ...]], dict[str, int]]]:
    """The rows of a CSV file in blocks: the first one's line, the rows as columns, and where each column is."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as raw:
            reader = csv.reader(io.TextIOWrapper(raw, encoding="utf-8-sig", newline=""))
            header: list[str] = next(reader, [""])
            index = {name: header.index(name) for name in header}
            if missing := [name for name in needed if name not in index]:
                raise _bad_file(
                    path, f"没有列 {'、'.join(missing)}", f"it has no column {', '.join(missing)}"
                )
            line = 2
            while rows := list(itertools.islice(reader, ROWS_AT_ONCE)):
                if set(map(len, rows)) != {len(header)}:
                    short = next(n for n, row in enumerate(rows) if len(row) != len(header))
                    raise _bad_row(path, line + short, ",".join(rows[short])[:80])
                yield line, list(zip(*rows, strict=True)), index
                line += len(rows)
    except (UnicodeDecodeError, csv.Error, gzip.BadGzipFile, EOFError) as error:
        raise _bad_file(path, f"不是 UTF-8 的 CSV（{error}）", f"it is no CSV in UTF-8 ({error})") from error
    except OSError as error:
        raise _bad_file(
            path, f"无法打开（{error.strerror}）", f"it cannot be opened ({error.strerror})"
        ) from error


def _block(
    path: Path, first: int, columns: list[tuple[str, ...]], index: dict[str, int]
) -> tuple[Ints, Floats, Floats, NDArray[np.bool_], list[str]]:
    texts = columns[index["t"]]
    lon = _numbers(path, first, columns[index["lon"]])
    lat = _numbers(path, first, columns[index["lat"]])
    off = np.flatnonzero(~((np.abs(lon) <= 180) & (np.abs(lat) <= 90)))
    if len(off):
        raise _bad_row(path, first + int(off[0]), f"{lon[off[0]]}, {lat[off[0]]}")
    at_s = _seconds(path, first, texts)
    known = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts)) > len("2024-06-05")
    kinds = list(columns[index["cat"]]) if "cat" in index else [""] * len(texts)
    if "patrol" not in index:
        return at_s, lon, lat, known, kinds
    kept = np.array([text.strip() != "0" for text in columns[index["patrol"]]])
    return at_s[kept], lon[kept], lat[kept], known[kept], list(itertools.compress(kinds, kept.tolist()))


def _numbers(path: Path, first: int, texts: Sequence[str]) -> Floats:
    try:
        return np.array(texts, dtype=np.float64)
    except ValueError:
        for number, text in enumerate(texts):
            try:
                float(text)
            except ValueError:
                raise _bad_row(path, first + number, text) from None
        raise


def _seconds(path: Path, first: int, texts: Sequence[str]) -> Ints:
    """Local seconds since 1970; offsets are dropped, because the times are local already."""
    if not any("+" in text or text.endswith("Z") for text in texts[:100]):
        try:
            found = np.array(texts, dtype="datetime64[s]")
            if not np.isnat(found).any():
                return found.astype(np.int64)
        except ValueError:
            pass
    seconds: list[int] = []
    for number, text in enumerate(texts):
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            raise _bad_row(path, first + number, text) from None
        seconds.append(
            math.floor((at.replace(tzinfo=None, microsecond=0) - datetime(1970, 1, 1)).total_seconds())
        )
    return np.array(seconds, dtype=np.int64)


def read_cells(path: Path) -> CellTable:
    """Cells from CSV with columns cell_id, lon, lat, x, y (metres) and area_km2: one square grid.

    IncidentFileError when they are none.
    """
    names: list[str] = []
    numbers: list[Floats] = []
    needed = ("cell_id", "lon", "lat", "x", "y", "area_km2")
    for first, columns, index in _blocks(path, needed):
        names += columns[index["cell_id"]]
        numbers.append(np.stack([_numbers(path, first, columns[index[name]]) for name in needed[1:]]))
    if not names:
        raise _bad_file(path, "没有网格", "it holds no cell")
    lon, lat, x_m, y_m, area_km2 = np.concatenate(numbers, axis=1)
    try:
        ground = Ground.of_centres(x_m, y_m, 1000.0 * math.sqrt(float(np.median(area_km2))))
    except ValueError as error:
        raise _bad_file(path, f"不是一个方格网（{error}）", f"it is no square grid ({error})") from error
    return CellTable(names, ground, _line(lon, x_m), _line(lat, y_m))


def _line(degrees: Floats, metres: Floats) -> tuple[float, float]:
    """Slope and zero of the straight line through the cells' middles; metres of the sphere for a single line of cells."""
    if float(np.ptp(degrees)) < 1e-9:
        return 0.0, float(metres[0])
    off = degrees - degrees.mean()
    slope = float((off * metres).sum() / (off**2).sum())
    return slope, float(metres.mean() - slope * degrees.mean())


def reports_before(table: ReportTable, start_s: int, x_m: Floats, y_m: Floats) -> Reports:
    """The reports before `start_s` (local seconds), placed at `x_m`, `y_m`."""
    now = table.before(start_s)
    hour = (table.at_s // HOUR_S + EPOCH_WEEKDAY * 24) % 168
    return Reports(
        x_m=x_m[now],
        y_m=y_m[now],
        # The report of the very second before must lie before as well.
        age_days=(start_s - table.at_s[now]) / DAY_S,
        kind=table.kind[now],
        kinds=table.kinds,
        hour=np.where(table.clock_known[now], hour[now], -1),
    )


def write_scores(path: Path, names: Sequence[str], score: Floats) -> None:
    """Write cell_id and score for every cell; RequestError when the file cannot be written."""
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("cell_id", "score"))
            writer.writerows(zip(names, (repr(each) for each in score.tolist()), strict=True))
    except OSError as error:
        words = Words(
            zh=f"无法写入 {path}（{error.strerror}）：请换一个输出文件名。",
            en=f"out {path} cannot be written ({error.strerror}): name another file.",
        )
        raise RequestError("bad_out", words, field="out", value=path) from error


def _bad_file(path: Path, zh: str, en: str) -> IncidentFileError:
    words = Words(zh=f"文件 {path} 无法使用：{zh}。", en=f"file {path} cannot be used: {en}.")
    return IncidentFileError("file_unusable", words, field="incidents", value=path)


def _bad_row(path: Path, line: int, value: str) -> IncidentFileError:
    words = Words(
        zh=f"文件 {path} 第 {line} 行的 {value} 无法读取：请改正这一行。",
        en=f"file {path} line {line}: {value!r} cannot be read; correct the line.",
    )
    return IncidentFileError("row_unreadable", words, field="incidents", value=value)
