"""Edits of routes: put a stop in, take stops out, undo; the cheapest insertions stay exact through all of it."""

from routing.kernel.clock import clock, find_timed_place
from routing.kernel.compiled import compiled
from routing.kernel.state import (
    ABSENT,
    AT,
    AWAY,
    CLOSES_S,
    DWELL_S,
    END,
    FRESH,
    GAIN,
    INTO,
    IS_TOUCHED,
    LISTED,
    NEVER_S,
    NOW,
    OLD,
    OLD_CLOSES_S,
    OLD_OPENS_S,
    OPENS_S,
    SCORE,
    SLOT,
    STAMP,
    START,
    TEAM,
    TIMED,
    TOUCHED,
    USED_S,
    WHERE,
    Floats,
    Network,
    Routes,
)


@compiled
def node_at(net: Network, held: Routes, team: int, position: int) -> int:
    """The node at a position of a route; its start at -1, its end at its length."""
    if position < 0:
        return net.mark[START, team]
    if position >= held.length[NOW, team]:
        return net.mark[END, team]
    return held.stop[NOW, team, position]


@compiled
def find_place(net: Network, held: Routes, team: int, stop: int) -> None:
    """Find the cheapest place for an absent stop in a route by trying all."""
    if net.mark[TIMED, 0]:
        find_timed_place(net, held, team, stop)
        return
    away, into = net.walk[net.mark[AWAY, team], stop], net.walk[net.mark[INTO, team], stop]
    route, legs = held.stop[NOW, team], held.leg_s[NOW, team]
    node = net.mark[START, team]
    best, place = NEVER_S, node
    to_stop = into[node]
    for position in range(held.length[NOW, team]):
        following = route[position]
        cost = to_stop + away[following] - legs[position]
        if cost < best:
            best, place = cost, node
        node, to_stop = following, into[following]
    cost = to_stop + away[net.mark[END, team]] - legs[held.length[NOW, team]]
    if cost < best:
        best, place = cost, node
    held.cost_s[NOW, team, stop] = best + net.amount[DWELL_S, stop]
    held.after[NOW, team, stop] = place


@compiled
def find_places(net: Network, held: Routes, team: int) -> None:
    """Find the cheapest place of every absent stop in a route again."""
    for index in range(held.mark[ABSENT, 0]):
        find_place(net, held, team, held.mark[LISTED, index])


@compiled
def measure(net: Network, held: Routes, team: int) -> None:
    """Set positions, walks, time and score of a route from its stops."""
    walk = net.walk[net.mark[AWAY, team]]
    node, used, gain = net.mark[START, team], 0.0, 0.0
    for position in range(held.length[NOW, team]):
        stop = held.stop[NOW, team, position]
        held.mark[WHERE, stop], held.mark[AT, stop] = team, position
        held.leg_s[NOW, team, position] = walk[node, stop]
        used += walk[node, stop] + net.amount[DWELL_S, stop]
        gain += net.amount[SCORE, stop]
        node = stop
    home = walk[node, net.mark[END, team]]
    held.leg_s[NOW, team, held.length[NOW, team]] = home
    held.amount[USED_S, team], held.amount[GAIN, team] = used + home, gain
    if net.mark[TIMED, 0]:
        clock(net, held, team)


@compiled
def touch(net: Network, held: Routes, team: int) -> None:
    """Keep a route as it is, to be able to undo; call it before the move's first edit of the route."""
    if held.mark[IS_TOUCHED, team]:
        return
    held.mark[IS_TOUCHED, team] = 1
    held.mark[TEAM, held.mark[TOUCHED, 0]] = team
    held.mark[TOUCHED, 0] += 1
    copy_route(net, held, team, NOW, OLD)


@compiled
def copy_route(net: Network, held: Routes, team: int, source: int, target: int) -> None:
    """Copy all that is known of a route from one version to another (NOW, OLD)."""
    lengths, amount = held.length, held.amount
    stops, legs, costs, after = held.stop, held.leg_s, held.cost_s, held.after
    length = lengths[source, team]
    lengths[target, team] = length
    amount[USED_S + target, team], amount[GAIN + target, team] = (
        amount[USED_S + source, team],
        amount[GAIN + source, team],
    )
    _copy(stops[source, team], stops[target, team], length)
    _copy(legs[source, team], legs[target, team], length + 1)
    _copy(costs[source, team], costs[target, team], costs.shape[2])
    _copy(after[source, team], after[target, team], costs.shape[2])


