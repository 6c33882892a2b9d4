"""Recombines routes with OR-Tools: which of the known routes should the teams walk?"""

# The solver's wrapper carries no types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false, reportAttributeAccessIssue=false

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ortools.linear_solver import pywraplp

# Relaxation and selection share the time granted.
RELAXED_SHARE = 0.5
LOAD_STEPS = 10_000


@dataclass(frozen=True, slots=True)
class Column:
    """A route that some team can walk: the kind of team, its stops, and the share of the team's time it takes."""

    kind: int
    stops: tuple[int, ...]
    load: float = 0.0


@dataclass(frozen=True, slots=True)
class Rules:
    """What a choice of routes must respect beyond the number of teams.

    `district` is each stop's index into `minimum` or -1; loads of two teams may differ by `load_gap_max`.
    """

    district: Sequence[int] = ()
    minimum: Sequence[int] = ()
    load_gap_max: float = 1.0


@dataclass(frozen=True, slots=True)
class Effort:
    """How hard to try. `work` is in the solver's own clock, which makes equal seeds give equal choices; `seconds`,
    where given, is a limit on the wall."""

    work: float = 1.0
    columns_max: int = 3000
    seconds: float | None = None
    _began: float = field(default_factory=time.perf_counter)

    def seconds_left(self) -> float | None:
        """What is left on the wall."""
        return None if self.seconds is None else self._began + self.seconds - time.perf_counter()


def choose(
    columns: Sequence[Column],
    scores: Sequence[float],
    supply: Mapping[int, int],
    above: float,
    *,
    seed: int,
    rules: Rules | None = None,
    effort: Effort | None = None,
) -> list[int] | None:
    """The columns (indices) worth most together, if that is more than `above`; None when none was found.

    `supply` is how many teams there are of each kind. A stop counts once however many chosen routes meet it.
    GLOP solves the relaxation, whose bound ends the search or leaves fewer columns for CP-SAT.
    """
    rules, effort = rules or Rules(), effort or Effort()
    bound, reduced_cost = _relaxed(columns, scores, supply, rules, effort)
    if bound <= above:
        return None
    hopeful = [n for n, cost in enumerate(reduced_cost) if bound + cost > above]
    hopeful = sorted(sorted(hopeful, key=lambda n: (-reduced_cost[n], n))[: effort.columns_max])
    chosen = _selected([columns[n] for n in hopeful], scores, supply, above, seed, rules, effort)
    return [hopeful[n] for n in chosen] if chosen else None


class _Model:
    """Teams, covering and rules over columns; the variables are 0/1 or between."""

    def __init__(
        self,
        engine: str,
        columns: Sequence[Column],
        scores: Sequence[float],
        supply: Mapping[int, int],
        rules: Rules,
    ) -> None:
        self.solver: Any = pywraplp.Solver.CreateSolver(engine)
        self.infinity: float = self.solver.infinity()
        is_whole = engine == "SAT"
        # Without an upper bound, a reduced cost above 0 cannot hide in it.
        self.take = [self.solver.Var(0, 1 if is_whole else self.infinity, is_whole, "") for _ in columns]
        teams = {kind: self.solver.Constraint(-self.infinity, count) for kind, count in supply.items()}
        self.objective = self.solver.Objective()
        self.objective.SetMaximization()
        rows: dict[int, Any] = {}
        self.met: dict[int, Any] = {}
        for variable, column in zip(self.take, columns, strict=True):
            teams[column.kind].SetCoefficient(variable, 1)
            for stop in column.stops:
                if stop not in rows:
                    self.met[stop] = self.solver.Var(0, 1, is_whole, "")
                    self.objective.SetCoefficient(self.met[stop], scores[stop])
                    rows[stop] = self.solver.Constraint(-self.infinity, 0)
                    rows[stop].SetCoefficient(self.met[stop], 1)
                rows[stop].SetCoefficient(variable, -1)
        self._serve_districts(rules)
        if is_whole and rules.load_gap_max < 1:
            self._even_loads(columns, sum(supply.values()), rules.load_gap_max)

    def _serve_districts(self, rules: Rules) -> None:
        for district, minimum in enumerate(rules.minimum):
            served = self.solver.Constraint(minimum, self.infinity)
            for stop, variable in self.met.items():
                if rules.district[stop] == district:
                    served.SetCoefficient(variable, 1)

    def _even_loads(self, columns: Sequence[Column], teams: int, gap: float) -> None:
        """All loads lie between `least` and `least` + gap; an idle team's load is 0. In whole steps, for CP-SAT."""
        least = self.solver.IntVar(0, LOAD_STEPS, "")
        is_idle = self.solver.BoolVar("")
        idle = self.solver.Constraint(teams, self.infinity)
        idle.SetCoefficient(is_idle, teams)
        self.solver.Add(least <= LOAD_STEPS * (1 - is_idle))
        for variable, column in zip(self.take, columns, strict=True):
            idle.SetCoefficient(variable, 1)
            low, high = math.floor(column.load * LOAD_STEPS), math.ceil(column.load * LOAD_STEPS)
            self.solver.Add(high * variable <= least + math.floor(gap * LOAD_STEPS))
            self.solver.Add(low * variable + LOAD_STEPS * (1 - variable) >= least)


def _relaxed(
    columns: Sequence[Column],
    scores: Sequence[float],
    supply: Mapping[int, int],
    rules: Rules,
    effort: Effort,
) -> tuple[float, list[float]]:
    """The bound of the linear relaxation, and the reduced cost of each column (0 or below)."""
    model = _Model("GLOP", columns, scores, supply, rules)
    left_s = effort.seconds_left()
    if left_s is not None:
        model.solver.SetTimeLimit(max(1, int(1000 * left_s * RELAXED_SHARE)))
    if model.solver.Solve() != pywraplp.Solver.OPTIMAL:
        return float(sum(scores)), [0.0] * len(columns)
    return model.objective.Value(), [min(0.0, variable.reduced_cost()) for variable in model.take]


def _selected(
    columns: Sequence[Column],
    scores: Sequence[float],
    supply: Mapping[int, int],
    above: float,
    seed: int,
    rules: Rules,
    effort: Effort,
) -> list[int]:
    """The best columns found by CP-SAT, of a total score above `above`; empty when none is found."""
    left_s = effort.seconds_left()
    if not columns or (left_s is not None and left_s < 0.01):
        return []
    model = _Model("SAT", columns, scores, supply, rules)
    worthwhile = model.solver.Constraint(above, model.infinity)
    for stop, variable in model.met.items():
        worthwhile.SetCoefficient(variable, scores[stop])
    model.solver.SetSolverSpecificParametersAsString(
        f"num_workers: 1 random_seed: {seed % 2**31} max_deterministic_time: {effort.work}"
    )
    left_s = effort.seconds_left()
    if left_s is not None:
        model.solver.SetTimeLimit(max(1, int(1000 * left_s)))
    if model.solver.Solve() not in (pywraplp.Solver.OPTIMAL, pywraplp.Solver.FEASIBLE):
        return []
    return [n for n, variable in enumerate(model.take) if variable.solution_value() > 0.5]
