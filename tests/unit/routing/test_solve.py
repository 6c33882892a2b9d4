"""Plans must be sound whatever the problem, good where the best is known, and the same for the same seed."""

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.check import check_plan
from routing.master import recombine
from routing.problem import PatrolPlan, PatrolProblem, Stop, Team
from routing.search import Network, RoutePool, Search, shortened
from routing.solve import SolveProgress, solve, time_route
from routing.words import NoPlanError


def random_problem(
    seed: int, stops: int, teams: int, *, minutes: float = 60, asymmetric: bool = False
) -> PatrolProblem:
    """Stops and team starts in a square of 2 km, walked as the crow flies at 1.2 m/s."""
    draw = np.random.default_rng(seed)
    places = draw.uniform(0, 2000, (stops + teams, 2))
    metres = np.hypot(*(places[:, None] - places[None, :]).transpose(2, 0, 1))
    seconds = np.ceil(metres / 1.2)
    if asymmetric:
        seconds *= draw.uniform(1.0, 1.6, seconds.shape)
    return PatrolProblem(
        tuple(
            Stop(f"s{n}", n, float(draw.integers(1, 100)), float(draw.integers(0, 900))) for n in range(stops)
        ),
        tuple(
            Team(
                f"t{n}",
                stops + n,
                stops + int(draw.integers(teams)),
                minutes * 60,
                (60.0 * n, 60.0 * n + 5400),
            )
            for n in range(teams)
        ),
        seconds,
        metres,
    )


def best_score(problem: PatrolProblem) -> float:
    """The best score of a one-team problem, by trying every order."""
    team, best = problem.teams[0], 0.0
    for size in range(len(problem.stops) + 1):
        for order in itertools.permutations(range(len(problem.stops)), size):
            route = time_route(problem, 0, list(order))
            if route.finish_s - route.start_s <= team.allowed_s:
                best = max(best, route.score)
    return best


def score_of_two(problem: PatrolProblem) -> float:
    """The best score of a two-team problem, by trying every set and order for each."""
    reach: list[dict[frozenset[int], float]] = [{}, {}]
    for team in (0, 1):
        for size in range(len(problem.stops) + 1):
            for order in itertools.permutations(range(len(problem.stops)), size):
                route = time_route(problem, team, list(order))
                if route.finish_s - route.start_s <= problem.teams[team].allowed_s:
                    reach[team][frozenset(order)] = route.score
    return max(a + b for x, a in reach[0].items() for y, b in reach[1].items() if not x & y)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 25), st.integers(1, 5), st.floats(20, 120), st.booleans())
def test_every_plan_is_sound(seed: int, stops: int, teams: int, minutes: float, asymmetric: bool) -> None:
    """A plan passes the independent checker, or the refusal names its constraint in both languages."""
    problem = random_problem(seed, stops, teams, minutes=minutes, asymmetric=asymmetric)
    try:
        plan = solve(problem, seed=seed, iterations=30)
    except NoPlanError as error:
        assert error.code in ("too_little_time", "cut_off")
        assert "min" in error.words.en
        assert "分钟" in error.words.zh
        return
    assert check_plan(problem, plan) == []
    assert plan.score > 0


@pytest.mark.parametrize("seed", range(4))
def test_the_best_of_small_problems_is_found(seed: int) -> None:
    """With one team and with two, the search finds what trying everything finds."""
    one = random_problem(seed, 7, 1, minutes=50)
    assert solve(one, seed=seed, iterations=200).score == pytest.approx(best_score(one))
    two = random_problem(100 + seed, 6, 2, minutes=40, asymmetric=True)
    assert solve(two, seed=seed, iterations=200).score == pytest.approx(score_of_two(two))


def test_the_same_seed_gives_the_same_plan() -> None:
    """Seed and iterations alone decide the plan; another seed may find another."""
    problem = random_problem(3, 40, 4, minutes=90)
    first = solve(problem, seed=5, iterations=300)
    assert solve(problem, seed=5, iterations=300) == first
    others = {solve(problem, seed=seed, iterations=40) for seed in range(6)}
    assert len(others) > 1