@compiled
def _copy(source: Floats, target: Floats, count: int) -> None:
    for index in range(count):
        target[index] = source[index]


@compiled
def undo(net: Network, held: Routes) -> None:
    """Put the touched routes back as they were."""
    for index in range(held.mark[TOUCHED, 0]):
        team = held.mark[TEAM, index]
        for position in range(held.length[NOW, team]):
            held.mark[WHERE, held.stop[NOW, team, position]] = -1
    if net.mark[TIMED, 0]:
        for stop in range(net.near.shape[0]):
            held.amount[OPENS_S, stop] = held.amount[OLD_OPENS_S, stop]
            held.amount[CLOSES_S, stop] = held.amount[OLD_CLOSES_S, stop]
    for index in range(held.mark[TOUCHED, 0]):
        team = held.mark[TEAM, index]
        copy_route(net, held, team, OLD, NOW)
        for position in range(held.length[NOW, team]):
            stop = held.stop[NOW, team, position]
            held.mark[WHERE, stop], held.mark[AT, stop] = team, position
        if net.mark[TIMED, 0]:
            clock(net, held, team)
    list_absent(net, held)


@compiled
def list_absent(net: Network, held: Routes) -> None:
    """List the stops that are in no route."""
    where, listed, slot = held.mark[WHERE], held.mark[LISTED], held.mark[SLOT]
    count = 0
    for stop in range(net.near.shape[0]):
        slot[stop] = -1
        if where[stop] < 0:
            listed[count], slot[stop] = stop, count
            count += 1
    held.mark[ABSENT, 0] = count


@compiled
def insert(net: Network, held: Routes, team: int, stop: int) -> None:
    """Put an absent stop into its cheapest place of a touched route."""
    node, length = held.after[NOW, team, stop], held.length[NOW, team]
    position = 0 if node == net.mark[START, team] else held.mark[AT, node] + 1
    following = node_at(net, held, team, position)
    route, legs = held.stop[NOW, team], held.leg_s[NOW, team]
    legs[length + 1] = legs[length]
    for index in range(length, position, -1):
        moved = route[index - 1]
        route[index], legs[index] = moved, legs[index - 1]
        held.mark[AT, moved] = index
    walk = net.walk[net.mark[AWAY, team]]
    direct = held.cost_s[NOW, team, stop]
    route[position], legs[position], legs[position + 1] = stop, walk[node, stop], walk[stop, following]
    held.mark[WHERE, stop], held.mark[AT, stop], held.length[NOW, team] = team, position, length + 1
    held.amount[USED_S, team] += direct
    held.amount[GAIN, team] += net.amount[SCORE, stop]
    _strike_off(held, stop)
    if net.mark[TIMED, 0]:
        clock(net, held, team)
        find_places(net, held, team)
    else:
        _renew_after_insertion(net, held, team, node, stop, following)


@compiled
def _strike_off(held: Routes, stop: int) -> None:
    """Take a stop off the list of absent ones."""
    held.mark[ABSENT, 0] -= 1
    last, slot = held.mark[LISTED, held.mark[ABSENT, 0]], held.mark[SLOT, stop]
    held.mark[LISTED, slot] = last
    held.mark[SLOT, last] = slot
    held.mark[SLOT, stop] = -1


