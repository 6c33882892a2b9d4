"""Finds the mixture of nearly best plans whose next stops are hardest to guess, and a bound on how hard any could be."""

# The solver's wrapper carries few types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

type Floats = NDArray[np.float64]
type Leg = tuple[int, int]

COLUMNS_MAX = 2400
# CP-SAT's own clock, which counts work and not seconds, so that equal seeds give equal mixtures.
WORK_PER_PLAN = 0.4
SCORE_STEPS = 100_000
GAIN_STEPS = 10_000
LOAD_STEPS = 10_000
# A way on that nobody took yet is as surprising as one taken in this share of the visits, shared with its like.
NEVER_TAKEN = 0.05
WEIGHT_STEP = 0.7
WEIGHT_ROUNDS = 400
END = -1


@dataclass(frozen=True, slots=True)
class Walk:
    """A route that a team of this kind can walk: its stops in order, its score, where it goes on to from each stop (END
    after the last), and the share of its time that the team is out."""

    kind: int
    stops: tuple[int, ...]
    score: float
    legs: tuple[Leg, ...]
    load: float


def walk_of(kind: int, stops: Sequence[int], score: float, load: float) -> Walk:
    """A walk with its legs."""
    return Walk(kind, tuple(stops), score, tuple(itertools.pairwise([*stops, END])), load)


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


@dataclass(frozen=True, slots=True)
class Chosen:
    """Walks (by index) that make a plan, and what no plan's gain exceeds."""

    walks: list[int]
    gain_most: float


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

    def best(self, gains: Sequence[float]) -> Chosen | None:
        """The plan of the greatest sum of gains, one a walk; None when none was found."""
        from ortools.sat.python import cp_model  # brings pandas along: a second that only a solver need spend

        model = cp_model.CpModel()
        take = [model.new_bool_var("") for _ in self._walks]
        self._hold_demands(model, take)
        largest = max(1e-12, max(abs(gain) for gain in gains))
        whole = [round(gain / largest * GAIN_STEPS) for gain in gains]
        model.maximize(sum(g * t for g, t in zip(whole, take, strict=True)))
        for index, variable in enumerate(take):
            model.add_hint(variable, index in self._known)
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = int(self._draw.integers(2**31))
        solver.parameters.max_deterministic_time = WORK_PER_PLAN
        if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return None
        rounding = 0.5 * sum(self._demands.supply.values())
        return Chosen(
            [index for index, variable in enumerate(take) if solver.boolean_value(variable)],
            (solver.best_objective_bound + rounding) * largest / GAIN_STEPS,
        )

    def _hold_demands(self, model, take) -> None:  # type: ignore[no-untyped-def]
        demands = self._demands
        for kind, count in demands.supply.items():
            model.add(sum(t for t, walk in zip(take, self._walks, strict=True) if walk.kind == kind) <= count)
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
        if demands.load_gap_max < 1:
            self._hold_load_gap(model, take)

    def _hold_load_gap(self, model, take) -> None:  # type: ignore[no-untyped-def]
        """No two teams are out for shares of their time that differ too much; who stays at home is out for none."""
        gap = math.floor(self._demands.load_gap_max * LOAD_STEPS + 1)
        least = model.new_int_var(0, LOAD_STEPS, "")
        for variable, walk in zip(take, self._walks, strict=True):
            load = round(walk.load * LOAD_STEPS)
            model.add(least <= load).only_enforce_if(variable)
            model.add(least + gap >= load).only_enforce_if(variable)
        all_out = model.new_bool_var("")
        model.add(sum(take) == sum(self._demands.supply.values())).only_enforce_if(all_out)
        model.add(least == 0).only_enforce_if(~all_out)


class Onward:
    """Every way on from a stop that some walk takes, numbered. Flows are how often each is taken in a night."""

    def __init__(self, walks: Sequence[Walk]) -> None:
        number: dict[Leg, int] = {}
        stops: dict[int, int] = {}
        self._legs = [[number.setdefault(leg, len(number)) for leg in walk.legs] for walk in walks]
        self._stop = np.array([stops.setdefault(stop, len(stops)) for stop, _ in number], dtype=np.intp)
        self._ways = np.bincount(self._stop).astype(np.float64)

    def flow(self, plan: Sequence[int]) -> Floats:
        """The flow of a plan (walks by index)."""
        found = np.zeros(len(self._stop))
        for walk in plan:
            found[self._legs[walk]] += 1
        return found

    def entropy_bits(self, flow: Floats) -> float:
        """How uncertain the next stop is, in bits: the mean over visits."""
        taken = flow > 0
        shares = flow[taken] / self._visits(flow)[taken]
        return float(-(flow[taken] * np.log2(shares)).sum() / flow.sum())

    def surprise_bits(self, flow: Floats) -> Floats:
        """What it tells somebody who knows the flow to see each way taken, in bits."""
        spread = NEVER_TAKEN / self._ways[self._stop]
        return -np.log2((flow + spread) / (self._visits(flow) + NEVER_TAKEN))

    def gains(self, surprise_bits: Floats, entropy_bits: float) -> list[float]:
        """Of each walk, by how much its visits are more surprising than the mean visit, in bits together."""
        return [float(surprise_bits[legs].sum()) - entropy_bits * len(legs) for legs in self._legs]

    def hardest_weights(self, flows: Floats, weights: Floats) -> Floats:
        """The weights of plans (rows of flows) under which the next stop is most uncertain, sought from `weights` on.

        Entropy is concave in the weights: each rises with how surprising its plan is (exponentiated gradient).
        """
        visits = flows.sum(axis=1)
        for _ in range(WEIGHT_ROUNDS):
            flow = weights @ flows
            taken = flow > 0
            surprise = np.zeros(len(flow))
            surprise[taken] = -np.log2(flow[taken] / self._visits(flow)[taken])
            gain = flows @ surprise - self.entropy_bits(flow) * visits
            weights = weights * np.exp(WEIGHT_STEP * (gain - gain.max()) / visits.mean())
            weights = weights / weights.sum()
        return weights

    def _visits(self, flow: Floats) -> Floats:
        """Of each way, how often the stop it leads from is visited."""
        return np.bincount(self._stop, flow)[self._stop]
