"""A patrol problem that cannot be meant is refused with the parameter and its value."""

import numpy as np
import pytest

from routing.problem import PatrolProblem, Stop, Team

WALK = np.array([[0.0, 60.0], [60.0, 0.0]])
STOP = Stop("a", 0, 1.0, 600.0)
TEAM = Team("1", 1, 1, 3600.0, (0.0, 7200.0))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"score": 0.0}, "score 0.0"),
        ({"score": float("nan")}, "score nan"),
        ({"dwell_s": -1.0}, "dwell_s -1.0"),
        ({"dwell_s": float("inf")}, "dwell_s inf"),
    ],
)
def test_impossible_stops(change: dict[str, float], said: str) -> None:
    """A stop must be worth something and dwell a finite time."""
    with pytest.raises(ValueError, match=said):
        Stop(**{"id": "a", "place": 0, "score": 1.0, "dwell_s": 600.0, **change})  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("budget_s", "window_s", "said"),
    [
        (0.0, (0.0, 1.0), "budget_s 0.0"),
        (float("inf"), (0.0, 1.0), "budget_s inf"),
        (60.0, (5.0, 5.0), "window_s"),
    ],
)
def test_impossible_teams(budget_s: float, window_s: tuple[float, float], said: str) -> None:
    """A team must have time, and a window that ends after it starts."""
    with pytest.raises(ValueError, match=said):
        Team("1", 0, 0, budget_s, window_s)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"walk_s": np.zeros((2, 3))}, "walk_s has shape"),
        ({"walk_m": np.zeros((3, 3))}, "walk_m has shape"),
        ({"walk_s": -WALK}, "walk_s holds a negative"),
        ({"walk_m": WALK * np.nan}, "walk_m holds"),
        ({"walk_s": WALK + 1}, "walk_s must be 0 from each place"),
        ({"teams": ()}, "teams is empty"),
        ({"stops": (Stop("a", 2, 1.0, 1.0),)}, "place 2 is not a row of the 2 x 2"),
        ({"teams": (Team("1", 0, 5, 1.0, (0.0, 1.0)),)}, "end_place 5"),
        ({"stops": (STOP, STOP)}, "same id twice: 'a'"),
        ({"teams": (TEAM, TEAM)}, "same id twice: '1'"),
    ],
)
def test_impossible_problems(change: dict[str, object], said: str) -> None:
    """Matrices, places and ids must fit together."""
    good: dict[str, object] = {"stops": (STOP,), "teams": (TEAM,), "walk_s": WALK, "walk_m": WALK}
    with pytest.raises(ValueError, match=said):
        PatrolProblem(**{**good, **change})  # pyright: ignore[reportArgumentType]


def test_a_team_has_its_budget_or_its_window() -> None:
    """The time allowed is the shorter of the two."""
    assert Team("1", 0, 0, 3600.0, (600.0, 1800.0)).allowed_s == 1200.0
    assert TEAM.allowed_s == 3600.0
