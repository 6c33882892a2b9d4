"""Fills routes again: absent stops compete for the room there is, by one of several rules."""

import math

from routing.kernel.chance import factor
from routing.kernel.compiled import compiled
from routing.kernel.edit import insert, touch
from routing.kernel.pairs import hold_first, open_second, open_seconds, part_pair
from routing.kernel.state import (
    ABSENT,
    ALLOWED_S,
    CANDIDATE,
    DISTRICT,
    DISTRICTS,
    FIRST,
    FRESH,
    LISTED,
    MINIMUM,
    MISSING_PRICE,
    NEVER_S,
    NOW,
    PAIRED,
    REMOTE_S,
    SCORE,
    SERVED,
    SIDED,
    STAMP,
    TEAM,
    TEAM_OF,
    TOUCHED,
    USED_S,
    WHERE,
    WITHIN_S,
    WORTH,
    Network,
    Routes,
)

# Rules: score for the detour; then, whatever the detour: at random, score, score for remoteness, nearness to a stop.
BY_DETOUR, AT_RANDOM, BY_SCORE, BY_REMOTENESS, BY_NEARNESS = range(5)
# Added to a detour, in shares of a team's time, so that no detour at all does not make a stop priceless.
DETOUR_LEAST = 1e-4


@compiled
def fill(net: Network, held: Routes, rule: int, power: int, row: int, offset: int, seed: int) -> None:
    """Insert absent stops, the worthiest first, each where it costs least, until none fits.

    `power` quarters is the exponent of the detour under BY_DETOUR; `row` and `offset` choose the noise. Stops
    that were absent before this move fit into touched routes only, since all others were filled before.
    """
    if net.mark[SIDED, 0]:
        count_served(net, held)
    again = True
    while again:
        if net.mark[PAIRED, 0]:
            open_seconds(net, held)
        inserted = _fill_once(net, held, rule, power, row, offset, seed)
        again = inserted > 0 and net.mark[PAIRED, 0] != 0


@compiled
def _fill_once(net: Network, held: Routes, rule: int, power: int, row: int, offset: int, seed: int) -> int:
    """One pass over the stops that are absent now; how many came in."""
    candidates, worth = held.mark[CANDIDATE], held.amount[WORTH]
    count = inserted = 0
    for index in range(held.mark[ABSENT, 0]):
        stop = held.mark[LISTED, index]
        if _consider(net, held, stop, rule, power, row, offset, seed):
            candidates[count] = stop
            count += 1
    while count > 0:
        best = 0
        for index in range(1, count):
            if worth[candidates[index]] > worth[candidates[best]]:
                best = index
        stop = candidates[best]
        count -= 1
        candidates[best] = candidates[count]
        _bring_in(net, held, stop)
        inserted += 1
        count = _reconsider(net, held, held.mark[WHERE, stop], count, rule, power, row, offset, seed)
    return inserted


@compiled
def _bring_in(net: Network, held: Routes, stop: int) -> None:
    """Insert a candidate into its cheapest team's route."""
    team = held.mark[TEAM_OF, stop]
    touch(net, held, team)
    if net.mark[FIRST, stop] >= 0:
        hold_first(net, held, stop)
    insert(net, held, team, stop)
    if net.mark[SIDED, 0] and net.mark[DISTRICT, stop] >= 0:
        held.mark[SERVED, net.mark[DISTRICT, stop]] += 1
    if net.mark[FIRST, stop] >= 0:
        part_pair(net, held, stop)


@compiled
def count_served(net: Network, held: Routes) -> None:
    """Count the visits of each district that has a minimum."""
    for district in range(net.mark[DISTRICTS, 0]):
        held.mark[SERVED, district] = 0
    for stop in range(net.near.shape[0]):
        district = net.mark[DISTRICT, stop]
        if district >= 0 and held.mark[WHERE, stop] >= 0:
            held.mark[SERVED, district] += 1


