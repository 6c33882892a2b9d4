"""The compiled annealing loop: open up, fill, shorten, judge, keep or undo."""

import math

import numpy as np

from routing.kernel.chance import draw, draw_below
from routing.kernel.compiled import compiled
from routing.kernel.edit import find_places, list_absent, measure, touch, undo
from routing.kernel.fill import AT_RANDOM, BY_DETOUR, BY_NEARNESS, BY_REMOTENESS, BY_SCORE, count_served, fill
from routing.kernel.pairs import settle_pairs
from routing.kernel.polish import polish_touched
from routing.kernel.ruin import carry_over, force_in, remove_strings, swap_tails
from routing.kernel.state import (
    ABSENT,
    ALLOWED_S,
    BEST,
    BEST_BROKEN,
    BEST_CLOSES_S,
    BEST_OPENS_S,
    BEST_SCORE,
    BEST_VALUE,
    CLOSES_S,
    DISTRICTS,
    DWELL_S,
    EXCESS_PRICE,
    FIRST_CLOSES_S,
    FIRST_OPENS_S,
    FRESH,
    GAIN,
    HELD_SCORE,
    HELD_USED_S,
    HELD_VALUE,
    IS_TOUCHED,
    KIND,
    LISTED,
    LOAD_GAP_MAX,
    LOAD_LEAST,
    LOAD_MOST,
    MINIMUM,
    MISSING_PRICE,
    NEW_BROKEN,
    NEW_SCORE,
    NEW_USED_S,
    NEW_VALUE,
    NOISE_LENGTH,
    NOW,
    OLD_CLOSES_S,
    OLD_GAIN,
    OLD_OPENS_S,
    OLD_USED_S,
    OPENS_S,
    PAIRED,
    SECOND_PRICE,
    SERVED,
    SIDED,
    STAMP,
    TEAM,
    TIMED,
    TOUCHED,
    USED_S,
    WHERE,
    Network,
    Pool,
    Routes,
)

TAILS_SHARE, CARRIED_SHARE, FORCED_SHARE = 0.03, 0.2, 0.4
BY_DETOUR_SHARE = 0.3
# Solutions within so many temperatures of the held one are worth shortening.
POLISH_WITHIN = 2.0
# Routes of solutions worth this share of the best are kept for recombination.
POOL_SHARE = 0.96


@compiled
def anneal(
    net: Network,
    held: Routes,
    pool: Pool,
    is_new: bool,
    moves: int,
    hot: float,
    cold: float,
    share: float,
    share_end: float,
) -> None:
    """Make so many moves while the temperature falls from hot to cold; from `share` of that way to `share_end`.

    `is_new` when the routes in `stop` and `length` were set from outside: they are taken up and filled first.
    """
    if is_new:
        _take_up(net, held)
    for move in range(moves):
        temperature = hot * (cold / hot) ** (share + (share_end - share) * move / moves)
        held.mark[STAMP, 0] += 1
        if net.mark[PAIRED, 0]:
            _copy_windows(held, OPENS_S, CLOSES_S, OLD_OPENS_S, OLD_CLOSES_S)
        seed = _open_up(net, held)
        if net.mark[PAIRED, 0]:
            settle_pairs(net, held)
        offset = draw_below(held.random, NOISE_LENGTH)
        row, power = draw_below(held.random, 2), 1 + draw_below(held.random, 6)
        fill(net, held, _draw_rule(held), power, row, offset, seed)
        _judge(net, held)
        if (
            not net.mark[TIMED, 0]
            and held.amount[NEW_VALUE, 0] > held.amount[HELD_VALUE, 0] - POLISH_WITHIN * temperature
            and polish_touched(net, held)
        ):
            fill(net, held, BY_DETOUR, 4, 0, offset, seed)
            _judge(net, held)
        if held.amount[NEW_SCORE, 0] >= POOL_SHARE * held.amount[BEST_SCORE, 0]:
            remember(net, held, pool)
        if held.amount[NEW_VALUE, 0] > held.amount[HELD_VALUE, 0] + temperature * math.log(
            draw(held.random) + 1e-300
        ):
            _keep(net, held)
        else:
            undo(net, held)
            clear_touched(held)


