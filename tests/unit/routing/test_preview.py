"""A first look at a file must show its columns and places, and nothing of persons."""

from pathlib import Path

import pytest

from routing.geo import from_wgs84, haversine_m
from routing.preview import PLACES_SHOWN, Preview, preview
from routing.table_file import Table, read_rows
from routing.words import IncidentFileError

HEADER = "警情编号,报警时间,警情类别,经度,纬度,报警人,案发地址"


def look(path: Path, columns: dict[str, str] | None = None) -> Preview:
    """The first look at a file."""
    return preview(Table(read_rows(path)), columns)


def write(path: Path, header: str, count: int = 3) -> Path:
    rows = [
        f"J{n},2026-06-01 21:{n % 60:02},纠纷,116.32,40.00{n % 10},某某,学院路{n}号" for n in range(count)
    ]
    path.write_text("\n".join([header, *rows]), "utf-8")
    return path


def test_columns_and_cells(tmp_path: Path) -> None:
    """Each column says what it was taken for and shows some different cells; one about persons shows none."""
    seen = look(write(tmp_path / "in.csv", HEADER))
    assert [(each.header, each.field, each.person) for each in seen.columns] == [
        ("警情编号", "id", False), ("报警时间", "time", False), ("警情类别", "kind", False), ("经度", "lon", False),
        ("纬度", "lat", False), ("报警人", None, True), ("案发地址", None, False),
    ]  # fmt: skip
    assert seen.columns[0].cells == ("J0", "J1", "J2")
    assert seen.columns[2].cells == ("纠纷",)
    assert "某某" not in repr(seen)
    assert (seen.missing, seen.row_count) == ((), 3)


def test_numbers_of_persons_in_a_sentence_are_not_shown(tmp_path: Path) -> None:
    """A column of sentences is shown, the phone numbers in it are not."""
    path = tmp_path / "in.csv"
    path.write_text(
        f"{HEADER},备注\nJ1,2026-06-01 21:00,纠纷,116.32,40.001,某某,学院路1号,回电13800000000即可\n", "utf-8"
    )
    assert look(path).columns[-1].cells == ("回电 即可",)


def test_the_places_in_each_datum(tmp_path: Path) -> None:
    """The same rows lie elsewhere in each datum, so that a person sees which one is right; there are not too many."""
    seen = look(write(tmp_path / "in.csv", HEADER, count=5_000))
    assert {datum: len(places) for datum, places in seen.places.items()} == {
        "wgs84": PLACES_SHOWN, "gcj02": PLACES_SHOWN, "bd09": PLACES_SHOWN,
    }  # fmt: skip
    assert seen.places["wgs84"][0] == (116.32, 40.0)
    lon, lat = from_wgs84(*seen.places["gcj02"][0], "gcj02")
    assert float(haversine_m(lon, lat, 116.32, 40.0)) < 0.2
    assert float(haversine_m(*seen.places["bd09"][0], *seen.places["gcj02"][0])) > 300


def test_an_unknown_header_names_what_is_missing(tmp_path: Path) -> None:
    """Nothing is refused yet: the columns are shown, to be told by hand; told, they are found."""
    path = write(tmp_path / "in.csv", "a,b,c,d,e,f,g")
    seen = look(path)
    assert seen.missing == ("lon", "lat", "time")
    assert seen.places == {}
    seen = look(path, {"lon": "d", "lat": "e", "time": "b", "kind": "c"})
    assert seen.missing == ()
    assert len(seen.places["wgs84"]) == 3


def test_cells_that_are_no_places_are_passed_over(tmp_path: Path) -> None:
    """Blank, zero and impossible places are not drawn."""
    rows = [
        "J1,2026-06-01,纠纷,,40",
        "J2,2026-06-01,纠纷,0,0",
        "J3,2026-06-01,纠纷,400,40",
        "J4",
        "J5,,,116.3,40",
    ]
    (tmp_path / "in.csv").write_text("\n".join([HEADER, *rows]), "utf-8")
    assert look(tmp_path / "in.csv").places["wgs84"] == [(116.3, 40.0)]


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    """It is refused as a whole, as it would be later."""
    (tmp_path / "in.csv").write_bytes(b"PK\x03\x04")
    with pytest.raises(IncidentFileError):
        look(tmp_path / "in.csv")
