"""The template must be a file that the reader understands as it is."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from openpyxl import load_workbook

from routing.incident import read_incidents
from routing.preview import preview
from routing.table_file import Table, read_rows
from routing.template_file import EXAMPLES, template_csv, template_xlsx

NOW = datetime(2026, 7, 1, tzinfo=UTC)


@pytest.mark.parametrize(("name", "data"), [("t.csv", template_csv()), ("t.xlsx", template_xlsx())])
def test_every_column_is_understood(tmp_path: Path, name: str, data: bytes) -> None:
    """Each column is taken for what its name says, none for a person's; there is nothing in it to import."""
    (tmp_path / name).write_bytes(data)
    seen = preview(Table(read_rows(tmp_path / name)))
    assert [each.field for each in seen.columns] == ["id", "time", "kind", "lon", "lat", "source"]
    assert (seen.missing, seen.row_count) == ((), 0)
    assert not any(each.person for each in seen.columns)


def test_filled_in_as_its_examples_it_imports(tmp_path: Path) -> None:
    """The examples on the second sheet, written on the first, are two good rows."""
    (tmp_path / "t.xlsx").write_bytes(template_xlsx())
    book = load_workbook(tmp_path / "t.xlsx")
    for example in EXAMPLES:
        book.worksheets[0].append(example)
    book.save(tmp_path / "t.xlsx")
    read = read_incidents(tmp_path / "t.xlsx", datum="wgs84", time_zone=ZoneInfo("Asia/Shanghai"), now=NOW)
    assert read.findings == []
    assert [(each.id, each.source, each.clock_known) for each in read.incidents] == [
        ("JQ000001", "report", True), ("JQ000002", "patrol", False),
    ]  # fmt: skip


def test_the_csv_opens_in_excel() -> None:
    """It begins with the byte order mark, without which Excel shows Chinese as nonsense."""
    assert template_csv().startswith(b"\xef\xbb\xbf")
