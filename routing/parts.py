"""Searches for hundreds of teams: the city is cut into parts, each is searched, and cut anew elsewhere."""

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from routing.annealing import Annealing, Nodes
from routing.budget import Budget, Slice
from routing.kernel.build import make_noise, wanted_visits
from routing.problem import PatrolProblem
from routing.routes import Step

type Floats = NDArray[np.float64]
type Ints = NDArray[np.int64]

# Beyond so many pairs of a team and a stop, parts are better than the whole.
WHOLE_PAIRS_MAX = 40_000
TEAMS_PER_PART = 30
MOVES_PER_PART = 6_000
# Temperatures, in mean scores, of the first and the last round.
FIRST_ROUND, LAST_ROUND = (1.0, 0.1), (0.2, 0.02)
# An absent stop goes to the part of one of so many teams that are nearest to it.
NEAREST_TEAMS = 3
POOL_MAX = 16


def is_for_parts(problem: PatrolProblem) -> bool:
    """Whether a problem is large, and no rule binds all of its teams together."""
    is_bound = any(problem.minimum.values()) or problem.load_gap_max < 1
    is_bound |= any(stop.again_score for stop in problem.stops)
    return len(problem.teams) * len(problem.stops) > WHOLE_PAIRS_MAX and not is_bound


class PartsSearch:
    """A seeded search part by part; `routes` are lists of stops (indices into the problem's)."""

    def __init__(
        self, problem: PatrolProblem, seed: int, begun: Sequence[Sequence[Step]] | None = None
    ) -> None:
        self.problem = problem
        self.routes: Nodes = [[] for _ in problem.teams]
        if begun is not None:
            self.routes = [[stop for stop, _ in route] for route in begun]
        self._draw = np.random.default_rng(seed)
        self._noise = make_noise(seed)
        starts = np.array([team.start_place for team in problem.teams], dtype=np.int64)
        places = np.array([stop.place for stop in problem.stops], dtype=np.int64)
        self._wanted = [index for index, _ in wanted_visits(problem)]
        self._team = {team.id: index for index, team in enumerate(problem.teams)}
        self._between = problem.seconds(0)[np.ix_(starts, starts)]
        nearest = np.argsort(problem.seconds(0)[np.ix_(starts, places)], axis=0, kind="stable")
        self._nearest_teams: Ints = nearest[:NEAREST_TEAMS].T

    @property
    def score(self) -> float:
        """The sum of scores of the routes."""
        return sum(self.problem.stops[stop].score for route in self.routes for stop in route)

    @property
    def steps(self) -> list[list[Step]]:
        """The routes so far as visits."""
        return [[(stop, False) for stop in route] for route in self.routes]

    def run(self, budget: Budget, threads: int, on_round: Callable[[], object]) -> None:
        """Search round by round, each with the city cut elsewhere, until the budget is spent."""
        while budget.chunk():
            budget.spend(self._run_round(budget, threads))
            on_round()

    def _run_round(self, budget: Budget, threads: int) -> int:
        """Cut the city into parts and improve each; the moves made."""
        share = budget.share_done
        parts = self._cut(np.arange(len(self.problem.teams)))
        home = self._part_of_absent(parts)
        seeds = self._draw.integers(2**31, size=len(parts)).tolist()
        hot, cold = (a * (b / a) ** share for a, b in zip(FIRST_ROUND, LAST_ROUND, strict=True))
        left = budget.moves_left if budget.seconds_left is None else math.inf
        moves = int(max(1, min(MOVES_PER_PART, left / len(parts))))

        def improve(number: int) -> Nodes:
            own = Slice(budget, moves)
            return self._improve(parts[number], home[number], seeds[number], own, (hot, cold))

        with ThreadPoolExecutor(threads) as pool:
            for teams, routes in zip(parts, pool.map(improve, range(len(parts))), strict=True):
                for team, route in zip(teams.tolist(), routes, strict=True):
                    self.routes[team] = route
        return moves * len(parts)

    def _cut(self, teams: Ints) -> list[Ints]:
        """Halve a group of teams between two that are far apart, again and again."""
        if len(teams) <= TEAMS_PER_PART:
            return [teams]
        one = int(self._draw.choice(teams))
        other = int(teams[np.argmax(self._between[one, teams])])
        nearer = np.argsort(self._between[one, teams] - self._between[other, teams], kind="stable")
        # Halves of changing size, so that the same teams do not always share a part.
        middle = round(len(teams) * float(self._draw.uniform(0.4, 0.6)))
        return [*self._cut(teams[nearer[:middle]]), *self._cut(teams[nearer[middle:]])]

    def _part_of_absent(self, parts: Sequence[Ints]) -> list[list[int]]:
        """The absent stops of each part."""
        part_of_team = {team: number for number, teams in enumerate(parts) for team in teams.tolist()}
        visited = {stop for route in self.routes for stop in route}
        home: list[list[int]] = [[] for _ in parts]
        for stop in self._wanted:
            if stop not in visited:
                own = self._team.get(self.problem.stops[stop].team)
                team = (
                    own
                    if own is not None
                    else int(self._nearest_teams[stop, self._draw.integers(self._nearest_teams.shape[1])])
                )
                home[part_of_team[team]].append(stop)
        return home

    def _improve(
        self, teams: Ints, absent: list[int], seed: int, budget: Budget, temperatures: tuple[float, float]
    ) -> Nodes:
        """Better routes of these teams over their stops and these absent ones."""
        numbers: list[int] = teams.tolist()
        routes = [self.routes[team] for team in numbers]
        stops = [*(stop for route in routes for stop in route), *absent]
        if not stops or not budget.chunk():
            return routes
        part = sub_problem(self.problem, numbers, stops)
        if not wanted_visits(part):
            return routes
        search = Annealing(part, seed, self._noise, POOL_MAX)
        node = {stops[index]: at for at, (index, _) in enumerate(search.wanted)}
        search.anneal([[node[stop] for stop in route] for route in routes], budget, temperatures)
        return [[stops[search.wanted[at][0]] for at in route] for route in search.best]


def sub_problem(problem: PatrolProblem, teams: Sequence[int], stops: Sequence[int]) -> PatrolProblem:
    """The problem of some teams and some stops (indices), with only the places they need."""
    some_teams, some_stops = [problem.teams[team] for team in teams], [problem.stops[stop] for stop in stops]
    used = {stop.place for stop in some_stops} | {
        place for team in some_teams for place in (team.start_place, team.end_place)
    }
    places = sorted(used)
    row = {place: index for index, place in enumerate(places)}
    among = (..., *np.ix_(places, places))
    return replace(
        problem,
        stops=tuple(replace(stop, place=row[stop.place]) for stop in some_stops),
        teams=tuple(
            replace(team, start_place=row[team.start_place], end_place=row[team.end_place])
            for team in some_teams
        ),
        minimum={},
        walk_s=problem.walk_s[among],
        walk_m=problem.walk_m[among],
    )
