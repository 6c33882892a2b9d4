"""The map must learn places and hours from the past, and give way to the plain count where it knows no better."""

from dataclasses import replace

import numpy as np
import pytest

from routing.forecast_ground import Ground
from routing.forecast_hours import hour_shares, week_shares
from routing.forecast_map import forecast
from routing.forecast_past import COUNT_DAYS, Reports, past_of, past_year_count

SIDE, SIZE_M = 20, 200.0
NIGHT = np.arange(168) % 24 < 8


def ground() -> Ground:
    middles = (np.arange(SIDE) + 0.5) * SIZE_M
    x_m, y_m = np.meshgrid(middles, middles)
    return Ground.of_centres(x_m.ravel(), y_m.ravel(), SIZE_M)


def reports_in(cell: np.ndarray, age_days: np.ndarray, hour: np.ndarray, kind: np.ndarray) -> Reports:
    here = ground()
    return Reports(
        x_m=here.x_m[cell],
        y_m=here.y_m[cell],
        age_days=age_days,
        kind=kind,
        kinds=("纠纷", "盗窃", "入室盗窃"),
        hour=hour,
    )


def world(seed: int = 1, days: float = 730, count: int = 6000, skew: float = 0.4) -> Reports:
    """Cells with steady rates of their own; the even ones are nightly, the odd ones daily."""
    dice = np.random.default_rng(seed)
    rate = dice.gamma(skew, 1.0, SIDE * SIDE)
    cell = dice.choice(SIDE * SIDE, count, p=rate / rate.sum())
    nightly = dice.random(count) < np.where(cell % 2 == 0, 0.7, 0.1)
    hour = dice.integers(0, 7, count) * 24 + np.where(
        nightly, dice.integers(0, 8, count), dice.integers(8, 24, count)
    )
    return reports_in(cell, dice.uniform(0.01, days, count), hour, dice.integers(0, 2, count))


def test_expected_is_what_comes_in_a_week() -> None:
    """The expectations sum to the usual reports of a week, and rank the cells as their rates do."""
    reports = world()
    found = forecast(ground(), reports)
    assert found.expected.sum() == pytest.approx(6000 / 730 * 7, rel=0.1)
    assert np.corrcoef(found.score, past_year_count(ground(), reports))[0, 1] > 0.9
    assert set(found.kinds) == {"纠纷", "盗窃"}
    assert found.choice.weeks == 13


def test_hours_move_the_map() -> None:
    """At night the nightly cells lead, whichever way the map is made; the share of each cell is near its true one."""
    reports = world()
    found = forecast(ground(), reports, NIGHT)
    busy = past_year_count(ground(), reports) >= 15
    even = np.arange(SIDE * SIDE) % 2 == 0
    assert found.share[busy & even].mean() == pytest.approx(0.7, abs=0.1)
    assert found.share[busy & ~even].mean() == pytest.approx(0.1, abs=0.08)
    best = np.argsort(-found.score)[:20]
    assert even[best].mean() > 0.8


def test_unknown_clocks_say_nothing_about_hours() -> None:
    """Reports without a clock count for the week, and leave the shares of the hours as they are."""
    reports = world()
    unknown = replace(
        reports,
        x_m=np.tile(reports.x_m, 2),
        y_m=np.tile(reports.y_m, 2),
        age_days=np.tile(reports.age_days, 2),
        kind=np.tile(reports.kind, 2),
        hour=np.concatenate([reports.hour, np.full(len(reports), -1)]),
    )
    with_them, without = forecast(ground(), unknown, NIGHT), forecast(ground(), reports, NIGHT)
    assert with_them.share == pytest.approx(without.share, abs=0.05)
    assert with_them.expected.sum() == pytest.approx(2 * without.expected.sum(), rel=0.1)


def test_under_a_year_of_history_the_count_is_used() -> None:
    """With ten months nothing is learned: the count ranks, equal counts by their surroundings, and it says why."""
    reports = world(days=300, count=2000)
    found = forecast(ground(), reports)
    assert (found.choice.way, found.choice.why) == ("count", "short_history")
    count = past_year_count(ground(), reports)
    order = np.argsort(-found.score, kind="stable")
    assert (np.diff(count[order]) <= 0).all()
    assert found.expected.sum() == pytest.approx(2000 / 300 * 7, rel=0.1)


def test_a_few_strays_make_no_history() -> None:
    """Three reports from years ago do not turn ten months into two years."""
    reports = world(days=300, count=2000)
    strays = reports_in(np.zeros(3, int), np.array([700.0, 900.0, 1400.0]), np.full(3, 5), np.zeros(3, int))
    both = Reports(
        *(np.concatenate([getattr(reports, name), getattr(strays, name)]) for name in ("x_m", "y_m", "age_days", "kind")),
        reports.kinds,
        np.concatenate([reports.hour, strays.hour]),
    )  # fmt: skip
    assert forecast(ground(), both).choice.why == "short_history"


