"""Teams sent out anew over places that are known already: other routes to choose from, or all open routes once more."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from routing.problem import PatrolPlan, PatrolProblem, Stop, Team
from routing.redo import RedoRoute, RedoStop, WalkedRoute, walk
from routing.solve import solve
from routing.streets import Position, StreetGraph, load_streets
from routing.tonight import Choices, as_alike_as_can_be, plan_tonight
from routing.words import NoPlanError

type CandidateKey = Literal["short", "medium", "long", "accessible"]

LENGTHS: tuple[tuple[CandidateKey, float], ...] = (("short", 0.5), ("medium", 0.75), ("long", 1.0))
"""Each length's share of the minutes that the team has."""
ACCESSIBLE = "wheelchair"
CANDIDATE_ITERATIONS = 4_000
REPLAN_ITERATIONS = 20_000
LEAST_SCORE = 0.1
"""An officer's own place is worth its lock; the search needs a number above 0."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A route that a team could walk instead: of which length, by which profile, and what it is worth (sum of scores)."""

    key: CandidateKey
    profile: str
    score: float
    route: WalkedRoute


def candidates(
    streets: Path | StreetGraph, team: RedoRoute, spots: Sequence[RedoStop], *, seed: int
) -> tuple[Candidate, ...]:
    """A short, a medium, a long and a step-free route for the team among its own stops and `spots`.

    Its locked stops are on each. One that no way or time is left for is not among them, nor one with the same stops
    as a shorter one. The same arguments give the same candidates.
    """
    graph = _graph(streets)
    wanted: list[tuple[CandidateKey, RedoRoute]] = [
        (key, replace(team, minutes=team.minutes * share)) for key, share in LENGTHS
    ]
    if team.profile != ACCESSIBLE:
        wanted.append(("accessible", replace(team, profile=ACCESSIBLE)))
    stops = _places([team], spots)
    found: list[Candidate] = []
    for key, asked in wanted:
        try:
            plan = solve(_problem(graph, [asked], stops), seed=seed, iterations=CANDIDATE_ITERATIONS)
            (route,) = _walked(graph, [asked], stops, plan)
        except NoPlanError:
            continue
        same = any(each.profile == asked.profile and each.route.stops == route.stops for each in found)
        if route.stops and not same:
            score = sum(stop.score for stop in route.stops)
            found.append(Candidate(key, asked.profile, round(score, 1), route))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Replanned:
    """The routes, and how hard they are to guess (None: they were not drawn)."""

    routes: tuple[WalkedRoute, ...]
    choices: Choices | None


def replan(
    streets: Path | StreetGraph,
    teams: Sequence[RedoRoute],
    spots: Sequence[RedoStop],
    *,
    seed: int,
    load_gaps: Sequence[float] = (1.0,),
    draws: int = 0,
    last_night: Sequence[Position] = (),
) -> Replanned:
    """New routes of these teams among their own stops and `spots`; locked stops stay with their teams.

    The first of `load_gaps` that leaves a plan is held; with `draws` they are drawn from a mixture, as
    `routing.tonight.plan_tonight` does. NoPlanError names what leaves no plan, such as locked stops that do not fit.
    """
    graph, stops = _graph(streets), _places(teams, spots)
    problem = _problem(graph, teams, stops)

    def planned(gap: float) -> tuple[PatrolPlan, Choices | None]:
        return plan_tonight(
            replace(problem, load_gap_max=gap),
            [(stop.lon, stop.lat) for stop in stops],
            seed=seed,
            iterations=REPLAN_ITERATIONS,
            draws=draws,
            last_night=last_night,
        )

    plan, choices = as_alike_as_can_be(load_gaps, planned)
    return Replanned(_walked(graph, teams, stops, plan), choices)


def _places(teams: Sequence[RedoRoute], spots: Sequence[RedoStop]) -> list[RedoStop]:
    """Each place once."""
    return list(
        {stop.id: stop for stop in (*spots, *(each for team in teams for each in team.stops))}.values()
    )


def _walked(
    graph: StreetGraph, teams: Sequence[RedoRoute], stops: Sequence[RedoStop], plan: PatrolPlan
) -> tuple[WalkedRoute, ...]:
    return tuple(
        walk(graph, replace(teams[route.team], stops=tuple(stops[visit.stop] for visit in route.visits)))
        for route in plan.routes
    )


def _problem(graph: StreetGraph, teams: Sequence[RedoRoute], stops: Sequence[RedoStop]) -> PatrolProblem:
    """Places are the stops, then each different start or end; walks take whole seconds, rounded up."""
    gates = list(dict.fromkeys(place for team in teams for place in (team.start, team.end)))
    row = {gate: len(stops) + index for index, gate in enumerate(gates)}
    places = [*((stop.lon, stop.lat) for stop in stops), *gates]
    lon, lat = [place[0] for place in places], [place[1] for place in places]
    profiles = list(dict.fromkeys(team.profile for team in teams))
    dark = any(team.dark for team in teams)
    walks = [graph.walks(lon, lat, profile, night=dark) for profile in profiles]
    held = {stop.id: str(team.number) for team in teams for stop in team.stops if stop.locked}
    return PatrolProblem(
        stops=tuple(
            Stop(
                stop.id,
                index,
                max(stop.score, LEAST_SCORE),
                float(stop.dwell_s),
                team=held.get(stop.id, ""),
                required=stop.id in held,
            )
            for index, stop in enumerate(stops)
        ),
        teams=tuple(
            Team(
                str(team.number),
                row[team.start],
                row[team.end],
                team.minutes * 60,
                (0.0, math.ceil(team.minutes * 60)),
                profiles.index(team.profile),
            )
            for team in teams
        ),
        walk_s=np.ceil(np.stack([each.seconds for each in walks])),
        walk_m=np.stack([each.metres for each in walks]),
    )


def _graph(streets: Path | StreetGraph) -> StreetGraph:
    return streets if isinstance(streets, StreetGraph) else load_streets(streets)
