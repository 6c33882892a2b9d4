"""Reads the problems that route optimisers are compared on: published team-orienteering instances, made-up cities."""

import csv
import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from routing.problem import PatrolProblem, Stop, Team

type Floats = NDArray[np.float64]

CITY_FIGURES = ("budget_min", "dwell_min", "speed_kmh", "detour")


class BenchFileError(ValueError):
    """The file is not such a problem; the message says where and what was expected."""


def read_instance(path: Path) -> PatrolProblem:
    """A team-orienteering instance: lines `n N`, `m M`, `tmax T`, then N rows `x y score`, the start first, the end last.

    Walks are Euclidean, in the file's own unit for seconds and metres alike. A stop's id is its row, counted from 0.
    """
    rows = [line.split() for line in path.read_text("utf-8").splitlines() if line.strip()]
    try:
        count, teams, limit = int(rows[0][1]), int(rows[1][1]), float(rows[2][1])
    except (IndexError, ValueError) as error:
        raise BenchFileError(f"{path.name}: the first lines must be 'n N', 'm M' and 'tmax T'") from error
    try:
        points = np.array([[float(value) for value in row[:3]] for row in rows[3 : 3 + count]])
    except ValueError as error:
        raise BenchFileError(f"{path.name}: a row below the third is not 'x y score' ({error})") from error
    if points.shape != (count, 3) or count < 2:
        raise BenchFileError(f"{path.name}: {count} points announced, rows of x y score {points.shape}")
    if teams < 1 or not (math.isfinite(limit) and limit > 0):
        raise BenchFileError(f"{path.name}: m {teams} must be at least 1 and tmax {limit} above 0")
    walks = _between(points[:, :2])
    return PatrolProblem(
        stops=tuple(
            Stop(str(row), row, float(points[row, 2]), 0.0)
            for row in range(1, count - 1)
            if points[row, 2] > 0
        ),
        teams=tuple(Team(str(team), 0, count - 1, limit, (0.0, limit)) for team in range(teams)),
        walk_s=walks,
        walk_m=walks,
    )


def read_city(path: Path) -> PatrolProblem:
    """A made-up city: `#budget_min=.. dwell_min=.. speed_kmh=.. detour=..`, then rows kind,x_km,y_km,score.

    Ids of hotspots and teams count from 0 within their kind; a team ends where it starts.
    """
    with path.open(encoding="utf-8") as file:
        head = file.readline()
        rows = list(csv.DictReader(file))
    try:
        told = dict(pair.split("=") for pair in head.removeprefix("#").split())
        figures = {name: float(told[name]) for name in CITY_FIGURES}
        hotspots = [row for row in rows if row["kind"] == "hotspot"]
        teams = [row for row in rows if row["kind"] == "team"]
        points = np.array([[float(row["x_km"]), float(row["y_km"])] for row in [*hotspots, *teams]])
        scores = [float(row["score"]) for row in hotspots]
    except (KeyError, ValueError) as error:
        wanted = " ".join(f"{name}=.." for name in CITY_FIGURES)
        raise BenchFileError(
            f"{path.name}: expected '#{wanted}', then kind,x_km,y_km,score ({error})"
        ) from error
    if not teams:
        raise BenchFileError(f"{path.name}: there is no row of kind team")
    metres = _between(points) * 1000 * figures["detour"]
    budget_s = figures["budget_min"] * 60
    return PatrolProblem(
        stops=tuple(
            Stop(str(index), index, score, figures["dwell_min"] * 60)
            for index, score in enumerate(scores)
            if score > 0
        ),
        teams=tuple(
            Team(str(index), len(hotspots) + index, len(hotspots) + index, budget_s, (0.0, budget_s))
            for index in range(len(teams))
        ),
        walk_s=metres / (figures["speed_kmh"] / 3.6),
        walk_m=metres,
    )


def _between(points: Floats) -> Floats:
    """n x n distances as the crow flies."""
    return np.hypot(*(points[:, None] - points[None, :]).transpose(2, 0, 1))
