"""Problems to compare optimisers on are read as they are published, and refused with the place of the fault."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from routing.bench_cli import bench
from routing.bench_files import BenchFileError, read_city, read_instance

INSTANCE = "n 4\nm 2\ntmax 10\n0 0 0\n1 0 5\n0 3 0\n2 0 0\n"
CITY = "#budget_min=60 dwell_min=12 speed_kmh=4.5 detour=1.3\nkind,x_km,y_km,score\nhotspot,0,0,7\nteam,0.5,0,\nhotspot,9,9,3\n"


def test_an_instance(tmp_path: Path) -> None:
    """The first point is the start, the last the end; points worth nothing are no stops."""
    (tmp_path / "i.txt").write_text(INSTANCE)
    problem = read_instance(tmp_path / "i.txt")
    assert [(stop.id, stop.place, stop.score) for stop in problem.stops] == [("1", 1, 5.0)]
    assert [(team.start_place, team.end_place, team.budget_s) for team in problem.teams] == [(0, 3, 10.0)] * 2
    assert problem.walk_s[0, 2] == 3


def test_a_city(tmp_path: Path) -> None:
    """Kilometres as the crow flies, the detour and the pace become seconds; ids count within their kind."""
    (tmp_path / "c.csv").write_text(CITY)
    problem = read_city(tmp_path / "c.csv")
    assert [stop.id for stop in problem.stops] == ["0", "1"]
    assert problem.walk_s[2, 0] == pytest.approx(0.5 * 1.3 / 4.5 * 3600)
    assert problem.stops[0].dwell_s == 720


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "first lines"),
        ("n 2\nm 1\ntmax x\n", "first lines"),
        ("n 3\nm 1\ntmax 5\n0 0 0\n1 1 1\n", "3 points announced"),
        ("n 2\nm 1\ntmax 5\n0 0 0\n1 one 1\n", "not 'x y score'"),
        ("n 2\nm 0\ntmax 5\n0 0 0\n1 1 1\n", "m 0"),
    ],
)
def test_instances_that_are_none(tmp_path: Path, text: str, said: str) -> None:
    """What is wrong, and with which file."""
    (tmp_path / "i.txt").write_text(text)
    with pytest.raises(BenchFileError, match=said):
        read_instance(tmp_path / "i.txt")


@pytest.mark.parametrize(
    "text", ["kind,x_km,y_km,score\n", CITY.replace("team,0.5,0,\n", ""), CITY.replace("0.5", "x")]
)
def test_cities_that_are_none(tmp_path: Path, text: str) -> None:
    """A missing head, no team, a number that is none."""
    (tmp_path / "c.csv").write_text(text)
    with pytest.raises(BenchFileError, match=r"c\.csv"):
        read_city(tmp_path / "c.csv")


def test_the_commands_write_routes(tmp_path: Path) -> None:
    """Both commands write what they found, in the file's own numbers; where nothing is within reach, no routes."""
    (tmp_path / "i.txt").write_text(INSTANCE)
    (tmp_path / "far.txt").write_text(INSTANCE.replace("tmax 10", "tmax 1"))
    (tmp_path / "c.csv").write_text(CITY)
    for verb, name, found in [
        ("top", "i.txt", [[[1], []], [[], [1]]]),
        ("top", "far.txt", [[]]),
        ("city", "c.csv", [{"0": [0]}]),
    ]:
        out = tmp_path / "out.json"
        args = [verb, str(tmp_path / name), "--seconds", "0.05", "--out", str(out)]
        result = CliRunner().invoke(bench, args)
        assert result.exit_code == 0, result.output
        assert json.loads(out.read_text())["routes"] in found
