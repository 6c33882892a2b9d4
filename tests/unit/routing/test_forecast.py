"""Hotspots must be where and when residents reported most, and must give no household away."""

from datetime import datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.forecast import find_hotspots
from routing.geo import LocalPlane, haversine_m
from routing.incident import Incident
from routing.outlook_spots import APART_M, window_hours

ZONE = timezone(timedelta(hours=8))
START = datetime(2026, 6, 5, 20, tzinfo=ZONE)  # a Friday
END = START + timedelta(hours=3)
PLANE = LocalPlane(116.3, 40.0)


def incident(
    number: int,
    x_m: float,
    y_m: float,
    *,
    days_ago: float = 30,
    hour: int = 21,
    kind: str = "纠纷",
    **more: object,
) -> Incident:
    lon, lat = PLANE.to_degrees(x_m, y_m)
    at = (START - timedelta(days=days_ago)).replace(hour=hour)
    return Incident(f"J{number}", at, float(lon), float(lat), kind, **more)  # pyright: ignore[reportArgumentType]


def cluster(count: int, x_m: float, y_m: float, **more: object) -> list[Incident]:
    start = int(abs(x_m) * 1e6 + abs(y_m) * 1e3)
    return [
        incident(start + n, x_m + n % 5, y_m + n % 3, days_ago=7 + 11 * n % 300, **more) for n in range(count)
    ]  # pyright: ignore[reportArgumentType]


def test_more_reports_rank_higher() -> None:
    """Of three places the one with most reports comes first with score 100, the others in proportion."""
    found = find_hotspots([*cluster(10, 0, 0), *cluster(40, 1000, 0), *cluster(20, 0, 1000)], START, END)
    x_m, y_m = PLANE.to_metres([h.lon for h in found], [h.lat for h in found])
    assert np.round(x_m, -2).tolist() == [1000, 0, 0]
    assert np.round(y_m, -2).tolist() == [0, 1000, 0]
    assert found[0].score == 100.0
    assert 40 < found[1].score < 60


def test_the_window_decides_between_day_and_night() -> None:
    """Of two places with equal counts the one whose reports fall in the window's hours wins, either way round."""
    reports = [*cluster(30, 0, 0, hour=21), *cluster(30, 1000, 0, hour=9)]
    evening = find_hotspots(reports, START, END)
    morning = find_hotspots(reports, START.replace(hour=8), START.replace(hour=11))
    assert evening[0].peak_hours == (20, 21, 22)
    assert morning[0].lon > evening[0].lon
    assert evening[0].expected > 3 * evening[1].expected


def test_recent_reports_count_more() -> None:
    """Twenty reports of the last month outweigh twenty of last summer."""
    old = [incident(n, 0, 0, days_ago=330 + n % 20) for n in range(20)]
    new = [incident(100 + n, 1000, 0, days_ago=1 + n % 20) for n in range(20)]
    found = find_hotspots([*old, *new], START, END)
    assert found[0].lon > found[1].lon


def test_only_what_residents_reported_before_trains() -> None:
    """What patrols found, what lies after the window's start and what is over four years old changes nothing."""
    known = cluster(12, 0, 0)
    ignored = [
        *(incident(900 + n, 1000, 0, source="patrol") for n in range(30)),
        *(incident(930 + n, 1000, 0, days_ago=1500 + n) for n in range(30)),
        *(incident(960 + n, 1000, 0, days_ago=-1 - n) for n in range(30)),
    ]
    assert find_hotspots([*known, *ignored], START, END) == find_hotspots(known, START, END)
    never = [one for one in ignored if one.source == "patrol" or one.at >= START]
    assert find_hotspots(never, START, END) == ()


def test_old_history_is_used_and_told() -> None:
    """Where nothing was reported for over a year, the last year of reports counts, and each reason names it."""
    old = [incident(n, 0, 0, days_ago=500 + 10 * n) for n in range(30)]
    longer = [*old, *(incident(100 + n, 1000, 0, days_ago=900 + n) for n in range(30))]
    (hotspot,) = find_hotspots(longer, START, END)
    assert hotspot.reason.zh.startswith("截至 2025-01 的一年里这里报过纠纷")
    assert "in the year to 2025-01" in hotspot.reason.en


def test_unknown_clocks_count_for_places_but_not_for_hours() -> None:
    """Days without a clock make a place hot, and do not shift its hours to noon."""
    days = [incident(n, 0, 0, hour=12, clock_known=False) for n in range(20)]
    (hotspot,) = find_hotspots(days, START, END)
    assert hotspot.peak_hours == ()
    with_evenings = find_hotspots([*days, *cluster(20, 1000, 0, hour=21)], START, END)
    assert with_evenings[1].expected > 0.2 * with_evenings[0].expected


