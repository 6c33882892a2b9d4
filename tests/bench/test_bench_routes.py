"""How good routes are beside PyVRP's and plain OR-Tools', and how quick a repair and a mixture are.

BENCH_EVERY=1 takes every published instance instead of each eighth, BENCH_SEEDS=1,2,3 more seeds.
"""

import csv
import functools
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from routing.predictability import mean_overlap, next_stop_entropy_bits
from routing.problem import PatrolProblem, Stop, Team
from routing.repair import repair
from routing.routes import Routes, routes_of
from routing.solve import solve
from routing.vary import draw, mix
from routing.warm import warm_up
from tests.bench.exact import proved_best
from tests.support.processes import BIN, project_environment

EVERY = int(os.environ.get("BENCH_EVERY", "8"))
SEEDS = os.environ.get("BENCH_SEEDS", "1")
PEERS = Path(__file__).parent / "peers"
ARGUMENTS = "{instance} {seconds} {seed} {out}"
HOW = "make bench, BENCH_EVERY={} BENCH_SEEDS={}"


@pytest.fixture(scope="module")
def judges(shared_data: Path) -> Path:
    """The folder of the judges; the search is compiled."""
    warm_up(print)
    return shared_data.parent / "bench"


def solvers(judges: Path) -> dict[str, str]:
    """Commands of the optimisers compared; PyVRP's where it is installed."""
    found = {
        "Lexun": f"{BIN / 'lexun'} bench top {{instance}} --seconds {{seconds}} --seed {{seed}} --out {{out}}"
    }
    if importlib.util.find_spec("pyvrp"):
        found["PyVRP"] = f"{sys.executable} {judges / 'peer_pyvrp.py'} {ARGUMENTS}"
    found["OR-Tools"] = f"{sys.executable} {PEERS / 'ortools_top.py'} {ARGUMENTS}"
    return found


def judged(judges: Path, command: str, instances: Sequence[Path], seconds: float, seeds: str) -> str:
    """Mean and greatest gap and how often the best known score was met; a broken rule fails the test."""
    out = Path(os.environ.get("TMPDIR", "/tmp")) / f"judged-{os.getpid()}.json"
    run = subprocess.run(
        [sys.executable, str(judges / "judge_top.py"), "--cmd", command, "--instances", *map(str, instances),
         "--seconds", str(seconds), "--seeds", seeds, "--json", str(out)],
        capture_output=True, text=True, env=project_environment({"PYTHONPATH": str(Path.cwd())}),
    )  # fmt: skip
    assert run.returncode == 0, run.stdout[-2000:] + run.stderr[-2000:]
    found = json.loads(out.read_text())
    out.unlink()
    told = _in_words([row["cmd_gap"] for row in found["rows"]])
    within_reach = [_gap_within_reach(row, instances) for row in found["rows"]]
    if within_reach != [row["cmd_gap"] for row in found["rows"]]:
        told += f"; against what any plan can reach {_in_words(within_reach)}"
    return told


def _in_words(gaps: list[float]) -> str:
    return f"{statistics.mean(gaps):.3f} / {max(gaps):.2f} / {sum(gap <= 0 for gap in gaps)} of {len(gaps)}"


def _gap_within_reach(row: dict[str, Any], instances: Sequence[Path]) -> float:
    """The gap in %, to the greatest score there is where the published one is proved to be beyond reach."""
    if row["cmd_gap"] <= 0:
        return row["cmd_gap"]
    greatest = _greatest(next(path for path in instances if path.stem == row["instance"]))
    if greatest is None or greatest >= row["best"]:
        return row["cmd_gap"]
    return 100 * (greatest - row["cmd"]) / greatest


@functools.cache
def _greatest(instance: Path) -> int | None:
    return proved_best(instance)


def published(shared_data: Path, *, is_large: bool) -> list[Path]:
    """The instances with a best known score: sets 4 to 7, or the larger ones."""
    folder = shared_data / "top"
    with (folder / "best_known.csv").open() as file:
        names = sorted(row["instance"] for row in csv.DictReader(file))
    chosen = [folder / f"{name}.txt" for name in names if (name[0] == "p" and name[1] in "4567") != is_large]
    return [path for path in chosen if path.exists()][:: 1 if is_large else EVERY]


@pytest.mark.parametrize("seconds", [1.0, 5.0])
@pytest.mark.parametrize("is_large", [False, True])
def test_published_instances(
    shared_data: Path, judges: Path, record_routes, is_large: bool, seconds: float
) -> None:
    """Gaps to the best known scores in %, each optimiser in the same time on one core."""
    instances = published(shared_data, is_large=is_large)
    for name, command in solvers(judges).items():
        what = f"{'n 100 to 400' if is_large else 'Chao 4 to 7'}, {seconds:g} s, {name}: mean gap % / greatest / met"
        measured = judged(judges, command, instances, seconds, SEEDS)
        record_routes(what, measured, HOW.format(EVERY, SEEDS))


