"""Moves that open up good routes: strings of stops taken out or carried over, tails exchanged, stops forced in."""

from routing.kernel.chance import draw, draw_below, factor
from routing.kernel.compiled import compiled
from routing.kernel.edit import find_places, insert, measure, take_out, take_out_around, touch
from routing.kernel.state import (
    ABSENT,
    ALLOWED_S,
    AT,
    AWAY,
    CANDIDATE,
    DWELL_S,
    END,
    IS_TOUCHED,
    LISTED,
    NEVER_S,
    NOISE_LENGTH,
    NOW,
    SCORE,
    START,
    USED_S,
    WHERE,
    WITHIN_S,
    Network,
    Routes,
)

REMOVED_MEAN = 15.0
STRING_LENGTH_MAX = 10.0
LONG_STRING_SHARE = 0.1
SPLIT_SHARE = 0.4
FORCED_TRIES = 3
CARRIED_MAX = 3


@compiled
def remove_strings(net: Network, held: Routes) -> int:
    """Take strings of neighbouring stops out of routes near a random stop, which is returned.

    String removal of Christiaens and Vanden Berghe, "Slack Induction by String Removals" (2020).
    """
    random, teams, stops = held.random, net.may.shape[0], net.near.shape[0]
    seed = draw_below(random, stops)
    visits = stops - held.mark[ABSENT, 0]
    longest = 3 * STRING_LENGTH_MAX if draw(random) < LONG_STRING_SHARE else STRING_LENGTH_MAX
    longest = min(longest, max(1.0, visits / teams))
    mean = REMOVED_MEAN * (0.1 + draw(random))
    wanted = int(draw(random) * 4.0 * mean / (1.0 + longest)) + 1
    for stop in net.near[seed]:
        team = held.mark[WHERE, stop]
        if team < 0 or held.mark[IS_TOUCHED, team]:
            continue
        touch(net, held, team)
        _remove_string(net, held, team, held.mark[AT, stop], longest)
        wanted -= 1
        if wanted == 0:
            break
    return seed


@compiled
def _remove_string(net: Network, held: Routes, team: int, position: int, longest: float) -> None:
    """Take a random string around a position out of a route, now and then sparing some stops in its midst."""
    random, length = held.random, held.length[NOW, team]
    size = min(length, int(draw(random) * min(longest, length)) + 1)
    low, high = max(0, position - size + 1), min(position, length - size)
    first = low + draw_below(random, high - low + 1)
    if not (1 < size < length and draw(random) < SPLIT_SHARE):
        take_out(net, held, team, first, first + size)
        return
    spared = 1
    while size + spared < length and draw(random) > 0.5:
        spared += 1
    first = min(first, length - size - spared)
    kept = first + draw_below(random, size)
    take_out_around(net, held, team, first, first + size + spared, kept, kept + spared)


@compiled
def force_in(net: Network, held: Routes) -> int:
    """Force one of a few random absent stops in and eject others until the route fits; returns that stop."""
    random = held.random
    chosen, team, least = held.mark[LISTED, 0], -1, NEVER_S
    for _ in range(FORCED_TRIES):
        stop = held.mark[LISTED, draw_below(random, held.mark[ABSENT, 0])]
        for other in range(net.may.shape[0]):
            cost = held.cost_s[NOW, other, stop]
            if net.may[other, stop] and cost < 0.5 * net.amount[ALLOWED_S, other]:
                price = cost / net.amount[SCORE, stop] * (0.5 + draw(random))
                if price < least:
                    chosen, team, least = stop, other, price
    if team >= 0:
        touch(net, held, team)
        insert(net, held, team, chosen)
        eject(net, held, team, chosen, 1)
    return chosen


@compiled
def carry_over(net: Network, held: Routes) -> int:
    """Carry a short string of stops into another route near it, and eject others there until it fits; returns its
    first stop.

    What two routes would have to exchange at once, this makes room for one side at a time.
    """
    random = held.random
    for stop in net.near[draw_below(random, net.near.shape[0])]:
        team = held.mark[WHERE, stop]
        if team < 0:
            continue
        touch(net, held, team)
        first, known = held.mark[AT, stop], held.mark[ABSENT, 0]
        last = min(held.length[NOW, team], first + 1 + draw_below(random, CARRIED_MAX))
        take_out(net, held, team, first, last)
        partner = _draw_partner(net, held, team, stop)
        if partner >= 0:
            _carry_into(net, held, partner, stop, known)
        return stop
    return draw_below(random, net.near.shape[0])


@compiled
def _draw_partner(net: Network, held: Routes, team: int, stop: int) -> int:
    """Another team that an absent stop costs little, more or less; -1 where it costs all of them too much."""
    partner, least = -1, NEVER_S
    for other in range(net.may.shape[0]):
        cost = held.cost_s[NOW, other, stop] * (0.5 + draw(held.random))
        if other != team and net.may[other, stop] and cost < min(least, 0.5 * net.amount[ALLOWED_S, other]):
            partner, least = other, cost
    return partner


