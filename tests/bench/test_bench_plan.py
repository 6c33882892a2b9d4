"""How long `lexun plan` takes and how much memory it needs, on the demo town and on real streets."""

import csv
import datetime as dt
import random
import re
import subprocess
import sys
from pathlib import Path

import osmium
import pytest

from routing.town import write_town
from tests.support.processes import BIN, project_environment

SECONDS_MAX = 30
MEGABYTES_MAX = 1000
WINDOW = "2026-06-05T20:00+08:00/2026-06-05T23:00+08:00"
MEASURE = (
    "import resource, subprocess, sys, time; t = time.monotonic(); code = subprocess.call(sys.argv[1:]);"
    "print(f'measured {time.monotonic() - t:.1f} {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024}');"
    "sys.exit(code)"
)


def streets_of(name: str, folder: Path, request: pytest.FixtureRequest) -> Path:
    """The street file: the demo town's, or a real one."""
    if name != "demo town":
        return request.getfixturevalue("shared_data") / "streets" / f"{name}.osm.pbf"
    write_town(folder / "town.osm.pbf")
    return folder / "town.osm.pbf"


def write_incidents(streets: Path, out: Path, seed: int = 7) -> tuple[float, float]:
    """A made-up year around some corners of these streets; returns one of the corners."""
    dice = random.Random(seed)
    corners = [
        (node.lon, node.lat) for node in osmium.FileProcessor(streets, osmium.osm.NODE) if dice.random() < 0.2
    ]
    busy = dice.sample(corners, 12)
    with out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["发生时间", "经度", "纬度", "案件类别"])
        for _ in range(1500):
            lon, lat = dice.choice(busy) if dice.random() < 0.6 else dice.choice(corners)
            at = dt.datetime(2026, 6, 4, 12) - dt.timedelta(days=dice.uniform(0, 360))
            at = at.replace(hour=dice.choice([8, 14, 18, 19, 20, 21, 22, 23]))
            writer.writerow(
                [
                    at.strftime("%Y-%m-%d %H:%M"),
                    f"{lon + dice.gauss(0, 0.0003):.6f}",
                    f"{lat + dice.gauss(0, 0.0003):.6f}",
                    "盗窃",
                ]
            )
    return busy[0]


@pytest.mark.parametrize("name", ["demo town", "beijing-tsinghua", "baltimore"])
def test_a_plan_is_there_before_patience_ends(
    name: str, tmp_path: Path, record, request: pytest.FixtureRequest
) -> None:
    """Four teams for ninety minutes: under 30 s and 1 GB, from files to GeoJSON."""
    streets = streets_of(name, tmp_path, request)
    lon, lat = write_incidents(streets, tmp_path / "incidents.csv")
    command = [
        str(BIN / "lexun"), "plan", "--incidents", str(tmp_path / "incidents.csv"), "--streets", str(streets), "--datum", "wgs84",
        "--teams", "4", "--from", f"{lon},{lat}", "--minutes", "90", "--dwell-min", "12", "--window", WINDOW, "--seed", "1",
        "--out", str(tmp_path / "routes.geojson"),
    ]  # fmt: skip
    run = subprocess.run(
        [sys.executable, "-c", MEASURE, *command], capture_output=True, text=True, env=project_environment()
    )
    assert run.returncode == 0, run.stderr
    found = re.search(r"measured ([\d.]+) (\d+)", run.stdout)
    assert found is not None, run.stdout
    seconds, megabytes = float(found.group(1)), int(found.group(2))
    record(f"plan for 4 teams, {name}", f"{seconds:.1f} s, {megabytes} MB", "make bench (lexun plan)")
    assert seconds < SECONDS_MAX
    assert megabytes < MEGABYTES_MAX
