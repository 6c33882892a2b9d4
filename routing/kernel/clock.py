"""Time windows in the compiled search: how long a route takes, waiting included, without walking it again.

Each part of a route is three figures: the seconds it takes at least, and the earliest and latest time to begin it
so that it takes no more. Parts are joined by the calculus of Vidal, Crainic, Gendreau and Prins, "A hybrid genetic
algorithm with adaptive diversity management for a large class of vehicle routing problems with time-windows" (2013).
"""

from routing.kernel.compiled import compiled
from routing.kernel.state import (
    AT,
    AWAY,
    CLOSES_S,
    DEPARTS_S,
    DWELL_S,
    END,
    FIRST,
    HEAD_CLOSES_S,
    HEAD_OPENS_S,
    HEAD_S,
    INTO,
    NEVER_S,
    NOW,
    OPENS_S,
    RETURNS_S,
    START,
    TAIL_CLOSES_S,
    TAIL_OPENS_S,
    TAIL_S,
    USED_S,
    WHERE,
    WITHIN_S,
    Network,
    Routes,
)

type Part = tuple[float, float, float]


@compiled
def join(part: Part, walk_s: float, following: Part) -> Part:
    """The two parts as one; its seconds are NEVER_S when the second cannot be reached in time."""
    reached_s = part[0] + walk_s
    if part[1] + reached_s > following[2] + WITHIN_S:
        return NEVER_S, 0.0, 0.0
    wait_s = max(following[1] - reached_s - part[2], 0.0)
    return (
        reached_s + following[0] + wait_s,
        max(following[1] - reached_s, part[1]) - wait_s,
        min(following[2] - reached_s, part[2]),
    )


@compiled
def head_of(held: Routes, team: int, position: int) -> Part:
    """The part before a position."""
    part = held.leg_s
    return (
        part[HEAD_S, team, position],
        part[HEAD_OPENS_S, team, position],
        part[HEAD_CLOSES_S, team, position],
    )


@compiled
def tail_of(held: Routes, team: int, position: int) -> Part:
    """The part from a position on."""
    part = held.leg_s
    return (
        part[TAIL_S, team, position],
        part[TAIL_OPENS_S, team, position],
        part[TAIL_CLOSES_S, team, position],
    )


@compiled
def visit_of(net: Network, held: Routes, stop: int) -> Part:
    """A stop alone as a part."""
    return net.amount[DWELL_S, stop], held.amount[OPENS_S, stop], held.amount[CLOSES_S, stop]


@compiled
def clock(net: Network, held: Routes, team: int) -> None:
    """Set the times of a route's parts, and with them its own."""
    length, legs = held.length[NOW, team], held.leg_s[NOW, team]
    gate = 0.0, net.amount[DEPARTS_S, team], net.amount[RETURNS_S, team]
    part = gate
    for position in range(length + 1):
        held.leg_s[HEAD_S, team, position] = part[0]
        held.leg_s[HEAD_OPENS_S, team, position] = part[1]
        held.leg_s[HEAD_CLOSES_S, team, position] = part[2]
        if position < length:
            part = join(part, legs[position], visit_of(net, held, held.stop[NOW, team, position]))
    held.amount[USED_S, team] = join(part, legs[length], gate)[0]
    part = gate
    for position in range(length, -1, -1):
        if position < length:
            part = join(visit_of(net, held, held.stop[NOW, team, position]), legs[position + 1], part)
        held.leg_s[TAIL_S, team, position] = part[0]
        held.leg_s[TAIL_OPENS_S, team, position] = part[1]
        held.leg_s[TAIL_CLOSES_S, team, position] = part[2]


@compiled
def sets_out_s(net: Network, held: Routes, team: int) -> float:
    """When a team sets out: as early as costs it no waiting."""
    gate = 0.0, net.amount[DEPARTS_S, team], net.amount[RETURNS_S, team]
    return join(gate, held.leg_s[NOW, team, 0], tail_of(held, team, 0))[1]


@compiled
def find_timed_place(net: Network, held: Routes, team: int, stop: int) -> None:
    """Find the cheapest place for an absent stop in a route by trying all; NEVER_S where it is too late.

    A second visit comes after its first, and must not make the team set out later to shorten the gap between them.
    """
    away, into = net.walk[net.mark[AWAY, team], stop], net.walk[net.mark[INTO, team], stop]
    length, node = held.length[NOW, team], net.mark[START, team]
    best, place = NEVER_S, node
    visit = visit_of(net, held, stop)
    first = net.mark[FIRST, stop]
    is_pair = first >= 0 and held.mark[WHERE, first] == team
    latest_s = sets_out_s(net, held, team) if is_pair else NEVER_S
    # A second visit may open only when its stop has closed for good.
    positions = length + 1 if visit[1] <= visit[2] + WITHIN_S else 0
    for position in range(positions):
        following = held.stop[NOW, team, position] if position < length else net.mark[END, team]
        if not is_pair or position > held.mark[AT, first]:
            head = head_of(held, team, position)
            head = head[0], head[1], min(head[2], max(latest_s, head[1]))
            part = join(head, into[node], visit)
            if part[0] < NEVER_S:
                part = join(part, away[following], tail_of(held, team, position))
                if part[0] - held.amount[USED_S, team] < best:
                    best, place = part[0] - held.amount[USED_S, team], node
        node = following
    held.cost_s[NOW, team, stop] = best
    held.after[NOW, team, stop] = place