@compiled
def _take_up(net: Network, held: Routes) -> None:
    """Take up the routes as they stand in `stop` and `length`, without second visits, fill them, and hold them."""
    for stop in range(net.near.shape[0]):
        held.mark[WHERE, stop] = -1
        held.amount[OPENS_S, stop], held.amount[CLOSES_S, stop] = (
            net.amount[FIRST_OPENS_S, stop],
            net.amount[FIRST_CLOSES_S, stop],
        )
    _copy_windows(held, OPENS_S, CLOSES_S, OLD_OPENS_S, OLD_CLOSES_S)
    held.mark[STAMP, 0] += 1
    clear_touched(held)
    held.amount[HELD_SCORE, 0] = held.amount[HELD_USED_S, 0] = 0.0
    for team in range(net.may.shape[0]):
        measure(net, held, team)
    list_absent(net, held)
    for index in range(held.mark[ABSENT, 0]):
        held.mark[FRESH, held.mark[LISTED, index]] = held.mark[STAMP, 0]
    for team in range(net.may.shape[0]):
        find_places(net, held, team)
        touch(net, held, team)
        held.amount[OLD_GAIN, team] = held.amount[OLD_USED_S, team] = 0.0
    fill(net, held, BY_DETOUR, 4, 0, draw_below(held.random, NOISE_LENGTH), 0)
    _judge(net, held)
    _keep(net, held)


@compiled
def _open_up(net: Network, held: Routes) -> int:
    """Make room by one of the moves; returns a stop near the change."""
    kind = draw(held.random)
    if net.mark[TIMED, 0]:
        return remove_strings(net, held)
    if net.may.shape[0] > 1 and kind >= 1.0 - TAILS_SHARE:
        return swap_tails(net, held)
    if net.may.shape[0] > 1 and kind >= 1.0 - TAILS_SHARE - CARRIED_SHARE:
        return carry_over(net, held)
    if kind < FORCED_SHARE and held.mark[ABSENT, 0] > 0:
        return force_in(net, held)
    return remove_strings(net, held)


@compiled
def _draw_rule(held: Routes) -> int:
    """The rule by which to fill again."""
    if draw(held.random) < BY_DETOUR_SHARE:
        return BY_DETOUR
    kind = draw(held.random)
    if kind < 0.2:
        return AT_RANDOM
    if kind < 0.5:
        return BY_SCORE
    if kind < 0.7:
        return BY_REMOTENESS
    return BY_NEARNESS


@compiled
def _judge(net: Network, held: Routes) -> None:
    """What the routes are worth now, from what was held and what the touched routes lost and won."""
    score, used_s = held.amount[HELD_SCORE, 0], held.amount[HELD_USED_S, 0]
    for index in range(held.mark[TOUCHED, 0]):
        team = held.mark[TEAM, index]
        score += held.amount[GAIN, team] - held.amount[OLD_GAIN, team]
        used_s += held.amount[USED_S, team] - held.amount[OLD_USED_S, team]
    broken = _broken(net, held) if net.mark[SIDED, 0] else 0.0
    held.amount[NEW_SCORE, 0], held.amount[NEW_USED_S, 0], held.amount[NEW_BROKEN, 0] = score, used_s, broken
    held.amount[NEW_VALUE, 0] = score - net.amount[SECOND_PRICE, 0] * used_s - broken


@compiled
def _broken(net: Network, held: Routes) -> float:
    """The price of visits missing in districts, and of loads too far apart."""
    count_served(net, held)
    price = 0.0
    for district in range(net.mark[DISTRICTS, 0]):
        price += net.amount[MISSING_PRICE, 0] * max(
            0, net.mark[MINIMUM, district] - held.mark[SERVED, district]
        )
    least, most = net.amount[LOAD_LEAST, 0], net.amount[LOAD_MOST, 0]
    for team in range(net.may.shape[0]):
        load = held.amount[USED_S, team] / net.amount[ALLOWED_S, team]
        most, least = max(most, load), min(least, load)
    return price + net.amount[EXCESS_PRICE, 0] * max(0.0, most - least - net.amount[LOAD_GAP_MAX, 0])


