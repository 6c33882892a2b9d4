"""Walks on contracted streets must be those of the uncontracted ways, whoever walks."""

import itertools
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.sparse.csgraph import dijkstra

from routing.contraction import contract
from routing.geo import haversine_m
from routing.osm import WalkedWays
from routing.profiles import PROFILES, rates
from routing.shortest import many_to_many
from routing.street_tags import LANE, NOT_STEP_FREE, RIDE_BACKWARD, RIDE_FORWARD, STEPS, UNLIT
from routing.streets import StreetGraph
from routing.words import RequestError
from tests.support.streets import PLANE, grid_place
from tests.support.town_map import write_map

RIDE = RIDE_FORWARD | RIDE_BACKWARD
FLAGS = (RIDE, LANE, RIDE_FORWARD, STEPS | NOT_STEP_FREE, UNLIT | RIDE)
INCLINES = (0.0, 0.0, 5.0, -10.0)


@st.composite
def any_ways(draw: st.DrawFn) -> WalkedWays:
    """A few ways of two to six nodes among two dozen places, so that chains, rings, crossings and ends all come up."""
    count = draw(st.integers(6, 24))
    place = st.tuples(st.integers(0, 40), st.integers(0, 40))
    spots = draw(st.lists(place, min_size=count, max_size=count, unique=True))
    lon, lat = PLANE.to_degrees([50.0 * x for x, _ in spots], [50.0 * y for _, y in spots])
    node: list[int] = []
    offset, flags, incline = [0], [], []
    for _ in range(draw(st.integers(2, 10))):
        chosen = draw(st.lists(st.integers(0, count - 1), min_size=2, max_size=6))
        node += chosen
        offset.append(len(node))
        flags.append(draw(st.sampled_from(FLAGS)))
        incline.append(draw(st.sampled_from(INCLINES)))
    return WalkedWays(
        node=np.array(node, np.int64), lon=lon[node], lat=lat[node], offset=np.array(offset, np.int64),
        flags=np.array(flags, np.uint16), incline=np.array(incline, np.float32),
        name=np.zeros(len(flags), np.int32), names=(("", ""),),
    )  # fmt: skip


def plain(ways: WalkedWays, profile: str, night: bool) -> np.ndarray:
    """Among all nodes, what the way weighs when every step from node to node is an arc of its own."""
    found = rates(PROFILES[profile], ways.flags, ways.incline.astype(float), night=night)
    arcs = np.full((int(ways.node.max()) + 1,) * 2, np.inf)
    for way, (first, end) in enumerate(itertools.pairwise(ways.offset.tolist())):
        for a, b in itertools.pairwise(range(first, end)):
            length_m = float(haversine_m(ways.lon[a], ways.lat[a], ways.lon[b], ways.lat[b]))
            u, v = int(ways.node[a]), int(ways.node[b])
            if u != v:
                arcs[u, v] = min(arcs[u, v], length_m * float(found.forward_weight[way]))
                arcs[v, u] = min(arcs[v, u], length_m * float(found.backward_weight[way]))
    return dijkstra(arcs)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(any_ways(), st.sampled_from([(name, night) for name in PROFILES for night in (False, True)]))
def test_contraction_keeps_every_distance(ways: WalkedWays, going: tuple[str, bool]) -> None:
    """Between any two junctions the walk weighs what Dijkstra finds on the plain ways, for every profile, day and night."""
    profile, night = going
    streets = contract(ways)
    if not len(streets.edge_from):
        return
    graph = StreetGraph(streets)
    plainly = plain(ways, profile, night)
    node_at = {
        (x, y): int(n) for n, x, y in zip(ways.node, ways.lon.tolist(), ways.lat.tolist(), strict=True)
    }
    node = [node_at[spot] for spot in zip(graph.node_lon.tolist(), graph.node_lat.tolist(), strict=True)]
    network = graph.going(profile, night=night).network
    arcs = np.full((len(node),) * 2, np.inf)
    tail = np.repeat(np.arange(len(node)), np.diff(network.offset))
    np.minimum.at(arcs, (tail, network.head), network.weight)
    np.fill_diagonal(arcs, np.inf)
    every = np.arange(len(node))
    spent = np.column_stack([np.zeros(len(node)), np.full(len(node), np.inf)])
    compiled = many_to_many(
        network, np.column_stack([every, every]), (spent, spent, spent), every, np.ones(len(node), np.bool_)
    )
    assert compiled[0] == pytest.approx(dijkstra(arcs))
    theirs = plainly[np.ix_(node, node)]
    assert (np.isfinite(compiled[0]) == np.isfinite(theirs)).all()
    reached = np.isfinite(theirs)
    assert compiled[0][reached] == pytest.approx(theirs[reached], rel=4e-3)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(any_ways(), st.sampled_from(sorted(PROFILES)), st.booleans(), st.randoms(use_true_random=False))
