"""An outlook must say where and when to expect what, learn from nobody but residents, and survive being stored."""

import pickle
from dataclasses import fields
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.geo import Bounds, LocalPlane
from routing.incident import Incident
from routing.kinds import KindRule
from routing.outlook import Outlook, make_outlook
from routing.outlook_file import pack, unpack
from routing.outlook_met import meet
from routing.outlook_spots import spots
from routing.outlook_week import week_of
from routing.streets import StreetGraph
from routing.words import RequestError

ZONE = ZoneInfo("Asia/Shanghai")
AT = datetime(2026, 6, 5, 20, tzinfo=ZONE)
PLANE = LocalPlane(116.3, 40.0)


def report(number: int, x_m: float, y_m: float, at: datetime, kind: str = "纠纷", **more: object) -> Incident:
    lon, lat = PLANE.to_degrees(x_m, y_m)
    return Incident(f"J{number}", at, float(lon), float(lat), kind, **more)  # pyright: ignore[reportArgumentType]


def district(days: float = 700, count: int = 3000, seed: int = 1) -> list[Incident]:
    """Thirty corners of different business: the even ones by night with disputes, the odd ones by day with thefts."""
    dice = np.random.default_rng(seed)
    rate = dice.gamma(0.7, 1.0, 30)
    made: list[Incident] = []
    for number, corner in enumerate(dice.choice(30, count, p=rate / rate.sum()).tolist()):
        by_night = corner % 2 == 0
        hour = int(dice.integers(0, 6) if by_night else dice.integers(10, 18))
        at = (AT - timedelta(days=float(dice.uniform(1, days)))).replace(
            hour=hour, minute=int(dice.integers(60))
        )
        x_m, y_m = corner % 6 * 600 + dice.normal(0, 30), corner // 6 * 600 + dice.normal(0, 30)
        made.append(report(number, x_m, y_m, at, "纠纷" if by_night else "盗窃"))
    return made


@pytest.fixture(scope="module")
def outlook() -> Outlook:
    return make_outlook(district(), AT, ZONE)


def same(a: Outlook, b: Outlook) -> bool:
    """Whether two outlooks agree in every field."""
    for each in fields(Outlook):
        one, other = getattr(a, each.name), getattr(b, each.name)
        if isinstance(one, np.ndarray):
            if not np.array_equal(one, other, equal_nan=True):
                return False
        elif one != other:
            return False
    return True


def test_a_week_is_the_sum_of_its_hours_and_kinds(outlook: Outlook) -> None:
    """Expected reports are those of a week; hours, shifts and kinds add up to them; the most harm comes first."""
    assert outlook.expected.sum() == pytest.approx(3000 / 700 * 7, rel=0.1)
    assert outlook.per_hour().sum(axis=1) == pytest.approx(outlook.expected)
    assert outlook.kind_expected.sum(axis=0) == pytest.approx(outlook.expected)
    assert outlook.slot_share.sum(axis=1) == pytest.approx(np.ones(len(outlook)))
    assert (np.diff(outlook.harm) <= 1e-12).all()
    assert outlook.in_hours(np.ones(168, bool)) == pytest.approx(outlook.expected)
    assert (outlook.low <= outlook.expected + 1e-12).all()
    assert (outlook.low <= outlook.high).all()


def test_night_and_day_have_their_own_places(outlook: Outlook) -> None:
    """At night the corners of disputes lead, by day those of thefts, and the reasons say so."""
    night = np.arange(168) % 24 < 8
    for hours, kind, peak in ((night, "纠纷", range(8)), (~night, "盗窃", range(10, 19))):
        best = spots(outlook, hours, limit=5)
        assert {each.kinds for each in best} == {(kind,)}
        assert all(set(each.peak_hours) <= set(peak) for each in best)
        assert all(kind in each.reason.zh for each in best)


def test_it_says_how_the_choice_was_made_and_how_it_did(outlook: Outlook) -> None:
    """The last thirteen weeks are compared with the count, and the last one is told with its own figures."""
    assert outlook.choice.weeks == 13
    assert outlook.last_week is not None
    assert outlook.last_week.ends_on == AT.date() - timedelta(days=1)
    assert 0 < outlook.last_week.hit_rate <= 1
    assert "2%" in outlook.last_week.words.zh
    assert [each.share for each in outlook.thirteen_weeks] == [0.01, 0.02, 0.05]
    assert outlook.thirteen_weeks_words.en.startswith("Over 13 weeks")
    assert 0 < outlook.age_days < 3


