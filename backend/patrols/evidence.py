"""What lies behind the oddities of a patrol, for its reviewer to see: how each track went over time, and the walk it repeats.

Nothing here is kept: it is drawn from the positions as long as they are kept, without the ends of a walk and homes.
"""

import datetime as dt
import uuid

from backend.core.problems import NotFound
from backend.core.roles import POLICE_ROLES
from backend.core.sessions import Actor
from backend.patrols.homes import hidden_around
from backend.patrols.looking import judges, visible
from backend.patrols.measuring import of as measured_of
from backend.patrols.measuring import points_by_user
from backend.patrols.models import Fix, Patrol, PatrolMember
from backend.patrols.receipts import note_seen
from backend.patrols.schemas import Evidence, EvidenceSeries, Repeated
from backend.patrols.shown import shown_lines
from routing import track
from routing.track_privacy import without_ends
from routing.track_series import series_of

type Lines = list[list[tuple[float, float]]]


async def evidence(actor: Actor, patrol_id: uuid.UUID) -> Evidence:
    """The series of everybody whose track is odd and the walks that theirs repeat, for the police of the area.

    Looking is noted on the privacy receipts of both walks.
    """
    patrol, area = await visible(actor, patrol_id)
    actor.require_any(POLICE_ROLES, area.path)
    odd = {uuid.UUID(found["user_id"]) for found in patrol.findings if found.get("user_id")}
    by_user = {
        user_id: points for user_id, points in (await points_by_user(patrol_id)).items() if user_id in odd
    }
    # Ways are fine-drawn for whoever judges the walk, as on its own map.
    whole = await judges(actor, patrol)
    repeats = [
        found for found in patrol.findings if whole and found["kind"] == "replayed" and found.get("user_id")
    ]
    shown = [
        each
        for found in repeats
        if (
            each := await _repeated(
                actor, uuid.UUID(found["user_id"]), uuid.UUID(found["params"]["of"]), by_user
            )
        )
    ]
    if by_user:
        await note_seen(actor.user_id, [patrol_id, *dict.fromkeys(each.of for each in shown)], live=False)
    return Evidence(
        series=[await _series(patrol_id, user_id, points) for user_id, points in by_user.items() if points],
        repeated=shown,
    )


async def _series(patrol_id: uuid.UUID, user_id: uuid.UUID, points: list[track.Point]) -> EvidenceSeries:
    made_up = {
        at if isinstance(at, dt.datetime) else dt.datetime.fromisoformat(str(at))
        for at in await Fix.filter(patrol_id=patrol_id, user_id=user_id, mocked=True).values_list(
            "at", flat=True
        )
    }
    found = series_of(points, [point.at in made_up for point in points])
    return EvidenceSeries(
        user_id=user_id, began_at=points[0].at, at_s=found.at_s, accuracy_m=found.accuracy_m,
        speed_km_h=found.speed_km_h, wait_s=found.wait_s, made_up=found.made_up,
    )  # fmt: skip


async def _repeated(
    actor: Actor, user_id: uuid.UUID, of: uuid.UUID, by_user: dict[uuid.UUID, list[track.Point]]
) -> Repeated | None:
    """Both walks without their ends; None when the other is not this reviewer's to see, or there is nothing left of one."""
    try:
        other, _ = await visible(actor, of)
    except NotFound:
        return None
    hidden = (await hidden_around([user_id]))[user_id]
    lines = shown_lines(by_user.get(user_id, []), hidden)
    others = await _shape_of(other)
    if not lines or not others:
        return None
    return Repeated(
        user_id=user_id, of=of, of_began_at=other.started_at, lines=_rounded(lines), of_lines=_rounded(others)
    )


async def _shape_of(patrol: Patrol) -> Lines:
    measured = measured_of(patrol)
    if measured is None:
        return []
    walked = await PatrolMember.filter(patrol_id=patrol.id).values_list("user_id", flat=True)
    homes = await hidden_around({uuid.UUID(str(each)) for each in walked})
    return without_ends(
        [measured.shape], hidden=lambda lon, lat: any(near_home(lon, lat) for near_home in homes.values())
    )


def _rounded(lines: Lines) -> Lines:
    return [[(round(lon, 5), round(lat, 5)) for lon, lat in line] for line in lines]