def test_more_iterations_are_never_worse() -> None:
    """The best so far is kept: three times the iterations score at least as much."""
    problem = random_problem(4, 50, 4, minutes=90)
    assert solve(problem, seed=1, iterations=1200).score >= solve(problem, seed=1, iterations=400).score


def test_progress_and_stopping() -> None:
    """Progress grows to the whole, its score never falls, and asked to stop the search hands over a sound plan."""
    problem = random_problem(4, 40, 4, minutes=90)
    told: list[SolveProgress] = []
    full = solve(problem, seed=1, iterations=900, on_progress=told.append)
    assert [step.done for step in told] == [400, 800, 900]
    assert sorted(step.score for step in told) == [step.score for step in told]
    assert told[-1].score == pytest.approx(full.score)
    told.clear()
    early = solve(problem, seed=1, iterations=100_000_000, on_progress=told.append, should_stop=lambda: True)
    assert check_plan(problem, early) == []
    assert early.score > 0


def test_idle_teams_share_the_work() -> None:
    """Where one team could visit all, two each visit some."""
    problem = random_problem(9, 4, 2, minutes=90)
    plan = solve(problem, seed=1, iterations=50)
    assert plan.score == pytest.approx(sum(stop.score for stop in problem.stops))
    assert all(route.visits for route in plan.routes)


def cut(problem: PatrolProblem, **places: list[int]) -> PatrolProblem:
    walk_s = problem.walk_s.copy()
    walk_s[np.ix_(places["a"], places["b"])] = np.inf
    walk_s[np.ix_(places["b"], places["a"])] = np.inf
    return replace(problem, walk_s=walk_s)


def test_impossible_requests_name_their_constraint() -> None:
    """No stops, no way to any stop, no way home and too little time are each told as such."""
    problem = random_problem(1, 5, 1)
    stops = list(range(5))
    for impossible, code in [
        (replace(problem, stops=()), "no_stops"),
        (cut(problem, a=stops, b=[5]), "cut_off"),
        (replace(problem, teams=(Team("t", 5, 5, 60.0, (0.0, 600.0)),)), "too_little_time"),
        (replace(problem, teams=(Team("t", 5, 0, 1.0, (0.0, 600.0)),)), "too_little_time"),
    ]:
        with pytest.raises(NoPlanError) as caught:
            solve(impossible, seed=1, iterations=10)
        assert caught.value.code == code
    with pytest.raises(ValueError, match="iterations 0"):
        solve(problem, seed=1, iterations=0)


def test_islands_are_left_alone() -> None:
    """Stops that cannot be walked to are never visited."""
    problem = cut(random_problem(2, 8, 2, minutes=90), a=[0, 1, 2], b=[3, 4, 5, 6, 7, 8, 9])
    plan = solve(problem, seed=1, iterations=60)
    assert {visit.stop for route in plan.routes for visit in route.visits} <= {3, 4, 5, 6, 7}


def damaged(plan: PatrolPlan, **change: object) -> PatrolPlan:
    """The plan with its first route that has visits changed."""
    routes = list(plan.routes)
    at = next(n for n, route in enumerate(routes) if route.visits)
    routes[at] = replace(routes[at], **change)  # pyright: ignore[reportArgumentType]
    return replace(plan, routes=tuple(routes))


def test_the_checker_sees_every_kind_of_fault() -> None:
    """Wrong times, lengths and scores, second visits, strangers, overlong and unordered routes are all told."""
    problem = random_problem(6, 20, 3, minutes=60)
    plan = solve(problem, seed=1, iterations=60)
    route = next(route for route in plan.routes if route.visits)
    visit = route.visits[0]
    for change, said in [
        ({"finish_s": route.finish_s - 60}, "finish_s"),
        ({"walk_s": route.walk_s + 1}, "walk_s"),
        ({"dwell_s": 0.5}, "dwell_s"),
        ({"length_m": route.length_m * 2}, "length_m"),
        ({"score": route.score + 1}, "score"),
        ({"visits": (replace(visit, arrive_s=visit.arrive_s - 9), *route.visits[1:])}, "not as told"),
        ({"visits": (*route.visits, visit)}, "second time"),
        ({"visits": (replace(visit, stop=99),)}, "do not exist"),
        ({"visits": route.visits[1:]}, "is not the sum"),
    ]:
        assert any(said in fault for fault in check_plan(problem, damaged(plan, **change))), said
    assert check_plan(problem, replace(plan, routes=plan.routes[1:])) != []
    assert any("is not the sum" in fault for fault in check_plan(problem, replace(plan, score=1.0)))
    hurried = replace(problem, teams=tuple(replace(team, budget_s=60.0) for team in problem.teams))
    assert any("of a budget of 60" in fault for fault in check_plan(hurried, plan))
    early = replace(
        problem, teams=tuple(replace(t, window_s=(t.window_s[0], t.window_s[0] + 9)) for t in problem.teams)
    )
    assert any("after its window" in fault for fault in check_plan(early, plan))
    cut_off = replace(problem, walk_s=np.where(np.eye(23) > 0, 0.0, np.inf))
    assert any("does not exist" in fault for fault in check_plan(cut_off, plan))


