"""How far the expected reports of a cell may be off: a range whose width is fitted to how the last weeks turned out."""

# scipy carries no types: what it returns is unknown until it is put into an array.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincinv, gammaln

from routing.forecast_choice import Tested
from routing.forecast_past import Past, past_year_count

type Floats = NDArray[np.float64]
type Sure = Literal["firm", "fair", "thin"]

RANGE = (0.1, 0.9)
# How many reports the forecast itself counts for beside the cell's own of the past year.
WORTHS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
# How much a rate drifts from quarter to quarter however many reports there are: the square of the share.
DRIFTS = (0.0, 0.003, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32)
UNTESTED = (1.0, 0.04)
# The upper end of the range over the lower.
FIRM_SPAN, FAIR_SPAN = 2.0, 4.0
_FLOOR = 1e-9


def doubt(expected: Floats, past: Past, tested: Tested) -> tuple[Floats, Floats]:
    """The 80 % range of each cell's weekly rate: gamma, as sharp as its own reports and the forecast's worth make it,
    and no sharper than rates drift.

    Worth and drift are those that make the tested weeks likeliest, each cell's sum over them being negative binomial.
    """
    shape = _shape(past_year_count(past.ground, past.reports), *_worth_and_drift(past, tested))
    low, high = (gammaincinv(shape, at) / shape * expected for at in RANGE)
    return np.asarray(low), np.asarray(high)


def _shape(own: Floats, worth: float, drift: float) -> Floats:
    return 1.0 / (1.0 / (own + worth) + drift)


def _worth_and_drift(past: Past, tested: Tested) -> tuple[float, float]:
    came, score = tested.happened.sum(axis=0), tested.score.sum(axis=0)
    if came.sum() == 0 or score.sum() == 0:
        return UNTESTED
    expected = np.maximum(score * came.sum() / score.sum(), _FLOOR)
    own = past_year_count(past.ground, past.reports, 7.0 * len(tested.happened))
    tried = [(worth, drift) for worth in WORTHS for drift in DRIFTS]
    return max(tried, key=lambda each: _likelihood(came, expected, _shape(own, *each)))


def _likelihood(came: Floats, expected: Floats, shape: Floats) -> float:
    """The negative binomial log-likelihood, but for a constant."""
    found = gammaln(came + shape) - gammaln(shape) - shape * np.log1p(expected / shape)
    return float((found + came * (np.log(expected) - np.log(shape + expected))).sum())


def sureness(low: Floats, high: Floats) -> tuple[Sure, ...]:
    """Each range in a word: "firm" when its ends differ by at most the double, "fair" by four times, else "thin"."""
    span = high / np.maximum(low, _FLOOR)
    words: list[Sure] = ["firm", "fair", "thin"]
    return tuple(words[rank] for rank in np.searchsorted([FIRM_SPAN, FAIR_SPAN], span).tolist())