def test_the_count_is_used_where_the_model_lost() -> None:
    """Where the last quarter turned against what the model learns (fresh reports now mean quiet), the count wins."""
    dice = np.random.default_rng(5)
    steady = world(seed=5, count=4000)
    # For a year a burst went on for three weeks where it had begun; in the last quarter each ended with its week.
    cell: list[int] = []
    age: list[float] = []
    for week in range(104):
        for burst in range(8):
            series = week // 3 if week >= 13 else 1000 + week
            cell += [(series * 37 + burst * 101) % (SIDE * SIDE)] * 10
            age += (week * 7 + dice.uniform(0, 7, 10)).tolist()
    bursts = reports_in(np.array(cell), np.array(age), np.full(len(cell), 5), np.zeros(len(cell), int))
    both = Reports(
        *(np.concatenate([getattr(steady, name), getattr(bursts, name)]) for name in ("x_m", "y_m", "age_days", "kind")),
        steady.kinds,
        np.concatenate([steady.hour, bursts.hour]),
    )  # fmt: skip
    found = forecast(ground(), both)
    assert (found.choice.way, found.choice.why) == ("count", "worse")
    assert found.choice.mixture_hit_rate is not None
    assert found.choice.count_hit_rate is not None
    assert found.choice.mixture_hit_rate < found.choice.count_hit_rate
    count = past_year_count(ground(), both)
    assert (np.diff(count[np.argsort(-found.score, kind="stable")]) <= 0).all()


def test_nothing_lately_is_nothing_to_compare() -> None:
    """When the last thirteen weeks hold no report, the count is used and says that nothing was compared."""
    reports = world()
    quiet = replace(reports, age_days=reports.age_days + 120)
    assert forecast(ground(), quiet).choice.why == "nothing_to_compare"


def test_no_reports_at_all() -> None:
    """Without a report every cell expects nothing."""
    found = forecast(
        ground(), reports_in(np.zeros(0, int), np.zeros(0), np.zeros(0, int), np.zeros(0, int)), NIGHT
    )
    assert found.expected.sum() == 0
    assert (found.score == 0).all()


def test_the_future_is_refused() -> None:
    """A report of the forecast's own week is an error, not a peek."""
    reports = world(count=10)
    with pytest.raises(ValueError, match="before the forecast"):
        forecast(ground(), replace(reports, age_days=reports.age_days - 400))


def test_past_year_is_365_days() -> None:
    """The yardstick counts the last 365 days up to the given day, and no other."""
    age = np.array([0.5, 364.9, 365.1, 400.0])
    reports = reports_in(np.arange(4), age, np.zeros(4, int), np.zeros(4, int))
    assert np.flatnonzero(past_year_count(ground(), reports)).tolist() == [0, 1]
    assert np.flatnonzero(past_year_count(ground(), reports, 100.0)).tolist() == [1, 2, 3]
    assert COUNT_DAYS == 365


def test_weekdays_and_hours_are_shared_as_they_came() -> None:
    """A cell of Saturday nights is told from one of working days; each row of the week sums to 1, each shift too."""
    dice = np.random.default_rng(9)
    count = 4000
    cell = dice.integers(0, SIDE * SIDE, count)
    cell[:800] = np.repeat([5, 6], 400)
    hour = dice.integers(0, 168, count)
    hour[:400] = 5 * 24 + dice.integers(0, 4, 400)
    hour[400:800] = dice.integers(0, 5, 400) * 24 + dice.integers(8, 16, 400)
    reports = reports_in(cell, dice.uniform(0.01, 700, count), hour, np.zeros(count, int))
    past = past_of(ground(), reports, None)
    expected = np.ones((len(past.groups), SIDE * SIDE))
    week, hours = week_shares(past, expected), hour_shares(past, expected)
    assert week.sum(axis=1) == pytest.approx(np.ones(SIDE * SIDE))
    assert hours.reshape(-1, 3, 8).sum(axis=2) == pytest.approx(np.ones((SIDE * SIDE, 3)))
    by_day_and_shift = week.reshape(-1, 7, 3)
    assert by_day_and_shift[5, 5:, 0].sum() > 0.85
    assert by_day_and_shift[6, :5, 1].sum() > 0.85
    assert hours[5, :4].sum() > 0.8
    assert by_day_and_shift[100].max() < 0.15
