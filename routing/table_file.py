"""Reads a CSV, spreadsheet or GeoJSON file as rows of text, each with its line number in the file."""

# What JSON holds has no types until it is looked at.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

import csv
import io
import json
import stat
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

from routing.words import IncidentFileError, Words

GZIP_START = b"\x1f\x8b"
UNPACKED_BYTES_MAX = 1_000_000_000
SPREADSHEET_STARTS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
BYTE_ORDER_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
# What the places of a GeoJSON file are called among its columns; properties of these names give way to them.
GEOMETRY_COLUMNS = ("经度", "纬度")
DIFFERENT_MAX = 20_000
DELIMITERS = (",", "\t", ";", "|")
# Longer than any honest cell, short enough that a broken quote does not swallow the file.
csv.field_size_limit(1_000_000)


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its line in the file, counted from 1 as an editor or Excel does, and its cells as text."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cut:
    """How many cells of a column had something about a person cut out, and the line of the first of them."""

    line: int
    rows: int


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a file. Where persons were dropped when it came (see `routing.kept_rows`), `persons` are the columns
    about them and `sentences` those of free text, whose cells are empty now; `cut` tells of cells by column."""

    rows: list[Row]
    persons: frozenset[int] = frozenset()
    sentences: frozenset[int] = frozenset()
    cut: dict[int, Cut] = field(default_factory=dict[int, Cut])


def read_rows(path: Path) -> list[Row]:
    """All rows that are not blank, of CSV text (UTF-8, UTF-16 or GB18030), a spreadsheet's first sheet, or GeoJSON.

    The kind of file is told by its content, not its name. The rows of a GeoJSON file are a header of its properties'
    names and then its points, counted from 2. IncidentFileError when it cannot be read.
    """
    _require_file(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise _unreadable(
            path, f"无法打开（{error.strerror}）", f"it cannot be opened ({error.strerror})"
        ) from error
    return rows_in(data, path)


def _require_file(path: Path) -> None:
    """IncidentFileError, saying what there is instead, where no file can be read."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        words = Words(
            zh=f"找不到警情文件 {path}：请检查路径。",
            en=f"incidents file {path} does not exist: check the path.",
        )
        raise IncidentFileError("incidents_missing", words, field="incidents", value=path) from None
    except OSError as error:
        raise _unreadable(
            path, f"无法打开（{error.strerror}）", f"it cannot be opened ({error.strerror})"
        ) from error
    if stat.S_ISREG(mode):
        return
    zh, en = ("文件夹", "a folder") if stat.S_ISDIR(mode) else ("设备或管道", "a device or a pipe")
    words = Words(
        zh=f"{path} 是{zh}，不是文件：请给出警情文件本身的路径。",
        en=f"{path} is {en}, not a file: give the path of the incidents file itself.",
    )
    raise IncidentFileError("incidents_no_file", words, field="incidents", value=path)


