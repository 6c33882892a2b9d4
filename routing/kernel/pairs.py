"""Second visits in the compiled search: they need their first visit, and enough time after it.

The two may be in different routes, which must not wait for each other while the search moves them about. So when a
second visit comes in, the slack between the two is halved: the first must end by, the second may begin from, the
middle of it. From then on either route can be changed alone.
"""

from routing.kernel.clock import clock, head_of, sets_out_s
from routing.kernel.compiled import compiled
from routing.kernel.edit import find_place, find_places, take_out, touch
from routing.kernel.state import (
    ABSENT,
    AT,
    CLOSES_S,
    DWELL_S,
    FIRST,
    FIRST_CLOSES_S,
    FIRST_OPENS_S,
    FRESH,
    GAP_S,
    LISTED,
    OPENS_S,
    SECOND,
    STAMP,
    WHERE,
    Network,
    Routes,
)


@compiled
def leave_s(net: Network, held: Routes, stop: int) -> float:
    """When a visited stop is left, if its team sets out as early as costs no waiting."""
    team, position = held.mark[WHERE, stop], held.mark[AT, stop]
    seconds, opens_s, _ = head_of(held, team, position + 1)
    return max(sets_out_s(net, held, team), opens_s) + seconds


@compiled
def open_second(net: Network, held: Routes, second: int) -> None:
    """Let an absent second visit begin when its gap after the first is over, and find its places anew."""
    first = net.mark[FIRST, second]
    open_s = leave_s(net, held, first) + net.amount[GAP_S, second]
    held.amount[OPENS_S, second] = max(net.amount[FIRST_OPENS_S, second], open_s)
    held.mark[FRESH, second] = held.mark[STAMP, 0]
    for team in range(net.may.shape[0]):
        find_place(net, held, team, second)


@compiled
def open_seconds(net: Network, held: Routes) -> None:
    """Open every absent second visit whose first is made."""
    for index in range(held.mark[ABSENT, 0]):
        stop = held.mark[LISTED, index]
        first = net.mark[FIRST, stop]
        if first >= 0 and held.mark[WHERE, first] >= 0:
            open_second(net, held, stop)


@compiled
def hold_first(net: Network, held: Routes, second: int) -> None:
    """A second visit is about to come in: its first must not become later."""
    first = net.mark[FIRST, second]
    held.amount[CLOSES_S, first] = leave_s(net, held, first) - net.amount[DWELL_S, first]
    _renew(net, held, held.mark[WHERE, first])


@compiled
def part_pair(net: Network, held: Routes, second: int) -> None:
    """A second visit has just come in: halve the slack between it and the first."""
    first = net.mark[FIRST, second]
    gap_s = net.amount[GAP_S, second]
    ended_s = leave_s(net, held, first)
    begins_s = leave_s(net, held, second) - net.amount[DWELL_S, second]
    middle_s = (ended_s + max(ended_s, begins_s - gap_s)) / 2.0
    held.amount[CLOSES_S, first] = min(
        net.amount[FIRST_CLOSES_S, first], middle_s - net.amount[DWELL_S, first]
    )
    held.amount[OPENS_S, second] = middle_s + gap_s
    _renew(net, held, held.mark[WHERE, first])
    if held.mark[WHERE, second] != held.mark[WHERE, first]:
        _renew(net, held, held.mark[WHERE, second])


@compiled
def _renew(net: Network, held: Routes, team: int) -> None:
    """A window in a route changed: keep the route as it was, and time it anew."""
    touch(net, held, team)
    clock(net, held, team)
    find_places(net, held, team)


@compiled
def settle_pairs(net: Network, held: Routes) -> None:
    """After stops were taken out: seconds without their first go too, firsts without their second are free again."""
    index = 0
    while index < held.mark[ABSENT, 0]:
        stop = held.mark[LISTED, index]
        index += 1
        if held.mark[FRESH, stop] != held.mark[STAMP, 0]:
            continue
        second, first = net.mark[SECOND, stop], net.mark[FIRST, stop]
        if second >= 0 and held.mark[WHERE, second] >= 0:
            team, position = held.mark[WHERE, second], held.mark[AT, second]
            touch(net, held, team)
            take_out(net, held, team, position, position + 1)
        if second >= 0:
            held.amount[CLOSES_S, stop] = net.amount[FIRST_CLOSES_S, stop]
        elif first >= 0:
            held.amount[OPENS_S, stop] = net.amount[FIRST_OPENS_S, stop]
            if held.amount[CLOSES_S, first] < net.amount[FIRST_CLOSES_S, first]:
                held.amount[CLOSES_S, first] = net.amount[FIRST_CLOSES_S, first]
                if held.mark[WHERE, first] >= 0:
                    _renew(net, held, held.mark[WHERE, first])
