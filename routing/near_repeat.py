"""Whether a new burglary or vehicle theft is followed by others around it, measured by distance and days.

Pairs of reports within some distance are counted by the days between them, and set against the pairs that lie one to
three months apart at the same distance: that is what these places see anyway. The same quotient over all pairs of the
area takes out the seasons. (A Knox 1964 test whose yardstick is the place's own later weeks, so that places which are
busy throughout do not pass for repeats; ranges by drawing weeks anew.)
"""

# scipy carries no types: what it returns is unknown until it is put into an array.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from routing.kinds import kind_words
from routing.words import Words

type Floats = NDArray[np.float64]
type Ints = NDArray[np.int64]

DISTANCES_M = (100.0, 200.0, 400.0)
# Not the same day: one event is often reported by several people. Then week by week, and the yardstick.
DAYS = ((1, 7), (8, 14), (15, 28))
YARDSTICK_DAYS = (29, 84)
# What decides whether a kind repeats: its first fortnight within 100 m.
DECIDING_M, DECIDING_DAYS = 100.0, (1, 14)
RATIO_MAX = 4.0
REPORTS_MIN = 200
YARDSTICK_PAIRS_MIN = 40
# Enough to tell, and bounded work however dense the district.
REPORTS_MAX, PAIRS_MAX = 8000, 3_000_000
HISTORY_DAYS = 730
DRAWS = 400


@dataclass(frozen=True, slots=True)
class Band:
    """How many times as many followed between `from_days` and `to_days` later, from `beyond_m` to `within_m` metres
    away, as the place sees anyway, with the 95 % range and the pairs behind it."""

    beyond_m: float
    within_m: float
    from_days: int
    to_days: int
    ratio: float
    low: float
    high: float
    pairs: int


@dataclass(frozen=True, slots=True)
class NearRepeat:
    """What was measured of a kind. `used`: the first fortnight within 100 m (`deciding`) is surely raised; else
    nothing is raised for this kind. `bands` are by distance, then by days; empty, as `deciding`, with too few reports."""

    kind: str
    used: bool
    reports: int
    deciding: Band | None
    bands: tuple[Band, ...]
    words: Words

    def ratio(self, distance_m: Floats, days: Floats) -> Floats:
        """How many times as many are expected so far from, and so many days after, one report: 1 and more.

        It never grows with the distance or the days. 1 everywhere when not `used`.
        """
        found = np.ones(np.broadcast_shapes(np.shape(distance_m), np.shape(days)))
        if not self.used:
            return found
        table = np.array([band.ratio for band in self.bands]).reshape(len(DISTANCES_M), len(DAYS))
        table = np.clip(table, 1.0, RATIO_MAX)
        table = np.minimum.accumulate(np.minimum.accumulate(table, axis=0), axis=1)
        # A fortnight, as decided on; the third and fourth week are measured to show how it fades.
        raised_weeks = [rank for rank, (_, last) in enumerate(DAYS) if last <= DECIDING_DAYS[1]]
        near = np.searchsorted(DISTANCES_M, distance_m)
        late = np.searchsorted([DAYS[rank][1] for rank in raised_weeks], days)
        inside = (near < len(DISTANCES_M)) & (late < len(raised_weeks)) & (np.asarray(days) >= 0)
        safe_near = np.minimum(near, len(DISTANCES_M) - 1)
        safe_late = np.minimum(late, len(raised_weeks) - 1)
        return np.where(inside, table[safe_near, safe_late], found)


def measure_near_repeat(kind: str, x_m: Floats, y_m: Floats, age_days: Floats) -> NearRepeat:
    """Measure one kind's reports (places in metres, ages in days) of the last two years."""
    lately = np.flatnonzero(age_days <= HISTORY_DAYS)
    newest = lately[np.lexsort((y_m[lately], x_m[lately], age_days[lately]))][:REPORTS_MAX]
    day = np.floor(age_days[newest]).astype(np.int64)
    pairs = _pairs(np.column_stack([x_m[newest], y_m[newest]]))
    if len(newest) < REPORTS_MIN or len(pairs) == 0:
        return NearRepeat(kind, False, len(newest), None, (), _too_few_words(kind))
    gap = np.abs(day[pairs[:, 0]] - day[pairs[:, 1]])
    away_m = np.hypot(*(metres[newest][pairs[:, 0]] - metres[newest][pairs[:, 1]] for metres in (x_m, y_m)))
    week = np.maximum(day[pairs[:, 0]], day[pairs[:, 1]]) // 7
    usual = _pairs_by_gap(day)
    measured = [
        _band(beyond_m, within_m, days, gap, away_m, week, usual)
        for beyond_m, within_m in zip((-1.0, *DISTANCES_M), DISTANCES_M, strict=False)
        for days in DAYS
    ]
    deciding = _band(-1.0, DECIDING_M, DECIDING_DAYS, gap, away_m, week, usual)
    if deciding is None or any(band is None for band in measured):
        return NearRepeat(kind, False, len(newest), None, (), _too_few_words(kind))
    bands = tuple(band for band in measured if band)
    used = deciding.low > 1.0
    return NearRepeat(kind, used, len(newest), deciding, bands, _words(kind, used, deciding, bands[0]))


