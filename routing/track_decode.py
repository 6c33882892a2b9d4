"""The most likely walk on a lattice of streets, given where a phone thought it was: decoded as a whole, compiled.

A hidden Markov model (Newson and Krumm 2009, "Hidden Markov map matching through noise and sparseness") whose states
are short directed cells of streets. A receiver's error drifts: what it was a moment ago tells most of what it is now.
So an error is judged by what it adds to the one before (first-order autoregression), which is what lets a turn be seen
that is smaller than the error itself.
"""

# numba carries few types: what its decorator returns is unknown until it is put into a typed name.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUntypedFunctionDecorator=false, reportUnknownParameterType=false, reportUnknownArgumentType=false
# pyright: reportMissingParameterType=false

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from routing.geo import Floats
from routing.track_lattice import Lattice

type Ints = NDArray[np.int64]

TURN_ROUND, TURN_ROUND_AT_END = 7.0, 0.7
"""What turning round costs (minus logarithm of its chance), amid a street and where it ends."""
STRANGE_MAX = 12.0
"""No single position counts more than this against a walk: some are simply wrong."""
PACE_STRANGE_MAX = 3.0
PRUNED_BEYOND = 45.0


@dataclass(frozen=True, slots=True)
class Seen:
    """Positions (metres on the plane) at even steps; `known` is False where a step has none and is only passed through.

    Nothing further than `within_m` explains a position. `error_m` is the usual error of one coordinate, `drift` how much
    of the last step's error remains. In the step that leads here `pace_m` metres are expected, give or take
    `pace_error_m`, and `reach_m` at most.
    """

    x_m: Floats
    y_m: Floats
    known: NDArray[np.bool_]
    within_m: Floats
    error_m: float
    drift: Floats
    pace_m: Floats
    pace_error_m: Floats
    reach_m: Floats


@dataclass(frozen=True, slots=True)
class Reach:
    """From each state, the states within `within_m`: how many metres away each is, and what the turns there cost."""

    within_m: float
    offset: Ints
    state: Ints
    metres: Floats
    cost: Floats


def reach_of(lattice: Lattice, within_m: float) -> Reach:
    """Everything within `within_m` along the streets."""
    return Reach(
        within_m,
        *_reach(
            lattice.onward_offset, lattice.onward, lattice.dead_end, lattice.cell_m, within_m,
            TURN_ROUND, TURN_ROUND_AT_END,
        ),
    )  # fmt: skip


def decode(lattice: Lattice, reach: Reach, seen: Seen) -> Ints:
    """The state at each step; -1 where no street explains the position."""
    return _decode(
        lattice.x_m, lattice.y_m, reach.offset, reach.state, reach.metres, reach.cost,
        seen.x_m, seen.y_m, seen.known, seen.within_m, seen.error_m, seen.drift,
        seen.pace_m, seen.pace_error_m, seen.reach_m, STRANGE_MAX, PACE_STRANGE_MAX, PRUNED_BEYOND,
    )  # fmt: skip


def way_through(lattice: Lattice, states: Ints, within_m: float) -> tuple[Ints, Ints]:
    """All states gone through from the first of `states` to the last, and for each the step in which it was."""
    return _way_through(lattice.onward_offset, lattice.onward, lattice.cell_m, states, within_m)


def unbroken(lattice: Lattice, way: Ints) -> list[Ints]:
    """The parts of a way within which each state leads on to the next."""
    ends = zip(lattice.onward_offset[way[:-1]], lattice.onward_offset[way[:-1] + 1], way[1:], strict=True)
    leads_on = [after in lattice.onward[begin:end] for begin, end, after in ends]
    return np.split(way, np.flatnonzero(~np.array(leads_on, dtype=np.bool_)) + 1)


