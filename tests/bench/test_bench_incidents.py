"""How long `lexun incidents check` takes for a big district's export, and how much memory it needs."""

import csv
import datetime as dt
import json
import random
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from openpyxl import Workbook

from routing.geo import from_wgs84
from routing.town import write_town
from tests.support.processes import BIN, project_environment

ROWS = 200_000
SECONDS_MAX = 20
MEGABYTES_MAX = 500
HEADER = ("警情编号", "报警时间", "警情类别", "案发地址", "经度", "纬度", "报警人", "联系电话", "处警单位")
KINDS = ("盗窃电动车", "纠纷", "走失/求助", "噪音扰民", "酒后滋事", "扒窃/盗窃")
TIME_FORMATS = ("%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y年%m月%d日 %H:%M", "%Y-%m-%d")
MEASURE = (
    "import resource, subprocess, sys, time; t = time.monotonic(); code = subprocess.call(sys.argv[1:]);"
    "used = resource.getrusage(resource.RUSAGE_CHILDREN);"
    "print(f'measured {time.monotonic() - t:.1f} {used.ru_maxrss // 1024} {used.ru_utime + used.ru_stime:.1f}');"
    "sys.exit(code)"
)


def rows(seed: int = 5) -> list[list[str]]:
    """A year's export in GCJ-02 with seven rows in a hundred spoiled."""
    dice = random.Random(seed)
    around = np.random.default_rng(seed).uniform(-0.01, 0.01, (2, ROWS))
    lons, lats = from_wgs84(122.6072 + around[0], 27.4904 + around[1], "gcj02")
    made: list[list[str]] = []
    for number, (lon, lat) in enumerate(zip(lons.tolist(), lats.tolist(), strict=True)):
        at = dt.datetime(2025, 6, 1) + dt.timedelta(seconds=dice.randrange(365 * 86_400))
        row = [
            f"J{number:08}", at.strftime(dice.choice(TIME_FORMATS)), dice.choice(KINDS), f"学院路{number % 500}号", f"{lon:.6f}",
            f"{lat:.6f}", "某某", f"139{dice.randrange(10**8):08}", "演示派出所",
        ]  # fmt: skip
        match dice.randrange(100):
            case 0 | 1:
                row[4] = ""
            case 2 | 3:
                row[4], row[5] = row[5], row[4]
            case 4:
                row[4] = row[5] = "0"
            case 5:
                row[1] = "昨天"
            case 6:
                row[2] = ""
        made.append(row)
    return made


def write(path: Path) -> None:
    """The export as CSV in GB18030, or as a spreadsheet."""
    if path.suffix == ".csv":
        with path.open("w", encoding="gb18030", newline="") as file:
            csv.writer(file).writerows([HEADER, *rows()])
        return
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in (HEADER, *rows()):
        sheet.append(row)
    book.save(path)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_big_export_is_checked_before_the_tea_is_cold(tmp_path: Path, record, kind: str) -> None:
    """200,000 rows against the streets of the town: under 20 s and 500 MB."""
    file, streets = tmp_path / f"export.{kind}", tmp_path / "town.osm.pbf"
    write(file)
    write_town(streets)
    command = [
        str(BIN / "lexun"), "incidents", "check", str(file), "--datum", "gcj02", "--streets", str(streets), "--json",
    ]  # fmt: skip
    run = subprocess.run(
        [sys.executable, "-c", MEASURE, *command], capture_output=True, text=True, env=project_environment()
    )
    assert run.returncode == 0, run.stderr
    report, _, measured = run.stdout.partition("\n")
    assert 0.92 * ROWS < json.loads(report)["accepted"] < 0.94 * ROWS
    found = re.search(r"measured ([\d.]+) (\d+)", measured)
    assert found is not None, measured
    seconds, megabytes = float(found.group(1)), int(found.group(2))
    how = "make bench (lexun incidents check)"
    record(f"check of {ROWS:,} incidents, {kind}", f"{seconds:.1f} s, {megabytes} MB", how)
    assert seconds < SECONDS_MAX
    assert megabytes < MEGABYTES_MAX


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_persons_are_taken_out_while_the_officer_waits(tmp_path: Path, record, kind: str) -> None:
    """The same file as it arrives at the desk: read, freed of persons and written; no name or number is left."""
    file, kept = tmp_path / f"export.{kind}", tmp_path / "rows"
    write(file)
    command = [sys.executable, "-m", "routing.kept_rows", str(kept), file.name]
    with file.open("rb") as source:
        run = subprocess.run(
            [sys.executable, "-c", MEASURE, *command],
            stdin=source, capture_output=True, text=True, env=project_environment(),
        )  # fmt: skip
    assert run.returncode == 0, run.stderr
    found = re.search(r"measured [\d.]+ (\d+) ([\d.]+)", run.stdout)
    assert found is not None, run.stdout
    assert not re.search(r"139\d{8}|某某", kept.read_text("utf-8"))
    record(
        f"persons taken out of {ROWS:,} incidents as they arrive, {kind}",
        f"{found.group(2)} CPU s, {found.group(1)} MB",
        "make bench (test_bench_incidents)",
    )