def _pairs(places: Floats) -> Ints:
    """Pairs of indices within the largest distance, of every second report, every third ... when they are too many."""
    if len(places) == 0:
        return np.zeros((0, 2), dtype=np.int64)
    step = 1
    while True:
        tree = KDTree(places[::step])
        if tree.count_neighbors(tree, DISTANCES_M[-1]) / 2 <= PAIRS_MAX:
            return np.asarray(tree.query_pairs(DISTANCES_M[-1], output_type="ndarray"), dtype=np.int64) * step
        step += 1


def _pairs_by_gap(day: Ints) -> Floats:
    """How many of all pairs lie so many days apart, index by days: what the seasons alone would give."""
    a_day = np.bincount(day - day.min()).astype(np.float64)
    last = YARDSTICK_DAYS[1]
    return np.array([float((a_day[gap:] * a_day[: len(a_day) - gap]).sum()) for gap in range(last + 1)])


def _band(
    beyond_m: float,
    within_m: float,
    days: tuple[int, int],
    gap: Ints,
    away_m: Floats,
    week: Ints,
    usual: Floats,
) -> Band | None:
    """The band's quotient; None when the yardstick holds too few pairs to tell."""
    near = (away_m > beyond_m) & (away_m <= within_m)
    soon, late = ((gap >= first) & (gap <= last) & near for first, last in (days, YARDSTICK_DAYS))
    if late.sum() < YARDSTICK_PAIRS_MIN:
        return None
    usual_soon, usual_late = (usual[first : last + 1].sum() for first, last in (days, YARDSTICK_DAYS))
    weeks = int(week.max()) + 1
    per_week = np.stack([np.bincount(week[chosen], minlength=weeks) for chosen in (soon, late)])
    drawn = np.random.default_rng(0).multinomial(weeks, np.full(weeks, 1.0 / weeks), DRAWS)
    ratios = (
        (drawn @ per_week[0]) / np.maximum(drawn @ per_week[1], 1.0) * (usual_late / max(usual_soon, 1.0))
    )
    low, high = np.quantile(ratios, [0.025, 0.975]).tolist()
    ratio = float(soon.sum() / late.sum() * usual_late / max(usual_soon, 1.0))
    return Band(max(beyond_m, 0.0), within_m, *days, ratio, low, high, int(soon.sum()))


def _words(kind: str, used: bool, deciding: Band, first: Band) -> Words:
    what = kind_words(kind)
    range_zh = f"{deciding.ratio:.2f} 倍（95% 区间 {deciding.low:.2f}–{deciding.high:.2f}）"
    range_en = f"{deciding.ratio:.2f} times (95 % range {deciding.low:.2f}-{deciding.high:.2f})"
    if used:
        return Words(
            f"一起{what.zh}之后，两周内 100 米内再发生的是平时的 {range_zh}，头一周为 {first.ratio:.2f} 倍；"
            "地图据此抬升，两周内消退。",
            f"After one report of {what.en}, {range_en} as many as usual followed within 100 m and two weeks, "
            f"{first.ratio:.2f} times in the first week; the map is raised by that for two weeks.",
        )
    return Words(
        f"数据没有显示{what.zh}会在附近接连发生，不作抬升：两周内 100 米内再发生的是平时的 {range_zh}。",
        f"The data do not show {what.en} repeating nearby, so nothing is raised: {range_en} as many as usual followed "
        "within 100 m and two weeks.",
    )


def _too_few_words(kind: str) -> Words:
    what = kind_words(kind)
    return Words(
        f"{what.zh}报告太少，看不出会不会在附近接连发生，不作抬升。",
        f"Too few reports of {what.en} to tell whether they repeat nearby: nothing is raised.",
    )
