"""Where patrols walked in the last thirty days, for everybody: squares of 250 m that at least five patrols crossed.

Of each patrol that was accepted its squares are counted, and then nothing says whose they were. The ends of walks and the
surroundings of homes are left out before they are counted.
"""

import datetime as dt
import itertools
import math
import uuid
from collections.abc import Iterable, Sequence

from backend.areas import service as areas
from backend.core import clock
from backend.core.db import execute, rows
from backend.core.sessions import Actor
from backend.patrols.models import Patrol
from backend.patrols.schemas import WalkedCell, WalkedCells
from routing.track import EARTH_M_PER_DEGREE
from routing.track_privacy import Line

SIDE_M = 250.0
PATROLS_MIN = 5
STEPS = (50, 20, 10, PATROLS_MIN)
"""A square says only which of these it reached: an exact count would tell from one day to the next that somebody came by."""
COUNTED_FOR = dt.timedelta(days=30)
AT_ONCE = 200

type Cell = tuple[int, int]


def cell_degrees(lat: float) -> tuple[float, float]:
    """How wide and how high the squares of a district around this latitude are, nowhere in it less than 250 m."""
    # By whole degrees, so that the squares stay where they are when a district's outline is drawn anew.
    widest_at = min(80.0, math.ceil(abs(lat)) + 1.0)
    high = SIDE_M / EARTH_M_PER_DEGREE
    return high / math.cos(math.radians(widest_at)), high


def cells_of(lines: Iterable[Line], lat: float) -> list[Cell]:
    """The squares that lines (lon, lat) of a district around this latitude go through, each once."""
    wide, high = cell_degrees(lat)
    places = itertools.chain.from_iterable(lines)
    return sorted({(math.floor(east / wide), math.floor(north / high)) for east, north in places})


async def count_cells(patrol: Patrol, cells: Sequence[Cell]) -> None:
    """Add an accepted patrol to its squares; the caller's transaction sees to it that this happens once a patrol."""
    day = patrol.started_at.date()
    if not cells or day < _first_day():
        return
    district = await areas.district_of(await areas.get(patrol.area_id))
    for block in itertools.batched(cells, AT_ONCE, strict=False):
        values = [value for east, north in block for value in (district.id, day.isoformat(), east, north)]
        await execute(
            f"INSERT INTO walked_cell (district_id, day, east, north, patrols) VALUES {', '.join(['(?, ?, ?, ?, 1)'] * len(block))}"
            " ON CONFLICT (district_id, day, east, north) DO UPDATE SET patrols = walked_cell.patrols + 1",
            *values,
        )


async def walked_cells(actor: Actor, area_id: uuid.UUID) -> WalkedCells:
    """The squares of the area's district, for everybody who belongs to it."""
    district = await areas.district_of(await areas.visible(actor, area_id))
    wide, high = cell_degrees(district.center_lat)
    found = await rows(
        "SELECT east, north, sum(patrols) AS many FROM walked_cell WHERE district_id = ? AND day >= ?"
        " GROUP BY east, north HAVING sum(patrols) >= ? ORDER BY north DESC, east",
        district.id,
        _first_day().isoformat(),
        PATROLS_MIN,
    )
    return WalkedCells(
        since=_first_day(),
        side_m=SIDE_M,
        patrols_min=PATROLS_MIN,
        half_lon=wide / 2,
        half_lat=high / 2,
        cells=[
            WalkedCell(
                lon=round((each["east"] + 0.5) * wide, 6),
                lat=round((each["north"] + 0.5) * high, 6),
                at_least=next(step for step in STEPS if int(each["many"]) >= step),
            )
            for each in found
        ],
    )


async def forget_cells() -> int:
    """Delete the counts of days that no longer matter."""
    return await execute("DELETE FROM walked_cell WHERE day < ?", _first_day().isoformat())


def _first_day() -> dt.date:
    return (clock.now() - COUNTED_FOR).date()