def test_it_survives_being_stored_and_sent(outlook: Outlook) -> None:
    """Pickled or packed it is the very same, zone and all; other bytes are refused."""
    assert same(pickle.loads(pickle.dumps(outlook)), outlook)
    again = unpack(pack(outlook))
    assert same(again, outlook)
    assert again.starts_at.tzinfo == ZONE
    assert [each.reason for each in spots(again)] == [each.reason for each in spots(outlook)]
    for bad in (b"", b"PK\x03\x04", pack(outlook)[:-40]):
        with pytest.raises(ValueError, match="no outlook"):
            unpack(bad)


def test_the_order_of_rows_is_irrelevant(outlook: Outlook) -> None:
    """The same reports in another order give the very same outlook."""
    assert same(make_outlook(district()[::-1], AT, ZONE), outlook)


def test_nothing_but_residents_past_reports_is_learned_from(outlook: Outlook) -> None:
    """What patrols found and what came later leaves no trace, wherever it lies."""
    dice = np.random.default_rng(3)
    found = [
        report(9000 + n, *dice.uniform(0, 3000, 2).tolist(), AT - timedelta(days=n % 90 + 1), source="patrol")
        for n in range(400)
    ]
    later = [
        report(9500 + n, *dice.uniform(0, 3000, 2).tolist(), AT + timedelta(minutes=n)) for n in range(400)
    ]
    assert same(make_outlook([*district(), *found, *later], AT, ZONE), outlook)


def test_private_and_enforced_kinds_leave_no_trace(outlook: Outlook) -> None:
    """Domestic, sexual and enforcement-driven kinds change nothing in the map, and are told as left out with why."""
    left_out = [
        report(9000 + n, 650, 650, AT - timedelta(days=n + 1), ("家庭暴力", "Sexual Assault", "吸毒")[n % 3])
        for n in range(300)
    ]
    found = make_outlook([*district(), *left_out], AT, ZONE)
    assert {each.kind: each.private for each in found.left_out} == {
        "家庭暴力": True,
        "Sexual Assault": True,
        "吸毒": False,
    }
    assert all(each.reports == 100 and each.why.zh for each in found.left_out)
    assert found.expected == pytest.approx(outlook.expected)
    assert not {"家庭暴力", "Sexual Assault", "吸毒"} & {*found.kinds, *found.seen_kinds}


def test_the_district_decides_about_kinds() -> None:
    """A rule of the district goes before the usual one; a private kind stays private whatever else it says."""
    reports = [
        report(n, 0, 0, AT - timedelta(days=n + 1), ("吸毒", "纠纷", "性侵")[n % 3]) for n in range(90)
    ]
    rules = {
        "吸毒": KindRule(),
        "纠纷": KindRule(counted=False),
        "性侵": KindRule(counted=True, private=True),
    }
    found = make_outlook(reports, AT, ZONE, rules=rules)
    assert found.seen_kinds == ("吸毒",)
    assert {each.kind for each in found.left_out} == {"纠纷", "性侵"}


def test_weights_order_cells_but_no_rare_offence_owns_one() -> None:
    """A graver kind lifts its cell over one with as many reports, and at most to the double."""
    at = [AT - timedelta(days=3 * n + 1) for n in range(100)]
    both = [
        *(report(n, 0, 0, each, "纠纷") for n, each in enumerate(at)),
        *(report(200 + n, 2000, 0, each, "抢劫") for n, each in enumerate(at)),
        *(report(400 + n, 4000, 0, each, "纠纷") for n, each in enumerate([*at, *at, *at])),
    ]
    flat = make_outlook(both, AT, ZONE)
    grave = make_outlook(both, AT, ZONE, rules={"抢劫": KindRule(weight=5.0)})
    robbed = [int(np.argmin(abs(each.lon - PLANE.to_degrees(2000, 0)[0]))) for each in (flat, grave)]
    assert grave.harm[robbed[1]] == pytest.approx(2 * flat.harm[robbed[0]], rel=0.01)
    assert grave.harm[robbed[1]] < grave.harm[0]
    assert grave.expected.sum() == pytest.approx(flat.expected.sum())


def test_stale_reports_are_learned_as_of_the_newest() -> None:
    """A year without import makes the map old, not empty, and every reason says from when it is."""
    late = AT + timedelta(days=400)
    found = make_outlook(district(), late, ZONE)
    assert found.age_days > 399
    assert found.expected.sum() == pytest.approx(3000 / 700 * 7, rel=0.1)
    assert spots(found)[0].reason.zh.startswith(f"截至 {found.as_of:%Y-%m} 的一年里")


