"""Reads a CSV or spreadsheet file as rows of text, each with its line number in the file."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook

from routing.words import IncidentFileError, Words

SPREADSHEET_STARTS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
BYTE_ORDER_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
DELIMITERS = (",", "\t", ";", "|")
# Longer than any honest cell, short enough that a broken quote does not swallow the file.
csv.field_size_limit(1_000_000)


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its line in the file, counted from 1 as an editor or Excel does, and its cells as text."""

    line: int
    cells: tuple[str, ...]


def read_rows(path: Path) -> list[Row]:
    """All rows that are not blank, of CSV text (UTF-8, UTF-16 or GB18030) or a spreadsheet's first sheet.

    The kind of file is told by its content, not its name. IncidentFileError when it cannot be read.
    """
    if not path.is_file():
        words = Words(
            zh=f"找不到警情文件 {path}：请检查路径。",
            en=f"incidents file {path} does not exist: check the path.",
        )
        raise IncidentFileError("incidents_missing", words, field="incidents", value=path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise _unreadable(
            path, f"无法打开（{error.strerror}）", f"it cannot be opened ({error.strerror})"
        ) from error
    rows = list(_sheet_rows(path, data) if data.startswith(SPREADSHEET_STARTS) else _text_rows(path, data))
    rows = [row for row in rows if any(row.cells)]
    if not rows:
        raise _unreadable(path, "文件是空的", "it is empty")
    return rows


def _sheet_rows(path: Path, data: bytes) -> Iterator[Row]:
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
        sheets = [workbook.get_sheet_by_name(name) for name in workbook.sheet_names]
        filled = [cells for sheet in sheets if (cells := sheet.to_python(skip_empty_area=False))]
    except (CalamineError, OSError, ValueError) as error:
        raise _unreadable(path, f"表格已损坏（{error}）", f"the spreadsheet is damaged ({error})") from error
    for line, row in enumerate(filled[0] if filled else [], start=1):
        yield Row(line, tuple(_cell_text(cell) for cell in row))


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
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    line = 1
    try:
        for cells in reader:
            yield Row(line, tuple(cell.strip() for cell in cells))
            line = reader.line_num + 1
    except csv.Error as error:
        raise _unreadable(
            path, f"第 {line} 行不是 CSV（{error}）", f"line {line} is not CSV ({error})"
        ) from error


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
        "它不是 CSV 文本（UTF-8 或 GB18030）也不是 xlsx",
        "it is neither CSV text (UTF-8, GB18030) nor xlsx",
    )


def _unreadable(path: Path, zh: str, en: str) -> IncidentFileError:
    words = Words(
        zh=f"警情文件 {path} 无法读取：{zh}；请重新导出为 CSV 或 xlsx。",
        en=f"incidents file {path} cannot be read: {en}; export it again as CSV or xlsx.",
    )
    return IncidentFileError("incidents_unreadable", words, field="incidents", value=path)
