"""Evenings are drawn from a mixture: each plan nearly best and sound, each stop as often as meant, hard to guess."""

from dataclasses import replace

import numpy as np
import pytest

from routing.check import check_plan
from routing.deck import Deck
from routing.predictability import mean_overlap, next_stop_entropy_bits, overlap
from routing.problem import PatrolProblem, Stop, Team
from routing.routes import Call, Routes, routes_of
from routing.vary import Mixture, draw, mix, vary

NIGHTS = 14


def town(*, teams: int = 3, again_score: float = 0.0) -> PatrolProblem:
    """Twenty-six stops of like scores in 2 km, teams of 100 min from two doors."""
    draw = np.random.default_rng(8)
    places = draw.uniform(0, 2000, (28, 2))
    metres = np.hypot(*(places[:, None] - places[None, :]).transpose(2, 0, 1))
    return PatrolProblem(
        tuple(
            Stop(
                f"s{n}", n, float(draw.integers(40, 60)), 600.0, again_score=again_score, district=f"d{n % 2}"
            )
            for n in range(26)
        ),
        tuple(Team(f"t{n}", 26 + n % 2, 26 + n % 2, 6000.0, (0.0, 7200.0)) for n in range(teams)),
        np.ceil(metres / 1.2),
        metres,
        minimum={"d1": 3},
    )


@pytest.fixture(scope="module")
def mixture() -> Mixture:
    return mix(town(), seed=1, iterations=4000)


def test_every_plan_is_sound_and_nearly_best(mixture: Mixture) -> None:
    """Whatever is drawn keeps the rules and at least 98 % of the best score."""
    problem = town()
    assert sum(mixture.weights) == pytest.approx(1)
    assert mixture.score_share >= 0.98
    for night in range(NIGHTS):
        drawn = draw(problem, mixture, seed=night)
        assert check_plan(problem, drawn.plan) == []
        assert drawn.plan.score >= 0.98 * mixture.best_score


def test_each_stop_is_visited_as_often_as_meant(mixture: Mixture) -> None:
    """Night after night, each drawn from what was walked lately, a stop's share is within two points of the intended."""
    shares = dict.fromkeys(mixture.intended, 0.0)
    for routes, weight in zip(mixture.plans, mixture.weights, strict=True):
        for call in (call for calls in routes.values() for call in calls):
            shares[call.stop] += weight
    assert shares == pytest.approx(mixture.intended)
    assert mixture.deviation <= 0.02
    nights = deck_nights(mixture, 3000)
    for stop, meant in mixture.intended.items():
        met = sum(any(call.stop == stop for calls in routes.values() for call in calls) for routes in nights)
        assert met / len(nights) == pytest.approx(meant, abs=0.02)


def deck_nights(mixture: Mixture, count: int) -> list[Routes]:
    """A long run of evenings as `draw` draws them, without their times."""
    deck, dice = Deck(mixture.plans, mixture.weights), np.random.default_rng(3)
    nights: list[Routes] = []
    for _ in range(count):
        chances = deck.chances(deck.taken(nights), len(nights[-13:]))
        nights.append(mixture.plans[int(dice.choice(len(chances), p=chances))])
    return nights


def test_nobody_who_knows_the_mixture_can_be_sure(mixture: Mixture) -> None:
    """Whatever was walked, no plan's chance is more than twice its weight, and all chances make one."""
    deck = Deck(mixture.plans, mixture.weights)
    for nights in ([], list(mixture.plans[:13]), [mixture.plans[0]] * 13):
        chances = deck.chances(deck.taken(nights), len(nights))
        assert chances.sum() == pytest.approx(1) and (chances >= 0).all()
        assert (chances <= 2 * np.array(mixture.weights) + 1e-9).all()
    assert chances[0] < 0.2 * mixture.weights[0], "what was walked every night is due last"


def test_nights_are_hard_to_guess(mixture: Mixture) -> None:
    """Over two weeks the next stop is uncertain, and a night repeats little of the one before."""
    problem, nights = town(), list[Routes]()
    for night in range(NIGHTS):
        nights.append(routes_of(problem, draw(problem, mixture, seed=night, history=nights).plan))
    assert next_stop_entropy_bits(nights) >= 1.5
    assert mean_overlap(nights) <= 0.6
    drawn = draw(problem, mixture, seed=99, history=nights)
    assert drawn.overlap == pytest.approx(overlap(routes_of(problem, drawn.plan), nights[-1]))


