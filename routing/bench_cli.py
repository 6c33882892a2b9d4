"""`lexun bench`: searches routes of published and made-up problems, to be compared with other optimisers."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from routing.bench_files import BenchFileError, read_city, read_instance
from routing.problem import PatrolPlan, PatrolProblem
from routing.solve import solve
from routing.warm import warm_up
from routing.words import NoPlanError

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def _shared_options[F: Callable[..., Any]](command: F) -> F:
    """The options of both commands."""
    for option in (
        click.option(
            "--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="Result, as JSON."
        ),
        click.option(
            "--seed", default=1, show_default=True, type=click.IntRange(min=0), help="Of the search."
        ),
        click.option(
            "--seconds",
            required=True,
            type=click.FloatRange(min=0.01),
            help="Search for so long, on the wall.",
        ),
    ):
        command = option(command)
    return command


@click.group()
def bench() -> None:
    """Search routes of published and made-up problems, for so many seconds on the wall."""


@bench.command()
@click.argument("instance", type=FILE)
@_shared_options
def top(instance: Path, seconds: float, seed: int, out: Path) -> None:
    """A team-orienteering INSTANCE (`n N`, `m M`, `tmax T`, then rows `x y score`), on one core.

    Writes {"routes": [[row, ...], ...]}, rows counted from 0, without start and end.
    """
    problem = _read(read_instance, instance)
    plan = _searched(problem, seconds, seed)
    routes = [[int(problem.stops[visit.stop].id) for visit in route.visits] for route in plan.routes]
    _write(out, {"routes": routes})


@bench.command()
@click.argument("city", type=FILE)
@_shared_options
def city(city: Path, seconds: float, seed: int, out: Path) -> None:
    """A made-up CITY (CSV of hotspots and teams), on all cores.

    Writes {"routes": {"TEAM": [HOTSPOT, ...]}}, both counted from 0 within their kind.
    """
    problem = _read(read_city, city)
    plan = _searched(problem, seconds, seed)
    routes = {
        problem.teams[route.team].id: [int(problem.stops[visit.stop].id) for visit in route.visits]
        for route in plan.routes
    }
    _write(out, {"routes": routes})


def _read(read: Callable[[Path], PatrolProblem], path: Path) -> PatrolProblem:
    try:
        return read(path)
    except (BenchFileError, UnicodeDecodeError) as error:
        raise click.ClickException(str(error)) from error


def _searched(problem: PatrolProblem, seconds: float, seed: int) -> PatrolPlan:
    """The best plan found; one without visits where no stop is within reach."""
    warm_up(lambda line: click.echo(line, err=True))
    began = time.perf_counter()
    try:
        plan = solve(problem, seed=seed, seconds=seconds)
    except NoPlanError as error:
        click.echo(f"nothing to visit: {error}", err=True)
        plan = PatrolPlan((), 0.0)
    click.echo(f"score {plan.score:g} in {time.perf_counter() - began:.2f} s", err=True)
    return plan


def _write(out: Path, found: dict[str, Any]) -> None:
    try:
        out.write_text(json.dumps(found), "utf-8")
    except OSError as error:
        raise click.ClickException(f"--out {out}: {error.strerror}") from error
