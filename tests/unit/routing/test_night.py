"""A planned night must be what the streets, the clock and the request say, and cross a process boundary."""

import itertools
import pickle
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from multiprocessing import get_context
from pathlib import Path

import msgspec
import numpy as np
import pytest

from routing.datum_check import check_datum
from routing.geo import DATUMS, Datum, from_wgs84, haversine_m, to_wgs84
from routing.incident import Incident, read_incidents
from routing.night import NightPlan, NightRequest, Progress, TeamRequest, plan_night
from routing.plan_file import plan_features, plan_table
from routing.streets import StreetGraph
from routing.town import write_town
from routing.words import NoPlanError, RequestError, RoutingError
from tests.support.streets import grid_place, write_incidents

ZONE = timezone(timedelta(hours=8))
START = datetime(2026, 6, 5, 20, tzinfo=ZONE)
REQUEST = NightRequest(
    START,
    START + timedelta(hours=3),
    tuple(TeamRequest(f"第{n}队", grid_place(500, 500), 60.0) for n in (1, 2, 3)),
)


@pytest.fixture(scope="session")
def incidents(grid_path: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Incident]:
    path = write_incidents(tmp_path_factory.mktemp("night") / "in.csv", grid_path)
    return read_incidents(path, datum="wgs84", time_zone=ZONE, now=START).incidents


@pytest.fixture(scope="session")
def night(grid: StreetGraph, incidents: list[Incident]) -> NightPlan:
    return plan_night(incidents, grid, REQUEST, seed=1, iterations=200)


def test_times_add_up(night: NightPlan) -> None:
    """Teams set out when the window opens, dwell as asked, come back in time; all sums are the sums of their parts."""
    assert len(night.teams) == 3
    for team in night.teams:
        assert team.start == START
        assert team.finish - team.start == timedelta(seconds=team.walk_s + team.dwell_s)
        assert team.finish - team.start <= timedelta(minutes=60)
        assert team.dwell_s == 720 * len(team.stops)
        assert all(stop.leave - stop.arrive == timedelta(minutes=12) for stop in team.stops)
        assert [stop.order for stop in team.stops] == list(range(1, len(team.stops) + 1))
        assert team.score == pytest.approx(sum(stop.score for stop in team.stops), abs=0.05)
        assert team.walk_s >= team.length_m / 1.2 - 1
    assert night.score == pytest.approx(sum(team.score for team in night.teams), abs=0.2)
    assert 0 < night.score <= night.hotspots_score


def test_lines_follow_the_streets_through_the_stops(night: NightPlan, grid: StreetGraph) -> None:
    """Each line starts and ends at the start, meets its stops in order, keeps to the streets, and is as long as said."""
    for team in night.teams:
        line = np.array(team.geometry)
        drawn_m = float(haversine_m(line[:-1, 0], line[:-1, 1], line[1:, 0], line[1:, 1]).sum())
        assert drawn_m == pytest.approx(team.length_m, rel=5e-3, abs=1)
        assert team.geometry[0] == team.geometry[-1]
        middle = (line[:-1] + line[1:]) / 2
        assert grid.snap(middle[:, 0], middle[:, 1]).distance_m.max() < 0.1
        met = [int(haversine_m(line[:, 0], line[:, 1], stop.lon, stop.lat).argmin()) for stop in team.stops]
        for at, stop in zip(met, team.stops, strict=True):
            assert float(haversine_m(*line[at], stop.lon, stop.lat)) < 0.1
            assert stop.name.endswith(("路", "街"))


def test_stops_are_hotspots_and_nobody_doubles(night: NightPlan) -> None:
    """Each stop is one of the hotspots with its score and reason; no two teams stand at the same."""
    by_id = {hotspot.id: hotspot for hotspot in night.hotspots}
    stops = [stop for team in night.teams for stop in team.stops]
    assert len({stop.hotspot for stop in stops}) == len(stops)
    for stop in stops:
        hotspot = by_id[stop.hotspot]
        assert (stop.lon, stop.lat, stop.score, stop.reason) == (
            hotspot.lon,
            hotspot.lat,
            hotspot.score,
            hotspot.reason,
        )


