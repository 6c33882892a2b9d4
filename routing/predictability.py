"""How well somebody who watched past nights could guess the next one: two numbers about plans, night by night."""

import itertools
import math
from collections import Counter, defaultdict
from collections.abc import Sequence

from routing.routes import Routes

NIGHTS = 14
"""So many evenings somebody is thought to watch."""

type Leg = tuple[str, str]
"""From a stop (or the team's start, written as "start TEAM") to the next one."""


def legs_of(routes: Routes) -> frozenset[Leg]:
    """Every way from a stop, or from a team's start, to the stop after it."""
    legs: set[Leg] = set()
    for team, calls in routes.items():
        stops = [f"start {team}", *(call.stop for call in calls)]
        legs.update(itertools.pairwise(stops))
    return frozenset(legs)


def onward_of(routes: Routes) -> list[Leg]:
    """Where a team goes on to from each stop: the next stop, or "end" (which is no stop's id) after the last."""
    found: list[Leg] = []
    for calls in routes.values():
        stops = [call.stop for call in calls]
        found += itertools.pairwise([*stops, "end"] if stops else [])
    return found


def overlap(routes: Routes, before: Routes) -> float:
    """The share of these legs, 0 to 1, that were walked the night before too, in the same direction."""
    legs = legs_of(routes)
    return len(legs & legs_of(before)) / len(legs) if legs else 0.0


def mean_overlap(nights: Sequence[Routes]) -> float:
    """The mean overlap of each night with the one before; 0 for fewer than two nights."""
    pairs = list(zip(nights[1:], nights, strict=False))
    return sum(overlap(now, before) for now, before in pairs) / len(pairs) if pairs else 0.0


def next_stop_entropy_bits(nights: Sequence[Routes]) -> float:
    """How uncertain it is, in bits, where a team goes from a stop: the mean over all visits in these nights.

    0: always the same; 1.5: as uncertain as three places equally likely. What follows is the next stop or the end.
    """
    following: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for stop, after in (leg for routes in nights for leg in onward_of(routes)):
        following[stop][after] += 1
    visits = sum(counts.total() for counts in following.values())
    return (
        sum(counts.total() * _entropy_bits(counts) for counts in following.values()) / visits
        if visits
        else 0.0
    )


def _entropy_bits(counts: Counter[str]) -> float:
    total = counts.total()
    return -sum(count / total * math.log2(count / total) for count in counts.values())
