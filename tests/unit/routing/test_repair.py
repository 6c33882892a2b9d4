"""A plan is mended after any change: what is frozen stays, what is gone is gone, the rest changes little, and it is sound."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.check import check_plan
from routing.problem import PatrolPlan, PatrolProblem, Stop, Team
from routing.repair import repair
from routing.routes import Call, routes_of
from routing.solve import solve
from routing.words import NoPlanError


def district(seed: int, stops: int, teams: int) -> PatrolProblem:
    """Stops and starts in 3 km, 90 min a team, some hours and second visits."""
    draw = np.random.default_rng(seed)
    places = draw.uniform(0, 3000, (stops + teams, 2))
    metres = np.hypot(*(places[:, None] - places[None, :]).transpose(2, 0, 1))
    hours = [(0.0, 4000.0) if draw.random() < 0.2 else (-np.inf, np.inf) for _ in range(stops)]
    return PatrolProblem(
        tuple(
            Stop(
                f"s{n}", n, float(draw.integers(1, 100)), 600.0, *hours[n],
                again_score=0.5 if draw.random() < 0.1 else 0.0, again_after_s=1200.0,
            )
            for n in range(stops)
        ),
        tuple(Team(f"t{n}", stops + n, stops + n, 5400.0, (0.0, 7200.0)) for n in range(teams)),
        np.ceil(metres / 1.2),
        metres,
    )  # fmt: skip


def visits(problem: PatrolProblem, plan: PatrolPlan) -> dict[str, list[Call]]:
    """By team."""
    return routes_of(problem, plan)


def test_nothing_changed_changes_nothing() -> None:
    """A plan mended without need is the same plan."""
    problem = district(1, 40, 5)
    plan = solve(problem, seed=1, iterations=1000)
    assert repair(problem, routes_of(problem, plan)) == plan


def test_a_team_drops_out() -> None:
    """Its best stops go to others near; teams far away keep their routes, frozen ones theirs in any case."""
    problem = district(2, 60, 8)
    routes = routes_of(problem, solve(problem, seed=1, iterations=2000))
    without = replace(problem, teams=problem.teams[1:])
    after = repair(without, routes, frozen=["t1", "t2"])
    now = visits(without, after)
    assert check_plan(without, after) == []
    assert now["t1"] == routes["t1"]
    assert now["t2"] == routes["t2"]
    assert sum(now.get(team) == route for team, route in routes.items()) >= 3
    taken_over = {call.stop for call in routes["t0"]} & {
        call.stop for route in now.values() for call in route
    }
    assert taken_over


def test_an_urgent_stop_comes_in() -> None:
    """A required stop, added with a place of its own, is visited, and few routes change."""
    problem = district(3, 60, 8)
    routes = routes_of(problem, solve(problem, seed=1, iterations=2000))
    places = len(problem.walk_s)
    grown, place = problem.with_place(*[np.full(places, 300.0)] * 4)
    assert place == places
    urgent = replace(grown, stops=(*grown.stops, Stop("urgent", place, 1.0, 600.0, required=True)))
    after = repair(urgent, routes)
    assert check_plan(urgent, after) == []
    now = visits(urgent, after)
    assert any(Call("urgent") in route for route in now.values())
    assert sum(now.get(team) == route for team, route in routes.items()) >= 4


def test_a_stop_is_left_out_and_another_locked() -> None:
    """What the officer removed does not come back, and what was locked to a team is in its route."""
    problem = district(4, 40, 5)
    routes = routes_of(problem, solve(problem, seed=1, iterations=2000))
    gone = routes["t0"][0].stop
    moved = routes["t1"][0].stop
    changed = replace(
        problem,
        stops=tuple(
            replace(stop, team="t2", required=True) if stop.id == moved else stop
            for stop in problem.stops
            if stop.id != gone
        ),
    )
    now = visits(changed, repair(changed, routes))
    assert moved in [call.stop for call in now["t2"]]
    assert gone not in [call.stop for route in now.values() for call in route]


def test_a_hand_made_route_stays_or_is_refused() -> None:
    """Dragged stops keep their order in a frozen route; too many are refused with the minutes that are too many."""
    problem = district(5, 40, 4)
    routes = routes_of(problem, solve(problem, seed=1, iterations=2000))
    turned = routes | {"t0": routes["t0"][::-1]}
    try:
        assert visits(problem, repair(problem, turned, frozen=["t0"]))["t0"] == turned["t0"]
    except NoPlanError as error:
        assert error.code == "frozen_route"
    everything = routes | {"t0": [Call(stop.id) for stop in problem.stops]}
    with pytest.raises(NoPlanError, match="min too long"):
        repair(problem, everything, frozen=["t0"])


def test_what_cannot_be_required_is_named() -> None:
    """A required stop that only a frozen team might reach in time leaves no plan, and is named."""
    problem = district(6, 30, 2)
    routes = routes_of(problem, solve(problem, seed=1, iterations=1000))
    absent = next(
        stop for stop in problem.stops if not any(Call(stop.id) in route for route in routes.values())
    )
    wanted = replace(
        problem, stops=tuple(replace(s, required=True) if s.id == absent.id else s for s in problem.stops)
    )
    with pytest.raises(NoPlanError, match=absent.id):
        repair(wanted, routes, frozen=["t0", "t1"])


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(3, 40), st.integers(2, 6), st.data())
def test_any_change_leaves_a_sound_plan(seed: int, stops: int, teams: int, data: st.DataObject) -> None:
    """Teams dropped, stops removed, minutes cut, one route frozen: sound, or refused by name."""
    problem = district(seed, stops, teams)
    try:
        routes = routes_of(problem, solve(problem, seed=1, iterations=100))
    except NoPlanError:
        return
    gone = set(data.draw(st.lists(st.sampled_from([stop.id for stop in problem.stops]), max_size=3)))
    minutes = data.draw(st.sampled_from([60, 90]))
    frozen = data.draw(st.sampled_from(["", *list(routes)]))
    dropped = data.draw(st.sampled_from([team.id for team in problem.teams if team.id != frozen]))
    changed = replace(
        problem,
        stops=tuple(stop for stop in problem.stops if stop.id not in gone),
        teams=tuple(
            team if team.id == frozen else replace(team, budget_s=60.0 * minutes)
            for team in problem.teams
            if team.id != dropped
        ),
    )
    try:
        after = repair(changed, routes, frozen=[frozen] if frozen else [], seed=seed)
    except NoPlanError as error:
        assert error.code in ("no_stops", "too_little_time")
        return
    assert check_plan(changed, after) == []
    if frozen:
        stayed = [call.stop for call in routes[frozen] if call.stop not in gone]
        assert [call.stop for call in visits(changed, after).get(frozen, [])] == stayed
