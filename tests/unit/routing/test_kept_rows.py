"""What is kept of an incident file when it comes: nothing about persons, and everything else as it was."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from routing.geo import Bounds
from routing.incident import IncidentFile, read_incidents
from routing.kept_rows import UNREADABLE, keep, read_kept
from routing.words import IncidentFileError
from tests.unit.routing.test_incident import HEADER, NOW, SHANGHAI

AREA = Bounds(116.0, 39.0, 117.0, 41.0)
STORY = "我叫李雷，昨晚把车停在楼下，今早发现电瓶不见了，请回电 13966496171。"
ROWS = (
    f"110105202601010001,2026-06-01 21:30:00,纠纷,116.132139664961,40.001,某某,13966496171,{STORY},朝阳路 1 号",
    f"J2,昨晚 13966496171,盗窃 张先生,116.32,40.001,某某,13966496171,{STORY},王某家楼下",
    f"J3,2026-06-02 20:00:00,盗窃,0,0,某某,13966496171,{STORY},朝阳路 3 号",
)
HEAD = HEADER + ",报警人,栏7,简要情况,案发地址"
PERSONS = ("13966496171", "某某", "李雷", "张先生", "王某")


def kept(path: Path, *lines: str, columns: dict[str, str] | None = None) -> tuple[str, IncidentFile]:
    """What lies on the disk of a file, and what is read from that."""
    keep("\n".join(lines).encode("gb18030"), path, "in.csv")
    found = read_incidents(
        read_kept(path), datum="wgs84", time_zone=SHANGHAI, area=AREA, now=NOW, columns=columns
    )
    return path.read_text("utf-8"), found


def test_nothing_about_persons_is_kept(tmp_path: Path) -> None:
    """Columns of persons and of stories are emptied and still told; the other cells lose what is in them; lines, numbers,
    places and addresses stay; what stands above the header goes."""
    text, found = kept(tmp_path / "rows", "导出人：张警官 13966496171", HEAD, *ROWS)
    assert not any(person in text for person in PERSONS)
    assert [(each.id, each.lon, each.kind) for each in found.incidents] == [
        ("110105202601010001", 116.1321397, "纠纷")
    ]
    assert found.dropped_columns == ["报警人", "栏7"]
    errors = [(each.line, each.code, each.value) for each in found.findings if each.is_error]
    assert errors == [(4, "bad_time", "昨晚"), (5, "zero_coordinates", "0")]
    notes = {(each.column, each.code, each.line, each.rows) for each in found.findings if not each.is_error}
    assert notes >= {
        ("简要情况", "free_text_column", 0, 1), ("案发地址", "person_text", 4, 1), ("警情类别", "person_text", 4, 1),
    }  # fmt: skip
    assert [row.cells[-1] for row in found.refused] == ["家楼下", "朝阳路 3 号"]


def test_where_no_header_is_known_any_of_the_first_rows_may_be_it(tmp_path: Path) -> None:
    """Columns named by hand later are kept; those whose title or content tells of persons are not."""
    lines = [
        "警情导出",
        "a,b,c,d,e,姓名,g",
        *(f"J{n},2026-06-01 2{n}:30,纠纷,116.32,40.001,欧阳,138001380{n:02}" for n in range(3)),
    ]
    columns = {"id": "a", "time": "b", "kind": "c", "lon": "d", "lat": "e"}
    text, found = kept(tmp_path / "rows", *lines, columns=columns)
    assert "欧阳" not in text and "138001380" not in text
    assert len(found.incidents) == 3
    assert found.dropped_columns == ["姓名", "#7"]


def test_a_dropped_column_cannot_be_brought_back(tmp_path: Path) -> None:
    """Named by hand as something that is needed, it is missing."""
    lines = ["a,b,c,联系电话", "2026-06-01 21:30,116.32,纠纷,40.001"]
    with pytest.raises(IncidentFileError, match="no column for lat"):
        kept(tmp_path / "rows", *lines, columns={"time": "a", "lon": "b", "lat": "联系电话"})


def test_as_a_program(tmp_path: Path) -> None:
    """It reads standard input, keeps the rest in a file that nobody else can read, and prints the first look; what is no
    table leaves no file."""
    out = tmp_path / "rows"

    def run(data: bytes, to: Path) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [sys.executable, "-m", "routing.kept_rows", str(to), "六月.csv"], input=data, capture_output=True
        )

    done = run("\n".join([HEAD, *ROWS]).encode(), out)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["row_count"], told["missing"]) == (3, [])
    assert [each["header"] for each in told["columns"] if each["person"]] == ["报警人", "栏7"]
    assert out.stat().st_mode & 0o077 == 0
    broken = run(b"PK\x03\x04 no more", tmp_path / "none")
    assert (broken.returncode, (tmp_path / "none").exists()) == (UNREADABLE, False)
    assert (
        json.loads(broken.stdout)["code"] == "incidents_unreadable"
        and "六月.csv" in json.loads(broken.stdout)["zh"]
    )