def test_the_compiled_search_agrees_with_itself(
    ways: WalkedWays, profile: str, night: bool, dice: object
) -> None:
    """Any two places: the line drawn is as long as the matrix says, its seconds are those of its stretches, and no
    detour by a third place weighs less."""
    streets = contract(ways)
    if not len(streets.edge_from) or not len((graph := StreetGraph(streets)).going(profile).edges):
        return
    draw = np.random.default_rng(dice.randrange(2**31))  # pyright: ignore[reportAttributeAccessIssue]
    edges = draw.choice(graph.going(profile).edges, 6)
    spots = [graph.edge_positions(int(e), 0.0, float(graph.edge_m[e] * draw.random()))[-1] for e in edges]
    lon, lat = np.array(spots).T
    walks = graph.walks(lon, lat, profile, night=night)
    for a, b in itertools.product(range(6), repeat=2):
        length_m, line = walks.leg(a, b)
        assert math.isfinite(length_m) == math.isfinite(walks.seconds[a, b])
        drawn_m = sum(float(haversine_m(*p, *q)) for p, q in itertools.pairwise(line))
        if math.isfinite(length_m):
            assert drawn_m == pytest.approx(length_m, rel=5e-3, abs=0.5)
        else:
            assert line == []
    by_day = graph.walks(lon, lat, profile).seconds
    through = by_day[:, :, None] + by_day[None, :, :]
    if not PROFILES[profile].rides:  # riders are sent round main roads even where that takes longer
        assert (by_day <= through.min(axis=1) + 1e-6).all()


type MakeMap = Callable[[list[tuple[float, float]], list[tuple[list[int], dict[str, str]]]], StreetGraph]


@pytest.fixture
def map_of(tmp_path: Path) -> MakeMap:
    def make(places: list[tuple[float, float]], ways: list[tuple[list[int], dict[str, str]]]) -> StreetGraph:
        return StreetGraph.from_osm(write_map(tmp_path / "map.osm.pbf", places, ways))

    return make


SQUARE = [(0.0, 0.0), (600.0, 0.0), (600.0, 400.0), (0.0, 400.0), (0.0, -700.0), (600.0, -700.0)]
STREET = {"highway": "residential"}


def at(graph: StreetGraph, *spots: tuple[float, float], profile: str = "foot", night: bool = False):
    places = [grid_place(*spot) for spot in spots]
    return graph.walks([lon for lon, _ in places], [lat for _, lat in places], profile, night=night)


def test_a_wheelchair_goes_round_the_steps(map_of: MakeMap) -> None:
    """Where walkers take the steps, a wheelchair takes the long way, and the line shows it."""
    graph = map_of(
        SQUARE, [([0, 1], {"highway": "steps"}), ([1, 2, 3, 0], STREET), ([0, 4], STREET), ([1, 5], STREET)]
    )
    spots = ((0.0, -600.0), (600.0, -600.0))
    assert at(graph, *spots).metres[0, 1] == pytest.approx(1800, rel=0.01)
    assert at(graph, *spots, profile="wheelchair").metres[0, 1] == pytest.approx(2600, rel=0.01)


def test_places_that_cannot_be_reached_are_said(map_of: MakeMap) -> None:
    """With steps as the only way over, a wheelchair does not get across, and that is said in two languages."""
    places = [*SQUARE, (0.0, -1800.0), (600.0, -1800.0)]
    graph = map_of(places, [([0, 1], {"highway": "steps"}), ([0, 4, 6], STREET), ([1, 5, 7], STREET)])
    spots = ((0.0, -600.0), (0.0, -900.0), (600.0, -600.0))
    assert at(graph, *spots).cut_off() == []
    walks = at(graph, *spots, profile="wheelchair")
    assert np.isinf(walks.seconds[0, 2])
    assert walks.leg(0, 2) == (math.inf, [])
    (lost,) = walks.cut_off()
    assert lost.place == 2
    assert "轮椅" in lost.words.zh
    assert "wheelchair" in lost.words.en
    far = at(graph, (0.0, -600.0), (0.0, -900.0), (-900.0, -600.0)).cut_off()
    assert [each.place for each in far] == [2]
    assert "900" in far[0].words.en


