"""How much CPU and memory `lexun forecast` and an outlook take on one core, for a district's reports and a city's."""

import datetime as dt
import re
import subprocess
import sys
import time
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from routing.incident import Incident
from routing.outlook import make_outlook
from routing.outlook_file import pack
from tests.support.processes import BIN, project_environment

MEGABYTES_MAX = 1000
CELL_M = 250.0
DAYS = 730
START = dt.datetime(2026, 6, 1)
KINDS = (
    "盗窃电动车",
    "纠纷",
    "酒后滋事",
    "扒窃/盗窃",
    "噪音扰民",
    "入室盗窃",
    "抢劫",
    "走失/求助",
    "毁坏财物",
    "诈骗",
)
METRES_PER_DEGREE = 111_194.9
ONE_CORE = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
MEASURE = (
    "import resource, subprocess, sys; code = subprocess.call(sys.argv[1:]);"
    "used = resource.getrusage(resource.RUSAGE_CHILDREN);"
    "print(f'measured {used.ru_utime + used.ru_stime:.1f} {used.ru_maxrss // 1024}'); sys.exit(code)"
)


def made_up(
    count: int, side_km: float, seed: int = 1
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Reports of two years at thousands of corners of very different business, some anywhere: seconds before START,
    metres east and north, and kinds."""
    dice = np.random.default_rng(seed)
    side_m = side_km * 1000
    corners, rate = dice.uniform(0, side_m, (4000, 2)), dice.pareto(1.2, 4000) + 0.1
    place = corners[dice.choice(4000, count, p=rate / rate.sum())] + dice.normal(0, 60, (count, 2))
    anywhere = dice.random(count) < 0.3
    place[anywhere] = dice.uniform(0, side_m, (anywhere.sum(), 2))
    usual = np.arange(len(KINDS), 0, -1) / np.arange(len(KINDS), 0, -1).sum()
    ago_s = np.sort(dice.integers(60, DAYS * 86_400, count))[::-1]
    return ago_s, *(place % side_m).T, dice.choice(len(KINDS), count, p=usual)


def degrees(x_m: np.ndarray, y_m: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return 120 + x_m / (METRES_PER_DEGREE * np.cos(np.radians(30))), 30 + y_m / METRES_PER_DEGREE


def write(folder: Path, count: int, side_km: float) -> None:
    """The two files of `lexun forecast`."""
    ago_s, x_m, y_m, kind = made_up(count, side_km)
    at = (np.datetime64(START) - ago_s.astype("timedelta64[s]")).astype("datetime64[s]").astype(str)
    lon, lat = degrees(x_m, y_m)
    with (folder / "incidents.csv").open("w", encoding="utf-8") as file:
        file.write("t,lon,lat,cat\n")
        file.writelines(
            f"{row[0]},{row[1]:.6f},{row[2]:.6f},{KINDS[row[3]]}\n"
            for row in zip(at, lon, lat, kind, strict=True)
        )
    middles = np.arange(CELL_M / 2, side_km * 1000, CELL_M)
    with (folder / "cells.csv").open("w", encoding="utf-8") as file:
        file.write("cell_id,lon,lat,x,y,area_km2\n")
        for row, y in enumerate(middles):
            for column, x in enumerate(middles):
                cell_lon, cell_lat = degrees(x, y)
                file.write(f"r{row}c{column},{cell_lon:.6f},{cell_lat:.6f},{x:.1f},{y:.1f},0.0625\n")


@pytest.mark.parametrize(("count", "side_km", "cpu_s_max"), [(100_000, 12, 4), (1_000_000, 20, 15)])
def test_a_forecast_is_cheap(tmp_path: Path, record, count: int, side_km: int, cpu_s_max: float) -> None:
    """From files to scores, fitted and predicted: 10^5 within 4 CPU s and 10^6 within 15, under 1 GB."""
    write(tmp_path, count, side_km)
    command = [
        str(BIN / "lexun"), "forecast", "--incidents", str(tmp_path / "incidents.csv"), "--cells", str(tmp_path / "cells.csv"),
        "--start", START.date().isoformat(), "--out", str(tmp_path / "out.csv"),
    ]  # fmt: skip
    run = subprocess.run(
        [sys.executable, "-c", MEASURE, *command],
        capture_output=True,
        text=True,
        env={**project_environment(), **ONE_CORE},
    )
    assert run.returncode == 0, run.stderr
    found = re.search(r"measured ([\d.]+) (\d+)", run.stdout)
    assert found is not None, run.stdout
    cpu_s, megabytes = float(found.group(1)), int(found.group(2))
    cells = round(side_km * 1000 / CELL_M) ** 2
    record(
        f"forecast of a week from {count:,} reports",
        f"{cpu_s:.1f} CPU s, {megabytes} MB ({cells:,} cells)",
        "make bench (lexun forecast, one core)",
    )
    assert megabytes < MEGABYTES_MAX
    assert cpu_s < cpu_s_max


def test_an_outlook_is_cheap(record) -> None:
    """A district's outlook of 10^5 reports against reading its hours off: made once, read often."""
    ago_s, x_m, y_m, kind = made_up(100_000, 12)
    lon, lat = degrees(x_m, y_m)
    zone = ZoneInfo("Asia/Shanghai")
    incidents = [
        Incident(
            f"J{n}", START.replace(tzinfo=zone) - dt.timedelta(seconds=row[0]), row[1], row[2], KINDS[row[3]]
        )
        for n, row in enumerate(zip(ago_s.tolist(), lon.tolist(), lat.tolist(), kind.tolist(), strict=True))
    ]
    begun = time.process_time()
    outlook = make_outlook(incidents, START.replace(tzinfo=zone), zone)
    made_s = time.process_time() - begun
    begun = time.process_time()
    for hour in range(168):
        outlook.in_hours(np.arange(168) == hour)
    read_s = (time.process_time() - begun) / 168
    record(
        "outlook of a district, 100,000 reports",
        f"{made_s:.1f} CPU s, {len(outlook):,} cells, {len(pack(outlook)) / 1e6:.1f} MB kept; an hour of it read in "
        f"{read_s * 1e6:.0f} µs, ratio {made_s / read_s:,.0f}",
        "make bench",
    )
    assert read_s < made_s / 100
