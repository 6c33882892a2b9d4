"""Builds many different plans that are nearly as good as the best, and the mixture of them that is hardest to guess."""

# The solvers' wrappers carry few types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false, reportAttributeAccessIssue=false

import itertools
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from ortools.linear_solver import pywraplp

type Floats = NDArray[np.float64]
type Leg = tuple[int, int]

COLUMNS_MAX = 2400
# CP-SAT's own clock, which counts work and not seconds, so that equal seeds give equal mixtures.
WORK_PER_PLAN = 0.4
SCORE_STEPS = 100_000
COST_STEPS = 1_000
# A leg walked in a larger share of the nights costs more for each further night: ends and slopes of the pieces.
PIECES = ((0.08, 1.0), (0.08, 2.0), (0.14, 4.0), (0.2, 7.0), (math.inf, 12.0))
JITTER = 0.15
END = -1


@dataclass(frozen=True, slots=True)
class Walk:
    """A route that a team of this kind can walk: its stops in order, its score, its legs from start to end, and the
    share of its time that the team is out."""

    kind: int
    stops: tuple[int, ...]
    score: float
    legs: tuple[Leg, ...]
    load: float


def walk_of(kind: int, stops: Sequence[int], score: float, load: float) -> Walk:
    """A walk with its legs; the end, and the start of each kind, are negative numbers."""
    return Walk(kind, tuple(stops), score, tuple(itertools.pairwise([END - 1 - kind, *stops, END])), load)


@dataclass(frozen=True, slots=True)
class Demands:
    """What every plan must do: the least score, how many teams of each kind there are, required stops, minimums, and
    the greatest difference between two teams' loads."""

    least_score: float
    supply: Mapping[int, int]
    required: frozenset[int]
    district: Sequence[int]
    minimum: Sequence[int]
    load_gap_max: float = 1.0


class PlanMaker:
    """Chooses walks that make a plan, each stop in one of them at most."""

    def __init__(self, walks: Sequence[Walk], demands: Demands, known: Sequence[int], seed: int) -> None:
        """`known` is a plan to begin from."""
        self._walks, self._demands, self._known = walks, demands, set(known)
        self._draw = np.random.default_rng(seed)
        self._by_stop: dict[int, list[int]] = {}
        for index, walk in enumerate(walks):
            for stop in walk.stops:
                self._by_stop.setdefault(stop, []).append(index)

    def unlike(self, usage: Mapping[Leg, float]) -> list[int] | None:
        """A plan (walks) whose legs were used least so far; None when none was found."""
        blur = 1 + JITTER * self._draw.random(len(self._walks))
        costs = [
            float(sum(0.02 + usage.get(leg, 0.0) for leg in walk.legs) * blur[index])
            for index, walk in enumerate(self._walks)
        ]
        return self._solve([-cost for cost in costs])

    def towards(self, worth: Mapping[int, float]) -> list[int] | None:
        """A plan (walks) that visits the stops of the greatest worth, which may be negative; None when none was found."""
        return self._solve([sum(worth.get(stop, 0.0) for stop in walk.stops) for walk in self._walks])

    def _solve(self, gains: Sequence[float]) -> list[int] | None:
        from ortools.sat.python import cp_model  # brings pandas along: a second that only a solver need spend

        model, demands = cp_model.CpModel(), self._demands
        take = [model.new_bool_var("") for _ in self._walks]
        least_load, most_load = self._load_span()
        for kind, count in demands.supply.items():
            out = sum(t for t, walk in zip(take, self._walks, strict=True) if walk.kind == kind)
            model.add(out == count if least_load > 0 else out <= count)
        for index, (variable, walk) in enumerate(zip(take, self._walks, strict=True)):
            if not least_load <= walk.load <= most_load and index not in self._known:
                model.add(variable == 0)
        for indices in self._by_stop.values():
            model.add_at_most_one(take[index] for index in indices)
        for stop in demands.required:
            model.add_at_least_one(take[index] for index in self._by_stop.get(stop, ()))
        for number, least in enumerate(demands.minimum):
            there = [stop for stop in self._by_stop if demands.district[stop] == number]
            model.add(sum(take[index] for stop in there for index in self._by_stop[stop]) >= least)
        scale = SCORE_STEPS / max(walk.score for walk in self._walks)
        scores = [math.floor(walk.score * scale) for walk in self._walks]
        model.add(
            sum(s * t for s, t in zip(scores, take, strict=True)) >= math.ceil(demands.least_score * scale)
        )
        largest = max(1e-12, max(abs(gain) for gain in gains))
        whole = [round(gain / largest * COST_STEPS) for gain in gains]
        model.maximize(sum(g * t for g, t in zip(whole, take, strict=True)))
        for index, variable in enumerate(take):
            model.add_hint(variable, index in self._known)
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = int(self._draw.integers(2**31))
        solver.parameters.max_deterministic_time = WORK_PER_PLAN
        if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return None
        return [index for index, variable in enumerate(take) if solver.boolean_value(variable)]

    def _load_span(self) -> tuple[float, float]:
        """Between which loads all walks of a plan lie, so that no two differ too much: a span drawn around the known
        plan's."""
        gap = self._demands.load_gap_max
        if gap >= 1:
            return 0.0, math.inf
        loads = [self._walks[index].load for index in self._known]
        if len(loads) < sum(self._demands.supply.values()):
            loads.append(0.0)
        least = float(self._draw.uniform(max(loads) - gap, min(loads)))
        return least, least + gap


