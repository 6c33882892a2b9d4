"""`lexun incidents check`: what it prints for machines and for people, and how it ends."""

import csv
import io
import json
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from openpyxl import Workbook, load_workbook

from backend.cli import main
from routing.geo import from_wgs84
from routing.incident import ERROR_CODES
from routing.streets import load_streets
from routing.town import Town, write_town
from routing.world import demo_incidents, write_incident_file
from tests.support.processes import ROOT

HEADER = "警情编号,报警时间,警情类别,经度,纬度,报警人,联系电话"


def check(*words: str | Path) -> Result:
    return CliRunner().invoke(main, ["incidents", "check", *map(str, words)])


def told(*words: str | Path) -> dict[str, Any]:
    """The report of a check that read every row."""
    done = check(*words, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def warned(file: Path, datum: str, streets: Path) -> list[dict[str, Any]]:
    """The warnings but for that of the missing source column."""
    report = told(file, "--datum", datum, "--streets", streets)
    return [each for each in report["warnings"] if each["code"] != "no_source_column"]


@pytest.fixture(scope="module")
def town_and_streets(tmp_path_factory: pytest.TempPathFactory) -> tuple[Town, Path]:
    """The made-up town and its street file."""
    path = tmp_path_factory.mktemp("town") / "town.osm.pbf"
    return write_town(path), path


@pytest.fixture
def streets(town_and_streets: tuple[Town, Path]) -> Path:
    """The made-up town's streets."""
    return town_and_streets[1]


def line(number: int, **cells: str) -> str:
    """A good row in the middle of the made-up town, with `cells` changed."""
    lon, lat = from_wgs84(122.6072 + number * 1e-5, 27.4904, "gcj02")
    good = {
        "id": f"J{number}", "at": "2026-06-05 20:30", "kind": "纠纷", "lon": f"{float(lon):.6f}", "lat": f"{float(lat):.6f}",
        "name": "某某", "phone": "13966496171",
    }  # fmt: skip
    return ",".join({**good, **cells}.values())


SPOILED = [
    (line(1, lon=""), "missing_coordinates", "经度", ""),
    (line(2, lat="四十度"), "bad_coordinates", "纬度", "四十度"),
    (line(3, lon="0", lat="0"), "zero_coordinates", "经度", "0"),
    (line(4, lon="27.4904", lat="122.6072"), "swapped_coordinates", "经度", "27.4904, 122.6072"),
    (line(5, lon="119.6072"), "outside_area", "经度", None),
    (line(6, at="昨晚"), "bad_time", "报警时间", "昨晚"),
    (line(7, at="2199-01-01 10:00"), "future_time", "报警时间", "2199-01-01 10:00"),
    (line(8, kind=""), "missing_category", "警情类别", ""),
    (line(0), "duplicate", "警情编号", "J0"),
]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_every_code_as_json(tmp_path: Path, streets: Path, encoding: str) -> None:
    """One error a row, with its line, column, value and code; persons' columns by name; the good row accepted."""
    file = tmp_path / "dirty.csv"
    rows = [HEADER, line(0), *(row for row, *_ in SPOILED)]
    file.write_text("\n".join(rows), encoding)
    report = told(file, "--datum", "gcj02", "--streets", streets)
    assert set(report) == {"errors", "warnings", "accepted", "dropped_columns"}
    assert [set(error) for error in report["errors"]] == [{"row", "column", "value", "code"}] * len(SPOILED)
    assert [error["code"] for error in report["errors"]] == list(ERROR_CODES)
    for error, (number, (_, code, column, value)) in zip(
        report["errors"], enumerate(SPOILED, 3), strict=True
    ):
        assert (error["row"], error["column"], error["code"]) == (number, column, code)
        assert value is None or error["value"] == value
    assert report["accepted"] == 1
    assert report["dropped_columns"] == ["报警人", "联系电话"]
    assert "13966496171" not in json.dumps(report)


def test_the_same_in_a_spreadsheet(tmp_path: Path, streets: Path) -> None:
    """A spreadsheet gives the verdicts of its CSV."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (HEADER, line(0), *(row for row, *_ in SPOILED)):
        sheet.append(row.split(","))
    book.save(tmp_path / "dirty.xlsx")
    report = told(tmp_path / "dirty.xlsx", "--datum", "gcj02", "--streets", streets)
    assert [(error["row"], error["code"]) for error in report["errors"]] == list(enumerate(ERROR_CODES, 3))


def test_sentences_and_refused_rows(tmp_path: Path, streets: Path) -> None:
    """People read counts, lines and what to do; the refused rows come back as CSV and as a spreadsheet alike."""
    file = tmp_path / "dirty.csv"
    file.write_text("\n".join([HEADER, line(0), *(row for row, *_ in SPOILED)]), "utf-8")
    out, sheet = tmp_path / "refused.csv", tmp_path / "refused.xlsx"
    done = check(file, "--datum", "gcj02", "--streets", streets, "--refused", out)
    assert done.exit_code == 0
    for words in (
        "time = 报警时间", "About persons, not read: 报警人, 联系电话", "1 of 10 rows can be used",
        "1 x zero_coordinates, coordinates 0, 0: fill in the real ones (lines 5)", "9 refused rows written to",
    ):  # fmt: skip
        assert words in done.stdout
    assert check(file, "--datum", "gcj02", "--streets", streets, "--refused", sheet).exit_code == 0
    as_csv = list(csv.reader(io.StringIO(out.read_text("utf-8-sig"))))
    cells = [
        ["" if cell is None else str(cell) for cell in row] for row in load_workbook(sheet).active.values
    ]  # type: ignore[union-attr]
    assert as_csv == cells
    assert [row[6] for row in as_csv[1:]] == list(ERROR_CODES)


def test_a_wrong_datum_is_told(tmp_path: Path, streets: Path) -> None:
    """Rows that lie beside the streets as declared, and on them in another datum, bring a warning, never a change."""
    lines = []
    graph = load_streets(streets)
    for number in range(0, len(graph.node_lon), max(1, len(graph.node_lon) // 200)):
        lon, lat = from_wgs84(graph.node_lon[number], graph.node_lat[number], "gcj02")
        lines.append(line(number, lon=f"{float(lon):.6f}", lat=f"{float(lat):.6f}"))
    file = tmp_path / "in.csv"
    file.write_text("\n".join([HEADER, *lines]), "utf-8")
    assert warned(file, "gcj02", streets) == []
    (warning,) = warned(file, "wgs84", streets)
    assert warning["code"] == "wrong_datum"
    assert "gcj02" in warning["value"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["missing.csv", "--datum", "wgs84"], "does not exist"),
        ([".", "--datum", "wgs84"], "is a folder"),
        (["broken.xlsx", "--datum", "wgs84"], "damaged"),
        (["empty.csv", "--datum", "wgs84"], "it is empty"),
        (["places.csv", "--datum", "wgs84"], "no column for lon, lat"),
        (["good.csv"], "--datum"),
        (["good.csv", "--datum", "mars"], "mars"),
        (["good.csv", "--datum", "wgs84", "--streets", "none.osm.pbf"], "none.osm.pbf"),
        (["good.csv", "--datum", "wgs84", "--refused", "out.txt"], ".csv or .xlsx"),
        (["good.csv", "--datum", "wgs84", "--columns", "lon=经纬"], "经纬"),
    ],
)
def test_what_cannot_be_read_ends_with_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], said: str
) -> None:
    """A file, a datum or an option that cannot be used is one clear complaint and code 2; nothing goes to stdout."""
    monkeypatch.chdir(tmp_path)
    Path("broken.xlsx").write_bytes(b"PK\x03\x04 and then nothing")
    Path("empty.csv").write_bytes(b"")
    Path("places.csv").write_text("警情编号,报警时间\nJ1,2026-06-05 20:30\n", "utf-8")
    Path("good.csv").write_text(f"{HEADER}\n{line(0)}\n", "utf-8")
    done = check(*words, "--json")
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_without_rows_was_read(tmp_path: Path) -> None:
    """A header alone is read to its end: nothing accepted, nothing wrong."""
    file = tmp_path / "in.csv"
    file.write_text(HEADER + "\n", "utf-8")
    assert told(file, "--datum", "wgs84") == {
        "errors": [], "accepted": 0, "dropped_columns": ["报警人", "联系电话"],
        "warnings": [{"row": 0, "column": "", "value": "", "code": "no_source_column", "rows": 1}],
    }  # fmt: skip


def test_a_made_up_export(tmp_path: Path, town_and_streets: tuple[Town, Path]) -> None:
    """The made-up town's dirty export holds the ways of being wrong that it says it does."""
    town, streets = town_and_streets
    year = demo_incidents(town, seed=1, as_of=date(2026, 8, 1))[-400:]
    made = write_incident_file(tmp_path / "export.csv", year, datum="gcj02")
    report = told(tmp_path / "export.csv", "--datum", "gcj02", "--streets", streets)
    assert Counter(error["code"] for error in report["errors"]) == made.bad
    assert report["accepted"] == made.row_count - sum(made.bad.values())
    assert report["dropped_columns"] == ["报警人", "联系电话"]


@pytest.mark.parametrize("name", ["dirty_export_gb18030.csv", "dirty_export.xlsx"])
def test_a_real_shaped_export_gives_exactly_its_verdicts(shared_data: Path, name: str) -> None:
    """Row by row the verdict that was written down for it, against the streets of its area."""
    expected = json.loads((shared_data / "incidents" / "dirty_export_expected.json").read_text("utf-8"))
    streets = shared_data / "streets" / "beijing-tsinghua.osm.pbf"
    report = told(shared_data / "incidents" / name, "--datum", expected["datum"], "--streets", streets)
    wanted = {row["row"]: row["verdict"] for row in expected["rows"] if not row["verdict"].startswith("ok")}
    assert {error["row"]: error["code"] for error in report["errors"]} == wanted
    assert len(report["errors"]) == len(wanted)
    assert report["accepted"] == len(expected["rows"]) - len(wanted)
    assert report["dropped_columns"] == expected["person_columns"]
    assert [each["code"] for each in report["warnings"]] == ["no_source_column"]


def test_the_documentation_shows_the_command() -> None:
    """What an integrator reads names the keys that are printed."""
    text = (ROOT / "docs" / "integrate.md").read_text("utf-8")
    for word in ("lexun incidents check", "dropped_columns", *ERROR_CODES):
        assert word in text