def test_a_night_travels(night: NightPlan, grid_path: Path, incidents: list[Incident]) -> None:
    """In a spawned process with the streets' path the same plan comes out, and msgspec can encode it."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        elsewhere = pool.submit(plan_night, incidents, grid_path, REQUEST, seed=1, iterations=200).result()
    assert elsewhere == night
    assert pickle.loads(pickle.dumps(night)) == night
    assert msgspec.json.decode(msgspec.json.encode(night))["teams"][0]["stops"][0]["reason"]["zh"]


def test_an_error_travels(grid_path: Path) -> None:
    """A refusal in a spawned process arrives with its code and words."""
    with (
        ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool,
        pytest.raises(NoPlanError) as caught,
    ):
        pool.submit(plan_night, [], grid_path, REQUEST, seed=1).result()
    assert caught.value.code == "no_incident_inside"
    assert "0 条" in caught.value.words.zh


def test_progress_names_each_stage(grid: StreetGraph, incidents: list[Incident]) -> None:
    """The stages are told in order, each to its end."""
    told: list[Progress] = []
    plan_night(incidents, grid, REQUEST, seed=1, iterations=50, on_progress=told.append)
    stages = [stage for stage, _ in itertools.groupby(step.stage for step in told)]
    assert stages == ["streets", "hotspots", "distances", "routes", "lines"]
    assert told[-1].done == told[-1].total


def test_own_ends_and_places_to_avoid(grid: StreetGraph, incidents: list[Incident]) -> None:
    """A team may end elsewhere, and no stop lies in a circle to avoid."""
    middle = grid_place(500, 500)
    request = replace(
        REQUEST,
        teams=(TeamRequest("", grid_place(0, 0), 90.0, end=grid_place(1000, 0)),),
        avoid=((*middle, 300.0),),
    )
    night = plan_night(incidents, grid, request, seed=1, iterations=50)
    line = night.teams[0].geometry
    assert float(haversine_m(*line[0], *grid_place(0, 0))) < 1
    assert float(haversine_m(*line[-1], *grid_place(1000, 0))) < 1
    assert all(float(haversine_m(h.lon, h.lat, *middle)) > 300 for h in night.hotspots)


TEAM = REQUEST.teams[0]


@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        ({"teams": ()}, "bad_teams", "teams is 0"),
        ({"teams": (TEAM,) * 201}, "bad_teams", "from 1 to 200"),
        ({"dwell_min": 0.0}, "bad_dwell_min", "dwell-min is 0"),
        ({"dwell_min": float("nan")}, "bad_dwell_min", "dwell-min is nan"),
        ({"pace_mps": 9.0}, "bad_pace", "from 0.3 to 3"),
        ({"teams": (replace(TEAM, minutes=5.0),)}, "bad_minutes", "at least the dwell of 12"),
        ({"teams": (replace(TEAM, minutes=-5.0),)}, "bad_minutes", "minutes is -5"),
        ({"teams": (replace(TEAM, minutes=240.0),)}, "bad_minutes", "at most the window's 180"),
        ({"window_end": START}, "bad_window", "does not end after"),
        ({"window_start": START.replace(tzinfo=None)}, "bad_window", "no offset"),
        ({"teams": (replace(TEAM, start=grid_place(500, 6000)),)}, "start_off_streets", "5.0 km from the nearest street"),
        ({"teams": (replace(TEAM, start=TEAM.start[::-1]),)}, "start_off_streets", "write LON,LAT"),
        ({"teams": (replace(TEAM, end=grid_place(500, 6000)),)}, "end_off_streets", "end "),
        ({"teams": (replace(TEAM, minutes=12.5),)}, "too_little_time", "needs"),
        ({"window_start": START.replace(year=2020), "window_end": START.replace(year=2020, hour=23)}, "no_history", "before 2020-06-05"),
        ({"avoid": ((*TEAM.start, 5000.0),)}, "no_history", "outside the places to avoid"),
    ],
)  # fmt: skip
def test_bad_requests(
    grid: StreetGraph, incidents: list[Incident], change: dict[str, object], code: str, said: str
) -> None:
    """Each impossible request is refused with its code, and names value and remedy in both languages."""
    with pytest.raises(RoutingError) as caught:
        plan_night(incidents, grid, replace(REQUEST, **change), seed=1, iterations=20)  # pyright: ignore[reportArgumentType]
    assert caught.value.code == code
    assert said in caught.value.words.en
    assert caught.value.words.zh.endswith("。")


def test_incidents_elsewhere(grid: StreetGraph, incidents: list[Incident]) -> None:
    """Incidents of another town are not planned for, and the streets' own bounds are told."""
    moved = [replace(incident, lon=incident.lon + 1) for incident in incidents]
    with pytest.raises(NoPlanError, match=r"none of the 600 incidents.*116\.30"):
        plan_night(moved, grid, REQUEST, seed=1)


