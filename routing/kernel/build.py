"""Turns a patrol problem into the arrays of the compiled search."""

import math

import numpy as np

from routing.kernel.state import (
    ALLOWED_S,
    AWAY,
    BEST_BROKEN,
    DEPARTS_S,
    DISTRICT,
    DISTRICTS,
    DWELL_S,
    END,
    EXCESS_PRICE,
    FIRST,
    FIRST_CLOSES_S,
    FIRST_OPENS_S,
    GAP_S,
    INTO,
    KIND,
    LOAD_GAP_MAX,
    LOAD_LEAST,
    LOAD_MOST,
    MINIMUM,
    MISSING_PRICE,
    NEIGHBOURS_MAX,
    NETWORK_AMOUNTS,
    NETWORK_MARKS,
    NEVER_S,
    NOISE_LENGTH,
    NOISE_SPREADS,
    PAIRED,
    REMOTE_S,
    RETURNS_S,
    ROUTES_AMOUNTS,
    ROUTES_MARKS,
    SCORE,
    SECOND,
    SECOND_PRICE,
    SIDED,
    START,
    SYMMETRIC,
    TIMED,
    WITHIN_S,
    Bytes,
    Floats,
    Ints,
    Network,
    Pool,
    Routes,
)
from routing.problem import PatrolProblem, Team
from routing.standing import NO_LOADS, Loads

# Walking counts this share of a mean score per stop's worth of time: enough to break ties only.
WALK_WEIGHT = 0.02
VISITS_PER_TEAM_MAX = 20.0
# A visit missing in a district costs so many of the highest scores; a load too far from another so many routes.
MISSING_WEIGHT = 3.0
EXCESS_WEIGHT = 10.0
TABLE_MIN = 1 << 10

type Wanted = list[tuple[int, bool]]


def wanted_visits(problem: PatrolProblem) -> Wanted:
    """(stop, is it the second visit) of every visit that some team can make alone in its time."""
    reachable = _reachable(problem)
    firsts = [(index, False) for index in np.flatnonzero(reachable.any(axis=0)).tolist()]
    return firsts + [(index, True) for index, _ in firsts if problem.stops[index].again_score > 0]


def _reachable(problem: PatrolProblem) -> Bytes:
    """t x stops: whether the team may visit the stop and has the time to, if it visits nothing else."""
    places = np.array([stop.place for stop in problem.stops], dtype=np.int64)
    dwell_s = np.array([stop.dwell_s for stop in problem.stops])
    begin_s = np.array([stop.opens_s for stop in problem.stops])
    begun_s = np.array([stop.closes_s for stop in problem.stops]) - dwell_s
    only = [stop.team for stop in problem.stops]
    can = np.zeros((len(problem.teams), len(problem.stops)), dtype=np.uint8)
    for index, team in enumerate(problem.teams):
        walk = problem.seconds(index)
        out_s, home_s = walk[team.start_place, places], walk[places, team.end_place]
        arrive_s = np.maximum(team.window_s[0] + out_s, begin_s)
        fits = out_s + dwell_s + home_s <= team.allowed_s + WITHIN_S
        fits &= (arrive_s <= begun_s + WITHIN_S) & (
            arrive_s + dwell_s + home_s <= team.window_s[1] + WITHIN_S
        )
        can[index] = fits & np.array([name in ("", team.id) for name in only], dtype=np.bool_)
    return can