@numba.njit(cache=True, nogil=True)
def _spread(
    onward_offset, onward, dead_end, cell_m, within_m, turn, turn_at_end,
    start, metres, cost, parent, found, queued,
):  # fmt: skip
    """Label every state within reach of `start` with the least metres to it; returns how many there are.

    `metres` is inf everywhere when called; the caller sets it back for the states in `found`.
    """
    count, at = 1, 0
    found[0], metres[start], cost[start], parent[start] = start, 0.0, 0.0, -1
    queue_size = 1
    queue = np.empty(64, np.int64)
    queue[0] = start
    queued[start] = True
    while at < queue_size:
        state = queue[at]
        at += 1
        queued[state] = False
        for index in range(onward_offset[state], onward_offset[state + 1]):
            following = onward[index]
            through = metres[state] + cell_m[following >> 1]
            if through > within_m or through >= metres[following]:
                continue
            if metres[following] == np.inf:
                found[count] = following
                count += 1
            metres[following] = through
            cost[following] = cost[state]
            if following == state ^ 1:
                cost[following] += turn_at_end if dead_end[state] else turn
            parent[following] = state
            if not queued[following]:
                if queue_size == len(queue):
                    longer = np.empty(2 * len(queue), np.int64)
                    longer[:queue_size] = queue
                    queue = longer
                queue[queue_size] = following
                queue_size += 1
                queued[following] = True
    return count


@numba.njit(cache=True, nogil=True)
def _reach(onward_offset, onward, dead_end, cell_m, within_m, turn, turn_at_end):
    count = len(onward_offset) - 1
    metres, cost = np.full(count, np.inf), np.zeros(count)
    parent, found = np.empty(count, np.int64), np.empty(count, np.int64)
    queued = np.zeros(count, np.bool_)
    offset = np.zeros(count + 1, np.int64)
    room = 32 * count + 1024
    all_state, all_metres, all_cost = np.empty(room, np.int64), np.empty(room), np.empty(room)
    used = 0
    for start in range(count):
        size = _spread(
            onward_offset, onward, dead_end, cell_m, within_m, turn, turn_at_end,
            start, metres, cost, parent, found, queued,
        )  # fmt: skip
        if used + size > room:
            room = 2 * room + size
            more_state, more_metres, more_cost = np.empty(room, np.int64), np.empty(room), np.empty(room)
            more_state[:used], more_metres[:used] = all_state[:used], all_metres[:used]
            more_cost[:used] = all_cost[:used]
            all_state, all_metres, all_cost = more_state, more_metres, more_cost
        for index in range(size):
            state = found[index]
            all_state[used], all_metres[used], all_cost[used] = state, metres[state], cost[state]
            metres[state] = np.inf
            used += 1
        offset[start + 1] = used
    return offset, all_state[:used].copy(), all_metres[:used].copy(), all_cost[:used].copy()


