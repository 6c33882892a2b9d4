"""Draws evenings from a mixture so that those who watched the last two weeks learn least: what was walked rarely comes rather."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.predictability import NIGHTS, legs_of, onward_of
from routing.routes import Routes

type Floats = NDArray[np.float64]

# How much a plan's chance rises with what its ways on fell short of lately, and how many times its weight at most: more
# would make the next night easier to guess for somebody who knows the mixture.
PULL = 5.0
CHANCE_MAX = 2.0
PROMISE_FORTNIGHTS = 150


@dataclass(frozen=True, slots=True)
class Promise:
    """What a long run of draws comes to: the share of nights that each stop is meant to be visited in, the greatest
    difference from it, and the mean entropy (bits) and overlap (share of legs) over fourteen nights."""

    intended: Mapping[str, float]
    deviation: float
    entropy_bits: float
    overlap: float


class Deck:
    """Plans and their weights, which sum to 1."""

    def __init__(self, plans: Sequence[Routes], weights: Sequence[float]) -> None:
        self._plans, self._weights = plans, np.array(weights)
        self._number: dict[tuple[str, str], int] = {}
        for leg in (leg for plan in plans for leg in onward_of(plan)):
            self._number.setdefault(leg, len(self._number))
        self._taken = np.stack([self.taken([plan]) for plan in plans])
        self._meant: Floats = self._weights @ self._taken
        self._visits = np.maximum(1.0, self._taken.sum(axis=1))

    def taken(self, nights: Sequence[Routes]) -> Floats:
        """How often each way on was taken in the last of these nights; ways that no plan takes are left aside."""
        counts = Counter(leg for night in nights[-(NIGHTS - 1) :] for leg in onward_of(night))
        found = np.zeros(len(self._number))
        for leg, count in counts.items():
            if leg in self._number:
                found[self._number[leg]] = count
        return found

    def chances(self, taken: Floats, nights: int) -> Floats:
        """Each plan's chance of being drawn when its ways on were `taken` so often in the last `nights`."""
        short = (nights * self._meant - taken) / np.maximum(NIGHTS * self._meant, 0.5)
        pull = PULL * (self._taken @ short) / self._visits
        found = self._weights * np.exp(pull - pull.max())
        found = found / found.sum()
        most = CHANCE_MAX * self._weights
        for _ in range(len(found)):
            above = found > most
            if not above.any():
                break
            found[above] = most[above]
            free = ~above & (found < most)
            rest = 1 - found[~free].sum()
            found[free] *= max(rest, 0.0) / max(found[free].sum(), 1e-300)
        return found / found.sum()

    def promise(self) -> Promise:
        """What is to be expected, from a long run of draws that is always the same."""
        draw = np.random.default_rng(0)
        drawn: list[int] = []
        for _ in range(NIGHTS * PROMISE_FORTNIGHTS):
            recent = drawn[-(NIGHTS - 1) :]
            chances = self.chances(self._taken[recent].sum(axis=0), len(recent))
            drawn.append(int(draw.choice(len(chances), p=chances)))
        legs = [legs_of(plan) for plan in self._plans]
        same = np.array([[len(one & other) / max(1, len(one)) for other in legs] for one in legs])
        stops = sorted({stop for stop, _ in self._number})
        visited = np.array(
            [[any(c.stop == s for cs in p.values() for c in cs) for s in stops] for p in self._plans]
        )
        intended = self._weights @ visited
        met = visited[drawn].mean(axis=0)
        return Promise(
            dict(zip(stops, intended.tolist(), strict=True)),
            float(np.abs(met - intended).max()),
            float(np.mean([self._bits(drawn[at : at + NIGHTS]) for at in range(0, len(drawn), NIGHTS)])),
            float(same[drawn[1:], drawn[:-1]].mean()),
        )

    def _bits(self, drawn: Sequence[int]) -> float:
        """Next-stop entropy over these nights, as `routing.predictability` counts it."""
        flow = self._taken[list(drawn)].sum(axis=0)
        stops = np.unique([stop for stop, _ in self._number], return_inverse=True)[1]
        taken = flow > 0
        shares = flow[taken] / np.bincount(stops, flow)[stops][taken]
        return float(-(flow[taken] * np.log2(shares)).sum() / flow.sum()) if taken.any() else 0.0
