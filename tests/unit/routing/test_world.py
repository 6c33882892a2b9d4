"""The demo year must be deterministic, fit the town, and hold the patterns and stories it promises."""

import math
from collections import Counter
from datetime import date, datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path

import pytest
from shapely import contains_xy, prepare
from shapely.geometry import shape

from routing.geo import Bounds, haversine_m
from routing.incident import Incident, read_incidents
from routing.town import Town, write_town
from routing.walker import DETOUR_M, GAP_S, PAUSE_S, Stop, Walker
from routing.world import HOTSPOTS, KINDS, demo_incidents, demo_people, write_incident_file

AS_OF = date(2026, 6, 5)
CHINA = timezone(timedelta(hours=8))


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    return write_town(tmp_path_factory.mktemp("town") / "lewan.osm.pbf")


@pytest.fixture(scope="module")
def year(town: Town) -> list[Incident]:
    return demo_incidents(town, as_of=AS_OF)


def metres(a: tuple[float, float], b: tuple[float, float]) -> float:
    return float(haversine_m(a[0], a[1], b[0], b[1]))


# Incidents


def test_same_seed_same_year(town: Town, year: list[Incident]) -> None:
    """The same seed and day give the same incidents; another seed gives others."""
    assert demo_incidents(town, as_of=AS_OF) == year
    assert demo_incidents(town, seed=3, as_of=AS_OF)[:50] != year[:50]


def test_year_ends_where_it_is_told_from(year: list[Incident]) -> None:
    """6,200 incidents with distinct ids, in order of time, within the 365 days before the day given, in local time."""
    assert len(year) == len({incident.id for incident in year}) == 6200
    assert [i.at for i in year] == sorted(i.at for i in year)
    assert all(i.at.utcoffset() == timedelta(hours=8) for i in year)
    assert AS_OF - timedelta(days=365) <= year[0].at.date()
    assert year[-1].at.date() < AS_OF


def test_incidents_happen_on_land(town: Town, year: list[Incident]) -> None:
    """Every incident lies in the district and none in the water."""
    district, water = shape(town.areas[0].geometry), shape(town.water)
    prepare(district)
    prepare(water)
    lon, lat = [i.lon for i in year], [i.lat for i in year]
    assert contains_xy(district.buffer(1e-6), lon, lat).all()
    assert not contains_xy(water.buffer(-1e-6), lon, lat).any()


def test_kinds_have_their_shares_and_hours(year: list[Incident]) -> None:
    """Each kind has the share and the busy hours of its profile."""
    counts = Counter(i.kind for i in year)
    for kind in KINDS:
        assert counts[kind.name_zh] / len(year) == pytest.approx(kind.share, abs=0.01)
        assert len(kind.hours) == 24
    fraud = Counter(i.at.hour for i in year if i.kind == "电信诈骗报警")
    assert sum(fraud[h] for h in range(8, 18)) > 0.7 * sum(fraud.values())
    bikes = Counter(i.at.hour for i in year if i.kind == "盗窃电动车")
    assert sum(bikes[h] for h in (22, 23, 0, 1, 2, 3)) > 0.45 * sum(bikes.values())


