"""Shortens routes without changing what they visit: stretches reversed, short stretches moved."""

from routing.kernel.compiled import compiled
from routing.kernel.edit import find_places, measure, node_at
from routing.kernel.state import (
    AT,
    AWAY,
    NOW,
    SYMMETRIC,
    TEAM,
    TOUCHED,
    WHERE,
    Network,
    Routes,
)

LEAST_GAIN_S = 1e-9
POLISH_NEIGHBOURS = 10
MOVED_MAX = 3


@compiled
def polish_touched(net: Network, held: Routes) -> bool:
    """Shorten every touched route as far as small moves can; whether any became shorter."""
    shortened = False
    for index in range(held.mark[TOUCHED, 0]):
        if shorten(net, held, held.mark[TEAM, index]):
            measure(net, held, held.mark[TEAM, index])
            find_places(net, held, held.mark[TEAM, index])
            shortened = True
    return shortened


@compiled
def shorten(net: Network, held: Routes, team: int) -> bool:
    """Reverse and move stretches of a route, between near stops only, until nothing is gained."""
    shortened = False
    improved = held.length[NOW, team] > 1
    while improved:
        improved = False
        for position in range(held.length[NOW, team]):
            if _reverse_from(net, held, team, position) or _move_from(net, held, team, position):
                improved = shortened = True
    return shortened


@compiled
def _reversal_gain(net: Network, held: Routes, team: int, first: int, last: int) -> float:
    """Seconds saved by reversing positions first..last."""
    walk, route = net.walk[net.mark[AWAY, team]], held.stop[NOW, team]
    node, following = node_at(net, held, team, first - 1), node_at(net, held, team, last + 1)
    gain = walk[node, route[first]] + walk[route[last], following]
    gain -= walk[node, route[last]] + walk[route[first], following]
    if not net.mark[SYMMETRIC, 0]:
        for position in range(first, last):
            gain += walk[route[position], route[position + 1]] - walk[route[position + 1], route[position]]
    return gain


@compiled
def _reverse_from(net: Network, held: Routes, team: int, position: int) -> bool:
    """Make a near stop the neighbour of the one at a position by reversing what lies between, if that saves time."""
    walk, route = net.walk[net.mark[AWAY, team]], held.stop[NOW, team]
    stop = route[position]
    behind_s = walk[stop, node_at(net, held, team, position + 1)]
    before_s = walk[node_at(net, held, team, position - 1), stop]
    for near in net.near[stop, 1 : POLISH_NEIGHBOURS + 1]:
        step_s = walk[stop, near]
        if step_s >= behind_s and step_s >= before_s:
            break
        if held.mark[WHERE, near] != team:
            continue
        other = held.mark[AT, near]
        low, high = min(position, other), max(position, other)
        if step_s < behind_s and _reversal_gain(net, held, team, low + 1, high) > LEAST_GAIN_S:
            _reverse(held, team, low + 1, high)
            return True
        if step_s < before_s and _reversal_gain(net, held, team, low, high - 1) > LEAST_GAIN_S:
            _reverse(held, team, low, high - 1)
            return True
    return False


@compiled
def _reverse(held: Routes, team: int, first: int, last: int) -> None:
    route = held.stop[NOW, team]
    while first < last:
        route[first], route[last] = route[last], route[first]
        held.mark[AT, route[first]], held.mark[AT, route[last]] = first, last
        first, last = first + 1, last - 1


@compiled
def _move_from(net: Network, held: Routes, team: int, first: int) -> bool:
    """Move up to three stops from a position on to beside a near stop, either way round, where that saves most."""
    walk, route, length = net.walk[net.mark[AWAY, team]], held.stop[NOW, team], held.length[NOW, team]
    node = node_at(net, held, team, first - 1)
    for size in range(1, min(MOVED_MAX, length - first) + 1):
        head, tail = route[first], route[first + size - 1]
        following = node_at(net, held, team, first + size)
        freed = walk[node, head] + walk[tail, following] - walk[node, following]
        if freed <= LEAST_GAIN_S:
            continue
        turned = _turning_cost(net, held, team, first, size)
        best, place, backwards = LEAST_GAIN_S, -1, False
        for end in range(2):
            held_end = head if end == 0 else tail
            for near in net.near[held_end, 1 : POLISH_NEIGHBOURS + 1]:
                if walk[held_end, near] >= freed:
                    break
                at = held.mark[AT, near]
                if held.mark[WHERE, near] != team or first <= at < first + size:
                    continue
                for target in (at, at + 1):
                    if first <= target <= first + size:
                        continue
                    left, right = node_at(net, held, team, target - 1), node_at(net, held, team, target)
                    spent = -walk[left, right]
                    straight = freed - spent - walk[left, head] - walk[tail, right]
                    if straight > best:
                        best, place, backwards = straight, target, False
                    if freed - spent - walk[left, tail] - walk[head, right] - turned > best:
                        best = freed - spent - walk[left, tail] - walk[head, right] - turned
                        place, backwards = target, True
        if place >= 0:
            _move(held, team, first, size, place, backwards)
            return True
    return False


@compiled
def _turning_cost(net: Network, held: Routes, team: int, first: int, size: int) -> float:
    """Seconds added inside a stretch by walking it the other way round."""
    if net.mark[SYMMETRIC, 0]:
        return 0.0
    walk, route = net.walk[net.mark[AWAY, team]], held.stop[NOW, team]
    cost = 0.0
    for position in range(first, first + size - 1):
        cost += walk[route[position + 1], route[position]] - walk[route[position], route[position + 1]]
    return float(cost)


@compiled
def _move(held: Routes, team: int, first: int, size: int, place: int, backwards: bool) -> None:
    """Put positions first..first+size-1 before the stop now at `place`, turned round if asked."""
    if backwards:
        _reverse(held, team, first, first + size - 1)
    # Moving a stretch is exchanging it with its neighbour: three reversals.
    low, middle, high = (first, first + size, place) if place > first else (place, first, first + size)
    _reverse(held, team, low, middle - 1)
    _reverse(held, team, middle, high - 1)
    _reverse(held, team, low, high - 1)
