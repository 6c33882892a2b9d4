"""The master must choose the routes that are worth most together, within the rules, or say that there are none."""

import pytest

from routing.master import Column, Effort, Rules, choose

SCORES = [5.0, 7.0, 3.0, 4.0]


def worth(columns: list[Column], chosen: list[int] | None) -> float:
    """The score of the stops in the chosen columns, each once."""
    assert chosen is not None
    return sum(SCORES[stop] for stop in {stop for index in chosen for stop in columns[index].stops})


def test_halves_found_in_two_plans_are_put_together() -> None:
    """Two teams: the pair of routes worth most, a shared stop counted once; nothing better gives None."""
    columns = [Column(0, (0, 1)), Column(0, (1, 2)), Column(0, (3, 2)), Column(0, (1,))]
    chosen = choose(columns, SCORES, {0: 2}, above=0.0, seed=1)
    assert worth(columns, chosen) == pytest.approx(19)
    assert choose(columns, SCORES, {0: 2}, above=19.0, seed=1) is None


def test_each_kind_of_team_walks_its_own_routes() -> None:
    """A kind's routes are chosen at most as often as there are teams of it."""
    columns = [Column(0, (0,)), Column(0, (1,)), Column(1, (2,)), Column(1, (3,))]
    chosen = choose(columns, SCORES, {0: 1, 1: 1}, above=0.0, seed=1)
    assert chosen == [1, 3]


def test_rules_bind_the_choice() -> None:
    """A district's minimum and the cap on loads outweigh the score."""
    columns = [Column(0, (0, 1), 0.9), Column(0, (3,), 0.3), Column(0, (2,), 0.85)]
    served = Rules(district=[-1, -1, 0, -1], minimum=[1])
    assert set(choose(columns, SCORES, {0: 2}, above=0.0, seed=1, rules=served) or ()) == {0, 2}
    alike = Rules(district=[-1] * 4, load_gap_max=0.1)
    assert set(choose(columns, SCORES, {0: 2}, above=0.0, seed=1, rules=alike) or ()) == {0, 2}


def test_no_time_is_no_choice() -> None:
    """When the time granted is over, nothing is chosen and nothing fails."""
    columns = [Column(0, (0, 1)), Column(0, (2, 3)), Column(0, (1, 2))]
    assert choose(columns, SCORES, {0: 1}, above=0.0, seed=1, effort=Effort(seconds=0.0)) is None