def rows_in(data: bytes, path: Path) -> list[Row]:
    """The rows of a file's bytes (gzip too), as `read_rows` gives them; `path` is what errors call it."""
    if data.startswith(GZIP_START):
        data = _unzipped(path, data)
    if data.startswith(SPREADSHEET_STARTS):
        rows = list(_sheet_rows(path, data))
    elif data.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{"):
        rows = _feature_rows(path, data)
    else:
        rows = list(_text_rows(path, data))
    rows = [row for row in rows if any(row.cells)]
    if not rows:
        raise _unreadable(path, "文件是空的", "it is empty")
    return rows


def _unzipped(path: Path, data: bytes) -> bytes:
    """The bytes inside a gzip file, of one member or several, up to UNPACKED_BYTES_MAX."""
    parts: list[bytes] = []
    left = UNPACKED_BYTES_MAX
    try:
        while data:
            member = zlib.decompressobj(wbits=31)
            part = member.decompress(data, left)
            if not member.eof:
                if member.unconsumed_tail:
                    raise _unreadable(path, "解压后太大", "it unpacks into too much")
                raise _unreadable(path, "gzip 文件不完整", "the gzip file ends too early")
            parts.append(part)
            left, data = left - len(part), member.unused_data
    except zlib.error as error:
        raise _unreadable(
            path, f"gzip 文件已损坏（{error}）", f"the gzip file is damaged ({error})"
        ) from error
    return b"".join(parts)


class _Once:
    """Keeps one copy of a text that comes again and again, such as a kind or a station: half of most exports."""

    def __init__(self) -> None:
        self._kept: dict[str, str] = {}

    def __call__(self, text: str) -> str:
        """The copy that is kept; beyond DIFFERENT_MAX texts, the text itself."""
        kept = self._kept.get(text)
        if kept is None:
            kept = text
            if len(self._kept) < DIFFERENT_MAX:
                self._kept[text] = text
        return kept


def _sheet_rows(path: Path, data: bytes) -> Iterator[Row]:
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
        sheets = [workbook.get_sheet_by_name(name) for name in workbook.sheet_names]
        filled = [cells for sheet in sheets if (cells := sheet.to_python(skip_empty_area=False))]
    except (CalamineError, OSError, ValueError) as error:
        raise _unreadable(path, f"表格已损坏（{error}）", f"the spreadsheet is damaged ({error})") from error
    once = _Once()
    for line, row in enumerate(filled[0] if filled else [], start=1):
        yield Row(line, tuple(once(_cell_text(cell)) for cell in row))


def _cell_text(cell: int | float | str | bool | time | date | datetime | timedelta) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    return str(cell).strip()


def _text_rows(path: Path, data: bytes) -> Iterator[Row]:
    text = _decoded(path, data)
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(DELIMITERS, key=first.count)
    reader, once = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), _Once()
    line = 1
    try:
        for cells in reader:
            yield Row(line, tuple(once(cell.strip()) for cell in cells))
            line = reader.line_num + 1
    except csv.Error as error:
        raise _unreadable(
            path, f"第 {line} 行不是 CSV（{error}）", f"line {line} is not CSV ({error})"
        ) from error


def _feature_rows(path: Path, data: bytes) -> list[Row]:
    try:
        found: Any = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise _unreadable(path, f"不是 GeoJSON（{error}）", f"it is no GeoJSON ({error})") from error
    features: Any = found.get("features")
    if found.get("type") != "FeatureCollection" or not isinstance(features, list):
        raise _unreadable(path, "不是 GeoJSON 的 FeatureCollection", "it is no GeoJSON FeatureCollection")
    listed: list[dict[str, Any]] = [each if isinstance(each, dict) else {} for each in features]
    held: list[dict[str, Any]] = [each.get("properties") or {} for each in listed]
    names = [
        name for name in dict.fromkeys(key for each in held for key in each) if name not in GEOMETRY_COLUMNS
    ]
    rows = [Row(1, (*names, *GEOMETRY_COLUMNS))]
    for line, (feature, properties) in enumerate(zip(listed, held, strict=True), start=2):
        cells = [_json_text(properties.get(name)) for name in names]
        rows.append(Row(line, (*cells, *_point_texts(feature.get("geometry")))))
    return rows


def _json_text(value: Any) -> str:
    if value is None or isinstance(value, dict | list):
        return ""
    return _cell_text(value)


def _point_texts(geometry: Any) -> tuple[str, str]:
    """The place of a point as text; two empty ones for any other geometry, which says no place."""
    at: Any = geometry.get("coordinates") if isinstance(geometry, dict) else None
    if not isinstance(at, list) or geometry.get("type") != "Point":
        return "", ""
    texts = [_json_text(each) for each in at[:2]]
    return (texts[0], texts[1]) if len(texts) == 2 else ("", "")


def _decoded(path: Path, data: bytes) -> str:
    encoding = next((name for mark, name in BYTE_ORDER_MARKS if data.startswith(mark)), "")
    for candidate in [encoding] if encoding else ["utf-8", "gb18030"]:
        try:
            text = data.decode(candidate)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise _unreadable(
        path,
        "它不是 CSV 文本（UTF-8 或 GB18030），也不是 xlsx 或 GeoJSON",
        "it is neither CSV text (UTF-8, GB18030) nor xlsx nor GeoJSON",
    )


def _unreadable(path: Path, zh: str, en: str) -> IncidentFileError:
    words = Words(
        zh=f"警情文件 {path} 无法读取：{zh}；请重新导出为 CSV 或 xlsx。",
        en=f"incidents file {path} cannot be read: {en}; export it again as CSV or xlsx.",
    )
    return IncidentFileError("incidents_unreadable", words, field="incidents", value=path)