def build_network(
    problem: PatrolProblem, wanted: Wanted, noise: Floats, seed: int, loads: Loads = NO_LOADS
) -> Network:
    """The network of the wanted visits and all teams; `noise` comes from `make_noise`, `loads` are those of others."""
    stops, teams = [problem.stops[index] for index, _ in wanted], problem.teams
    gates = sorted({place for team in teams for place in (team.start_place, team.end_place)})
    node = {place: len(stops) + index for index, place in enumerate(gates)}
    places = np.array([*(stop.place for stop in stops), *gates], dtype=np.int64)
    walk, tables, is_symmetric = _walk_tables(problem, places)
    may = np.ascontiguousarray(_reachable(problem)[:, [index for index, _ in wanted]])
    width = max(len(stops), len(teams), len(problem.minimum), 1)

    mark = np.full((NETWORK_MARKS, width), -1, dtype=np.int64)
    mark[START, : len(teams)] = [node[team.start_place] for team in teams]
    mark[END, : len(teams)] = [node[team.end_place] for team in teams]
    mark[AWAY, : len(teams)] = [tables[team.profile][0] for team in teams]
    mark[INTO, : len(teams)] = [tables[team.profile][1] for team in teams]
    mark[KIND, : len(teams)] = team_kinds(teams, may)
    mark[SYMMETRIC] = is_symmetric
    _mark_rules(problem, wanted, mark)

    amount = np.zeros((NETWORK_AMOUNTS, width))
    amount[SCORE, : len(stops)] = _scores(problem, wanted)
    amount[DWELL_S, : len(stops)] = [stop.dwell_s for stop in stops]
    amount[REMOTE_S, : len(stops)] = _remote_s(walk, mark, len(teams), len(stops))
    amount[FIRST_OPENS_S, : len(stops)] = np.clip([stop.opens_s for stop in stops], -NEVER_S, NEVER_S)
    begun_s = [stop.closes_s - stop.dwell_s for stop in stops]
    amount[FIRST_CLOSES_S, : len(stops)] = np.clip(begun_s, -NEVER_S, NEVER_S)
    amount[GAP_S, : len(stops)] = [
        problem.stops[index].again_after_s if again else 0.0 for index, again in wanted
    ]
    amount[ALLOWED_S, : len(teams)] = [team.allowed_s for team in teams]
    amount[DEPARTS_S, : len(teams)] = [team.window_s[0] for team in teams]
    amount[RETURNS_S, : len(teams)] = [team.window_s[1] for team in teams]
    _set_prices(problem, wanted, amount)
    amount[LOAD_LEAST], amount[LOAD_MOST] = loads
    return Network(
        walk=walk,
        amount=amount,
        mark=mark,
        near=_nearest(walk, tables[teams[0].profile], len(stops)),
        may=may,
        noise=noise,
        name=np.random.default_rng(seed).integers(1, 2**63 - 1, size=len(stops)).astype(np.uint64),
    )


def _mark_rules(problem: PatrolProblem, wanted: Wanted, mark: Ints) -> None:
    """Set the links between visits, the districts with their minimums, and which rules there are at all."""
    districts = [name for name, visits in problem.minimum.items() if visits > 0]
    number = {visit: index for index, visit in enumerate(wanted)}
    for (index, again), at in number.items():
        if again:
            mark[FIRST, at] = number[index, False]
            mark[SECOND, number[index, False]] = at
        if problem.stops[index].district in districts:
            mark[DISTRICT, at] = districts.index(problem.stops[index].district)
    mark[MINIMUM, : len(districts)] = [problem.minimum[name] for name in districts]
    mark[DISTRICTS] = len(districts)
    mark[PAIRED] = any(again for _, again in wanted)
    mark[TIMED] = mark[PAIRED, 0] or any(problem.stops[index].has_window for index, _ in wanted)
    mark[SIDED] = bool(districts) or problem.load_gap_max < 1


def _set_prices(problem: PatrolProblem, wanted: Wanted, amount: Floats) -> None:
    """Set what a second costs, and what breaking a rule costs."""
    mean = mean_score(problem, wanted)
    visits = max(1.0, min(VISITS_PER_TEAM_MAX, len(wanted) / len(problem.teams)))
    mean_allowed_s = sum(team.allowed_s for team in problem.teams) / len(problem.teams)
    amount[SECOND_PRICE] = WALK_WEIGHT * mean * visits / mean_allowed_s
    amount[MISSING_PRICE] = MISSING_WEIGHT * float(amount[SCORE].max())
    amount[EXCESS_PRICE] = EXCESS_WEIGHT * mean * visits
    amount[LOAD_GAP_MAX] = problem.load_gap_max


def mean_score(problem: PatrolProblem, wanted: Wanted) -> float:
    """What a visit is worth in the mean."""
    return sum(_score(problem, visit) for visit in wanted) / max(1, len(wanted))


def _score(problem: PatrolProblem, visit: tuple[int, bool]) -> float:
    stop = problem.stops[visit[0]]
    return stop.again_score if visit[1] else stop.score


def _scores(problem: PatrolProblem, wanted: Wanted) -> Floats:
    """What each visit counts in the search; a required one outweighs all others together."""
    score = np.array([_score(problem, visit) for visit in wanted])
    is_required = np.array(
        [problem.stops[index].required and not again for index, again in wanted], dtype=np.bool_
    )
    return score + np.where(is_required, score.sum(), 0.0)


def make_noise(seed: int) -> Floats:
    """2 x NOISE_LENGTH factors around 1, little and much spread."""
    draws = np.random.default_rng(seed).random(NOISE_LENGTH) - 0.5
    return np.exp(np.outer(NOISE_SPREADS, draws))