@compiled
def _consider(
    net: Network, held: Routes, stop: int, rule: int, power: int, row: int, offset: int, seed: int
) -> bool:
    """Set the stop's cheapest team and its worth; False when it fits nowhere."""
    costs = held.cost_s
    least, team = NEVER_S, -1
    if held.mark[FRESH, stop] == held.mark[STAMP, 0]:
        for other in range(net.may.shape[0]):
            if costs[NOW, other, stop] < least and _fits(net, held, other, stop):
                least, team = costs[NOW, other, stop], other
    else:
        for index in range(held.mark[TOUCHED, 0]):
            other = held.mark[TEAM, index]
            if costs[NOW, other, stop] < least and _fits(net, held, other, stop):
                least, team = costs[NOW, other, stop], other
    held.mark[TEAM_OF, stop] = team
    if team < 0:
        return False
    held.amount[WORTH, stop] = _worth(net, held, stop, least, rule, power, row, offset, seed)
    return True


@compiled
def _fits(net: Network, held: Routes, team: int, stop: int) -> bool:
    """Whether the team has the time to visit the stop at its cheapest place, and may."""
    first = net.mark[FIRST, stop]
    return (
        held.cost_s[NOW, team, stop] <= net.amount[ALLOWED_S, team] - held.amount[USED_S, team] + WITHIN_S
        and net.may[team, stop] != 0
        and (first < 0 or held.mark[WHERE, first] >= 0)
    )


@compiled
def _worth(
    net: Network,
    held: Routes,
    stop: int,
    cost_s: float,
    rule: int,
    power: int,
    row: int,
    offset: int,
    seed: int,
) -> float:
    """How much the rule wants the stop in."""
    blur = factor(net, row, offset, stop)
    if rule == AT_RANDOM:
        return blur
    if rule == BY_NEARNESS:
        return blur / (net.walk[0, seed, stop] + WITHIN_S)
    score = net.amount[SCORE, stop]
    district = net.mark[DISTRICT, stop]
    if district >= 0 and held.mark[SERVED, district] < net.mark[MINIMUM, district]:
        score += net.amount[MISSING_PRICE, 0]
    score *= blur
    if rule == BY_SCORE:
        return score
    if rule == BY_REMOTENESS:
        return score / (net.amount[REMOTE_S, stop] + WITHIN_S)
    return score / _raised(max(cost_s, 0.0) + DETOUR_LEAST * net.amount[ALLOWED_S, 0], power)


@compiled
def _raised(cost: float, quarters: int) -> float:
    """The cost to the power of so many quarters (1 to 6)."""
    if quarters == 4:
        return cost
    root = math.sqrt(cost)
    if quarters == 2:
        return root
    if quarters == 6:
        return root * cost
    fourth = math.sqrt(root)
    if quarters == 1:
        return fourth
    if quarters == 3:
        return fourth * root
    return fourth * cost


@compiled
def _reconsider(
    net: Network,
    held: Routes,
    changed: int,
    count: int,
    rule: int,
    power: int,
    row: int,
    offset: int,
    seed: int,
) -> int:
    """After an insertion into a route: update the candidates, drop those that fit nowhere; how many remain."""
    candidates, costs = held.mark[CANDIDATE], held.cost_s[NOW]
    index = 0
    while index < count:
        stop = candidates[index]
        team = held.mark[TEAM_OF, stop]
        first = net.mark[FIRST, stop]
        follows = first >= 0 and held.mark[WHERE, first] == changed
        if follows:
            open_second(net, held, stop)
        if follows or team == changed:
            if not _consider(net, held, stop, rule, power, row, offset, seed):
                count -= 1
                candidates[index] = candidates[count]
                continue
        elif costs[changed, stop] < costs[team, stop] and _fits(net, held, changed, stop):
            held.mark[TEAM_OF, stop] = changed
            held.amount[WORTH, stop] = _worth(
                net, held, stop, costs[changed, stop], rule, power, row, offset, seed
            )
        index += 1
    return count
