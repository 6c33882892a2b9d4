"""Finds which column of a police export holds what, and which columns speak of persons."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from routing.person import holds_persons, holds_sentences, is_person_header
from routing.table_file import Table
from routing.words import IncidentFileError, Words

type Field = Literal["id", "time", "date", "lon", "lat", "kind", "weight", "source"]

FIELDS: tuple[Field, ...] = ("id", "time", "date", "lon", "lat", "kind", "weight", "source")
REQUIRED: tuple[Field, ...] = ("lon", "lat")
NEVER_PERSONS: tuple[Field, ...] = ("time", "date", "lon", "lat")
HEADER_SEARCH_ROWS = 10
CONTENT_SAMPLE_ROWS = 200
# A longer cell is no header.
HEADER_LENGTH_MAX = 12

# Names as they are after `_plain`; earlier ones win where a file has several. A running number (序号, OBJECTID) is no
# number of an incident: every export counts from one again, and the next month would pass for known.
NAMES: dict[Field, tuple[str, ...]] = {
    "id": (
        "警情编号", "接警编号", "接警单编号", "案件编号", "事件编号", "工单编号", "警单号", "编号",
        "incidentid", "incidentnumber", "incidentno", "casenumber", "caseno", "caseid", "cadnumber", "eventid",
        "reportnumber", "id",
    ),
    "time": (
        "案发时间", "发案时间", "发生时间", "事发时间", "发生日期时间", "报警时间", "接警时间", "受理时间",
        "立案时间", "时间", "occurredat", "occurred", "occurredon", "incidentdatetime", "incidenttime", "datetime",
        "crimedatetime", "dateandtime", "timestamp", "starttime", "reportedat", "reporttime", "reportdatetime",
        "calldatetime", "calltime", "time", "at", "t",
    ),
    "date": (
        "案发日期", "发案日期", "发生日期", "报警日期", "接警日期", "日期", "incidentdate", "occurreddate",
        "dateoccurred", "crimedate", "reportdate", "reporteddate", "date",
    ),
    "lon": (
        "经度", "案发经度", "地点经度", "坐标经度", "经度坐标", "x坐标", "longitude", "lon", "lng", "long",
        "xcoordinate", "xcoord", "pointx", "x",
    ),
    "lat": (
        "纬度", "案发纬度", "地点纬度", "坐标纬度", "纬度坐标", "y坐标", "latitude", "lat", "ycoordinate",
        "ycoord", "pointy", "y",
    ),
    "kind": (
        "警情类别", "警情类型", "警情种类", "案件类别", "案件类型", "案由", "报警类别", "报警类型", "事件类型",
        "事件类别", "警情细类", "类别", "类型", "种类", "category", "kind", "incidenttype", "crimetype", "crime",
        "offense", "offence", "offensetype", "calltype", "eventtype", "primarytype", "description", "type", "cat",
    ),
    "weight": ("权重", "危害权重", "weight", "harm"),
    "source": (
        "警情来源", "报警来源", "案件来源", "线索来源", "发现方式", "报警方式", "接警方式", "来源", "source", "reportedby",
        "callsource", "origin",
    ),
}  # fmt: skip
# Where no full name fits, a part of the header that says enough.
PARTS: dict[Field, tuple[str, ...]] = {
    "time": ("时间",),
    "lon": ("经度", "longitude"),
    "lat": ("纬度", "latitude"),
    "kind": ("类别", "类型"),
}


@dataclass(frozen=True, slots=True)
class Columns:
    """Where the fields are: `index` and `header` by field, `first_row` of the data, `persons` the headers
    of columns about persons, which nobody reads further, `sentences` those of columns of free text, which nobody needs
    and in which anybody may be named, and `others` the numbers of all other columns."""

    index: dict[Field, int]
    header: dict[Field, str]
    first_row: int
    persons: tuple[str, ...]
    sentences: tuple[str, ...]
    others: tuple[int, ...]


def find_columns(table: Table, given: Mapping[str, str] | None = None) -> Columns:
    """Find the header among the first rows and the columns by name, `given` (field -> header) first.

    A field given as "" is not in the file, whatever its columns are called. IncidentFileError when a given field or
    header is unknown, or no place or no time can be found.
    """
    at, index = guess_columns(table, given)
    cells = table.rows[at].cells
    if missing := missing_fields(index):
        raise _missing(missing, cells)
    persons = person_columns(table, at, index)
    about_persons: list[Field] = [field for field, column in index.items() if column in persons]
    for field in about_persons:
        del index[field]
    sentences = sentence_columns(table, at, index) - persons
    headers: dict[Field, str] = {}
    for field, column in index.items():
        headers[field] = cells[column]
    left = persons | sentences
    return Columns(
        index,
        headers,
        at + 1,
        tuple(_title(cells, column) for column in sorted(persons)),
        tuple(_title(cells, column) for column in sorted(sentences)),
        tuple(column for column in range(len(cells)) if column not in left),
    )


def _title(cells: Sequence[str], column: int) -> str:
    """What a column is called: its header, or its number where it has none."""
    return (cells[column] if column < len(cells) else "") or f"#{column + 1}"


def guess_columns(table: Table, given: Mapping[str, str] | None = None) -> tuple[int, dict[Field, int]]:
    """Which of the first rows is the header, and the columns found by name; perhaps not all that are needed."""
    rows, dropped = table.rows, table.persons | table.sentences
    at, index = 0, _match(rows[0].cells, {}, dropped)
    for candidate, row in enumerate(rows[:HEADER_SEARCH_ROWS]):
        found = _match(row.cells, {}, dropped)
        if sum(field in found for field in REQUIRED) > sum(field in index for field in REQUIRED):
            at, index = candidate, found
    if given:
        wanted = {header for header in given.values() if header}
        at = next((n for n, row in enumerate(rows[:HEADER_SEARCH_ROWS]) if wanted <= set(row.cells)), at)
        index = _match(rows[at].cells, given, dropped)
    return at, index


def missing_fields(found: Collection[Field]) -> list[Field]:
    """The fields that no file can do without and this one lacks."""
    missing: list[Field] = [field for field in REQUIRED if field not in found]
    return missing if "time" in found or "date" in found else [*missing, "time"]


def _match(cells: Sequence[str], given: Mapping[str, str], dropped: Collection[int]) -> dict[Field, int]:
    index: dict[Field, int] = {}
    for name, header in given.items():
        field: Field | None = next((field for field in FIELDS if field == name), None)
        if field is None:
            raise _unknown(name, FIELDS, "field")
        if header and header not in cells:
            raise _unknown(header, cells, "column")
        if header and (column := list(cells).index(header)) not in dropped:
            index[field] = column
    plain = [_plain(cell) for cell in cells]
    for field in FIELDS:
        if field in given:
            continue
        exact = [plain.index(name) for name in NAMES[field] if name in plain]
        part = [
            n
            for piece in PARTS.get(field, ())
            for n, name in enumerate(plain)
            if piece in name and not is_person_header(name)
        ]
        taken = {*index.values(), *dropped}
        free = [column for column in [*exact, *part] if column not in taken]
        if free:
            index[field] = free[0]
    return index


def _plain(header: str) -> str:
    """The header without case, blanks, marks and anything in brackets."""
    without_brackets = re.sub(r"[(（\[【].*?[)）\]】]", "", header.lower())
    return re.sub(r"[\s_\-./:：*#]+", "", without_brackets)


def person_columns(table: Table, at: int, index: Mapping[Field, int]) -> set[int]:
    """Columns about persons, told by their header (row `at`) or by what most of their cells hold.

    Only what is taken for a place or a time is never one; a kind, a number or a source may be.
    """
    needed = {index[field] for field in NEVER_PERSONS if field in index}
    persons = set(table.persons)
    cells = table.rows[at].cells
    for column in range(_width(table, at)):
        titled = column < len(cells) and is_person_header(_plain(cells[column]))
        if column not in needed and (titled or holds_persons(_sample(table, at, column))):
            persons.add(column)
    return persons


def _width(table: Table, at: int) -> int:
    """How many columns the header and the first rows below it have."""
    return max(len(row.cells) for row in table.rows[at : at + 1 + CONTENT_SAMPLE_ROWS])


def unknown_person_columns(table: Table) -> set[int]:
    """Columns about persons where no row could be told for the header: any of the first rows may be it."""
    persons = person_columns(table, 0, {})
    for row in table.rows[:HEADER_SEARCH_ROWS]:
        persons |= {column for column, cell in enumerate(row.cells) if is_person_title(cell)}
    return persons


def is_person_title(cell: str) -> bool:
    """Whether a cell is short enough for a header, and one that speaks of persons."""
    return len(cell) <= HEADER_LENGTH_MAX and is_person_header(_plain(cell))


def sentence_columns(table: Table, at: int, index: Mapping[Field, int]) -> set[int]:
    """Columns of free text below the header `at` that are no field of an incident."""
    free = (column for column in range(_width(table, at)) if column not in index.values())
    return {column for column in free if holds_sentences(_sample(table, at, column))} | set(table.sentences)


def _sample(table: Table, at: int, column: int) -> list[str]:
    rows = table.rows[at + 1 : at + 1 + CONTENT_SAMPLE_ROWS]
    return [row.cells[column] for row in rows if column < len(row.cells) and row.cells[column]]


def _missing(fields: list[Field], cells: Sequence[str]) -> IncidentFileError:
    names, seen = ", ".join(fields), ", ".join(cell for cell in cells if cell)[:200]
    words = Words(
        zh=f"警情文件中找不到这些列：{names}；表头是：{seen}；请用 --columns {fields[0]}=列名 指明。",
        en=f"incidents file has no column for {names}; its header is: {seen}; "
        f"name it with --columns {fields[0]}=HEADER.",
    )
    return IncidentFileError("columns_missing", words, field="columns", value=names)


def _unknown(value: str, known: Sequence[str], what: Literal["field", "column"]) -> IncidentFileError:
    listed = ", ".join(name for name in known if name)[:200]
    zh = "字段" if what == "field" else "列"
    words = Words(
        zh=f"--columns 中的{zh} {value} 不存在；可用的有：{listed}。",
        en=f"--columns names the {what} {value!r}, which does not exist; there are: {listed}.",
    )
    return IncidentFileError("columns_unknown", words, field="columns", value=value)
