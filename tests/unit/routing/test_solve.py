"""Plans must be sound whatever the problem, good where the best is known, and the same for the same seed."""

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from routing.annealing import Annealing
from routing.bench_files import read_instance
from routing.budget import MoveBudget
from routing.check import check_plan
from routing.problem import PatrolPlan, PatrolProblem, Stop, Team
from routing.routes import Call, routes_of, time_plan
from routing.solve import SolveProgress, solve
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


def ruled_problem(seed: int, stops: int, teams: int) -> PatrolProblem:
    """A problem with everything in it: hours, second visits, districts, a cap, two paces, a stop for one team only."""
    draw = np.random.default_rng(seed)
    plain = random_problem(seed, stops, teams, minutes=75, asymmetric=bool(draw.random() < 0.3))

    def ruled(index: int, stop: Stop) -> Stop:
        opens_s = float(draw.integers(0, 4000))
        return replace(
            stop,
            dwell_s=600.0 + 60 * int(draw.integers(0, 7)),
            opens_s=opens_s if draw.random() < 0.3 else -np.inf,
            closes_s=opens_s + 2400 if draw.random() < 0.3 else np.inf,
            again_score=stop.score / 2 if draw.random() < 0.3 else 0.0,
            again_after_s=float(draw.integers(300, 2400)),
            district=f"d{index % 3}",
            team="t0" if draw.random() < 0.1 else "",
        )

    return replace(
        plain,
        stops=tuple(ruled(index, stop) for index, stop in enumerate(plain.stops)),
        teams=tuple(replace(team, profile=index % 2) for index, team in enumerate(plain.teams)),
        walk_s=np.stack([plain.walk_s, 1.3 * plain.walk_s]),
        walk_m=np.stack([plain.walk_m, plain.walk_m]),
        minimum={"d0": int(draw.integers(0, 3))},
        load_gap_max=float(draw.choice([0.15, 0.4, 1.0])),
    )


def reachable(problem: PatrolProblem, team: int) -> dict[frozenset[int], float]:
    """The score of every set of stops that a team can visit, by trying every order."""
    found: dict[frozenset[int], float] = {}
    for size in range(len(problem.stops) + 1):
        for order in itertools.permutations(range(len(problem.stops)), size):
            routes = [
                [(stop, False) for stop in order] if t == team else [] for t in range(len(problem.teams))
            ]
            route = time_plan(problem, routes).routes[team]
            if route.finish_s - route.start_s <= problem.teams[team].allowed_s:
                found[frozenset(order)] = route.score
    return found


def best_score(problem: PatrolProblem) -> float:
    """The best score of a one-team problem."""
    return max(reachable(problem, 0).values())


def score_of_two(problem: PatrolProblem) -> float:
    """The best score of a two-team problem, by trying every pair of sets."""
    one, other = (reachable(problem, team) for team in (0, 1))
    return max(a + b for x, a in one.items() for y, b in other.items() if not x & y)


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
    """A long search scores at least as much as a short one."""
    problem = random_problem(4, 50, 4, minutes=90)
    assert solve(problem, seed=1, iterations=30_000).score >= solve(problem, seed=1, iterations=100).score


def test_progress_and_stopping() -> None:
    """Progress grows to the whole, its score never falls, and asked to stop the search hands over a sound plan."""
    problem = random_problem(4, 40, 4, minutes=90)
    told: list[SolveProgress] = []
    full = solve(problem, seed=1, iterations=900, on_progress=told.append)
    done = [step.done for step in told]
    assert done == sorted(done)
    assert done[-1] == told[-1].total == 900
    assert all(check_plan(problem, step.plan()) == [] for step in told)
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