def intended_shares(walks: Sequence[Walk], demands: Demands, stops: int) -> Floats:
    """In which share of the nights each stop is visited when walks, not whole plans, are mixed so that legs repeat least.

    A linear program: the mean plan keeps the score, and a leg costs the more, the more nights walk it.
    """
    solver: Any = pywraplp.Solver.CreateSolver("GLOP")
    infinity = solver.infinity()
    shares = [solver.NumVar(0, infinity, "") for _ in walks]
    for kind, count in demands.supply.items():
        row = solver.Constraint(-infinity, count)
        for share, walk in zip(shares, walks, strict=True):
            if walk.kind == kind:
                row.SetCoefficient(share, 1)
    visited = [solver.Constraint(1 if stop in demands.required else 0, 1) for stop in range(stops)]
    score = solver.Constraint(demands.least_score, infinity)
    legs = _LegCosts(solver)
    for share, walk in zip(shares, walks, strict=True):
        score.SetCoefficient(share, walk.score)
        for stop in walk.stops:
            visited[stop].SetCoefficient(share, 1)
        legs.add(share, walk.legs)
    solver.Objective().SetMinimization()
    found = np.zeros(stops)
    if solver.Solve() == pywraplp.Solver.OPTIMAL:
        for share, walk in zip(shares, walks, strict=True):
            found[list(walk.stops)] += share.solution_value()
    return np.clip(found, 0.0, 1.0)


class _LegCosts:
    """Rows that make a leg the dearer, the greater the share of nights that walk it."""

    def __init__(self, solver: Any) -> None:
        self._solver, self._rows = solver, dict[Leg, Any]()

    def add(self, share: Any, legs: Sequence[Leg]) -> None:
        """These legs are walked in that share of the nights."""
        for leg in legs:
            if leg not in self._rows:
                row = self._rows[leg] = self._solver.Constraint(0, 0)
                for length, slope in PIECES:
                    piece = self._solver.NumVar(0, min(length, self._solver.infinity()), "")
                    row.SetCoefficient(piece, -1)
                    self._solver.Objective().SetCoefficient(piece, slope)
            self._rows[leg].SetCoefficient(share, 1)


def weights_near(
    plans: Sequence[Sequence[Walk]], intended: Floats, deviation_max: float | None
) -> tuple[Floats, float, dict[int, float]]:
    """Weights of plans that bring every stop's share near its intended one.

    Without `deviation_max` the greatest deviation is made least; with it, legs repeat least within it. Returns the
    weights, the greatest deviation, and what one more visit to each stop would be worth.
    """
    solver: Any = pywraplp.Solver.CreateSolver("GLOP")
    infinity = solver.infinity()
    weights = [solver.NumVar(0, 1, "") for _ in plans]
    whole = solver.Constraint(1, 1)
    limit = infinity if deviation_max is None else deviation_max
    deviation = solver.NumVar(0, limit, "")
    below = [solver.Constraint(float(share), infinity) for share in intended]
    above = [solver.Constraint(-infinity, float(share)) for share in intended]
    for low, high in zip(below, above, strict=True):
        low.SetCoefficient(deviation, 1)
        high.SetCoefficient(deviation, -1)
    objective, legs = solver.Objective(), _LegCosts(solver)
    for weight, plan in zip(weights, plans, strict=True):
        whole.SetCoefficient(weight, 1)
        for stop in (stop for walk in plan for stop in walk.stops):
            below[stop].SetCoefficient(weight, 1)
            above[stop].SetCoefficient(weight, 1)
        if deviation_max is not None:
            legs.add(weight, [leg for walk in plan for leg in walk.legs])
    if deviation_max is None:
        objective.SetCoefficient(deviation, 1)
    objective.SetMinimization()
    if solver.Solve() != pywraplp.Solver.OPTIMAL:
        return np.full(len(plans), 1 / len(plans)), math.inf, {}
    found = np.array([max(0.0, weight.solution_value()) for weight in weights])
    worth = {
        stop: low.dual_value() + high.dual_value()
        for stop, (low, high) in enumerate(zip(below, above, strict=True))
    }
    return found / found.sum(), float(deviation.solution_value()), worth


def followers(weights: Floats, overlaps: Floats, cap: float) -> Floats:
    """Of each plan, with which chance each other follows it, so that all keep their weights and nights overlap least.

    A transport problem. No pair is more than `cap` times as frequent as by chance, or the order could be guessed.
    """
    count = len(weights)
    solver: Any = pywraplp.Solver.CreateSolver("GLOP")
    flow = [[solver.NumVar(0, float(cap * a * b), "") for b in weights] for a in weights]
    for index in range(count):
        solver.Add(sum(flow[index]) == float(weights[index]))
        solver.Add(sum(flow[other][index] for other in range(count)) == float(weights[index]))
    objective = solver.Objective()
    for one, other in itertools.product(range(count), repeat=2):
        objective.SetCoefficient(flow[one][other], float(overlaps[one, other]))
    objective.SetMinimization()
    if solver.Solve() != pywraplp.Solver.OPTIMAL:
        return np.tile(weights, (count, 1))
    chances = np.array([[max(0.0, pair.solution_value()) for pair in row] for row in flow])
    return chances / chances.sum(axis=1, keepdims=True)


def usage_of(plans: Sequence[Sequence[Walk]]) -> dict[Leg, float]:
    """The share of plans that walk each leg."""
    counts = Counter(leg for plan in plans for walk in plan for leg in walk.legs)
    return {leg: count / len(plans) for leg, count in counts.items()}