def small_evening() -> PatrolProblem:
    """Two teams of two stops each, six stops in all, of which four are worth far more than the others."""
    metres = 100.0 * np.abs(np.arange(7)[:, None] - np.arange(7)[None, :])
    return PatrolProblem(
        tuple(Stop(f"s{n}", n, 100.0 if n < 4 else 1.0, 600.0) for n in range(6)),
        tuple(Team(f"t{n}", 6, 6, 2400.0, (0.0, 7200.0)) for n in range(2)),
        np.ceil(metres / 1.2),
        metres,
    )


def test_a_small_evening_comes_near_what_it_allows() -> None:
    """Four stops in pairs, either way round: half the time a team goes home next, else to one of three others. No mixture
    can be harder to guess than that, the mixture knows it, and two weeks of draws come near it."""
    problem = small_evening()
    mixture = mix(problem, seed=1, iterations=400)
    assert mixture.ceiling_bits == pytest.approx(1 + 0.5 * np.log2(3), abs=0.05)
    assert mixture.entropy_bits >= mixture.ceiling_bits - 0.2
    nights: list[Routes] = []
    for night in range(NIGHTS):
        nights.append(routes_of(problem, draw(problem, mixture, seed=night, history=nights).plan))
    assert next_stop_entropy_bits(nights) >= mixture.ceiling_bits - 0.25


def test_the_same_seed_draws_the_same(mixture: Mixture) -> None:
    """Mixture and draw are decided by their seeds."""
    problem = town()
    assert mix(problem, seed=1, iterations=4000) == mixture
    assert draw(problem, mixture, seed=5) == draw(problem, mixture, seed=5)
    assert len({str(draw(problem, mixture, seed=seed).plan) for seed in range(12)}) > 3


def test_a_mixture_belongs_to_its_problem(mixture: Mixture) -> None:
    """A plan that the problem no longer allows is not handed out."""
    shorter = replace(town(), teams=tuple(replace(team, budget_s=2400.0) for team in town().teams))
    with pytest.raises(ValueError, match="another problem"):
        draw(shorter, mixture, seed=1)


def test_second_visits_are_made_after_the_draw() -> None:
    """Where a stop may be visited twice, evenings vary as much, and time that is left goes to second visits."""
    few = town(again_score=1.0)
    problem = replace(few, stops=few.stops[:6])
    drawn = vary(problem, seed=1, iterations=300)
    assert check_plan(problem, drawn.plan) == []
    assert any(visit.again for route in drawn.plan.routes for visit in route.visits)


@pytest.mark.parametrize("opens_s", [0.0, 60.0])
def test_teams_that_must_be_out_alike_vary_too(opens_s: float) -> None:
    """With a cap on the difference between teams, and with stops' hours besides, every plan of the mixture keeps them."""
    plain = town(teams=2)
    problem = replace(
        plain, stops=tuple(replace(stop, opens_s=opens_s) for stop in plain.stops), load_gap_max=0.1
    )
    mixture = mix(problem, seed=1, iterations=1500)
    assert len(mixture.plans) > 3 and mixture.entropy_bits > 0.8
    for night in range(4):
        assert check_plan(problem, draw(problem, mixture, seed=night).plan) == []


def test_the_two_numbers() -> None:
    """Entropy counts where teams go from a stop; overlap the share of legs walked the night before."""
    one: Routes = {"t": [Call("a"), Call("b"), Call("c")]}
    other: Routes = {"t": [Call("a"), Call("c"), Call("b")]}
    assert next_stop_entropy_bits([one, one]) == 0
    assert next_stop_entropy_bits([one, other]) == pytest.approx(1)
    assert overlap(one, one) == 1
    assert overlap(one, other) == pytest.approx(1 / 3)
    assert mean_overlap([one]) == 0
    assert mean_overlap([one, one, other]) == pytest.approx((1 + 1 / 3) / 2)