def test_the_faults_of_ruled_plans_are_seen() -> None:
    """Hours, second visits too early or without a first, closed stops, districts, required stops and unequal loads."""
    walk = np.array([[0.0, 60.0, 60.0], [60.0, 0.0, 60.0], [60.0, 60.0, 0.0]])
    stops = (Stop("a", 0, 9.0, 600.0, again_score=4.0, again_after_s=1200.0), Stop("b", 1, 5.0, 600.0))
    teams = (Team("1", 2, 2, 7200.0, (0.0, 7200.0)), Team("2", 2, 2, 7200.0, (0.0, 7200.0)))
    problem = PatrolProblem(stops, teams, walk, walk)
    plan = time_plan(problem, [[(0, False), (1, False), (0, True)], []])
    assert plan.routes[0].wait_s == 1200 - 600 - 120
    assert plan.score == 18
    assert check_plan(problem, plan) == []
    hasty = time_plan(
        problem,
        [[(0, False), (1, False), (0, True)], []],
        {(0, False): (0, 1e9), (1, False): (0, 1e9), (0, True): (0, 1e9)},
    )
    for wrong, faulty, said in [
        (problem, hasty, "again before 1200"),
        (problem, time_plan(problem, [[(0, True)], []]), "without having been visited"),
        (replace(problem, stops=(replace(stops[0], again_score=0.0), stops[1])), plan, "second time"),
        (replace(problem, stops=(stops[0], replace(stops[1], closes_s=700.0))), plan, "outside its window"),
        (replace(problem, stops=(stops[0], replace(stops[1], team="2"))), plan, "only"),
        (replace(problem, load_gap_max=0.2), plan, "differ"),
        (
            replace(problem, stops=(stops[0], replace(stops[1], district="x")), minimum={"x": 2}),
            plan,
            "gets 1 visits",
        ),
        (replace(problem, stops=(*stops, Stop("c", 1, 1.0, 1.0, required=True))), plan, "required"),
    ]:
        assert any(said in fault for fault in check_plan(wrong, faulty)), said


@settings(max_examples=40, deadline=None)
@example(1898, 5, 4)  # a second visit asked a team to come early and wait longer than it has
@given(st.integers(0, 10_000), st.integers(1, 25), st.integers(1, 5))
def test_every_ruled_plan_is_sound(seed: int, stops: int, teams: int) -> None:
    """Hours, second visits, minimums, caps, paces and stops of one team hold, or the refusal names what cannot."""
    problem = ruled_problem(seed, stops, teams)
    try:
        plan = solve(problem, seed=seed, iterations=150)
    except NoPlanError as error:
        assert error.code in ("too_little_time", "cut_off", "district_minimum", "load_gap")
        return
    assert check_plan(problem, plan) == []


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(4, 25), st.integers(2, 5), st.integers(1, 4))
def test_frozen_routes_stay_to_the_letter(seed: int, stops: int, teams: int, count: int) -> None:
    """Whatever else changes, a frozen team's stops and hours do not, and the whole plan is sound."""
    problem = replace(ruled_problem(seed, stops, teams), minimum={}, load_gap_max=1.0)
    try:
        before = solve(problem, seed=seed, iterations=40)
    except NoPlanError:
        return
    frozen = [team.id for team in problem.teams][:count]
    after = solve(problem, seed=seed + 1, iterations=150, begin=routes_of(problem, before), frozen=frozen)
    assert check_plan(problem, after) == []
    for one, other in zip(before.routes, after.routes, strict=True):
        if problem.teams[one.team].id in frozen:
            assert [v.stop for v in one.visits] == [v.stop for v in other.visits]
            assert other.start_s == pytest.approx(one.start_s)
            assert other.finish_s == pytest.approx(one.finish_s)


def test_a_frozen_route_that_cannot_be_walked_is_named() -> None:
    """A hand-made route that takes too long is refused with the team and the minutes."""
    problem = random_problem(5, 30, 2, minutes=30)
    everything = {"t1": [Call(stop.id) for stop in problem.stops]}
    with pytest.raises(NoPlanError, match=r"t1.* min too long"):
        solve(problem, seed=1, iterations=10, begin=everything, frozen=["t1"])


