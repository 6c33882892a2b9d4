"""Ruin and recreate: makes many good sets of routes, and keeps every route that a good set used.

Strings of neighbouring stops are taken out of a few routes and the gaps filled again by one of several
rules, under simulated annealing (Christiaens and Vanden Berghe, "Slack Induction by String Removals",
2020, carried over to team orienteering, where stops left out compete to come back in).
"""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from routing.problem import PatrolProblem

type Floats = NDArray[np.float64]
type Routes = list[list[int]]

FEASIBLE_WITHIN_S = 1e-7
# Routes of solutions this close to the best are kept for recombination, up to so many.
POOL_SHARE = 0.96
POOL_MAX = 20_000
STRING_LENGTH_MAX = 10
REMOVED_MEAN_MAX = 12
# Walking counts this share of a mean score per stop's worth of time: enough to break ties only.
WALK_WEIGHT = 0.02
START_TEMPERATURES = ((0.5, 0.02), (1.5, 0.05), (4.0, 0.1))
ASK_TO_STOP_EVERY = 64


class Network:
    """The problem as one matrix of seconds in which dwelling is part of arriving.

    Nodes 0..n-1 are the stops, then each team's start and end: `start[t]`, `end[t]`. `kind[t]` is equal
    for teams that can swap routes.
    """

    def __init__(self, problem: PatrolProblem) -> None:
        teams = problem.teams
        self.stop_count, self.team_count = len(problem.stops), len(teams)
        ends = [place for team in teams for place in (team.start_place, team.end_place)]
        place = np.array([*(stop.place for stop in problem.stops), *ends], dtype=np.int64)
        dwell_s = np.array([*(stop.dwell_s for stop in problem.stops), *([0.0] * len(ends))])
        # A finite stand-in for "no way", so that differences stay numbers; far above any budget.
        far_s = 1e3 * (1.0 + sum(team.allowed_s for team in teams))
        seconds = np.minimum(problem.walk_s[np.ix_(place, place)], far_s) + dwell_s[None, :]
        self.seconds = np.ascontiguousarray(seconds)
        self.seconds_into = np.ascontiguousarray(seconds.T)
        self.rows: list[list[float]] = seconds.tolist()
        self.start = [self.stop_count + 2 * team for team in range(self.team_count)]
        self.end = [self.stop_count + 2 * team + 1 for team in range(self.team_count)]
        self.allowed_s = [team.allowed_s for team in teams]
        self.score = np.array([stop.score for stop in problem.stops])
        self.scores: list[float] = self.score.tolist()
        kinds = [(team.start_place, team.end_place, team.allowed_s) for team in teams]
        self.kind = [kinds.index(kind) for kind in kinds]
        walk_s = self.seconds[: self.stop_count, : self.stop_count]
        self.neighbours: list[list[int]] = np.argsort(
            walk_s - dwell_s[: self.stop_count], axis=1, kind="stable"
        ).tolist()

    def route_s(self, team: int, route: list[int]) -> float:
        """Seconds of a team's walk through the route, dwelling included."""
        total, node = 0.0, self.start[team]
        for following in [*route, self.end[team]]:
            total += self.rows[node][following]
            node = following
        return total

    def fits(self, team: int, route: list[int]) -> bool:
        """Whether the team can walk the route in its time."""
        return self.route_s(team, route) <= self.allowed_s[team] + FEASIBLE_WITHIN_S

    def value(self, routes: Routes) -> float:
        """The sum of the scores of all stops in the routes."""
        return sum(self.scores[stop] for route in routes for stop in route)


@dataclass(slots=True)
class RoutePool:
    """Routes that good solutions used: by (kind of team, set of stops) the best order and its seconds."""

    routes: dict[tuple[int, frozenset[int]], tuple[float, tuple[int, ...]]] = field(
        default_factory=dict[tuple[int, frozenset[int]], tuple[float, tuple[int, ...]]]
    )

    def keep(self, network: Network, routes: Routes, used_s: list[float]) -> None:
        """Remember the routes, unless the same stops are known in a shorter order."""
        for team, route in enumerate(routes):
            if not route:
                continue
            key = (network.kind[team], frozenset(route))
            known = self.routes.get(key)
            if (known is None and len(self.routes) < POOL_MAX) or (known and used_s[team] < known[0] - 1e-9):
                self.routes[key] = (used_s[team], tuple(route))


