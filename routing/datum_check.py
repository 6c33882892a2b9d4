"""Tells when incidents were declared in the wrong datum: they then lie beside the streets."""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from routing.geo import DATUMS, Datum, from_wgs84, to_wgs84
from routing.streets import StreetGraph
from routing.words import RequestError, Words

type Floats = NDArray[np.float64]

SAMPLE_MAX = 2000
# Another datum is only believed when far more incidents lie nearer to streets in it than chance allows
# (standard deviations of a sign test), and clearly nearer.
SIGN_TEST_MIN = 4.0
DISTANCE_RATIO_MAX = 0.6
# Smaller differences tell nothing; outside China two of the datums are the same.
MOVED_M = 0.5
# How many times more places must lie inside the streets in another datum before it is believed.
MORE_INSIDE_MIN = 2


def check_datum(lon: Floats, lat: Floats, declared: Datum, streets: StreetGraph) -> None:
    """RequestError when places read as `declared` (now WGS-84) fit the streets far better in another datum.

    The datum is never changed silently: the one who gave the file has to say what it is in.
    """
    step = max(1, len(lon) // SAMPLE_MAX)
    lon, lat = lon[::step], lat[::step]
    given = from_wgs84(lon, lat, declared)
    off_m = {datum: streets.snap(*to_wgs84(*given, datum)).distance_m for datum in DATUMS}
    best = min(DATUMS, key=lambda datum: (float(np.median(off_m[datum])), datum != declared))
    if best != declared and _fits_better(off_m[best], off_m[declared]):
        raise _wrong_datum(declared, best, float(np.median(off_m[declared])), float(np.median(off_m[best])))


def check_inside(inside: int, declared: Datum, inside_in: Callable[[Datum], int]) -> None:
    """RequestError when over twice as many places lie inside the streets in another datum than in `declared`.

    `inside_in(datum)` counts them; it is asked only when most places lie outside, which a file of a wider area
    may well have in every datum.
    """
    others = {datum: inside_in(datum) for datum in DATUMS if datum != declared}
    best = max(others, key=lambda datum: others[datum])
    if others[best] > MORE_INSIDE_MIN * inside:
        words = Words(
            zh=f"坐标系 {declared} 似乎不对：按它，只有 {inside} 起警情在街道范围内；按 {best} 有 {others[best]} 起；"
            f"请用 --datum {best}，或检查街道文件。",
            en=f"datum {declared} looks wrong: in it only {inside} incidents lie inside the streets, in {best} "
            f"{others[best]}; use --datum {best}, or check the streets file.",
        )
        raise RequestError("wrong_datum", words, field="datum", value=declared)


def _fits_better(off_m: Floats, off_declared_m: Floats) -> bool:
    moved = np.abs(off_m - off_declared_m) > MOVED_M
    nearer, tested = int((off_m[moved] < off_declared_m[moved]).sum()), int(moved.sum())
    if tested == 0:
        return False
    deviations = (2 * nearer - tested) / math.sqrt(tested)
    return (
        deviations > SIGN_TEST_MIN
        and float(np.median(off_m) / np.median(off_declared_m)) < DISTANCE_RATIO_MAX
    )


def _wrong_datum(declared: Datum, other: Datum, off_m: float, off_other_m: float) -> RequestError:
    words = Words(
        zh=f"坐标系 {declared} 似乎不对：按它，半数警情离街道 {off_m:.0f} 米以上；按 {other} 只有 {off_other_m:.0f} 米；"
        f"请用 --datum {other}，或检查街道文件。",
        en=f"datum {declared} looks wrong: in it half of the incidents lie over {off_m:.0f} m off the streets, "
        f"in {other} only {off_other_m:.0f} m; use --datum {other}, or check the streets file.",
    )
    return RequestError("wrong_datum", words, field="datum", value=declared)