def test_rules_that_cannot_be_kept_are_named() -> None:
    """A stop out of reach that must be visited, a district with too few stops, loads that cannot be alike."""
    problem = random_problem(1, 6, 2, minutes=90)
    far = replace(problem.stops[0], required=True, opens_s=0.0, closes_s=problem.stops[0].dwell_s + 1)
    walk_s = np.where(np.eye(8) > 0, 0.0, problem.walk_s + 30)
    one = replace(problem, stops=(replace(problem.stops[0], dwell_s=600.0),), load_gap_max=0.05)
    for impossible, code in [
        (replace(problem, stops=(far, *problem.stops[1:]), walk_s=walk_s), "required_stop"),
        (
            replace(problem, stops=tuple(replace(s, district="x") for s in problem.stops), minimum={"x": 7}),
            "district_minimum",
        ),
        (one, "load_gap"),
    ]:
        with pytest.raises(NoPlanError) as caught:
            solve(impossible, seed=1, iterations=50)
        assert caught.value.code == code


def test_second_visits_are_made_where_there_is_time() -> None:
    """One stop worth a second visit, and an evening long enough: it is visited twice, the gap apart."""
    walk = np.array([[0.0, 60.0], [60.0, 0.0]])
    stop = Stop("a", 0, 9.0, 600.0, again_score=4.0, again_after_s=1800.0)
    problem = PatrolProblem((stop,), (Team("1", 1, 1, 7200.0, (0.0, 7200.0)),), walk, walk)
    plan = solve(problem, seed=1, iterations=50)
    assert [visit.again for visit in plan.routes[0].visits] == [False, True]
    assert plan.score == 13


def test_crossed_routes_are_uncrossed() -> None:
    """Four corners of a square are walked round, not across."""
    corners = np.array([[0, 0], [1000, 0], [1000, 1000], [0, 1000], [500, -200]])
    metres = np.hypot(*(corners[:, None] - corners[None, :]).transpose(2, 0, 1))
    team = Team("t", 4, 4, 1e6, (0.0, 1e6))
    problem = PatrolProblem(tuple(Stop(str(n), n, 1.0, 0.0) for n in range(4)), (team,), metres, metres)
    plan = solve(problem, seed=1, iterations=50)
    assert [visit.stop for visit in plan.routes[0].visits] in ([0, 3, 2, 1], [1, 2, 3, 0])


def test_the_search_offers_only_better_routes() -> None:
    """Routes offered from elsewhere are filled up and never lower the best."""
    problem = random_problem(12, 15, 2, minutes=90)
    search = Annealing(problem, seed=1)
    search.offer([[], []])
    filled = search.best_score
    assert filled > 0
    search.run(MoveBudget(100))
    best = search.best_score
    assert best >= filled
    search.offer([[0], []])
    assert search.best_score >= best


def test_large_problems_are_searched_in_parts() -> None:
    """Hundreds of teams: a sound plan, the same for the same seed, better with more iterations."""
    draw = np.random.default_rng(2)
    points = draw.uniform(0, 12_000, (600, 2))
    metres = np.hypot(*(points[:, None] - points[None, :]).transpose(2, 0, 1))
    problem = PatrolProblem(
        tuple(Stop(str(n), n, float(draw.integers(1, 50)), 720.0) for n in range(400)),
        tuple(Team(str(n), 400 + n, 400 + n, 3600.0, (0.0, 3600.0)) for n in range(200)),
        metres / 1.2,
        metres,
    )
    short, long = (solve(problem, seed=1, iterations=moves) for moves in (800, 8000))
    assert check_plan(problem, long) == []
    assert long.score >= short.score
    assert solve(problem, seed=1, iterations=800) == short


@pytest.mark.parametrize(
    ("name", "gap_max"), [("p5.3.z", 0.001), ("p6.3.n", 0.001), ("p4.4.r", 0.01), ("p7.4.t", 0.01)]
)
def test_published_instances(shared_data: Path, name: str, gap_max: float) -> None:
    """On published team-orienteering instances a short search comes near the best known score."""
    best_known = dict(
        line.split(",")[:2] for line in (shared_data / "top" / "best_known.csv").read_text().splitlines()[1:]
    )
    plan = solve(read_instance(shared_data / "top" / f"{name}.txt"), seed=1, iterations=30_000)
    assert plan.score >= (1 - gap_max) * float(best_known[name])
