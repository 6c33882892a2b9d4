"""`lexun plan` must draw patrols on real streets, the same for the same seed, and refuse bad input in one line."""

import itertools
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from geojson_pydantic import FeatureCollection
from openpyxl import Workbook

from backend.cli import main
from routing.geo import haversine_m
from routing.streets import StreetGraph
from tests.support.processes import ROOT
from tests.support.streets import grid_place, write_grid, write_incidents

WINDOW = "2026-06-05T20:00+08:00/2026-06-05T23:00+08:00"


@pytest.fixture(scope="module")
def grid_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_grid(tmp_path_factory.mktemp("grid") / "grid.osm.pbf")


@pytest.fixture(scope="module")
def incidents(grid_path: Path) -> Path:
    return write_incidents(grid_path.parent / "incidents.csv", grid_path)


@pytest.fixture
def options(grid_path: Path, incidents: Path, tmp_path: Path) -> dict[str, str]:
    """Options that make a good plan of the grid town."""
    lon, lat = grid_place(500, 500)
    return {
        "--incidents": str(incidents),
        "--streets": str(grid_path),
        "--datum": "wgs84",
        "--teams": "2",
        "--from": f"{lon:.6f},{lat:.6f}",
        "--minutes": "60",
        "--dwell-min": "12",
        "--window": WINDOW,
        "--seed": "1",
        "--out": str(tmp_path / "routes.geojson"),
    }


def words(options: dict[str, str]) -> list[str]:
    return [word for pair in options.items() for word in pair]


def run(options: dict[str, str], **environment: str) -> Result:
    """Run `lexun plan` inside this process."""
    return CliRunner().invoke(main, ["plan", *words(options)], env={"LC_ALL": "C.UTF-8", **environment})


def check_collection(path: Path, teams: int, minutes: float) -> FeatureCollection:  # pyright: ignore[reportMissingTypeArgument]
    """The file must be an RFC 7946 FeatureCollection whose numbers add up within the window."""
    collection = FeatureCollection.model_validate_json(path.read_bytes())
    lines = [f for f in collection.features if f.geometry is not None and f.geometry.type == "LineString"]
    points = [f for f in collection.features if f.geometry is not None and f.geometry.type == "Point"]
    assert len(lines) == teams
    assert len(lines) + len(points) == len(collection.features)
    assert collection.bbox is not None
    west, south, east, north = collection.bbox
    start, end = (datetime.fromisoformat(part) for part in WINDOW.split("/"))
    for line in lines:
        told = line.properties
        stops = [p.properties for p in points if p.properties["team"] == told["team"]]
        assert told["walk_s"] + told["dwell_s"] <= minutes * 60
        assert told["score"] == pytest.approx(sum(stop["score"] for stop in stops), abs=0.05)
        assert [stop["order"] for stop in stops] == list(range(1, len(stops) + 1))
        at = start
        for stop in stops:
            arrive, leave = datetime.fromisoformat(stop["arrive"]), datetime.fromisoformat(stop["leave"])
            assert at <= arrive < leave <= end
            assert arrive.utcoffset() is not None
            assert stop["why"]["zh"].endswith("。")
            assert stop["why"]["en"].endswith(".")
            assert stop["why"]["zh"].count("。") == stop["why"]["en"].count(".") == 1
            at = leave
        for position in line.geometry.coordinates:
            assert west <= position.longitude <= east
            assert south <= position.latitude <= north
    assert points
    return collection


@pytest.mark.parametrize(
    ("name", "datum", "start"),
    [("beijing-tsinghua", "gcj02", "116.3200,40.0000"), ("baltimore", "bd09", "-76.5900,39.2850")],
)
def test_patrols_on_real_streets(
    shared_data: Path, tmp_path: Path, name: str, datum: str, start: str
) -> None:
    """On real streets four teams get walks along them; the same seed gives the same bytes, in silence."""
    streets = shared_data / "streets" / f"{name}.osm.pbf"
    data = write_incidents(tmp_path / "in.csv", streets, count=1500, datum=datum)  # pyright: ignore[reportArgumentType]
    out = tmp_path / "routes.geojson"
    given = [
        "--incidents",
        str(data),
        "--streets",
        str(streets),
        "--datum",
        datum,
        "--teams",
        "4",
        "--from",
        start,
    ]
    given += ["--minutes", "90", "--dwell-min", "12", "--window", WINDOW, "--seed", "1", "--out", str(out)]
    command = [sys.executable, "-m", "routing", *given]
    first = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (first.returncode, first.stderr) == (0, "")
    assert "columns about persons, not read: 报警人, 联系电话" in first.stdout
    collection = check_collection(out, teams=4, minutes=90)
    written = out.read_bytes()
    out.unlink()
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    assert out.read_bytes() == written
    graph = StreetGraph.from_osm(streets)
    for feature in collection.features:
        assert feature.geometry is not None
        if feature.geometry.type == "LineString":
            line = [(p.longitude, p.latitude) for p in feature.geometry.coordinates]
            assert graph.snap([p[0] for p in line], [p[1] for p in line]).distance_m.max() < 0.1
            steps = [float(haversine_m(*a, *b)) for a, b in itertools.pairwise(line)]
            assert sum(steps) == pytest.approx(feature.properties["length_m"], rel=5e-3, abs=1)