@compiled
def _carry_into(net: Network, held: Routes, team: int, stop: int, known: int) -> None:
    """Insert the absent stops listed from `known` on, of which `stop` is one that stays; eject until they fit."""
    touch(net, held, team)
    carried, count = held.mark[CANDIDATE], held.mark[ABSENT, 0] - known
    for index in range(count):
        carried[index] = held.mark[LISTED, known + index]
    for index in range(count):
        if net.may[team, carried[index]]:
            insert(net, held, team, carried[index])
    eject(net, held, team, stop, 1)


@compiled
def eject(net: Network, held: Routes, team: int, spared: int, row: int) -> None:
    """Take stops out of a touched route, least score for the time saved first, until it fits."""
    offset = draw_below(held.random, NOISE_LENGTH)
    walk = net.walk[net.mark[AWAY, team]]
    while held.amount[USED_S, team] > net.amount[ALLOWED_S, team] + WITHIN_S and held.length[NOW, team] > 0:
        excess = held.amount[USED_S, team] - net.amount[ALLOWED_S, team]
        least, worst, length = NEVER_S, -1, held.length[NOW, team]
        for position in range(length):
            stop = held.stop[NOW, team, position]
            if stop == spared:
                continue
            node = net.mark[START, team] if position == 0 else held.stop[NOW, team, position - 1]
            following = net.mark[END, team] if position == length - 1 else held.stop[NOW, team, position + 1]
            saved = (
                held.leg_s[NOW, team, position] + held.leg_s[NOW, team, position + 1] - walk[node, following]
            )
            saved = min(saved + net.amount[DWELL_S, stop], excess)
            price = net.amount[SCORE, stop] * factor(net, row, offset, stop) / (max(saved, 0.0) + WITHIN_S)
            if price < least:
                least, worst = price, position
        if worst < 0:
            worst = held.mark[AT, spared]
        take_out(net, held, team, worst, worst + 1)


@compiled
def swap_tails(net: Network, held: Routes) -> int:
    """Exchange the tails of two routes between neighbouring stops, eject what no longer fits; returns a stop near."""
    random = held.random
    seed = draw_below(random, net.near.shape[0])
    one, other = -1, -1
    for stop in net.near[seed]:
        if held.mark[WHERE, stop] < 0:
            continue
        if one < 0:
            one = stop
        elif held.mark[WHERE, stop] != held.mark[WHERE, one]:
            other = stop
            if draw(random) < 0.6:
                break
    if other < 0:
        return seed
    team, partner = held.mark[WHERE, one], held.mark[WHERE, other]
    touch(net, held, team)
    touch(net, held, partner)
    if draw(random) < 0.5:
        _exchange_tails(held, team, partner, held.mark[AT, one] + 1, held.mark[AT, other])
    else:
        _exchange_heads(held, team, partner, held.mark[AT, one] + 1, held.mark[AT, other] + 1)
    measure(net, held, team)
    measure(net, held, partner)
    find_places(net, held, team)
    find_places(net, held, partner)
    for changed in (team, partner):
        _drop_forbidden(net, held, changed)
        eject(net, held, changed, -1, 0)
    return seed


@compiled
def _exchange_tails(held: Routes, team: int, partner: int, cut: int, partner_cut: int) -> None:
    """team = its head and the partner's tail; partner = its head and the team's tail."""
    one, other, spare = held.stop[NOW, team], held.stop[NOW, partner], held.mark[CANDIDATE]
    tail, partner_tail = held.length[NOW, team] - cut, held.length[NOW, partner] - partner_cut
    for index in range(tail):
        spare[index] = one[cut + index]
    for index in range(partner_tail):
        one[cut + index] = other[partner_cut + index]
    for index in range(tail):
        other[partner_cut + index] = spare[index]
    held.length[NOW, team], held.length[NOW, partner] = cut + partner_tail, partner_cut + tail


@compiled
def _exchange_heads(held: Routes, team: int, partner: int, cut: int, partner_cut: int) -> None:
    """team = its head and the partner's head backwards; partner = the team's tail backwards and its own tail."""
    one, other, spare = held.stop[NOW, team], held.stop[NOW, partner], held.mark[CANDIDATE]
    tail, partner_tail = held.length[NOW, team] - cut, held.length[NOW, partner] - partner_cut
    for index in range(tail):
        spare[index] = one[cut + tail - 1 - index]
    for index in range(partner_tail):
        spare[tail + index] = other[partner_cut + index]
    for index in range(partner_cut):
        one[cut + index] = other[partner_cut - 1 - index]
    for index in range(tail + partner_tail):
        other[index] = spare[index]
    held.length[NOW, team], held.length[NOW, partner] = cut + partner_cut, tail + partner_tail


@compiled
def _drop_forbidden(net: Network, held: Routes, team: int) -> None:
    """Take out the stops that the team may not visit or cannot reach."""
    position = 0
    while position < held.length[NOW, team]:
        if net.may[team, held.stop[NOW, team, position]]:
            position += 1
        else:
            take_out(net, held, team, position, position + 1)