def test_a_whole_city(judges: Path, record_routes) -> None:
    """2,000 hotspots, 889 teams, 30 s on all cores; PyVRP gets the same CPU time on one."""
    lexun = f"{BIN / 'lexun'} bench city {{city}} --seconds {{seconds}} --seed {{seed}} --out {{out}}"
    for seed in ("7", "8", "9"):
        row = city_row(judges, lexun, 30, seed)
        told = f"{row['score']:,} in {row['wall_s']} s, {row['cpu_s']} CPU s, {row['rss_mb']} MB"
        record_routes(f"city, seed {seed}, Lexun", told, "make bench")
        if importlib.util.find_spec("pyvrp"):
            peer = f"{sys.executable} {PEERS / 'pyvrp_city.py'} {{city}} {{seconds}} {{seed}} {{out}}"
            row = city_row(judges, peer, row["cpu_s"], seed)
            told = f"{row['score']:,} in {row['wall_s']} s, {row['cpu_s']} CPU s, {row['rss_mb']} MB"
            record_routes(f"city, seed {seed}, PyVRP", told, "make bench")


def city_row(judges: Path, command: str, seconds: float, seed: str) -> dict[str, float]:
    """What the judge measured."""
    run = subprocess.run(
        [sys.executable, str(judges / "judge_city.py"), "run", "--cmd", command, "--seconds", str(seconds), "--seeds", seed],
        capture_output=True, text=True, env=project_environment({"PYTHONPATH": str(Path.cwd())}),
    )  # fmt: skip
    assert run.returncode == 0, run.stdout[-2000:] + run.stderr[-2000:]
    return json.loads(run.stdout.splitlines()[0])


def evening(teams: int, stops: int) -> PatrolProblem:
    """An evening's problem: a town of 4 km, starts at several doors, 12 min a stop, 90 min a team."""
    draw = np.random.default_rng(5)
    places = draw.uniform(0, 4000, (stops + teams, 2))
    metres = 1.3 * np.hypot(*(places[:, None] - places[None, :]).transpose(2, 0, 1))
    return PatrolProblem(
        tuple(Stop(f"s{n}", n, float(draw.integers(1, 100)), 720.0) for n in range(stops)),
        tuple(Team(f"t{n}", stops + n, stops + n, 5400.0, (0.0, 10_800.0)) for n in range(teams)),
        np.ceil(metres / 1.2),
        metres,
    )


def test_a_repair(record_routes) -> None:
    """30 teams, 200 stops: a team drops out, an urgent stop comes in, a stop is left out, each with grabbed routes."""
    warm_up(print)
    problem = evening(30, 200)
    routes = routes_of(problem, solve(problem, seed=1, iterations=30_000))
    took_s: list[float] = []
    for number in range(60):
        frozen = [f"t{(number + k) % 30}" for k in range(1, 1 + number % 20)]
        if number % 3 == 0:
            changed = replace(problem, teams=tuple(t for t in problem.teams if t.id != f"t{number % 30}"))
        elif number % 3 == 1:
            changed = replace(
                problem,
                stops=tuple(replace(s, required=True) if s.id == f"s{number}" else s for s in problem.stops),
            )
        else:
            gone = routes[f"t{number % 30}"][0].stop
            changed = replace(problem, stops=tuple(s for s in problem.stops if s.id != gone))
        began = time.perf_counter()
        repair(changed, routes, frozen=frozen)
        took_s.append(time.perf_counter() - began)
    p95_ms = 1000 * statistics.quantiles(took_s, n=20)[-1]
    told = f"median {1000 * statistics.median(took_s):.0f} ms, p95 {p95_ms:.0f} ms"
    record_routes("repair of one route, 30 teams, 200 stops", told, "make bench")


@pytest.mark.parametrize("teams, stops, minutes", [(6, 80, 90), (3, 30, 75)])
def test_two_weeks_that_nobody_can_predict(record_routes, teams: int, stops: int, minutes: int) -> None:
    """Fourteen evenings drawn from one mixture: entropy beside what any mixture could reach, overlap, score and shares."""
    problem = evening(teams, stops)
    problem = replace(problem, teams=tuple(replace(team, budget_s=60.0 * minutes) for team in problem.teams))
    began = time.perf_counter()
    mixture = mix(problem, seed=1)
    took_s = time.perf_counter() - began
    nights: list[Routes] = []
    scores: list[float] = []
    for night in range(14):
        plan = draw(problem, mixture, seed=night, history=nights).plan
        nights.append(routes_of(problem, plan))
        scores.append(plan.score / mixture.best_score)
    record_routes(
        f"14 nights, {teams} teams, {stops} stops",
        f"{next_stop_entropy_bits(nights):.2f} bits (no mixture exceeds {mixture.ceiling_bits:.2f}), overlap "
        f"{mean_overlap(nights):.2f}, least score {100 * min(scores):.1f} % of the best, share off by "
        f"{100 * mixture.deviation:.1f} points; mixed in {took_s:.0f} s",
        "make bench",
    )