def test_the_grid_town(options: dict[str, str]) -> None:
    """The summary counts rows, names dropped columns and tells the score; another seed may give another file."""
    result = run(options)
    assert result.exit_code == 0, result.output
    assert "600 of 600 incidents used" in result.stdout
    assert "team" in result.stdout
    assert result.stderr == ""
    check_collection(Path(options["--out"]), teams=2, minutes=60)


def test_a_spreadsheet_with_columns_by_hand(options: dict[str, str], tmp_path: Path, incidents: Path) -> None:
    """An xlsx with headers nobody knows plans like its CSV once the columns are named."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["甲", "乙", "丙", "丁", "戊"])
    for line in incidents.read_text(encoding="utf-8-sig").splitlines()[1:]:
        sheet.append(line.split(",")[:5])
    book.save(tmp_path / "in.xlsx")
    assert run(options).exit_code == 0
    from_csv = Path(options["--out"]).read_bytes()
    by_hand = {
        **options,
        "--incidents": str(tmp_path / "in.xlsx"),
        "--columns": "id=甲,time=乙,kind=丙,lon=丁,lat=戊",
    }
    result = run(by_hand)
    assert result.exit_code == 0, result.output
    assert Path(options["--out"]).read_bytes() == from_csv


def test_times_without_offset_are_in_the_named_zone(options: dict[str, str]) -> None:
    """Another zone for the incidents' times moves them to other hours, and so changes the plan."""
    assert run(options).exit_code == 0
    here = Path(options["--out"]).read_bytes()
    assert run({**options, "--time-zone": "America/New_York"}).exit_code == 0
    assert Path(options["--out"]).read_bytes() != here


