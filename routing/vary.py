"""Plans that nobody can predict: each evening's is drawn from an optimised mixture of nearly best ones."""

import itertools
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from routing.annealing import Annealing
from routing.budget import Budget, ClockBudget, Interruptible, MoveBudget
from routing.check import check_plan
from routing.deck import Deck
from routing.kernel.state import DISTRICT, DISTRICTS, KIND, MINIMUM
from routing.mixing import COLUMNS_MAX, Demands, Onward, PlanMaker, Walk, walk_of
from routing.predictability import NIGHTS, next_stop_entropy_bits, overlap
from routing.problem import PatrolPlan, PatrolProblem
from routing.refuse import require_a_visit, require_rules_kept, require_rules_possible
from routing.routes import Routes, Step, routes_of, time_plan
from routing.solve import SolveProgress, fits, solve

type Floats = NDArray[np.float64]

DEFAULT_ITERATIONS = 60_000
SCORE_SHARE_MIN = 0.98
# Plans are added until no mixture could be harder to guess by more than this, or there are so many.
CEILING_WITHIN_BITS = 0.02
PLANS_MAX, MISSES_MAX = 40, 3
# A plan that was found already is sought again with its gains blurred by so much.
JITTER = 0.15
WEIGHT_LEAST = 0.002
# So many sets of stops are known, each in all orders if it has few stops, else in some.
SETS_MAX, ALL_ORDERS_TO, ORDERS_TRIED = 700, 4, 3


@dataclass(frozen=True, slots=True)
class Mixture:
    """Nearly best plans (as routes by id), how often each is drawn, and how hard that makes guessing.

    `intended` is the share of nights that each stop is meant to be visited in; `deviation` the greatest difference from
    it in a long run of draws, `entropy_bits` and `overlap` the means over fourteen nights of such a run. `score_share` is
    the worst plan's share of the best score. `ceiling_bits` is what no mixture of the routes known here exceeds, however
    many nights are watched.
    """

    plans: tuple[Routes, ...]
    weights: tuple[float, ...]
    best_score: float
    score_share: float
    intended: Mapping[str, float]
    deviation: float
    entropy_bits: float
    ceiling_bits: float
    overlap: float


@dataclass(frozen=True, slots=True)
class Drawn:
    """Tonight's plan, and the two numbers over the last nights and this one: next-stop entropy, overlap with the last.

    Without a past they are what the mixture promises.
    """

    plan: PatrolPlan
    entropy_bits: float
    overlap: float


