"""How a cell's reports are shared among the hours or shifts of a day and the days of a week.

A cell's own few reports are pulled towards what its kinds of report do in the whole area and what its surroundings
do, as strongly as makes what was seen in all cells likeliest (empirical Bayes with a Dirichlet-multinomial).
"""

# scipy carries no types: what it returns is unknown until it is put into an array.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

type Floats = NDArray[np.float64]

PULLS = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0, 120.0, 300.0, 1000.0)
# The surroundings' own pull towards the area, in reports.
AROUND_PULL = 30.0
# As if every kind had been seen once in the whole area's proportions.
KIND_PULL = 5.0
_FLOOR = 1e-9


def kind_shares(count: Floats) -> Floats:
    """Kinds x slots counts of the area to each kind's shares, rare kinds pulled towards all kinds together."""
    whole = (count.sum(axis=0) + 1.0) / (count.sum() + count.shape[1])
    return (count + KIND_PULL * whole) / (count.sum(axis=1, keepdims=True) + KIND_PULL)


def cell_shares(own: Floats, around: Floats, around_usual: Floats, usual: Floats) -> Floats:
    """Each cell's share of its reports in each slot: cells x slots, rows sum to 1.

    `own`: the cell's reports by slot; `around`: its surroundings'; `around_usual`: the surroundings' as they would
    be if each report came when its kind usually does; `usual`: the cell's usual shares by its mix of kinds (rows sum
    to 1). All are cells x slots.
    """
    ratio = (around + AROUND_PULL * usual) / (around_usual + AROUND_PULL * usual + _FLOOR)
    prior = usual * ratio
    prior /= np.maximum(prior.sum(axis=1, keepdims=True), _FLOOR)
    pull = likeliest_pull(own, prior)
    return (own + pull * prior) / (own.sum(axis=1, keepdims=True) + pull)


def likeliest_pull(own: Floats, prior: Floats) -> float:
    """The number of reports that `prior` counts for that makes the cells' own counts likeliest."""
    some = own.sum(axis=1) > 1
    if not some.any():
        return PULLS[-1]
    count, shares = own[some], np.maximum(prior[some], 1e-6)
    return max(PULLS, key=lambda pull: _likelihood(count, pull * shares, pull))


def _likelihood(count: Floats, pseudo: Floats, pull: float) -> float:
    """The Dirichlet-multinomial log-likelihood, but for a constant."""
    within = gammaln(count + pseudo) - gammaln(pseudo)
    return float(within.sum() - (gammaln(count.sum(axis=1) + pull) - gammaln(pull)).sum())
