"""The greatest score of a small team-orienteering instance, by trying every route: some published scores are beyond it."""

import math
from collections.abc import Iterator
from pathlib import Path

from ortools.sat.python import cp_model

ROUTES_MAX = 20_000
"""With more different sets of points that a route can visit, nothing is proved."""


def proved_best(instance: Path) -> int | None:
    """The greatest score that any plan of the instance has; None where there are too many routes to try all."""
    rows = [line.split() for line in instance.read_text("utf-8").splitlines() if line.strip()]
    teams, limit = int(rows[1][1]), float(rows[2][1])
    points = [(float(x), float(y), int(float(score))) for x, y, score in rows[3:]]
    visits: dict[frozenset[int], int] = {}
    for route in _routes(points, limit):
        visits[frozenset(route)] = sum(points[point][2] for point in route)
        if len(visits) > ROUTES_MAX:
            return None
    model = cp_model.CpModel()
    walked = {visited: model.new_bool_var("") for visited in visits}
    model.add(sum(walked.values()) <= teams)
    for point in range(1, len(points) - 1):
        model.add_at_most_one(walked[visited] for visited in visits if point in visited)
    model.maximize(sum(visits[visited] * walked[visited] for visited in visits))
    solver = cp_model.CpSolver()
    if solver.solve(model) != cp_model.OPTIMAL:
        return None
    return round(solver.objective_value)


def _routes(points: list[tuple[float, float, int]], limit: float) -> Iterator[list[int]]:
    """Every order of scoring points from the first point to the last that is within the limit."""
    last = len(points) - 1

    def between(a: int, b: int) -> float:
        return math.dist(points[a][:2], points[b][:2])

    def on(route: list[int], at: int, length: float) -> Iterator[list[int]]:
        yield route
        for point in range(1, last):
            to = length + between(at, point)
            if points[point][2] > 0 and point not in route and to + between(point, last) <= limit:
                yield from on([*route, point], point, to)

    if between(0, last) <= limit:
        yield from on([], 0, 0.0)