def _walk_tables(problem: PatrolProblem, places: Ints) -> tuple[Floats, dict[int, tuple[int, int]], bool]:
    """Tables of walks among the places; for each profile which one is away and which into; all symmetric?"""
    # A finite stand-in for "no way", so that differences stay numbers; far above any budget.
    far_s = 1e3 * (1.0 + max(team.allowed_s for team in problem.teams))
    found: list[Floats] = []
    tables: dict[int, tuple[int, int]] = {}
    is_symmetric = True
    for index, team in enumerate(problem.teams):
        if team.profile in tables:
            continue
        walk = np.minimum(problem.seconds(index)[np.ix_(places, places)], far_s)
        found.append(walk)
        if np.array_equal(walk, walk.T):
            tables[team.profile] = len(found) - 1, len(found) - 1
        else:
            is_symmetric = False
            found.append(walk.T)
            tables[team.profile] = len(found) - 2, len(found) - 1
    return np.ascontiguousarray(np.stack(found)), tables, is_symmetric


def team_kinds(teams: tuple[Team, ...], may: Bytes) -> list[int]:
    """Equal numbers for teams that can do the same."""
    seen: dict[object, int] = {}
    return [
        seen.setdefault(
            (
                team.start_place,
                team.end_place,
                team.budget_s,
                team.window_s,
                team.profile,
                may[index].tobytes(),
            ),
            len(seen),
        )
        for index, team in enumerate(teams)
    ]


def _remote_s(walk: Floats, mark: Ints, teams: int, stops: int) -> Floats:
    """The shortest walk of any team that visits only this stop."""
    shortest = np.full(stops, math.inf)
    for start, end, away, into in {tuple(gate) for gate in mark[[START, END, AWAY, INTO], :teams].T.tolist()}:
        shortest = np.minimum(shortest, walk[away, start, :stops] + walk[into, end, :stops])
    return shortest


def _nearest(walk: Floats, tables: tuple[int, int], count: int) -> Ints:
    """n x up to NEIGHBOURS_MAX: each stop, then the others from the nearest on."""
    there_and_back = walk[tables[0], :count, :count] + walk[tables[1], :count, :count]
    np.fill_diagonal(there_and_back, -1.0)
    keep = min(count, NEIGHBOURS_MAX)
    if count > 4 * keep:
        nearest = np.argpartition(there_and_back, keep - 1, axis=1)[:, :keep]
        nearest.sort(axis=1)
        order = np.argsort(np.take_along_axis(there_and_back, nearest, axis=1), axis=1, kind="stable")
        return np.ascontiguousarray(np.take_along_axis(nearest, order, axis=1))
    return np.ascontiguousarray(np.argsort(there_and_back, axis=1, kind="stable")[:, :keep])


def make_routes(network: Network, seed: int) -> Routes:
    """Empty routes over a network."""
    teams, stops = network.may.shape
    nodes, width = network.walk.shape[1], longest_route(network) + 4
    amount = np.full((ROUTES_AMOUNTS, network.amount.shape[1]), -math.inf)
    amount[BEST_BROKEN] = math.inf

    def whole(*shape: int) -> Ints:
        return np.zeros(shape, dtype=np.int64)

    return Routes(
        stop=whole(3, teams, width),
        length=whole(3, teams),
        leg_s=np.zeros((8, teams, width)),
        cost_s=np.zeros((2, teams, stops)),
        after=whole(2, teams, stops),
        mark=whole(ROUTES_MARKS, max(nodes, network.mark.shape[1])),
        amount=amount,
        random=np.array([(seed * 2654435761 + 88172645463325252) % 2**63 + 1], dtype=np.uint64),
    )


def longest_route(network: Network) -> int:
    """How many stops a route can hold at most; tails and forced stops overfill routes for a moment."""
    teams, stops = network.may.shape
    least_s = float(network.amount[DWELL_S, :stops].min())
    if least_s <= 0:
        return stops
    return min(stops, 2 * int(network.amount[ALLOWED_S, :teams].max() / least_s) + 2)


def make_pool(network: Network, capacity: int) -> Pool:
    """An empty pool of routes."""
    table = TABLE_MIN
    while table < 4 * capacity:
        table *= 2
    width = max(1, longest_route(network))
    return Pool(
        stop=np.zeros((capacity, width), dtype=np.int32),
        length=np.zeros(capacity, dtype=np.int64),
        kind=np.zeros(capacity, dtype=np.int64),
        value=np.zeros(capacity),
        name=np.zeros(capacity, dtype=np.uint64),
        table=np.full(table, -1, dtype=np.int64),
        size=np.zeros(1, dtype=np.int64),
    )
