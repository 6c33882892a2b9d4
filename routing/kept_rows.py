"""Takes persons out of an incident file as it comes, so that nothing about them ever lies on a disk.

Run as a program (`python -m routing.kept_rows OUT NAME`) it reads the file from standard input, writes the rows that are
kept to OUT, and prints the first look at them, or what is wrong with the file, as JSON.
"""

import io
import json
import os
import sys
import zipfile
from collections.abc import Collection
from dataclasses import asdict
from pathlib import Path
from typing import Any

from routing.columns import (
    HEADER_SEARCH_ROWS,
    guess_columns,
    is_person_title,
    missing_fields,
    person_columns,
    sentence_columns,
    unknown_person_columns,
)
from routing.person import holds_persons, without_persons
from routing.preview import preview
from routing.table_file import UNPACKED_BYTES_MAX, Cut, Row, Table, rows_in
from routing.words import IncidentFileError, RoutingError, Words

ROWS_MAX = 500_000
UNREADABLE = 3


def without_any_persons(rows: list[Row]) -> Table:
    """The rows with the cells of columns about persons and of free text emptied, and persons cut out of the others.

    What stands above the header goes too. Where no header can be told, any of the first rows may be it.
    """
    table = Table(rows)
    at, index = guess_columns(table)
    known = not missing_fields(index)
    if not known:
        at, index = 0, {}
    persons = person_columns(table, at, index) if known else unknown_person_columns(table)
    sentences = sentence_columns(table, at, index) - persons
    # A number of an incident is often as long as one of a document.
    left_alone = {index["id"]} if "id" in index else set[int]()
    cutting = _Cutting(persons | sentences, left_alone)
    header, below = (rows[at : at + 1], rows[at + 1 :]) if known else ([], rows)
    kept = [Row(row.line, cutting.cells(row)) for row in below]
    if not known:
        kept[:HEADER_SEARCH_ROWS] = [
            Row(row.line, _titles(row, n == 0, cut))
            for n, (row, cut) in enumerate(zip(rows[:HEADER_SEARCH_ROWS], kept, strict=False))
        ]
    return Table([*header, *kept], frozenset(persons), frozenset(sentences), cutting.cut)


def _titles(row: Row, first: bool, kept: Row) -> tuple[str, ...]:
    """The kept cells of a row that may be the header, with the titles of emptied columns: words that speak of persons, and
    in the first row whatever is no person itself."""
    return tuple(
        cell if not left and (is_person_title(cell) or (first and not holds_persons([cell]))) else left
        for cell, left in zip(row.cells, kept.cells, strict=True)
    )


class _Cutting:
    """Empties and cuts cells, and counts what it cut; the same cell is looked at once."""

    def __init__(self, emptied: Collection[int], left_alone: Collection[int]) -> None:
        self.cut: dict[int, Cut] = {}
        self._emptied, self._left_alone = frozenset(emptied), frozenset(left_alone)
        self._seen: dict[str, str] = {}

    def cells(self, row: Row) -> tuple[str, ...]:
        """What may be kept of a row's cells."""
        return tuple(self._cell(row.line, column, cell) for column, cell in enumerate(row.cells))

    def _cell(self, line: int, column: int, cell: str) -> str:
        if not cell or column in self._emptied:
            return ""
        if column in self._left_alone and cell.isascii() and " " not in cell:
            return cell
        left = self._seen.get(cell)
        if left is None:
            left = self._seen[cell] = without_persons(cell)
        if left != cell:
            before = self.cut.get(column, Cut(line, 0))
            self.cut[column] = Cut(before.line, before.rows + 1)
        return left


def write_kept(table: Table, path: Path) -> None:
    """Write a table for good before this returns, readable by this program's user only; a line a row below the first."""
    head = {
        "persons": sorted(table.persons),
        "sentences": sorted(table.sentences),
        "cut": {column: asdict(each) for column, each in table.cut.items()},
    }
    with os.fdopen(
        os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
    ) as target:
        target.write(json.dumps(head) + "\n")
        for row in table.rows:
            target.write(json.dumps([row.line, *row.cells], ensure_ascii=False, separators=(",", ":")) + "\n")
        target.flush()
        os.fsync(target.fileno())


def read_kept(path: Path) -> Table:
    """The rows that `write_kept` wrote. FileNotFoundError when they are gone."""
    with path.open(encoding="utf-8") as source:
        head: dict[str, Any] = json.loads(next(source))
        rows = [Row(line, tuple(cells)) for line, *cells in map(json.loads, source)]
    cut = {int(column): Cut(**each) for column, each in head["cut"].items()}
    return Table(rows, frozenset(head["persons"]), frozenset(head["sentences"]), cut)


def require_moderate(data: bytes) -> None:
    """IncidentFileError for a spreadsheet that would unpack into more than memory is for."""
    packed = io.BytesIO(data)
    if not zipfile.is_zipfile(packed):
        return
    with zipfile.ZipFile(packed) as held:
        unpacked = sum(each.file_size for each in held.infolist())
    if unpacked > UNPACKED_BYTES_MAX:
        words = Words(
            zh="表格展开后太大，无法读取：请只保留警情一张表，或另存为 CSV。",
            en="the spreadsheet unpacks into too much: keep the one sheet of incidents, or save it as CSV.",
        )
        raise IncidentFileError("too_large_inside", words, field="file", value=unpacked)


def keep(data: bytes, out: Path, name: str) -> dict[str, Any]:
    """Keep what may be kept of a file's bytes in `out`; the first look at it. RoutingError as reading the file raises,
    calling it `name`."""
    require_moderate(data)
    rows = rows_in(data, Path(name))
    if len(rows) > ROWS_MAX + 1:
        words = Words(
            zh=f"文件有 {len(rows) - 1} 行，一次最多 {ROWS_MAX} 行：请按时间分成几个文件。",
            en=f"the file has {len(rows) - 1} rows, at most {ROWS_MAX} at once: split it by time.",
        )
        raise IncidentFileError("too_many_rows", words, field="file", value=len(rows) - 1)
    table = without_any_persons(rows)
    write_kept(table, out)
    return asdict(preview(table))


def told_of(error: RoutingError) -> dict[str, str]:
    """What is wrong with a file: code, field, value, and the sentence in `zh` and `en`."""
    words = {"zh": error.words.zh, "en": error.words.en}
    return {"code": error.code, "field": error.field, "value": error.value, **words}


def main(arguments: list[str]) -> int:
    """Read standard input to its end, keep it, print the first look; `UNREADABLE` when that is not possible."""
    out, name = arguments
    try:
        print(json.dumps(keep(sys.stdin.buffer.read(), Path(out), name), ensure_ascii=True))
    except RoutingError as error:
        print(json.dumps(told_of(error), ensure_ascii=True))
        return UNREADABLE
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
