"""The figures must be those that the definitions give, and no week may be forecast from itself."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from routing.evaluate import SHARES, Walked, figures, in_words, walk_forward
from routing.forecast_choice import Choice
from routing.forecast_ground import Ground
from routing.forecast_past import Reports
from routing.forecast_reports import reports_of, residents_reports
from routing.geo import LocalPlane
from routing.incident import Incident


def walked(met: list[float], by_count: list[float], happened: float = 50.0, cells: int = 1000) -> Walked:
    """The same hits at every share."""
    weeks = len(met)
    spread = np.ones(len(SHARES))
    return Walked(
        met=np.outer(met, spread),
        met_by_count=np.outer(by_count, spread),
        best=np.full((weeks, len(SHARES)), 40.0),
        happened=np.full(weeks, happened),
        choices=(Choice("count", "short_history"),) * weeks,
        cells=cells,
    )


def test_measures_are_their_definitions() -> None:
    """Hit rate is hits over reports, PAI that over the share of the area, PEI hits over the best possible."""
    at = figures(walked([20, 30], [10, 15]))[1]
    assert at.share == 0.02
    assert at.hit_rate == pytest.approx(0.5)
    assert at.pai == pytest.approx(25)
    assert at.pei == pytest.approx(50 / 80)
    assert at.count_hit_rate == pytest.approx(0.25)
    assert at.against_count == pytest.approx(2.0)


def test_intervals_hold_the_figure_and_shrink_with_weeks() -> None:
    """The 95 % interval holds the figure, is the same every time, and is narrower with more weeks."""
    dice = np.random.default_rng(1)
    few = dice.poisson(20, 10).tolist()
    many = dice.poisson(20, 200).tolist()
    wide, narrow = figures(walked(few, [20.0] * 10))[1], figures(walked(many, [20.0] * 200))[1]
    for each in (wide, narrow):
        assert each.hit_rate_range[0] < each.hit_rate < each.hit_rate_range[1]
        assert each.against_count_range[0] < each.against_count < each.against_count_range[1]
    assert np.ptp(narrow.hit_rate_range) < np.ptp(wide.hit_rate_range) / 2
    assert figures(walked(few, [20.0] * 10))[1] == wide


def test_words_follow_the_interval() -> None:
    """Clearly better, clearly worse and neither are told apart by the interval, in both languages."""
    better = in_words(figures(walked([20] * 20, [10] * 20)), 20)
    worse = in_words(figures(walked([10] * 20, [20] * 20)), 20)
    same = in_words(figures(walked([18, 22] * 10, [22, 18] * 10)), 20)
    assert "明显好于" in better.zh
    assert "clearly more" in better.en
    assert "请直接用计数" in worse.zh
    assert "use the count" in worse.en
    assert "相当" in same.zh
    assert "about as many" in same.en
    assert "没有警情" in in_words((), 3).zh
    few = in_words(figures(walked([20] * 2, [10] * 2)), 2)
    assert "周数太少" in few.zh
    assert "too few weeks" in few.en
    assert "95" not in few.zh + few.en


def test_no_week_is_forecast_from_itself() -> None:
    """A burst in an unheard-of cell is missed in its own week and met in the next, by the map and by the count."""
    ground = Ground.of_centres(np.arange(50) * 100.0, np.zeros(50), 100.0)
    dice = np.random.default_rng(2)
    usual_age = dice.uniform(14, 340, 200)
    age = np.concatenate([usual_age, np.full(60, 10.0), np.full(60, 3.0)])
    cell = np.concatenate([dice.integers(0, 10, 200), np.full(120, 40)])
    reports = Reports(cell * 100.0, np.zeros(320), age, np.zeros(320, int), ("",), np.zeros(320, int))
    seen: list[tuple[int, int]] = []
    found = walk_forward(ground, reports, 2, on_week=lambda done, of: seen.append((done, of)))
    assert seen == [(1, 2), (2, 2)]
    assert found.happened.tolist() == [60, 60]
    assert found.met[:, 1].tolist() == [0, 60]
    assert found.met_by_count[:, 1].tolist() == [0, 60]
    assert found.best[:, 1].tolist() == [60, 60]


def test_what_patrols_found_is_left_out_and_hours_are_local() -> None:
    """Only residents' reports before the moment are kept; their hour is that of the moment's zone, -1 if unknown."""
    until = datetime(2026, 6, 5, 20, tzinfo=UTC) + timedelta(hours=0)
    monday = datetime(2026, 6, 1, 23, 30, tzinfo=UTC)
    known = Incident("a", monday, 116.3, 40.0, "盗窃")
    day_only = Incident("b", monday, 116.31, 40.0, "纠纷", clock_known=False)
    found = Incident("c", monday, 116.3, 40.0, "盗窃", source="patrol")
    later = Incident("d", until, 116.3, 40.0, "盗窃")
    kept = residents_reports([known, day_only, found, later], until)
    assert kept == [known, day_only]
    from zoneinfo import ZoneInfo

    arrays = reports_of(kept, until.astimezone(ZoneInfo("Asia/Shanghai")), LocalPlane(116.3, 40.0))
    assert arrays.hour.tolist() == [24 + 7, -1]
    assert arrays.age_days == pytest.approx([3 + 20.5 / 24] * 2)
    assert [arrays.kinds[each] for each in arrays.kind] == ["盗窃", "纠纷"]
    assert arrays.x_m[1] > 800


def test_at_least_one_week() -> None:
    """No weeks is a ValueError."""
    ground = Ground.of_centres(np.zeros(1), np.zeros(1), 100.0)
    nothing = Reports(np.zeros(0), np.zeros(0), np.zeros(0), np.zeros(0, int), ("",), np.zeros(0, int))
    with pytest.raises(ValueError, match="weeks is 0"):
        walk_forward(ground, nothing, 0)
    assert figures(walk_forward(ground, nothing, 2)) == ()
