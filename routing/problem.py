"""What the route optimiser is asked and what it answers: stops, teams and plans in seconds and metres."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

type Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Stop:
    """A place worth visiting: its row in the walking matrix, its score and how long to stand there.

    The whole dwell lies between `opens_s` and `closes_s`, seconds from the plan's zero. `again_score`, if above
    0, is what a second visit is worth that begins at least `again_after_s` after the first has ended. `team` is the
    id of the only team that may come, "" for any. A plan without a `required` stop is no plan.
    """

    id: str
    place: int
    score: float
    dwell_s: float
    opens_s: float = -math.inf
    closes_s: float = math.inf
    again_score: float = 0.0
    again_after_s: float = 0.0
    district: str = ""
    team: str = ""
    required: bool = False

    def __post_init__(self) -> None:
        name = f"stop {self.id!r}"
        if not (math.isfinite(self.score) and self.score > 0):
            raise ValueError(f"{name}: score {self.score} must be finite and above 0")
        if not (math.isfinite(self.dwell_s) and self.dwell_s >= 0):
            raise ValueError(f"{name}: dwell_s {self.dwell_s} must be finite and not negative")
        if not self.opens_s + self.dwell_s <= self.closes_s:
            raise ValueError(
                f"{name}: opens_s {self.opens_s} to closes_s {self.closes_s} must hold the dwell of {self.dwell_s} s"
            )
        if not 0 <= self.again_score <= self.score:
            raise ValueError(
                f"{name}: again_score {self.again_score} must be from 0 to the score, {self.score}"
            )
        if not (math.isfinite(self.again_after_s) and self.again_after_s >= 0):
            raise ValueError(f"{name}: again_after_s {self.again_after_s} must be finite and not negative")

    @property
    def has_window(self) -> bool:
        """Whether there is a time too early or too late for this stop."""
        return self.opens_s > -math.inf or self.closes_s < math.inf


@dataclass(frozen=True, slots=True)
class Team:
    """A team: where it starts and ends (rows in the walking matrix), its time, and when it can be out.

    `budget_s` is the time from setting out to the end. `window_s` are the earliest start and the latest
    finish in seconds from the plan's zero. `profile` is the matrix by which it walks, where the problem has several:
    its pace, its wheels, its fear of stairs.
    """

    id: str
    start_place: int
    end_place: int
    budget_s: float
    window_s: tuple[float, float]
    profile: int = 0

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

    `walk_s` and `walk_m` are p x p matrices over the places, in seconds and metres (inf: no way), or profiles x p
    x p where teams walk differently; they need not be symmetric. `minimum` is how many visits a district must get
    at least. `load_gap_max` is the greatest difference allowed between the shares of their time that any two teams
    are out (1: any). ValueError names the parameter that is impossible.
    """

    stops: tuple[Stop, ...]
    teams: tuple[Team, ...]
    walk_s: Floats = field(repr=False)
    walk_m: Floats = field(repr=False)
    minimum: Mapping[str, int] = field(default_factory=dict[str, int])
    load_gap_max: float = 1.0

    def __post_init__(self) -> None:
        profiles, count = self._check_matrices()
        if not self.teams:
            raise ValueError("teams is empty: give at least one team")
        for stop in self.stops:
            _check_place(f"stop {stop.id!r}: place", stop.place, count)
        for team in self.teams:
            _check_place(f"team {team.id!r}: start_place", team.start_place, count)
            _check_place(f"team {team.id!r}: end_place", team.end_place, count)
            if not 0 <= team.profile < profiles:
                raise ValueError(
                    f"team {team.id!r}: profile {team.profile} is none of the {profiles} matrices"
                )
        team_ids = _distinct("teams", [team.id for team in self.teams])
        _distinct("stops", [stop.id for stop in self.stops])
        for stop in self.stops:
            if stop.team and stop.team not in team_ids:
                raise ValueError(f"stop {stop.id!r}: team {stop.team!r} is none of the teams")
        self._check_rules()

    def seconds(self, team: int) -> Floats:
        """The p x p seconds by which a team (index) walks."""
        return self.walk_s if self.walk_s.ndim == 2 else self.walk_s[self.teams[team].profile]

    def metres(self, team: int) -> Floats:
        """The p x p metres that a team (index) walks."""
        return self.walk_m if self.walk_m.ndim == 2 else self.walk_m[self.teams[team].profile]

    @property
    def is_timed(self) -> bool:
        """Whether time windows or second visits make the hour matter."""
        return any(stop.has_window or stop.again_score for stop in self.stops)

    def with_place(
        self, to_s: Floats, from_s: Floats, to_m: Floats, from_m: Floats
    ) -> tuple["PatrolProblem", int]:
        """The problem with one more place, and its row: walks to and from it by the p places there are.

        The arrays are p, or profiles x p where teams walk differently.
        """
        grown: list[Floats] = []
        for matrix, to, back in ((self.walk_s, to_s, from_s), (self.walk_m, to_m, from_m)):
            wide = np.concatenate([matrix, to[..., None]], axis=-1)
            row = np.concatenate([back, np.zeros((*back.shape[:-1], 1))], axis=-1)
            grown.append(np.concatenate([wide, row[..., None, :]], axis=-2))
        return replace(self, walk_s=grown[0], walk_m=grown[1]), self.walk_s.shape[-1]

    def _check_matrices(self) -> tuple[int, int]:
        shape = self.walk_s.shape
        if not (len(shape) in (2, 3) and shape[-1] == shape[-2]):
            raise ValueError(f"walk_s has shape {shape}: it must be p x p, or profiles x p x p")
        for name, matrix in (("walk_s", self.walk_s), ("walk_m", self.walk_m)):
            if matrix.shape != shape:
                raise ValueError(f"{name} has shape {matrix.shape}: it must be {shape} like walk_s")
            if bool(np.isnan(matrix).any()) or bool((matrix < 0).any()):
                raise ValueError(f"{name} holds a negative number or NaN: walks must be 0, positive or inf")
            if bool(np.diagonal(matrix, axis1=-2, axis2=-1).any()):
                raise ValueError(f"{name} must be 0 from each place to itself")
        return (1 if len(shape) == 2 else shape[0]), shape[-1]

    def _check_rules(self) -> None:
        districts = {stop.district for stop in self.stops} - {""}
        for district, visits in self.minimum.items():
            if district not in districts:
                raise ValueError(f"minimum: district {district!r} has no stop")
            if visits < 0:
                raise ValueError(f"minimum: {visits} visits for district {district!r} must not be negative")
        if not 0 <= self.load_gap_max <= 1:
            raise ValueError(f"load_gap_max {self.load_gap_max} must be from 0 to 1")


def _check_place(name: str, place: int, count: int) -> None:
    if not 0 <= place < count:
        raise ValueError(f"{name} {place} is not a row of the {count} x {count} walking matrix")


def _distinct(name: str, ids: Iterable[str]) -> set[str]:
    seen: set[str] = set()
    for each in ids:
        if each in seen:
            raise ValueError(f"{name} has the same id twice: {each!r}")
        seen.add(each)
    return seen


@dataclass(frozen=True, slots=True)
class Visit:
    """A stop (index into the problem's stops) with the seconds, from the plan's zero, of arriving and leaving.

    What lies between them beyond the dwell is waiting. `again` marks the second visit to the stop.
    """

    stop: int
    arrive_s: float
    leave_s: float
    again: bool = False


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
    wait_s: float = 0.0


@dataclass(frozen=True, slots=True)
class PatrolPlan:
    """One route a team, in the order of the teams, and the sum of their scores."""

    routes: tuple[TeamRoute, ...]
    score: float
