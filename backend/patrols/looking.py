"""Looking at patrols: one's own, the desk's lists, and the line that was walked."""

import uuid
from typing import Any

from backend.areas import service as areas
from backend.core.problems import NotAllowed, NotFound
from backend.core.roles import DESK_ROLES, POLICE_ROLES
from backend.core.sessions import Actor
from backend.patrols.homes import Hidden, hidden_around
from backend.patrols.measuring import points_by_user
from backend.patrols.models import Patrol, PatrolAppeal, PatrolMember
from backend.patrols.receipts import note_seen
from backend.patrols.schemas import PatrolList, PatrolOut
from backend.patrols.starting import running_membership
from backend.patrols.wire import patrol_out, patrols_out
from routing import track
from routing.track_privacy import without_ends

LISTED_MAX = 50
MINE_MAX = 30


async def visible(actor: Actor, patrol_id: uuid.UUID) -> tuple[Patrol, areas.Area]:
    """The patrol, for its members and for the desk of its area; `NotFound` for anybody else."""
    patrol = await Patrol.filter(id=patrol_id).first()
    if patrol is None:
        raise NotFound(kind="patrol", id=str(patrol_id))
    area = await areas.get(patrol.area_id)
    if not actor.may_any(DESK_ROLES, area.path) and not await _walked(actor, patrol_id):
        raise NotFound(kind="patrol", id=str(patrol_id))
    return patrol, area


async def _walked(actor: Actor, patrol_id: uuid.UUID) -> bool:
    return await PatrolMember.filter(patrol_id=patrol_id, user_id=actor.user_id).exists()


async def get(actor: Actor, patrol_id: uuid.UUID) -> PatrolOut:
    """A patrol as its members and the desk see it."""
    patrol, _ = await visible(actor, patrol_id)
    return await patrol_out(patrol, actor)


async def running(actor: Actor) -> PatrolOut | None:
    """The asker's running patrol."""
    member = await running_membership(actor.user_id)
    return await patrol_out(await Patrol.get(id=member.patrol_id), actor) if member else None


async def my_past(actor: Actor) -> PatrolList:
    """The asker's last patrols, the latest first."""
    ids = (
        await PatrolMember.filter(user_id=actor.user_id)
        .order_by("-joined_at", "-id")
        .limit(MINE_MAX)
        .values_list("patrol_id", flat=True)
    )
    found = await Patrol.filter(id__in=list(ids)).order_by("-started_at", "-id") if ids else []
    return PatrolList(items=await patrols_out(found, actor), next=None)


async def listed(actor: Actor, area_id: uuid.UUID, state: str) -> PatrolList:
    """Patrols of the area for the desk: in one state, with an appeal to decide, or the last fifty; of those to review, the
    odd ones first."""
    area = await areas.visible(actor, area_id)
    actor.require_any(DESK_ROLES, area.path)
    wanted = Patrol.filter(area_id__in=await areas.descendant_ids(area))
    if state == "appealed":
        waiting = await PatrolAppeal.filter(decision__isnull=True).values_list("patrol_id", flat=True)
        wanted = wanted.filter(id__in=list(waiting))
    elif state != "recent":
        wanted = wanted.filter(state=state)
    first = ("-doubt",) if state == "awaiting_review" else ()
    found = await wanted.order_by(*first, "-started_at", "-id").limit(LISTED_MAX)
    return PatrolList(items=await patrols_out(found, actor), next=None)


def _line_for(
    actor: Actor, user_id: uuid.UUID, points: list[track.Point], hidden: Hidden
) -> list[list[list[float]]]:
    """One person's way: whole for themselves, without its ends and their home for everybody else; five digits, about a metre."""
    pieces = [
        [(point.lon, point.lat) for point in track.smoothed(segment)]
        for segment in track.segments(points)
        if len(segment) > 1
    ]
    shown = pieces if user_id == actor.user_id else without_ends(pieces, hidden=hidden)
    return [[[round(lon, 5), round(lat, 5)] for lon, lat in piece] for piece in shown]


async def track_of(actor: Actor, patrol_id: uuid.UUID) -> dict[str, Any]:
    """The walked lines as a GeoJSON Feature, one line a segment: all of them for the police of the area, a walker's
    own for the walker."""
    patrol, area = await visible(actor, patrol_id)
    police = actor.may_any(POLICE_ROLES, area.path)
    if not police and not await _walked(actor, patrol_id):
        raise NotAllowed(need=[role.value for role in POLICE_ROLES])
    by_user = await points_by_user(patrol_id, None if police else actor.user_id)
    hidden = await hidden_around(by_user)
    lines = [
        line
        for user_id, points in by_user.items()
        for line in _line_for(actor, user_id, points, hidden[user_id])
    ]
    if police:
        await note_seen(actor.user_id, [patrol_id], live=False)
    return {
        "type": "Feature",
        "id": str(patrol_id),
        "geometry": {"type": "MultiLineString", "coordinates": lines},
        "properties": {"started_at": patrol.started_at.isoformat(), "segments": len(lines)},
    }