def truncated(options: dict[str, str], folder: Path) -> dict[str, str]:
    path = folder / "cut.osm.pbf"
    data = Path(options["--streets"]).read_bytes()
    path.write_bytes(data[: len(data) * 2 // 3])
    return {"--streets": str(path)}


def written(text: str) -> Callable[[dict[str, str], Path], dict[str, str]]:
    def write(options: dict[str, str], folder: Path) -> dict[str, str]:
        (folder / "in.csv").write_text(text, encoding="utf-8")
        return {"--incidents": str(folder / "in.csv")}

    return write


def elsewhere(options: dict[str, str], folder: Path) -> dict[str, str]:
    lines = Path(options["--incidents"]).read_text(encoding="utf-8-sig").replace(",116.", ",118.")
    return written(lines)(options, folder)


def other(**change: str) -> Callable[[dict[str, str], Path], dict[str, str]]:
    return lambda options, folder: {f"--{name.replace('_', '-')}": value for name, value in change.items()}


def off_the_map(options: dict[str, str], folder: Path) -> dict[str, str]:
    lon, lat = grid_place(500, 6000)
    return {"--from": f"{lon},{lat}"}


def turned_round(options: dict[str, str], folder: Path) -> dict[str, str]:
    return {"--from": ",".join(reversed(options["--from"].split(",")))}


BAD_INPUT: list[tuple[str, Callable[[dict[str, str], Path], dict[str, str]], str]] = [
    ("no incidents file", other(incidents="missing.csv"), "missing.csv does not exist"),
    ("no streets file", other(streets="missing.osm.pbf"), "missing.osm.pbf does not exist"),
    ("incidents is a folder", other(incidents="."), ". is a folder"),
    ("truncated streets", truncated, "truncated or not .osm.pbf"),
    ("streets are no pbf", lambda options, folder: {"--streets": options["--incidents"]}, "not .osm.pbf"),
    ("incidents are no table", lambda options, folder: {"--incidents": options["--streets"]}, "neither CSV"),
    ("empty incidents", written(""), "is empty"),
    ("header only", written("报警时间,经度,纬度\n"), "no usable row of 0"),
    ("no place in the header", written("时间,类别\n2026-06-01,纠纷\n"), "no column for lon, lat"),
    ("unknown datum", other(datum="cgcs2000"), "'cgcs2000' is not one of 'wgs84', 'gcj02', 'bd09'"),
    ("wrong datum", other(datum="gcj02"), "datum"),
    ("a datum that leaves only a few inside", other(datum="bd09"), "--datum wgs84"),
    ("incidents of another town", elsewhere, "600 outside_area"),
    ("start off the map", off_the_map, "5.0 km from the nearest street"),
    ("start turned round", turned_round, "write LON,LAT"),
    ("start no place", other(**{"from": "here"}), "'here' is not LON,LAT"),
    ("start of one number", other(**{"from": "116.3"}), "is not LON,LAT"),
    ("window without times", other(window="2026-06-05/2026-06-05"), "no time of day"),
    ("window without offset", other(window="2026-06-05T20:00/2026-06-05T23:00"), "no offset"),
    (
        "window turned round",
        other(window="/".join(reversed(WINDOW.split("/")))),
        "does not end after it starts",
    ),
    ("window of a week", other(window="2026-06-05T20:00Z/2026-06-12T20:00Z"), "longer than 24 hours"),
    ("window before all incidents", other(window="2020-06-05T20:00Z/2020-06-05T23:00Z"), "600 future_time"),
    ("no teams", other(teams="0"), "teams is 0"),
    ("fewer than no teams", other(teams="-3"), "teams is -3"),
    ("teams no number", other(teams="four"), "'four' is not a valid integer"),
    ("far too many teams", other(teams="1000000"), "teams is 1000000: it must be from 1 to 200"),
    ("minutes below the dwell", other(minutes="10"), "minutes is 10: it must be at least the dwell of 12"),
    ("minutes over the window", other(minutes="200"), "at most the window's 180"),
    ("minutes not a number", other(minutes="nan"), "minutes is nan"),
    ("no dwell", other(dwell_min="0"), "dwell-min is 0"),
    ("too little time for any stop", other(minutes="12.2"), "needs"),
    ("negative seed", other(seed="-1"), "seed"),
    ("unknown zone", other(time_zone="Mars/Olympus"), "'Mars/Olympus' is not a time zone"),
    ("columns no pairs", other(columns="lon"), "is not FIELD=HEADER"),
    ("columns unknown", other(columns="lon=东"), "column '东'"),
    ("out in no folder", other(out="nowhere/routes.geojson"), "a folder that exists"),
    ("out is a folder", other(out="."), "out ."),
    ("out is an input", lambda options, folder: {"--out": options["--incidents"]}, "is an input file"),
]


@pytest.mark.parametrize(
    ("change", "said"), [row[1:] for row in BAD_INPUT], ids=[row[0] for row in BAD_INPUT]
)
def test_bad_input(
    options: dict[str, str],
    tmp_path: Path,
    change: Callable[[dict[str, str], Path], dict[str, str]],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Bad input ends with exit code 2 and one line that names it, and no file is written or changed."""
    monkeypatch.chdir(tmp_path)
    changed = {**options, **change(options, tmp_path)}
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    data = Path(options["--incidents"]).read_bytes()
    result = run(changed)
    assert result.exit_code == 2, result.output
    assert said in result.stderr
    assert result.stderr.startswith("lexun plan: ")
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert Path(options["--incidents"]).read_bytes() == data


def test_a_missing_option_is_one_line(options: dict[str, str]) -> None:
    """What is not given is named, with where to read on."""
    del options["--datum"]
    result = run(options)
    assert result.exit_code == 2
    assert "--datum" in result.stderr
    assert "--help" in result.stderr
    assert result.stderr.count("\n") == 1


def test_an_old_plan_survives_a_failed_one(options: dict[str, str]) -> None:
    """When planning fails, the file of the last plan stays as it was."""
    assert run(options).exit_code == 0
    old = Path(options["--out"]).read_bytes()
    assert run({**options, "--minutes": "12.2"}).exit_code == 2
    assert Path(options["--out"]).read_bytes() == old
    assert list(Path(options["--out"]).parent.iterdir()) == [Path(options["--out"])]


def test_stale_incidents_are_told(options: dict[str, str]) -> None:
    """A window long after the last incident is planned for, and the summary and the reasons say how old they are."""
    result = run({**options, "--window": WINDOW.replace("2026", "2028")})
    assert result.exit_code == 0, result.output
    assert "days older than the window" in result.stdout
    assert "in the year to 2026-0" in Path(options["--out"]).read_text(encoding="utf-8")


def test_errors_speak_the_users_language(options: dict[str, str]) -> None:
    """Where the locale is Chinese, so is the line."""
    result = run({**options, "--teams": "0"}, LC_ALL="zh_CN.UTF-8")
    assert result.exit_code == 2
    assert result.stderr == "lexun plan: teams 为 0，应在 1–200 之间。\n"


def test_progress_on_a_terminal(options: dict[str, str]) -> None:
    """With a terminal on standard error the stages are shown there."""
    leader, follower = pty.openpty()
    command = [sys.executable, "-m", "routing", *words(options)]
    environment = {**os.environ, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", "COLUMNS": "120"}
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=follower, env=environment)
    os.close(follower)
    shown = b""
    try:
        while chunk := os.read(leader, 65536):
            shown += chunk
    except OSError:
        pass  # Linux tells the end of a terminal this way
    finally:
        os.close(leader)
    assert process.wait() == 0
    assert b"solving routes" in shown