class _State:
    """Routes with their times, and for every team and stop the cheapest insertion as it is now."""

    def __init__(self, network: Network, routes: Routes) -> None:
        self.network = network
        self.routes = [list(route) for route in routes]
        self.used_s = [network.route_s(team, route) for team, route in enumerate(self.routes)]
        self.absent = np.ones(network.stop_count, dtype=np.bool_)
        for route in self.routes:
            self.absent[route] = False
        self.cost_s = np.empty((network.team_count, network.stop_count))
        self.position = np.empty((network.team_count, network.stop_count), dtype=np.int64)
        for team in range(network.team_count):
            self.renew(team)

    def copy(self) -> "_State":
        twin = _State.__new__(_State)
        twin.network = self.network
        twin.routes = [list(route) for route in self.routes]
        twin.used_s = list(self.used_s)
        twin.absent = self.absent.copy()
        twin.cost_s = self.cost_s.copy()
        twin.position = self.position.copy()
        return twin

    def renew(self, team: int) -> None:
        """Find the cheapest place of every stop in this team's route again."""
        network, route = self.network, self.routes[team]
        before = [network.start[team], *route]
        after = [*route, network.end[team]]
        direct_s = network.seconds[before, after]
        added_s = (
            network.seconds[before, : network.stop_count] + network.seconds_into[after, : network.stop_count]
        )
        added_s -= direct_s[:, None]
        best = added_s.argmin(axis=0)
        self.position[team] = best
        self.cost_s[team] = added_s[best, np.arange(network.stop_count)]

    def insert(self, team: int, stop: int) -> None:
        self.routes[team].insert(int(self.position[team, stop]), stop)
        self.used_s[team] += float(self.cost_s[team, stop])
        self.absent[stop] = False
        self.renew(team)

    def replace(self, team: int, route: list[int]) -> None:
        self.absent[self.routes[team]] = True
        self.absent[route] = False
        self.routes[team] = route
        self.used_s[team] = self.network.route_s(team, route)
        self.renew(team)

    def slack_s(self, team: int) -> float:
        return self.network.allowed_s[team] - self.used_s[team] + FEASIBLE_WITHIN_S

    def objective(self, walk_price: float) -> float:
        return self.network.value(self.routes) - walk_price * sum(self.used_s)