def test_shortened_routes() -> None:
    """A route round a square visited crosswise is uncrossed."""
    corners = np.array([[0, 0], [1000, 0], [1000, 1000], [0, 1000], [500, -200]])
    metres = np.hypot(*(corners[:, None] - corners[None, :]).transpose(2, 0, 1))
    team = Team("t", 4, 4, 1e6, (0.0, 1e6))
    problem = PatrolProblem(tuple(Stop(str(n), n, 1.0, 0.0) for n in range(4)), (team,), metres, metres)
    assert shortened(Network(problem), 0, [0, 2, 1, 3]) in ([0, 3, 2, 1], [1, 2, 3, 0])


def test_the_master_recombines_routes_of_different_plans() -> None:
    """Two halves found in two plans are put together, each stop in one route; nothing better gives None."""
    problem = random_problem(11, 8, 2, minutes=90)
    network, pool = Network(problem), RoutePool()
    for routes in ([[0, 1], []], [[], [1, 2]], [[3], []]):
        pool.keep(network, routes, [network.route_s(team, route) for team, route in enumerate(routes)])
    found = recombine(network, pool, incumbent=0.0, seed=1)
    assert found is not None
    assert sorted(stop for route in found for stop in route) in ([0, 1, 2], [1, 2, 3])
    assert all(network.fits(team, route) for team, route in enumerate(found))
    assert recombine(network, pool, incumbent=network.value(found), seed=1) is None


def test_the_search_offers_only_better_routes() -> None:
    """Routes offered from elsewhere are filled up and never lower the best."""
    problem = random_problem(12, 15, 2, minutes=90)
    search = Search(problem, seed=1)
    search.offer([[], []])
    filled = search.best_value
    assert filled > 0
    search.anneal(100, warm=True)
    best = search.best_value
    assert best >= filled
    search.offer([[0], []])
    assert search.best_value >= best


@pytest.mark.parametrize(
    ("name", "gap_max"), [("p5.3.z", 0.01), ("p6.3.n", 0.01), ("p4.4.r", 0.06), ("p7.4.t", 0.04)]
)
def test_published_instances(shared_data: Path, name: str, gap_max: float) -> None:
    """On published team-orienteering instances a short search comes near the best known score."""
    best_known = dict(
        line.split(",")[:2] for line in (shared_data / "top" / "best_known.csv").read_text().splitlines()[1:]
    )
    lines = (shared_data / "top" / f"{name}.txt").read_text().splitlines()
    count, teams, limit = int(lines[0].split()[1]), int(lines[1].split()[1]), float(lines[2].split()[1])
    table = np.array([[float(value) for value in line.split()] for line in lines[3 : 3 + count]])
    metres = np.hypot(*(table[:, None, :2] - table[None, :, :2]).transpose(2, 0, 1))
    problem = PatrolProblem(
        tuple(Stop(str(n), n, float(table[n, 2]), 0.0) for n in range(count) if table[n, 2] > 0),
        tuple(Team(str(n), 0, count - 1, limit, (0.0, limit)) for n in range(teams)),
        metres,
        metres,
    )
    plan = solve(problem, seed=1, iterations=800)
    assert plan.score >= (1 - gap_max) * float(best_known[name])
