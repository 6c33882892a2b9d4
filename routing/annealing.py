"""Drives the compiled search over one problem: restarts, temperatures, and the best routes so far."""

import math
from collections.abc import Callable, Sequence

import numpy as np

from routing.budget import Budget
from routing.kernel.anneal import anneal
from routing.kernel.build import build_network, make_noise, make_pool, make_routes, mean_score, wanted_visits
from routing.kernel.state import (
    BEST,
    BEST_BROKEN,
    BEST_CLOSES_S,
    BEST_OPENS_S,
    BEST_SCORE,
    FIRST,
    NOW,
    PAIRED,
    Floats,
)
from routing.problem import PatrolProblem
from routing.routes import Step
from routing.standing import NO_LOADS, Loads

type Nodes = list[list[int]]
type OnChunk = Callable[[], None]

# From so many stops on one long anneal is better than many short ones.
LONG_FROM = 200
LONG_TEMPERATURES = 5.0, 0.2
SHORT_TEMPERATURES = (2.0, 0.2), (4.0, 0.2), (4.0, 0.1)
WARM_TEMPERATURES = 0.5, 0.02
WARM_EVERY = 3
MOVES_PER_STOP = 300
MOVES_PER_RUN_MIN = 9_000
# A last run shorter than this share of a whole one is joined to the run before it.
LAST_RUN_SHARE = 0.4
POOL_MAX = 60_000


class Annealing:
    """A seeded compiled search over one problem; routes are lists of nodes, whose meaning is in `wanted`."""

    def __init__(
        self,
        problem: PatrolProblem,
        seed: int,
        noise: Floats | None = None,
        pool_max: int = POOL_MAX,
        loads: Loads = NO_LOADS,
    ) -> None:
        self.wanted = wanted_visits(problem)
        if not self.wanted:
            raise ValueError("no team can visit any stop in its time")
        noise = make_noise(seed) if noise is None else noise
        self.network = build_network(problem, self.wanted, noise, seed, loads)
        self.routes = make_routes(self.network, seed)
        self.pool = make_pool(self.network, pool_max)
        self.team_count = len(problem.teams)
        self._mean_score = mean_score(problem, self.wanted)
        self._draw = np.random.default_rng(seed)

    @property
    def best_score(self) -> float:
        """The sum of scores of the best routes so far, as the search counts them; -inf before any."""
        return float(self.routes.amount[BEST_SCORE, 0])

    @property
    def best_broken(self) -> float:
        """0 when the best routes so far respect districts' minimums and the cap on differences."""
        return float(self.routes.amount[BEST_BROKEN, 0])

    @property
    def best(self) -> Nodes:
        """The best routes so far."""
        stops, lengths = self.routes.stop[BEST], self.routes.length[BEST]
        return [stops[team, : lengths[team]].tolist() for team in range(self.team_count)]

    @property
    def best_steps(self) -> list[list[Step]]:
        """The best routes so far, by stops of the problem."""
        return [[self.wanted[node] for node in route] for route in self.best]

    def windows(self) -> dict[Step, tuple[float, float]] | None:
        """When dwelling may begin and must have begun in the best routes; None without second visits."""
        if not self.network.mark[PAIRED, 0]:
            return None
        windows = self.routes.amount[[BEST_OPENS_S, BEST_CLOSES_S], : len(self.wanted)].T.tolist()
        return {
            step: (opens_s, closes_s) for step, (opens_s, closes_s) in zip(self.wanted, windows, strict=True)
        }

    def nodes(self, steps: Sequence[Sequence[Step]]) -> Nodes:
        """Routes by stops of the problem as routes of nodes, without what no team can visit."""
        number = {step: node for node, step in enumerate(self.wanted)}
        return [[number[step] for step in route if step in number] for route in steps]

    def offer(self, routes: Nodes) -> None:
        """Take up routes found elsewhere, filled with what still fits; they are the best when they are better."""
        self._set(routes)
        self._move(0, 1.0, 1.0, 0.0, 0.0)

    def run(
        self, budget: Budget, *, on_chunk: OnChunk | None = None, after_run: OnChunk | None = None
    ) -> None:
        """Search until the budget is spent: one long anneal over many stops, many short ones over few."""
        nothing: Nodes = [[] for _ in range(self.team_count)]
        if len(self.wanted) >= LONG_FROM:
            self.anneal(nothing, budget, LONG_TEMPERATURES, on_chunk=on_chunk)
            return
        number = 0
        while budget.chunk():
            moves = max(MOVES_PER_RUN_MIN, MOVES_PER_STOP * len(self.wanted))
            if budget.moves_left - moves < LAST_RUN_SHARE * moves:
                moves = math.inf
            is_warm = number % WARM_EVERY == WARM_EVERY - 1
            if is_warm:
                self.anneal(self.best, budget, WARM_TEMPERATURES, moves, on_chunk=on_chunk)
            else:
                temperatures = SHORT_TEMPERATURES[int(self._draw.integers(len(SHORT_TEMPERATURES)))]
                self.anneal(nothing, budget, temperatures, moves, on_chunk=on_chunk)
            number += 1
            if after_run:
                after_run()

    def anneal(
        self,
        routes: Nodes,
        budget: Budget,
        temperatures: tuple[float, float],
        moves: float = math.inf,
        *,
        on_chunk: OnChunk | None = None,
    ) -> None:
        """One anneal from these routes, of so many moves or of all that the budget has left.

        `temperatures`, first and last, are in mean scores of a stop.
        """
        self._set(routes)
        hot, cold = (self._mean_score * temperature for temperature in temperatures)
        self._move(0, hot, cold, 0.0, 0.0)
        share = 0.0
        while share < 1 and (chunk := budget.chunk()):
            chunk = int(min(chunk, moves))
            step = (1 - share) * min(1.0, chunk / min(moves, budget.moves_left))
            self._move(chunk, hot, cold, share, share + step)
            budget.spend(chunk)
            moves -= chunk
            share = share + step if moves >= 1 else 1.0
            if on_chunk:
                on_chunk()

    def _set(self, routes: Nodes) -> None:
        """Put routes into the search, without second visits, which depend on times."""
        firsts = self.network.mark[FIRST]
        for team, route in enumerate(routes):
            kept = [node for node in route if firsts[node] < 0]
            self.routes.stop[NOW, team, : len(kept)] = kept
            self.routes.length[NOW, team] = len(kept)
        self._is_new = True

    def _move(self, moves: int, hot: float, cold: float, share: float, share_end: float) -> None:
        anneal(self.network, self.routes, self.pool, self._is_new, moves, hot, cold, share, share_end)
        self._is_new = False