def test_streets_name_and_place_the_cells(grid: StreetGraph) -> None:
    """With streets, cells with reports have a name and a place on a street."""
    box = grid.bounds
    dice = np.random.default_rng(4)
    reports = [
        Incident(
            f"J{n}",
            AT - timedelta(days=float(dice.uniform(1, 360))),
            float(dice.uniform(box.west, box.east)),
            float(dice.uniform(box.south, box.north)),
            "盗窃",
        )
        for n in range(300)
    ]
    found = make_outlook(reports, AT, ZONE, streets=grid, bounds=box)
    busy = np.flatnonzero(found.year_count >= 3)
    assert all(found.name[cell].endswith(("路", "街")) for cell in busy.tolist())
    assert grid.snap(found.place_lon[busy], found.place_lat[busy]).distance_m.max() < 0.1


def test_cells_stay_where_they_are_from_week_to_week() -> None:
    """New reports elsewhere do not move the lattice: the cells of this week are those of the next."""
    box = Bounds(116.25, 39.95, 116.4, 40.05)
    now = make_outlook(district(), AT, ZONE, bounds=box)
    more = [report(9000 + n, 5000, 4000, AT + timedelta(hours=n)) for n in range(30)]
    then = make_outlook([*district(), *more], AT + timedelta(days=7), ZONE, bounds=box)
    places = [
        dict(zip(zip(each.column.tolist(), each.row.tolist(), strict=True), each.lon.tolist(), strict=True))
        for each in (now, then)
    ]
    assert set(places[0]) < set(places[1])
    assert all(places[1][square] == lon for square, lon in places[0].items())


def test_nothing_to_learn_from_is_said() -> None:
    """Without a usable report the refusal names how many there were and what to do."""
    with pytest.raises(RequestError) as caught:
        make_outlook([report(1, 0, 0, AT + timedelta(days=1))], AT, ZONE)
    assert caught.value.code == "no_incidents"
    assert "1 条" in caught.value.words.zh
    with pytest.raises(ValueError, match="cell_m"):
        make_outlook(district(), AT, ZONE, cell_m=500)


def test_progress_runs_to_its_end() -> None:
    """The share done never falls and ends at 1."""
    told: list[float] = []
    make_outlook(district(count=800), AT, ZONE, progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_a_week_is_met_with_its_map() -> None:
    """Hits, PAI and PEI of a week are their definitions; a week without reports has none."""
    score, count, came = np.arange(100.0), np.arange(100.0)[::-1], np.zeros(100)
    came[[99, 98, 5, 0]] = [3, 2, 4, 1]
    week = week_of(score, count, came, AT.date())
    assert week is not None
    assert (week.reports, week.hit_rate, week.count_hit_rate) == (10, 0.5, 0.1)
    assert (week.pai, week.pei) == (pytest.approx(25), pytest.approx(5 / 7))
    assert "多 4 起" in week.words.zh
    assert week_of(score, count, np.zeros(100), AT.date()) is None


@settings(max_examples=15, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 3000),
            st.integers(0, 3000),
            st.integers(0, 900),
            st.sampled_from("ABC"),
            st.booleans(),
        ),
        min_size=1,
        max_size=60,
    )
)
def test_any_history_gives_a_sound_outlook(rows: list[tuple[int, int, int, str, bool]]) -> None:
    """Whatever was reported, all numbers are finite, none is negative, and shares sum to 1."""
    reports = [
        report(n, x_m, y_m, AT - timedelta(days=ago, hours=1), kind, clock_known=known)
        for n, (x_m, y_m, ago, kind, known) in enumerate(rows)
    ]
    found = make_outlook(reports, AT, ZONE, cell_m=100.0)
    for values in (found.expected, found.low, found.high, found.harm, found.slot_share, found.hour_share):
        assert np.isfinite(values).all()
        assert (values >= 0).all()
    assert found.per_hour().sum() == pytest.approx(found.expected.sum())
    assert same(unpack(pack(found)), found)


def test_a_kept_outlook_is_met_with_its_week(outlook: Outlook) -> None:
    """Of what residents reported in its seven days, those in its best cells are hits and those outside are missed."""
    best, worst = (PLANE.to_metres(outlook.lon[at], outlook.lat[at]) for at in (0, -1))
    came = [
        *(report(n, *map(float, best), AT + timedelta(days=n % 7, hours=1)) for n in range(6)),
        report(10, *map(float, worst), AT + timedelta(days=2)),
        *(report(20 + n, 9000, 9000, AT + timedelta(days=3)) for n in range(3)),
        report(30, *map(float, best), AT + timedelta(days=8)),
        report(31, *map(float, best), AT - timedelta(days=1)),
        report(32, *map(float, best), AT + timedelta(days=1), source="patrol"),
        report(33, *map(float, best), AT + timedelta(days=1), "家庭暴力"),
    ]
    week = meet(unpack(pack(outlook)), came)
    assert week is not None
    assert (week.reports, week.hit_rate) == (10, 0.6)
    assert (week.starts_on, week.ends_on) == (AT.date(), AT.date() + timedelta(days=6))
    assert meet(outlook, came[-4:]) is None
    with pytest.raises(ValueError, match="learned as of"):
        meet(make_outlook(district(), AT + timedelta(days=99), ZONE), came)


