"""Tonight's plan of a problem: the best, or one drawn from a mixture, the teams' loads as alike as can be."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from routing.geo import haversine_m
from routing.problem import PatrolPlan, PatrolProblem
from routing.solve import SolveProgress, solve
from routing.vary import Drawn, draw, mix
from routing.words import NoPlanError

type Position = tuple[float, float]

# Stops nearer to each other than this look the same to somebody who watches.
SAME_PLACE_M = 120.0


@dataclass(frozen=True, slots=True)
class Choices:
    """Between how many next stops somebody has to guess who knows the mix that a plan was drawn from and watches for two
    weeks, and between how many at most, whatever was mixed."""

    drawn: float
    most: float


def plan_tonight(
    problem: PatrolProblem,
    places: Sequence[Position],
    *,
    seed: int,
    iterations: int,
    draws: int,
    last_night: Sequence[Position],
    on_progress: Callable[[SolveProgress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> tuple[PatrolPlan, Choices | None]:
    """The best plan; with `draws`, of so many drawn from a mixture over nearly best ones the one that repeats least of
    `last_night` (where stops were), and how hard the mixture is to guess.

    `places` are the (lon, lat) of the problem's stops.
    """
    if not draws:
        best = solve(
            problem, seed=seed, iterations=iterations, on_progress=on_progress, should_stop=should_stop
        )
        return best, None
    mixture = mix(problem, seed=seed, iterations=iterations, on_progress=on_progress, should_stop=should_stop)
    drawn = [draw(problem, mixture, seed=seed + number) for number in range(draws)]
    before = [
        any(float(haversine_m(*place, lon, lat)) <= SAME_PLACE_M for lon, lat in last_night)
        for place in places
    ]

    def alike(each: Drawn) -> int:
        return sum(before[visit.stop] for route in each.plan.routes for visit in route.visits)

    choices = Choices(round(2**mixture.entropy_bits, 2), round(2**mixture.ceiling_bits, 2))
    return min(drawn, key=alike).plan, choices


def as_alike_as_can_be[T](load_gaps: Sequence[float], planned: Callable[[float], T]) -> T:
    """What is `planned` with the first of these differences between teams' loads that leaves a plan.

    Raises what `planned` raises with the last of them, and at once whatever is not about the difference.
    """
    for gap in load_gaps[:-1]:
        try:
            return planned(gap)
        except NoPlanError as error:
            if error.code != "load_gap":
                raise
    return planned(load_gaps[-1])