def test_a_map_without_a_way_for_the_profile_says_so(map_of: MakeMap) -> None:
    """Where there are only steps, a wheelchair is refused by name."""
    graph = map_of(SQUARE, [([0, 1], {"highway": "steps"})])
    with pytest.raises(RequestError) as refused:
        at(graph, (0.0, 0.0), (600.0, 0.0), profile="wheelchair")
    assert refused.value.code == "no_way_for_profile"


def test_one_way_streets_turn_ebikes_only(map_of: MakeMap) -> None:
    """Against a one-way street an e-bike is pushed or goes round; a walker does not mind."""
    graph = map_of(
        SQUARE,
        [([0, 1], {**STREET, "oneway": "yes"}), ([1, 2, 3, 0], STREET), ([0, 4], STREET), ([1, 5], STREET)],
    )
    spots = ((0.0, -300.0), (600.0, -300.0))
    on_foot, riding = at(graph, *spots), at(graph, *spots, profile="ebike")
    assert on_foot.metres[0, 1] == pytest.approx(on_foot.metres[1, 0])
    assert riding.metres[0, 1] < riding.metres[1, 0] == pytest.approx(2000, rel=0.01)
    assert riding.seconds[0, 1] < riding.seconds[1, 0]


def test_uphill_takes_longer(map_of: MakeMap) -> None:
    """The same street takes longer upwards than downwards, also between two places on it."""
    graph = map_of([(0.0, 0.0), (0.0, 1200.0)], [([0, 1], {**STREET, "incline": "10%"})])
    walks = at(graph, (0.0, 100.0), (0.0, 1100.0))
    assert walks.seconds[0, 1] > 1.3 * walks.seconds[1, 0]
    assert walks.metres[0, 1] == pytest.approx(walks.metres[1, 0])


def test_the_night_walk_keeps_to_the_light(map_of: MakeMap) -> None:
    """At night the lit way round is chosen, by day the short unlit one; seconds are those of the way taken."""
    near = [(0.0, 0.0), (600.0, 0.0), (600.0, 100.0), (0.0, 100.0), *SQUARE[4:]]
    dark, lit = {**STREET, "lit": "no"}, {**STREET, "lit": "yes"}
    graph = map_of(near, [([0, 1], dark), ([1, 2, 3, 0], lit), ([0, 4], STREET), ([1, 5], STREET)])
    spots = ((0.0, 0.0), (600.0, 0.0))
    assert at(graph, *spots).metres[0, 1] == pytest.approx(600, rel=0.01)
    night = at(graph, *spots, night=True)
    assert night.metres[0, 1] == pytest.approx(800, rel=0.01)
    assert night.seconds[0, 1] == pytest.approx(800 / 1.2, rel=0.01)


def test_the_way_round_outside_the_window_is_found(map_of: MakeMap) -> None:
    """Two ends of a horseshoe that reaches far out of the box around them are not called cut off."""
    graph = map_of([(0.0, 0.0), (0.0, 4000.0), (300.0, 4000.0), (300.0, 0.0), (0.0, 4500.0)],
                   [([0, 1], STREET), ([1, 2], STREET), ([2, 3], STREET), ([1, 4], STREET)])  # fmt: skip
    assert at(graph, (0.0, 10.0), (300.0, 10.0)).metres[0, 1] == pytest.approx(8280, rel=0.01)


def test_pace(grid: StreetGraph) -> None:
    """A team's own pace scales all seconds and leaves the metres."""
    places = [grid_place(0, 50), grid_place(800, 300)]
    usual, slow = (
        grid.walks([lon for lon, _ in places], [lat for _, lat in places], pace_mps=pace)
        for pace in (None, 0.6)
    )
    assert slow.seconds == pytest.approx(2 * usual.seconds)
    assert (slow.metres == usual.metres).all()