@pytest.mark.parametrize("true", DATUMS)
@pytest.mark.parametrize("declared", DATUMS)
def test_a_wrong_datum_is_told(shared_data: Path, tmp_path: Path, true: Datum, declared: Datum) -> None:
    """On real streets each wrong declaration is refused with the right datum named; the right one passes."""
    streets = shared_data / "streets" / "beijing-tsinghua.osm.pbf"
    graph = StreetGraph.from_osm(streets)
    path = write_incidents(tmp_path / "in.csv", streets, count=300, seed=4)
    good = read_incidents(path, datum="wgs84", time_zone=ZONE, now=START).incidents
    written = from_wgs84([i.lon for i in good], [i.lat for i in good], true)
    lon, lat = to_wgs84(*written, declared)
    if true == declared:
        check_datum(lon, lat, declared, graph)
        return
    with pytest.raises(RequestError, match=f"use --datum {true}"):
        check_datum(lon, lat, declared, graph)


def test_places_that_know_nothing_of_streets_pass(grid: StreetGraph) -> None:
    """Incidents spread evenly tell nothing about the datum, and are not refused."""
    draw = np.random.default_rng(1)
    lon, lat = np.array([grid_place(*draw.uniform(0, 1000, 2)) for _ in range(400)]).T
    for datum in DATUMS:
        check_datum(lon, lat, datum, grid)


def test_features(night: NightPlan) -> None:
    """The FeatureCollection has a line a team followed by its stops, with all that a map needs to say."""
    collection = plan_features(night)
    kinds = [feature["geometry"]["type"] for feature in collection["features"]]
    assert kinds.count("LineString") == 3
    assert kinds.count("Point") == sum(len(team.stops) for team in night.teams)
    line, first = collection["features"][:2]
    assert set(line["properties"]) >= {"team", "length_m", "walk_s", "dwell_s", "score"}
    assert set(first["properties"]) >= {"team", "order", "arrive", "leave", "score", "why"}
    assert datetime.fromisoformat(first["properties"]["arrive"]).utcoffset() == timedelta(hours=8)
    assert len(plan_table(night)) == 4


def test_no_stop_at_the_towns_schools_and_temples(tmp_path: Path) -> None:
    """Where all incidents lie at a school, a hospital and a temple, no plan sends anyone there."""
    town = write_town(tmp_path / "town.osm.pbf")
    graph = StreetGraph.from_osm(town.path)
    peace = town.places_of("school", "hospital", "temple")
    market = town.places_of("market")[0]
    places = [(place.lon, place.lat) for place in (*peace, market) for _ in range(40)]
    known = [
        Incident(f"{n}", START - timedelta(days=n % 300 + 1), lon, lat, "盗窃")
        for n, (lon, lat) in enumerate(places)
    ]
    team = TeamRequest("", (market.lon, market.lat), 90)
    found = plan_night(known, graph, NightRequest(START, START + timedelta(hours=3), (team,)), iterations=200)
    assert found.hotspots
    assert not graph.never_a_target([h.lon for h in found.hotspots], [h.lat for h in found.hotspots]).any()