def test_incidents_gather(town: Town, year: list[Incident]) -> None:
    """18 hotspots draw about 62 % of the incidents; half of all lie in some 5 % of the 150 m cells."""
    assert len(HOTSPOTS) == 18
    named = {place.name_zh: (place.lon, place.lat) for place in town.places}
    spots = [named[name] for name in HOTSPOTS]
    near = sum(min(metres((i.lon, i.lat), spot) for spot in spots) < 160 for i in year[::10]) / len(
        year[::10]
    )
    assert 0.58 < near < 0.80
    lon_m, lat_m = 111_320 * math.cos(math.radians(27.5)), 110_850
    cells = Counter((int(i.lon * lon_m // 150), int(i.lat * lat_m // 150)) for i in year)
    total, busiest = 0, 0
    for count in sorted(cells.values(), reverse=True):
        total, busiest = total + count, busiest + 1
        if total >= len(year) / 2:
            break
    land_cells = shape(town.areas[0].geometry).area * lon_m * lat_m / 150**2
    assert busiest / land_cells < 0.065


def test_theft_series_moves_downstream(town: Town, year: list[Incident]) -> None:
    """In the last 21 days e-bikes vanish along the river by night, further east every week."""
    recent = [
        i
        for i in year
        if i.kind == "盗窃电动车" and i.at.date() >= AS_OF - timedelta(days=21) and i.at.hour in (0, 1, 2, 3)
        and i.lon < 122.600 and min(metres((i.lon, i.lat), p) for p in town.river) < 260
    ]  # fmt: skip
    assert len(recent) >= 35
    weeks = [
        [i.lon for i in recent if 7 * week <= (AS_OF - i.at.date()).days - 1 < 7 * (week + 1)]
        for week in (2, 1, 0)
    ]
    middles = [sorted(week)[len(week) // 2] for week in weeks]
    assert middles[0] < middles[1] < middles[2]
    assert (middles[2] - middles[0]) * 98_700 > 500


def test_bar_street_calms_after_patrols_begin(town: Town, year: list[Incident]) -> None:
    """Weekend nights in the bar street: many until ten weeks ago, less than half as many a week in the last four."""
    middle = next((p.lon, p.lat) for p in town.places_of("bar_street"))
    nights = [
        i
        for i in year
        if i.kind == "酒后滋事" and metres((i.lon, i.lat), middle) < 350 and i.at.hour in (22, 23, 0, 1)
    ]
    weekend = [i for i in nights if (i.at - timedelta(hours=6)).weekday() in (4, 5)]
    assert len(weekend) > 0.6 * len(nights)
    start = AS_OF - timedelta(weeks=10)
    before = [i for i in weekend if start - timedelta(weeks=20) <= i.at.date() < start]
    lately = [i for i in weekend if i.at.date() >= AS_OF - timedelta(weeks=4)]
    assert len(lately) / 4 < 0.5 * len(before) / 20


def test_too_short_a_year_is_refused(town: Town) -> None:
    """A span that cannot hold the stories is refused, naming the values."""
    with pytest.raises(ValueError, match="days 30"):
        demo_incidents(town, as_of=AS_OF, days=30)


# The import file


@pytest.mark.parametrize("datum", ["wgs84", "gcj02", "bd09"])
def test_import_file_reads_back(town: Town, year: list[Incident], tmp_path: Path, datum: str) -> None:
    """An import in the declared datum finds exactly the planted bad rows, the column about persons, and all others."""
    written = write_incident_file(tmp_path / "demo.csv", year, datum=datum)  # type: ignore[arg-type]
    read = read_incidents(
        written.path,
        datum=datum,  # type: ignore[arg-type]
        time_zone=CHINA,
        area=Bounds(*town.bounds),
        now=datetime(AS_OF.year, AS_OF.month, AS_OF.day, 12, tzinfo=CHINA),
    )
    told = Counter(finding.code for finding in read.findings if finding.is_error)
    assert dict(told) == written.bad
    assert sum(written.bad.values()) == round(0.07 * len(year))
    assert read.row_count == written.row_count
    assert len(read.incidents) == written.row_count - sum(written.bad.values())
    assert any(finding.code == "person_column" for finding in read.findings)
    by_place = {(round(i.lon, 4), round(i.lat, 4)) for i in year}
    hits = sum((round(i.lon, 4), round(i.lat, 4)) in by_place for i in read.incidents)
    assert hits > 0.97 * len(read.incidents)


# People


def test_people() -> None:
    """600 people with distinct unassignable phones; ages, women's share and the special groups as planned."""
    people = demo_people()
    assert people == demo_people()
    assert len({person["phone"] for person in people}) == 600
    assert all(person["phone"].startswith("1990000") and len(person["phone"]) == 11 for person in people)
    assert sum(not person["verified"] for person in people) == 24
    assert sum(2026 - person["birth_year"] < 18 for person in people) == 6
    assert sum(person["low_mobility"] for person in people) == 9
    assert sum(person["locale"] == "en" for person in people) == 4
    assert 0.4 < sum(2026 - person["birth_year"] >= 60 for person in people) / 600 < 0.55
    assert 0.5 < sum(person["gender"] == "f" for person in people) / 600 < 0.66
    assert len({person["community"] for person in people}) == 12


# Walkers

LINE = [[122.600, 27.500], [122.604, 27.500], [122.604, 27.503]]
STOP = Stop(122.602, 27.5001, 600.0)


def test_walker_keeps_pace_and_dwells() -> None:
    """A walk lasts as long as its length at the pace plus its stays, and stays near the stop while dwelling."""
    walker = Walker(LINE, [STOP], seed=1)
    assert walker.length_m == pytest.approx(395 + 333, abs=5)
    assert walker.duration_s == pytest.approx(walker.length_m / 1.15 + 600)
    arrive = metres((122.600, 27.5), (122.602, 27.5)) / 1.15
    for elapsed in range(int(arrive) + 5, int(arrive) + 595, 20):
        position = walker.at(elapsed)
        assert position is not None
        assert metres((position.lon, position.lat), (STOP.lon, STOP.lat)) < 50
    end = walker.at(walker.duration_s + 500)
    assert end is not None
    assert metres((end.lon, end.lat), (LINE[-1][0], LINE[-1][1])) < 35


def test_walker_noise_is_like_a_phones() -> None:
    """Readings stray some metres from the street, not none and not a block; the same walker walks the same way."""
    walker, again = Walker(LINE, seed=5), Walker(LINE, seed=5)
    strays: list[float] = []
    for elapsed in range(0, int(395 / 1.15), 5):
        position = walker.at(elapsed)
        assert position == again.at(elapsed)
        assert position is not None
        assert 3 < position.accuracy_m < 30
        strays.append(abs(position.lat - 27.5) * 110_850)
    rms = math.sqrt(sum(stray**2 for stray in strays) / len(strays))
    assert 2 < rms < 10
    assert Walker(LINE, seed=6).at(60) != walker.at(60)


def test_walker_gap_is_four_minutes_of_silence() -> None:
    """With `gap` the phone is silent once, for four minutes; without it never."""
    walker = Walker(LINE, [STOP], seed=2, gap=True)
    silent = [elapsed for elapsed in range(int(walker.duration_s)) if walker.at(elapsed) is None]
    assert len(silent) == pytest.approx(GAP_S, abs=1)
    assert silent == list(range(silent[0], silent[-1] + 1))
    plain = Walker(LINE, [STOP], seed=2)
    assert all(plain.at(elapsed) is not None for elapsed in range(0, int(plain.duration_s), 7))


def test_walker_leaves_the_route_once_and_returns() -> None:
    """With `off_route` the walker goes more than 100 m astray once and comes back; without it stays within 40 m."""
    straight = [[122.600, 27.500], [122.612, 27.500]]
    off_m = strays_m(Walker(straight, seed=4, off_route=True))
    assert sum((a > 60) != (b > 60) for a, b in pairwise(off_m)) == 2
    assert 100 < max(off_m) < DETOUR_M + 40
    assert max(strays_m(Walker(straight, seed=4))) < 40


def strays_m(walker: Walker) -> list[float]:
    """How far off the parallel of 27.5 N each reading lies."""
    readings = (walker.at(elapsed) for elapsed in range(0, int(walker.duration_s), 5))
    return [abs(position.lat - 27.5) * 110_850 for position in readings if position]


def test_walker_pause_takes_five_minutes() -> None:
    """With `pause` the walk lasts five minutes longer."""
    assert Walker(LINE, seed=2, pause=True).duration_s == pytest.approx(
        Walker(LINE, seed=2).duration_s + PAUSE_S
    )


def test_walker_visits_stops_in_order_on_a_loop() -> None:
    """On a route that passes the same place twice, each stop is where the line next comes to it."""
    there_and_back = [[122.600, 27.500], [122.606, 27.500], [122.600, 27.500]]
    walker = Walker(there_and_back, [(122.605, 27.5, 60.0), (122.602, 27.5, 60.0)], seed=1)
    second_at_s = (
        60 + metres((122.600, 27.5), (122.606, 27.5)) / 1.15 + metres((122.606, 27.5), (122.602, 27.5)) / 1.15
    )
    position = walker.at(second_at_s + 30)
    assert position is not None
    assert metres((position.lon, position.lat), (122.602, 27.5)) < 40


@pytest.mark.parametrize(
    ("geometry", "pace", "named"), [([[122.6, 27.5]], 1.15, "geometry"), (LINE, 9.0, "pace_m_s")]
)
def test_walker_refuses_nonsense(geometry: list[list[float]], pace: float, named: str) -> None:
    """A line of one point or a pace of a car is refused by name."""
    with pytest.raises(ValueError, match=named):
        Walker(geometry, pace_m_s=pace)