@numba.njit(cache=True, nogil=True)
def _decode(
    x_m, y_m, reach_offset, reach_state, reach_metres, reach_cost, seen_x_m, seen_y_m, known, within_m, error_m,
    drift, pace_m, pace_error_m, reach_m, strange_max, pace_strange_max, pruned_beyond,
):  # fmt: skip
    count, steps = len(x_m), len(seen_x_m)
    states = np.full(steps, -1, np.int64)
    score, new_score = np.full(count, np.inf), np.full(count, np.inf)
    alive, new_alive = np.empty(count, np.int64), np.empty(count, np.int64)
    came_from = np.empty(count, np.int64)
    kept_offset = np.zeros(steps + 1, np.int64)
    room = 64 * steps + count
    kept_state, kept_from = np.empty(room, np.int64), np.empty(room, np.int64)
    used, alive_count, chain_begin = 0, 0, 0
    variance = error_m * error_m
    for step in range(steps + 1):
        new_count = 0
        if step < steps and alive_count > 0:
            x, y = seen_x_m[step], seen_y_m[step]
            remains = drift[step]
            spread = 2.0 * variance * (1.0 - remains * remains)
            pace_spread = 2.0 * pace_error_m[step] ** 2
            near = within_m[step] ** 2
            for number in range(alive_count):
                state = alive[number]
                so_far = score[state]
                old_x = remains * (seen_x_m[step - 1] - x_m[state])
                old_y = remains * (seen_y_m[step - 1] - y_m[state])
                for index in range(reach_offset[state], reach_offset[state + 1]):
                    metres = reach_metres[index]
                    if metres > reach_m[step]:
                        continue
                    following = reach_state[index]
                    off_x, off_y = x - x_m[following], y - y_m[following]
                    if off_x * off_x + off_y * off_y > near:
                        continue
                    total = so_far + reach_cost[index]
                    total += min(pace_strange_max, (metres - pace_m[step]) ** 2 / pace_spread)
                    if known[step]:
                        total += min(strange_max, ((off_x - old_x) ** 2 + (off_y - old_y) ** 2) / spread)
                    if total < new_score[following]:
                        if new_score[following] == np.inf:
                            new_alive[new_count] = following
                            new_count += 1
                        new_score[following] = total
                        came_from[following] = state
        if alive_count > 0 and new_count == 0:
            # the chain ends here: walk it back
            best = alive[0]
            for number in range(alive_count):
                if score[alive[number]] < score[best]:
                    best = alive[number]
            at = step - 1
            while at >= chain_begin:
                states[at] = best
                for index in range(kept_offset[at], kept_offset[at + 1]):
                    if kept_state[index] == best:
                        best = kept_from[index]
                        break
                at -= 1
            for number in range(alive_count):
                score[alive[number]] = np.inf
            alive_count = 0
        if step == steps:
            break
        if alive_count == 0:
            chain_begin = step
            if known[step]:
                x, y = seen_x_m[step], seen_y_m[step]
                for state in range(count):
                    off = (x - x_m[state]) ** 2 + (y - y_m[state]) ** 2
                    if off <= within_m[step] ** 2:
                        new_alive[new_count] = state
                        new_count += 1
                        new_score[state] = min(strange_max, off / (2.0 * variance))
                        came_from[state] = -1
        best_score = np.inf
        for number in range(new_count):
            best_score = min(best_score, new_score[new_alive[number]])
        for number in range(alive_count):
            score[alive[number]] = np.inf
        if used + new_count > room:
            room = 2 * room + new_count
            more_state, more_from = np.empty(room, np.int64), np.empty(room, np.int64)
            more_state[:used], more_from[:used] = kept_state[:used], kept_from[:used]
            kept_state, kept_from = more_state, more_from
        alive_count = 0
        for number in range(new_count):
            state = new_alive[number]
            if new_score[state] <= best_score + pruned_beyond:
                score[state] = new_score[state]
                alive[alive_count] = state
                alive_count += 1
                kept_state[used], kept_from[used] = state, came_from[state]
                used += 1
            new_score[state] = np.inf
        kept_offset[step + 1] = used
    return states


@numba.njit(cache=True, nogil=True)
def _way_through(onward_offset, onward, cell_m, states, within_m):
    count = len(onward_offset) - 1
    metres, cost = np.full(count, np.inf), np.zeros(count)
    parent, found = np.empty(count, np.int64), np.empty(count, np.int64)
    queued, nowhere = np.zeros(count, np.bool_), np.zeros(count, np.bool_)
    room = 16 * len(states) + 64
    way, step_of = np.empty(room, np.int64), np.empty(room, np.int64)
    way[0], step_of[0] = states[0], 0
    used = 1
    back = np.empty(count, np.int64)
    for step in range(1, len(states)):
        if states[step] == states[step - 1]:
            continue
        size = _spread(
            onward_offset, onward, nowhere, cell_m, within_m, 0.0, 0.0,
            states[step - 1], metres, cost, parent, found, queued,
        )  # fmt: skip
        length, state = 0, states[step]
        if metres[state] == np.inf:
            # A walk that was lost and found again at once: no way leads there, so it is there without one.
            back[0], length, state = state, 1, states[step - 1]
        while state != states[step - 1]:
            back[length] = state
            length += 1
            state = parent[state]
        if used + length > room:
            room = 2 * room + length
            more_way, more_step = np.empty(room, np.int64), np.empty(room, np.int64)
            more_way[:used], more_step[:used] = way[:used], step_of[:used]
            way, step_of = more_way, more_step
        for index in range(length):
            way[used], step_of[used] = back[length - 1 - index], step
            used += 1
        for index in range(size):
            metres[found[index]] = np.inf
    return way[:used].copy(), step_of[:used].copy()