@compiled
def _keep(net: Network, held: Routes) -> None:
    """Hold the new routes, and remember them when they are the best so far."""
    for index in range(held.mark[TOUCHED, 0]):
        if not net.mark[TIMED, 0]:
            _sum_up(net, held, held.mark[TEAM, index])
    clear_touched(held)
    held.amount[HELD_SCORE, 0], held.amount[HELD_USED_S, 0] = (
        held.amount[NEW_SCORE, 0],
        held.amount[NEW_USED_S, 0],
    )
    held.amount[HELD_VALUE, 0] = held.amount[NEW_VALUE, 0]
    if not _is_best(held):
        return
    held.amount[BEST_SCORE, 0], held.amount[BEST_VALUE, 0] = (
        held.amount[NEW_SCORE, 0],
        held.amount[NEW_VALUE, 0],
    )
    held.amount[BEST_BROKEN, 0] = held.amount[NEW_BROKEN, 0]
    stops, lengths = held.stop, held.length
    for team in range(net.may.shape[0]):
        lengths[BEST, team] = lengths[NOW, team]
        for position in range(lengths[NOW, team]):
            stops[BEST, team, position] = stops[NOW, team, position]
    if net.mark[PAIRED, 0]:
        _copy_windows(held, OPENS_S, CLOSES_S, BEST_OPENS_S, BEST_CLOSES_S)


@compiled
def _is_best(held: Routes) -> bool:
    """Fewer rules broken, or else a higher score, or else less walking."""
    if held.amount[NEW_BROKEN, 0] != held.amount[BEST_BROKEN, 0]:
        return held.amount[NEW_BROKEN, 0] < held.amount[BEST_BROKEN, 0]
    if held.amount[NEW_SCORE, 0] != held.amount[BEST_SCORE, 0]:
        return held.amount[NEW_SCORE, 0] > held.amount[BEST_SCORE, 0]
    return held.amount[NEW_VALUE, 0] > held.amount[BEST_VALUE, 0]


@compiled
def _copy_windows(held: Routes, opens: int, closes: int, to_opens: int, to_closes: int) -> None:
    window = held.amount
    for stop in range(window.shape[1]):
        window[to_opens, stop], window[to_closes, stop] = window[opens, stop], window[closes, stop]


@compiled
def _sum_up(net: Network, held: Routes, team: int) -> None:
    """Add a route's time up anew, so that rounding does not pile up over millions of edits."""
    stops, legs = held.stop, held.leg_s
    length = held.length[NOW, team]
    used_s = legs[NOW, team, length]
    for position in range(length):
        used_s += legs[NOW, team, position] + net.amount[DWELL_S, stops[NOW, team, position]]
    held.amount[USED_S, team] = used_s


@compiled
def clear_touched(held: Routes) -> None:
    """No route is touched from here on."""
    for index in range(held.mark[TOUCHED, 0]):
        held.mark[IS_TOUCHED, held.mark[TEAM, index]] = 0
    held.mark[TOUCHED, 0] = 0


@compiled
def remember(net: Network, held: Routes, pool: Pool) -> None:
    """Keep the touched routes in the pool, unless their set of stops is there already."""
    mask = np.uint64(len(pool.table) - 1)
    for index in range(held.mark[TOUCHED, 0]):
        team = held.mark[TEAM, index]
        length = held.length[NOW, team]
        if length == 0:
            continue
        name = np.uint64(net.mark[KIND, team] + 1)
        for position in range(length):
            name ^= net.name[held.stop[NOW, team, position]]
        place = np.int64(name & mask)
        while pool.table[place] >= 0 and pool.name[pool.table[place]] != name:
            place = np.int64(np.uint64(place + 1) & mask)
        known = pool.table[place]
        if known >= 0:
            pool.value[known] = max(pool.value[known], held.amount[NEW_SCORE, 0])
        elif pool.size[0] < len(pool.length):
            known = pool.size[0]
            pool.table[place], pool.name[known] = known, name
            pool.length[known], pool.kind[known], pool.value[known] = (
                length,
                net.mark[KIND, team],
                held.amount[NEW_SCORE, 0],
            )
            for position in range(length):
                pool.stop[known, position] = held.stop[NOW, team, position]
            pool.size[0] += 1