def test_no_rare_offence_owns_a_cell() -> None:
    """A weight of a thousand counts as the cap."""
    found = find_hotspots([*cluster(30, 0, 0), *cluster(3, 1000, 0, weight=1000.0)], START, END)
    assert found[0].lon < found[1].lon


def test_few_reports_never_point_at_their_place() -> None:
    """A cell with one or two reports is shown by its middle, and only after all others."""
    lonely = incident(1, 1020, 10, days_ago=1)
    found = find_hotspots([*cluster(3, 0, 0, hour=9), lonely], START, END, limit=1)
    assert float(haversine_m(found[0].lon, found[0].lat, 116.3, 40.0)) < 50
    for hotspot in find_hotspots([lonely, *cluster(3, 0, 0)], START, END):
        assert float(haversine_m(hotspot.lon, hotspot.lat, lonely.lon, lonely.lat)) > 20
        assert "少于 5 起" in hotspot.reason.zh


def test_counts_are_bucketed_in_reasons() -> None:
    """The exact number of reports is in no sentence; kinds and hours are."""
    hotspot = find_hotspots(cluster(17, 0, 0, kind="盗窃电动车"), START, END)[0]
    assert hotspot.kinds == ("盗窃电动车",)
    assert hotspot.reason.zh == "近一年这里报过盗窃电动车（10–19 起），多在 20–23 点，与这次巡逻的时段相合。"
    assert hotspot.reason.en == (
        "Residents reported e-bike theft here in the past year (10–19), mostly 20:00–23:00, the hours of this patrol."
    )


def test_days_that_stand_out_are_named() -> None:
    """Reports that fall on Fridays say so."""
    fridays = [incident(n, 0, 0, days_ago=7 * (n + 1)) for n in range(24)]
    assert "周五 20–23 点" in find_hotspots(fridays, START, END)[0].reason.zh


def test_snapped_and_kept_away() -> None:
    """Places go where the snapper puts them, and none into a circle to avoid."""
    reports = [*cluster(20, 0, 0), *cluster(10, 1000, 0)]
    corner = PLANE.to_degrees(0, 0)
    (left,) = find_hotspots(reports, START, END, avoid=[(float(corner[0]), float(corner[1]), 200.0)])
    assert left.lon > 116.305

    def to_one_place(lon: np.ndarray, lat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return np.full(np.shape(lon), 116.35), np.full(np.shape(lon), 40.05)

    (only,) = find_hotspots(reports, START, END, snapper=to_one_place)
    assert (only.lon, only.lat) == (116.35, 40.05)


def test_window_hours_over_midnight() -> None:
    """An evening past midnight covers the end of one weekday and the start of the next."""
    covered = window_hours(START.replace(hour=22, minute=30), START.replace(hour=22) + timedelta(hours=3))
    assert covered.sum() == pytest.approx(2.5)
    assert covered[4, 22] == 0.5
    assert covered[4, 23] == covered[5, 0] == 1.0


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 2000), st.integers(0, 2000), st.integers(1, 364), st.integers(0, 23)),
        max_size=60,
    ),
    st.integers(1, 20),
)
def test_any_history_gives_sound_hotspots(rows: list[tuple[int, int, int, int]], limit: int) -> None:
    """Whatever was reported: at most `limit` places, ranked, apart, scored 0.1 to 100, whichever order it came in."""
    reports = [incident(n, x, y, days_ago=ago, hour=hour) for n, (x, y, ago, hour) in enumerate(rows)]
    found = find_hotspots(reports, START, END, limit=limit)
    assert len(found) <= limit
    assert bool(found) == bool(rows)
    assert [h.score for h in found] == sorted((h.score for h in found), reverse=True)
    assert all(0 <= h.low <= h.expected * 1.001 and np.isfinite(h.high) for h in found)
    assert all(0.1 <= h.score <= 100 for h in found)
    for n, a in enumerate(found):
        for b in found[n + 1 :]:
            assert float(haversine_m(a.lon, a.lat, b.lon, b.lat)) > APART_M * 0.99
    again = find_hotspots(reports[::-1], START, END, limit=limit)
    assert [(h.id, h.reason) for h in again] == [(h.id, h.reason) for h in found]


@pytest.mark.parametrize("bad", [{"limit": 0}, {"cell_m": 0.0}])
def test_impossible_parameters(bad: dict[str, float]) -> None:
    """No places, or cells of no size, are refused by name."""
    with pytest.raises(ValueError, match=next(iter(bad))):
        find_hotspots([], START, END, **bad)  # pyright: ignore[reportArgumentType]
