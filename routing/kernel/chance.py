"""Random numbers of the compiled search, in a state of its own, so that threads do not disturb each other."""

import numpy as np

from routing.kernel.compiled import compiled
from routing.kernel.state import (
    NOISE_LENGTH,
    Names,
    Network,
)


@compiled
def draw(random: Names) -> float:
    """The next random number, in [0, 1): xorshift64* (Vigna, "An experimental exploration of Marsaglia's xorshift
    generators, scrambled", 2016)."""
    state = random[0]
    state ^= state >> np.uint64(12)
    state ^= state << np.uint64(25)
    state ^= state >> np.uint64(27)
    random[0] = state
    return float((state * np.uint64(2685821657736338717)) >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@compiled
def draw_below(random: Names, limit: int) -> int:
    """A random whole number in 0..limit-1."""
    return int(draw(random) * limit)


@compiled
def factor(net: Network, row: int, offset: int, stop: int) -> float:
    """The stop's random factor around 1 under this move's offset."""
    return net.noise[row, (stop * 7919 + offset) & (NOISE_LENGTH - 1)]