def repeating(again_share: float) -> list[Incident]:
    """Burglaries all over, a share of them followed by another within days and metres, and one of yesterday."""
    dice = np.random.default_rng(6)
    first, day = dice.uniform(0, 4000, (2500, 2)), dice.uniform(2, 700, 2500)
    again = dice.random(2500) < again_share
    place = np.concatenate([first, first[again] + dice.normal(0, 25, (again.sum(), 2)), [[2010.0, 1990.0]]])
    ago = np.concatenate([day, np.maximum(day[again] - dice.exponential(4, again.sum()), 1.5), [1.0]])
    return [
        report(n, float(x_m), float(y_m), AT - timedelta(days=float(days)), "入室盗窃")
        for n, ((x_m, y_m), days) in enumerate(zip(place, ago, strict=True))
    ]


def test_near_repeats_raise_their_surroundings_until_they_fade() -> None:
    """Where burglaries repeat, the cells around yesterday's are raised for a fortnight and volunteers are told."""
    found = make_outlook(repeating(0.3), AT, ZONE)
    (measured,) = found.near_repeat
    assert measured.used
    x_m, y_m = PLANE.to_metres(found.lon, found.lat)
    around = np.flatnonzero(np.hypot(x_m - 2010, y_m - 1990) < 140)
    raised = {each.cell: each for each in found.raised}
    assert set(around.tolist()) <= set(raised)
    nearest = raised[int(np.argmin(np.hypot(x_m - 2010, y_m - 1990)))]
    assert nearest.ratio > 1.3
    assert (nearest.since, nearest.fades_on) == (
        AT.date() - timedelta(days=1),
        AT.date() + timedelta(days=13),
    )
    told = [each for each in spots(found, limit=400) if each.cell == nearest.cell]
    assert [each.raised and "近两周有过入室盗窃" in each.reason.zh for each in told] == [True]
    assert all(each.ratio <= nearest.ratio for each in found.raised)


def test_nothing_is_raised_where_burglaries_do_not_repeat() -> None:
    """The same place with the same burglary of yesterday is not raised when the data show no repeats."""
    found = make_outlook(repeating(0.0), AT, ZONE)
    assert [each.used for each in found.near_repeat] == [False]
    assert found.raised == ()
    assert not any(each.raised for each in spots(found, limit=400))


def test_ranges_hold_the_true_rates() -> None:
    """Of cells whose true weekly rate is known, about four in five have it in their range, whatever the rates."""
    dice = np.random.default_rng(8)
    middles = [(column * 200.0 + 100, row * 200.0 + 100) for column in range(20) for row in range(20)]
    rate = dice.gamma(0.6, 1.0, len(middles))
    rate *= 60 / rate.sum()
    reports = [
        report(number, *middles[corner], AT - timedelta(days=float(dice.uniform(0.1, 728))))
        for number, corner in enumerate(dice.choice(400, 60 * 104, p=rate / rate.sum()).tolist())
    ]
    box = Bounds(*np.concatenate(PLANE.to_degrees([-8000, 8000], [-8000, 8000])).reshape(2, 2).T.ravel())
    found = make_outlook(reports, AT, ZONE, cell_m=200.0, bounds=box)
    x_m, y_m = PLANE.to_metres(found.lon, found.lat)
    true = {(round(x), round(y)): each for (x, y), each in zip(middles, rate.tolist(), strict=True)}
    inside = [
        found.low[cell] <= true[place] <= found.high[cell]
        for cell in range(len(found))
        if (place := (round(float(x_m[cell])), round(float(y_m[cell])))) in true and true[place] > 0.05
    ]
    assert len(inside) > 100
    assert 0.65 < np.mean(inside) < 0.95
    assert {"firm", "fair"} <= set(found.sure)


def test_unshown_kinds_are_never_named(outlook: Outlook) -> None:
    """A kind that counts but must not be shown lends its weight to a place, and its name to nothing."""
    shown, hidden = spots(outlook, limit=9), spots(outlook, limit=9, unshown={"纠纷"})
    assert [(each.lon, each.score) for each in shown] == [(each.lon, each.score) for each in hidden]
    assert any("纠纷" in each.kinds for each in shown)
    for each in hidden:
        assert "纠纷" not in each.kinds
        assert "纠纷" not in each.reason.zh
        assert "disputes" not in each.reason.en
    unnamed = next(each for each in hidden if not each.kinds)
    assert "这里报过警情（" in unnamed.reason.zh
