"""The lattice of streets around a walk and the decoding on it: what can be reached, what costs, where it ends."""

import numpy as np
import pytest

from routing.streets import StreetGraph
from routing.track_decode import TURN_ROUND, Seen, decode, reach_of, unbroken, way_through
from routing.track_lattice import CELL_M, Lattice, lattice_around
from routing.warm import warm_up_matching
from tests.support.streets import grid_place, write_grid


@pytest.fixture(scope="module")
def streets(tmp_path_factory: pytest.TempPathFactory) -> StreetGraph:
    """The streets of the grid town."""
    return StreetGraph.from_osm(write_grid(tmp_path_factory.mktemp("grid") / "grid.osm.pbf"))


@pytest.fixture(scope="module")
def lattice(streets: StreetGraph) -> Lattice:
    """The streets around 200 m of one of them."""
    ends = np.array([grid_place(300, 300), grid_place(500, 300)])
    found = lattice_around(streets, ends[:, 0], ends[:, 1])
    assert found is not None
    return found


def seen(streets: StreetGraph, places: list[tuple[float, float]]) -> Seen:
    """Positions (metres of the grid) of somebody who walks 10 m a step."""
    lon, lat = np.array([grid_place(*place) for place in places]).T
    x_m, y_m = streets.plane.to_metres(lon, lat)
    steps = np.ones(len(places))
    return Seen(x_m, y_m, steps > 0, 40 * steps, 4.0, 0.5 * steps, 10 * steps, 3 * steps, 25 * steps)


def test_cells_are_short_and_lead_on(lattice: Lattice) -> None:
    """No cell is longer than allowed; every state leads on to its way back, and to where another cell begins."""
    assert lattice.cell_m.max() <= CELL_M + 1e-9
    for state in range(0, len(lattice.x_m), 17):
        onward = lattice.onward[lattice.onward_offset[state] : lattice.onward_offset[state + 1]]
        assert state ^ 1 in onward
        assert bool(lattice.dead_end[state]) == (len(onward) == 1)
        begins = [(lattice.x_m[each ^ 1], lattice.y_m[each ^ 1]) for each in onward]
        assert np.allclose(begins, (lattice.x_m[state], lattice.y_m[state]), atol=0.01)


def test_reach_is_by_the_streets(lattice: Lattice) -> None:
    """Nothing beyond the limit, oneself at no distance, and never less than the straight line."""
    reach = reach_of(lattice, 20.0)
    for state in range(0, len(lattice.x_m), 29):
        own = slice(reach.offset[state], reach.offset[state + 1])
        metres = dict(zip(reach.state[own].tolist(), reach.metres[own].tolist(), strict=True))
        assert metres[state] == 0.0 and max(metres.values()) <= 20.0
        for other, far_m in metres.items():
            straight_m = np.hypot(
                lattice.x_m[other] - lattice.x_m[state], lattice.y_m[other] - lattice.y_m[state]
            )
            # one that only turned round stands at the cell's other end without having gone further than the cell
            assert far_m >= straight_m - 0.05
    turned = reach.cost[reach.state == 1]
    assert turned.max() >= TURN_ROUND


def test_a_corner_is_walked_round(streets: StreetGraph, lattice: Lattice) -> None:
    """Positions that cut a corner by ten metres: the way found goes through it, each state leading on to the next."""
    places = [(350.0 + 10 * number, 303.0) for number in range(5)] + [
        (405.0, 310.0 + 10 * n) for n in range(4)
    ]
    states = decode(lattice, reach_of(lattice, 25.0), seen(streets, places))
    assert (states >= 0).all()
    way, step = way_through(lattice, states, 25.0)
    assert way[0] == states[0] and way[-1] == states[-1] and step[-1] == len(places) - 1
    for before, after in zip(way[:-1].tolist(), way[1:].tolist(), strict=True):
        assert after in lattice.onward[lattice.onward_offset[before] : lattice.onward_offset[before + 1]]
    assert [part.tolist() for part in unbroken(lattice, way)] == [way.tolist()]
    corner = streets.plane.to_metres(*grid_place(400, 300))
    assert np.hypot(lattice.x_m[way] - corner[0], lattice.y_m[way] - corner[1]).min() < 0.1


def test_where_no_street_is_nothing_is_found(streets: StreetGraph, lattice: Lattice) -> None:
    """Positions fifty metres from every street in the middle: none there, the street before and after."""
    places = [(330.0, 300.0), (340.0, 300.0), (350.0, 350.0), (350.0, 352.0), (360.0, 300.0), (370.0, 300.0)]
    states = decode(lattice, reach_of(lattice, 25.0), seen(streets, places))
    assert (states >= 0).tolist() == [True, True, False, False, True, True]


def test_no_street_for_miles(streets: StreetGraph) -> None:
    """No lattice where there is nothing to walk on."""
    lon, lat = grid_place(5000, 5000)
    assert lattice_around(streets, np.array([lon]), np.array([lat])) is None


def test_it_can_be_compiled_ahead() -> None:
    """The smallest street is enough to have everything compiled."""
    warm_up_matching()


def test_lost_and_found_again_at_once_has_no_way_between(lattice: Lattice) -> None:
    """Two states that nothing within reach joins: the second stands alone in its step, as when positions jump."""
    first = 0
    away_m = np.hypot(lattice.x_m - lattice.x_m[first], lattice.y_m - lattice.y_m[first])
    far = int(away_m.argmax())
    states = np.array([first, far, far], dtype=np.int64)
    way, step = way_through(lattice, states, within_m=20.0)
    assert away_m[far] > 100 and way.tolist() == [first, far] and step.tolist() == [0, 1]
    assert [part.tolist() for part in unbroken(lattice, way)] == [[first], [far]]
