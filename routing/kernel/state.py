"""What the compiled search works on: the problem as arrays, and the routes with all that is known about them.

Related figures share an array, one row each, because handing many arrays from one compiled function to the
next costs more than the work they do. The names below are those rows.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

type Floats = NDArray[np.float64]
type Ints = NDArray[np.int64]
type Bytes = NDArray[np.uint8]
type Names = NDArray[np.uint64]

# Seconds: a route may be this much over its time, which is what adding floats in another order can make.
WITHIN_S = 1e-7
NEVER_S = 1e18
NOISE_LENGTH = 1 << 16
NOISE_SPREADS = (0.5, 1.5)
NEIGHBOURS_MAX = 100

# Versions of the routes: as they are, as they were before this move (touched ones only), the best so far.
NOW, OLD, BEST = range(3)

# Network.amount, by stop: what a visit is worth; seconds of dwelling; shortest walk that visits only it; when dwelling
# may begin and must have begun; of a second visit, the seconds it must come after the first.
SCORE, DWELL_S, REMOTE_S, FIRST_OPENS_S, FIRST_CLOSES_S, GAP_S = range(6)
# By team: the seconds it has, its earliest departure, its latest return.
ALLOWED_S, DEPARTS_S, RETURNS_S = range(6, 9)
# Alone: the price of a second out, enough to break ties; of a visit missing in a district; of load beyond the cap; the cap.
SECOND_PRICE, MISSING_PRICE, EXCESS_PRICE, LOAD_GAP_MAX = range(9, 13)
# And the least and greatest share of their time that teams outside the problem are out.
LOAD_LEAST, LOAD_MOST = range(13, 15)
NETWORK_AMOUNTS = 15

# Network.mark, by stop: of a second visit, the stop's first, of a first visit its second, and the district; -1 for none.
FIRST, SECOND, DISTRICT = range(3)
# By team: its first and last node, which tables hold its walks and the same walks transposed, and a number equal for
# teams that can swap routes.
START, END, AWAY, INTO, KIND = range(3, 8)
# By district: the visits wanted.
MINIMUM = 8
# Alone: is there any time window; any second visit; any minimum or cap; are all walks the same both ways; districts.
TIMED, PAIRED, SIDED, SYMMETRIC, DISTRICTS = range(9, 14)
NETWORK_MARKS = 14

# Routes.leg_s: the walk into a position, now and before this move; and the parts of the route, see `clock`.
HEAD_S, HEAD_OPENS_S, HEAD_CLOSES_S, TAIL_S, TAIL_OPENS_S, TAIL_CLOSES_S = range(2, 8)

# Routes.mark, by node: the team that visits it (-1: none), its position in the route.
WHERE, AT = range(2)
# By stop or by number: the absent stops, a stop's place among them (-1), the move that took it out; stops that may
# come in, and the cheapest team for each.
LISTED, SLOT, FRESH, CANDIDATE, TEAM_OF = range(2, 7)
# By number, by team, by district: the touched teams; whether a team is touched; the visits there are.
TEAM, IS_TOUCHED, SERVED = range(7, 10)
# Alone: how many stops are absent, how many teams touched, and the number of this move.
ABSENT, TOUCHED, STAMP = range(10, 13)
ROUTES_MARKS = 13

# Routes.amount, by stop: how much the rule wants a candidate; a stop's window, narrowed by its other visit; the same
# before this move and in the best routes.
WORTH, OPENS_S, CLOSES_S, OLD_OPENS_S, OLD_CLOSES_S, BEST_OPENS_S, BEST_CLOSES_S = range(7)
# By team, now and before this move: seconds out, and sum of scores.
USED_S, OLD_USED_S, GAIN, OLD_GAIN = range(7, 11)
# Alone, of the held routes, the new and the best ones: score, seconds, score less all prices, price of broken rules.
HELD_SCORE, HELD_USED_S, HELD_VALUE = range(11, 14)
NEW_SCORE, NEW_USED_S, NEW_VALUE, NEW_BROKEN = range(14, 18)
BEST_SCORE, BEST_VALUE, BEST_BROKEN = range(18, 21)
ROUTES_AMOUNTS = 21


class Network(NamedTuple):
    """The problem: n stops are nodes 0 to n-1, starts and ends the nodes from n on; t teams."""

    walk: Floats  # tables x nodes x nodes, seconds without dwelling
    amount: Floats  # NETWORK_AMOUNTS rows
    mark: Ints  # NETWORK_MARKS rows
    near: Ints  # n x up to NEIGHBOURS_MAX: the stop itself, then the others, nearest first
    may: Bytes  # t x n: whether the team may visit the stop
    noise: Floats  # 2 x NOISE_LENGTH factors around 1, little and much spread
    name: Names  # n random numbers, whose exclusive or names a set of stops


class Routes(NamedTuple):
    """The routes, what is absent from them, and the cheapest way in for each absent stop.

    `leg_s[v, k, j]` is the walk into position j of team k's route, the last one to its end. `cost_s[v, k, c]`
    is what inserting absent stop c at its best place in route k adds, and `after[v, k, c]` the node before
    that place; both are exact for absent stops and meaningless for the others.
    """

    stop: Ints  # 3 x t x width
    length: Ints  # 3 x t
    leg_s: Floats  # 8 x t x width
    cost_s: Floats  # 2 x t x n
    after: Ints  # 2 x t x n
    mark: Ints  # ROUTES_MARKS rows
    amount: Floats  # ROUTES_AMOUNTS rows
    random: Names  # one entry: the state of the random numbers


class Pool(NamedTuple):
    """Routes that good solutions used, each set of stops once for each kind of team."""

    stop: NDArray[np.int32]
    length: Ints
    kind: Ints
    value: Floats  # the best score of a solution it was part of
    name: Names
    table: Ints  # open addressing: name -> index, -1 empty
    size: Ints  # one entry: routes kept
