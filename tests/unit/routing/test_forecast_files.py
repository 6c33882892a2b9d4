"""`lexun forecast` must read and write the files of its contract, and say which line is wrong."""

import csv
import gzip
import json
import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from backend.cli import main
from routing.forecast_files import read_cells, read_reports, reports_before

HEADER = "t,lon,lat,cat,patrol\n"
DEGREE_M = 111_194.9


def write_cells(path: Path, side: int = 5, size_m: float = 250.0) -> None:
    rows = [
        f"r{row}c{column},{120 + (column + 0.5) * size_m / DEGREE_M:.6f},{(row + 0.5) * size_m / DEGREE_M:.6f},"
        f"{(column + 0.5) * size_m:.1f},{(row + 0.5) * size_m:.1f},{(size_m / 1000) ** 2:.4f}"
        for row in range(side)
        for column in range(side)
    ]
    path.write_text("cell_id,lon,lat,x,y,area_km2\n" + "\n".join(rows) + "\n", "utf-8")


def write_reports(path: Path, cells: list[int], side: int = 5, size_m: float = 250.0, hour: int = 3) -> None:
    """A report a day and cell, in 2024, in the middles of the cells."""
    rows = []
    for day in range(200):
        for cell in cells:
            lon = 120 + (cell % side + 0.5) * size_m / DEGREE_M
            lat = (cell // side + 0.5) * size_m / DEGREE_M
            at = np.datetime64("2024-12-01") - np.timedelta64(day, "D")
            rows.append(f"{at}T{hour:02}:15:00,{lon:.6f},{lat:.6f},盗窃")
    path.write_text("t,lon,lat,cat\n" + "\n".join(rows) + "\n", "utf-8")


def run(tmp_path: Path, *more: str) -> tuple[int, str, str]:
    options = [
        "--incidents",
        str(tmp_path / "in.csv"),
        "--cells",
        str(tmp_path / "cells.csv"),
        "--start",
        "2024-12-02",
    ]
    ended = CliRunner().invoke(main, ["forecast", *options, *more])
    return ended.exit_code, ended.stdout, ended.stderr


@pytest.mark.parametrize("shift", [[], ["--shift", ""], ["--shift"], ["--shift", "0"]])
def test_every_cell_is_scored_once(tmp_path: Path, shift: list[str]) -> None:
    """All cells in the file's order with finite scores, the reported ones best; an empty --shift is the whole day."""
    write_cells(tmp_path / "cells.csv")
    write_reports(tmp_path / "in.csv", [7, 18, 18])
    code, said, _ = run(tmp_path, *shift, "--out", str(tmp_path / "out.csv"))
    assert code == 0
    assert "count of the past year" in said or "近一年计数" in said
    rows = list(csv.DictReader((tmp_path / "out.csv").open(encoding="utf-8")))
    assert list(rows[0]) == ["cell_id", "score"]
    assert [row["cell_id"] for row in rows] == [f"r{each // 5}c{each % 5}" for each in range(25)]
    score = np.array([float(row["score"]) for row in rows])
    assert np.isfinite(score).all()
    assert np.argsort(-score)[:2].tolist() == [18, 7]


def test_the_choice_is_told_as_json(tmp_path: Path) -> None:
    """--json says which way was taken, why, and how many reports it rests on."""
    write_cells(tmp_path / "cells.csv")
    write_reports(tmp_path / "in.csv", [7])
    code, said, _ = run(tmp_path, "--out", str(tmp_path / "out.csv"), "--json")
    told = json.loads(said)
    assert code == 0
    assert (told["way"], told["why"], told["reports"]) == ("count", "short_history", 200)
    assert told["expected"] == pytest.approx(7, rel=0.1)


def test_what_no_patrol_can_prevent_is_left_out(tmp_path: Path) -> None:
    """Rows with patrol 0 do not count; without the column all do; gzip and a byte order mark are read."""
    text = HEADER + "2024-01-01 10:00:00,120.001,0.001,盗窃,1\n2024-01-01,120.001,0.001,火警,0\n"
    with gzip.open(tmp_path / "a.csv.gz", "wb") as file:
        file.write(text.encode("utf-8-sig"))
    found = read_reports(tmp_path / "a.csv.gz")
    assert found.kinds == ("盗窃",)
    (tmp_path / "b.csv").write_text("lat,lon,t\n0.001,120.001,2024-01-01\n", "utf-8")
    plain = read_reports(tmp_path / "b.csv")
    assert plain.clock_known.tolist() == [False]
    assert found.clock_known.tolist() == [True]


def test_times_are_local_and_the_future_is_left_out(tmp_path: Path) -> None:
    """Fractions and offsets are taken as local time; only what lies before the start is kept; Monday's hour 0 is 0."""
    (tmp_path / "a.csv").write_text(
        "t,lon,lat\n2024-01-01T00:30:00.250,120,0\n2024-01-07T23:00:00+08:00,120,0\n2024-01-08T00:00:00,120,0\n",
        "utf-8",
    )
    table = read_reports(tmp_path / "a.csv")
    start_s = int(np.datetime64("2024-01-08", "s").astype(int))
    kept = reports_before(table, start_s, table.lon, table.lat)
    assert kept.hour.tolist() == [0, 167]
    assert kept.age_days == pytest.approx([7 - 0.5 / 24, 1 / 24])


def test_cells_know_their_degrees(tmp_path: Path) -> None:
    """Degrees turn into the cells' metres by the line through their middles."""
    write_cells(tmp_path / "cells.csv")
    cells = read_cells(tmp_path / "cells.csv")
    x_m, y_m = cells.to_metres(np.array([120 + 600 / DEGREE_M]), np.array([100 / DEGREE_M]))
    assert (x_m[0], y_m[0]) == pytest.approx((600, 100), abs=0.2)
    assert cells.ground.cells_at(x_m, y_m).tolist() == [2]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("t,lon\n2024-01-01,120\n", "lat"),
        (HEADER + "2024-13-01,120,0,盗窃,1\n", "line 2"),
        (HEADER + "2024-01-01,120,0,盗窃,1\n2024-01-02,x,0,盗窃,1\n", "line 3"),
        (HEADER + "2024-01-01,120,95,盗窃,1\n", "line 2"),
        (HEADER + "2024-01-01,120,nan,盗窃,1\n", "line 2"),
        (HEADER + "2024-01-01,120,0\n", "line 2"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, text: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row that cannot be read ends the command with one line that names it, code 2 and no output."""
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    write_cells(tmp_path / "cells.csv")
    (tmp_path / "in.csv").write_text(text, "utf-8")
    code, _, err = run(tmp_path, "--out", str(tmp_path / "out.csv"))
    assert code == 2
    assert said in err
    assert err.count("\n") == 1
    assert not (tmp_path / "out.csv").exists()


def test_cells_that_are_no_grid_and_missing_files_are_refused(tmp_path: Path) -> None:
    """Two cells in one square, no cells, a shift that is none and a file that is not there end with code 2."""
    write_reports(tmp_path / "in.csv", [7])
    out = ["--out", str(tmp_path / "out.csv")]
    assert run(tmp_path, *out)[0] == 2
    (tmp_path / "cells.csv").write_text("cell_id,lon,lat,x,y,area_km2\n", "utf-8")
    assert run(tmp_path, *out)[0] == 2
    (tmp_path / "cells.csv").write_text(
        "cell_id,lon,lat,x,y,area_km2\na,120,0,0,0,0.0625\nb,120,0,9,0,0.0625\n", "utf-8"
    )
    assert run(tmp_path, *out)[0] == 2
    write_cells(tmp_path / "cells.csv")
    assert run(tmp_path, "--shift", "3", *out)[0] == 2
    assert run(tmp_path, "--out", str(tmp_path / "no" / "out.csv"))[0] == 2


def test_evaluate_prints_the_figures(tmp_path: Path) -> None:
    """`lexun evaluate` walks the last weeks of a file of incidents and prints the measures, as a table and as JSON."""
    write_reports(tmp_path / "in.csv", [7, 18, 18])
    options = ["evaluate", str(tmp_path / "in.csv"), "--weeks", "2", "--time-zone", "Asia/Shanghai"]
    ended = CliRunner().invoke(main, [*options, "--json"])
    assert ended.exit_code == 0, ended.output
    told = json.loads(ended.stdout)
    assert told["weeks"] == 2
    assert told["incidents"] == 28  # the second of two equal rows is a duplicate
    assert [each["share"] for each in told["figures"]] == [0.01, 0.02, 0.05]
    assert (told["near_repeat"], told["left_out"]) == ([], {})
    table = CliRunner().invoke(main, options)
    assert "PAI" in table.stdout
    refused = CliRunner().invoke(main, [*options, "--kind", "走私"])
    assert refused.exit_code == 2


def test_evaluate_says_what_repeats_and_what_it_left_out(tmp_path: Path) -> None:
    """Kinds found by enforcement and private ones are not evaluated, and why is said; burglary is measured."""
    path = tmp_path / "in.csv"
    write_reports(path, [7, 18])
    text = path.read_text("utf-8")
    path.write_text(
        text.replace("盗窃", "入室盗窃") + text.replace("盗窃", "赌博").partition("\n")[2], "utf-8"
    )
    options = ["evaluate", str(path), "--weeks", "2", "--time-zone", "Asia/Shanghai"]
    told = json.loads(CliRunner().invoke(main, [*options, "--json"]).stdout)
    assert told["incidents"] == 28
    assert told["left_out"] == {"赌博": 400}
    assert [(each["kind"], each["reports"]) for each in told["near_repeat"]] == [("入室盗窃", 400)]
    table = CliRunner().invoke(main, options, env={"LC_ALL": "zh_CN.UTF-8"}).stdout
    assert re.search(r"赌博 +400 +– +这类警情主要由执法发现", table)
    assert "命中率" in table
    assert "入室盗窃" in table


def test_evaluate_tells_what_the_desk_tells(tmp_path: Path) -> None:
    """Of a packed file with odd headers: age, first places with reasons and sureness, last week's map, the district's own
    table of kinds, and who gets patrols; so few weeks have no ranges, and that is said."""
    plain = tmp_path / "in.csv"
    write_reports(plain, [7, 18])
    text = plain.read_text("utf-8").replace("t,lon,lat,cat", "wann,laenge,breite,was")
    assert text.startswith("wann,laenge,breite,was")
    packed, table = tmp_path / "in.csv.gz", tmp_path / "kinds.csv"
    packed.write_bytes(gzip.compress(text.encode()))
    table.write_text("kind,weight,counted\n盗窃,2.5,是\n", "utf-8")
    lon, lat = (float(cell) for cell in text.splitlines()[1].split(",")[1:3])
    places = [("东", lon, 1000, 60), ("西", lon + 1, 500, 0)]
    features = [
        {
            "type": "Feature",
            "properties": {"name": name, "residents": residents, "patrol_minutes": minutes},
            "geometry": {
                "type": "Polygon",
                "coordinates": [
                    [[at + x, lat + y] for x, y in ((-0.4, -0.4), (0.4, -0.4), (0.4, 0.4), (-0.4, -0.4))]
                ],
            },
        }
        for name, at, residents, minutes in places
    ]
    communities = tmp_path / "communities.geojson"
    communities.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    options = [
        "evaluate", str(packed), "--weeks", "2", "--columns", "time=wann,lon=laenge,lat=breite,kind=was",
        "--kinds-table", str(table), "--communities", str(communities),
    ]  # fmt: skip
    ended = CliRunner().invoke(main, [*options, "--json"])
    assert ended.exit_code == 0, ended.output
    told = json.loads(ended.stdout)
    assert told["kinds"] == [
        {"kind": "盗窃", "incidents": 400, "weight": 2.5, "counted": True, "private": False}
    ]
    assert told["data"]["age_days"] > 0 and told["data"]["newest_at"] > told["data"]["oldest_at"]
    assert told["places"][0]["reason"]["zh"] and told["places"][0]["sure"] in ("firm", "fair", "thin")
    assert told["last_week"]["pai"] > 0 and told["choice"]["words"]["zh"]
    assert {each["hit_rate_range"] for each in told["figures"]} == {None}
    assert [(each["name"], each["minutes"]) for each in told["fairness"]["communities"]] == [
        ("东", 60),
        ("西", 0),
    ]
    assert told["fairness"]["communities"][1]["residents_level"] == "below"
    printed = CliRunner().invoke(main, options, env={"LC_ALL": "zh_CN.UTF-8"}).stdout
    for words in ("距今已", "理由", "不足 8 周", "盗窃", "2.5", "每千人", "中位数"):
        assert words in printed, words


@pytest.mark.parametrize(
    ("row", "said"),
    [("盗窃,9,是", "a weight is 0 to 5"), ("盗窃,1,vielleicht", "write yes or no"), ("", "no column kind")],
)
def test_a_wrong_table_of_kinds_is_named(tmp_path: Path, row: str, said: str) -> None:
    """With its line and value, before anything is computed."""
    write_reports(tmp_path / "in.csv", [7])
    table = tmp_path / "kinds.csv"
    table.write_text(f"kind,weight,counted\n{row}\n" if row else "a,b\n1,2\n", "utf-8")
    done = CliRunner().invoke(main, ["evaluate", str(tmp_path / "in.csv"), "--kinds-table", str(table)])
    assert done.exit_code == 2 and said in done.stderr
