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
from routing.streets import StreetGraph, load_streets
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
    found: list[Candidate] = []
    for key, asked in wanted:
        try:
            (route,) = _planned(graph, [asked], spots, seed, CANDIDATE_ITERATIONS)
        except NoPlanError:
            continue
        same = any(each.profile == asked.profile and each.route.stops == route.stops for each in found)
        if route.stops and not same:
            score = sum(stop.score for stop in route.stops)
            found.append(Candidate(key, asked.profile, round(score, 1), route))
    return tuple(found)


def replan(
    streets: Path | StreetGraph, teams: Sequence[RedoRoute], spots: Sequence[RedoStop], *, seed: int
) -> tuple[WalkedRoute, ...]:
    """The best routes of these teams among their own stops and `spots`; locked stops stay with their teams.

    NoPlanError names what leaves no plan, such as locked stops that do not fit.
    """
    return _planned(_graph(streets), teams, spots, seed, REPLAN_ITERATIONS)


def _planned(
    graph: StreetGraph, teams: Sequence[RedoRoute], spots: Sequence[RedoStop], seed: int, iterations: int
) -> tuple[WalkedRoute, ...]:
    stops = list(
        {stop.id: stop for stop in (*spots, *(each for team in teams for each in team.stops))}.values()
    )
    problem = _problem(graph, teams, stops)
    plan: PatrolPlan = solve(problem, seed=seed, iterations=iterations)
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
    everything = sum(stop.score for stop in stops)  # a locked stop outweighs all others together
    return PatrolProblem(
        stops=tuple(
            Stop(
                stop.id,
                index,
                max(stop.score, LEAST_SCORE) + (everything if stop.id in held else 0.0),
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