def vary(
    problem: PatrolProblem,
    *,
    seed: int,
    history: Sequence[Routes] = (),
    iterations: int | None = None,
    seconds: float | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Drawn:
    """Mix and draw in one call; `history` are the routes of past nights, the newest last."""
    mixture = mix(problem, seed=seed, iterations=iterations, seconds=seconds, should_stop=should_stop)
    return draw(problem, mixture, seed=seed, history=history)


def mix(
    problem: PatrolProblem,
    *,
    seed: int,
    iterations: int | None = None,
    seconds: float | None = None,
    on_progress: Callable[[SolveProgress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Mixture:
    """The mixture of nearly best plans that is hardest to guess; so many iterations, or seconds, find the best ones,
    and as many again routes to mix. Second visits are left aside here, and made where there is time for them by `draw`.

    Equal seeds and iterations give equal mixtures. NoPlanError names the constraint that leaves no plan.
    """
    problem = _once(problem)
    best = solve(
        problem,
        seed=seed,
        iterations=iterations,
        seconds=seconds,
        on_progress=on_progress,
        should_stop=should_stop,
    )
    require_a_visit(problem)
    require_rules_possible(problem)
    require_rules_kept(problem, best)
    search = Annealing(problem, seed)
    search.offer(search.nodes([[(v.stop, v.again) for v in route.visits] for route in best.routes]))
    budget: Budget = MoveBudget(iterations or DEFAULT_ITERATIONS) if seconds is None else ClockBudget(seconds)
    search.run(Interruptible(budget, should_stop) if should_stop else budget)
    return _Mixer(problem, search, best, seed).mixed()


def draw(problem: PatrolProblem, mixture: Mixture, *, seed: int, history: Sequence[Routes] = ()) -> Drawn:
    """One plan of the mixture, timed; which one depends on the nights of the history and on the seed."""
    deck = Deck(mixture.plans, mixture.weights)
    chances = deck.chances(deck.taken(history), len(history[-(NIGHTS - 1) :]))
    index = int(np.random.default_rng(seed).choice(len(chances), p=chances))
    routes = mixture.plans[index]
    plan = time_plan(problem, _steps(problem, routes))
    if wrong := check_plan(_once(problem), plan):
        raise ValueError(f"the mixture is of another problem: {wrong[0]}")
    plan = _with_second_visits(problem, plan, seed)
    routes = routes_of(problem, plan)
    nights = [*history[-(NIGHTS - 1) :], routes]
    if not history:
        return Drawn(plan, mixture.entropy_bits, mixture.overlap)
    return Drawn(plan, next_stop_entropy_bits(nights), overlap(routes, history[-1]))


def _once(problem: PatrolProblem) -> PatrolProblem:
    """The problem without second visits, which tie routes together so that they cannot be mixed."""
    return replace(problem, stops=tuple(replace(stop, again_score=0.0) for stop in problem.stops))


def _with_second_visits(problem: PatrolProblem, plan: PatrolPlan, seed: int) -> PatrolPlan:
    """The plan with whatever still fits into it; as it is where there are no second visits, or the rules forbid it."""
    if not any(stop.again_score for stop in problem.stops):
        return plan
    search = Annealing(problem, seed, pool_max=1)
    search.offer(search.nodes([[(v.stop, v.again) for v in route.visits] for route in plan.routes]))
    for windows in (None, search.windows()):
        fuller = time_plan(problem, search.best_steps, windows)
        if not check_plan(problem, fuller):
            return fuller
    return plan


def _steps(problem: PatrolProblem, routes: Routes) -> list[list[Step]]:
    number = {stop.id: index for index, stop in enumerate(problem.stops)}
    return [[(number[call.stop], call.again) for call in routes.get(team.id, ())] for team in problem.teams]


class _Mixer:
    """Turns what a search has met into a mixture."""

    def __init__(self, problem: PatrolProblem, search: Annealing, best: PatrolPlan, seed: int) -> None:
        self._problem, self._search = problem, search
        self._kinds: list[int] = search.network.mark[KIND, : search.team_count].tolist()
        self._best_score = max(best.score, sum(self._worth(node) for route in search.best for node in route))
        self._draw = np.random.default_rng(seed)
        self._walks = self._known_walks()
        districts = int(search.network.mark[DISTRICTS, 0])
        required = {n for n, (stop, _) in enumerate(search.wanted) if problem.stops[stop].required}
        self._demands = Demands(
            least_score=SCORE_SHARE_MIN * self._best_score,
            supply=Counter(self._kinds),
            required=frozenset(required),
            district=search.network.mark[DISTRICT, : len(search.wanted)].tolist(),
            minimum=search.network.mark[MINIMUM, :districts].tolist(),
            load_gap_max=problem.load_gap_max,
        )
        number = {(walk.kind, walk.stops): index for index, walk in enumerate(self._walks)}
        best_walks = [(kind, tuple(route)) for kind, route in zip(self._kinds, search.best, strict=True)]
        self._known = [number[walk] for walk in best_walks if walk in number]
        self._maker = PlanMaker(self._walks, self._demands, self._known, seed)
        self._onward = Onward(self._walks)
        self._ceiling_bits = math.inf

    def mixed(self) -> Mixture:
        """The mixture: plans are added where they surprise most (Frank-Wolfe), and all weighed anew each time."""
        plans, weights = [self._known], np.ones(1)
        misses = 0
        while len(plans) < PLANS_MAX and misses < MISSES_MAX:
            chosen = self._most_surprising(plans, weights, is_blurred=misses > 0)
            if chosen is None:
                break
            if not self._is_new(plans, chosen):
                misses += 1
                continue
            plans.append(chosen)
            misses = 0
            share = 1 / len(plans)
            weights = self._weighed(plans, np.append(weights * (1 - share), share))
        kept = [index for index, weight in enumerate(weights) if weight > WEIGHT_LEAST]
        return self._described([plans[index] for index in kept], weights[kept] / weights[kept].sum())

    def _weighed(self, plans: Sequence[Sequence[int]], weights: Floats) -> Floats:
        flows = np.array([self._onward.flow(plan) for plan in plans])
        return self._onward.hardest_weights(flows, weights)

    def _most_surprising(
        self, plans: Sequence[Sequence[int]], weights: Floats, *, is_blurred: bool
    ) -> list[int] | None:
        """The plan that makes the mixture hardest to guess; None once no mixture could be much harder."""
        flow = weights @ np.array([self._onward.flow(plan) for plan in plans])
        bits = self._onward.entropy_bits(flow) if flow.any() else 0.0
        gains = self._onward.gains(self._onward.surprise_bits(flow), bits)
        if is_blurred:
            blurred = np.array(gains) * (1 + JITTER * self._draw.random(len(gains)))
            chosen = self._maker.best(blurred.tolist())
            return chosen.walks if chosen else None
        chosen = self._maker.best(gains)
        if chosen is None:
            return None
        # Entropy lies below its tangent: no mixture gains more than the best single plan does.
        self._ceiling_bits = min(self._ceiling_bits, bits + max(0.0, chosen.gain_most) / self._visits_least())
        return None if self._ceiling_bits - bits < CEILING_WITHIN_BITS else chosen.walks

    def _visits_least(self) -> int:
        """So many visits a plan has at least: of the best stops even, fewer would not be worth enough."""
        scores = sorted((self._worth(node) for node in range(len(self._search.wanted))), reverse=True)
        sums = np.cumsum(scores)
        return 1 + int(np.searchsorted(sums, self._demands.least_score * (1 - 1e-9)))

    def _known_walks(self) -> list[Walk]:
        """Routes of nearly best solutions, of many drawn by chance, in several orders for which there is time."""
        pool, best = self._search.pool, self._search.best
        size = int(pool.size[0])
        good = np.flatnonzero(pool.value[:size] >= SCORE_SHARE_MIN * self._search.best_score)
        chosen = self._draw.permutation(good)[:SETS_MAX].tolist()
        routes = [(kind, tuple(route)) for kind, route in zip(self._kinds, best, strict=True) if route]
        routes += [(int(pool.kind[n]), tuple(pool.stop[n, : pool.length[n]].tolist())) for n in chosen]
        found: dict[tuple[int, tuple[int, ...]], Walk] = {}
        for kind, stops in routes:
            team, worth = self._kinds.index(kind), sum(self._worth(node) for node in stops)
            for way in self._orders(stops):
                if (kind, way) not in found and (load := self._load(team, way)) is not None:
                    found[kind, way] = walk_of(kind, way, worth, load)
        return list(found.values())[:COLUMNS_MAX]

    def _orders(self, stops: tuple[int, ...]) -> list[tuple[int, ...]]:
        """A route as it is, the other way round, and in some other orders."""
        if len(stops) <= ALL_ORDERS_TO:
            return list(itertools.permutations(stops))
        orders = [stops, stops[::-1]]
        for _ in range(ORDERS_TRIED):
            first, last = sorted(self._draw.choice(len(stops) + 1, size=2, replace=False).tolist())
            turned = stops[:first] + stops[first:last][::-1] + stops[last:]
            orders += [turned, turned[::-1]]
        return orders

    def _load(self, team: int, nodes: Sequence[int]) -> float | None:
        """The share of its time that the team is out on this route; None where it is not in time."""
        problem, own = self._problem, self._problem.teams[team]
        steps = [self._search.wanted[node] for node in nodes]
        if not fits(problem, team, steps):
            return None
        if not problem.is_timed:
            stops = [problem.stops[index] for index, _ in steps]
            places = [own.start_place, *(stop.place for stop in stops), own.end_place]
            walk_s = sum(float(problem.seconds(team)[a, b]) for a, b in itertools.pairwise(places))
            return (walk_s + sum(stop.dwell_s for stop in stops)) / own.allowed_s
        route = time_plan(
            problem, [steps if index == team else [] for index in range(len(self._kinds))]
        ).routes[team]
        out_s = route.finish_s - route.start_s
        is_late = any(visit.leave_s > problem.stops[visit.stop].closes_s for visit in route.visits)
        return (
            None
            if is_late or out_s > own.budget_s or route.finish_s > own.window_s[1]
            else out_s / own.allowed_s
        )

    def _worth(self, node: int) -> float:
        """What a visit counts, a required one like any other."""
        return self._problem.stops[self._search.wanted[node][0]].score

    def _is_new(self, plans: Sequence[Sequence[int]], chosen: Sequence[int]) -> bool:
        """Whether a plan is sound, and goes on from its stops as no other does."""
        legs = {leg for index in chosen for leg in self._walks[index].legs}
        known = ({leg for index in other for leg in self._walks[index].legs} for other in plans)
        return all(legs != other for other in known) and not check_plan(self._problem, self._timed(chosen))

    def _timed(self, plan: Sequence[int]) -> PatrolPlan:
        free = {kind: [t for t, other in enumerate(self._kinds) if other == kind] for kind in self._kinds}
        steps: list[list[Step]] = [[] for _ in self._kinds]
        for walk in (self._walks[index] for index in plan):
            steps[free[walk.kind].pop(0)] = [self._search.wanted[node] for node in walk.stops]
        return time_plan(self._problem, steps)

    def _described(self, plans: Sequence[Sequence[int]], weights: Floats) -> Mixture:
        timed = [self._timed(plan) for plan in plans]
        routes = [routes_of(self._problem, plan) for plan in timed]
        promise = Deck(routes, weights.tolist()).promise()
        return Mixture(
            plans=tuple(routes),
            weights=tuple(weights.tolist()),
            best_score=self._best_score,
            score_share=min(plan.score for plan in timed) / self._best_score,
            intended={stop.id: promise.intended.get(stop.id, 0.0) for stop in self._problem.stops},
            deviation=promise.deviation,
            entropy_bits=promise.entropy_bits,
            ceiling_bits=max(self._ceiling_bits, promise.entropy_bits),
            overlap=promise.overlap,
        )
