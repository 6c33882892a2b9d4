"""What the route optimiser is asked and what it answers: stops, teams and plans in seconds and metres."""

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Stop:
    """A place worth visiting once: its row in the walking matrix, its score and how long to stand there."""

    id: str
    place: int
    score: float
    dwell_s: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.score) and self.score > 0):
            raise ValueError(f"stop {self.id!r}: score {self.score} must be finite and above 0")
        if not (math.isfinite(self.dwell_s) and self.dwell_s >= 0):
            raise ValueError(f"stop {self.id!r}: dwell_s {self.dwell_s} must be finite and not negative")


@dataclass(frozen=True, slots=True)
class Team:
    """A team: where it starts and ends (rows in the walking matrix), its time, and when it can be out.

    `budget_s` is the time from setting out to the end. `window_s` are the earliest start and the latest
    finish in seconds from the plan's zero; the team sets out at the earliest.
    """

    id: str
    start_place: int
    end_place: int
    budget_s: float
    window_s: tuple[float, float]

    def __post_init__(self) -> None:
        if not (math.isfinite(self.budget_s) and self.budget_s > 0):
            raise ValueError(f"team {self.id!r}: budget_s {self.budget_s} must be finite and above 0")
        if not self.window_s[0] < self.window_s[1]:
            raise ValueError(f"team {self.id!r}: window_s {self.window_s} must end after it starts")

    @property
    def allowed_s(self) -> float:
        """The time the team really has: its budget, or its window where that is shorter."""
        return min(self.budget_s, self.window_s[1] - self.window_s[0])


@dataclass(frozen=True, slots=True)
class PatrolProblem:
    """Which stops should which team visit, in which order, for the highest sum of scores?

    `walk_s` and `walk_m` are p x p matrices over the places, in seconds and metres (inf: no way);
    they need not be symmetric. ValueError names the parameter that is impossible.
    """

    stops: tuple[Stop, ...]
    teams: tuple[Team, ...]
    walk_s: NDArray[np.float64] = field(repr=False)
    walk_m: NDArray[np.float64] = field(repr=False)

    def __post_init__(self) -> None:
        count = len(self.walk_s)
        for name, matrix in (("walk_s", self.walk_s), ("walk_m", self.walk_m)):
            if matrix.shape != (count, count):
                raise ValueError(f"{name} has shape {matrix.shape}: it must be {count} x {count} like walk_s")
            if bool(np.isnan(matrix).any()) or bool((matrix < 0).any()):
                raise ValueError(f"{name} holds a negative number or NaN: walks must be 0, positive or inf")
            if bool(np.diagonal(matrix).any()):
                raise ValueError(f"{name} must be 0 from each place to itself")
        if not self.teams:
            raise ValueError("teams is empty: give at least one team")
        for stop in self.stops:
            _check_place(f"stop {stop.id!r}: place", stop.place, count)
        for team in self.teams:
            _check_place(f"team {team.id!r}: start_place", team.start_place, count)
            _check_place(f"team {team.id!r}: end_place", team.end_place, count)
        for name, ids in (("stops", [s.id for s in self.stops]), ("teams", [t.id for t in self.teams])):
            if len(set(ids)) < len(ids):
                raise ValueError(
                    f"{name} has the same id twice: {next(i for i in ids if ids.count(i) > 1)!r}"
                )


def _check_place(name: str, place: int, count: int) -> None:
    if not 0 <= place < count:
        raise ValueError(f"{name} {place} is not a row of the {count} x {count} walking matrix")


@dataclass(frozen=True, slots=True)
class Visit:
    """A stop (index into the problem's stops) with the seconds, from the plan's zero, of arriving and leaving."""

    stop: int
    arrive_s: float
    leave_s: float


@dataclass(frozen=True, slots=True)
class TeamRoute:
    """One team's (index into the problem's teams) visits in order, its times, its metres and its score."""

    team: int
    visits: tuple[Visit, ...]
    start_s: float
    finish_s: float
    walk_s: float
    dwell_s: float
    length_m: float
    score: float


@dataclass(frozen=True, slots=True)
class PatrolPlan:
    """One route a team, in the order of the teams, and the sum of their scores."""

    routes: tuple[TeamRoute, ...]
    score: float