class Search:
    """A seeded search over one problem; call `anneal` as often as wanted, `best` and `pool` grow better."""

    def __init__(self, problem: PatrolProblem, seed: int) -> None:
        self.network = Network(problem)
        self.pool = RoutePool()
        self.best: Routes = [[] for _ in problem.teams]
        self._best_objective = -math.inf
        self._random = random.Random(seed)
        self._noise = np.random.default_rng(seed)
        self._mean_score = float(self.network.score.mean())
        mean_allowed_s = sum(self.network.allowed_s) / self.network.team_count
        visited = max(1, min(20, self.network.stop_count // self.network.team_count))
        self._walk_price = WALK_WEIGHT * self._mean_score / (mean_allowed_s / visited)

    @property
    def best_value(self) -> float:
        """The sum of scores of the best routes so far."""
        return self.network.value(self.best)

    def offer(self, routes: Routes) -> None:
        """Take routes found elsewhere: fill what room is left, polish, and keep them if they are better."""
        state = _State(self.network, routes)
        self._polish(state, range(self.network.team_count))
        self._recreate_by_ratio(state, alpha=1.0, spread=0.0)
        self._remember(state)

    def anneal(self, iterations: int, *, warm: bool, should_stop: Callable[[], bool] | None = None) -> None:
        """One annealing run of so many iterations, from nothing or from the best routes so far."""
        hot, cold = START_TEMPERATURES[0] if warm else self._random.choice(START_TEMPERATURES)
        current = _State(self.network, self.best if warm else [[] for _ in self.best])
        self._recreate_by_ratio(current, alpha=1.0, spread=0.3)
        self._remember(current)
        held = current.objective(self._walk_price)
        for iteration in range(iterations):
            if should_stop and iteration % ASK_TO_STOP_EVERY == 0 and should_stop():
                return
            temperature = self._mean_score * hot * (cold / hot) ** (iteration / iterations)
            candidate = current.copy()
            seed_stop = self._random.randrange(self.network.stop_count)
            touched = self._ruin(candidate, seed_stop)
            self._recreate(candidate, seed_stop)
            found = candidate.objective(self._walk_price)
            if found > held - 2.0 * temperature:
                self._polish(candidate, touched)
                self._recreate_by_ratio(candidate, alpha=1.0, spread=0.1)
                found = candidate.objective(self._walk_price)
            self._remember(candidate)
            if found > held + temperature * math.log(self._random.random() + 1e-300):
                current, held = candidate, found

    def _remember(self, state: _State) -> None:
        value = self.network.value(state.routes)
        if value >= POOL_SHARE * self.best_value:
            self.pool.keep(self.network, state.routes, state.used_s)
        objective = state.objective(self._walk_price)
        if objective > self._best_objective + 1e-9:
            self._best_objective = objective
            self.best = [list(route) for route in state.routes]

    def _ruin(self, state: _State, seed_stop: int) -> list[int]:
        """Take strings of stops near the seed stop out of a few routes; the teams touched."""
        lengths = [len(route) for route in state.routes if route]
        mean_length = sum(lengths) / len(lengths) if lengths else 1.0
        longest = min(float(STRING_LENGTH_MAX), max(1.0, mean_length))
        removed_mean = 1 + self._random.randrange(REMOVED_MEAN_MAX)
        wanted = int(self._random.random() * 4 * removed_mean / (1 + longest)) + 1
        team_of = {stop: team for team, route in enumerate(state.routes) for stop in route}
        touched: list[int] = []
        for stop in self.network.neighbours[seed_stop]:
            team = team_of.get(stop)
            if team is None or team in touched:
                continue
            state.replace(team, self._without_string(state.routes[team], stop, longest))
            touched.append(team)
            if len(touched) == wanted:
                break
        return touched

    def _without_string(self, route: list[int], stop: int, longest: float) -> list[int]:
        """The route without a random string of stops around `stop`, sometimes sparing some in its midst."""
        length = min(len(route), int(self._random.random() * min(longest, len(route))) + 1)
        at = route.index(stop)
        first = self._random.randint(max(0, at - length + 1), min(at, len(route) - length))
        cut = route[first : first + length]
        spared: list[int] = []
        if length > 1 and self._random.random() < 0.3:
            spared_length = self._random.randrange(1, length)
            spared_first = self._random.randint(0, length - spared_length)
            spared = [kept for kept in cut[spared_first : spared_first + spared_length] if kept != stop]
        return [*route[:first], *spared, *route[first + length :]]

    def _recreate(self, state: _State, seed_stop: int) -> None:
        draw = self._random.random()
        if draw < 0.5:
            spread = 0.5 if self._random.random() < 0.5 else 1.5
            self._recreate_by_ratio(state, alpha=0.3 + 1.2 * self._random.random(), spread=spread)
            return
        network = self.network
        noise = 0.7 + 0.6 * self._noise.random(network.stop_count)
        if draw < 0.6:
            rank = noise
        elif draw < 0.8:
            rank = -network.score * noise
        else:
            rank = network.seconds[seed_stop, : network.stop_count] * noise
        for stop in np.argsort(np.where(state.absent, rank, np.inf), kind="stable")[
            : int(state.absent.sum())
        ].tolist():
            costs = state.cost_s[:, stop].tolist()
            fitting = [(cost, team) for team, cost in enumerate(costs) if cost <= state.slack_s(team)]
            if fitting:
                state.insert(min(fitting)[1], stop)

    def _recreate_by_ratio(self, state: _State, *, alpha: float, spread: float) -> None:
        """Insert by score over detour to the power alpha, scores blurred by a factor of exp(+-spread/2)."""
        network = self.network
        blur = np.exp((self._noise.random(network.stop_count) - 0.5) * spread)
        attraction = network.score * blur
        worth = np.empty_like(state.cost_s)
        for team in range(network.team_count):
            worth[team] = self._worth(state, team, attraction, alpha)
        while True:
            team, stop = divmod(int(worth.argmax()), network.stop_count)
            if worth[team, stop] <= 0:
                return
            state.insert(team, stop)
            worth[:, stop] = -1.0
            worth[team] = self._worth(state, team, attraction, alpha)

    @staticmethod
    def _worth(state: _State, team: int, attraction: Floats, alpha: float) -> Floats:
        cost_s = state.cost_s[team]
        fits = state.absent & (cost_s <= state.slack_s(team))
        return np.where(fits, attraction / np.maximum(cost_s, 0.01) ** alpha, -1.0)

    def _polish(self, state: _State, teams: "list[int] | range") -> None:
        for team in teams:
            better = shortened(self.network, team, state.routes[team])
            if better != state.routes[team]:
                state.replace(team, better)


def shortened(network: Network, team: int, route: list[int]) -> list[int]:
    """The route reordered by reversing stretches and moving single stops while that saves time."""
    best, best_s = list(route), network.route_s(team, route)
    improved = len(best) > 1
    while improved:
        improved = False
        for i in range(len(best)):
            for j in range(len(best)):
                if i < j:
                    trial = [*best[:i], *best[i : j + 1][::-1], *best[j + 1 :]]
                elif i > j:
                    trial = [*best[:j], best[i], *best[j:i], *best[i + 1 :]]
                else:
                    continue
                trial_s = network.route_s(team, trial)
                if trial_s < best_s - 1e-9:
                    best, best_s, improved = trial, trial_s, True
    return best
