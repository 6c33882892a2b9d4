"""Hands the routes that the search has met to the master problem, and takes back a better choice among them."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from routing.annealing import Annealing, Nodes
from routing.kernel.state import (
    ALLOWED_S,
    AWAY,
    DISTRICT,
    DISTRICTS,
    DWELL_S,
    END,
    KIND,
    LOAD_GAP_MAX,
    MINIMUM,
    PAIRED,
    SCORE,
    START,
    TIMED,
)
from routing.master import Column, Effort, Rules, choose

# A choice must be better by this share of the best so far.
LEAST_GAIN_SHARE = 1e-6


@dataclass(frozen=True, slots=True)
class Kept:
    """Columns with the pool's stops, and how many teams there are of each kind."""

    columns: list[Column]
    supply: Counter[int]
    rules: Rules


def is_recombinable(search: Annealing) -> bool:
    """Whether a route of one solution means the same in another: not where visits wait for each other."""
    mark, gap = search.network.mark, float(search.network.amount[LOAD_GAP_MAX, 0])
    return not mark[PAIRED, 0] and not (mark[TIMED, 0] and gap < 1)


def recombine(search: Annealing, *, seed: int, effort: Effort) -> Nodes | None:
    """Routes worth more than the best so far, chosen among those of good solutions; None when there are none.

    A stop in several chosen routes stays in the first of them.
    """
    kept = _kept(search, effort.columns_max)
    scores: list[float] = search.network.amount[SCORE, : len(search.wanted)].tolist()
    above = search.best_score * (1 + LEAST_GAIN_SHARE) if search.best_broken == 0 else 0.0
    chosen = choose(kept.columns, scores, kept.supply, above, seed=seed, rules=kept.rules, effort=effort)
    if chosen is None:
        return None
    kinds: list[int] = search.network.mark[KIND, : search.team_count].tolist()
    free = {kind: [team for team, other in enumerate(kinds) if other == kind] for kind in kept.supply}
    routes: Nodes = [[] for _ in kinds]
    seen: set[int] = set()
    for index in chosen:
        column = kept.columns[index]
        routes[free[column.kind].pop(0)] = [stop for stop in column.stops if stop not in seen]
        seen.update(column.stops)
    return routes


def _kept(search: Annealing, count: int) -> Kept:
    """The routes of the best solutions met, best first, as columns."""
    net, pool = search.network, search.pool
    size = int(pool.size[0])
    best_first = np.argsort(-pool.value[:size], kind="stable")[:count].tolist()
    kinds: list[int] = net.mark[KIND, : search.team_count].tolist()
    gap = float(net.amount[LOAD_GAP_MAX, 0])
    columns = [
        Column(
            int(pool.kind[index]),
            stops := tuple(pool.stop[index, : pool.length[index]].tolist()),
            _load(search, kinds.index(int(pool.kind[index])), stops) if gap < 1 else 0.0,
        )
        for index in best_first
    ]
    districts = int(net.mark[DISTRICTS, 0])
    rules = Rules(
        district=net.mark[DISTRICT, : len(search.wanted)].tolist(),
        minimum=net.mark[MINIMUM, :districts].tolist(),
        load_gap_max=gap,
    )
    return Kept(columns, Counter(kinds), rules)


def _load(search: Annealing, team: int, stops: tuple[int, ...]) -> float:
    """The share of its time that a team is out on this route."""
    net = search.network
    walk = net.walk[net.mark[AWAY, team]]
    nodes = [int(net.mark[START, team]), *stops, int(net.mark[END, team])]
    seconds = walk[nodes[:-1], nodes[1:]].sum() + net.amount[DWELL_S, list(stops)].sum()
    return float(seconds / net.amount[ALLOWED_S, team])
