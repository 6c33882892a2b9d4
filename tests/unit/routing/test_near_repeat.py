"""Near repeats must be found where they are, not where places are merely busy, and must fade."""

import numpy as np
import pytest

from routing.near_repeat import RATIO_MAX, measure_near_repeat

CORNERS = 80


def places(dice: np.random.Generator, count: int) -> np.ndarray:
    """Reports at corners of very different business."""
    corners = dice.uniform(0, 6000, (CORNERS, 2))
    rate = dice.gamma(0.5, 1.0, CORNERS)
    return corners[dice.choice(CORNERS, count, p=rate / rate.sum())] + dice.normal(0, 60, (count, 2))


def test_busy_places_are_no_repeats() -> None:
    """Places of different, steady business, and a season over all of them, raise nothing."""
    dice = np.random.default_rng(1)
    place = places(dice, 4000)
    day = dice.uniform(0, 700, 8000)
    day = day[dice.random(8000) < 0.5 + 0.45 * np.sin(day / 58)][:3000]
    found = measure_near_repeat("入室盗窃", *place[: len(day)].T, day)
    assert found.deciding is not None
    assert not found.used
    assert found.deciding.low < 1 < found.deciding.high
    assert "不作抬升" in found.words.zh
    assert found.ratio(np.array([10.0]), np.array([1.0])).tolist() == [1.0]


def test_repeats_are_found_and_fade() -> None:
    """Where one burglary in four is followed within days and metres, the ratio is high near and soon, and 1 far off."""
    dice = np.random.default_rng(2)
    first, day = dice.uniform(0, 6000, (2400, 2)), dice.uniform(0, 700, 2400)
    again = dice.random(2400) < 0.25
    place = np.concatenate([first, places(dice, 1500), first[again] + dice.normal(0, 30, (again.sum(), 2))])
    later = day[again] - dice.exponential(4, again.sum())
    days = np.concatenate([day, dice.uniform(0, 700, 1500), np.abs(later)])
    found = measure_near_repeat("入室盗窃", *place.T, days)
    assert found.used
    near, far = found.bands[0], found.bands[-1]
    assert near.ratio > 1.3
    assert near.low > 1
    assert far.ratio == pytest.approx(1.0, abs=0.1)
    ratio = found.ratio(np.array([50.0, 50.0, 50.0, 500.0]), np.array([2.0, 10.0, 20.0, 2.0]))
    assert 1.3 < ratio[0] <= RATIO_MAX
    assert ratio[0] >= ratio[1] >= ratio[2] == ratio[3] == 1.0
    assert f"{near.ratio:.2f}" in found.words.en


def test_too_few_reports_tell_nothing() -> None:
    """With few reports, or none, nothing is raised and it says why."""
    dice = np.random.default_rng(3)
    for count in (0, 1, 150):
        found = measure_near_repeat(
            "入室盗窃", *dice.uniform(0, 500, (2, count)), dice.uniform(0, 700, count)
        )
        assert not found.used
        assert found.bands == ()
        assert "太少" in found.words.zh


def test_many_reports_in_one_place_are_bounded_work() -> None:
    """Thousands of reports within a few metres are thinned, and still measured."""
    dice = np.random.default_rng(4)
    found = measure_near_repeat("自行车被盗", *dice.normal(0, 50, (2, 9000)), dice.uniform(0, 700, 9000))
    assert found.bands
    assert not found.used
