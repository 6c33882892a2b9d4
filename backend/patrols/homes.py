"""Around somebody's home nothing of their walks is shown to others.

Only a keyed hash of the home's cell (150 m by 200 m at most) is kept: enough to leave the cell and those around it out, not
enough to look up where anybody lives.
"""

import functools
import hashlib
import hmac
import math
import uuid
from collections.abc import Callable, Collection

from backend.core import audit, clock
from backend.core.db import atomic, execute
from backend.core.sessions import Actor
from backend.patrols.models import QuietHome
from backend.patrols.schemas import QuietHomeIn, QuietHomeOut
from backend.settings import current

CELL_LON_DEGREES, CELL_LAT_DEGREES = 0.002, 0.00135

type Cell = tuple[int, int]
type Hidden = Callable[[float, float], bool]


async def quiet_home(actor: Actor) -> QuietHomeOut:
    """Whether one's home is left out, and since when; never where it is."""
    found = await QuietHome.filter(user_id=actor.user_id).first()
    return QuietHomeOut(set_at=found.set_at if found else None)


@atomic
async def set_quiet_home(actor: Actor, wanted: QuietHomeIn) -> QuietHomeOut:
    """Leave the surroundings of a place (WGS-84 degrees) out of what others see of one's walks."""
    now = clock.now()
    await execute(
        "INSERT INTO quiet_home (user_id, cell, set_at) VALUES (?, ?, ?)"
        " ON CONFLICT (user_id) DO UPDATE SET cell = excluded.cell, set_at = excluded.set_at",
        actor.user_id, _hashed(actor.user_id, _cell_of(wanted.lon, wanted.lat)), now,
    )  # fmt: skip
    await audit.record(actor, "home.set", "person", actor.user_id)
    return QuietHomeOut(set_at=now)


@atomic
async def forget_quiet_home(actor: Actor) -> None:
    """Keep nothing of one's home any more."""
    await QuietHome.filter(user_id=actor.user_id).delete()
    await audit.record(actor, "home.forget", "person", actor.user_id)


async def hidden_around(user_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Hidden]:
    """For each of these people, whether a place (lon, lat) is too near their home to be shown."""
    found = {each.user_id: each.cell for each in await QuietHome.filter(user_id__in=list(user_ids))}
    return {
        user_id: hidden_by(user_id, found[user_id]) if user_id in found else nowhere for user_id in user_ids
    }


def nowhere(lon: float, lat: float) -> bool:
    """Of somebody who named no home nothing more is hidden."""
    return False


def hidden_by(user_id: uuid.UUID, home: str) -> Hidden:
    """The same for a person's hashed cell; a walk crosses few cells, and each is asked about once."""

    @functools.cache
    def cell_is_near(cell: Cell) -> bool:
        east, north = cell
        around = [(east + x, north + y) for x in (-1, 0, 1) for y in (-1, 0, 1)]
        return any(hmac.compare_digest(_hashed(user_id, each), home) for each in around)

    return lambda lon, lat: cell_is_near(_cell_of(lon, lat))


def _cell_of(lon: float, lat: float) -> Cell:
    return math.floor(lon / CELL_LON_DEGREES), math.floor(lat / CELL_LAT_DEGREES)


def _hashed(user_id: uuid.UUID, cell: Cell) -> str:
    key = hashlib.sha256(b"lexun home " + current().secret_key.encode()).digest()
    text = f"{user_id} {cell[0]} {cell[1]}".encode()
    return hmac.digest(key, text, hashlib.sha256).hex()[:40]