@compiled
def _renew_after_insertion(
    net: Network, held: Routes, team: int, node: int, stop: int, following: int
) -> None:
    """The gap node..following became two: compare both with what is known, search only where it was the best."""
    away, into = net.walk[net.mark[AWAY, team]], net.walk[net.mark[INTO, team]]
    from_node, from_stop, into_stop, into_following = away[node], away[stop], into[stop], into[following]
    first_leg, second_leg = from_node[stop], from_stop[following]
    costs, after, listed, dwell_s = (
        held.cost_s[NOW, team],
        held.after[NOW, team],
        held.mark[LISTED],
        net.amount[DWELL_S],
    )
    for index in range(held.mark[ABSENT, 0]):
        other = listed[index]
        cost, place = from_node[other] + into_stop[other] - first_leg, node
        behind = from_stop[other] + into_following[other] - second_leg
        if behind < cost:
            cost, place = behind, stop
        cost += dwell_s[other]
        if cost <= costs[other]:
            costs[other], after[other] = cost, place
        elif after[other] == node:
            find_place(net, held, team, other)


@compiled
def take_out(net: Network, held: Routes, team: int, first: int, last: int) -> None:
    """Take the stops at positions first..last-1 out of a touched route."""
    length = held.length[NOW, team]
    node, following = node_at(net, held, team, first - 1), node_at(net, held, team, last)
    known = held.mark[ABSENT, 0]
    walk = net.walk[net.mark[AWAY, team]]
    saved = held.leg_s[NOW, team, last]
    for position in range(first, last):
        stop = held.stop[NOW, team, position]
        saved += held.leg_s[NOW, team, position] + net.amount[DWELL_S, stop]
        held.amount[GAIN, team] -= net.amount[SCORE, stop]
        _release(held, stop)
    for position in range(last, length):
        stop = held.stop[NOW, team, position]
        held.stop[NOW, team, position - last + first] = stop
        held.mark[AT, stop] = position - last + first
        held.leg_s[NOW, team, position - last + first] = held.leg_s[NOW, team, position]
    held.leg_s[NOW, team, length - last + first] = held.leg_s[NOW, team, length]
    held.leg_s[NOW, team, first] = walk[node, following]
    held.length[NOW, team] = length - last + first
    held.amount[USED_S, team] += walk[node, following] - saved
    if net.mark[TIMED, 0]:
        clock(net, held, team)
        for index in range(known):
            find_place(net, held, team, held.mark[LISTED, index])
    else:
        _renew_after_removal(net, held, team, node, following, known)
    _find_everywhere(net, held, known)


@compiled
def _release(held: Routes, stop: int) -> None:
    """Put a stop onto the list of absent ones."""
    held.mark[WHERE, stop] = -1
    held.mark[FRESH, stop] = held.mark[STAMP, 0]
    held.mark[LISTED, held.mark[ABSENT, 0]] = stop
    held.mark[SLOT, stop] = held.mark[ABSENT, 0]
    held.mark[ABSENT, 0] += 1


@compiled
def _find_everywhere(net: Network, held: Routes, known: int) -> None:
    """Find the places of the absent stops listed from `known` on, in every route."""
    for index in range(known, held.mark[ABSENT, 0]):
        for team in range(net.may.shape[0]):
            find_place(net, held, team, held.mark[LISTED, index])


@compiled
def _renew_after_removal(
    net: Network, held: Routes, team: int, node: int, following: int, known: int
) -> None:
    """Gaps between node and following became one: compare it with what is known, search where they were best."""
    from_node, into_following = (
        net.walk[net.mark[AWAY, team], node],
        net.walk[net.mark[INTO, team], following],
    )
    leg, start = from_node[following], net.mark[START, team]
    costs, after, listed, dwell_s = (
        held.cost_s[NOW, team],
        held.after[NOW, team],
        held.mark[LISTED],
        net.amount[DWELL_S],
    )
    where = held.mark[WHERE]
    for index in range(known):
        other = listed[index]
        cost = from_node[other] + into_following[other] - leg + dwell_s[other]
        place = after[other]
        if cost <= costs[other]:
            costs[other], after[other] = cost, node
        elif place == node or (place != start and where[place] != team):
            find_place(net, held, team, other)


@compiled
def take_out_around(
    net: Network, held: Routes, team: int, first: int, last: int, kept: int, kept_end: int
) -> None:
    """Take the stops at positions first..last-1 but kept..kept_end-1 out of a touched route."""
    if kept_end < last:
        take_out(net, held, team, kept_end, last)
    if first < kept:
        take_out(net, held, team, first, kept)
